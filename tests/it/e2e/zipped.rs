//! ZIPs that somebody puts into the drop folder.

use std::fs;
use std::io::{Cursor, Write as _};
use std::thread;
use std::time::Duration;

use zip::write::{SimpleFileOptions, ZipWriter};

use super::crashes::Random;
use super::units::{PLAN, Unit, export, sample, together, withdrawal};
use crate::harness::{CARE, HELP, Office, running, until};

/// A ZIP of files, in a folder of it.
fn packed(folder: &str, files: &Unit) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(format!("{folder}{name}"), SimpleFileOptions::default()).expect("begun");
        zip.write_all(bytes).expect("written");
    }
    zip.finish().expect("a ZIP").into_inner()
}

fn dropped(office: &Office, name: &str, bytes: Vec<u8>) {
    export(office, &Unit::from([(name.to_owned(), bytes)]));
}

#[test]
fn the_files_of_a_zip_are_sent_as_if_they_had_been_dropped() {
    let [care, help] = running([CARE, HELP]);
    let (one, other) = (sample(PLAN, "20260520101500"), withdrawal(CARE, 7));
    dropped(&care, "4月分.zip", packed("4月/", &together([&one, &other])));
    until("handed over", || care.has_sent("HANDED_OVER", 2));
    assert_eq!(help.files("import"), together([&one, &other]));
    assert!(care.files("drop").is_empty() && care.sets("hold").is_empty());
    until("nothing in work", || care.sets(".renkei-work-drop").is_empty().then_some(()));

    // What lies beside them is told, and not lost.
    let mut mixed = withdrawal(CARE, 8);
    mixed.insert("memo.txt".to_owned(), b"hello".to_vec());
    dropped(&care, "mixed.ZIP", packed("", &mixed));
    until("handed over", || care.has_sent("HANDED_OVER", 3));
    let set = until("told", || care.sets("hold").pop_first());
    assert!(set.1.contains(&"memo.txt".to_owned()), "{set:?}");
}

#[test]
fn a_zip_that_is_none_or_a_trap_is_held_with_a_plain_text() {
    let [care, _help] = running([CARE, HELP]);
    let unit = withdrawal(CARE, 1);
    let name = unit.keys().next().expect("a file").clone();
    let good = packed("", &unit);
    let mut cut = good.clone();
    cut.truncate(good.len() / 2);
    let twice = {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for folder in ["a", "b"] {
            zip.start_file(format!("{folder}/{name}"), SimpleFileOptions::default())
                .expect("begun");
            zip.write_all(folder.as_bytes()).expect("written");
        }
        zip.finish().expect("a ZIP").into_inner()
    };
    let out = packed("../", &unit);
    let odd = [
        ("cut.zip", cut),
        ("text.zip", b"no ZIP".to_vec()),
        ("twice.zip", twice),
        ("out.zip", out),
    ];
    for (number, (name, bytes)) in (1..).zip(odd) {
        dropped(&care, name, bytes.clone());
        let held = || care.sql("SELECT reason FROM held");
        until(name, || (held().len() == number).then_some(()));
        assert!(held().iter().all(|reason| reason == "zip-not-taken"), "{:?}", held());
        let folder = care.sql("SELECT folder FROM held ORDER BY id DESC LIMIT 1").remove(0);
        assert_eq!(care.files(&format!("hold/{folder}"))[name], bytes, "as it was");
        let report = fs::read_to_string(care.path("hold").join(&folder).join("report.txt"));
        let report = report.expect("a report in UTF-8");
        assert!(report.contains("zip-not-taken") && report.contains("ZIP"), "{report}");
    }
    assert!(care.files("drop").is_empty());
    assert_eq!(care.sql("SELECT count(*) FROM outgoing"), ["0"]);
}

/// Whenever it is killed: every file of a ZIP is sent, and none twice.
#[test]
fn no_kill_loses_a_zip_or_sends_it_twice() {
    const UNITS: u32 = 12;
    let [mut care, help] = running([CARE, HELP]);
    let mut random = Random::new();
    let mut all: Vec<Unit> = Vec::new();
    for wave in 0..4 {
        let units: Vec<Unit> =
            (0..UNITS).map(|number| withdrawal(CARE, 100 + wave * UNITS + number)).collect();
        dropped(&care, &format!("{wave}.zip"), packed("", &together(&units)));
        all.extend(units);
        thread::sleep(Duration::from_millis(random.below(400)));
        care.kill();
        care.start();
    }
    until("all of it", || care.has_sent("HANDED_OVER", all.len()));
    assert_eq!(help.files("import"), together(&all));
    assert_eq!(care.sql("SELECT count(*) FROM outgoing"), [all.len().to_string()]);
    assert!(care.files("drop").is_empty() && care.sets("hold").is_empty());
}
