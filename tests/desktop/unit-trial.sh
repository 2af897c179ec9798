#!/bin/bash
# with-user-manager.sh unit-trial.sh
#
# The unit as it is shipped, in a real user manager: starts it, reloads it, hangs it, stops it, and
# tells what the manager saw, one `fact: value` a line. Wants in $RIG (by RIG_FILES):
#   hallway                 the program, or what stands in for it
#   stand-in                what that calls, if it calls something beside it
#   hallway.service         the unit
#   50-sandbox.conf         its drop-in, if it is to be on trial too
#   config.toml             the configuration, if there is one to be
#   many.mbox               mail, so much that the daemon begins anew when it has read it
# The one difference to a true installation is a drop-in with a short watchdog and a short wait
# before a restart, so that the trial ends today.
set -u
units=$HOME/.config/systemd/user
mkdir -p "$units/hallway.service.d" "$HOME/.cargo/bin" "$HOME/.config/hallway"
mkdir -p "$HOME/.local/state/hallway"
mv "$RIG/hallway.service" "$units/"
install -m 755 "$RIG/hallway" "$HOME/.cargo/bin/hallway"
[ ! -e "$RIG/stand-in" ] || mv "$RIG/stand-in" "$HOME/.cargo/bin/"
[ ! -e "$RIG/50-sandbox.conf" ] || mv "$RIG/50-sandbox.conf" "$units/hallway.service.d/"
[ ! -e "$RIG/config.toml" ] || install -m 600 "$RIG/config.toml" "$HOME/.config/hallway/"
[ ! -e "$RIG/many.mbox" ] || mv "$RIG/many.mbox" "$HOME/"
cat >"$units/hallway.service.d/90-trial.conf" <<'UNIT'
[Service]
WatchdogSec=2s
RestartSec=100ms
UNIT

show() { systemctl --user show hallway.service -p "$1" --value; }
fact() { echo "$1: $2"; }
# for at most ten seconds
until_is() {
    local _
    for _ in $(seq 200); do
        [ "$(show "$1")" = "$2" ] && return
        sleep 0.05
    done
    return 1
}
ms() { echo $(($(date +%s%N) / 1000000)); }

systemctl --user daemon-reload
systemd-run --user --wait -q -p PrivateUsers=yes true
fact user-namespaces $?
systemctl --user start hallway.service
fact start $?
fact state "$(show ActiveState)"
status=$(show StatusText)
fact status "$status"
fact needs-reload "$(show NeedDaemonReload)"

if [ "$(show ActiveState)" = active ]; then
    first=$(show MainPID)
    if [ -e "$HOME/many.mbox" ]; then
        for _ in $(seq 400); do
            case $(readlink "/proc/$first/fd/0") in */lock) break ;; esac
            sleep 0.05
        done
        # from here on it is another program, which says that it is ready
        until_is ActiveState active
        case $(readlink "/proc/$first/fd/0") in */lock) fact begun-anew yes ;; esac
        fact process-when-anew "$([ "$(show MainPID)" = "$first" ] && echo same || echo other)"
        fact state-when-anew "$(show ActiveState)"
        fact restarts-when-anew "$(show NRestarts)"
        status=$(show StatusText)
    fi
    systemctl --user reload hallway.service
    fact reload $?
    # the signal is sent when reload returns, and heard soon after
    for _ in $(seq 40); do
        [ "$(show StatusText)" = "$status" ] || break
        sleep 0.05
    done
    until_is ActiveState active
    fact state-after-reload "$(show ActiveState)"
    fact status-after-reload "$(show StatusText)"
    fact same-process "$([ "$(show MainPID)" = "$first" ] && echo yes || echo no)"

    # a program that hangs is killed and started again
    kill -STOP "$first"
    until_is NRestarts 1
    fact restarts-after-hang "$(show NRestarts)"
    until_is ActiveState active
    fact state-after-hang "$(show ActiveState)"

    begin=$(ms)
    systemctl --user stop hallway.service
    fact stop-ms $(($(ms) - begin))
    fact state-after-stop "$(show ActiveState)"
    fact result "$(show Result)"
    fact exit-status "$(show ExecMainStatus)"

    # it comes and goes with the graphical session
    printf '[Unit]\nBindsTo=graphical-session.target\n' >"$units/desktop.target"
    systemctl --user daemon-reload
    systemctl --user enable -q hallway.service
    systemctl --user start desktop.target
    until_is ActiveState active
    fact in-session "$(show ActiveState)"
    systemctl --user stop desktop.target
    until_is ActiveState inactive
    fact after-session "$(show ActiveState)"
else
    fact exit-status "$(show ExecMainStatus)"
    fact restarts "$(show NRestarts)"
fi

sed 's/^/manager: /' "$RIG/manager.log" | grep -i 'hallway\|fail' >&2
exit 0
