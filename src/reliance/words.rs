//! How a relationship stands, in one plain sentence of figures.
//!
//! The sentence speaks of the user's own habit and never grades anybody. What is counted are days
//! with contact, so that is what it says: "email on 14 days", not "14 emails". Open days are called
//! working days, the word people have for them. Names go through [`Shown`].

use jiff::civil::Date;

use super::walk::{LONG, SHORT};
use super::{ChannelMix, Reliance, Verdict, Wish};
use crate::text::Shown;

/// A silence that so many gaps exceed is nothing to speak of.
const NOTABLE: f64 = 1.0 / 3.0;
/// Nothing rarer is claimed: real gaps are burstier than any smooth curve out there.
const RAREST: f64 = 1.0 / 25.0;

/// Why the verdict is what it is, for somebody of this name (a person's or a client's).
pub fn explain(reliance: &Reliance, name: &str, wish: Wish) -> String {
    let seen = list(&carried(reliance.last_90));
    let mut clauses = match reliance.verdict {
        Verdict::NotEnoughData => {
            vec![format!("{seen} so far"), "too little to tell a rhythm yet".to_owned()]
        }
        Verdict::Silent => {
            let amount = if reliance.last_28.total() == 0 { "no" } else { "hardly any" };
            let mut clauses = vec![format!("{amount} contact in {}", working_days(SHORT))];
            clauses.extend(
                reliance.last_contact.map(|at| format!("the last on {}", dated(at, reliance))),
            );
            clauses.extend(
                reliance
                    .last_one_on_one
                    .map(|at| format!("the last talk alone on {}", dated(at, reliance))),
            );
            clauses.extend(reliance.over.then(|| "probably over".to_owned()));
            clauses
        }
        Verdict::Healthy
        | Verdict::Drifting
        | Verdict::EmailOnly
        | Verdict::GroupOnly
        | Verdict::EmailGroup => {
            let window = format!("{seen} in the last {}", working_days(LONG));
            let rhythm = usually(reliance).into_iter();
            [window, silence(reliance)].into_iter().chain(rhythm).chain([wanted(wish)]).collect()
        }
    };
    clauses.extend(reliance.booked.map(|at| format!("the next is booked for {}", day(at, false))));
    format!("You and {}: {}.", Shown(name), clauses.join("; "))
}

/// The contact days of a mix, one phrase a category, in the order email, group, alone; "no
/// contact" when there are none.
pub(crate) fn carried(mix: ChannelMix) -> Vec<String> {
    let phrase = |n: u32, one: &str, many: &str| match n {
        0 => None,
        1 => Some(format!("{one} on 1 day")),
        n => Some(format!("{many} on {n} days")),
    };
    let phrases: Vec<_> = [
        phrase(mix.email, "email", "email"),
        phrase(mix.group, "a group call", "group calls"),
        phrase(mix.one_on_one, "a talk alone", "talks alone"),
    ]
    .into_iter()
    .flatten()
    .collect();
    if phrases.is_empty() { vec!["no contact".to_owned()] } else { phrases }
}

/// "a", "a and b", "a, b and c".
pub(crate) fn list(phrases: &[String]) -> String {
    match phrases {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// "1 working day", "41 working days".
pub(crate) fn working_days(n: u32) -> String {
    match n {
        1 => "1 working day".to_owned(),
        n => format!("{n} working days"),
    }
}

/// "every day", "every 30 days".
pub(crate) fn every(days: u32) -> String {
    match days {
        0 | 1 => "every day".to_owned(),
        n => format!("every {n} days"),
    }
}

/// "12 March", or "12 March 2024".
pub(crate) fn day(date: Date, with_year: bool) -> String {
    let format = if with_year { "%-d %B %Y" } else { "%-d %B" };
    date.strftime(format).to_string()
}

/// "12 March", with the year for days before the twelve weeks reported.
fn dated(at: Date, reliance: &Reliance) -> String {
    let recent = reliance.weeks.first().is_some_and(|&(monday, _)| at >= monday);
    day(at, !recent)
}

fn silence(reliance: &Reliance) -> String {
    let ago = match reliance.silence {
        0 => String::new(),
        n => format!(", {} ago", working_days(n)),
    };
    match (reliance.last_one_on_one, reliance.verdict) {
        (Some(at), Verdict::Healthy) => {
            format!("the last talk alone on {}{ago}", dated(at, reliance))
        }
        (Some(at), _) => format!("no talk alone since {}{ago}", dated(at, reliance)),
        (None, _) => {
            format!("no talk alone yet, {} after the first contact", working_days(reliance.silence))
        }
    }
}

/// How often the pair talks, and how rare a silence like this one is between them; `None` before
/// there is a rhythm.
pub(crate) fn usually(reliance: &Reliance) -> Option<String> {
    let usual = spell(reliance.rhythm.usual()?);
    let longer = reliance.rhythm.longer;
    Some(if longer > NOTABLE {
        format!("usually {usual}")
    } else if longer >= RAREST {
        format!("usually {usual}, a gap as long as this about 1 time in {:.0}", 1.0 / longer)
    } else {
        format!("usually {usual}, a gap as long as this less than 1 time in {:.0}", 1.0 / RAREST)
    })
}

/// "every 8 days", "every 2 weeks": so many open days, as people say it.
fn spell(open_days: f64) -> String {
    let days = open_days * 7.0 / 5.0;
    let (n, unit) =
        if days < 10.5 { (days.round(), "day") } else { ((days / 7.0).round(), "week") };
    if n <= 1.0 { format!("every {unit}") } else { format!("every {n:.0} {unit}s") }
}

fn wanted(wish: Wish) -> String {
    let reason = if wish.prefers_email { ", as email is preferred" } else { "" };
    format!("you want one {}{reason}", every(wish.calendar_days()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use expect_test::{Expect, expect};
    use jiff::civil::{Weekday, date};

    use super::super::{Backdrop, Booked, ContactDay, OpenDays, assess};
    use super::*;

    const WISH: Wish = Wish { cadence_days: 30, prefers_email: false };

    /// Contact days as letters, one a working day from Monday 1 January 2024 on.
    fn check(letters: &str, wish: Wish, booked: Option<Date>, expect: Expect) {
        let week: Vec<_> = Weekday::Monday.cycle_forward().take(5).collect();
        let open = OpenDays::new(&week, BTreeSet::new());
        let start = date(2024, 1, 1);
        let days: Vec<_> = (0..)
            .zip(letters.split(' '))
            .map(|(n, on)| ContactDay {
                day: open.add(start, n),
                email: on.contains('e'),
                group: on.contains('g'),
                one_on_one: on.contains('o'),
            })
            .collect();
        let booked: Vec<_> = booked.map(|day| Booked { day, known: start }).into_iter().collect();
        let today = days.last().unwrap().day;
        let reliance = assess(&days, wish, &Backdrop::alone(&open), &booked, today).unwrap();
        expect.assert_eq(&explain(&reliance, "Anna", wish));
    }

    #[test]
    fn too_little_is_said_to_be_too_little() {
        check(
            "e",
            WISH,
            None,
            expect!["You and Anna: email on 1 day so far; too little to tell a rhythm yet."],
        );
        check(
            "e . g . e",
            WISH,
            None,
            expect![
                "You and Anna: email on 2 days and a group call on 1 day so far; too little to tell a rhythm yet."
            ],
        );
    }

    #[test]
    fn silence_names_the_last_contact() {
        let quiet = format!("e e e eo e e {}", ". ".repeat(40));
        check(
            &quiet,
            WISH,
            None,
            expect![
                "You and Anna: no contact in 20 working days; the last on 8 January; the last talk alone on 4 January."
            ],
        );
        check(
            &format!("{quiet} e"),
            WISH,
            None,
            expect![
                "You and Anna: hardly any contact in 20 working days; the last on 6 March; the last talk alone on 4 January."
            ],
        );
        check(
            &format!("{quiet} {}", ". ".repeat(60)),
            WISH,
            None,
            expect![
                "You and Anna: no contact in 20 working days; the last on 8 January 2024; the last talk alone on 4 January 2024; probably over."
            ],
        );
    }

    #[test]
    fn a_rhythm_that_holds_names_the_last_talk() {
        let lively = "e e g e e . ".repeat(6);
        check(
            &format!("{lively} o . . ."),
            WISH,
            None,
            expect![
                "You and Anna: email on 24 days, group calls on 6 days and a talk alone on 1 day in the last 64 working days; the last talk alone on 21 February, 3 working days ago; you want one every 30 days."
            ],
        );
        check(
            &format!("{lively} o"),
            WISH,
            None,
            expect![
                "You and Anna: email on 24 days, group calls on 6 days and a talk alone on 1 day in the last 64 working days; the last talk alone on 21 February; you want one every 30 days."
            ],
        );
    }

    #[test]
    fn an_overdue_talk_names_what_carried_on_meanwhile() {
        let lively = "e . . ".repeat(12);
        check(
            &format!("o {lively}"),
            WISH,
            None,
            expect![
                "You and Anna: email on 12 days and a talk alone on 1 day in the last 64 working days; no talk alone since 1 January, 37 working days ago; you want one every 30 days."
            ],
        );
        check(
            &format!("o {lively} g g e"),
            WISH,
            Some(date(2024, 4, 2)),
            expect![
                "You and Anna: email on 13 days, group calls on 2 days and a talk alone on 1 day in the last 64 working days; no talk alone since 1 January, 40 working days ago; you want one every 30 days; the next is booked for 2 April."
            ],
        );
        check(
            &lively,
            WISH,
            None,
            expect![
                "You and Anna: email on 12 days in the last 64 working days; no talk alone yet, 36 working days after the first contact; you want one every 30 days."
            ],
        );
        check(
            &lively,
            Wish { prefers_email: true, ..WISH },
            None,
            expect![
                "You and Anna: email on 12 days in the last 64 working days; no talk alone yet, 36 working days after the first contact; you want one every 60 days, as email is preferred."
            ],
        );
        check(
            &"g e . . . ".repeat(8),
            Wish { cadence_days: 1, ..WISH },
            None,
            expect![
                "You and Anna: email on 8 days and group calls on 8 days in the last 64 working days; no talk alone yet, 40 working days after the first contact; you want one every day."
            ],
        );
    }

    #[test]
    fn a_rhythm_is_said_as_people_say_it() {
        let check = |open_days, expect| assert_eq!(spell(open_days), expect);
        check(1.0, "every day");
        check(2.0, "every 3 days");
        check(5.0, "every 7 days");
        check(7.5, "every 2 weeks");
        check(10.0, "every 2 weeks");
        check(21.4, "every 4 weeks");
        check(64.0, "every 13 weeks");
    }

    #[test]
    fn a_silence_is_held_against_the_rhythm() {
        let talks = "eo e . . e . e . . e ".repeat(6);
        let silent = |n| format!("{}{}", talks, "e . ".repeat(n)).trim_end().to_owned();
        check(
            &silent(2),
            WISH,
            None,
            expect![
                "You and Anna: email on 32 days and talks alone on 6 days in the last 64 working days; the last talk alone on 11 March, 13 working days ago; usually every 2 weeks; you want one every 30 days."
            ],
        );
        check(
            &silent(4),
            WISH,
            None,
            expect![
                "You and Anna: email on 32 days and talks alone on 5 days in the last 64 working days; the last talk alone on 11 March, 17 working days ago; usually every 2 weeks, a gap as long as this about 1 time in 4; you want one every 30 days."
            ],
        );
        check(
            &silent(9),
            WISH,
            None,
            expect![
                "You and Anna: email on 32 days and talks alone on 4 days in the last 64 working days; the last talk alone on 11 March, 27 working days ago; usually every 2 weeks, a gap as long as this about 1 time in 17; you want one every 30 days."
            ],
        );
        check(
            &silent(14),
            WISH,
            None,
            expect![
                "You and Anna: email on 32 days and talks alone on 3 days in the last 64 working days; no talk alone since 11 March, 37 working days ago; usually every 2 weeks, a gap as long as this less than 1 time in 25; you want one every 30 days."
            ],
        );
    }

    #[test]
    fn a_hostile_name_is_shown_safely() {
        let wish = WISH;
        let open = OpenDays::new(&[Weekday::Monday], BTreeSet::new());
        let only =
            ContactDay { day: date(2024, 1, 1), email: true, group: false, one_on_one: false };
        let reliance = assess(&[only], wish, &Backdrop::alone(&open), &[], only.day).unwrap();
        let name = "Anna\u{1b}]0;x";
        let said = explain(&reliance, name, wish);
        assert!(said.contains(&Shown(name).to_string()));
    }
}
