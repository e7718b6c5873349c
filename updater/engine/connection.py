"""Which engine is spoken to, and how? The address as the docker command line finds it."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import docker
import docker.constants
import docker.errors
import docker.utils
import requests
from docker.context import ContextAPI

from updater.engine.translation import translated
from updater.errors import EngineDenied, EngineError, EngineUnreachable, InvalidSetting
from updater.model.wording import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_SCHEMES = ("unix://", "tcp://", "http://", "https://", "ssh://")
_API_VERSION = re.compile(r"1\.[0-9]{1,4}")
_SERVER = re.compile(r"(?P<name>Docker|Libpod)/(?P<version>[!-~]{1,64})")
_CALL_TIMEOUT = 60  # seconds without a byte; pulls and stops bring their own


class Client(docker.APIClient):
    """The SDK's client, that agrees on a version of the API as docker's own command line does: by `/_ping`.

    To answer `/version` an engine starts two other programs first; it is asked where the other tells too little.

    Of the docker configuration it gets the headers for the engine only. Logins are read by the registry room, for
    which a damaged one concerns its own host; the SDK would not even speak to the engine. Nor does an engine get what
    ~/.netrc has for its host, or for any: docker shows it to none.
    """

    announced: tuple[str, str] | None = None
    """What the engine calls itself, `Docker` or `Libpod`, and its version."""
    _version_answer: dict[str, Any] | None = None
    _read: dict[str, Any]

    def __init__(self, **arguments: Any) -> None:
        self._arguments = arguments
        super().__init__(**arguments)

    def another(self) -> Client:
        """A second client of the same engine, with connections of its own; making it is no call."""
        return Client(**{**self._arguments, "version": self.api_version})

    @property
    def auth(self) -> Callable[[requests.PreparedRequest], requests.PreparedRequest]:
        """Nothing is added to a request; requests would look for a login in ~/.netrc, were there none of ours."""
        return _as_it_is

    @auth.setter
    def auth(self, _: object) -> None:
        """The session's own beginning sets it to None."""

    @property
    def _general_configs(self) -> dict[str, Any]:
        return self._read

    @_general_configs.setter
    def _general_configs(self, config: object) -> None:
        headers = config.get("HttpHeaders") if isinstance(config, dict) else None
        named = headers.items() if isinstance(headers, dict) else ()
        # Without any entry of logins the SDK would look for the file again.
        self._read = {
            "auths": {"none.invalid": {}},
            "HttpHeaders": {name: value for name, value in named if isinstance(value, str)},
        }

    def _retrieve_server_version(self) -> str:
        return self.agree()

    def agree(self) -> str:
        """The version of the API to speak; shows, too, whether an engine answers. Raises the SDK's errors."""
        answer = self.get(f"{self.base_url}/_ping", timeout=self.timeout, allow_redirects=False)
        agreed = _API_VERSION.fullmatch(answer.headers.get("Api-Version", ""))
        server = _SERVER.match(answer.headers.get("Server", ""))
        if answer.status_code != requests.codes.ok or agreed is None or server is None:
            return str(super()._retrieve_server_version())  # type: ignore[misc]  # the stubs lack it
        self.announced = server["name"], server["version"]
        return agreed[0]

    def version(self, api_version: bool = True) -> dict[str, Any]:
        """The engine's `/version`, asked once."""
        if self._version_answer is None:
            self._version_answer = super().version(api_version)
        return self._version_answer


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def connect(host: str | None, environment: Mapping[str, str]) -> Client:
    """Open a client to the engine: `host`, else DOCKER_HOST, else the docker context, else the local socket.

    The API version is the engine's own: older ones silently drop newer fields of a container.
    Raises EngineUnreachable, EngineDenied, InvalidSetting.
    """
    arguments = _address(host, environment)
    try:
        with translated("reach the engine"):
            return Client(version="auto", timeout=_CALL_TIMEOUT, **arguments)
    except (EngineUnreachable, EngineDenied):
        raise
    except EngineError as error:
        # Whatever answered the first question in another way is no engine, or none that can be spoken to.
        raise EngineUnreachable(f"{error}; is it an engine, and is DOCKER_HOST or --host right?") from error


def _address(host: str | None, environment: Mapping[str, str]) -> dict[str, Any]:
    chosen = host or environment.get("DOCKER_HOST")
    if chosen:
        _require_address(chosen)
        return _with_tls(chosen, environment)
    context = environment.get("DOCKER_CONTEXT") or _current_context(environment)
    if context and context != "default":
        return _from_context(context)
    return {"base_url": docker.constants.DEFAULT_UNIX_SOCKET.replace("http+unix://", "unix://")}


def _require_address(host: str) -> None:
    good = "unix://PATH, tcp://HOST:PORT or ssh://USER@HOST"
    try:
        parts = urlsplit(host)
        usable = host.startswith(_SCHEMES) and bool(parts.path if parts.scheme == "unix" else parts.hostname)
        usable = usable and (parts.port is None or parts.port > 0)
    except ValueError:
        usable, parts = False, urlsplit("")
    if "@" in host and not host.startswith(("ssh://", "unix://")):
        raise InvalidSetting("host", "an engine's address takes no password", good)
    if not usable:
        raise InvalidSetting("host", f"{host!r} is not an engine's address", good)


def _with_tls(host: str, environment: Mapping[str, str]) -> dict[str, Any]:
    try:
        arguments: dict[str, Any] = {**docker.utils.kwargs_from_env(environment={**environment, "DOCKER_HOST": host})}
    except (docker.errors.TLSParameterError, OSError) as error:
        detail = printable(str(error).partition(". TLS conf")[0])
        raise InvalidSetting(
            "DOCKER_TLS_VERIFY", detail, "ca.pem, cert.pem and key.pem in the folder DOCKER_CERT_PATH"
        ) from None
    if host.startswith("ssh://"):
        if importlib.util.find_spec("paramiko") is None:
            raise InvalidSetting(
                "host", "ssh needs a further package", "pip install 'container-updater[ssh]', or another address"
            )
        arguments["use_ssh_client"] = True
    return arguments


def _current_context(environment: Mapping[str, str]) -> str | None:
    folder = environment.get("DOCKER_CONFIG") or Path(environment.get("HOME", "~")).expanduser() / ".docker"
    try:
        config = json.loads((Path(folder) / "config.json").read_text())
    except (OSError, ValueError):
        return None  # the docker command line, too, goes on with its defaults
    current = config.get("currentContext") if isinstance(config, dict) else None
    return current if isinstance(current, str) else None


def _from_context(name: str) -> dict[str, Any]:
    try:
        with translated(f"read the docker context {name!r}"):
            context = ContextAPI.get_context(name)
    except (ValueError, TypeError, AttributeError, KeyError):
        context = None
    if context is None:
        raise InvalidSetting("docker context", f"there is none named {name!r}", "one that `docker context ls` shows")
    return {"base_url": context.Host, "tls": context.TLSConfig}
