# What must pid 1 of a rig set up before it becomes a plain reaper?
#
# Runs as the first process of new mount, network, pid, ipc and uts namespaces: init.sh NAME DIRECTORY
# Says "ready" on standard output and turns into tini. Everything mounted here is gone with tini.
set -eu
name=$1
directory=$2

hostname "$name"
ip link set lo up
echo 1 >/proc/sys/net/ipv4/ip_forward

# Another engine's container mounts were copied into this mount namespace; holding them would keep its disk space.
while read -r _ _ _ _ point rest; do
	case "$point $rest" in
	/\ *) ;;
	*" - overlay "* | *" - nsfs "*) umount -l "$point" || true ;;
	esac
done </proc/self/mountinfo

# sysfs shows the network of whoever mounted it, so it must be mounted anew; the control groups are carried over.
mkdir "$directory/cgroup"
mount --rbind /sys/fs/cgroup "$directory/cgroup"
umount -R -l /sys
mount -t sysfs sysfs /sys
mount --move "$directory/cgroup" /sys/fs/cgroup
rmdir "$directory/cgroup"

umount -R -l /proc
mount -t proc proc /proc

# An engine leaves sockets, pid files and network namespaces below /run: here they die with the namespace.
mount -t tmpfs -o mode=755 tmpfs /run

echo ready
exec tini -s -g -- sleep infinity >/dev/null 2>&1
