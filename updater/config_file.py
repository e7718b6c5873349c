"""What does the YAML config file say? Its text in, checked values out; every error names file, line and key."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from updater.errors import InvalidSetting
from updater.model.reference import NotAReference, parse_reference
from updater.model.values import GOOD_BOOLEANS, parse_boolean
from updater.model.wording import printable
from updater.policy.declarations import BY_NAME, PER_CONTAINER
from updater.policy.terms import Entry
from updater.registry.access import RegistryAccess
from updater.settings import parse_value, read_secret, unknown
from updater.yaml_text import parse_yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from updater.policy.declarations import Setting

T = TypeVar("T")
_LARGEST_FILE = 1024 * 1024  # bytes
_SECTIONS = ("registries", "containers")
_REGISTRY_KEYS = ("username", "password", "password_file", "ca_file", "insecure", "token_host", "mirror")


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """What a config file holds; `values` keyed by setting name."""

    values: Mapping[str, Any]
    registries: tuple[RegistryAccess, ...]
    containers: tuple[Entry, ...]


def read_config_file(path: str) -> ConfigFile:
    """Read and check the file; raises InvalidSetting."""
    content = parse_yaml(path, _read(path))
    content = {} if content is None else _mapping(content, path)
    values: dict[str, Any] = {}
    for key, value in content.items():
        place = f"{path}: {key}"
        if key == "config" or (key not in BY_NAME and key not in _SECTIONS):
            raise unknown(path, key, [*(name for name in BY_NAME if name != "config"), *_SECTIONS])
        if key in BY_NAME:
            values[key] = _value(BY_NAME[key], value, place)
    registries = _each(content.get("registries"), f"{path}: registries", _registry)
    containers = _each(content.get("containers"), f"{path}: containers", _container)
    twice = [name for name, times in Counter(entry.pattern for entry in containers).items() if times > 1]
    if twice:
        raise InvalidSetting(f"{path}: containers", f"there are two entries for {twice[0]!r}", "one, without a slash")
    return ConfigFile(values, registries, containers)


def _read(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise InvalidSetting("config file", f"cannot read {path}: {error.strerror}", "a readable YAML file") from None
    if len(content) > _LARGEST_FILE:
        raise InvalidSetting("config file", f"{path} is larger than 1 MiB", "a YAML file of settings")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidSetting("config file", f"{path} is not UTF-8 text", "a YAML file of settings") from None


def _mapping(value: object, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidSetting(place, f"{_kind(value)} is no mapping of names", "`name: value` lines")
    for key in value:
        if not isinstance(key, str):
            raise InvalidSetting(place, f"YAML reads one of the names as {_kind(key)}", "the name in quotes, like 'on'")
    return value


def _value(setting: Setting, value: object, place: str) -> Any:
    """The setting's value; an empty list names none."""
    if setting.optional and value == []:
        return setting.default
    return parse_value(setting, _text(setting, value, place), place)


def _text(setting: Setting, value: object, place: str) -> str:
    """The text of a setting's value; several parts may be given as a list."""
    if setting.separator is not None and isinstance(value, list):
        return setting.separator.join(_scalar(part, place) for part in value)
    return _scalar(value, place)


def _scalar(value: object, place: str) -> str:
    """The text of a value, which YAML may have read as something else (`true`, `15`)."""
    if value is None:
        raise InvalidSetting(place, "nothing is given", "a value; without the line, the default counts")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        try:
            return str(value)
        except ValueError:
            raise InvalidSetting(place, "the number is too long", "text, a number, true or false") from None
    raise InvalidSetting(place, f"{_kind(value)} is not a single value", "text, a number, true or false")


def _kind(value: object) -> str:
    """What it is, not what is in it: that may be a password, or endless."""
    kinds = {list: "a list", dict: "a mapping", str: "a text", bool: "true or false", type(None): "nothing"}
    return kinds.get(type(value), f"a {type(value).__name__}")


def _yes_or_no(text: str, place: str) -> bool:
    try:
        return parse_boolean(text)
    except ValueError as error:
        raise InvalidSetting(place, str(error), GOOD_BOOLEANS) from None


def _each(section: object, place: str, read: Callable[[str, dict[str, Any], str], T]) -> tuple[T, ...]:
    if section is None:
        return ()
    return tuple(
        read(name, _mapping(entry if entry is not None else {}, f"{place}: {name}"), f"{place}: {name}")
        for name, entry in _mapping(section, place).items()
    )


def _registry(host: str, entry: dict[str, Any], place: str) -> RegistryAccess:
    for key in entry:
        if key not in _REGISTRY_KEYS:
            raise unknown(place, key, _REGISTRY_KEYS)
    if "password" in entry and "password_file" in entry:
        raise InvalidSetting(place, "password and password_file are both given", "only one of the two")
    texts = {key: _scalar(value, f"{place}: {key}") for key, value in entry.items()}
    password = texts.get("password")
    if "password_file" in texts:
        password = read_secret(texts["password_file"], f"{place}: password_file")
    if not _is_host(host):
        raise InvalidSetting(place, "it is not a registry's host", "the part of an image's name before the first slash")
    if ("username" in texts) != (password is not None):
        raise InvalidSetting(place, "a username and a password only make sense together", "both, or neither")
    ca_file = _ca_file(texts["ca_file"], f"{place}: ca_file") if "ca_file" in texts else None
    insecure = _yes_or_no(texts.get("insecure", "false"), f"{place}: insecure")
    mirror = texts.get("mirror")
    if mirror is not None and (not _is_place(mirror) or mirror.partition("/")[0] == host):
        raise InvalidSetting(
            f"{place}: mirror", f"{mirror!r} is no other registry", "host, host:port, or host/path, without https://"
        )
    return RegistryAccess(host, texts.get("username"), password, ca_file, insecure, texts.get("token_host"), mirror)


def _ca_file(text: str, place: str) -> Path:
    path, problem = Path(text), "is not there"
    try:
        if path.is_file():
            return path
    except OSError as error:  # its folder is closed to us, or it is no path but the certificates themselves
        problem = f"cannot be read: {error.strerror}"
    raise InvalidSetting(place, f"{printable(text, 80)} {problem}", "the path of a file of certificates in PEM")


def _is_place(text: str) -> bool:
    """Whether it is a registry's host, or one with a path below which repositories can be."""
    host, slash, path = text.partition("/")
    try:
        return _is_host(host) and (not slash or parse_reference(f"{host}/{path}/x").repository == f"{path}/x")
    except NotAReference:
        return False


def _is_host(host: str) -> bool:
    try:
        return parse_reference(f"{host}/x").registry == host
    except NotAReference:
        return False


def _container(pattern: str, entry: dict[str, Any], place: str) -> Entry:
    values: dict[str, Any] = {}
    for key, value in entry.items():
        if key not in PER_CONTAINER:
            raise unknown(place, key, PER_CONTAINER)
        values[key] = _value(PER_CONTAINER[key], value, f"{place}: {key}")
    name = pattern.strip().removeprefix("/")  # as `docker inspect` writes it
    if not name:
        raise InvalidSetting(place, "it names no container", "a name or a glob, like web or db-*")
    return Entry(name, values)
