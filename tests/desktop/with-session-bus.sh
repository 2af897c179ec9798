#!/bin/bash
# with-session-bus.sh CMD [ARG...]
#
# Runs CMD on a private session bus with a fresh HOME and XDG_RUNTIME_DIR, as an unprivileged user
# when called by root. The scripts beside this one can be named without their path. $RIG in the
# environment of CMD is a scratch directory that everybody can read; it is gone when CMD ends.
# Needs dbus-daemon.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=common.sh
. "$here/common.sh"

rig=$(mktemp -d)
trap 'rm -rf "$rig"' EXIT
chmod 755 "$rig"
mkdir -m 700 "$rig/run" "$rig/home"
# copies: the checkout may lie where the unprivileged user cannot look
cp "$here"/*.sh "$here/session.conf" "$rig/"
chmod 644 "$rig/session.conf"
chmod 755 "$rig"/*.sh

as=()
user=$(id -un)
if [ "$(id -u)" = 0 ]; then
    make_rig_user
    user=$rig_user
    chown -R "$user:" "$rig"
    as=(setpriv --reuid "$user" --regid "$user" --init-groups)
fi
cd /
"${as[@]}" env -i PATH="$rig:$PATH" HOME="$rig/home" USER="$user" LANG=C.UTF-8 \
    XDG_RUNTIME_DIR="$rig/run" RIG="$rig" NO_AT_BRIDGE=1 \
    dbus-run-session --config-file="$rig/session.conf" -- "$@"
