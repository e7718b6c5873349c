"""What would be denied, as by a proxy in front of the engine? Asked of what nobody has, so that nothing is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from updater.errors import EngineDenied, EngineError

if TYPE_CHECKING:
    from collections.abc import Callable

    import requests

    from updater.engine.calls import Json

    Call = Callable[..., requests.Response]

_NOBODY = "updater-doctor-asks-for-nothing"  # no container, image or network has this name
Trial = tuple[str, str, str, "Json"]
# Without these, an update that has begun could neither be finished nor undone.
_TRIALS_OF_NO_RETURN: tuple[Trial, ...] = (
    ("stop containers", "POST", f"/containers/{_NOBODY}/stop", {}),
    ("start containers", "POST", f"/containers/{_NOBODY}/start", {}),
    ("rename containers", "POST", f"/containers/{_NOBODY}/rename", {"params": {"name": _NOBODY}}),
    ("update containers", "POST", f"/containers/{_NOBODY}/update", {"json": {"RestartPolicy": {"Name": "no"}}}),
    ("remove containers", "DELETE", f"/containers/{_NOBODY}", {}),
)
_TRIALS: tuple[Trial, ...] = (
    ("create containers", "POST", "/containers/create", {"json": {"Image": f"{_NOBODY}:none"}}),
    *_TRIALS_OF_NO_RETURN,
    ("pull and tag images", "POST", f"/images/{_NOBODY}:none/tag", {"params": {"repo": _NOBODY, "tag": "none"}}),
    ("connect networks", "POST", f"/networks/{_NOBODY}/connect", {"json": {"Container": _NOBODY}}),
)
_TRIALS_OF_EXEC: tuple[Trial, ...] = (
    ("prepare a command", "POST", f"/containers/{_NOBODY}/exec", {"json": {"Cmd": [_NOBODY]}}),
    ("start a command", "POST", f"/exec/{_NOBODY}/start", {"json": {"Detach": True}}),
    ("look at a command", "GET", f"/exec/{_NOBODY}/json", {}),
)


def denied(call: Call) -> tuple[str, ...]:
    """What of an update would be."""
    return tuple(trial[0] for trial in _TRIALS if _is_denied(call, *trial))


def require(call: Call) -> None:
    """Raises EngineDenied where an update could be begun but not ended; its message names the call."""
    for trial in _TRIALS_OF_NO_RETURN:
        _try(call, *trial)


def may_execute(call: Call) -> bool:
    """Whether commands may be run in containers."""
    return not any(_is_denied(call, *trial) for trial in _TRIALS_OF_EXEC)


def _is_denied(call: Call, *trial: Any) -> bool:
    try:
        _try(call, *trial)
    except EngineDenied:
        return True
    return False


def _try(call: Call, doing: str, method: str, path: str, arguments: Json) -> None:
    try:
        call(method, path, doing, **arguments)
    except EngineError as error:
        if error.temporary or isinstance(error, EngineDenied):
            raise
