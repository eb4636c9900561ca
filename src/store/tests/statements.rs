//! Statements that are kept ready.

use rusqlite::StatementStatus;

use super::*;

/// With a partial index, SQLite would read them anew for each value that is bound.
#[test]
fn no_value_makes_a_statement_be_read_anew() {
    let folder = private_folder();
    drop(open(&folder));
    for create in [OpenFlags::empty(), OpenFlags::SQLITE_OPEN_CREATE] {
        let connection = connect(folder.path(), create).expect("open");
        let mut statement = connection
            .prepare_cached("SELECT count(*) FROM receipts WHERE origin = ?1 AND partner = ?2")
            .expect("SQL");
        for origin in ["issued", "received", "issued"] {
            let count = statement.query_row([origin, "1300000002"], |row| row.get::<_, i64>(0));
            assert_eq!(count.expect("read"), 0);
        }
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
    }
}

#[tokio::test]
async fn a_receipt_that_was_stored_is_known_again() {
    let folder = private_folder();
    let (store, id) = packed(&folder).await;
    let new = outgoing(2, Bytes::from_static(b"another"));
    let other = new.id;
    store.pack(new, now()).await.expect("packed");
    let is_stored = async |id, der: &[u8]| {
        let found = store.outgoing_with_receipt(id, Digest::of(der)).await;
        found.expect("a package of ours").1
    };
    assert!(!is_stored(id, b"consigned").await);
    for (kind, said, der) in [
        (ReceiptKind::ContentConsignment, OutgoingReceipt::Consignment, &b"consigned"[..]),
        (ReceiptKind::ContentHandover, OutgoingReceipt::Handover, b"handed over"),
    ] {
        let (event, proof) = (OutgoingEvent::Receipt(said), receipt(Origin::Received, kind, der));
        store.outgoing_event(id, event, String::new(), Some(proof), now()).await.expect("event");
    }
    assert!(is_stored(id, b"consigned").await);
    assert!(!is_stored(id, b"another consignment").await);
    assert!(is_stored(id, b"handed over").await);
    assert!(!is_stored(other, b"consigned").await);
    let absent = store.outgoing_with_receipt(MessageId::new(now()), Digest::of(b"x")).await;
    assert!(matches!(absent, Err(StoreError::NotFound)));
}

/// What is set when SQLite is compiled: that nothing is written beside the data folder.
#[test]
fn sqlite_is_compiled_as_it_has_to_be() {
    let connection = Connection::open_in_memory().expect("open");
    let mut statement = connection.prepare("PRAGMA compile_options").expect("SQL");
    let options = statement.query_map((), |row| row.get::<_, String>(0)).expect("options");
    let options: Vec<String> = options.collect::<Result<_, _>>().expect("text");
    for wanted in ["DEFAULT_MEMSTATUS=0", "STMTJRNL_SPILL=524288"] {
        assert!(options.iter().any(|option| option == wanted), "{wanted}: {options:?}");
    }
}
