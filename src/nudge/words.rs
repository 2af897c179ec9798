//! The words of a nudge: one sentence of figures, one easy act.
//!
//! They speak of the user's own habit, never of the other person, and hold no name: the first name
//! stands in the summary alone, which a discreet desktop leaves out. So nothing from outside is in
//! the body, and its length has a bound that a test can check: two sentences, 200 characters.
//! Hallway sees mailboxes and calendars only, so what it misses is "not on record", never "did not
//! happen".
//!
//! The same words every time wear out, so there are several for each case. Which one comes is
//! settled by the person and the day: the same question on the same day reads the same.

use jiff::civil::{Date, Time};

use super::burst::Burst;
use super::moment::Moment;
use super::{Form, Nudge};
use crate::people::{Person, Preference};
use crate::reliance::walk::{LONG, SHORT};
use crate::reliance::words::{carried, day, every, list, usually, working_days};
use crate::reliance::{ChannelMix, Reliance, Wish};
use crate::text::Shown;

/// The longest body of a notification, in characters.
pub const BODY: usize = 200;

/// The two sentences of a nudge.
pub(super) struct Said {
    pub(super) reason: String,
    pub(super) suggestion: String,
}

/// What there is to say beside the figures.
#[derive(Clone, Copy, Debug)]
pub(super) struct Occasion {
    pub(super) form: Form,
    pub(super) burst: Option<Burst>,
    /// When there is time today, where an earlier word went by: it must not be the same again.
    pub(super) slot: Option<Time>,
}

/// The words for one person on one day.
pub(super) fn say(
    person: &Person,
    reliance: &Reliance,
    occasion: Occasion,
    moment: &Moment<'_>,
) -> Said {
    let today = moment.today();
    let seed = seed(person.id.0.as_str(), today);
    let (reason, suggestion) = match (occasion.form, occasion.burst) {
        (Form::Burst, burst) => {
            let messages = burst.map_or(0, |burst| burst.messages);
            let calls = [
                "Time for a call?",
                "A call instead of the next message?",
                "Would ten minutes on the telephone do?",
            ];
            let reason = format!("{messages} messages in two days, back and forth.");
            (reason, pick(calls, seed / 3).to_owned())
        }
        (Form::Question, _) => (
            match reliance.last_one_on_one {
                Some(talk) => format!(
                    "No talk alone on record since {}, but there may be one that no calendar knows.",
                    named(talk, today)
                ),
                None => "No talk alone on record yet, but there may be one that no calendar knows."
                    .to_owned(),
            },
            "Tell, and it counts.".to_owned(),
        ),
        (Form::LastQuestion, _) => (
            "Three suggestions in a row went by unanswered.".to_owned(),
            "Without an answer no more come until you talk.".to_owned(),
        ),
        (Form::Suggestion, _) => (
            reason(person, reliance, moment, seed),
            match occasion.slot.filter(|_| person.prefers != Some(Preference::Email)) {
                Some(slot) => {
                    let at = slot.strftime("%H:%M");
                    let slots = [
                        format!("You are free at {at}: a short call?"),
                        format!("There is time at {at} today, or propose another."),
                        format!("Half an hour is free at {at}: use it?"),
                    ];
                    pick(slots, seed / 3)
                }
                None => pick(suggestions(person.prefers), seed / 3).to_owned(),
            },
        ),
    };
    Said { reason, suggestion }
}

fn reason(person: &Person, reliance: &Reliance, moment: &Moment<'_>, seed: u64) -> String {
    let today = moment.today();
    // Where there never was a talk, silence counts from the first contact: no figure is older.
    let known = match reliance.last_one_on_one {
        Some(_) => LONG,
        None => LONG.min(reliance.silence.saturating_add(1)),
    };
    let since = day(moment.open.window_start(today, known), false);
    let written = |mix: ChannelMix| list(&carried(ChannelMix { one_on_one: 0, ..mix }));
    let quarter = written(reliance.last_90);
    match reliance.last_one_on_one {
        Some(talk) if reliance.last_90.one_on_one > 0 => {
            let (on, ago) = (named(talk, today), working_days(reliance.silence));
            let wish = Wish::of_person(person);
            // A silence inside what is wanted is long only beside what is usual between the two.
            let inside = f64::from(reliance.silence) <= wish.open_days();
            let measure = usually(reliance)
                .filter(|_| inside)
                .unwrap_or_else(|| format!("you want one {}", every(wish.calendar_days())));
            // With a rhythm of a few days, the last weeks may hold talks and nothing else.
            let lately = match reliance.last_28 {
                ChannelMix { email: 0, group: 0, .. } => String::new(),
                mix => format!(", but {} in the last {}", written(mix), working_days(SHORT)),
            };
            let phrases = [
                format!("Your last talk alone on record was on {on}, {ago} ago; {measure}."),
                format!("No talk alone on record since {on}{lately}."),
                format!("{} since your last talk alone on {on}; {measure}.", capital(&ago)),
            ];
            pick(phrases, seed)
        }
        Some(talk) => {
            let on = named(talk, today);
            let phrases = [
                format!("Since {since}: {quarter}, no talk alone on record."),
                format!(
                    "{} since {since}, and the last talk alone was on {on}.",
                    capital(&quarter)
                ),
                format!("Your last talk alone on record was on {on}; since {since}: {quarter}."),
            ];
            pick(phrases, seed)
        }
        None => {
            let phrases = [
                format!("Since {since}: {quarter}, no talk alone on record."),
                format!("{} since {since}, and not one talk alone on record.", capital(&quarter)),
                format!("No talk alone on record yet; since {since}: {quarter}."),
            ];
            pick(phrases, seed)
        }
    }
}

fn suggestions(prefers: Option<Preference>) -> [&'static str; 3] {
    match prefers {
        Some(Preference::Phone) => [
            "A short phone call would do.",
            "Ring for ten minutes?",
            "Time for a quick phone call?",
        ],
        Some(Preference::Visit) => {
            ["A visit or a lunch would do.", "Drop by for a coffee?", "Propose a day to meet?"]
        }
        Some(Preference::Video) => [
            "A quarter of an hour on video would do.",
            "A short video call, just the two of you?",
            "Propose a time for a video call?",
        ],
        Some(Preference::Email) => [
            "Offer a call in your next email?",
            "Your next email could propose a talk.",
            "Ask by email for ten minutes together?",
        ],
        None => [
            "A short call or a coffee would do.",
            "Call, or propose a time to talk?",
            "Ten minutes alone are enough: call or drop by.",
        ],
    }
}

impl Nudge {
    /// The one line above the body, with a first name and nothing else from outside.
    pub fn summary(&self) -> String {
        let day = u64::try_from(self.at.as_second() / 86_400).unwrap_or(0);
        let name = first_name(&self.name);
        match (self.form, name) {
            (Form::LastQuestion, name) => match (&self.client, name) {
                (Some(client), _) if !client.0.contains('@') => {
                    let client: String = Shown(&client.0).to_string().chars().take(36).collect();
                    format!("Is email fine for {client}?")
                }
                (_, Some(name)) => format!("Is email fine for {name}?"),
                (_, None) => "Is email fine here?".to_owned(),
            },
            (Form::Question, Some(name)) => format!("Have you talked to {name} lately?"),
            (Form::Question, None) => "Have you talked lately?".to_owned(),
            (Form::Burst, Some(name)) => format!("A call with {name}?"),
            (Form::Suggestion, Some(name)) => {
                let phrases = [
                    format!("A word with {name}?"),
                    format!("Time to talk with {name}?"),
                    format!("Catch up with {name}?"),
                ];
                pick(phrases, day)
            }
            (Form::Burst | Form::Suggestion, None) => Self::discreet_summary().to_owned(),
        }
    }

    /// The summary that names nobody, for screens that others see.
    pub fn discreet_summary() -> &'static str {
        "Time for a talk?"
    }

    /// Reason and suggestion: two sentences, at most [`BODY`] characters, no name, no markup.
    pub fn body(&self) -> String {
        format!("{} {}", self.reason, self.suggestion)
    }
}

/// What to call somebody: the first given name of "Anna Berg", "Berg, Anna" or "Dr. Anna Berg".
/// `None` where only an address is known; an initial is kept together with what follows.
pub fn first_name(name: &str) -> Option<String> {
    const TITLES: [&str; 8] = ["dr", "prof", "mr", "mrs", "ms", "miss", "herr", "frau"];
    let shown = Shown(name).to_string();
    if shown.contains('@') {
        return None;
    }
    let given = match shown.split_once(',') {
        Some((_, given)) if given.chars().any(char::is_alphabetic) => given,
        _ => shown.as_str(),
    };
    let title = |word: &str| {
        let abbreviated = word.ends_with('.') && word.chars().count() > 2;
        abbreviated || TITLES.contains(&word.to_lowercase().as_str())
    };
    let odd = |c: char| !c.is_alphanumeric() && c != '.' && c != '-' && c != '\'' && c != '’';
    let mut words = given
        .split_whitespace()
        .map(|word| word.trim_matches(odd))
        .filter(|word| word.chars().any(char::is_alphabetic))
        .skip_while(|word| title(word));
    let first = words.next()?;
    let initial = first.trim_end_matches('.').chars().count() < 2 && first.is_ascii();
    let whole = match words.next().filter(|_| initial) {
        Some(next) => format!("{first} {next}"),
        None => first.to_owned(),
    };
    Some(whole.chars().take(24).collect())
}

/// "12 March", with the year unless it is this one.
fn named(date: Date, today: Date) -> String {
    day(date, date.year() != today.year())
}

fn capital(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

fn pick<T>(from: [T; 3], seed: u64) -> T {
    let [first, second, third] = from;
    match seed % 3 {
        0 => first,
        1 => second,
        _ => third,
    }
}

/// FNV-1a over the person and the day. The standard library's hasher promises nothing from one
/// release to the next.
fn seed(person: &str, day: Date) -> u64 {
    let bytes = person.bytes().chain(day.to_string().into_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_called_by_their_first_name() {
        let check = |name: &str, expect: Option<&str>| {
            assert_eq!(first_name(name).as_deref(), expect, "{name}");
        };
        check("Anna Berg", Some("Anna"));
        check("Berg, Anna", Some("Anna"));
        check("Berg, Dr. Anna (Acme)", Some("Anna"));
        check("Dr. Anna Berg", Some("Anna"));
        check("Prof. Dr.-Ing. Anna Berg", Some("Anna"));
        check("\"Anna\" Berg", Some("Anna"));
        check("Jean-Luc O'Neill", Some("Jean-Luc"));
        check("J. Doe", Some("J. Doe"));
        check("J", Some("J"));
        check("王小明", Some("王小明"));
        check("Ö", Some("Ö"));
        check("Anna", Some("Anna"));
        check("anna@acme.test", None);
        check("", None);
        check("--- 42 ---", None);
        check(&"x".repeat(60), Some(&"x".repeat(24)));
    }

    #[test]
    fn every_phrasing_has_its_turn() {
        let mut seen = std::collections::BTreeSet::new();
        let start = jiff::civil::date(2024, 1, 1);
        for day in start.series(jiff::Span::new().days(1)).take(60) {
            let seed = seed("anna@acme.test", day);
            seen.insert((pick([0, 1, 2], seed), pick([0, 1, 2], seed / 3)));
        }
        assert_eq!(seen.len(), 9);
    }
}
