//! Everybody's weeks, client by client, with a note on each.

use jiff::civil::Date;

use super::{ClientRow, Digest, PersonRow, Row, story, words};

/// A client and its people, or the people without one.
pub(super) struct Group<'a> {
    pub(super) name: String,
    /// Ours; empty where nothing is known of the client as such.
    pub(super) note: String,
    pub(super) lines: Vec<Line<'a>>,
}

/// A person's weeks.
pub(super) struct Line<'a> {
    pub(super) name: String,
    pub(super) note: String,
    pub(super) row: &'a Row,
}

impl Line<'_> {
    /// The sum of the weeks in words.
    pub(super) fn counts(&self) -> String {
        story::mix_in_words(self.row.total)
    }
}

/// Everybody with a contact in the weeks shown, by client; and how many are left out.
pub(super) fn groups(digest: &Digest) -> (Vec<Group<'_>>, u32) {
    let seen: Vec<&PersonRow> = digest.people.iter().filter(|p| p.row.total.total() > 0).collect();
    // The clients in the order given, then any other client of somebody, then nobody's people.
    let mut clients: Vec<Option<&str>> =
        digest.clients.iter().map(|client| Some(client.name.as_str())).collect();
    for client in seen.iter().map(|p| p.contact.client.as_deref()).filter(Option::is_some) {
        if !clients.contains(&client) {
            clients.push(client);
        }
    }
    clients.push(None);
    let groups = clients.into_iter().filter_map(|client| {
        let own = seen.iter().filter(|p| p.contact.client.as_deref() == client);
        let lines: Vec<Line<'_>> = own.map(|p| line(p, digest.as_of)).collect();
        let row = digest.clients.iter().find(|row| Some(row.name.as_str()) == client);
        (!lines.is_empty()).then(|| Group {
            name: client.map_or_else(|| "Without a client".to_owned(), words::name),
            note: row.map(|row| client_note(row, &lines)).unwrap_or_default(),
            lines,
        })
    });
    let hidden = u32::try_from(digest.people.len() - seen.len()).unwrap_or(u32::MAX);
    (groups.collect(), hidden)
}

fn client_note(client: &ClientRow, lines: &[Line<'_>]) -> String {
    let verdict = words::capital(words::verdict(client.row.verdict));
    if let [only] = lines {
        // Of one person the line below says it all.
        let same = only.row.verdict == client.row.verdict;
        return if same { String::new() } else { format!("{verdict}.") };
    }
    let with = match (client.alone_with as usize, lines.len()) {
        (0, _) => "nobody there".to_owned(),
        (n, all) if n == all => "everybody there".to_owned(),
        (n, all) => format!("{} of {} people", words::number(n), words::number(all)),
    };
    let narrow = client.active >= 3 && client.alone_with == 1;
    let narrow = if narrow { " Everything rests on that one person." } else { "" };
    format!("{verdict}. You talk one-on-one with {with}.{narrow}")
}

fn line(person: &PersonRow, as_of: Date) -> Line<'_> {
    let row = &person.row;
    let mut note = format!("{}. ", words::capital(words::verdict(row.verdict)));
    note += &match row.last_one_on_one {
        Some(day) => format!("Last one-on-one {}.", words::short_day(day, as_of)),
        None => "No one-on-one on record.".to_owned(),
    };
    if let Some(trend) = words::trend(row.trend) {
        note += &format!(" {}.", words::capital(trend));
    }
    if !person.confirmed {
        note += " Not confirmed yet.";
    }
    Line { name: words::name(&person.contact.name), note, row }
}
