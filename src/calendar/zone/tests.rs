//! Zone names with and without their VTIMEZONE.

use jiff::civil::DateTime;

use super::*;

/// Reads the lines of VTIMEZONEs, without the BEGIN and END of the zone itself.
fn zones(text: &str) -> Zones {
    let mut zones = Zones::default();
    zones.begin();
    for line in text.lines().map(str::trim) {
        match line {
            "BEGIN:STANDARD" => zones.observance(false),
            "BEGIN:DAYLIGHT" => zones.observance(true),
            line => zones.line(lines::name(line.as_bytes()).0, line.as_bytes()),
        }
    }
    zones
}

/// The zone's offset in hours on a winter's and on a summer's noon.
fn check(zones: &Zones, tzid: &str, expect: Option<(f64, f64)>) {
    let hours = |zone: &TimeZone, month: i8| {
        let noon = jiff::civil::date(2024, month, 1).at(12, 0, 0, 0);
        let at = zone.to_ambiguous_timestamp(noon).compatible().unwrap();
        f64::from(zone.to_offset(at).seconds()) / 3_600.0
    };
    let found = zones.find(tzid).map(|zone| (hours(&zone, 1), hours(&zone, 7)));
    assert_eq!(found, expect, "{tzid}");
}

#[test]
fn names_need_no_explanation() {
    let none = Zones::default();
    check(&none, "Europe/Berlin", Some((1.0, 2.0)));
    check(&none, "europe/berlin", Some((1.0, 2.0)));
    check(&none, "UTC", Some((0.0, 0.0)));
    check(&none, "W. Europe Standard Time", Some((1.0, 2.0)));
    check(&none, "Eastern", Some((-5.0, -4.0)));
    check(&none, "Eastern Time (US & Canada)", Some((-5.0, -4.0)));
    check(&none, "(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", Some((1.0, 2.0)));
    check(&none, "Europe_London", Some((0.0, 1.0)));
    check(&none, "America_New_York", Some((-5.0, -4.0)));
    check(&none, "/freeassociation.sourceforge.net/Europe/Berlin", Some((1.0, 2.0)));
    check(
        &none,
        "/freeassociation.sourceforge.net/Tzfile/America/Argentina/Buenos_Aires",
        Some((-3.0, -3.0)),
    );
    check(&none, "/mozilla.org/20070129_1/America/New_York", Some((-5.0, -4.0)));
    check(&none, "(UTC+07:00) Somewhere else", Some((7.0, 7.0)));
    check(&none, "GMT+2", Some((2.0, 2.0)));
    check(&none, "UTC+05:45", Some((5.75, 5.75)));
    check(&none, "localtime", None);
    check(&none, "Etc/Unknown", None);
    check(&none, "right/Europe/Berlin", Some((1.0, 2.0)));
    check(&none, "", None);
    check(&none, "../../etc/passwd", None);
    check(&none, "Nowhere/Land", None);
    check(&none, "Customized Time Zone", None);
}

#[test]
fn a_vtimezone_explains_an_unknown_name() {
    let european = zones(
        "TZID:Customized Time Zone
         BEGIN:STANDARD
         DTSTART:16010101T030000
         TZOFFSETFROM:+0200
         TZOFFSETTO:+0100
         RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
         END:STANDARD
         BEGIN:DAYLIGHT
         DTSTART:16010101T020000
         TZOFFSETFROM:+0100
         TZOFFSETTO:+0200
         RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
         END:DAYLIGHT",
    );
    check(&european, "Customized Time Zone", Some((1.0, 2.0)));
    check(&european, "Another", None);
    let zone = european.find("Customized Time Zone").unwrap();
    let last_hour = jiff::civil::date(2024, 3, 31).at(1, 59, 0, 0);
    let first_hour = jiff::civil::date(2024, 3, 31).at(3, 0, 0, 0);
    let minutes = instant(&zone, first_hour).duration_since(instant(&zone, last_hour));
    assert_eq!(minutes.as_mins(), 1, "the change is where Europe has it");
}

fn instant(zone: &TimeZone, wall: DateTime) -> jiff::Timestamp {
    zone.to_ambiguous_timestamp(wall).compatible().unwrap()
}

#[test]
fn the_newest_endless_rules_count() {
    let american = zones(
        "TZID:Office
         BEGIN:DAYLIGHT
         DTSTART:19870405T020000
         TZOFFSETFROM:-0500
         TZOFFSETTO:-0400
         RRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=1SU;UNTIL=20060402T070000Z
         END:DAYLIGHT
         BEGIN:DAYLIGHT
         DTSTART:20070311T020000
         TZOFFSETFROM:-0500
         TZOFFSETTO:-0400
         RRULE:FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=8,9,10,11,12,13,14;BYDAY=SU
         END:DAYLIGHT
         BEGIN:STANDARD
         DTSTART:20071104T020000
         TZOFFSETFROM:-0400
         TZOFFSETTO:-0500
         RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=1SU
         END:STANDARD",
    );
    check(&american, "Office", Some((-5.0, -4.0)));
    let zone = american.find("Office").unwrap();
    let noon = |day| instant(&zone, jiff::civil::date(2024, 3, day).at(12, 0, 0, 0));
    assert_eq!(zone.to_offset(noon(9)).seconds(), -5 * 3_600);
    assert_eq!(zone.to_offset(noon(10)).seconds(), -4 * 3_600);
}

#[test]
fn other_hints_of_a_vtimezone() {
    check(&zones("TZID:X\nX-LIC-LOCATION:Europe/Berlin"), "X", Some((1.0, 2.0)));
    check(&zones("TZID:X\nTZID-ALIAS-OF:Europe/Berlin"), "X", Some((1.0, 2.0)));
    check(&zones("TZID:X\nX-MICROSOFT-CDO-TZID:4"), "X", Some((1.0, 2.0)));
    let fixed = "TZID:X\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETTO:+0530\nEND:STANDARD";
    check(&zones(fixed), "X", Some((5.5, 5.5)));
    let later = "BEGIN:DAYLIGHT\nDTSTART:19800101T000000\nTZOFFSETTO:+0630\nEND:DAYLIGHT";
    check(&zones(&format!("{fixed}\n{later}")), "X", Some((6.5, 6.5)));
    check(&zones("TZID:X\nBEGIN:STANDARD\nTZOFFSETTO:rubbish\nEND:STANDARD"), "X", None);
    check(&zones("TZID:X"), "X", None);
}

#[test]
fn five_hundred_observances_cost_nothing() {
    let one = "BEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETTO:+0000\nRRULE:FREQ=SECONDLY\n";
    check(&zones(&format!("TZID:Evil\n{}", one.repeat(500))), "Evil", Some((0.0, 0.0)));
}
