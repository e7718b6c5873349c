"""Which tag follows which: a table of published tags, and what holds for all others."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from updater.model.tag_pattern import TooSlow, parse_tag_pattern
from updater.model.terms import Level
from updater.policy.version import Version, read_version
from updater.policy.versions import Choice, NotAVersion, allows, newer_versions, newest


class Case(NamedTuple):
    image: str
    published: list[str]
    current: str
    follows: list[list[str]]
    """What patch allows, what minor adds, what major adds."""


def published_tags() -> dict[str, tuple[list[str], list[str]]]:
    """By image: its tags, and the lines of its cases."""
    found: dict[str, tuple[list[str], list[str]]] = {}
    image = ""
    for line in (Path(__file__).parent / "published_tags.txt").read_text().splitlines():
        if line.endswith(":"):
            image = line.removesuffix(":")
            found[image] = ([], [])
        elif line.startswith("|"):
            found[image][1].append(line)
        elif not line.startswith("#"):
            found[image][0].extend(line.split())
    return found


def cases() -> list[Case]:
    found = []
    for image, (published, lines) in published_tags().items():
        for line in lines:
            current, _, follows = line.removeprefix("|").partition("->")
            found.append(Case(image, published, current.strip(), [level.split() for level in follows.split("/")]))
    return found


CASES = cases()
NO_VERSIONS = published_tags()["no versions"][0]
LEVELS = (Level.PATCH, Level.MINOR, Level.MAJOR)


def test_the_table_is_as_long_as_it_should_be() -> None:
    assert len(CASES) >= 120
    assert len({case.current for case in CASES} | {tag for case in CASES for tag in case.published}) >= 120


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.image}:{case.current}")
def test_what_follows(case: Case) -> None:
    assert case.current in case.published
    assert {tag for level in case.follows for tag in level} <= set(case.published)
    for reach, level in enumerate(LEVELS, start=1):
        within = [tag for tags in case.follows[:reach] for tag in tags]
        beyond = [tag for tags in case.follows[reach:] for tag in tags]
        assert newest(case.published, case.current, level) == Choice(
            within[-1] if within else None, beyond[-1] if beyond else None
        )


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.image}:{case.current}")
def test_what_never_follows(case: Case) -> None:
    """Not only is it not the newest: nothing else is a candidate at all, so it is not chosen when others are gone."""
    here = read_version(case.current)
    assert here is not None
    allowed = [version.text for version in newer_versions(here, case.published)]
    assert allowed[::-1] == [tag for tags in case.follows for tag in tags]


@pytest.mark.parametrize("tag", NO_VERSIONS)
def test_no_versions(tag: str) -> None:
    choice = newest(["1.2.3", "2.0.0", "99", *NO_VERSIONS], tag, Level.MAJOR)
    assert choice == Choice(obstacle=NotAVersion(tag))
    assert repr(tag) in str(choice.obstacle)


def test_no_version_is_chosen_for_what_is_none() -> None:
    assert newest(NO_VERSIONS, "0.0.1", Level.MAJOR) == Choice()


def test_a_tag_longer_than_tags_can_be_is_none() -> None:
    assert read_version("1." + "0" * 127) is None
    assert read_version("1." + "9" * 126) is not None


def test_following_the_digest_reports_and_chooses_nothing() -> None:
    assert newest(["1.2.4", "2.0.0"], "1.2.3", Level.DIGEST) == Choice(beyond="2.0.0")


def test_the_current_tag_need_not_be_published_any_more() -> None:
    assert newest(["1.2.4"], "1.2.3", Level.PATCH) == Choice("1.2.4")


def test_the_pattern_holds_for_what_is_chosen_and_for_what_is_reported() -> None:
    tags = ["1.2.4", "1.2.5", "2.0.0", "2.1.0"]
    assert newest(tags, "1.2.3", Level.MINOR, parse_tag_pattern(r"\d\.\d\.[04]")) == Choice("1.2.4", "2.1.0")
    assert newest(tags, "1.2.3", Level.MINOR, parse_tag_pattern(r"1\.2")) == Choice()


def test_a_pattern_that_takes_too_long_chooses_nothing() -> None:
    tags = [f"1.{number}-{'a' * 80}" for number in range(50)]
    choice = newest(tags, tags[0], Level.MINOR, parse_tag_pattern(r"1\.\d+-(a|aa)+!"))
    assert (choice.tag, choice.beyond) == (None, None)
    assert isinstance(choice.obstacle, TooSlow)


number = st.one_of(st.integers(0, 12).map(str), st.sampled_from(["01", "09", "1899", "2023", "2024", "20240101"]))
prerelease = st.sampled_from(["", "", "", "-rc1", "-rc2", "-beta1", "b1", "-beta.2", ".dev3", "-M02", "-alpha"])
behind = st.sampled_from(["", "", "-ls1", "-ls12", "_7", "-alpine", "-alpine3.20", "-r1-ls9", "-20240101", "-1a2b3c4"])
prefix = st.sampled_from(["", "", "", "v", "release-", "arm64v8-"])
core = st.lists(number, min_size=1, max_size=4).map(".".join)
a_tag = st.tuples(prefix, core, prerelease, behind).map("".join) | st.text("v0.129-_rcba", max_size=12)


def alike(shape: tuple[str, int, str]) -> st.SearchStrategy[str]:
    """Tags of one shape, but for zeros in front, kinds of numbers and pre-releases."""
    before, length, after = shape
    numbers = st.lists(number, min_size=length, max_size=length).map(".".join)
    return st.tuples(st.just(before), numbers, prerelease, st.just(after)).map("".join)


shapes = st.tuples(prefix, st.integers(1, 4), behind)
repository = shapes.flatmap(lambda shape: st.lists(alike(shape) | alike(shape) | a_tag, min_size=1, max_size=30))
tags_with_current = repository.flatmap(lambda tags: st.tuples(st.just(tags), st.sampled_from(tags)))
of_one_shape = st.lists(
    st.tuples(number, number, prerelease, st.integers(0, 3)).map(lambda parts: "{}.{}{}-ls{}".format(*parts)),
    min_size=3,
    max_size=3,
).map(lambda tags: [found for found in map(read_version, tags) if found is not None])


@given(of_one_shape)
def test_the_order_within_a_shape_is_total_and_transitive(versions: list[Version]) -> None:
    one, two, three = versions
    assert one.shape == two.shape == three.shape
    assert (one.rank < two.rank) + (one.rank > two.rank) + (one.rank == two.rank) == 1
    if one.rank <= two.rank <= three.rank:
        assert one.rank <= three.rank


@given(tags_with_current)
def test_never_a_downgrade_and_never_another_shape(drawn: tuple[list[str], str]) -> None:
    tags, current = drawn
    here = read_version(current)
    for level in LEVELS:
        choice = newest(tags, current, level)
        for tag in filter(None, (choice.tag, choice.beyond)):
            there = read_version(tag)
            assert tag in tags
            assert here is not None
            assert there is not None
            assert there.rank > here.rank
            assert there.shape == here.shape
            assert there.kinds == here.kinds
            assert newest([current], tag, Level.MAJOR).tag is None
            assert there.prerelease is None or here.prerelease is not None


@given(tags_with_current)
def test_the_order_of_the_list_and_repeats_in_it_do_not_matter(drawn: tuple[list[str], str]) -> None:
    tags, current = drawn
    for level in Level:
        assert newest(tags, current, level) == newest(sorted(tags) + tags[::-1], current, level)


@given(tags_with_current)
def test_what_a_level_allows_the_next_allows_too(drawn: tuple[list[str], str]) -> None:
    tags, current = drawn
    here = read_version(current)
    if here is None:
        return
    newer = newer_versions(here, tags)
    allowed = [{one.text for one in newer if allows(level, here, one)} for level in Level]
    assert allowed == sorted(allowed, key=len)
    assert all(fewer <= more for fewer, more in pairwise(allowed))
    assert allowed[0] == set()
    assert allowed[-1] == {one.text for one in newer}
