#!/usr/bin/env python3
"""make_calendar.py - invented events for benches/calendars.py: a folder of one file each, and one file of all.

    make_calendar.py FOLDER EVENTS [--one FILE.ics] [--seed 7]

Seven in ten events are single and lie in the last two years; three in ten recur (weekly, daily,
monthly, yearly; by COUNT, by UNTIL or for ever; some with an exception, some with an instance that
moved). Half have guests. Times are in UTC, in Berlin or whole days.
"""
import argparse
import os
import random
from datetime import datetime, timedelta

DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"]
WORDS = "sync review budget planning demo design sales travel lunch retro interview call workshop release".split()
PEOPLE = [(f"Person {n}", f"p{n}@d{n % 120}.example") for n in range(400)]
HEAD = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//example//make_calendar//EN\r\n"
ZONE = "\r\n".join([
    "BEGIN:VTIMEZONE", "TZID:Europe/Berlin",
    "BEGIN:DAYLIGHT", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "DTSTART:19700329T020000",
    "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3", "END:DAYLIGHT",
    "BEGIN:STANDARD", "TZOFFSETFROM:+0200", "TZOFFSETTO:+0100", "DTSTART:19701025T030000",
    "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10", "END:STANDARD", "END:VTIMEZONE", ""])


def folded(lines):
    out = []
    for line in lines:
        while len(line) > 75:
            out.append(line[:75])
            line = " " + line[75:]
        out.append(line)
    return "\r\n".join(out)


def component(lines):
    return "BEGIN:VEVENT\r\n" + folded(lines) + "\r\nEND:VEVENT\r\n"


def rule(rng, start, kind):
    way = rng.random()
    day = DAYS[start.weekday()]
    if way < 0.5:
        text = f"FREQ=WEEKLY;BYDAY={day}" + (";INTERVAL=2" if rng.random() < 0.25 else "")
    elif way < 0.65:
        text = "FREQ=DAILY"
    elif way < 0.85:
        text = f"FREQ=MONTHLY;BYDAY={(start.day - 1) // 7 + 1 if start.day < 29 else -1}{day}"
    else:
        text = "FREQ=YEARLY"
    end = rng.random()
    if "DAILY" in text or end < 0.5:
        return text + f";COUNT={rng.randrange(3, 30)}"
    if end < 0.8:
        until = start + timedelta(days=rng.randrange(60, 700))
        return text + f";UNTIL={until:%Y%m%d}" + ("" if kind == "day" else "T235959Z")
    return text


def event(rng, number, first):
    start = first + timedelta(days=rng.randrange(700), hours=rng.randrange(7, 20), minutes=rng.choice([0, 15, 30, 45]))
    kind = rng.choices(["utc", "day", "tz"], [25, 10, 65])[0]
    at = {"utc": lambda t: f":{t:%Y%m%dT%H%M%SZ}", "day": lambda t: f";VALUE=DATE:{t:%Y%m%d}",
          "tz": lambda t: f";TZID=Europe/Berlin:{t:%Y%m%dT%H%M%S}"}[kind]
    length = timedelta(days=rng.randrange(1, 4)) if kind == "day" else timedelta(minutes=rng.choice([15, 30, 60, 90]))
    body = [f"UID:ev{number:06d}-{rng.getrandbits(32):08x}@bench.example", "DTSTAMP:20250101T000000Z",
            "SUMMARY:" + " ".join(rng.choice(WORDS) for _ in range(rng.randrange(1, 5))), "STATUS:CONFIRMED"]
    if rng.random() < 0.4:
        body.append(f"LOCATION:Room {rng.randrange(40)}")
    if rng.random() < 0.3:
        lines = (" ".join(rng.choice(WORDS) for _ in range(10)) for _ in range(rng.randrange(1, 8)))
        body.append("DESCRIPTION:" + "\\n".join(lines))
    if rng.random() < 0.5:
        body.append("ORGANIZER;CN=%s:mailto:%s" % rng.choice(PEOPLE))
        for name, address in rng.sample(PEOPLE, rng.randrange(1, 9)):
            answer = rng.choice(["ACCEPTED", "NEEDS-ACTION", "DECLINED"])
            body.append(f"ATTENDEE;CN={name};PARTSTAT={answer};ROLE=REQ-PARTICIPANT:mailto:{address}")
    times = lambda start: ["DTSTART" + at(start), "DTEND" + at(start + length)]
    recurs, more = [], ""
    if rng.random() < 0.3:
        recurs.append("RRULE:" + rule(rng, start, kind))
        if rng.random() < 0.3:
            recurs.append("EXDATE" + at(start + timedelta(days=7)))
        if "WEEKLY" in recurs[0] and "INTERVAL" not in recurs[0] and rng.random() < 0.25:
            meant = start + timedelta(days=14)
            more = component(body + ["RECURRENCE-ID" + at(meant)] + times(meant + timedelta(hours=1)))
    return kind, component(body + times(start) + recurs) + more


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("folder")
    options.add_argument("events", type=int)
    options.add_argument("--one")
    options.add_argument("--seed", type=int, default=7)
    options = options.parse_args()
    rng = random.Random(options.seed)
    first = datetime.now().replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=730)
    os.makedirs(options.folder, exist_ok=True)
    one = open(options.one, "w", newline="") if options.one else None
    if one:
        one.write(HEAD + ZONE)
    for number in range(options.events):
        kind, text = event(rng, number, first)
        if one:
            one.write(text)
        else:
            with open(os.path.join(options.folder, f"{number:06d}.ics"), "w", newline="") as out:
                out.write(HEAD + (ZONE if kind == "tz" else "") + text + "END:VCALENDAR\r\n")
    if one:
        one.write("END:VCALENDAR\r\n")


main()
