//! `[store] key_file`: who gets the disk reads no package, and the node says what it needs the key for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use renkei::certs::files::Access;

use super::units::{PLAN, Unit, export, sample};
use crate::harness::{CARE, HELP, Office, offices, quoted, until};

/// Records that nobody else writes: each of them is long, and whole.
fn canaries(unit: &Unit) -> Vec<Vec<u8>> {
    let lines = unit.values().flat_map(|bytes| bytes.split(|byte| *byte == b'\n'));
    let lines: Vec<Vec<u8>> = lines.filter(|line| line.len() > 40).map(<[u8]>::to_vec).collect();
    assert!(lines.len() > 3, "a sample with long records");
    lines
}

fn everything_below(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let (mut open, mut found) = (vec![folder.to_owned()], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).expect("listed") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if let Ok(bytes) = fs::read(&path) {
                found.push((path, bytes));
            }
        }
    }
    found
}

/// The files of the data folder in which one of the canaries stands.
fn readable(office: &Office, canaries: &[Vec<u8>]) -> Vec<PathBuf> {
    let holds = |bytes: &[u8], canary: &[u8]| {
        let Some(first) = canary.first() else { return false };
        let places = bytes.iter().enumerate().filter(|(_, byte)| *byte == first);
        places.into_iter().any(|(place, _)| bytes[place..].starts_with(canary))
    };
    let files = everything_below(&office.path("data")).into_iter();
    let readable = files.filter(|(_, bytes)| canaries.iter().any(|canary| holds(bytes, canary)));
    readable.map(|(path, _)| path).collect()
}

fn refused(office: &Office) -> String {
    let run = office.command(&["run"]);
    assert_eq!(run.status.code(), Some(2), "{run:?}");
    said(&run)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn packages_of_a_store_with_a_key_are_nowhere_to_be_read() {
    let [mut care, mut help] = offices([CARE, HELP]);
    help.set("store", "key_file", quoted("keys/store.key"));
    help.start();
    care.start();
    let mut unit = sample(PLAN, "20260520101500");
    let canaries = canaries(&unit);
    export(&care, &unit);
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    // One that lies beside the database, because it is large.
    let page = [b"%PDF-1.4\n".to_vec(), vec![b'7'; 2 << 20], b"\n%%EOF\n".to_vec()].concat();
    let month = care.path(&format!("drop/{HELP}/2026-05"));
    fs::create_dir_all(&month).expect("made");
    fs::write(care.path("outside/page.pdf"), &page).expect("written");
    fs::rename(care.path("outside/page.pdf"), month.join("page.pdf")).expect("renamed");
    until("the attachment", || care.has_sent("HANDED_OVER", 2));
    let large = vec![vec![b'7'; 4096]];
    assert!(!everything_below(&help.path("data/packages")).is_empty(), "it lies beside");
    // Where there is no key, both can be read: they are what is looked for.
    assert!(!readable(&care, &canaries).is_empty() && !readable(&care, &large).is_empty());
    for looked_for in [&canaries, &large] {
        assert_eq!(readable(&help, looked_for), Vec::<PathBuf>::new());
    }

    // It goes on with the key after it was killed, also with what came before.
    help.kill();
    for looked_for in [&canaries, &large] {
        assert_eq!(readable(&help, looked_for), Vec::<PathBuf>::new(), "after the kill");
    }
    help.start();
    unit = sample(PLAN, "20260520101501");
    export(&care, &unit);
    until("handed over", || care.has_sent("HANDED_OVER", 3));
    let verified = help.command(&["verify", "--all"]);
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
    help.kill();

    let key = help.path("keys/store.key");
    let kept = fs::read_to_string(&key).expect("a key");
    // Without its file, with another one, and with none configured.
    fs::remove_file(&key).expect("removed");
    let without = refused(&help);
    assert!(without.contains("store.key"), "{without}");
    assert!(!key.exists(), "no new key is made for a store that has one");
    help.put_key_file("store.key", &format!("{}\n", "a".repeat(64)), Access::Secret);
    let other = refused(&help);
    assert!(other.contains("store.key") && other != without, "{other}");
    help.set("store", "key_file", quoted("keys/another.key"));
    let renamed = refused(&help);
    assert!(renamed.contains("another.key"), "{renamed}");
    assert!(!help.path("keys/another.key").exists());
    help.put_key_file("another.key", &kept, Access::Secret);
    help.start();
    export(&care, &sample(PLAN, "20260520101502"));
    until("handed over", || care.has_sent("HANDED_OVER", 4));
}
