"""Which networks does the new container join, when, and with which settings?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from updater.recreator.blueprint.host_fields import interface_sysctls
from updater.recreator.blueprint.identity import MAC_IN_ENDPOINT, is_derived_mac
from updater.recreator.blueprint.inputs import ApiVersion, Inputs, only

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from updater.recreator.blueprint.value import Json

    Settle = Callable[[Inputs, str, Json], dict[str, Any]]

# Below this, create takes a single endpoint.
ALL_AT_CREATE: ApiVersion = (1, 44)
# Engines in between put the host name among the aliases that inspect shows, and add it again by themselves.
_HOSTNAME_AMONG_ALIASES: tuple[ApiVersion, ApiVersion] = ((1, 41), (1, 45))
SYSCTLS_OPTION = "com.docker.network.endpoint.sysctls"


@dataclass(frozen=True, slots=True)
class Networks:
    """`at_create` goes into the body; `expected` is what inspect shows afterwards, or None if there are none."""

    at_create: Mapping[str, Json] = field(default_factory=dict)
    connects: tuple[tuple[str, Json], ...] = ()
    disconnects: tuple[str, ...] = ()
    expected: Mapping[str, Json] | None = None


def copied(name: str, _inputs: Inputs, _network: str, endpoint: Json) -> dict[str, Any]:
    """A field in which inspect shows what was asked for."""
    return only(**{name: endpoint.get(name) or None})


def aliases(inputs: Inputs, _network: str, endpoint: Json) -> dict[str, Any]:
    """Without those that the engine adds."""
    generated = {inputs.short_id}
    first, end = _HOSTNAME_AMONG_ALIASES
    if first <= inputs.api < end:
        generated.add(inputs.config.get("Hostname") or "")
    own = [alias for alias in endpoint.get("Aliases") or () if alias not in generated]
    return only(Aliases=own or None)


def mac_address(inputs: Inputs, network: str, endpoint: Json) -> dict[str, Any]:
    """For the first network Config says what the user chose; for others only the address in use is known."""
    if inputs.api < MAC_IN_ENDPOINT:
        return {}
    if network == inputs.first_network:
        return only(MacAddress=inputs.config.get("MacAddress") or None)
    mac = endpoint.get("MacAddress") or ""
    return {} if not mac or is_derived_mac(mac, endpoint.get("IPAddress") or "") else {"MacAddress": mac}


def driver_options(inputs: Inputs, network: str, endpoint: Json) -> dict[str, Any]:
    """As they were, and the sysctls that had to move."""
    options = endpoint.get("DriverOpts")
    moved = interface_sysctls(inputs) if network == inputs.first_network else {}
    if not moved:
        return only(DriverOpts=options or None)
    had = [options[SYSCTLS_OPTION]] if options and SYSCTLS_OPTION in options else []
    return {"DriverOpts": {**(options or {}), SYSCTLS_OPTION: ",".join([*had, *moved.values()])}}


def plan_networks(inputs: Inputs, settle: Callable[[Inputs, str, Json], dict[str, Any]]) -> Networks:
    """Distribute the networks over create, connect and disconnect; `settle` makes an endpoint's settings."""
    if inputs.in_other_network_namespace or inputs.network_mode == "host" or inputs.config.get("NetworkDisabled"):
        return Networks()
    joined = {name: settle(inputs, name, endpoint or {}) for name, endpoint in inputs.endpoints.items()}
    first = inputs.first_network
    if first == "none" and set(joined) <= {"none"}:
        return Networks()
    if not joined:
        # It has left them all; the engine will put the new one into the first again.
        return Networks(disconnects=(first,), expected={})
    if inputs.api >= ALL_AT_CREATE:
        return Networks(at_create=_unless_plain(joined, first), expected=joined)
    # It may have left the first network too: then any other takes its place in the body.
    place = first if first in joined else next(iter(joined))
    rest = tuple((name, endpoint) for name, endpoint in joined.items() if name != place)
    return Networks(_unless_plain({place: joined[place]}, first), rest, (), joined)


def _unless_plain(endpoints: Mapping[str, Json], first: str) -> Mapping[str, Json]:
    """Nothing to send where there is only the first network, without settings: that is what the engine does."""
    return {} if endpoints == {first: {}} else endpoints
