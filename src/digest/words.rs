//! The words of a digest: how days, verdicts and answers are said.
//!
//! Every sentence here has the user for its subject, or nobody. "Overdue", "late", "neglected"
//! and any praise or blame of a person are refused: a verdict describes a habit.

use jiff::civil::Date;

use crate::call::How;
use crate::nudge::{Answer, Stage};
use crate::people::Preference;
use crate::reliance::{Trend, Verdict};
use crate::text::Shown;

/// A name from outside, as it may be shown; not yet escaped for any format.
pub(super) fn name(text: &str) -> String {
    let shown = Shown(text).to_string();
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    if shown.is_empty() { "somebody without a name".to_owned() } else { shown }
}

/// A sentence with names from outside in it, as it may be shown; not yet escaped for any format.
///
/// [`Shown`] is for a name and cuts at 64 columns, so it is applied word by word.
pub(super) fn sentence(text: &str) -> String {
    let words = text.split_whitespace().map(|word| Shown(word).to_string());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// "no", "one" to "twelve", then figures.
pub(super) fn number(n: usize) -> String {
    const WORDS: [&str; 13] = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
        "eleven", "twelve",
    ];
    WORDS.get(n).map_or_else(|| n.to_string(), |word| (*word).to_owned())
}

/// The first letter made large; for the start of a sentence of ours.
pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |c| c.to_uppercase().chain(chars).collect())
}

/// A number of things: "1 person", "3 people".
pub(super) fn count(n: u32, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// A day as it is said on another: with its weekday where it is near, with its year where that
/// is another one. Day and month are held together by a no-break space.
pub(super) fn day(day: Date, as_of: Date) -> String {
    if day.duration_since(as_of).abs().as_hours() <= 24 * 31 {
        day.strftime("%A %-d\u{a0}%B").to_string()
    } else {
        short_day(day, as_of)
    }
}

/// The same without the weekday.
pub(super) fn short_day(day: Date, as_of: Date) -> String {
    let same_year = day.year() == as_of.year();
    day.strftime(if same_year { "%-d\u{a0}%B" } else { "%-d\u{a0}%B %Y" }).to_string()
}

/// Days of one period: "Tuesday 17 November", "3, 10 and 17 November".
pub(super) fn days(days: &[Date], as_of: Date) -> String {
    let Some((last, earlier)) = days.split_last() else { return String::new() };
    if earlier.is_empty() {
        return day(*last, as_of);
    }
    let short = |d: &Date| {
        let format = if d.month() == last.month() { "%-d" } else { "%-d\u{a0}%B" };
        d.strftime(format).to_string()
    };
    let earlier = earlier.iter().map(short).collect::<Vec<_>>().join(", ");
    format!("{earlier} and {}", last.strftime("%-d\u{a0}%B"))
}

/// What a verdict says about the user's own habit.
pub(super) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NotEnoughData => "too early to tell",
        Verdict::Silent => "quiet",
        Verdict::Healthy => "in rhythm",
        Verdict::Drifting => "longer ago than usual",
        Verdict::EmailOnly => "by email only",
        Verdict::GroupOnly => "in group calls only",
        Verdict::EmailGroup => "by email and group calls only",
    }
}

/// A verdict in JSON.
pub(super) fn verdict_key(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NotEnoughData => "not_enough_data",
        Verdict::Silent => "silent",
        Verdict::Healthy => "healthy",
        Verdict::Drifting => "drifting",
        Verdict::EmailOnly => "email_only",
        Verdict::GroupOnly => "group_only",
        Verdict::EmailGroup => "email_group",
    }
}

/// Where things are going; `None` when nowhere.
pub(super) fn trend(trend: Trend) -> Option<&'static str> {
    match trend {
        Trend::Up => Some("more one-on-one lately"),
        Trend::Flat => None,
        Trend::Down => Some("less one-on-one lately"),
    }
}

/// One easy act. What somebody prefers outranks what the mix would suggest.
pub(super) fn suggestion(prefers: Option<Preference>, verdict: Verdict) -> &'static str {
    match (prefers, verdict) {
        (Some(Preference::Email), _) => {
            "Write, since email is what they like, and ask for ten minutes."
        }
        (Some(Preference::Video), _) => "Propose a short video call, just the two of you.",
        (Some(Preference::Visit), _) => "Drop by, or meet for a coffee.",
        (_, Verdict::EmailOnly) => "Answer the next email by phone.",
        (Some(Preference::Phone), _) => "Pick up the phone; ten minutes will do.",
        (None, Verdict::GroupOnly) => "Ask for ten minutes alone after the next group call.",
        (None, Verdict::EmailGroup) => "Propose ten minutes, just the two of you.",
        (None, _) => "Pick up where you left off: a call, or a walk down the hall.",
    }
}

/// What became of a nudge.
pub(super) fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Answered(Answer::Talked(How::Call)) => "you called",
        Stage::Answered(Answer::Talked(How::Visit)) => "you met",
        Stage::Answered(Answer::Spoke(_)) => "you had talked before",
        Stage::Answered(Answer::NotYet) => "you had not talked yet",
        Stage::Answered(Answer::KeepReminding) => "you want to be reminded all the same",
        Stage::Answered(Answer::Later) => "you left it for later",
        Stage::Answered(Answer::PrefersEmail) => "you noted that they prefer email",
        Stage::Answered(Answer::NotAClient) => "you noted that they are no client",
        Stage::Answered(Answer::Show) => "you had a look",
        Stage::Dismissed => "you closed it",
        Stage::Claimed | Stage::Shown | Stage::Undelivered => "not answered yet",
        Stage::HeldOut => "left out on purpose, to see what happens without",
        Stage::Missed => "no good moment came",
    }
}

/// The two fields of a nudge in JSON: how far it came, and the answer.
pub(super) fn stage_keys(stage: Stage) -> (&'static str, Option<&'static str>) {
    match stage {
        Stage::Claimed => ("claimed", None),
        Stage::Shown => ("shown", None),
        Stage::Undelivered => ("undelivered", None),
        Stage::Dismissed => ("dismissed", None),
        Stage::HeldOut => ("held_out", None),
        Stage::Missed => ("missed", None),
        Stage::Answered(answer) => (
            "answered",
            Some(match answer {
                Answer::Talked(How::Call) => "called",
                Answer::Talked(How::Visit) => "met",
                Answer::Spoke(How::Call) => "spoke_call",
                Answer::Spoke(How::Visit) => "spoke_visit",
                Answer::NotYet => "not_yet",
                Answer::KeepReminding => "keep_reminding",
                Answer::Later => "later",
                Answer::PrefersEmail => "prefers_email",
                Answer::NotAClient => "not_a_client",
                Answer::Show => "show",
            }),
        ),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn near_days_have_a_weekday_and_far_ones_a_year() {
        let check =
            |d, expect: &str| assert_eq!(day(d, date(2026, 11, 23)).replace('\u{a0}', " "), expect);
        check(date(2026, 11, 17), "Tuesday 17 November");
        check(date(2026, 12, 3), "Thursday 3 December");
        check(date(2026, 9, 3), "3 September");
        check(date(2025, 11, 17), "17 November 2025");
        check(Date::MIN, "1 January -9999");
        assert_eq!(short_day(date(2026, 11, 17), date(2026, 11, 23)), "17\u{a0}November");
    }

    #[test]
    fn several_days_share_their_month() {
        let check = |list: &[Date], expect: &str| {
            assert_eq!(days(list, date(2026, 11, 23)).replace('\u{a0}', " "), expect);
        };
        check(&[], "");
        check(&[date(2026, 11, 17)], "Tuesday 17 November");
        check(&[date(2026, 11, 3), date(2026, 11, 17)], "3 and 17 November");
        check(
            &[date(2026, 10, 31), date(2026, 11, 3), date(2026, 11, 17)],
            "31 October, 3 and 17 November",
        );
    }

    #[test]
    fn a_name_that_does_not_show_is_still_somebody() {
        assert_eq!(name(" \n\t"), "somebody without a name");
        assert_eq!(name("Jo\nDoe  Li"), "Jo Doe Li");
    }

    #[test]
    fn a_sentence_is_not_cut_like_a_name() {
        let long = "many words ".repeat(20);
        assert_eq!(sentence(&long), long.trim());
        assert_eq!(sentence("one\r\ntwo"), "one two");
    }
}
