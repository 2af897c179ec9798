//! Single values: from what stands in a file to what the rooms want, or to what is wrong with it.
//!
//! Every reader takes a [`Value`] and answers with all that is wrong in it, each with its place
//! and remedy. Where two spellings mean the same and neither is a mistake anybody would regret,
//! both are read: a list of one may be written without brackets, a length of time as a number of
//! days, a time of day without quotes.

use std::ops::{Range, RangeInclusive};
use std::path::{Path, PathBuf};

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use toml::de::DeValue;

use super::document::Document;
use super::fault::{Origin, nearest};
use crate::mail::AddrSpec;
use crate::text::Shown;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Value<'t> {
    pub(super) document: &'t Document<'t>,
    pub(super) item: &'t DeValue<'t>,
    pub(super) span: Range<usize>,
}

/// What is wrong with a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) span: Range<usize>,
    pub(super) what: String,
    pub(super) remedy: String,
}

/// A value that was read, or everything that is wrong with it.
pub(super) type Read<T> = Result<T, Vec<Wrong>>;

/// One value of a list, with its place: for what can only be judged beside others.
#[derive(Clone, Debug)]
pub(super) struct At<'t, T> {
    pub(super) value: T,
    document: &'t Document<'t>,
    span: Range<usize>,
}

impl<T> At<'_, T> {
    /// Where it stands.
    pub(super) fn origin(&self) -> Origin {
        self.document.origin(&self.span)
    }
}

impl<'t> Value<'t> {
    /// Where it stands.
    pub(super) fn origin(&self) -> Origin {
        self.document.origin(&self.span)
    }

    /// What kind of value it is.
    pub(super) fn noun(&self) -> &'static str {
        match self.item {
            DeValue::String(_) => "text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number with a point",
            DeValue::Boolean(_) => "true or false",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        }
    }

    /// The beginning of a sentence on what it should have been.
    pub(super) fn is(&self) -> &'static str {
        match self.item {
            DeValue::String(_) => "is text",
            DeValue::Integer(_) => "is a whole number",
            DeValue::Float(_) => "is a number with a point",
            DeValue::Boolean(_) => "is true or false",
            DeValue::Datetime(_) => "is a date or time",
            DeValue::Array(_) => "is a list",
            DeValue::Table(_) => "is a table",
        }
    }

    /// Says what is wrong.
    pub(super) fn wrong<T>(&self, what: impl Into<String>, remedy: impl Into<String>) -> Read<T> {
        Err(vec![Wrong { span: self.span.clone(), what: what.into(), remedy: remedy.into() }])
    }

    /// The same value with its place kept.
    pub(super) fn at<T>(&self, value: T) -> At<'t, T> {
        At { value, document: self.document, span: self.span.clone() }
    }

    fn text(&self) -> Option<&'t str> {
        match self.item {
            DeValue::String(text) => Some(text.trim()),
            _ => None,
        }
    }

    fn must<T>(&self, be: &str, remedy: &str) -> Read<T> {
        self.wrong(format!("{}, but must be {be}", self.is()), remedy)
    }
}

/// Text that is not empty and shows in full.
pub(super) fn text(value: &Value<'_>) -> Read<String> {
    match value.text() {
        None => value.must("text", "put it between double quotes"),
        Some("") => value.wrong("is empty", "write something between the quotes"),
        Some(text) if crate::text::has_hidden(text) => {
            value.wrong("holds characters that do not show", "type it again by hand")
        }
        Some(text) => Ok(text.to_owned()),
    }
}

/// `true` or `false`.
pub(super) fn flag(value: &Value<'_>) -> Read<bool> {
    match value.item {
        DeValue::Boolean(flag) => Ok(*flag),
        _ => value.must("true or false", "write true or false, without quotes"),
    }
}

/// A whole number in a range.
pub(super) fn whole(range: RangeInclusive<u32>) -> impl Fn(&Value<'_>) -> Read<u32> {
    move |value| {
        let (low, high) = (range.start(), range.end());
        let remedy = format!("write a number from {low} to {high}, without quotes");
        let DeValue::Integer(number) = value.item else {
            return value.must("a whole number", &remedy);
        };
        match u32::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) if range.contains(&number) => Ok(number),
            _ => value.wrong(format!("{number} is out of range"), remedy),
        }
    }
}

/// A length of time in whole days: `"10d"`, `"2w"`, `"1mo"` (30 days) or a number of days.
pub(super) fn days(range: RangeInclusive<u32>) -> impl Fn(&Value<'_>) -> Read<u32> {
    move |value| {
        let remedy = "write days or weeks, such as \"30d\" or \"6w\"";
        let (shown, days) = match value.item {
            DeValue::Integer(number) => {
                (number.to_string(), i64::from_str_radix(number.as_str(), number.radix()).ok())
            }
            DeValue::String(text) => (Shown(text).to_string(), whole_days(text)),
            _ => return value.must("a length of time", remedy),
        };
        match days.map(u32::try_from) {
            None => value.wrong(format!("\"{shown}\" is no length of time in days"), remedy),
            Some(Ok(days)) if range.contains(&days) => Ok(days),
            Some(_) => {
                let (low, high) = (range.start(), range.end());
                value.wrong(
                    format!("\"{shown}\" is out of range"),
                    format!("write {low}d to {high}d"),
                )
            }
        }
    }
}

/// A wanted rhythm as it is typed elsewhere: whole days, from one to two years.
pub fn days_of(text: &str) -> Option<u32> {
    let days = whole_days(text)?;
    u32::try_from(days).ok().filter(|days| CADENCE.contains(days))
}

/// The shortest and longest wanted rhythm in days.
pub(super) const CADENCE: RangeInclusive<u32> = 1..=730;

fn whole_days(text: &str) -> Option<i64> {
    let span: jiff::Span = text.trim().parse().ok()?;
    // A month has no length of its own; nobody who writes "1mo" minds whether 30 or 31 are meant.
    let days = i64::from(span.get_days())
        + 7 * i64::from(span.get_weeks())
        + 30 * i64::from(span.get_months());
    let rest = span.days(0).weeks(0).months(0);
    rest.is_zero().then_some(days)
}

/// A time of day.
pub(super) fn time(value: &Value<'_>) -> Read<Time> {
    let remedy = "write it as \"HH:MM\", such as \"09:00\"";
    match value.item {
        DeValue::String(text) => match time_of(text) {
            Some(time) => Ok(time),
            None => value.wrong(format!("{} is no time of day", quoted(text)), remedy),
        },
        DeValue::Datetime(toml::value::Datetime { date: None, time: Some(time), offset: None }) => {
            let [hour, minute] = [time.hour, time.minute].map(|n| i8::try_from(n).unwrap_or(0));
            Time::new(hour, minute, 0, 0).or_else(|_| value.wrong("is no time of day", remedy))
        }
        _ => value.must("a time of day", remedy),
    }
}

/// A time of day, `"08:30"`; `"24:00"` is its end.
pub fn time_of(text: &str) -> Option<Time> {
    match text.trim() {
        "24:00" => Some(Time::MAX),
        text => Time::strptime("%H:%M", text).ok(),
    }
}

/// Days of the week: `"mon-fri"`, `"mon, wed"`, `["mon", "tue-thu"]`.
pub(super) fn weekdays(value: &Value<'_>) -> Read<Vec<Weekday>> {
    let remedy = "write days such as \"mon-fri\" or [\"mon\", \"wed\", \"thu\"]";
    let ranges = list(|item: &Value<'_>| {
        let Some(text) = item.text() else { return item.must("text", remedy) };
        let mut days = Vec::new();
        for piece in text.split(',') {
            let (first, last) = piece.split_once('-').unwrap_or((piece, piece));
            let (Some(first), Some(last)) = (weekday_of(first), weekday_of(last)) else {
                let what = format!("{} is no day of the week", quoted(piece.trim()));
                return item.wrong(what, remedy);
            };
            let reach = usize::try_from(first.until(last)).unwrap_or(0);
            days.extend(first.cycle_forward().take(reach + 1));
        }
        Ok(days)
    })(value)?;
    let mut days: Vec<_> = ranges.into_iter().flat_map(|days| days.value).collect();
    days.sort_by_key(|day| day.to_monday_zero_offset());
    days.dedup();
    if days.is_empty() { value.wrong("names no day", remedy) } else { Ok(days) }
}

/// A day of the week by its English name or the first letters of it, at least three.
pub fn weekday_of(text: &str) -> Option<Weekday> {
    let text = text.trim().to_ascii_lowercase();
    let names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let at = names.iter().position(|name| text.len() >= 3 && name.starts_with(&text))?;
    Weekday::from_monday_zero_offset(i8::try_from(at).ok()?).ok()
}

/// One of some words, each with what it stands for.
pub(super) fn choice<T: Copy>(
    words: &'static [(&'static str, T)],
) -> impl Fn(&Value<'_>) -> Read<T> {
    move |value| {
        let all: Vec<_> = words.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        let remedy = match all.split_last() {
            Some((last, rest)) if !rest.is_empty() => {
                format!("write {} or {last}", rest.join(", "))
            }
            _ => format!("write {}", all.concat()),
        };
        let Some(text) = value.text() else { return value.must("text", &remedy) };
        if let Some((_, meant)) = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)) {
            return Ok(*meant);
        }
        value.wrong(format!("{} is unknown", quoted(text)), remedy)
    }
}

/// A list, or a single value for a list of one.
pub(super) fn list<'t, T>(
    each: impl Fn(&Value<'t>) -> Read<T>,
) -> impl Fn(&Value<'t>) -> Read<Vec<At<'t, T>>> {
    move |value| {
        let DeValue::Array(items) = value.item else {
            return Ok(vec![value.at(each(value)?)]);
        };
        let (mut read, mut wrongs) = (Vec::new(), Vec::new());
        for item in items {
            let item = Value { document: value.document, item: item.get_ref(), span: item.span() };
            match each(&item) {
                Ok(one) => read.push(item.at(one)),
                Err(more) => wrongs.extend(more),
            }
        }
        if wrongs.is_empty() { Ok(read) } else { Err(wrongs) }
    }
}

/// An address.
pub(super) fn address(value: &Value<'_>) -> Read<AddrSpec> {
    let text = text(value)?;
    match AddrSpec::parse(&text) {
        Some(address) => Ok(address),
        None => {
            let what = format!("{} is no address", quoted(&text));
            value.wrong(what, "write it as name@domain, without a display name")
        }
    }
}

/// A domain, lower case.
pub(super) fn domain(value: &Value<'_>) -> Read<String> {
    let text = text(value)?;
    let domain = text.trim_end_matches('.').to_lowercase();
    let shown = Shown(&text);
    if let Some((_, after)) = domain.split_once('@') {
        let remedy = format!("write {}, or list the address under people", Shown(after));
        return value.wrong(format!("\"{shown}\" is no domain"), remedy);
    }
    let odd = |c: char| c.is_whitespace() || "/:*<>,;\"".contains(c);
    if domain.contains(odd) || domain.starts_with('.') || domain.contains("..") {
        return value.wrong(format!("\"{shown}\" is no domain"), "write it as name.example");
    }
    if psl::domain_str(&domain).is_none() {
        let what = format!("\"{shown}\" is no domain of one organization");
        return value.wrong(what, "write it in full, as name.example");
    }
    Ok(domain)
}

/// A path: absolute, or from the home directory with `~/`.
pub(super) fn path(home: Option<&Path>) -> impl Fn(&Value<'_>) -> Read<PathBuf> {
    move |value| {
        let text = text(value)?;
        let below = if text == "~" { Some("") } else { text.strip_prefix("~/") };
        match (below, home) {
            (Some(below), Some(home)) => Ok(home.join(below)),
            (Some(_), None) => {
                value.wrong("there is no home directory", "set HOME or write the path in full")
            }
            (None, _) if text.starts_with('/') => Ok(PathBuf::from(text)),
            (None, _) if text.starts_with('~') => {
                value.wrong("only one's own home can be meant by ~", "write the path in full")
            }
            (None, _) => {
                let what = format!("{} is relative", quoted(&text));
                value.wrong(what, "begin it with / or ~/")
            }
        }
    }
}

/// `"system"` is the zone of the machine; anything else is an IANA name.
pub(super) fn zone(value: &Value<'_>) -> Read<Option<TimeZone>> {
    let text = text(value)?;
    if text.eq_ignore_ascii_case("system") {
        return Ok(None);
    }
    let known = jiff::tz::db();
    match known.get(&text) {
        Ok(zone) => Ok(Some(zone)),
        Err(_) => {
            let names: Vec<_> = known.available().map(|name| name.to_string()).collect();
            let remedy = match nearest(&text, names.iter().map(String::as_str)) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => "write \"system\" or a name such as \"Europe/Berlin\"".to_owned(),
            };
            value.wrong(format!("{} is no time zone", quoted(&text)), remedy)
        }
    }
}

/// A reader that keeps the place of what it reads.
pub(super) fn placed<'t, T>(
    read: impl Fn(&Value<'t>) -> Read<T>,
) -> impl Fn(&Value<'t>) -> Read<At<'t, T>> {
    move |value| Ok(value.at(read(value)?))
}

/// A word from outside between quotes.
pub(super) fn quoted(word: &str) -> String {
    format!("\"{}\"", Shown(word))
}
