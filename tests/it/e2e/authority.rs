//! The README's own authority, made with its very commands.

use std::fs;
use std::path::Path;
use std::process::Command;

use renkei::certs::files::Access;

use super::units::{PLAN, export, sample};
use crate::harness::{CARE, HELP, offices, until};

/// The shell commands of the README that follow this heading.
fn block(readme: &str, heading: &str) -> String {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join(readme);
    let readme = fs::read_to_string(readme).expect("a README").replace("\r\n", "\n");
    let (_, after) = readme.split_once(heading).expect("the heading");
    let (_, block) = after.split_once("```sh\n").expect("a block");
    block.split_once("```").expect("its end").0.to_owned()
}

#[test]
fn two_offices_exchange_under_the_authority_of_the_readme() {
    let commands = block("README.md", "**An authority of your own**");
    assert_eq!(commands, block("README.ja.md", "**自前の認証局**"));
    let [mut care, mut help] = offices([CARE, HELP]);
    let authority = tempfile::tempdir().expect("a folder");
    for (node, letter) in [(&care, "a"), (&help, "b")] {
        for name in ["tls", "signing"] {
            let out = authority.path().join(format!("{letter}-{name}"));
            let made = Command::new(env!("CARGO_BIN_EXE_renkei"))
                .args(["certs", "request", node.number, "--out"])
                .arg(&out)
                .output()
                .expect("the program runs");
            assert!(made.status.success(), "{made:?}");
        }
    }
    let made = Command::new("sh")
        .args(["-e", "-c", &commands])
        .current_dir(authority.path())
        .output()
        .expect("a shell with openssl");
    assert!(made.status.success(), "{made:?}");
    let read = |name: &str| fs::read_to_string(authority.path().join(name)).expect(name);
    for (node, letter) in [(&mut care, "a"), (&mut help, "b")] {
        for name in ["tls", "signing"] {
            let file = |end: &str| read(&format!("{letter}-{name}.{end}"));
            node.put_key_file(&format!("{name}.pem"), &file("pem"), Access::Public);
            node.put_key_file(&format!("{name}.key"), &file("key"), Access::Secret);
        }
        node.put_key_file("ca.pem", &read("ca.pem"), Access::Public);
        node.put_key_file("ca.crl.pem", &read("ca.crl.pem"), Access::Public);
        node.set("tls", "revocation_lists", "[\"keys/ca.crl.pem\"]");
        node.start();
    }
    export(&care, &sample(PLAN, "20260520101500"));
    until("handed over", || care.has_sent("HANDED_OVER", 1));
}
