//! Whether a node runs can be known from outside, and it reloads without ending.

#![cfg(unix)]

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use serde_json::Value;

use crate::harness::{CARE, HELP, Office, offices, until};

fn health(office: &Office) -> Option<Value> {
    let text = fs::read_to_string(office.path("data/health.json")).ok()?;
    Some(serde_json::from_str(&text).expect("always whole"))
}

fn status(office: &Office) -> (String, Value, Option<i32>) {
    let said = office.command(&["status", "--exit-code"]);
    let json = office.command(&["status", "--json"]);
    let text = String::from_utf8(said.stdout).expect("UTF-8");
    let json = serde_json::from_slice(&json.stdout).expect("JSON");
    (text, json, said.status.code())
}

#[test]
fn status_says_first_whether_the_node_runs() {
    let [mut care] = offices([CARE]);
    care.start();
    let said = until("running", || {
        let (text, json, code) = status(&care);
        // Two commands, one after the other: the first may still have been too early.
        let says_so = text.starts_with("the node is running (since ");
        (says_so && json["node"]["state"] == "running").then_some(code)
    });
    assert_eq!(said, Some(0));
    let health = health(&care).expect("a health file");
    assert_eq!(health["schema"], "renkei.health/1");
    assert_eq!(health["state"], "running");
    assert_eq!(health["pid"], care.pid());
    let names: Vec<_> = health["tasks"].as_array().expect("tasks").iter().collect();
    let has = |name: &str| names.iter().any(|task| task["name"] == name);
    for name in ["server", "store", "housekeeping", "index", &format!("outbound {CARE}")] {
        assert!(has(name), "{name} is missing in {health}");
    }

    // What it said last is still fresh, but nobody is there.
    care.kill();
    let (text, json, code) = status(&care);
    assert!(text.starts_with("the node is not running (last seen "), "{text}");
    assert!(text.contains("nothing is sent or received. Start it (renkei run)."), "{text}");
    assert_eq!((json["node"]["state"].as_str(), code), (Some("not-running"), Some(1)));

    care.start();
    assert_eq!(care.stop().code(), Some(0));
    let stopped = fs::read_to_string(care.path("data/health.json")).expect("a health file");
    assert!(stopped.contains("\"state\": \"stopped\""), "{stopped}");
    assert!(status(&care).0.starts_with("the node is not running"));
}

#[test]
fn a_hangup_reloads_and_ends_nothing() {
    let [mut care, mut help] = offices([CARE, HELP]);
    help.start();
    care.start();
    for times in 1..=2 {
        care.signal("HUP");
        until("read again", || {
            let said = care.log();
            let count = said.matches("certificates and revocation lists were read again").count();
            (count >= times).then_some(())
        });
    }
    super::units::export(&care, &super::units::withdrawal(CARE, 1));
    until("sent", || care.has_sent("HANDED_OVER", 1));
    assert!(care.is_alive());
}

#[test]
fn systemd_is_told() {
    let [mut care] = offices([CARE]);
    let socket = care.path("outside/notify");
    let systemd = UnixDatagram::bind(&socket).expect("a socket");
    systemd.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    care.set_variable("NOTIFY_SOCKET", socket.to_str().expect("UTF-8"));
    care.start();
    let mut said = String::new();
    let mut hears = |word: &str| {
        while !said.contains(word) {
            let mut buffer = [0; 1024];
            let length = systemd.recv(&mut buffer).expect("a message in time");
            said.push_str(&String::from_utf8_lossy(&buffer[..length]));
            said.push('\n');
        }
    };
    hears("READY=1");
    hears("WATCHDOG=1");
    care.signal("HUP");
    hears("RELOADING=1");
    assert_eq!(care.stop().code(), Some(0));
    hears("STOPPING=1");
}
