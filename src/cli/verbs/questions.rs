//! What Hallway would like to know about people, each question with the answers it can have.
//!
//! An answer is what is written down when its key is pressed, and at the same time the command
//! that writes it down: `people review` and a script say the same thing.

use super::Session;
use super::words::{count, date};
use crate::cli::failure::Failure;
use crate::daemon::{self, Unclear};
use crate::interaction::{Change, Correction, Reference};
use crate::mail::AddrSpec;
use crate::people::suggest::{Suggestion, suggest};
use crate::people::{Choice, ClientChoice, ClientDecision, ClientId, Decision, Roster, Who};
use crate::store::Store;
use crate::text::Shown;

/// Questions asked at a time: more than that nobody answers.
pub(super) const MOST: usize = 19;

/// One question. Every text in it is safe to show.
pub(super) struct Question {
    /// Which kind: `client`, `join`, `colleague`, `own_address`, `person`, `call`, `wish`.
    pub(super) kind: &'static str,
    /// The addresses or names it is about, as they are.
    pub(super) about: Vec<String>,
    /// The question.
    pub(super) text: String,
    /// Why it is asked.
    pub(super) reason: String,
    /// What can be said, the likeliest first.
    pub(super) answers: Vec<Answer>,
}

/// One thing to say.
pub(super) struct Answer {
    /// The key to press.
    pub(super) key: char,
    /// What it says.
    pub(super) label: String,
    /// The command that says the same.
    pub(super) command: String,
    says: Vec<Say>,
}

/// What is written down.
enum Say {
    Person(AddrSpec, Choice),
    Client(ClientId, ClientChoice),
    Item(Reference, Change, Option<AddrSpec>),
}

impl Answer {
    fn new(key: char, label: impl Into<String>, command: String, says: Vec<Say>) -> Self {
        Self { key, label: label.into(), command, says }
    }

    /// Writes it down.
    pub(super) fn write(self, store: &mut Store, session: &Session<'_>) -> Result<(), Failure> {
        let at = session.now.timestamp();
        for say in self.says {
            match say {
                Say::Person(about, choice) => store.decide(&Decision { at, about, choice })?,
                Say::Client(about, choice) => {
                    store.decide_client(&ClientDecision { at, about, choice })?;
                }
                Say::Item(item, change, with) => {
                    store.correct(&Correction { at, item, change, with })?;
                }
            }
        }
        Ok(())
    }
}

/// Everything worth asking: what changes most comes first.
pub(super) fn questions(
    session: &Session<'_>,
    store: &Store,
    roster: &Roster,
) -> Result<Vec<Question>, Failure> {
    let candidates = store.own_address_candidates()?;
    let suggestions = suggest(roster, &store.acquaintances()?, &candidates);
    // My own addresses decide who everybody else is; then joins, which mix two histories.
    let rank = |one: &Suggestion| match one {
        Suggestion::OwnAddress { .. } => 0,
        Suggestion::Join { .. } => 1,
        Suggestion::Colleague { .. } => 2,
        Suggestion::Client { .. } => 3,
        Suggestion::Person { .. } => 4,
    };
    let mut suggestions: Vec<&Suggestion> = suggestions.iter().collect();
    suggestions.sort_by_key(|one| rank(one));
    let mut all: Vec<Question> = suggestions.into_iter().map(|one| of(one, roster)).collect();
    let calls = daemon::unclear(store, &session.plan, roster, session.now.timestamp())?;
    let calls: Vec<Question> = calls.iter().map(|call| of_call(call, roster)).collect();
    let after = all.iter().position(|one| one.kind == "client").unwrap_or(all.len());
    all.splice(after..after, calls);
    all.extend(wishes(session, roster));
    Ok(all)
}

fn of(suggestion: &Suggestion, roster: &Roster) -> Question {
    let reason = outside(&suggestion.reason());
    let word = |text: &str| Shown(text).to_string();
    match suggestion {
        Suggestion::Client { id, people, .. } => {
            let name = quoted(&id.0);
            let about = std::iter::once(id.0.clone());
            let client = |choice| vec![Say::Client(id.clone(), choice)];
            Question {
                kind: "client",
                about: about.chain(people.iter().map(|person| person.0.to_string())).collect(),
                text: format!("Is {} a client?", word(&id.0)),
                reason,
                answers: vec![
                    Answer::new(
                        'y',
                        "yes: nudges about its people are welcome",
                        format!("hallway clients confirm {name}"),
                        client(ClientChoice::Confirm),
                    ),
                    Answer::new(
                        'n',
                        "no",
                        format!("hallway clients remove {name}"),
                        client(ClientChoice::NotAClient),
                    ),
                    Answer::new(
                        'c',
                        "my own organization: colleagues",
                        format!("hallway clients colleagues {name}"),
                        client(ClientChoice::Colleagues),
                    ),
                ],
            }
        }
        Suggestion::Join { a, b, name, .. } => {
            let (one, two) = (a.0.to_string(), b.0.to_string());
            Question {
                kind: "join",
                text: format!("Are {} and {} both {}?", word(&one), word(&two), word(name)),
                reason,
                answers: vec![
                    Answer::new(
                        'y',
                        "yes: one person",
                        format!("hallway people join {} {}", quoted(&one), quoted(&two)),
                        vec![Say::Person(b.0.clone(), Choice::Join(a.0.clone()))],
                    ),
                    Answer::new(
                        'n',
                        "no: two people",
                        format!("hallway people apart {} {}", quoted(&one), quoted(&two)),
                        vec![Say::Person(b.0.clone(), Choice::Apart(a.0.clone()))],
                    ),
                ],
                about: vec![one, two],
            }
        }
        Suggestion::Colleague { person, name, colleague } => {
            let address = person.0.to_string();
            Question {
                kind: "colleague",
                text: format!("Is {} ({}) a colleague of yours?", word(name), word(&address)),
                reason,
                answers: vec![
                    Answer::new(
                        'y',
                        "yes: nobody to look after",
                        format!("hallway people remove {}", quoted(&address)),
                        vec![Say::Person(person.0.clone(), Choice::NotAClient)],
                    ),
                    Answer::new(
                        'n',
                        "no: somebody else of that name",
                        format!(
                            "hallway people apart {} {}",
                            quoted(&address),
                            quoted(colleague.as_str())
                        ),
                        vec![Say::Person(person.0.clone(), Choice::Apart(colleague.clone()))],
                    ),
                ],
                about: vec![address],
            }
        }
        Suggestion::OwnAddress { address, .. } => {
            let name = quoted(address.as_str());
            let mine = |is| vec![Say::Person(address.clone(), Choice::Mine(is))];
            Question {
                kind: "own_address",
                about: vec![address.to_string()],
                text: format!("Is {} yours?", word(address.as_str())),
                reason,
                answers: vec![
                    Answer::new('y', "yes", format!("hallway people mine {name}"), mine(true)),
                    Answer::new(
                        'n',
                        "no",
                        format!("hallway people mine {name} --not"),
                        mine(false),
                    ),
                ],
            }
        }
        Suggestion::Person { address, name, .. } => {
            let known = match roster.who(address) {
                Who::Person(person) => Some(person.name.as_str()),
                _ => None,
            };
            let shown = match name.as_deref().or(known) {
                Some(name) => format!("{} ({})", word(name), word(address.as_str())),
                None => word(address.as_str()),
            };
            let name = quoted(address.as_str());
            Question {
                kind: "person",
                about: vec![address.to_string()],
                text: format!("Do you look after {shown}?"),
                reason,
                answers: vec![
                    Answer::new(
                        'y',
                        "yes: nudges are welcome",
                        format!("hallway people confirm {name}"),
                        vec![Say::Person(address.clone(), Choice::Confirm)],
                    ),
                    Answer::new(
                        'n',
                        "no: never mention them again",
                        format!("hallway people remove {name}"),
                        vec![Say::Person(address.clone(), Choice::NotAClient)],
                    ),
                ],
            }
        }
    }
}

fn of_call(call: &Unclear, roster: &Roster) -> Question {
    let names: Vec<String> = call.names.iter().map(|name| Shown(name).to_string()).collect();
    let names = names.join(", ");
    let mut answers = Vec::new();
    let first = call.items.first().map(ToString::to_string).unwrap_or_default();
    let say = |change, with: Option<&AddrSpec>| {
        let items = call.items.iter();
        items.map(|item| Say::Item(item.clone(), change, with.cloned())).collect()
    };
    for (key, id) in ('1'..='9').zip(&call.fits) {
        let name = roster.person(id).map_or(id.0.as_str(), |person| person.name.as_str());
        answers.push(Answer::new(
            key,
            format!("{}, {}", Shown(name), Shown(id.0.as_str())),
            format!(
                "hallway correct {} one-on-one --with {}",
                quoted(&first),
                quoted(id.0.as_str())
            ),
            say(Change::OneOnOne, Some(&id.0)),
        ));
    }
    answers.push(Answer::new(
        'n',
        "none of them",
        format!("hallway correct {} ignore", quoted(&first)),
        say(Change::Ignore, None),
    ));
    Question {
        kind: "call",
        about: call.items.iter().map(ToString::to_string).collect(),
        text: format!("With whom was the talk noted with \"{names}\"?"),
        reason: format!(
            "{}, the last on {}; the name fits {}.",
            count(call.items.len(), "event", "events"),
            date(call.day),
            count(call.fits.len(), "person", "people")
        ),
        answers,
    }
}

/// Wishes that were to be asked again by now.
fn wishes(session: &Session<'_>, roster: &Roster) -> Vec<Question> {
    let today = session.now.date();
    let due = roster.persons().filter(|one| one.details.review.is_some_and(|day| day <= today));
    due.map(|one| {
        let address = one.id.0.to_string();
        let wish = one
            .prefers
            .map_or_else(String::new, |wish| format!(" They preferred: {}.", wish.as_str()));
        Question {
            kind: "wish",
            about: vec![address.clone()],
            text: format!("Does what you noted of {} still hold?", Shown(&one.name)),
            reason: format!("You wanted to ask again by now.{wish}"),
            answers: vec![
                Answer::new(
                    'y',
                    "yes: it stays as it is",
                    format!("hallway people set {} --review none", quoted(&address)),
                    vec![Say::Person(one.id.0.clone(), Choice::Review(None))],
                ),
                Answer::new(
                    'n',
                    "no: forget how they like to be reached",
                    format!("hallway people set {} --prefers none --review none", quoted(&address)),
                    vec![
                        Say::Person(one.id.0.clone(), Choice::Prefers(None)),
                        Say::Person(one.id.0.clone(), Choice::Review(None)),
                    ],
                ),
            ],
        }
    })
    .collect()
}

/// A sentence that holds a name from outside: each word of it made safe by itself.
pub(super) fn outside(sentence: &str) -> String {
    let words: Vec<String> = sentence.split(' ').map(|word| Shown(word).to_string()).collect();
    words.join(" ")
}

/// A word for a shell, quoted where it has to be. What a shell would read as something else than
/// text never comes out unquoted: addresses may hold `$`, `'` and `;`.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@._-+=:/#".contains(c);
    let shown = Shown(word).to_string();
    if !shown.is_empty() && shown.chars().all(plain) && !shown.starts_with(['#', '-']) {
        return shown;
    }
    format!("'{}'", shown.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_can_be_copied_into_a_shell() {
        for (word, expect) in [
            ("jo@acme.test", "jo@acme.test"),
            ("Jo Doe", "'Jo Doe'"),
            ("o'brien@x.test", "'o'\\''brien@x.test'"),
            ("$(id)@x.test", "'$(id)@x.test'"),
            ("a;b", "'a;b'"),
            ("-x", "'-x'"),
            ("u\u{1b}[31m", "'u[31m'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), expect, "{word:?}");
        }
    }
}
