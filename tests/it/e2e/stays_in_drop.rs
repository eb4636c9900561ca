//! What would stay in the drop folder for ever.

use std::fs;

use super::units::{export, withdrawal};
use crate::harness::{CARE, HELP, offices, quoted, until};

/// Case decides only where the file system tells them apart.
#[cfg(target_os = "linux")]
#[test]
fn files_of_one_name_are_held_together() {
    let [mut care, mut help] = offices([CARE, HELP]);
    let (name, bytes) = withdrawal(CARE, 1).pop_first().expect("a file");
    let twin = name.to_lowercase();
    care.drop_file(&name, &bytes);
    care.drop_file(&twin, b"another");
    care.start();
    help.start();
    let (folder, names) = until("held", || care.sets("hold").pop_first());
    assert_eq!(names.len(), 4, "{names:?}");
    let numbered = twin.replace(".csv", "-2.csv");
    let held = care.files(&format!("hold/{folder}"));
    assert_eq!((&held[&name], &held[&numbered][..]), (&bytes, &b"another"[..]));
    let report = String::from_utf8(held["report.txt"].clone()).expect("UTF-8");
    assert!(report.contains("same-name-in-drop"), "{report}");
    until("noted", || (care.sql("SELECT reason FROM held") == ["same-name-in-drop"]).then_some(()));
    assert!(care.files("drop").is_empty());
    export(&care, &withdrawal(CARE, 2));
    until("the next one", || care.has_sent("HANDED_OVER", 1));
}

#[test]
fn a_file_above_the_limit_is_held_and_never_read() {
    let [mut care, mut help] = offices([CARE, HELP]);
    care.set("limits", "file_size", quoted("16KiB"));
    care.start();
    help.start();
    let (name, _) = withdrawal(CARE, 1).pop_first().expect("a file");
    care.drop_file(&name, &vec![b'x'; 17 << 10]);
    let (folder, names) = until("held", || care.sets("hold").pop_first());
    assert_eq!(names, [name.clone(), "report.html".to_owned(), "report.txt".to_owned()]);
    assert_eq!(care.files(&format!("hold/{folder}"))[&name].len(), 17 << 10);
    assert!(care.files("drop").is_empty());
}

/// More of them than one look returns, all before the good one.
#[cfg(unix)]
#[test]
fn files_that_cannot_be_read_hide_no_good_unit() {
    use std::os::unix::fs::PermissionsExt as _;

    const NOBODY: u32 = 65_534;
    const CLOSED: u32 = 1_100;
    let [mut care, mut help] = offices([CARE, HELP]);
    let mut last = None;
    for number in 0..CLOSED {
        let (name, bytes) = withdrawal(CARE, number).pop_first().expect("a file");
        let path = care.path("drop").join(name);
        fs::write(&path, bytes).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).expect("closed");
        last = Some(path);
    }
    let last = last.expect("one");
    if fs::read(&last).is_ok() {
        care.run_as(NOBODY);
    }
    let good = withdrawal(CARE, CLOSED + 1);
    let (name, bytes) = good.first_key_value().expect("a file");
    fs::write(care.path("drop").join(name), bytes).expect("written");
    fs::set_permissions(care.path("drop").join(name), fs::Permissions::from_mode(0o644))
        .expect("open");
    care.start();
    help.start();
    until("the good one", || care.has_sent("HANDED_OVER", 1));
    assert_eq!(help.files("import"), good);
    let log = care.log();
    let told = log.lines().filter(|line| line.contains("WARN") && line.contains("drop"));
    assert!(told.count() < 10, "a line for each of them");
    assert!(log.contains("folder-denied"), "told");
    // What is mended is taken.
    fs::set_permissions(&last, fs::Permissions::from_mode(0o644)).expect("open");
    until("the mended one", || care.has_sent("HANDED_OVER", 2));
}
