//! Revocation lists and own certificates that are not as they should be.

use jiff::SignedDuration;
use renkei::certs::files::Access;
use renkei::certs::{TestCa, Validity, certificates_to_pem, revocation_list_to_pem};
use renkei::package::Usage;
use renkei::types::Clock;

use super::units::{PLAN, export, sample};
use crate::harness::{CARE, HELP, Office, offices, until};
use crate::proof::{long, office};

const LISTS: &str = "[\"keys/ca.crl.pem\"]";

/// From so many minutes from now to so many.
fn minutes(from: i64, until: i64) -> Validity {
    let at = |minutes| Clock::system().now() + SignedDuration::from_mins(minutes);
    Validity { not_before: at(from), not_after: at(until) }
}

fn put_list(node: &Office, pem: &str) {
    node.put_key_file("ca.crl.pem", pem, Access::Public);
}

#[test]
fn every_list_of_a_file_counts_and_a_bad_own_certificate_keeps_none_out() {
    let [mut care, mut help] = offices([CARE, HELP]);
    let authority = &care.world.authority;
    let list = |revoked: &[_], from| {
        let list = authority.revocation_list(revoked, minutes(from, 60 * 24 * 30));
        revocation_list_to_pem(&list.expect("a list"))
    };
    let other = TestCa::new("Other", long()).expect("a CA");
    let other = other.revocation_list(&[], minutes(-9, 60 * 24 * 30)).expect("a list");
    let other = revocation_list_to_pem(&other);
    put_list(&help, &format!("{other}{}", list(&[], -8)));
    help.set("tls", "revocation_lists", LISTS);
    let tls = care.issue(CARE, Usage::Tls);
    care.put_identity("tls", &tls);
    let [more] = [format!("{other}{}", list(&[&tls], -7))];
    help.start();

    // The own signing certificate of the recipient cannot be used any more, and then the list says
    // that the sender's certificate is revoked.
    help.put_key_file("signing.pem", "nothing", Access::Public);
    put_list(&help, &more);
    until("the list is taken up", || {
        help.log().contains("a new revocation list was taken up").then_some(())
    });
    until("the certificate is told", || help.log().contains("signing.pem").then_some(()));
    care.start();
    export(&care, &sample(PLAN, "20260520101500"));
    until("refused", || help.log().contains("evoked").then_some(()));
    assert!(help.files("import").is_empty());
}

#[test]
fn an_unusable_list_is_named_and_a_right_one_ends_it() {
    let [mut care, mut help] = offices([CARE, HELP]);
    put_list(&help, "-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n");
    help.set("tls", "revocation_lists", LISTS);
    help.start();
    until("told", || {
        let log = help.log();
        (log.contains("revocation-list-unusable") && log.contains("ca.crl.pem")).then_some(())
    });
    care.start();
    export(&care, &sample(PLAN, "20260520101500"));
    until("refused", || help.log().contains("no revocation list of the issuer").then_some(()));
    let list = care.world.authority.revocation_list(&[], minutes(-1, 60 * 5)).expect("a list");
    put_list(&help, &revocation_list_to_pem(&list));
    until("its end is announced", || {
        help.log().contains("revocation-list-ends-within-hours").then_some(())
    });
    care.kill();
    care.start();
    until("handed over", || care.has_sent("HANDED_OVER", 1));
}

#[test]
fn what_time_or_a_new_file_mends_does_not_keep_a_node_from_starting() {
    let [mut care, mut help] = offices([CARE, HELP]);
    let authority = &care.world.authority;
    let early = authority.issue(office(CARE), Usage::Signing, &[], minutes(60, 600));
    care.put_identity("signing", &early.expect("issued"));
    let stale = authority.revocation_list(&[], minutes(-60 * 72, -60 * 48)).expect("a list");
    put_list(&care, &revocation_list_to_pem(&stale));
    care.set("tls", "revocation_lists", LISTS);
    care.start();
    for code in ["own-certificate-not-valid", "revocation-list-refuses"] {
        until(code, || care.log().contains(code).then_some(()));
    }
    help.start();
    let list = care.world.authority.revocation_list(&[], minutes(-1, 60 * 24 * 30));
    put_list(&care, &revocation_list_to_pem(&list.expect("a list")));
    care.put_identity("signing", &care.issue(CARE, Usage::Signing));
    until("mended", || {
        let log = care.log();
        let over = log.lines().filter(|line| line.contains("a condition is over"));
        (over.count() >= 2).then_some(())
    });
    export(&care, &sample(PLAN, "20260520101500"));
    until("handed over", || care.has_sent("HANDED_OVER", 1));
}

#[test]
fn an_issuer_without_a_list_is_told_or_refused() {
    let [mut care, mut help] = offices([CARE, HELP]);
    let authority = &care.world.authority;
    let middle = authority.subordinate("Middle", long()).expect("a CA");
    for (name, usage) in [("tls", Usage::Tls), ("signing", Usage::Signing)] {
        let issued = middle.issue(office(CARE), usage, &["127.0.0.1"], long());
        care.put_identity(name, &issued.expect("issued"));
    }
    let list = authority.revocation_list(&[], minutes(-1, 60 * 24 * 30)).expect("a list");
    put_list(&help, &revocation_list_to_pem(&list));
    help.set("tls", "revocation_lists", LISTS);
    care.start();
    help.start();
    export(&care, &sample(PLAN, "20260520101500"));
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    assert!(help.log().contains("revocation-unknown-issuer"));

    help.kill();
    help.set("tls", "revocation", "\"strict\"");
    help.start();
    export(&care, &sample(PLAN, "20260520101600"));
    until("refused", || help.log().contains("no revocation list of the issuer").then_some(()));
}

#[test]
fn certificates_that_look_right_are_explained() {
    let [care] = offices([CARE]);
    let authority = certificates_to_pem(&[care.world.authority.certificate().clone()]);
    // An authority's certificate is none of an office, registered or not.
    care.put_key_file("tls.pem", &authority, Access::Public);
    let output = care.command(&["run", "--check"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");

    let strange = format!("{CARE}\u{200b}");
    let subject = renkei::certs::Subject {
        common_name: &strange,
        usage: Usage::Signing,
        names: &[],
        validity: long(),
        key: renkei::package::KeyKind::EcP256,
    };
    let issued = care.world.authority.issue_as(&subject).expect("issued");
    care.put_identity("signing", &issued);
    let path = care.path("keys/signing.pem");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_renkei"))
        .args(["--lang", "en", "certs", "show"])
        .arg(path)
        .output()
        .expect("the program runs");
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(said.contains("\\u{200b}") && said.contains("UTF8String"), "{said}");
    assert!(!said.contains('\u{200b}'), "{said}");
}
