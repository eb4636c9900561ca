//! Whoever can write to the database cannot change what it tells unseen.

use super::*;
use crate::package::{ChainEnd, Limits};

/// A store with five packages that were delivered.
async fn delivered(folder: &TempDir) -> Vec<MessageId> {
    let store = open(folder);
    let mut ids = Vec::new();
    let receipts: [&'static [u8]; 5] = [b"r1", b"r2", b"r3", b"r4", b"r5"];
    for (sequence, der) in (1..).zip(receipts) {
        let new = outgoing(sequence, Bytes::copy_from_slice(der));
        let id = new.id;
        store.pack(new, now()).await.expect("packed");
        let handover = OutgoingEvent::Receipt(OutgoingReceipt::Handover);
        let proof = receipt(Origin::Received, ReceiptKind::ContentHandover, der);
        store.outgoing_event(id, handover, String::new(), Some(proof), now()).await.expect("event");
        ids.push(id);
    }
    ids
}

/// What is found after `sql` was run on the database of [`delivered`] behind the store's back.
async fn after(sql: &str) -> ChainReport {
    let folder = private_folder();
    delivered(&folder).await;
    let connection = Connection::open(database(folder.path())).expect("opened");
    connection.execute_batch(sql).expect("SQL");
    drop(connection);
    open(&folder).check_chains(Limits::default()).await.expect("checked")
}

fn fault(chain: Chain, row: u64, kind: ChainFaultKind) -> ChainFault {
    ChainFault { chain, row, kind }
}

#[tokio::test]
async fn a_store_that_nobody_touched_is_whole() {
    let report = after("").await;
    assert_eq!((report.journal, report.receipts), (15, 5));
    assert_eq!((report.faults, report.lost.len(), report.integrity), (vec![], 0, vec![]));
}

#[tokio::test]
async fn a_changed_row_is_found_at_its_place() {
    let report = after("UPDATE journal SET detail = 'another' WHERE id = 7").await;
    assert_eq!(report.faults, [fault(Chain::Journal, 7, ChainFaultKind::Link)]);
    let report =
        after("UPDATE receipts SET at = at + 1 WHERE id = (SELECT min(id) + 2 FROM receipts)")
            .await;
    assert_eq!(report.faults.len(), 1);
    assert_eq!(report.faults[0].chain, Chain::Receipts);
}

#[tokio::test]
async fn every_column_counts() {
    for column in [
        "at = at + 1",
        "direction = 'in'",
        "office = 'x'",
        "partner = 'x'",
        "message_id = x'00112233445566778899aabbccddeeff'",
        "message_id = NULL",
        "serial = 'x'",
        "state = 'x'",
        "detail = 'x'",
        "link = zeroblob(32)",
        "link = NULL",
    ] {
        let report = after(&format!("UPDATE journal SET {column} WHERE id = 8")).await;
        assert!(!report.faults.is_empty(), "{column}");
        assert_eq!(report.faults[0].chain, Chain::Journal);
        assert!([8, 9].contains(&report.faults[0].row), "{column}: {:?}", report.faults);
    }
}

#[tokio::test]
async fn rows_that_are_removed_added_or_moved_are_found() {
    let report = after("DELETE FROM journal WHERE id = 4").await;
    assert_eq!(report.faults, [fault(Chain::Journal, 5, ChainFaultKind::Link)]);
    let report = after("DELETE FROM receipts WHERE id = (SELECT min(id) FROM receipts)").await;
    assert_eq!(report.faults.len(), 1);
    let report = after(
        "UPDATE journal SET id = 1000 WHERE id = 4; UPDATE journal SET id = 4 WHERE id = 5;
         UPDATE journal SET id = 5 WHERE id = 1000",
    )
    .await;
    assert!(report.faults.contains(&fault(Chain::Journal, 4, ChainFaultKind::Link)));
    let report = after(
        "UPDATE journal SET id = id + 100 WHERE id > 5;
         INSERT INTO journal SELECT 50, at, direction, office, partner, message_id, serial, state, detail, link
             FROM journal WHERE id = 5",
    )
    .await;
    assert_eq!(report.faults, [fault(Chain::Journal, 50, ChainFaultKind::Link)]);
}

#[tokio::test]
async fn a_package_that_vanished_is_named() {
    let report = after("DELETE FROM outgoing WHERE sequence = 2").await;
    assert_eq!((report.lost.len(), report.lost[0].direction), (1, Direction::Out));
}

#[tokio::test]
async fn receipts_are_held_against_their_digests() {
    let report = after("UPDATE receipts SET der = x'00'").await;
    assert_eq!(report.faults.len(), 5);
    assert!(report.faults.iter().all(|fault| fault.kind == ChainFaultKind::Bytes));
}

#[tokio::test]
async fn what_is_removed_when_its_time_is_over_leaves_the_chain_whole() {
    let folder = private_folder();
    delivered(&folder).await;
    let store = open(&folder);
    let later = now() + jiff::SignedDuration::from_secs(1);
    store.purge(later, later, later).await.expect("purged");
    let report = store.check_chains(Limits::default()).await.expect("checked");
    // The rows, and two that tell of the removal.
    assert_eq!((report.journal, report.receipts), (17, 5));
    assert_eq!((report.faults, report.lost.len()), (vec![], 0));
    let kept = |table: &str| {
        let connection = Connection::open(database(folder.path())).expect("opened");
        let count: u32 = connection
            .query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))
            .expect("counted");
        count
    };
    assert_eq!((kept("outgoing"), kept("receipts")), (0, 1));
    assert!(kept("journal") <= 3);
    // It goes on behind them.
    let new = outgoing(9, Bytes::from_static(b"next"));
    store.pack(new, later).await.expect("packed");
    let report = store.check_chains(Limits::default()).await.expect("checked");
    assert_eq!(report.faults, []);
    drop(store);

    // Nobody else can pass a removal off as one of these.
    let tampered = [
        "INSERT INTO chain_gone SELECT 'journal', id, zeroblob(32), 16 FROM journal WHERE id = 18;
         DELETE FROM journal WHERE id = 18",
        "DELETE FROM chain_gone WHERE chain = 'journal' AND id = 3",
        "DELETE FROM chain_gone WHERE chain = 'receipts'",
        "UPDATE chain_gone SET digest = zeroblob(32) WHERE chain = 'journal' AND id = 3",
    ];
    for sql in tampered {
        let connection = Connection::open(database(folder.path())).expect("opened");
        connection.execute_batch("SAVEPOINT before").expect("begun");
        connection.execute_batch(sql).expect("SQL");
        let walked: usize = Chain::ALL
            .into_iter()
            .map(|chain| {
                let walk = super::super::chain::walk(
                    &connection,
                    chain,
                    &std::collections::BTreeSet::default(),
                );
                walk.expect("walked").faults.len()
            })
            .sum();
        assert_ne!(walked, 0, "{sql}");
        connection.execute_batch("ROLLBACK TO before; RELEASE before").expect("undone");
    }
}

#[tokio::test]
async fn the_ends_are_those_of_the_tables() {
    let folder = private_folder();
    let store = open(&folder);
    let nothing = ChainEnd { row: 0, link: Digest::from_raw([0; 32]) };
    let (id, journal, receipts) = store.chain_ends().await.expect("read");
    assert_eq!((id.len(), journal, receipts), (32, nothing, nothing));
    drop(store);
    delivered(&folder).await;
    let (same, journal, _) = open(&folder).chain_ends().await.expect("read");
    assert_eq!((same, journal.row), (id, 15));
}

/// The way of the links is written down, so that others can follow it.
#[test]
fn the_digest_of_a_row_is_the_one_that_is_described() {
    let mut bytes = b"renkei.journal/1\0".to_vec();
    let mut add = |kind: u8, value: &[u8]| {
        bytes.push(kind);
        bytes.extend((value.len() as u64).to_be_bytes());
        bytes.extend(value);
    };
    add(1, &5_i64.to_be_bytes());
    add(3, b"out");
    add(0, b"");
    add(4, &[7; 16]);
    let values: [&dyn rusqlite::ToSql; 4] =
        [&5_i64, &"out", &rusqlite::types::Null, &[7_u8; 16].as_slice()];
    assert_eq!(Chain::Journal.digest(&values).expect("digest"), Digest::of(&bytes));
}
