"""Who replaces the container that this program runs in? Whoever stops it would end with it.

A helper: one more container from the image that runs, which is known to work, with the same command, user, mounts,
environment and limits. `updater watch` sees by its own container's label that it is one; it goes on with the update as
recovery does, and removes that container at the end (`handing_over.py`). The engine brings it back if it is killed.
"""

from __future__ import annotations

import random
from functools import partial
from ipaddress import ip_interface
from typing import TYPE_CHECKING, Any

from updater.errors import EngineConflict, EngineError, EngineNotFound, EngineRefused
from updater.model.container import OF_CONTAINER, STATES_UP
from updater.model.outcome import ImageAt
from updater.model.plan import Plan
from updater.model.reason import ReasonCode
from updater.model.terms import Enabled, Terms
from updater.recreator.drafting import draft
from updater.recreator.names import LABEL_HELPER_OF, name_helper
from updater.recreator.patience import patiently
from updater.recreator.recreation import failed
from updater.recreator.unfinished import Standing, group_of, helper_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from updater.model.container import ContainerSnapshot
    from updater.recreator.engine import Engine, Json
    from updater.recreator.recreation import Recreation, Surroundings
    from updater.recreator.unfinished import Unfinished

# It publishes nothing, is nobody's service and is not probed.
_NO_PORTS: Json = {"PortBindings": {}, "PublishAllPorts": False}
_ALWAYS = {"Name": "always"}
# By a link it may know the engine's address: two containers may have the same.
_OF_ENDPOINT = ("DriverOpts", "GwPriority", "Links")
_WITHOUT_NAMES = frozenset({"default", "bridge", "host", "none", ""})


def make_helper(recreation: Recreation) -> None:
    """Make one; it is not started."""
    if recreation.old_image is None:
        raise failed(ReasonCode.CREATE_FAILED, "The image that the updater runs is gone, so nobody can replace it.")
    recreation.helper_id = _make(recreation.engine, recreation.old, recreation.old_image, recreation.name)


def hand_over(recreation: Recreation) -> None:
    """Start it. Whether or not that is heard of: from here on, nobody else goes on with this."""
    helper_id = recreation.helper_id
    assert helper_id is not None
    try:
        patiently(lambda: recreation.engine.start(helper_id))
    except (EngineRefused, EngineConflict, EngineNotFound) as error:
        raise failed(ReasonCode.START_FAILED, f"The helper that would replace it did not start: {error}.") from error
    except EngineError as error:
        if not error.temporary:
            raise
        # The daemon starts it as soon as the engine is back.


def remove_helper(recreation: Recreation, *, busy: bool) -> None:
    """It never ran, or was refused. `busy`: one that we did not make is another updater's."""
    helper_id = recreation.helper_id
    if helper_id is None and recreation.is_itself and recreation.old and not busy:
        name = name_helper(recreation.name, recreation.old["Id"])
        found = patiently(lambda: recreation.engine.find_container(name))
        labels = ((found or {}).get("Config") or {}).get("Labels") or {}
        helper_id = found["Id"] if found and labels.get(LABEL_HELPER_OF) == recreation.old["Id"] else None
    if helper_id is None:
        return
    try:
        remove(recreation.engine, helper_id)
    except EngineError as error:
        if error.temporary:
            raise
        recreation.notes.append(f"The helper could not be removed ({error}); remove {helper_id[:12]} by hand.")


def remove(engine: Engine, helper_id: str) -> None:
    """With whatever anonymous volumes it may have brought along itself."""
    try:
        patiently(lambda: engine.remove(helper_id, volumes=True, force=True))
    except EngineNotFound:
        return
    except EngineConflict:
        engine.wait_until_gone(helper_id)  # its removal is under way


def left_to_helper(
    group: Sequence[Unfinished], containers: Iterable[ContainerSnapshot], surroundings: Surroundings
) -> bool:
    """Whether a helper goes on with these; if it does not run, it is started, and made if it has to be."""
    head, engine, own_id = group_of(group[0]), surroundings.engine, surroundings.owner.container
    ours = any(own_id == container.id for update in group for container in update.containers)
    if ours and all(update.standing is Standing.UNREADY for update in group):
        return False  # nothing was done to us yet
    helper = next((container for container in containers if helper_of(container) == head), None)
    if helper is not None:
        if helper.state not in STATES_UP:
            patiently(partial(engine.start, helper.id))
        return True
    if not ours or own_id is None:
        return False
    own = patiently(partial(engine.inspect_container, own_id))
    image = engine.image_by_id(own["Image"])
    if image is None:
        raise failed(ReasonCode.CREATE_FAILED, "The image that the updater runs is gone, so nobody can replace it.")
    helper_id = _make(engine, own, image, group[0].name, head)
    patiently(partial(engine.start, helper_id))
    return True


def _make(engine: Engine, own: Json, image: Json, name: str, head: str | None = None) -> str:
    """`head` is the id of the container that is being replaced, if `own` is not the old but the new one."""
    of = head or str(own["Id"])
    blueprint = draft(_plan(own), engine, own, image, image, {})
    body = _body(blueprint.body, own, name, of, needs_network=not engine.is_local)
    helper = name_helper(name, of)
    try:
        helper_id = engine.create(body, helper, blueprint.platform)
        if engine.is_local:
            return helper_id
        for network in blueprint.disconnects:
            engine.disconnect_network(helper_id, network)
        for network, endpoint in blueprint.connects:
            engine.connect_network(helper_id, network, _endpoint(network, endpoint, own, name))
    except (EngineRefused, EngineConflict, EngineNotFound) as error:
        raise failed(ReasonCode.CREATE_FAILED, f"The helper that would replace it cannot be made: {error}.") from error
    return helper_id


def _plan(own: Json) -> Plan:
    name, image_id = own["Name"].lstrip("/"), own["Image"]
    return Plan(name, own["Id"], image_id, None, ImageAt(image_id, None), None, Terms(Enabled.NO), image_id=image_id)


def _body(body: Mapping[str, Any], own: Json, name: str, of: str, *, needs_network: bool) -> dict[str, Any]:
    """The updater's own configuration without what can be there only once, and a network only to reach the engine."""
    host = {**body["HostConfig"], **_NO_PORTS, "RestartPolicy": _ALWAYS, "AutoRemove": False}
    config = {key: value for key, value in body.items() if key not in ("ExposedPorts", "MacAddress", "Hostname")}
    endpoints = body["NetworkingConfig"]["EndpointsConfig"] or {str(host.get("NetworkMode") or ""): {}}
    kept = {network: _endpoint(network, endpoint, own, name) for network, endpoint in endpoints.items()}
    if not needs_network:
        host["NetworkMode"], host["Links"], kept = "none", None, {}
    return {
        **config,
        "Labels": {LABEL_HELPER_OF: of},
        "Healthcheck": {"Test": ["NONE"]},
        "HostConfig": host,
        "NetworkingConfig": {"EndpointsConfig": {network: endpoint for network, endpoint in kept.items() if endpoint}},
    }


def _endpoint(network: str, endpoint: Mapping[str, Any], own: Json, name: str) -> dict[str, Any]:
    """Under the updater's names: a proxy in front of the engine may let nobody else in.

    Where the updater has a fixed address, the helper gets one too. Given one by the engine, it might get the updater's,
    which is free while that is stopped.
    """
    in_use = ((own.get("NetworkSettings") or {}).get("Networks") or {}).get(network) or {}
    kept = {key: endpoint[key] for key in _OF_ENDPOINT if endpoint.get(key)}
    if network not in _WITHOUT_NAMES and not network.startswith(OF_CONTAINER):
        kept["Aliases"] = sorted({*(endpoint.get("Aliases") or ()), name})
    fixed = endpoint.get("IPAMConfig") or {}
    addresses = {}
    if fixed.get("IPv4Address"):
        addresses["IPv4Address"] = _another(in_use.get("IPAddress"), in_use.get("IPPrefixLen"))
    if fixed.get("IPv6Address"):
        addresses["IPv6Address"] = _another(in_use.get("GlobalIPv6Address"), in_use.get("GlobalIPv6PrefixLen"))
    apart = {key: value for key, value in addresses.items() if value}
    return {**kept, **({"IPAMConfig": apart} if apart else {})}


def _another(address: str | None, prefix: int | None) -> str | None:
    """From the upper half of the subnet, since the engine gives the lower ones away first.

    Should somebody have it already, the helper does not start, nothing has happened, and the next cycle takes another.
    """
    if not address or not prefix:
        return None
    subnet = ip_interface(f"{address}/{prefix}").network
    size = min(subnet.num_addresses, 1 << 16)
    own = int(ip_interface(address).ip) - int(subnet.network_address)
    places = [place for place in range(size // 2, size - 1) if place != own]
    return str(subnet.network_address + random.choice(places)) if places else None  # noqa: S311 - no secret
