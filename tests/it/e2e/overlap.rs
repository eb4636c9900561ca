//! Certificates that renew themselves, with both known for a while.

use renkei::certs::renewal::next_certificate;
use renkei::certs::{Issued, Validity, self_made};
use renkei::config::IdentityFiles;
use renkei::package::Usage;
use renkei::types::Digest;

use super::units::{export, withdrawal};
use crate::harness::{CARE, HELP, Office, offices, until};
use crate::proof::{office, seconds};

pub(super) const HOUR: i64 = 3600;
pub(super) const DAY: i64 = 24 * HOUR;

/// A certificate that an office made itself.
pub(super) fn made(of: &Office, usage: Usage, validity: Validity) -> Issued {
    let hosts = ["127.0.0.1".to_owned()];
    self_made(office(of.number), usage, &hosts, validity).expect("made")
}

pub(super) fn files(of: &Office, name: &str) -> IdentityFiles {
    let path = |ending: &str| of.path("keys").join(name).with_extension(ending);
    IdentityFiles::Pem { certificate: path("pem"), key: path("key") }
}

/// What an office is told, in the log and by `renkei status`, where a condition has its newest words.
fn told(of: &Office) -> String {
    let status = of.command(&["status"]);
    of.log() + &String::from_utf8_lossy(&status.stdout)
}

/// What stands in a partner's configuration.
fn pins(digests: &[Digest]) -> String {
    let all: Vec<_> = digests.iter().map(|digest| format!("\"{digest}\"")).collect();
    format!("[{}]", all.join(", "))
}

fn digest(issued: &Issued) -> Digest {
    Digest::of(issued.certificate().expect("one"))
}

/// Gives an office certificates that it made itself and that its partner knows.
fn enter(own: &mut Office, partner: &mut Office, validity: Validity) -> [Digest; 2] {
    own.set("tls", "roots", "[]");
    [("tls", "tls_certificates", Usage::Tls), ("signing", "signing_certificates", Usage::Signing)]
        .map(|(name, key, usage)| {
            let issued = made(own, usage, validity);
            own.put_identity(name, &issued);
            partner.set_peer(own.number, key, pins(&[digest(&issued)]));
            digest(&issued)
        })
}

/// Both offices know each other by such certificates; those of the first one are valid as is said.
fn pinned(care: &mut Office, help: &mut Office, validity: Validity) -> [Digest; 2] {
    enter(help, care, seconds(-HOUR, 700 * DAY));
    enter(care, help, validity)
}

#[test]
fn self_made_certificates_are_prepared_told_and_taken_when_partners_know_them() {
    let [mut care, mut help] = offices([CARE, HELP]);
    // Two years of which 80 days are left.
    let old = pinned(&mut care, &mut help, seconds(-650 * DAY, 80 * DAY));
    care.start();
    help.start();
    export(&care, &withdrawal(CARE, 1));
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    let next = |name| {
        let files = files(&care, name);
        until("prepared", move || next_certificate(&files))
    };
    let next = ["tls", "signing"].map(|name| Digest::of(&next(name)));
    until("told", || {
        let log = told(&care);
        (log.contains("certificate-ends-within-90-days")
            && next.iter().all(|digest| log.contains(&digest.to_string())))
        .then_some(())
    });
    let output = care.command(&["certs", "check"]);
    let said = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(next.iter().all(|digest| said.contains(&digest.to_string())), "{said}");

    // The partner learns both, and the change is made on a word.
    for (key, old, next) in
        [("tls_certificates", old[0], next[0]), ("signing_certificates", old[1], next[1])]
    {
        help.set_peer(CARE, key, pins(&[old, next]));
    }
    help.kill();
    help.start();
    export(&care, &withdrawal(CARE, 2));
    until("still with the old ones", || care.has_sent("HANDED_OVER", 2));
    // It was registered by hand, so that it never says that it knows them.
    let output = care.command(&["certs", "renew", "--take"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let output = care.command(&["certs", "renew", "--take", "--anyway"]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    until("taken up", || {
        let log = care.log();
        let taken = log.lines().filter(|line| line.contains("a new certificate was taken up"));
        (taken.count() == 2).then_some(())
    });
    export(&care, &withdrawal(CARE, 3));
    until("with the new ones", || care.has_sent("HANDED_OVER", 3));
    let kept = std::fs::read_dir(care.path("keys")).expect("listed");
    let kept = kept.filter(|entry| {
        entry.as_ref().expect("an entry").file_name().to_string_lossy().contains(".until-")
    });
    assert_eq!(kept.count(), 4, "the old pairs stay");
}

#[test]
fn a_self_made_certificate_is_followed_on_its_last_day() {
    let [mut care, mut help] = offices([CARE, HELP]);
    let old = pinned(&mut care, &mut help, seconds(-700 * DAY, DAY - HOUR));
    care.start();
    until("in its place", || {
        let log = care.log();
        let taken =
            log.lines().filter(|line| line.contains("a renewed certificate is in its place"));
        (taken.count() == 2).then_some(())
    });
    let own = |name| {
        let identity = renkei::certs::load(&files(&care, name)).expect("they fit");
        Digest::of(identity.chain().first().expect("one"))
    };
    let new = [own("tls"), own("signing")];
    assert!(new.iter().zip(&old).all(|(new, old)| new != old));
    help.set_peer(CARE, "tls_certificates", pins(&new[..1]));
    help.set_peer(CARE, "signing_certificates", pins(&new[1..]));
    help.start();
    export(&care, &withdrawal(CARE, 1));
    until("handed over", || care.has_sent("HANDED_OVER", 1));
}

#[test]
fn an_authority_is_asked_in_time_and_its_answer_is_used_by_itself() {
    let [mut care, mut help] = offices([CARE, HELP]);
    let authority = &care.world.authority;
    let soon = authority.issue(office(CARE), Usage::Tls, &[], seconds(-300 * DAY, 50 * DAY));
    care.put_identity("tls", &soon.expect("issued"));
    care.start();
    help.start();
    let request = care.path("keys/tls.next.csr");
    until("asked for", || request.exists().then_some(()));
    until("told", || {
        let log = told(&care);
        (log.contains("certificate-ends-within-60-days") && log.contains("tls.next.csr"))
            .then_some(())
    });
    // Something else than an answer is told, and the old one serves on.
    care.put_key_file("tls.next.pem", "nothing", renkei::certs::files::Access::Public);
    until("told", || told(&care).contains("certificate-renewal-failed").then_some(()));
    export(&care, &withdrawal(CARE, 1));
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    // The answer of an authority of the tests has its own key.
    let issued = care.issue(CARE, Usage::Tls);
    let sha256 = digest(&issued).to_string();
    care.put_identity("tls.next", &issued);
    until("taken up", || {
        let log = care.log();
        log.lines()
            .any(|line| line.contains("a new certificate was taken up") && line.contains(&sha256))
            .then_some(())
    });
    assert!(!request.exists(), "it is answered");
    export(&care, &withdrawal(CARE, 2));
    until("handed over", || care.has_sent("HANDED_OVER", 2));
}
