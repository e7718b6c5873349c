"""Is there a second implementation of a registry to test with? It is fetched, and it may be missing, loudly."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from rig.crane_registry import FETCHED, CraneRegistry

PROJECT = Path(__file__).parent.parent.parent
MISSING = "== THE SECOND REGISTRY IS MISSING: nothing was proven on another implementation in this run =="


@pytest.fixture(scope="session")
def second_registry() -> type[CraneRegistry]:
    """The class to open it with. Only this one may be missing: it is in Debian's unstable suite only, which moves."""
    fetched = subprocess.run(
        [PROJECT / "tools" / "fetch-registry", FETCHED], check=False, capture_output=True, text=True
    )
    if fetched.returncode != 0:
        pytest.skip(f"{MISSING} ({fetched.stderr.strip()[-200:]})")
    return CraneRegistry
