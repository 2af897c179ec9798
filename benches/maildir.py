#!/usr/bin/env python3
"""maildir.py - the Maildir scan against its physical limit and against a peer, in one run.

    python3 benches/maildir.py [--messages 100000] [--rounds 5] [--keep FOLDER]

Generates a Maildir (make_maildir.py; about 40 s and 1.5 GB for 100,000), builds the program and
the bare reader, then interleaves, round by round, with the files in the page cache:

    bare read      list, open, read the first 8 KiB, close (bare_reader.rs)
    scan           `hallway scan` into a new database: everything parsed, stored, derived
    bare list      list the names of every folder
    rescan         `hallway scan` again, nothing changed
    neomutt        fills its header cache from every folder, one after the other, if installed

Prints medians of wall and CPU seconds and peak memory, and ratios taken pair by pair. Wall time on
shared cores is noisy: trust the ratios. Python's standard library and cargo are all it needs.
"""
import argparse, json, os, shutil, statistics, subprocess, sys, tempfile
from pathlib import Path

from measure import run

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--messages", type=int, default=100_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--keep", help="generate here and keep it; reused when it exists")
    options = options.parse_args()

    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    work = Path(tempfile.mkdtemp(prefix="hallway-bench-"))
    try:
        mail = Path(options.keep) if options.keep else work / "mail"
        if not (mail / "cur").exists():
            subprocess.run([sys.executable, HERE / "make_maildir.py", mail, str(options.messages)], check=True)
        built = subprocess.run(
            ["cargo", "bench", "--bench", "bare_reader", "--no-run", "--quiet", "--message-format=json"],
            cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True,
        )
        made = [json.loads(line) for line in built.stdout.splitlines()]
        bare = next(one["executable"] for one in made if one.get("target", {}).get("name") == "bare_reader")
        config = work / "config.toml"
        config.write_text(
            '[me]\naddresses = ["robin@hallward.example"]\ntime-zone = "UTC"\n'
            f'[[mail]]\nname = "bench"\ntype = "maildir"\npath = "{mail}"\n'
        )
        env = {"PATH": os.environ["PATH"], "HOME": str(work), "XDG_STATE_HOME": str(work / "state"),
               "XDG_CONFIG_HOME": str(work / "config"), "TERM": "xterm"}
        hallway = [ROOT / "target/release/hallway", "--config", config, "scan"]
        cases = {"bare read": [bare, mail], "scan": hallway, "bare list": [bare, mail, "list"], "rescan": hallway}
        mutt = shutil.which("neomutt")
        if mutt:
            rc, fill = work / "muttrc", work / "fill.sh"
            folders = " ".join(str(folder) for folder in [mail, *sorted(mail.glob(".*/"))])
            fill.write_text(f"for folder in {folders}; do {mutt} -n -R -F {rc} -f $folder -e 'push q'; done\n")
            cases["neomutt"] = ["script", "-qec", f"sh {fill}", "/dev/null"]
        figures = {name: [] for name in cases}
        run(cases["bare read"], env)                      # the files enter the page cache
        for _ in range(options.rounds):
            for name, command in cases.items():
                if name == "scan":
                    shutil.rmtree(work / "state", ignore_errors=True)
                if name == "neomutt":
                    shutil.rmtree(work / "cache", ignore_errors=True)
                    (work / "cache").mkdir()
                    rc.write_text(
                        f'set header_cache="{work}/cache/"\nset folder="{mail}"\nset record=""\n'
                        'set sort=mailbox-order\nset wait_key=no\nset quit=yes\nset mail_check=0\nset nm_default_url=""\n'
                    )
                figures[name].append(run(command, env))
        print(f"{options.messages} messages, {options.rounds} rounds, load {os.getloadavg()[0]:.1f}")
        print(f"{'':12}{'wall s':>9}{'CPU s':>9}{'peak MiB':>10}")
        for name, rows in figures.items():
            wall, cpu, peak = (statistics.median(row[i] for row in rows) for i in range(3))
            print(f"{name:12}{wall:9.3f}{cpu:9.3f}{peak:10.1f}")
        for over, under in (("scan", "bare read"), ("rescan", "bare list"), ("neomutt", "scan")):
            if over in figures:
                ratios = sorted(a[0] / b[0] for a, b in zip(figures[over], figures[under]))
                print(f"{over} / {under}: {statistics.median(ratios):.2f} (from {ratios[0]:.2f} to {ratios[-1]:.2f})")
        if not mutt:
            print("neomutt is not installed: no comparison with a header cache")
    finally:
        shutil.rmtree(work, ignore_errors=True)


main()
