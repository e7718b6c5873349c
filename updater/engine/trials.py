"""What would be denied, as by a proxy in front of the engine? Asked of what nobody has, so that nothing is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from updater.errors import EngineDenied, EngineError

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from updater.engine.calls import Json

    Call = Callable[..., requests.Response]

_NOBODY = "updater-doctor-asks-for-nothing"  # no container, image or network has this name
_TRIALS: tuple[tuple[str, str, str, Json], ...] = (
    ("create containers", "POST", "/containers/create", {"json": {"Image": f"{_NOBODY}:none"}}),
    ("stop, start and rename containers", "POST", f"/containers/{_NOBODY}/stop", {}),
    ("remove containers", "DELETE", f"/containers/{_NOBODY}", {}),
    ("pull and tag images", "POST", f"/images/{_NOBODY}:none/tag", {"params": {"repo": _NOBODY, "tag": "none"}}),
    ("connect networks", "POST", f"/networks/{_NOBODY}/connect", {"json": {"Container": _NOBODY}}),
)
_TRIALS_OF_EXEC: tuple[tuple[str, str, str, Json], ...] = (
    ("prepare a command", "POST", f"/containers/{_NOBODY}/exec", {"json": {"Cmd": [_NOBODY]}}),
    ("start a command", "POST", f"/exec/{_NOBODY}/start", {"json": {"Detach": True}}),
    ("look at a command", "GET", f"/exec/{_NOBODY}/json", {}),
)


def denied(call: Call) -> tuple[str, ...]:
    """What of an update would be."""
    return tuple(trial[0] for trial in _TRIALS if _is_denied(call, *trial))


def may_execute(call: Call) -> bool:
    """Whether commands may be run in containers."""
    return not any(_is_denied(call, *trial) for trial in _TRIALS_OF_EXEC)


def _is_denied(call: Call, doing: str, method: str, path: str, arguments: Json) -> bool:
    try:
        call(method, path, doing, **arguments)
    except EngineDenied:
        return True
    except EngineError as error:
        if error.temporary:
            raise
    return False
