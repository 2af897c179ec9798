#!/bin/sh
# picker.sh: stands in for dmenu. dunst pipes the menu of actions in; the answer is the line that
# holds the words in $RIG/pick. So a test presses any button of dunst, which draws none.
grep -m 1 -F -- "$(cat "$RIG/pick")"
