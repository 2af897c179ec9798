#!/usr/bin/env python3
"""measured.py FILE COMMAND...: runs a command, and writes the most memory it ever held, in KiB, to FILE."""
import os, sys

child = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
with open(sys.argv[1], "w") as file:
    file.write(str(usage.ru_maxrss))
sys.exit(os.waitstatus_to_exitcode(status) & 255)
