//! The store on a real disk.

mod anew;
mod attachments;
mod audit;
mod chain;
mod copies;
mod copy;
mod deposits;
mod downloads;
mod fetched;
mod held;
mod identity;
mod import_plan;
mod lists;
mod migrations;
mod moment;
mod months;
mod pieces;
mod recall;
mod refused;
mod size;
mod statements;

use bytes::Bytes;
use jiff::Timestamp;
use tempfile::TempDir;

use super::*;
use crate::package::ReceiptKind;
use crate::transfer::{
    Direction, Failure, HeldSet, Incoming, IncomingEvent, IncomingState, Outgoing, OutgoingEvent,
    OutgoingReceipt, OutgoingState, State,
};
use crate::types::{CameBy, Digest, FileSerial, MessageId, OfficeNumber};

fn now() -> Timestamp {
    Timestamp::from_second(1_800_000_000).expect("in range")
}

fn office(last: u32) -> OfficeNumber {
    format!("13{last:08}").parse().expect("an office number")
}

fn serial() -> FileSerial {
    "20260326101500".parse().expect("a serial")
}

fn unit() -> UnitSummary {
    UnitSummary {
        kind: "K1".to_owned(),
        edition: None,
        converted_from: None,
        quoted: None,
        months: Vec::new(),
        files: Vec::new(),
        records: 3,
        findings: 0,
    }
}

fn outgoing(sequence: u64, package: Bytes) -> NewOutgoing {
    NewOutgoing {
        id: MessageId::new(now()),
        office: office(1),
        partner: office(2),
        sequence,
        serial: serial(),
        unit: unit(),
        by_hand: None,
        expires_at: now() + jiff::SignedDuration::from_hours(24),
        package_sha256: Digest::of(&package),
        manifest_sha256: Digest::of(b"manifest"),
        package,
    }
}

fn receipt(origin: Origin, kind: ReceiptKind, der: &'static [u8]) -> NewReceipt {
    NewReceipt { origin, kind, at: now(), der: Bytes::from_static(der) }
}

fn incoming(id: MessageId, package: &'static [u8], der: &'static [u8]) -> NewIncoming {
    NewIncoming {
        id,
        sender: office(2),
        office: office(1),
        sequence: 1,
        serial: serial(),
        unit: unit(),
        state: Incoming::committed(now()),
        detail: String::new(),
        package_sha256: Digest::of(package),
        manifest_sha256: Digest::of(b"manifest"),
        content: Content::Whole(Bytes::from_static(package)),
        receipt: Some(receipt(Origin::Issued, ReceiptKind::ContentConsignment, der)),
        came_by: CameBy::Renkei,
        folder: String::new(),
    }
}

/// A folder as the store makes it.
fn private_folder() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    #[cfg(unix)]
    std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700))
        .expect("set");
    folder
}

fn open(folder: &TempDir) -> Store {
    Store::open(folder.path(), &Terms::default()).expect("a store")
}

/// A store that holds one small package on its way out, and its id.
async fn packed(folder: &TempDir) -> (Store, MessageId) {
    let store = open(folder);
    let new = outgoing(1, Bytes::from_static(b"package"));
    let id = new.id;
    store.pack(new, now()).await.expect("packed");
    (store, id)
}

#[tokio::test]
async fn an_outgoing_package_survives_with_its_states() {
    let folder = private_folder();
    let store = open(&folder);
    let mut new = outgoing(1, Bytes::from_static(b"package"));
    new.unit.converted_from = Some(crate::types::Edition::V4_1);
    let id = new.id;
    store.pack(new, now()).await.expect("packed");
    let set = store.packed_set(id).await.expect("read").expect("packed");
    assert_eq!((set.partner, set.serial), (office(2), serial()));
    assert_eq!(store.next_sequence(office(1), office(2)).await.expect("read"), 2);

    let expires_at = now() + jiff::SignedDuration::from_hours(24);
    let overdue = store.overdue(expires_at, now()).await.expect("read");
    assert_eq!(overdue.iter().map(|row| row.id).collect::<Vec<_>>(), [id]);
    assert!(store.overdue(now(), now()).await.expect("read").is_empty());

    let failed = OutgoingEvent::Failed(Failure::Unreachable { retry_after: None });
    store
        .outgoing_event(id, failed, "partner-unreachable".into(), None, now())
        .await
        .expect("event");
    drop(store);

    let store = open(&folder);
    let queued = store.queued(office(1), office(2), Timestamp::MAX, 10).await.expect("read");
    assert!(matches!(
        queued[..],
        [OutgoingRow { state: Outgoing::Queued { failures: 1, .. }, .. }]
    ));
    assert_eq!(store.outgoing_package(id).await.expect("package").bytes(), &b"package"[..]);

    let consigned = OutgoingEvent::Receipt(OutgoingReceipt::Consignment);
    let proof = receipt(Origin::Received, ReceiptKind::ContentConsignment, b"signed");
    for _ in 0..2 {
        let event = store.outgoing_event(id, consigned, String::new(), Some(proof.clone()), now());
        assert_eq!(event.await.expect("event").after, Outgoing::Consigned);
    }
    assert!(store.awaits_receipts(office(1), office(2)).await.expect("read"));
    let evidence = store.evidence(id).await.expect("evidence");
    assert_eq!(evidence.receipts.len(), 1, "the same receipt is stored once");
    let steps: Vec<_> = evidence.journal.iter().map(|row| row.step).collect();
    let [queued, consigned] = [OutgoingState::Queued, OutgoingState::Consigned]
        .map(|state| Step::State(State::Out(state)));
    assert_eq!(steps, [Step::Packed, queued, queued, consigned]);
    let history =
        store.history(HistoryFilter { limit: 10, ..Default::default() }).await.expect("read");
    assert_eq!(history[0].receipts, [ReceiptKind::ContentConsignment]);
    assert_eq!(evidence.journal[0].detail, "converted-from-v4.1");
    assert_eq!(history[0].unit.converted_from, Some(crate::types::Edition::V4_1));
}

#[tokio::test]
async fn what_waits_becomes_due_and_keeps_its_count() {
    let folder = private_folder();
    let (store, id) = packed(&folder).await;
    let refused = OutgoingEvent::Failed(Failure::Refused);
    store.outgoing_event(id, refused, "peer-refuses".into(), None, now()).await.expect("event");
    let due = || store.queued(office(1), office(2), now(), 10);
    assert!(due().await.expect("read").is_empty());
    store.make_due(office(2), office(1), &[], now()).await.expect("written");
    assert!(due().await.expect("read").is_empty(), "another pair");
    store.make_due(office(1), office(2), &[], now()).await.expect("written");
    let queued = due().await.expect("read");
    let [OutgoingRow { state: Outgoing::Queued { failures, .. }, .. }] = queued[..] else {
        panic!("{queued:?}");
    };
    assert_eq!(failures, 1);
    store.outgoing_event(id, refused, "peer-refuses".into(), None, now()).await.expect("event");
    store.make_due(office(1), office(2), &[id], now()).await.expect("written");
    assert!(due().await.expect("read").is_empty(), "the one that has just failed");
}

#[tokio::test]
async fn a_clock_that_was_set_back_keeps_nothing_in_the_queue() {
    let folder = private_folder();
    let (store, id) = packed(&folder).await;
    let refused = OutgoingEvent::Failed(Failure::Refused);
    store.outgoing_event(id, refused, String::new(), None, now()).await.expect("event");
    let due = |at| store.queued(office(1), office(2), at, 10);
    assert!(due(now()).await.expect("read").is_empty(), "an hour later");
    let next = store.next_attempt(office(1), office(2), now()).await.expect("read");
    assert!(next.is_some_and(|next| next > now()));
    let a_year_ago = now() - jiff::SignedDuration::from_hours(365 * 24);
    assert_eq!(due(a_year_ago).await.expect("read").len(), 1);
    assert!(store.next_attempt(office(1), office(2), a_year_ago).await.expect("read").is_none());
}

/// An outcome is to be shown until it was, and again when another one follows it.
#[tokio::test]
async fn outcomes_are_to_be_shown_once() {
    let folder = private_folder();
    let (store, id) = packed(&folder).await;
    let due = async || {
        let rows = store.settled(office(1), 10).await.expect("read");
        rows.into_iter().map(|row| (row.state, row.was_given_up)).collect::<Vec<_>>()
    };
    let mut told = store.settling();
    assert!(due().await.is_empty());
    let event = |event| store.outgoing_event(id, event, String::new(), None, now());
    let receipt = |receipt| event(OutgoingEvent::Receipt(receipt));
    receipt(OutgoingReceipt::Consignment).await.expect("event");
    assert!(told.has_changed().expect("open"));
    told.borrow_and_update();
    assert_eq!(due().await, [(Outgoing::Consigned, false)]);
    // What changed meanwhile is shown as it is then.
    let consigned = store.settled(office(1), 10).await.expect("read");
    receipt(OutgoingReceipt::Rejection).await.expect("event");
    store.shown(office(1), consigned, Vec::new(), now()).await.expect("written");
    assert_eq!(due().await, [(Outgoing::Rejected, false)]);
    let rejected = store.settled(office(1), 10).await.expect("read");
    store.shown(office(1), rejected, Vec::new(), now()).await.expect("written");
    assert!(due().await.is_empty());
}

#[tokio::test]
async fn a_package_that_arrived_after_all_is_shown_again() {
    let folder = private_folder();
    let (store, id) = packed(&folder).await;
    let late = now() + jiff::SignedDuration::from_hours(365 * 24);
    let event = |event| store.outgoing_event(id, event, String::new(), None, late);
    event(OutgoingEvent::Tick).await.expect("event");
    let given_up = store.settled(office(1), 10).await.expect("read");
    let held = |reason: &str| HeldRow {
        at: late,
        office: office(1),
        partner: Some(given_up[0].partner),
        serial: Some(given_up[0].serial),
        unit: given_up[0].unit.clone(),
        reason: reason.to_owned(),
        folder: reason.to_owned(),
    };
    let rows = vec![held("expired"), held("CMN-001")];
    store.shown(office(1), given_up.clone(), rows, late).await.expect("written");
    assert_eq!(store.held(HeldFilter::newest(10)).await.expect("read").len(), 2);
    event(OutgoingEvent::Receipt(OutgoingReceipt::Consignment)).await.expect("event");
    let due = store.settled(office(1), 10).await.expect("read");
    assert_eq!((due[0].state, due[0].was_given_up), (Outgoing::Consigned, true));
    store.shown(office(1), due, Vec::new(), late).await.expect("written");
    let open = store.held(HeldFilter::newest(10)).await.expect("read");
    let open: Vec<_> = open.iter().map(|item| item.reason.as_str()).collect();
    assert_eq!(open, ["CMN-001"], "it needs nobody any more; another set of that name does");
    // The handover after the consignment is the same outcome.
    event(OutgoingEvent::Receipt(OutgoingReceipt::Handover)).await.expect("event");
    assert!(store.settled(office(1), 10).await.expect("read").is_empty());
}

#[tokio::test]
async fn one_claim_is_packed_once() {
    let folder = private_folder();
    let store = open(&folder);
    let first = outgoing(1, Bytes::from_static(b"a"));
    let again = NewOutgoing { id: first.id, ..outgoing(2, Bytes::from_static(b"b")) };
    store.pack(first, now()).await.expect("packed");
    assert!(store.pack(again, now()).await.is_err());
    assert_eq!(
        store.queued(office(1), office(2), Timestamp::MAX, 10).await.expect("read").len(),
        1
    );
}

#[tokio::test]
async fn a_repeat_gets_the_same_receipt_and_other_bytes_are_seen() {
    let folder = private_folder();
    let store = open(&folder);
    let id = MessageId::new(now());
    let commit = |package, der| store.commit(incoming(id, package, der), now());
    assert_eq!(commit(b"one", b"first").await.expect("commit"), CommitAnswer::New);
    let repeat = commit(b"one", b"second").await.expect("commit");
    assert_eq!(repeat, CommitAnswer::Repeat(Bytes::from_static(b"first")));
    assert_eq!(commit(b"two", b"third").await.expect("commit"), CommitAnswer::Different);
    assert_eq!(store.incoming_package(office(2), id).await.expect("package").bytes(), &b"one"[..]);
    let receipts = store.issued_receipts(office(2), 0, 10).await.expect("read");
    assert_eq!(receipts.len(), 1);
}

#[tokio::test]
async fn an_incoming_package_goes_its_way_once() {
    let folder = private_folder();
    let store = open(&folder);
    let id = MessageId::new(now());
    store.commit(incoming(id, b"one", b"first"), now()).await.expect("commit");
    assert_eq!(store.senders_waiting(office(1)).await.expect("read"), [office(2)]);
    assert!(store.waits(id).await.expect("read"));
    let unplaced = || store.unplaced(office(1), office(2), 9);
    let first = unplaced().await.expect("read");
    assert_eq!(first.iter().map(|unplaced| unplaced.row.id).collect::<Vec<_>>(), [id]);
    assert_eq!((first[0].is_large, first[0].missing_since), (false, None));
    let event = |event, receipt| {
        let note = IncomingNote { receipt, ..IncomingNote::default() };
        store.incoming_event(office(2), id, event, note, now())
    };
    event(IncomingEvent::FilesPlaced, None).await.expect("event");
    assert_eq!(store.placed(office(1)).await.expect("read").len(), 1);
    assert!(!store.waits(id).await.expect("read"));
    assert!(unplaced().await.expect("read").is_empty());
    for der in [&b"handover"[..], b"another handover"] {
        let handover = receipt(Origin::Issued, ReceiptKind::ContentHandover, der);
        event(IncomingEvent::HandoverSigned, Some(handover)).await.expect("event");
    }
    let receipts = store.issued_receipts(office(2), 0, 10).await.expect("read");
    let issued: Vec<_> = receipts.iter().map(|receipt| receipt.der.as_ref()).collect();
    assert_eq!(issued, [&b"first"[..], b"handover"]);
    let large: &'static [u8] = vec![1; 2 << 20].leak();
    let next = NewIncoming { sequence: 4, ..incoming(MessageId::new(now()), large, b"second") };
    store.commit(next, now()).await.expect("commit");
    let next = unplaced().await.expect("read");
    assert_eq!(
        (next[0].is_large, next[0].missing_since),
        (true, Some(now())),
        "2 and 3 are missing"
    );
}

/// A partner gives its package the id of one that we sent to it.
#[tokio::test]
async fn a_borrowed_id_mixes_no_proof() {
    let folder = private_folder();
    let store = open(&folder);
    let ours = outgoing(1, Bytes::from_static(b"ours"));
    let id = ours.id;
    store.pack(ours, now()).await.expect("packed");
    let expiry = receipt(Origin::Issued, ReceiptKind::Expiry, b"expiry");
    store.add_own_receipt(id, expiry).await.expect("stored");
    store.commit(incoming(id, b"theirs", b"consigned"), now()).await.expect("committed");
    store
        .incoming_event(office(2), id, IncomingEvent::FilesPlaced, IncomingNote::default(), now())
        .await
        .expect("event");

    let repeat = store.known(office(2), id, Digest::of(b"theirs")).expect("read");
    assert_eq!(repeat, CommitAnswer::Repeat(Bytes::from_static(b"consigned")));
    let issued = store.issued_receipts(office(2), 0, 10).await.expect("read");
    assert_eq!(issued.len(), 1, "our own expiry is not for the partner");
    let evidence = store.evidence(id).await.expect("evidence");
    let proof: Vec<_> = evidence.receipts.iter().map(|receipt| receipt.der.as_ref()).collect();
    assert_eq!((evidence.direction, proof), (Direction::Out, vec![&b"expiry"[..]]));
    let placed = Step::State(State::In(IncomingState::Placed));
    assert!(evidence.journal.iter().all(|row| row.step != placed));
    let history =
        store.history(HistoryFilter { limit: 9, ..Default::default() }).await.expect("read");
    for line in history {
        let expected = match line.direction {
            Direction::Out => ReceiptKind::Expiry,
            Direction::In => ReceiptKind::ContentConsignment,
        };
        assert_eq!(line.receipts, [expected]);
    }
}

#[tokio::test]
async fn a_partner_cannot_fill_the_store_with_receipts() {
    let folder = private_folder();
    let (store, id) = packed(&folder).await;
    for number in 0..40_u8 {
        let der: &'static [u8] = vec![number].leak();
        let handover = OutgoingEvent::Receipt(OutgoingReceipt::Handover);
        let proof = receipt(Origin::Received, ReceiptKind::ContentHandover, der);
        store.outgoing_event(id, handover, String::new(), Some(proof), now()).await.expect("event");
    }
    let receipts = store.evidence(id).await.expect("evidence").receipts;
    assert_eq!(receipts.len(), 16);
    assert_eq!(receipts[0].der, &[0][..]);
    let history = store.history(HistoryFilter { limit: 10, ..HistoryFilter::default() });
    assert_eq!(
        history.await.expect("read")[0].receipts,
        [ReceiptKind::ContentHandover],
        "told once"
    );
}

#[tokio::test]
async fn positions_of_receipts_rise_also_when_the_store_begins_anew() {
    let mut last = 0;
    for second in 0..3 {
        let folder = private_folder();
        let began = now() + jiff::SignedDuration::from_secs(second);
        let terms = Terms { now: began, ..Terms::default() };
        let store = Store::open(folder.path(), &terms).expect("a store");
        let id = MessageId::new(now());
        store.commit(incoming(id, b"package", b"one"), now()).await.expect("committed");
        let receipts = store.issued_receipts(office(2), last, 10).await.expect("read");
        assert_eq!(receipts.len(), 1, "the partner asks on from where it was");
        last = receipts[0].position;
    }
}

#[tokio::test]
async fn large_packages_lie_beside_and_are_checked() {
    let folder = private_folder();
    let store = open(&folder);
    let package = Bytes::from(vec![7; 3 << 20]);
    let new = outgoing(1, package.clone());
    let (id, digest) = (new.id, new.package_sha256);
    store.pack(new, now()).await.expect("packed");
    assert_eq!(*store.outgoing_package(id).await.expect("package").bytes(), package);
    std::fs::write(folder.path().join("packages").join(digest.to_string()), b"x").expect("write");
    assert!(matches!(store.outgoing_package(id).await, Err(StoreError::Damaged(_))));
}

#[tokio::test]
async fn a_full_store_says_so_and_keeps_what_it_has() {
    let folder = private_folder();
    let store =
        Store::open(folder.path(), &Terms { size: 1 << 20, ..Terms::default() }).expect("a store");
    let mut stored = 0;
    let full = loop {
        let new = outgoing(stored + 1, Bytes::from(vec![1; 100_000]));
        match store.pack(new, now()).await {
            Ok(()) => stored += 1,
            Err(error) => break error,
        }
        assert!(stored < 100, "the limit does not hold");
    };
    assert!(matches!(full, StoreError::Full), "{full}");
    let kept = store.queued(office(1), office(2), Timestamp::MAX, 100).await.expect("read").len();
    assert_eq!(u64::try_from(kept), Ok(stored));
    store
        .hold(HeldRow {
            at: now(),
            office: office(1),
            partner: None,
            serial: None,
            unit: unit(),
            reason: "test".into(),
            folder: "x".into(),
        })
        .await
        .expect("a small row still fits");
}

#[tokio::test]
async fn only_one_process_writes_and_others_read() {
    let folder = private_folder();
    assert!(matches!(Store::open_for_reading(folder.path(), None), Err(StoreError::Absent(_))));
    let store = open(&folder);
    assert!(matches!(Store::open(folder.path(), &Terms::default()), Err(StoreError::InUse(_))));
    store.pack(outgoing(1, Bytes::from_static(b"a")), now()).await.expect("packed");
    let reader = Store::open_for_reading(folder.path(), None).expect("beside the writer");
    assert_eq!(
        reader.queued(office(1), office(2), Timestamp::MAX, 10).await.expect("read").len(),
        1
    );
    let refused = reader.pack(outgoing(2, Bytes::from_static(b"b")), now()).await;
    assert!(matches!(refused, Err(StoreError::ReadOnly)));
}

#[tokio::test]
async fn purging_keeps_what_is_open_and_all_proof() {
    let folder = private_folder();
    let store = open(&folder);
    let ended = outgoing(1, Bytes::from(vec![7; 2 << 20]));
    let open = outgoing(2, Bytes::from_static(b"open"));
    let (ended_id, open_id, digest) = (ended.id, open.id, ended.package_sha256);
    store.pack(ended, now()).await.expect("packed");
    store.pack(open, now()).await.expect("packed");
    let handover = OutgoingEvent::Receipt(OutgoingReceipt::Handover);
    let proof = receipt(Origin::Received, ReceiptKind::ContentHandover, b"signed");
    store
        .outgoing_event(ended_id, handover, String::new(), Some(proof), now())
        .await
        .expect("event");

    let later = now() + jiff::SignedDuration::from_secs(1);
    assert_eq!(store.purge(later, now(), now()).await.expect("purged"), 1);
    assert!(matches!(store.outgoing_package(ended_id).await, Err(StoreError::NoLongerKept)));
    assert!(!folder.path().join("packages").join(digest.to_string()).exists());
    assert!(store.outgoing_package(open_id).await.is_ok());
    let history =
        store.history(HistoryFilter { limit: 9, ..Default::default() }).await.expect("read");
    assert_eq!(history.len(), 2);
    assert_eq!(store.evidence(open_id).await.expect("evidence").journal.len(), 2);

    // The receipt says an hour long gone; it goes with its package, not before.
    let long_after = later + jiff::SignedDuration::from_secs(1);
    let early = NewReceipt {
        at: Timestamp::UNIX_EPOCH,
        ..receipt(Origin::Received, ReceiptKind::ContentConsignment, b"long ago")
    };
    let consigned = OutgoingEvent::Receipt(OutgoingReceipt::Consignment);
    store
        .outgoing_event(open_id, consigned, String::new(), Some(early), long_after)
        .await
        .expect("event");
    store.purge(later, later, now()).await.expect("purged");
    let evidence = store.evidence(open_id).await.expect("evidence");
    assert_eq!((evidence.receipts.len(), evidence.journal.len()), (1, 3));
    assert!(matches!(store.evidence(ended_id).await, Err(StoreError::NotFound)));
    store.purge(Timestamp::MAX, later, now()).await.expect("purged");
    let consigned = store.outgoing_package(open_id).await;
    assert!(matches!(consigned, Err(StoreError::NoLongerKept)), "it is safe at the partner");
}

/// The names in the folder of large packages.
fn beside(folder: &TempDir) -> Vec<String> {
    let entries = std::fs::read_dir(folder.path().join("packages")).expect("listed");
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into()).collect()
}

#[tokio::test]
async fn what_no_row_names_does_not_stay_on_the_disk() {
    let folder = private_folder();
    let store = open(&folder);
    let kept = outgoing(1, Bytes::from(vec![1; 2 << 20]));
    let refused = NewOutgoing { id: kept.id, ..outgoing(2, Bytes::from(vec![2; 2 << 20])) };
    let name = kept.package_sha256.to_string();
    store.pack(kept, now()).await.expect("packed");
    assert!(store.pack(refused, now()).await.is_err());
    assert_eq!(beside(&folder), [name.as_str()]);
    drop(store);

    // A crash between the file and its row leaves the file, one before that a part of it.
    let orphan = folder.path().join("packages").join(Digest::of(b"nobody").to_string());
    std::fs::write(&orphan, b"nobody").expect("written");
    std::fs::write(folder.path().join("packages/.half.tmp"), b"half").expect("written");
    drop(open(&folder));
    assert_eq!(beside(&folder), [name.as_str()]);
}

/// A partner that did not wait for our answer sends a large package again while the first copy is
/// still being written.
#[tokio::test(flavor = "multi_thread")]
async fn the_same_large_package_many_times_at_once_is_kept_whole() {
    let folder = private_folder();
    let store = open(&folder);
    let package: &'static [u8] = vec![3; 4 << 20].leak();
    let id = MessageId::new(now());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let store = store.clone();
        tasks.spawn(async move { store.commit(incoming(id, package, b"first"), now()).await });
    }
    let mut new = 0;
    while let Some(answer) = tasks.join_next().await {
        let answer = answer.expect("no panic").expect("committed");
        new += i32::from(answer == CommitAnswer::New);
        let stored = store.incoming_package(office(2), id).await.expect("whole");
        assert_eq!(stored.bytes().len(), package.len());
    }
    assert_eq!((new, beside(&folder).len()), (1, 1));
}

#[tokio::test]
async fn a_newer_store_is_refused() {
    let folder = private_folder();
    drop(open(&folder));
    let connection = Connection::open(database(folder.path())).expect("open");
    connection.pragma_update(None, "user_version", 99).expect("write");
    drop(connection);
    let refused = Store::open(folder.path(), &Terms::default()).map(|_| ());
    assert!(matches!(refused, Err(StoreError::TooNew { found: 99, .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_writers_at_once_all_become_durable() {
    let folder = private_folder();
    let store = open(&folder);
    let mut tasks = tokio::task::JoinSet::new();
    for sequence in 1..=300 {
        let store = store.clone();
        tasks.spawn(async move {
            store.pack(outgoing(sequence, Bytes::from_static(b"x")), now()).await
        });
    }
    while let Some(packed) = tasks.join_next().await {
        packed.expect("no panic").expect("packed");
    }
    drop(store);
    let queued =
        open(&folder).queued(office(1), office(2), Timestamp::MAX, 1000).await.expect("read");
    assert_eq!(queued.len(), 300);
}
