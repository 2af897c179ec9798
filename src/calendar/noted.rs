//! Talks that left nothing but a title: "Call Anna Berg", "Lunch with Anna Berg + Ben Holt".
//!
//! The title is looked at and let go. What comes out are words that may be names, nothing is
//! decided about whose: that needs to know people, and this room does not. Titles that announce
//! something else (a focus block, a trip, a hold, a birthday) give nothing, even with a name in
//! them; so do names in small letters, which are more often "dentist" than somebody's.

use super::Noted;

/// Names taken from one title.
const NAMES: usize = 8;

/// Words, each between blanks: English, German, French, Spanish, Italian, Dutch, Portuguese and a
/// few more, as calendars have them.
struct Words(&'static str);

impl Words {
    fn has(&self, word: &str) -> bool {
        self.0.split_ascii_whitespace().any(|known| known == word)
    }
}

/// First words that mean a call.
const CALL: Words = Words(
    "call phone phonecall ring telephone tel facetime videocall 1:1 1-1 1on1 \
     anruf anrufen telefonat telefonieren telefon telko rückruf videoanruf \
     appel appeler rappeler téléphone téléphoner llamada llamar videollamada \
     chiamata chiamare telefonata telefonare bellen belafspraak telefoontje telefoongesprek \
     ligação ligar chamada samtal telefonsamtal opkald rozmowa",
);

/// First words that mean a call when somebody follows: "Zoom with Anna", not "Zoom update".
const TOOL: Words = Words("zoom skype teams webex meet video");

/// Words before the first that change nothing.
const BEFORE: Words = Words(
    "quick short brief weekly monthly quarterly follow-up followup intro introductory catch-up \
     video phone telephone skype zoom teams kurzer kurzes wöchentlicher monatlicher petit breve",
);

/// Words that mean a meal or a visit.
const VISIT: Words = Words(
    "lunch dinner coffee breakfast brunch visit drinks beer tea walk \
     mittagessen abendessen frühstück kaffee besuch essen bier spaziergang \
     déjeuner dejeuner dîner diner café petit-déjeuner visite verre \
     almuerzo comida cena desayuno visita cerveza pranzo colazione caffè aperitivo \
     koffie ontbijt bezoek borrel almoço jantar fika frokost middag obiad",
);

/// Words between the first and the names.
const WITH: Words =
    Words("with w/ w mit bei beim an avec à chez con a com para met med z to back til till da");

/// Titles that hold one of these before any cut are about something else.
const NOTHING: Words = Words(
    "focus travel hold birthday bday anniversary flight \
     fokus fokuszeit reise anreise abreise geburtstag blocker geblockt \
     anniversaire voyage concentration cumpleaños viaje compleanno viaggio \
     verjaardag reis aniversário viagem födelsedag resa",
);

/// Words after which no name follows.
const CUT: Words = Words(
    "re about regarding concerning for from at in on before after until tbc tbd \
     wegen über betr betreff bzgl für zum zur zu um vor nach \
     concernant pour sur sobre para per su over voor om \
     ( [ { @ # | \" - – — ? ! ;",
);

/// What parts one name from the next.
const AND: Words = Words("+ & , / : and und et y e en och og i");

/// Small words inside a name.
const PARTICLES: Words =
    Words("von van vom zu zur de der den del della di da dos das du des la le el al bin ten");

/// Words before a name that are none.
const TITLES: Words = Words(
    "dr prof mr mrs ms miss sir frau herr herrn hr fr mme mlle monsieur madame sr sra señor \
     señora dhr mevr",
);

/// Reads a title. `dialled` is whether the place is a telephone number.
pub(super) fn noted(title: &str, dialled: bool) -> Option<Noted> {
    let words = words(title);
    let lower: Vec<String> = words.iter().map(|word| bare(word).to_lowercase()).collect();
    let is = |list: &Words, at: usize| lower.get(at).is_some_and(|word| list.has(word));
    let with = |at: usize| words.get(at).is_some_and(|word| is_small(word, &WITH));
    let head = cut(&words);
    if (0..head).any(|at| is(&NOTHING, at)) {
        return None;
    }
    let after =
        |from: usize, skip: &dyn Fn(usize) -> bool| (from..words.len()).find(|at| !skip(*at));
    let first = after(0, &|at| is(&BEFORE, at) && !is(&CALL, at))?;
    let (told, in_person, from) = if is(&CALL, first) {
        // In "phone call with", both are the first word.
        (true, false, after(first + 1, &|at| is(&CALL, at) || with(at))?)
    } else if is(&TOOL, 0) && with(1) {
        (true, false, after(1, &with)?)
    } else if let Some(visit) = (0..head).find(|at| is(&VISIT, *at)) {
        // "Lunch Anna Berg" is somebody, "Team lunch Berlin" is not.
        let before = (visit + 1..head).find(|at| with(*at)).or((visit == 0).then_some(0))?;
        (true, true, after(before + 1, &with)?)
    } else if dialled {
        (false, false, 0)
    } else {
        return None;
    };
    let rest = words.get(from..).unwrap_or_default();
    let rest = rest.get(..cut(rest)).unwrap_or_default();
    let names: Vec<String> = parts(rest).filter_map(name).take(NAMES).collect();
    // With nothing but a number to say that it is a call, the whole title must be names.
    let only_names = || {
        rest.len() == words.len()
            && parts(rest).all(|part| name(part).is_some_and(|name| ends_with(part, &name)))
    };
    (!names.is_empty() && (told || only_names())).then_some(Noted { in_person, names })
}

/// The words of a title; separators are words of their own.
fn words(title: &str) -> Vec<String> {
    let mut spaced = String::with_capacity(title.len() + 16);
    let mut chars = title.chars().take(300).peekable();
    let mut last = ' ';
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        let between_digits = last.is_ascii_digit() && next.is_ascii_digit();
        match c {
            '+' | '&' | ',' | ';' | '(' | '[' | '{' | '@' | '#' | '|' | '"' | '–' | '—' | '?'
            | '!' => {
                spaced.extend([' ', c, ' ']);
            }
            '/' if !matches!(last, 'w' | 'W') => spaced.push_str(" / "),
            ':' if !between_digits => spaced.push_str(" : "),
            c => spaced.push(c),
        }
        last = c;
    }
    spaced.split_whitespace().map(str::to_owned).collect()
}

/// A word without the full stop of an abbreviation.
fn bare(word: &str) -> &str {
    word.trim_end_matches(['.', ':'])
}

/// Whether it is one of the words, and not a short name spelled like one: Per, Om, An.
fn is_small(word: &str, words: &Words) -> bool {
    let lower = bare(word).to_lowercase();
    let mut letters = word.chars();
    let named = letters.next().is_some_and(char::is_uppercase)
        && letters.next().is_some_and(char::is_lowercase)
        && lower.chars().count() <= 3
        && lower != "re";
    words.has(&lower) && !named
}

/// How many words come before the title goes on to something else. A colon right after the first
/// word only introduces the names.
fn cut(words: &[String]) -> usize {
    let ends = |at: usize, word: &str| at > 0 && (is_small(word, &CUT) || (word == ":" && at > 1));
    let cut = words.iter().enumerate().position(|(at, word)| ends(at, word));
    cut.unwrap_or(words.len())
}

/// The words between the separators of a list.
fn parts(words: &[String]) -> impl Iterator<Item = &[String]> {
    words.split(|word| AND.has(&word.to_lowercase())).filter(|part| !part.is_empty())
}

/// The name a part begins with: one to four words with capitals, small particles between them.
fn name(part: &[String]) -> Option<String> {
    let titled = |word: &&String| TITLES.has(&bare(word).to_lowercase());
    let part: Vec<&String> = part.iter().skip_while(titled).collect();
    let fits = |word: &String| is_name_word(word) || PARTICLES.has(word);
    let run: Vec<&str> = part.iter().take_while(|word| fits(word)).map(|word| bare(word)).collect();
    let last = run.iter().rposition(|word| is_name_word(word))?;
    let run = run.get(..=last)?;
    let sound = run.len() <= 4 && run.first().is_some_and(|word| is_name_word(word));
    sound.then(|| run.join(" "))
}

/// Whether the name is all of the part but a title before it.
fn ends_with(part: &[String], name: &str) -> bool {
    part.iter().map(|word| bare(word)).collect::<Vec<_>>().join(" ").ends_with(name)
}

/// A word as names have it: letters, with a capital where the script has capitals. Possessives
/// ("Anna's team") are not somebody.
fn is_name_word(word: &str) -> bool {
    let letters = |c: char| c.is_alphabetic() || matches!(c, '-' | '\'' | '’' | '.');
    let possessive = word.ends_with("'s") || word.ends_with("’s");
    let capital = word.chars().next().is_some_and(|c| c.is_alphabetic() && !c.is_lowercase());
    capital && !possessive && word.chars().all(letters) && word.chars().count() <= 40
}

#[cfg(test)]
mod tests;
