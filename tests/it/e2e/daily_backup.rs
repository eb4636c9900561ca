//! `[backup]`: a node makes its own backups, keeps generations of them, and says where it cannot.

use std::fs;
use std::path::{Path, PathBuf};

use renkei::certs::files::Access;
use serde_json::Value;

use crate::harness::{CARE, HELP, Office, name_of, offices, quoted, until, visible};

const PASSPHRASE: &str = "correct horse battery staple";

/// Has the node of an office make backups, from its next start or reading on.
fn backups_of(office: &mut Office) -> PathBuf {
    office.put_key_file("backup-passphrase.txt", &format!("{PASSPHRASE}\n"), Access::Secret);
    office.set("backup", "folder", quoted("backups"));
    office.set("backup", "passphrase_file", quoted("keys/backup-passphrase.txt"));
    office.path("backups")
}

fn names(folder: &Path) -> Vec<String> {
    visible(folder).iter().map(|path| name_of(path)).collect()
}

/// The codes of the conditions that stand about backups.
fn told(office: &Office) -> Vec<String> {
    let output = office.command(&["status", "--json"]);
    let status: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let notices = status["notices"].as_array().expect("conditions").iter();
    let of_backups = notices.filter(|notice| notice["about"] == "backup");
    of_backups.map(|notice| notice["code"].as_str().expect("a code").to_owned()).collect()
}

fn record(office: &Office) -> Option<Value> {
    serde_json::from_str(&fs::read_to_string(office.path("data/backups.json")).ok()?).ok()
}

/// Makes the last good backup look as if it were of long ago.
fn long_ago(office: &Office) {
    let mut record = record(office).expect("a record");
    record["last"]["at"] = "2020-01-05T00:00:00Z".into();
    fs::write(office.path("data/backups.json"), record.to_string()).expect("written");
}

#[test]
fn backups_are_made_kept_for_generations_and_made_up_for() {
    let [mut care, _] = offices([CARE, HELP]);
    let folder = backups_of(&mut care);
    care.set("backup", "keep_daily", "2");
    care.set("backup", "keep_weekly", "0");
    care.set("backup", "keep_monthly", "0");
    fs::create_dir(&folder).expect("made");
    care.start();
    // The first one at once: what is configured wrongly shows before it is needed.
    let first = until("the first backup", || match names(&folder).as_slice() {
        [name] if !name.contains(".part") && record(&care).is_some() => Some(name.clone()),
        _ => None,
    });
    assert!(first.starts_with(&format!("renkei-auto-{CARE}-")), "{first}");
    let passphrase = care.path("keys/backup-passphrase.txt");
    let home = care.path("");
    let check = |path: &Path| {
        let arguments = [
            "--lang",
            "en",
            "backup",
            "check",
            path.to_str().expect("UTF-8"),
            "--passphrase-file",
            passphrase.to_str().expect("UTF-8"),
        ];
        crate::support::renkei(&arguments, &home)
    };
    let output = check(&folder);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.starts_with("OK") && said.contains("without keys"), "{said}");
    let status = care.command(&["status"]);
    let status = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(status.contains("last good automatic backup"), "{status}");
    let doctor = care.command(&["doctor"]);
    let doctor = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(doctor.contains("last good automatic backup"), "{doctor}");

    // While the computer is off for days. Of the old ones only those of this node are of it.
    care.kill();
    let old: Vec<_> =
        (1..=4).map(|day| format!("renkei-auto-{CARE}-2020010{day}-123000.zip.age")).collect();
    let others = [
        format!("renkei-auto-{HELP}-20200101-123000.zip.age"),
        "renkei-backup-20200101-123000.zip.age".to_owned(),
        "a photograph.jpg".to_owned(),
    ];
    let unfinished = format!("renkei-auto-{CARE}-20200105-123000.zip.age.part");
    for name in old.iter().chain(&others).chain([&unfinished]) {
        fs::write(folder.join(name), "x").expect("written");
    }
    long_ago(&care);
    care.start();
    let left = until("the backup that was missed", || {
        let names = names(&folder);
        let is_new = |name: &String| {
            name.starts_with(&format!("renkei-auto-{CARE}-"))
                && !old.contains(name)
                && *name > first
        };
        (names.iter().any(is_new) && !names.contains(&old[0])).then_some(names)
    });
    // The last one of two days: today's, and the last of the old ones.
    assert!(!left.contains(&first) && !left.contains(&unfinished), "{left:?}");
    assert!(!left.contains(&old[2]) && left.contains(&old[3]), "{left:?}");
    assert!(others.iter().all(|other| left.contains(other)), "{left:?}");
    assert_eq!(left.len(), 5, "{left:?}");
    assert_eq!(told(&care), Vec::<String>::new());
    let output = check(&folder);
    assert_eq!(output.status.code(), Some(1), "some are none: {output:?}");
}

#[test]
fn a_folder_that_is_away_is_told_and_taken_up_when_it_is_back() {
    let [mut care, _] = offices([CARE, HELP]);
    care.start();
    assert!(!care.log().contains("backup-not-made"));
    // Taken up live, like everything else.
    let folder = backups_of(&mut care);
    let checked = care.command(&["run", "--check"]);
    assert_eq!(checked.status.code(), Some(2), "{checked:?}");
    assert!(String::from_utf8_lossy(&checked.stderr).contains("is not there"), "{checked:?}");
    care.write_config();
    until("it is told", || (told(&care) == ["backup-not-made"]).then_some(()));
    assert!(!folder.exists(), "a disk that is not connected is not made up");
    fs::create_dir(&folder).expect("made");
    until("it is over", || (told(&care).is_empty() && names(&folder).len() == 1).then_some(()));

    // Its last good one gets old while the folder is away.
    care.kill();
    fs::rename(&folder, care.path("elsewhere")).expect("taken away");
    long_ago(&care);
    care.start();
    until("both are told", || (told(&care) == ["backup-not-made", "backup-old"]).then_some(()));
    let doctor = care.command(&["doctor", "--json"]);
    let doctor: Value = serde_json::from_slice(&doctor.stdout).expect("JSON");
    let codes = doctor["lines"].as_array().expect("lines").iter();
    let codes: Vec<_> = codes.filter(|line| line["about"] == "backup").collect();
    assert_eq!(codes.len(), 2, "each once: {codes:?}");
    // A passphrase that somebody could try out is none.
    care.put_key_file("backup-passphrase.txt", "short\n", Access::Secret);
    fs::rename(care.path("elsewhere"), &folder).expect("brought back");
    until("the passphrase is told", || {
        let output = care.command(&["status"]);
        String::from_utf8_lossy(&output.stdout).contains("at least 12 characters").then_some(())
    });
    assert_eq!(names(&folder).len(), 1, "the last good one stays");
    // A change of the settings is tried at once.
    care.put_key_file("other-passphrase.txt", &format!("{PASSPHRASE}\n"), Access::Secret);
    care.set("backup", "passphrase_file", quoted("keys/other-passphrase.txt"));
    care.write_config();
    until("it is over", || told(&care).is_empty().then_some(()));
    assert_eq!(names(&folder).len(), 1, "of one day the last one");
}
