//! What the page tells of care software that has habits, and its button.

use std::fs;

use super::opened;
use crate::e2e::habits::slips;
use crate::e2e::units::{export, withdrawal};
use crate::harness::{CARE, HELP, Office, offices, quoted, until};

fn with_habits(habits: &str) -> [Office; 2] {
    let [mut care, mut help] = offices([CARE, HELP]);
    help.set("page", "listen", quoted("127.0.0.1:0"));
    help.set("office", "import_habits", habits);
    care.start();
    help.start();
    [care, help]
}

#[test]
fn a_button_goes_on_although_the_last_set_was_not_taken() {
    let [care, help] = with_habits("{ wait_until_taken = true, remind_after = \"1s\" }");
    let sets = [1, 2].map(|number| withdrawal(CARE, number));
    export(&care, &sets[0]);
    until("placed", || (help.files("import") == sets[0]).then_some(()));
    export(&care, &sets[1]);
    let mut browser = opened(&help);
    let shown = until("told", || {
        let shown = browser.get("/");
        shown.body.contains("action=\"/taken\"").then_some(shown)
    });
    assert!(shown.body.contains("It is imported: place the next"), "{}", shown.body);
    let fields = ["csrf", "form", "office"].map(|name| (name, shown.field(name)));
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let answer = browser.post("/taken", &fields);
    assert_eq!((answer.status, answer.location()), (303, "/"), "{}", answer.body);
    until("the next", || (help.files("import").len() == 2).then_some(()));
    // The same page pressed twice does not skip the set that came after it.
    let again = browser.post("/taken", &fields);
    assert_eq!(again.status, 303, "{}", again.body);
    let by = "SELECT count(*) FROM journal WHERE state = 'TAKEN'";
    assert_eq!(help.sql(by), ["1"]);
    // Somebody from elsewhere has no key to it.
    let strange = browser.post("/taken", &[("csrf", "x"), ("form", "y"), ("office", HELP)]);
    assert_ne!(strange.status, 303);
    assert_eq!(help.sql(by), ["1"]);
}

#[test]
fn the_page_of_a_package_lists_the_copies_and_names_no_user() {
    let habits = "{ one_user_per_set = true, folders = \"user\", quoting = \"all\" }";
    let [care, help] = with_habits(habits);
    export(&care, &slips(2, "20260320090000"));
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    let mut browser = opened(&help);
    let list = browser.get("/received").body;
    let (_, rest) = list.split_once("/package/").expect("a package");
    let id = rest.split(['"', '/']).next().expect("an id");
    let shown = browser.get(&format!("/package/{id}")).body;
    assert!(shown.contains("Copies in the import folder"), "{shown}");
    assert!(shown.contains("copies that suit the care software were placed"), "{shown}");
    let digests = help.sql(
        "SELECT json_extract(value, '$.sha256') FROM import_plans, json_each(plan, '$.files')",
    );
    assert_eq!(digests.len(), 6);
    for digest in digests {
        assert!(shown.contains(&digest), "{digest}");
    }
    for folder in fs::read_dir(help.path("import")).expect("listed") {
        let number = folder.expect("an entry").file_name().into_string().expect("text");
        assert!(number.starts_with('.') || !shown.contains(&number), "a user's number");
    }
    // The sender sees nothing of it.
    let of_care = care.sql("SELECT count(*) FROM import_plans");
    assert_eq!(of_care, ["0"]);
}

#[test]
fn a_deletion_is_let_in_with_a_button() {
    let [care, help] = with_habits("{ hold_deletions = true }");
    let deletion = withdrawal(CARE, 1);
    export(&care, &deletion);
    until("held", || care.has_sent("HELD_BY_RECIPIENT", 1));
    let mut browser = opened(&help);
    let today = browser.get("/").body;
    let (_, rest) = today.split_once("href=\"/held/").expect("it needs a person");
    let id = rest.split('"').next().expect("an id").to_owned();
    let shown = browser.get(&format!("/held/{id}"));
    for text in ["It deletes data in your care software", "Let it in", "Refuse it"] {
        assert!(shown.body.contains(text), "{text}: {}", shown.body);
    }
    let fields = ["csrf", "form"].map(|name| (name, shown.field(name)));
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let answer = browser.post(&format!("/held/{id}/release"), &fields);
    assert_eq!(answer.status, 303, "{}", answer.body);
    until("placed", || (help.files("import") == deletion).then_some(()));
    until("handed over", || care.has_sent("HANDED_OVER", 1));
}
