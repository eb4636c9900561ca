//! Attachments: documents beside the sets, from the drop folder of one office to the import folder of
//! another.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::held::says;
use super::invariants;
use super::scripted::{Scripted, for_good, refuses};
use super::units::{export, withdrawal};
use crate::harness::{CARE, HELP, Office, offices, quoted, running, until, until_within};

const PDF: &[u8] = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n1 0 obj\n";

/// A PDF file that differs from all others.
fn paper(number: usize) -> Vec<u8> {
    [PDF, format!("% paper {number}\n").as_bytes()].concat()
}

/// Puts a file below the drop folder, as a person drags it there.
pub(super) fn put(office: &Office, path: &str, bytes: &[u8]) {
    let path = office.path("drop").join(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(path, bytes).expect("written");
}

/// Every visible file below a folder, by its path with `/`.
fn tree(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_str().expect("Unicode").to_owned();
        if name.starts_with('.') {
            continue;
        }
        if path.is_dir() {
            let inner = tree(&path).into_iter();
            found.extend(inner.map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)));
        } else {
            // It may be taken away between the two.
            found.extend(fs::read(&path).ok().map(|bytes| (name, bytes)));
        }
    }
    found
}

fn arrived(office: &Office) -> BTreeMap<String, Vec<u8>> {
    tree(&office.path("import").join("attachments"))
}

/// The report of the one thing that is held, and the names of its files.
fn held(office: &Office) -> (String, Vec<String>) {
    let (folder, names) = until("held", || {
        let set = office.sets("hold").into_iter().next()?;
        (office.sql("SELECT count(*) FROM held") == ["1"]).then_some(set)
    });
    let report = fs::read_to_string(office.path("hold").join(folder).join("report.txt"));
    (report.expect("a report"), names)
}

#[test]
fn attachments_of_a_folder_arrive_with_their_names_beside_the_sets() {
    let [care, help] = running([CARE, HELP]);
    let unit = withdrawal(CARE, 1);
    put(&care, &format!("{HELP}/主治医意見書 山田花子.pdf"), PDF);
    put(&care, &format!("{HELP}/2026-05/個別計画/写真.jpg"), b"\xFF\xD8\xFF\xE0 picture");
    put(&care, &format!("{HELP}/2026-05/list.csv"), "番号,名前\r\n1,架空\r\n".as_bytes());
    export(&care, &unit);
    until("all", || care.has_sent("HANDED_OVER", 4));
    let found = arrived(&help);
    assert_eq!(
        found.keys().collect::<Vec<_>>(),
        [
            &format!("{CARE}/2026-05/list.csv"),
            &format!("{CARE}/2026-05/個別計画/写真.jpg"),
            &format!("{CARE}/undated/主治医意見書 山田花子.pdf"),
        ]
    );
    assert_eq!(found[&format!("{CARE}/undated/主治医意見書 山田花子.pdf")], PDF);
    // The sets are as if nothing lay beside them.
    for (name, bytes) in &unit {
        assert_eq!(&fs::read(help.path("import").join(name)).expect("placed"), bytes);
    }
    let numbers = care.sql("SELECT sequence FROM outgoing ORDER BY sequence");
    assert_eq!(numbers[0], "1", "{numbers:?}");
    assert_eq!(numbers[1..], [1_u64, 2, 3].map(|n| ((1_u64 << 52) + n).to_string()));
    assert!(tree(&care.path("drop")).is_empty(), "{:?}", tree(&care.path("drop")));
    assert!(tree(&care.path(".renkei-work-drop")).is_empty());
    let forgotten = || {
        let folder = help.path("import").join("attachments");
        fs::read_dir(folder).expect("listed").count() == 1
    };
    until("forgotten", || forgotten().then_some(()));
    // Nothing names anybody but the package and the file.
    let (history, _) = says(&help, &["history", "--format", "json"]);
    assert!(history.contains("ATT_0001.pdf") && !history.contains("山田"), "{history}");
    for office in [&care, &help] {
        assert!(!office.log().contains("山田"), "{}", office.log());
    }
    assert!(says(&care, &["history"]).0.contains("attachment"));
}

#[test]
fn the_same_title_twice_overwrites_nothing() {
    let [care, help] = running([CARE, HELP]);
    for number in 1..=2 {
        put(&care, &format!("{HELP}/plan.pdf"), &paper(number));
        until("sent", || care.has_sent("HANDED_OVER", number));
    }
    let found = arrived(&help);
    assert_eq!(found[&format!("{CARE}/undated/plan.pdf")], paper(1));
    assert_eq!(found[&format!("{CARE}/undated/plan (2).pdf")], paper(2));
}

#[test]
fn what_is_no_attachment_is_held_with_the_reason_and_can_be_released() {
    let [mut care, help] = running([CARE, HELP]);
    put(&care, &format!("{HELP}/2026-05/山田花子.pdf"), b"MZ\x90\0 a program");
    let (report, names) = held(&care);
    assert!(report.contains("attachment-type"), "{report}");
    assert!(names.contains(&"山田花子.pdf".to_owned()), "{names:?}");
    let (list, _) = says(&care, &["hold", "list"]);
    assert!(list.contains("attachment") && !list.contains("山田"), "{list}");
    assert!(arrived(&help).is_empty());
    // Somebody mends it where it lies, and it goes its way.
    let folder = care.sets("hold").into_keys().next().expect("held");
    fs::write(care.path("hold").join(folder).join("山田花子.pdf"), PDF).expect("written");
    let number = care.sql("SELECT id FROM held").pop().expect("a row");
    let (answer, code) = says(&care, &["hold", "release", &format!("h{number}")]);
    assert_eq!(code, 0, "{answer}");
    until("sent", || care.has_sent("HANDED_OVER", 1));
    assert_eq!(arrived(&help)[&format!("{CARE}/2026-05/山田花子.pdf")], PDF);
    assert!(care.is_alive());
}

#[test]
fn an_attachment_for_somebody_unknown_is_held_and_odd_folders_are_told() {
    let [mut care, help] = offices([CARE, HELP]);
    care.forget_peer(HELP);
    care.start();
    put(&care, &format!("{HELP}/plan.pdf"), PDF);
    put(&care, &format!("{HELP}/意見書/plan.pdf"), PDF);
    let (report, _) = held(&care);
    assert!(report.contains("unknown-partner"), "{report}");
    let told = || says(&care, &["status"]).0.contains("attachment-folder").then_some(());
    until("told", told);
    drop(help);
}

#[test]
fn the_recipient_judges_too_and_says_why() {
    let [mut care, mut help] = offices([CARE, HELP]);
    help.set("attachments", "types", r#"["png"]"#);
    care.start();
    help.start();
    put(&care, &format!("{HELP}/plan.pdf"), PDF);
    until("rejected", || care.has_sent("REJECTED", 1));
    let (report, names) = held(&care);
    assert!(report.contains("attachment-type"), "{report}");
    assert!(names.contains(&"plan.pdf".to_owned()), "{names:?}");
    assert!(arrived(&help).is_empty());
}

#[test]
fn a_partner_that_does_not_read_attachments_is_not_even_sent_them() {
    let [mut care, help] = offices([CARE, HELP]);
    let unit = withdrawal(CARE, 1);
    let partner = Scripted::start(&help, &care, refuses("none", for_good));
    put(&care, &format!("{HELP}/plan.pdf"), PDF);
    export(&care, &unit);
    care.start();
    until("held back", || care.has_sent("REFUSED", 1));
    until("the set", || care.has_sent("CONSIGNED", 1));
    let (report, names) = held(&care);
    assert!(report.contains("unsupported-format"), "{report}");
    assert!(names.contains(&"plan.pdf".to_owned()), "{names:?}");
    assert_eq!(partner.puts().len(), 1, "the set alone was put");
}

#[cfg(unix)]
mod scanner {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// A program of the office that ends as `ends` says; what it was shown stays beside it.
    fn scanner(office: &mut Office, ends: &str) {
        let path = office.path("scanner.sh");
        let script = format!("#!/bin/sh\ncp \"$2\" \"$0.seen\"\necho found in $2\n{ends}\n");
        // Under another name first: one that is written to cannot be run.
        let unfinished = office.path("scanner.new");
        fs::write(&unfinished, script).expect("written");
        fs::set_permissions(&unfinished, fs::Permissions::from_mode(0o700)).expect("allowed");
        fs::rename(unfinished, &path).expect("renamed");
        office.set("attachments", "scanner", format!("[{}, \"--quiet\"]", quoted(path.display())));
    }

    #[test]
    fn what_the_scanner_finds_is_not_sent() {
        let [mut care, mut help] = offices([CARE, HELP]);
        scanner(&mut care, "exit 1");
        care.start();
        help.start();
        put(&care, &format!("{HELP}/plan.pdf"), PDF);
        let (report, _) = held(&care);
        assert!(report.contains("attachment-infected"), "{report}");
        assert_eq!(fs::read(care.path("scanner.sh.seen")).expect("seen"), PDF);
        let left = fs::read_dir(care.path("data").join("scanning")).expect("a folder").count();
        assert_eq!(left, 0, "copies stay");
        assert!(arrived(&help).is_empty());
    }

    #[test]
    fn what_the_scanner_of_the_recipient_finds_waits_for_a_person() {
        let [mut care, mut help] = offices([CARE, HELP]);
        scanner(&mut help, "exit 1");
        care.start();
        help.start();
        put(&care, &format!("{HELP}/plan.pdf"), PDF);
        until("held there", || care.has_sent("HELD_BY_RECIPIENT", 1));
        let (list, _) = says(&help, &["hold", "list"]);
        assert!(list.contains("attachment-infected"), "{list}");
        assert!(arrived(&help).is_empty() && help.sets("hold").is_empty());
        let id = help.sql("SELECT lower(hex(message_id)) FROM incoming").pop().expect("a row");
        let id =
            format!("{}-{}-{}-{}-{}", &id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]);
        let (answer, code) = says(&help, &["hold", "dismiss", &id]);
        assert_eq!(code, 0, "{answer}");
        until("refused", || care.has_sent("REJECTED", 1));
    }

    #[test]
    fn attachments_wait_for_a_scanner_that_does_not_work_and_sets_do_not() {
        let [mut care, mut help] = offices([CARE, HELP]);
        scanner(&mut help, "exec sleep 600");
        help.set("attachments", "scanner_timeout", quoted("300ms"));
        care.start();
        help.start();
        put(&care, &format!("{HELP}/plan.pdf"), PDF);
        until("there", || care.has_sent("CONSIGNED", 1));
        until("told", || says(&help, &["status"]).0.contains("attachment-scanner").then_some(()));
        let unit = withdrawal(CARE, 1);
        export(&care, &unit);
        until("the set", || care.has_sent("HANDED_OVER", 1));
        assert!(arrived(&help).is_empty());
        scanner(&mut help, "exit 0");
        // The second attempt comes after a quarter of a minute.
        until_within(Duration::from_mins(1), "placed", || care.has_sent("HANDED_OVER", 2));
        assert_eq!(arrived(&help)[&format!("{CARE}/undated/plan.pdf")], PDF);
    }

    #[test]
    fn a_file_that_the_scanner_fails_with_keeps_no_other_waiting() {
        let [mut care, mut help] = offices([CARE, HELP]);
        scanner(&mut care, "if grep -q odd \"$2\"; then exit 9; fi; exit 0");
        care.start();
        help.start();
        let odd = [PDF, b"% odd\n"].concat();
        put(&care, &format!("{HELP}/a.pdf"), &odd);
        until("told", || says(&care, &["status"]).0.contains("attachment-scanner").then_some(()));
        until("waits", || says(&care, &["status"]).0.contains("attachments-stopped").then_some(()));
        put(&care, &format!("{HELP}/b.pdf"), PDF);
        until("sent", || care.has_sent("HANDED_OVER", 1));
        assert_eq!(arrived(&help)[&format!("{CARE}/undated/b.pdf")], PDF);
        // It stays with its owner, who is still told.
        until("the scanner works", || {
            let (status, _) = says(&care, &["status"]);
            assert!(status.contains("attachments-stopped"), "{status}");
            (!status.contains("attachment-scanner")).then_some(())
        });
        assert_eq!(tree(&care.path("drop"))[&format!("{HELP}/a.pdf")], odd);
        assert!(care.sets("hold").is_empty());
    }
}

#[test]
fn killed_at_any_moment_no_attachment_is_lost_or_doubled() {
    const PAPERS: usize = 60;
    const WAVES: usize = 12;
    let [mut care, mut help] = running([CARE, HELP]);
    let mut taken: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    // Somebody at the recipient takes away what comes, so that a second copy would show.
    let mut take = |help: &Office| {
        let root = help.path("import").join("attachments");
        for (path, bytes) in arrived(help) {
            fs::remove_file(root.join(&path)).expect("taken");
            let twice = taken.insert(path.clone(), bytes);
            assert_eq!(twice, None, "{path} came twice");
        }
        taken.len()
    };
    for wave in 0..WAVES {
        for number in (0..PAPERS).filter(|number| number % WAVES == wave) {
            put(&care, &format!("{HELP}/2026-05/意見書/{number}.pdf"), &paper(number));
        }
        thread::sleep(Duration::from_millis(137 * (wave as u64 % 7)));
        if wave % 3 != 0 {
            care.kill();
        }
        if wave % 3 != 1 {
            help.kill();
        }
        take(&help);
        if wave % 3 != 0 {
            care.start();
        }
        if wave % 3 != 1 {
            help.start();
        }
    }
    until_within(Duration::from_mins(3), "everything handed over", || {
        take(&help);
        care.has_sent("HANDED_OVER", PAPERS)
    });
    assert_eq!(take(&help), PAPERS);
    for number in 0..PAPERS {
        let path = format!("{CARE}/2026-05/意見書/{number}.pdf");
        assert_eq!(taken.get(&path), Some(&paper(number)), "{path}");
    }
    assert!(tree(&care.path("drop")).is_empty() && care.sets("hold").is_empty());
    assert!(tree(&care.path(".renkei-work-drop")).is_empty());
    invariants::check_attachments(&care, &help, PAPERS);
}
