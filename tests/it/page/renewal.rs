//! 証明書: renewed on the page, those that an office made itself and those of an authority.

use std::fs;
use std::path::Path;
use std::process::Command;

use renkei::certs::files::Access;
use renkei::package::Usage;

use super::browser::{Answer, Browser};
use super::opened;
use crate::harness::{CARE, HELP, Office, offices, quoted, until};

fn renkei(arguments: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_renkei")).args(arguments).output();
    let output = output.expect("the program runs");
    assert!(output.status.success(), "{arguments:?}: {output:?}");
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// An office with a page whose authority lies in the folder `ca` of its home. Its certificate for
/// TLS is of its own making.
fn office() -> Office {
    let [mut care, _] = offices([CARE, HELP]);
    let ca = care.path("ca");
    renkei(&["ca", "--dir", text(&ca), "init", "An authority"]);
    let made = care.path("outside/made");
    renkei(&["certs", "new", CARE, "--dir", text(&made)]);
    for (name, access) in [("tls.pem", Access::Public), ("tls.key", Access::Secret)] {
        let pem = fs::read_to_string(made.join(name)).expect("made");
        care.put_key_file(name, &pem, access);
    }
    let root = ca.join("ca.pem");
    care.set("tls", "roots", format!("[\"keys/ca.pem\", {}]", quoted(root.display())));
    care.set("page", "listen", quoted("127.0.0.1:0"));
    care.start();
    care
}

fn told(browser: &mut Browser, answer: &Answer) -> String {
    assert_eq!((answer.status, answer.location()), (303, "/certificates"), "{}", answer.body);
    let page = browser.get("/certificates").body;
    let (_, rest) = page.split_once("class=\"told").unwrap_or_else(|| panic!("nothing: {page}"));
    rest.split("</div></div>").next().expect("a text").to_owned()
}

fn renew(browser: &mut Browser, fields: &[(&str, &str)]) -> String {
    let answer = browser.submit("/certificates", "/certificates/renew", fields);
    told(browser, &answer)
}

#[test]
fn what_an_office_made_itself_is_renewed_by_a_button() {
    let office = office();
    let mut browser = opened(&office);
    let page = browser.get("/certificates").body;
    assert!(page.contains("Renew it now") && page.contains("Make a request (CSR)"), "{page}");
    let next = office.path("keys/tls.next.pem");
    assert!(!next.exists());
    assert!(renew(&mut browser, &[("of", "tls")]).contains("is prepared"));
    assert!(next.exists() && !office.path("keys/signing.next.csr").exists(), "one alone");
    let page = browser.get("/certificates").body;
    assert!(page.contains("SHA-256 of the next one") && page.contains("Use it now"), "{page}");
    let (new, old) = (fs::read(&next).expect("there"), fs::read(office.path("keys/tls.pem")));
    assert_ne!(old.expect("there"), new);
    // A partner that was registered by hand never says that it knows it.
    assert!(page.contains("have not said that they have it") && page.contains(HELP), "{page}");
    let early = renew(&mut browser, &[("of", "tls"), ("take", "yes")]);
    assert!(early.contains("nothing was switched") && early.contains(HELP), "{early}");
    assert!(next.exists());
    let anyway = [("of", "tls"), ("take", "yes"), ("anyway", "yes")];
    assert!(renew(&mut browser, &anyway).contains("is used now"));
    assert_eq!(fs::read(office.path("keys/tls.pem")).expect("there"), new);
    assert!(browser.get("/certificates").body.contains("Renew it now"));
    // What nobody has is not found.
    let nothing = browser.submit("/certificates", "/certificates/renew", &[("of", "page")]);
    assert_eq!(nothing.status, 404);
    until("written down", || {
        let did = office.sql("SELECT about FROM audit WHERE what = 'certificate-renewed'");
        (did == ["tls begin", "tls take anyway"]).then_some(())
    });
}

#[test]
fn what_an_authority_issues_is_asked_for_checked_and_used() {
    let office = office();
    let mut browser = opened(&office);
    assert!(renew(&mut browser, &[("of", CARE)]).contains("The request (CSR) is made"));
    let request = browser.get(&format!("/certificates/request/{CARE}"));
    assert!(request.body.contains("CERTIFICATE REQUEST"), "{}", request.body);
    assert!(request.header("content-disposition").contains(&format!("{CARE}.csr")));
    assert_eq!(browser.get("/certificates/request/tls").status, 404);
    let csr = office.path("outside/a.csr");
    fs::write(&csr, &request.bytes).expect("written");
    let issue = |ca: &str| {
        let (ca, out) = (office.path(ca), office.path(&format!("outside/of-{ca}.pem")));
        let order = ["issue", CARE, text(&csr), "--for", "signing", "--out", text(&out)];
        renkei(&[&["ca", "--dir", text(&ca)][..], &order].concat());
        fs::read(out).expect("issued")
    };
    renkei(&["ca", "--dir", text(&office.path("other-ca")), "init", "Another authority"]);
    let mut answered = |file: &[u8]| {
        let fields = [("of", CARE)];
        let answer = browser.submit_file("/certificates", "/certificates/answer", &fields, file);
        told(&mut browser, &answer)
    };
    let before = fs::read(office.path("keys/signing.pem")).expect("there");
    // Not for our key, not of a known authority, no certificate, nothing.
    let others = office.issue(CARE, Usage::Signing).chain_pem();
    for (file, why) in [
        (others.as_bytes(), "key"),
        (&issue("other-ca")[..], "would not accept it"),
        (b"no certificate", "no certificate"),
        (b"", "Choose the file"),
    ] {
        let said = answered(file);
        assert!(said.contains(why), "{why}: {said}");
        assert!(!office.path("keys/signing.next.pem").exists(), "{why}");
        assert_eq!(fs::read(office.path("keys/signing.pem")).expect("there"), before, "{why}");
    }
    let said = answered(&issue("ca"));
    assert!(said.contains("is used now"), "{said}");
    assert_ne!(fs::read(office.path("keys/signing.pem")).expect("there"), before);
    assert!(!office.path("keys/signing.next.csr").exists());
    assert!(browser.get("/certificates").body.contains("Make a request (CSR)"));
    until("written down", || {
        let did = office.sql("SELECT about FROM audit WHERE what = 'certificate-renewed'");
        (did == [format!("{CARE} begin"), format!("{CARE} answer")]).then_some(())
    });
}
