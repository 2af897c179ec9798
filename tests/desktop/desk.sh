#!/bin/bash
# with-session-bus.sh desk.sh
#
# A desk to put notifications on: a screen (Xvfb) and a real notification server (dunst), told what
# to do line by line on standard input. Each line gets one line of answer, `ok ...` or `no ...`;
# nothing waits longer than ten seconds. Ends when standard input does. Needs xvfb, dunst,
# libglib2.0-bin (gdbus) and, for `shot`, imagemagick.
#
#   bus            the address of the session bus
#   start | stop   the notification server; it is not there at first
#   wait N         until N notifications are on the screen
#   count          how many are
#   texts          summary and body of what was on the screen and is closed, newest first (JSON)
#   press WORDS    presses the action whose label holds these words, on whatever notification
#   dismiss        closes the newest as a user does
#   say WORDS      some other program shows a notification
#   shot           a picture of the screen; answers its path
#
# By hand: tests/desktop/with-session-bus.sh desk.sh, then type.
set -u
screen='' server=''

cat >"$RIG/dunstrc" <<RC
[global]
    markup = full
    width = (0, 460)
    origin = top-right
    offset = 20x20
    font = DejaVu Sans 11
    padding = 14
    horizontal_padding = 16
    frame_width = 1
    frame_color = "#5b6b7b"
    corner_radius = 8
    ellipsize = end
    dmenu = $RIG/picker.sh
[urgency_normal]
    background = "#20262c"
    foreground = "#e8ecf0"
    timeout = 0
RC

# until CMD...: runs it until it succeeds, for at most ten seconds
until_ok() {
    local _
    for _ in $(seq 200); do
        "$@" && return
        sleep 0.05
    done
    return 1
}
there() { gdbus call --session -d org.freedesktop.DBus -o /org/freedesktop/DBus \
    -m org.freedesktop.DBus.NameHasOwner org.freedesktop.Notifications 2>&1 | grep -q "$1"; }
count() { dunstctl count displayed 2>/dev/null; }
counts() { [ "$(count)" = "$1" ]; }
# ends one process, by its number
end() { [ -z "$1" ] || { kill "$1" 2>/dev/null; wait "$1" 2>/dev/null; }; }
trap 'end "$server"; end "$screen"' EXIT

Xvfb -displayfd 3 -screen 0 640x240x24 -nolisten tcp 3>"$RIG/display" >"$RIG/xvfb.log" 2>&1 &
screen=$!
until_ok test -s "$RIG/display" || { cat "$RIG/xvfb.log" >&2; exit 1; }
DISPLAY=:$(cat "$RIG/display")
export DISPLAY

while read -r act rest; do
    case $act in
        bus) echo "ok $DBUS_SESSION_BUS_ADDRESS" ;;
        start)
            dunst -conf "$RIG/dunstrc" >"$RIG/dunst.log" 2>&1 &
            server=$!
            if until_ok there true; then echo ok; else echo "no $(tail -n 1 "$RIG/dunst.log")"; fi ;;
        stop)
            end "$server"
            server=''
            if until_ok there false; then echo ok; else echo 'no still there'; fi ;;
        wait) if until_ok counts "$rest"; then echo ok; else echo "no $(count)"; fi ;;
        count) echo "ok $(count)" ;;
        texts) echo "ok $(busctl --user --json=short call org.freedesktop.Notifications \
            /org/freedesktop/Notifications org.dunstproject.cmd0 NotificationListHistory | tr -d '\n')" ;;
        press)
            printf '%s' "$rest" >"$RIG/pick"
            if dunstctl context; then echo ok; else echo no; fi ;;
        dismiss) if dunstctl close; then echo ok; else echo no; fi ;;
        say)
            if gdbus call --session -d org.freedesktop.Notifications \
                -o /org/freedesktop/Notifications -m org.freedesktop.Notifications.Notify \
                other 0 '' "$rest" '' '[]' '{}' 0 >/dev/null; then echo ok; else echo no; fi ;;
        shot)
            if import -window root "$RIG/shot.png"; then echo "ok $RIG/shot.png"; else echo no; fi ;;
        *) echo "no such act: $act" ;;
    esac
done
