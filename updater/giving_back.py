"""How does a process that only waits from now on give back the memory that a cycle took?

Each TLS context holds all of the system's certificates, in memory that Python does not count: without this, a daemon
that asks fifty images over TLS grows by a third within twenty cycles.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc


def give_back_memory() -> None:
    """Let go of what only points at itself, then of what the C library keeps in case somebody asks for it again."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):  # not every C library can, nor keeps that much
        ctypes.CDLL(None).malloc_trim(0)
