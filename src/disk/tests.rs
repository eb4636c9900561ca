use super::faults::{AtRisk, Then, at_risk, at_step, trace};
use super::*;
use crate::types::Digest;

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("listed");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("Unicode"))
        .collect();
    names.sort();
    names
}

#[test]
fn a_private_folder_is_durable_when_it_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    for make in [create_private_folders, create_private_folder] {
        let path =
            folder.path().join(format!("{}", fs::read_dir(folder.path()).expect("listed").count()));
        let (made, effects) = super::faults::trace(|| make(&path));
        made.expect("made");
        assert_eq!(super::faults::at_risk(&effects), super::faults::AtRisk::default());
    }
}

#[test]
fn replaces_whole_or_not_at_all() {
    let (old, new) = ([b'o'; 40], [b'n'; 50]);
    for then in [Then::GoOn, Then::StayDead] {
        let mut step = 0;
        loop {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("status.json");
            fs::write(&path, old).expect("written");
            let run = || replace(&path, &new, Readers::AsUsual);
            let (result, hit) = at_step(step, io::ErrorKind::StorageFull, then, run);
            let got = fs::read(&path).expect("read");
            assert!(got == old || got == new, "step {step}");
            if !hit {
                assert!(result.is_ok() && got == new && step > 5);
                break;
            }
            assert_eq!(result.expect_err("failed").kind(), io::ErrorKind::StorageFull);
            remove_leftovers(folder.path()).expect("cleaned");
            assert_eq!(names(folder.path()), ["status.json"], "step {step}");
            step += 1;
        }
    }
}

#[test]
fn renames_never_over_a_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    fs::write(&a, "a").expect("written");
    fs::write(&b, "b").expect("written");
    let error = rename_new(&a, &b).expect_err("taken");
    assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read(&a).expect("read"), b"a");
    assert_eq!(fs::read(&b).expect("read"), b"b");
    fs::remove_file(&b).expect("removed");
    rename_new(&a, &b).expect("free");
    assert_eq!(names(folder.path()), ["b"]);
}

#[test]
fn removes_only_its_own_leftovers() {
    let folder = tempfile::tempdir().expect("a folder");
    let work = folder.path().join(".renkei-work-drop.tmp");
    fs::create_dir(&work).expect("made");
    fs::write(work.join("claimed.csv"), "").expect("written");
    fs::write(temporary(folder.path()), "").expect("written");
    let half = temporary(folder.path());
    fs::create_dir(&half).expect("made");
    fs::write(half.join("0001"), "").expect("written");
    remove_leftovers(folder.path()).expect("removed");
    assert_eq!(names(folder.path()), [".renkei-work-drop.tmp"]);
    assert_eq!(names(&work), ["claimed.csv"]);
}

#[test]
fn compares_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a");
    let bytes: Vec<u8> = (0..100).collect();
    fs::write(&path, &bytes).expect("written");
    assert!(holds(&path, &bytes).expect("read"));
    let mut other = bytes.clone();
    *other.last_mut().expect("not empty") ^= 1;
    assert!(!holds(&path, &other).expect("read"));
    assert!(!holds(&path, &bytes[..99]).expect("read"));
    assert!(!holds(folder.path(), &bytes).expect("a folder"));
    let digest = Digest::of(&bytes);
    assert!(holds_digest(&path, 100, digest).expect("read"));
    assert!(!holds_digest(&path, 100, Digest::of(&other)).expect("read"));
    assert!(!holds_digest(&path, 99, digest).expect("read"));
    assert!(!holds_digest(folder.path(), 100, digest).expect("a folder"));

    let copy = folder.path().join("b");
    fs::write(&copy, &other).expect("written");
    assert!(!same_file_contents(&path, &copy).expect("read"));
    fs::write(&copy, &bytes).expect("written");
    assert!(same_file_contents(&path, &copy).expect("read"));
}

#[cfg(unix)]
#[test]
fn opens_neither_links_nor_pipes() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, link) = (folder.path().join("a"), folder.path().join("link"));
    fs::write(&file, "a").expect("written");
    std::os::unix::fs::symlink(&file, &link).expect("linked");
    assert!(open_plain(&link, Access::Read).is_err());
    assert!(!holds(&link, b"a").expect("looked at"));
    assert!(!holds_digest(&link, 1, Digest::of(b"a")).expect("looked at"));
    let pipe = folder.path().join("pipe");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        &pipe,
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RWXU,
        0,
    )
    .expect("a pipe");
    assert!(open_plain(&pipe, Access::Read).is_err());
}

#[test]
fn creates_whole_or_not_at_all() {
    let bytes = [b'n'; 50];
    for then in [Then::GoOn, Then::StayDead] {
        for step in 0.. {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("office.key");
            let run = || create(&path, &bytes, Readers::Owner);
            let (result, hit) = at_step(step, io::ErrorKind::StorageFull, then, run);
            assert!(fs::read(&path).map_or(true, |got| got == bytes), "step {step}");
            remove_leftovers(folder.path()).expect("cleaned");
            assert!(names(folder.path()).iter().all(|name| name == "office.key"), "step {step}");
            if !hit {
                result.expect("created");
                assert!(step > 5);
                break;
            }
        }
    }
}

#[test]
fn creates_never_over_anything() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("office.key");
    fs::create_dir(&path).expect("made");
    let error = create(&path, b"new", Readers::Owner).expect_err("taken");
    assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    fs::remove_dir(&path).expect("removed");
    fs::write(&path, "old").expect("written");
    let error = create(&path, b"new", Readers::Owner).expect_err("taken");
    assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read(&path).expect("read"), b"old");
    assert_eq!(names(folder.path()), ["office.key"]);
}

/// At no moment a final name with bytes that a power cut takes, and at the end nothing at all.
fn loses_nothing(run: impl FnOnce() -> io::Result<()>) {
    let (result, effects) = trace(run);
    result.expect("done");
    for taken in 0..effects.len() {
        let risk = at_risk(&effects[..taken]);
        let is_hidden = |path: &PathBuf| {
            path.file_name().is_some_and(|name| is_leftover(&name.to_string_lossy()))
        };
        assert!(risk.contents.iter().all(is_hidden), "after {taken} of {effects:?}");
    }
    assert!(effects.len() > 5, "{effects:?}");
    assert_eq!(at_risk(&effects), AtRisk::default(), "{effects:?}");
}

#[test]
fn nothing_that_was_written_can_be_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a");
    loses_nothing(|| create(&path, &[1; 40], Readers::Owner));
    loses_nothing(|| replace(&path, &[2; 40], Readers::AsUsual));
    let unfinished = temporary(folder.path());
    loses_nothing(|| replace_by_way_of(&unfinished, &path, &[3; 40], Readers::Public));
    assert_eq!(fs::read(&path).expect("read"), [3; 40]);
}

#[test]
fn what_was_not_synced_can_be_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let (a, b) = (folder.path().join("a"), folder.path().join("b"));
    let run = || write_new(&a, b"bytes").and_then(|()| rename_new(&a, &b));
    let (result, effects) = trace(run);
    result.expect("done");
    let risk = at_risk(&effects);
    assert_eq!((risk.contents.len(), risk.names.into_iter().collect()), (0, vec![a, b.clone()]));
    let before_sync = effects.iter().position(|effect| matches!(effect, Effect::SyncFile(_)));
    let before_sync = &effects[..before_sync.expect("synced")];
    assert_eq!(at_risk(before_sync).contents.len(), 1);
}

#[cfg(unix)]
#[test]
fn files_are_for_whom_they_are_meant() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let mode = |name: &str, readers| {
        let path = folder.path().join(name);
        create(&path, b"x", readers).expect("created");
        let metadata = fs::metadata(&path).expect("there");
        (metadata.permissions().mode() & 0o777, mode_for_others(&metadata).is_some())
    };
    assert_eq!(mode("secret", Readers::Owner), (0o600, false));
    assert_eq!(mode("order", Readers::Everybody), (0o644, true));
    assert_eq!(mode("public", Readers::Public).0 & !0o644, 0);
    let open = folder.path().join("order");
    close_to_others(&open).expect("closed");
    assert_eq!(mode_for_others(&fs::metadata(&open).expect("there")), None);
}
