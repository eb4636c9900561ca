//! 設定: changed on the page, looked at first, and never written over what somebody else wrote.

use std::fs;

use super::browser::Answer;
use super::{office, opened};
use crate::harness::{CARE, Office, until};

fn file(office: &Office) -> String {
    fs::read_to_string(office.path("renkei.toml")).expect("a configuration")
}

/// What somebody wrote into the configuration by hand, which the node reads as the same.
fn comment(office: &Office, text: &str) {
    fs::write(office.path("renkei.toml"), format!("{}{text}", file(office))).expect("written");
}

/// What is told on the page of settings.
fn told(answer: &Answer, page: &str) -> String {
    assert_eq!((answer.status, answer.location()), (303, "/settings"), "{}", answer.body);
    let (_, rest) = page.split_once("class=\"told").unwrap_or_else(|| panic!("nothing: {page}"));
    rest.split("</div></div>").next().expect("a text").to_owned()
}

#[test]
fn what_changes_is_looked_at_written_and_taken_up() {
    let office = office();
    let mut browser = opened(&office);
    comment(&office, "\n# the end # of ours\n");
    let before = file(&office);
    let shown = browser.get("/settings");
    assert_eq!(shown.status, 200, "{}", shown.body);
    assert!(shown.body.contains("value=\"100ms\""), "{}", shown.body);
    let digest = shown.field("digest");
    let drop = format!("office.{CARE}.drop");
    fs::create_dir(office.path("other-drop")).expect("a folder");
    let wanted = [
        ("digest", &*digest),
        ("timing.settle", "300ms"),
        ("limits.in_flight", "9"),
        (&drop, "other-drop"),
    ];
    let checked = browser.submit("/settings", "/settings/check", &wanted);
    assert_eq!(checked.status, 200, "{}", checked.body);
    for shown in ["in order", "<bdi>100ms</bdi>", "<bdi>300ms</bdi>", "other-drop", "Write it"] {
        assert!(checked.body.contains(shown), "{shown}: {}", checked.body);
    }
    assert_eq!(file(&office), before, "looking writes nothing");
    let applied = browser.submit("/settings", "/settings/apply", &wanted);
    let said = told(&applied, &browser.get("/settings").body);
    assert!(said.contains("are taken up"), "{said}");
    let after = file(&office);
    for line in
        ["# the end # of ours", "settle = \"300ms\"", "in_flight = 9", "drop = \"other-drop\""]
    {
        assert!(after.contains(line), "{line}: {after}");
    }
    // All else stands as it did.
    let changed = after
        .lines()
        .filter(|line| !line.is_empty() && !before.lines().any(|former| former == *line));
    assert_eq!(changed.count(), 4, "{after}");
    let noted = office.sql("SELECT detail FROM journal WHERE state = 'CHANGED'");
    for key in ["timing.settle", "limits.in_flight"] {
        assert!(noted.iter().any(|row| row == key), "{key}: {noted:?}");
    }
    until("written down", || {
        let did = office.sql("SELECT about FROM audit WHERE what = 'settings-changed'");
        (did == [format!("office.{CARE}.drop timing.settle limits.in_flight")]).then_some(())
    });
    assert!(browser.get("/settings").body.contains("value=\"300ms\""));
}

#[test]
fn what_is_wrong_is_told_and_never_written() {
    let office = office();
    let mut browser = opened(&office);
    let before = file(&office);
    let digest = browser.get("/settings").field("digest");
    let drop = format!("office.{CARE}.drop");
    let missing = office.path("nowhere").display().to_string();
    for (name, value, why) in [
        ("timing.settle", "soon", "a duration such as"),
        ("limits.in_flight", "0", "limits.in_flight"),
        ("limits.in_flight", "many", "limits.in_flight"),
        ("limits.file_size", "999GiB", "file_size must not exceed"),
        (&*drop, &*missing, "nowhere"),
        (&*drop, "import", "must not be the drop folder"),
    ] {
        let wanted = [("digest", &*digest), (name, value)];
        let checked = browser.submit("/settings", "/settings/check", &wanted);
        assert!(checked.body.contains("cannot be used"), "{why}: {}", checked.body);
        assert!(checked.body.contains(why), "{why}: {}", checked.body);
        assert!(!checked.body.contains("/settings/apply"), "{why}: {}", checked.body);
        // What was typed stands there to be mended.
        assert!(checked.body.contains(&format!("value=\"{value}\"")), "{why}: {}", checked.body);
        // Whoever sends it all the same writes nothing.
        let forced = browser.submit("/settings", "/settings/apply", &wanted);
        let said = told(&forced, &browser.get("/settings").body);
        assert!(said.contains("Nothing was changed"), "{why}: {said}");
        assert_eq!(file(&office), before, "{why}");
    }
    let same = browser.submit("/settings", "/settings/check", &[("digest", &digest)]);
    assert!(told(&same, &browser.get("/settings").body).contains("Nothing is different"));
}

#[test]
fn what_somebody_else_wrote_meanwhile_stays() {
    let office = office();
    let mut browser = opened(&office);
    let digest = browser.get("/settings").field("digest");
    comment(&office, "\n# by hand, meanwhile\n");
    let before = file(&office);
    for path in ["/settings/check", "/settings/apply"] {
        let wanted = [("digest", &*digest), ("timing.settle", "300ms")];
        let answer = browser.submit("/settings", path, &wanted);
        let said = told(&answer, &browser.get("/settings").body);
        assert!(said.contains("changed meanwhile"), "{said}");
    }
    assert_eq!(file(&office), before);
}
