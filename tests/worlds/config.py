#!/usr/bin/env python3
"""config - the configuration a user of a synthetic world would have written.

    python3 worldgen.py WORLD --seed 7
    python3 config.py WORLD > hallway.toml
    hallway --config hallway.toml scan

Reads WORLD/hint.json, which holds what a user knows: own addresses, colleagues, clients and their
people.  The newsletters' folder and the private calendar are left out, as the hint says.  Paths
are absolute, so the file can lie anywhere.  Python 3.11, standard library only.
"""
import json
import sys
from pathlib import Path


def text(value):
    """A TOML basic string; JSON escapes the same way."""
    return json.dumps(value, ensure_ascii=False)


def texts(values):
    return "[" + ", ".join(map(text, values)) + "]"


def section(head, /, **keys):
    """A table with the keys that have a value, in the order given."""
    lines = [f"{key.replace('_', '-')} = {value}" for key, value in keys.items() if value is not None]
    return "\n".join([head, *lines, ""])


def preference(value):
    return text({"in_person": "visit"}.get(value, value)) if value else None


def config(world):
    hint = json.loads((world / "hint.json").read_text())
    me, mail, calendars = hint["me"], hint["mail"], hint["calendars"]
    domains = set(hint["colleague_domains"])
    # Assistants are colleagues; one with an address elsewhere brings a domain of their own.
    domains.update(a.split("@")[1] for a in hint["assistants"])
    hours = "{ days = \"mon-fri\", from = %s, to = %s }" % tuple(map(text, me["hours"]))
    yield section("[me]", addresses=texts(me["addresses"]), colleagues=texts(sorted(domains)),
                  time_zone=text(me["tz"]), working_hours=hours)
    yield section("[[mail]]", name=text("mail"), type=text("maildir"), path=text(str(world / "mail")),
                  exclude=texts(mail["newsletters"]))
    for role, names in (("work", calendars["work"]), ("holidays", calendars["holidays"])):
        for name in names:
            yield section("[[calendar]]", name=text(name), type=text("vdir"),
                          path=text(str(world / "calendar" / name)), role=text(role))
    for client in hint["clients"]:
        # What is wanted in these worlds is the same of every tier, which only weighs.
        days = client["cadence_days"] or 30
        yield section("[[client]]", name=text(client["name"]), domains=texts(client["domains"]),
                      tier=text(client["tier"]), cadence=text(f"{days}d"))
    for client in hint["clients"]:
        for person in client["people"]:
            days = person["cadence_days"]
            yield section("[[person]]", name=text(person["name"]), client=text(client["name"]),
                          addresses=texts(person["addresses"]), key="true" if person["key"] else None,
                          prefers=preference(person["prefers"]), cadence=days and text(f"{days}d"))


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        sys.exit(__doc__)
    print("\n".join(config(Path(sys.argv[1]).resolve())), end="")
