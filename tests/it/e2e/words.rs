//! What people are told of what waits, is refused and is held.

use renkei::certs::{Subject, TestCa};
use renkei::package::{KeyKind, Usage};
use renkei::types::Digest;
use serde_json::Value;

use super::units::{PLAN, export, sample};
use crate::harness::{CARE, HELP, Office, offices, quoted, until};
use crate::proof::long;

fn said(office: &Office, lang: &str, arguments: &[&str]) -> String {
    let output = office.command_in(lang, arguments);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn status_says_in_words_why_a_package_waits_and_until_when() {
    let [mut care, _] = offices([CARE, HELP]);
    care.set_peer(HELP, "name", quoted("ひまわり訪問介護"));
    care.set("office", "name", quoted("さくら居宅"));
    care.start();
    export(&care, &sample(PLAN, "20260520101500"));
    until("tried", || {
        let details = care.sql("SELECT detail FROM outgoing");
        (details == ["peer-unreachable"]).then_some(())
    });
    let told = said(&care, "ja", &["status"]);
    for expected in [
        "送信を待っているもの",
        "さくら居宅 → 2770000029 ひまわり訪問介護: 1 件",
        "理由: 相手につながりません [peer-unreachable]",
        "対応（双方の事業所）: 自動で送り直します",
        "次の送信: ",
        "renkei retry 2770000029",
    ] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    let told = said(&care, "en", &["status"]);
    assert!(told.contains("why: the partner cannot be reached [peer-unreachable]"), "{told}");
    let json: Value =
        serde_json::from_str(&said(&care, "en", &["status", "--json"])).expect("JSON");
    let waiting = &json["waiting"][0];
    assert_eq!((&waiting["count"], &waiting["reason"]), (&1.into(), &"peer-unreachable".into()));
    let next = waiting["next_at"].as_str().expect("a time");
    assert!(next < waiting["expires_at"].as_str().expect("a time"), "{json}");
}

#[test]
fn the_side_that_has_to_register_a_certificate_is_told_of_it() {
    let [mut care, mut help] = offices([CARE, HELP]);
    let other = TestCa::new("Other", long()).expect("an authority");
    let subject = Subject {
        common_name: "pc-1.example",
        usage: Usage::Tls,
        names: &["127.0.0.1"],
        validity: long(),
        key: KeyKind::EcP256,
    };
    let issued = other.issue_as(&subject).expect("issued");
    let sha256 = Digest::of(issued.certificate().expect("one")).to_string();
    care.put_identity("tls", &issued);
    care.start();
    help.start();
    export(&care, &sample(PLAN, "20260520101500"));
    until("told", || help.log().contains("stranger-certificate-refused").then_some(()));
    until("shown", || {
        let told = said(&help, "ja", &["status"]);
        let is_whole =
            [&*sha256, "stranger-certificate-refused"].iter().all(|part| told.contains(*part));
        is_whole.then_some(())
    });
    // Whatever the certificate names may be a person.
    assert!(!help.log().contains("pc-1.example"), "{}", help.log());
    // The other side is told that it is the partner who has to act.
    until("known", || {
        let told = said(&care, "ja", &["status"]);
        told.contains("相手がこちらの証明書を受け付けません").then_some(())
    });
}

#[test]
fn what_is_held_says_first_that_it_was_not_sent() {
    let [mut care, _] = offices([CARE, HELP]);
    care.set_peer(HELP, "name", quoted("Sunflower"));
    care.start();
    let mut unit = sample(PLAN, "20260520101500");
    unit.pop_first();
    export(&care, &unit);
    let folder = until("held", || care.sql("SELECT folder FROM held").into_iter().next());
    let read = |name: &str| {
        let path = care.path("hold").join(&folder).join(name);
        std::fs::read_to_string(path).expect("a report")
    };
    let text = read("report.txt");
    assert!(text.starts_with("\u{feff}Not sent.\nTo: 2770000029 Sunflower (file serial"), "{text}");
    for expected in
        ["What to do: Mend it in the care software", "have 1 error;", "Result: not sent"]
    {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    for other in ["rules were run", "Copy", "renkei hold"] {
        assert!(!text.contains(other), "{other}: {text}");
    }
    let page = read("report.html");
    let first = page.find("<strong>Not sent.").expect("it says so");
    assert!(first < page.find("<strong>FAIL").expect("a verdict"), "{page}");
    assert!(page.contains("2770000029 Sunflower"), "{page}");
}

#[test]
fn a_set_for_nobody_has_a_page_that_does_not_pass_it() {
    let [mut care, _] = offices([CARE, HELP]);
    care.forget_peer(HELP);
    care.start();
    export(&care, &sample(PLAN, "20260520101500"));
    let folder = until("held", || care.sql("SELECT folder FROM held").into_iter().next());
    for name in ["report.txt", "report.html"] {
        let path = care.path("hold").join(&folder).join(name);
        let text = std::fs::read_to_string(path).expect("a report");
        assert!(text.contains("Not sent.") && text.contains("unknown-partner"), "{text}");
        assert!(text.contains("First see whether the number of the addressee is right"), "{text}");
        assert!(!text.contains("PASS"), "{text}");
    }
}

#[test]
fn the_language_given_to_run_is_that_of_the_reports() {
    let [mut care, _] = offices([CARE, HELP]);
    care.set("node", "lang", quoted("ja"));
    care.start();
    care.drop_file("memo.txt", b"x");
    let folder = until("held", || care.sql("SELECT folder FROM held").into_iter().next());
    let path = care.path("hold").join(folder).join("report.txt");
    let text = std::fs::read_to_string(path).expect("a report");
    assert!(text.contains("Not sent."), "started with --lang en: {text}");
    assert!(text.contains("What to do: A file is no care-plan data"), "{text}");
    assert!(!text.contains("Mend it"), "{text}");
}

/// Whoever has to register or to mend something sees the value on their own side.
#[test]
fn each_side_is_told_of_the_certificate_that_it_does_not_accept() {
    let [mut care, mut help] = offices([CARE, HELP]);
    // The sender knows another authority only, by which it is known itself.
    let other = TestCa::new("Other", long()).expect("an authority");
    let pem = renkei::certs::certificates_to_pem(&[other.certificate().clone()]);
    care.put_key_file("ca.pem", &pem, renkei::certs::files::Access::Public);
    help.start();
    care.start();
    let chain = renkei::certs::load_certificates(&help.path("keys/tls.pem")).expect("read");
    let sha256 = Digest::of(chain.first().expect("one")).to_string();
    export(&care, &sample(PLAN, "20260520101500"));
    until("told with the value", || {
        let told = said(&care, "en", &["status"]);
        (told.contains(&sha256) && told.contains("is not accepted")).then_some(())
    });
}

#[test]
fn an_office_that_is_not_registered_is_told_of() {
    let [mut care, mut help] = offices([CARE, HELP]);
    help.forget_peer(CARE);
    help.start();
    care.start();
    export(&care, &sample(PLAN, "20260520101500"));
    until("told", || {
        let told = said(&help, "ja", &["status"]);
        told.contains("登録されていない事業所 2770000011").then_some(())
    });
}
