use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::disk::faults::{Then, at_step};

const PLAN: &str = "UPPLAN_202604_1370000018_43_1370000026_11_20260326111500.CSV";
const DETAIL: &str = "UPHOSOKU_202604_1370000018_43_1370000026_11_20260326111500.CSV";
const FILES: [(&str, &[u8]); 2] = [(DETAIL, b"one"), (PLAN, b"two, longer than one piece")];

fn id() -> MessageId {
    "01890a5d-ac96-774b-bcce-b302099a8057".parse().expect("a message id")
}

/// What the care software sees.
fn visible(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fs::read_dir(folder)
        .expect("listed")
        .map(|entry| entry.expect("an entry"))
        .filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
        .map(|entry| {
            let name = entry.file_name().into_string().expect("Unicode");
            (name, fs::read(entry.path()).expect("read"))
        })
        .collect()
}

fn all() -> BTreeMap<String, Vec<u8>> {
    FILES.map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).into()
}

fn open(folder: &tempfile::TempDir) -> ImportFolder {
    ImportFolder::open(folder.path()).expect("opened")
}

#[test]
fn places_once_and_finishes() {
    let folder = tempfile::tempdir().expect("a folder");
    let import = open(&folder);
    assert_eq!(import.place(id(), &FILES).expect("placed"), [Placement::Placed; 2]);
    assert_eq!(visible(folder.path()), all());
    assert_eq!(import.unfinished().expect("listed"), [id()]);

    // The care software imports and deletes; a repeat must not place again.
    fs::remove_file(folder.path().join(PLAN)).expect("removed");
    assert_eq!(open(&folder).place(id(), &FILES).expect("placed"), [Placement::Placed; 2]);
    assert!(!visible(folder.path()).contains_key(PLAN));

    import.finish(id()).expect("finished");
    import.finish(id()).expect("again");
    assert_eq!(import.unfinished().expect("listed"), []);
    assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 1);
}

#[test]
fn leaves_the_same_file_and_its_time_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join(PLAN), FILES[1].1).expect("written");
    let before = fs::metadata(folder.path().join(PLAN)).expect("there").modified().expect("time");
    let placements = open(&folder).place(id(), &FILES).expect("placed");
    assert_eq!(placements, [Placement::Placed, Placement::AlreadyThere]);
    let after = fs::metadata(folder.path().join(PLAN)).expect("there").modified().expect("time");
    assert_eq!(before, after);
}

#[test]
fn places_nothing_of_a_set_in_conflict() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join(PLAN), "other").expect("written");
    let import = open(&folder);
    let placements = import.place(id(), &FILES).expect("looked");
    assert_eq!(placements, [Placement::Withheld, Placement::Conflict]);
    assert_eq!(visible(folder.path()), [(PLAN.to_owned(), b"other".to_vec())].into());
    assert_eq!(import.unfinished().expect("listed"), []);
    // When the way is free, the same call places all.
    fs::remove_file(folder.path().join(PLAN)).expect("removed");
    assert_eq!(import.place(id(), &FILES).expect("placed"), [Placement::Placed; 2]);
}

#[test]
fn a_conflict_that_comes_late_overwrites_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let import = open(&folder);
    // Fails between the two renames; then another file takes the second name.
    let mut step = 0;
    loop {
        let run = || import.place(id(), &FILES);
        let (result, hit) = at_step(step, io::ErrorKind::StorageFull, Then::StayDead, run);
        assert!(hit && result.is_err());
        if visible(folder.path()).len() == 1 {
            break;
        }
        import.finish(id()).expect("cleared");
        step += 1;
    }
    fs::write(folder.path().join(PLAN), "other").expect("written");
    let placements = import.place(id(), &FILES).expect("placed");
    assert_eq!(placements, [Placement::Placed, Placement::Conflict]);
    assert_eq!(visible(folder.path())[PLAN], b"other");
    assert_eq!(import.place(id(), &FILES).expect("again"), placements);
    // When the care software has taken the one and the way is free, only the other one comes.
    fs::remove_file(folder.path().join(DETAIL)).expect("imported");
    fs::remove_file(folder.path().join(PLAN)).expect("moved away");
    assert_eq!(import.place(id(), &FILES).expect("released"), [Placement::Placed; 2]);
    assert_eq!(visible(folder.path()), [(PLAN.to_owned(), FILES[1].1.to_vec())].into());
    import.finish(id()).expect("finished");
    assert_eq!(import.unfinished().expect("listed"), []);
}

const OTHER: &str = "01890a5d-ac96-774b-bcce-b302099a8058";

#[test]
fn several_sets_are_shown_in_their_turn() {
    let folder = tempfile::tempdir().expect("a folder");
    let import = open(&folder);
    let other = OTHER.parse().expect("a message id");
    let later: [(&str, &[u8]); 1] =
        [("UPPLAN_202604_1370000018_43_1370000026_11_20260326111501.CSV", b"b")];
    let second = import.stage(other, &later).expect("staged");
    let first = import.stage(id(), &FILES).expect("staged");
    assert!(visible(folder.path()).is_empty());
    assert_eq!(import.reveal(&first, &FILES).expect("shown"), [Placement::Placed; 2]);
    assert_eq!(visible(folder.path()), all());
    assert_eq!(import.reveal(&second, &later).expect("shown"), [Placement::Placed]);
    for set in [&first, &second] {
        import.settle(set).expect("synced");
    }
    assert_eq!((first.removable(), second.removable()), (Some(id()), Some(other)));
    assert_eq!(import.stage(other, &later).expect("staged before").removable(), None);
    import.finish_all(&[id(), other]).expect("finished");
    assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 3);
}

#[test]
fn a_set_that_comes_into_conflict_before_it_is_shown_is_withheld() {
    let folder = tempfile::tempdir().expect("a folder");
    let import = open(&folder);
    let other = OTHER.parse().expect("a message id");
    let rival: [(&str, &[u8]); 1] = [(PLAN, b"of the set before")];
    let first = import.stage(other, &rival).expect("staged");
    let second = import.stage(id(), &FILES).expect("staged");
    assert_eq!(import.reveal(&first, &rival).expect("shown"), [Placement::Placed]);
    let placements = import.reveal(&second, &FILES).expect("looked");
    assert_eq!(placements, [Placement::Withheld, Placement::Conflict]);
    import.settle(&second).expect("nothing to do");
    assert_eq!(visible(folder.path()), [(PLAN.to_owned(), rival[0].1.to_vec())].into());
    assert_eq!(import.unfinished().expect("listed"), [other]);
}

#[cfg(unix)]
#[test]
fn a_link_under_the_name_is_a_conflict() {
    let (folder, outside) = (tempfile::tempdir().expect("a"), tempfile::tempdir().expect("b"));
    let target = outside.path().join("target");
    std::os::unix::fs::symlink(&target, folder.path().join(PLAN)).expect("linked");
    let placements = open(&folder).place(id(), &FILES).expect("looked");
    assert_eq!(placements, [Placement::Withheld, Placement::Conflict]);
    assert!(!target.exists());
}

/// What is missing from a staged set has been placed: a removal that fails leaves no part of one.
#[test]
fn a_staged_set_is_forgotten_as_a_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    for step in 0.. {
        let import = open(&folder);
        import.stage(id(), &FILES).expect("staged");
        let run = || import.finish(id());
        let (result, hit) = at_step(step, io::ErrorKind::PermissionDenied, Then::StayDead, run);
        let left = import.unfinished().expect("listed");
        if step > 0 {
            assert_eq!(left, [], "{step}");
        } else {
            assert_eq!(fs::read_dir(import.staged(id())).expect("whole").count(), FILES.len());
        }
        if !hit {
            result.expect("forgotten");
            assert!(step > 2, "renamed, made durable, removed");
            break;
        }
    }
    let left = fs::read_dir(folder.path()).expect("listed");
    open(&folder);
    assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 0, "{left:?}");
}

#[test]
fn what_somebody_did_to_staged_files_is_undone() {
    let folder = tempfile::tempdir().expect("a folder");
    let import = open(&folder);
    let staged = import.staged(id());
    fs::create_dir(&staged).expect("made");
    fs::write(staged.join("0001"), "one").expect("written");
    fs::write(staged.join("0002"), "forged").expect("written");
    let placements = import.place(id(), &FILES).expect("placed");
    assert_eq!(placements, [Placement::Placed, Placement::Placed]);
    assert_eq!(visible(folder.path())[PLAN], FILES[1].1);
    import.finish(id()).expect("finished");
    assert_eq!(import.unfinished().expect("listed"), []);
}

const BELOW: &str = "1370000018/UPPLAN_202604_1370000018_43_1370000026_11_20260326111500.CSV";

#[test]
fn a_folder_below_is_made_and_made_again_when_the_care_software_tidied_it_away() {
    let folder = tempfile::tempdir().expect("a folder");
    let import = open(&folder);
    let files: [(&str, &[u8]); 1] = [(BELOW, b"plan")];
    assert!(!import.has_any([BELOW]).expect("looked"));
    let staged = import.stage(id(), &files).expect("staged");
    assert!(!folder.path().join("1370000018").exists(), "nothing is seen before its turn");
    assert_eq!(import.reveal(&staged, &files).expect("shown"), [Placement::Placed]);
    import.settle(&staged).expect("synced");
    assert!(import.has_any([BELOW]).expect("looked"));
    assert_eq!(fs::read(folder.path().join(BELOW)).expect("there"), b"plan");
    import.finish(id()).expect("finished");
    assert_eq!(import.place(id(), &files).expect("looked"), [Placement::AlreadyThere]);
    import.finish(id()).expect("finished");
    fs::remove_dir_all(folder.path().join("1370000018")).expect("tidied up");
    assert!(!import.has_any([BELOW]).expect("looked"));
    assert_eq!(import.place(id(), &files).expect("placed"), [Placement::Placed]);
    fs::write(folder.path().join(BELOW), "other").expect("written");
    import.finish(id()).expect("finished");
    assert_eq!(import.place(id(), &files).expect("looked"), [Placement::Conflict]);
}

#[test]
fn only_folders_of_ours_are_below() {
    let folder = tempfile::tempdir().expect("a folder");
    let import = open(&folder);
    let name = BELOW.strip_prefix("1370000018/").expect("a folder");
    for bad in
        ["", "..", ".", "a", "1370000018/2", "A B", "00000000000000000", "\u{3042}", ".renkei"]
    {
        let path = format!("{bad}/{name}");
        let error = import.place(id(), &[(&path, b"x")]).expect_err(bad);
        assert_eq!(error.code(), "folder-bad-name", "{bad}");
    }
    assert!(visible(folder.path()).is_empty());
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_a_folder_is_not_followed() {
    let (folder, outside) = (tempfile::tempdir().expect("a"), tempfile::tempdir().expect("b"));
    let import = open(&folder);
    std::os::unix::fs::symlink(outside.path(), folder.path().join("1370000018")).expect("linked");
    import.place(id(), &[(BELOW, b"x")]).expect_err("not a folder");
    fs::remove_file(folder.path().join("1370000018")).expect("removed");
    let files: [(&str, &[u8]); 1] = [(BELOW, b"x")];
    let staged = import.stage(id(), &files).expect("staged");
    std::os::unix::fs::symlink(outside.path(), folder.path().join("1370000018")).expect("linked");
    import.reveal(&staged, &files).expect_err("not a folder");
    assert_eq!(fs::read_dir(outside.path()).expect("listed").count(), 0);
}

#[test]
fn opening_says_what_is_wrong() {
    let folder = tempfile::tempdir().expect("a folder");
    let error = ImportFolder::open(folder.path().join("gone")).map(|_| ()).expect_err("gone");
    assert_eq!((error.folder(), error.fault()), (FolderRole::Import, Fault::Missing));
    let half = disk::temporary(folder.path());
    fs::create_dir(&half).expect("made");
    fs::write(half.join("0001"), "left by a crash").expect("written");
    open(&folder);
    assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 0);
}

/// At every step a full disk or a crash, with a care software that imports and deletes whatever is
/// visible in between: nothing partial is ever seen, and each file is imported exactly once.
#[test]
fn each_file_is_imported_whole_and_once() {
    each_is_imported_once(&FILES);
}

#[test]
fn each_file_in_a_folder_below_is_imported_whole_and_once() {
    let second = format!("0000900011/{DETAIL}");
    each_is_imported_once(&[(BELOW, b"one"), (&second, b"two, longer than one piece")]);
}

fn each_is_imported_once(files: &[(&str, &[u8]); 2]) {
    for then in [Then::GoOn, Then::StayDead] {
        for step in 0.. {
            let folder = tempfile::tempdir().expect("a folder");
            let import = open(&folder);
            let mut imported = Vec::new();
            let mut take = || {
                for entry in fs::read_dir(folder.path()).expect("listed") {
                    let name = entry.expect("an entry").file_name().into_string().expect("Unicode");
                    let is_ours = |file: &&(&str, &[u8])| file.0.split('/').next() == Some(&name);
                    let is_hidden = name.starts_with('.');
                    assert!(is_hidden || files.iter().any(|file| is_ours(&file)), "{name}");
                }
                for (name, _) in files {
                    let path = folder.path().join(name);
                    if let Ok(bytes) = fs::read(&path) {
                        fs::remove_file(&path).expect("removed");
                        imported.push(((*name).to_owned(), bytes));
                    }
                }
            };
            let run = || import.place(id(), files);
            let (result, hit) = at_step(step, io::ErrorKind::StorageFull, then, run);
            take();
            if let Err(error) = &result {
                assert_eq!(error.fault(), Fault::DiskFull, "step {step}");
            }
            // The next start.
            let import = open(&folder);
            let placements = import.place(id(), files).expect("placed");
            assert_eq!(placements, [Placement::Placed; 2], "step {step}");
            take();
            import.finish(id()).expect("finished");
            imported.sort();
            let mut all = files.map(|(name, bytes)| (name.to_owned(), bytes.to_vec()));
            all.sort();
            assert_eq!(imported, all, "step {step}");
            let left = fs::read_dir(folder.path()).expect("listed");
            let left = left.filter(|entry| !entry.as_ref().expect("an entry").path().is_dir());
            assert_eq!(left.count(), 0, "step {step}");
            assert_eq!(import.unfinished().expect("listed"), [], "step {step}");
            if !hit {
                assert!(step > 10);
                break;
            }
        }
    }
}

proptest! {
    #![proptest_config(super::super::law())]

    #[test]
    fn no_name_leads_out_of_the_folder(
        name in "(?s).{0,8}|(\\.\\./){0,2}UPPLAN_202604_1370000018_1370000026_20260326111500.CSV.{0,2}"
    ) {
        let root = tempfile::tempdir().expect("a folder");
        let folder = root.path().join("import");
        fs::create_dir(&folder).expect("made");
        let import = ImportFolder::open(&folder).expect("opened");
        let placed = import.place(id(), &[(&name, b"x")]);
        prop_assert_eq!(fs::read_dir(root.path()).expect("listed").count(), 1);
        let seen: Vec<_> = visible(&folder).into_keys().collect();
        match placed {
            Ok(_) => prop_assert_eq!(seen, [name]),
            Err(error) => {
                prop_assert_eq!(error.code(), "folder-bad-name");
                prop_assert!(seen.is_empty());
            }
        }
    }
}
