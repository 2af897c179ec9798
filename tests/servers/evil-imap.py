#!/usr/bin/env python3
"""evil-imap.py MODE CERTIFICATE KEY [--hasten N]: a hostile or broken IMAP server, on loopback.

The classes follow the published study of STARTTLS (USENIX Security 2021) and reports on clients
since. Prints a JSON line an event: {"ready": PORT} first, each command with whether it came through
TLS, and {"leak": true} where a client let out what it must not. --hasten divides every wait, for
clients whose clock runs faster.

In the clear, a meddler in the middle:
  strip             no STARTTLS, but AUTH=PLAIN
  nostarttls-no     STARTTLS is answered NO
  nostarttls-bad    STARTTLS is answered BAD
  starttls-plus     STARTTLS is answered "+ go on", which is no OK
  preauth           * PREAUTH: nothing may follow in the clear
  preauth-starttls  * PREAUTH that offers STARTTLS
  inject            more responses in the packet with the OK to STARTTLS, then TLS
  inject-tagged     the same with guesses of the next tags, then TLS
  before-tls        LIST, EXISTS, FETCH before STARTTLS, to be forgotten, then TLS
  alert             ALERT texts with escape sequences and markup, then TLS
  referral          LOGIN is answered NO [REFERRAL ...], not to be followed, after TLS

Through TLS, really the server:
  good              a small honest mailbox, to prove that a client works at all
  huge-literal      announces 4 GiB and dribbles
  neg-literal       sizes that are none
  endless-line      a line that never ends
  endless-untagged  responses for ever after EXAMINE
  drip              a response every 20 seconds, for ever
  deep              parentheses 100,000 deep
  wrong-uid         messages not asked for, and twice
  uidvalidity       another UIDVALIDITY at every look
  uidnext-back      UIDNEXT goes down
  expunge-all       more EXPUNGE than messages
  slow              a byte every 2 seconds from the greeting on
  silent            TLS, then nothing
  bye               BYE at LOGIN
  close             closes after EXAMINE
  nul               NUL, CR, 8 bits and broken UTF-8 in every string
  many-headers      200,000 lines of header
  long-header       a header line of 64 MB
  throttle          NO [UNAVAILABLE] to everything
  badcompress       offers COMPRESS=DEFLATE and sends a bomb
  caps              5 MB of capabilities
"""
import argparse, json, re, socket, ssl, sys, threading, time, zlib

IN_CLEAR = {"strip", "nostarttls-no", "nostarttls-bad", "starttls-plus", "preauth", "preauth-starttls",
            "inject", "inject-tagged", "before-tls", "alert", "referral"}
HEADER = (b"From: Priya <priya@example.org>\r\nTo: alice@example.org\r\nSubject: hello\r\n"
          b"Date: Mon, 2 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@example.org>\r\n\r\n")
ALERT = b'[ALERT] \x1b]0;owned\x07\x1b[2J<b>Your mailbox is full</b>, <a href="http://evil.example">log in</a>'


class Peer:
    """One connection."""

    def __init__(self, stream, options):
        self.stream, self.options, self.mode = stream, options, options.mode
        self.buffer, self.tls, self.looks = b"", self.mode not in IN_CLEAR, 0

    def tell(self, **event):
        print(json.dumps(event), flush=True)

    def wait(self, seconds):
        time.sleep(seconds / self.options.hasten)

    def send(self, data):
        if self.mode != "slow":
            self.stream.sendall(data)
            return
        for byte in data:
            self.stream.sendall(bytes([byte]))
            self.wait(2)

    def line(self):
        while b"\n" not in self.buffer:
            data = self.stream.recv(65536)
            if not data or len(self.buffer) > 1 << 20:
                raise EOFError
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r")

    def capabilities(self):
        if not self.tls:
            if self.mode == "strip":
                return b"IMAP4rev1 AUTH=PLAIN AUTH=LOGIN"
            if self.mode.startswith("nostarttls") or self.mode in ("starttls-plus", "referral"):
                return b"IMAP4rev1 STARTTLS AUTH=PLAIN AUTH=LOGIN"
            return b"IMAP4rev1 STARTTLS LOGINDISABLED"
        can = b"IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS CONDSTORE QRESYNC ENABLE IDLE"
        return can + {"badcompress": b" COMPRESS=DEFLATE", "caps": b" X" * 2_500_000}.get(self.mode, b"")

    def greet(self):
        if self.mode == "silent":
            self.wait(600)
        if self.mode.startswith("preauth"):
            extra = b" STARTTLS" if self.mode.endswith("starttls") else b""
            self.send(b"* PREAUTH [CAPABILITY IMAP4rev1" + extra + b"] welcome back\r\n")
        elif self.mode == "alert":
            self.send(b"* OK " + ALERT + b"\r\n")
        else:
            self.send(b"* OK [CAPABILITY " + self.capabilities() + b"] ready\r\n")
        if self.mode == "before-tls":
            self.send(b'* LIST () "/" INBOX.injected\r\n* 4711 EXISTS\r\n* OK [UIDVALIDITY 666] x\r\n'
                      b"* 1 FETCH (UID 1 BODY[HEADER] {%d}\r\n%s)\r\n" % (len(HEADER), HEADER))

    def run(self):
        self.greet()
        while True:
            line = self.line()
            if not self.tls and line.startswith(b"\x16\x03"):
                raise EOFError  # it begins TLS, and has said nothing
            words = line.split(b" ")
            tag, command = words[0], words[1].upper() if len(words) > 1 else b""
            if command == b"UID" and len(words) > 2:
                command = b"UID " + words[2].upper()
            secret = command in (b"LOGIN", b"AUTHENTICATE")
            said = command.decode() if secret else line.decode("latin1")[:200]
            self.tell(tls=self.tls, said=said)
            if not self.tls and command not in (b"CAPABILITY", b"STARTTLS", b"LOGOUT", b"NOOP", b"ID"):
                self.tell(leak=True)
            if not self.answer(tag, command, words, line):
                return

    def answer(self, tag, command, words, line):
        """Answers one command; whether the connection goes on."""
        ok = tag + b" OK done\r\n"
        if self.mode == "throttle" and command not in (b"CAPABILITY", b"LOGOUT", b"NOOP"):
            self.send(tag + b" NO [UNAVAILABLE] try later\r\n")
        elif command == b"CAPABILITY":
            self.send(b"* CAPABILITY " + self.capabilities() + b"\r\n" + ok)
        elif command == b"STARTTLS":
            return self.start_tls(tag)
        elif command in (b"LOGIN", b"AUTHENTICATE"):
            if self.mode == "referral":
                self.send(tag + b" NO [REFERRAL imap://alice;AUTH=*@127.0.0.1:1/] elsewhere\r\n")
                return True
            if command == b"AUTHENTICATE" and len(words) < 4:
                self.send(b"+ \r\n")
                self.line()
            if self.mode == "bye":
                self.send(b"* BYE going down\r\n")
                return False
            self.send(tag + b" OK [CAPABILITY " + self.capabilities() + b"] in\r\n")
        elif command == b"COMPRESS":
            self.send(tag + b" OK on\r\n")
            bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
            self.stream.sendall(bomb.compress(b"* OK "))
            for _ in range(1024):
                self.stream.sendall(bomb.compress(b"0" * (1 << 20)))
            self.stream.sendall(bomb.flush())
            return False
        elif command == b"ENABLE":
            self.send(b"* ENABLED QRESYNC\r\n" + ok)
        elif command in (b"SELECT", b"EXAMINE"):
            return self.open(tag)
        elif command == b"LIST":
            self.send(b'* LIST (\\HasNoChildren) "/" INBOX\r\n' + ok)
        elif command == b"STATUS":
            validity = self.validity()
            self.send(b"* STATUS INBOX (MESSAGES 3 UIDNEXT 4 UIDVALIDITY %d HIGHESTMODSEQ 7)\r\n" % validity + ok)
        elif command in (b"UID SEARCH", b"SEARCH"):
            self.send(b"* SEARCH 1 2 3\r\n" + ok)
        elif command in (b"UID FETCH", b"FETCH"):
            return self.fetch(tag, line)
        elif command == b"IDLE":
            self.send(b"+ idling\r\n")
            self.line()
            self.send(ok)
        elif command == b"LOGOUT":
            self.send(b"* BYE\r\n" + ok)
            return False
        else:
            self.send(ok)
        return True

    def start_tls(self, tag):
        if self.mode in ("strip", "nostarttls-bad"):
            self.send(tag + b" BAD unknown\r\n")
            return True
        if self.mode == "nostarttls-no":
            self.send(tag + b" NO not now\r\n")
            return True
        if self.mode == "starttls-plus":
            self.send(b"+ go on\r\n")
            return True
        extra = b""
        if self.mode == "inject":
            extra = b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n* OK [ALERT] injected\r\n* 99 EXISTS\r\n"
        if self.mode == "inject-tagged":
            parts = re.match(rb"(\D*)(\d+)$", tag)
            tags = [parts[1] + b"%d" % (int(parts[2]) + step) for step in range(1, 6)] if parts else [b"A2"]
            extra = b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n" + b"".join(t + b" OK injected\r\n" for t in tags)
        self.send(tag + b" OK begin\r\n" + extra)
        self.stream = encrypted(self.stream, self.options)
        self.buffer, self.tls = b"", True
        return True

    def validity(self):
        return 1000 + (int(time.time() * 1000) % 1_000_000 if self.mode == "uidvalidity" else 0)

    def open(self, tag):
        self.looks += 1
        next_uid = max(1, 4 - self.looks) if self.mode == "uidnext-back" else 4
        self.send(b"* 3 EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen)\r\n* OK [UIDVALIDITY %d] x\r\n"
                  b"* OK [UIDNEXT %d] x\r\n* OK [HIGHESTMODSEQ %d] x\r\n"
                  % (self.validity(), next_uid, self.looks + 7))
        if self.mode == "expunge-all":
            self.send(b"* 1 EXPUNGE\r\n" * 50 + b"* 0 EXPUNGE\r\n* 4294967295 EXPUNGE\r\n")
        if self.mode == "close":
            return False
        self.send(tag + b" OK [READ-ONLY] opened\r\n")
        while self.mode == "endless-untagged":
            self.send(b"* 3 EXISTS\r\n* OK still here\r\n" * 1000)
        while self.mode == "drip":
            self.send(b"* 3 EXISTS\r\n")
            self.wait(20)
        return True

    def fetch(self, tag, line):
        asked = re.search(rb"BODY\.PEEK(\[[^]]*\])", line)
        section = b"BODY" + (asked[1] if asked else b"[HEADER]")

        def row(number, uid, header):
            return b'* %d FETCH (UID %d INTERNALDATE "02-Nov-2026 10:00:00 +0000" %s {%d}\r\n%s)\r\n' % (
                number, uid, section, len(header), header)

        if self.mode == "huge-literal":
            self.send(b"* 1 FETCH (UID 1 " + section + b" {4294967296}\r\n")
            for _ in range(60):
                self.send(b"X-Pad: " + b"a" * 70 + b"\r\n")
                self.wait(1)
            return False
        if self.mode == "neg-literal":
            for number, size in enumerate((b"{-1}\r\nx", b"{99999999999999999999}\r\nx", b"{+5}\r\nabcde"), 1):
                self.send(b"* %d FETCH (UID %d %s %s)\r\n" % (number, number, section, size))
        elif self.mode == "endless-line":
            self.send(b"* 1 FETCH (UID 1 X ")
            while True:
                self.send(b"A" * 65536)
        elif self.mode == "deep":
            self.send(b"* 1 FETCH (UID 1 BODYSTRUCTURE " + b"(" * 100000 + b")" * 100000 + b")\r\n")
        elif self.mode == "wrong-uid":
            for number, uid in enumerate((999, 1, 1, 4294967295, 0)):
                self.send(row(number % 3 + 1, uid, HEADER.replace(b"<1@", b"<%d@" % uid)))
        elif self.mode == "nul":
            self.send(row(1, 1, b'From: "A\x00B\r C\xff\xfe" <p\x00@example.org>\r\n'
                                b"Subject: =?utf-8?Q?=00=1B]0;x=07=0D=0AX-Evil:_1?=\r\nDate: \x00\r\n\r\n"))
        elif self.mode == "many-headers":
            self.send(row(1, 1, b"".join(b"X-%d: y\r\n" % number for number in range(200_000)) + HEADER))
        elif self.mode == "long-header":
            self.send(row(1, 1, b"Subject: " + b"a" * (64 << 20) + b"\r\n" + HEADER))
        else:
            for uid in (1, 2, 3):
                self.send(row(uid, uid, HEADER.replace(b"<1@", b"<%d@" % uid)))
        self.send(tag + b" OK fetched\r\n")
        return True


def encrypted(stream, options):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.certificate, options.key)
    return context.wrap_socket(stream, server_side=True)


def serve(stream, options):
    try:
        if options.mode not in IN_CLEAR:
            stream = encrypted(stream, options)
        Peer(stream, options).run()
        end = "closed by the server"
    except (OSError, EOFError, ssl.SSLError) as error:
        end = type(error).__name__
    print(json.dumps({"end": end}), flush=True)
    try:
        stream.close()
    except OSError:
        pass


def main():
    options = argparse.ArgumentParser(usage=__doc__)
    options.add_argument("mode")
    options.add_argument("certificate")
    options.add_argument("key")
    options.add_argument("--hasten", type=float, default=1)
    options = options.parse_args()
    if f"\n  {options.mode} " not in __doc__:
        sys.exit(f"{options.mode}: no such mode")
    listener = socket.create_server(("127.0.0.1", 0))
    print(json.dumps({"ready": listener.getsockname()[1]}), flush=True)
    while True:
        stream, _ = listener.accept()
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=serve, args=(stream, options), daemon=True).start()


main()
