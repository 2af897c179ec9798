//! Talks that left nothing but a title: "Call Anna Berg", "Lunch with Anna Berg + Ben Holt".
//!
//! The title is looked at and let go. What comes out are words that may be names, nothing is
//! decided about whose: that needs to know people, and this room does not. Titles that announce
//! something else (a focus block, a trip, a hold, a birthday) give nothing, even with a name in
//! them; so do names in small letters, which are more often "dentist" than somebody's.

use super::Noted;

/// Names taken from one title.
const NAMES: usize = 8;

/// First words that mean a call.
const CALL: [&str; 40] = [
    "call",
    "phone",
    "phonecall",
    "ring",
    "telephone",
    "tel",
    "facetime",
    "videocall",
    "1:1",
    "1-1",
    "1on1",
    "anruf",
    "anrufen",
    "telefonat",
    "telefonieren",
    "telefon",
    "telko",
    "rückruf",
    "appel",
    "appeler",
    "rappeler",
    "téléphone",
    "téléphoner",
    "llamada",
    "llamar",
    "chiamata",
    "chiamare",
    "telefonata",
    "telefonare",
    "bellen",
    "belafspraak",
    "telefoontje",
    "telefoongesprek",
    "ligação",
    "ligar",
    "chamada",
    "samtal",
    "opkald",
    "telefonsamtal",
    "rozmowa",
];

/// Words before the first that change nothing.
const BEFORE: [&str; 24] = [
    "quick",
    "short",
    "brief",
    "weekly",
    "monthly",
    "quarterly",
    "follow-up",
    "followup",
    "intro",
    "introductory",
    "video",
    "phone",
    "telephone",
    "skype",
    "zoom",
    "teams",
    "kurzer",
    "kurzes",
    "kurzes",
    "wöchentlicher",
    "monatlicher",
    "petit",
    "breve",
    "catch-up",
];

/// Words that mean a meal or a visit.
const VISIT: [&str; 46] = [
    "lunch",
    "dinner",
    "coffee",
    "breakfast",
    "brunch",
    "visit",
    "drinks",
    "beer",
    "tea",
    "walk",
    "mittagessen",
    "abendessen",
    "frühstück",
    "kaffee",
    "besuch",
    "essen",
    "bier",
    "spaziergang",
    "déjeuner",
    "dejeuner",
    "dîner",
    "diner",
    "café",
    "petit-déjeuner",
    "visite",
    "verre",
    "almuerzo",
    "comida",
    "cena",
    "desayuno",
    "visita",
    "cerveza",
    "pranzo",
    "colazione",
    "caffè",
    "aperitivo",
    "koffie",
    "ontbijt",
    "bezoek",
    "borrel",
    "almoço",
    "jantar",
    "fika",
    "frokost",
    "middag",
    "obiad",
];

/// Words between the first and the names.
const WITH: [&str; 22] = [
    "with", "w/", "w", "mit", "bei", "beim", "an", "avec", "à", "chez", "con", "a", "com", "para",
    "met", "med", "z", "to", "back", "til", "till", "da",
];

/// Titles that hold one of these before any cut are about something else.
const NOTHING: [&str; 28] = [
    "focus",
    "travel",
    "hold",
    "birthday",
    "bday",
    "anniversary",
    "fokus",
    "fokuszeit",
    "reise",
    "anreise",
    "abreise",
    "geburtstag",
    "blocker",
    "geblockt",
    "anniversaire",
    "voyage",
    "concentration",
    "cumpleaños",
    "viaje",
    "compleanno",
    "viaggio",
    "verjaardag",
    "reis",
    "aniversário",
    "viagem",
    "födelsedag",
    "resa",
    "flight",
];

/// Words after which no name follows.
const CUT: [&str; 36] = [
    "re",
    "about",
    "regarding",
    "concerning",
    "for",
    "from",
    "at",
    "in",
    "on",
    "before",
    "after",
    "until",
    "wegen",
    "über",
    "betr",
    "betreff",
    "bzgl",
    "für",
    "zum",
    "zur",
    "zu",
    "um",
    "vor",
    "nach",
    "concernant",
    "pour",
    "sur",
    "sobre",
    "para",
    "per",
    "su",
    "over",
    "voor",
    "om",
    "tbc",
    "tbd",
];

/// Small words inside a name.
const PARTICLES: [&str; 22] = [
    "von", "van", "vom", "zu", "zur", "de", "der", "den", "del", "della", "di", "da", "dos", "das",
    "du", "des", "la", "le", "el", "al", "bin", "ten",
];

/// Words before a name that are none.
const TITLES: [&str; 22] = [
    "dr", "prof", "mr", "mrs", "ms", "miss", "sir", "frau", "herr", "herrn", "hr", "fr", "mme",
    "mlle", "monsieur", "madame", "sr", "sra", "señor", "señora", "dhr", "mevr",
];

/// Reads a title. `dialled` is whether the place is a telephone number.
pub(super) fn noted(title: &str, dialled: bool) -> Option<Noted> {
    let words = words(title);
    let lower: Vec<String> = words.iter().map(|word| bare(word).to_lowercase()).collect();
    let is =
        |list: &[&str], at: usize| lower.get(at).is_some_and(|word| list.contains(&word.as_str()));
    let head = cut(&words);
    if (0..head).any(|at| is(&NOTHING, at)) {
        return None;
    }
    let first = (0..words.len()).find(|at| !is(&BEFORE, *at) || is(&CALL, *at)).unwrap_or(0);
    let visit = (0..head).find(|at| is(&VISIT, *at));
    let (in_person, from) = if is(&CALL, first) {
        // "Phone call with": both are the first word.
        let from = (first + 1..words.len()).find(|at| !is(&CALL, *at) && !is(&WITH, *at));
        (false, from?)
    } else if let Some(visit) = visit {
        let with = (visit + 1..head).find(|at| is(&WITH, *at));
        // "Lunch Anna Berg" is somebody, "Team lunch Berlin" is not.
        let from = with.or((visit == 0).then_some(0))? + 1;
        (true, (from..words.len()).find(|at| !is(&WITH, *at))?)
    } else if dialled {
        (false, 0)
    } else {
        return None;
    };
    let rest = words.get(from..).unwrap_or_default();
    let rest = rest.get(..cut(rest)).unwrap_or_default();
    let names: Vec<String> = parts(rest).filter_map(name).take(NAMES).collect();
    let only_names = || parts(rest).all(|part| name(part).is_some_and(|n| is_whole(part, &n)));
    let told = is(&CALL, first) || in_person || (rest.len() == words.len() && only_names());
    (!names.is_empty() && told).then_some(Noted { in_person, names })
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

/// How many words come before the title goes on to something else. A colon right after the first
/// word only introduces the names.
fn cut(words: &[String]) -> usize {
    let ends = |(at, word): (usize, &String)| {
        let lower = bare(word).to_lowercase();
        let sign = matches!(
            word.as_str(),
            "(" | "[" | "{" | "@" | "#" | "|" | "\"" | "-" | "–" | "—" | "?" | "!" | ";"
        );
        let colon = word == ":" && at > 1;
        at > 0 && (sign || colon || CUT.contains(&lower.as_str()))
    };
    words.iter().enumerate().position(|item| ends((item.0, item.1))).unwrap_or(words.len())
}

/// The words between the separators of a list.
fn parts(words: &[String]) -> impl Iterator<Item = &[String]> {
    let separator = |word: &String| {
        matches!(
            word.to_lowercase().as_str(),
            "+" | "&"
                | ","
                | "/"
                | ":"
                | "and"
                | "und"
                | "et"
                | "y"
                | "e"
                | "en"
                | "och"
                | "og"
                | "i"
        )
    };
    words.split(separator).filter(|part| !part.is_empty())
}

/// The name a part begins with: one to four words with capitals, small particles between them.
fn name(part: &[String]) -> Option<String> {
    let titled = |word: &&String| TITLES.contains(&bare(word).to_lowercase().as_str());
    let part: Vec<&String> = part.iter().skip_while(titled).collect();
    let fits = |word: &String| is_name_word(word) || PARTICLES.contains(&word.as_str());
    let run: Vec<&str> = part.iter().take_while(|word| fits(word)).map(|word| bare(word)).collect();
    let capital = |word: &&str| is_name_word(word);
    let sound = (1..=4).contains(&run.len())
        && run.first().is_some_and(capital)
        && run.last().is_some_and(capital);
    sound.then(|| run.join(" "))
}

fn is_whole(part: &[String], name: &str) -> bool {
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
mod tests {
    use super::*;

    fn check(title: &str, expect: &str) {
        check_at(title, false, expect);
    }

    fn check_at(title: &str, dialled: bool, expect: &str) {
        let found = match noted(title, dialled) {
            None => "-".to_owned(),
            Some(noted) => {
                let how = if noted.in_person { "visit" } else { "call" };
                format!("{how}: {}", noted.names.join(" | "))
            }
        };
        assert_eq!(found, expect, "{title}");
    }

    #[test]
    fn calls() {
        check("Call Anna Berg", "call: Anna Berg");
        check("Call Anna", "call: Anna");
        check("CALL ANNA BERG", "call: ANNA BERG");
        check("call: Anna Berg", "call: Anna Berg");
        check("Call with Anna Berg", "call: Anna Berg");
        check("Call w/ Anna Berg", "call: Anna Berg");
        check("Call back Anna Berg", "call: Anna Berg");
        check("Phone Anna Berg", "call: Anna Berg");
        check("Phone call with Anna Berg", "call: Anna Berg");
        check("Ring Ben Holt", "call: Ben Holt");
        check("Quick call with Anna", "call: Anna");
        check("Zoom call with Anna", "call: Anna");
        check("1:1 Anna Berg", "call: Anna Berg");
        check("1:1 with Anna Berg", "call: Anna Berg");
        check("Telefonat Anna Berg", "call: Anna Berg");
        check("Telefonat mit Frau Dr. Berg", "call: Berg");
        check("Anruf bei Jürgen Groß", "call: Jürgen Groß");
        check("Appel avec Élise Dupont", "call: Élise Dupont");
        check("Llamada con María de la Cruz", "call: María de la Cruz");
        check("Call 王小明", "call: 王小明");
    }

    #[test]
    fn several_names() {
        check("Call Anna Berg + Ben Holt", "call: Anna Berg | Ben Holt");
        check("Call Anna Berg & Ben Holt, Cleo Marsh", "call: Anna Berg | Ben Holt | Cleo Marsh");
        check("Telefonat mit Anna und Ben", "call: Anna | Ben");
        check("Call Anna/Ben", "call: Anna | Ben");
        check("Lunch with Anna Berg and Ben Holt", "visit: Anna Berg | Ben Holt");
    }

    #[test]
    fn visits_and_meals() {
        check("Lunch with Anna Berg", "visit: Anna Berg");
        check("Business lunch with Anna Berg", "visit: Anna Berg");
        check("Lunch Anna Berg", "visit: Anna Berg");
        check("Coffee: Anna Berg", "visit: Anna Berg");
        check("Mittagessen mit Anna Berg", "visit: Anna Berg");
        check("Déjeuner avec Anna Berg", "visit: Anna Berg");
        check("Team lunch Berlin", "-");
        check("Lunch", "-");
        check("Lunch with the team", "-");
    }

    #[test]
    fn a_title_goes_on_to_something_else() {
        check("Call Anna Berg re: travel plans", "call: Anna Berg");
        check("Call Anna Berg about the Edgewater deck", "call: Anna Berg");
        check("Call Anna Berg - Offer", "call: Anna Berg");
        check("Call Anna Berg: Offer", "call: Anna Berg");
        check("Call Anna Berg (Edgewater)", "call: Anna Berg");
        check("Call Anna Berg @ 5pm", "call: Anna Berg");
        check("Call Anna Berg tomorrow", "call: Anna Berg");
        check("Call Anna Berg wegen Angebot", "call: Anna Berg");
        check("Call Anna Berg +49 30 5550123", "call: Anna Berg");
        check("Call Anna-Lena Berg-Weber", "call: Anna-Lena Berg-Weber");
    }

    #[test]
    fn other_titles_say_nothing() {
        check("", "-");
        check("Call", "-");
        check("call dentist", "-");
        check("Call 030 5550123", "-");
        check("Call Anna's team", "-");
        check("Focus: Edgewater deck", "-");
        check("Focus: call Anna Berg", "-");
        check("Hold: Call Anna Berg", "-");
        check("Travel to Anna Berg", "-");
        check("Birthday Anna Berg", "-");
        check("Birthday call Anna Berg", "-");
        check("Prepare call with Anna Berg", "-");
        check("Callback design", "-");
        check("Meeting Anna Berg", "-");
        check("Anna Berg", "-");
    }

    #[test]
    fn a_number_as_place_makes_a_bare_name_a_call() {
        check_at("Anna Berg", true, "call: Anna Berg");
        check_at("Anna Berg + Ben Holt", true, "call: Anna Berg | Ben Holt");
        check_at("Dr. Anna Berg", true, "call: Anna Berg");
        check_at("Review of the Edgewater deck", true, "-");
        check_at("Dentist appointment", true, "-");
        check_at("Hold", true, "-");
    }
}
