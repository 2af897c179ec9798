#!/bin/sh
# look.sh PAGE.html FOLDER: pictures of a page as people see it, light and dark, on a desk and on
# a phone. To look at with one's own eyes; the test in tests/it/digest measures the same frames.
#
# preferredColorScheme is 0 for dark and 1 for light since Chromium 90 or so (148 here); any other
# number hangs the renderer. --force-dark-mode is not it: it inverts pages instead of asking them.
set -eu
page=$(realpath "$1") out=$(realpath -m "$2") here=$(dirname "$(realpath "$0")")
mkdir -p "$out"
for width in 360 1200; do
  for theme in dark:0 light:1; do
    profile=$(mktemp -d)
    flags="--headless --no-sandbox --disable-gpu --disable-quic --no-first-run
      --disable-background-networking --disable-component-update --disable-sync --hide-scrollbars
      --allow-file-access-from-files --virtual-time-budget=3000 --user-data-dir=$profile
      --blink-settings=preferredColorScheme=${theme#*:}"
    url="file://$here/frame.html?page=file://$page&widths=$width"
    window=$width; [ "$window" -ge 500 ] || window=500
    height=$(chromium $flags --host-resolver-rules='MAP * ~NOTFOUND' --dump-dom "$url" 2>/dev/null |
      grep -o 'height&quot;:[0-9]*' | grep -o '[0-9]*$')
    chromium $flags --host-resolver-rules='MAP * ~NOTFOUND' --window-size="$window,$height" \
      --screenshot="$out/$width-${theme%:*}.png" "$url" >/dev/null 2>&1
    rm -rf "$profile"
    echo "$out/$width-${theme%:*}.png $height"
  done
done
