//! Revocation lists that a node fetches by itself.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use jiff::SignedDuration;
use renkei::certs::TestCa;
use renkei::types::Clock;

use super::units::{export, withdrawal};
use crate::harness::{CARE, HELP, Office, offices, until};
use crate::proof::{long, seconds};

/// A server of lists that says what it is told to say.
pub(super) struct Publisher {
    pub(super) address: SocketAddr,
    says: Arc<Mutex<Vec<u8>>>,
}

impl Publisher {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let says: Arc<Mutex<Vec<u8>>> = Arc::default();
        let shared = Arc::clone(&says);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { continue };
                let (mut request, mut piece) = (Vec::new(), [0; 512]);
                while !request.ends_with(b"\r\n\r\n") {
                    match stream.read(&mut piece) {
                        Ok(length @ 1..) => request.extend_from_slice(&piece[..length]),
                        _ => break,
                    }
                }
                let says = shared.lock().expect("no panic").clone();
                let status = if says.is_empty() { "503 Unavailable" } else { "200 OK" };
                let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n", says.len());
                let _ = stream.write_all(&[head.as_bytes(), &says].concat());
            }
        });
        Self { address, says }
    }

    pub(super) fn says(&self, bytes: &[u8]) {
        *self.says.lock().expect("no panic") = bytes.to_vec();
    }

    pub(super) fn set(&self, node: &mut Office) {
        let urls = format!("[\"http://{}/ca.crl\"]", self.address);
        node.set("tls", "revocation_list_urls", urls);
    }
}

#[test]
fn a_list_is_fetched_checked_kept_and_needed() {
    let [mut care, mut help] = offices([CARE, HELP]);
    let publisher = Publisher::start();
    publisher.set(&mut help);
    care.start();
    help.start();
    export(&care, &withdrawal(CARE, 1));
    let told = |text: &'static str| until(text, || help.log().contains(text).then_some(()));
    told("revocation-list-not-fetched");
    // Nobody is believed before a list has come.
    told("no revocation list of the issuer");
    assert!(help.files("import").is_empty());

    // Of another authority of the same name.
    let name = "end-to-end CA";
    let forged = TestCa::new(name, long()).expect("a CA").revocation_list(&[], seconds(-9, 9000));
    publisher.says(&forged.expect("a list"));
    until("another authority's", || {
        let status = help.command(&["status"]);
        let said = String::from_utf8_lossy(&status.stdout).into_owned();
        said.contains("not signed by any authority of tls.roots").then_some(())
    });
    assert!(help.files("import").is_empty());

    let month = 30 * 24 * 3600;
    let list = help.world.authority.revocation_list(&[], seconds(-60, month)).expect("a list");
    publisher.says(&list);
    told("a new revocation list was taken up");
    care.kill();
    care.start();
    until("handed over", || care.has_sent("HANDED_OVER", 1));
    let status = help.command(&["status", "--json"]);
    let status: serde_json::Value = serde_json::from_slice(&status.stdout).expect("JSON");
    assert!(status["revocation_lists"][0]["next_update"].is_string(), "{status}");

    // The doctor has nothing to say against lists that are fetched.
    let examined = help.command(&["doctor", "--json"]);
    let examined: serde_json::Value = serde_json::from_slice(&examined.stdout).expect("JSON");
    let lines = examined["lines"].as_array().expect("lines").iter();
    let of_lists: Vec<_> = lines.filter(|line| line["topic"] == "revocation-lists").collect();
    let about = |line: &serde_json::Value| line["about"].as_str().expect("text").to_owned();
    let url = format!("tls.revocation_list_urls http://{}/ca.crl", publisher.address);
    assert_eq!(of_lists.iter().map(|line| about(line)).collect::<Vec<_>>(), [url]);
    assert_eq!(of_lists[0]["grade"], "fine", "{of_lists:?}");

    // An older one is none that came.
    let older = help.world.authority.revocation_list(&[], seconds(-600, 9000)).expect("a list");
    publisher.says(&older);
    help.kill();
    help.start();
    until("an older list", || {
        help.log().contains("an older list came than the one that is here").then_some(())
    });

    // The publisher is gone; what was fetched serves on.
    publisher.says(b"");
    help.kill();
    help.start();
    export(&care, &withdrawal(CARE, 2));
    until("handed over", || care.has_sent("HANDED_OVER", 2));
}

#[test]
fn without_a_newer_list_everything_is_refused_after_the_grace() {
    let [mut care, mut help] = offices([CARE, HELP]);
    let publisher = Publisher::start();
    publisher.set(&mut help);
    help.set("tls", "revocation_grace", "\"0s\"");
    let end = Clock::system().now() + SignedDuration::from_secs(12);
    let list = help.world.authority.revocation_list(&[], seconds(-60, 12)).expect("a list");
    publisher.says(&list);
    help.start();
    until("taken up", || help.log().contains("a new revocation list was taken up").then_some(()));
    until("its end", || (Clock::system().now() > end).then_some(()));
    care.start();
    export(&care, &withdrawal(CARE, 1));
    until("refused", || {
        help.log()
            .contains("the revocation list of the issuer should have been renewed")
            .then_some(())
    });
    until("told", || help.log().contains("revocation-list-refuses").then_some(()));
    assert!(help.files("import").is_empty());
}
