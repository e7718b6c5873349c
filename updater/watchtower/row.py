"""What is one row of the table of Watchtower's variables and flags?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from updater.watchtower.values import as_it_is

if TYPE_CHECKING:
    from collections.abc import Callable

    from updater.watchtower.values import Carried

    Carry = Callable[[str], Carried]
    Test = Callable[[str], bool]

PREFIX = "WATCHTOWER_"
# Ours, and none of Watchtower's: whose image stands in the place of its own.
DROP_IN = PREFIX + "DROP_IN"


@dataclass(frozen=True, slots=True)
class Row:
    """A variable, a flag, or both, and what becomes of them.

    `setting` is the one of ours that it sets, `carry` how the value is written there (raises ValueError), `good` what
    it would have taken. Without a setting, `remark` says why nothing becomes of it, or what is so anyway; it has no
    full stop. `same`: the variable is read here under the same name. `secret`: the value is never shown. `restricts`:
    with such a value Watchtower updates less than would be updated here.
    """

    variable: str | None
    flag: str | None
    remark: str = ""
    setting: str | None = None
    carry: Carry = as_it_is
    good: str = ""
    short: str = ""
    is_switch: bool = False
    same: bool = False
    secret: bool = False
    restricts: Test | None = None


def flag_of(variable: str) -> str:
    """`--http-api-port` for WATCHTOWER_HTTP_API_PORT, as most are called."""
    return "--" + variable.removeprefix(PREFIX).lower().replace("_", "-")
