# shellcheck shell=bash
# Sourced by the rigs beside it: the unprivileged user they run as when called by root.
#
# A desktop that runs as root proves nothing about the desktop of a person. The user is made once
# and left there; two rigs that start at the same moment make it once.

rig_user=hallwaytest

make_rig_user() {
    (
        flock 9
        id "$rig_user" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash "$rig_user"
    ) 9>"/run/$rig_user.lock"
}
