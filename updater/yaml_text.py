"""What does a YAML text hold, and if it is none, where is the mistake and what was probably meant?"""

from __future__ import annotations

import re
from typing import Any

import yaml

from updater.errors import InvalidSetting

_ODD_VALUES = (ValueError, TypeError, AttributeError, KeyError, IndexError, OverflowError)
_KEPT_TAGS = frozenset({"tag:yaml.org,2002:bool", "tag:yaml.org,2002:null", "tag:yaml.org,2002:merge"})
_QUOTE = "put the whole value into single quotes, as in schedule: '@daily'"
_INDENT = f"check the indentation; else {_QUOTE}"
# What PyYAML says, and what somebody who does not know YAML by heart has to do.
_ADVICE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"'\\t' that cannot start"), "indent with spaces, YAML takes no tabs"),
    (re.compile(r"that cannot start any token|alphabetic or numeric character|aliases are not|anchors"), _QUOTE),
    (re.compile(r"mapping values are not allowed|unknown escape character|could not find expected ':'"), _QUOTE),
    (
        re.compile(r"did not find expected|expected <block end>|expected ',' or"),
        _INDENT,
    ),
)


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


def parse_yaml(path: str, text: str) -> Any:
    """What the text of this file holds; raises InvalidSetting."""
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - the loader is a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{path}, line {mark.line + 1}, column {mark.column + 1}" if mark else path
        problem = str(error.problem or error.context)
        advice = next((advice for pattern, advice in _ADVICE if pattern.search(problem)), "")
        raise InvalidSetting(place, f"not valid YAML: {problem}" + (f"; {advice}" if advice else "")) from None
    except RecursionError:
        raise InvalidSetting(path, "not valid YAML: nested too deeply") from None
    except (yaml.YAMLError, *_ODD_VALUES) as error:
        # PyYAML lets its own mistakes out where a tag does not fit its value (`!!bool x`).
        detail = str(error).partition("\n")[0]
        raise InvalidSetting(path, f"not valid YAML: {detail or 'a value does not fit its tag'}") from None
