//! `renkei export`: proof that stands without renkei.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use super::recall::{in_the_way, sent_id, taken_back};
use super::units::{PLAN, export, sample};
use crate::harness::{CARE, HELP, Office, running, until, visible};

/// Runs a line of the README as a reader would.
pub(super) fn shell(folder: &Path, line: &str) -> Output {
    let output = Command::new("sh").args(["-c", line]).current_dir(folder).output();
    output.expect("a shell with openssl and sha256sum")
}

/// The commands that the README gives.
pub(super) fn commands(folder: &Path) -> Vec<String> {
    let readme = fs::read_to_string(folder.join("README.txt")).expect("a README in UTF-8");
    let readme = readme.replace("\r\n", "\n").replace("\\\n", " ");
    let is_command = |line: &&str| line.starts_with("openssl ") || line.starts_with("sha256sum ");
    readme.lines().map(str::trim).filter(is_command).map(str::to_owned).collect()
}

fn exported(office: &Office) -> std::path::PathBuf {
    let id = office.sql(
        "SELECT lower(hex(message_id)) FROM outgoing
         UNION ALL SELECT lower(hex(message_id)) FROM incoming",
    );
    let id = uuid::Uuid::parse_str(&id[0]).expect("an id").to_string();
    let out = office.path("proof");
    let output = office.command(&["export", &id, "--out", out.to_str().expect("UTF-8")]);
    assert!(output.status.success(), "{output:?}");
    out
}

#[test]
fn both_ends_can_prove_the_exchange_without_renkei() {
    let [care, help] = running([CARE, HELP]);
    let unit = sample(PLAN, "20260520101500");
    export(&care, &unit);
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    for office in [&care, &help] {
        let out = exported(office);
        let commands = commands(&out);
        assert_eq!(commands.len(), 4, "manifest, two receipts, digests: {commands:?}");
        for command in &commands {
            let output = shell(&out, command);
            assert!(output.status.success(), "{command}: {output:?}");
        }
        let verify = |path: &Path| office.command(&["verify", path.to_str().expect("UTF-8")]);
        let output = verify(&out);
        assert_eq!(output.status.code(), Some(0), "{output:?}");

        for (changed, refusing) in
            [("", "openssl cms"), ("receipts", "openssl cms"), ("files", "sha256sum")]
        {
            let path = match changed {
                "" => out.join("manifest.json"),
                folder => visible(&out.join(folder)).pop().expect("a file"),
            };
            let genuine = fs::read(&path).expect("read");
            let mut bytes = genuine.clone();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            fs::write(&path, bytes).expect("written");
            let refused = commands.iter().any(|command| {
                command.starts_with(refusing) && !shell(&out, command).status.success()
            });
            assert!(refused, "{} was changed and nobody noticed", path.display());
            assert_eq!(verify(&out).status.code(), Some(1), "{}", path.display());
            fs::write(&path, genuine).expect("written");
        }
    }
}

/// Who asked for it and when is proof too, at both ends.
#[test]
fn what_was_taken_back_is_proved_with_the_request() {
    let [care, help] = running([CARE, HELP]);
    export(&care, &in_the_way(&help));
    until("held", || care.has_sent("HELD_BY_RECIPIENT", 1));
    let id = sent_id(&care);
    taken_back(&care, &id);
    let out = exported(&care);
    let commands = commands(&out);
    for command in &commands {
        let output = shell(&out, command);
        assert!(output.status.success(), "{command}: {output:?}");
    }
    let of_recall = commands.iter().find(|command| command.contains("recall.p7s"));
    let said = shell(&out, of_recall.expect("a command for the request")).stdout;
    let said: serde_json::Value = serde_json::from_slice(&said).expect("a document");
    assert_eq!(said["format"], "renkei.recall/1");
    assert_eq!(
        (&said["message_id"], &said["sender"]["office"]),
        (&id.clone().into(), &CARE.into())
    );

    let verify = |path: &Path| {
        let output = care.command(&["verify", path.to_str().expect("UTF-8")]);
        (String::from_utf8(output.stdout).expect("UTF-8"), output.status.code())
    };
    let (said, code) = verify(&out);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("recall.p7s: asked to be given back"), "{said}");
    let (said, code) = verify(&out.join("recall.p7s"));
    assert_eq!(code, Some(0), "{said}");
    let mut bytes = fs::read(out.join("recall.p7s")).expect("there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(out.join("recall.p7s"), bytes).expect("written");
    assert_eq!(verify(&out).1, Some(1));

    let (now, month) = (jiff::Zoned::now(), help.path("month"));
    let (of, to) = (format!("{:04}-{:02}", now.year(), now.month()), month.display().to_string());
    let made = help.command(&["evidence", "--month", &of, "--out", &to]);
    assert!(made.status.success(), "{made:?}");
    let folder = month.join(format!("packages/in_{id}"));
    let read = "openssl cms -verify -noverify -inform DER -in recall.p7s";
    assert!(shell(&folder, read).status.success());
    let index = fs::read_to_string(month.join("index.html")).expect("a list");
    assert!(index.contains("its sender took it back"), "{index}");
}
