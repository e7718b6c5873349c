"""How does a person use the rig by hand: `python -m rig serve` and `python -m rig shell`?"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

from rig.errors import RigError
from rig.whole import Rig, open_rig

DESCRIPTION = "A private Docker engine and registry that are gone without a trace when this command ends."


def main() -> int:
    arguments = _parser().parse_args()
    # A polite `kill` of this command ends the block below like Ctrl-C does.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with open_rig(binaries=arguments.binaries) as rig:
            return _serve(rig) if arguments.command == "serve" else _shell(rig)
    except KeyboardInterrupt:
        return 0
    except RigError as error:
        print(f"rig: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m rig", description=DESCRIPTION)
    parser.add_argument("--binaries", type=Path, help="folder of an unpacked docker.io package of another version")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="keep it open until Ctrl-C or the end of standard input, and print how to use it")
    commands.add_parser("shell", help="open a shell in its network with DOCKER_HOST set")
    return parser


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


def settings(rig: Rig) -> dict[str, str]:
    """The variables that lead a program to the rig's engine and registry."""
    return {
        "DOCKER_HOST": rig.engine.host,
        "RIG_REGISTRY": rig.registry.address,
        "RIG_PREFIX": shlex.join(rig.namespaces.network_prefix),
        "RIG_DIRECTORY": str(rig.directory),
    }


def _serve(rig: Rig) -> int:
    for name, value in settings(rig).items():
        print(f"export {name}={shlex.quote(value)}")
    print("# open until Ctrl-C or the end of standard input", flush=True)
    sys.stdin.read()
    return 0


def _shell(rig: Rig) -> int:
    shell = os.environ.get("SHELL", "/bin/sh")
    print(f"engine {rig.engine.host}, registry {rig.registry.address}; leave with `exit`", flush=True)
    with rig.network():
        return subprocess.run([shell], env={**os.environ, **settings(rig)}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
