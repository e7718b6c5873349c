"""After an update, is the container what the same options on the new image would have made?

The oracle is the engine: one container is drawn from the old one, another is made with the same options on the new
image, and their inspects must agree in every field but ids, times and names.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis import strategies as st

from rig.host import Host
from tests.engine.fidelity_comparison import configuration
from tests.engine.fidelity_workshop import Workshop
from tests.engine.option_sets import OPTION_SETS, OptionSet
from updater.engine.docker_engine import DockerEngine
from updater.errors import EngineError
from updater.recreator.blueprint import differences
from updater.recreator.blueprint.inputs import parse_api_version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rig import Rig

Json = dict[str, Any]


@dataclass
class Tally:
    """How much was compared."""

    option_sets: int = 0
    fields: int = 0
    differences: int = 0


@pytest.fixture(scope="module")
def tally(request: pytest.FixtureRequest) -> Iterator[Tally]:
    """Says at the end what the comparison covered."""
    counted = Tally()
    yield counted
    capture = request.config.pluginmanager.get_plugin("capturemanager")
    line = (
        f"fidelity: {counted.option_sets} option sets, {counted.fields} fields compared, {counted.differences} differ"
    )
    with capture.global_and_fixture_disabled() if capture else nullcontext():
        sys.stdout.write(f"\n{line}\n")


@pytest.fixture(scope="module")
def workshop(rig: Rig, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """One for all option sets: they differ in nothing but the containers."""
    with (
        rig.network(),
        Host(rig, "tfidelity", tmp_path_factory.mktemp("fidelity")) as host,
        DockerEngine.open(rig.engine.host, {}) as engine,
    ):
        yield Workshop(host, engine)


@pytest.fixture(autouse=True)
def _cleared(workshop: Workshop) -> Iterator[None]:
    yield
    workshop.clear()


def compare(drawn: Json, oracle: Json, old: Json, tally: Tally) -> None:
    """Fail with the fields that differ."""
    fresh = frozenset(mount["Destination"] for mount in oracle["Mounts"])
    ours, theirs = configuration(drawn, old, fresh=fresh), configuration(oracle, old, fresh=fresh)
    fields = {path for path in {*ours, *theirs} if ours.get(path) or theirs.get(path)}
    tally.fields += len({*ours, *theirs})
    tally.differences += sum(ours.get(path) != theirs.get(path) for path in fields)
    assert {path: ours.get(path) for path in fields} == {path: theirs.get(path) for path in fields}


@pytest.mark.parametrize("options", OPTION_SETS, ids=lambda options: options.name)
def test_as_if_made_on_the_new_image(workshop: Workshop, tally: Tally, options: OptionSet) -> None:
    engine = workshop.engine
    if options.below and parse_api_version(engine.info.api_version) >= options.below:
        pytest.skip(f"engines refuse this from API {options.below} on")
    old_id = workshop.make("old-one", options, "old")
    engine.start(old_id)
    workshop.leave(old_id, options)
    old = engine.inspect_container(old_id)
    blueprint = workshop.draw(old, "new")
    drawn_id = workshop.carry_out("drawn", blueprint)
    oracle_id = workshop.make("oracle", options, "new")
    workshop.leave(oracle_id, options)
    drawn = engine.inspect_container(drawn_id)

    assert differences(old, drawn, blueprint) == ()
    compare(drawn, engine.inspect_container(oracle_id), old, tally)

    engine.remove(old_id, volumes=False, force=True)
    engine.start(drawn_id)
    drawn = engine.inspect_container(drawn_id)
    again = workshop.draw(drawn, "new")
    assert differences(drawn, engine.inspect_container(workshop.carry_out("again", again)), again) == ()
    engine.remove(drawn_id, volumes=False, force=True)
    engine.start(oracle_id)
    compare(drawn, engine.inspect_container(oracle_id), old, tally)
    tally.option_sets += 1


def test_data_goes_along(workshop: Workshop) -> None:
    """Whatever kind of volume it is in, and although the new image declares one of the places no more."""
    options = OptionSet(
        "data",
        config={"User": "0", "Volumes": {"/anonymous": {}}},
        host={"Binds": ["@eight:/named"], "Mounts": [{"Type": "volume", "Target": "/mounted"}]},
    )
    places = ("/data", "/cache", "/anonymous", "/named", "/mounted")
    old_id = workshop.make("old-one", options, "old")
    workshop.engine.start(old_id)
    for place in places:
        workshop.host.execute(old_id, f"echo from {place} > {place}/file")
    blueprint = workshop.draw(workshop.engine.inspect_container(old_id), "new")
    drawn_id = workshop.carry_out("drawn", blueprint)
    workshop.engine.remove(old_id, volumes=False, force=True)
    workshop.engine.start(drawn_id)
    found = [workshop.host.execute(drawn_id, f"cat {place}/file").strip() for place in places]
    assert found == [f"from {place}" for place in places]


def test_a_value_equal_to_the_old_default_follows_the_new_image(workshop: Workshop) -> None:
    """Nobody can tell it from the default, so this is what happens; the documentation says so."""
    options = OptionSet("equal", config={"Env": ["MODE=old"], "User": "1001", "Labels": {"version": "1"}})
    old = workshop.engine.inspect_container(workshop.make("old-one", options, "old"))
    drawn = workshop.engine.inspect_container(workshop.carry_out("drawn", workshop.draw(old, "new")))
    assert "MODE=new" in drawn["Config"]["Env"]
    assert drawn["Config"]["User"] == "1002"
    assert drawn["Config"]["Labels"]["version"] == "2"


def test_tampering_is_found(workshop: Workshop) -> None:
    """A created container that is less confined than planned is named, field by field."""
    old = workshop.engine.inspect_container(workshop.make("old-one", OptionSet("plain"), "old"))
    blueprint = workshop.draw(old, "new")
    blueprint.body["HostConfig"]["Privileged"] = True
    blueprint.body["HostConfig"]["Binds"] = ["/:/host"]
    drawn = workshop.engine.inspect_container(workshop.carry_out("drawn", blueprint))
    planned = workshop.draw(old, "new")
    fields = {difference.field for difference in differences(old, drawn, planned)}
    assert fields >= {"HostConfig.Privileged", "HostConfig.SecurityOpt", "Mounts./host"}


# Those that go with any other: the rest names a network, a place or a namespace that only one can have.
_COMBINABLE = [options for options in OPTION_SETS if not options.networks and not options.leaves and not options.below]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), phases=(Phase.generate,))
@given(chosen=st.lists(st.sampled_from(_COMBINABLE), min_size=2, max_size=6, unique_by=lambda options: options.name))
def test_recreated_twice_on_the_same_image_nothing_changes(workshop: Workshop, chosen: list[OptionSet]) -> None:
    """Random option sets put together, later ones over earlier ones."""
    workshop.clear()
    engine = workshop.engine
    together = OptionSet(
        "together",
        config={field: value for options in chosen for field, value in options.config.items()},
        host={field: value for options in chosen for field, value in options.host.items()},
    )
    try:
        first = engine.inspect_container(workshop.make("old-one", together, "old"))
    except EngineError:
        reject()  # these cannot be had together
    drawn = [first]
    for name in ("drawn", "again"):
        blueprint = workshop.draw(drawn[-1], "old")
        made = engine.inspect_container(workshop.carry_out(name, blueprint))
        assert differences(drawn[-1], made, blueprint) == ()
        drawn.append(made)
    once, twice = (configuration(container, first, fresh=frozenset()) for container in drawn[1:])
    assert once == twice
