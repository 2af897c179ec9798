#!/bin/bash
# with-user-manager.sh CMD [ARG...]
#
# Runs CMD as an unprivileged user who has a real `systemd --user` manager and its session bus, on
# a machine where systemd need not be PID 1 (a container, a CI runner). Needs root, or sudo without
# a password; the manager lives in a mount namespace of its own and is ended by its number, so
# nothing of the machine's own session is touched and nothing is left behind. Needs systemd and
# dbus-daemon.
#
# In the environment of CMD, $RIG is a scratch directory below that user's home (so that
# ProtectHome= has something to protect), $HOME is in it. The scripts beside this one can be named
# without their path. Files named in $RIG_FILES (blanks between) are copied to $RIG first: the
# checkout may lie where that user cannot look.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=common.sh
. "$here/common.sh"

if [ "$(id -u)" != 0 ]; then
    sudo -n true 2>/dev/null || {
        echo "$0: needs root, or sudo without a password, for a mount namespace and a user" >&2
        exit 77
    }
    exec sudo -n env PATH="$PATH" RIG_FILES="${RIG_FILES:-}" "$0" "$@"
fi

if [ "${1:-}" = --in-namespace ]; then
    shift
    mount --make-rprivate /
    # /run is a mount point on real systems; where it is not, ProtectKernelTunables= puts an empty
    # tmpfs there and the socket of the bus is gone
    mountpoint -q /run || mount --rbind /run /run
    mkdir -p /run/systemd
    mount -t tmpfs tmpfs /run/systemd
    mkdir -p /run/systemd/system /run/systemd/journal # all that sd_booted(3) asks for
    uid=$(id -u "$rig_user")
    mkdir -p "/run/user/$uid"
    mount -t tmpfs -o "mode=700,uid=$uid,gid=$(id -g "$rig_user")" tmpfs "/run/user/$uid"
    # v1, hybrid or pure v2: a leaf of its own in each tree that exists
    groups=()
    for base in /sys/fs/cgroup/unified /sys/fs/cgroup/systemd /sys/fs/cgroup; do
        [ -f "$base/cgroup.procs" ] || continue
        group=$base/$rig_user-$$
        mkdir -p "$group/user" 2>/dev/null || continue
        chown -R "$rig_user" "$group"
        groups+=("$group")
    done
    rc=0
    (
        for group in "${groups[@]}"; do
            echo "$BASHPID" >"$group/user/cgroup.procs" 2>/dev/null || true
        done
        cd /
        exec setpriv --reuid "$rig_user" --regid "$rig_user" --init-groups \
            env -i PATH="$RIG:$PATH" HOME="$RIG/home" USER="$rig_user" LANG=C.UTF-8 \
            XDG_RUNTIME_DIR="/run/user/$uid" RIG="$RIG" \
            "$RIG/in-user-manager.sh" "$@"
    ) || rc=$?
    for group in "${groups[@]}"; do
        # empty as soon as the kernel has buried the last process
        for _ in $(seq 50); do
            find "$group" -depth -type d -exec rmdir {} + 2>/dev/null && break
            sleep 0.05
        done
    done
    exit "$rc"
fi

make_rig_user
RIG=$(TMPDIR=$(getent passwd "$rig_user" | cut -d: -f6) mktemp -d)
trap 'rm -rf "$RIG"' EXIT
chmod 755 "$RIG"
mkdir -m 700 "$RIG/home"
# shellcheck disable=SC2086 # a list of files
cp "$here"/*.sh ${RIG_FILES:-} "$RIG/"
chmod 755 "$RIG"/*.sh
chown -R "$rig_user:" "$RIG"
export RIG
rc=0
unshare -m -- "$here/with-user-manager.sh" --in-namespace "$@" || rc=$?
exit "$rc"
