//! Hosts and local parts known by name, as data.
//!
//! Short on purpose: a wrong entry makes a client vanish, a missing one costs the user a line in
//! the configuration. Robots' domains beyond the calendar services are the user's to name.

/// Hosts where anybody has an address; subdomains included. Sorted for binary search.
pub(super) const FREE_MAIL: &[&str] = &[
    "126.com",
    "139.com",
    "163.com",
    "aim.com",
    "alice.it",
    "aol.com",
    "aol.de",
    "arcor.de",
    "att.net",
    "bigpond.com",
    "bk.ru",
    "bluewin.ch",
    "blueyonder.co.uk",
    "bol.com.br",
    "btinternet.com",
    "centrum.cz",
    "charter.net",
    "comcast.net",
    "cox.net",
    "daum.net",
    "disroot.org",
    "duck.com",
    "earthlink.net",
    "email.cz",
    "email.de",
    "fastmail.com",
    "fastmail.fm",
    "free.fr",
    "freemail.hu",
    "freenet.de",
    "freenetmail.de",
    "gmail.com",
    "googlemail.com",
    "hanmail.net",
    "hey.com",
    "hush.com",
    "hushmail.com",
    "icloud.com",
    "inbox.lv",
    "inbox.ru",
    "interia.pl",
    "kabelmail.de",
    "kolabnow.com",
    "laposte.net",
    "libero.it",
    "list.ru",
    "live.at",
    "live.be",
    "live.ca",
    "live.cn",
    "live.co.uk",
    "live.com",
    "live.de",
    "live.dk",
    "live.fr",
    "live.it",
    "live.nl",
    "live.se",
    "mac.com",
    "mail.com",
    "mail.de",
    "mail.ru",
    "mailbox.org",
    "mailfence.com",
    "me.com",
    "msn.com",
    "naver.com",
    "netcologne.de",
    "ntlworld.com",
    "o2.pl",
    "onet.pl",
    "op.pl",
    "optonline.net",
    "orange.fr",
    "outlook.at",
    "outlook.com",
    "outlook.com.br",
    "outlook.de",
    "outlook.es",
    "outlook.fr",
    "outlook.it",
    "pm.me",
    "posteo.de",
    "posteo.net",
    "proton.me",
    "protonmail.ch",
    "protonmail.com",
    "qq.com",
    "rambler.ru",
    "rediffmail.com",
    "riseup.net",
    "rocketmail.com",
    "rogers.com",
    "sapo.pt",
    "sbcglobal.net",
    "seznam.cz",
    "sfr.fr",
    "shaw.ca",
    "sina.com",
    "sky.com",
    "skynet.be",
    "sohu.com",
    "startmail.com",
    "t-online.de",
    "talktalk.net",
    "telenet.be",
    "terra.com.br",
    "tiscali.it",
    "tuta.com",
    "tuta.io",
    "tutanota.com",
    "tutanota.de",
    "unitybox.de",
    "uol.com.br",
    "verizon.net",
    "virgilio.it",
    "virginmedia.com",
    "vodafone.de",
    "vodafonemail.de",
    "wanadoo.fr",
    "web.de",
    "wp.pl",
    "xs4all.nl",
    "xtra.co.nz",
    "ya.ru",
    "yandex.com",
    "yandex.ru",
    "ymail.com",
    "zoho.com",
    "zoho.eu",
    "zohomail.com",
    "zohomail.eu",
];

/// Free mail under the suffix of every country.
pub(super) const FREE_MAIL_FAMILIES: &[&str] = &["gmx", "hotmail", "yahoo"];

/// Hosts that give each customer a name below their own and that the public suffix list does not
/// know as such.
pub(super) const SHARED: &[&str] = &["mail.onmicrosoft.com", "onmicrosoft.com"];

/// Domains that only calendars and rooms have: `…@resource.calendar.google.com`,
/// `…@group.calendar.google.com`, `unknownorganizer@calendar.google.com`.
pub(super) const ROBOTS: &[&str] = &["calendar.google.com"];

/// Local parts that name a task, not a human, in the languages of the likely user; those of
/// RFC 2142 too. Sorted.
pub(super) const ROLES: &[&str] = &[
    "abuse",
    "admin",
    "administracion",
    "administratie",
    "administrator",
    "amministrazione",
    "assistenza",
    "billing",
    "biuro",
    "bonjour",
    "buchhaltung",
    "buero",
    "bureau",
    "büro",
    "commerciale",
    "comptabilite",
    "contact",
    "contact-us",
    "contacto",
    "contato",
    "contatti",
    "enquiries",
    "facturacion",
    "facturas",
    "facturation",
    "facturen",
    "faktury",
    "fatturazione",
    "faturamento",
    "hallo",
    "hello",
    "help",
    "helpdesk",
    "hola",
    "hostmaster",
    "info",
    "informacion",
    "information",
    "inquiries",
    "invoice",
    "invoices",
    "kantoor",
    "kontakt",
    "office",
    "oficina",
    "ola",
    "rechnung",
    "rechnungen",
    "root",
    "sales",
    "secretariat",
    "segreteria",
    "sekretariat",
    "service",
    "soporte",
    "sprzedaz",
    "suporte",
    "support",
    "team",
    "ufficio",
    "vendas",
    "vendite",
    "ventas",
    "ventes",
    "verkauf",
    "verkoop",
    "vertrieb",
    "webmaster",
];

/// Local parts behind which everybody reads.
pub(super) const EVERYBODY: &[&str] =
    &["all", "all-hands", "allhands", "alle", "everybody", "everyone", "staff", "todos", "tous"];

/// Local parts that write to many and read nothing. Sorted.
pub(super) const BULK: &[&str] = &[
    "announce",
    "announcement",
    "announcements",
    "mailing",
    "mailings",
    "newsletter",
    "newsletters",
];

/// Hosts of mailing lists; subdomains included.
pub(super) const LISTS: &[&str] = &["freelists.org", "googlegroups.com", "groups.io"];

/// First labels of domains that only mailing lists have.
pub(super) const LIST_LABELS: &[&str] = &["groups", "list", "lists", "listserv", "mailman"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted_for_binary_search() {
        for list in [FREE_MAIL, ROLES, BULK] {
            let mut sorted = list.to_vec();
            sorted.sort_unstable();
            sorted.dedup();
            assert_eq!(list, sorted);
        }
    }
}
