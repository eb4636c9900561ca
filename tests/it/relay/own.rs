//! The relay's own certificates, files and addresses: what is wrong with them is said where it is seen.

use std::fs;
use std::net::TcpListener;
use std::process::Command;

use jiff::SignedDuration;
use renkei::certs::{Issued, Validity, self_made_of_host};
use renkei::package::Usage;

use super::harness::{Relay, World, now};
use super::lost_store::refused;
use crate::harness::until;

/// A certificate that ends in so many days.
fn ending(usage: Usage, days: i64) -> Issued {
    let at = |days: i64| now() + SignedDuration::from_hours(24 * days);
    let validity = Validity { not_before: at(days - 100), not_after: at(days) };
    self_made_of_host(usage, &["127.0.0.1".to_owned()], validity).expect("made")
}

fn put(relay: &Relay, name: &str, issued: &Issued) {
    fs::write(relay.folder.join(format!("{name}.key")), issued.key_pem()).expect("written");
    fs::write(relay.folder.join(format!("{name}.pem")), issued.chain_pem()).expect("written");
}

fn health(relay: &Relay) -> Option<(bool, String)> {
    let answer = relay.watch("/healthz")?;
    let (_, body) = answer.split_once("\r\n\r\n")?;
    Some((answer.starts_with("HTTP/1.1 200"), body.to_owned()))
}

#[test]
fn a_certificate_that_ends_or_has_ended_is_told_everywhere() {
    let world = World::new();
    let mut relay = Relay::new(&world, "relay", "");
    put(&relay, "signing", &ending(Usage::Signing, 20));
    relay.start();
    let (is_well, said) = health(&relay).expect("answered");
    assert!(is_well && said.contains("signing.pem ends at") && said.ends_with("ok\n"), "{said}");
    let status = relay.run(&["status"]);
    let said = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(status.status.success() && said.contains("signing.pem ends at"), "{said}");
    assert!(relay.log().contains("signing.pem ends at"), "{}", relay.log());

    // One that has ended is taken up too, as nothing better is there, and is told.
    put(&relay, "tls", &ending(Usage::Tls, -1));
    until("the relay is not well", || {
        health(&relay).filter(|(is_well, said)| !is_well && said.contains("tls.pem ended at"))
    });
    let status = relay.run(&["status"]);
    assert_eq!(status.status.code(), Some(1), "{status:?}");
    put(&relay, "tls", &ending(Usage::Tls, 99));
    put(&relay, "signing", &ending(Usage::Signing, 99));
    until("the relay is well", || health(&relay).filter(|(_, said)| said == "ok\n"));
    let metrics = relay.watch("/metrics").expect("answered");
    assert!(metrics.contains("renkei_relay_certificate_end_timestamp_seconds "), "{metrics}");
    relay.kill();
    put(&relay, "tls", &ending(Usage::Tls, -1));
    relay.start_unwell();
    assert!(relay.log().contains("tls.pem ended at"), "{}", relay.log());
}

#[test]
fn what_no_office_can_accept_keeps_the_relay_from_starting() {
    let world = World::new();
    let relay = Relay::new(&world, "relay", "");
    let authority = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-subj", "/CN=relay", "-days", "99", "-addext", "basicConstraints=critical,CA:TRUE"])
        .arg("-keyout")
        .arg(relay.folder.join("signing.key"))
        .arg("-out")
        .arg(relay.folder.join("signing.pem"))
        .output()
        .expect("openssl runs");
    assert!(authority.status.success(), "{authority:?}");
    let (code, said) = refused(&relay, &[]);
    assert!(
        code == Some(2) && said.contains("signing.pem: ") && said.contains("CA:TRUE"),
        "{said}"
    );
}

#[test]
fn faults_of_files_and_addresses_are_told_once_with_what_to_do() {
    let world = World::new();
    let relay = Relay::new(&world, "relay", "");
    let taken = TcpListener::bind(("127.0.0.1", relay.port)).expect("bound");
    let (code, said) = refused(&relay, &[]);
    assert!(code == Some(2) && said.contains("[node] listen"), "{said}");
    drop(taken);
    fs::remove_file(relay.folder.join("tls.key")).expect("removed");
    let config = relay.config();
    for lang in ["ja", "en"] {
        let all = ["relay", "--lang", lang, "--config", config.to_str().expect("UTF-8")];
        let ended = super::harness::renkei(&all);
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(2), "{said}");
        assert_eq!(said.matches("tls.key").count(), 1, "{said}");
        assert!(lang == "en" || !said.contains("not there"), "{said}");
    }
}

#[test]
fn a_relay_is_made_for_an_address_that_offices_can_reach() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().to_str().expect("UTF-8");
    let wrong = super::harness::renkei(&["relay", "init", "--dir", dir, "--host", "https://x:1"]);
    assert_eq!(wrong.status.code(), Some(2), "{wrong:?}");
    assert_eq!(fs::read_dir(dir).expect("a folder").count(), 0, "nothing was made");
    let made = super::harness::renkei(&["relay", "init", "--dir", dir, "--lang", "en"]);
    let said = String::from_utf8_lossy(&made.stderr).into_owned();
    assert!(made.status.success() && said.contains("--host"), "{made:?}");
}
