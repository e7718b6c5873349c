"""Which fields need more than copying, what is done with them, and why?

Everything else of Config and HostConfig is copied as it stands, also fields newer than this table; of an endpoint
only what stands here is taken, since inspect mixes what was asked for with what came of it.
A row answers for all its fields: one that its answer leaves out is left to the image or the engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from updater.recreator.blueprint import endpoints, host_fields, identity, image_defaults, volumes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from updater.recreator.blueprint.inputs import Inputs
    from updater.recreator.blueprint.value import Json

_FOLLOW = "A value equal to the old image's is the image's: left out, so that it follows the new one"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row for Config or HostConfig."""

    fields: tuple[str, ...]
    answer: Callable[[Inputs], dict[str, Any]]
    why: str


@dataclass(frozen=True, slots=True)
class EndpointRule:
    """One row for the settings of a network endpoint; the name given to `answer` is the network's."""

    field: str
    answer: Callable[[Inputs, str, Json], dict[str, Any]]
    why: str


CONFIG_RULES = (
    Rule(("Image",), image_defaults.reference, "the user's reference, not the id that inspect may show"),
    Rule(("Env",), image_defaults.environment, f"{_FOLLOW}; entry by entry, byte for byte"),
    Rule(
        ("Labels",),
        image_defaults.labels,
        f"{_FOLLOW}; an orchestrator's stay, those of earlier updates of ours go, compose's image id is the new one",
    ),
    Rule(
        ("Entrypoint", "Cmd"),
        image_defaults.command,
        f"{_FOLLOW}; as one unit, since a Cmd is written for an Entrypoint",
    ),
    Rule(("Healthcheck",), image_defaults.healthcheck, f"{_FOLLOW}; field by field (StartInterval from API 1.44)"),
    *(
        Rule((field,), partial(image_defaults.single, field), _FOLLOW)
        for field in ("User", "WorkingDir", "StopSignal", "Shell")
    ),
    Rule(("OnBuild", "ArgsEscaped"), host_fields.nothing, "for builds and Windows images; never the user's"),
    Rule(
        ("ExposedPorts",),
        image_defaults.exposed_ports,
        f"{_FOLLOW}; a published port is the user's; refused in the network of another container",
    ),
    Rule(("Volumes",), image_defaults.declared_volumes, f"{_FOLLOW}; the data is mounted by name, see Mounts"),
    Rule(
        ("Hostname", "Domainname"),
        identity.host_name,
        "a generated name (the short id; the daemon's own in its network) is not frozen; "
        "refused in the network of another container and in the host's UTS namespace",
    ),
    Rule(("MacAddress",), identity.mac_in_config, "from API 1.44 in the endpoint of the first network"),
)

HOST_RULES = (
    Rule(
        ("NetworkMode", "PidMode", "IpcMode"),
        host_fields.namespaces,
        "`container:ID` goes to the container that replaced it",
    ),
    Rule(("Links",), host_fields.legacy_links, "inspect shows the container's own name in them, which changes"),
    Rule(("VolumesFrom",), volumes.volume_sources, "without a source that is gone: its mounts are made explicit"),
    Rule(
        ("Binds", "Mounts"),
        volumes.mounts,
        "a volume without a name is mounted by the one it got, or its data would be gone; "
        "options of another type of mount are refused by newer engines",
    ),
    Rule(
        ("Sysctls",),
        host_fields.sysctls,
        "from API 1.48 those of an interface (net.*.eth0.*) are an option of its endpoint",
    ),
    Rule(("MaskedPaths",), host_fields.masked_paths, "the engine's own list is not frozen, so that a newer one holds"),
    Rule(
        ("ReadonlyPaths",), host_fields.readonly_paths, "the engine's own list is not frozen, so that a newer one holds"
    ),
    Rule(
        ("KernelMemory",),
        partial(host_fields.until, host_fields.KERNEL_MEMORY_GONE, "KernelMemory"),
        "gone from API 1.42",
    ),
    Rule(
        ("KernelMemoryTCP",),
        partial(host_fields.until, host_fields.KERNEL_MEMORY_TCP_GONE, "KernelMemoryTCP"),
        "gone from API 1.52",
    ),
    Rule(("Capabilities",), host_fields.nothing, "was shown by API 1.40 and never released; CapAdd and CapDrop count"),
)

ENDPOINT_RULES = (
    EndpointRule("IPAMConfig", partial(endpoints.copied, "IPAMConfig"), "the fixed addresses that were asked for"),
    EndpointRule("Links", partial(endpoints.copied, "Links"), "names within this network"),
    EndpointRule("GwPriority", partial(endpoints.copied, "GwPriority"), "from API 1.48"),
    EndpointRule("DriverOpts", endpoints.driver_options, "from API 1.48 with the interface's sysctls"),
    EndpointRule(
        "Aliases",
        endpoints.aliases,
        "the short id (and from API 1.41 up to 1.44 the host name) is added by the engine itself",
    ),
    EndpointRule(
        "MacAddress",
        endpoints.mac_address,
        "from API 1.44: the user's, not one derived from the address (engines up to 26); on a further network of a "
        "newer engine a random one cannot be told from the user's, and stays",
    ),
)


def apply_rules(rules: Iterable[Rule], copied: Json, inputs: Inputs) -> dict[str, Any]:
    """The old values, with the fields of each row replaced by the row's answer."""
    result = dict(copied)
    for rule in rules:
        result = {**host_fields.without(result, rule.fields), **rule.answer(inputs)}
    return result


def settle_endpoint(inputs: Inputs, network: str, endpoint: Json) -> dict[str, Any]:
    """What is asked for in one network."""
    settings: dict[str, Any] = {}
    for rule in ENDPOINT_RULES:
        settings.update(rule.answer(inputs, network, endpoint))
    return settings
