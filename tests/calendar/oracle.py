#!/usr/bin/env python3
"""What python's recurring-ical-events makes of rules and calendars, as data for the tests.

    python3 -m venv VENV && VENV/bin/pip install recurring-ical-events==3.8.2 icalendar==7.3.2
    VENV/bin/python tests/calendar/oracle.py rules CORPORA/libical-recur/icalrecur_test.txt
    VENV/bin/python tests/calendar/oracle.py files CORPORA
    VENV/bin/python tests/calendar/oracle.py random
    VENV/bin/python tests/calendar/oracle.py show FILE-OR-LINE

The first three write tests/data/calendar/oracle/{rules,files,random}.txt, which the tests read;
nothing of this runs in a test. `show` prints every instance behind one answer, to be compared with
what a failing test prints.

An answer is how many instances there are and the start of a hash over all of them: each line
of the hashed text is `START/SECONDS` in UTC, or `DAY/DAYS` for whole days, sorted. Random rules
compare starts only: the oracle adds a duration by the wall clock, which is no time at all where
summer time begins.
"""

import datetime as dt
import hashlib
import pathlib
import random
import re
import sys
import warnings
import zoneinfo

import icalendar
import recurring_ical_events

warnings.filterwarnings("ignore")
OUT = pathlib.Path(__file__).resolve().parent.parent / "data/calendar/oracle"
UTC = dt.timezone.utc
USER = zoneinfo.ZoneInfo("Europe/Berlin")
SUFFIXES = (".ics", ".ical", ".icalendar", ".ifb", ".vcs")


def instances(text, first, last, user, ends=True):
    """Every instance that starts in the window, as sorted lines; cancelled ones too."""
    lines = []
    for calendar in icalendar.Calendar.from_ical(text, multiple=True):
        query = recurring_ical_events.of(calendar, components=["VEVENT"])
        # A day wider, since the oracle compares floating times in a zone of its own.
        for event in query.between(first - dt.timedelta(days=2), last + dt.timedelta(days=2)):
            start, end = event["DTSTART"].dt, event["DTEND"].dt if "DTEND" in event else None
            if end is None:
                end = start + event["DURATION"].dt if "DURATION" in event else start
            if not isinstance(start, dt.datetime):
                if isinstance(end, dt.datetime):
                    end = end.date()
                if first.date() <= start < last.date():
                    days = max((end - start).days, 1)
                    lines.append(f"{start:%Y%m%d}/{days}" if ends else f"{start:%Y%m%d}")
                continue
            if start.tzinfo is None:
                start = start.replace(tzinfo=user)
            if not isinstance(end, dt.datetime):
                end = start
            if end.tzinfo is None:
                end = end.replace(tzinfo=user)
            start, end = start.astimezone(UTC), end.astimezone(UTC)
            if not first.replace(tzinfo=user) <= start < last.replace(tzinfo=user):
                continue
            at = start.strftime("%Y%m%dT%H%M%SZ")
            seconds = max(int((end - start).total_seconds()), 0)
            lines.append(f"{at}/{seconds}" if ends else at)
    return sorted(lines)


def answer(lines):
    return f"{len(lines)} {hashlib.sha256(chr(10).join(lines).encode()).hexdigest()[:8]}"


def asked(ask):
    try:
        return answer(ask())
    except Exception as error:  # the oracle's own faults are answers too
        return f"fails {type(error).__name__}"


def event(lines):
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n"
    end = "END:VEVENT\r\n"
    body = "".join(f"BEGIN:VEVENT\r\nUID:1\r\n{''.join(l + chr(13) + chr(10) for l in part)}{end}"
                   for part in lines)
    return head + body + "END:VCALENDAR\r\n"


# rules: libical's table

def rule_instances(start, rule):
    kind = ";VALUE=DATE" if len(start) == 8 else ""
    text = event([[f"DTSTART{kind}:{start}", f"RRULE:{rule}"]])
    first = dt.datetime.strptime(start[:8], "%Y%m%d")
    utc = zoneinfo.ZoneInfo("UTC")
    return instances(text, first, dt.datetime(2033, 1, 1), utc, ends=False)


def rules(table):
    rule, out = None, []
    for line in open(table):
        name, _, value = line.strip().partition(":")
        if name == "RRULE":
            rule = value
        elif name == "DTSTART":
            if any(f"FREQ={freq}" in rule for freq in ("HOURLY", "MINUTELY", "SECONDLY")):
                given = "-"
            else:
                given = asked(lambda: rule_instances(value, rule))
            name = hashlib.sha256(f"{value} {rule}".encode()).hexdigest()[:8]
            out.append(f"{name} = {given}")
    head = """\
# The answers of python's recurring-ical-events 3.8.2 to the rules of libical's icalrecur_test.txt, in
# its order: instances from DTSTART to the end of 2032, floating times in UTC. The rules stay where
# they are; each is named by the start of a SHA-256 over "DTSTART RRULE". Rules that repeat within a
# day were not asked (-): they are refused here. Made by tests/calendar/oracle.py rules.
"""
    (OUT / "rules.txt").write_text(head + "\n".join(out) + "\n")


# files: other people's calendars

def read(path):
    data = path.read_bytes()
    return data, data.decode("utf-8", "replace").lstrip("\ufeff")


def file_instances(path):
    """The instances of a file, UID by UID, and the UIDs that the oracle cannot make sense of."""
    _, text = read(path)
    found, failed = [], {}
    for uid, part in by_uid(text):
        try:
            found += instances(part, dt.datetime(1995, 1, 1), dt.datetime(2030, 1, 1), USER)
        except Exception as error:
            failed[uid] = type(error).__name__
    return sorted(found), failed


def by_uid(text):
    """A calendar for each UID, with what stands around its events (time zones above all)."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    around, groups, block = [], {}, None
    for line in lines:
        kind = line.strip().upper()
        if kind == "BEGIN:VEVENT":
            block = []
        if block is None:
            around.append(line)
        else:
            block.append(line)
        if kind == "END:VEVENT" and block is not None:
            unfolded = re.sub(r"\n[ \t]", "", "\n".join(block))
            uid = re.search(r"^UID[^:\n]*:(.*)$", unfolded, re.M | re.I)
            uid = uid.group(1).strip() if uid else f"none-{len(groups)}"
            groups.setdefault(uid, []).extend(block)
            block = None
    head, tail = around, ["END:VCALENDAR", ""]
    if not any(line.strip().upper() == "BEGIN:VCALENDAR" for line in around):
        head = ["BEGIN:VCALENDAR"] + around
    head = [line for line in head if line.strip().upper() != "END:VCALENDAR" and line.strip()]
    # Of several calendars in one file all but the first frame are left out: one is enough.
    frames = [at for at, line in enumerate(head) if line.strip().upper() == "BEGIN:VCALENDAR"]
    head = [line for at, line in enumerate(head) if at not in frames[1:]]
    for uid, block in groups.items():
        yield uid, "\r\n".join(head + block + tail)


def files(corpora):
    corpora = pathlib.Path(corpora)
    out = []
    for path in sorted(corpora.rglob("*")):
        if not path.is_file() or path.suffix.lower() not in SUFFIXES:
            continue
        data, text = read(path)
        if "BEGIN:VEVENT" not in text.upper():
            continue
        found, failed = file_instances(path)
        name = str(path.relative_to(corpora)).replace(" ", "\\x20")
        mark = hashlib.sha256(data).hexdigest()[:8]
        out.append(f"{name} {mark} = {answer(found)}")
        out += [f"  {why} {uid}" for uid, why in failed.items()]
    head = """\
# Every calendar with an event in it below HALLWAY_CORPORA, by path and start of its SHA-256, with
# the answers of python's recurring-ical-events 3.8.2: instances of 1995 to 2029, the user in
# Europe/Berlin. Indented below a file: the error and the UID of what the oracle cannot read, which
# is not in its answer. Made by tests/calendar/oracle.py files.
"""
    (OUT / "files.txt").write_text(head + "\n".join(out) + "\n")


# random: seeded rules in many zones

ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe",
         "America/Sao_Paulo", "Africa/Casablanca", "Pacific/Apia", "Europe/London", "Asia/Tehran",
         "America/St_Johns", "UTC", "floating", "day"]
DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]


def random_rule(rng, start, kind):
    some = lambda items, most: sorted(rng.sample(items, rng.randint(1, most)), key=items.index)
    freq = rng.choice(["DAILY", "WEEKLY", "WEEKLY", "MONTHLY", "MONTHLY", "YEARLY", "YEARLY"])
    parts = [f"FREQ={freq}"]
    if rng.random() < 0.4:
        parts.append(f"INTERVAL={rng.randint(2, 9 if freq == 'DAILY' else 4)}")
    numbered = lambda most: ",".join(rng.choice(["", str(n), str(-n)]) + day
                                     for day in some(DAYS, 3) for n in [rng.randint(1, most)])
    month_days = lambda: ",".join(map(str, some([-3, -2, -1, 1, 2, 13, 15, 28, 29, 30, 31], 3)))
    several = False
    if freq == "DAILY":
        if rng.random() < 0.3:
            parts.append("BYDAY=" + ",".join(some(DAYS, 5)))
        if rng.random() < 0.2:
            parts.append("BYMONTH=" + ",".join(map(str, some(list(range(1, 13)), 4))))
        if rng.random() < 0.15:
            parts.append("BYMONTHDAY=" + month_days())
    elif freq == "WEEKLY":
        if rng.random() < 0.75:
            parts.append("BYDAY=" + ",".join(some(DAYS, 4)))
            several = True
        if rng.random() < 0.3:
            parts.append("WKST=" + rng.choice(["SU", "SA", "WE"]))
        if rng.random() < 0.15:
            parts.append("BYMONTH=" + ",".join(map(str, some(list(range(1, 13)), 4))))
    elif freq == "MONTHLY":
        way = rng.random()
        if way < 0.35:
            parts.append("BYDAY=" + numbered(5))
            several = True
        elif way < 0.55:
            parts.append("BYDAY=" + ",".join(some(DAYS, 5)))
            several = True
        elif way < 0.85:
            parts.append("BYMONTHDAY=" + month_days())
            several = True
        if rng.random() < 0.15:
            parts.append("BYMONTH=" + ",".join(map(str, some(list(range(1, 13)), 5))))
    else:
        way = rng.random()
        if way < 0.3:
            parts.append("BYMONTH=" + ",".join(map(str, some(list(range(1, 13)), 3))))
            if rng.random() < 0.6:
                parts.append("BYDAY=" + numbered(5))
            else:
                parts.append("BYMONTHDAY=" + month_days())
            several = True
        elif way < 0.45:
            parts.append("BYYEARDAY=" + ",".join(map(str, some([-366, -1, 1, 59, 60, 100, 200, 365,
                                                                366], 3))))
            several = True
        elif way < 0.6:
            parts.append("BYWEEKNO=" + ",".join(map(str, some([-1, 1, 2, 10, 20, 51, 52, 53], 2))))
            if rng.random() < 0.8:
                parts.append("BYDAY=" + ",".join(some(DAYS, 3)))
            several = True
        elif way < 0.7:
            parts.append("BYDAY=" + numbered(53))
            several = True
    if several and rng.random() < 0.2:
        parts.append("BYSETPOS=" + rng.choice(["1", "-1", "2", "1,-1", "-2", "3"]))
    if kind != "day" and rng.random() < 0.08:
        parts.append("BYHOUR=" + ",".join(map(str, some([0, 1, 2, 3, 9, 14, 23], 2))))
    end = rng.random()
    if end < 0.3:
        parts.append(f"COUNT={rng.randint(1, 120)}")
    elif end < 0.55:
        until = start + dt.timedelta(days=rng.randint(100, 3000))
        if kind == "day":
            parts.append(f"UNTIL={until:%Y%m%d}")
        elif kind == "floating":
            parts.append(f"UNTIL={until:%Y%m%dT%H%M%S}")
        else:
            parts.append(f"UNTIL={until.astimezone(UTC):%Y%m%dT%H%M%SZ}")
    return ";".join(parts)


def written(name, zone, at):
    """A date property of a line of random.txt as a calendar writes it."""
    if zone == "day":
        return f"{name};VALUE=DATE:{at}"
    if zone == "floating":
        return f"{name}:{at}"
    return f"{name}:{at}Z" if zone == "UTC" else f"{name};TZID={zone}:{at}"


def random_calendar(line):
    zone, start, rule, *more = line.split(" = ")[0].split(" ")
    master, overrides = [written("DTSTART", zone, start), f"RRULE:{rule}"], []
    for word in more:
        sign, at = word[0], word[1:]
        if sign == "-":
            master.append(written("EXDATE", zone, at))
        elif sign == "+":
            master.append(written("RDATE", zone, at))
        else:
            meant, to = at.split(">")
            range_ = ";RANGE=THISANDFUTURE" if sign == "~" else ""
            meant = written("RECURRENCE-ID" + range_, zone, meant)
            overrides.append([meant, written("DTSTART", zone, to)])
    return event([master] + overrides)


def random_instances(line):
    zone = line.split(" ")[0]
    user = zoneinfo.ZoneInfo("America/Chicago")
    first, last = dt.datetime(2023, 1, 1), dt.datetime(2027, 1, 1)
    return instances(random_calendar(line), first, last, user, ends=False)


def plain_starts(zone, start, rule):
    """Wall-clock starts of a rule alone, to pick exceptions from."""
    text = event([[written("DTSTART", zone, start), f"RRULE:{rule}"]])
    query = recurring_ical_events.of(icalendar.Calendar.from_ical(text))
    found = query.between(dt.datetime(2023, 1, 3), dt.datetime(2024, 12, 28))
    form = "%Y%m%d" if zone == "day" else "%Y%m%dT%H%M%S"
    return sorted(one["DTSTART"].dt.strftime(form) for one in found)


def random_line(rng):
    zone = rng.choice(ZONES)
    year, time = rng.randint(2015, 2024), rng.choice([(0, 0), (1, 30), (2, 30), (9, 0), (9, 0),
                                                      (14, 45), (18, 30), (23, 30)])
    start = dt.datetime(year, rng.randint(1, 12), rng.randint(1, 28), *time)
    if rng.random() < 0.05:
        start = start.replace(year=2016, month=2, day=29)
    tz = UTC if zone in ("UTC", "floating", "day") else zoneinfo.ZoneInfo(zone)
    rule = random_rule(rng, start.replace(tzinfo=tz), zone)
    form = "%Y%m%d" if zone == "day" else "%Y%m%dT%H%M%S"
    at = start.strftime(form)
    words = [zone, at, rule]
    if rng.random() < 0.4:
        try:
            found = plain_starts(zone, at, rule)
        except Exception:
            found = []
        chosen = rng.sample(found, min(len(found), 3))
        later = lambda text, hours: (dt.datetime.strptime(text, form)
                                     + dt.timedelta(hours=hours)).strftime(form)
        if chosen and rng.random() < 0.6:
            words.append("-" + chosen.pop())
        if chosen and rng.random() < 0.4:
            words.append("+" + later(chosen[0], 24 * 5 + (0 if zone == "day" else 1)))
        if chosen and rng.random() < 0.5:
            one = chosen.pop()
            words.append(f">{one}>{later(one, rng.choice([24, 72, -24]))}")
        if chosen and rng.random() < 0.15:
            one = chosen.pop()
            words.append(f"~{one}>{later(one, 24 if zone == 'day' else rng.choice([1, 2, 24]))}")
    return " ".join(words)


def make_random():
    rng, out, seen = random.Random(5545), [], set()
    while len(out) < 2600:
        line = random_line(rng)
        if line in seen:
            continue
        seen.add(line)
        given = asked(lambda: random_instances(line))
        # A rule that gives nothing in the window proves little: one in ten is enough.
        if given.startswith("0 ") and rng.random() < 0.9:
            continue
        out.append(f"{line} = {given}")
    head = """\
# Random rules: zone, DTSTART, RRULE, then -EXDATE, +RDATE, >INSTANCE>MOVED and, for all that
# follow, ~INSTANCE>MOVED; with the answers of python's recurring-ical-events 3.8.2: starts of 2023
# to 2026, the user in America/Chicago. Made by tests/calendar/oracle.py random (seed 5545).
"""
    (OUT / "random.txt").write_text(head + "\n".join(out) + "\n")


def show(what):
    if pathlib.Path(what).exists():
        lines, _ = file_instances(pathlib.Path(what))
    elif what[:1].isdigit():
        start, rule = what.split(" = ")[0].split(" ")
        lines = rule_instances(start, rule)
    else:
        lines = random_instances(what)
    print("\n".join(lines))
    print(answer(lines))


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    match sys.argv[1:]:
        case ["rules", table]:
            rules(table)
        case ["files", corpora]:
            files(corpora)
        case ["random"]:
            make_random()
        case ["show", what]:
            show(what)
        case _:
            sys.exit(__doc__)
