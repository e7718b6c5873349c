"""Does what is to be seen on the engine keep the promises? Each broken one is a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.engine.state_machine.site import FOLDER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.engine.state_machine.model import Container, Model
    from tests.engine.state_machine.site import Json, Site


def complaints_about(site: Site, model: Model) -> Iterator[str]:
    """Everything that is not as it must be; nothing if all is well."""
    expected = sorted([*model.asides, *([site.name] if model.container else [])])
    names = site.names()
    if names != expected:
        yield f"the containers are {names}, and should be {expected}"
    for name, aside in model.asides.items():
        yield from _about_aside(name, aside, site.look(name))
    now = site.look()
    if model.container is not None and now is not None:
        yield from _about_container(model, model.container, now)
        yield from _about_data(site, now)
        if model.tag_is_known and site.tagged() != now["Image"]:
            yield f"the tag names {site.tagged()}, and the container runs {now['Image']}"


def _about_aside(name: str, aside: Container, now: Json | None) -> Iterator[str]:
    if now is None or now["Id"] != aside.id:
        yield f"{name}, which its user has given another name, is not there any more"
    elif aside.runs and not now["State"]["Running"]:
        # The other way round is right: what we had stopped, recovery starts again.
        yield f"{name}, which its user has given another name, is {now['State']['Status']}"


def _about_container(model: Model, container: Container, now: Json) -> Iterator[str]:
    if now["Id"] != container.id:
        yield f"it is the container {now['Id'][:12]}, and should be {container.id[:12]}"
    if not container.version.is_image(now["Image"]):
        yield f"it runs {now['Image']}, and should run version {container.version}"
    if now["State"]["Running"] != container.runs:
        yield f"it is {now['State']['Status']}, and should {'' if container.runs else 'not '}run"
    if now["HostConfig"]["RestartPolicy"] != model.policy:
        yield f"its restart policy is {now['HostConfig']['RestartPolicy']}, and should be {model.policy}"


def _about_data(site: Site, now: Json) -> Iterator[str]:
    mounted = {mount["Destination"]: mount.get("Name") for mount in now["Mounts"]}
    if mounted.get(FOLDER) != site.volume:
        yield f"its volume is not mounted; there are {mounted}"
    elif now["State"]["Running"] and site.read_data() != site.data:
        yield f"its data is {site.read_data()!r}, and should be {site.data!r}"
