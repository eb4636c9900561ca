//! `renkei verify --all`: whoever can write to the database cannot change what it tells unseen.

use renkei::types::Digest;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, params};
use serde_json::Value;

use super::units::{PLAN, export, sample};
use crate::harness::{CARE, HELP, Office, running, until};

/// The report, and whether everything was fine.
fn verified(office: &Office) -> (Value, bool) {
    let output = office.command(&["verify", "--all", "--json"]);
    let report = serde_json::from_slice(&output.stdout);
    let report: Value = report.unwrap_or_else(|_| panic!("no report: {output:?}"));
    let passed = match output.status.code() {
        Some(0) => true,
        Some(1) => false,
        other => panic!("exit code {other:?}"),
    };
    assert_eq!(report["passed"], passed);
    (report, passed)
}

fn opened(office: &Office) -> Connection {
    Connection::open(office.path("data/renkei.db")).expect("the database")
}

/// What an attacker does who read the description of the chain: makes all links of the journal anew.
fn relink(connection: &Connection) {
    let mut previous = [0; 32];
    let mut statement = connection
        .prepare(
            "SELECT at, direction, office, partner, message_id, serial, state, detail, id
             FROM journal ORDER BY id",
        )
        .expect("SQL");
    let mut rows = statement.query([]).expect("rows");
    while let Some(row) = rows.next().expect("a row") {
        let mut said = b"renkei.journal/1\0".to_vec();
        for column in 0..8 {
            let (kind, bytes) = match row.get_ref(column).expect("a value") {
                ValueRef::Null => (0, Vec::new()),
                ValueRef::Integer(number) => (1, number.to_be_bytes().to_vec()),
                ValueRef::Text(text) => (3, text.to_vec()),
                ValueRef::Blob(blob) => (4, blob.to_vec()),
                ValueRef::Real(_) => panic!("a real number"),
            };
            said.push(kind);
            said.extend((bytes.len() as u64).to_be_bytes());
            said.extend(bytes);
        }
        let both = [previous, *Digest::of(&said).as_raw()].concat();
        previous = *Digest::of(&both).as_raw();
        let id: i64 = row.get(8).expect("an id");
        connection
            .execute("UPDATE journal SET link = ?1 WHERE id = ?2", params![previous, id])
            .expect("linked");
    }
}

#[test]
fn a_store_is_checked_as_a_whole_and_every_change_is_found() {
    let [mut care, help] = running([CARE, HELP]);
    for serial in ["20260520101500", "20260520101501", "20260520101502"] {
        export(&care, &sample(PLAN, serial));
    }
    until("handed over", || care.has_sent("HANDED_OVER", 3));
    // Beside the running node.
    for office in [&care, &help] {
        let (report, passed) = verified(office);
        assert!(passed, "{report}");
        assert_eq!(report["packages_checked"], 3);
    }
    care.stop();
    let (report, passed) = verified(&care);
    assert!(passed, "{report}");
    assert!(report["signed_until"].is_string(), "signed at the end: {report}");

    let store = care.path("data/renkei.db");
    // All of it in one file, no log beside it.
    opened(&care).execute_batch("PRAGMA journal_mode = DELETE").expect("one file");
    let before = std::fs::read(&store).expect("read");
    let change = |sql: &str| {
        let connection = opened(&care);
        connection.execute_batch(sql).expect("SQL");
        connection
    };
    let restore = || {
        std::fs::write(&store, &before).expect("restored");
        let (report, passed) = verified(&care);
        assert!(passed, "as it was: {report}");
    };
    drop(change("UPDATE journal SET at = at - 1 WHERE id = 5"));
    let (report, passed) = verified(&care);
    assert!(!passed);
    assert_eq!(report["chain_faults"][0]["row"], 5);
    restore();

    // With all links made anew only the signature tells.
    relink(&change("UPDATE journal SET at = at - 1 WHERE id = 5"));
    let (report, _) = verified(&care);
    assert_eq!(report["chain_faults"], serde_json::json!([]));
    assert_eq!(report["head_faults"][0]["fault"], "differs");
    restore();

    // One byte of a package.
    drop(change(
        "UPDATE payloads SET bytes = CAST(substr(bytes, 1, 100) || x'00' || substr(bytes, 102) AS BLOB)
         WHERE id = (SELECT min(id) FROM payloads)",
    ));
    let (report, passed) = verified(&care);
    assert!(!passed);
    assert_eq!(report["damaged"].as_array().map(Vec::len), Some(1), "{report}");
    let text = care.command(&["verify", "--all"]);
    assert!(String::from_utf8_lossy(&text.stdout).contains("did not verify"), "{text:?}");
}
