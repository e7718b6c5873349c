"""Which updates are killed, and what may come of each?"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from docker.types import IPAMConfig, IPAMPool

from rig import ImageSpec, commands
from tests.engine.kill.disturbance import Impatience, PortTaker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rig.host import Host
    from tests.engine.kill.disturbance import Disturbance
    from tests.engine.kill.execution import Subject

NO: Mapping[str, Any] = {"Name": "no", "MaximumRetryCount": 0}
ALWAYS: Mapping[str, Any] = {"Name": "always", "MaximumRetryCount": 0}
UNLESS_STOPPED: Mapping[str, Any] = {"Name": "unless-stopped", "MaximumRetryCount": 0}
ON_FAILURE: Mapping[str, Any] = {"Name": "on-failure", "MaximumRetryCount": 5}

PORT = 18_080
NAMED_FOLDER = "/named"
ANONYMOUS_FOLDER = "/anonymous"

# An engine that boots starts an `on-failure` container again only if it ended badly: this one always does.
ENDS_BADLY = commands.shell("trap 'exit 3' TERM; while :; do sleep 1000 & wait $!; done")


@dataclass(frozen=True)
class Scenario:
    """One container and the image it is to be updated to."""

    name: str
    new: ImageSpec
    may_update: bool = True
    """Whether the new image may run in the end; a bad one never may."""
    turned_down: bool | None = False
    """Whether the image is to be remembered as bad, so that it is not tried again; None: it may be either."""
    old: ImageSpec = field(default_factory=lambda: ImageSpec(marker="old"))
    policy: Mapping[str, Any] = field(default_factory=lambda: dict(NO))
    state: str = "running"
    """In which the container is found, and has to be left."""
    arguments: tuple[str, ...] = ()
    port: int | None = None
    """Published on the loopback, and answered by the image's marker."""
    has_volumes: bool = False
    networks: Callable[[Host], Mapping[str, Mapping[str, Any]]] | None = None
    disturbance: Callable[[Subject], Disturbance] | None = None
    stop_timeout: int | None = None
    stop_signal: str | None = None
    """The container's own, which is not the one that its label asks for."""
    labels: Mapping[str, str] = field(default_factory=dict)
    during: bool = False
    """Whether to kill in the middle of slow calls, too."""

    def __str__(self) -> str:
        return self.name


def _two_networks(host: Host) -> Mapping[str, Mapping[str, Any]]:
    subnet = IPAMConfig(pool_configs=[IPAMPool(subnet="10.89.1.0/24")])
    front, back = host.create_network("front", ipam=subnet), host.create_network("back")
    return {
        front: {"Aliases": ["www"], "IPAMConfig": {"IPv4Address": "10.89.1.7"}},
        back: {"Aliases": ["inner"]},
    }


def _good(marker: str = "new", **more: Any) -> ImageSpec:
    return ImageSpec(marker=marker, **more)


GOOD = Scenario("good", _good(), policy=ALWAYS, during=True)
CRASH_LOOP = Scenario(
    "crash-loop",
    _good(command=commands.CRASH_LOOP),
    may_update=False,
    turned_down=True,
    policy=ALWAYS,
    during=True,
)
UNHEALTHY = Scenario(
    "unhealthy-and-slow-to-stop",
    _good(command=commands.DEAF, healthcheck=commands.BAD_HEALTH),
    may_update=False,
    turned_down=True,
    old=ImageSpec(marker="old", command=commands.DEAF),
    policy=UNLESS_STOPPED,
    stop_timeout=1,
    during=True,
)
CREATE_FAILS = Scenario("create-fails", _good(command=None), may_update=False)
START_FAILS = Scenario(
    "start-fails",
    _good(command=["/not/there"]),
    may_update=False,
    turned_down=True,
    old=ImageSpec(marker="old", command=ENDS_BADLY),
    policy=ON_FAILURE,
)
PORT_TAKEN = Scenario(
    "port-taken",
    _good(command=commands.HTTP_SERVER),
    may_update=False,
    old=ImageSpec(marker="old", command=commands.HTTP_SERVER),
    policy=ALWAYS,
    turned_down=None,
    port=PORT,
    disturbance=lambda subject: PortTaker(subject, PORT),
)
INTERRUPTED = Scenario("interrupted-by-the-user", _good(), policy=ALWAYS, disturbance=Impatience)
STOPPED = Scenario("stopped", _good(), state="exited", policy=ALWAYS, arguments=("--include-stopped",))
NEVER_STARTED = Scenario("never-started", _good(), state="created", policy=ON_FAILURE, arguments=("--include-stopped",))
PAUSED = Scenario("paused", _good(), state="paused", policy=UNLESS_STOPPED)
PAUSED_AND_ROLLBACK = Scenario(
    "paused-and-rollback",
    _good(command=commands.EXIT_AT_ONCE),
    may_update=False,
    turned_down=True,
    state="paused",
    policy=UNLESS_STOPPED,
)
NETWORKS = Scenario(
    "two-networks-and-a-port",
    _good(command=commands.HTTP_SERVER),
    old=ImageSpec(marker="old", command=commands.HTTP_SERVER),
    port=PORT,
    networks=_two_networks,
)
VOLUMES = Scenario(
    "volumes",
    _good(volumes=["/brought-along"]),
    old=ImageSpec(marker="old", volumes=["/declared"]),
    has_volumes=True,
)
VOLUMES_AND_ROLLBACK = Scenario(
    "volumes-and-rollback",
    _good(command=commands.EXIT_AT_ONCE, volumes=["/brought-along"]),
    may_update=False,
    turned_down=True,
    has_volumes=True,
)
POLICY_NO = Scenario("policy-no", _good())
POLICY_UNLESS_STOPPED = Scenario("policy-unless-stopped", _good(), policy=UNLESS_STOPPED)
POLICY_ON_FAILURE = Scenario(
    "policy-on-failure", _good(), old=ImageSpec(marker="old", command=ENDS_BADLY), policy=ON_FAILURE
)
# It ends, badly and in its own time, on the signal of its label alone: each end but a stop would start it again. And it
# comes back, with the policy that it had before it was held down.
STOP_SIGNAL = Scenario(
    "stop-signal",
    _good(command=commands.EXIT_AT_ONCE),
    may_update=False,
    turned_down=True,
    old=ImageSpec(
        marker="old",
        command=commands.shell("trap 'sleep 1; exit 3' USR1; trap '' TERM; while :; do sleep 1000 & wait $!; done"),
    ),
    policy=ALWAYS,
    stop_timeout=5,
    stop_signal="SIGTERM",
    labels={"updater.stop-signal": "SIGUSR1"},
    during=True,
)

ALL = (
    GOOD,
    CRASH_LOOP,
    UNHEALTHY,
    CREATE_FAILS,
    START_FAILS,
    PORT_TAKEN,
    INTERRUPTED,
    STOPPED,
    NEVER_STARTED,
    PAUSED,
    PAUSED_AND_ROLLBACK,
    NETWORKS,
    VOLUMES,
    VOLUMES_AND_ROLLBACK,
    POLICY_NO,
    POLICY_UNLESS_STOPPED,
    POLICY_ON_FAILURE,
    STOP_SIGNAL,
)
