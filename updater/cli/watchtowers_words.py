"""What does a command line that is none of ours become, where it is one of Watchtower's?"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from updater.cli.app import COMMANDS
from updater.cli.ending import USAGE

if TYPE_CHECKING:
    from collections.abc import Sequence


def translated(words: Sequence[str]) -> list[str]:
    """Our words for it, said on stderr; its flags go on into the environment. The same words where it is not his."""
    if list(words) == ["watch"] and "WATCHTOWER_RUN_ONCE" not in os.environ:
        return list(words)
    from updater.errors import InvalidSetting
    from updater.watchtower.command_line import in_our_words

    try:
        found = in_our_words(words, os.environ, COMMANDS, begins_container=_begins_container())
    except InvalidSetting as error:
        sys.stderr.write(f"updater: {error}\n")
        sys.exit(USAGE)
    if found is None:
        return list(words)
    os.environ.update(found.variables)
    rest = " with the options that are told next" if found.variables and found.words[0] != "healthcheck" else ""
    sys.stderr.write(f"updater: taken for what Watchtower was told; in updater's words: {found.shown}{rest}\n")
    return list(found.words)


def _begins_container() -> bool:
    """Whether this is what the container was started with: its first process, or the child of a small init.

    What `docker exec` starts has a parent outside, whose number is 0 in here.
    """
    return Path("/.dockerenv").exists() and 1 in (os.getpid(), os.getppid())
