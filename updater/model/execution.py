"""What came of a command that was run in a container?"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Execution:
    """`exit_code` is None where it had not ended when the time was over; it may still be running then.

    `output` is the end of what it wrote, both streams as they came; `cut` says whether there was more before it.
    `began` says whether there was a process at all: an image may lack the program.
    """

    exit_code: int | None
    output: bytes = b""
    cut: bool = False
    began: bool = True
