//! Mails, as a real mail server takes them (`tests/mail/server.py`).

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use renkei::certs::files::Access;
use renkei::package::Usage;
use serde_json::Value;
use tempfile::TempDir;

use crate::e2e::units::{USAGE, export, sample};
use crate::harness::{
    CARE, HELP, Office, free_port, offices, quoted, until, until_within, visible,
};
use crate::tools::{here, tool};

const USER: &str = "renkei";
const PASSWORD: &str = "a password of the mail server";
const TO: &str = "manager@office.example";

/// A mail server that runs, and what it took.
struct Server {
    process: Child,
    port: u16,
    taken: TempDir,
}

impl Server {
    fn start(office: &Office, security: &str, user: &str) -> Self {
        let taken = tempfile::tempdir().expect("a folder");
        office.put_identity("mail", &office.issue(CARE, Usage::Tls));
        let mut process = Command::new(tool("python").expect("installed"))
            .arg(here("tests/mail/server.py"))
            .arg(taken.path())
            .arg(security)
            .args([office.path("keys/mail.pem"), office.path("keys/mail.key")])
            .args([user, PASSWORD])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python");
        let mut said = String::new();
        let out = process.stdout.take().expect("piped");
        BufReader::new(out).read_line(&mut said).expect("a line");
        let port = said.trim().parse().expect("a port");
        Self { process, port, taken }
    }

    /// The mails that it took, in their order.
    fn mails(&self) -> Vec<Value> {
        let mails: Vec<PathBuf> = visible(self.taken.path());
        let read = |path: PathBuf| {
            let text = fs::read_to_string(path).expect("UTF-8");
            serde_json::from_str(&text).expect("JSON")
        };
        mails.into_iter().map(read).collect()
    }

    /// Waits until it has so many.
    fn has(&self, count: usize) -> Vec<Value> {
        until("mails", || Some(self.mails()).filter(|mails| mails.len() >= count))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// An office that sends its mails to this port.
fn set(office: &mut Office, security: &str, port: u16) {
    for (key, value) in [
        ("server", quoted("127.0.0.1")),
        ("security", quoted(security)),
        ("port", port.to_string()),
        ("from", quoted("renkei@office.example")),
        ("to", format!("[\"{TO}\"]")),
        ("wait", quoted("0s")),
    ] {
        office.set("mail", key, value);
    }
    if security != "none" {
        office.set("mail", "roots", "[\"keys/ca.pem\"]");
    }
}

/// The same, with a login.
fn set_login(office: &mut Office, password: &str) {
    office.put_key_file("mail-password.txt", &format!("{password}\n"), Access::Secret);
    office.set("mail", "user", quoted(USER));
    office.set("mail", "password_file", quoted("keys/mail-password.txt"));
}

/// What `renkei mail test` says, and its exit code.
fn test(office: &Office) -> (String, i32) {
    let output = office.command(&["mail", "test"]);
    let said = [output.stdout, output.stderr].concat();
    (String::from_utf8(said).expect("UTF-8"), output.status.code().expect("a code"))
}

fn text(mail: &Value) -> String {
    format!(
        "{}\n{}",
        mail["headers"]["Subject"].as_str().expect("a subject"),
        mail["body"].as_str().expect("a text")
    )
}

#[test]
fn a_test_mail_arrives_in_each_way() {
    if tool("python").is_none() {
        return;
    }
    let [mut care, _] = offices([CARE, HELP]);
    for (security, user) in [("tls", USER), ("starttls", USER), ("starttls", ""), ("none", "")] {
        let server = Server::start(&care, security, user);
        set(&mut care, security, server.port);
        if user.is_empty() {
            let [mut without, _] = offices([CARE, HELP]);
            without.put_key_file(
                "ca.pem",
                &fs::read_to_string(care.path("keys/ca.pem")).expect("PEM"),
                Access::Public,
            );
            set(&mut without, security, server.port);
            let (said, code) = test(&without);
            assert_eq!(code, 0, "{security}: {said}");
            assert_eq!(server.has(1)[0]["tls"], security != "none");
            continue;
        }
        set_login(&mut care, PASSWORD);
        let (said, code) = test(&care);
        assert_eq!(code, 0, "{security}: {said}");
        assert!(said.contains(TO), "{said}");
        let mail = &server.has(1)[0];
        assert_eq!((&mail["tls"], &mail["user"]), (&true.into(), &USER.into()), "{mail}");
        assert_eq!((&mail["from"], &mail["to"][0]), (&"renkei@office.example".into(), &TO.into()));
        assert_eq!(mail["headers"]["Auto-Submitted"], "auto-generated");
        assert_eq!(mail["defects"], Value::Array(Vec::new()), "{mail}");
        assert!(text(mail).contains("the settings of [mail] work"), "{mail}");
    }
    let server = Server::start(&care, "tls", USER);
    set(&mut care, "tls", server.port);
    let output = care.command_in("ja", &["mail", "test"]);
    assert!(output.status.success(), "{output:?}");
    assert!(
        text(&server.has(1)[0]).starts_with("[renkei] 送信テスト\nrenkei からのテストメールです。")
    );
}

#[test]
fn what_is_wrong_with_the_mail_is_said() {
    if tool("python").is_none() {
        return;
    }
    let [mut care, _] = offices([CARE, HELP]);
    let (said, code) = test(&care);
    assert!(code == 2 && said.contains("there is no [mail]"), "{code} {said}");
    // Nobody listens there.
    set(&mut care, "tls", free_port());
    let (said, code) = test(&care);
    assert!(code == 3 && said.contains("cannot be reached"), "{code} {said}");
    let server = Server::start(&care, "tls", USER);
    set(&mut care, "tls", server.port);
    let (said, code) = test(&care);
    assert!(
        code == 1 && said.contains("refused the sender") && said.contains("530"),
        "{code} {said}"
    );
    set_login(&mut care, "another password");
    let (said, code) = test(&care);
    assert!(
        code == 1 && said.contains("refused the login") && said.contains("535"),
        "{code} {said}"
    );
    assert!(!said.contains("another password"), "{said}");
    // A certificate of an authority that nobody trusts.
    care.set("mail", "roots", "[\"keys/tls.pem\"]");
    let (said, code) = test(&care);
    assert!(code == 3 && said.contains("no TLS connection"), "{code} {said}");
    // TLS with a server that speaks none, and the other way round.
    set(&mut care, "starttls", server.port);
    care.set("mail", "roots", "[\"keys/ca.pem\"]");
    let plain = Server::start(&care, "none", "");
    care.set("mail", "port", plain.port.to_string());
    let (said, code) = test(&care);
    assert!(code == 3 && said.contains("does not offer STARTTLS"), "{code} {said}");
    care.set("mail", "security", quoted("tls"));
    let (said, code) = test(&care);
    assert!(code == 3 && said.contains("no TLS connection"), "{code} {said}");
    // What speaks another protocol.
    let web = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = web.local_addr().expect("an address").port();
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = web.accept().expect("a connection");
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").expect("written");
    });
    set(&mut care, "starttls", port);
    let (said, code) = test(&care);
    assert!(code == 3 && said.contains("or it is no mail server"), "{code} {said}");
    answering.join().expect("it ends");
    assert!(plain.mails().is_empty() && server.mails().is_empty());
    // The files are looked at before.
    care.set("mail", "roots", "[\"keys/absent.pem\"]");
    let output = care.command(&["run", "--check"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("the files of [mail] cannot be used") && said.contains("absent.pem"),
        "{said}"
    );
}

#[test]
fn one_wrong_address_keeps_nothing_from_the_others() {
    if tool("python").is_none() {
        return;
    }
    let [mut care, _] = offices([CARE, HELP]);
    let server = Server::start(&care, "none", "");
    set(&mut care, "none", server.port);
    care.set("mail", "to", format!("[\"nobody@office.example\", \"{TO}\"]"));
    let (said, code) = test(&care);
    assert!(code == 1 && said.contains("refused 1 of 2 recipients"), "{code} {said}");
    assert_eq!(server.has(1)[0]["to"], Value::Array(vec![TO.into()]));
    care.set("mail", "to", "[\"nobody@office.example\"]");
    let (said, code) = test(&care);
    assert!(code == 1 && said.contains("refused the recipients"), "{code} {said}");
    assert!(said.contains("the mail server said: no such user"), "{said}");
    assert_eq!(server.mails().len(), 1);
}

/// Holds a set: one of its files is cut off.
fn hold(office: &Office, serial: &str) -> Vec<String> {
    let mut unit = sample(USAGE, serial);
    let last = unit.values_mut().last().expect("a file");
    last.truncate(last.len() / 2);
    let names = unit.keys().cloned().collect();
    export(office, &unit);
    names
}

#[test]
fn what_needs_a_person_is_told_once_and_names_nobody() {
    if tool("python").is_none() {
        return;
    }
    let [mut care, _] = offices([CARE, HELP]);
    let server = Server::start(&care, "tls", USER);
    set(&mut care, "tls", server.port);
    set_login(&mut care, PASSWORD);
    care.set("mail", "when", "[\"conditions\"]");
    care.start();
    let names = hold(&care, "20260520101501");
    let mails = until("a mail about it", || {
        let told = |mail: &Value| text(mail).contains("service use slip (K2): not sent");
        Some(server.mails()).filter(|mails| mails.iter().any(told))
    });
    for mail in &mails {
        let text = text(mail);
        assert!(text.contains("need you"), "{text}");
        for hidden in
            names.iter().map(String::as_str).chain(["CSV", care.path("").to_str().expect("UTF-8")])
        {
            assert!(!text.contains(hidden), "{hidden} in {text}");
        }
    }
    // A node that starts anew has not forgotten what it told.
    care.stop();
    let before = server.mails().len();
    care.start();
    let names = hold(&care, "20260520101502");
    assert!(!names.is_empty());
    let mails = server.has(before + 1);
    let last = text(mails.last().expect("a mail"));
    let (new, known) = last.split_once("* Still so").unwrap_or_else(|| panic!("{last}"));
    assert!(new.contains("not sent") && known.contains("not sent"), "{last}");
}

#[test]
fn a_mail_server_that_is_away_is_told_and_waited_for() {
    if tool("python").is_none() {
        return;
    }
    let [mut care, mut help] = offices([CARE, HELP]);
    let port = free_port();
    set(&mut care, "none", port);
    care.set("mail", "daily_at", quoted("00:00"));
    care.start();
    help.start();
    until("it is told", || {
        let output = care.command(&["status"]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        said.contains("the mail server cannot be reached").then_some(())
    });
    // The exchange goes on.
    export(&care, &sample(USAGE, "20260520101503"));
    until("delivered", || care.has_sent("HANDED_OVER", 1));
    care.stop();
    let server = Server::start(&care, "none", "");
    set(&mut care, "none", server.port);
    care.start();
    let mails = until_within(std::time::Duration::from_mins(2), "the summary", || {
        Some(server.mails()).filter(|mails| !mails.is_empty())
    });
    let text = text(&mails[0]);
    assert!(text.starts_with("[renkei] summary of "), "{text}");
    assert!(text.contains("sent 1 (1), delivered 1 (1), received 0 (0)"), "{text}");
    assert!(!text.contains("mail"), "a mail says nothing of mails: {text}");
    until("it is over", || {
        let output = care.command(&["status"]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        (!said.contains("mail server")).then_some(())
    });
    // Once a day.
    care.stop();
    care.start();
    hold(&care, "20260520101504");
    let mails = server.has(2);
    assert!(mails[1..].iter().all(|mail| !self::text(mail).contains("summary")), "{mails:?}");
}
