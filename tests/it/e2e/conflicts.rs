//! What already lies in the import folder is never overwritten.

use std::fs;

use super::units::{PLAN, export, sample, together, withdrawal};
use crate::harness::{CARE, HELP, running, until};

#[test]
fn other_bytes_of_the_same_name_are_never_overwritten() {
    let [care, mut help] = running([CARE, HELP]);
    let unit = sample(PLAN, "20260520101500");
    let name = unit.keys().nth(1).expect("several files").clone();
    fs::write(help.path("import").join(&name), "typed in by hand").expect("written");
    export(&care, &unit);
    let held = format!("20260520101500_{CARE}_{HELP}");
    let names = until("held", || help.sets("hold").remove(&held));
    let mut expected: Vec<_> = unit.keys().cloned().collect();
    expected.extend(["report.html", "report.txt"].map(str::to_owned));
    expected.sort();
    assert_eq!(names, expected);
    for (name, bytes) in &unit {
        assert_eq!(&fs::read(help.path("hold").join(&held).join(name)).expect("read"), bytes);
    }
    let note = fs::read_to_string(help.path("hold").join(&held).join("report.txt"));
    let note = note.expect("a note in UTF-8");
    assert!(note.contains("Not imported.") && note.contains(&held), "{note}");
    let import = help.files("import");
    assert_eq!(import.len(), 1, "none of the set is imported");
    assert_eq!(import[&name], b"typed in by hand");
    until("noted", || {
        let rows = help.sql("SELECT state, detail FROM incoming");
        (rows == ["HELD|import-name-taken"]).then_some(())
    });
    // The sender has proof that it lies with the partner, and that it is not imported.
    until("told", || care.has_sent("HELD_BY_RECIPIENT", 1));
    let kinds = care.sql("SELECT kind FROM receipts ORDER BY id");
    assert_eq!(kinds, ["ContentConsignment", "ContentHandoverFailure"]);

    let next = withdrawal(CARE, 1);
    export(&care, &next);
    until("the next one", || care.has_sent("HANDED_OVER", 1));
    assert!(help.is_alive() && help.files("import").len() == 2);
}

#[test]
fn the_same_bytes_are_there_already() {
    let [care, help] = running([CARE, HELP]);
    let unit = sample(PLAN, "20260520101500");
    let (name, bytes) = unit.first_key_value().expect("a file");
    fs::write(help.path("import").join(name), bytes).expect("written");
    export(&care, &unit);
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    assert_eq!(help.files("import"), together([&unit]));
    assert!(help.sets("hold").is_empty());
}
