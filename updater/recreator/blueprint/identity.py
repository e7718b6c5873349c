"""Under which host name and hardware address was the container known, and which of them did the user choose?"""

from __future__ import annotations

from typing import Any

from updater.recreator.blueprint.inputs import ApiVersion, Inputs, only

# From here on the MAC address belongs to an endpoint; in Config it is refused or moved.
MAC_IN_ENDPOINT: ApiVersion = (1, 44)


def host_name(inputs: Inputs) -> dict[str, Any]:
    """Generated names follow the container; the engine refuses any name where the namespace is another's."""
    if inputs.in_other_network_namespace:
        return {}
    domain = only(Domainname=inputs.config.get("Domainname") or None)
    name = inputs.config.get("Hostname")
    generated = {inputs.short_id}
    if inputs.network_mode == "host" and inputs.daemon_hostname:
        generated.add(inputs.daemon_hostname)
    if not name or name in generated or inputs.host.get("UTSMode") == "host":
        return domain
    return {"Hostname": name, **domain}


def mac_in_config(inputs: Inputs) -> dict[str, Any]:
    """Config shows only an address that the user chose."""
    if inputs.api >= MAC_IN_ENDPOINT or inputs.in_other_network_namespace:
        return {}
    return only(MacAddress=inputs.config.get("MacAddress") or None)


def is_derived_mac(mac: str, ipv4: str) -> bool:
    """Whether this is the address that engines up to 26 derive from the IPv4 address."""
    octets = ipv4.split(".")
    return len(octets) == 4 and mac.lower() == "02:42:" + ":".join(f"{int(octet):02x}" for octet in octets)
