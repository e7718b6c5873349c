"""Which name and password belong to a registry host?

A source is a function from a host to its credentials or None; the host has to match exactly, so that what was
stored for `registry.example` is never shown to `registry.example.evil.test`, nor to another port.
"""

from __future__ import annotations

import binascii
import json
import os
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from updater.errors import InvalidSetting, RegistryDenied
from updater.model.wording import printable
from updater.registry.strict_json import JsonObject, object_of, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from updater.registry.access import RegistryAccess

# Under this key `docker login` stores what belongs to Docker Hub.
_HUB_KEY = "https://index.docker.io/v1/"
# Older programs stored an address instead of a host; what follows the host there means nothing.
_PATHS = frozenset({"", "/", "/v1", "/v1/", "/v2", "/v2/"})


@dataclass(frozen=True, slots=True)
class Credentials:
    """Name and password, or an identity token that stands for both (Oauth2 refresh token)."""

    username: str
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)


CredentialSource = Callable[[str], Credentials | None]


def anonymous(_host: str) -> Credentials | None:
    """The source that knows nobody."""
    return None


def chain(*sources: CredentialSource) -> CredentialSource:
    """The source that asks each of these in turn; the first answer counts."""

    def find(host: str) -> Credentials | None:
        return next((found for source in sources if (found := source(host)) is not None), None)

    return find


def configured(access: Mapping[str, RegistryAccess]) -> CredentialSource:
    """The source of the names and passwords under `registries:`."""

    def find(host: str) -> Credentials | None:
        entry = access.get(host)
        if entry is None or not entry.username or entry.password is None:
            return None
        return Credentials(entry.username, entry.password)

    return find


def docker_config_file(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the docker command line keeps its configuration: $DOCKER_CONFIG, else ~/.docker."""
    folder = environment.get("DOCKER_CONFIG") or Path(environment.get("HOME") or "/") / ".docker"
    return Path(folder) / "config.json"


def docker_config(path: Path) -> CredentialSource:
    """The source of what `docker login` stored under `auths` in this file; without the file it knows nobody.

    Raises InvalidSetting where the file is there but cannot be read. An entry that makes no sense concerns its
    host only: asking for that host then raises RegistryDenied.
    """
    entries = _read_entries(path)

    def find(host: str) -> Credentials | None:
        entry = entries.get(host)
        return None if entry is None else _read_entry(entry, host, path)

    return find


def _read_entries(path: Path) -> dict[str, JsonObject]:
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise InvalidSetting(str(path), f"cannot be read ({error.strerror})", "a file this user may read") from error
    try:
        config = json.loads(content)
    except (ValueError, RecursionError):
        config = None
    if not isinstance(config, dict):
        raise InvalidSetting(str(path), "is not a docker configuration", "a JSON object, as `docker login` writes it")
    entries: dict[str, JsonObject] = {}
    for key, entry in object_of(config, "auths").items():
        # `docker login` with a credential helper leaves an empty entry: that is no credential.
        if isinstance(entry, dict) and entry:
            entries.setdefault(_host_of(key), entry)
    return entries


def _host_of(key: str) -> str:
    if key == _HUB_KEY:
        return "docker.io"
    bare = key.removeprefix("https://").removeprefix("http://")
    host, slash, path = bare.partition("/")
    # A key with a path of its own (`ghcr.io/team`, as podman writes) is not for the whole host.
    return host.lower() if slash + path in _PATHS else key


def _read_entry(entry: JsonObject, host: str, path: Path) -> Credentials | None:
    username, password = text_of(entry, "username"), text_of(entry, "password")
    if encoded := text_of(entry, "auth"):
        try:
            username, colon, password = b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            colon = ""
        if not colon:
            raise RegistryDenied(
                f"the credentials for {printable(host)} in {path} cannot be read; run `docker login` for it again"
            )
    # The docker command line pads what it stores with zero bytes.
    password = password.strip("\0")
    if identity_token := text_of(entry, "identitytoken"):
        return Credentials(username, identity_token=identity_token)
    return Credentials(username, password) if username else None
