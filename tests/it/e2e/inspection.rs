//! `renkei evidence`: the records of a month, to be read and checked without renkei.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::evidence::{commands, shell};
use super::units::{PLAN, export, sample};
use crate::harness::{CARE, HELP, Office, name_of, running, until, visible};

/// The month of today by the clock of the computer, as the command takes it.
fn this_month() -> String {
    let now = jiff::Zoned::now();
    format!("{:04}-{:02}", now.year(), now.month())
}

fn written(office: &Office, arguments: &[&str]) -> std::process::Output {
    written_of(office, &this_month(), arguments)
}

fn written_of(office: &Office, month: &str, arguments: &[&str]) -> std::process::Output {
    office.command(&[&["evidence", "--month", month], arguments].concat())
}

fn openssl_holds(folder: &Path) {
    for command in [
        "sha256sum --quiet -c SHA256SUMS",
        "openssl cms -verify -noverify -inform DER -in journal-head.p7s",
    ] {
        let output = shell(folder, command);
        assert!(output.status.success(), "{command}: {output:?}");
    }
}

#[test]
fn an_inspector_gets_a_month_that_stands_without_renkei() {
    let [mut care, help] = running([CARE, HELP]);
    for serial in ["20260520101500", "20260520101501"] {
        export(&care, &sample(PLAN, serial));
    }
    until("handed over", || care.has_sent("HANDED_OVER", 2));
    care.stop();
    let out = care.path("inspection");
    let path = out.to_str().expect("UTF-8");
    let output = written(&care, &["--out", path]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    openssl_holds(&out);
    let packages = visible(&out.join("packages"));
    assert_eq!(packages.len(), 2);
    for package in &packages {
        let commands = commands(package);
        assert_eq!(commands.len(), 4, "{commands:?}");
        for command in commands {
            assert!(shell(package, &command).status.success(), "{command}");
        }
    }
    let index = fs::read_to_string(out.join("index.html")).expect("a list");
    for package in &packages {
        assert!(index.contains(&format!("packages/{}", name_of(package))));
    }
    let head = shell(&out, "openssl cms -verify -noverify -inform DER -in journal-head.p7s");
    let head: serde_json::Value = serde_json::from_slice(&head.stdout).expect("a document");
    let link = head["journal"]["link"].as_str().expect("a link");
    let journal = fs::read_to_string(out.join("journal.csv")).expect("the journal");
    let last = journal.trim_end().lines().last().expect("rows");
    assert!(
        last.starts_with(&head["journal"]["row"].to_string()) && last.ends_with(link),
        "{last}"
    );

    // A folder that holds something is left alone.
    assert_eq!(written(&care, &["--out", path]).status.code(), Some(2));

    // Another partner, another month: an empty list is a list.
    let other = care.path("other");
    let output =
        written(&care, &["--partner", "1370000018", "--out", other.to_str().expect("UTF-8")]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(!other.join("packages").exists());
    let earlier = care.path("earlier");
    let output = written_of(&care, "2020-01", &["--out", earlier.to_str().expect("UTF-8")]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert!(!earlier.join("packages").exists());
    drop(help);
}

#[test]
fn one_zip_holds_the_same_files_and_what_is_gone_keeps_its_receipts() {
    let [care, help] = running([CARE, HELP]);
    export(&care, &sample(PLAN, "20260520101500"));
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    let mut care = care;
    care.stop();
    let zip = care.path("inspection.zip");
    let output = written(&care, &["--zip", "--out", zip.to_str().expect("UTF-8")]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let file = fs::File::open(&zip).expect("a file");
    let mut archive = zip::ZipArchive::new(file).expect("a ZIP");
    let unpacked = care.path("unpacked");
    archive.extract(&unpacked).expect("unpacked");
    openssl_holds(&unpacked);
    assert_eq!(
        written(&care, &["--zip", "--out", zip.to_str().expect("UTF-8")]).status.code(),
        Some(2)
    );

    // As if its time of keeping were over.
    let connection = rusqlite::Connection::open(care.path("data/renkei.db")).expect("opened");
    connection
        .execute_batch("UPDATE outgoing SET place = 'gone', payload = NULL; DELETE FROM payloads")
        .expect("gone");
    drop(connection);
    let out = care.path("later");
    let output = written(&care, &["--out", out.to_str().expect("UTF-8")]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    openssl_holds(&out);
    let package = visible(&out.join("packages")).pop().expect("its folder");
    let names: BTreeSet<_> = visible(&package).iter().map(|path| name_of(path)).collect();
    assert_eq!(names, BTreeSet::from(["receipts".to_owned()]));
    let receipts = visible(&package.join("receipts"));
    assert_eq!(receipts.len(), 2);
    for receipt in receipts {
        let command =
            format!("openssl cms -verify -noverify -inform DER -in {}", receipt.display());
        assert!(shell(&out, &command).status.success());
    }
    drop(help);
}

#[test]
fn without_room_on_the_disk_nothing_is_begun() {
    let [mut care, _help] = running([CARE, HELP]);
    export(&care, &sample(PLAN, "20260520101500"));
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    care.stop();
    // The store believes that the file is larger than any disk.
    let connection = rusqlite::Connection::open(care.path("data/renkei.db")).expect("opened");
    let sql = "UPDATE outgoing SET unit = json_set(unit, '$.files[0].size', 1125899906842624)";
    assert_eq!(connection.execute(sql, []).expect("written"), 1);
    drop(connection);
    let out = care.path("inspection");
    let output = written(&care, &["--out", out.to_str().expect("UTF-8")]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("too little room"), "{output:?}");
    assert!(!out.exists());
}

/// What is not whole does not stay: neither the file nor the folder.
#[test]
fn what_could_not_be_written_to_its_end_is_removed() {
    let [mut care, _help] = running([CARE, HELP]);
    export(&care, &sample(PLAN, "20260520101500"));
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    care.stop();
    fs::write(care.path("keys/ca.pem"), "no certificate").expect("written");
    for arguments in [&["--zip"][..], &[]] {
        let out = care.path("inspection");
        let output =
            written(&care, &[&["--out", out.to_str().expect("UTF-8")], arguments].concat());
        assert!(!output.status.success(), "{output:?}");
        assert!(!out.exists(), "{arguments:?}");
    }
}
