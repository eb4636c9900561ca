//! The page for other computers: TLS, its names, its certificate.

use std::net::Ipv4Addr;
use std::sync::Arc;

use renkei::certs::files::Access;
use renkei::package::Usage;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};

use super::{PASSWORD, add, address};
use crate::harness::{CARE, HELP, Office, offices, quoted, until, until_within};
use crate::page::browser::Browser;

/// An office with a certificate for its page, which does not run yet.
fn office() -> Office {
    let [mut care, _] = offices([CARE, HELP]);
    let issued = care.world.authority.issue(
        CARE.parse().expect("an office"),
        Usage::Tls,
        &["renkei.example", "127.0.0.1"],
        crate::proof::long(),
    );
    let issued = issued.expect("a certificate");
    care.put_key_file("page.pem", &issued.chain_pem(), Access::Public);
    care.put_key_file("page.key", issued.key_pem(), Access::Secret);
    care.set("page", "listen", quoted("0.0.0.0:0"));
    care.set("page", "certificate", quoted("keys/page.pem"));
    care.set("page", "key", quoted("keys/page.key"));
    care.set("page", "hosts", "[\"renkei.example\"]");
    care
}

fn client(office: &Office, versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    let pem = std::fs::read(office.path("keys/ca.pem")).expect("the CA");
    roots.add(CertificateDer::from_pem_slice(&pem).expect("PEM")).expect("a root");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

fn port(office: &Office) -> String {
    address(office).rsplit_once(':').expect("a port").1.to_owned()
}

#[test]
fn other_computers_reach_it_over_tls_alone() {
    let mut office = office();
    office.start();
    add(&office, "hanako", "general");
    let port = port(&office);
    let reached = format!("{}:{port}", Ipv4Addr::LOCALHOST);
    let host = format!("renkei.example:{port}");
    let tls13 = client(&office, &[&rustls::version::TLS13]);
    let mut browser = Browser::over_tls(&reached, tls13.clone(), &host);
    assert_eq!(browser.get("/").location(), "/welcome");
    let answer = browser.login("hanako", PASSWORD, "");
    assert_eq!(answer.status, 303, "{}", answer.body);
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-renkei-") && cookie.contains("; Secure"), "{cookie}");
    assert!(cookie.contains("; Path=/;") && !cookie.contains("Domain"), "{cookie}");
    assert_eq!(browser.get("/").status, 200);

    // Not by another name, not from a page without TLS, not without TLS, not with an older one.
    for name in ["127.0.0.1", "localhost", "evil.example"] {
        let mut headers = browser.headers("GET");
        headers.insert("Host", format!("{name}:{port}"));
        assert_eq!(browser.ask("GET", "/", &headers, "").status, 421, "{name}");
    }
    let mut headers = browser.headers("POST");
    headers.insert("Origin", format!("http://{host}"));
    assert_eq!(browser.ask("POST", "/account/sessions", &headers, "").status, 403);
    let request = format!("GET /welcome HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    assert!(Browser::new(&reached).raw(request.as_bytes()).is_err(), "without TLS");
    let old = Browser::over_tls(&reached, client(&office, &[&rustls::version::TLS12]), &host);
    assert!(old.raw(request.as_bytes()).is_err(), "TLS 1.2");

    let output = office.command(&["open", "--print"]);
    let link = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(link.starts_with(&format!("https://{host}/enter/")), "{link}");
    let path = link.trim().split_once(&host).expect("a path").1.to_owned();
    let mut browser = Browser::over_tls(&reached, tls13, &host);
    assert_eq!(browser.get(&path).status, 200);
    assert_eq!(browser.get("/users").status, 200);
}

#[test]
fn without_a_certificate_it_stays_on_this_computer() {
    let [mut care, _] = offices([CARE, HELP]);
    care.set("page", "listen", quoted("0.0.0.0:0"));
    let output = care.command(&["run"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(said.contains("page.listen") && said.contains("needs certificate and key"), "{said}");
    assert!(said.contains("page.hosts"), "{said}");
    let output = care.command_in("ja", &["run", "--check"]);
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(said.contains("certificate と key"), "{said}");
}

#[test]
fn a_certificate_that_cannot_be_used_costs_the_page_alone() {
    let mut office = office();
    office.set("page", "key", quoted("keys/signing.key"));
    let checked = office.command(&["run", "--check"]);
    assert_eq!(checked.status.code(), Some(2));
    let said = String::from_utf8(checked.stderr).expect("UTF-8");
    assert!(said.contains("the certificate of the page ([page]) cannot be used"), "{said}");
    office.start();
    assert!(office.is_alive());
    until("the condition", || {
        let status = office.command(&["status"]);
        let said = String::from_utf8(status.stdout).expect("UTF-8");
        said.contains("the page cannot be served without its certificate").then_some(())
    });
}

#[test]
fn a_certificate_that_is_replaced_is_taken_up_and_a_broken_one_is_not() {
    let patience = std::time::Duration::from_mins(2);
    let mut office = office();
    office.set("page", "hosts", "[\"renkei.example\", \"new.example\"]");
    office.start();
    add(&office, "hanako", "general");
    let port = port(&office);
    let reached = format!("{}:{port}", Ipv4Addr::LOCALHOST);
    let tls13 = client(&office, &[&rustls::version::TLS13]);
    let by = |name: &str| Browser::over_tls(&reached, tls13.clone(), &format!("{name}:{port}"));
    let ask = |browser: &Browser, name: &str| {
        let request =
            format!("GET /welcome HTTP/1.1\r\nHost: {name}:{port}\r\nConnection: close\r\n\r\n");
        browser.raw(request.as_bytes()).map(|answer| answer.status)
    };
    let mut browser = by("renkei.example");
    assert_eq!(browser.login("hanako", PASSWORD, "").status, 303);
    assert!(ask(&by("new.example"), "new.example").is_err(), "it is not in the certificate");

    let key = std::fs::read_to_string(office.path("keys/page.key")).expect("a key");
    office.put_key_file("page.key", "no key\n", Access::Secret);
    until_within(patience, "the condition", || {
        let status = office.command(&["status"]);
        let said = String::from_utf8(status.stdout).expect("UTF-8");
        said.contains("the new certificate of the page cannot be used").then_some(())
    });
    assert_eq!(browser.get("/").status, 200, "the former one still serves");
    office.put_key_file("page.key", &key, Access::Secret);

    let names = ["renkei.example", "new.example", "127.0.0.1"];
    let number = CARE.parse().expect("an office");
    let issued = office.world.authority.issue(number, Usage::Tls, &names, crate::proof::long());
    let issued = issued.expect("a certificate");
    office.put_key_file("page.pem", &issued.chain_pem(), Access::Public);
    office.put_key_file("page.key", issued.key_pem(), Access::Secret);
    until_within(patience, "the new certificate", || {
        (ask(&by("new.example"), "new.example").ok()? == 200).then_some(())
    });
    assert_eq!(browser.get("/").status, 200, "whoever was in is in");
    until("nothing is wrong any more", || {
        let said = String::from_utf8(office.command(&["status"]).stdout).expect("UTF-8");
        (!said.contains("certificate of the page")).then_some(())
    });
}
