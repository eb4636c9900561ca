//! One package that cannot be placed holds up none of those behind it.

use std::fs;
use std::time::Duration;

use rusqlite::Connection;

use super::held::says;
use super::invariants;
use super::units::{export_all, together, withdrawal};
use crate::harness::{CARE, HELP, offices, running, until, until_within};

#[test]
fn a_stored_package_that_is_damaged_is_held_and_sent_again() {
    let [mut care, mut help] = offices([CARE, HELP]);
    care.start();
    help.start();
    // Nothing can be placed for now, so that all wait in the store.
    let (import, away) = (help.path("import"), help.path("import-away"));
    fs::rename(&import, &away).expect("renamed");
    let units: Vec<_> = (1..=6).map(|number| withdrawal(CARE, number)).collect();
    export_all(&care, &units);
    until("consigned", || care.has_sent("CONSIGNED", units.len()));
    help.kill();
    fs::rename(&away, &import).expect("renamed");
    let store = Connection::open(help.path("data/renkei.db")).expect("a store");
    let zeroed = store.execute(
        "UPDATE payloads SET bytes = zeroblob(length(bytes)) WHERE id =
             (SELECT payload FROM incoming ORDER BY serial LIMIT 1)",
        (),
    );
    assert_eq!(zeroed.expect("zeroed"), 1);
    drop(store);

    help.start();
    until("the others", || care.has_sent("HANDED_OVER", units.len() - 1));
    assert_eq!(help.files("import"), together(&units[1..]));
    until("told to the sender", || care.has_sent("HELD_BY_RECIPIENT", 1));
    assert_eq!(
        care.sql("SELECT detail FROM outgoing WHERE state = 'HELD_BY_RECIPIENT'"),
        ["store-damaged"]
    );
    let (list, _) = says(&help, &["hold", "list"]);
    assert!(list.contains("the stored package is damaged"), "{list}");
    let id = list.lines().find_map(|line| line.strip_prefix("  to place it again: "));
    let id =
        id.and_then(|command| command.strip_prefix("renkei hold release ")).expect("a command");
    let (said, code) = says(&help, &["hold", "release", id]);
    assert!(said.contains("renkei retry") && code == 1, "{code}: {said}");

    let (said, code) = says(&care, &["retry", id]);
    assert_eq!(code, 0, "{said}");
    until("all", || care.has_sent("HANDED_OVER", units.len()));
    assert_eq!(help.files("import"), together(&units));
    invariants::check(&care, &help, units.len());
}

#[test]
fn a_sender_is_told_when_nothing_can_be_placed_for_an_hour() {
    let [care, help] = running([CARE, HELP]);
    let (import, away) = (help.path("import"), help.path("import-away"));
    fs::rename(&import, &away).expect("renamed");
    let unit = withdrawal(CARE, 1);
    export_all(&care, std::slice::from_ref(&unit));
    until("a first attempt", || {
        (help.sql("SELECT detail FROM incoming") == ["folder-missing"]).then_some(())
    });
    until("consigned", || care.has_sent("CONSIGNED", 1));
    let store = Connection::open(help.path("data/renkei.db")).expect("a store");
    store.busy_timeout(Duration::from_secs(10)).expect("a timeout");
    let earlier = "UPDATE incoming SET created_at = created_at - 3600000000";
    assert_eq!(store.execute(earlier, ()).expect("an hour earlier"), 1);
    drop(store);
    until("told to the sender", || care.has_sent("HELD_BY_RECIPIENT", 1));
    assert_eq!(care.sql("SELECT detail FROM outgoing"), ["folder-missing"]);
    assert!(
        says(&care, &["history"])
            .0
            .contains("the folder is not there (of what was received: the import folder)")
    );
    assert!(help.log().contains("placing-stopped"), "no notice at the recipient");

    fs::rename(&away, &import).expect("renamed");
    until_within(Duration::from_mins(2), "placed", || care.has_sent("HANDED_OVER", 1));
    assert_eq!(help.files("import"), unit);
    invariants::check(&care, &help, 1);
}

#[cfg(unix)]
#[test]
fn a_file_in_the_way_that_cannot_be_read_holds_up_nothing() {
    use std::os::unix::fs::{PermissionsExt as _, chown};

    let [mut care, mut help] = offices([CARE, HELP]);
    if !is_root() {
        return;
    }
    help.run_as(12_345);
    let units: Vec<_> = (1..=4).map(|number| withdrawal(CARE, number)).collect();
    let (name, bytes) = units[0].first_key_value().expect("a file");
    let in_the_way = help.path("import").join(name);
    fs::write(&in_the_way, vec![b'x'; bytes.len()]).expect("written");
    chown(&in_the_way, Some(0), Some(0)).expect("root");
    fs::set_permissions(&in_the_way, fs::Permissions::from_mode(0o600)).expect("closed");
    care.start();
    help.start();
    export_all(&care, &units);
    // The third attempt comes after a minute and a quarter.
    let patience = Duration::from_secs(150);
    until_within(patience, "the others", || care.has_sent("HANDED_OVER", units.len() - 1));
    until("told to the sender", || care.has_sent("HELD_BY_RECIPIENT", 1));
    let detail = care.sql("SELECT detail FROM outgoing WHERE state = 'HELD_BY_RECIPIENT'");
    assert_eq!(detail, ["import-file-unreadable"]);
    let held = help.sets("hold");
    let (folder, names) = held.first_key_value().expect("copies in the hold folder");
    assert!(names.contains(name), "{held:?}");
    let note = help.path("hold").join(folder).join("report.txt");
    let note = fs::read_to_string(note).expect("a note");
    assert!(note.contains(name) && note.contains("renkei hold release"), "{note}");

    fs::remove_file(&in_the_way).expect("removed");
    let id = note.lines().find_map(|line| line.trim().strip_prefix("renkei hold release "));
    let (said, code) = says(&help, &["hold", "release", id.expect("an id").trim()]);
    assert_eq!(code, 0, "{said}");
    until("all", || care.has_sent("HANDED_OVER", units.len()));
    assert_eq!(help.files("import"), together(&units));
}

/// Only root can run a node as somebody else.
#[cfg(unix)]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}
