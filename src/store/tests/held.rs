//! What is held, and how it is settled.

use super::*;
use crate::types::HeldId;

fn set(folder: &str, reason: &str) -> HeldRow {
    HeldRow {
        at: now(),
        office: office(1),
        partner: Some(office(2)),
        serial: Some(serial()),
        unit: unit(),
        reason: reason.to_owned(),
        folder: folder.to_owned(),
    }
}

async fn open_ids(store: &Store) -> Vec<String> {
    let items = store.held(HeldFilter::newest(100)).await.expect("read");
    items.into_iter().map(|item| item.id.to_string()).collect()
}

/// The journal: state and detail of each row.
fn journal(folder: &TempDir) -> Vec<String> {
    let connection = Connection::open(database(folder.path())).expect("open");
    let mut statement =
        connection.prepare("SELECT state || '|' || detail FROM journal ORDER BY id").expect("SQL");
    let rows = statement.query_map((), |row| row.get(0)).expect("rows");
    rows.collect::<Result<_, _>>().expect("rows")
}

#[tokio::test]
async fn the_newest_of_an_office_are_found_among_those_of_others() {
    let folder = private_folder();
    let store = open(&folder);
    for number in 1..=4 {
        let row = set(&number.to_string(), "x");
        let (office, partner) = (office(1 + number % 2), Some(office(number)));
        store.hold(HeldRow { office, partner, ..row }).await.expect("written");
    }
    let of = async |filter: HeldFilter| -> Vec<String> {
        let items = store.held(filter).await.expect("read");
        items.into_iter().map(|item| item.folder).collect()
    };
    let two = HeldFilter::newest(2);
    assert_eq!(of(HeldFilter { office: Some(office(2)), ..two }).await.len(), 2);
    assert_eq!(of(HeldFilter { partner: Some(office(1)), ..two }).await, ["1"]);
    assert_eq!(of(HeldFilter { direction: Some(Direction::In), ..two }).await, [""; 0]);
    assert_eq!(of(HeldFilter { direction: Some(Direction::Out), ..two }).await.len(), 2);
}

#[tokio::test]
async fn a_held_set_is_settled_once_and_by_whom_is_noted() {
    let folder = private_folder();
    let store = open(&folder);
    store.hold(set("a", "L2-FMT-003")).await.expect("held");
    store.hold(set("b", "unknown-partner")).await.expect("held");
    let mut ids = open_ids(&store).await;
    ids.sort_unstable();
    assert_eq!(ids, ["h1", "h2"]);
    let settle = |number| store.settle(number, Settled::Dismissed, "tanaka".to_owned(), now());
    assert!(settle(1).await.expect("written"));
    assert!(!settle(1).await.expect("written"), "settled before");
    assert!(!settle(77).await.expect("written"), "never there");
    assert_eq!(open_ids(&store).await, ["h2"]);
    assert!(store.held_as(HeldId::Set(1)).await.expect("read").is_empty());
    assert_eq!(journal(&folder).last().expect("rows"), "SETTLED|dismissed by tanaka");
    let history = store.history(HistoryFilter { limit: 9, ..Default::default() });
    let mut states: Vec<_> =
        history.await.expect("read").into_iter().map(|row| row.state).collect();
    states.sort_unstable();
    assert_eq!(states, [HeldSet::Held, HeldSet::Settled].map(State::Set));
}

#[tokio::test]
async fn what_is_sent_again_or_held_again_is_settled_by_itself() {
    let folder = private_folder();
    let store = open(&folder);
    store.hold(set("a", "L2-FMT-003")).await.expect("held");
    store.hold(set("a", "L2-FMT-004")).await.expect("held");
    assert_eq!(open_ids(&store).await, ["h2"], "one folder is listed once");
    let other = HeldRow { partner: Some(office(3)), ..set("c", "unknown-partner") };
    store.hold(other).await.expect("held");
    store.pack(outgoing(1, Bytes::from_static(b"mended")), now()).await.expect("packed");
    assert_eq!(open_ids(&store).await, ["h3"], "the same 連番 for the same partner alone");
}

#[tokio::test]
async fn a_held_package_is_listed_released_and_rejected() {
    let folder = private_folder();
    let store = open(&folder);
    let id = MessageId::new(now());
    store.commit(incoming(id, b"package", b"consigned"), now()).await.expect("committed");
    let step = |event, note| store.incoming_event(office(2), id, event, note, now());
    let told = |der| Some(receipt(Origin::Issued, ReceiptKind::ContentHandoverFailure, der));
    let held = |receipt| IncomingNote {
        receipt,
        folder: Some("unit".to_owned()),
        ..IncomingNote::code("import-name-taken")
    };
    step(IncomingEvent::Withheld, held(told(b"first"))).await.expect("held");
    let items = store.held_as(HeldId::Package(id)).await.expect("read");
    let [item] = &items[..] else { panic!("{items:?}") };
    assert_eq!((item.direction, item.partner), (Direction::In, Some(office(2))));
    assert_eq!((item.reason.as_str(), item.folder.as_str()), ("import-name-taken", "unit"));

    let by = IncomingNote { by: "tanaka".to_owned(), ..IncomingNote::code("released") };
    let released = step(IncomingEvent::Released, by).await.expect("released");
    assert!(matches!(released.after, Incoming::Committed { failures: 0, .. }));
    assert!(open_ids(&store).await.is_empty());
    assert_eq!(journal(&folder).last().expect("rows"), "COMMITTED|released by tanaka");
    step(IncomingEvent::Withheld, held(told(b"second"))).await.expect("held");
    let (kind, last) = store.last_receipt(office(2), id).await.expect("read");
    let failure = ReceiptKind::ContentHandoverFailure;
    assert_eq!((kind, last), (Some(failure), Digest::of(b"second")));
    let rejection = IncomingNote {
        receipt: Some(receipt(Origin::Issued, ReceiptKind::Rejection, b"no")),
        ..IncomingNote::code("dismissed-by-recipient")
    };
    let dismissed = step(IncomingEvent::Dismissed, rejection).await.expect("dismissed");
    assert_eq!(dismissed.after, Incoming::Rejected);
    let proof = store.evidence(id).await.expect("kept").receipts.into_iter();
    let proof: Vec<_> = proof.map(|receipt| receipt.der).collect();
    assert_eq!(proof, [&b"consigned"[..], b"first", b"second", b"no"]);
    let history = store.history(HistoryFilter { limit: 9, ..Default::default() });
    let told = [ReceiptKind::ContentConsignment, failure, ReceiptKind::Rejection];
    assert_eq!(history.await.expect("read")[0].receipts, told, "each kind once");
}

#[tokio::test]
async fn receipts_that_repeat_themselves_are_bounded() {
    let (folder, held) = (private_folder(), OutgoingReceipt::HandoverFailure);
    let (store, id) = packed(&folder).await;
    for number in 0..50_u8 {
        let receipt = NewReceipt {
            der: Bytes::from(vec![number]),
            ..receipt(Origin::Received, ReceiptKind::ContentHandoverFailure, b"")
        };
        let (event, reason) = (OutgoingEvent::Receipt(held), format!("reason-{number}"));
        let stored = store.outgoing_event(id, event, reason, Some(receipt), now()).await;
        assert_eq!(stored.expect("event").after, Outgoing::HeldByRecipient);
    }
    let evidence = store.evidence(id).await.expect("kept");
    assert_eq!(evidence.receipts.len(), 16);
    // Each reason that is new is told all the same.
    assert_eq!(evidence.journal.last().expect("rows").detail, "reason-49");
    assert!(store.awaits_receipts(office(1), office(2)).await.expect("read"));
    assert!(!store.is_lost_there(id).await.expect("read"));
}

#[tokio::test]
async fn a_damaged_package_is_whole_again_with_the_very_same_bytes() {
    let folder = private_folder();
    let store = open(&folder);
    let id = MessageId::new(now());
    store.commit(incoming(id, b"package", b"consigned"), now()).await.expect("committed");
    let again = |bytes: &'static [u8]| {
        store.restore(office(2), id, crate::types::Hashed::from(Bytes::from_static(bytes)), now())
    };
    assert!(!again(b"package").await.expect("read"), "it is not held");
    store
        .incoming_event(
            office(2),
            id,
            IncomingEvent::Withheld,
            IncomingNote::code("store-damaged"),
            now(),
        )
        .await
        .expect("held");
    assert!(!again(b"package").await.expect("read"), "its bytes are whole");
    drop(store);
    let connection = Connection::open(database(folder.path())).expect("open");
    connection.execute("UPDATE payloads SET bytes = x'00'", ()).expect("zeroed");
    drop(connection);

    let store = open(&folder);
    let again = |bytes: &'static [u8]| {
        store.restore(office(2), id, crate::types::Hashed::from(Bytes::from_static(bytes)), now())
    };
    assert!(!again(b"others").await.expect("read"), "other bytes");
    assert!(again(b"package").await.expect("written"));
    assert_eq!(
        store.incoming_package(office(2), id).await.expect("whole").bytes(),
        &b"package"[..]
    );
    assert!(store.waits(id).await.expect("read"));
    assert!(!again(b"package").await.expect("read"), "once");
}

#[tokio::test]
async fn queued_packages_are_made_due_for_all_for_one_partner_or_alone() {
    let folder = private_folder();
    let store = open(&folder);
    let mut ids = Vec::new();
    for (sequence, partner) in [(1, 2), (2, 2), (1, 3)] {
        let new = NewOutgoing {
            partner: office(partner),
            ..outgoing(sequence, Bytes::from(vec![u8::try_from(sequence + 9).expect("small")]))
        };
        ids.push(new.id);
        store.pack(new, now()).await.expect("packed");
    }
    let fail = async |id| {
        let event = OutgoingEvent::Failed(Failure::Refused);
        store.outgoing_event(id, event, "peer-refuses".into(), None, now()).await.expect("event");
    };
    let due = async |partner| {
        store.queued(office(1), office(partner), now(), 9).await.expect("read").len()
    };
    for (partner, id, expected) in [
        (None, None, [2, 1]),
        (Some(office(2)), None, [2, 0]),
        (Some(office(9)), None, [0, 0]),
        (None, Some(ids[1]), [1, 0]),
        (None, Some(MessageId::new(now())), [0, 0]),
    ] {
        for id in &ids {
            fail(*id).await;
        }
        assert_eq!([due(2).await, due(3).await], [0, 0]);
        let made = store.retry(partner, id, "tanaka".to_owned(), now()).await.expect("written");
        assert_eq!([due(2).await, due(3).await], expected);
        assert_eq!(made.values().sum::<usize>(), expected.iter().sum::<usize>());
    }
    assert!(journal(&folder).contains(&"RETRY|retry by tanaka".to_owned()));
    assert_eq!(journal(&folder).iter().filter(|row| row.starts_with("QUEUED|retry by")).count(), 1);
}
