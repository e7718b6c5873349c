"""What a command wrote, out of the engine's frames, however they are cut."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from updater.engine.execution import payloads


def frame(stream: int, payload: bytes) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(payload).to_bytes(4, "big") + payload


def joined(raw: bytes) -> bytes:
    return b"".join(payloads(io.BytesIO(raw).read))


@given(st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=100_000)), max_size=5))
def test_all_that_was_written_in_its_order(written: list[tuple[int, bytes]]) -> None:
    assert joined(b"".join(frame(*one) for one in written)) == b"".join(payload for _, payload in written)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", b""),
        (b"short", b"short"),
        (b"OCI runtime exec failed: no such file", b"OCI runtime exec failed: no such file"),
        (frame(1, b"one") + b"plain text, not a frame", b"oneplain text, not a frame"),
        (frame(1, b"one") + frame(2, b"cut off")[:-3], b"onecut "),
        (
            bytes([1, 0, 0, 0]) + b"\xff\xff\xff\xff" + b"a frame of 4 GiB that ends early",
            b"a frame of 4 GiB that ends early",
        ),
    ],
)
def test_what_is_no_frame_is_given_as_it_is(raw: bytes, expected: bytes) -> None:
    assert joined(raw) == expected


@given(st.binary(max_size=300))
def test_any_bytes_come_to_an_end(raw: bytes) -> None:
    assert len(joined(raw)) <= len(raw)
