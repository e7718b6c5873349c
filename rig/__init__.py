"""A private engine and registry for tests, demo and benchmarks: real ones, and gone without a trace afterwards."""

from rig.engine import PrivateEngine
from rig.errors import RigError
from rig.images import ImageSpec, Platform, build, build_index, load, push
from rig.namespaces import Namespaces
from rig.recording import HangUp, Recording, Reply, Request
from rig.registry import PrivateRegistry
from rig.whole import Rig, open_rig

__all__ = [
    "HangUp",
    "ImageSpec",
    "Namespaces",
    "Platform",
    "PrivateEngine",
    "PrivateRegistry",
    "Recording",
    "Reply",
    "Request",
    "Rig",
    "RigError",
    "build",
    "build_index",
    "load",
    "open_rig",
    "push",
]
