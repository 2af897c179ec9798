#!/usr/bin/env python3
"""caldav.py - the first sync of a CalDAV calendar against its physical limit and against a peer.

    python3 benches/caldav.py [--events 5000] [--rounds 5] [--program FILE]

Generates a calendar (a third of it recurring), serves it with a private Radicale on loopback behind
a relay that counts questions, builds the program, lets the server fill its own cache, and then
interleaves, round by round:

    bare REPORT    one calendar-query with all events, received and thrown away
    first sync     `hallway scan` into a new database: found from the server's root, parsed, stored
    same files     `hallway scan` of the server's own files as a vdir: all of that but the server
    no change      `hallway scan` again
    one change     the same after one event was changed
    vdirsyncer     its first sync into an empty folder, and again, if installed

No event is with the user, so that this is what a sync costs, and not what judging it does:
benches/judgement.rs measures that. Prints medians of wall and CPU seconds, peak memory and questions, and ratios taken pair by pair.
Wall time on shared cores is noisy: trust the ratios. Needs radicale; python's standard library and
cargo for the rest.
"""
import argparse, base64, datetime, http.client, os, random, shutil, socket, statistics, subprocess, sys
import tempfile, threading, time
from pathlib import Path

import measure

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "geheim"
METHODS = ("GET ", "PROPFIND ", "REPORT ", "OPTIONS ", "PUT ", "DELETE ", "POST ")
QUERY = (
    '<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><D:getetag/>'
    '<C:calendar-data/></D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"/>'
    "</C:comp-filter></C:filter></C:calendar-query>"
)

TOKEN = '<D:propfind xmlns:D="DAV:"><D:prop><D:sync-token/></D:prop></D:propfind>'


def event(dice, number):
    """One event with its time zone: single or a series, with guests or without."""
    start = datetime.datetime(2022, 1, 1) + datetime.timedelta(days=dice.randrange(1500), hours=dice.randrange(7, 19))
    lines = [f"UID:event-{number}@bench.example", "DTSTAMP:20250101T000000Z", f"DTSTART;TZID=Europe/Berlin:{start:%Y%m%dT%H%M%S}",
             f"DURATION:PT{dice.choice([15, 30, 60, 90])}M", "SUMMARY:" + " ".join(dice.sample("sync review budget plan demo design call".split(), 3))]
    if dice.random() < 0.4:
        lines.append(f"LOCATION:Room {dice.randrange(40)}")
    if dice.random() < 0.3:
        lines.append("DESCRIPTION:" + "\\n".join(["what we talk about and what comes after that"] * dice.randrange(1, 8)))
    if dice.random() < 0.5:
        lines.append("ORGANIZER;CN=Robin:mailto:robin@agency.example")
        for guest in dice.sample(range(400), dice.randrange(1, 9)):
            lines.append(f"ATTENDEE;CN=Person {guest};PARTSTAT=ACCEPTED;ROLE=REQ-PARTICIPANT:mailto:p{guest}@d{guest % 120}.example")
    if dice.random() < 1 / 3:
        rule = dice.choice(["FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2", "FREQ=MONTHLY", "FREQ=YEARLY", "FREQ=DAILY"])
        lines.append(f"RRULE:{rule};COUNT={dice.randrange(2, 60)}")
    zone = ("BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:DAYLIGHT\r\nTZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\nDTSTART:19700329T020000\r\n"
            "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3\r\nEND:DAYLIGHT\r\nBEGIN:STANDARD\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n"
            "DTSTART:19701025T030000\r\nRRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n")
    body = "".join(line + "\r\n" for line in lines)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//bench//EN\r\n{zone}BEGIN:VEVENT\r\n{body}END:VEVENT\r\nEND:VCALENDAR\r\n"


class Relay:
    """Passes bytes to the server and back, and counts the questions."""

    def __init__(self, target):
        self.target, self.asked = target, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(("127.0.0.1", self.target))
            for stream in (client, server):
                stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.carry, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self.carry, args=(server, client, False), daemon=True).start()

    def carry(self, source, sink, upward):
        try:
            while data := source.recv(1 << 18):
                if upward:
                    self.asked += sum(data.count(b"\n" + m.encode() + b"/") + data.startswith(m.encode() + b"/") for m in METHODS)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def run(command, env, relay):
    """The same, and how many questions were asked."""
    before = relay.asked
    return *measure.run(command, env), relay.asked - before


def ask(port, method, path, body, **fields):
    credential = base64.b64encode(f"ana:{PASSWORD}".encode()).decode()
    fields = {"Authorization": f"Basic {credential}", **fields}
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request(method, path, body, fields)
    answer = connection.getresponse()
    length = len(answer.read())
    if answer.status not in (201, 204, 207):
        sys.exit(f"{method} {path}: {answer.status}")
    return length


def bare(relay):
    """The least that can be done: one question, all bytes received."""
    before, started = relay.asked, time.monotonic()
    length = ask(relay.port, "REPORT", "/ana/talks/", QUERY, Depth="1", **{"Content-Type": "application/xml"})
    return time.monotonic() - started, 0.0, length / (1 << 20), relay.asked - before


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--events", type=int, default=5_000)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--program", help="measure this one and build none")
    options = options.parse_args()

    program = options.program or ROOT / "target/release/hallway"
    if not options.program:
        subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    work = Path(tempfile.mkdtemp(prefix="hallway-bench-"))
    server = None
    try:
        calendar = work / "store/collection-root/ana/talks"
        calendar.mkdir(parents=True)
        dice = random.Random(7)
        for number in range(options.events):
            (calendar / f"event-{number}.ics").write_text(event(dice, number), newline="")
        (calendar / ".Radicale.props").write_text('{"tag": "VCALENDAR", "D:displayname": "Work"}')
        (work / "users").write_text(f"ana:{PASSWORD}\n")
        port = free_port()
        server = subprocess.Popen(
            ["radicale", "--config", "", "--server-hosts", f"127.0.0.1:{port}", "--auth-type", "htpasswd",
             "--auth-htpasswd-encryption", "plain", "--auth-htpasswd-filename", work / "users", "--auth-delay", "0",
             "--storage-filesystem-folder", work / "store"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while socket.socket().connect_ex(("127.0.0.1", port)):
            time.sleep(0.05)
        relay = Relay(port)
        url = f"http://127.0.0.1:{relay.port}/"

        config = work / "config.toml"
        config.write_text(
            '[me]\naddresses = ["nobody@agency.example"]\ntime-zone = "Europe/Berlin"\n[[calendar]]\nname = "bench"\n'
            f'type = "caldav"\nurl = "{url}"\nuser = "ana"\npassword = {{ command = ["echo", "{PASSWORD}"] }}\n')
        config.chmod(0o600)
        env = {"PATH": os.environ["PATH"], "HOME": str(work), "XDG_STATE_HOME": str(work / "state"),
               "XDG_CONFIG_HOME": str(work / "config"), "TERM": "xterm"}
        hallway = [program, "--config", config, "scan"]
        beside = work / "files.toml"
        beside.write_text(
            '[me]\naddresses = ["nobody@agency.example"]\ntime-zone = "Europe/Berlin"\n[[calendar]]\nname = "bench"\n'
            f'type = "vdir"\npath = "{calendar}"\n')
        files = [program, "--config", beside, "scan"]
        vdirsyncer = shutil.which("vdirsyncer")
        if vdirsyncer:
            peer = work / "vdirsyncer.conf"
            peer.write_text(
                f'[general]\nstatus_path = "{work}/peer/status/"\n[pair p]\na = "here"\nb = "there"\ncollections = null\n'
                f'conflict_resolution = "b wins"\n[storage here]\ntype = "filesystem"\npath = "{work}/peer/files"\nfileext = ".ics"\n'
                f'[storage there]\ntype = "caldav"\nurl = "{url}ana/talks/"\nusername = "ana"\npassword = "{PASSWORD}"\n')
            mirror = [vdirsyncer, "-c", peer, "sync"]

        print("the server fills its cache ...", flush=True)
        started = time.monotonic()
        bare(relay)
        # the token of a calendar has a cache of its own
        ask(relay.port, "PROPFIND", "/ana/", TOKEN, Depth="1", **{"Content-Type": "application/xml"})
        print(f"{time.monotonic() - started:.1f} s")
        names = ["bare REPORT", "same files", "first sync", "no change", "one change"] + ["vdirsyncer", "its no change"] * bool(vdirsyncer)
        figures = {name: [] for name in names}
        for turn in range(options.rounds):
            figures["bare REPORT"].append(bare(relay))
            shutil.rmtree(work / "state", ignore_errors=True)
            figures["same files"].append(run(files, env, relay))
            shutil.rmtree(work / "state", ignore_errors=True)
            figures["first sync"].append(run(hallway, env, relay))
            figures["no change"].append(run(hallway, env, relay))
            changed = event(random.Random(turn), 0)
            ask(port, "PUT", "/ana/talks/event-0.ics", changed, **{"Content-Type": "text/calendar"})
            figures["one change"].append(run(hallway, env, relay))
            if vdirsyncer and turn < 2:
                shutil.rmtree(work / "peer", ignore_errors=True)
                (work / "peer/files").mkdir(parents=True)
                subprocess.run([vdirsyncer, "-c", peer, "discover"], env=env, input=b"y\n" * 9, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, check=True)
                figures["vdirsyncer"].append(run(mirror, env, relay))
                figures["its no change"].append(run(mirror, env, relay))
        print(f"{options.events} events, {options.rounds} rounds, load {os.getloadavg()[0]:.1f}")
        print(f"{'':14}{'wall s':>9}{'CPU s':>9}{'peak MiB':>10}{'questions':>11}")
        for name, rows in figures.items():
            wall, cpu, peak, asked = (statistics.median(row[i] for row in rows) for i in range(4))
            note = "  (MiB received)" if name == "bare REPORT" else ""
            print(f"{name:14}{wall:9.3f}{cpu:9.3f}{peak:10.1f}{asked:11.0f}{note}")
        pairs = list(zip(figures["first sync"], figures["bare REPORT"]))
        over = sorted(sync[0] - 1.5 * limit[0] for sync, limit in pairs)
        print(f"first sync / bare REPORT: {statistics.median(a[0] / b[0] for a, b in pairs):.2f}; "
              f"beyond 1.5 times: {statistics.median(over):+.2f} s (0.5 allowed)")
        beyond = statistics.median(a[0] - b[0] for a, b in zip(figures["first sync"], figures["same files"]))
        print(f"first sync, beyond reading the same from files: {beyond:.2f} s")
        if vdirsyncer:
            ratio = statistics.median(a[0] / b[0] for a, b in zip(figures["vdirsyncer"], figures["first sync"]))
            print(f"vdirsyncer / first sync: {ratio:.1f}")
        else:
            print("vdirsyncer is not installed: no comparison with a peer")
    finally:
        if server:
            server.kill()
            server.wait()
        shutil.rmtree(work, ignore_errors=True)


main()
