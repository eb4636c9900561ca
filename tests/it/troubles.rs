//! What goes wrong in an office: a full disk, a lost file, a new PC, a folder that is away.

use std::fs;
use std::time::{Duration, Instant};

use crate::e2e::units::{Unit, export};
use crate::harness::{CARE, DAY, HELP, name_of, offices, running, until};

fn service(number: &str) -> &'static str {
    match number {
        CARE => "43",
        HELP => "11",
        _ => "15",
    }
}

/// A withdrawal from a service office to [`CARE`], or of [`CARE`] to one: a unit of one file.
fn withdrawal(from: &str, to: &str, number: u32) -> Unit {
    let serial = format!("202606010000{number:02}");
    let (own, other) = (service(from), service(to));
    let person = format!("{:010}", 900_000 + number);
    let (name, record) = if from == CARE {
        (
            format!("DLTPLAN_202606_{from}_{own}_{to}_{other}_{serial}.CSV"),
            format!("202407,271001,{person},202606\r\n"),
        )
    } else {
        (
            format!("DLTJSK_202606_{from}_{own}_{to}_{other}_{serial}.CSV"),
            format!("202407,271001,{person},202606,{from},{own}\r\n"),
        )
    };
    Unit::from([(name, record.into_bytes())])
}

/// A care plan of several files from [`CARE`] to [`HELP`].
fn plan() -> Unit {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("spec/samples/care-plan");
    let entries = fs::read_dir(folder).expect("samples").map(|entry| entry.expect("an entry"));
    let read = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().expect("Unicode");
        (name, fs::read(entry.path()).expect("read"))
    };
    entries.map(read).collect()
}

/// The later 連番 is complete at once, the earlier one is still being exported.
#[test]
fn a_unit_waits_for_an_earlier_one_whose_files_still_come() {
    let [mut care, mut help] = offices([CARE, HELP]);
    care.set("timing", "set_wait", "\"30s\"");
    care.start();
    help.start();
    let mut first = plan();
    let (late_name, late_bytes) = first.pop_last().expect("several files");
    let second = withdrawal(CARE, HELP, 1);
    export(&care, &first);
    export(&care, &second);
    until("looked at", || care.log().contains("a set waits for its other files").then_some(()));
    assert_eq!(care.sql("SELECT count(*) FROM outgoing"), ["0"], "the later one went ahead");
    care.drop_file(&late_name, &late_bytes);
    until("both", || care.has_sent("HANDED_OVER", 2));
    let serials = care.sql("SELECT serial FROM outgoing ORDER BY sequence");
    assert_eq!(serials, ["20260520101500", "20260601000001"]);
    let placed = help.sql("SELECT serial FROM journal WHERE state = 'PLACED' ORDER BY id");
    assert_eq!(placed, serials);
}

/// Files that go to and fro in vain make changes in the drop folder, and changes wake the node.
#[test]
fn a_full_store_is_tried_again_in_peace() {
    let [mut care, _help] = offices([CARE, HELP]);
    care.set("limits", "store_size", "\"4KiB\"");
    care.start();
    export(&care, &plan());
    // Told once, while it is tried again and again: the files went to work and came back.
    until("noticed", || care.log().contains("store-full").then_some(()));
    let started = Instant::now();
    until("tried for some time", || (started.elapsed() > Duration::from_secs(12)).then_some(()));
    let told = care.log().matches("the drop folder waits").count();
    assert_eq!(told, 1, "{}", care.log());
    assert!(!care.files("drop").is_empty() && care.is_alive());
}

/// The hold folder fails for a while: the set is held once, not once for every attempt.
#[test]
fn a_set_is_held_once_however_often_it_failed() {
    let [mut care, _help] = running([CARE, HELP]);
    let (hold, away) = (care.path("hold"), care.path("hold-away"));
    fs::rename(&hold, &away).expect("renamed");
    care.drop_file("note.txt", b"?");
    until("failed twice", || {
        (care.log().matches("a set cannot be taken").count() >= 2).then_some(())
    });
    assert_eq!(care.sql("SELECT count(*) FROM held"), ["0"]);
    fs::rename(&away, &hold).expect("renamed");
    until("held", || (care.sets("hold").len() == 1).then_some(()));
    until("told", || (care.sql("SELECT count(*) FROM held") == ["1"]).then_some(()));
    assert_eq!(care.sql("SELECT count(*) FROM journal WHERE state = 'HELD'"), ["1"]);
    assert!(care.files("drop").is_empty() && care.is_alive());

    // The same set once more is another one, beside the first.
    care.drop_file("note.txt", b"other");
    until("held too", || (care.sql("SELECT count(*) FROM held") == ["2"]).then_some(()));
    let folders = care.sql("SELECT folder FROM held ORDER BY folder");
    assert_eq!(folders, care.sets("hold").into_keys().collect::<Vec<_>>());
}

/// The recipient begins anew with an empty store, as on a new PC: its receipts still arrive.
#[test]
fn a_partner_with_a_new_store_is_understood() {
    let [mut care, mut help] = offices([CARE, HELP]);
    help.set("timing", "order_wait", "\"1s\"");
    care.start();
    help.start();
    for number in 1..=3 {
        export(&care, &withdrawal(CARE, HELP, number));
        let count = usize::try_from(number).expect("few");
        until("handed over", || care.has_sent("HANDED_OVER", count));
    }
    help.kill();
    fs::remove_dir_all(help.path("data")).expect("removed");
    // What tells that there was a store goes with it, as on a new PC.
    for entry in fs::read_dir(help.path("")).expect("listed") {
        let path = entry.expect("an entry").path();
        if name_of(&path).starts_with(".renkei-store-") {
            fs::remove_file(path).expect("removed");
        }
    }
    help.start();
    export(&care, &withdrawal(CARE, HELP, 4));
    until("handed over by the new one", || care.has_sent("HANDED_OVER", 4));
}

/// One package in the store is gone, say into the quarantine of a virus scanner: the packages of
/// others are placed all the same.
#[test]
fn a_package_that_the_disk_lost_keeps_no_other_sender_back() {
    let [mut care, help, day] = running([CARE, HELP, DAY]);
    let (import, away) = (care.path("import-actuals"), care.path("away"));
    fs::rename(&import, &away).expect("renamed");
    export(&help, &withdrawal(HELP, CARE, 1));
    until("taken and not placed", || help.has_sent("CONSIGNED", 1));
    care.kill();
    let store = rusqlite::Connection::open(care.path("data/renkei.db")).expect("the store");
    store
        .execute("UPDATE incoming SET place = 'beside', payload = NULL, next_at = 0", [])
        .expect("changed");
    drop(store);
    fs::rename(&away, &import).expect("renamed");
    care.start();
    let unit = withdrawal(DAY, CARE, 2);
    export(&day, &unit);
    until("the other sender's", || day.has_sent("HANDED_OVER", 1));
    assert_eq!(care.files("import-actuals"), unit);
    assert!(care.log().contains("a stored package cannot be opened"));
}
