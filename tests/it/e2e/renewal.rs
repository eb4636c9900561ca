//! What was proved stays proved, whatever was renewed since.

use std::path::PathBuf;

use renkei::certs::{Issued, TestCa};
use renkei::package::Usage;
use renkei::types::Digest;

use super::evidence::{commands, shell};
use super::units::{PLAN, export, sample};
use crate::harness::{CARE, HELP, Office, offices, until};
use crate::proof::{long, office};

/// A certificate of an authority that nobody trusts.
fn stranger(number: &str, usage: Usage) -> Issued {
    let unknown = TestCa::new("Unknown", long()).expect("a CA");
    unknown.issue(office(number), usage, &["127.0.0.1"], long()).expect("issued")
}

fn pin(issued: &Issued) -> String {
    format!("[\"{}\"]", Digest::of(issued.certificate().expect("one")))
}

/// Gives `own` a new signing certificate that `partner` pins instead of the former one.
fn renew(own: &Office, partner: &mut Office, name: &str, usage: Usage) {
    let issued = stranger(own.number, usage);
    own.put_identity(name, &issued);
    let key = if usage == Usage::Tls { "tls_certificates" } else { "signing_certificates" };
    partner.set_peer(own.number, key, pin(&issued));
}

fn exported(office: &Office, id: &str, folder: &str) -> PathBuf {
    let out = office.path(folder);
    let output = office.command(&["export", id, "--out", out.to_str().expect("UTF-8")]);
    assert!(output.status.success(), "{output:?}");
    out
}

#[test]
fn a_proof_of_a_pinned_pair_outlives_both_certificates() {
    let [mut care, mut help] = offices([CARE, HELP]);
    for (name, usage) in [("tls", Usage::Tls), ("signing", Usage::Signing)] {
        renew(&care, &mut help, name, usage);
        renew(&help, &mut care, name, usage);
    }
    for node in [&mut care, &mut help] {
        node.set("tls", "roots", "[]");
        node.start();
    }
    export(&care, &sample(PLAN, "20260520101500"));
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    let id = care.sql("SELECT lower(hex(message_id)) FROM outgoing").remove(0);
    let id = uuid::Uuid::parse_str(&id).expect("an id").to_string();
    care.kill();
    help.kill();
    renew(&care, &mut help, "signing", Usage::Signing);
    renew(&help, &mut care, "signing", Usage::Signing);

    for node in [&care, &help] {
        let out = exported(node, &id, "proof");
        let commands = commands(&out);
        assert_eq!(commands.len(), 4, "{commands:?}");
        for command in &commands {
            let output = shell(&out, command);
            assert!(output.status.success(), "{command}: {output:?}");
        }
        let path = out.to_str().expect("UTF-8");
        let output = node.command(&["verify", path]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        // A package alone is vouched for as well.
        let package = out.join("package.zip");
        let output = node.command(&["verify", package.to_str().expect("UTF-8")]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    // A store that never had it vouches for nothing.
    let [elsewhere] = offices([HELP]);
    let path = care.path("proof");
    let output = elsewhere.command(&["verify", path.to_str().expect("UTF-8")]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

#[test]
fn a_renewed_certificate_is_in_use_without_a_restart() {
    let [mut care, mut help] = offices([CARE, HELP]);
    care.start();
    help.start();
    let issued = care.issue(CARE, Usage::Signing);
    let sha256 = Digest::of(issued.certificate().expect("one")).to_string();
    care.put_identity("signing", &issued);
    until("taken up", || care.log().contains(&sha256).then_some(()));
    export(&care, &sample(PLAN, "20260520101500"));
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    let output = care.command(&["status", "--json"]);
    let status: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(status["certificates"][1]["sha256"], sha256);
}
