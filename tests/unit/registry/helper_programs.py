"""Credential helpers to test with: real programs in a folder of their own, which note what they were asked for."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "canary-secret"  # in no text may this appear


class Helpers:
    """A folder of credential helpers, first in the PATH of `environment`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.environment = {"PATH": f"{folder}:{os.environ['PATH']}"}

    def writes(self, name: str, script: str, interpreter: str = "/bin/sh") -> Path:
        """A helper that runs this; `$server` is what it was asked for."""
        program = self.folder / f"docker-credential-{name}"
        heading = f'server=$(cat)\necho "$server" >> "{self.folder}/asked"\n' if interpreter == "/bin/sh" else ""
        program.write_text(f"#!{interpreter}\n{heading}{script}\n")
        program.chmod(0o755)
        return program

    def answers(self, name: str, username: str, secret: str, *, only_for: str = "") -> None:
        """A helper that keeps this; for one server, where one is named."""
        answer = json.dumps({"ServerURL": "SERVER", "Username": username, "Secret": secret})
        good = f"""echo '{answer}' | sed "s|SERVER|$server|" """
        missing = "echo 'credentials not found in native keychain'; exit 1"
        self.writes(name, f'if [ "$server" = "{only_for}" ]; then {good}; else {missing}; fi' if only_for else good)

    def knows_nobody(self, name: str) -> None:
        """A helper that keeps nothing."""
        self.writes(name, "echo 'credentials not found in native keychain'; exit 1")

    def asked(self) -> list[str]:
        """For which servers the helpers were asked, in order."""
        notes = self.folder / "asked"
        return notes.read_text().splitlines() if notes.exists() else []
