#!/bin/bash
# in-user-manager.sh CMD [ARG...]: the second half of with-user-manager.sh, already unprivileged.
# Starts the manager, waits until it is up, runs CMD, ends the manager.
set -u
mkdir -p "$HOME/.config/systemd/user"
/lib/systemd/systemd --user --log-target=console >"$RIG/manager.log" 2>&1 &
manager=$!
for _ in $(seq 200); do
    systemctl --user is-system-running >/dev/null 2>&1 && break
    kill -0 "$manager" 2>/dev/null || { cat "$RIG/manager.log" >&2; exit 97; }
    sleep 0.05
done
export DBUS_SESSION_BUS_ADDRESS="unix:path=$XDG_RUNTIME_DIR/bus"
"$@"
rc=$?
systemctl --user exit >/dev/null 2>&1 || kill "$manager" 2>/dev/null
wait "$manager"
exit "$rc"
