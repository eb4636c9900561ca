//! Files whose writer is not done yet.

use std::fs::{self, File};
use std::io::Write as _;

use super::units::{Unit, export, withdrawal};
use crate::harness::{CARE, HELP, Office, offices, quoted, until};

/// A unit of one file with two records.
fn two_records(number: u32) -> (String, Vec<u8>, Vec<u8>) {
    let (name, first) = withdrawal(CARE, number).pop_first().expect("a file");
    let (_, second) = withdrawal(CARE, number + 1_000).pop_first().expect("a file");
    (name, first, second)
}

/// Waits until the office has sent another unit, which needs no longer than a file that stands
/// still.
fn another_is_sent(care: &Office, help: &Office, number: u32) {
    let unit = withdrawal(CARE, number);
    let name = unit.keys().next().expect("a file").clone();
    export(care, &unit);
    until("another unit", || help.files("import").contains_key(&name).then_some(()));
}

/// Looked at only for the first file's pause: units before it, so that it is in nobody's way.
fn exactly_the_whole_file_arrives(care: &Office, help: &Office, number: u32) {
    let (name, first, second) = two_records(number);
    let mut writer = File::create(care.path("drop").join(&name)).expect("made");
    writer.write_all(&first).expect("written");
    // The pause at the end of a record is longer than several settle times.
    for before in 1..4 {
        another_is_sent(care, help, number - before);
    }
    assert!(care.path("drop").join(&name).exists(), "it was taken in the middle");
    writer.write_all(&second).expect("written");
    drop(writer);
    let whole = [first, second].concat();
    until("the whole file", || help.files("import").remove(&name).filter(|bytes| *bytes == whole));
    assert!(care.sets("hold").is_empty() && care.files("drop").is_empty());
}

#[test]
fn a_file_whose_writer_pauses_arrives_whole() {
    let [mut care, mut help] = offices([CARE, HELP]);
    care.start();
    help.start();
    exactly_the_whole_file_arrives(&care, &help, 100);
}

/// The account of the node may not look into the process that writes; what the kernel tells of the
/// folder is enough.
#[cfg(target_os = "linux")]
#[test]
fn a_writer_that_cannot_be_seen_is_waited_for_too() {
    const NOBODY: u32 = 65_534;
    let [mut care, mut help] = offices([CARE, HELP]);
    let is_root = std::os::unix::fs::MetadataExt::uid(&fs::metadata("/proc/self").expect("there"));
    if is_root == 0 {
        care.run_as(NOBODY);
    }
    care.start();
    help.start();
    exactly_the_whole_file_arrives(&care, &help, 200);
}

/// The file was there before the node began to watch, by a writer that it may not look into: the
/// longer time passes, the first record goes, and what comes then is noticed.
#[cfg(target_os = "linux")]
#[test]
fn a_file_that_grows_after_it_was_taken_is_told() {
    const NOBODY: u32 = 65_534;
    let [mut care, mut help] = offices([CARE, HELP]);
    // To root every process is open.
    let root = std::os::unix::fs::MetadataExt::uid(&fs::metadata("/proc/self").expect("there"));
    if root != 0 {
        return;
    }
    care.run_as(NOBODY);
    care.set("timing", "settle_unknown", quoted("3s"));
    let (name, first, second) = two_records(300);
    let mut writer = File::create(care.path("drop").join(&name)).expect("made");
    std::os::unix::fs::fchown(&writer, Some(NOBODY), None).expect("root");
    writer.write_all(&first).expect("written");
    care.start();
    help.start();
    until("taken", || (!care.path("drop").join(&name).exists()).then_some(()));
    until("packed", || (care.sql("SELECT count(*) FROM outgoing") == ["1"]).then_some(()));
    writer.write_all(&second).expect("written");
    let (folder, names) = until("told", || care.sets("hold").pop_first());
    assert_eq!(folder, format!("20260601000500_{CARE}_{HELP}-changed"));
    assert_eq!(names, [name.clone(), "report.html".to_owned(), "report.txt".to_owned()]);
    let held = care.path("hold").join(&folder);
    assert_eq!(fs::read(held.join(&name)).expect("read"), [&first[..], &second].concat());
    let report = fs::read_to_string(held.join("report.txt")).expect("read");
    assert!(report.contains(&format!("the {} bytes that were signed", first.len())), "{report}");
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    let signed = Unit::from([(name.clone(), first)]);
    assert_eq!(help.files("import"), signed);
    let sent = format!("sent/20260601000500_{CARE}_{HELP}");
    until("a copy", || (care.files(&sent) == signed).then_some(()));
    until("noted", || {
        (care.sql("SELECT reason FROM held") == ["changed-after-packing"]).then_some(())
    });
}

#[test]
fn an_empty_file_may_still_be_written() {
    let [mut care, mut help] = offices([CARE, HELP]);
    care.set("timing", "set_wait", quoted("6s"));
    care.start();
    help.start();
    let (name, bytes) = withdrawal(CARE, 20).pop_first().expect("a file");
    care.drop_file(&name, b"");
    let next = withdrawal(CARE, 10);
    export(&care, &next);
    until("another one", || care.has_sent("HANDED_OVER", 1));
    until("waited for", || care.log().contains("a set waits").then_some(()));
    assert!(care.sets("hold").is_empty());
    fs::write(care.path("drop").join(&name), &bytes).expect("written");
    until("sent when it was filled", || care.has_sent("HANDED_OVER", 2));
    assert_eq!(help.files("import")[&name], bytes);

    // One that stays empty is held in the end.
    let (name, _) = withdrawal(CARE, 30).pop_first().expect("a file");
    care.drop_file(&name, b"");
    let (_, names) = until("held", || care.sets("hold").pop_first());
    assert!(names.contains(&name), "{names:?}");
}
