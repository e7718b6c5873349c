"""Whose update is cut short? Names and labels, and what an image may not forge of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.given import container, image
from updater.model.container import ContainerState
from updater.recreator.names import LABEL_HELPER_OF, LABEL_NAME, LABEL_OLD_ID, LABEL_OLD_STATE, name_helper
from updater.recreator.unfinished import Standing, find_unfinished, helper_of

OLD_ID = "a" * 64
OPERATION = {LABEL_NAME: "web", LABEL_OLD_ID: OLD_ID, LABEL_OLD_STATE: "running"}


@pytest.mark.parametrize(
    ("of_image", "standings"),
    [
        ({}, [Standing.ABANDONED]),
        ({LABEL_OLD_STATE: "running"}, [Standing.ABANDONED]),  # it brings some, but not the id
        (OPERATION, []),
        ({LABEL_OLD_ID: "b" * 64}, [Standing.ABANDONED]),
    ],
)
def test_an_image_cannot_claim_that_an_update_of_its_container_was_cut_short(
    of_image: dict[str, str], standings: list[Standing]
) -> None:
    """Or whoever only made a container of it would find it started."""
    made = container("web:latest", name="web", labels=OPERATION, image=image(labels=of_image))
    made = replace(made, state=ContainerState.CREATED)
    assert [update.standing for update in find_unfinished([made])] == standings


def test_without_the_image_the_labels_count() -> None:
    made = replace(container("web:latest", name="web", labels=OPERATION), state=ContainerState.CREATED, image=None)
    assert [update.standing for update in find_unfinished([made])] == [Standing.ABANDONED]


@pytest.mark.parametrize(("of_image", "expected"), [({}, OLD_ID), ({LABEL_HELPER_OF: OLD_ID}, None)])
def test_an_image_cannot_make_a_helper(of_image: dict[str, str], expected: str | None) -> None:
    labels = {LABEL_HELPER_OF: OLD_ID}
    helper = container("x:latest", name=name_helper("updater", OLD_ID), labels=labels, image=image(labels=of_image))
    assert helper_of(helper) == expected
