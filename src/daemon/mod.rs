//! The one loop: takes an event at a time, owns the store, answers with effects.
//!
//! [`Daemon::step`] is all the behavior there is. It never waits and never reads the time: [`run()`]
//! feeds it in life, `hallway scan` feeds it one look at each source, tests feed it years in a
//! second. Whatever can happen is a variant of [`Event`], whatever it can do is a variant of
//! [`Effect`], and since one thread owns the state there is no lock.

mod anew;
mod clock;
mod count;
mod derive;
mod event;
mod hindsight;
mod learn;
mod ledger;
mod look;
mod memo;
mod overview;
mod plan;
mod report;
mod rouse;
mod run;
mod schedule;
mod servers;
mod signals;
mod step;
mod unclear;
mod unreached;
mod watch;

pub use anew::Anew;
pub use clock::{monotonic, now};
pub use derive::{Deriver, derive, roster};
pub use event::{Effect, Event};
pub use ledger::Ledger;
pub use look::start as look;
pub use overview::{House, Overview, Somebody};
pub use plan::{Plan, Source};
pub use report::{blind_spots, digest, trial, write};
pub use run::{Error as RunError, Locked, lock, run};
pub use schedule::{Seen, Sources};
pub use step::Daemon;
pub use unclear::{Unclear, unclear};
