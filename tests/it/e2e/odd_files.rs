//! Files in the drop folder that cannot be sent, or not yet.

use std::fs::{self, File};

use super::invariants;
use super::units::{PLAN, USAGE, Unit, export, sample, serial_of, together, withdrawal};
use crate::harness::{CARE, HELP, Office, offices, quoted, running, until};

/// The sets that are held, once so many are in the hold folder and in the store.
fn held_sets(office: &Office, count: usize) -> Option<Vec<(String, Vec<String>)>> {
    let sets: Vec<_> = office.sets("hold").into_iter().collect();
    let noted = office.sql("SELECT count(*) FROM held") == [count.to_string()];
    (noted && sets.len() == count).then_some(sets)
}

/// The one set that is held.
fn held_set(office: &Office) -> Option<(String, Vec<String>)> {
    held_sets(office, 1)?.pop()
}

fn read_held(office: &Office, folder: &str, name: &str) -> String {
    let path = office.path("hold").join(folder).join(name);
    fs::read_to_string(path).expect("a report in UTF-8")
}

#[test]
fn an_unknown_name_is_held_with_its_reports() {
    let [mut care, help] = running([CARE, HELP]);
    care.drop_file("メモ 山田花子.txt", "電話してください".as_bytes());
    let unit = withdrawal(CARE, 1);
    export(&care, &unit);
    let (folder, names) = until("held", || held_set(&care));
    assert!(folder.ends_with("_unknown"), "{folder}");
    assert_eq!(names, ["report.html", "report.json", "report.txt", "メモ 山田花子.txt"]);
    let report = read_held(&care, &folder, "report.txt");
    assert!(report.starts_with('\u{feff}') && report.len() > 20, "{report:?}");
    let json: serde_json::Value =
        serde_json::from_str(&read_held(&care, &folder, "report.json")).expect("JSON");
    assert_eq!((&json["schema"], &json["verdict"]), (&"renkei.report/1".into(), &"fail".into()));
    let kept = fs::read(care.path("hold").join(&folder).join("メモ 山田花子.txt")).expect("read");
    assert_eq!(kept, "電話してください".as_bytes());
    until("the good one", || care.has_sent("HANDED_OVER", 1));
    assert_eq!(help.files("import"), unit);
    assert!(care.files("drop").is_empty() && care.is_alive());
    assert!(!care.log().contains("山田"));
}

#[test]
fn a_unit_with_errors_is_held_and_the_next_one_goes() {
    let [care, help] = running([CARE, HELP]);
    let mut broken = sample(USAGE, "20260520111500");
    let plan = broken.keys().find(|name| name.starts_with("UPPLAN")).expect("a plan").clone();
    broken.get_mut(&plan).expect("a plan").extend(b"202407,271001,not a number\r\n");
    let good = sample(USAGE, "20260520111501");
    export(&care, &broken);
    export(&care, &good);
    let (folder, names) = until("held", || held_set(&care));
    assert_eq!(folder, format!("20260520111500_{CARE}_{HELP}"));
    let mut expected: Vec<_> = broken.keys().cloned().collect();
    expected.extend(["report.html", "report.json", "report.txt"].map(str::to_owned));
    expected.sort();
    assert_eq!(names, expected);
    for (name, bytes) in &broken {
        assert_eq!(&fs::read(care.path("hold").join(&folder).join(name)).expect("read"), bytes);
    }
    let report = read_held(&care, &folder, "report.txt");
    assert!(report.contains(&plan), "{report}");
    until("the good one", || care.has_sent("HANDED_OVER", 1));
    assert_eq!(help.files("import"), good);
    until("its row", || (care.sql("SELECT count(*) FROM held") == ["1"]).then_some(()));
    assert_eq!(care.sql("SELECT state FROM journal WHERE message_id IS NULL"), ["HELD"]);
}

#[test]
fn a_unit_for_somebody_unknown_or_of_somebody_else_is_held() {
    let [mut care, help] = offices([CARE, HELP]);
    care.forget_peer(HELP);
    care.start();
    export(&care, &withdrawal(CARE, 1));
    export(&care, &withdrawal(HELP, 1));
    until("both held", || held_sets(&care, 2));
    let reasons = care.sql("SELECT reason FROM held ORDER BY reason");
    assert_eq!(reasons, ["not-this-office", "unknown-partner"]);
    let report = read_held(&care, &format!("20260601000001_{CARE}_{HELP}"), "report.txt");
    assert!(report.contains("unknown-partner") && report.contains(HELP), "{report}");
    drop(help);
}

#[test]
fn a_unit_in_an_edition_that_the_partner_cannot_import_is_held() {
    let [mut care, help] = offices([CARE, HELP]);
    care.set_peer(HELP, "edition", quoted("v3"));
    care.start();
    export(&care, &sample(USAGE, "20260520111500"));
    let (folder, _) = until("held", || held_set(&care));
    until("its row", || (care.sql("SELECT count(*) FROM held") == ["1"]).then_some(()));
    assert_eq!(care.sql("SELECT reason FROM held"), ["edition-not-accepted"]);
    let report = read_held(&care, &folder, "report.txt");
    assert!(report.contains("imports edition v3 only") || report.contains("V3"), "{report}");
    assert!(help.files("import").is_empty());
}

#[test]
fn a_unit_that_loses_nothing_goes_in_the_edition_of_the_partner() {
    let [mut care, mut help] = offices([CARE, HELP]);
    care.set_peer(HELP, "edition", quoted("v3"));
    care.start();
    help.start();
    let unit = withdrawal(CARE, 1);
    export(&care, &unit);
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    let (name, bytes) = unit.first_key_value().expect("one file");
    let name = name.replace("_43_", "_").replace("_11_", "_");
    let text = String::from_utf8_lossy(bytes).replace("202407", "202208");
    assert_eq!(help.files("import"), Unit::from([(name, text.into_bytes())]));
    let packed = care.sql("SELECT detail FROM journal WHERE state = 'PACKED'");
    assert_eq!(packed, ["converted-from-v4.1"]);
    let history = care.command(&["history"]);
    let history = String::from_utf8(history.stdout).expect("UTF-8");
    assert!(history.contains("converted from v4.1"), "{history}");
    invariants::check(&care, &help, 1);
    // What the office keeps is what it signed.
    let (folder, names) = until("a copy", || care.sets("sent").pop_first());
    let copy = fs::read(care.path("sent").join(folder).join(&names[0])).expect("a copy");
    assert_eq!(Unit::from([(names[0].clone(), copy)]), help.files("import"));
}

#[test]
fn an_incomplete_unit_waits_for_its_files_and_is_held_in_the_end() {
    let [mut care, mut help] = offices([CARE, HELP]);
    care.set("timing", "set_wait", "\"8s\"");
    care.start();
    help.start();
    let (late, never) = (sample(PLAN, "20260520101500"), sample(USAGE, "20260520111500"));
    let split = |unit: &Unit| {
        let mut first = unit.clone();
        let last = first.pop_last().expect("several files");
        (first, last)
    };
    let (first, (last_name, last_bytes)) = split(&late);
    let (started, _) = split(&never);
    export(&care, &first);
    until("looked at and given back", || {
        let taken_up = care.log().contains("a set waits for its other files");
        (taken_up && care.files("drop") == first).then_some(())
    });
    // What comes after it does not overtake it.
    let next = withdrawal(CARE, 1);
    export(&care, &next);
    care.drop_file(&last_name, &last_bytes);
    until("sent when complete", || care.has_sent("HANDED_OVER", 2));
    let order = care.sql("SELECT serial FROM outgoing ORDER BY sequence");
    assert_eq!(order, [serial_of(&late), serial_of(&next)]);
    let arrived = together([&late, &next]);
    assert_eq!(help.files("import"), arrived);
    assert!(care.sets("hold").is_empty());

    export(&care, &started);
    let (folder, names) = until("held", || held_set(&care));
    assert_eq!(folder, format!("20260520111500_{CARE}_{HELP}"));
    assert_eq!(names.len(), started.len() + 3);
    let report = read_held(&care, &folder, "report.txt");
    assert!(report.contains("UPSIKYU"), "the report names the missing file: {report}");
    assert!(care.files("drop").is_empty() && help.files("import") == arrived);
}

#[test]
fn odd_entries_stay_and_others_go() {
    let [mut care, mut help] = offices([CARE, HELP]);
    care.set("limits", "file_size", "\"16KiB\"");
    care.start();
    help.start();
    let drop = care.path("drop");
    let outside = care.path("outside/secret.CSV");
    fs::write(&outside, "secret").expect("written");
    // On Windows links need a privilege, and names are always Unicode.
    let odd = if cfg!(unix) { 5 } else { 3 };
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt as _;
        let linked = withdrawal(CARE, 7).pop_first().expect("a file").0;
        std::os::unix::fs::symlink(&outside, drop.join(&linked)).expect("a link");
        let raw_name = std::ffi::OsStr::from_bytes(b"\x8e\x52\x93\x63.CSV");
        fs::write(drop.join(raw_name), "x").expect("written");
    }
    fs::create_dir(drop.join("古いファイル")).expect("a folder");
    // On Windows in the form `\\?\…`, in which a device name is one like any other.
    let verbatim = fs::canonicalize(&drop).expect("there");
    fs::write(verbatim.join("NUL.csv"), "x").expect("written");
    fs::write(drop.join("a\u{202E}VSC.exe"), "x").expect("written");
    let huge = withdrawal(CARE, 8).pop_first().expect("a file").0;
    care.drop_file(&huge, &vec![b'x'; 17 << 10]);

    // What another program still has open and locked is not taken.
    let locked = withdrawal(CARE, 9);
    let (name, bytes) = locked.first_key_value().expect("a file");
    let beside = care.path("outside").join(name);
    fs::write(&beside, bytes).expect("written");
    let open = File::options().append(true).open(&beside).expect("opened");
    open.lock().expect("locked");
    fs::rename(&beside, drop.join(name)).expect("renamed");

    let good = withdrawal(CARE, 10);
    export(&care, &good);
    until("the good one", || care.has_sent("HANDED_OVER", 1));
    assert_eq!(help.files("import"), good);
    let left = fs::read_dir(&drop).expect("listed").count();
    assert_eq!(left, odd + 2, "every odd entry is still there, and the mark of the folder");
    assert!(care.is_alive());
    let (held, _) = until("the large one", || care.sets("hold").pop_first());
    assert!(read_held(&care, &held, "report.txt").contains("file-too-large"));
    let log = care.log();
    let told = log.lines().filter(|line| {
        line.contains("in the drop folder cannot be taken") && !line.contains("drop-file-in-use")
    });
    let told = told.count();
    assert_eq!(told, odd, "each kind is told once");
    assert!(!log.contains("古い") && !log.contains("VSC"), "names of people stay out of the log");

    std::mem::drop(open);
    until("the locked one", || care.has_sent("HANDED_OVER", 2));
    assert_eq!(help.files("import"), together([&good, &locked]));
    assert_eq!(fs::read(&outside).expect("read"), b"secret");
}

/// A file that the account of the node may not read keeps only its own unit back.
#[cfg(unix)]
#[test]
fn an_unreadable_file_waits_for_its_permission() {
    use std::os::unix::fs::PermissionsExt as _;

    const NOBODY: u32 = 65_534;
    let [mut care, mut help] = offices([CARE, HELP]);
    let (closed, good) = (withdrawal(CARE, 1), withdrawal(CARE, 2));
    export(&care, &closed);
    let path = care.path("drop").join(closed.first_key_value().expect("a file").0);
    let permit = |mode| {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("permitted");
    };
    permit(0o000);
    // To root nothing is closed.
    if fs::read(&path).is_ok() {
        care.run_as(NOBODY);
    }
    care.start();
    help.start();
    export(&care, &good);
    until("the good one", || care.has_sent("HANDED_OVER", 1));
    assert_eq!(help.files("import"), good);
    until("told", || care.log().contains("folder-denied").then_some(()));
    assert!(path.exists() && care.is_alive());
    permit(0o644);
    until("the other one", || care.has_sent("HANDED_OVER", 2));
    assert_eq!(help.files("import"), together([&closed, &good]));
}
