#!/usr/bin/env python3
"""worldgen - synthetic mail + calendar worlds with ground truth for Hallway.

    python3 worldgen.py OUT [--seed 1] [--weeks 52] [--clients 16] [--noise 1.0]
                            [--start 2024-01-01] [--tz Europe/Berlin] [--mix steady:2,decliner:3]
    python3 worldgen.py --selftest

Writes, below OUT (which must be empty or absent):
    mail/{INBOX,Sent,Archive,Newsletters}/{cur,new,tmp}   Maildir folders
    calendar/{work,personal,holidays}/*.ics               vdir: one event series per file
    hint.json    what a user would have told the program (own addresses, clients, people)
    truth.json   what really happened and what a perfect detector should say

Definitions:
  open day     a weekday that is neither a public holiday nor one of my absences
  category     O one-on-one live (call or in person), G group live, E email; counted at most
               once per person, local day and category ("contact day")
  windows      "28 days" = the last 20 open days, "90 days" = the last 64 open days
  limit L      clip(95 % quantile of the true gap between one-on-ones, D/2, 3D/2), in open days;
               D = wanted cadence in open days; no rhythm at all means L = 3D/2
  nudge due    state drifting/email_only/group_only/email_group, no one-on-one booked ahead
Same arguments give byte-identical output.  Python 3.11, standard library only.
"""
import argparse, bisect, email, email.utils, hashlib, json, math, random, re, sys, tempfile
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

UTC = timezone.utc
W28, W90 = 20, 64                 # window lengths in open days
MIN_HISTORY, MIN_TOUCH = 30, 6    # open days, contact days
BOOKED_AHEAD = 10                 # open days: a booked one-on-one this close suppresses a nudge
WORK = "calendar/work"            # the folder of the calendar in which meetings lie
CADENCE = 30                      # default wanted cadence, calendar days; doubled for who prefers email
RARE = 0.95                       # a silence is too long when only 5 % of this pair's gaps are longer
DUE = ("drifting", "email_only", "group_only", "email_group")
FIXED_HOLIDAYS = ["01-01", "05-01", "10-03", "12-24", "12-25", "12-26", "12-31"]

# e: email days a week; gs: weekly standing group call; ga: ad-hoc group meetings a week;
# o: mean gap of ad-hoc one-on-ones in open days (0 none), k: its gamma shape;
# os: standing one-on-one every n weeks; phone: share of one-on-ones noted as "Call X" only;
# spread: share of one-on-ones held with somebody else than the key person.
R = dict(e=1.5, gs=0, ga=0.2, o=0, k=3.0, os=0, phone=0.2, spread=0.0)
PERSONAS = {
    "steady":      [dict(R, o=10)],
    "monthly":     [dict(R, o=18, k=4.0)],
    "standing":    [dict(R, e=1.0, os=1)],
    "phone":       [dict(R, e=0.8, o=8, k=2.0, phone=0.8)],
    "spread":      [dict(R, e=2.0, o=9, spread=0.6)],
    "rare":        [dict(R, e=2.0, ga=0.3, o=60, k=1.0)],
    "email_only":  [dict(R, e=2.5, ga=0.0)],
    "group_only":  [dict(R, e=0.15, gs=1)],
    "email_group": [dict(R, e=2.0, gs=1)],
    "email_lover": [dict(R, e=2.5, ga=0.0)],
    "decliner":    [dict(R, o=10), dict(R, e=2.8, gs=1)],
    "decliner2":   [dict(R, e=1.0, os=1), dict(R, e=2.5)],
    "recoverer":   [dict(R, e=2.5, ga=0.0), dict(R, o=9)],
    "fader":       [dict(R, o=10), dict(R, e=0.0, ga=0.0)],
    "newcomer":    [dict(R, e=0.0, ga=0.0), dict(R, e=2.5)],
    "sparse":      [dict(R, e=0.15, ga=0.0)],
}
FIRST = """Mira Jonas Priya Tomas Ingrid Pavel Leila Hugo Noor Stefan Yuki Marta Dario Freya Omar Selma Viktor Alba
Kofi Petra Rafael Ines Bjorn Chiara Dmitri Elif Farid Greta Henrik Ivana Jasper Karim Lotte Milan Nadia Otto Paula
Quentin Rosa Sven Tara Ulrich Vera Wim Xenia Yannick Zora Adele Bruno Camille Daria Emil Fiona Gustav Hanna Igor
Judith Kaspar Linnea Magnus Nele Oskar Pilar Rune Sofie Theo Ursula Valerie Wanda Yusuf Zeno Aris Bodil Cyril""".split()
LAST = """Kovac Lindqvist Marchetti Okafor Petrov Quist Rossi Schmid Tanaka Ulvang Varga Weiss Ximenez
Yilmaz Zeman Abel Brandt Costa Duarte Engel Ferrari Gruber Haas Ivanov Jansen Keller Laurent Moreau""".split()
ORGS = """Alder Birch Cobalt Delta Ember Fjord Garnet Harbor Indigo Juniper Krypton Lumen Meadow Nimbus
Onyx Prism Quartz Raven Summit Tundra Umbra Vertex Willow Zephyr""".split()
LINKS = ["https://us02web.zoom.us/j/8123456{:04d}", "https://meet.google.com/abc-defg-{:04d}",
         "https://teams.microsoft.com/l/meetup-join/19%3ameeting_{:04d}", "https://meet.jit.si/hw-{:04d}"]
PLACES = ["Cafe Linde, Hauptstr. 4", "Client office, 3rd floor", "Bistro am Markt", "Own office, Room 2"]
EU = ("19701025T030000;10;BYDAY=-1SU", "19700329T020000;3;BYDAY=-1SU")     # first onset;rule: standard, daylight
VTZ = {"Europe/Berlin": ("+0100", "+0200", *EU), "Europe/London": ("+0000", "+0100", *EU),
       "America/New_York": ("-0500", "-0400", "19701101T020000;11;BYDAY=1SU", "19700308T020000;3;BYDAY=2SU")}


# ------------------------------------------------------------------ small mathematics
def reg_gamma(a, x):
    """Regularised lower incomplete gamma P(a, x), by its series (good for x up to about 600)."""
    if x <= 0:
        return 0.0
    term = total = 1.0 / a
    n = a
    while term > total * 1e-13:
        n += 1
        term *= x / n
        total += term
    return total * math.exp(a * math.log(x) - x - math.lgamma(a))


def gap_quantile(mean, k, q):
    """q-quantile of a gamma gap with this mean and shape k."""
    lo, hi = 0.0, mean * 25
    for _ in range(80):
        mid = (lo + hi) / 2
        lo, hi = (mid, hi) if reg_gamma(k, k * mid / mean) < q else (lo, mid)
    return (lo + hi) / 2


def true_limit(reg, cancel, cadence, prefers, share_key=1.0):
    """Limit L in open days from the parameters of the last regime that had one-on-ones."""
    d = cadence * 5 / 7 * (2 if prefers == "email" else 1)
    if reg is None:
        return 1.5 * d
    if reg["os"]:
        mean, k = 5 * reg["os"] / (1 - cancel), 1 / max(cancel, 0.05)
    else:
        mean, k = reg["o"], reg["k"]
        if share_key < 1:         # thinning: a random number of gaps is added up
            var = mean ** 2 / k / share_key + mean ** 2 * (1 - share_key) / share_key ** 2
            mean = mean / share_key
            k = mean ** 2 / var
    return min(max(gap_quantile(mean, k, RARE), d / 2), 1.5 * d)


# ------------------------------------------------------------------ the world
class World:
    def __init__(self, out, seed=1, weeks=52, clients=16, noise=1.0, start="2024-01-01",
                 tz="Europe/Berlin", mix=""):
        self.out, self.seed, self.weeks, self.noise = Path(out), seed, weeks, noise
        self.params = dict(seed=seed, weeks=weeks, clients=clients, noise=noise, start=start, tz=tz, mix=mix)
        if tz not in VTZ:
            sys.exit(f"--tz must be one of {', '.join(VTZ)}")
        self.tz, self.tzname = ZoneInfo(tz), tz
        d = date.fromisoformat(start)
        self.start = d - timedelta(days=d.weekday())
        self.end = self.start + timedelta(days=7 * weeks - 1)
        self.days = [self.start + timedelta(days=i) for i in range(7 * weeks)]
        self.cancel = 0.15 * min(noise, 1.5)
        self.counter = self.mails = 0
        self.me = ["alex.morgan@ownfirm.example", "amorgan@ownfirm.example", "alex@morgan.example"]
        team = [(n, n.lower().replace(" ", ".") + "@ownfirm.example") for n in ("Dana Fox", "Eli Stone", "Gail West", "Toni Reed")]
        self.colleagues, self.assistant = team[:3], team[3]
        self.clients, self.person_of, self.cn = [], {}, {a: "Alex Morgan" for a in self.me}
        self.cn.update({a: n for n, a in self.colleagues + [self.assistant]})
        self.touches, self.edges, self.files = {}, [], {}
        self.absences = self.make_absences()
        away = {a + timedelta(days=i) for a, b in self.absences for i in range((b - a).days + 1)}
        self.holidays = [x for x in self.days if x.strftime("%m-%d") in FIXED_HOLIDAYS]
        self.open = [x for x in self.days if x.weekday() < 5 and x not in away and x not in set(self.holidays)]
        self.is_open, self.idx, n = set(self.open), {}, 0
        for x in self.days:
            n += x in self.is_open
            self.idx[x] = n
        self.make_clients(clients, mix)

    def rng(self, *name):
        return random.Random("/".join(map(str, (self.seed,) + name)))

    def uid(self, what):
        self.counter += 1
        return hashlib.sha1(f"{self.seed}/{what}/{self.counter}".encode()).hexdigest()[:20] + "@worldgen.example"

    def make_absences(self):
        rng = self.rng("absence")
        monday = lambda frac: self.start + timedelta(days=7 * int(self.weeks * frac + rng.random() * 2))
        return [(m, m + timedelta(days=length - 1)) for frac, length, least in ((0.58, 12, 10), (0.27, 5, 26))
                if self.weeks >= least for m in [monday(frac)]]

    def make_clients(self, n, mix):
        rng = self.rng("clients")
        names = [p for part in mix.split(",") for p, _, m in [part.partition(":")] for _ in range(int(m or 1))]
        names = names if mix else list(PERSONAS)
        names = [names[i % len(names)] for i in range(n)]
        first, orgs = FIRST[:], ORGS[:]
        rng.shuffle(first)
        rng.shuffle(orgs)
        rare = (f"{a}-{b}" for a in LAST for b in LAST)      # keeps full names unique in large worlds
        for i, persona in enumerate(names):
            org = orgs[i % len(orgs)] + ("" if i < len(orgs) else str(i // len(orgs) + 1))
            size = rng.randint(3, 4) if persona == "spread" else rng.choice([1, 1, 2, 3])
            named = [(first.pop(), rng.choice(LAST)) if first else (rng.choice(FIRST), next(rare)) for _ in range(size)]
            self.add_client(f"c{i + 1:02d}", org, persona, named, rng)
        self.add_client("c90", "Edgewater", "edge", [("Anna", "Berg"), ("Ben", "Holt"), ("Anna", "Lind"),
                                                     ("Cleo", "Marsh")], rng)

    def add_client(self, cid, org, persona, named, rng):
        dom, people = org.lower() + ".example", []
        for j, (f, l) in enumerate(named):
            pid, main = f"{cid}p{j + 1}", f"{f}.{l}@{dom}".lower()
            addrs = [main] + ([f"{f[0]}{l}@{org.lower()}-group.example".lower()] if rng.random() < 0.3 else [])
            prefers = "email" if persona == "email_lover" and j == 0 else None
            people.append(dict(id=pid, name=f"{f} {l}", addresses=addrs, key=j == 0, prefers=prefers,
                               cadence_days=None))
            for a in addrs:
                self.person_of[a], self.cn[a] = pid, f"{f} {l}"
            self.touches[pid] = []
        regs = PERSONAS.get(persona, [R])
        change = None
        if len(regs) == 2:
            frac = 0.85 if persona == "newcomer" else rng.uniform(0.40, 0.62)
            change = self.start + timedelta(days=7 * int(self.weeks * frac))
        zone = rng.choice([self.tzname, self.tzname, "Europe/London", "America/New_York"])
        self.clients.append(dict(id=cid, name=org, domains=[dom, f"{org.lower()}-group.example"], persona=persona,
                                 tier=rng.choice("AAB"), cadence_days=None, people=people, regs=regs,
                                 change=change, zone=zone, booked=[]))

    # -------------------------------------------------------------- recording the truth
    def local(self, day, hh, mm=0):
        return datetime(day.year, day.month, day.day, hh, mm, tzinfo=self.tz)

    def touch(self, pid, cat, ch, setting, when, src, visible=True, standing=False):
        self.touches[pid].append(dict(
            t=when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), d=when.astimezone(self.tz).date().isoformat(),
            cat=cat, ch=ch, set=setting, src=src, visible=visible, standing=standing))

    # -------------------------------------------------------------- writing mail
    def mail(self, frm, to, cc, when, refs=(), folder=None, head=(), touch=True, mid=None, body_type=None,
             copy=False):
        """Write one message; returns its Message-ID.  Touch rules: sender, or To when I am the sender."""
        mid = f"<{self.uid('mail')}>" if mid is None else mid
        self.mails += folder != "Newsletters"
        norm = lambda a: re.sub(r"\+[^@]*@", "@", a.lower())
        mine = frm in self.me
        others = {self.person_of.get(norm(a), norm(a)) for a in [frm, *to, *cc] if norm(a) not in self.me}
        hit = sorted({self.person_of[norm(a)] for a in (to if mine else [frm]) if norm(a) in self.person_of})
        if touch and len(others) < 20:
            size = "one_on_one" if len(others) == 1 else "small_group" if len(others) <= 4 else "group"
            for pid in hit:
                self.touch(pid, "E", "email", size, when, mid or "no-message-id")
        addr = lambda a: f"{self.cn[norm(a)]} <{a}>" if norm(a) in self.cn else a
        lines = [("From", addr(frm)), ("To", ", ".join(map(addr, to)))]
        lines += [("Cc", ", ".join(map(addr, cc)))] if cc else []
        lines += [("Date", email.utils.format_datetime(when)), ("Subject", f"Topic {len(refs) and 'reply' or 'new'}")]
        lines += [("Message-ID", mid)] if mid else []
        lines += [("In-Reply-To", refs[-1]), ("References", " ".join(refs))] if refs else []
        lines += list(head) + [("MIME-Version", "1.0"), ("Content-Type", body_type or "text/plain; charset=utf-8")]
        raw = "".join(f"{k}: {v}\n" for k, v in lines) + "\n(body withheld)\n"
        folder = folder or ("Sent" if mine else "INBOX")
        self.put(folder, when, raw)
        if copy or folder == "INBOX" and self.rng("dup", mid or raw).random() < 0.15 * self.noise:
            self.put("Archive", when, raw)
        return mid

    def put(self, folder, when, raw):
        self.counter += 1
        self.files[f"mail/{folder}/cur/{int(when.timestamp())}.M{self.counter:06d}P1.worldgen:2,S"] = raw

    # -------------------------------------------------------------- writing calendar files
    def att(self, addr, stat="ACCEPTED", role="REQ-PARTICIPANT", cutype="INDIVIDUAL"):
        return f'ATTENDEE;CUTYPE={cutype};ROLE={role};PARTSTAT={stat};CN="{self.cn.get(addr, addr)}":mailto:{addr}'

    def vevent(self, uid, start, minutes, summary, atts=(), org=None, zone=None, loc=None, url=None, status="CONFIRMED",
               created=None, extra=()):
        tz = ZoneInfo(zone or self.tzname)
        stamp = lambda k, t: f"{k};TZID={zone or self.tzname}:{t.astimezone(tz):%Y%m%dT%H%M%S}"
        made = (created or start - timedelta(days=3)).astimezone(UTC)
        lines = ["BEGIN:VEVENT", f"UID:{uid}", f"DTSTAMP:{made:%Y%m%dT%H%M%SZ}", f"CREATED:{made:%Y%m%dT%H%M%SZ}"]
        if not any(x.startswith("DTSTART") for x in extra):
            lines += [stamp("DTSTART", start), stamp("DTEND", start + timedelta(minutes=minutes))]
        lines += [f"SUMMARY:{summary}", f"STATUS:{status}"] + list(extra)
        lines += ["LOCATION:" + loc.replace(",", "\\,")] if loc else []
        lines += [f"URL:{url}"] if url else []
        lines += [org if org.startswith("ORGANIZER") else f"ORGANIZER:mailto:{org}"] if org else []
        return lines + list(atts) + ["END:VEVENT"]

    def ics(self, cal, uid, events, zones=(), prodid="-//Example Groupware//EN"):
        lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:{prodid}"]
        for z in sorted({self.tzname, *zones}):
            std, dst, off, on = VTZ[z]
            lines += ["BEGIN:VTIMEZONE", f"TZID:{z}"]
            for kind, a, b, rule in (("STANDARD", dst, std, off), ("DAYLIGHT", std, dst, on)):
                onset, _, rest = rule.partition(";")
                lines += [f"BEGIN:{kind}", f"DTSTART:{onset}", f"TZOFFSETFROM:{a}", f"TZOFFSETTO:{b}",
                          f"RRULE:FREQ=YEARLY;BYMONTH={rest}", f"END:{kind}"]
            lines += ["END:VTIMEZONE"]
        lines += [x for e in events for x in e] + ["END:VCALENDAR"]
        folded = [re.sub(r"(.{73})(?=.)", r"\1\r\n ", x) for x in lines]
        self.files[f"calendar/{cal}/{uid.split('@')[0]}.ics"] = "\r\n".join(folded) + "\r\n"

    def meeting(self, rng, c, pids, day, cat):
        """One ad-hoc meeting: category O (one person) or G (several, or a colleague with us)."""
        t = self.local(day, rng.randint(9, 16), rng.choice([0, 30]))
        people = {p["id"]: p for p in c["people"]}
        uid, made = self.uid("ev"), t - timedelta(hours=rng.choice([2, 26, 50, 120, 200]))
        addr = {p: people[p]["addresses"][0] for p in pids}
        kind, colleagues = rng.random(), []
        if cat == "O" and rng.random() < 0.06 * self.noise:      # unlogged phone call: happened, left no trace
            return self.touch(pids[0], "O", "call", "one_on_one", t, "unlogged", visible=False)
        if cat == "O" and kind < c["reg"]["phone"]:              # noted by name only
            word = rng.choice(["Call", "Phone", "Ring", "Telefonat"])
            made = t - timedelta(hours=rng.choice([1, 3, 20]))
            self.ics("work", uid, [self.vevent(uid, t, 30, f"{word} {people[pids[0]]['name']}", created=made)])
            self.touch(pids[0], "O", "call", "one_on_one", t, uid)
            return c["booked"].append((made, t))
        if cat == "G" and (len(pids) == 1 or rng.random() < 0.4):
            colleagues = rng.sample(self.colleagues, rng.randint(1, 2))
        org = rng.choice([self.me[0], addr[pids[0]]])
        atts = [self.att(self.me[0])] + [self.att(addr[p], rng.choice(["ACCEPTED"] * 4 + ["NEEDS-ACTION"])
                                                  if addr[p] != org else "ACCEPTED") for p in pids]
        atts += [self.att(a) for _, a in colleagues]
        place = kind > 0.85
        if place and rng.random() < 0.5:
            atts.append(self.att("room-2@ownfirm.example", cutype="ROOM"))
        loc = rng.choice(PLACES) if place else "tel:+49-30-555-0" + str(rng.randint(100, 199)) if kind > 0.75 else None
        url = None if loc else rng.choice(LINKS).format(rng.randint(0, 9999))
        ch = "in_person" if place else "call"
        zone = c["zone"] if org != self.me[0] else self.tzname
        title = rng.choice(["Catch-up", "Sync", "Review", "1:1", "Check-in", "Planning"])
        ev = self.vevent(uid, t, rng.choice([30, 45, 60]), title, atts, org, zone, loc, url, created=made)
        self.ics("work", uid, [ev], [zone])
        n = len(pids) + len(colleagues)
        for p in pids:
            self.touch(p, cat, ch, "one_on_one" if cat == "O" else "small_group" if n <= 4 else "group", t, uid)
        if cat == "O":
            c["booked"].append((made, t))

    def standing(self, rng, c, pids, a, b, every, cat):
        """Weekly (or every n weeks) series with cancelled, skipped and moved occurrences."""
        first = a + timedelta(days=(rng.randint(0, 3) - a.weekday()) % 7)
        if first >= b:
            return
        hh, uid, link = rng.randint(9, 15), self.uid("series"), rng.choice(LINKS).format(rng.randint(0, 9999))
        addr = [p["addresses"][0] for p in c["people"] if p["id"] in pids]
        atts = [self.att(self.me[0])] + [self.att(x) for x in addr]
        if cat == "G":
            atts += [self.att(x) for _, x in rng.sample(self.colleagues, 2)]
        size = "one_on_one" if cat == "O" else "small_group" if len(atts) - 1 <= 4 else "group"
        made, until = self.local(first, 8) - timedelta(days=6), self.local(b - timedelta(days=1), 23)
        ex, over, day = [], [], first
        while day < b:
            t, mark = self.local(day, hh), f"RECURRENCE-ID;TZID={self.tzname}:{day:%Y%m%d}T{hh:02d}0000"
            nxt, roll = day + timedelta(days=1), rng.random()
            common = (uid, t, 30, "Standing call", atts, self.me[0], None, None, link)
            if day not in self.is_open:
                ex.append(f"EXDATE;TZID={self.tzname}:{day:%Y%m%d}T{hh:02d}0000")
            elif roll < self.cancel:
                over.append(self.vevent(*common, status="CANCELLED", created=made, extra=[mark]))
            else:
                if roll < self.cancel + 0.12 * self.noise and nxt in self.is_open and nxt.weekday() < 5:
                    t = self.local(nxt, hh)
                    over.append(self.vevent(uid, t, 30, *common[3:], created=made, extra=[mark]))
                for p in pids:
                    self.touch(p, cat, "call", size, t, uid, standing=True)
                if cat == "O":
                    c["booked"].append((made, t))
            day += timedelta(days=7 * every)
        rule = f"RRULE:FREQ=WEEKLY;INTERVAL={every};UNTIL={until.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        master = self.vevent(uid, self.local(first, hh), 30, "Standing call", atts, self.me[0], None, None, link,
                             created=made, extra=[rule] + ex)
        self.ics("work", uid, [master] + over)

    # -------------------------------------------------------------- behaviour of one client
    def thread(self, rng, c, person, day, n=None, extra_cc=()):
        pick = lambda p: p["addresses"][0] if len(p["addresses"]) == 1 or rng.random() < 0.8 else p["addresses"][1]
        turn, refs = rng.random() < 0.5 and day in self.is_open, []
        t = self.local(day, rng.randint(8, 16), rng.randint(0, 59))
        zone = ZoneInfo(c["zone"])
        for _ in range(n or min(8, 1 + int(rng.expovariate(0.8)))):
            if t.date() > self.end:
                break
            me = self.me[0] if rng.random() < 0.9 else self.me[1]
            frm, to = (me, pick(person)) if turn else (pick(person), me)
            refs.append(self.mail(frm, [to], list(extra_cc), t if turn else t.astimezone(zone), tuple(refs)))
            turn = not turn
            t += timedelta(hours=math.exp(rng.gauss(math.log(2.5), 1.0)))
            late = t.hour >= 19 or t.hour < 7
            while late or t.date() <= self.end and (t.weekday() > 4 or turn and t.date() not in self.is_open):
                t, late = self.local(t.date() + timedelta(days=t.hour >= 7), rng.randint(8, 10), rng.randint(0, 59)), False
        if rng.random() < 0.03 * self.noise and t.date() <= self.end:      # an auto-reply is not a touch
            self.mail(person["addresses"][0], [self.me[0]], [], t.astimezone(zone), tuple(refs), touch=False,
                      head=[("Auto-Submitted", "auto-replied"), ("X-Autoreply", "yes")])

    def run_client(self, c):
        rng, key = self.rng("client", c["id"]), c["people"][0]
        spans = [(self.start, c["change"] or self.end + timedelta(days=1), c["regs"][0])]
        if c["change"]:
            spans.append((c["change"], self.end + timedelta(days=1), c["regs"][1]))
        for a, b, reg in spans:
            c["reg"] = reg
            if reg["gs"]:
                group = [p["id"] for p in c["people"][:3]]
                self.standing(rng, c, group, a, b, 1, "G")
            if reg["os"]:
                self.standing(rng, c, [key["id"]], a, b, reg["os"], "O")
            wait = rng.uniform(0, 1) * reg["o"]
            for day in (d for d in self.days if a <= d < b):
                is_open = day in self.is_open
                if rng.random() < (reg["e"] / 5 if is_open else reg["e"] / 40):
                    who = key if rng.random() < 0.75 else rng.choice(c["people"])
                    cc = [rng.choice(self.colleagues)[1]] if rng.random() < 0.2 else []
                    self.thread(rng, c, who, day, extra_cc=cc)
                if not is_open:
                    continue
                if rng.random() < reg["ga"] / 5:
                    some = [p["id"] for p in rng.sample(c["people"], rng.randint(1, len(c["people"])))]
                    self.meeting(rng, c, some, day, "G")
                if reg["o"]:
                    wait -= 1
                    if wait <= 0:
                        others = c["people"][1:]
                        with_other = others and rng.random() < reg["spread"]
                        self.meeting(rng, c, [rng.choice(others)["id"] if with_other else key["id"]], day, "O")
                        wait += max(0.5, rng.gammavariate(reg["k"], reg["o"] / reg["k"]))

    # -------------------------------------------------------------- things that are no client contact
    def background(self):
        rng = self.rng("noise")
        for c in (x for x in self.clients if x["persona"] != "edge"):
            for day in self.days[10::45]:        # a newsletter sent from the client's own domain
                self.mail("news@" + c["domains"][0], [self.me[0]], [], self.local(day, 7, 15), folder="Newsletters",
                          head=[("List-Id", f"<news.{c['domains'][0]}>"), ("Precedence", "bulk")], touch=False)
        for day in self.days:
            for _ in range(int(rng.random() * 3 * self.noise)):
                self.mail("letter@daily-news.example", [self.me[0]], [], self.local(day, 6, rng.randint(0, 59)),
                          folder="Newsletters", head=[("List-Unsubscribe", "<https://daily-news.example/u>")], touch=False)
            if day not in self.is_open:
                continue
            for _ in range(int(rng.random() * 3 * self.noise)):
                self.mail("noreply@tracker.example", [self.me[0]], [], self.local(day, rng.randint(8, 18), 5),
                          head=[("Auto-Submitted", "auto-generated")], touch=False)
                a, b = rng.choice(self.colleagues)[1], self.me[0]
                a, b = (a, b) if rng.random() < 0.5 else (b, a)
                self.mail(a, [b], [], self.local(day, rng.randint(8, 18), rng.randint(0, 59)), touch=False)
            if rng.random() < 0.5 * self.noise:
                uid, t = self.uid("own"), self.local(day, rng.randint(9, 16))
                who = [] if rng.random() < 0.5 else [self.att(self.me[0]), self.att(rng.choice(self.colleagues)[1])]
                self.ics("work", uid, [self.vevent(uid, t, 60, "Internal sync" if who else "Focus time", who,
                                                   self.me[0] if who else None)])
            if rng.random() < 0.1 * self.noise:
                uid = self.uid("private")
                self.ics("personal", uid, [self.vevent(uid, self.local(day, 19), 90, "Choir")])
        allday = lambda a, b: [f"DTSTART;VALUE=DATE:{a:%Y%m%d}", f"DTEND;VALUE=DATE:{b + timedelta(days=1):%Y%m%d}"]
        for h in self.holidays:
            uid = self.uid("holiday")
            self.ics("holidays", uid, [self.vevent(uid, self.local(h, 0), 0, "Public holiday",
                                                   extra=allday(h, h) + ["TRANSP:TRANSPARENT"])])
        for a, b in self.absences:
            uid = self.uid("absence")
            self.ics("work", uid, [self.vevent(uid, self.local(a, 0), 0, "Vacation", extra=allday(a, b) + [
                "X-MICROSOFT-CDO-BUSYSTATUS:OOF"], created=self.local(self.start, 8))])

    # -------------------------------------------------------------- planted edge cases
    def plant_edges(self):
        c = self.clients[-1]
        anna, ben, anna2, cleo = (p["id"] for p in c["people"])
        ad = {p["id"]: p["addresses"][0] for p in c["people"]}
        me, me2 = self.me[0], self.me[2]
        col = self.colleagues[0][1]
        slots = [d for d in self.open if d.weekday() < 4][2:-16]
        if len(slots) < 56:
            return
        step = len(slots) / 56
        slots = iter([slots[int(i * step)] for i in range(56)])
        zoom = LINKS[0].format(7)

        def record(eid, note, src, cells):
            rows = [dict(date=d.isoformat(), person=p, cats=sorted(cats)) for d, p, cats in cells]
            self.edges.append(dict(id=eid, note=note, source=src, expect=rows))

        def ev(eid, note, cats, atts, who=(anna,), hh=11, minutes=30, title="Talk", org=me, cal="work", ch="call",
               prodid="-//Example Groupware//EN", **kw):
            day, uid = next(slots), self.uid(eid)
            t = self.local(day, hh)
            self.ics(cal, uid, [self.vevent(uid, t, minutes, title, atts, org, **kw)], prodid=prodid)
            for p in who:
                for cat in cats:
                    self.touch(p, cat, ch, "one_on_one" if cat == "O" else "small_group", t, uid)
            record(eid, note, uid, [(day, p, cats) for p in who])
            return day, uid, t

        def em(eid, note, cats, frm, to, cc=(), hh=10, zone=self.tzname, **kw):
            day = next(slots)
            mid = self.mail(frm, list(to), list(cc), self.local(day, hh, 50).astimezone(ZoneInfo(zone)), **kw)
            record(eid, note, mid or "no-message-id", [(day, anna, cats)])

        M, A, C = self.att(me), self.att(ad[anna]), self.att(col)
        ev("EC01", "video call, me and one client person", "O", [M, A], url=zoom)
        ev("EC02", "two of my own addresses and one client person", "O", [M, self.att(me2), A], url=zoom)
        ev("EC03", "me, one client person and a room", "O", [M, A, self.att("room-2@ownfirm.example", cutype="ROOM")],
           loc="Own office, Room 2", ch="in_person")
        ev("EC04", "resource address without CUTYPE", "O", [M, A, self.att("c_18a@resource.calendar.google.com")], url=zoom)
        ev("EC05", "me, colleague and client person", "G", [M, A, C], url=zoom)
        ev("EC06", "the colleague declined", "O", [M, A, self.att(col, "DECLINED")], url=zoom)
        ev("EC07", "optional colleague who never answered", "O", [M, A, self.att(col, "NEEDS-ACTION", "OPT-PARTICIPANT")])
        ev("EC08", "optional colleague who accepted", "G", [M, A, self.att(col, "ACCEPTED", "OPT-PARTICIPANT")])
        ev("EC09", "the client person declined", "", [M, self.att(ad[anna], "DECLINED")])
        ev("EC10", "I declined", "", [self.att(me, "DECLINED"), A], org=ad[anna])
        ev("EC11", "the client person is only tentative", "", [M, self.att(ad[anna], "TENTATIVE")])
        ev("EC12", "invited by me, client system never answered", "O", [M, self.att(ad[anna], "NEEDS-ACTION")], url=zoom)
        ev("EC13", "assistant organises and does not attend", "O", [M, A], org=self.assistant[1], url=zoom)
        ms = "-//Microsoft Corporation//Outlook 16.0 MIMEDIR//EN"
        ev("EC14", "Outlook: organiser (client) not among attendees", "O", [M], org=ad[anna], prodid=ms, url=zoom)
        ev("EC15", "Outlook: organiser (colleague) not among attendees", "G", [M, A], org=col, prodid=ms, url=zoom)
        ev("EC16", "client's assistant sends on behalf", "O", [M], url=zoom,
           org=f'ORGANIZER;SENT-BY="mailto:pa@{c["domains"][0]}":mailto:{ad[anna]}')
        ev("EC17", "cancelled event", "", [M, A], status="CANCELLED")
        ev("EC18", "tentative hold", "", [M, A], status="TENTATIVE")
        day, uid = next(slots), self.uid("EC19")
        self.ics("work", uid, [self.vevent(uid, self.local(day, 0), 0, "Site week", [M, A], me, extra=[
            f"DTSTART;VALUE=DATE:{day:%Y%m%d}", f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}"])])
        record("EC19", "all-day event with a client person", uid, [(day, anna, "")])
        ev("EC20", "shown as free: for information only", "", [M, A], extra=["TRANSP:TRANSPARENT"])
        ev("EC21", "webinar with 30 invited", "", [M, A] + [self.att(f"guest{i}@many.example") for i in range(28)])
        ev("EC22", "a note-taking robot as third attendee", "O", [M, A, self.att("notetaker@meetbot.example")], url=zoom)
        ev("EC23", "two people of the same client", "G", [M, A, self.att(ad[ben])], who=(anna, ben), url=zoom)
        day, uid, t = ev("EC24", "same UID stored twice counts once", "O", [M, A], url=zoom)
        self.files[f"{WORK}/copy.ics"] = self.files[f"{WORK}/{uid.split('@')[0]}.ics"]
        # series with overrides; Cleo is used for nothing else so that days cannot collide
        for eid, note in (("EC25", "one occurrence moved to the next day"), ("EC26", "one occurrence removed by EXDATE"),
                          ("EC27", "a colleague joins one occurrence only"), ("EC28", "daily stand-up counts once a week")):
            day, uid, CL = next(slots), self.uid(eid), self.att(ad[cleo])
            day -= timedelta(days=day.weekday())
            while any(x["person"] == cleo and abs((date.fromisoformat(x["date"]) - day).days) < 22
                      for e in self.edges for x in e["expect"]):
                day += timedelta(days=7)
            d = [day + timedelta(days=7 * i) for i in range(3)]
            at = lambda x: f"TZID={self.tzname}:{x:%Y%m%d}T100000"
            cells, extra, over = [(x, cleo, "O") for x in d], [], []
            if eid == "EC25":
                moved = d[1] + timedelta(days=1)
                over = [self.vevent(uid, self.local(moved, 14), 30, "Pair", [M, CL], me, extra=["RECURRENCE-ID;" + at(d[1])])]
                cells = [(d[0], cleo, "O"), (d[1], cleo, ""), (moved, cleo, "O"), (d[2], cleo, "O")]
            if eid == "EC26":
                extra, cells[1] = ["EXDATE;" + at(d[1])], (d[1], cleo, "")
            if eid == "EC27":
                over = [self.vevent(uid, self.local(d[1], 10), 30, "Pair", [M, CL, C], me, extra=["RECURRENCE-ID;" + at(d[1])])]
                cells[1] = (d[1], cleo, "G")
            rule, who = "RRULE:FREQ=WEEKLY;COUNT=3", [M, CL]
            if eid == "EC28":
                rule, who = "RRULE:FREQ=DAILY;COUNT=4", [M, CL, C]
                cells = [(day + timedelta(days=i), cleo, "" if i else "G") for i in range(4)]
            self.ics("work", uid, [self.vevent(uid, self.local(day, 10), 30, "Pair", who, me, extra=[rule] + extra)] + over)
            for x, p, cat in cells:
                if cat:
                    self.touch(p, cat, "call", "one_on_one" if cat == "O" else "small_group", self.local(x, 14), uid, standing=True)
            record(eid, note, uid, cells)
        day, uid = next(slots), self.uid("EC29")
        t = datetime(day.year, day.month, day.day, 18, 30, tzinfo=ZoneInfo("America/New_York"))
        self.ics("work", uid, [self.vevent(uid, t, 30, "Late call", [M, self.att(ad[ben])], ad[ben], zone="America/New_York",
                                           url=zoom)], ["America/New_York"])
        self.touch(ben, "O", "call", "one_on_one", t, uid)
        record("EC29", "evening in New York is my next day", uid, [(t.astimezone(self.tz).date(), ben, "O")])
        ev("EC30", "'Call <full name>' without attendees", "O", [], title="Call Anna Berg", org=None)
        ev("EC31", "'Call Anna' with two Annas known", "", [], title="Call Anna", org=None, who=(anna, anna2))
        ev("EC32", "call noted with two names", "G", [], title="Call Anna Berg + Ben Holt", org=None, who=(anna, ben))
        ev("EC33", "focus block that names the client", "", [], title="Focus: Edgewater deck", org=None)
        ev("EC34", "phone number as location, full name as title", "O", [], title="Anna Berg", org=None, loc="+49 30 555 0123")
        ev("EC35", "lunch noted by name", "O", [], title="Lunch with Anna Berg", org=None, loc="Bistro am Markt", hh=12,
           ch="in_person")
        ev("EC36", "private calendar is left out", "", [], title="Dinner with Anna Berg", org=None, cal="personal", hh=19)
        em("EC37", "same message in INBOX and Archive", "E", ad[anna], [me], copy=True)
        em("EC38", "newsletter sent from the person's address", "", ad[anna], [me], touch=False,
           head=[("List-Id", "<news.edgewater.example>")])
        em("EC39", "out-of-office reply", "", ad[anna], [me], touch=False, head=[("Auto-Submitted", "auto-replied")])
        em("EC40", "calendar invitation mail", "", ad[anna], [me], touch=False, body_type="text/calendar; method=REQUEST")
        em("EC41", "mail to one person with my second address in Cc", "E", me, [ad[anna]], [me2])
        em("EC42", "client person only in Cc of a mail to a colleague", "", me, [col], [ad[anna]])
        day = next(slots)
        for i in range(7):
            refs, x = refs if i else [], (me, ad[anna]) if i % 2 else (ad[anna], me)
            refs.append(self.mail(x[0], [x[1]], [], self.local(day, 9 + i, 5), tuple(refs)))
        record("EC43", "seven messages of one thread on one day", refs[0], [(day, anna, "E")])
        em("EC44", "no Message-ID, stored twice", "E", ad[anna], [me], mid="", copy=True)
        em("EC45", "25 recipients: broadcast", "", me, [ad[anna]] + [f"guest{i}@many.example" for i in range(24)])
        em("EC46", "plus-tag and capitals in the address", "E", "Anna.Berg+crm@Edgewater.example", [me])
        em("EC47", "sent 23:50 my time, dated the next day by the sender", "E", ad[anna], [me], hh=23, zone="Asia/Tokyo")
        ev("EC48", "group call that I declined", "", [self.att(me, "DECLINED"), A, C], org=ad[anna], url=zoom)

    # -------------------------------------------------------------- truth: states and due moments
    def stream(self, pids, hidden=False):
        days = {"O": set(), "G": set(), "E": set()}
        for p in pids:
            for x in self.touches[p]:
                if x["visible"] or hidden:
                    d = date.fromisoformat(x["d"])
                    if d in self.idx:
                        days[x["cat"]].add(d)
        return days

    def timeline(self, days, limit_at, booked=()):
        """[(day, state, due)] for every day of the world."""
        out, established, mode = [], False, None
        order = {x: sorted(days[x]) for x in "EGO"}
        index = {x: [self.idx[d] for d in order[x]] for x in "EGO"}
        first = min((s[0] for s in order.values() if s), default=None)
        for day in self.days:
            if first is None or day < first:
                out.append((day, "not_enough_data", False))
                continue
            now = self.idx[day]
            upto = {x: bisect.bisect_right(order[x], day) for x in "EGO"}
            count = lambda x, w: upto[x] - bisect.bisect_left(index[x], now - w + 1)
            n28 = sum(count(x, W28) for x in "EGO")
            e90, g90, o90 = (count(x, W90) for x in "EGO")
            history = now - self.idx[first] + 1
            established = established or (history >= MIN_HISTORY and e90 + g90 + o90 >= MIN_TOUCH)
            last = order["O"][upto["O"] - 1] if upto["O"] else first
            mode = classify(established, n28, now - self.idx[last], limit_at(day), e90, g90, o90, mode)
            ahead = any(made <= day < t and self.idx.get(t, 10 ** 6) - now <= BOOKED_AHEAD for made, t in booked)
            out.append((day, mode, mode in DUE and not ahead))
        return out

    def truth_of(self, c, pids, key=None):
        prefers = c["people"][0]["prefers"]
        cadence = c["cadence_days"] or CADENCE

        def limit(regs):
            reg = next((r for r in reversed(regs) if r["o"] or r["os"]), None)
            share = 1 - reg["spread"] if key and reg and len(c["people"]) > 1 else 1.0
            return true_limit(reg, self.cancel, cadence, prefers, share)
        before, after = limit(c["regs"][:1]), limit(c["regs"])
        memo = lambda day: after if c["change"] and day >= c["change"] else before
        booked = [(a.astimezone(self.tz).date(), b.date()) for a, b in c["booked"]]
        line = self.timeline(self.stream(pids), memo, booked)
        full = self.timeline(self.stream(pids, hidden=True), memo, booked)
        weeks = [dict(week="%d-W%02d" % d.isocalendar()[:2], end=d.isoformat(), state=s, due=due)
                 for d, s, due in line if d.weekday() == 6]
        runs, on = [], False
        for (d, s, due), (_, _, hid) in zip(line, full):
            if due and not on:
                runs.append(dict(due_from=d.isoformat(), state=s, to=None, open_days=0, really=hid))
            if due:
                runs[-1].update(to=d.isoformat(), open_days=runs[-1]["open_days"] + (d in self.is_open))
            on = due
        return dict(limit_open_days={"first": round(memo(self.start), 2), "last": round(memo(self.end), 2)},
                    weeks=weeks, due=runs)

    def truth(self):
        clients = []
        for c in self.clients:
            pids = [p["id"] for p in c["people"]]
            row = dict(id=c["id"], persona=c["persona"], change=c["change"] and c["change"].isoformat(), people=pids,
                       key=pids[0], rates=[dict(r) for r in c["regs"]])
            if c["persona"] != "edge":
                row["client"] = self.truth_of(c, pids)
                row["key_person"] = self.truth_of(c, pids[:1], key=True)
            clients.append(row)
        people = {p: sorted(v, key=lambda x: (x["t"], x["cat"], x["src"])) for p, v in self.touches.items()}
        series = sum(f.startswith(f"{WORK}/") and "copy" not in f for f in self.files)
        return dict(version=1, params=self.params, start=self.start.isoformat(), end=self.end.isoformat(),
                    open_days=[d.isoformat() for d in self.open], absences=[[a.isoformat(), b.isoformat()] for a, b in self.absences],
                    clients=clients, people=people, edge_cases=self.edges, messages=self.mails, series=series)

    def hint(self):
        return dict(me=dict(name="Alex Morgan", addresses=self.me, tz=self.tzname, work_days=[1, 2, 3, 4, 5], hours=["09:00", "18:00"]),
                    colleague_domains=["ownfirm.example"], assistants=[self.assistant[1]],
                    mail=dict(sent=["Sent"], inbox=["INBOX", "Archive"], newsletters=["Newsletters"]),
                    calendars=dict(work=["work"], excluded=["personal"], holidays=["holidays"]),
                    window=dict(start=self.start.isoformat(), end=self.end.isoformat()),
                    clients=[{k: c[k] for k in ("id", "name", "domains", "tier", "cadence_days", "people")} for c in self.clients])

    def build(self):
        if self.out.exists() and any(self.out.iterdir()):
            sys.exit("output folder is not empty")
        for c in self.clients:
            if c["persona"] != "edge":
                self.run_client(c)
        self.background()
        self.plant_edges()
        for f in ("INBOX", "Sent", "Archive", "Newsletters"):
            for sub in ("cur", "new", "tmp"):
                (self.out / "mail" / f / sub).mkdir(parents=True, exist_ok=True)
        for cal in ("work", "personal", "holidays"):
            (self.out / "calendar" / cal).mkdir(parents=True, exist_ok=True)
            (self.out / "calendar" / cal / "displayname").write_text(cal.capitalize() + "\n")
        for name, text in self.files.items():
            (self.out / name).write_bytes(text.encode())
        for name, data in (("hint", self.hint()), ("truth", self.truth())):
            (self.out / f"{name}.json").write_text(json.dumps(data, indent=1, sort_keys=True) + "\n")
        return self


def classify(established, n28, silence, limit, e90, g90, o90, before=None):
    """The verdict tree; `before` is yesterday's state (hysteresis of the email/group mix)."""
    if not established:
        return "not_enough_data"
    if n28 == 0:
        return "silent"
    if silence <= limit:
        return "healthy"
    if n28 < 2:
        return "silent"
    if o90 > 0:
        return "drifting"
    group = g90 / (e90 + g90)
    if group >= (0.60 if before == "group_only" else 0.70):
        return "group_only"
    if group <= (0.20 if before == "email_only" else 0.10):
        return "email_only"
    return "email_group"


# ------------------------------------------------------------------ reading a world back (stdlib only)
AUTO = re.compile(r"(^|[._+-])(no-?reply|do-?not-?reply|notifications?|mailer-daemon|postmaster|bounces?|notetaker)([._+-]|@)", re.I)
CALL = re.compile(r"^(call|phone|ring|telefonat|anruf)\b", re.I)
MEET = re.compile(r"\b(lunch|dinner|coffee|breakfast|visit) with\b", re.I)


class Reader:
    """Independent second path from files to contact days, by the rules of the judgement."""

    def __init__(self, root):
        self.root = Path(root)
        self.hint = json.loads((self.root / "hint.json").read_text())
        self.tz = ZoneInfo(self.hint["me"]["tz"])
        self.me = {a.lower() for a in self.hint["me"]["addresses"]}
        self.who, self.names = {}, {}
        for c in self.hint["clients"]:
            for p in c["people"]:
                self.who.update({a.lower(): p["id"] for a in p["addresses"]})
                self.names[p["id"]] = p["name"]
        self.days = {p: {} for p in self.names}     # person -> date -> set of categories
        self.made = {}                              # (person, date) -> day the one-on-one was entered
        self.messages = self.events = 0
        self.read_mail()
        self.read_calendar()

    def norm(self, a):
        a = re.sub(r"^mailto:", "", a.strip().lower())
        return re.sub(r"\+[^@]*@", "@", a)

    def hit(self, pid, when, cat, made=None):
        day = when.astimezone(self.tz).date()
        self.days[pid].setdefault(day, set()).add(cat)
        if made and cat == "O":               # when did this one-on-one enter the calendar
            self.made[pid, day] = min(made, self.made.get((pid, day), made))

    def read_mail(self):
        seen = set()
        folders = self.hint["mail"]["sent"] + self.hint["mail"]["inbox"]
        for path in sorted(p for f in folders for p in (self.root / "mail" / f / "cur").iterdir()):
            m = email.message_from_bytes(path.read_bytes())
            get = lambda *h: [self.norm(a) for _, a in email.utils.getaddresses([v for x in h for v in m.get_all(x, [])])]
            frm, to, cc, when = get("From")[0], get("To"), get("Cc"), email.utils.parsedate_to_datetime(m["Date"])
            ident = m["Message-ID"] or (frm, when.timestamp(), tuple(sorted(to + cc)))
            if ident in seen:
                continue
            seen.add(ident)
            self.messages += 1
            if m.get("Auto-Submitted", "no") != "no" or m["List-Id"] or m["List-Unsubscribe"] or AUTO.search(frm) \
                    or m.get("Precedence", "") in ("bulk", "list", "junk") or m.get_content_type() == "text/calendar":
                continue
            others = {self.who.get(a, a) for a in [frm, *to, *cc]} - self.me
            if len(others) >= 20:
                continue
            for a in to if frm in self.me else [frm]:
                if a in self.who:
                    self.hit(self.who[a], when, "E")

    def read_calendar(self):
        seen, capped = set(), set()
        for cal in self.hint["calendars"]["work"]:
            for path in sorted((self.root / "calendar" / cal).glob("*.ics")):
                text = re.sub(r"\r?\n[ \t]", "", path.read_text())
                prodid = re.search(r"^PRODID:(.*)$", text, re.M).group(1)
                blocks = [self.props(b) for b in re.findall(r"BEGIN:VEVENT\r?\n(.*?)END:VEVENT", text, re.S)]
                master = next(b for b in blocks if "RECURRENCE-ID" not in b)
                over = {self.when(b["RECURRENCE-ID"][0]): b for b in blocks if "RECURRENCE-ID" in b}
                if master["UID"][0][1] in seen:
                    continue
                seen.add(master["UID"][0][1])
                self.events += 1
                for t in self.expand(master):
                    b = over.get(t, master)
                    start = self.when(b["DTSTART"][0]) if b is not master else t
                    if isinstance(start, datetime):
                        self.occurrence(b, start, prodid, "RRULE" in master, capped)

    def props(self, block):
        out = {}
        for line in block.replace("\r", "").strip().split("\n"):
            head, _, value = re.match(r'((?:[^":]|"[^"]*")*)(:)(.*)', line).groups()
            name, *params = re.findall(r'(?:[^";]|"[^"]*")+', head)
            out.setdefault(name, []).append((dict(p.split("=", 1) for p in params), value))
        return out

    def when(self, prop):
        par, v = prop
        if par.get("VALUE") == "DATE":
            return datetime.strptime(v, "%Y%m%d").date()
        t = datetime.strptime(v.rstrip("Z"), "%Y%m%dT%H%M%S")
        return t.replace(tzinfo=UTC) if v.endswith("Z") else t.replace(tzinfo=ZoneInfo(par["TZID"]) if "TZID" in par else self.tz)

    def expand(self, b):
        start = self.when(b["DTSTART"][0])
        if "RRULE" not in b:
            return [start]
        rule = dict(x.split("=") for x in b["RRULE"][0][1].split(";"))
        step = timedelta(days=(7 if rule["FREQ"] == "WEEKLY" else 1) * int(rule.get("INTERVAL", 1)))
        gone, out, n = {self.when(x) for x in b.get("EXDATE", [])}, [], 0
        until = self.when(({}, rule["UNTIL"])) if "UNTIL" in rule else None
        while n < int(rule.get("COUNT", 10 ** 6)) and (until is None or start + n * step <= until):
            out.append(start + n * step)
            n += 1
        return [t for t in out if t not in gone]

    def occurrence(self, b, start, prodid, standing, capped):
        one = lambda k, d="": b[k][0][1] if k in b else d
        if one("STATUS", "CONFIRMED") != "CONFIRMED" or one("TRANSP") == "TRANSPARENT":
            return
        if "ATTENDEE" not in b:
            return self.by_name(one("SUMMARY"), one("LOCATION"), start, self.when(b["CREATED"][0]))
        people, mine = {}, None
        for par, v in b["ATTENDEE"]:
            a, stat, role = self.norm(v), par.get("PARTSTAT", "NEEDS-ACTION"), par.get("ROLE", "")
            if par.get("CUTYPE") in ("ROOM", "RESOURCE") or a.endswith("@resource.calendar.google.com") or AUTO.search(a):
                continue
            if a in self.me:
                mine = stat if mine != "ACCEPTED" else mine
            else:
                people[a] = (stat, role)
        if "ORGANIZER" in b:
            org = self.norm(b["ORGANIZER"][0][1])
            if org in self.me:
                mine = mine if mine == "DECLINED" else "ACCEPTED"
            elif org in people:
                people[org] = (people[org][0] if people[org][0] == "DECLINED" else "ACCEPTED", people[org][1])
            elif "Microsoft" in prodid or not people:
                people[org] = ("ACCEPTED", "CHAIR")
        come = {a: s for a, (s, r) in people.items() if s != "DECLINED" and r != "NON-PARTICIPANT"
                and not (r == "OPT-PARTICIPANT" and s == "NEEDS-ACTION")}
        ids = {self.who.get(a, a): s for a, s in come.items()}
        if mine in (None, "DECLINED", "TENTATIVE") or not ids or len(ids) >= 20:
            return
        if len(ids) == 1:
            pid, stat = next(iter(ids.items()))
            if pid in self.days and stat != "TENTATIVE" and mine == "ACCEPTED":
                self.hit(pid, start, "O", self.when(b["CREATED"][0]).astimezone(self.tz).date())
            return
        mark = (one("UID"), start.isocalendar()[:2])
        if standing and mark in capped:
            return
        capped.add(mark)
        for pid in ids:
            if pid in self.days:
                self.hit(pid, start, "G")

    def by_name(self, title, place, start, made):
        phone = re.search(r"(tel:|\+\d)[\d ()-]{6,}", place)
        if not (CALL.search(title) or MEET.search(title) or phone):
            return
        full = [p for p, n in self.names.items() if re.search(rf"\b{re.escape(n)}\b", title)]
        if not full:
            full = [p for p, n in self.names.items() if re.search(rf"\b{re.escape(n.split()[0])}\b", title)]
            full = full if len(full) == 1 else []
        for p in full:
            self.hit(p, start, "O" if len(full) == 1 else "G", made.astimezone(self.tz).date())


def check(root):
    """Compare what the Reader sees with truth.json; returns a list of complaints."""
    rd, truth, bad = Reader(root), json.loads((Path(root) / "truth.json").read_text()), []
    for pid, touches in truth["people"].items():
        want = {}
        for x in touches:
            if x["visible"]:
                want.setdefault(date.fromisoformat(x["d"]), set()).add(x["cat"])
        for d in sorted(set(want) | set(rd.days[pid])):
            if want.get(d, set()) != rd.days[pid].get(d, set()):
                bad.append(f"{pid} {d}: truth {sorted(want.get(d, []))} read {sorted(rd.days[pid].get(d, []))}")
    for e in truth["edge_cases"]:
        for row in e["expect"]:
            got = sorted(rd.days[row["person"]].get(date.fromisoformat(row["date"]), set()))
            if got != row["cats"]:
                bad.append(f"{e['id']} {row['date']} {row['person']}: expected {row['cats']} read {got} ({e['note']})")
    if (rd.messages, rd.events) != (truth["messages"], truth["series"]):
        bad.append(f"read {rd.messages} messages, {rd.events} series; truth {truth['messages']}, {truth['series']}")
    ids = [e["id"] for e in truth["edge_cases"]]
    if truth["params"]["weeks"] >= 26 and len(set(ids)) != 48:
        bad.append(f"{len(set(ids))} edge cases planted, not 48")
    return bad, "{} messages, {} event series, {} touches, {} edge cases".format(
        rd.messages, rd.events, sum(map(len, truth["people"].values())), len(ids))


def selftest():
    digest = lambda root: hashlib.sha256("".join(
        f"{p.relative_to(root)}\n{p.read_text()}" for p in sorted(Path(root).rglob("*")) if p.is_file()).encode()).hexdigest()
    failed = 0
    assert abs(reg_gamma(1, 1) - (1 - math.exp(-1))) < 1e-12 and abs(gap_quantile(10, 1, 0.8) - 10 * math.log(5)) < 1e-6
    with tempfile.TemporaryDirectory() as tmp:
        for seed, kw in ((1, {}), (2, dict(noise=0.0, weeks=30)), (3, dict(noise=2.0, clients=24, start="2023-07-03"))):
            a, b = Path(tmp) / f"a{seed}", Path(tmp) / f"b{seed}"
            World(a, seed, **kw).build()
            World(b, seed, **kw).build()
            bad, line = check(a)
            same = digest(a) == digest(b)
            print(f"seed {seed}: {line}; repeatable {same}; complaints {len(bad)}", *bad[:20], sep="\n    ")
            failed += bool(bad) + (not same)
            truth = json.loads((a / "truth.json").read_text())
            seen = {w["state"] for c in truth["clients"] if "client" in c for w in c["client"]["weeks"]}
            print("    states seen:", ", ".join(sorted(seen)))
    print("FAILED" if failed else "ok")
    return failed


if __name__ == "__main__":
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("out", nargs="?")
    for opt, default in (("seed", 1), ("weeks", 52), ("clients", 16), ("noise", 1.0), ("start", "2024-01-01"),
                         ("tz", "Europe/Berlin"), ("mix", "")):
        ap.add_argument("--" + opt, type=type(default), default=default)
    ap.add_argument("--selftest", action="store_true")
    args = vars(ap.parse_args())
    if args.pop("selftest"):
        sys.exit(selftest())
    if not args["out"]:
        ap.error("an output folder is needed")
    World(**args).build()
    print(check(args["out"])[1])
