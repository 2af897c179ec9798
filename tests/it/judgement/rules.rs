//! The rules of judgement beyond the edge cases: who was there, what it was, how it is counted.

use expect_test::{Expect, expect};
use hallway::interaction::{absence_of, holiday_of, my_busy};

use super::notation::{Fact, contact_days, described, facts, judged, noon, roster};

fn check(facts: &str, expect: Expect) {
    expect.assert_eq(described(facts).trim_end());
}

#[test]
fn w17_seven_messages_over_two_days_are_two_contact_days() {
    let thread = "
        mon 09:00 mail anna to me
        mon 10:00 mail me to anna
        mon 11:00 mail anna to me
        mon 12:00 mail me to anna
        tue 09:00 mail anna to me
        tue 10:00 mail me to anna
        tue 11:00 mail anna to me";
    expect![[r#"
        anna mon=E tue=E
        all mon=E tue=E
    "#]]
    .assert_eq(&contact_days(thread));
    let more = format!(
        "{thread}
        tue 14:00 30m met me+ anna+ dana+ by me
        tue 15:00 30m met me+ anna+ by me"
    );
    expect![[r#"
        anna mon=E tue=EGO
        all mon=E tue=EGO
    "#]]
    .assert_eq(&contact_days(&more));
}

#[test]
fn a_stand_up_counts_once_a_week_for_the_client_too() {
    let week = "
        mon 10:00 30m met me+ anna+ dana+ by me series uid=up of=mon
        tue 10:00 30m met me+ ben+ dana+ by me series uid=up of=tue
        mon2 10:00 30m met me+ anna+ ben+ by me series uid=up of=mon2";
    expect![[r#"
        anna mon=G mon2=G
        ben tue=G mon2=G
        all mon=G mon2=G
    "#]]
    .assert_eq(&contact_days(week));
}

#[test]
fn company_decides_the_setting_of_a_message() {
    check(
        "mon 09:00 mail anna to me cc dana
         mon 10:00 mail anna to me dana eli gail cc ben
         mon 11:00 mail me to anna bcc ben
         mon 12:00 mail me to anna anna2 cc me2
         mon 13:00 mail me to anna dev@lists.edge.test
         mon 14:00 mail me to anna cc no-reply@crm.test
         mon 15:00 mail dana to me cc anna
         mon 16:00 mail me to me2
         mon 17:00 mail me to anna ben",
        expect![[r#"
            mon anna email: email small_group in mail_received
            mon anna email: email group in mail_received, covered
            mon anna email: email small_group out mail_sent, covered
            mon anna email: email one_on_one out mail_sent, covered
            mon anna email: email group out mail_sent, covered
            mon anna email: email one_on_one out mail_sent, covered
            none
            none
            mon anna email: email small_group out mail_sent, covered
            mon ben email: email small_group out mail_sent"#]],
    );
}

#[test]
fn a_blind_copy_is_a_broadcast() {
    check(
        "mon 09:00 mail anna to anna
         mon 10:00 mail anna to dana
         mon 11:00 mail anna to dana cc me",
        expect![[r#"
            mon anna -: email broadcast in mail_received, covered
            mon anna -: email broadcast in mail_received, covered
            mon anna email: email small_group in mail_received"#]],
    );
}

#[test]
fn a_role_address_speaks_for_the_client() {
    check(
        "mon 09:00 mail info@edge.test to me
         mon 10:00 mail me to sales@edge.test anna
         mon 11:00 mail info@other.test to me
         mon 12:00 30m met me+ office@edge.test+ by me",
        expect![[r#"
            mon info@edge.test email: email one_on_one in mail_received
            mon anna email: email small_group out mail_sent
            mon sales@edge.test email: email small_group out mail_sent
            none
            mon office@edge.test one_on_one: call one_on_one out attendees"#]],
    );
}

#[test]
fn a_sent_mailbox_makes_an_unknown_alias_mine() {
    check(
        "mon 09:00 mail ana@old.test to anna sent
         mon 10:00 mail ana@old.test to anna
         mon 11:00 mail dana to anna sent
         mon 12:00 mail ben to anna sent",
        expect![[r#"
            mon anna email: email one_on_one out mail_sent
            none
            none
            mon ben -: email broadcast in mail_received, covered"#]],
    );
}

#[test]
fn strangers_and_robots_are_not_touched() {
    check(
        "mon 09:00 mail guest to me
         mon 10:00 mail no-reply@edge.test to me
         mon 11:00 30m met me+ guest+ by me
         mon 12:00 30m met me+ dana+ by me
         mon 13:00 30m met me+ new@edge.test+ by me",
        expect![[r#"
            none
            none
            none: nobody_known
            none: nobody_known
            none: nobody_known"#]],
    );
}

#[test]
fn length_decides_whether_people_talked() {
    check(
        "mon 08:00 479m met me+ anna+ by me
         mon 08:00 480m met me+ anna+ by me
         mon 08:00 5m met me+ anna+ by me
         mon 08:00 4m met me+ anna+ by me
         mon 08:00 30m met me+ anna+ by me oof
         mon 08:00 30m met me+ anna+ by me private",
        expect![[r#"
            mon anna one_on_one: call one_on_one out attendees
            none: too_long
            mon anna one_on_one: call one_on_one out attendees, covered
            none: too_short
            none: out_of_office
            none: private"#]],
    );
}

#[test]
fn my_answer_must_be_a_yes_for_a_one_on_one() {
    check(
        "mon 08:00 30m met me? anna+ by anna
         mon 09:00 30m met me? anna+ dana+ by anna
         mon 10:00 30m met me~ anna+ dana+ by anna
         mon 11:00 30m met me> anna+ dana+ by anna
         mon 12:00 30m met opt:me? anna+ dana+ by anna
         mon 13:00 30m met fyi:me? anna+ dana+ by anna
         mon 14:00 30m met anna+ dana+ by anna
         mon 15:00 30m met anna+ by me
         mon 16:00 30m met me- anna+ by me
         mon 17:00 30m met me? anna+ by me
         mon 18:00 30m met me- me2+ anna+ by anna
         mon 19:00 30m met me? me2- anna+ dana+ by anna
         mon 20:00 30m met me+ anna+ by anna hold",
        expect![[r#"
            none: i_unanswered
            mon anna group: call small_group in attendees
            none: i_tentative
            none: i_declined
            none: i_unanswered
            none: not_invited
            none: not_invited
            mon anna one_on_one: call one_on_one out attendees
            none: i_declined
            mon anna one_on_one: call one_on_one out attendees, covered
            mon anna one_on_one: call one_on_one in attendees, covered
            none: i_declined
            mon anna one_on_one: call one_on_one in attendees, covered"#]],
    );
}

#[test]
fn others_count_when_they_came() {
    check(
        "mon 08:00 30m met me+ by me
         mon 09:00 30m met me+ anna- dana- by me
         mon 10:00 30m met me+ fyi:anna? by me
         mon 11:00 30m met me+ anna+ fyi:dana? by me
         mon 12:00 30m met me+ anna+ dana> by me
         mon 13:00 30m met me+ anna~ dana+ by me
         mon 14:00 30m met me+ anna+ anna2- by me
         mon 15:00 30m met me+ anna? anna2- by me
         mon 16:00 30m met me+ anna+ group:team@many.test? by me
         mon 17:00 30m met me+ anna+ all@edge.test? by me",
        expect![[r#"
            none: nobody_else
            none: nobody_came
            none: nobody_came
            mon anna one_on_one: call one_on_one out attendees
            mon anna one_on_one: call one_on_one out attendees, covered
            mon anna group: call small_group out attendees
            mon anna one_on_one: call one_on_one out attendees, covered
            none: nobody_came
            mon anna group: call group out attendees, covered
            mon anna group: call group out attendees, covered"#]],
    );
}

#[test]
fn the_organizer_attends_where_listed_or_needed() {
    check(
        "mon 08:00 30m met me+ anna? by anna
         mon 09:00 30m met me+ anna- by anna
         mon 10:00 30m met me+ ben+ by anna
         mon 11:00 30m met me+ ben+ by anna ms
         mon 12:00 30m met me+ ben- by anna
         mon 13:00 30m met me+ room:room-1@agency.test+ by anna
         mon 14:00 30m met me+ by c_1@group.calendar.google.com
         mon 15:00 30m met me+ anna+ by bookings@many.test",
        expect![[r#"
            mon anna one_on_one: call one_on_one in attendees
            none: nobody_came
            mon ben one_on_one: call one_on_one mutual attendees
            mon anna group: call small_group in organizer
            mon ben group: call small_group mutual attendees
            none: nobody_came
            mon anna one_on_one: in_person one_on_one in organizer, covered
            none: nobody_else
            mon anna one_on_one: call one_on_one mutual attendees, covered"#]],
    );
}

#[test]
fn the_place_decides_the_channel() {
    check(
        "mon 08:00 30m met me+ anna+ by me
         mon 09:00 30m met me+ anna+ by me phone
         mon 10:00 30m met me+ anna+ by me place
         mon 11:00 30m met me+ anna+ room:room-1@agency.test+ by me
         mon 12:00 30m met me+ anna+ room:room-1@agency.test+ by me video",
        expect![[r#"
            mon anna one_on_one: call one_on_one out attendees
            mon anna one_on_one: call one_on_one out attendees, covered
            mon anna one_on_one: in_person one_on_one out attendees, covered
            mon anna one_on_one: in_person one_on_one out attendees, covered
            mon anna one_on_one: call one_on_one out attendees, covered"#]],
    );
}

#[test]
fn noted_names_mean_one_thing_or_are_asked_about() {
    check(
        "mon 08:00 30m note call \"Ben\"
         mon 08:10 30m note call \"ben\"
         mon 08:20 30m note call \"Berg, Anna\"
         mon 08:30 30m note call \"anna berg about the deck\"
         mon 08:40 30m note call \"Anna B.\"
         mon 08:50 30m note call \"Anna Smith\"
         mon 09:00 30m note call \"Ben Edgewater\"
         mon 09:10 30m note call \"Anna Berg Ben Holt\"
         mon 09:20 30m note call \"Anna Berg\" \"Edgewater Deck\"
         mon 09:30 30m note call \"Cleo\" \"Anna\"
         mon 09:40 30m note visit \"Zoe Weiss\"
         mon 09:50 30m note call \"Nobody Here\"
         mon 10:00 30m note call hold \"Anna Berg\"
         mon 10:10 30m note call
         mon 10:20 30m note call \"Anna Berg\" \"Anna Berg\"",
        expect![[r#"
            mon ben one_on_one: call one_on_one mutual noted_first_name
            mon ben one_on_one: call one_on_one mutual noted_first_name, covered
            none: name_unknown
            mon anna one_on_one: call one_on_one mutual noted_name
            mon anna one_on_one: call one_on_one mutual noted_first_name, covered
            none: name_unknown
            mon ben one_on_one: call one_on_one mutual noted_first_name, covered
            mon anna group: call small_group mutual noted_name
            mon ben group: call small_group mutual noted_name
            mon anna one_on_one: call one_on_one mutual noted_name, covered
            mon cleo group: call small_group mutual noted_first_name
            mon zoe one_on_one: in_person one_on_one mutual noted_name
            none: name_unknown
            none: tentative
            none: name_unknown
            mon anna one_on_one: call one_on_one mutual noted_name, covered"#]],
    );
}

#[test]
fn told_talks_are_one_on_ones() {
    check(
        "mon 08:00 told anna2 call
         mon 09:00 45m told ben visit
         mon 10:00 told dana call",
        expect![[r#"
            mon anna one_on_one: call one_on_one mutual told
            mon ben one_on_one: in_person one_on_one mutual told
            none"#]],
    );
}

#[test]
fn of_copies_a_cancellation_then_the_fresher_one_stays() {
    let kept = |one: &str, other: &str| {
        let both = described(&format!("{one}\n{other}"));
        assert_eq!(both, described(&format!("{other}\n{one}")), "whatever the order");
        both
    };
    let asked = "mon 11:00 30m met me? anna+ by anna uid=a";
    let accepted = "mon 11:00 30m met me+ anna+ by anna uid=a";
    let cancelled = "mon 11:00 30m met me? anna? by anna uid=a cancelled";
    let touch = described(accepted);
    assert_eq!(kept(asked, accepted), touch);
    assert_eq!(kept(accepted, cancelled), "none: cancelled\n");
    assert_eq!(kept(accepted, accepted), touch);
    let elsewhere = "tue 11:00 30m met me+ anna+ by anna uid=a of=tue";
    assert_eq!(described(&format!("{accepted}\n{elsewhere}")).lines().count(), 2);
}

#[test]
fn what_lies_ahead_is_booked_from_the_day_it_was_entered() {
    let at = |text: &str| {
        let entered = judged(&facts(text)).remove(0).unwrap().remove(0);
        let state = |day| match (entered.booked(noon(day)), entered.happened(noon(day))) {
            (true, false) => "booked",
            (false, true) => "happened",
            (false, false) => "-",
            (true, true) => "both",
        };
        ["mon", "tue", "wed", "thu", "fri"].map(state).join(" ")
    };
    let talk = "thu 11:00 30m met me+ anna+ by me";
    assert_eq!(at(&format!("{talk} made=tue")), "- booked booked happened happened");
    // Without a stamp nobody knew before.
    assert_eq!(at(talk), "- - - happened happened");
    // Entered afterwards, known from the moment it took place.
    assert_eq!(at(&format!("{talk} made=fri")), "- - - happened happened");
    // Under way at noon: neither.
    assert_eq!(
        at("thu 11:00 120m met me+ anna+ by me made=mon"),
        "booked booked booked - happened"
    );
}

#[test]
fn days_away_days_off_and_busy_time() {
    let roster = roster();
    let absences = ["Vacation".to_owned()];
    let line = |text: &str| {
        let Some(Fact::Event(event)) = facts(text).pop() else { return String::new() };
        let away = absence_of(&event, &absences).is_some();
        let off = holiday_of(&event).is_some();
        let busy = my_busy(&event, &roster).is_some();
        let words = [(away, "away"), (off, "off"), (busy, "busy")];
        words.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
    };
    let cases = [
        ("mon 00:00 met allday oof", "away off"),
        ("mon 00:00 met allday cat=vacation", "away off"),
        ("mon 00:00 met allday cat=fair", "off"),
        ("mon 00:00 met allday free", "off"),
        ("mon 00:00 met allday oof cancelled", ""),
        ("mon 09:00 30m met oof", "busy"),
        ("mon 09:00 30m met private", "busy"),
        ("mon 09:00 30m met free", ""),
        ("mon 09:00 30m met cancelled", ""),
        ("mon 09:00 30m met tentative", "busy"),
        ("mon 09:00 30m met me? anna+ by anna", "busy"),
        ("mon 09:00 30m met me- anna+ by anna", ""),
        ("mon 09:00 30m met me- me2+ anna+ by anna", "busy"),
    ];
    for (text, expect) in cases {
        assert_eq!(line(text), expect, "{text}");
    }
}
