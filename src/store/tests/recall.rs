//! Packages that are asked back: ours, and those of partners.

use super::lists::{contents, follow, look_into, page, text};
use super::*;
use crate::package::PackageRef;
use crate::types::code;

fn day(count: i64) -> Timestamp {
    now() + jiff::SignedDuration::from_hours(24 * count)
}

fn request() -> NewRecall {
    NewRecall { der: Bytes::from_static(b"please"), expires_at: day(7) }
}

pub(super) fn came(id: MessageId, package: &'static [u8], previous: Option<&[u8]>) -> CameRecall {
    CameRecall {
        about: PackageRef {
            message_id: id,
            package_sha256: Digest::of(package),
            manifest_sha256: Digest::of(b"manifest"),
            sender: office(2),
            recipient: office(1),
        },
        sequence: 1,
        expires_at: day(7),
        der: Bytes::from_static(b"please"),
        rejection: receipt(Origin::Issued, ReceiptKind::Rejection, b"given back"),
        previous: previous.map(Digest::of),
        proof: Some(Content::Proof {
            manifest: Bytes::from_static(b"manifest"),
            signature: Bytes::from_static(b"signature"),
        }),
    }
}

#[tokio::test]
async fn what_we_ask_back_is_sent_no_more_and_waits_for_the_receipt() {
    let folder = private_folder();
    let (store, id) = packed(&folder).await;
    let mine = (office(1), office(2));
    assert!(!store.was_under_way(id).await.expect("read"));
    let asked = store.ask_recall(id, request(), "tanaka".to_owned(), now()).await;
    assert_eq!(asked.expect("written").after, Outgoing::RecallAsked);
    assert!(store.queued(mine.0, mine.1, now(), 9).await.expect("read").is_empty());
    assert!(store.awaits_receipts(mine.0, mine.1).await.expect("read"));
    // A relay may have taken it although its answer was lost.
    let relay = "https://relay.example".parse().expect("an address");
    assert!(store.awaits_relayed(mine.0, &relay).await.expect("read"));
    let due = store.due_recalls(mine.0, mine.1, now()).await.expect("read");
    assert_eq!(due.iter().map(|row| row.package.id).collect::<Vec<_>>(), [id]);
    let waits = store.waits_for(office(2), 0, 9, now()).await.expect("read");
    assert!(waits.len() == 1 && waits[0].recalled);

    store.recall_waits(id, code::PEER_UNREACHABLE.to_owned(), day(1)).await.expect("written");
    assert!(store.due_recalls(mine.0, mine.1, now()).await.expect("read").is_empty());
    assert_eq!(store.next_recall(mine.0, mine.1).await.expect("read"), Some(day(1)));
    store.hurry_recalls(mine.0, mine.1, now()).await.expect("written");
    assert_eq!(store.due_recalls(mine.0, mine.1, now()).await.expect("read")[0].failures, 1);
    assert!(store.overdue_recalls(day(6)).await.expect("read").is_empty());
    assert_eq!(store.overdue_recalls(day(7)).await.expect("read").len(), 1);

    let rejected = OutgoingEvent::Receipt(OutgoingReceipt::Rejection);
    let proof = receipt(Origin::Received, ReceiptKind::Rejection, b"given back");
    let stored = store.outgoing_event(id, rejected, code::RECALLED.to_owned(), Some(proof), now());
    assert_eq!(stored.await.expect("written").after, Outgoing::Recalled);
    assert!(store.recall(id).await.expect("read").is_none());
    assert!(!store.awaits_relayed(mine.0, &relay).await.expect("read"));
    let row =
        &store.history(HistoryFilter { limit: 1, ..Default::default() }).await.expect("read")[0];
    assert_eq!(
        (row.state, row.detail.as_str()),
        (State::Out(OutgoingState::Recalled), code::RECALLED)
    );
}

/// A rejection that says so is only an answer where somebody asked; one for another reason is none.
#[tokio::test]
async fn a_rejection_is_a_recall_only_where_somebody_asked() {
    let folder = private_folder();
    let (store, id) = packed(&folder).await;
    let rejected = OutgoingEvent::Receipt(OutgoingReceipt::Rejection);
    let stored = store.outgoing_event(id, rejected, code::RECALLED.to_owned(), None, now()).await;
    assert_eq!(stored.expect("written").after, Outgoing::Rejected);
}

#[tokio::test]
async fn a_request_that_is_too_late_or_never_answered_leaves_what_was_signed() {
    let folder = private_folder();
    for (sequence, (said, after)) in (1..).zip([
        (
            Some((ReceiptKind::ContentConsignment, OutgoingReceipt::Consignment)),
            Outgoing::Consigned,
        ),
        (None, Outgoing::Refused),
    ]) {
        let store = open(&folder);
        let new = outgoing(sequence, Bytes::from_static(b"package"));
        let id = new.id;
        store.pack(new, now()).await.expect("packed");
        if let Some((kind, said)) = said {
            let proof = receipt(Origin::Received, kind, b"consigned");
            let event = OutgoingEvent::Receipt(said);
            store
                .outgoing_event(id, event, String::new(), Some(proof), now())
                .await
                .expect("event");
            assert!(store.was_under_way(id).await.expect("read"));
        }
        store.ask_recall(id, request(), String::new(), now()).await.expect("written");
        let ended = store.recall_failed(id, code::RECALL_UNSUPPORTED, now()).await;
        assert_eq!(ended.expect("written").after, after);
        store.ask_recall(id, request(), String::new(), now()).await.expect("written");
        let handover = OutgoingEvent::Receipt(OutgoingReceipt::Handover);
        store.outgoing_event(id, handover, String::new(), None, now()).await.expect("event");
        let steps = store.evidence(id).await.expect("read").journal;
        let last = steps.last().expect("rows");
        assert_eq!(last.step, Step::State(State::Out(OutgoingState::HandedOver)));
        assert_eq!(last.detail, code::RECALL_TOO_LATE);
        drop(store);
    }
}

#[tokio::test]
async fn what_is_not_placed_is_given_back_and_its_bytes_go() {
    let folder = private_folder();
    let store = open(&folder);
    let id = MessageId::new(now());
    store.commit(incoming(id, b"package", b"consigned"), now()).await.expect("committed");
    let ask = |recall| store.recall_came(recall, now());
    let stale = ask(came(id, b"package", Some(b"another"))).await.expect("answered");
    assert_eq!(stale, RecallAnswer::Stale);
    let other = ask(came(id, b"other bytes", Some(b"consigned"))).await.expect("answered");
    assert_eq!(other, RecallAnswer::OtherPackage);
    let mine = || came(id, b"package", Some(b"consigned"));
    assert_eq!(ask(mine()).await.expect("answered"), RecallAnswer::GivenBack);
    let again = ask(mine()).await.expect("answered");
    assert_eq!(again, RecallAnswer::Decided(Bytes::from_static(b"given back")));
    assert_eq!(store.incoming(office(2), id).await.expect("read").state, Incoming::Recalled);
    let bytes = store.incoming_package(office(2), id).await;
    assert!(matches!(bytes, Err(StoreError::NoLongerKept)), "{bytes:?}");
    assert_eq!(store.kept_of(office(2)), 0);
    // It is placed no more.
    let begun = store.begin_placing(vec![(office(2), id)]).await.expect("written");
    assert!(begun.is_empty());
    let placed = store
        .incoming_event(office(2), id, IncomingEvent::FilesPlaced, IncomingNote::default(), now())
        .await;
    assert_eq!(placed.expect("written").after, Incoming::Recalled);
}

/// Nobody is found by what is not here any more, not even where somebody looks into it meanwhile.
#[tokio::test]
async fn whom_it_was_about_is_forgotten_with_what_is_given_back() {
    const ONE: (&str, &str, &str) = ("0000900011", "架空 一", "");
    const OTHER: (&str, &str, &str) = ("0000900029", "架空 二", "");
    let folder = private_folder();
    let store = open(&folder);
    let [kept, read, waiting] = [(); 3].map(|()| MessageId::new(now()));
    let people = async |name: &str| page(&store, text(name)).await.rows.len();
    let back = async |id, bytes| {
        let given = store.recall_came(came(id, bytes, Some(bytes)), now()).await;
        assert_eq!(given.expect("answered"), RecallAnswer::GivenBack);
    };
    for (id, bytes, people) in [(kept, &b"kept"[..], &[ONE][..]), (read, b"read", &[ONE, OTHER])] {
        store.commit(incoming(id, bytes, bytes), now()).await.expect("committed");
        follow(&store).await;
        look_into(&store, people).await;
    }
    assert_eq!((people("架空 一").await, people("架空 二").await), (2, 1));
    back(read, b"read").await;
    assert_eq!((people("架空 一").await, people("架空 二").await), (1, 0));

    store.commit(incoming(waiting, b"waiting", b"waiting"), now()).await.expect("committed");
    follow(&store).await;
    let unread = store.unread(9).await.expect("read");
    assert_eq!(unread.len(), 1);
    back(waiting, b"waiting").await;
    let found = unread.iter().map(|one| (one.entry, ReadContents::Found(contents(&[OTHER]))));
    store.note_contents(found.collect()).await.expect("noted");
    follow(&store).await;
    assert!(store.unread(9).await.expect("read").is_empty());
    assert_eq!(people("架空 二").await, 0);
    let count = store.with_reader(|connection| {
        let count = |table: &str| {
            let sql = format!("SELECT count(*) FROM {table}");
            connection.query_row(&sql, (), |row| row.get::<_, i64>(0))
        };
        Ok((count("people")?, count("mentions")?))
    });
    assert_eq!(count.expect("counted"), (1, 1));
}

/// What a store that was put back says is not there may be in the import folder since.
#[tokio::test]
async fn what_may_have_been_placed_since_a_backup_is_not_given_back() {
    let folder = private_folder();
    let store = open(&folder);
    let [waits, held] = [(); 2].map(|()| MessageId::new(now()));
    let both = [(waits, &b"waits"[..]), (held, b"held")];
    for (id, bytes) in both {
        store.commit(incoming(id, bytes, bytes), now()).await.expect("committed");
    }
    let note = IncomingNote { unshown: true, ..IncomingNote::code(code::IMPORT_NAME_TAKEN) };
    let withheld =
        store.incoming_event(office(2), held, IncomingEvent::Withheld, note, now()).await;
    assert!(withheld.expect("held").changes());
    drop(store);
    put_back(folder.path(), now(), now()).expect("put back");

    let store = open(&folder);
    for (id, bytes) in both {
        let ask = || store.recall_came(came(id, bytes, Some(bytes)), now());
        assert_eq!(ask().await.expect("answered"), RecallAnswer::UnderWay);
        // Nor when somebody has it placed again.
        let note = IncomingNote::code(code::RELEASED);
        let released =
            store.incoming_event(office(2), id, IncomingEvent::Released, note, now()).await;
        assert!(released.expect("released").changes());
        assert_eq!(ask().await.expect("answered"), RecallAnswer::UnderWay);
    }
}

/// Whatever comes first counts.
#[tokio::test]
async fn what_is_being_placed_is_not_given_back() {
    let folder = private_folder();
    let store = open(&folder);
    let id = MessageId::new(now());
    store.commit(incoming(id, b"package", b"consigned"), now()).await.expect("committed");
    let begun = store.begin_placing(vec![(office(2), id)]).await.expect("written");
    assert_eq!(begun.len(), 1);
    let ask = || store.recall_came(came(id, b"package", Some(b"consigned")), now());
    assert_eq!(ask().await.expect("answered"), RecallAnswer::UnderWay);
    drop(store);

    // A crash changes nothing.
    let store = open(&folder);
    let ask = || store.recall_came(came(id, b"package", Some(b"consigned")), now());
    assert_eq!(ask().await.expect("answered"), RecallAnswer::UnderWay);
    let step = |event, note| store.incoming_event(office(2), id, event, note, now());
    let unshown = IncomingNote { unshown: true, ..IncomingNote::code(code::IMPORT_NAME_TAKEN) };
    step(IncomingEvent::Withheld, unshown).await.expect("held");
    assert_eq!(ask().await.expect("answered"), RecallAnswer::GivenBack, "nothing was shown");
}

#[tokio::test]
async fn what_never_came_is_answered_when_it_comes() {
    let folder = private_folder();
    let store = open(&folder);
    let id = MessageId::new(now());
    let given = store.recall_came(came(id, b"package", None), now()).await.expect("answered");
    assert_eq!(given, RecallAnswer::GivenBack);
    assert!(store.was_recalled(office(2), id).await.expect("read"));
    let answer = store.commit(incoming(id, b"package", b"consigned"), now()).await;
    let rejection = Bytes::from_static(b"given back");
    assert_eq!(answer.expect("answered"), CommitAnswer::Repeat(rejection));
    let other = store.commit(incoming(id, b"other", b"consigned"), now()).await;
    assert_eq!(other.expect("answered"), CommitAnswer::Different);
    assert!(!store.has_incoming(office(2), id).await.expect("read"));
    let same = store.recall_came(came(id, b"other", None), now()).await.expect("answered");
    assert_eq!(same, RecallAnswer::OtherPackage);
    store.purge(day(400), day(400), day(1)).await.expect("purged");
    assert!(store.was_recalled(office(2), id).await.expect("read"), "its time is not over");
    store.purge(day(400), day(400), day(8)).await.expect("purged");
    assert!(!store.was_recalled(office(2), id).await.expect("read"));
}

/// Its number is used again, so that nobody waits for it.
#[tokio::test]
async fn what_never_left_is_taken_back_with_its_number() {
    let folder = private_folder();
    let (store, id) = packed(&folder).await;
    assert_eq!(store.next_sequence(office(1), office(2)).await.expect("read"), 2);
    let back = store.take_back(id, None, "tanaka".to_owned(), now()).await.expect("written");
    assert_eq!(back.after, Outgoing::Recalled);
    assert_eq!(store.next_sequence(office(1), office(2)).await.expect("read"), 1);
    store.pack(outgoing(1, Bytes::from_static(b"another")), now()).await.expect("packed");
    let steps = store.evidence(id).await.expect("read").journal;
    assert_eq!(steps.last().expect("rows").detail, "taken-back by tanaka");
}

/// Where others wait behind it, its recipient is told that it never comes.
#[tokio::test]
async fn a_number_that_leaves_a_gap_is_told() {
    let folder = private_folder();
    let (store, id) = packed(&folder).await;
    let next = outgoing(2, Bytes::from_static(b"next"));
    let behind = next.id;
    store.pack(next, now()).await.expect("packed");
    let mine = (office(1), office(2));
    let back = async |id| {
        let back = store.take_back(id, Some(request()), "tanaka".to_owned(), now()).await;
        assert_eq!(back.expect("written").after, Outgoing::Recalled);
    };
    back(id).await;
    let due = async || store.due_recalls(mine.0, mine.1, now()).await.expect("read");
    let told = due().await;
    assert_eq!((told.len(), told[0].package.id, told[0].number_only), (1, id, true));
    assert_eq!(store.next_recall(mine.0, mine.1).await.expect("read"), Some(now()));
    let waits = store.waits_for(office(2), 0, 9, now()).await.expect("read");
    let last = waits.last().expect("it waits").position;
    let waits: Vec<_> = waits.iter().map(|one| (one.row.id, one.recalled)).collect();
    assert_eq!(waits, [(behind, false), (id, true)]);
    assert!(store.evidence(id).await.expect("read").recall.is_none(), "nobody asked for it");

    // The last of a queue leaves none, and the number that was told is not used again.
    back(behind).await;
    assert_eq!(due().await.len(), 1);
    assert_eq!(store.next_sequence(mine.0, mine.1).await.expect("read"), 2);

    let rejected = OutgoingEvent::Receipt(OutgoingReceipt::Rejection);
    let proof = receipt(Origin::Received, ReceiptKind::Rejection, b"never came");
    let stored = store.outgoing_event(id, rejected, code::RECALLED.to_owned(), Some(proof), now());
    assert_eq!(stored.await.expect("written").after, Outgoing::Recalled);
    assert!(due().await.is_empty());
    assert!(store.recall(id).await.expect("read").is_none());

    // Whoever has seen its place sees what is asked back next.
    let third = outgoing(3, Bytes::from_static(b"third"));
    let wanted = third.id;
    store.pack(third, now()).await.expect("packed");
    store.ask_recall(wanted, request(), "tanaka".to_owned(), now()).await.expect("written");
    let waits = store.waits_for(office(2), last, 9, now()).await.expect("read");
    assert_eq!(waits.iter().map(|one| one.row.id).collect::<Vec<_>>(), [wanted]);
}

/// Whatever its recipient said of it, it has left.
#[tokio::test]
async fn one_that_has_a_receipt_of_any_kind_was_under_way() {
    let folder = private_folder();
    let (store, id) = packed(&folder).await;
    let proof = receipt(Origin::Received, ReceiptKind::Other, b"of a newer partner");
    let event = OutgoingEvent::Receipt(OutgoingReceipt::Other);
    let stored = store.outgoing_event(id, event, String::new(), Some(proof), now()).await;
    assert!(matches!(stored.expect("written").after, Outgoing::Queued { .. }));
    assert!(store.was_under_way(id).await.expect("read"));
}

/// However soon a request ends, its answer is kept, so that nobody gets as many as they like.
#[tokio::test]
async fn only_so_many_of_what_never_came_are_given_back_in_a_month() {
    let folder = private_folder();
    let store = open(&folder);
    let ask = async |at: Timestamp| {
        let ends = at + jiff::SignedDuration::from_mins(1);
        let unseen = CameRecall { expires_at: ends, ..came(MessageId::new(at), b"unseen", None) };
        store.recall_came(unseen, at).await.expect("answered")
    };
    let minute = |minute: i64| now() + jiff::SignedDuration::from_mins(2 * minute);
    let asked = (0..1000).map(|nth| ask(minute(nth)));
    let answers = futures_util::future::join_all(asked).await;
    assert!(answers.iter().all(|answer| *answer == RecallAnswer::GivenBack));
    assert_eq!(ask(minute(1000)).await, RecallAnswer::TooMany);
    let month = jiff::SignedDuration::from_hours(24 * 30);
    assert_eq!(
        ask(now() + month + jiff::SignedDuration::from_mins(1)).await,
        RecallAnswer::GivenBack
    );
}
