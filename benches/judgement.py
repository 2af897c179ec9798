#!/usr/bin/env python3
"""judgement.py - what judging costs: everything from nothing, one new message, `hallway status`.

    python3 benches/judgement.py [--facts 1000000] [--people 500] [--rounds 5] [--keep FOLDER]
                                 [--program FILE] [--steps FILE]

Makes a database of facts that nobody has judged yet (judgement.rs; half a minute for a million), then
measures, each in a process of its own with its peak memory, all on one core, medians of some rounds:

    derive    `hallway scan` of accounts with nothing new: every stored fact is judged
    status    `hallway status` from process start, ten years behind it
    fact      one message, from being fetched to the verdicts and the thought about a nudge, in the
              daemon's own loop: the first one after everything was judged, the middle one of those
              that follow, and the first one after a start on a database that is judged already

--program and --steps name the program and the benchmark of judgement.rs, built already. The facts end
on the day they are made: what --keep kept for months has grown silent. Python's standard library,
cargo and taskset are all it needs.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

from measure import run

ROOT = Path(__file__).resolve().parent.parent
ONE_CORE = ["taskset", "-c", "0"]


def program():
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    return ROOT / "target/release/hallway"


def steps():
    made = subprocess.run(
        ["cargo", "bench", "--bench", "judgement", "--no-run", "--quiet", "--message-format=json"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    targets = [json.loads(line) for line in made.stdout.splitlines()]
    return next(one["executable"] for one in targets if one.get("target", {}).get("name") == "judgement")


def main():
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--facts", type=int, default=1_000_000)
    options.add_argument("--people", type=int, default=500)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--keep", help="make the facts here and keep them; used again when they are there")
    options.add_argument("--program", help="measure this one and build none")
    options.add_argument("--steps", help="the benchmark of judgement.rs, built already")
    options = options.parse_args()
    hallway = Path(options.program or program()).resolve()
    bench = Path(options.steps or steps()).resolve()
    work = Path(tempfile.mkdtemp(prefix="hallway-bench-"))
    try:
        facts = Path(options.keep).resolve() if options.keep else work / "facts"
        if not (facts / "config.toml").exists():
            # Beside its place until it is whole: half a database is none.
            half = facts.with_name(f"{facts.name}.half")
            shutil.rmtree(half, ignore_errors=True)
            subprocess.run([bench, "make", half, str(options.facts), str(options.people)], check=True)
            half.rename(facts)
        home = work / "home"
        env = {"HOME": str(home), "PATH": os.environ["PATH"]}
        hallway = [*ONE_CORE, hallway, "--config", home / "config.toml"]

        def anew():
            shutil.rmtree(home, ignore_errors=True)
            shutil.copytree(facts, home)
            # What a copy leaves to be written would be written beside what is measured.
            os.sync()

        derived, told, steps_taken = [], [], []
        for _ in range(options.rounds):
            anew()
            derived.append(run([*hallway, "scan"], env))
        told = [run([*hallway, "status"], env) for _ in range(options.rounds)]
        for _ in range(min(options.rounds, 3)):
            anew()
            step = subprocess.run([*ONE_CORE, bench, "fact", home], check=True, stdout=subprocess.PIPE)
            steps_taken.append(json.loads(step.stdout))
        print(f"{options.facts} facts, {options.people} people, load {os.getloadavg()[0]:.1f}")
        print(f"{'':34}{'wall ms':>9}{'CPU ms':>9}{'peak MiB':>10}   goal")
        show("derive: every fact, from nothing", "3000 ms, 300 MiB", *cost(derived))
        show("status from process start", "50 ms", *cost(told))
        middle = {name: statistics.median(one[name] for one in steps_taken) * 1000 for name in steps_taken[0]}
        show("loop: every fact, to a nudge", "", middle["anew"])
        show("fact: the first after that", "5 ms", middle["next"])
        show("fact: the middle of many", "5 ms", middle["fact"])
        show("loop: started again", "", middle["start"])
        show("fact: the first after a start", "5 ms", middle["after_start"])
    finally:
        shutil.rmtree(work, ignore_errors=True)


def cost(runs):
    """The middle wall and CPU times in milliseconds and the highest peak of some runs."""
    wall, cpu, peak = zip(*runs)
    return statistics.median(wall) * 1000, statistics.median(cpu) * 1000, max(peak)


def show(what, goal, wall, cpu=None, peak=None):
    digits = 0 if wall > 100 else 2
    cpu = "" if cpu is None else f"{cpu:.0f}"
    peak = "" if peak is None else f"{peak:.0f}"
    print(f"{what:34}{wall:9.{digits}f}{cpu:>9}{peak:>10}   {goal}")


if __name__ == "__main__":
    main()
