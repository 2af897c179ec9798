//! The few words that several verbs share: verdicts for people, dates, counts.

use jiff::Zoned;
use jiff::civil::Date;

use crate::cli::out::{Cell, Tone};
use crate::interaction::{Category, Channel, Interaction, Setting};
use crate::reliance::{Reliance, Verdict};

/// The verdict in words for people, in its tone. It names how the user keeps in touch.
pub(super) fn verdict(reliance: &Reliance) -> Cell {
    let (words, tone) = kept_by(reliance.verdict);
    Cell::own(words).toned(tone)
}

/// The same without a table around it.
pub(super) fn kept_by(verdict: Verdict) -> (&'static str, Tone) {
    match verdict {
        Verdict::NotEnoughData => ("too new to tell", Tone::Faint),
        Verdict::Silent => ("quiet", Tone::Faint),
        Verdict::Healthy => ("well kept", Tone::Good),
        Verdict::Drifting => ("talk overdue", Tone::Warn),
        Verdict::EmailOnly => ("email only", Tone::Bad),
        Verdict::GroupOnly => ("group calls only", Tone::Bad),
        Verdict::EmailGroup => ("email and group calls only", Tone::Bad),
    }
}

/// How long ago a day was: "today", "3 days ago", "never".
pub(super) fn ago(day: Option<Date>, today: Date) -> String {
    match day.map(|day| days_between(day, today)) {
        None => "never".to_owned(),
        Some(0) => "today".to_owned(),
        Some(1) => "yesterday".to_owned(),
        Some(days) if days < 0 => "ahead".to_owned(),
        Some(days) => format!("{days} days ago"),
    }
}

/// Calendar days from one day to another.
pub(super) fn days_between(from: Date, to: Date) -> i64 {
    to.duration_since(from).as_hours() / 24
}

/// A date as people write it.
pub(super) fn date(day: Date) -> String {
    day.strftime("%-d %b %Y").to_string()
}

/// A date with its day of the week.
pub(super) fn long_date(now: &Zoned) -> String {
    now.strftime("%A %-d %B %Y").to_string()
}

/// "1 person", "2 people".
pub(super) fn count(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

/// The limit in calendar days, at five open days a week.
pub(super) fn limit_days(reliance: &Reliance) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "a limit is a few hundred days at most")]
    let days = (reliance.limit * 7.0 / 5.0).round() as i64;
    days
}

/// What an interaction was, in words.
pub(super) fn what(interaction: &Interaction) -> &'static str {
    match (interaction.category(), interaction.channel, interaction.setting) {
        (None, ..) => "to very many",
        (_, Channel::Email, Setting::OneOnOne) => "email",
        (_, Channel::Email, _) => "email in company",
        (_, Channel::Chat, _) => "chat",
        (Some(Category::OneOnOne), Channel::InPerson, _) => "talk alone, in person",
        (Some(Category::OneOnOne), ..) => "talk alone, call",
        (_, Channel::InPerson, _) => "group, in person",
        (_, Channel::Call, _) => "group call",
    }
}
