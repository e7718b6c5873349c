"""What does the new container look like, and is the one that was made like that? Pure: inspect JSON in, values out.

Start reading in `table`: it lists every field that needs more than copying.
"""

from updater.recreator.blueprint.drawing import draw
from updater.recreator.blueprint.forecast import forecast
from updater.recreator.blueprint.notes import FOLLOWS, IMAGE_GONE, KEPT
from updater.recreator.blueprint.privilege import more_privileged
from updater.recreator.blueprint.proof import differences
from updater.recreator.blueprint.unpulled import as_inspected
from updater.recreator.blueprint.value import Blueprint, Difference, Note

__all__ = [
    "FOLLOWS",
    "IMAGE_GONE",
    "KEPT",
    "Blueprint",
    "Difference",
    "Note",
    "as_inspected",
    "differences",
    "draw",
    "forecast",
    "more_privileged",
]
