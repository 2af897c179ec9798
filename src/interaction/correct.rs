//! What the user says one item really was.
//!
//! A correction speaks of a fact by its [`Reference`] and is kept beside the facts, so it outlives
//! every rescan and every change of rules. It is applied where a fact becomes interactions, and
//! nowhere later: whatever counts sees the user's word as it sees a rule's. One item has one
//! correction, the last; a list of amendments to amendments could not be explained any more.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::mail::{Parties, reference_of};
use super::meeting::{from_one_of_many, interaction};
use super::{Channel, Interaction, Reference, Rule, Setting, from_call, touched};
use crate::calendar::{Occurrence, Span};
use crate::call::Call;
use crate::mail::{AddrSpec, Envelope};
use crate::people::{PersonId, Roster};

/// What an item is to count as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// A talk alone together.
    OneOnOne,
    /// A talk in company.
    Group,
    /// Writing.
    Email,
    /// Nothing at all.
    Ignore,
    /// What it was, but with somebody else.
    Person,
    /// As the rules have it: takes a correction back.
    Undo,
}

/// An item overruled by the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    /// When.
    pub at: Timestamp,
    /// Which item; a series without its RECURRENCE-ID means each occurrence that has no correction
    /// of its own.
    pub item: Reference,
    /// What it is to count as.
    pub change: Change,
    /// With whom; `None`: with those the rules found. Always there for [`Change::Person`].
    pub with: Option<AddrSpec>,
}

/// The corrections in force.
#[derive(Clone, Debug, Default)]
pub struct Corrections(BTreeMap<Reference, (Change, Option<AddrSpec>)>);

impl Corrections {
    /// Of all that was ever said the last word on each item.
    pub fn new(said: &[Correction]) -> Self {
        let mut sorted: Vec<&Correction> = said.iter().collect();
        sorted.sort_by_key(|correction| correction.at);
        let mut last = BTreeMap::new();
        for Correction { item, change, with, .. } in sorted {
            if *change == Change::Undo {
                last.remove(item);
            } else {
                last.insert(item.clone(), (*change, with.clone()));
            }
        }
        Self(last)
    }

    /// What an item is to count as, and with whom; `None`: as the rules have it.
    pub fn of(&self, item: &Reference) -> Option<(Change, Option<&AddrSpec>)> {
        let series = match item {
            Reference::Occurrence { uid, recurrence_id: Some(_) } => {
                Some(Reference::Occurrence { uid: uid.clone(), recurrence_id: None })
            }
            _ => None,
        };
        let found = self.0.get(item).or_else(|| self.0.get(series.as_ref()?));
        found.map(|(change, with)| (*change, with.as_ref()))
    }

    /// As [`super::from_envelope`], but for what the user says.
    pub fn envelope(
        &self,
        envelope: &Envelope,
        parties: &mut Parties<'_>,
        zone: &TimeZone,
    ) -> Vec<Interaction> {
        let found = parties.envelope(envelope, zone);
        if self.0.is_empty() {
            return found;
        }
        let reference = reference_of(envelope);
        let Some(correction) = self.of(&reference) else { return found };
        let at = envelope.date;
        let blank = |person, address| Interaction {
            person,
            address,
            channel: Channel::Email,
            setting: Setting::OneOnOne,
            direction: super::Direction::Mutual,
            at,
            end: at,
            day: at.to_zoned(zone.clone()).date(),
            participants: 1,
            minutes: None,
            series: None,
            known: at,
            rule: Rule::Corrected,
            reference,
        };
        corrected(found, correction, blank, parties.roster)
    }

    /// As [`super::from_occurrence`], but for what the user says.
    pub fn occurrence(
        &self,
        occurrence: &Occurrence,
        parties: &mut Parties<'_>,
        zone: &TimeZone,
    ) -> Vec<Interaction> {
        let found = from_one_of_many(occurrence, &mut parties.companies, zone).unwrap_or_default();
        let item = Reference::Occurrence {
            uid: occurrence.uid.clone(),
            recurrence_id: occurrence.recurrence_id,
        };
        let Some(correction) = self.of(&item) else { return found };
        let span = match occurrence.span {
            Span::Timed { start, end } => (start, end),
            // A day without hours: what the user says took place, took place by noon.
            Span::Days { first, .. } => {
                let noon = first.at(12, 0, 0, 0).to_zoned(zone.clone());
                let noon = noon.map_or(Timestamp::UNIX_EPOCH, |noon| noon.timestamp());
                (noon, noon)
            }
        };
        let blank = |person, address| interaction(occurrence, span, person, address, zone);
        corrected(found, correction, blank, parties.roster)
    }

    /// As [`from_call`], but for what the user says.
    pub fn call(&self, call: &Call, roster: &Roster, zone: &TimeZone) -> Vec<Interaction> {
        let found: Vec<Interaction> = from_call(call, roster, zone).into_iter().collect();
        let Some(correction) = self.of(&Reference::Told(call.start)) else { return found };
        // Whoever the told talk was with is no longer anybody: there is nothing to go by.
        let Some(model) = found.first().cloned() else { return found };
        let blank = |person, address| Interaction { person, address, ..model };
        corrected(found, correction, blank, roster)
    }
}

/// The interactions of an item as the user has them. `blank` makes one for somebody the rules did
/// not find in it.
fn corrected(
    found: Vec<Interaction>,
    (change, with): (Change, Option<&AddrSpec>),
    blank: impl FnOnce(PersonId, AddrSpec) -> Interaction,
    roster: &Roster,
) -> Vec<Interaction> {
    let whom = with.map(|address| (touched(address, roster), address));
    let mut all = match (change, whom) {
        (Change::Ignore, _) | (_, Some((None, _))) => return Vec::new(),
        (Change::Undo, _) | (_, None) => found,
        (Change::Person, Some((Some(person), address))) => match found.into_iter().next() {
            Some(one) => vec![Interaction { person, address: address.clone(), ..one }],
            None => vec![blank(person, address.clone())],
        },
        (_, Some((Some(person), address))) => {
            let theirs = found.into_iter().find(|one| one.person == person);
            vec![theirs.unwrap_or_else(|| blank(person, address.clone()))]
        }
    };
    // Nobody is alone with two people: whom is still to be said.
    let alone = all.len() == 1;
    for one in &mut all {
        one.rule = Rule::Corrected;
        let live = match one.channel {
            Channel::Call | Channel::InPerson => one.channel,
            Channel::Email | Channel::Chat => Channel::Call,
        };
        match change {
            Change::OneOnOne if alone => {
                (one.channel, one.setting, one.participants) = (live, Setting::OneOnOne, 1);
            }
            Change::OneOnOne | Change::Group => {
                let company = one.setting.max(Setting::SmallGroup).min(Setting::Group);
                (one.channel, one.setting) = (live, company);
                one.participants = one.participants.max(2);
            }
            Change::Email => {
                (one.channel, one.setting) = (Channel::Email, one.setting.min(Setting::Group));
            }
            Change::Ignore | Change::Person | Change::Undo => {}
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;
    use crate::call::How;
    use crate::people::{ClientRule, Known, PersonRule, Rules};

    fn address(text: &str) -> AddrSpec {
        AddrSpec::parse(text).expect("an address")
    }

    fn roster() -> Roster {
        let person = |name: &str, at: &str| PersonRule {
            name: name.to_owned(),
            client: None,
            addresses: vec![address(at)],
            key: false,
            prefers: None,
            cadence_days: None,
        };
        let acme = ClientRule {
            name: "Acme".to_owned(),
            domains: vec!["acme.test".to_owned()],
            people: Vec::new(),
            tier: None,
            cadence_days: None,
        };
        let people = vec![person("Anna", "anna@acme.test"), person("Ben", "ben@acme.test")];
        let rules = Rules { clients: vec![acme], people, ..Rules::default() };
        Roster::build(&rules, &Known::default(), date(2024, 6, 10))
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("an instant")
    }

    fn call() -> Call {
        let with = address("anna@acme.test");
        Call {
            with,
            how: How::Visit,
            start: at(1_718_000_000),
            minutes: Some(20),
            told: at(1_718_001_200),
        }
    }

    fn say(n: i64, change: Change, with: Option<&str>) -> Correction {
        let item = Reference::Told(call().start);
        Correction { at: at(n), item, change, with: with.map(address) }
    }

    /// Person, channel, setting, participants, rule of what a told visit with Anna becomes.
    fn check(said: &[Correction], expect: &str) {
        let made = Corrections::new(said).call(&call(), &roster(), &TimeZone::UTC);
        let made: Vec<String> = made
            .iter()
            .map(|one| {
                let (channel, setting) = (one.channel.as_str(), one.setting.as_str());
                let (who, heads) = (one.person.0.local(), one.participants);
                format!("{who} {channel} {setting} {heads} {}", one.rule.as_str())
            })
            .collect();
        assert_eq!(made.join(" | "), expect);
    }

    #[test]
    fn the_last_word_on_an_item_holds() {
        let as_read = "anna in_person one_on_one 1 told";
        check(&[], as_read);
        check(&[say(1, Change::Ignore, None)], "");
        check(&[say(2, Change::Undo, None), say(1, Change::Ignore, None)], as_read);
        check(&[say(1, Change::Undo, None), say(2, Change::Ignore, None)], "");
        check(&[say(1, Change::Group, None)], "anna in_person small_group 2 corrected");
        check(&[say(1, Change::Email, None)], "anna email one_on_one 1 corrected");
        check(
            &[say(1, Change::Person, Some("ben@acme.test"))],
            "ben in_person one_on_one 1 corrected",
        );
        check(
            &[say(1, Change::OneOnOne, Some("ben@acme.test"))],
            "ben in_person one_on_one 1 corrected",
        );
        // Somebody who is nobody any more: nothing is left of the item.
        check(&[say(1, Change::Person, Some("gone@other.test"))], "");
    }

    #[test]
    fn a_series_is_corrected_as_a_whole_unless_one_of_it_is() {
        let uid = || "u@x".to_owned();
        let series = Reference::Occurrence { uid: uid(), recurrence_id: None };
        let one = |n| Reference::Occurrence { uid: uid(), recurrence_id: Some(at(n)) };
        let correction = |item, change| Correction { at: at(1), item, change, with: None };
        let said = [correction(series, Change::Ignore), correction(one(7), Change::Group)];
        let corrections = Corrections::new(&said);
        assert_eq!(corrections.of(&one(6)), Some((Change::Ignore, None)));
        assert_eq!(corrections.of(&one(7)), Some((Change::Group, None)));
        assert_eq!(corrections.of(&Reference::Message(uid())), None);
    }

    fn change() -> impl Strategy<Value = Change> {
        prop_oneof![
            Just(Change::OneOnOne),
            Just(Change::Group),
            Just(Change::Email),
            Just(Change::Ignore),
            Just(Change::Undo),
        ]
    }

    proptest! {
        /// Neither the order in which corrections are read nor a repetition changes anything; an
        /// undo after all of them is as if nothing had been said.
        #[test]
        fn corrections_have_only_their_times(changes in prop::collection::vec(change(), 0..6)) {
            let said: Vec<Correction> =
                (1..).zip(&changes).map(|(n, change)| say(n, *change, None)).collect();
            let made = |said: &[Correction]| {
                Corrections::new(said).call(&call(), &roster(), &TimeZone::UTC)
            };
            let mut other: Vec<Correction> = said.iter().rev().cloned().collect();
            other.extend(said.clone());
            prop_assert_eq!(made(&other), made(&said));
            let mut undone = said.clone();
            undone.push(say(99, Change::Undo, None));
            prop_assert_eq!(made(&undone), made(&[]));
            // What is corrected says so, and nobody else is touched by it.
            for one in made(&said) {
                let last = changes.last().copied().unwrap_or(Change::Undo);
                prop_assert_eq!(one.rule == Rule::Corrected, last != Change::Undo);
            }
        }
    }
}
