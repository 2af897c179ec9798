"""What one process costs. Every benchmark here measures by this, so that their figures compare."""

import os
import signal
import subprocess
import sys
import threading
import time


def run(command, env, limit=None):
    """Wall and CPU seconds and peak MiB of one process, from the kernel's own accounting; None where
    it took longer than `limit` seconds and was killed. The peak is never less than what the calling
    script holds: the kernel counts from before the exec. `/usr/bin/time -v` says the program's own."""
    started = time.monotonic()
    child = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, start_new_session=True)
    stopped = threading.Event()

    def stop():
        stopped.set()
        os.killpg(child.pid, signal.SIGKILL)

    timer = threading.Timer(limit, stop) if limit else None
    if timer:
        timer.start()
    said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - started
    if timer:
        timer.cancel()
    child.returncode = os.waitstatus_to_exitcode(status)
    if stopped.is_set():
        return None
    if child.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit {child.returncode}\n{said.decode(errors='replace')}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
