"""What do Watchtower's labels on one container become?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from updater.model.control_labels import WATCHTOWER_PREFIX
from updater.model.values import LONGEST_LIMIT, parse_boolean, parse_limit, parse_shell_line
from updater.policy.declarations import PER_CONTAINER, WATCHTOWER_LABELS
from updater.policy.watchtower_labels import IGNORED, ITSELF, LEFT_ALONE, NO_PULL
from updater.watchtower.reading import SECRET
from updater.watchtower.values import written

if TYPE_CHECKING:
    from updater.model.container import ContainerSnapshot
    from updater.policy.declarations import Setting

_MONITOR_ONLY = str(PER_CONTAINER["monitor_only"].label)


@dataclass(frozen=True, slots=True)
class LabelAnswer:
    """`becomes` is a label of ours, None where nothing does. Lines of hooks are never shown: `…` stands for them."""

    label: str
    value: str
    becomes: str | None = None
    text: str | None = None
    note: str = ""


def label_answers(container: ContainerSnapshot) -> tuple[LabelAnswer, ...]:
    """One for each label of Watchtower's on the container, but for the one by which it knows itself."""
    return tuple(_answer(key, container) for key in sorted(container.labels) if key.startswith(WATCHTOWER_PREFIX))


def marks_watchtower(container: ContainerSnapshot) -> bool:
    """Whether it bears Watchtower's label for itself, which its image brings along."""
    return container.labels.get(ITSELF, "").strip().lower() == "true"


def _answer(key: str, container: ContainerSnapshot) -> LabelAnswer:
    text = container.labels[key]
    shown = SECRET if "lifecycle." in key and not key.endswith("-timeout") else text
    if key not in container.user_labels:
        whose = (
            "it is the image's own, which does not count; set it on the container if you want it"
            if container.image is not None
            else "the image is gone, so nobody can tell whether it is yours; it does not count"
        )
        return LabelAnswer(key, shown, note=whose)
    answer = _of_the_user(key, text, shown)
    if answer.becomes is not None and answer.becomes in container.user_labels:
        return LabelAnswer(key, shown, note=f"{answer.becomes} is set already, and wins")
    return answer


def _of_the_user(key: str, text: str, shown: str) -> LabelAnswer:
    try:
        if key == NO_PULL:
            if parse_boolean(text):
                return LabelAnswer(key, shown, _MONITOR_ONLY, "true", "without a pull there is no update")
            return LabelAnswer(key, shown, note="an image is always pulled for an update")
        if key in WATCHTOWER_LABELS:
            setting = WATCHTOWER_LABELS[key]
            return LabelAnswer(key, shown, setting.label, _carried(setting, text), _note(setting, text))
    except ValueError as error:
        return LabelAnswer(key, shown, note=f"{error}; as it stands, the container is left alone")
    if key in LEFT_ALONE:
        return LabelAnswer(key, shown, note=f"the container is left alone: {LEFT_ALONE[key]}")
    unknown = "it is not known here, and the container is left alone for it; take it away"
    return LabelAnswer(key, shown, note=IGNORED.get(key, unknown))


def _note(setting: Setting, text: str) -> str:
    """What is different here."""
    if setting.parse is parse_limit and not 0 < float(text) * 60 <= LONGEST_LIMIT:
        return "a day is the longest here, and nothing runs without a limit"
    return ""


def _carried(setting: Setting, text: str) -> str:
    """How one writes it here."""
    value = (setting.parse_watchtower or setting.parse)(text)
    if setting.parse is parse_shell_line:
        return SECRET
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return written(int(value))
    return text.strip()
