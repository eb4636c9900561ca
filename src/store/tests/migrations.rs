//! Stores that earlier versions made.

use rusqlite::params;

use super::super::unit::Column;
use super::*;

/// A store of schema 1 with a package that we sent, one that we received with the same id, one that
/// lies beside and one that is no longer kept.
fn version_1(folder: &TempDir, id: MessageId) -> [MessageId; 2] {
    let connection = Connection::open(database(folder.path())).expect("made");
    connection.pragma_update(None, "journal_mode", "WAL").expect("set");
    connection.execute_batch(include_str!("../migrations/0001.sql")).expect("schema 1");
    connection.pragma_update(None, "user_version", 1).expect("set");
    let large = vec![5; 2 << 20];
    let digest = Digest::of(&large);
    std::fs::create_dir(folder.path().join("packages")).expect("made");
    std::fs::write(folder.path().join("packages").join(digest.to_string()), large).expect("laid");
    let (beside, gone) = (MessageId::new(now()), MessageId::new(now()));
    let rows: [(MessageId, &str, Digest, Option<&[u8]>); 3] = [
        (id, "here", Digest::of(b"ours"), Some(b"ours")),
        (beside, "beside", digest, None),
        (gone, "gone", Digest::of(b"gone"), None),
    ];
    for (sequence, (id, place, digest, package)) in (1..).zip(rows) {
        connection
            .execute(
                "INSERT INTO outgoing VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'QUEUED', 0, ?7, '', ?7, ?7,
                     ?7, ?8, ?8, ?9, ?10)",
                params![
                    Column(id),
                    Column(office(1)),
                    Column(office(2)),
                    sequence,
                    Column(serial()),
                    unit().to_json().expect("JSON"),
                    Column(now()),
                    Column(digest),
                    place,
                    package
                ],
            )
            .expect("a row");
    }
    connection
        .execute(
            "INSERT INTO incoming VALUES (?1, ?2, ?3, 1, ?4, ?5, 'COMMITTED', 0, ?6, '', ?6, ?6,
                 ?7, ?7, 'here', ?8)",
            params![
                Column(office(2)),
                Column(id),
                Column(office(1)),
                Column(serial()),
                unit().to_json().expect("JSON"),
                Column(now()),
                Column(Digest::of(b"theirs")),
                b"theirs"
            ],
        )
        .expect("a row");
    [beside, gone]
}

#[tokio::test]
async fn a_store_of_version_1_keeps_its_packages() {
    let folder = private_folder();
    let id = MessageId::new(now());
    let [beside, gone] = version_1(&folder, id);
    let unread = Store::open_for_reading(folder.path(), None).map(|_| ());
    assert!(matches!(unread, Err(StoreError::TooOld { found: 1, .. })));

    let store = open(&folder);
    let sent = store.outgoing_package(id).await.expect("kept");
    assert_eq!(sent.bytes(), &b"ours"[..]);
    let received = store.incoming_package(office(2), id).await.expect("kept");
    assert_eq!(received.bytes(), &b"theirs"[..]);
    assert_eq!(store.kept_of(office(2)), 6, "what was there is counted");
    assert_eq!(store.outgoing_package(beside).await.expect("kept").bytes().len(), 2 << 20);
    let lost = store.outgoing_package(gone).await;
    assert!(matches!(lost, Err(StoreError::NoLongerKept)));
    let queued = store.queued(office(1), office(2), now(), 10).await.expect("read");
    assert_eq!(queued.iter().map(|row| row.sequence).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(store.unplaced(office(1), office(2), 9).await.expect("read").len(), 1);

    // They are listed, and looked into where their bytes are kept.
    let list = store.list(ListFilter::default(), PageStart::Newest, 9).await.expect("a page");
    assert_eq!((list.rows.len(), list.waiting), (4, Count::Exactly(3)));
    let unread = store.unread(9).await.expect("read");
    assert!(unread.iter().all(|unread| unread.id != gone));

    // New ones come beside the old ones.
    let new = outgoing(4, Bytes::from_static(b"new"));
    let new_id = new.id;
    store.pack(new, now()).await.expect("packed");
    drop(store);
    let store = Store::open_for_reading(folder.path(), None).expect("of this version");
    assert_eq!(store.outgoing_package(new_id).await.expect("kept").bytes(), &b"new"[..]);
    assert_eq!(store.outgoing_package(id).await.expect("kept").bytes(), &b"ours"[..]);
}

/// A partial index serves only where its condition stands in the question as it is.
#[test]
fn each_question_about_open_packages_has_its_index() {
    let folder = private_folder();
    drop(open(&folder));
    let connection = Connection::open(database(folder.path())).expect("open");
    let plan = |sql: &str| -> Vec<String> {
        let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("SQL");
        let rows = statement.query_map((), |row| row.get("detail")).expect("a plan");
        rows.collect::<Result<_, _>>().expect("a plan")
    };
    for (question, index) in [
        (
            "outgoing WHERE office = 'a' AND partner = 'b' AND state = 'QUEUED' AND next_at > 1
          ORDER BY sequence",
            "outgoing_queued",
        ),
        (
            "outgoing WHERE office = 'a' AND partner = 'b' AND state = 'CONSIGNED' LIMIT 1",
            "outgoing_consigned",
        ),
        ("outgoing WHERE state = 'QUEUED' AND expires_at <= 1", "outgoing_queued"),
        (
            "outgoing WHERE office = 'a' AND partner = 'b' AND state <> 'SUPERSEDED'
          AND detail <> 'taken-back' ORDER BY sequence DESC LIMIT 1",
            "outgoing_sequence",
        ),
        (
            "outgoing WHERE office = 'a' AND partner = 'b' AND state = 'EXPIRED' LIMIT 1",
            "outgoing_expired",
        ),
        (
            "outgoing WHERE office = 'a' AND partner = 'b' AND serial = 'c' AND state = 'REFUSED'",
            "outgoing_refused",
        ),
        ("outgoing WHERE state = 'REFUSED' AND expires_at <= 1", "outgoing_refused"),
        (
            "outgoing WHERE office = 'a' AND partner = 'b' AND state = 'HELD_BY_RECIPIENT' LIMIT 1",
            "outgoing_held_by_recipient",
        ),
        (
            "held WHERE office = 'a' AND partner = 'b' AND serial = 'c' AND settled_at IS NULL",
            "held_open",
        ),
        ("incoming WHERE state = 'HELD'", "incoming_held"),
        (
            "incoming WHERE office = 'a' AND sender = 'b' AND state = 'COMMITTED'
          ORDER BY serial, sequence",
            "incoming_committed",
        ),
        (
            "incoming WHERE office = 'a' AND state = 'PLACED' ORDER BY sender, serial",
            "incoming_placed",
        ),
    ] {
        let plan = plan(&format!("SELECT * FROM {question}"));
        let uses = plan.len() == 1 && plan[0].contains(index);
        assert!(uses, "{question}: {plan:?}");
    }
}
