"""What must be true once an update was killed and one `updater recover` has run? Each broken promise is a sentence."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from docker.errors import ImageNotFound

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.engine.kill.execution import Ended
    from tests.engine.kill.stage import Before, Stage

_ANSWER_SECONDS = 3.0
# The engine writes these down for what runs, not for what the user asked for.
_OF_THE_NETWORK = ("IPAMConfig", "Links", "DriverOpts")


@dataclass(frozen=True)
class Expectation:
    """What depends on the moment."""

    may_update: bool
    untouched: bool = False
    """It died before it did anything to the old container: the same start, so no outage at all."""
    tag_may_lead: bool = False
    """It died between `tag` and `create`: nothing on the engine tells whose tag that is (documented)."""
    turned_down: bool | None = None
    """Whether the image must (or must not) be remembered as bad; None where it may be either."""
    may_restart: bool = False
    """The engine itself was killed: it starts containers again as it likes."""


def complaints_about(stage: Stage, before: Before, expected: Expectation) -> Iterator[str]:
    """Everything that is not as it must be; nothing if all is well."""
    names = sorted(_name(entry) for entry in stage.containers())
    if names != [stage.name]:
        yield f"the containers are {names}"
    if stage.name not in names:
        return
    now = stage.host.inspect(stage.name)
    yield from _about_identity(stage, before, now, expected)
    yield from _about_configuration(before.container, now)
    yield from _about_data(stage, before, now)
    yield from _about_tag(stage, before, now, expected)
    if stage.scenario.port is not None and now["State"]["Running"]:
        yield from _about_port(stage, before, now)


def complaints_about_command(ended: Ended) -> Iterator[str]:
    """A recovery says in JSON what it did, and has nothing to apologise for."""
    if ended.exit_code != 0 or ended.broke:
        yield f"recover ended with {ended}"
        return
    for outcome in ended.json["recovered"]:
        if outcome["outcome"] not in ("updated", "rolled-back"):
            yield f"recover reports {outcome['outcome']}: {outcome['reason']['message']}"
        if outcome["notes"]:
            yield f"recover notes {outcome['notes']}"


def complaints_about_memory(stage: Stage, before: Before, expected: Expectation) -> Iterator[str]:
    """A bad image that brought about an outage is remembered, and no other."""
    if expected.turned_down is None or stage.host.inspect(stage.name)["Id"] != before.id:
        return
    codes = stage.decision(before)
    remembered = "rejected-before" in codes
    if remembered != expected.turned_down:
        yield f"the image is {'' if remembered else 'not '}remembered as turned down: {codes}"


def complaints_about_second(ended: Ended, first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[str]:
    """A second recovery finds nothing to do, and does nothing."""
    if ended.exit_code != 0 or ended.json["recovered"]:
        yield f"a second recover ended with {ended}"
    if _life(first) != _life(second):
        yield f"a second recover changed {_life(first)} to {_life(second)}"


def _name(entry: Mapping[str, Any]) -> str:
    return ",".join(name.lstrip("/") for name in entry["Names"] or ["(being removed)"])


def _life(container: Mapping[str, Any]) -> tuple[Any, ...]:
    state = container["State"]
    return container["Id"], container["Name"], state["Status"], state["StartedAt"], container["RestartCount"]


def _about_identity(stage: Stage, before: Before, now: Mapping[str, Any], expected: Expectation) -> Iterator[str]:
    is_old = now["Id"] == before.id
    if not is_old and now["Image"] != stage.new_image:
        yield f"it is another container, on the image {now['Image']}"
    if not is_old and not expected.may_update:
        yield "the new container is there, though its image is bad"
    if not is_old and expected.untouched:
        yield "the new container is there, though the update had not come that far"
    allowed = {before.container["State"]["Status"]} if is_old or stage.scenario.state != "exited" else {"created"}
    if now["State"]["Status"] not in allowed:
        yield f"it is {now['State']['Status']} and was {before.container['State']['Status']}"
    started = now["State"]["StartedAt"], before.container["State"]["StartedAt"]
    if is_old and expected.untouched and not expected.may_restart and started[0] != started[1]:
        yield "the old container was restarted, though the update had not come that far"


def _about_configuration(old: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    before, after = dict(old["HostConfig"]), dict(now["HostConfig"])
    if before["RestartPolicy"] != after["RestartPolicy"]:
        yield f"its restart policy is {after['RestartPolicy']} and was {before['RestartPolicy']}"
    # Anonymous volumes are attached by name: the one difference an update makes.
    # An engine that boots writes down what is empty in another way.
    differing = {key for key in before if before[key] != after.get(key) and (before[key] or after.get(key))}
    apart = differing - {"RestartPolicy", "Binds", "Mounts"}
    if apart:
        yield f"its host configuration differs in {sorted(apart)}"
    if _networks(old) != _networks(now):
        yield f"its networks are {_networks(now)} and were {_networks(old)}"
    ports = old["NetworkSettings"]["Ports"], now["NetworkSettings"]["Ports"]
    if now["State"]["Running"] and ports[0] != ports[1]:
        yield f"its ports are {ports[1]} and were {ports[0]}"


def _networks(container: Mapping[str, Any]) -> dict[str, Any]:
    own = {container["Id"][:12], container["Config"]["Hostname"]}
    return {
        name: {
            **{key: endpoint.get(key) for key in _OF_THE_NETWORK},
            "Aliases": sorted(set(endpoint.get("Aliases") or ()) - own),
        }
        for name, endpoint in container["NetworkSettings"]["Networks"].items()
    }


def _mounts(container: Mapping[str, Any]) -> set[tuple[str, str, bool]]:
    return {(mount.get("Name", ""), mount["Destination"], mount["RW"]) for mount in container["Mounts"]}


def _about_data(stage: Stage, before: Before, now: Mapping[str, Any]) -> Iterator[str]:
    lost = _mounts(before.container) - _mounts(now)
    if lost:
        yield f"it has lost the volumes {sorted(lost)}"
    volumes = stage.volumes()
    if not before.volumes <= volumes:
        yield f"the volumes {sorted(before.volumes - volumes)} are gone"
    left = volumes - before.volumes - {name for name, _, _ in _mounts(now)}
    if left:
        yield f"the volumes {sorted(left)} were left over"
    if now["State"]["Status"] != "running":
        return
    for folder in before.data_folders:
        if stage.reads(now["Id"], folder) != before.data:
            yield f"the data in {folder} are not the same"


def _about_tag(stage: Stage, before: Before, now: Mapping[str, Any], expected: Expectation) -> Iterator[str]:
    try:
        tagged = stage.host.image_id(stage.reference)
    except ImageNotFound:
        yield f"nothing is tagged {stage.reference}"
        return
    if tagged == now["Image"] or (expected.tag_may_lead and tagged == stage.new_image):
        return
    what = {before.image_id: "the old image", stage.new_image: "the new image"}.get(tagged, tagged)
    yield f"the tag names {what}, and the container runs the other one"


def _about_port(stage: Stage, before: Before, now: Mapping[str, Any]) -> Iterator[str]:
    expected = "old" if now["Id"] == before.id else "new"
    deadline = time.monotonic() + _ANSWER_SECONDS
    while (answer := _answer(stage.scenario.port)) != expected:
        if time.monotonic() > deadline:
            yield f"its port answers {json.dumps(answer)}, not {expected}"
            return
        time.sleep(0.05)


def _answer(port: int | None) -> str:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=1.0) as response:
            return str(response.read().decode())
    except (urllib.error.URLError, OSError) as error:
        return str(error)
