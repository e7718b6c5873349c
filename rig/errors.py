"""What does the rig say when it cannot do its work?"""

from __future__ import annotations


class RigError(Exception):
    """The private engine, its registry or its namespaces could not be had; the text says what to do."""
