//! Packages that the partner will never take as they are.

use super::*;
use crate::types::code;

/// The partner refuses a package for good.
async fn refuse(store: &Store, id: MessageId) {
    let event = OutgoingEvent::Failed(Failure::RefusedForGood);
    let detail = "peer-refuses:too-large".to_owned();
    let moved = store.outgoing_event(id, event, detail, None, now()).await.expect("written");
    assert_eq!(moved.after, Outgoing::Refused);
}

/// Its files lie in the hold folder.
async fn show(store: &Store, number: u32) -> HeldRow {
    let settled = store.settled(office(1), 9).await.expect("read");
    assert!(settled.iter().all(|row| row.state == Outgoing::Refused && row.was_given_up));
    let row = HeldRow {
        at: now(),
        office: office(1),
        partner: Some(office(2)),
        serial: Some(serial()),
        unit: unit(),
        reason: code::REFUSED_FOR_GOOD.to_owned(),
        folder: format!("set-{number}"),
    };
    store.shown(office(1), settled, vec![row.clone()], now()).await.expect("written");
    row
}

async fn state(store: &Store, id: MessageId) -> Outgoing {
    store.outgoing(id).await.expect("read").state
}

async fn retried(store: &Store, partner: Option<u32>, id: Option<MessageId>) -> usize {
    let due = store.retry(partner.map(office), id, "tanaka".to_owned(), now()).await;
    due.expect("written").values().sum()
}

async fn held(store: &Store) -> usize {
    store.held(HeldFilter::newest(9)).await.expect("read").len()
}

#[tokio::test]
async fn it_leaves_the_queue_and_is_to_be_shown() {
    let folder = private_folder();
    let (store, id) = packed(&folder).await;
    refuse(&store, id).await;
    let queued = store.queued(office(1), office(2), Timestamp::MAX, 9).await.expect("read");
    assert!(queued.is_empty(), "{queued:?}");
    store.make_due(office(1), office(2), &[], now()).await.expect("written");
    assert_eq!(state(&store, id).await, Outgoing::Refused, "no hurry brings it back");
    let why = store.given_up_because(office(1), office(2), serial()).await.expect("read");
    assert_eq!(why.as_deref(), Some("peer-refuses:too-large"));
    assert!(store.has_given_up(office(1), office(2)).await.expect("read"), "it is asked for");
    let status = store.status().await.expect("read");
    assert!(status.waiting.is_empty(), "it does not wait by itself");
    assert_eq!(status.counts[0].state, State::Out(OutgoingState::Refused));
    show(&store, 1).await;
    assert_eq!(
        (held(&store).await, store.settled(office(1), 9).await.expect("read").len()),
        (1, 0)
    );
    // A receipt that comes after all settles it.
    let event = OutgoingEvent::Receipt(OutgoingReceipt::Consignment);
    let signed = receipt(Origin::Received, ReceiptKind::ContentConsignment, b"signed");
    let moved = store.outgoing_event(id, event, String::new(), Some(signed), now()).await;
    assert_eq!(moved.expect("written").after, Outgoing::Consigned);
    let settled = store.settled(office(1), 9).await.expect("read");
    assert!(settled[0].was_given_up);
    store.shown(office(1), settled, Vec::new(), now()).await.expect("written");
    assert_eq!(held(&store).await, 0);
}

#[tokio::test]
async fn a_person_has_it_sent_again() {
    let folder = private_folder();
    let (store, id) = packed(&folder).await;
    // Before its files are shown, and afterwards.
    for _ in 0..2 {
        refuse(&store, id).await;
        assert_eq!(retried(&store, Some(9), None).await, 0, "another partner");
        assert_eq!(retried(&store, Some(2), None).await, 1);
        assert_eq!(state(&store, id).await, Outgoing::packed(now()));
        refuse(&store, id).await;
        show(&store, 1).await;
    }
    // What is held beside it for another reason stays held.
    let changed = HeldRow { reason: "changed-after-packing".to_owned(), ..show(&store, 2).await };
    store.hold(HeldRow { folder: "changed".to_owned(), ..changed }).await.expect("held");
    assert_eq!(retried(&store, None, None).await, 1);
    assert_eq!(state(&store, id).await, Outgoing::packed(now()));
    let left = store.held(HeldFilter::newest(9)).await.expect("read");
    assert!(matches!(&left[..], [item] if item.reason == "changed-after-packing"), "{left:?}");
    assert_eq!(retried(&store, None, None).await, 1, "it is queued, and no more than that");
}

#[tokio::test]
async fn what_somebody_settled_is_sent_again_only_by_its_id() {
    let folder = private_folder();
    let (store, id) = packed(&folder).await;
    refuse(&store, id).await;
    show(&store, 1).await;
    let settled = store.settle(1, Settled::Dismissed, "tanaka".to_owned(), now());
    assert!(settled.await.expect("written"));
    assert_eq!(retried(&store, None, None).await, 0);
    assert_eq!(retried(&store, Some(2), None).await, 0);
    assert_eq!(state(&store, id).await, Outgoing::Refused);
    assert_eq!(retried(&store, None, Some(id)).await, 1);
    assert_eq!(state(&store, id).await, Outgoing::packed(now()));
}

#[tokio::test]
async fn a_set_that_is_exported_again_takes_its_place() {
    let folder = private_folder();
    let (store, id) = packed(&folder).await;
    refuse(&store, id).await;
    show(&store, 1).await;
    let other = NewOutgoing {
        unit: UnitSummary { kind: "K2".to_owned(), ..unit() },
        ..outgoing(2, Bytes::from_static(b"another unit of the same serial"))
    };
    store.pack(other, now()).await.expect("packed");
    assert_eq!(state(&store, id).await, Outgoing::Refused);
    assert_eq!(held(&store).await, 1, "a unit of another kind says nothing of it");
    let again = outgoing(3, Bytes::from_static(b"mended"));
    let new = again.id;
    store.pack(again, now()).await.expect("packed");
    assert_eq!(state(&store, id).await, Outgoing::Superseded);
    assert_eq!(store.successor(id).await.expect("read"), Some(new));
    assert_eq!(held(&store).await, 0);
    assert_eq!(retried(&store, None, Some(id)).await, 0, "nothing is sent twice");
}

#[tokio::test]
async fn it_is_given_up_when_its_time_is_over() {
    let folder = private_folder();
    let (store, id) = packed(&folder).await;
    let later = outgoing(2, Bytes::from_static(b"queued"));
    store.pack(later, now()).await.expect("packed");
    refuse(&store, id).await;
    show(&store, 1).await;
    let end = now() + jiff::SignedDuration::from_hours(24);
    let overdue = async |queued, at| {
        let rows = store.overdue(queued, at).await.expect("read");
        rows.into_iter().map(|row| row.sequence).collect::<Vec<_>>()
    };
    assert!(overdue(now(), now()).await.is_empty());
    assert_eq!(overdue(now(), end).await, [1], "it is not put once more, as one that is queued");
    assert_eq!(overdue(end, end).await, [2, 1]);
    let event = OutgoingEvent::Tick;
    let moved = store.outgoing_event(id, event, "expired".to_owned(), None, end).await;
    assert!(moved.expect("written").expires());
    assert!(store.settled(office(1), 9).await.expect("read").is_empty(), "it is shown already");
    assert_eq!(held(&store).await, 1);
    let event = OutgoingEvent::Resend;
    let moved = store.outgoing_event(id, event, String::new(), None, end).await;
    assert_eq!(moved.expect("written").after, Outgoing::Expired);
}
