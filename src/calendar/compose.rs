//! The lines of one VEVENT that Hallway has a use for, ready for the parser.
//!
//! Alarms, attachments, comments and whatever else an event carries are left out before anything
//! is parsed, and what stays has a limit: attendees in number, dates and descriptions in length.
//! Rules are taken out as text, because the parser would round what it does not understand (a
//! COUNT of 0 becomes no COUNT, an INTERVAL of 65,536 becomes 1) and a wrong rule is worse than
//! none. A TZID with a bare colon inside, as `TZID=(UTC+01:00) Berlin`, is put in quotes, else its
//! date is lost.

use std::borrow::Cow;

use super::lines::{self, Lines};

/// Attendees kept of one event; from twenty on it is a broadcast anyway, and each occurrence of a
/// series carries them all.
const ATTENDEES: usize = 100;

/// Other lines kept of one event.
const LINES: usize = 4_000;

/// Rules kept: one more than [`super::expand`] takes, so that it can say that there are too many.
pub(super) const RULES: usize = 17;

/// Bytes kept of a list of dates: some fourteen thousand.
const DATES: usize = 256 * 1024;

/// The properties kept and the bytes kept of each.
const KEPT: [(&str, usize); 27] = [
    ("DTSTART", 1_024),
    ("DTEND", 1_024),
    ("DURATION", 256),
    ("RECURRENCE-ID", 1_024),
    ("RDATE", DATES),
    ("EXDATE", DATES),
    ("STATUS", 256),
    ("TRANSP", 256),
    ("CLASS", 256),
    ("SEQUENCE", 256),
    ("ORGANIZER", 4_096),
    ("ATTENDEE", 4_096),
    ("CREATED", 256),
    ("CATEGORIES", 4_096),
    ("SUMMARY", 1_024),
    ("LOCATION", 4_096),
    ("DESCRIPTION", 64 * 1024),
    ("URL", 8_192),
    ("CONFERENCE", 8_192),
    ("X-GOOGLE-CONFERENCE", 8_192),
    ("X-MICROSOFT-SKYPETEAMSMEETINGURL", 8_192),
    ("X-MICROSOFT-ONLINEMEETINGCONFLINK", 8_192),
    ("X-MICROSOFT-ONLINEMEETINGEXTERNALLINK", 8_192),
    ("X-MICROSOFT-CDO-BUSYSTATUS", 256),
    ("X-MICROSOFT-CDO-INTENDEDSTATUS", 256),
    ("X-MICROSOFT-CDO-ALLDAYEVENT", 256),
    ("X-MOZ-FAKED-MASTER", 256),
];

/// What is left of a VEVENT.
#[derive(Debug, Default)]
pub(super) struct Composed {
    /// Its lines of interest, unfolded, with LF.
    pub(super) text: String,
    /// DTSTAMP, apart because some servers write the time of the download there.
    pub(super) stamp: String,
    /// RRULE values.
    pub(super) rules: Vec<String>,
    /// EXRULE values.
    pub(super) exrules: Vec<String>,
    /// Whether a property of Microsoft's is among its lines.
    pub(super) microsoft: bool,
    /// What a limit cut off.
    pub(super) cut: Option<&'static str>,
}

/// Picks the lines of one VEVENT, given without its own BEGIN and END.
pub(super) fn compose(block: &[u8]) -> Composed {
    let mut out = Composed::default();
    let (mut depth, mut attendees, mut others) = (0_usize, 0, 0);
    for line in Lines::new(block) {
        let (name, _) = lines::name(&line.text);
        if name.eq_ignore_ascii_case(b"BEGIN") {
            depth += 1;
            continue;
        }
        if name.eq_ignore_ascii_case(b"END") {
            depth = depth.saturating_sub(1);
            continue;
        }
        if depth > 0 {
            continue;
        }
        out.microsoft |= starts_with(name, b"X-MICROSOFT-");
        let is = |wanted: &str| name.eq_ignore_ascii_case(wanted.as_bytes());
        if is("RRULE") || is("EXRULE") {
            let list = if is("RRULE") { &mut out.rules } else { &mut out.exrules };
            if list.len() < RULES {
                list.push(lines::text(lines::value(&line.text)).trim().to_owned());
            }
        } else if is("DTSTAMP") {
            out.stamp = format!("{}\n", lines::text(&line.text));
        } else if let Some((kept, limit)) = KEPT.iter().find(|(kept, _)| is(kept)) {
            let seen = if *kept == "ATTENDEE" { &mut attendees } else { &mut others };
            *seen += 1;
            if attendees > ATTENDEES || others > LINES {
                out.cut = Some("more attendees or dates than an event has; the first are kept");
                continue;
            }
            // Nothing in it but a link is looked for, and most have none.
            if *kept == "DESCRIPTION" && memchr::memchr2(b'/', b'%', &line.text).is_none() {
                continue;
            }
            out.keep(&lines::text(&line.text), *limit, is_date(kept));
        }
    }
    out
}

impl Composed {
    fn keep(&mut self, line: &str, limit: usize, date: bool) {
        let line = line.strip_prefix('\u{feff}').unwrap_or(line);
        let mut kept = line;
        if line.len() > limit {
            kept = line.get(..line.floor_char_boundary(limit)).unwrap_or_default();
            if limit == DATES {
                kept = kept.rsplit_once(',').map_or("", |(whole, _)| whole);
                self.cut = Some("more dates than an event has; the first are kept");
            }
        }
        if date {
            self.text.push_str(&quoted_tzid(&dated(kept)));
        } else {
            self.text.push_str(kept);
        }
        self.text.push('\n');
    }
}

fn starts_with(name: &[u8], start: &[u8]) -> bool {
    name.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// Whether a property of [`KEPT`] may say VALUE and TZID.
fn is_date(name: &str) -> bool {
    matches!(name, "DTSTART" | "DTEND" | "RECURRENCE-ID" | "RDATE" | "EXDATE")
}

/// Takes VALUE=DATE away from a date that has a time all the same, else the time would be lost.
fn dated(line: &str) -> Cow<'_, str> {
    let value = lines::text(lines::value(line.as_bytes()));
    let timed = value.as_bytes().get(8).is_some_and(|b| b.eq_ignore_ascii_case(&b'T'));
    let stripped = || {
        let head = line.get(..line.len().checked_sub(value.len())?)?;
        let at = head.to_ascii_uppercase().find(";VALUE=DATE")?;
        let (before, after) = (head.get(..at)?, head.get(at + ";VALUE=DATE".len()..)?);
        after.starts_with([';', ':']).then(|| format!("{before}{after}{value}"))
    };
    if !timed {
        return Cow::Borrowed(line);
    }
    stripped().map_or(Cow::Borrowed(line), Cow::Owned)
}

/// Puts a TZID with a colon in it in quotes.
fn quoted_tzid(line: &str) -> Cow<'_, str> {
    let quoted = || {
        let (head, value) = line.rsplit_once(':')?;
        let at = head.to_ascii_uppercase().find(";TZID=")? + ";TZID=".len();
        let (before, zone) = head.split_at_checked(at)?;
        let (zone, after) = zone.split_once(';').unwrap_or((zone, ""));
        let odd = zone.contains(':') && !zone.contains('"') && !before.contains(':');
        let after = if after.is_empty() { String::new() } else { format!(";{after}") };
        odd.then(|| format!("{before}\"{zone}\"{after}:{value}"))
    };
    quoted().map_or(Cow::Borrowed(line), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_used_is_kept() {
        let block = "UID:1\nSUMMARY:a\nATTACH:b\nBEGIN:VALARM\nDESCRIPTION:c\nEND:VALARM\n\
                     X-MICROSOFT-FOO:d\nrrule:FREQ=DAILY\nDTSTAMP:e\nTRANSP:OPAQUE\n";
        let composed = compose(block.as_bytes());
        assert_eq!(composed.text, "SUMMARY:a\nTRANSP:OPAQUE\n");
        assert_eq!(composed.rules, ["FREQ=DAILY"]);
        assert_eq!(composed.stamp, "DTSTAMP:e\n");
        assert!(composed.microsoft);
        assert_eq!(composed.cut, None);
    }

    #[test]
    fn limits_cut_and_say_so() {
        let composed = compose("ATTENDEE:mailto:a@b.test\n".repeat(3_000).as_bytes());
        assert_eq!(composed.text.lines().count(), ATTENDEES);
        assert!(composed.cut.is_some());
        let dates = format!("RDATE:{}\n", "20240101T000000Z,".repeat(20_000));
        let composed = compose(dates.as_bytes());
        assert!(composed.text.ends_with("20240101T000000Z\n"), "cut between two dates");
        assert!(composed.cut.is_some());
        let composed = compose(format!("DESCRIPTION:{}\n", "é".repeat(50_000)).as_bytes());
        assert!(composed.text.len() <= 64 * 1024 + 1 && composed.cut.is_none());
    }

    #[test]
    fn a_time_beside_value_date_is_kept() {
        let check = |line: &str, expect: &str| assert_eq!(dated(line), expect);
        check("DTSTART;VALUE=DATE:20240301", "DTSTART;VALUE=DATE:20240301");
        check("DTSTART;VALUE=DATE:20240301T120000", "DTSTART:20240301T120000");
        check("DTSTART;value=date;TZID=X:20240301T120000", "DTSTART;TZID=X:20240301T120000");
        check("DTSTART;VALUE=DATE-TIME:20240301T12", "DTSTART;VALUE=DATE-TIME:20240301T12");
        check("SUMMARY:12345678The;VALUE=DATE:", "SUMMARY:12345678The;VALUE=DATE:");
    }

    #[test]
    fn a_colon_in_a_zone_name_is_quoted() {
        let check = |line: &str, expect: &str| assert_eq!(quoted_tzid(line), expect);
        check("DTSTART;TZID=Europe/Berlin:1", "DTSTART;TZID=Europe/Berlin:1");
        check("DTSTART;TZID=(UTC+01:00) Berlin:1", "DTSTART;TZID=\"(UTC+01:00) Berlin\":1");
        check("DTSTART;TZID=\"(UTC+01:00) B\":1", "DTSTART;TZID=\"(UTC+01:00) B\":1");
        check("DTSTART;TZID=a:b;X=c:1", "DTSTART;TZID=\"a:b\";X=c:1");
        check("SUMMARY:re ;TZID=a:b", "SUMMARY:re ;TZID=a:b");
    }
}
