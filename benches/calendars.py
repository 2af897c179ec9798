#!/usr/bin/env python3
"""calendars.py - reading and expanding calendars, against khal and recurring-ical-events, in one run.

    python3 benches/calendars.py [--events 20000] [--feed 100000] [--rounds 3] [--program FILE]
                                 [--python VENV/bin/python]

Generates a folder of events and one file with the same events (make_calendar.py), builds the
program, then interleaves, round by round:

    scan folder    `hallway scan` of the folder into a new database: read, expanded, stored, derived
    scan file      `hallway scan` of the one file into a new database
    rescan         `hallway scan` of the folder again, nothing changed
    khal           its first `khal list` of one day over the folder, if installed
    python         icalendar and recurring-ical-events over the one file, the same two years

and last, once, a feed of 100,000 events, for its peak memory. khal expands when it fills its
database and python when it is asked, so both do what a scan does but store less (khal) or nothing
(python). --python names an interpreter that has recurring-ical-events; without one that line is
left out. Wall time on shared cores is noisy: trust the ratios, taken pair by pair.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from measure import run

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
KHAL = """[calendars]
[[c]]
path = {folder}
type = calendar
[locale]
local_timezone = Europe/Berlin
default_timezone = Europe/Berlin
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
[sqlite]
path = {work}/khal.db
"""
ORACLE = """
import datetime, sys, icalendar, recurring_ical_events
calendar = icalendar.Calendar.from_ical(open(sys.argv[1]).read())
now = datetime.datetime.now()
query = recurring_ical_events.of(calendar)
print(len(query.between(now - datetime.timedelta(days=730), now + datetime.timedelta(days=60))))
"""


def has_oracle(python):
    probe = [python, "-c", "import recurring_ical_events"]
    return subprocess.run(probe, stderr=subprocess.DEVNULL).returncode == 0


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--events", type=int, default=20_000)
    options.add_argument("--feed", type=int, default=100_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--program", help="measure this one and build none")
    options.add_argument("--python", default=sys.executable)
    options = options.parse_args()

    program = options.program or ROOT / "target/release/hallway"
    if not options.program:
        subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    work = Path(tempfile.mkdtemp(prefix="hallway-bench-"))
    try:
        folder, one, feed = work / "folder", work / "one.ics", work / "feed.ics"
        make = [sys.executable, HERE / "make_calendar.py"]
        subprocess.run([*make, folder, str(options.events)], check=True)
        subprocess.run([*make, work, str(options.events), "--one", one], check=True)
        subprocess.run([*make, work, str(options.feed), "--one", feed], check=True)
        env = {"PATH": os.environ["PATH"], "HOME": str(work), "XDG_STATE_HOME": str(work / "state"),
               "XDG_CONFIG_HOME": str(work / "config"), "TERM": "xterm"}

        def scan(kind, path):
            config = work / f"{path.stem}.toml"
            config.write_text(
                '[me]\naddresses = ["robin@hallward.example"]\ntime-zone = "Europe/Berlin"\n'
                f'[[calendar]]\nname = "bench"\ntype = "{kind}"\npath = "{path}"\n'
            )
            return [program, "--config", config, "scan"]

        cases = {"scan file": scan("ics", one), "scan folder": scan("vdir", folder)}
        cases["rescan"] = cases["scan folder"]
        khal = shutil.which("khal")
        if khal:
            config = work / "khal.conf"
            config.write_text(KHAL.format(folder=folder, work=work))
            cases["khal"] = [khal, "-c", config, "list", time.strftime("%Y-%m-%d"), "1d"]
        if has_oracle(options.python):
            cases["python"] = [options.python, "-c", ORACLE, one]
        figures = {name: [] for name in cases}
        for _ in range(options.rounds):
            for name, command in cases.items():
                if name.startswith("scan "):
                    shutil.rmtree(work / "state", ignore_errors=True)
                (work / "khal.db").unlink(missing_ok=True)
                figures[name].append(run(command, env))
        shutil.rmtree(work / "state", ignore_errors=True)
        largest = run(scan("ics", feed), env)
        print(f"{options.events} events, {options.rounds} rounds, load {os.getloadavg()[0]:.1f}")
        print(f"{'':12}{'wall s':>9}{'CPU s':>9}{'peak MiB':>10}")
        for name, rows in figures.items():
            wall, cpu, peak = (statistics.median(row[i] for row in rows) for i in range(3))
            print(f"{name:12}{wall:9.3f}{cpu:9.3f}{peak:10.1f}")
        for under, over in (("scan folder", "khal"), ("scan file", "python")):
            if over in figures:
                for what, column in (("wall", 0), ("CPU", 1)):
                    ratios = sorted(a[column] / b[column] for a, b in zip(figures[over], figures[under]))
                    middle, least, most = statistics.median(ratios), ratios[0], ratios[-1]
                    print(f"{over} / {under}, {what}: {middle:.1f} (from {least:.1f} to {most:.1f})")
            else:
                print(f"{over} is not installed: no comparison")
        size = feed.stat().st_size / 2**20
        print(f"a feed of {options.feed} events, {size:.0f} MiB: {largest[0]:.1f} s, CPU {largest[1]:.1f} s, peak {largest[2]:.1f} MiB")
    finally:
        shutil.rmtree(work, ignore_errors=True)


main()
