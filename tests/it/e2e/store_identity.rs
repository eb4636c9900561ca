//! A store that was lost, emptied or is an older one is not taken for a new one.

use std::collections::BTreeMap;
use std::fs;

use super::units::{export, withdrawal};
use crate::harness::{CARE, HELP, Office, offices, until};

/// A node that was killed with packages that wait, and whose store has said how far it is.
fn killed() -> Office {
    let [mut care, _] = offices([CARE, HELP]);
    care.start();
    for number in 1..=5 {
        export(&care, &withdrawal(CARE, number));
    }
    until("queued", || care.has_sent("QUEUED", 5));
    until("written down", || {
        let journal = care.sql("SELECT max(id) FROM journal").concat();
        let record = fs::read_to_string(care.path("data/store-id")).expect("a record");
        record.trim().ends_with(&format!(" {journal}")).then_some(())
    });
    care.kill();
    care
}

fn files(care: &Office) -> BTreeMap<&'static str, Vec<u8>> {
    ["renkei.db", "renkei.db-wal"]
        .into_iter()
        .filter_map(|name| Some((name, fs::read(care.path("data").join(name)).ok()?)))
        .filter(|(_, bytes)| !bytes.is_empty())
        .collect()
}

fn is_refused(care: &Office, code: &str) {
    let before = files(care);
    let output = care.command(&["run"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(code) && said.contains("--new-store"), "{said}");
    assert!(files(care) == before, "{code}: something was changed");
}

#[test]
fn an_emptied_store_is_refused() {
    let mut care = killed();
    let log = care.path("data/renkei.db-wal");
    fs::write(care.path("data/renkei.db"), "").expect("written");
    is_refused(&care, "store-log-alone");
    fs::remove_file(&log).expect("removed");
    is_refused(&care, "store-emptied");
    fs::remove_file(care.path("data/renkei.db")).expect("removed");
    is_refused(&care, "store-missing");

    let output = care.command(&["run", "--check", "--new-store"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    care.start();
    assert_eq!(care.sql("SELECT count(*) FROM outgoing"), ["0"]);
    assert!(care.is_alive());
}

#[test]
fn a_log_without_its_database_is_put_aside_and_never_written_over() {
    let care = killed();
    fs::remove_file(care.path("data/renkei.db")).expect("removed");
    let log = fs::read(care.path("data/renkei.db-wal")).expect("a log");
    is_refused(&care, "store-log-alone");
    let output = care.command(&["run", "--check", "--new-store"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let kept: Vec<_> = fs::read_dir(care.path("data"))
        .expect("listed")
        .map(|entry| entry.expect("an entry").path().join("renkei.db-wal"))
        .filter(|path| path.is_file())
        .collect();
    assert_eq!(kept.len(), 1);
    assert!(fs::read(&kept[0]).expect("kept") == log);
}

#[test]
fn a_lost_log_is_noticed() {
    let mut care = killed();
    fs::remove_file(care.path("data/renkei.db-wal")).expect("removed");
    let output = care.command(&["run"]);
    assert_eq!(output.status.code(), Some(2));
    let output = care.command(&["run", "--check", "--accept-store"]);
    let output = if output.status.success() {
        output
    } else {
        // Not even the tables were in the database yet.
        care.command(&["run", "--check", "--new-store"])
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    care.start();
    assert!(care.is_alive());
}

#[cfg(unix)]
#[test]
fn a_data_folder_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let [mut care, _] = offices([CARE, HELP]);
    fs::create_dir(care.path("data")).expect("made");
    let set = |mode| {
        fs::set_permissions(care.path("data"), fs::Permissions::from_mode(mode)).expect("set");
    };
    set(0o777);
    let output = care.command(&["run"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("store-exposed") && said.contains("chmod 700"), "{said}");
    assert_eq!(fs::read_dir(care.path("data")).expect("listed").count(), 0);
    set(0o700);
    care.start();
    let mode = fs::metadata(care.path("data/renkei.db")).expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
