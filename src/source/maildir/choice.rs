//! Which mailboxes are read, by name.
//!
//! A mailbox goes by the name its owner sees: `INBOX`, `Archive/2024`. Drafts were never sent,
//! trash and junk are not contacts, and a folder called newsletters says it all; these are left
//! out wherever they occur in a name. RFC 6154 has flags for them, but no Maildir carries those,
//! so the usual names in the languages of the usual servers and programs have to do.

/// Left out unless asked for by name: drafts, templates and what waits to be sent; trash; junk;
/// newsletters. Lower case, hyphens and underscores as blanks.
#[rustfmt::skip]
const LEFT_OUT: &[&str] = &[
    "drafts", "draft", "templates", "outbox", "unsent", "unsent messages",
    "entwürfe", "entwurf", "vorlagen", "postausgang", "brouillons", "modèles", "borradores",
    "bozze", "concepten", "rascunhos", "utkast", "kladder", "luonnokset", "szkice",
    "wersje robocze", "koncepty", "rozepsané", "piszkozatok", "черновики", "чернетки", "taslaklar",
    "πρόχειρα", "下書き", "草稿", "草稿箱", "임시보관함",
    "trash", "bin", "deleted", "deleted items", "deleted messages", "wastebasket",
    "papierkorb", "gelöscht", "gelöschte elemente", "gelöschte objekte", "corbeille",
    "éléments supprimés", "messages supprimés", "papelera", "papelera de reciclaje",
    "elementos eliminados", "cestino", "posta eliminata", "prullenbak", "verwijderde items",
    "lixeira", "lixo", "itens excluídos", "itens eliminados", "papperskorg", "papperskorgen",
    "borttaget", "papirkurv", "slettede elementer", "slettet post", "roskakori", "kosz",
    "elementy usunięte", "koš", "odstraněná pošta", "kuka", "törölt elemek", "корзина",
    "удаленные", "удалённые", "кошик", "çöp", "çöp kutusu", "silinmiş öğeler", "κάδος",
    "ゴミ箱", "削除済みアイテム", "垃圾箱", "已删除", "已删除邮件", "휴지통",
    "junk", "junk mail", "junk email", "junk e mail", "spam", "bulk", "bulk mail", "quarantine",
    "spamverdacht", "spam verdacht", "unerwünscht", "unerwünschte werbung", "werbung",
    "courrier indésirable", "indésirables", "pourriel", "correo no deseado", "no deseado",
    "posta indesiderata", "indesiderata", "ongewenste e mail", "ongewenst", "lixo eletrônico",
    "lixo electrónico", "skräppost", "uønsket e post", "uønsket", "roskaposti", "niechciane",
    "nevyžádaná pošta", "levélszemét", "спам", "önemsiz e posta", "迷惑メール", "垃圾邮件", "스팸",
    "newsletters", "newsletter", "promotions", "rundbriefe", "lettres d'information",
    "infolettres", "boletines", "nieuwsbrieven", "nyhetsbrev", "biuletyny", "рассылки",
];

/// Mailboxes of sent mail.
#[rustfmt::skip]
const SENT: &[&str] = &[
    "sent", "sent items", "sent mail", "sent messages", "sentmail",
    "gesendet", "gesendete", "gesendete elemente", "gesendete objekte", "gesendete nachrichten",
    "envoyés", "éléments envoyés", "messages envoyés", "courrier envoyé", "enviados",
    "elementos enviados", "mensajes enviados", "itens enviados", "mensagens enviadas",
    "enviadas", "inviata", "inviati", "posta inviata", "messaggi inviati", "verzonden",
    "verzonden items", "verzonden berichten", "skickat", "skickade", "skickade objekt",
    "skickade meddelanden", "sendt", "sendte", "sendte elementer", "sendt post", "lähetetyt",
    "wysłane", "elementy wysłane", "odeslané", "odeslaná pošta", "elküldött elemek",
    "отправленные", "надіслані", "gönderilmiş öğeler", "gönderilmiş postalar", "gönderilenler",
    "απεσταλμένα", "送信済み", "送信済みメール", "已发送", "已发送邮件", "보낸편지함",
];

/// Which mailboxes to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    include: Vec<String>,
    exclude: Vec<String>,
}

impl Choice {
    /// Patterns from the configuration: `*` stands for anything, case is ignored, a name without
    /// `*` means the mailbox and all below it, `.` may be written for `/`. No include pattern
    /// means all mailboxes.
    pub fn new(include: &[String], exclude: &[String]) -> Self {
        let tidy = |patterns: &[String]| {
            let bare = |pattern: &String| pattern.trim().trim_matches(['/', '.']).to_lowercase();
            patterns.iter().map(bare).filter(|pattern| !pattern.is_empty()).collect()
        };
        Self { include: tidy(include), exclude: tidy(exclude) }
    }

    /// Whether a mailbox is read. Naming one in `include`, without `*`, reads it even if it is
    /// called Newsletters; `exclude` has the last word.
    pub fn reads(&self, mailbox: &str) -> bool {
        let name = mailbox.to_lowercase();
        if self.exclude.iter().any(|pattern| fits(pattern, &name)) {
            return false;
        }
        let mut included = self.include.iter().filter(|pattern| fits(pattern, &name)).peekable();
        if self.include.is_empty() || included.peek().is_some() {
            included.any(|pattern| !pattern.contains('*')) || !has_part(&name, LEFT_OUT)
        } else {
            false
        }
    }

    /// Whether a mailbox is asked for by its name, or by that of one above it: what is left out
    /// unless asked for is read then.
    pub fn names(&self, mailbox: &str) -> bool {
        let name = mailbox.to_lowercase();
        let mut plain = self.include.iter().filter(|pattern| !pattern.contains('*'));
        plain.any(|pattern| fits(pattern, &name))
    }
}

/// Whether a mailbox holds sent mail, by its name or that of one above it.
pub fn is_sent(mailbox: &str) -> bool {
    has_part(&mailbox.to_lowercase(), SENT)
}

/// Whether a level of the lower-case name is in the list.
fn has_part(name: &str, list: &[&str]) -> bool {
    let plain = name.replace(['-', '_'], " ");
    plain.split('/').any(|part| list.contains(&part.trim()))
}

/// Whether a lower-case pattern fits a lower-case name.
fn fits(pattern: &str, name: &str) -> bool {
    let below =
        || name.strip_prefix(pattern).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let fits_so = if pattern.contains('*') { glob(pattern, name) } else { below() };
    fits_so || (pattern.contains('.') && fits(&pattern.replace('.', "/"), name))
}

/// Whether the pieces between the asterisks occur in order, the first at the start and the last at
/// the end. Taking each piece where it first occurs is enough; nothing is ever tried twice.
pub(in crate::source) fn glob(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut name) = name.strip_prefix(first) else { return false };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for piece in middle.split('*').filter(|piece| !piece.is_empty()) {
        match name.split_once(piece) {
            Some((_, after)) => name = after,
            None => return false,
        }
    }
    name.ends_with(last)
}

/// The name of the mailbox in a folder below the root: Maildir++ (`.Archive.2024`) and nested
/// folders (`Archive/2024`) alike, modified UTF-7 (RFC 3501 §5.1.3) decoded. The root is `INBOX`.
pub(super) fn name_of(path: &[u8]) -> String {
    let mut levels = Vec::new();
    for folder in path.split(|byte| *byte == b'/').filter(|folder| !folder.is_empty()) {
        let folder = String::from_utf8_lossy(folder);
        match folder.strip_prefix('.') {
            Some(flat) => levels.extend(flat.split('.').map(from_utf7)),
            None => levels.push(from_utf7(&folder)),
        }
    }
    levels.retain(|level| !level.is_empty());
    if levels.is_empty() { "INBOX".to_owned() } else { levels.join("/") }
}

/// Modified UTF-7 decoded; as it is where it is none, for many a server writes plain UTF-8.
pub(in crate::source) fn from_utf7(text: &str) -> String {
    decode_utf7(text).unwrap_or_else(|| text.to_owned())
}

fn decode_utf7(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((plain, shifted)) = rest.split_once('&') {
        let (coded, after) = shifted.split_once('-')?;
        out.push_str(plain);
        if coded.is_empty() {
            out.push('&');
        }
        let (mut bits, mut count, mut units) = (0_u32, 0, Vec::new());
        for byte in coded.bytes() {
            let value = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' => 62,
                b',' => 63,
                _ => return None,
            };
            bits = bits << 6 | u32::from(value);
            count += 6;
            if count >= 16 {
                count -= 16;
                units.push(u16::try_from(bits >> count & 0xffff).ok()?);
            }
        }
        out.push_str(&String::from_utf16(&units).ok()?);
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn choice(include: &[&str], exclude: &[&str]) -> Choice {
        let owned = |list: &[&str]| list.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        Choice::new(&owned(include), &owned(exclude))
    }

    #[test]
    fn folders_have_names() {
        for (path, name) in [
            ("", "INBOX"),
            ("INBOX", "INBOX"),
            (".Sent", "Sent"),
            (".Archive.2024", "Archive/2024"),
            ("Archive/2024", "Archive/2024"),
            ("Work/.Sent.Old", "Work/Sent/Old"),
            (".Entw&APw-rfe", "Entwürfe"),
            (".&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-", "Отправленные"),
            ("R&-D", "R&D"),
            ("R&D", "R&D"),
            ("&AP", "&AP"),
            ("Entwürfe", "Entwürfe"),
            ("..odd.", "odd"),
        ] {
            assert_eq!(name_of(path.as_bytes()), name, "{path}");
        }
    }

    #[test]
    fn left_out_without_being_told() {
        let all = choice(&[], &[]);
        for name in [
            "Drafts",
            "Trash",
            "INBOX/Trash",
            "Junk",
            "Junk E-mail",
            "[Gmail]/Spam",
            "Spam/2020",
            "Newsletters",
            "Entwürfe",
            "Éléments supprimés",
            "Gelöschte Elemente",
            "sent/Drafts",
            "Nieuwsbrieven",
            "Корзина",
            "迷惑メール",
            "deleted_items",
        ] {
            assert!(!all.reads(name), "{name}");
        }
        for name in [
            "INBOX",
            "Sent",
            "Archive/2024",
            "Trashy Novels",
            "[Gmail]/All Mail",
            "Clients/Bulkley",
            "Spamalot",
            "",
        ] {
            assert!(all.reads(name), "{name}");
        }
    }

    #[test]
    fn patterns_say_what_is_read() {
        for (include, exclude, read, left) in [
            (&["*"][..], &["Junk"][..], &["INBOX", "Sent"][..], &["Junk", "Junk/Old", "Trash"][..]),
            (
                &["INBOX", "archive"],
                &[],
                &["INBOX", "Archive", "Archive/2024"],
                &["Sent", "Archives"],
            ),
            (&["Archive*"], &[], &["Archive", "Archives/2024"], &["INBOX"]),
            (&["*/2024"], &[], &["Archive/2024", "a/b/2024"], &["2024", "Archive/2024/x"]),
            (&["c*n*s"], &[], &["clients", "cns", "c/n/s"], &["client", "cs", "xclients"]),
            (&["Newsletters"], &[], &["Newsletters", "Newsletters/Acme"], &["INBOX"]),
            (&["Newsletters"], &["*acme*"], &["Newsletters"], &["Newsletters/Acme"]),
            (&[".Archive.2024"], &[], &["Archive/2024", "Archive/2024/Q1"], &["Archive"]),
            (&[], &["a.b*"], &["a", "ab"], &["a.bc", "a/bc"]),
            (&[" ", ""], &["/"], &["INBOX"], &["Spam"]),
        ] {
            let choice = choice(include, exclude);
            for name in read {
                assert!(choice.reads(name), "{include:?} {exclude:?} should read {name}");
            }
            for name in left {
                assert!(!choice.reads(name), "{include:?} {exclude:?} should not read {name}");
            }
        }
    }

    #[test]
    fn sent_mail_by_name() {
        for name in [
            "Sent",
            "SENT",
            "Sent Items",
            "sent-mail",
            "Sent/2023",
            "INBOX/Sent Messages",
            "Gesendet",
            "Éléments envoyés",
            "[Gmail]/Sent Mail",
            "Отправленные",
            "送信済み",
        ] {
            assert!(is_sent(name), "{name}");
        }
        for name in ["INBOX", "Sentry", "Presents", "Unsent", "Archive"] {
            assert!(!is_sent(name), "{name}");
        }
    }

    proptest! {
        /// The quick matcher agrees with the obvious slow one.
        #[test]
        fn glob_matches_like_the_definition(pattern in "[ab*]{0,8}", name in "[ab]{0,8}") {
            fn slow(pattern: &[u8], name: &[u8]) -> bool {
                match pattern {
                    [] => name.is_empty(),
                    [b'*', rest @ ..] => (0..=name.len()).any(|skip| slow(rest, &name[skip..])),
                    [byte, rest @ ..] => name.first() == Some(byte) && slow(rest, &name[1..]),
                }
            }
            prop_assert_eq!(glob(&pattern, &name), slow(pattern.as_bytes(), name.as_bytes()));
        }

        #[test]
        fn any_folder_has_a_name(path in any::<Vec<u8>>()) {
            prop_assert!(!name_of(&path).is_empty());
        }
    }
}
