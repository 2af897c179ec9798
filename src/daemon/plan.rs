//! Settings, as the loop needs them: plain values for the rooms it drives.

use std::path::PathBuf;

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;

use crate::digest;
use crate::nudge::Policy;
use crate::people::Rules;
use crate::secret::Place;
use crate::secrets;
use crate::settings::{Account, DigestSettings, Every, Role, Settings};
use crate::source::net::Means;
use crate::source::{Context, Spec};
use crate::store::Kind;

/// Occurrences are expanded this far back, ten years: longer than any window looks, so that the
/// past can be asked about, and an end for rules without one.
const DAYS_BACK: i64 = 3653;
/// And this far ahead: for gaps and booked talks.
const DAYS_AHEAD: i64 = 60;

/// What the configuration asks of the loop.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Mailboxes and calendars to read.
    pub sources: Vec<Source>,
    /// Who is who.
    pub rules: Rules,
    /// How much is said, and when.
    pub policy: Policy,
    /// The user's zone.
    pub zone: TimeZone,
    /// The user's work days.
    pub work_days: Vec<Weekday>,
    /// Calendar categories that mean absence.
    pub absence_categories: Vec<String>,
    /// When a digest is written, and how.
    pub digest: DigestSettings,
    /// Where digests go.
    pub digests: PathBuf,
    /// Days after the first scan in which nothing is said but the digest.
    pub quiet_days: u32,
    /// Whether one due moment in ten is left out at random.
    pub hold_out: bool,
    /// Whether notifications are shown at all.
    pub notifications: bool,
    /// Whether they name nobody.
    pub discreet: bool,
    /// Folder of the credentials that systemd handed over.
    pub credentials: Option<PathBuf>,
}

/// One source of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name, unique among all: `mail/work`.
    pub name: String,
    /// What the store calls it.
    pub kind: Kind,
    /// What it is for.
    pub role: Role,
    /// Where it is.
    pub spec: Spec,
    /// Where its password or token is.
    pub secret: Option<Place>,
}

impl Plan {
    /// Takes what the loop needs out of the settings.
    pub fn of(settings: &Settings) -> Self {
        let nudge = &settings.nudge;
        let accounts = settings.mail.iter().chain(&settings.calendars).chain(&settings.contacts);
        Self {
            sources: accounts
                .filter(|account| account.role != Role::Ignore)
                .map(Source::of)
                .collect(),
            rules: settings.rules.clone(),
            policy: Policy {
                per_day: nudge.per_day,
                per_week: nudge.per_week,
                client_rest_days: nudge.client_rest_days,
                email_rest_days: 90,
                later_days: nudge.later_days,
                hours: (nudge.hours.from, nudge.hours.to),
                lottery: None,
                first_day: None,
            },
            zone: settings.zone.clone(),
            work_days: settings.work.days.clone(),
            absence_categories: settings.absence_categories.clone(),
            digest: settings.digest.clone(),
            digests: settings.paths.digests(),
            quiet_days: nudge.quiet_days,
            hold_out: nudge.hold_out,
            notifications: settings.desktop.notifications,
            discreet: settings.desktop.discreet,
            credentials: settings.paths.credentials.clone(),
        }
    }

    /// What a look at a source needs to know of the world.
    pub fn context(&self, source: &Source, now: jiff::Timestamp) -> Context {
        let reveal = source.secret.clone().zip(source.entry());
        Context {
            now,
            zone: self.zone.clone(),
            days_back: DAYS_BACK,
            days_ahead: DAYS_AHEAD,
            reveal: reveal
                .map(|(place, entry)| secrets::reveal(place, entry, self.credentials.clone())),
        }
    }

    /// How long a digest's period is.
    pub fn period_kind(&self) -> digest::Kind {
        match self.digest.every {
            Every::Week => digest::Kind::Week,
            Every::Month => digest::Kind::Month,
        }
    }

    /// At which time of its day a digest is written.
    pub fn digest_time(&self) -> Time {
        self.digest.at
    }
}

impl Source {
    fn of(account: &Account) -> Self {
        let kind = match account.spec {
            Spec::Maildir { .. } | Spec::Mbox { .. } | Spec::Imap(_) => Kind::Mail,
            Spec::Cards { .. } | Spec::Carddav { .. } => Kind::Contacts,
            Spec::Vdir { .. } | Spec::Ics { .. } | Spec::Caldav { .. } | Spec::Feed { .. } => {
                Kind::Calendar
            }
        };
        let Account { role, spec, secret, .. } = account.clone();
        Self { name: account.id(), kind, role, spec, secret }
    }

    /// What its secret is kept under; `None` for one that needs none.
    pub fn entry(&self) -> Option<secrets::Entry> {
        let kind = match self.spec.login()?.means {
            Means::Password => secrets::Kind::Password,
            Means::Token => secrets::Kind::Token,
        };
        Some(secrets::Entry { account: self.name.clone(), kind })
    }
}
