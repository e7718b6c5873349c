"""What does the YAML config file say? Its text in, checked values out; every error names file, line and key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

from updater.errors import InvalidSetting
from updater.model.reference import NotAReference, parse_reference
from updater.model.values import GOOD_BOOLEANS, parse_boolean
from updater.policy.declarations import BY_NAME, PER_CONTAINER
from updater.policy.terms import Entry
from updater.registry.access import RegistryAccess
from updater.settings import parse_value, read_secret, unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from updater.policy.declarations import Setting

T = TypeVar("T")
_LARGEST_FILE = 1024 * 1024  # bytes
_ODD_VALUES = (ValueError, TypeError, AttributeError, KeyError, IndexError, OverflowError)
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
    content = _parse(path, _read(path))
    values: dict[str, Any] = {}
    for key, value in content.items():
        place = f"{path}: {key}"
        if key == "config" or (key not in BY_NAME and key not in _SECTIONS):
            raise unknown(path, key, [*(name for name in BY_NAME if name != "config"), *_SECTIONS])
        if key in BY_NAME:
            values[key] = parse_value(BY_NAME[key], _text(BY_NAME[key], value, place), place)
    return ConfigFile(
        values,
        _each(content.get("registries"), f"{path}: registries", _registry),
        _each(content.get("containers"), f"{path}: containers", _container),
    )


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


_KEPT_TAGS = frozenset({"tag:yaml.org,2002:bool", "tag:yaml.org,2002:null", "tag:yaml.org,2002:merge"})


class _Loader(yaml.SafeLoader):
    """Plain YAML, but a key given twice is an error: one of the two would be lost in silence.

    Nor are there aliases: a few of them within each other fill any memory.
    """

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="aliases are not taken here", problem_mark=event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    raise yaml.MarkedYAMLError(
                        problem=f"the key {key.value!r} is given twice", problem_mark=key.start_mark
                    )
                seen.add(key.value)
        return super().construct_mapping(node, deep)


# What is written counts: `1.10` is no number here, nor `22:00` minutes, nor `010` eight.
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag in _KEPT_TAGS]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _parse(path: str, text: str) -> dict[str, Any]:
    try:
        content = yaml.load(text, Loader=_Loader)  # noqa: S506 - the loader is a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{path}, line {mark.line + 1}, column {mark.column + 1}" if mark else path
        problem = str(error.problem or error.context)
        raise InvalidSetting(place, f"not valid YAML: {problem}") from None
    except RecursionError:
        raise InvalidSetting(path, "not valid YAML: nested too deeply") from None
    except (yaml.YAMLError, *_ODD_VALUES) as error:
        # PyYAML lets its own mistakes out where a tag does not fit its value (`!!bool x`).
        detail = str(error).partition("\n")[0]
        raise InvalidSetting(path, f"not valid YAML: {detail or 'a value does not fit its tag'}") from None
    if content is None:
        return {}
    return _mapping(content, path)


def _mapping(value: object, place: str) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        raise InvalidSetting(place, f"{_kind(value)} is no mapping of names", "`name: value` lines")
    return value


def _text(setting: Setting, value: object, place: str) -> str:
    """The text of a setting's value; several parts may be given as a list."""
    if setting.separator is not None and isinstance(value, list):
        return setting.separator.join(_scalar(part, place) for part in value)
    return _scalar(value, place)


def _scalar(value: object, place: str) -> str:
    """The text of a value, which YAML may have read as something else (`true`, `15`)."""
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
    kinds = {list: "a list", dict: "a mapping", type(None): "nothing"}
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
    ca_file = Path(texts["ca_file"]) if "ca_file" in texts else None
    if ca_file is not None and not ca_file.is_file():
        raise InvalidSetting(f"{place}: ca_file", f"{ca_file} is not there", "a file of certificates in PEM")
    insecure = _yes_or_no(texts.get("insecure", "false"), f"{place}: insecure")
    mirror = texts.get("mirror")
    if mirror is not None and (not _is_place(mirror) or mirror.partition("/")[0] == host):
        raise InvalidSetting(
            f"{place}: mirror", f"{mirror!r} is no other registry", "host, host:port, or host/path, without https://"
        )
    return RegistryAccess(host, texts.get("username"), password, ca_file, insecure, texts.get("token_host"), mirror)


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
        setting = PER_CONTAINER[key]
        values[key] = parse_value(setting, _text(setting, value, f"{place}: {key}"), f"{place}: {key}")
    return Entry(pattern, values)
