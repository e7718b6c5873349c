"""Does a registry answer, what does it ask for, and does it know us?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from updater.registry.pacing import Quota


@dataclass(frozen=True, slots=True)
class Greeting:
    """What the root of its API shows (OCI distribution spec, end-1).

    `scheme` is how it wants to be asked (`basic`, `bearer`), None where anybody may ask. `username` is the one whose
    credentials it took, empty where they are a token. `trouble` says why there are no credentials where there should
    be some. `quota` is what it last said of its limit.
    """

    origin: str
    scheme: str | None
    has_credentials: bool
    username: str = ""
    trouble: str = ""
    quota: Quota | None = None
