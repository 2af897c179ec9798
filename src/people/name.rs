//! Names as people write them, made comparable.
//!
//! Comparing folds case, accents and the habits of address books (`Berg, Anna (Edgewater)`). It
//! never guesses: two names are equal or they are not, since a wrong match credits one person
//! with another's talk. Unicode decomposition tables lost: the letters of the scripts that have
//! accents at all fit into one table, and other scripts compare as they are.

use super::{Person, Roster};

/// Whom a name in a calendar title means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spoken<'a> {
    /// Full names of these people; more than one when the title runs them together.
    Full(Vec<&'a Person>),
    /// A first name that fits this one only.
    First(&'a Person),
    /// It fits each of these: only the user can tell.
    Several(Vec<&'a Person>),
    /// Nobody known.
    Nobody,
}

impl Roster {
    /// Whom of the tracked people a name means: full names first, else a first name that fits
    /// exactly one.
    ///
    /// A first name may be followed by the client (`Anna Edgewater`) or an initial (`Anna B.`);
    /// followed by any other capitalized word it is somebody else's full name and fits nobody.
    pub fn spoken(&self, text: &str) -> Spoken<'_> {
        let tokens: Vec<Token> = tokens(text).collect();
        let full = self.full_names(&tokens);
        if let [several] = full.as_slice()
            && several.len() > 1
        {
            return Spoken::Several(several.clone());
        }
        // Beside others, a name that two people bear is left out rather than credited to both.
        let full: Vec<_> = full.into_iter().filter_map(|who| only(&who)).collect();
        if !full.is_empty() {
            return Spoken::Full(full);
        }
        let fits = self.first_names(&tokens);
        match fits.as_slice() {
            [one] => Spoken::First(one),
            [] => Spoken::Nobody,
            _ => Spoken::Several(fits),
        }
    }

    /// Full names found from left to right, the longest first at each place; for each the people
    /// who bear it.
    fn full_names(&self, tokens: &[Token]) -> Vec<Vec<&Person>> {
        let mut found: Vec<Vec<&Person>> = Vec::new();
        let mut rest = tokens;
        while let Some((_, tail)) = rest.split_first() {
            let starts = |words: &[String]| {
                words.len() > 1
                    && words.len() <= rest.len()
                    && words.iter().zip(rest).all(|(word, token)| *word == token.word)
            };
            let here = || self.spoken.iter().filter(|(words, _)| starts(words));
            let longest = here().map(|(words, _)| words.len()).max();
            rest = match longest {
                None => tail,
                Some(length) => {
                    let who = here().filter(|(words, _)| words.len() == length);
                    found.push(who.filter_map(|(_, id)| self.persons.get(id)).collect());
                    rest.get(length..).unwrap_or_default()
                }
            };
        }
        found.sort_by(|a, b| a.iter().map(|p| &p.id).cmp(b.iter().map(|p| &p.id)));
        found.dedup();
        found
    }

    fn first_names(&self, tokens: &[Token]) -> Vec<&Person> {
        let Some((first, rest)) = tokens.split_first() else { return Vec::new() };
        let fits = |words: &[String], person: &Person| {
            words.first() == Some(&first.word)
                && rest.iter().filter(|token| token.capital).all(|token| {
                    let mut letters = token.word.chars();
                    let initial = match (letters.next(), letters.next()) {
                        (Some(letter), None) => {
                            words.len() > 1 && words.last().is_some_and(|w| w.starts_with(letter))
                        }
                        _ => false,
                    };
                    initial || self.client_words(person).contains(&token.word)
                })
        };
        let mut who: Vec<_> = self
            .spoken
            .iter()
            .filter_map(|(words, id)| Some((words, self.persons.get(id)?)))
            .filter(|(words, person)| fits(words, person))
            .map(|(_, person)| person)
            .collect();
        who.sort_by(|a, b| a.id.cmp(&b.id));
        who.dedup();
        who
    }

    /// What somebody may call the person's client: the words of its name, the first label of each
    /// of its domains.
    fn client_words(&self, person: &Person) -> Vec<String> {
        let Some(client) = person.client.as_ref().and_then(|id| self.clients.get(id)) else {
            return Vec::new();
        };
        let labels = client.domains.iter().filter_map(|d| d.split('.').next()).map(fold);
        words(&client.id.0).into_iter().chain(labels).collect()
    }
}

fn only<'a>(who: &[&'a Person]) -> Option<&'a Person> {
    match who {
        [one] => Some(one),
        _ => None,
    }
}

struct Token {
    word: String,
    capital: bool,
}

fn tokens(text: &str) -> impl Iterator<Item = Token> {
    let inside = |c: char| c.is_alphanumeric() || "-'’".contains(c) || is_mark(c);
    text.split(move |c: char| !inside(c))
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
        .map(|word| Token {
            word: fold(word),
            capital: word.chars().next().is_some_and(char::is_uppercase),
        })
}

/// The words of a text, folded.
pub(super) fn words(text: &str) -> Vec<String> {
    tokens(text).map(|token| token.word).collect()
}

/// The words of a display name in spoken order: what stands in brackets is dropped, `Berg, Anna`
/// is turned around. Empty for a name that is only an address.
pub(super) fn name_words(name: &str) -> Vec<String> {
    if name.contains('@') {
        return Vec::new();
    }
    let name = name.split(['(', '[', '|']).next().unwrap_or_default();
    match name.split_once(',') {
        Some((last, first)) if !first.contains(',') => {
            let mut turned = words(first);
            turned.extend(words(last));
            turned
        }
        _ => words(name),
    }
}

/// Whether two names, as words, may be one human's: the same words, or the same family name behind
/// a given name and its initial (`J. Doe`). Nicknames are two names: asking costs less than mixing.
pub(super) fn alike(a: &[String], b: &[String]) -> bool {
    if a == b {
        return true;
    }
    let (Some((a_family, a_given)), Some((b_family, b_given))) = (a.split_last(), b.split_last())
    else {
        return false;
    };
    let (Some(a), Some(b)) = (a_given.first(), b_given.first()) else { return false };
    let initial = |short: &String, long: &String| {
        short.chars().count() == 1 && long.starts_with(short.as_str())
    };
    a_family == b_family && (a == b || initial(a, b) || initial(b, a))
}

/// Lower case without accents, letter by letter.
pub(super) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match FOLDS.iter().find(|(accented, _)| accented.contains(c)) {
            Some((_, plain)) => out.push_str(plain),
            None if is_mark(c) => {}
            None => out.push(c),
        }
    }
    out
}

/// Combining accents (Unicode block 0300).
fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// Latin letters with accents, and what they are without.
const FOLDS: &[(&str, &str)] = &[
    ("àáâãäåāăąǎ", "a"),
    ("çćĉċč", "c"),
    ("ďđð", "d"),
    ("èéêëēĕėęě", "e"),
    ("ĝğġģ", "g"),
    ("ĥħ", "h"),
    ("ìíîïĩīĭįı", "i"),
    ("ĵ", "j"),
    ("ķ", "k"),
    ("ĺļľŀł", "l"),
    ("ñńņňŋ", "n"),
    ("òóôõöøōŏő", "o"),
    ("ŕŗř", "r"),
    ("śŝşšș", "s"),
    ("ţťŧț", "t"),
    ("ùúûüũūŭůűų", "u"),
    ("ŵ", "w"),
    ("ýÿŷ", "y"),
    ("źżž", "z"),
    ("æ", "ae"),
    ("œ", "oe"),
    ("ß", "ss"),
    ("þ", "th"),
    ("’", "'"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alike_is_less_than_similar() {
        let check = |a: &str, b: &str, expect| {
            assert_eq!(alike(&name_words(a), &name_words(b)), expect, "{a} {b}");
            assert_eq!(alike(&name_words(b), &name_words(a)), expect, "{b} {a}");
        };
        check("Jo Doe", "Doe, Jo", true);
        check("Jo Doe", "J. Doe", true);
        check("Jo M. Doe", "Jo Doe", true);
        check("Jo Doe", "Kim Doe", false);
        check("Jo Doe", "Jo Roe", false);
        check("Jo", "Jo Doe", false);
        check("Jo", "Jo", true);
        check("Jon Doe", "Jonathan Doe", false);
    }

    #[test]
    fn names_fold_to_spoken_order() {
        let cases = [
            ("Anna Berg", "anna berg"),
            ("BERG, Anna", "anna berg"),
            ("Berg, Anna (Edgewater)", "anna berg"),
            ("Anna Berg | Edgewater", "anna berg"),
            ("Zoë Müller-Weiß", "zoe muller-weiss"),
            ("Łukasz O’Brien", "lukasz o'brien"),
            ("Zoe\u{308}  \"Zed\" -", "zoe zed"),
            ("anna@acme.test", ""),
            ("", ""),
            ("(nobody)", ""),
            ("山田 太郎", "山田 太郎"),
        ];
        for (name, expect) in cases {
            assert_eq!(name_words(name).join(" "), expect, "{name}");
        }
    }
}
