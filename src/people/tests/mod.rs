//! Rosters as text: rules, facts and decisions in, people and clients out.

use expect_test::{Expect, expect};
use jiff::Timestamp;
use jiff::civil::date;

use super::*;

mod identity;
mod laws;
mod lookups;

/// One line each, fields after the first are `key=value` or flags; a name in quotes.
///
/// `me A…`, `colleagues D…`, `robots D…`, `trust`, `client NAME D… [people=A tier=B cadence=9]`,
/// `person "NAME" A… [client=C key prefers=phone cadence=9]`,
/// `fact A ["NAME"] to=N sent=N got=N met=N near=N first=N`, `sent A N`,
/// `card ["NAME"] [A…] [tel=N]`, `say N A CHOICE [X]` with N the time of the decision, and
/// `clients N CLIENT CHOICE [X]`.
#[derive(Clone, Debug, Default)]
struct World {
    rules: Rules,
    known: Known,
    sent: Vec<(AddrSpec, u32)>,
}

fn address(text: &str) -> AddrSpec {
    AddrSpec::parse(text).unwrap_or_else(|| panic!("{text} is no address"))
}

fn world(text: &str) -> World {
    let mut world = World::default();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (line, name) = match line.split('"').collect::<Vec<_>>()[..] {
            [before, name, after] => (format!("{before}{after}"), Some(name.to_owned())),
            _ => (line.to_owned(), None),
        };
        let mut words = line.split_whitespace();
        let verb = words.next().unwrap();
        let (pairs, plain): (Vec<_>, Vec<_>) = words.partition(|word| word.contains('='));
        let value =
            |key: &str| pairs.iter().find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='));
        let number = |key: &str| value(key).map(|text| text.parse::<u32>().unwrap());
        let addresses = || plain.iter().copied().filter(|word| word.contains('@')).map(address);
        match verb {
            "me" => world.rules.me.extend(addresses()),
            "colleagues" => world.rules.colleagues.extend(plain.iter().map(|d| d.to_string())),
            "robots" => world.rules.robots.extend(plain.iter().map(|d| d.to_string())),
            "trust" => world.rules.trust_suggestions = true,
            "client" => world.rules.clients.push(ClientRule {
                name: plain[0].to_owned(),
                domains: plain[1..].iter().map(|d| d.to_string()).collect(),
                people: value("people").map(address).into_iter().collect(),
                tier: value("tier").map(|tier| match tier {
                    "A" => Tier::A,
                    "B" => Tier::B,
                    _ => Tier::C,
                }),
                cadence_days: number("cadence"),
            }),
            "person" => world.rules.people.push(PersonRule {
                name: name.unwrap(),
                client: value("client").map(str::to_owned),
                addresses: addresses().collect(),
                key: plain.contains(&"key"),
                prefers: value("prefers").and_then(Preference::parse),
                cadence_days: number("cadence"),
            }),
            "fact" => world.known.acquaintances.push(Acquaintance {
                address: address(plain[0]),
                name,
                written_to: number("to").unwrap_or(0),
                sent_year: number("sent").unwrap_or(0),
                received_year: number("got").unwrap_or(0),
                met: number("met").unwrap_or(0),
                met_half_year: number("near").unwrap_or(0),
                first: Timestamp::from_second(number("first").unwrap_or(0).into()).unwrap(),
            }),
            "card" => world.known.cards.push(Card {
                name,
                addresses: addresses().collect(),
                numbers: value("tel").and_then(Number::parse).into_iter().collect(),
            }),
            "clients" => {
                let at = Timestamp::from_second(plain[0].parse().unwrap()).unwrap();
                let what = plain.get(3).copied().unwrap_or_default();
                let choice = match plain[2] {
                    "confirm" => ClientChoice::Confirm,
                    "no-client" => ClientChoice::NotAClient,
                    "colleagues" => ClientChoice::Colleagues,
                    "tier" => ClientChoice::Tier(match what {
                        "A" => Some(Tier::A),
                        "B" => Some(Tier::B),
                        "C" => Some(Tier::C),
                        _ => None,
                    }),
                    "cadence" => ClientChoice::Cadence(what.parse().ok()),
                    "prefers" => ClientChoice::Prefers(Preference::parse(what)),
                    "review" => ClientChoice::Review(what.parse().ok()),
                    "mute" => ClientChoice::MuteUntil(what.parse().unwrap()),
                    "later" => ClientChoice::LaterUntil(what.parse().unwrap()),
                    "unmute" => ClientChoice::Unmute,
                    other => panic!("{other} is no choice"),
                };
                let about = ClientId(plain[1].to_owned());
                world.known.clients.push(ClientDecision { at, about, choice });
            }
            "sent" => world.sent.push((address(plain[0]), plain[1].parse().unwrap())),
            "say" => {
                let at = Timestamp::from_second(plain[0].parse().unwrap()).unwrap();
                let what = plain.get(3).copied().unwrap_or_default();
                let choice = match plain[2] {
                    "confirm" => Choice::Confirm,
                    "no-client" => Choice::NotAClient,
                    "assign" => Choice::Assign(ClientId(what.to_owned())),
                    "join" => Choice::Join(address(what)),
                    "split" => Choice::Split,
                    "apart" => Choice::Apart(address(what)),
                    "mine" => Choice::Mine(true),
                    "not-mine" => Choice::Mine(false),
                    "retired" => Choice::Retired(true),
                    "back" => Choice::Retired(false),
                    "key" => Choice::Key(what != "no"),
                    "review" => Choice::Review(what.parse().ok()),
                    "prefers" => Choice::Prefers(Preference::parse(what)),
                    "cadence" => Choice::Cadence(what.parse().ok()),
                    "mute" => Choice::MuteUntil(what.parse().unwrap()),
                    "later" => Choice::LaterUntil(what.parse().unwrap()),
                    "unmute" => Choice::Unmute,
                    other => panic!("{other} is no choice"),
                };
                world.known.decisions.push(Decision { at, about: address(plain[1]), choice });
            }
            other => panic!("{other} is no line"),
        }
    }
    world
}

impl World {
    fn roster(&self) -> Roster {
        Roster::build(&self.rules, &self.known, date(2024, 6, 10))
    }
}

fn describe(roster: &Roster) -> String {
    let mut out = String::new();
    for p in roster.persons() {
        let client = p.client.as_ref().map_or("-", |c| &c.0);
        out += &format!("{} \"{}\" {client} {}d", p.id.0, p.name, p.cadence_days);
        let flags = [(p.key, " key"), (p.confirmed, " confirmed"), (p.tracked, " tracked")];
        out.extend(flags.iter().filter(|(on, _)| *on).map(|(_, word)| *word));
        out.extend(p.prefers.map(|prefers| format!(" prefers={}", prefers.as_str())));
        out.extend(p.muted_until.map(|day| format!(" muted={day}")));
        out.extend(p.later_until.map(|day| format!(" later={day}")));
        out.extend(p.details.review.map(|day| format!(" review={day}")));
        out.extend(p.details.numbers.iter().map(|number| format!(" tel={number}")));
        let retired = |a: &AddrSpec| if p.details.retired.contains(a) { "(retired)" } else { "" };
        out.push_str(retired(&p.id.0));
        out.extend(p.addresses[1..].iter().map(|a| format!(" +{a}{}", retired(a))));
        out.push('\n');
    }
    for c in roster.clients() {
        let standing = if c.confirmed { "" } else { " suggested" };
        let domains = c.domains.join(" ");
        let line =
            format!("client {} {:?} {}d{standing} {domains}", c.id.0, c.tier, c.cadence_days);
        out += line.trim_end();
        out.push('\n');
    }
    out
}

fn check(text: &str, expect: Expect) {
    expect.assert_eq(&describe(&world(text).roster()));
}

#[test]
fn only_people_written_to_or_met_exist() {
    check(
        "me ana@agency.test
         client Acme acme.test
         fact jo@acme.test \"Jo Doe\" to=3 sent=3 got=3
         fact boss@acme.test \"The Boss\" got=40
         fact kim@acme.test met=1
         fact bob@agency.test to=9 sent=9 got=9 near=2 met=2
         fact info@acme.test to=9 sent=9 got=9
         fact no-reply@acme.test to=1 got=50
         fact room-2@resource.calendar.google.com met=5 near=5
         fact dev@lists.acme.test to=5 got=5 sent=5",
        expect![[r#"
            jo@acme.test "Jo Doe" Acme 30d confirmed tracked
            kim@acme.test "kim@acme.test" Acme 30d confirmed
            client Acme A 30d acme.test
        "#]],
    );
}

#[test]
fn real_contact_is_tracked() {
    check(
        "client Acme acme.test
         fact two@acme.test to=2 sent=2 got=9
         fact three@acme.test to=3 sent=3 got=3
         fact near@acme.test met=1 near=1
         fact far@acme.test met=7",
        expect![[r#"
            far@acme.test "far@acme.test" Acme 30d confirmed
            near@acme.test "near@acme.test" Acme 30d confirmed tracked
            three@acme.test "three@acme.test" Acme 30d confirmed tracked
            two@acme.test "two@acme.test" Acme 30d confirmed
            client Acme A 30d acme.test
        "#]],
    );
}

#[test]
fn the_most_specific_rule_wins() {
    check(
        "colleagues agency.test
         client Acme acme.test agency-lab.test people=jd@gmail.com tier=B
         client Beta beta.test labs.acme.test cadence=20
         client Inner sales.agency.test
         person \"Jo Doe\" jo@acme.test client=Beta key cadence=10 prefers=phone
         person \"Kim\" kim@shop.acme.test
         fact jd@gmail.com \"J D\" to=1
         fact x@labs.acme.test to=1
         fact y@sales.agency.test to=1
         fact z@hr.agency.test to=1",
        expect![[r#"
            jd@gmail.com "J D" Acme 45d confirmed tracked
            jo@acme.test "Jo Doe" Beta 10d key confirmed tracked prefers=phone
            kim@shop.acme.test "Kim" Acme 45d confirmed tracked
            x@labs.acme.test "x@labs.acme.test" Beta 20d confirmed
            y@sales.agency.test "y@sales.agency.test" Inner 30d confirmed
            client Acme B 45d acme.test agency-lab.test
            client Beta A 20d beta.test labs.acme.test
            client Inner A 30d sales.agency.test
        "#]],
    );
}

#[test]
fn spellings_of_one_mailbox_are_one() {
    check(
        "client Acme bücher.test
         person \"Jo Doe\" Jo+crm@acme.test jd@acme.test
         fact jo@acme.test \"jo\" to=2 sent=2 got=1
         fact jo+x@acme.test \"J. Doe\" got=1
         fact jd@acme.test to=1 sent=1 got=1 near=1
         fact kim@xn--bcher-kva.test to=1 got=2
         fact kim+a@bücher.test \"Kim\" to=2 sent=3 got=1",
        expect![[r#"
            jo@acme.test "Jo Doe" acme.test 30d confirmed tracked +jd@acme.test
            kim@xn--bcher-kva.test "Kim" Acme 30d confirmed tracked
            client Acme A 30d xn--bcher-kva.test
            client acme.test A 30d acme.test
        "#]],
    );
}

#[test]
fn without_rules_two_way_mail_suggests_clients() {
    check(
        "fact jo@acme.test to=3 sent=3 got=2
         fact kim@sub.acme.test to=1 got=1
         fact quiet@beta.test to=9 sent=9 got=2
         fact pal@gmail.com \"A Pal\" to=9 sent=9 got=9
         fact once@other.test to=1 sent=1
         fact me@gamma.onmicrosoft.com to=5 sent=5 got=5",
        expect![[r#"
            jo@acme.test "jo@acme.test" acme.test 30d
            kim@sub.acme.test "kim@sub.acme.test" acme.test 30d
            me@gamma.onmicrosoft.com "me@gamma.onmicrosoft.com" gamma.onmicrosoft.com 30d tracked
            once@other.test "once@other.test" - 30d
            pal@gmail.com "A Pal" - 30d tracked
            quiet@beta.test "quiet@beta.test" - 30d
            client acme.test A 30d suggested acme.test
            client gamma.onmicrosoft.com A 30d suggested gamma.onmicrosoft.com
        "#]],
    );
}

#[test]
fn own_domains_are_colleagues_unless_a_client_owns_them() {
    check(
        "me ana@berlin.agency.test ana.ext@acme.test ana@gmail.com
         client Acme acme.test
         fact bob@agency.test to=9 sent=9 got=9
         fact jo@acme.test to=9 sent=9 got=9
         fact ana+x@gmail.com to=9 sent=9 got=9
         fact pal@gmail.com to=9 sent=9 got=9",
        expect![[r#"
            jo@acme.test "jo@acme.test" Acme 30d confirmed tracked
            pal@gmail.com "pal@gmail.com" - 30d tracked
            client Acme A 30d acme.test
        "#]],
    );
}

#[test]
fn free_mail_never_makes_a_client_or_a_colleague() {
    check(
        "colleagues gmail.com
         client Acme gmx.de
         fact a@gmail.com to=9 sent=9 got=9
         fact b@gmx.de to=9 sent=9 got=9",
        expect![[r#"
            a@gmail.com "a@gmail.com" - 30d tracked
            b@gmx.de "b@gmx.de" - 30d tracked
            client Acme A 30d gmx.de
        "#]],
    );
}

#[test]
fn trusted_suggestions_are_welcome() {
    check(
        "trust
         fact jo@acme.test to=3 sent=3 got=3
         fact kim@acme.test to=1",
        expect![[r#"
            jo@acme.test "jo@acme.test" acme.test 30d confirmed tracked
            kim@acme.test "kim@acme.test" acme.test 30d
            client acme.test A 30d suggested acme.test
        "#]],
    );
}

#[test]
fn decisions_fold_in_the_order_of_their_times() {
    check(
        "client Acme acme.test tier=C
         person \"Kim\" kim@acme.test cadence=50 prefers=visit
         fact a@acme.test to=1
         fact b@acme.test to=1
         fact c@other.test to=5 sent=5 got=5
         fact d@gmail.com to=1
         say 9 a@acme.test confirm
         say 3 a@acme.test no-client
         say 5 b@acme.test no-client
         say 1 kim@acme.test cadence 7
         say 2 kim@acme.test prefers email
         say 3 kim@acme.test mute 2024-06-10
         say 4 kim@acme.test later 2024-06-09
         say 5 c@other.test assign Acme
         say 6 d@gmail.com assign Delta
         say 7 d@gmail.com cadence 14
         say 8 d@gmail.com cadence 0",
        expect![[r#"
            a@acme.test "a@acme.test" Acme 90d confirmed tracked
            c@other.test "c@other.test" Acme 90d confirmed tracked
            d@gmail.com "d@gmail.com" Delta 30d confirmed tracked
            kim@acme.test "Kim" Acme 7d confirmed tracked prefers=email muted=2024-06-10
            client Acme C 90d acme.test
            client Delta A 30d
        "#]],
    );
    check(
        "person \"Kim\" kim@acme.test cadence=50 prefers=visit
         say 1 kim@acme.test cadence 7
         say 2 kim@acme.test prefers email
         say 3 kim@acme.test mute 2024-06-30
         say 4 kim@acme.test cadence -
         say 5 kim@acme.test prefers -
         say 6 kim@acme.test unmute",
        expect![[r#"
            kim@acme.test "Kim" - 50d confirmed tracked prefers=visit
        "#]],
    );
}

#[test]
fn confirming_one_does_not_confirm_the_company() {
    check(
        "fact jo@acme.test to=3 sent=3 got=3
         fact kim@acme.test to=3 sent=3 got=3
         say 1 jo@acme.test confirm",
        expect![[r#"
            jo@acme.test "jo@acme.test" acme.test 30d confirmed tracked
            kim@acme.test "kim@acme.test" acme.test 30d tracked
            client acme.test A 30d acme.test
        "#]],
    );
}

const JOINED: &str = "
    me ana@agency.test
    person \"Jo Doe\" jo@acme.test jd@acme.test
    fact old@other.test \"Jo\" to=1 sent=2 got=2 first=5
    fact jd@gmail.com to=1 sent=1 got=1 first=4
    fact kim@acme.test to=1
    fact ana@old.test to=4
    fact stranger@other.test \"S\" got=9
    say 1 jd@gmail.com join old@other.test";

#[test]
fn joins_gather_addresses_and_splits_take_them_back() {
    check(
        JOINED,
        expect![[r#"
            ana@old.test "ana@old.test" - 30d
            jd@gmail.com "Jo" - 30d tracked +old@other.test
            jo@acme.test "Jo Doe" - 30d confirmed tracked +jd@acme.test
            kim@acme.test "kim@acme.test" - 30d
        "#]],
    );
    check(
        &format!(
            "{JOINED}
             say 2 jd@acme.test join old@other.test
             say 3 jo@acme.test join stranger@other.test
             say 4 ana@old.test join ana@agency.test"
        ),
        expect![[r#"
            jo@acme.test "Jo Doe" - 30d confirmed tracked +jd@acme.test +stranger@other.test +jd@gmail.com +old@other.test
            kim@acme.test "kim@acme.test" - 30d
        "#]],
    );
    check(
        &format!(
            "{JOINED}
             say 2 jd@acme.test join old@other.test
             say 3 old@other.test split"
        ),
        expect![[r#"
            ana@old.test "ana@old.test" - 30d
            jd@gmail.com "Jo" - 30d tracked +old@other.test
            jo@acme.test "Jo Doe" - 30d confirmed tracked +jd@acme.test
            kim@acme.test "kim@acme.test" - 30d
        "#]],
    );
}
