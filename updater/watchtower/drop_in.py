"""What counts of Watchtower's variables where ours could stand, and what is a person told of each?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from updater.errors import InvalidSetting
from updater.policy.declarations import BY_NAME
from updater.watchtower.reading import read
from updater.watchtower.row import PREFIX
from updater.watchtower.translation import translate

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from updater.watchtower.translation import Answer, Translation

_USER, _PASSWORD = "REPO_USER", "REPO_PASS"


@dataclass(frozen=True, slots=True)
class DropIn:
    """`values` are those of settings, by name; `all_containers` is the default of the setting `all`."""

    translation: Translation
    values: Mapping[str, Any]
    all_containers: bool
    is_watchtower: bool
    username: str = ""
    password: str = field(default="", repr=False)

    def with_login(self, login: Mapping[str, str]) -> dict[str, str]:
        """Our login, or Watchtower's where there is none.

        Other programs have such variables, too: they count beside others of Watchtower's, or where ours name the host.
        """
        has_own = "registry_username" in login or "registry_password" in login
        if has_own or not self.username or not self.password or not (self.is_watchtower or login):
            return dict(login)
        return {**login, "registry_username": self.username, "registry_password": self.password}

    def hints(self, said: Collection[str], in_file: Collection[str], login: Mapping[str, str]) -> Iterator[str]:
        """One line for each variable. `said` are the settings that ours or the command line give, by name."""
        for answer in self.translation.answers:
            if answer.given.source.startswith(PREFIX):
                yield _hint(answer, said)
        for name in self.translation.unknown:
            yield f"{name} is no variable of Watchtower's that is known here; it changes nothing."
        if self.with_login(login) != dict(login):
            yield (
                f"{_USER} and {_PASSWORD} are understood, but only for {login.get('registry', 'Docker Hub')}; their"
                " names here are UPDATER_REGISTRY_USERNAME and UPDATER_REGISTRY_PASSWORD, the host's UPDATER_REGISTRY."
            )
        if self.is_watchtower and "all" not in {*said, *in_file, *self.values}:
            yield self._about_all()

    def _about_all(self) -> str:
        if self.all_containers:
            return (
                "In Watchtower's place all containers are considered that do not say enable=false, as Watchtower"
                " does; UPDATER_ALL=false leaves those out that are not opted in."
            )
        return (
            f"{self.translation.restricted_by} makes Watchtower do less than can be said here, so containers have to be"
            " opted in: label them updater.enable=true, or set UPDATER_ALL=true."
        )


def read_drop_in(environment: Mapping[str, str]) -> DropIn:
    """Raises InvalidSetting, naming the variable."""
    everything = read(environment)
    translation = translate(everything)
    for answer in translation.answers:
        if answer.problem and answer.given.source.startswith(PREFIX):
            row = answer.given.row
            raise InvalidSetting(f"environment variable {answer.given.source}", answer.problem, row.good)
    values = {name: BY_NAME[name].parse(text) for name, text in translation.settings.items()}
    return DropIn(
        translation,
        values,
        all_containers=translation.all_containers is True,
        is_watchtower=everything.is_watchtower,
        username=environment.get(_USER, ""),
        password=environment.get(_PASSWORD, ""),
    )


def _hint(answer: Answer, said: Collection[str]) -> str:
    row, written = answer.given.row, answer.given.as_written
    if row.same:
        return f"{written} is understood: {answer.note}."
    if row.setting is None:
        return f"{answer.given.source} changes nothing here: {answer.note}."
    if answer.text is None:
        return f"{written} is understood, and changes nothing."
    setting = BY_NAME[row.setting]
    value = f", its value {answer.text!r}" if answer.text != answer.given.value.strip() else ""
    note = f" ({answer.note})" if answer.note else ""
    counts = f"; {setting.variable}, {setting.flag} is given, too, and counts" if row.setting in said else ""
    return f"{written} is understood; its name here is {setting.variable}{value}{note}{counts}."
