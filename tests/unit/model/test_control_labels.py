"""Whose is a label, before an update and after one?"""

from __future__ import annotations

import pytest

from updater.model.control_labels import LABEL_YOURS, repeated, set_by_user

OLD_ID = "ab" * 32
AGE = {"updater.min-age": "3d"}
HOOK = {"updater.hook.pre-update": "rm -rf /"}


@pytest.mark.parametrize(
    ("labels", "of_image", "keys"),
    [
        ({}, {}, set()),
        (AGE, {}, {"updater.min-age"}),
        (AGE, AGE, set()),
        (AGE, {"updater.min-age": "1d"}, {"updater.min-age"}),
        (AGE | {LABEL_YOURS: "abababababab updater.min-age"}, AGE, {"updater.min-age", LABEL_YOURS}),
        # What an image itself says of it counts no more than the rest of its labels.
        (HOOK | {LABEL_YOURS: "x updater.hook.pre-update"}, HOOK | {LABEL_YOURS: "x updater.hook.pre-update"}, set()),
        (AGE | HOOK | {LABEL_YOURS: "abababababab updater.min-age"}, AGE | HOOK, {"updater.min-age", LABEL_YOURS}),
        # Only policy is remembered; every other label of the image stays the image's.
        ({"maker": "me", LABEL_YOURS: "abababababab maker"}, {"maker": "me"}, {LABEL_YOURS}),
    ],
)
def test_labels_that_count(labels: dict[str, str], of_image: dict[str, str], keys: set[str]) -> None:
    assert set_by_user(labels, of_image) == {key: labels[key] for key in keys}


@pytest.mark.parametrize(
    ("yours", "of_new_image", "text"),
    [
        (AGE, {}, None),
        (AGE, {"updater.min-age": "1d"}, None),
        (AGE, AGE, "abababababab updater.min-age"),
        (AGE | HOOK, AGE | HOOK, "abababababab updater.hook.pre-update updater.min-age"),
        ({"maker": "me"}, {"maker": "me"}, None),
        ({LABEL_YOURS: "x"}, {LABEL_YOURS: "x"}, None),
    ],
)
def test_what_an_update_writes_down(yours: dict[str, str], of_new_image: dict[str, str], text: str | None) -> None:
    assert repeated(yours, of_new_image, OLD_ID) == text


def test_an_image_that_knows_the_label_cannot_make_it_its_own() -> None:
    guessed = AGE | {LABEL_YOURS: "updater.min-age"}
    written = repeated(AGE, guessed, OLD_ID)
    assert written is not None
    assert "updater.min-age" in set_by_user(AGE | {LABEL_YOURS: written}, guessed)
