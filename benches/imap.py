#!/usr/bin/env python3
"""imap.py - mail over IMAP against its physical limit and against peers, in one run.

    python3 benches/imap.py [--messages 100000] [--rounds 3] [--minutes 5] [--keep FOLDER] [--only scan,...]

Generates a Maildir (make_maildir.py; about 40 s and 1.5 GB for 100,000), starts a private Dovecot
on loopback, builds the program and a bare reader in C (imap/bare_reader.c) that fetches the same
header fields and understands none of them, and measures, the cases interleaved round by round:

    scan     a first scan, everything stored and derived, against the bare reader: with the server's
             indexes dropped before each run (cold), kept (warm), and over TLS from 50 ms away
    peers    mbsync, which fetches whole messages, and neomutt filling its header cache, once each,
             stopped after 60 times as long as the scan; whichever is installed
    resync   a scan of 20 mailboxes in which nothing changed, against the bare QRESYNC exchange
    push     `hallway run`: from the EXISTS of a new message to its fact in the database
    idle     `hallway run` with three accounts over TLS and a session bus, five minutes: wake-ups and memory

Wall time on shared cores is noisy: trust the ratios, taken pair by pair. Needs dovecot-imapd,
openssl, cc, libssl-dev, dbus-daemon, cargo. As root the server runs as nobody.
"""
import argparse, os, re, shutil, socket, sqlite3, statistics, subprocess, sys, tempfile, threading, time
from pathlib import Path

from measure import run

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PASSWORD = "pw"
PROGRAM = ROOT / "target/release/hallway"
PARTS = ("scan", "peers", "resync", "push", "idle")
BOXES = ("INBOX", "Archive", "Sent", "Projects")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def wait_for(port):
    for _ in range(500):
        try:
            with socket.create_connection(("127.0.0.1", port)):
                return
        except OSError:
            time.sleep(0.02)
    sys.exit(f"nobody listens at port {port}")


class Dovecot:
    """The server of the tests, with one user for each Maildir."""

    def __init__(self, folder, mailboxes):
        root = os.geteuid() == 0
        self.user = ["nobody", "nogroup"] if root else [
            subprocess.check_output(["id", what], text=True).strip() for what in ("-un", "-gn")]
        self.folder, self.port, self.tls = folder, free_port(), free_port()
        self.mailboxes = mailboxes
        for name in ("run", "state"):
            (folder / name).mkdir(parents=True)
        os.chmod(folder, 0o755)
        subprocess.run([ROOT / "tests/servers/ca.sh", folder / "ca"], check=True)
        (folder / "users").write_text("".join(
            f"{user}:{PASSWORD}::::{path}\n" for user, path in mailboxes.items()))
        config = (ROOT / "tests/servers/dovecot.conf").read_text().replace("maildir:~/Maildir", "maildir:~")
        for word, value in {"dir": folder, "user": self.user[0], "group": self.user[1], "port": self.port,
                            "tls": self.tls, "certificate": folder / "ca/good", "capability": ""}.items():
            config = config.replace("{%s}" % word, str(value))
        (folder / "dovecot.conf").write_text(config)
        command = ["/usr/sbin/dovecot", "-F", "-c", folder / "dovecot.conf"]
        if root:
            subprocess.run(["chown", "-R", ":".join(self.user), folder, *mailboxes.values()], check=True)
            command = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--", *command]
        self.process = subprocess.Popen(command, start_new_session=True)
        wait_for(self.port)

    def make_cold(self, user):
        """Drops the indexes; UIDs stay."""
        for file in self.mailboxes[user].rglob("dovecot.index*"):
            file.unlink()

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Session:
    """The least that speaks IMAP."""

    def __init__(self, port, user):
        self.file = socket.create_connection(("127.0.0.1", port)).makefile("rwb")
        self.file.readline()
        self.run(f"LOGIN {user} {PASSWORD}")

    def run(self, command):
        self.file.write(f"a {command}\r\n".encode())
        self.file.flush()
        answers = []
        while True:
            line = self.file.readline().decode("latin1")
            if line.startswith("a "):
                assert line.startswith("a OK"), f"{command}: {line}"
                return answers
            answers.append(line)

    def state(self, mailbox):
        answers = "".join(self.run(f'EXAMINE "{mailbox}"'))
        return [re.search(rf"\[{word} (\d+)", answers)[1] for word in ("UIDVALIDITY", "HIGHESTMODSEQ", "UIDNEXT")]

    def append(self, mailbox, text):
        text = text.replace("\n", "\r\n").encode()
        self.file.write(b'a APPEND "%s" {%d}\r\n' % (mailbox.encode(), len(text)))
        self.file.flush()
        self.file.readline()
        self.file.write(text + b"\r\n")
        self.file.flush()
        while not self.file.readline().startswith(b"a OK"):
            pass


class Home:
    """A home for the program."""

    def __init__(self, work, name, places):
        self.folder = work / name
        self.folder.mkdir()
        (self.folder / "secret").write_text(PASSWORD)
        self.config = self.folder / "config.toml"
        text = '[me]\naddresses = ["robin@hallward.example"]\ntime-zone = "UTC"\n'
        for number, (user, place) in enumerate(places):
            text += (f'[[mail]]\nname = "bench{number}"\ntype = "imap"\nuser = "{user}"\n{place}'
                     'password = { credential = "secret" }\n')
        self.config.write_text(text)
        self.env = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "TERM": "xterm",
                    "CREDENTIALS_DIRECTORY": str(self.folder)}
        self.database = self.folder / ".local/state/hallway/hallway.sqlite"

    def command(self, verb):
        return [PROGRAM, "--config", self.config, verb]

    def forget(self):
        shutil.rmtree(self.folder / ".local", ignore_errors=True)

    def messages(self):
        """How many are known; none before the database is there, and while it is being made."""
        try:
            return self.count()
        except sqlite3.OperationalError:
            return 0

    def count(self):
        with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True) as database:
            return sum(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("message", "machine"))


def plain(port):
    return f'host = "127.0.0.1"\nport = {port}\nsecurity = "none"\n'


def encrypted(port, authority):
    return f'host = "localhost"\nport = {port}\nsecurity = "tls"\nauthority = "{authority}"\n'


def table(figures):
    print(f"{'':28}{'wall s':>9}{'CPU s':>9}{'peak MiB':>10}")
    for name, rows in figures.items():
        wall, cpu, peak = (statistics.median(row[i] for row in rows) for i in range(3))
        print(f"{name:28}{wall:9.3f}{cpu:9.3f}{peak:10.1f}")


def ratio(what, over, under, goal):
    ratios = sorted(a / b for a, b in zip(over, under))
    print(f"{what}: {statistics.median(ratios):.2f} (from {ratios[0]:.2f} to {ratios[-1]:.2f}; goal: {goal})")


def fields():
    """What the program asks for, in its own words."""
    source = (ROOT / "src/source/imap/command.rs").read_text()
    names = re.search(r'FIELDS: &str = "([^"]*)"', source)[1].replace("\\\n", " ")
    return " ".join(names.split())


def walls(rows):
    return [row[0] for row in rows]


def scan(work, server, bare, rounds):
    """First scans, and what they are held against."""
    far = free_port()
    relay = subprocess.Popen([sys.executable, HERE / "imap/distance.py", str(far), str(server.tls), "50"])
    wait_for(far)
    items = f"(UID INTERNALDATE BODY.PEEK[HEADER.FIELDS ({fields()})])"
    read = lambda port, how: [bare, str(port), "big", PASSWORD, how, items, *BOXES]
    near = Home(work, "near", [("big", plain(server.port))])
    away = Home(work, "away", [("big", encrypted(far, server.folder / "ca/ca.pem"))])
    figures, goals = {}, {"cold": 1.2, "warm": 1.6, "TLS, 50 ms": 1.3}
    env = near.env
    run(read(server.port, "plain"), env)  # Dovecot numbers the messages, the files enter the page cache
    try:
        for _ in range(rounds):
            for kind in goals:
                home = away if kind.startswith("TLS") else near
                bare_reader = read(far, "tls") if home is away else read(server.port, "plain")
                for name, command in (("bare reader", bare_reader), ("hallway scan", home.command("scan"))):
                    if kind == "cold":
                        server.make_cold("big")
                    home.forget()
                    figures.setdefault(f"{name}, {kind}", []).append(run(command, env | home.env))
    finally:
        relay.terminate()
        relay.wait()
    table(figures)
    for kind, goal in goals.items():
        ratio(f"hallway scan / bare reader, {kind}", walls(figures[f"hallway scan, {kind}"]),
              walls(figures[f"bare reader, {kind}"]), goal)
    print(f"{near.messages()} messages known")
    return statistics.median(walls(figures["hallway scan, warm"]))


def peers(work, server, hallway):
    """Whoever else is installed; those that are stopped took longer than the table says."""
    folder = work / "peers"
    limit = 60 * hallway
    # as it comes, and without waiting for the disk
    for fsync in ("yes", "no") if shutil.which("mbsync") else ():
        home = folder / fsync
        (home / "mail").mkdir(parents=True)
        (home / "state").mkdir()
        (home / "mbsyncrc").write_text(
            f"FSync {fsync}\nIMAPAccount a\nHost 127.0.0.1\nPort {server.port}\nUser big\nPass {PASSWORD}\nSSLType None\n\n"
            f"IMAPStore far\nAccount a\n\nMaildirStore near\nPath {home}/mail/\nInbox {home}/mail/INBOX\nSubFolders Verbatim\n\n"
            f"Channel all\nFar :far:\nNear :near:\nPatterns *\nCreate Near\nSync Pull\nSyncState {home}/state/\n")
        tell(f"mbsync, FSync {fsync}", run(["mbsync", "-q", "-c", home / "mbsyncrc", "-a"], os.environ, limit), hallway, limit)
    mutt = shutil.which("neomutt") or shutil.which("mutt")
    if mutt:
        (folder / "cache").mkdir()
        (folder / "muttrc").write_text(
            f'set header_cache="{folder}/cache/"\nset folder="{folder}"\nset record=""\nset imap_pass={PASSWORD}\n'
            "set ssl_starttls=no\nset ssl_force_tls=no\nset sort=mailbox-order\nset wait_key=no\nset sleep_time=0\nset quit=yes\n"
            'set mail_check=0\nset nm_default_url=""\n')
        fill = "; ".join(f"{mutt} -n -R -F {folder}/muttrc -f imap://big@127.0.0.1:{server.port}/{box} -e 'push q'"
                         for box in BOXES)
        env = {"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "xterm"}
        tell(Path(mutt).name, run(["script", "-qec", fill, "/dev/null"], env, limit), hallway, limit)


def tell(name, figures, hallway, limit):
    if figures is None:
        print(f"{name}: stopped after {limit:.1f} s, more than {limit / hallway:.0f} times the scan")
    else:
        wall, cpu, peak = figures
        print(f"{name}: {wall:.1f} s, CPU {cpu:.1f} s, {peak:.0f} MiB: {wall / hallway:.1f} times the scan")


def resync(work, server, rounds):
    """Twenty mailboxes, nothing new."""
    home = Home(work, "twenty", [("twenty", plain(server.port))])
    run(home.command("scan"), home.env)
    run(home.command("scan"), home.env)
    session = Session(server.port, "twenty")
    names = re.findall(r'"/" "?([^"\r\n]+)', "".join(session.run('LIST "" *')))
    states = {name: session.state(name) for name in names}
    figures = {"bare exchange": [], "hallway scan": []}
    for _ in range(max(rounds, 7)):
        began = time.monotonic()
        exchange = Session(server.port, "twenty")
        exchange.run("ENABLE QRESYNC")
        for name, (validity, modseq, _) in states.items():
            exchange.run(f'EXAMINE "{name}" (QRESYNC ({validity} {modseq}))')
        exchange.run("LOGOUT")
        figures["bare exchange"].append((time.monotonic() - began, 0, 0))
        figures["hallway scan"].append(run(home.command("scan"), home.env))
    print(f"no change in {len(names)} mailboxes")
    table(figures)
    ratio("resync / bare QRESYNC exchange", walls(figures["hallway scan"]), walls(figures["bare exchange"]), 2)


class Tap(threading.Thread):
    """A relay that notes when the server last told of something new."""

    def __init__(self, target):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port, self.target, self.told = self.listener.getsockname()[1], target, 0.0
        self.start()

    def run(self):
        while True:
            near, _ = self.listener.accept()
            far = socket.create_connection(("127.0.0.1", self.target))
            for stream in (near, far):
                stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.carry, args=(near, far, False), daemon=True).start()
            threading.Thread(target=self.carry, args=(far, near, True), daemon=True).start()

    def carry(self, source, sink, down):
        try:
            self.carry_on(source, sink, down)
        except OSError:
            pass  # either end is gone, and so is the other
        sink.close()

    def carry_on(self, source, sink, down):
        while data := source.recv(65536):
            if down and (b" EXISTS" in data or b"* STATUS" in data):
                self.told = time.monotonic()
            sink.sendall(data)


def push(work, server, repeat=21):
    """From EXISTS to the committed fact."""
    tap = Tap(server.port)
    home = Home(work, "push", [("twenty", plain(tap.port))])
    run(home.command("scan"), home.env)
    daemon = subprocess.Popen(home.command("run"), env=home.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        session = Session(server.port, "twenty")
        time.sleep(3)
        delays, run_id = [], time.time_ns()  # a message that is known already is no news
        for number in range(repeat):
            known = home.messages()
            session.append("INBOX", f"From: P <p@acme.example>\nTo: robin@hallward.example\nMessage-ID: <push{number}.{run_id}@acme.example>\n\nx\n")
            sent = time.monotonic()
            while home.messages() == known:
                if time.monotonic() - sent > 30:
                    sys.exit("push: a message never came")
                time.sleep(0.001)
            delays.append((time.monotonic() - tap.told) * 1000)
            time.sleep(0.5)
        delays.sort()
        print(f"push: EXISTS to committed fact, {repeat} messages: median {statistics.median(delays):.1f} ms, "
              f"longest {delays[-1]:.1f} ms (goal: median under 50)")
    finally:
        daemon.terminate()
        daemon.wait()


def cost(pid):
    """Wake-ups and CPU seconds so far, threads, and PSS in MiB of a process, all of it and what is no file's."""
    wakes = 0
    tasks = os.listdir(f"/proc/{pid}/task")
    for task in tasks:
        status = Path(f"/proc/{pid}/task/{task}/status").read_text()
        wakes += int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", status, re.M)[1])
    ticks = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    cpu = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")  # with that of threads that have ended
    memory = Path(f"/proc/{pid}/smaps_rollup").read_text()
    size = lambda what: int(re.search(rf"^{what}:\s*(\d+)", memory, re.M)[1]) / 1024
    return wakes, cpu, len(tasks), size("Pss"), size("Pss_Anon")


class Bus:
    """A session bus with nobody on it, as a desktop has one before anything else."""

    def __init__(self, work):
        self.process = subprocess.Popen(
            ["dbus-daemon", "--session", "--nofork", "--print-address", f"--address=unix:dir={work}"],
            stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().strip()

    def stop(self):
        self.process.terminate()
        self.process.wait()


def idle(work, server, minutes):
    """Three accounts over TLS, at rest: after a first scan, and after a start that finds all known."""
    place = encrypted(server.tls, server.folder / "ca/ca.pem")
    home = Home(work, "idle", [("big", place), ("twenty", place), ("one", place)])
    own = work / "hallway-alone"  # shared pages of another copy would flatter the memory
    shutil.copy(PROGRAM, own)
    bus = Bus(work)
    env = home.env | {"DBUS_SESSION_BUS_ADDRESS": bus.address}
    try:
        for when in ("after a first scan", "after a start"):
            daemon = subprocess.Popen([own, "--config", home.config, "run"], env=env,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                rest(daemon.pid, home, when, minutes)
            finally:
                daemon.terminate()
                daemon.wait()
    finally:
        bus.stop()


def rest(pid, home, when, minutes):
    """Watches a daemon that has nothing to do, from a minute after it has learned all there is."""
    last = 0
    while not (now := home.messages()) or now != last:
        last = now
        time.sleep(5)
    time.sleep(60)
    began = cost(pid)
    sockets = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
    theirs = {line.split()[9] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]}
    connections = sum(name[8:-1] in theirs for name in sockets if name.startswith("socket:"))
    time.sleep(60 * minutes)
    ended = cost(pid)
    wakes = (ended[0] - began[0]) / minutes
    print(f"idle {when}, 3 accounts, {connections} connections, {minutes} minutes: {wakes:.1f} wake-ups a minute, "
          f"{wakes / max(1, connections):.2f} a connection (goal: 1.5); CPU {(ended[1] - began[1]) / minutes * 1000:.2f} ms a minute; "
          f"{ended[2]} threads; PSS {ended[3]:.1f} MiB (goal: 16), of it {ended[4]:.1f} MiB its own")


def twenty(big, folder):
    """Twenty mailboxes of 500 messages each, taken from the big one."""
    files = iter(sorted((big / "cur").iterdir()))
    for number in range(20):
        box = folder if number == 0 else folder / f".Box{number:02}"
        for part in ("cur", "new", "tmp"):
            (box / part).mkdir(parents=True)
        for _ in range(500):
            file = next(files, None)
            if file:
                shutil.copy2(file, box / "cur")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--messages", type=int, default=100_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--minutes", type=float, default=5, help="how long to watch an idle daemon")
    options.add_argument("--keep", help="generate here and keep it; reused when it exists")
    options.add_argument("--only", default=",".join(PARTS), help="parts, with commas between")
    options.add_argument("--program", help="measure this one instead of building it")
    options = options.parse_args()
    parts = options.only.split(",")

    global PROGRAM
    if options.program:
        PROGRAM = Path(options.program).resolve()
    else:
        subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    work = Path(tempfile.mkdtemp(prefix="hallway-bench-"))
    os.chmod(work, 0o755)
    server = None
    try:
        kept = Path(options.keep).resolve() if options.keep else work
        big, small, one = kept / "big", kept / "twenty", kept / "one"
        if not big.exists():
            kept.mkdir(parents=True, exist_ok=True)
            subprocess.run([sys.executable, HERE / "make_maildir.py", big, str(options.messages)], check=True)
        if not small.exists():
            twenty(big, small)
            shutil.copytree(small / ".Box01", one)
        bare = work / "bare_reader"
        subprocess.run(["cc", "-O2", "-o", bare, HERE / "imap/bare_reader.c", "-lssl", "-lcrypto"], check=True)
        server = Dovecot(work / "server", {"big": big, "twenty": small, "one": one})
        print(f"{options.messages} messages, {options.rounds} rounds, load {os.getloadavg()[0]:.1f}")
        hallway = scan(work, server, bare, options.rounds) if {"scan", "peers"} & set(parts) else 0
        if "peers" in parts:
            peers(work, server, hallway)
        if "resync" in parts:
            resync(work, server, options.rounds)
        if "push" in parts:
            push(work, server)
        if "idle" in parts:
            idle(work, server, options.minutes)
    finally:
        if server:
            server.stop()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
