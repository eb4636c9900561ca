//! `renkei backup` and `renkei restore`: a node goes on elsewhere, and its partners notice nothing.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use renkei::certs::files::{self, Access, Existing};

use super::live::stands;
use super::units::{PLAN, export, sample};
use crate::harness::{CARE, HELP, Office, offices, quoted, running, until, visible};

const PASSPHRASE: &str = "correct horse battery staple";

/// A file with a passphrase.
fn passphrase(office: &Office, text: &str) -> PathBuf {
    let path = office.path(&format!("passphrase-{}", text.len()));
    let secret = (Access::Secret, Existing::Replace);
    files::write(&path, format!("{text}\n").as_bytes(), secret.0, secret.1).expect("written");
    path
}

fn backup(office: &Office, name: &str) -> PathBuf {
    let out = office.path(name);
    let file = passphrase(office, PASSPHRASE);
    let arguments = ["backup", "--keys", "--out", utf8(&out), "--passphrase-file", utf8(&file)];
    let output = office.command(&arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    out
}

fn restore(office: &Office, from: &Path, to: &Path, text: &str) -> Output {
    let file = passphrase(office, text);
    let arguments = ["restore", utf8(from), "--to", utf8(to), "--passphrase-file", utf8(&file)];
    crate::support::renkei(&[&["--lang", "en"], arguments.as_slice()].concat(), &office.path(""))
}

fn utf8(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[test]
fn a_node_that_is_put_back_delivers_nothing_twice_and_loses_nothing() {
    let [mut care, mut help] = offices([CARE, HELP]);
    // Its numbers go on far above those that it may have used, so the partner sees a gap.
    help.set("timing", "order_wait", quoted("2s"));
    help.start();
    care.start();
    for serial in ["20260520101500", "20260520101501"] {
        export(&care, &sample(PLAN, serial));
    }
    until("handed over", || care.has_sent("HANDED_OVER", 2));
    // Beside the running node, while more is on its way.
    export(&care, &sample(PLAN, "20260520101502"));
    let saved = backup(&care, "saved.zip.age");
    until("handed over", || care.has_sent("HANDED_OVER", 3));
    // After the backup: the partner has it, and the node that is put back knows nothing of it.
    export(&care, &sample(PLAN, "20260520101503"));
    until("handed over", || care.has_sent("HANDED_OVER", 4));
    care.kill();

    let lost = care.path("data");
    fs::remove_dir_all(&lost).expect("the disk is gone");
    let to = care.path("restored");
    let output = restore(&care, &saved, &to, PASSPHRASE);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    fs::rename(to.join("data"), &lost).expect("put back");
    // On another computer nothing tells of the store that was lost.
    for record in fs::read_dir(care.path("")).expect("listed") {
        let record = record.expect("an entry");
        if record.file_name().to_string_lossy().starts_with(".renkei-store-") {
            fs::remove_file(record.path()).expect("removed");
        }
    }
    care.start();
    until("told", || stands(&care, "restored"));
    export(&care, &sample(PLAN, "20260520101504"));
    until("all is handed over", || {
        let open = care.sql("SELECT count(*) FROM outgoing WHERE state <> 'HANDED_OVER'");
        let came = help.sql("SELECT count(*) FROM incoming WHERE state = 'HANDED_OVER'");
        (open == ["0"] && came == ["5"]).then_some(())
    });
    let sequences = help.sql("SELECT sequence FROM incoming ORDER BY sequence");
    let distinct: BTreeSet<_> = sequences.iter().collect();
    assert_eq!((sequences.len(), distinct.len()), (5, 5), "no number twice: {sequences:?}");
    help.stop();
    let placed =
        help.sql("SELECT count(*) FROM journal WHERE direction = 'in' AND state = 'PLACED'");
    assert_eq!(placed, ["5"], "each once");
    let verified = care.command(&["verify", "--all"]);
    assert_eq!(verified.status.code(), Some(0), "{verified:?}");
}

/// What holds a key is taken with `--keys` alone, wherever it lies, and each file once.
#[test]
fn keys_are_in_a_backup_when_they_are_asked_for_and_only_then() {
    let [mut care, help] = offices([CARE, HELP]);
    let data = care.path("data");
    renkei::disk::create_private_folders(&data).expect("made");
    // One file with both, in the folder that is taken as a whole.
    let key = fs::read_to_string(care.path("keys/tls.key")).expect("a key");
    let chain = fs::read_to_string(care.path("keys/tls.pem")).expect("a certificate");
    let secret = (Access::Secret, Existing::Replace);
    let both = data.join("both.pem");
    files::write(&both, format!("{chain}{key}").as_bytes(), secret.0, secret.1).expect("written");
    care.set("tls", "certificate", quoted("data/both.pem"));
    care.set("tls", "key", quoted("data/both.pem"));
    care.put_key_file("next.pem", &chain, Access::Public);
    care.set("tls", "next_certificates", "[\"keys/next.pem\"]");
    care.start();
    let is_there = |to: &Path| {
        let paths = ["data/both.pem", "keys/signing.key"].map(|path| to.join(path));
        paths.map(|path| path.is_file())
    };
    let with_keys = backup(&care, "with.zip.age");
    let to = care.path("with");
    let output = restore(&care, &with_keys, &to, PASSPHRASE);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(is_there(&to), [true, true]);
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(said.contains(utf8(&to.join("drop"))), "a folder that a person has to make: {said}");

    let out = care.path("without.zip.age");
    let file = passphrase(&care, PASSPHRASE);
    let arguments = ["backup", "--out", utf8(&out), "--passphrase-file", utf8(&file)];
    let output = care.command(&arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let to = care.path("without");
    let output = restore(&care, &out, &to, PASSPHRASE);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_eq!(is_there(&to), [false, false]);
    for open in ["keys/signing.pem", "keys/next.pem"] {
        assert!(to.join(open).is_file(), "{open} holds no key");
    }
    drop(help);
}

#[test]
fn two_backups_at_once_do_not_disturb_each_other() {
    let [mut care, _help] = offices([CARE, HELP]);
    care.start();
    let made: Vec<_> = std::thread::scope(|scope| {
        let care = &care;
        let one = |name| scope.spawn(move || backup(care, name));
        let begun = ["one.zip.age", "two.zip.age", "three.zip.age"].map(one);
        begun.map(|one| one.join().expect("made")).into()
    });
    for saved in made {
        let to = saved.with_extension("back");
        assert_eq!(restore(&care, &saved, &to, PASSPHRASE).status.code(), Some(0));
        assert!(to.join("data/renkei.db").is_file());
    }
    let left = fs::read_dir(care.path("data")).expect("listed");
    let names =
        left.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"));
    let left: Vec<_> = names.filter(|name| name.starts_with(".renkei-")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_wrong_passphrase_a_changed_byte_and_a_full_folder_are_refused() {
    let [mut care, help] = running([CARE, HELP]);
    export(&care, &sample(PLAN, "20260520101500"));
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    care.stop();
    let saved = backup(&care, "saved.zip.age");
    let again = care.command(&[
        "backup",
        "--out",
        utf8(&saved),
        "--passphrase-file",
        utf8(&passphrase(&care, PASSPHRASE)),
    ]);
    assert_eq!(again.status.code(), Some(1), "it is never overwritten: {again:?}");
    let bytes = fs::read(&saved).expect("read");
    let needle = b"PK\x03\x04";
    assert!(bytes.starts_with(b"age-encryption.org/v1\n"));
    assert!(!bytes.windows(needle.len()).any(|part| part == needle), "nothing is readable");

    let to = care.path("restored");
    let output = restore(&care, &saved, &to, "another passphrase");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("passphrase"), "{output:?}");
    assert!(!to.exists());
    let short = restore(&care, &saved, &to, "short");
    assert_eq!(short.status.code(), Some(2), "{short:?}");

    // From within the folder of the configuration.
    let near = care.path("near.zip.age");
    let key = passphrase(&care, PASSPHRASE);
    let arguments = [
        "backup",
        "--config",
        "renkei.toml",
        "--out",
        utf8(&near),
        "--passphrase-file",
        utf8(&key),
    ];
    let output = crate::support::renkei(&arguments, &care.path(""));
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let back = care.path("near");
    assert_eq!(restore(&care, &near, &back, PASSPHRASE).status.code(), Some(0));
    assert!(back.join("renkei.toml").is_file() && back.join("data/renkei.db").is_file());

    // Cut off when nothing was left but to remove what it worked in.
    fs::create_dir(back.join("restore.unfinished")).expect("made");
    assert_eq!(restore(&care, &near, &back, PASSPHRASE).status.code(), Some(0));
    assert!(!back.join("restore.unfinished").exists());

    // One byte at many places, and an end that is missing.
    let damaged = care.path("damaged.zip.age");
    let step = bytes.len() / 25;
    for place in (200..bytes.len()).step_by(step) {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        fs::write(&damaged, changed).expect("written");
        let to = care.path(&format!("damaged-{place}"));
        let output = restore(&care, &damaged, &to, PASSPHRASE);
        assert_eq!(output.status.code(), Some(1), "byte {place}: {output:?}");
    }
    fs::write(&damaged, &bytes[..bytes.len() - 40]).expect("written");
    assert_eq!(restore(&care, &damaged, &care.path("cut"), PASSPHRASE).status.code(), Some(1));

    let full = care.path("full");
    fs::create_dir(&full).expect("made");
    fs::write(full.join("mine"), b"mine").expect("written");
    let output = restore(&care, &saved, &full, PASSPHRASE);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(visible(&full).len(), 1);
    drop(help);
}

/// The package that lies there is as large as no disk.
#[cfg(unix)]
#[test]
fn without_room_on_the_disk_no_backup_is_begun() {
    let [care] = running([CARE]);
    let large = care.path("data/packages").join("0".repeat(64));
    fs::create_dir_all(care.path("data/packages")).expect("a folder");
    fs::File::create(&large).and_then(|file| file.set_len(12 << 40)).expect("a sparse file");
    let (out, file) = (care.path("saved.zip.age"), passphrase(&care, PASSPHRASE));
    let arguments = ["backup", "--out", utf8(&out), "--passphrase-file", utf8(&file)];
    let output = care.command(&arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(said.contains("too little room") && said.contains("at least 125829"), "{said}");
    assert!(!out.exists());
    fs::remove_file(&large).expect("removed");
    assert_eq!(care.command(&arguments).status.code(), Some(0));
}
