//! Attachments beside sets: numbers of their own, and a place of their own in the queue.

use super::*;
use crate::package::Manifest;

const FIRST: u64 = Manifest::FIRST_ATTACHMENT;

fn attached() -> UnitSummary {
    UnitSummary { kind: Manifest::ATTACHMENTS.to_owned(), ..UnitSummary::default() }
}

#[tokio::test]
async fn attachments_are_counted_apart_and_take_nobody_s_place() {
    let folder = private_folder();
    let store = open(&folder);
    let (from, to) = (office(1), office(2));
    assert_eq!(store.next_attachment(from, to).await.expect("read"), FIRST);
    // Two of one second, which sets of one 連番 could not be.
    for sequence in [FIRST, FIRST + 1] {
        let new = outgoing(sequence, Bytes::copy_from_slice(&sequence.to_le_bytes()));
        store.pack(NewOutgoing { unit: attached(), ..new }, now()).await.expect("packed");
    }
    assert_eq!(store.next_attachment(from, to).await.expect("read"), FIRST + 2);
    assert_eq!(store.next_sequence(from, to).await.expect("read"), 1);
    store.pack(outgoing(1, Bytes::from_static(b"a set")), now()).await.expect("packed");
    assert_eq!(store.next_sequence(from, to).await.expect("read"), 2);
    assert_eq!(store.next_attachment(from, to).await.expect("read"), FIRST + 2);
    assert_eq!(store.queued(from, to, now(), 9).await.expect("read").len(), 3);
}

#[tokio::test]
async fn a_missing_attachment_is_no_gap_and_each_waits_in_its_own_line() {
    let folder = private_folder();
    let store = open(&folder);
    let set = incoming(MessageId::new(now()), b"set", b"first");
    let (set_id, late) = (set.id, MessageId::new(now()));
    // The first attachment has not come.
    let attachment = NewIncoming {
        sequence: FIRST + 1,
        unit: attached(),
        ..incoming(late, b"attachment", b"second")
    };
    for new in [attachment, set] {
        store.commit(new, now()).await.expect("commit");
    }
    let sets = store.unplaced(office(1), office(2), 9).await.expect("read");
    assert_eq!(
        sets.iter().map(|one| (one.row.id, one.missing_since)).collect::<Vec<_>>(),
        [(set_id, None)]
    );
    let attachments = store.unplaced_attachments(office(1), 9).await.expect("read");
    assert_eq!(attachments.iter().map(|row| row.id).collect::<Vec<_>>(), [late]);
}
