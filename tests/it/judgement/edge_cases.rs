//! The edge cases of the worlds (`tests/worlds`), each as a tiny case.
//!
//! Numbers are those of `truth.json`. What is missing here is decided before a fact reaches the
//! judgement: EC26 (EXDATE) by the calendar reader, EC36 (a calendar left out) by the settings.

use expect_test::{Expect, expect};

use super::notation::described;

fn check(facts: &str, expect: Expect) {
    expect.assert_eq(described(facts).trim_end());
}

#[test]
fn ec01_video_call_with_one_client_person() {
    check(
        "mon 11:00 30m met me+ anna+ by me video",
        expect!["mon anna one_on_one: call one_on_one out attendees"],
    );
}

#[test]
fn ec02_two_addresses_of_mine_are_one_me() {
    check(
        "mon 11:00 30m met me+ me3+ anna+ by me video",
        expect!["mon anna one_on_one: call one_on_one out attendees"],
    );
}

#[test]
fn ec03_a_room_is_nobody() {
    check(
        "mon 11:00 30m met me+ anna+ room:room-2@agency.test+ by me place",
        expect!["mon anna one_on_one: in_person one_on_one out attendees"],
    );
}

#[test]
fn ec04_a_resource_address_without_cutype_is_nobody() {
    check(
        "mon 11:00 30m met me+ anna+ c_18a@resource.calendar.google.com+ by me",
        expect!["mon anna one_on_one: call one_on_one out attendees"],
    );
}

#[test]
fn ec05_a_colleague_makes_it_a_group() {
    check(
        "mon 11:00 30m met me+ anna+ dana+ by me video",
        expect!["mon anna group: call small_group out attendees"],
    );
}

#[test]
fn ec06_a_colleague_who_declined_does_not() {
    check(
        "mon 11:00 30m met me+ anna+ dana- by me video",
        expect!["mon anna one_on_one: call one_on_one out attendees"],
    );
}

#[test]
fn ec07_nor_an_optional_one_who_never_answered() {
    check(
        "mon 11:00 30m met me+ anna+ opt:dana? by me",
        expect!["mon anna one_on_one: call one_on_one out attendees"],
    );
}

#[test]
fn ec08_an_optional_colleague_who_accepted_does() {
    check(
        "mon 11:00 30m met me+ anna+ opt:dana+ by me",
        expect!["mon anna group: call small_group out attendees"],
    );
}

#[test]
fn ec09_the_client_person_declined() {
    check("mon 11:00 30m met me+ anna- by me", expect!["none: nobody_came"]);
}

#[test]
fn ec10_i_declined() {
    check("mon 11:00 30m met me- anna+ by anna", expect!["none: i_declined"]);
}

#[test]
fn ec11_the_client_person_is_only_tentative() {
    check("mon 11:00 30m met me+ anna~ by me", expect!["none: they_tentative"]);
}

#[test]
fn ec12_the_other_system_never_answered() {
    check(
        "mon 11:00 30m met me+ anna? by me video",
        expect!["mon anna one_on_one: call one_on_one out attendees"],
    );
}

#[test]
fn ec13_an_assistant_organizes_and_does_not_attend() {
    check(
        "mon 11:00 30m met me+ anna+ by gail video",
        expect!["mon anna one_on_one: call one_on_one mutual attendees"],
    );
}

#[test]
fn ec14_in_outlook_the_organizer_is_not_listed() {
    check(
        "mon 11:00 30m met me+ by anna ms video",
        expect!["mon anna one_on_one: call one_on_one in organizer"],
    );
}

#[test]
fn ec15_in_outlook_an_unlisted_colleague_attends() {
    check(
        "mon 11:00 30m met me+ anna+ by dana ms video",
        expect!["mon anna group: call small_group mutual attendees"],
    );
}

#[test]
fn ec16_sent_on_behalf_the_organizer_attends() {
    // SENT-BY is dropped by the reader; the organizer's own address counts.
    check(
        "mon 11:00 30m met me+ by anna video",
        expect!["mon anna one_on_one: call one_on_one in organizer"],
    );
}

#[test]
fn ec17_cancelled() {
    check("mon 11:00 30m met me+ anna+ by me cancelled", expect!["none: cancelled"]);
}

#[test]
fn ec18_a_tentative_hold() {
    check("mon 11:00 30m met me+ anna+ by me tentative", expect!["none: tentative"]);
}

#[test]
fn ec19_a_whole_day() {
    check("mon 00:00 met me+ anna+ by me allday", expect!["none: all_day"]);
}

#[test]
fn ec20_shown_as_free() {
    check("mon 11:00 30m met me+ anna+ by me free", expect!["none: shown_free"]);
}

#[test]
fn ec21_a_webinar_is_a_broadcast() {
    let guests: String = (0..28).map(|n| format!("guest{n}+ ")).collect();
    check(&format!("mon 11:00 30m met me+ anna+ {guests} by me"), expect!["none: broadcast"]);
}

#[test]
fn ec22_a_robot_that_takes_notes_is_nobody() {
    check(
        "mon 11:00 30m met me+ anna+ notetaker@meetbot.test+ by me video",
        expect!["mon anna one_on_one: call one_on_one out attendees"],
    );
}

#[test]
fn ec23_two_people_of_one_client_make_a_group() {
    check(
        "mon 11:00 30m met me+ anna+ ben+ by me video",
        expect![[r#"
        mon anna group: call small_group out attendees
        mon ben group: call small_group out attendees"#]],
    );
}

#[test]
fn ec24_an_occurrence_stored_twice_counts_once() {
    check(
        "mon 11:00 30m met me+ anna+ by me video uid=one
         mon 11:00 30m met me+ anna+ by me video uid=one",
        expect!["mon anna one_on_one: call one_on_one out attendees"],
    );
}

#[test]
fn ec25_a_moved_occurrence_counts_on_its_new_day() {
    check(
        "mon 10:00 30m met me+ cleo+ by me series uid=pair of=mon
         tue2 14:00 30m met me+ cleo+ by me series uid=pair of=mon2
         mon3 10:00 30m met me+ cleo+ by me series uid=pair of=mon3",
        expect![[r#"
            mon cleo one_on_one: call one_on_one out attendees
            tue2 cleo one_on_one: call one_on_one out attendees
            mon3 cleo one_on_one: call one_on_one out attendees"#]],
    );
}

#[test]
fn ec27_a_colleague_joins_one_occurrence_only() {
    check(
        "mon 10:00 30m met me+ cleo+ by me series uid=pair of=mon
         mon2 10:00 30m met me+ cleo+ dana+ by me series uid=pair of=mon2
         mon3 10:00 30m met me+ cleo+ by me series uid=pair of=mon3",
        expect![[r#"
            mon cleo one_on_one: call one_on_one out attendees
            mon2 cleo group: call small_group out attendees
            mon3 cleo one_on_one: call one_on_one out attendees"#]],
    );
}

#[test]
fn ec28_a_daily_stand_up_counts_once_a_week() {
    check(
        "mon 10:00 30m met me+ cleo+ dana+ by me series uid=up of=mon
         tue 10:00 30m met me+ cleo+ dana+ by me series uid=up of=tue
         wed 10:00 30m met me+ cleo+ dana+ by me series uid=up of=wed
         mon2 10:00 30m met me+ cleo+ dana+ by me series uid=up of=mon2",
        expect![[r#"
            mon cleo group: call small_group out attendees
            tue cleo group: call small_group out attendees, covered
            wed cleo group: call small_group out attendees, covered
            mon2 cleo group: call small_group out attendees"#]],
    );
}

#[test]
fn ec29_an_evening_in_new_york_is_my_next_day() {
    check(
        "mon 18:30 30m @America/New_York met me+ ben+ by ben video",
        expect!["tue ben one_on_one: call one_on_one in attendees"],
    );
}

#[test]
fn ec30_a_call_noted_by_full_name() {
    check(
        "mon 11:00 30m note call \"Anna Berg\"",
        expect!["mon anna one_on_one: call one_on_one mutual noted_name"],
    );
}

#[test]
fn ec31_a_first_name_two_people_bear_is_a_question() {
    check("mon 11:00 30m note call \"Anna\"", expect!["none: name_unclear anna lind"]);
}

#[test]
fn ec32_a_call_noted_with_two_names() {
    check(
        "mon 11:00 30m note call \"Anna Berg\" \"Ben Holt\"",
        expect![[r#"
        mon anna group: call small_group mutual noted_name
        mon ben group: call small_group mutual noted_name"#]],
    );
}

#[test]
fn ec33_a_title_that_notes_no_talk() {
    check("mon 11:00 30m met", expect!["none: no_guests"]);
}

#[test]
fn ec34_a_telephone_number_as_place() {
    check(
        "mon 11:00 30m note call \"Anna Berg\" phone",
        expect!["mon anna one_on_one: call one_on_one mutual noted_name"],
    );
}

#[test]
fn ec35_lunch_noted_by_name() {
    check(
        "mon 12:00 60m note visit \"Anna Berg\" place",
        expect!["mon anna one_on_one: in_person one_on_one mutual noted_name"],
    );
}

#[test]
fn ec37_the_same_message_twice_is_one_day() {
    check(
        "mon 10:50 mail anna to me id=m
         mon 10:50 mail anna to me id=m",
        expect![[r#"
            mon anna email: email one_on_one in mail_received
            mon anna email: email one_on_one in mail_received, covered"#]],
    );
}

#[test]
fn ec38_to_40_newsletter_auto_reply_and_invitation() {
    check("mon 10:50 mail anna to me auto", expect!["none"]);
}

#[test]
fn ec41_my_second_address_in_cc() {
    check(
        "mon 10:50 mail me to anna cc me3",
        expect!["mon anna email: email one_on_one out mail_sent"],
    );
}

#[test]
fn ec42_in_cc_only_is_not_touched() {
    check("mon 10:50 mail me to dana cc anna", expect!["none"]);
}

#[test]
fn ec43_seven_messages_of_one_day_are_one_contact_day() {
    check(
        "mon 09:05 mail anna to me
         mon 10:05 mail me to anna
         mon 11:05 mail anna to me
         mon 12:05 mail me to anna
         mon 13:05 mail anna to me
         mon 14:05 mail me to anna
         mon 15:05 mail anna to me",
        expect![[r#"
            mon anna email: email one_on_one in mail_received
            mon anna email: email one_on_one out mail_sent, covered
            mon anna email: email one_on_one in mail_received, covered
            mon anna email: email one_on_one out mail_sent, covered
            mon anna email: email one_on_one in mail_received, covered
            mon anna email: email one_on_one out mail_sent, covered
            mon anna email: email one_on_one in mail_received, covered"#]],
    );
}

#[test]
fn ec44_without_message_id_the_key_refers() {
    check(
        "mon 10:50 mail anna to me id=none",
        expect!["mon anna email: email one_on_one in mail_received"],
    );
}

#[test]
fn ec45_twenty_five_recipients_are_a_broadcast() {
    let guests: String = (0..24).map(|n| format!("guest{n} ")).collect();
    check(
        &format!("mon 10:50 mail me to anna {guests}"),
        expect!["mon anna -: email broadcast out mail_sent, covered"],
    );
}

#[test]
fn ec46_a_tag_and_capitals_in_the_address() {
    check(
        "mon 10:50 mail Anna.Berg+crm@Edge.test to me",
        expect!["mon anna email: email one_on_one in mail_received"],
    );
}

#[test]
fn ec47_late_in_my_evening_is_still_my_day() {
    // 23:50 in Berlin is ten to seven the next morning in Tokyo.
    check(
        "tue 06:50 @Asia/Tokyo mail anna to me",
        expect!["mon anna email: email one_on_one in mail_received"],
    );
}

#[test]
fn ec48_a_group_call_i_declined() {
    check("mon 11:00 30m met me- anna+ dana+ by anna video", expect!["none: i_declined"]);
}
