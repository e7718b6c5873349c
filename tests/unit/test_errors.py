"""The drawing in errors.py is the tree, and the engine's border lets no foreign error through."""

from __future__ import annotations

import inspect
import json

import docker.errors
import pytest
import requests
import urllib3

from updater import errors
from updater.engine.translation import FOREIGN_ERRORS, translate, translated
from updater.errors import EngineDenied, EngineError, EngineNoSpace, EngineTimeout, EngineUnreachable, UpdaterError


def drawn() -> list[tuple[int, str]]:
    """Depth and name of every line of the drawing."""
    lines = [line for line in (errors.__doc__ or "").splitlines()[2:] if line.strip()]
    return [(len(line) - len(line.lstrip("│├└─ ")), line.lstrip("│├└─ ")) for line in lines]


def actual(kind: type[UpdaterError] = UpdaterError, depth: int = 0) -> list[tuple[int, str]]:
    children = [child for child in kind.__subclasses__() if child.__module__ == errors.__name__]
    return [(depth * 4, kind.__name__), *(line for child in children for line in actual(child, depth + 1))]


def test_the_drawing_is_the_tree() -> None:
    assert drawn() == actual()


def response(status: int, message: str, content_type: str = "application/json") -> docker.errors.APIError:
    answer = requests.Response()
    answer.status_code = status
    answer.headers["Content-Type"] = content_type
    answer._content = json.dumps({"message": message}).encode() if "json" in content_type else message.encode()
    return docker.errors.APIError("failed", response=answer, explanation=message)


def wrapped(error: Exception) -> Exception:
    """As the SDK tells that its question about the version was refused."""
    outer = docker.errors.DockerException("Error while fetching server API version")
    outer.__cause__ = error
    return outer


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (response(404, "No such container"), errors.EngineNotFound),
        (response(409, "Conflict"), errors.EngineConflict),
        (response(500, "driver failed: port is already allocated"), errors.EngineRefused),
        (response(500, "write /x: no space left on device"), EngineNoSpace),
        (response(403, "address already in use"), errors.EngineRefused),
        (response(403, "<html>Forbidden</html>", "text/html"), EngineDenied),
        (response(405, "Method Not Allowed", "text/plain"), EngineDenied),
        (wrapped(response(403, "<html>Forbidden</html>", "text/html")), EngineDenied),
        (
            requests.ConnectionError(urllib3.exceptions.ProtocolError("aborted", PermissionError(13, "denied"))),
            EngineDenied,
        ),
        (
            requests.ConnectionError(urllib3.exceptions.ProtocolError("aborted", FileNotFoundError(2, "none"))),
            EngineUnreachable,
        ),
        (requests.ConnectionError(ConnectionRefusedError(111, "refused")), EngineUnreachable),
        (requests.ReadTimeout("slow"), EngineTimeout),
        (docker.errors.TLSParameterError("bad certificate"), EngineError),
        (json.JSONDecodeError("x", "y", 0), EngineError),
    ],
)
def test_what_failures_of_the_engine_mean(error: Exception, kind: type[EngineError]) -> None:
    found = translate(error, "do it")
    assert type(found) is kind
    assert str(found).startswith("could not do it")
    assert "\n" not in str(found)


def foreign() -> list[type[BaseException]]:
    modules = (docker.errors, requests.exceptions, urllib3.exceptions)
    found = [kind for module in modules for _, kind in inspect.getmembers(module, inspect.isclass)]
    own = [kind for kind in found if kind.__module__.partition(".")[0] in ("docker", "requests", "urllib3")]
    return [kind for kind in own if issubclass(kind, Exception) and not issubclass(kind, Warning)]


@pytest.mark.parametrize("kind", foreign(), ids=lambda kind: f"{kind.__module__}.{kind.__name__}")
def test_no_foreign_error_is_unmapped(kind: type[Exception]) -> None:
    assert issubclass(kind, FOREIGN_ERRORS)


def test_terminal_escapes_of_an_engine_are_not_passed_on() -> None:
    with pytest.raises(EngineError) as caught, translated("do it"):
        raise response(500, "\x1b[31mred\u202egnp\n\nnext")
    assert str(caught.value) == "could not do it: [31mred gnp next"
