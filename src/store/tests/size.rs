//! The size that the store may have.

use super::*;

const MIB: usize = 1 << 20;

fn limited(folder: &TempDir, mib: u64) -> Store {
    Store::open(folder.path(), &Terms { size: mib << 20, ..Terms::default() }).expect("a store")
}

fn large(sequence: u64) -> NewOutgoing {
    let byte = u8::try_from(sequence).expect("few");
    outgoing(sequence, Bytes::from(vec![byte; 2 * MIB]))
}

#[tokio::test]
async fn packages_beside_the_database_count() {
    let folder = private_folder();
    let store = limited(&folder, 5);
    let first = large(1);
    let first_id = first.id;
    store.pack(first, now()).await.expect("room for it");
    store.pack(large(2), now()).await.expect("room for it");
    let refused = store.pack(large(3), now()).await;
    assert!(matches!(refused, Err(StoreError::Full)), "{refused:?}");
    assert_eq!(beside(&folder).len(), 2, "nothing of it stays");
    drop(store);

    // What lies there counts also after a start, and for packages in the database.
    let store = limited(&folder, 5);
    assert!(matches!(store.pack(large(3), now()).await, Err(StoreError::Full)));
    let mut small = 0;
    let full = loop {
        let new = outgoing(10 + small, Bytes::from(vec![1; 100_000]));
        match store.pack(new, now()).await {
            Ok(()) => small += 1,
            Err(error) => break error,
        }
        assert!(small < 20, "the limit does not hold");
    };
    assert!(matches!(full, StoreError::Full), "{full}");
    assert!(small > 2, "{small} packages of 100 kB in what is left of 5 MiB");

    // What is removed makes room.
    let consigned = OutgoingEvent::Receipt(OutgoingReceipt::Consignment);
    let proof = receipt(Origin::Received, ReceiptKind::ContentConsignment, b"signed");
    store
        .outgoing_event(first_id, consigned, String::new(), Some(proof), now())
        .await
        .expect("event");
    let later = now() + jiff::SignedDuration::from_secs(1);
    assert_eq!(store.purge(later, Timestamp::MIN, now()).await.expect("purged"), 1);
    let again = outgoing(40, Bytes::from(vec![2; 100_000]));
    store.pack(again, now()).await.expect("room for a small one");
    assert_eq!(beside(&folder).len(), 1);
}

#[tokio::test]
async fn another_size_holds_at_once() {
    let folder = private_folder();
    let store = limited(&folder, 0);
    store.pack(large(1), now()).await.expect("room for it");
    store.set_size(3 << 20).await.expect("written");
    assert!(matches!(store.pack(large(2), now()).await, Err(StoreError::Full)));
    let mut small = 0;
    let full = loop {
        let new = outgoing(10 + small, Bytes::from(vec![1; 100_000]));
        match store.pack(new, now()).await {
            Ok(()) => small += 1,
            Err(error) => break error,
        }
        assert!(small < 20, "the limit does not hold");
    };
    assert!(matches!(full, StoreError::Full), "{full}");
    store.set_size(0).await.expect("written");
    for sequence in 40..60 {
        let new = outgoing(sequence, Bytes::from(vec![2; 100_000]));
        store.pack(new, now()).await.expect("as large as the disk");
    }
    store.pack(large(2), now()).await.expect("room for it");
}

/// The same package several times at once takes its room once.
#[tokio::test(flavor = "multi_thread")]
async fn a_package_counts_once() {
    let folder = private_folder();
    let store = limited(&folder, 4);
    let package: &'static [u8] = vec![3; 2 * MIB].leak();
    let id = MessageId::new(now());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let store = store.clone();
        tasks.spawn(async move { store.commit(incoming(id, package, b"first"), now()).await });
    }
    while let Some(answer) = tasks.join_next().await {
        answer.expect("no panic").expect("there is room for one");
    }
    assert_eq!(beside(&folder).len(), 1);
}

/// The rows of packages that end go together with their bytes, whichever time of keeping is longer.
#[tokio::test]
async fn no_bytes_stay_without_their_row() {
    let folder = private_folder();
    let (store, id) = packed(&folder).await;
    let handover = OutgoingEvent::Receipt(OutgoingReceipt::Handover);
    let proof = receipt(Origin::Received, ReceiptKind::ContentHandover, b"signed");
    store.outgoing_event(id, handover, String::new(), Some(proof), now()).await.expect("event");
    let later = now() + jiff::SignedDuration::from_secs(1);
    store.purge(Timestamp::MIN, later, now()).await.expect("purged");
    assert!(matches!(store.evidence(id).await, Err(StoreError::NotFound)));
    drop(store);
    let connection = Connection::open(database(folder.path())).expect("open");
    let left: i64 = connection
        .query_row("SELECT count(*) FROM payloads", (), |row| row.get(0))
        .expect("counted");
    assert_eq!(left, 0);
}
