//! Packages and receipts that take the place of others.

use super::*;

#[tokio::test]
async fn a_package_takes_the_number_of_the_one_that_it_replaces() {
    let folder = private_folder();
    let store = open(&folder);
    let first = outgoing(1, Bytes::from_static(b"first"));
    let second = outgoing(2, Bytes::from_static(b"second"));
    let former = first.id;
    store.pack_all(vec![first, second], now()).await.expect("packed");
    let new = outgoing(1, Bytes::from_static(b"anew"));
    let id = new.id;
    assert!(store.supersede(former, new.clone(), now()).await.expect("written"));
    let queued = store.queued(office(1), office(2), now(), 10).await.expect("read");
    let queued: Vec<_> = queued.iter().map(|row| (row.sequence, row.id == id)).collect();
    assert_eq!(queued, [(1, true), (2, false)]);
    assert_eq!(store.next_sequence(office(1), office(2)).await.expect("read"), 3);
    assert_eq!(store.outgoing(former).await.expect("read").state, Outgoing::Superseded);
    // What a crash left of its claim is still known to be packed.
    assert!(store.packed_set(former).await.expect("read").is_some());
    let again = outgoing(1, Bytes::from_static(b"again"));
    assert!(!store.supersede(former, again, now()).await.expect("written"), "it is replaced");
    // A receipt that still comes for the former one moves neither.
    let late = receipt(Origin::Received, ReceiptKind::ContentConsignment, b"late");
    let event = OutgoingEvent::Receipt(OutgoingReceipt::Consignment);
    let moved = store.outgoing_event(former, event, String::new(), Some(late), now()).await;
    assert_eq!(moved.expect("written").after, Outgoing::Superseded);
    let due = store.settled(office(1), 10).await.expect("read");
    assert!(due.is_empty(), "its files lie nowhere but in the new one");
}

#[tokio::test]
async fn receipts_are_issued_again_once() {
    let folder = private_folder();
    let store = open(&folder);
    let id = MessageId::new(now());
    store.commit(incoming(id, b"one", b"first"), now()).await.expect("commit");
    let about = (office(1), office(2), id);
    let former = Digest::of(b"first");
    let anew = || vec![receipt(Origin::Issued, ReceiptKind::ContentConsignment, b"anew")];
    assert!(store.reissue(about, former, anew()).await.expect("written"));
    let other = vec![receipt(Origin::Issued, ReceiptKind::ContentConsignment, b"other")];
    assert!(!store.reissue(about, former, other).await.expect("read"), "it is not the last");
    let issued = store.issued_about(office(1), office(2), id).await.expect("read");
    let issued: Vec<_> = issued.iter().map(|receipt| receipt.der.clone()).collect();
    assert_eq!(issued, [&b"first"[..], b"anew"]);
    let page = store.issued_receipts(office(2), 0, 10).await.expect("read");
    assert_eq!(page.len(), 2, "partners find both");
}

#[tokio::test]
async fn what_is_held_beside_a_package_stays_held_when_that_is_made_anew() {
    let folder = private_folder();
    let store = open(&folder);
    let first = outgoing(1, Bytes::from_static(b"first"));
    let (former, serial) = (first.id, first.serial);
    store.pack(first, now()).await.expect("packed");
    let row = HeldRow {
        at: now(),
        office: office(1),
        partner: Some(office(2)),
        serial: Some(serial),
        unit: unit(),
        reason: "changed-after-packing".to_owned(),
        folder: "changed".to_owned(),
    };
    store.hold(row).await.expect("held");
    let new = outgoing(1, Bytes::from_static(b"anew"));
    let id = new.id;
    assert!(store.supersede(former, new, now()).await.expect("written"));
    assert_eq!(
        store.held(HeldFilter::newest(10)).await.expect("read").len(),
        1,
        "nothing of it was sent"
    );
    assert_eq!(store.successor(former).await.expect("read"), Some(id));
    assert_eq!(store.successor(id).await.expect("read"), None);
}
