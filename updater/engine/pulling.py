"""How is exactly one digest pulled? An answer of status 200 may still hold a failure, as a line of its own."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from updater.engine.translation import refusal, translated
from updater.errors import EngineError, EngineNoSpace, EngineNotFound, EngineRefused, PullFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import requests

    from updater.model.digest import Digest
    from updater.model.platform import Platform
    from updater.model.reference import ImageReference
    from updater.model.silence import Silence

    Call = Callable[..., requests.Response]

Json = dict[str, Any]
_SILENCE = 600  # seconds without a line of progress before a pull counts as dead


def pull(
    call: Call,
    silence: Silence,
    reference: ImageReference,
    digest: Digest,
    *,
    platform: Platform | None,
    credentials: Mapping[str, str],
    progress: Callable[[Json], None],
) -> None:
    """Pull it. `progress` gets each line, and may raise to give up: closing the connection cancels the pull."""
    doing = f"pull {reference.name}@{digest}"
    parameters = {"fromImage": reference.name, "tag": digest}
    if platform is not None:
        parameters["platform"] = str(platform)
    try:
        answer = call(
            "POST",
            "/images/create",
            doing,
            params=parameters,
            headers={"X-Registry-Auth": _encoded(credentials)},
            stream=True,
            timeout=_SILENCE,
        )
    except (EngineRefused, EngineNotFound) as error:
        # Newer engines answer so where the registry cannot be reached, or does not have the image.
        raise PullFailed(f"{error}; is the registry there? The next run tries again") from error
    try:
        for line in _lines(answer, silence, doing):
            if "error" in line:
                raise _failure(str(line["error"]), doing)
            progress(line)
    finally:
        answer.close()


def _lines(answer: requests.Response, silence: Silence, doing: str) -> Iterator[Json]:
    lines = answer.iter_lines()
    while True:
        with silence(_SILENCE), translated(doing):
            line = next(lines, None)
            if line is None:
                return
            parsed = json.loads(line) if line.strip() else {}
        if isinstance(parsed, dict):
            yield parsed


def _encoded(credentials: Mapping[str, str]) -> str:
    """The header's value (Docker API, "Authentication"): an empty object asks anonymously, whatever the SDK knows."""
    return base64.urlsafe_b64encode(json.dumps(dict(credentials)).encode()).decode()


def _failure(message: str, doing: str) -> EngineError:
    meaning = refusal(message, doing)
    return meaning if isinstance(meaning, EngineNoSpace) else PullFailed(f"{meaning}; the next run tries again")
