//! What is on the screen, and what a signal about it means: the pure half of the door.
//!
//! One nudge lives at a time, the next replaces it in place. An id is only as good as the server
//! that gave it: after a restart ids begin at 1 again, and a stale one would hit another program's
//! notification, so the book is emptied whenever the server changes. Whatever a signal says about
//! an id that is not in the book, or with a key that is not this nudge's, means nothing.

use super::Happening;
use super::notice::Button;
use crate::nudge::NudgeId;

/// Longest activation token believed, in bytes.
const TOKEN: usize = 256;

/// What the server said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// `ActivationToken`: comes just before the press it belongs to.
    Token { id: u32, token: String },
    /// `ActionInvoked`.
    Pressed { id: u32, key: String },
    /// `NotificationClosed`: 1 expired, 2 dismissed by the user, 3 closed on demand, 4 undefined.
    Closed { id: u32, reason: u32 },
}

impl Signal {
    /// The notification it is about.
    fn id(&self) -> u32 {
        match self {
            Self::Token { id, .. } | Self::Pressed { id, .. } | Self::Closed { id, .. } => *id,
        }
    }
}

#[derive(Debug)]
struct Live {
    nudge: NudgeId,
    id: u32,
    buttons: Vec<Button>,
    token: Option<String>,
}

/// The nudge on the screen, if any.
#[derive(Debug, Default)]
pub(super) struct Book {
    live: Option<Live>,
}

impl Book {
    /// The id to be replaced by the next notice; 0 for none, as the specification has it.
    pub(super) fn replaces(&self) -> u32 {
        self.live.as_ref().map_or(0, |live| live.id)
    }

    /// Enters a nudge that the server has just taken; tells the end of the one it replaced.
    pub(super) fn enter(
        &mut self,
        nudge: NudgeId,
        id: u32,
        buttons: Vec<Button>,
    ) -> Option<Happening> {
        let live = Live { nudge, id, buttons, token: None };
        self.live.replace(live).map(|old| Happening::Closed { id: old.nudge })
    }

    /// Forgets every id: the server that gave them is gone.
    pub(super) fn clear(&mut self) -> Option<Happening> {
        self.live.take().map(|live| Happening::Closed { id: live.nudge })
    }

    /// Strikes out a nudge that is to be closed and gives its id; `None` when it is not there.
    pub(super) fn strike(&mut self, nudge: NudgeId) -> Option<u32> {
        self.live.take_if(|live| live.nudge == nudge).map(|live| live.id)
    }

    /// Strikes out whatever is there.
    pub(super) fn strike_any(&mut self) -> Option<u32> {
        self.live.take().map(|live| live.id)
    }

    /// Takes a signal of the server. A press wins over the close that follows it, because it
    /// strikes the nudge out.
    pub(super) fn hear(&mut self, signal: Signal) -> Option<Happening> {
        let live = self.live.as_mut().filter(|live| live.id == signal.id())?;
        let nudge = live.nudge;
        match signal {
            Signal::Token { token, .. } => {
                let sound = token.len() <= TOKEN && !crate::text::has_hidden(&token);
                live.token = sound.then_some(token);
                None
            }
            Signal::Pressed { key, .. } => {
                let &(_, answer) = live.buttons.iter().find(|(known, _)| *known == key)?;
                let token = live.token.take();
                self.live = None;
                Some(Happening::Answered { id: nudge, answer, token })
            }
            Signal::Closed { reason, .. } => {
                self.live = None;
                Some(match reason {
                    2 => Happening::Dismissed { id: nudge },
                    _ => Happening::Closed { id: nudge },
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::call::How;
    use crate::nudge::Answer;

    /// Plays a script of one word a step and prints what the daemon would be told. The nudge N is
    /// entered as notification 10 × N with the keys `default` and `N-1`.
    fn check(script: &str, expect: Expect) {
        let mut book = Book::default();
        let mut told = Vec::new();
        for step in script.split_whitespace() {
            let mut parts = step.split(':');
            let mut word = || parts.next().unwrap_or_default();
            let (act, id) = (word(), word().parse().unwrap_or(0));
            let rest = word();
            let happening = match act {
                "enter" => book.enter(
                    NudgeId(i64::from(id)),
                    id * 10,
                    vec![
                        ("default".into(), Answer::Show),
                        (format!("{id}-1"), Answer::Talked(How::Call)),
                    ],
                ),
                "press" => book.hear(Signal::Pressed { id, key: rest.into() }),
                "close" => book.hear(Signal::Closed { id, reason: rest.parse().unwrap() }),
                "token" => book.hear(Signal::Token { id, token: rest.into() }),
                "restart" => book.clear(),
                "strike" => {
                    told.push(format!("{:?}", book.strike(NudgeId(i64::from(id)))));
                    None
                }
                other => panic!("no such step: {other}"),
            };
            told.extend(happening.map(|h| format!("{h:?}")));
        }
        expect.assert_eq(&told.join("\n"));
    }

    #[test]
    fn a_press_is_an_answer() {
        check(
            "enter:1 press:10:1-1",
            expect!["Answered { id: NudgeId(1), answer: Talked(Call), token: None }"],
        );
        check(
            "enter:1 press:10:default",
            expect!["Answered { id: NudgeId(1), answer: Show, token: None }"],
        );
    }

    #[test]
    fn a_press_wins_over_the_close_that_follows() {
        check(
            "enter:1 press:10:1-1 close:10:2 close:10:3",
            expect!["Answered { id: NudgeId(1), answer: Talked(Call), token: None }"],
        );
    }

    #[test]
    fn a_second_press_is_nothing() {
        check(
            "enter:1 press:10:default press:10:1-1",
            expect!["Answered { id: NudgeId(1), answer: Show, token: None }"],
        );
    }

    #[test]
    fn a_token_goes_with_its_press() {
        check(
            "enter:1 token:10:abc press:10:1-1",
            expect![[r#"Answered { id: NudgeId(1), answer: Talked(Call), token: Some("abc") }"#]],
        );
        check(
            "enter:1 token:99:abc press:10:1-1",
            expect!["Answered { id: NudgeId(1), answer: Talked(Call), token: None }"],
        );
        check(
            &format!("enter:1 token:10:{} press:10:1-1", "x".repeat(257)),
            expect!["Answered { id: NudgeId(1), answer: Talked(Call), token: None }"],
        );
    }

    #[test]
    fn closing_reasons() {
        check("enter:1 close:10:1", expect!["Closed { id: NudgeId(1) }"]);
        check("enter:1 close:10:2", expect!["Dismissed { id: NudgeId(1) }"]);
        check("enter:1 close:10:3", expect!["Closed { id: NudgeId(1) }"]);
        check("enter:1 close:10:4", expect!["Closed { id: NudgeId(1) }"]);
        check("enter:1 close:10:77", expect!["Closed { id: NudgeId(1) }"]);
    }

    #[test]
    fn strange_ids_and_keys_mean_nothing() {
        check("press:10:default close:10:2 token:10:x", expect![""]);
        check("enter:1 press:11:1-1 close:11:2", expect![""]);
        check("enter:1 press:10:2-1 press:10: press:10:1", expect![""]);
    }

    #[test]
    fn a_key_of_the_notice_before_is_no_answer_to_this_one() {
        check("enter:1 restart enter:1 press:10:0-1", expect!["Closed { id: NudgeId(1) }"]);
    }

    #[test]
    fn the_next_notice_ends_the_one_before() {
        check(
            "enter:1 enter:2 press:10:1-1 press:20:2-1",
            expect![[r#"
                Closed { id: NudgeId(1) }
                Answered { id: NudgeId(2), answer: Talked(Call), token: None }"#]],
        );
    }

    #[test]
    fn a_restart_forgets_ids() {
        check("enter:1 restart press:10:1-1 close:10:2", expect!["Closed { id: NudgeId(1) }"]);
        check("restart", expect![""]);
    }

    #[test]
    fn what_we_close_ourselves_is_not_reported() {
        check("enter:1 strike:1 close:10:3", expect!["Some(10)"]);
        check(
            "enter:1 strike:2 close:10:2",
            expect![[r#"
            None
            Dismissed { id: NudgeId(1) }"#]],
        );
    }
}
