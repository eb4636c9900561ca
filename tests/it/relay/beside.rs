//! What a store keeps for an office beside the packages that wait: it is counted, and goes again.

use bytes::Bytes;
use jiff::SignedDuration;
use renkei::package::ReceiptKind;
use renkei::relay::store::{
    Deposit, Deposited, NewRecall, NewReceipt, PutRecall, PutReceipt, Quota, RelayStore, Retention,
};
use renkei::types::OfficeNumber;

use super::battery::{QUOTA, deposit, name, start};
use crate::proof::office;

async fn beside<S: RelayStore>(store: &S, of: OfficeNumber) -> u64 {
    let all = store.offices().await.expect("offices");
    all.into_iter().find(|row| row.number == of).expect("known").beside
}

fn receipt(of: &Deposit, kind: ReceiptKind, bytes: usize) -> NewReceipt {
    NewReceipt {
        of: name(of),
        kind,
        package_sha256: of.package_sha256,
        receipt: Bytes::from(vec![7; bytes]),
        at: start(),
    }
}

fn recall(of: &Deposit, bytes: usize) -> NewRecall {
    NewRecall {
        of: name(of),
        package_sha256: of.package_sha256,
        recall: Bytes::from(vec![7; bytes]),
        at: start(),
        over: start(),
    }
}

/// Whoever puts receipts or recalls, or leaves packages that are over at once, fills up what is his own,
/// and nobody else's.
pub(super) async fn is_counted_where_it_comes_from<S: RelayStore>(store: &S) {
    let quota = Quota { beside: 200, ..QUOTA };
    let of = |text: &'static str| Deposit {
        acceptance: Bytes::from_static(&[b'a'; 50]),
        ..deposit("1000000091", "1000000092", text.as_bytes())
    };
    let (first, second) = (of("first"), of("second"));
    let put = async |new| store.put_receipt(new, quota).await.expect("answered");
    let ask = async |new| store.put_recall(new, quota).await.expect("answered");
    for new in [&first, &second] {
        assert_eq!(store.deposit(new.clone(), quota).await.expect("kept"), Deposited::New);
    }
    // Repeats count for nothing, and what takes the place of something by what it is longer.
    assert_eq!(beside(store, first.sender).await, 100);
    store.deposit(first.clone(), quota).await.expect("answered");
    let anew = Deposit { key_id: "two".to_owned(), ..first.clone() };
    store.deposit(anew, quota).await.expect("kept");
    assert_eq!(beside(store, first.sender).await, 100);
    assert_eq!(ask(recall(&first, 60)).await, PutRecall::New);
    assert_eq!(ask(recall(&first, 60)).await, PutRecall::Settled);
    assert_eq!(ask(recall(&second, 41)).await, PutRecall::Full);
    assert_eq!(ask(recall(&first, 40)).await, PutRecall::New);
    assert_eq!(beside(store, first.sender).await, 140);
    assert_eq!(ask(recall(&second, 60)).await, PutRecall::New);
    assert_eq!(store.deposit(of("third"), quota).await.expect("answered"), Deposited::Full);

    // The sender has no room left, and gets the receipts of others all the same.
    let consigned = |bytes| receipt(&first, ReceiptKind::ContentConsignment, bytes);
    assert_eq!(put(consigned(201)).await, PutReceipt::Full);
    assert_eq!(put(consigned(150)).await, PutReceipt::New);
    assert_eq!(put(consigned(150)).await, PutReceipt::Repeated);
    assert_eq!(put(receipt(&second, ReceiptKind::Rejection, 51)).await, PutReceipt::Full);
    assert_eq!(put(receipt(&second, ReceiptKind::Rejection, 50)).await, PutReceipt::New);
    assert_eq!(beside(store, first.recipient).await, 200);
    assert_eq!(beside(store, first.sender).await, 200);
    let totals = store.totals().await.expect("counted");
    assert!(totals.beside >= 400, "{totals:?}");

    // All of it goes with the memory of the packages.
    let receipts = store.receipts(first.sender, 0, 9, 1 << 20).await.expect("collected");
    store.collected(first.sender, receipts.last().expect("some").position);
    let later = first.expires_at + SignedDuration::from_hours(1);
    let retention = Retention { now: later, forget: later, abandon: start() };
    while !store.clean_up(retention).await.expect("cleaned up").is_nothing() {}
    assert_eq!(beside(store, first.sender).await, 0);
    assert_eq!(beside(store, first.recipient).await, 0);
    // One whose time is over when it comes is remembered, and counted, too.
    let over = Deposit { expires_at: start(), ..of("over") };
    store.deposit(over.clone(), quota).await.expect("kept");
    let retention =
        Retention { now: later, forget: start() - SignedDuration::from_hours(1), ..retention };
    assert_eq!(store.clean_up(retention).await.expect("cleaned up").expired, 1);
    assert_eq!(beside(store, over.sender).await, 50);
    store.deposit(Deposit { expires_at: later, ..over.clone() }, quota).await.expect("kept");
    assert_eq!(beside(store, over.sender).await, 50);
}

/// No more receipts are read than make a page.
pub(super) async fn is_read_in_pages<S: RelayStore>(store: &S) {
    let of = deposit("1000000093", "1000000094", b"content");
    store.deposit(of.clone(), QUOTA).await.expect("kept");
    for bytes in [40, 50, 60, 70] {
        let new = receipt(&of, ReceiptKind::ContentHandoverFailure, bytes);
        assert_eq!(store.put_receipt(new, QUOTA).await.expect("kept"), PutReceipt::New);
    }
    let page = async |most, bytes| {
        let found = store.receipts(of.sender, 0, most, bytes).await.expect("read");
        found.iter().map(|entry| entry.receipt.len()).collect::<Vec<_>>()
    };
    assert_eq!(page(9, 1).await, [40], "never nothing");
    assert_eq!(page(9, 40).await, [40]);
    assert_eq!(page(9, 41).await, [40, 50]);
    assert_eq!(page(9, 90).await, [40, 50]);
    assert_eq!(page(9, 219).await, [40, 50, 60, 70]);
    assert_eq!(page(3, 1000).await, [40, 50, 60]);
    let first = store.receipts(of.sender, 0, 1, 1).await.expect("read");
    let rest = store.receipts(of.sender, first[0].position, 9, 51).await.expect("read");
    assert_eq!(rest.len(), 2);
    let nobody = store.receipts(office("1000000095"), 0, 9, 1).await.expect("read");
    assert!(nobody.is_empty());
}
