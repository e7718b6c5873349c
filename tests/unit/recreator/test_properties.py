"""What holds for any options and any two images, told by the engine's own merge rules."""

from __future__ import annotations

from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.unit.recreator.inspects import container, drawn, image, made_from, new_image
from updater.recreator.blueprint import FOLLOWS, differences
from updater.recreator.blueprint.merge import INHERITED, merge

Json = dict[str, Any]
KEYS = ("A", "B", "C")


def configs(owner: str) -> st.SearchStrategy[Json]:
    """A Config whose values, where they are set, bear the owner's name: no two owners agree by chance."""
    text = st.sampled_from([f"{owner}1", f"{owner}2"])
    words = st.lists(text, min_size=1, max_size=2)
    number = {"o": 100, "n": 200, "u": 300}[owner]
    fields: Json = {
        "Env": st.dictionaries(st.sampled_from(KEYS), text).map(lambda env: [f"{k}={v}" for k, v in env.items()]),
        "Labels": st.dictionaries(st.sampled_from(KEYS), text),
        "Cmd": words,
        "Entrypoint": words,
        "User": text,
        "WorkingDir": text.map(lambda word: f"/{word}"),
        "StopSignal": text,
        "ExposedPorts": st.dictionaries(st.integers(number, number + 2).map(lambda n: f"{n}/tcp"), st.just({})),
        "Volumes": st.dictionaries(text.map(lambda word: f"/{word}"), st.just({})),
        "Healthcheck": st.fixed_dictionaries(
            {}, optional={"Test": words, "Interval": st.just(number), "Retries": st.just(number)}
        ),
    }
    if owner == "u":
        fields["Env"] = st.builds(lambda own, gone: [*own, *gone], fields["Env"], st.sampled_from([[], ["D"], ["D="]]))
        fields["Entrypoint"] = st.one_of(words, st.just([""]), st.just([]))
        fields["Healthcheck"] = st.one_of(fields["Healthcheck"], st.just({"Test": ["NONE"]}))
    return st.fixed_dictionaries({}, optional=fields)


def runnable(config: Json) -> bool:
    return bool(config["Entrypoint"] or config["Cmd"])


def shown(config: Json) -> Json:
    return {field: config.get(field) or None for field in INHERITED} | {"Env": sorted(config.get("Env") or ())}


@given(configs("u"), configs("o"), configs("n"))
def test_as_if_made_on_the_new_image_with_the_same_options(
    options: Json, old_defaults: Json, new_defaults: Json
) -> None:
    cleared = "Entrypoint" in options and options["Entrypoint"] in ([], [""])
    # Where there was nothing to clear, clearing it cannot be told from not mentioning it.
    assume(not cleared or old_defaults.get("Entrypoint"))
    oracle = merge(options, new_defaults)
    assume(runnable(merge(options, old_defaults)) and runnable(oracle))
    blueprint = drawn(container(options, defaults=old_defaults), image(old_defaults), new_image(new_defaults))
    assert shown(dict(blueprint.expected.config)) == shown(oracle)


@given(configs("o"), configs("o"))
def test_on_the_same_image_nothing_changes(options: Json, defaults: Json) -> None:
    """Also where the user's values equal the image's."""
    old = container(options, defaults=defaults)
    assume(runnable(old["Config"]))
    blueprint = drawn(old, image(defaults), new_image(defaults))
    assert shown(dict(blueprint.expected.config)) == shown(old["Config"])
    assert [note for note in blueprint.notes if note.why == FOLLOWS] == []


@given(configs("u"), configs("o"), configs("n"))
def test_drawing_again_from_what_was_made_asks_for_the_same(
    options: Json, old_defaults: Json, new_defaults: Json
) -> None:
    old = container(options, defaults=old_defaults)
    assume(runnable(old["Config"]))
    first = drawn(old, image(old_defaults), new_image(new_defaults))
    made = made_from(first, old)
    assume(runnable(made["Config"]))
    again = drawn(made, new_image(new_defaults), new_image(new_defaults))
    assert shown(dict(again.expected.config)) == shown(dict(first.expected.config))
    assert again.body["HostConfig"] == first.body["HostConfig"]
    assert differences(old, made, first) == ()
