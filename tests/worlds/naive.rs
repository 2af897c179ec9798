//! The rules people use today, on the same contact days and with the same spacing of alerts.

use hallway::reliance::{ChannelMix, ContactDay, OpenDays, windows};
use jiff::civil::Date;

use super::score::days_between;

/// A rule that says on each day whether a talk is due.
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    /// It looks at the key person alone, not at the client.
    pub(crate) key_person: bool,
    pub(crate) due: fn(&[ContactDay], &OpenDays, Date) -> bool,
}

/// All of them.
pub(crate) const RULES: [Rule; 5] = [
    Rule {
        name: "every 30 days since the last one-on-one",
        key_person: false,
        due: |days, _, day| thirtieth(days, day, |contact| contact.one_on_one),
    },
    Rule {
        name: "same, key person",
        key_person: true,
        due: |days, _, day| thirtieth(days, day, |contact| contact.one_on_one),
    },
    Rule {
        name: "raw one-on-one share < 10 % in 28 days",
        key_person: false,
        due: |days, open, day| below(days, open, day, 0.1),
    },
    Rule {
        name: "raw one-on-one share < 20 % in 28 days",
        key_person: false,
        due: |days, open, day| below(days, open, day, 0.2),
    },
    Rule {
        name: "every 30 days since any contact",
        key_person: false,
        due: |days, _, day| thirtieth(days, day, |_| true),
    },
];

/// Every thirtieth day since the last contact of a kind, else since the first of any.
fn thirtieth(days: &[ContactDay], day: Date, kind: fn(&ContactDay) -> bool) -> bool {
    let seen = &days[..days.partition_point(|contact| contact.day <= day)];
    let since = seen.iter().rfind(|contact| kind(contact)).or(seen.first());
    since.is_some_and(|since| {
        let silent = days_between(since.day, day);
        silent > 0 && silent % 30 == 0
    })
}

/// Few of the contact days in 28 days were one-on-one.
fn below(days: &[ContactDay], open: &OpenDays, day: Date, share: f64) -> bool {
    let (first, _) = windows(open, day);
    let mix = ChannelMix::within(days, first, day);
    mix.total() > 0 && f64::from(mix.one_on_one) < share * f64::from(mix.total())
}
