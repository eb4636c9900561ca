//! バックアップ and 記録・証跡: what administrators find there.

use std::fs;
use std::io::{Cursor, Read as _};
use std::path::PathBuf;

use renkei::certs::files::Access;
use renkei::types::Digest;

use super::{add, logged_in, opened};
use crate::e2e::units::{PLAN, export, sample};
use crate::harness::{CARE, HELP, Office, name_of, offices, quoted, until, visible};

fn office_with_backups() -> (Office, PathBuf) {
    let [mut care, _] = offices([CARE, HELP]);
    care.set("page", "listen", quoted("127.0.0.1:0"));
    care.put_key_file("passphrase.txt", "correct horse battery staple\n", Access::Secret);
    care.set("backup", "folder", quoted("backups"));
    care.set("backup", "passphrase_file", quoted("keys/passphrase.txt"));
    let folder = care.path("backups");
    fs::create_dir(&folder).expect("made");
    care.start();
    until("the first backup", || {
        (visible(&folder).len() == 1 && care.path("data/backups.json").exists()).then_some(())
    });
    (care, folder)
}

#[test]
fn backups_are_made_checked_and_explained() {
    let (care, folder) = office_with_backups();
    let mut browser = opened(&care);
    let page = browser.get("/backups").body;
    let first = name_of(&visible(&folder)[0]);
    for text in [first.as_str(), "checked", "without", "renkei restore", "-restored"] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(!page.contains("not checked"), "{page}");

    // One more, and what somebody else put there.
    let answer = browser.submit("/backups", "/backups/make", &[]);
    assert_eq!((answer.status, answer.location()), (303, "/backups"));
    until("another one", || {
        let names: Vec<_> = visible(&folder).iter().map(|path| name_of(path)).collect();
        // Of one day the last one is kept.
        (names.len() == 1 && names[0] != first && !names[0].contains(".part")).then_some(())
    });
    let whole = visible(&folder).remove(0);
    let mut bytes = fs::read(&whole).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let damaged = "renkei-backup-20260101-090000.zip.age";
    fs::write(folder.join(damaged), &bytes).expect("written");
    let page = browser.get("/backups").body;
    assert!(page.contains(damaged) && page.contains("not checked"), "{page}");
    let checked = |browser: &mut super::browser::Browser, name: &str, result: &str| {
        until("the result", || {
            let answer = browser.submit("/backups", "/backups/check", &[("name", name)]);
            assert_eq!((answer.status, answer.location()), (303, "/backups"));
            browser.get("/backups").body.contains(result).then_some(())
        });
    };
    checked(&mut browser, damaged, "damaged");
    checked(&mut browser, &name_of(&whole), "checked");
    for name in ["../keys/tls.key", "renkei-backup-20260101-090001.zip.age", ""] {
        browser.submit("/backups", "/backups/check", &[("name", name)]);
        let page = browser.get("/backups").body;
        assert!(page.contains("There is no such backup."), "{name}: {page}");
    }
    let acts = until("the record", || {
        let acts = care.sql("SELECT DISTINCT what FROM audit ORDER BY what");
        acts.contains(&"backup-made".to_owned()).then_some(acts)
    });
    assert!(acts.contains(&"backup-checked".to_owned()), "{acts:?}");

    // Without the seal, and by somebody who is no administrator, nothing is done.
    let refused = browser.post("/backups/make", &[("csrf", "x"), ("form", "y")]);
    assert_eq!(refused.status, 403);
    add(&care, "hanako", "general");
    let mut hanako = logged_in(&care, "hanako");
    for path in ["/backups", "/evidence"] {
        assert_eq!(hanako.get(path).status, 403, "{path}");
        assert!(!hanako.get("/").body.contains(&format!("href=\"{path}\"")), "{path}");
    }

    // A folder that is away is said, and the page stays usable.
    fs::rename(&folder, care.path("elsewhere")).expect("taken away");
    let page = browser.get("/backups");
    assert!(page.status == 200 && page.body.contains("cannot be read"), "{}", page.body);
}

#[test]
fn a_month_is_saved_as_the_command_saves_it() {
    let [mut care, mut help] = offices([CARE, HELP]);
    care.set("page", "listen", quoted("127.0.0.1:0"));
    care.start();
    help.start();
    export(&care, &sample(PLAN, "20260520101500"));
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    until("whom it is about", || {
        (care.sql("SELECT count(*) FROM mentions") != ["0"]).then_some(())
    });
    let mut browser = opened(&care);
    let now = jiff::Zoned::now();
    let month = format!("{:04}-{:02}", now.year(), now.month());
    let page = browser.get(&format!("/evidence?month={month}&partner={HELP}")).body;
    assert!(page.contains("Save the ZIP") && page.contains("1<small>"), "{page}");
    let nothing = browser.get("/evidence?month=2020-01").body;
    assert!(nothing.contains("Nothing was exchanged"), "{nothing}");
    for path in ["/evidence?month=x", "/evidence?partner=y", "/evidence?month=9999-99"] {
        assert_eq!(browser.get(path).status, 404, "{path}");
    }

    let here = format!("/evidence?month={month}");
    let fields = [("month", month.as_str()), ("partner", HELP)];
    let answer = browser.submit(&here, "/evidence/save", &fields);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("content-type"), "application/zip");
    let name = format!("renkei-evidence-{month}-{HELP}.zip");
    assert!(answer.header("content-disposition").contains(&name));
    let mut archive = zip::ZipArchive::new(Cursor::new(answer.bytes)).expect("a ZIP");
    let mut read = |name: &str| {
        let mut bytes = Vec::new();
        archive.by_name(name).expect("there").read_to_end(&mut bytes).expect("read");
        bytes
    };
    let sums = String::from_utf8(read("SHA256SUMS")).expect("a text");
    assert!(sums.lines().count() > 8, "{sums}");
    for line in sums.lines() {
        let (sum, name) = line.split_once("  ").expect("a sum and a name");
        assert_eq!(Digest::of(&read(name)).to_string(), sum, "{name}");
    }
    let row = until("the record", || {
        let rows = care.sql("SELECT what, about, people FROM audit WHERE what = 'evidence-saved'");
        rows.first().cloned()
    });
    let people = care.sql("SELECT count(DISTINCT insured) FROM people");
    assert_eq!(row, format!("evidence-saved|{month} {HELP}|{}", people[0]));
    assert_ne!(people, ["0"]);
    let left = fs::read_dir(care.path("data")).expect("listed");
    let left: Vec<_> = left.map(|entry| name_of(&entry.expect("an entry").path())).collect();
    assert!(!left.iter().any(|name| name.contains("tmp")), "nothing is left: {left:?}");

    let refused = browser.post("/evidence/save", &[("csrf", "x"), ("form", "y")]);
    assert_eq!(refused.status, 403);
}
