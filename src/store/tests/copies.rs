//! Copies of packages for other partners.

use jiff::SignedDuration;

use super::*;

async fn note(store: &Store, source: MessageId, of: &str, now: Timestamp) -> bool {
    let new = NewCopy {
        office: office(1),
        source,
        recipient: office(2),
        partner: office(3),
        serial: of.parse().expect("a serial"),
    };
    store.note_copy(new, "hanako".to_owned(), now).await.expect("written")
}

async fn copies(store: &Store, now: Timestamp) -> usize {
    store.copies(office(1), now).await.expect("read").len()
}

#[tokio::test]
async fn nobody_sends_the_same_twice_unless_it_came_to_nothing() {
    let folder = private_folder();
    let (store, source) = packed(&folder).await;
    let (first, second) = ("20270101000000", "20270101000001");
    let later = now() + SignedDuration::from_hours(1);
    assert!(note(&store, source, first, now()).await);
    assert!(!note(&store, source, second, now()).await, "it may be in the drop folder");
    assert_eq!(copies(&store, now()).await, 1);
    let steps = store.evidence(source).await.expect("there").journal;
    let copied: Vec<_> = steps.iter().filter(|row| row.step == Step::Copied).collect();
    assert_eq!(copied.len(), 1, "{steps:?}");
    assert_eq!(copied[0].detail, format!("{} by hanako", office(3)));
    let highest = store.highest_serial(office(1), office(3)).await.expect("read");
    assert_eq!(highest, first.parse().ok());
    // Nothing was ever seen of it.
    assert_eq!(copies(&store, later).await, 0);
    assert!(note(&store, source, second, later).await);

    // It was packed, and then the partner refuses it for good.
    let mut package = outgoing(1, Bytes::from_static(b"copy"));
    (package.partner, package.serial) = (office(3), second.parse().expect("a serial"));
    let copy = package.id;
    store.pack(package, later).await.expect("packed");
    let much_later = later + SignedDuration::from_hours(1);
    assert_eq!(copies(&store, much_later).await, 1);
    assert!(!note(&store, source, first, much_later).await);
    let refused = OutgoingEvent::Failed(Failure::RefusedForGood);
    store.outgoing_event(copy, refused, "refused".into(), None, later).await.expect("event");
    assert_eq!(copies(&store, much_later).await, 0);
    assert!(note(&store, source, "20270101000002", much_later).await);

    // It could not be laid into the folder.
    store.forget_copy(source, office(3)).await.expect("written");
    assert_eq!(copies(&store, much_later).await, 0);

    // It is held.
    assert!(note(&store, source, "20270101000003", much_later).await);
    let held = HeldRow {
        at: much_later,
        office: office(1),
        partner: Some(office(3)),
        serial: "20270101000003".parse().ok(),
        unit: unit(),
        reason: "R-FN-01".to_owned(),
        folder: "there".to_owned(),
    };
    store.hold(held).await.expect("held");
    let end = much_later + SignedDuration::from_hours(1);
    assert_eq!(copies(&store, end).await, 1);
    let id = store.held(HeldFilter::newest(1)).await.expect("read")[0].id;
    let crate::types::HeldId::Set(number) = id else { panic!("{id}") };
    store.settle(number, Settled::Dismissed, String::new(), end).await.expect("settled");
    assert_eq!(copies(&store, end).await, 0);
}
