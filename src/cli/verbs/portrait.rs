//! What `show` tells of one relationship beyond the figures that decide: how far to trust them,
//! where things go, whom they rest on, who begins and who answers. None of it judges anybody.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde_json::{Map, Value, json};

use super::words::date;
use crate::daemon::{Ledger, Overview};
use crate::interaction::Standing;
use crate::people::Person;
use crate::reliance::exchange::{self, Wait, WorkClock};
use crate::reliance::{self, Breadth, Confidence, ContactDay, Prior, Reliance, trend};
use crate::store::{self, Store};

use super::Session;

/// Begun threads and answered messages under which nothing is said of either.
const ENOUGH: usize = 5;

/// Everything `show` tells beyond the figures.
pub(super) struct Portrait {
    confidence: f64,
    over: bool,
    /// What the talks alone of the quarter rest on.
    standing: Standing,
    /// Of a client.
    breadth: Option<Breadth>,
    /// How the one-on-one share moves a week.
    slope: Option<f64>,
    /// Since when the rhythm is another.
    changed: Option<Date>,
    /// Threads of the quarter that the user began, and that the others did.
    begun: (u32, u32),
    /// The waits of the quarter for the user's answers, and for the others'.
    waits: [Vec<Wait>; 2],
}

impl Portrait {
    /// Of one person, or of the people of a client.
    pub(super) fn of(
        session: &Session<'_>,
        store: &Store,
        ledger: &Ledger,
        overview: &Overview,
        members: &[&Person],
        (reliance, days): (&Reliance, &[ContactDay]),
    ) -> Result<Self, store::Error> {
        let now = overview.as_of.timestamp();
        let ids: BTreeSet<_> = members.iter().map(|person| person.id.clone()).collect();
        let letters = store.letters(&ids)?;
        let talks = ledger.talks_of(store, &ids, now)?;
        let since = exchange::quarter(now);
        let recent: Vec<_> = letters.iter().copied().filter(|one| one.at >= since).collect();
        let policy = &session.plan.policy;
        let clock =
            WorkClock { open: &overview.open, hours: policy.hours, zone: &session.plan.zone };
        let of_client = members.len() != 1;
        let quarters =
            overview.people.iter().filter(|one| ids.contains(&one.person.id) && !one.person.gone);
        let quarters = quarters.map(|one| one.reliance.last_90);
        Ok(Self {
            confidence: reliance.confidence,
            over: reliance.over,
            standing: Standing::of(
                talks.iter().filter(|talk| talk.happened(now)),
                (reliance::windows(&overview.open, overview.today()).1, overview.today()),
            ),
            breadth: of_client.then(|| Breadth::of(quarters, reliance.last_90.total())),
            slope: trend::slope(days, Prior::DEFAULT, &overview.open, overview.today()),
            changed: trend::changed(days, overview.today()),
            begun: exchange::begun(&letters, since, now),
            waits: exchange::waits(&recent, clock, now),
        })
    }

    /// Lines for people: a name and what is to be said.
    pub(super) fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = vec![("Sure of it", self.sure().to_owned())];
        if self.over {
            lines.push(("Remark", "probably over: quiet for eight times as long as usual".into()));
        }
        let Standing { days, standing } = self.standing;
        if self.standing.only() {
            let of = format!("only the standing call: {standing} of your {days} talks alone");
            lines.push(("Remark", format!("{of} in a quarter")));
        }
        if let Some(breadth) = self.breadth {
            let Breadth { active, talked, narrow, .. } = breadth;
            let hangs = if narrow { "; it hangs on one" } else { "" };
            lines.push(("People", format!("{active} in touch, {talked} talked to alone{hangs}")));
        }
        if let Some(day) = self.changed {
            lines.push(("Rhythm since", format!("{}, another one than before", date(day))));
        }
        if let Some(points) = self.slope.map(|slope| slope * 100.0).filter(|it| it.abs() >= 0.05) {
            lines.push(("Moving by", format!("{points:+.1} points of that a week")));
        }
        let (mine, theirs) = self.begun;
        if (mine + theirs) as usize >= ENOUGH {
            lines.push(("You begin", format!("{mine} of {} threads", mine + theirs)));
        }
        for (name, waits) in ["You answer", "They answer"].into_iter().zip(&self.waits) {
            // Where more than half have no answer nothing is said: most threads end with a
            // message that asks for none, and nobody is graded here.
            let median = exchange::median_wait(waits).filter(|_| waits.len() >= ENOUGH);
            lines.extend(median.map(|hours| (name, format!("within {} at work", spell(hours)))));
        }
        lines
    }

    fn sure(&self) -> &'static str {
        match Confidence::of(self.confidence) {
            Confidence::High => "quite",
            Confidence::Medium => "fairly",
            Confidence::Low => "hardly: a talk may have left no trace",
        }
    }

    /// The same in the contract.
    pub(super) fn json(&self) -> Map<String, Value> {
        let (mine, theirs) = self.begun;
        let begins = exchange::initiation(mine, theirs);
        let [own, others] = &self.waits;
        let breadth = self.breadth.map(|breadth| {
            json!({
                "active": breadth.active,
                "talked_alone": breadth.talked,
                "effective": breadth.effective,
                "top_share": breadth.top,
                "narrow": breadth.narrow,
            })
        });
        let value = json!({
            "confidence_level": Confidence::of(self.confidence).as_str(),
            "standing": {
                "days": self.standing.days,
                "standing": self.standing.standing,
                "only": self.standing.only(),
            },
            "breadth": breadth,
            "rhythm_changed": self.changed.map(|day| day.to_string()),
            "share_slope_per_week": self.slope,
            "begun": {
                "mine": mine, "theirs": theirs, "mine_share": begins.estimate,
                "low": begins.low, "high": begins.high,
            },
            "answer_hours": {
                "mine": exchange::median_wait(own),
                "theirs": exchange::median_wait(others),
            },
        });
        match value {
            Value::Object(map) => map,
            _ => Map::new(),
        }
    }
}

/// "half an hour", "3 hours", "2 days": working time.
fn spell(hours: f64) -> String {
    if hours < 0.75 {
        "half an hour".to_owned()
    } else if hours < 1.5 {
        "an hour".to_owned()
    } else if hours < 13.5 {
        format!("{hours:.0} hours")
    } else {
        format!("{:.0} days", hours / 9.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn working_time_is_said_roughly() {
        let check = |hours, expect| assert_eq!(spell(hours), expect);
        check(0.0, "half an hour");
        check(1.0, "an hour");
        check(3.4, "3 hours");
        check(9.0, "9 hours");
        check(18.0, "2 days");
    }
}
