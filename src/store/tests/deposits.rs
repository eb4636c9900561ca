//! Packages of ours at a relay.

use jiff::SignedDuration;

use super::*;
use crate::store::NewDeposit;

const RELAY: &str = "https://relay.example";

/// A relay takes a package, at a time.
async fn leave(store: &Store, id: MessageId, at: Timestamp) {
    let deposit = NewDeposit {
        relay: RELAY.parse().expect("an address"),
        key_id: "one".to_owned(),
        expires_at: at + SignedDuration::from_hours(24 * 20),
        acceptance: Bytes::from_static(b"acceptance"),
    };
    let moved = store.deposited(id, deposit, at).await.expect("written");
    assert_eq!(moved.after, Outgoing::Deposited);
}

async fn withdrawn(store: &Store, key: &str, relay: &str, at: Timestamp) -> usize {
    let (relay, key) = (Some(relay.to_owned()), Some(key.to_owned()));
    store.withdraw((office(1), office(2)), relay, key, at).await.expect("written")
}

#[tokio::test]
async fn what_a_relay_may_have_lost_is_left_there_once_more() {
    let folder = private_folder();
    let store = open(&folder);
    let new = outgoing(1, Bytes::from_static(b"sealed"));
    let new = NewOutgoing { expires_at: now() + SignedDuration::from_hours(24 * 40), ..new };
    let id = new.id;
    store.pack(new, now()).await.expect("packed");
    let hours = |hours| now() + SignedDuration::from_hours(hours);
    leave(&store, id, now()).await;
    assert_eq!(withdrawn(&store, "one", RELAY, hours(23)).await, 0, "asked lately");
    assert_eq!(withdrawn(&store, "one", RELAY, hours(24)).await, 1);
    let queued = store.queued(office(1), office(2), hours(24), 9).await.expect("read");
    assert_eq!(queued.iter().map(|row| row.id).collect::<Vec<_>>(), [id]);
    // It still had it: from then on the day counts anew.
    leave(&store, id, hours(25)).await;
    assert_eq!(withdrawn(&store, "one", RELAY, hours(48)).await, 0);
    assert_eq!(withdrawn(&store, "two", RELAY, hours(48)).await, 1, "another key");
    leave(&store, id, hours(48)).await;
    assert_eq!(withdrawn(&store, "one", "https://other.example/", hours(49)).await, 1);
    leave(&store, id, hours(49)).await;
    assert_eq!(withdrawn(&store, "one", RELAY, hours(24 * 30)).await, 1, "kept no longer");
}

/// Its sender hears of it in time, and not because it is left there once more each day.
#[tokio::test]
async fn what_nobody_answers_at_a_relay_is_known() {
    let folder = private_folder();
    let store = open(&folder);
    let hours = |hours| now() + SignedDuration::from_hours(hours);
    let pair = (office(1), office(2));
    let mut ids = Vec::new();
    for (sequence, ends) in [(1, 24 * 7), (2, 100)] {
        let new = outgoing(sequence, Bytes::from_static(b"sealed"));
        let new = NewOutgoing { expires_at: hours(ends), ..new };
        ids.push(new.id);
        store.pack(new, now()).await.expect("packed");
    }
    let unanswered = async |at| store.unanswered(pair, false, at).await.expect("read");
    assert_eq!(unanswered(hours(200)).await, Unanswered::default(), "no relay has it");
    let comes = store.unanswered(pair, true, hours(200)).await.expect("read");
    assert_eq!(comes.count, 2, "the partner should have come for it");
    for id in &ids {
        leave(&store, *id, now()).await;
    }
    let next = |hour| Unanswered { count: 0, since: None, next: Some(hours(hour)) };
    assert_eq!(unanswered(now()).await, next(50), "half of its time");
    let one = Unanswered { count: 1, since: Some(now()), next: Some(hours(72)) };
    assert_eq!(unanswered(hours(50)).await, one);
    let both = Unanswered { count: 2, since: Some(now()), next: None };
    assert_eq!(unanswered(hours(72)).await, both);
    // It is on its way there once more.
    assert!(withdrawn(&store, "one", RELAY, hours(72)).await > 0);
    assert_eq!(unanswered(hours(72)).await, both);
}

/// What is known to lie at one relay is not asked for at another.
#[tokio::test]
async fn receipts_of_what_is_asked_back_come_through_the_relay_that_has_it() {
    let folder = private_folder();
    let (store, id) = packed(&folder).await;
    leave(&store, id, now()).await;
    let request = NewRecall { der: Bytes::from_static(b"please"), expires_at: now() };
    let asked = store.ask_recall(id, request, "tanaka".to_owned(), now()).await;
    assert_eq!(asked.expect("written").after, Outgoing::RecallAsked);
    let awaits = async |relay: &str| {
        let relay = relay.parse().expect("an address");
        store.awaits_relayed(office(1), &relay).await.expect("read")
    };
    assert!(awaits(RELAY).await);
    assert!(!awaits("https://other.example").await);
}
