//! `renkei export`: proof that stands without renkei.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

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
