#!/usr/bin/env python3
"""compare - what the program read from a synthetic world against what really happened there.

    python3 worldgen.py WORLD --seed 7
    python3 config.py WORLD > hallway.toml
    hallway --config hallway.toml scan
    hallway --config hallway.toml interactions --json > interactions.jsonl
    python3 compare.py WORLD interactions.jsonl [--strict]

Compared by (person, day, channel, setting), mail and calendar apart; several messages of one day
and setting are one such cell on both sides.  Left out on the side of the truth: what left no
trace (visible = false).  Left out on the side of the program: broadcasts, which are listed only
to be explained, and of a standing group call all but its first day in an ISO week.  The planted
edge cases are left out of the calendar figures and judged on their own, by the categories E, G, O
that the person-day is counted as.  Contact days (lines with counts = true) are compared exactly.

Exits 1 when an F1 is below 0.97 or when a machine, a room, a colleague, an own address or anybody
else who is no client's person appears as one; with --strict also for any edge case or contact day
that is not as it should be.  Exits 2 when the lines are not what the contract promises.
Python 3.11, standard library only.
"""
import json
import re
import sys
from datetime import date
from pathlib import Path

LEAST = 0.97
KEYS = ("at", "day", "person", "name", "address", "client", "channel", "setting", "direction", "participants",
        "minutes", "standing", "counts", "rule", "source", "ref")
MACHINE = re.compile(r"(^|[._+-])(no-?reply|do-?not-?reply|notifications?|mailer-daemon|postmaster|bounces?|notetaker)"
                     r"([._+-]|@)|calendar\.google\.com$", re.I)
ROOM = re.compile(r"^room-", re.I)


def category(line):
    """What a contact day is counted as."""
    if line["channel"] in ("email", "chat"):
        return "E"
    return "O" if line["setting"] == "one_on_one" else "G"


def week(day):
    return date.fromisoformat(day).isocalendar()[:2]


class Comparison:
    def __init__(self, world, path):
        self.hint = json.loads((world / "hint.json").read_text())
        self.truth = json.loads((world / "truth.json").read_text())
        self.pid = {a.lower(): p["id"] for c in self.hint["clients"] for p in c["people"] for a in p["addresses"]}
        self.names = {p["id"]: p["name"] for c in self.hint["clients"] for p in c["people"]}
        self.edge_sources = {e["source"].strip("<>") for e in self.truth["edge_cases"]}
        self.lines = list(self.read(path))
        self.failures = []

    def read(self, path):
        for number, text in enumerate(path.read_text().splitlines(), 1):
            try:
                line = json.loads(text)
                missing = [k for k in KEYS if k not in line]
                if missing:
                    raise ValueError(f"no {', '.join(missing)}")
                date.fromisoformat(line["day"])
            except (ValueError, TypeError) as why:
                print(f"{path}:{number}: {why}", file=sys.stderr)
                raise SystemExit(2)
            yield line

    def of(self, line):
        return self.pid.get(line["person"].lower())

    # ------------------------------------------------------------ who appears
    def who(self, address):
        address, me = address.lower(), [a.lower() for a in self.hint["me"]["addresses"]]
        domain = address.rpartition("@")[2]
        if address in me:
            return "own address"
        if MACHINE.search(address):
            return "machine"
        if ROOM.search(address):
            return "room"
        if address in self.hint["assistants"] or domain in self.hint["colleague_domains"]:
            return "colleague"
        return None

    def people(self):
        wrong = {}
        for line in self.lines:
            for address in (line["person"], line["address"]):
                kind = self.who(address)
                if kind is None and line["setting"] != "broadcast" and self.of(line) is None:
                    kind = "nobody's client"
                if kind:
                    wrong.setdefault((address, kind), []).append(line["ref"])
        for (address, kind), refs in sorted(wrong.items()):
            print(f"wrong person: {address} is a {kind}, in {len(refs)} interactions, first {refs[0]}")
        if wrong:
            self.failures.append(f"{len(wrong)} wrong people")
        people = {self.of(line) for line in self.lines} - {None}
        print(f"people: {len(people)} of {len(self.names)} appear, {len(wrong)} wrong")

    # ------------------------------------------------------------ cells
    def is_edge(self, source):
        return source.strip("<>") in self.edge_sources

    def expected(self, mail):
        return {(pid, x["d"], x["ch"], x["set"]) for pid, touches in self.truth["people"].items() for x in touches
                if x["visible"] and (x["cat"] == "E") == mail and (mail or not self.is_edge(x["src"]))}

    def got(self, mail):
        cells, first = set(), {}
        for line in self.lines:
            kind = category(line)
            if line["setting"] == "broadcast" or (kind == "E") != mail:
                continue
            uid = line["ref"].split("#")[0]
            if not mail and self.is_edge(uid):
                continue
            cell = (self.of(line) or line["person"], line["day"], line["channel"], line["setting"])
            if line["standing"] and kind == "G":
                mark = (cell[0], uid, week(line["day"]))
                first[mark] = min(first.get(mark, cell), cell, key=lambda c: c[1])
            else:
                cells.add(cell)
        return cells | set(first.values())

    def figures(self, title, mail):
        want, got = self.expected(mail), self.got(mail)
        right = len(want & got)
        precision, recall = right / len(got) if got else 0.0, right / len(want) if want else 1.0
        f1 = 2 * precision * recall / (precision + recall) if right else 0.0
        print(f"{title}: precision {precision:.4f}, recall {recall:.4f}, F1 {f1:.4f} "
              f"({right} right, {len(got - want)} too many, {len(want - got)} missing)")
        for word, cells in (("too many", got - want), ("missing", want - got)):
            for cell in sorted(cells)[:10]:
                print(f"    {word}: {cell[1]} {self.names.get(cell[0], cell[0])} {cell[2]} {cell[3]}")
        if f1 < LEAST:
            self.failures.append(f"{title} F1 {f1:.4f} is below {LEAST}")

    # ------------------------------------------------------------ contact days
    def contact_days(self):
        days, seen, twice = {}, set(), 0
        for line in self.lines:
            if line["counts"]:
                cell = (self.of(line), line["day"], category(line))
                twice += cell in seen or line["setting"] == "broadcast"
                seen.add(cell)
                days.setdefault(cell[:2], set()).add(cell[2])
        return days, twice

    def days(self, strict):
        got, twice = self.contact_days()
        want = {}
        for pid, touches in self.truth["people"].items():
            for x in touches:
                if x["visible"]:
                    want.setdefault((pid, x["d"]), set()).add(x["cat"])
        keys = sorted((set(want) | set(got)), key=str)
        bad = [k for k in keys if want.get(k) != got.get(k)]
        equal = 1 - len(bad) / len(keys) if keys else 1.0
        print(f"contact days: {len(keys)} person-days, {equal:.5f} equal, {twice} counted twice")
        for pid, day in bad[:20]:
            show = lambda cats: "".join(sorted(cats or "-"))
            print(f"    {day} {self.names.get(pid, pid)}: expected {show(want.get((pid, day)))}, "
                  f"got {show(got.get((pid, day)))}")
        if twice:
            self.failures.append(f"{twice} contact days are counted twice")
        if strict and bad:
            self.failures.append(f"{len(bad)} person-days differ")

    def edges(self, strict):
        got, _ = self.contact_days()
        bad = set()
        for e in self.truth["edge_cases"]:
            for row in e["expect"]:
                have = sorted(got.get((row["person"], row["date"]), set()))
                mark = "ok  " if have == row["cats"] else "FAIL"
                if mark == "FAIL":
                    bad.add(e["id"])
                print(f"    {mark} {e['id']} {row['date']} {self.names[row['person']]}: "
                      f"expected {''.join(row['cats']) or '-'}, got {''.join(have) or '-'} ({e['note']})")
        ids = {e["id"] for e in self.truth["edge_cases"]}
        print(f"edge cases: {len(ids) - len(bad)} of {len(ids)}")
        if strict and bad:
            self.failures.append(f"edge cases {', '.join(sorted(bad))}")

    def run(self, strict):
        self.people()
        self.figures("email", True)
        self.figures("calendar without edge cases", False)
        self.days(strict)
        self.edges(strict)
        print("FAILED: " + "; ".join(self.failures) if self.failures else "ok")
        return 1 if self.failures else 0


if __name__ == "__main__":
    args = [a for a in sys.argv[1:] if a != "--strict"]
    if len(args) != 2 or any(a.startswith("-") for a in args):
        sys.exit(__doc__)
    sys.exit(Comparison(Path(args[0]), Path(args[1])).run("--strict" in sys.argv))
