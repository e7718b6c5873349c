"""Is the image chosen that runs where the container runs?"""

from __future__ import annotations

import pytest

from updater.model.digest import Digest
from updater.model.platform import Platform
from updater.registry.manifests import Entry
from updater.registry.platforms import candidates, matches, missing


def platform(text: str) -> Platform:
    return Platform(*text.split("/"))


def entry(text: str, number: int) -> Entry:
    return Entry(Digest(f"sha256:{number:064x}"), platform(text) if text else None)


@pytest.mark.parametrize(
    ("offered", "wanted", "chosen"),
    [
        (["linux/amd64", "linux/arm64"], "linux/arm64", [1]),
        (["linux/arm64/v8"], "linux/arm64", [0]),
        (["linux/arm64"], "linux/arm64/v8", [0]),
        (["linux/arm/v5", "linux/arm/v7", "linux/arm/v6"], "linux/arm/v7", [1]),
        (["linux/arm/v5", "linux/arm/v7", "linux/arm/v6"], "linux/arm/v6", [2]),
        (["linux/arm/v5", "linux/arm/v6"], "linux/arm/v7", [1]),
        (["linux/arm/v6", "linux/arm/v7"], "linux/arm", [1]),
        (["linux/arm"], "linux/arm/v6", []),
        (["linux/amd64/v3", "linux/amd64"], "linux/amd64", [1]),
        (["linux/amd64/v3", "linux/amd64/v2", "linux/amd64/v4"], "linux/amd64/v3", [0]),
        (["linux/amd64/v2"], "linux/amd64", []),
        (["linux/ppc64le/power9"], "linux/ppc64le/power9", [0]),
        (["linux/ppc64le/power9"], "linux/ppc64le/power8", []),
        # Other spellings of the same.
        (["linux/x86_64", "linux/aarch64"], "linux/arm64", [1]),
        (["linux/amd64", "linux/arm64"], "linux/x86_64", [0]),
        (["linux/i386"], "linux/386", [0]),
        (["linux/arm/6", "linux/arm/7"], "linux/arm", [1]),
        (["linux/arm64/8"], "linux/arm64/v8", [0]),
        (["windows/amd64"], "linux/amd64", []),
        (["linux/amd64", "linux/amd64"], "linux/amd64", [0]),
        # Attestations match nothing; what names no platform comes last.
        (["unknown/unknown", "linux/amd64", "unknown/unknown"], "linux/amd64", [1]),
        (["", "linux/amd64", ""], "linux/amd64", [1, 0, 2]),
        ([], "linux/amd64", []),
    ],
)
def test_choice(offered: list[str], wanted: str, chosen: list[int]) -> None:
    entries = [entry(text, number) for number, text in enumerate(offered)]
    assert candidates(entries, platform(wanted)) == [entries[number] for number in chosen]


def test_matches() -> None:
    assert matches(platform("linux/arm64/v8"), platform("linux/arm64"))
    assert not matches(platform("linux/arm64"), platform("linux/amd64"))


def test_what_is_missing_names_what_is_there() -> None:
    offered = [platform(text) for text in ("linux/s390x", "unknown/unknown", "linux/arm/v7", "linux/\u202ex")]
    text = str(missing("r.example/a:1", platform("linux/amd64"), offered))
    assert "r.example/a:1 is not published for linux/amd64, only for linux/arm/v7, linux/s390x, linux/ x" in text
    assert "nothing else" in str(missing("a", platform("linux/amd64"), []))
