//! `renkei doctor`: what is in order is fine, and what is not is named.

use std::fs;
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};

use renkei::certs::files::Access;
use renkei::certs::{Subject, TestCa, certificates_to_pem};
use renkei::package::{KeyKind, Usage};
use serde_json::Value;

use crate::harness::{CARE, HELP, Office, offices, quoted, running, until};
use crate::proof::long;
use crate::schema;

/// The exit code and the list.
fn doctor(office: &Office) -> (Option<i32>, Value) {
    read(&office.command(&["doctor", "--json"]))
}

fn read(output: &Output) -> (Option<i32>, Value) {
    let found: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {output:?}"));
    schema::check_document(&found);
    (output.status.code(), found)
}

/// The grades and texts of the lines about something.
fn lines<'a>(found: &'a Value, topic: &str, about: &str) -> Vec<(&'a str, &'a str)> {
    let text = |line: &'a Value, key: &str| line[key].as_str().unwrap_or_default();
    let all = found["lines"].as_array().expect("lines");
    all.iter()
        .filter(|line| text(line, "topic") == topic && text(line, "about").starts_with(about))
        .map(|line| (text(line, "grade"), text(line, "en")))
        .collect()
}

fn grades<'a>(found: &'a Value, topic: &str, about: &str) -> Vec<&'a str> {
    lines(found, topic, about).into_iter().map(|(grade, _)| grade).collect()
}

#[test]
fn a_node_that_runs_well_is_fine_and_not_disturbed() {
    let [mut care, help] = running([CARE, HELP]);
    let (code, found) = doctor(&care);
    assert_eq!(code, Some(0), "{found:#}");
    assert_eq!((&found["passed"], &found["runs"]), (&true.into(), &true.into()));
    for (topic, about) in [
        ("node", ""),
        ("configuration", ""),
        ("certificates", "tls"),
        ("certificates", &format!("office {CARE} signing_certificate")),
        ("port", "node.listen"),
        ("store", "node.data"),
        ("clock", ""),
        ("partners", HELP),
        ("folders", &format!("office {CARE} drop")),
    ] {
        assert_eq!(grades(&found, topic, about), ["fine"], "{topic} {about}: {found:#}");
    }
    assert!(care.is_alive());
    // The same for people, in their language.
    let said = care.command_in("ja", &["doctor"]);
    assert_eq!(said.status.code(), Some(0));
    let said = String::from_utf8(said.stdout).expect("UTF-8");
    assert!(said.contains("良好") && said.contains("異常 0 件"), "{said}");
    drop(help);
    // A partner whose computer is off is no fault of ours.
    let (code, found) = doctor(&care);
    assert_eq!(code, Some(0), "{found:#}");
    assert_eq!(grades(&found, "partners", HELP), ["look"], "{found:#}");
}

#[test]
fn what_is_broken_is_named() {
    let [mut care, _help] = offices([CARE, HELP]);
    care.set("office", "import", quoted("nowhere"));
    fs::write(care.path("drop").join("memo.txt"), "a note").expect("written");
    fs::create_dir(care.path("drop").join("old")).expect("made");
    // Received long ago, in a folder of its set.
    let set = care.path("import-actuals/set");
    fs::create_dir(&set).expect("made");
    let file = fs::File::create(set.join("old.csv")).expect("a file");
    let days = std::time::Duration::from_hours(24 * 9);
    file.set_modified(std::time::SystemTime::UNIX_EPOCH + days).expect("dated");
    let (code, found) = doctor(&care);
    assert_eq!(code, Some(1), "{found:#}");
    assert_eq!(found["passed"], false);
    assert_eq!(grades(&found, "folders", &format!("office {CARE} import")), ["broken", "fine"]);
    let lying = lines(&found, "waiting", &format!("office {CARE} drop"));
    assert_eq!(lying.len(), 2, "{found:#}");
    assert!(lying.iter().all(|(grade, _)| *grade == "look"), "{lying:?}");
    let received = grades(&found, "waiting", &format!("office {CARE} import_actuals"));
    assert_eq!(received, ["look"], "{found:#}");
    assert!(!found.to_string().contains("memo"), "names of files may be names of persons");
    // A configuration with mistakes is looked at as far as it can be read.
    care.set("node", "listen", quoted("here"));
    let (code, found) = doctor(&care);
    assert_eq!(code, Some(1));
    assert_eq!(grades(&found, "configuration", ""), ["broken"], "{found:#}");
    assert_eq!(grades(&found, "certificates", "tls"), ["fine"], "{found:#}");
}

#[test]
fn a_row_that_was_changed_is_found() {
    let [mut care, _help] = offices([CARE, HELP]);
    care.start();
    care.kill();
    let (_, found) = doctor(&care);
    assert_eq!(grades(&found, "store", "node.data"), ["fine"], "{found:#}");
    let store = rusqlite::Connection::open(care.path("data/renkei.db")).expect("a store");
    store
        .execute(
            "INSERT INTO journal (at, direction, office, partner, message_id, serial, state, detail, link)
             VALUES (1, 'out', ?1, ?2, NULL, '', 'SENT', '', zeroblob(32))",
            [CARE, HELP],
        )
        .expect("a row");
    drop(store);
    let (code, found) = doctor(&care);
    assert_eq!(code, Some(1), "{found:#}");
    assert_eq!(grades(&found, "store", "node.data"), ["broken"], "{found:#}");
}

/// A server of OpenSSL that is ended whatever happens.
struct Inspector(Child);

impl Drop for Inspector {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn software_that_inspects_tls_is_named_by_the_certificate_that_it_shows() {
    let [care, help] = offices([CARE, HELP]);
    let inspector = TestCa::new("Zscaler Intermediate Root CA", long()).expect("a CA");
    let made_up = inspector
        .issue_as(&Subject {
            common_name: "127.0.0.1",
            usage: Usage::Tls,
            names: &["127.0.0.1"],
            validity: long(),
            key: KeyKind::EcP256,
        })
        .expect("issued");
    let chain = certificates_to_pem(&[made_up.certificate().expect("one").clone()]);
    help.put_key_file("made-up.pem", &chain, Access::Public);
    help.put_key_file("made-up.key", made_up.key_pem(), Access::Secret);
    let server = Command::new("openssl")
        .args(["s_server", "-www", "-accept", &format!("127.0.0.1:{}", help.port), "-cert"])
        .arg(help.path("keys/made-up.pem"))
        .arg("-key")
        .arg(help.path("keys/made-up.key"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let _server = Inspector(server.expect("openssl"));
    until("a server", || TcpStream::connect(("127.0.0.1", help.port)).ok());
    let (code, found) = doctor(&care);
    assert_eq!(code, Some(1), "{found:#}");
    let told = lines(&found, "partners", HELP);
    let [("broken", text)] = told.as_slice() else { panic!("{found:#}") };
    assert!(text.contains("Software on the way (Zscaler) inspects TLS"), "{text}");
}
