"""The user's pattern: what it lets through, what is refused with its position, and that nothing hangs."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from updater.model.tag_pattern import BadTagPattern, TagPattern, TooSlow, parse_tag_pattern

TAGS = ("1.25", "1.25-alpine", "1.25-rc1", "v1.2.3", "V1.2.3", "2024.01.05", "1.2.3-ls45", "stable")


@pytest.mark.parametrize(
    ("text", "matching"),
    [
        (r"1\.25", "1.25"),
        (r"1\.25.*", "1.25 1.25-alpine 1.25-rc1"),
        (r"1\.25(-alpine)?", "1.25 1.25-alpine"),
        (r"1\.25(?P<flavour>-alpine)?", "1.25 1.25-alpine"),
        (r"1\.25(?<flavour>-alpine|-rc\d)", "1.25-alpine 1.25-rc1"),
        (r"(?!.*-rc)1\.25.*", "1.25 1.25-alpine"),
        (r"1.*(?<!-rc\d)", "1.25 1.25-alpine 1.2.3-ls45"),
        (r"v\d+(\.\d+){2}", "v1.2.3"),
        (r"(?i)v\d+(\.\d+){2}", "v1.2.3 V1.2.3"),
        (r"(?i:v)\d.*", "v1.2.3 V1.2.3"),
        (r"\d{4}\.\d{2}\.\d{2}", "2024.01.05"),
        (r"[^(v\d]+", "stable"),
        (r"[]a-z]+", "stable"),
        (r"[(-9]+", "1.25 2024.01.05"),
        (r"1|stable|25", "stable"),
        (r"^stable$", "stable"),
        (r"(?>\d+)\..*ls\d++", "1.2.3-ls45"),
        (r"\(?stable\{?", "stable"),
        (r"25", ""),
    ],
)
def test_the_whole_tag_has_to_match(text: str, matching: str) -> None:
    assert parse_tag_pattern(text).matching(TAGS) == tuple(matching.split())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a(", "missing ) at position 2"),
        ("1.25)", "unbalanced parenthesis at position 4"),
        ("*a", "nothing to repeat at position 0"),
        ("a**", "multiple repeat at position 2"),
        ("[z-a]", "bad character range at position 4"),
        ("a{3,2}", "min repeat greater than max repeat at position 2"),
        ("1.[25", "a set without an end, or with another bracket in it, at position 2"),
        ("[[:alpha:][](?R)]", "a set without an end, or with another bracket in it, at position 0"),
        ("1\\", "lone backslash at position 1"),
        (r"(a)\1", "\\1 is not understood at position 3"),
        (r"1\p{L}", "\\p is not understood at position 1"),
        (r"\Lx", "\\L is not understood at position 0"),
        ("1(?R)?", "a kind of group that is not understood at position 1"),
        ("(?1)", "a kind of group that is not understood at position 0"),
        ("(?P<x", "a kind of group that is not understood at position 0"),
        ("(?P<x>a)(?P=x)", "a kind of group that is not understood at position 8"),
        ("a(*FAIL)", "a kind of group that is not understood at position 1"),
        ("(?b)a", "a kind of group that is not understood at position 0"),
        ("1(?:a){e<=3}", "a brace that is no repeat count at position 6"),
        ("", "it is empty, and no tag is"),
        ("a" * 301, "it has 301 characters; 300 are the most"),
        ("a{1000000000}", "its repeat counts, multiplied, come to more than 1000"),
        ("((a{1000}){1000}){1000}", "its repeat counts, multiplied, come to more than 1000"),
        ("a{1000,}b{2,}", "its repeat counts, multiplied, come to more than 1000"),
    ],
)
def test_what_is_refused(text: str, problem: str) -> None:
    with pytest.raises(BadTagPattern) as caught:
        parse_tag_pattern(text)
    assert str(caught.value).endswith(f"is no pattern for tags: {problem}")
    assert str(caught.value).startswith(repr(text[:300])[:-1])


def test_control_characters_do_not_get_into_the_text() -> None:
    with pytest.raises(BadTagPattern) as caught:
        parse_tag_pattern("\x1b[31m(\u202e")
    assert str(caught.value).isprintable()


CATASTROPHIC = [
    r"(a|aa)+!",
    r"(?:a|aa)+!",
    r"((a{1,100}){1,100}){1,100}!",
    r"(?:(?:a+?)+|(?:(?>(?:a|(?=\b)*)){9})*?)",
    r"(a+?)*",
    r"(.*?a){30}",
    r"(?=(a|aa)+!)a.*",
]


@pytest.mark.parametrize("text", CATASTROPHIC)
def test_a_catastrophic_pattern_ends(text: str) -> None:
    """Without a limit each would go on for longer than the test run may."""
    found = parse_tag_pattern(text).matching(("a" * 127 + ".",) * 1000, limit=0.05)
    assert found == TooSlow(text, 0.05)
    assert repr(text) in str(found)
    assert "within 0.05 s" in str(found)


def test_the_limit_is_for_all_tags_together() -> None:
    assert parse_tag_pattern(".*").matching(iter(lambda: "1.25", None), limit=0.05) == TooSlow(".*", 0.05)


def test_what_could_match_is_not_kept_when_time_is_up() -> None:
    assert parse_tag_pattern(r"(a|aa)+!|1").matching(("1", "a" * 128), limit=0.05) == TooSlow(r"(a|aa)+!|1", 0.05)


@given(st.text(r"a1.\d\w[]^-(?:P<n>)i=!{},+*|$R&e", max_size=40) | st.text(max_size=20))
def test_every_text_is_a_pattern_or_an_error_with_its_name(text: str) -> None:
    problem, found = "", None
    try:
        found = parse_tag_pattern(text).matching(TAGS, limit=0.5)
    except BadTagPattern as error:
        problem = str(error)
    assert isinstance(found, tuple | TooSlow) or repr(text) in problem


plain = st.recursive(
    st.sampled_from(["a", "1", r"\d", r"\w", ".", r"\.", "[a-z]", "[^a]", "-"]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map("({0[0]}|{0[1]})".format),
        st.tuples(inner, st.sampled_from(["?", "{2}", "{0,3}", ""])).map("({0[0]}){0[1]}".format),
    ),
    max_leaves=6,
)


@given(plain, st.lists(st.text("a1.-bZ", max_size=8)))
def test_plain_patterns_mean_what_they_mean_everywhere(text: str, tags: list[str]) -> None:
    assert parse_tag_pattern(text).matching(tags) == tuple(tag for tag in tags if re.fullmatch(text, tag))


def test_two_patterns_of_one_text_are_one() -> None:
    assert parse_tag_pattern("(a)") == parse_tag_pattern("(a)") == TagPattern("(a)", "(?:a)")
