//! Where people met, from what an event says about its place.
//!
//! A conference link anywhere wins, then a telephone, then any other place; words such as "Teams"
//! count only in the place, since a description speaks of many things. Whether somebody was on the
//! line or in the room never changes who was alone with whom, so a mistake here is cheap, and
//! nothing is looked up: links are compared with known hosts, never followed.

use super::Venue;

/// Hosts of conferences; what lies below one of them belongs to it.
const HOSTS: [&str; 30] = [
    "zoom.us",
    "zoomgov.com",
    "meet.google.com",
    "hangouts.google.com",
    "teams.microsoft.com",
    "teams.microsoft.us",
    "teams.live.com",
    "webex.com",
    "meet.jit.si",
    "8x8.vc",
    "gotomeeting.com",
    "gotomeet.me",
    "meet.goto.com",
    "bluejeans.com",
    "whereby.com",
    "chime.aws",
    "ringcentral.com",
    "join.skype.com",
    "meet.lync.com",
    "facetime.apple.com",
    "lifesizecloud.com",
    "lifesize.com",
    "voovmeeting.com",
    "meeting.tencent.com",
    "vc.feishu.cn",
    "vc.larksuite.com",
    "meeting.zoho.com",
    "meeting.zoho.eu",
    "join.me",
    "gather.town",
];

/// Hosts of maps: a link to one is a place.
const MAPS: [&str; 6] = [
    "maps.google.com",
    "maps.app.goo.gl",
    "goo.gl/maps",
    "google.com/maps",
    "maps.apple.com",
    "openstreetmap.org",
];

/// Words that, in a place, mean a conference.
const CONFERENCE: [&str; 22] = [
    "teams",
    "zoom",
    "webex",
    "skype",
    "facetime",
    "jitsi",
    "hangouts",
    "google meet",
    "gotomeeting",
    "bluejeans",
    "whereby",
    "online",
    "virtual",
    "video call",
    "video conference",
    "videocall",
    "videoconferencia",
    "videokonferenz",
    "videollamada",
    "visioconférence",
    "visio",
    "videochiamata",
];

/// Words that, in a place, mean a telephone.
const TELEPHONE: [&str; 17] = [
    "phone",
    "telephone",
    "dial-in",
    "dial in",
    "call",
    "conference call",
    "mobile",
    "telefon",
    "telefonisch",
    "telefonat",
    "anruf",
    "téléphone",
    "appel",
    "teléfono",
    "llamada",
    "telefono",
    "telefoon",
];

/// What an event says about its place; dropped with it.
#[derive(Debug, Default)]
pub(super) struct Clues {
    /// LOCATION.
    pub(super) place: String,
    /// DESCRIPTION.
    pub(super) description: String,
    /// URL.
    pub(super) links: Vec<String>,
    /// Properties that hold nothing but a way into a conference: CONFERENCE, X-GOOGLE-CONFERENCE,
    /// X-MICROSOFT-SKYPETEAMSMEETINGURL and their kin.
    pub(super) conferences: Vec<String>,
    /// A room is among the attendees.
    pub(super) room: bool,
}

/// Decides, in the order of the file's header.
pub(super) fn venue(clues: &Clues) -> Venue {
    let dedicated = |text: &String| {
        let text = text.trim();
        !text.is_empty() && !text.eq_ignore_ascii_case("null")
    };
    let telephone = |text: &&String| text.trim().to_ascii_lowercase().starts_with("tel:");
    let (dialled, joined): (Vec<_>, Vec<_>) =
        clues.conferences.iter().filter(|text| dedicated(text)).partition(telephone);
    let mut spoken = clues.links.iter().chain([&clues.place, &clues.description]);
    if !joined.is_empty() || spoken.any(|text| has_link(text)) || is_bare_link(&clues.place) {
        return Venue::Conference;
    }
    let place = clues.place.trim().to_lowercase();
    if !dialled.is_empty() {
        Venue::Telephone
    } else if place.is_empty() {
        if clues.room { Venue::Place } else { Venue::Unsaid }
    } else if is_telephone(&clues.place) {
        Venue::Telephone
    } else if CONFERENCE.iter().any(|word| has_word(&place, word)) {
        Venue::Conference
    } else if TELEPHONE.iter().any(|word| has_word(&place, word)) {
        Venue::Telephone
    } else {
        Venue::Place
    }
}

/// Whether a place is a telephone number: `tel:`, an international number in it, or nothing but
/// the characters of a number.
pub(super) fn is_telephone(place: &str) -> bool {
    let place = place.trim();
    if place.to_ascii_lowercase().contains("tel:") {
        return true;
    }
    let dialling = |c: char| c.is_ascii_digit() || " -./()\u{a0}".contains(c);
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).count();
    let national = place.chars().all(dialling) && (7..=15).contains(&digits(place));
    national
        || place.split('+').skip(1).any(|after| {
            let end = after.find(|c| !dialling(c)).unwrap_or(after.len());
            let number = after.split_at_checked(end).map_or("", |(number, _)| number);
            (7..=15).contains(&digits(number))
        })
}

/// Whether the text holds a link to a conference, as it is or wrapped in another link (Outlook's
/// safe links, Google's redirects).
fn has_link(text: &str) -> bool {
    let part = |c: char| c.is_whitespace() || "<>\"'()[]{},;|".contains(c);
    text.split(part).filter(|word| word.contains('.')).any(|word| {
        is_conference(word) || percent_decoded(word).is_some_and(|word| is_conference(&word))
    })
}

/// Whether a word is, or holds, an address at a known host. Without a scheme it must go on with a
/// path: a mere "zoom.us" is talk about Zoom.
fn is_conference(word: &str) -> bool {
    let schemes = word.split("://").skip(1).map(host);
    let bare = word.split_once('/').map(|(head, _)| head).filter(|head| !head.contains(':'));
    schemes.chain(bare).any(|host| {
        let host = host.to_ascii_lowercase();
        HOSTS.iter().any(|known| is_below(&host, known))
    })
}

fn host(after_scheme: &str) -> &str {
    let end = after_scheme.find(['/', ':', '?', '#', '\\']).unwrap_or(after_scheme.len());
    after_scheme.split_at_checked(end).map_or("", |(host, _)| host)
}

fn is_below(host: &str, known: &str) -> bool {
    host.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// A place that is nothing but a link, and not to a map, is somewhere on the net.
fn is_bare_link(place: &str) -> bool {
    let place = place.trim().to_ascii_lowercase();
    (place.starts_with("https://") || place.starts_with("http://"))
        && !place.contains(char::is_whitespace)
        && !MAPS.iter().any(|map| place.contains(map))
}

/// Whether the text holds the word, not as a part of another.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let (before, rest) = text.split_at_checked(at).unwrap_or_default();
        let after = rest.strip_prefix(word).unwrap_or_default();
        !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric)
    })
}

/// The text with `%XX` (RFC 3986 §2.1) resolved; `None` when there is none in it, or when it is no
/// text after that.
pub(super) fn percent_decoded(text: &str) -> Option<String> {
    if !text.contains('%') {
        return None;
    }
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        let hex = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16));
        let mut ahead = bytes.clone();
        match (byte, hex(ahead.next()), hex(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                bytes = ahead;
            }
            _ => out.push(byte),
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_place(place: &str, expect: Venue) {
        let clues = Clues { place: place.to_owned(), ..Clues::default() };
        assert_eq!(venue(&clues), expect, "{place}");
    }

    #[test]
    fn a_place_tells_where() {
        check_place("", Venue::Unsaid);
        check_place("  ", Venue::Unsaid);
        check_place("Room 2", Venue::Place);
        check_place("Bistro am Markt", Venue::Place);
        check_place("Hauptstr. 12, 10115 Berlin", Venue::Place);
        check_place("8FVC9G8F+6X Berlin", Venue::Place);
        check_place("Zoomania Toy Store", Venue::Place);
        check_place("Steamship Pier", Venue::Place);
        check_place("https://maps.app.goo.gl/abc", Venue::Place);
        check_place("Microsoft Teams Meeting", Venue::Conference);
        check_place("Room 4; Microsoft Teams-Besprechung", Venue::Conference);
        check_place("ZOOM", Venue::Conference);
        check_place("https://meet.acme.test/anna", Venue::Conference);
        check_place("https://us02web.zoom.us/j/1?pwd=a", Venue::Conference);
        check_place("meet.google.com/abc-defg-hij", Venue::Conference);
        check_place("Room 4 / https://acme.webex.com/meet/x", Venue::Conference);
        check_place("tel:+49-30-555-0123", Venue::Telephone);
        check_place("+49 30 555 0123", Venue::Telephone);
        check_place("Anna: +49 (30) 555-0123", Venue::Telephone);
        check_place("030 5550123", Venue::Telephone);
        check_place("(555) 010-0123", Venue::Telephone);
        check_place("By phone", Venue::Telephone);
        check_place("Telefon", Venue::Telephone);
        check_place("Téléphone", Venue::Telephone);
    }

    #[test]
    fn a_link_anywhere_wins() {
        let check = |description: &str, expect: Venue| {
            let place = "Room 2".to_owned();
            let clues = Clues { place, description: description.to_owned(), ..Clues::default() };
            assert_eq!(venue(&clues), expect, "{description}");
        };
        check("Agenda", Venue::Place);
        check("Join:\nhttps://zoom.us/j/1", Venue::Conference);
        check("<a href=\"https://teams.microsoft.com/l/x\">join</a>", Venue::Conference);
        check("Get it at zoom.us", Venue::Place);
        check("mail anna@zoom.us/x", Venue::Place);
        check("https://notzoom.us/j/1", Venue::Place);
        check("https://zoom.us.evil.test/j/1", Venue::Place);
        check(
            "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fteams.microsoft.com\
             %2Fl%2Fmeetup-join%2Fx&data=05",
            Venue::Conference,
        );
        check("https://www.google.com/url?q=https://meet.google.com/abc&sa=D", Venue::Conference);
        check("https://urldefense.com/v3/__https://zoom.us/j/1__;!!a", Venue::Conference);
        check("100 % of https://acme.test/", Venue::Place);
    }

    #[test]
    fn dedicated_properties_need_no_known_host() {
        let check = |value: &str, room: bool, expect: Venue| {
            let clues = Clues { conferences: vec![value.to_owned()], room, ..Clues::default() };
            assert_eq!(venue(&clues), expect, "{value}");
        };
        check("https://meet.acme.test/x", true, Venue::Conference);
        check("tel:+49305550123", true, Venue::Telephone);
        check("", true, Venue::Place);
        check("NULL", false, Venue::Unsaid);
    }

    #[test]
    fn percent_signs_are_resolved_or_left() {
        assert_eq!(percent_decoded("a"), None);
        assert_eq!(percent_decoded("a%2Fb%"), Some("a/b%".to_owned()));
        assert_eq!(percent_decoded("%zz%4"), Some("%zz%4".to_owned()));
        assert_eq!(percent_decoded("%ff"), None);
    }
}
