"""Is the old container still what was planned for, or has its user, or another updater, acted meanwhile?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from updater.model.container import STATES_UP
from updater.model.reason import ReasonCode
from updater.recreator.each_other import give_way
from updater.recreator.names import (
    LABEL_OLD_ID,
    name_back,
    name_bad,
    name_go,
)
from updater.recreator.persons_hand import networks_of
from updater.recreator.recreation import failed
from updater.recreator.verify import ContainerStopped

if TYPE_CHECKING:
    from updater.recreator.engine import Json
    from updater.recreator.recreation import Recreation

_LEFT_SO = "It ended, or somebody stopped, started or renamed it meanwhile; it is left so."


def inspect(recreation: Recreation) -> None:
    """Read the container and the image it runs; and may we do all that is to be done?"""
    recreation.engine.require_rights()
    plan = recreation.plan
    old = recreation.engine.find_container(plan.container_id)
    if old is None or old["Name"] != f"/{plan.name}":
        _check_other_updaters(recreation)
    if old is None:
        raise failed(ReasonCode.CONTAINER_GONE, "Somebody removed it meanwhile; nothing was done.")
    if old["Name"].lstrip("/") != plan.name or old["Image"] != plan.source.image_id:
        raise failed(ReasonCode.USER_CHANGED, "Somebody renamed or recreated it meanwhile; nothing was done.")
    if old["HostConfig"].get("AutoRemove"):
        raise failed(ReasonCode.AUTO_REMOVE, "It was started with --rm, so it would vanish when it is stopped.")
    wanted_stopped = plan.terms.include_stopped or plan.terms.is_job or plan.companion_of is not None
    if old["State"]["Status"] not in STATES_UP and not wanted_stopped:
        raise failed(ReasonCode.USER_CHANGED, "It ended, or somebody stopped it, before its turn came; it is left so.")
    recreation.old = old
    recreation.old_image = recreation.engine.image_by_id(old["Image"])


def confirm(recreation: Recreation) -> None:
    """The user may have acted while the image was being pulled; then the user wins."""
    give_way(recreation)
    now = recreation.engine.find_container(recreation.old["Id"])
    if now is None or now["Name"] != recreation.old["Name"]:
        _check_other_updaters(recreation)
    if now is None:
        raise failed(ReasonCode.CONTAINER_GONE, "Somebody removed it meanwhile; nothing was done.")
    _require_unchanged(recreation, now)
    _check_names(recreation)


def confirm_once_more(recreation: Recreation) -> None:
    """Just before the stop: others of its group may have taken their time to stop."""
    now = recreation.engine.find_container(recreation.old["Id"])
    if now is None:
        raise failed(ReasonCode.CONTAINER_GONE, "Somebody removed it meanwhile; nothing was done.")
    _require_unchanged(recreation, now)


def _require_unchanged(recreation: Recreation, now: Json) -> None:
    if recreation.old_ran and not now["State"].get("Running"):
        raise ContainerStopped(_LEFT_SO)
    if recreation.old_ran:
        same_state = _settled(now["State"]["Status"]) == _settled(recreation.old_state)
    else:
        same_state = not now["State"].get("Running")
    if now["Name"] != recreation.old["Name"] or not same_state:
        raise failed(ReasonCode.USER_CHANGED, _LEFT_SO)
    changed = [part for part in ("Config", "HostConfig") if now[part] != recreation.old[part]]
    if changed or networks_of(now) != networks_of(recreation.old):
        raise failed(
            ReasonCode.USER_CHANGED,
            "Somebody changed its configuration or networks meanwhile; nothing was done, the next run takes it up.",
        )


def _settled(state: str) -> str:
    """One that crashes over and over is running and restarting in turn."""
    return "running" if state == "restarting" else state


def _check_other_updaters(recreation: Recreation) -> None:
    """Another updater may have been faster; that is no act of a person."""
    there = recreation.engine.find_container(recreation.name)
    labels = ((there or {}).get("Config") or {}).get("Labels") or {}
    if labels.get(LABEL_OLD_ID) == recreation.plan.container_id:
        raise failed(ReasonCode.BUSY, "Another updater has been working on it meanwhile.")


def _check_names(recreation: Recreation) -> None:
    """Found taken only half-way, a name that the update needs would cost an outage."""
    name, old_id = recreation.name, recreation.old["Id"]
    parked = recreation.parked_name
    if name_go(name, old_id) in (taken := recreation.engine.names_beginning(f"{name}.")):
        raise failed(ReasonCode.BUSY, "Another update of this container is under way, or was cut short.")
    for needed in (parked, name_back(parked), name_bad(name, old_id)):
        if needed in taken:
            raise failed(
                ReasonCode.NAME_CONFLICT,
                f"The update needs the name {needed}, which another container has; rename that.",
            )
