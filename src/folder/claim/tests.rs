use std::collections::BTreeMap;

use super::*;
use crate::disk::faults::{Then, at_step};

const LIMITS: ScanLimits = ScanLimits { files: 100 };
const UNIT: &str = "20260326101500_1370000018_1370000026";
const FILES: [(&str, &str); 3] = [("a.csv", "first"), ("b.csv", ""), ("予定.csv", "third")];

struct Folders {
    root: tempfile::TempDir,
    drop: DropFolder,
    hold: UnitFolder,
}

impl Folders {
    /// With [`FILES`] in the drop folder.
    fn new() -> Self {
        let root = tempfile::tempdir().expect("a folder");
        fs::create_dir(root.path().join("drop")).expect("made");
        for (name, text) in FILES {
            fs::write(root.path().join("drop").join(name), text).expect("written");
        }
        let (drop, hold) = Self::open(root.path());
        Self { root, drop, hold }
    }

    fn open(root: &Path) -> (DropFolder, UnitFolder) {
        let drop = DropFolder::open(root.join("drop"), root.join("work")).expect("opened");
        (drop, UnitFolder::open(root.join("hold"), FolderRole::Hold).expect("opened"))
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    fn seen(&self) -> Vec<Seen> {
        self.drop.scan(&LIMITS).expect("scanned").files
    }

    fn claim(&self) -> Claim {
        self.drop.claim(id(), &self.seen()).expect("claimed")
    }

    /// The plain files directly in a folder.
    fn files(&self, folder: &str) -> BTreeMap<String, String> {
        let Ok(entries) = fs::read_dir(self.path(folder)) else { return BTreeMap::new() };
        entries
            .map(|entry| entry.expect("an entry"))
            .filter(|entry| entry.path().is_file())
            .map(|entry| {
                let name = entry.file_name().into_string().expect("Unicode");
                (name, fs::read_to_string(entry.path()).expect("read"))
            })
            .collect()
    }

    fn claimed(&self) -> BTreeMap<String, String> {
        self.files(&format!("work/{}", id()))
    }
}

fn id() -> MessageId {
    "01890a5d-ac96-774b-bcce-b302099a8057".parse().expect("a message id")
}

fn all() -> BTreeMap<String, String> {
    FILES.map(|(name, text)| (name.to_owned(), text.to_owned())).into()
}

#[test]
fn takes_reads_and_finishes() {
    let folders = Folders::new();
    let claim = folders.claim();
    assert!(folders.files("drop").is_empty());
    let read = claim.read_all(1_000).expect("read");
    let read: BTreeMap<_, _> = read
        .into_iter()
        .map(|file| (file.name, String::from_utf8(file.bytes).expect("text")))
        .collect();
    assert_eq!(read, all());
    assert_eq!(claim.read_all(9).expect_err("10 bytes").code(), "folder-too-large");
    claim.finish().expect("finished");
    claim.finish().expect("again");
    assert_eq!(folders.drop.unfinished().expect("listed").len(), 0);
    assert!(!format!("{claim:?}").contains("予定"));
}

#[test]
fn what_was_written_to_after_it_was_read_is_kept_as_it_is() {
    let unsigned = |_: &str| None;
    let folders = Folders::new();
    let claim = folders.claim();
    let name = claim.files()[0].name().to_owned();
    let path = folders.path("work").join(id().to_string()).join(&name);
    let before = fs::read(&path).expect("read");
    assert!(claim.changed(unsigned).expect("looked").is_empty());
    fs::write(&path, [&before[..], b" and more"].concat()).expect("written");
    assert_eq!(claim.finish().expect_err("changed").code(), "folder-changed");

    // After a crash only the digests tell.
    let found = folders.drop.unfinished().expect("listed").pop().expect("one");
    assert!(found.changed(unsigned).expect("looked").is_empty());
    let signed = |file: &str| {
        let bytes = if file == name { before.clone() } else { all()[file].clone().into_bytes() };
        Some((bytes.len() as u64, Digest::of(&bytes)))
    };
    for claim in [claim, found] {
        let changed = claim.changed(signed).expect("looked");
        assert_eq!(changed.iter().map(Seen::name).collect::<Vec<_>>(), [name.as_str()]);
    }
    let found = folders.drop.unfinished().expect("listed").pop().expect("one");
    let changed = found.changed(signed).expect("looked");
    let copied = found.as_they_are();
    let kept = found.copy(&changed, &folders.hold, UNIT, &[]).expect("kept");
    fs::write(&path, [&before[..], b" and more and more"].concat()).expect("written");
    assert_eq!(found.discard(&copied).expect_err("kept").fault(), Fault::Changed);
    let left = found.as_they_are();
    found.discard(&left).expect("deleted");
    assert!(fs::read(kept.folder.join(&name)).expect("kept").ends_with(b" and more"));
    assert!(folders.drop.unfinished().expect("listed").is_empty());
}

#[test]
fn gives_back() {
    let folders = Folders::new();
    let claim = folders.claim();
    let released = claim.release(&folders.hold, UNIT, &[]).expect("released");
    assert_eq!(released, Released { returned: 3, kept: None });
    assert_eq!(folders.files("drop"), all());
    assert!(folders.drop.unfinished().expect("listed").is_empty());
}

#[test]
fn gives_back_without_overwriting() {
    let folders = Folders::new();
    let claim = folders.claim();
    fs::write(folders.path("drop/a.csv"), "newer").expect("written");
    fs::write(folders.path("drop/b.csv"), "").expect("written");
    let notes: [(&str, &[u8]); 1] = [("report.txt", b"a newer file came")];
    let released = claim.release(&folders.hold, UNIT, &notes).expect("released");
    assert_eq!(released.returned, 2);
    assert!(released.kept.expect("kept").is_new);
    assert_eq!(folders.files("drop")["a.csv"], "newer");
    let held = folders.files(&format!("hold/{UNIT}"));
    assert_eq!(held.len(), 2);
    assert_eq!(
        (held["a.csv"].as_str(), held["report.txt"].as_str()),
        ("first", "a newer file came")
    );
    // Until that is noted, it may be done again, and changes nothing.
    let again = folders.drop.unfinished().expect("listed").pop().expect("one");
    let released = again.release(&folders.hold, UNIT, &notes).expect("released");
    assert_eq!((released.returned, released.kept.map(|kept| kept.is_new)), (0, Some(false)));
    again.discard(&again.as_they_are()).expect("deleted");
    assert!(folders.drop.unfinished().expect("listed").is_empty());
}

#[test]
fn copies_into_hold_with_the_report() {
    let folders = Folders::new();
    let claim = folders.claim();
    let kept = claim.copy_to(&folders.hold, UNIT, &[("report.txt", b"why")]).expect("held");
    assert!(kept.is_new);
    claim.finish().expect("finished");
    let mut held = folders.files(&format!("hold/{UNIT}"));
    assert_eq!(held.remove("report.txt").as_deref(), Some("why"));
    assert_eq!(held, all());
    assert!(folders.drop.unfinished().expect("listed").is_empty());
}

#[test]
fn does_not_take_what_changed_or_is_in_use() {
    let folders = Folders::new();
    let seen = folders.seen();
    fs::write(folders.path("drop/b.csv"), "grown").expect("written");
    let unclaimed = folders.drop.claim(id(), &seen).expect_err("changed");
    assert_eq!((unclaimed.error.fault(), unclaimed.left.is_none()), (Fault::Changed, true));
    assert_eq!(folders.files("drop").len(), 3);

    let seen = folders.seen();
    let writer = fs::OpenOptions::new().append(true).open(folders.path("drop/a.csv"));
    let writer = writer.expect("opened");
    writer.lock().expect("locked");
    let unclaimed = folders.drop.claim(id(), &seen).expect_err("in use");
    assert_eq!(unclaimed.error.fault(), Fault::Locked);
    drop(writer);
    folders.drop.claim(id(), &seen).expect("claimed");
}

#[cfg(unix)]
#[test]
fn does_not_take_a_link_that_replaced_a_file() {
    let folders = Folders::new();
    let seen = folders.seen();
    fs::rename(folders.path("drop/a.csv"), folders.path("outside")).expect("moved");
    std::os::unix::fs::symlink(folders.path("outside"), folders.path("drop/a.csv"))
        .expect("linked");
    let unclaimed = folders.drop.claim(id(), &seen).expect_err("a link");
    assert_eq!(unclaimed.error.fault(), Fault::Changed);
}

#[test]
fn notices_a_late_writer_and_deletes_nothing() {
    use std::io::Write as _;
    let folders = Folders::new();
    let seen = folders.seen();
    let path = folders.path("drop/a.csv");
    let mut late = fs::OpenOptions::new().append(true).open(path).expect("opened");
    if cfg!(windows) {
        return; // There the open file cannot be claimed in the first place.
    }
    let claim = folders.drop.claim(id(), &seen).expect("claimed");
    late.write_all(b" and more").expect("written");
    assert_eq!(claim.read_all(1_000).expect_err("changed").fault(), Fault::Changed);
    assert_eq!(claim.finish().expect_err("changed").fault(), Fault::Changed);
    let held = claim.copy_to(&folders.hold, UNIT, &[]);
    assert_eq!(held.expect_err("changed").fault(), Fault::Changed);
    claim.release(&folders.hold, UNIT, &[]).expect("released");
    assert_eq!(folders.files("drop")["a.csv"], "first and more");
}

#[test]
fn takes_all_or_none() {
    let folders = Folders::new();
    let mut seen = folders.seen();
    // The last rename fails after the others were done.
    seen.push(seen[0].clone());
    let unclaimed = folders.drop.claim(id(), &seen).expect_err("twice the same");
    assert_eq!((unclaimed.error.fault(), unclaimed.left.is_none()), (Fault::Missing, true));
    assert_eq!(folders.files("drop"), all());
    assert!(folders.drop.unfinished().expect("listed").is_empty());
}

#[test]
fn opening_says_what_is_wrong() {
    let root = tempfile::tempdir().expect("a folder");
    let code = |drop: &str, work: &str| {
        DropFolder::open(root.path().join(drop), root.path().join(work))
            .map(|_| ())
            .map_err(|error| (error.folder(), error.code()))
    };
    fs::create_dir(root.path().join("drop")).expect("made");
    fs::write(root.path().join("file"), "").expect("written");
    assert_eq!(code("missing", "work"), Err((FolderRole::Drop, "folder-missing")));
    assert_eq!(code("file", "work").map_err(|(folder, _)| folder), Err(FolderRole::Drop));
    assert_eq!(code("drop", "drop/.renkei-work"), Ok(()));
    assert_eq!(code("drop", "file").map_err(|(folder, _)| folder), Err(FolderRole::Work));
}

#[cfg(target_os = "linux")]
#[test]
fn refuses_a_work_folder_on_another_volume() {
    use std::os::unix::fs::MetadataExt as _;
    let root = tempfile::tempdir().expect("a folder");
    let Ok(other) = tempfile::tempdir_in("/dev/shm") else { return };
    let volume = |path: &Path| fs::metadata(path).expect("there").dev();
    if volume(root.path()) == volume(other.path()) {
        return;
    }
    let error = DropFolder::open(root.path(), other.path()).map(|_| ()).expect_err("refused");
    assert_eq!((error.fault(), error.folder()), (Fault::OtherVolume, FolderRole::Work));
    assert_eq!(fs::read_dir(root.path()).expect("listed").count(), 0);
    assert_eq!(fs::read_dir(other.path()).expect("listed").count(), 0);
}

/// Fails `run` at every step in turn; afterwards each file must be somewhere, whole, and a new
/// start must be able to give everything back that is still claimed.
fn at_every_step(run: impl Fn(&Folders)) {
    for then in [Then::GoOn, Then::StayDead] {
        for step in 0.. {
            let folders = Folders::new();
            let ((), hit) = at_step(step, io::ErrorKind::StorageFull, then, || run(&folders));
            let mut found = folders.files("drop");
            found.extend(folders.claimed());
            found.extend(folders.files(&format!("hold/{UNIT}")));
            found.remove("report.txt");
            assert_eq!(found, all(), "step {step}");

            let (drop, hold) = Folders::open(folders.root.path());
            for claim in drop.unfinished().expect("listed") {
                claim.release(&hold, UNIT, &[]).expect("released");
                claim.discard(&claim.as_they_are()).expect("deleted");
            }
            let mut found = folders.files("drop");
            let held = folders.files(&format!("hold/{UNIT}"));
            found.extend(held);
            found.remove("report.txt");
            assert_eq!(found, all(), "step {step}");
            assert!(drop.unfinished().expect("listed").is_empty());
            let entries = fs::read_dir(folders.path("hold")).expect("listed").count();
            assert!(entries <= 1, "step {step}: half-built sets are gone");
            if !hit {
                assert!(step > 8);
                break;
            }
        }
    }
}

#[test]
fn claiming_loses_nothing_at_any_step() {
    at_every_step(|folders| {
        if let Err(unclaimed) = folders.drop.claim(id(), &folders.seen()) {
            // What could not be given back is said, so that the daemon can do it later.
            assert_eq!(unclaimed.left.is_some(), !folders.drop.unfinished().unwrap().is_empty());
        }
    });
}

#[test]
fn holding_loses_nothing_at_any_step() {
    at_every_step(|folders| {
        if let Ok(claim) = folders.drop.claim(id(), &folders.seen()) {
            let copied = claim.copy_to(&folders.hold, UNIT, &[("report.txt", b"why")]);
            if copied.is_ok() {
                let _ = claim.finish();
            }
        }
    });
}

#[test]
fn releasing_loses_nothing_at_any_step() {
    at_every_step(|folders| {
        if let Ok(claim) = folders.drop.claim(id(), &folders.seen()) {
            let _ = claim.release(&folders.hold, UNIT, &[]);
        }
    });
}
