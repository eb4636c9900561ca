//! Copies for backups, and stores that are put back.

use super::*;
use crate::package::Limits;

#[tokio::test]
async fn a_copy_is_the_whole_store_and_one_that_is_put_back_says_so() {
    let folder = private_folder();
    let store = open(&folder);
    for (sequence, size) in [(1, 10), (2, 2 << 20)] {
        store.pack(outgoing(sequence, Bytes::from(vec![7; size])), now()).await.expect("packed");
    }
    let waiting = MessageId::new(now());
    store.commit(incoming(waiting, b"theirs", b"receipt"), now()).await.expect("committed");

    let other = private_folder();
    let copied = store.copy_to(&other.path().join("renkei.db")).expect("copied");
    assert_eq!(copied.journal, store.chain_ends().await.expect("read").1);
    let [(digest, path)] = &copied.beside[..] else { panic!("one lies beside") };
    std::fs::create_dir(other.path().join("packages")).expect("made");
    std::fs::copy(path, other.path().join("packages").join(digest.to_string())).expect("copied");
    let copies = std::fs::read_dir(other.path()).expect("listed").count();
    assert_eq!(copies, 2, "no log beside the copy");
    assert!(store.copy_to(&other.path().join("renkei.db")).is_err(), "nothing is overwritten");

    put_back(other.path(), now(), now()).expect("put back");
    let restored = open(&other);
    let next = restored.next_sequence(office(1), office(2)).await.expect("read");
    assert_eq!(next, 1_000_003);
    let unknown = restored.next_sequence(office(1), office(3)).await.expect("read");
    assert_eq!(unknown, 1);
    let held = restored.incoming(office(2), waiting).await.expect("a row");
    assert_eq!(held.state, Incoming::Held);
    let held = restored.held(HeldFilter::newest(9)).await.expect("read");
    assert_eq!(held.len(), 1);
    let report = restored.check_chains(Limits::default()).await.expect("checked");
    assert_eq!((report.faults, report.lost.len()), (vec![], 0));
}

/// That it was put back is about no office: the feed of what happens passes over it.
#[tokio::test]
async fn the_feed_goes_on_after_a_restore() {
    let folder = private_folder();
    let (store, _) = packed(&folder).await;
    drop(store);
    put_back(folder.path(), now(), now()).expect("put back");
    let store = open(&folder);
    let feed = store.changes(Some(0), None, 9).await.expect("read");
    let steps: Vec<_> = feed.changes.iter().map(|change| change.step).collect();
    assert_eq!(steps[..2], ["PACKED", "QUEUED"]);
    assert!(!steps.contains(&"RESTORED"), "{steps:?}");
    let newest = store.changes(None, None, 9).await.expect("read").next;
    assert_eq!(feed.next, newest, "behind the row of the restore");
    let card = store.note_card(office(1), office(2), 7, now());
    card.await.expect("noted");
    let feed = store.changes(Some(feed.next), None, 9).await.expect("read");
    assert_eq!((feed.changes, feed.next), (vec![], newest + 1));
}

/// The number rises from where it went on, not each time anew.
#[tokio::test]
async fn numbers_go_on_after_a_restore() {
    let folder = private_folder();
    let (store, _) = packed(&folder).await;
    drop(store);
    put_back(folder.path(), now(), now()).expect("put back");
    let store = open(&folder);
    store.pack(outgoing(1_000_002, Bytes::from_static(b"next")), now()).await.expect("packed");
    assert_eq!(store.next_sequence(office(1), office(2)).await.expect("read"), 1_000_003);
}

#[tokio::test]
async fn a_package_that_was_removed_meanwhile_is_gone_in_the_copy() {
    let folder = private_folder();
    let store = open(&folder);
    let large = outgoing(1, Bytes::from(vec![7; 2 << 20]));
    let (id, digest) = (large.id, large.package_sha256);
    store.pack(large, now()).await.expect("packed");
    std::fs::remove_file(folder.path().join("packages").join(digest.to_string())).expect("gone");
    let other = private_folder();
    let copied = store.copy_to(&other.path().join("renkei.db")).expect("copied");
    assert_eq!(copied.beside, []);
    put_back(other.path(), now(), now()).expect("put back");
    let package = open(&other).outgoing_package(id).await;
    assert!(matches!(package, Err(StoreError::NoLongerKept)));
}
