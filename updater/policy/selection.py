"""Which containers, or which images, does a list of names and patterns mean?"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from updater.model.reference import NotAReference, parse_reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from updater.model.container import ContainerSnapshot
    from updater.model.reference import ImageReference

GOOD_SELECTIONS = "names, globs and labels, like web-*,label:tier=front"
GOOD_IMAGES = "names of images without a tag, like postgres,ghcr.io/team/*"
_LABEL = "label:"


@dataclass(frozen=True, slots=True)
class Selection:
    """Containers by the globs of their names, or by labels: with this value, or with any where it is None."""

    names: tuple[str, ...] = ()
    labels: tuple[tuple[str, str | None], ...] = ()
    text: str = ""

    def __str__(self) -> str:
        return self.text

    def matches(self, container: ContainerSnapshot) -> bool:
        """Whether the container is meant; of labels, those count that its user set."""
        return any(fnmatchcase(container.name, glob) for glob in self.names) or any(
            _has(container.user_labels, key, value) for key, value in self.labels
        )

    def parts(self) -> Iterator[Selection]:
        """Each name and label for itself."""
        yield from (Selection(names=(glob,), text=glob) for glob in self.names)
        for key, value in self.labels:
            yield Selection(labels=((key, value),), text=f"{_LABEL}{key}{'' if value is None else f'={value}'}")


@dataclass(frozen=True, slots=True)
class Images:
    """Images by the globs of their repositories, written out (`docker.io/library/postgres`)."""

    repositories: tuple[str, ...] = ()
    text: str = ""

    def __str__(self) -> str:
        return self.text

    def matches(self, reference: ImageReference) -> bool:
        """Whether the reference's repository is meant."""
        return any(fnmatchcase(reference.name, glob) for glob in self.repositories)


def parse_selection(text: str) -> Selection:
    """`web-*, label:tier=front, label:tier`; raises ValueError."""
    names, labels = [], []
    for part in _parts(text):
        if part.startswith(_LABEL):
            key, separator, value = part.removeprefix(_LABEL).partition("=")
            if not key.strip():
                raise ValueError(f"{part!r} names no label")
            labels.append((key.strip(), value.strip() if separator else None))
        else:
            names.append(part.lstrip("/"))
    if not names and not labels:
        raise ValueError("it names nothing")
    return Selection(tuple(names), tuple(labels), text.strip())


def parse_images(text: str) -> Images:
    """`postgres, ghcr.io/team/*`, or nothing at all; raises ValueError."""
    return Images(tuple(_repository(part) for part in _parts(text)), text.strip())


def _parts(text: str) -> list[str]:
    if not text.strip():
        return []
    parts = [part.strip() for part in text.split(",")]
    if not all(parts):
        raise ValueError(f"{text!r} names nothing between its commas")
    return parts


def _repository(part: str) -> str:
    """The glob, written out as far as its wildcards let a registry be told from a path."""
    try:
        # A wildcard stands where a name could: read it as one, and put it back.
        reference = parse_reference(part.replace("*", "0wildcard0"))
    except NotAReference as error:
        raise ValueError(f"{part!r} is no name of an image") from error
    if reference.digest is not None or (reference.tag or "latest") != "latest" or part.endswith(":latest"):
        raise ValueError(f"{part!r} has a tag or a digest; the name alone is wanted")
    return reference.name.replace("0wildcard0", "*")


def _has(labels: Mapping[str, str], key: str, value: str | None) -> bool:
    return key in labels and value in (None, labels[key])
