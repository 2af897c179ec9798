//! Rules walked through two months of 2024.

use jiff::civil::DateTime;

use super::*;

fn check(text: &str, expect: &str) {
    let start = jiff::civil::date(2024, 1, 1).at(9, 0, 0, 0);
    check_from(start, text, expect);
}

/// Walks the rule through January and February 2024; days of January are bare numbers.
fn check_from(start: DateTime, text: &str, expect: &str) {
    let low = jiff::civil::date(2024, 1, 1).at(0, 0, 0, 0);
    let high = jiff::civil::date(2024, 2, 29).at(23, 59, 59, 0);
    let mut walls = Vec::new();
    let found = Rule::parse(text).map(|rule| {
        let until = rule.until().map(When::written);
        rule.walk((start, until), false, (low, high), &mut walls).end
    });
    let days: Vec<String> = walls
        .iter()
        .map(|wall| match wall.month() {
            1 => wall.day().to_string(),
            month => format!("{month}-{}", wall.day()),
        })
        .collect();
    let found = match found {
        Ok(end) => format!("{} {end:?}", days.join(" ")),
        Err(why) => why.to_owned(),
    };
    assert_eq!(found.trim(), expect, "{text}");
}

#[test]
fn rules_walk() {
    check("FREQ=WEEKLY;COUNT=3", "1 8 15 Over");
    check("FREQ=WEEKLY", "1 8 15 22 29 2-5 2-12 2-19 2-26 GoesOn");
    check("freq=weekly;interval=4", "1 29 2-26 GoesOn");
    check("FREQ=WEEKLY;BYDAY=1MO,WE;COUNT=3;", "1 3 8 Over");
    check("FREQ=DAILY;UNTIL=20240103T090000", "1 2 3 Over");
    check("FREQ=MONTHLY;BYDAY=-1FR", "26 2-23 GoesOn");
    check("FREQ=MONTHLY;BYSETPOS=1;BYDAY=MO,TU,WE,TH,FR", "1 2-1 GoesOn");
    check("FREQ=YEARLY", "1 GoesOn");
    check("RSCALE=GREGORIAN;FREQ=MONTHLY;SKIP=OMIT;X-FOO=1", "1 2-1 GoesOn");
    check("FREQ=YEARLY;INTERVAL=2147483647", "1 Over");
}

#[test]
fn old_rules_are_moved_near() {
    let old = jiff::civil::date(1970, 1, 1).at(9, 0, 0, 0);
    check_from(old, "FREQ=WEEKLY;INTERVAL=2", "4 18 2-1 2-15 2-29 GoesOn");
    check_from(old, "FREQ=DAILY;INTERVAL=20", "18 2-7 2-27 GoesOn");
    check_from(old, "FREQ=DAILY;COUNT=1000000000;INTERVAL=20", "18 2-7 2-27 GoesOn");
    check_from(old, "FREQ=DAILY;COUNT=3", "Over");
    let future = jiff::civil::date(2030, 1, 1).at(9, 0, 0, 0);
    check_from(future, "FREQ=DAILY", "GoesOn");
}

#[test]
fn what_is_not_understood_is_not_followed() {
    for text in [
        "",
        "FREQ",
        "FREQ=",
        "FREQ=FORTNIGHTLY",
        "INTERVAL=2",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=-1",
        "FREQ=DAILY;COUNT=99999999999999999999",
        "FREQ=DAILY;UNTIL=tomorrow",
        "FREQ=DAILY;UNTIL=20240230",
        "FREQ=YEARLY;BYMONTH=13",
        "FREQ=MONTHLY;BYMONTHDAY=99",
        "FREQ=MONTHLY;BYDAY=XX",
        "FREQ=MONTHLY;BYDAY=0MO",
        "FREQ=YEARLY;BYDAY=54MO",
        "FREQ=WEEKLY;BYMONTHDAY=1",
        "FREQ=YEARLY;BYWEEKNO=0",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=367",
        "FREQ=YEARLY;BYMONTH=5L",
        "FREQ=DAILY;BYEASTER=1",
        "RSCALE=HEBREW;FREQ=YEARLY",
    ] {
        check(text, UNREADABLE);
    }
    let nums = |n: u32| (0..n).map(|i| i.to_string()).collect::<Vec<_>>().join(",");
    check(&format!("FREQ=YEARLY;BYYEARDAY={}", vec!["1"; 65].join(",")), UNREADABLE);
    for text in [
        "FREQ=HOURLY".to_owned(),
        "FREQ=MINUTELY;UNTIL=99991231T235959Z".to_owned(),
        "FREQ=SECONDLY;COUNT=1".to_owned(),
        format!("FREQ=YEARLY;BYHOUR={};BYMINUTE={}", nums(24), nums(60)),
    ] {
        check(&text, WITHIN_A_DAY);
    }
}

#[test]
fn a_rule_that_never_comes_true_costs_the_window() {
    check("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "GoesOn");
    check("FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", "GoesOn");
    check("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "GoesOn");
    check("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=-366", "GoesOn");
}

#[test]
fn steps_are_bounded() {
    let low = jiff::civil::date(2024, 1, 1).at(0, 0, 0, 0);
    let high = jiff::civil::date(2026, 1, 1).at(0, 0, 0, 0);
    let steps = |start: DateTime, text: &str| {
        let rule = Rule::parse(text).unwrap();
        rule.walk((start, None), false, (low, high), &mut Vec::new())
    };
    let old = jiff::civil::date(1, 1, 1).at(9, 0, 0, 0);
    let year = jiff::civil::date(2023, 1, 1).at(9, 0, 0, 0);
    assert!(steps(old, "FREQ=DAILY").steps < 1_500, "without COUNT only the window costs");
    assert_eq!(steps(old, "FREQ=DAILY").end, End::GoesOn);
    assert_eq!(steps(old, "FREQ=DAILY;COUNT=999999999").end, End::Steps);
    assert!(steps(old, "FREQ=DAILY;COUNT=999999999").steps <= STEPS + 65);
    assert!(steps(year, "FREQ=YEARLY;COUNT=9;BYMONTH=2;BYMONTHDAY=30").steps < 10);
}

#[test]
fn places_of_weekdays_go_both_ways() {
    check("FREQ=MONTHLY;BYDAY=-5MO", "1 GoesOn");
    check("FREQ=MONTHLY;BYDAY=-5TH,5TH", "2-1 2-29 GoesOn");
    check("FREQ=MONTHLY;BYDAY=SA,2SU", "6 13 14 20 27 2-3 2-10 2-11 2-17 2-24 GoesOn");
    check("FREQ=YEARLY;BYDAY=-53MO", "1 GoesOn");
    check("FREQ=YEARLY;BYDAY=-52MO,2TU", "8 9 GoesOn");
    check("FREQ=YEARLY;BYMONTH=2;BYDAY=1TH,-1TH", "2-1 2-29 GoesOn");
    check("FREQ=MONTHLY;BYMONTHDAY=-29,31", "3 31 2-1 GoesOn");
}

#[test]
fn standing_is_daily_to_monthly() {
    let standing = |text| Rule::parse(text).unwrap().is_standing();
    assert!(standing("FREQ=DAILY") && standing("FREQ=WEEKLY;INTERVAL=4"));
    assert!(standing("FREQ=MONTHLY") && !standing("FREQ=MONTHLY;INTERVAL=3"));
    assert!(!standing("FREQ=WEEKLY;INTERVAL=8") && !standing("FREQ=YEARLY"));
}
