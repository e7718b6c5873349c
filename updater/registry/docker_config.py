"""What does the docker command line's configuration say about a host: a helper to ask, or what `docker login` stored?

The keys mean what they mean to docker: `credHelpers` names a helper for one host, `credsStore` one for all others,
`auths` holds what is stored in the file itself.
"""

from __future__ import annotations

import binascii
import json
import os
from base64 import b64decode
from pathlib import Path
from typing import TYPE_CHECKING

from updater.errors import InvalidSetting, RegistryDenied
from updater.model.reference import DOCKER_HUB
from updater.model.wording import printable
from updater.registry.credentials import HUB_SERVER, Credentials, remembering, server_of
from updater.registry.strict_json import JsonObject, object_of, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from updater.registry.credentials import CredentialSource
    from updater.registry.helper_process import Limits

_LARGEST_FILE = 1024 * 1024  # bytes
# Older programs stored an address instead of a host; what follows the host there means nothing.
_PATHS = frozenset({"", "/", "/v1", "/v1/", "/v2", "/v2/"})


def docker_config_file(environment: Mapping[str, str] = os.environ, root: Path = Path("/")) -> Path:
    """Where the docker command line keeps its configuration: $DOCKER_CONFIG, else ~/.docker.

    In a container that has none there, /config.json: where Watchtower has it, and so those who put us in its place.
    """
    named = environment.get("DOCKER_CONFIG")
    usual = Path(named or Path(environment.get("HOME") or "/") / ".docker") / "config.json"
    watchtowers = root / "config.json"
    in_container = (root / ".dockerenv").exists()
    if in_container and not named and watchtowers.is_file() and not os.access(usual, os.F_OK):
        return watchtowers
    return usual


def docker_config(
    path: Path, environment: Mapping[str, str] = os.environ, limits: Limits | None = None
) -> CredentialSource:
    """The source of what this file knows, and the helpers that it names; without the file it knows nobody.

    A host's helper is asked first, if it has one; where that keeps nothing, what is stored in the file counts.
    Helpers get the environment, their answers are remembered for a while.

    Raises InvalidSetting where the file is there but cannot be read. An entry or a helper that makes no sense
    concerns its host only: asking for that host then raises RegistryDenied.
    """
    config = _read(path)
    # `docker login` with a credential helper leaves an empty entry: that is no credential.
    stored = _by_host({key: entry for key, entry in object_of(config, "auths").items() if entry})
    helpers = _by_host(object_of(config, "credHelpers"))
    store = config.get("credsStore")

    def from_helper(host: str) -> Credentials | None:
        name = helpers.get(host, store)
        if not isinstance(name, str | None):
            raise RegistryDenied(
                f"what {path} names as the credential helper for {printable(host)} is no text; expected a name, as in "
                "ecr-login"
            )
        if not name:  # an empty one means the file itself
            return None
        from updater.registry import credential_helpers  # most have none

        return credential_helpers.ask(name, host, environment, limits or credential_helpers.USUAL_LIMITS)

    def from_file(host: str) -> Credentials | None:
        entry = stored.get(host)
        return _read_entry(entry, host, path) if isinstance(entry, dict) else None

    remembered = remembering(from_helper)

    def find(host: str) -> Credentials | None:
        found = remembered(host)
        return from_file(host) if found is None else found

    return find


def _read(path: Path) -> JsonObject:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise InvalidSetting(str(path), f"cannot be read ({error.strerror})", "a file this user may read") from error
    if len(content) > _LARGEST_FILE:
        raise InvalidSetting(str(path), "is larger than 1 MiB", "a docker configuration")
    if not content.strip():
        return {}  # as docker takes an empty file, /dev/null included
    try:
        config = json.loads(content)
    except (ValueError, RecursionError):
        config = None
    if not isinstance(config, dict):
        raise InvalidSetting(str(path), "is not a docker configuration", "a JSON object, as `docker login` writes it")
    return config


def _by_host(section: JsonObject) -> JsonObject:
    """The section with hosts for keys; where several keys mean one host, docker's own way to write it counts."""
    found: JsonObject = {}
    for key, value in section.items():
        host = _host_of(key)
        if host not in found or key == server_of(host):
            found[host] = value
    return found


def _host_of(key: str) -> str:
    if key == HUB_SERVER:
        return DOCKER_HUB
    bare = key.removeprefix("https://").removeprefix("http://")
    host, slash, path = bare.partition("/")
    # A key with a path of its own (`ghcr.io/team`, as podman writes) is not for the whole host.
    return host.lower() if slash + path in _PATHS else key


def _read_entry(entry: JsonObject, host: str, path: Path) -> Credentials | None:
    username, password, colon = text_of(entry, "username"), text_of(entry, "password"), ":"
    identity_token = text_of(entry, "identitytoken")
    try:
        if encoded := text_of(entry, "auth"):
            # Whoever writes the file by `base64` gets lines of 76 characters, which docker reads, too.
            encoded = encoded.translate({ord("\r"): None, ord("\n"): None})
            username, colon, password = b64decode(encoded, validate=True).decode().partition(":")
        # JSON can hold halves of characters, which cannot be sent.
        (username + password + identity_token).encode()
    except (binascii.Error, ValueError):
        colon = ""
    if not colon:
        raise RegistryDenied(
            f"the credentials for {printable(host)} in {path} cannot be read; run `docker login` for it again"
        )
    if identity_token:
        return Credentials(username, identity_token=identity_token)
    # The docker command line pads what it stores with zero bytes.
    return Credentials(username, password.strip("\0")) if username else None
