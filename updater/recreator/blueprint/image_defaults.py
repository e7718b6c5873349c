"""Which values of Config are the user's, and which came from the old image?

Equal to the old image's default means: the image's, so it is left out and the engine fills in the new default.
"""

from __future__ import annotations

from typing import Any

from updater.model.control_labels import OPERATION_PREFIX, set_by_user
from updater.recreator.blueprint.inputs import Inputs, only

COMPOSE_IMAGE_LABEL = "com.docker.compose.image"
# An image built by compose carries some of these too; without them compose takes the container for a stranger.
ORCHESTRATION_PREFIXES = ("com.docker.compose.", "com.docker.swarm.", "com.docker.stack.")


def reference(inputs: Inputs) -> dict[str, Any]:
    """As the user wrote it: compose and other tools read it."""
    return {"Image": inputs.reference}


def single(field: str, inputs: Inputs) -> dict[str, Any]:
    """A field that is the user's as a whole, or not at all."""
    value = inputs.config.get(field)
    return {} if not value or value == inputs.old_defaults.get(field) else {field: value}


def environment(inputs: Inputs) -> dict[str, Any]:
    """`KEY` without `=` takes a variable of the image away, `KEY=` empties it: both are the user's."""
    defaults = set(inputs.old_defaults.get("Env") or ())
    return {"Env": [entry for entry in inputs.config.get("Env") or () if entry not in defaults]}


def labels(inputs: Inputs) -> dict[str, Any]:
    """The user's and the orchestrator's, without those of our earlier updates."""
    have = inputs.config.get("Labels") or {}
    yours = set_by_user(have, inputs.old_defaults.get("Labels") or {})
    kept = {
        key: value
        for key, value in have.items()
        if not key.startswith(OPERATION_PREFIX) and (key.startswith(ORCHESTRATION_PREFIXES) or key in yours)
    }
    if COMPOSE_IMAGE_LABEL in kept:
        kept[COMPOSE_IMAGE_LABEL] = _compose_image(kept[COMPOSE_IMAGE_LABEL], inputs)
    return {"Labels": {**kept, **inputs.operation_labels}}


def _compose_image(held: str, inputs: Inputs) -> str:
    """Compose compares this with the image it would use, and recreates the container if they differ.

    Compose 2 holds the image's id. Later ones hold the digest of the platform's manifest, so look at which it was.
    """
    new_id: str = inputs.new_image["Id"]
    descriptor = inputs.old.get("ImageManifestDescriptor") or {}
    if held == inputs.old.get("Image") or held != descriptor.get("digest"):
        return new_id
    available = [
        manifest["ID"]
        for manifest in inputs.new_image.get("Manifests") or ()
        if manifest.get("Kind") == "image" and manifest.get("Available")
    ]
    return available[0] if len(available) == 1 else new_id


def healthcheck(inputs: Inputs) -> dict[str, Any]:
    """Field by field, since the engine inherits each one that is 0 or missing; `["NONE"]` is a value like others."""
    have = inputs.config.get("Healthcheck") or {}
    default = inputs.old_defaults.get("Healthcheck") or {}
    own = {name: value for name, value in have.items() if value and value != default.get(name)}
    return only(Healthcheck=own or None)


def exposed_ports(inputs: Inputs) -> dict[str, Any]:
    """What the image did not expose, and what is published: a published port is the user's, whoever exposed it."""
    if inputs.in_other_network_namespace:
        return {}
    defaults = inputs.old_defaults.get("ExposedPorts") or {}
    published = inputs.host.get("PortBindings") or {}
    have = inputs.config.get("ExposedPorts") or {}
    own = {port: value for port, value in have.items() if port not in defaults or port in published}
    return only(ExposedPorts=own or None)


def declared_volumes(inputs: Inputs) -> dict[str, Any]:
    """Only the declarations; what they hold is attached again by name (see `volumes`)."""
    defaults = inputs.old_defaults.get("Volumes") or {}
    have = inputs.config.get("Volumes") or {}
    return only(Volumes={path: value for path, value in have.items() if path not in defaults} or None)


def command(inputs: Inputs) -> dict[str, Any]:
    """Entrypoint and Cmd as one unit: a Cmd means nothing without the Entrypoint it was written for.

    The engine takes the image's Cmd only if it got neither, and the image's Entrypoint if it got none (null);
    `[""]` means "none, and not the image's either".
    """
    entrypoint, arguments = inputs.config.get("Entrypoint"), inputs.config.get("Cmd") or None
    default_entrypoint = inputs.old_defaults.get("Entrypoint") or None
    default_arguments = inputs.old_defaults.get("Cmd") or None
    if entrypoint:
        if entrypoint != default_entrypoint:
            return only(Entrypoint=entrypoint, Cmd=arguments)
        if arguments == default_arguments:
            return {}
        # Without the entrypoint, an empty Cmd would bring the image's back.
        return only(Cmd=arguments) if arguments else {"Entrypoint": entrypoint}
    if inputs.old_image is None:
        return only(Entrypoint=[""], Cmd=arguments)
    if entrypoint is None and default_entrypoint is None:
        return {} if arguments == default_arguments else only(Cmd=arguments)
    if entrypoint is None:
        return only(Entrypoint=[""], Cmd=arguments)
    # An empty list, as compose sends it, clears the entrypoint and yet inherits the image's Cmd.
    return only(Entrypoint=[], Cmd=None if arguments == default_arguments else arguments)
