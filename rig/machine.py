"""Can this machine run a private engine, and if not, what is missing?"""

from __future__ import annotations

import os
import shutil
from types import MappingProxyType
from typing import TYPE_CHECKING

from rig.errors import RigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SEARCH_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
"""Where distributions put their programs. `/usr/local` is left out on purpose: a machine may have another
engine's client or daemon there, and the rig must run the one its version table promises."""

PACKAGE_OF: Mapping[str, str] = MappingProxyType(
    {
        "bash": "bash",
        "busybox": "busybox-static",
        "containerd": "containerd",
        "docker-registry": "docker-registry",
        "dockerd": "docker.io",
        "ip": "iproute2",
        "iptables": "iptables",
        "mount": "mount",
        "nsenter": "util-linux",
        "runc": "runc",
        "setpriv": "util-linux",
        "tini": "tini",
        "unshare": "util-linux",
    }
)


def find_program(name: str, path: str = SEARCH_PATH) -> str:
    """The full path of a program, or an error that names the package to install."""
    found = shutil.which(name, path=path)
    if found is None:
        package = PACKAGE_OF.get(name, name)
        raise RigError(f"{name} is missing: install it with `apt-get install {package}` (looked in {path})")
    return found


def require_root() -> None:
    """Namespaces, mounts and an engine of our own are privileges of root."""
    if os.geteuid() != 0:
        raise RigError(f"needs root for the private engine (this process runs as user {os.geteuid()})")


def require_programs(names: Iterable[str], path: str = SEARCH_PATH) -> None:
    for name in names:
        find_program(name, path)
