"""Is JSON read in one way only, or refused?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from updater.errors import RegistryAnswerInvalid
from updater.registry.strict_json import object_of, objects_of, parse_object, text_of


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"{} {}",
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "b": 1}}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": "\xff"}',
        b"\xef\xbb\xbf{}",
        b'{"a": "\n"}',
        b"[" * 200_000,
        b'{"a": ' * 200_000 + b"1" + b"}" * 200_000,
        b'{"a": ' + b"9" * 5000 + b"}",
        b"<html>",
    ],
    ids=range(17),
)
def test_refused(body: bytes) -> None:
    with pytest.raises(RegistryAnswerInvalid, match=r"^the thing is "):
        parse_object(body, "the thing")


def test_of_the_expected_kind_or_empty() -> None:
    value = parse_object(b'{"text": "t", "number": 1, "object": {"a": 1}, "list": [{"b": 2}, 3]}', "it")
    assert [text_of(value, key) for key in ("text", "number", "none")] == ["t", "", ""]
    assert [object_of(value, key) for key in ("object", "list", "none")] == [{"a": 1}, {}, {}]
    assert [objects_of(value, key) for key in ("list", "object", "none")] == [[{"b": 2}], [], []]


@given(some.binary() | some.text('{}[]":,0123456789eE+-. \\untrfals').map(str.encode))
def test_nothing_else_is_raised(body: bytes) -> None:
    try:
        parse_object(body, "it")
    except RegistryAnswerInvalid as error:
        assert str(error).startswith("it is ")  # noqa: PT017
