"""Which options can a container be made with? One row each, in the words of the engine's API.

`@name` stands for a name of the test's own: the networks `@front` (10.210.0.0/24, with IPv6) and `@back`, the running
container `@provider` (with a volume at /shared), a volume; `@image` for the id of the image it is made on.
Every value differs from the default of the old image (`fidelity_images`): one that does not cannot be told from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rig import commands
from tests.engine.fidelity_images import SECOND

Options = Mapping[str, Any]


@dataclass(frozen=True)
class OptionSet:
    """One way to make a container. The first network is that of create, the others are joined after it."""

    name: str
    config: Options = field(default_factory=dict)
    host: Options = field(default_factory=dict)
    networks: Options = field(default_factory=dict)
    leaves: tuple[str, ...] = ()
    """Networks that are left once it has started."""
    below: tuple[int, int] | None = None
    """The API version from which on engines refuse it."""


def _config(name: str, **config: Any) -> OptionSet:
    return OptionSet(name, config=config)


def _host(name: str, **host: Any) -> OptionSet:
    return OptionSet(name, host=host)


def _networks(name: str, networks: Options, mode: str | None = None, leaves: tuple[str, ...] = ()) -> OptionSet:
    return OptionSet(name, host={"NetworkMode": mode or next(iter(networks))}, networks=networks, leaves=leaves)


_PORTS = {
    "80/tcp": [{"HostIp": "", "HostPort": "18080"}],
    "99/tcp": [{"HostIp": "", "HostPort": ""}],
    "99/udp": [{"HostIp": "127.0.0.1", "HostPort": "18099"}],
}
_FIXED = {"IPAMConfig": {"IPv4Address": "10.210.0.77"}, "Aliases": ["web", "www"]}
_SCRIPT = commands.SERVE[2]

CONFIG = (
    OptionSet("plain"),
    _config("env", Env=["MINE=1", "MODE=mine", "GONE", "EMPTY=", "SPACED=a b=c"]),
    _config("cmd", Cmd=["-c", _SCRIPT + " # mine"]),
    _config("entrypoint", Entrypoint=["/bin/sh", "-c", _SCRIPT]),
    _config("entrypoint and cmd", Entrypoint=["/bin/sh", "-e"], Cmd=["-c", _SCRIPT]),
    _config("entrypoint cleared", Entrypoint=[""], Cmd=["/bin/sh", "-c", _SCRIPT]),
    _config("entrypoint emptied", Entrypoint=[], Cmd=["/bin/sh", "-c", _SCRIPT]),
    _config("labels", Labels={"mine": "1", "version": "mine", "updater.enable": "true", "empty": ""}),
    _config(
        "compose labels",
        Labels={
            "com.docker.compose.project": "shop",
            "com.docker.compose.service": "web",
            "com.docker.compose.config-hash": "abc",
            "com.docker.compose.image": "@image",
        },
    ),
    _config("user and folder", User="0:0", WorkingDir="/tmp/mine"),
    _config("stop", StopSignal="SIGQUIT", StopTimeout=42),
    _config("shell", Shell=["/bin/ash"]),
    _config("terminal", Tty=True, OpenStdin=True, StdinOnce=True, AttachStdout=True),
    _config("host name", Hostname="mine", Domainname="example.org"),
    _config("healthcheck", Healthcheck={"Test": ["CMD-SHELL", "true # mine"], "Interval": 5 * SECOND}),
    _config("no healthcheck", Healthcheck={"Test": ["NONE"]}),
    _config("healthcheck interval", Healthcheck={"Interval": 7 * SECOND, "StartPeriod": 4 * SECOND}),
    _config("exposed ports", ExposedPorts={"99/tcp": {}, "7000/udp": {}}),
    OptionSet("published ports", {"ExposedPorts": {port: {} for port in _PORTS}}, {"PortBindings": _PORTS}),
    _host("all ports published", PublishAllPorts=True),
    _config("mac address", MacAddress="02:11:22:33:44:55"),
)

VOLUMES = (
    _host("binds", Binds=["/tmp:/mnt/a", "/usr:/mnt/b:ro,private", "/etc/hostname:/mnt/c:ro", "/:/mnt/d:ro"]),
    _host("named volumes", Binds=["@one:/mnt/one", "@two:/mnt/two:ro,nocopy", "@three:/data"]),
    _config("anonymous volumes", Volumes={"/mine": {}, "/mine/inner": {}}),
    _host("anonymous bind", Binds=["/mine"]),
    _host("tmpfs", Tmpfs={"/mnt/t": "rw,size=1m", "/mnt/u": ""}),
    _host(
        "mounts",
        Mounts=[
            {"Type": "bind", "Source": "/usr", "Target": "/mnt/a", "BindOptions": {"Propagation": "private"}},
            {"Type": "bind", "Source": "/tmp", "Target": "/mnt/b", "ReadOnly": True},
            {"Type": "volume", "Source": "@four", "Target": "/mnt/c", "VolumeOptions": {"NoCopy": True}},
            {"Type": "volume", "Target": "/mnt/d", "VolumeOptions": {"Labels": {"mine": "1"}}},
            {"Type": "volume", "Source": "@seven", "Target": "/mnt/e", "ReadOnly": True},
            {"Type": "tmpfs", "Target": "/mnt/f", "TmpfsOptions": {"SizeBytes": 1048576, "Mode": 0o700}},
        ],
    ),
    _host(
        "volume with driver options",
        Mounts=[
            {
                "Type": "volume",
                "Source": "@five",
                "Target": "/mnt/a",
                "VolumeOptions": {
                    "DriverConfig": {"Name": "local", "Options": {"type": "tmpfs", "device": "tmpfs", "o": "size=1m"}}
                },
            }
        ],
        VolumeDriver="local",
    ),
    _host("volumes from", VolumesFrom=["@provider:ro"]),
)

NETWORKS = (
    _networks("aliases and fixed address", {"@front": _FIXED}),
    OptionSet(
        "fixed addresses and mac",
        {"MacAddress": "02:11:22:33:44:66"},
        {"NetworkMode": "@front"},
        {"@front": {"IPAMConfig": {"IPv4Address": "10.210.0.78", "IPv6Address": "fd00:210::78"}}},
    ),
    OptionSet(
        "three networks",
        {"Hostname": "mine"},
        {"NetworkMode": "@front"},
        {
            "@front": {"Aliases": ["web"]},
            "@back": {**_FIXED, "IPAMConfig": {"IPv4Address": "10.211.0.9"}},
            "bridge": {},
        },
    ),
    _networks(
        "default and another",
        {"bridge": {}, "@back": {"Aliases": ["web"], "Links": ["@provider:db"], "GwPriority": 7}},
        "default",
    ),
    _networks("by id", {"@front": {}, "@back": {"DriverOpts": {"com.example.mine": "1"}}}, "@front.id"),
    _networks("first network left", {"@front": {}, "@back": _FIXED | {"IPAMConfig": None}}, leaves=("@front",)),
    _networks("all networks left", {"@front": {}}, leaves=("@front",)),
    _host("network host", NetworkMode="host"),
    _host("network none", NetworkMode="none"),
    _host("network of another", NetworkMode="container:@provider"),
    _host("link", Links=["@provider:db", "@provider"]),
    _host("dns", Dns=["10.0.0.53"], DnsSearch=["example.org"], DnsOptions=["ndots:2"], ExtraHosts=["db:10.0.0.5"]),
    _host("sysctls", Sysctls={"net.ipv4.ip_forward": "1", "net.ipv4.conf.all.log_martians": "1"}),
    OptionSet("interface sysctl", host={"Sysctls": {"net.ipv4.conf.eth0.log_martians": "1"}}, below=(1, 48)),
)

LIMITS = (
    _host("memory", Memory=1 << 26, MemoryReservation=1 << 25, MemorySwap=1 << 27, MemorySwappiness=10),
    _host("memory alone", Memory=1 << 26),
    _host("kernel memory", Memory=1 << 27, KernelMemory=1 << 26),
    _host("cpus", NanoCpus=500_000_000, CpusetCpus="0", CpusetMems="0"),
    _host("cpu shares", CpuShares=512, CpuPeriod=50_000, CpuQuota=25_000),
    _host("processes", PidsLimit=200, Ulimits=[{"Name": "nofile", "Soft": 1024, "Hard": 2048}]),
    _host("out of memory", OomScoreAdj=200, OomKillDisable=True, Memory=1 << 26),
    _host("disk", BlkioDeviceReadBps=[{"Path": "/dev/loop0", "Rate": 1 << 20}], BlkioWeight=300),
    _host("shared memory", ShmSize=1 << 25),
)

SECURITY = (
    _host("capabilities", CapAdd=["NET_ADMIN", "SYS_TIME"], CapDrop=["MKNOD"]),
    _host("no capabilities", CapDrop=["ALL"], SecurityOpt=["no-new-privileges"]),
    _host("unconfined", SecurityOpt=["seccomp=unconfined", "apparmor=unconfined", "label=disable"]),
    _host("privileged", Privileged=True),
    _host("system paths", MaskedPaths=[], ReadonlyPaths=[]),
    _host("own masked paths", MaskedPaths=["/proc/kcore", "/sys/firmware"], ReadonlyPaths=["/proc/sys"]),
    _host("read-only", ReadonlyRootfs=True),
    _host("groups", GroupAdd=["5", "29"]),
    _host(
        "devices",
        Devices=[{"PathOnHost": "/dev/fuse", "PathInContainer": "/dev/mine", "CgroupPermissions": "rw"}],
        DeviceCgroupRules=["c 13:* rmw"],
    ),
    _host("host namespaces", PidMode="host", IpcMode="host", UTSMode="host", UsernsMode="host"),
    _host("namespaces of another", PidMode="container:@provider", IpcMode="container:@provider"),
    _host("private namespaces", IpcMode="shareable", CgroupnsMode="private"),
)

OTHERS = (
    _host("restart always", RestartPolicy={"Name": "always"}),
    _host("restart unless stopped", RestartPolicy={"Name": "unless-stopped"}),
    _host("restart on failure", RestartPolicy={"Name": "on-failure", "MaximumRetryCount": 3}),
    _host("log driver", LogConfig={"Type": "json-file", "Config": {"max-size": "1m", "tag": "{{.Name}}"}}),
    _host("no log", LogConfig={"Type": "none", "Config": {}}),
    _host("init", Init=True),
    _host("no init", Init=False),
    _host("runtime and parent", Runtime="runc", CgroupParent="/mine", ContainerIDFile="/tmp/cid"),
    OptionSet(
        "kitchen sink",
        config={
            "Env": ["MINE=1", "MODE=mine"],
            "Labels": {"mine": "1"},
            "Entrypoint": ["/bin/sh", "-e"],
            "Cmd": ["-c", _SCRIPT, "mine"],
            "User": "0",
            "WorkingDir": "/mine",
            "Hostname": "mine",
            "MacAddress": "02:11:22:33:44:77",
            "StopSignal": "SIGUSR1",
            "StopTimeout": 7,
            "Tty": True,
            "Healthcheck": {"Test": ["CMD", "/bin/true", "mine"], "Retries": 2},
            "ExposedPorts": {"99/tcp": {}, "80/tcp": {}},
            "Volumes": {"/mine": {}},
        },
        host={
            "NetworkMode": "@front",
            "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "18081"}]},
            "Binds": ["/tmp:/mnt/a:ro", "@six:/mnt/six"],
            "Mounts": [{"Type": "volume", "Target": "/mnt/d"}],
            "Tmpfs": {"/mnt/t": ""},
            "VolumesFrom": ["@provider"],
            "Memory": 1 << 27,
            "NanoCpus": 500_000_000,
            "PidsLimit": 100,
            "CapAdd": ["NET_ADMIN"],
            "CapDrop": ["MKNOD"],
            "SecurityOpt": ["no-new-privileges"],
            "Sysctls": {"net.ipv4.ip_forward": "1"},
            "ReadonlyRootfs": True,
            "GroupAdd": ["5"],
            "Dns": ["10.0.0.53"],
            "ExtraHosts": ["db:10.0.0.5"],
            "Init": True,
            "ShmSize": 1 << 25,
            "IpcMode": "shareable",
            "RestartPolicy": {"Name": "unless-stopped"},
            "LogConfig": {"Type": "json-file", "Config": {"max-size": "1m"}},
            "Ulimits": [{"Name": "nofile", "Soft": 1024, "Hard": 2048}],
            "Devices": [{"PathOnHost": "/dev/fuse", "PathInContainer": "/dev/fuse", "CgroupPermissions": "rwm"}],
        },
        networks={"@front": _FIXED, "@back": {"Aliases": ["web"]}},
    ),
)

OPTION_SETS = (*CONFIG, *VOLUMES, *NETWORKS, *LIMITS, *SECURITY, *OTHERS)
