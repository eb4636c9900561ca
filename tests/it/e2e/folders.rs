//! Folders that go away under a running node, as shared folders and USB disks do.

use std::fs;

use super::invariants;
use super::units::{PLAN, export, sample, withdrawal};
use crate::harness::{CARE, HELP, running, until};

#[test]
fn an_import_folder_that_is_away_is_waited_for() {
    let [care, mut help] = running([CARE, HELP]);
    let (import, away) = (help.path("import"), help.path("import-away"));
    fs::rename(&import, &away).expect("renamed");
    let unit = sample(PLAN, "20260520101500");
    export(&care, &unit);
    until("taken and not placed", || {
        let rows = help.sql("SELECT state, detail FROM incoming");
        (rows == ["COMMITTED|folder-missing"]).then_some(())
    });
    until("consigned", || care.has_sent("CONSIGNED", 1));
    fs::rename(&away, &import).expect("renamed");
    until("placed when the folder is back", || care.has_sent("HANDED_OVER", 1));
    assert_eq!(help.files("import"), unit);
    invariants::check(&care, &help, 1);
    assert!(help.is_alive());
}

#[test]
fn a_drop_folder_that_is_away_is_waited_for() {
    let [mut care, help] = running([CARE, HELP]);
    let (drop, away) = (care.path("drop"), care.path("drop-away"));
    fs::rename(&drop, &away).expect("renamed");
    until("told", || care.log().contains("folder-missing").then_some(()));
    fs::rename(&away, &drop).expect("renamed");
    let unit = withdrawal(CARE, 1);
    export(&care, &unit);
    until("sent when the folder is back", || care.has_sent("HANDED_OVER", 1));
    assert_eq!(help.files("import"), unit);
    assert!(care.is_alive());
}
