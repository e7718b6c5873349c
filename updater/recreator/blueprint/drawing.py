"""How is the new container to be made, so that it is what the same options on the new image would have given?

A pure function of two images and the old container's inspect. Below: Config without what the old image gave,
HostConfig, and the settings of each endpoint that were asked for, all by the rows of `table`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from updater.recreator.blueprint.endpoints import plan_networks
from updater.recreator.blueprint.inputs import Inputs, parse_api_version
from updater.recreator.blueprint.merge import INHERITED, merge
from updater.recreator.blueprint.notes import write_notes
from updater.recreator.blueprint.table import CONFIG_RULES, HOST_RULES, apply_rules, settle_endpoint
from updater.recreator.blueprint.value import Blueprint, Expectation
from updater.recreator.blueprint.volumes import expected_mounts, lent_places

if TYPE_CHECKING:
    from collections.abc import Mapping

    from updater.recreator.blueprint.value import Json

# Fields that no engine takes from an image, although an image's Config may show them.
_NEVER_INHERITED = frozenset(
    {
        "AttachStderr",
        "AttachStdin",
        "AttachStdout",
        "NetworkDisabled",
        "OpenStdin",
        "StdinOnce",
        "StopTimeout",
        "Tty",
    }
)


def draw(
    old: Json,
    old_image: Json | None,
    new_image: Json,
    *,
    reference: str,
    api_version: str,
    daemon_hostname: str | None = None,
    platform: str | None = None,
    operation_labels: Mapping[str, str] | None = None,
    successors: Mapping[str, str] | None = None,
    volume_sources: Mapping[str, Json] | None = None,
) -> Blueprint:
    """The blueprint of the container that takes the place of `old`.

    `old` is its inspect, `old_image` that of the image it runs (by id; None if that is gone), `new_image` that of
    the image to run. From API 1.52 on Config hides the MAC address: put in the one that an inspect at 1.51 shows.
    `platform` is given if it is not the host's own. `successors` says which container replaced which: its id by the
    id of the old one, and its name at this moment by `/` and the name of the old one (for links).
    `volume_sources` has the inspects of those containers in VolumesFrom that are still
    there; without it nobody looked, and none counts as gone.
    Raises ValueError for a container that removes itself when it stops: that one cannot be replaced.
    """
    if (old["HostConfig"] or {}).get("AutoRemove"):
        raise ValueError("a container made with --rm is gone once it stops, so it cannot be replaced")
    inputs = Inputs(
        old=old,
        old_image=old_image,
        new_image=new_image,
        reference=reference,
        api=parse_api_version(api_version),
        daemon_hostname=daemon_hostname,
        operation_labels=operation_labels or {},
        successors=successors or {},
        volume_sources=volume_sources,
    )
    config = apply_rules(CONFIG_RULES, _own_config(inputs), inputs)
    host = apply_rules(HOST_RULES, inputs.host, inputs)
    networks = plan_networks(inputs, settle_endpoint)
    expected = merge(config, inputs.new_defaults)
    return Blueprint(
        body={**config, "HostConfig": host, "NetworkingConfig": {"EndpointsConfig": dict(networks.at_create)}},
        platform=platform,
        connects=networks.connects,
        disconnects=networks.disconnects,
        notes=write_notes(inputs, config, host, expected),
        expected=Expectation(
            expected, networks.expected, expected_mounts(inputs), lent_places(inputs), dict(inputs.successors)
        ),
    )


def _own_config(inputs: Inputs) -> dict[str, Any]:
    """Config less what a newer engine took from the old image by a field that no row knows."""
    defaults = inputs.old_defaults
    return {
        field: value
        for field, value in inputs.config.items()
        if field in _NEVER_INHERITED or field in INHERITED or not value or defaults.get(field) != value
    }
