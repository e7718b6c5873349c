"""What do the tests of decisions share? A container whose image has moved on, and what `check` and `run` say of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from rig import ImageSpec
from tests.engine.contract import checked, codes, ran

if TYPE_CHECKING:
    from rig.host import Host

ON = {"updater.enable": "true"}
QUICK = ("--grace-period", "1s")


def outdated(host: Host, short: str = "web", image: str = "web:latest", **labels: str) -> None:
    """A container that is opted in, and whose tag has moved on."""
    host.push(image, ImageSpec(marker="1"))
    host.run_container(short, image, labels=ON | labels)
    host.push(image, ImageSpec(marker="2"))


def answer(host: Host, short: str = "web", *arguments: str, **how: Any) -> tuple[str, str, str | None]:
    """Decision, first reason's code, and until when, as `check` says."""
    container = checked(host.updater("check", "-o", "json", *arguments, **how).json)[host.name(short)]
    return container["decision"], codes(container)[0], container["reasons"][0]["until"]


def outcome(host: Host, *arguments: str, short: str = "web", **how: Any) -> tuple[str, str]:
    """Outcome and reason's code, as `run` says."""
    result = ran(host.updater("run", "-o", "json", *QUICK, *arguments, **how).json)[host.name(short)]
    return result["outcome"], result["reason"]["code"]


def hours(start: int, end: int) -> str:
    """A window by UTC's clock, so many hours from now."""
    now = datetime.now(UTC)
    return "-".join(f"{(now + timedelta(hours=hour)):%H}:00" for hour in (start, end))
