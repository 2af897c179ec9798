//! Titles and what they note.

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
    check("Zoom with Anna Berg", "call: Anna Berg");
    check("Teams mit Anna Berg", "call: Anna Berg");
    check("Zoom update Berlin", "-");
    check("1:1 Anna Berg", "call: Anna Berg");
    check("1:1 with Anna Berg", "call: Anna Berg");
    check("Telefonat Anna Berg", "call: Anna Berg");
    check("Telefonat mit Frau Dr. Berg", "call: Berg");
    check("Anruf bei Jürgen Groß", "call: Jürgen Groß");
    check("Appel avec Élise Dupont", "call: Élise Dupont");
    check("Llamada con María de la Cruz", "call: María de la Cruz");
    check("Call Per Hansson", "call: Per Hansson");
    check("Call Anna Berg Re: Offer", "call: Anna Berg");
    check("Call An Nguyen about it", "call: An Nguyen");
    check("Call Anna van der Berg", "call: Anna van der Berg");
    check("Call Anna de", "call: Anna");
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
