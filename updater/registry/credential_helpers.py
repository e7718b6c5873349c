"""Which credentials does a credential helper keep for a host?

A helper is a program of docker's (`docker-credential-NAME get`): the server's address on its standard input, JSON
on its standard output. Protocol: github.com/docker/docker-credential-helpers, "Development". What it prints may be
a secret, so that none of it is told, logged or kept but the credentials themselves.
"""

from __future__ import annotations

import os
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from updater.errors import RegistryAnswerInvalid, RegistryDenied
from updater.model.reference import DOCKER_HUB
from updater.model.wording import printable
from updater.registry.credentials import HUB_SERVER, Credentials, server_of
from updater.registry.helper_process import Limits, SaidTooMuch, TookTooLong, run
from updater.registry.strict_json import parse_object

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = re.compile(r"[a-z0-9-]+")
_NOT_FOUND = b"credentials not found"
# In place of a user's name, this says that the secret is an identity token.
_IDENTITY_TOKEN = "<token>"  # noqa: S105
USUAL_LIMITS = Limits()


def ask(name: str, host: str, environment: Mapping[str, str], limits: Limits = USUAL_LIMITS) -> Credentials | None:
    """What the helper of this name keeps for this host; None where it keeps nothing.

    Raises RegistryDenied where it cannot be asked, or its answer makes no sense.
    """
    server = server_of(host)
    trouble = partial(_trouble, name, server)
    path = _find(name, server, environment)
    try:
        ended = run([path, "get"], server.encode(), environment, limits)
    except TookTooLong:
        raise trouble(f"gave no answer within {limits.seconds:g} s") from None
    except SaidTooMuch:
        raise trouble(f"printed more than the {limits.bytes // 1024} KiB that an answer may have") from None
    except OSError as error:
        raise trouble(f"cannot be started ({error.strerror})") from None
    if ended.status != 0:
        if _NOT_FOUND in ended.output.lower():
            return None
        how = f"ended with code {ended.status}" if ended.status > 0 else f"was killed by signal {-ended.status}"
        raise trouble(f"{how} and gave no credentials")
    return parse_answer(ended.output, name, server)


def parse_answer(output: bytes, name: str, server: str) -> Credentials | None:
    """Read what the helper of this name answered for this server; raises RegistryDenied.

    An answer for another server is refused: helpers search, and some find what merely looks alike.
    """
    trouble = partial(_trouble, name, server)
    try:
        answer = parse_object(output, "the answer")
    except RegistryAnswerInvalid:
        raise trouble("answered something that is not one JSON object") from None
    answered, username, secret = (_text(answer.get(key)) for key in ("ServerURL", "Username", "Secret"))
    if answered is None or username is None or secret is None:
        raise trouble("answered JSON in which ServerURL, Username or Secret is not a text")
    if answered and _bare(answered) != _bare(server):
        raise trouble("answered for another server than the one it was asked for")
    if not username and not secret:
        return None
    if not username or not secret:
        raise trouble("answered only one of Username and Secret")
    if username == _IDENTITY_TOKEN:
        return Credentials("", identity_token=secret)
    return Credentials(username, secret)


def _find(name: str, server: str, environment: Mapping[str, str]) -> str:
    if not _NAME.fullmatch(name):
        raise RegistryDenied(
            f"the credential helper for {_host(server)} is named {printable(name, 60)!r} in the docker configuration, "
            "which no helper can be called; expected lower-case letters, digits and hyphens, as in ecr-login"
        )
    for folder in environment.get("PATH", "").split(os.pathsep):
        # An empty or relative folder means the one we were started in, where anybody may have put a program.
        path = Path(folder) / _program(name)
        if path.is_absolute() and os.access(path, os.X_OK) and path.is_file():
            return str(path)
    raise RegistryDenied(
        f"the credential helper {_program(name)}, which the docker configuration names for {_host(server)}, is in no "
        "folder of PATH; install it where updater runs, or take its name out of credsStore and credHelpers"
    )


def _program(name: str) -> str:
    return f"docker-credential-{name}"


def _host(server: str) -> str:
    return DOCKER_HUB if server == HUB_SERVER else printable(server)


def _trouble(name: str, server: str, problem: str) -> RegistryDenied:
    by_hand = f"echo {printable(server)} | {_program(name)} get"
    return RegistryDenied(
        f"the credential helper {_program(name)} for {_host(server)} {problem}; see what it says to `{by_hand}`, or "
        "take it out of the docker configuration and `docker login` again"
    )


def _text(value: object) -> str | None:
    """A text that can be sent; empty for nothing, None for what is no such text."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return None
    try:
        value.encode()
    except UnicodeEncodeError:
        return None
    return value


def _bare(server: str) -> str:
    return server.strip().lower().removeprefix("https://").removeprefix("http://").rstrip("/")
