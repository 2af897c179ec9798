//! A digest in the order and the sentences in which it is read, for every format but JSON.
//!
//! The good news comes first, then the few people worth a talk, then everything else that can be
//! skipped. Text here is fit to be shown but not escaped: escaping belongs to the format.

use jiff::civil::Date;

use super::groups::{Group, groups};
use super::{Contact, Digest, Due, Figures, Kind, Period, words};
use crate::call::How;
use crate::interaction::{Category, Standing};
use crate::nudge::{Answer, Stage};
use crate::people::Preference;
use crate::reliance::{ChannelMix, Verdict};

/// How many people worth a talk are told of at length. More would be a list, and a list of
/// debts is closed unread; the rest is named in one line.
const AT_LENGTH: usize = 5;

/// How a talk that left no trace is put on record.
const TELL: &str =
    "A telephone call or a talk in the corridor counts once you tell: `hallway talked NAME`.";

/// A digest to be read. Text between backticks is a command; only text of ours holds any.
pub(super) struct Story<'a> {
    pub(super) kicker: String,
    pub(super) title: String,
    pub(super) lede: String,
    pub(super) warnings: Vec<String>,
    pub(super) figures: Vec<Figure>,
    pub(super) figures_note: &'static str,
    pub(super) sections: Vec<Section>,
    /// The days of the weeks shown: "31 August to 22 November".
    pub(super) weeks: String,
    pub(super) groups: Vec<Group<'a>>,
    pub(super) groups_rest: Option<String>,
    pub(super) foot: Vec<String>,
}

/// One figure of the period.
pub(super) struct Figure {
    pub(super) category: Category,
    pub(super) label: &'static str,
    pub(super) value: u32,
    /// Against the period before; empty when there was none.
    pub(super) change: String,
}

/// A list of people under a heading.
pub(super) struct Section {
    pub(super) heading: &'static str,
    /// A sentence of ours: an introduction, or what is said when nobody is listed.
    pub(super) intro: Option<String>,
    pub(super) items: Vec<Item>,
    /// Further names, with what they are.
    pub(super) more: Option<(&'static str, Vec<String>)>,
}

impl Section {
    /// Whether its people are told of in several lines each.
    pub(super) fn at_length(&self) -> bool {
        self.items.iter().any(|item| item.act.is_some())
    }
}

/// One person in a section.
pub(super) struct Item {
    pub(super) name: String,
    pub(super) client: Option<String>,
    /// Pinned as the person the relationship hangs on.
    pub(super) key: bool,
    /// Ours.
    pub(super) note: String,
    /// From outside in parts.
    pub(super) reason: Option<String>,
    /// Ours.
    pub(super) act: Option<&'static str>,
}

/// A category as a word in a running text.
pub(super) fn label(category: Category) -> &'static str {
    match category {
        Category::OneOnOne => "one-on-one",
        Category::Group => "in group calls",
        Category::Email => "by\u{a0}email",
    }
}

/// The categories in reading order, with their counts.
pub(super) fn counts(mix: ChannelMix) -> [(Category, u32); 3] {
    [
        (Category::OneOnOne, mix.one_on_one),
        (Category::Group, mix.group),
        (Category::Email, mix.email),
    ]
}

/// A mix in words: "2 one-on-one, 23 by email".
pub(super) fn mix_in_words(mix: ChannelMix) -> String {
    let parts = counts(mix).into_iter().filter(|(_, n)| *n > 0);
    let parts: Vec<String> =
        parts.map(|(category, n)| format!("{n} {}", label(category))).collect();
    if parts.is_empty() { "no contact".to_owned() } else { parts.join(", ") }
}

/// Puts a digest into words.
pub(super) fn tell(digest: &Digest) -> Story<'_> {
    let week = digest.period.kind() == Kind::Week;
    let (groups, hidden) = groups(digest);
    Story {
        kicker: if week { "Your week" } else { "Your month" }.to_owned(),
        title: digest.period.title(),
        lede: lede(digest),
        warnings: digest.blind_spots.iter().map(|text| words::sentence(text)).collect(),
        figures: if digest.people.is_empty() { Vec::new() } else { figures(digest) },
        figures_note: TELL,
        sections: sections(digest),
        weeks: digest.weeks.first().zip(digest.weeks.last()).map_or_else(
            String::new,
            |(first, last)| {
                let day = |day| words::short_day(day, digest.as_of);
                format!("{} to {}", day(*first), day(Period::week_of(*last).to()))
            },
        ),
        groups,
        groups_rest: (hidden > 0).then(|| {
            let people = words::count(hidden, "person", "people");
            format!(
                "Without any contact in these weeks: {people}. `hallway status` lists everybody."
            )
        }),
        foot: foot(digest),
    }
}

fn running(digest: &Digest) -> bool {
    digest.as_of < digest.period.to()
}

fn this(digest: &Digest) -> &'static str {
    match digest.period.kind() {
        Kind::Week => "this week",
        Kind::Month => "this month",
    }
}

fn lede(digest: &Digest) -> String {
    if digest.people.is_empty() {
        return "There is nobody to tell of yet. Name a client in the configuration, or see \
                whom your mail suggests: `hallway people suggest`."
            .to_owned();
    }
    if digest.as_of < digest.period.from() {
        return format!("{} has not begun.", words::capital(this(digest)));
    }
    let all = digest.people.len();
    let so_far = if running(digest) { "So far " } else { "" };
    let talked = match digest.figures.people_one_on_one as usize {
        0 => format!("{so_far}no one-on-one talk is on record for {}.", this(digest)),
        n if n == all && n > 1 => format!("{so_far}you talked one-on-one with everybody."),
        n if all == 1 => format!("{so_far}you talked one-on-one with {} person.", words::number(n)),
        n => format!(
            "{so_far}you talked one-on-one with {} of the {} people you look after.",
            words::number(n),
            words::number(all)
        ),
    };
    let early = digest.people.iter().all(|p| p.row.verdict == Verdict::NotEnoughData);
    let due = match digest.worth_a_talk.len() {
        0 if early => "It is early days: a rhythm shows after about six weeks.".to_owned(),
        0 => "Nobody is waiting for a talk.".to_owned(),
        1 => "One person is worth a talk.".to_owned(),
        n => format!("{} people are worth a talk.", words::capital(&words::number(n))),
    };
    format!("{} {due}", words::capital(&talked))
}

fn figures(digest: &Digest) -> Vec<Figure> {
    let before = digest.before.map(|Figures { mix, .. }| counts(mix).map(|(_, n)| n));
    let than = match (digest.period.kind(), running(digest)) {
        (Kind::Week, false) => "the week before",
        (Kind::Week, true) => "by now last week",
        (Kind::Month, false) => "the month before",
        (Kind::Month, true) => "by now last month",
    };
    let change = |now: u32, before: u32| match now.abs_diff(before) {
        0 => format!("as many as {than}"),
        n if now > before => format!("{n} more than {than}"),
        n => format!("{n} fewer than {than}"),
    };
    counts(digest.figures.mix)
        .into_iter()
        .enumerate()
        .map(|(at, (category, value))| Figure {
            category,
            label: match category {
                Category::OneOnOne => "One-on-one",
                Category::Group => "In group calls",
                Category::Email => "By email",
            },
            value,
            change: before
                .and_then(|before| before.get(at).copied())
                .map_or_else(String::new, |before| change(value, before)),
        })
        .collect()
}

fn item(contact: &Contact, note: String) -> Item {
    Item {
        name: words::name(&contact.name),
        client: contact.client.as_deref().map(words::name),
        key: false,
        note: words::capital(&note),
        reason: None,
        act: None,
    }
}

/// A section without an introduction; none at all when there is nobody to list.
fn plain(heading: &'static str, items: Vec<Item>) -> Option<Section> {
    (!items.is_empty()).then_some(Section { heading, intro: None, items, more: None })
}

fn sections(digest: &Digest) -> Vec<Section> {
    if digest.people.is_empty() {
        return Vec::new();
    }
    let as_of = digest.as_of;
    [
        well_kept(digest),
        worth_a_talk(digest),
        plain(
            "Already booked",
            digest.booked.iter().map(|b| item(&b.contact, words::day(b.day, as_of))).collect(),
        ),
        standing_only(digest),
        plain(
            "Gone quiet",
            digest
                .gone_quiet
                .iter()
                .map(|q| {
                    let last = q.last_contact.map(|day| words::day(day, as_of));
                    item(&q.contact, format!("last contact {}", last.unwrap_or_default()))
                })
                .collect(),
        ),
        plain(
            "Left alone, as you asked",
            digest
                .set_aside
                .iter()
                .map(|s| {
                    let until = s.until.map(|day| format!("until {}", words::day(day, as_of)));
                    item(&s.contact, until.unwrap_or_else(|| "for good".to_owned()))
                })
                .collect(),
        ),
        to_review(digest),
        plain("Nudges", nudges(digest)),
        waiting(digest),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn well_kept(digest: &Digest) -> Option<Section> {
    let items = digest.well_kept.iter().map(|kept| {
        let days = words::days(&kept.days, digest.as_of);
        let note = match kept.first_since {
            Some(day) => format!("{days}, the first since {}", words::day(day, digest.as_of)),
            None => days,
        };
        item(&kept.contact, note)
    });
    plain("Well kept", items.collect())
}

/// Those who are due, the first few at length. That nobody is due, the lede has said; that nobody
/// may be suggested needs a word.
fn worth_a_talk(digest: &Digest) -> Option<Section> {
    let list = &digest.worth_a_talk;
    let unconfirmed = digest.people.iter().all(|p| !p.confirmed);
    if list.is_empty() && !unconfirmed {
        return None;
    }
    let (told, rest) = list.split_at_checked(AT_LENGTH).unwrap_or((list, &[]));
    let names: Vec<String> = rest.iter().map(|due| words::name(&due.contact.name)).collect();
    Some(Section {
        heading: "Worth a talk",
        intro: list.is_empty().then(|| {
            "Nobody is confirmed yet, so nobody is suggested. See who is waiting: \
             `hallway people suggest`."
                .to_owned()
        }),
        items: told.iter().map(|due| due_item(due, digest.as_of)).collect(),
        more: (!names.is_empty()).then_some(("Also due", names)),
    })
}

fn standing_only(digest: &Digest) -> Option<Section> {
    let items = digest.standing_only.iter().map(|only| {
        let Standing { days, standing } = only.talks;
        let note = match days == standing {
            true => format!("all {days} of your one-on-ones in a quarter"),
            false => format!("{standing} of your {days} one-on-ones in a quarter"),
        };
        item(&only.contact, note)
    });
    let section = plain("Only the standing call", items.collect())?;
    let intro = "You talk because the calendar says so. A word out of turn is a gift now and then.";
    Some(Section { intro: Some(intro.to_owned()), ..section })
}

fn to_review(digest: &Digest) -> Option<Section> {
    let items = digest.to_review.iter().map(|review| {
        let likes = match review.prefers {
            Some(Preference::Email) => "likes email, ",
            Some(Preference::Phone) => "likes the telephone, ",
            Some(Preference::Video) => "likes video, ",
            Some(Preference::Visit) => "likes a visit, ",
            None => "",
        };
        let since = words::day(review.since, digest.as_of);
        let days = review.cadence_days;
        item(&review.contact, format!("{likes}a talk every {days} days; due since {since}"))
    });
    let section = plain("To look at again", items.collect())?;
    let intro = "You wanted to look again at what suits them: `hallway people review` asks.";
    Some(Section { intro: Some(intro.to_owned()), ..section })
}

fn due_item(due: &Due, as_of: Date) -> Item {
    let mut note = format!("{}. ", words::capital(words::verdict(due.verdict)));
    note += &match due.days_since {
        Some(days) => {
            let days = words::count(days, "day", "days");
            format!(
                "{days} since your last one-on-one; your rhythm allows about {}.",
                due.limit_days
            )
        }
        None => "No one-on-one on record.".to_owned(),
    };
    if let Some(day) = due.booked {
        note += &format!(" One is booked for {}.", words::day(day, as_of));
    }
    Item {
        key: due.key,
        reason: Some(words::sentence(&due.reason)).filter(|reason| !reason.is_empty()),
        act: Some(due.suggestion),
        ..item(&due.contact, note)
    }
}

fn nudges(digest: &Digest) -> Vec<Item> {
    let items = digest.nudges.iter().map(|nudged| {
        let day = words::day(nudged.day, digest.as_of);
        let outcome = words::stage(nudged.stage);
        let told = matches!(nudged.stage, Stage::Answered(Answer::Talked(How::Call | How::Visit)));
        let followed = nudged
            .followed
            .filter(|_| !told)
            .map(|day| format!("; you talked on {}", words::day(day, digest.as_of)));
        item(&nudged.contact, format!("{day}: {outcome}{}", followed.unwrap_or_default()))
    });
    items.collect()
}

fn waiting(digest: &Digest) -> Option<Section> {
    (digest.waiting > 0).then(|| Section {
        heading: "Waiting for your word",
        intro: Some(format!(
            "{} to confirm or turn down: `hallway people suggest`.",
            words::capital(&match digest.waiting {
                1 => "one person".to_owned(),
                n => format!("{} people", words::number(n as usize)),
            })
        )),
        items: Vec::new(),
        more: None,
    })
}

fn foot(digest: &Digest) -> Vec<String> {
    let mut foot: Vec<String> = digest.trial.iter().cloned().collect();
    if !digest.people.is_empty() {
        foot.push(
            "Counted in contact days: one person on one day, however many messages. \
             `hallway why NAME` shows what is behind a figure."
                .to_owned(),
        );
    }
    foot.push(format!(
        "As of {}. Made on this machine from who, when and with how many; nothing was sent \
         anywhere.",
        digest.as_of.strftime("%A %-d %B %Y")
    ));
    foot
}
