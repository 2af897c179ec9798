//! From layers to [`Settings`]: every section with single values, then the rest.
//!
//! Defaults stand in `config/hallway.toml` and nowhere else, so each value here is simply
//! required: it is missing only if that file forgot it, which a test would show.

use std::path::Path;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use toml::de::DeValue;

use super::contacts::contacts;
use super::document::Document;
use super::environment::Paths;
use super::fault::{Fault, Origin};
use super::relations::{self, Me};
use super::section::{Ledger, Section};
use super::value::{
    Read, Value, address, choice, days, domain, flag, list, placed, quoted, text, time, time_of,
    weekday_of, weekdays, whole, zone,
};
use super::{
    DesktopSettings, DigestSettings, Every, Format, Hours, NudgeSettings, On, Settings, WorkHours,
    accounts,
};

/// Reads all layers, least important first; `None` when something is wrong or missing, which the
/// ledger then tells.
pub(super) fn settings(
    documents: &[Document<'_>],
    paths: Paths,
    home: Option<&Path>,
    system_zone: &dyn Fn() -> Result<TimeZone, jiff::Error>,
    ledger: &mut Ledger,
) -> Option<Settings> {
    let mut root = Section::root(documents);
    let me = me(&mut root, system_zone, ledger);
    let hours = me.as_ref().map(|(me, _)| Hours { from: me.work.from, to: me.work.to });
    let nudge = nudge(&mut root, hours, ledger);
    let digest = digest(&mut root, ledger);
    let desktop = desktop(&mut root, ledger);
    privacy(&mut root, ledger);
    let mail = accounts::mail(&mut root, home, ledger);
    let calendars = accounts::calendars(&mut root, home, ledger);
    let contacts = contacts(&mut root, home, ledger);
    let (me, known) = me.map_or((None, None), |(me, known)| (Some(me), Some(known)));
    let nobody = Me { addresses: Vec::new(), colleagues: Vec::new() };
    let rules = relations::rules(&mut root, known.unwrap_or(nobody), ledger);
    root.close(ledger);
    ledger.settle();

    let (me, rules) = (me?, rules?);
    if rules.me.is_empty() && !mail.is_empty() {
        ledger.warnings.push(Fault {
            origin: Origin::File { path: paths.config.clone(), line: 0, column: 0 },
            key: "me.addresses".to_owned(),
            what: "none of your addresses is known".to_owned(),
            remedy: "add addresses = [\"you@your.domain\"] under [me]".to_owned(),
        });
    }
    Some(Settings {
        paths,
        rules,
        mail,
        calendars,
        contacts,
        zone: me.zone,
        work: me.work,
        absence_categories: me.absence_categories,
        nudge: nudge?,
        digest: digest?,
        desktop: desktop?,
        warnings: Vec::new(),
        provenance: Vec::new(),
    })
}

struct MyDays {
    zone: TimeZone,
    work: WorkHours,
    absence_categories: Vec<String>,
}

fn me<'t>(
    root: &mut Section<'t>,
    system_zone: &dyn Fn() -> Result<TimeZone, jiff::Error>,
    ledger: &mut Ledger,
) -> Option<(MyDays, Me<'t>)> {
    let mut section = root.table("me", ledger)?;
    let addresses = section.required("addresses", "[\"ana@agency.test\"]", ledger, list(address));
    let colleagues = section.required("colleagues", "[\"agency.test\"]", ledger, list(domain));
    let zone = section.required("time-zone", "\"system\"", ledger, placed(zone));
    let absences = section.required("absence-categories", "[\"vacation\"]", ledger, list(text));
    let work = section.table("working-hours", ledger).map(|mut hours| {
        let days = hours.required("days", "\"mon-fri\"", ledger, weekdays);
        let span = span(&mut hours, ledger);
        hours.close(ledger);
        let Hours { from, to } = span?;
        Some(WorkHours { days: days?, from, to })
    });
    section.close(ledger);

    let zone = zone?;
    let zone = zone.value.clone().unwrap_or_else(|| {
        system_zone().unwrap_or_else(|_| {
            ledger.warnings.push(Fault {
                origin: zone.origin(),
                key: "me.time-zone".to_owned(),
                what: "the time zone of this machine cannot be found, so it is UTC".to_owned(),
                remedy: "write a name such as \"Europe/Berlin\"".to_owned(),
            });
            TimeZone::UTC
        })
    });
    let absence_categories = absences?.into_iter().map(|category| category.value).collect();
    let days = MyDays { zone, work: work??, absence_categories };
    Some((days, Me { addresses: addresses?, colleagues: colleagues? }))
}

/// `from` and `to`, the earlier first.
fn span(section: &mut Section<'_>, ledger: &mut Ledger) -> Option<Hours> {
    let from = section.required("from", "\"09:00\"", ledger, placed(time));
    let to = section.required("to", "\"18:00\"", ledger, placed(time));
    let (from, to) = (from?, to?);
    if from.value >= to.value {
        // Told at the more important of the two: the other may be a default nobody wrote.
        let (origin, key) = (from.origin(), "from").max((to.origin(), "to"));
        let (from, to) = (from.value.strftime("%H:%M"), to.value.strftime("%H:%M"));
        let what = format!("from {from} to {to} is no time");
        ledger.fault(origin, section.key(key), what, "let from be earlier than to");
        return None;
    }
    Some(Hours { from: from.value, to: to.value })
}

fn nudge(
    root: &mut Section<'_>,
    working: Option<Hours>,
    ledger: &mut Ledger,
) -> Option<NudgeSettings> {
    let mut section = root.table("nudge", ledger)?;
    let per_day = section.required("per-day", "1", ledger, placed(budget(1..=10)));
    let per_week = section.required("per-week", "3", ledger, placed(budget(1..=50)));
    let client_rest_days = section.required("client-rest", "\"14d\"", ledger, days(1..=365));
    let later_days = section.required("later", "\"7d\"", ledger, days(1..=365));
    let quiet_days = section.required("quiet", "\"14d\"", ledger, days(0..=365));
    let hold_out = section.required("hold-out", "true", ledger, flag);
    let hours = match section.table_if("hours", ledger) {
        Some(mut table) => {
            let hours = span(&mut table, ledger);
            table.close(ledger);
            hours
        }
        None => section
            .required("hours", "\"working-hours\"", ledger, choice(&[("working-hours", ())]))
            .and(working),
    };
    section.close(ledger);
    let (per_day, per_week) = (per_day?, per_week?);
    if per_day.value > per_week.value {
        let day = (per_day.origin(), "nudge.per-day");
        let (origin, key) = day.max((per_week.origin(), "nudge.per-week"));
        let what = format!("{} a day are more than {} a week", per_day.value, per_week.value);
        ledger.fault(origin, key, what, "raise per-week or lower per-day");
    }
    Some(NudgeSettings {
        per_day: per_day.value,
        per_week: per_week.value,
        client_rest_days: client_rest_days?,
        later_days: later_days?,
        hours: hours?,
        quiet_days: quiet_days?,
        hold_out: hold_out?,
    })
}

/// A number of nudges. None at all is another wish than a small number, and has its own switch.
fn budget(range: std::ops::RangeInclusive<u32>) -> impl Fn(&Value<'_>) -> Read<u32> {
    move |value| match value.item {
        DeValue::Integer(number) if number.as_str() == "0" => value
            .wrong("cannot be 0", "to have no nudges, set notifications = false under [desktop]"),
        _ => whole(range.clone())(value),
    }
}

fn digest(root: &mut Section<'_>, ledger: &mut Ledger) -> Option<DigestSettings> {
    let mut section = root.table("digest", ledger)?;
    let periods = choice(&[("week", Every::Week), ("month", Every::Month)]);
    let every = section.required("every", "\"week\"", ledger, periods);
    let on = section.required("on", "\"monday 08:30\"", ledger, placed(moment));
    let formats = choice(&[
        ("html", Format::Html),
        ("markdown", Format::Markdown),
        ("text", Format::Text),
        ("json", Format::Json),
    ]);
    let formats = section.required("formats", "[\"html\"]", ledger, list(formats));
    section.close(ledger);
    let (every, on) = (every?, on?);
    if let (Every::Week, On::Day(day)) = (every, on.value.0) {
        let what = format!("a week has no day {day}");
        let remedy = "write a weekday, such as \"monday 08:30\", or set every = \"month\"";
        ledger.fault(on.origin(), "digest.on", what, remedy);
    }
    let mut formats: Vec<_> = formats?.into_iter().map(|format| format.value).collect();
    formats.sort();
    formats.dedup();
    Some(DigestSettings { every, on: on.value.0, at: on.value.1, formats })
}

/// `"monday 08:30"` or `"1 08:30"`.
fn moment(value: &Value<'_>) -> Read<(On, Time)> {
    let remedy = "write a weekday and a time, such as \"monday 08:30\", or for a month its day, \
                  such as \"1 08:30\"";
    let written = text(value)?;
    let read = written.split_once(char::is_whitespace).and_then(|(day, time)| {
        let on = match day.trim_end_matches('.').parse::<i8>() {
            // Every month has a 28th.
            Ok(day @ 1..=28) => On::Day(day),
            Ok(_) => return None,
            Err(_) => On::Weekday(weekday_of(day)?),
        };
        Some((on, time_of(time)?))
    });
    match read {
        Some(moment) => Ok(moment),
        None => value.wrong(format!("{} is no day and time", quoted(&written)), remedy),
    }
}

fn desktop(root: &mut Section<'_>, ledger: &mut Ledger) -> Option<DesktopSettings> {
    let mut section = root.table("desktop", ledger)?;
    let notifications = section.required("notifications", "true", ledger, flag);
    let discreet = section.required("discreet", "false", ledger, flag);
    section.close(ledger);
    Some(DesktopSettings { notifications: notifications?, discreet: discreet? })
}

fn privacy(root: &mut Section<'_>, ledger: &mut Ledger) {
    let Some(mut section) = root.table("privacy", ledger) else { return };
    section.required("subjects", "false", ledger, |value| match flag(value)? {
        false => Ok(()),
        true => value.wrong("this version keeps no subjects", "leave it false for now"),
    });
    section.close(ledger);
}
