use super::faults::{Then, at_step};
use super::*;

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("listed");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("Unicode"))
        .collect();
    names.sort();
    names
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
            let run = || write_atomic(&path, &new);
            let (result, hit) = at_step(step, io::ErrorKind::StorageFull, then, run);
            let got = fs::read(&path).expect("read");
            assert!(got == old || got == new, "step {step}");
            if !hit {
                assert!(result.is_ok() && got == new && step > 5);
                break;
            }
            assert_eq!(result.expect_err("failed").code(), "folder-disk-full");
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
