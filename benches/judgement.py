#!/usr/bin/env python3
"""judgement.py - what judging costs: everything from nothing, one new message, `hallway status`.

    python3 benches/judgement.py [--facts 1000000] [--people 500] [--rounds 5] [--keep FOLDER]

Makes a database of facts that nobody has judged yet (judgement.rs; half a minute for a million), then
measures, each in a process of its own with its peak memory, all on one core:

    derive    `hallway scan` of an account with nothing new: every stored fact is judged
    fact      one message, from being fetched to the verdicts and the thought about a nudge, in the
              daemon's own loop; the first one after a start apart
    status    `hallway status` from process start, ten years behind it

Python's standard library, cargo and taskset are all it needs.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

from measure import run

ROOT = Path(__file__).resolve().parent.parent
# The day the facts end on.
AS_OF = "2026-06-10T10:00:00Z"


def built():
    """The program and the benchmark."""
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    made = subprocess.run(
        ["cargo", "bench", "--bench", "judgement", "--no-run", "--quiet", "--message-format=json"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    targets = [json.loads(line) for line in made.stdout.splitlines()]
    bench = next(one["executable"] for one in targets if one.get("target", {}).get("name") == "judgement")
    return str(ROOT / "target/release/hallway"), bench


def main():
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--facts", type=int, default=1_000_000)
    options.add_argument("--people", type=int, default=500)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--keep", help="make the facts here and keep them; used again when they are there")
    options = options.parse_args()
    hallway, bench = built()
    work = Path(tempfile.mkdtemp(prefix="hallway-bench-"))
    try:
        facts = Path(options.keep).resolve() if options.keep else work / "facts"
        if not (facts / "config.toml").exists():
            subprocess.run([bench, "make", facts, str(options.facts), str(options.people)], check=True)
        home = work / "home"
        env = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
        one_core = ["taskset", "-c", "0"]
        hallway = [*one_core, hallway, "--config", str(home / "config.toml")]
        derived = []
        for _ in range(min(options.rounds, 3)):
            shutil.rmtree(home, ignore_errors=True)
            shutil.copytree(facts, home)
            derived.append(run([*hallway, "scan"], env))
        show("derive", derived)
        said = subprocess.run([*one_core, bench, "fact", home], check=True, stdout=subprocess.PIPE, text=True)
        fact = json.loads(said.stdout)
        print(f"fact     {fact['fact'] * 1000:.2f} ms, the first after a start {fact['first'] * 1000:.0f} ms")
        show("status", [run([*hallway, "status", "--as-of", AS_OF], env) for _ in range(options.rounds)])
    finally:
        shutil.rmtree(work, ignore_errors=True)


def show(what, runs):
    """The middle wall and CPU times and the highest peak of some runs."""
    wall, cpu, peak = zip(*runs)
    wall, cpu = statistics.median(wall) * 1000, statistics.median(cpu) * 1000
    print(f"{what:8} {wall:.0f} ms wall, {cpu:.0f} ms CPU, {max(peak):.0f} MiB at most")


if __name__ == "__main__":
    main()
