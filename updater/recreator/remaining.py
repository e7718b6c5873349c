"""Which steps are still to be done? Told from the two containers alone, whichever step was the last to be taken.

Both recovery and an update whose engine went away half-way go on from here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from updater.recreator.names import parse_working_name
from updater.recreator.steps import STEPS

if TYPE_CHECKING:
    from updater.recreator.engine import Json
    from updater.recreator.recreation import Recreation
    from updater.recreator.steps import Step


def missing_steps(recreation: Recreation, new: Json, old: Json) -> list[Step]:
    """The steps from `stop` on that these two inspections do not show as done; the new container is complete."""
    done = {
        "stop": not old["State"].get("Running"),
        "park": parse_working_name(old["Name"].lstrip("/")) is not None,
        "defuse": _policy_name(old) == "no" or not recreation.restarts_after_exit,
        "promote": new["Name"] == f"/{recreation.name}",
        "start": bool(new["State"].get("Running")),
    }
    later = STEPS[[step.name for step in STEPS].index("stop") :]
    return [step for step in later if not done.get(step.name, False)]


def _policy_name(container: Json) -> str:
    return (container["HostConfig"].get("RestartPolicy") or {}).get("Name") or "no"
