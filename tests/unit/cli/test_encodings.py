"""JSON is JSON whatever the encoding of the place it is written to."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING

import pytest

from updater.cli.as_json import dump

if TYPE_CHECKING:
    from updater.cli.as_json import Json

DOCUMENT: Json = {"log_tail": "é … \U0001f600 \udc80 \x1b"}


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8", "latin-1", "ascii", "cp1252", "utf-16"])
def test_what_is_written_can_be_read(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding=encoding, errors="backslashreplace")  # as `__main__` sets it
    monkeypatch.setattr(sys, "stdout", stream)
    text = dump(DOCUMENT)
    stream.write(text)
    stream.flush()
    read = written.getvalue().decode("utf-16" if encoding == "utf-16" else "utf-8")
    assert json.loads(read) == DOCUMENT
    assert ("é" in text) is (encoding in ("utf-8", "UTF8"))
