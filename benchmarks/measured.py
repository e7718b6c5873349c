"""What does a process cost? Run as a script: `python -I -S benchmarks/measured.py OUTPUT COMMAND...`

Prints, as JSON, the seconds it took, those of the processor, the most memory it held at once and its exit code. A
process of its own, and a small one: the kernel counts the memory of whoever starts a program as the program's own.
"""

from __future__ import annotations

import json
import os
import sys
import time


def main(output: str, command: list[str]) -> None:
    """Run the command to its end with its standard output in a file."""
    target = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    began = time.perf_counter()
    child = os.posix_spawn(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, target, 1)])
    _, status, usage = os.wait4(child, 0)
    cost = {
        "wall": time.perf_counter() - began,
        "cpu": usage.ru_utime + usage.ru_stime,
        "mebibytes": usage.ru_maxrss / 1024,
        "exit_code": os.waitstatus_to_exitcode(status),
    }
    sys.stdout.write(json.dumps(cost))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
