"""What is there to take over from Watchtower? What was found, as values for a person or a script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from updater.policy.declarations import BY_NAME
from updater.watchtower.reading import SECRET, read
from updater.watchtower.translation import translate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from updater.watchtower.labels import LabelAnswer
    from updater.watchtower.translation import Translation

_PASSWORD_FILE = "/run/secrets/registry_password"  # noqa: S105 - a path


@dataclass(frozen=True, slots=True)
class Source:
    """A container that runs Watchtower, or (without a name) the environment of this process."""

    name: str
    image: str
    state: str
    translation: Translation
    login: bool

    @property
    def settings(self) -> dict[str, str]:
        """All that has to be set, by name of the setting; Watchtower's default among it."""
        found = dict(self.translation.settings)
        if self.translation.all_containers:
            found.setdefault("all", "true")
        return {name: self._shown(name, found[name]) for name in BY_NAME if name in found}

    @property
    def environment(self) -> dict[str, str]:
        """The same as variables, with those that stay as they are."""
        same = {
            one.given.row.variable: one.given.shown
            for one in self.translation.answers
            if one.given.row.same and one.given.row.variable is not None
        }
        login = {"UPDATER_REGISTRY_USERNAME": SECRET, "UPDATER_REGISTRY_PASSWORD_FILE": _PASSWORD_FILE}
        ours = {BY_NAME[name].variable: text for name, text in self.settings.items()}
        return {**ours, **(login if self.login else {}), **same}

    def _shown(self, name: str, text: str) -> str:
        is_hidden = any(
            answer.given.row.setting == name and answer.given.shown != answer.given.value
            for answer in self.translation.answers
        )
        return SECRET if is_hidden else text


@dataclass(frozen=True, slots=True)
class Labelled:
    """A container with labels of Watchtower's."""

    name: str
    labels: tuple[LabelAnswer, ...]


@dataclass(frozen=True, slots=True)
class Migration:
    """Everything that was found; nothing, where both are empty."""

    sources: tuple[Source, ...]
    containers: tuple[Labelled, ...]


def source_of(
    name: str, image: str, state: str, environment: Mapping[str, str], arguments: Sequence[str] = ()
) -> Source:
    """What one Watchtower was told."""
    everything = read(environment, arguments)
    login = bool(environment.get("REPO_USER") and environment.get("REPO_PASS"))
    translation = translate(everything)
    return Source(name, image, state, translation, login)
