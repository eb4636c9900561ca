//! The cards of offices that nobody knows: nobody keeps others out by his own.

use bytes::Bytes;
use jiff::SignedDuration;
use renkei::relay::store::{Candidate, RelayStore};
use renkei::types::Digest;

use super::battery::start;
use crate::proof::office;

/// A card that came so many minutes after the first one.
fn card(of: &str, signer: &str, site: &str, minutes: i64) -> Candidate {
    let text = format!("a card of {of} by {signer} after {minutes}");
    Candidate {
        office: office(of),
        sha256: Digest::of(text.as_bytes()),
        card: Bytes::from(text),
        signer: Digest::of(signer.as_bytes()),
        site: site.to_owned(),
        at: start() + SignedDuration::from_mins(minutes),
    }
}

/// A certificate has one place for an office, and a site that brings many takes them from itself alone.
pub(super) async fn take_places_from_themselves_alone<S: RelayStore>(store: &S) {
    let of = "1000000111";
    let waiting = async || store.candidates().await.expect("listed");
    for minutes in 0..20 {
        store.introduce(card(of, "one hand", "192.0.2.1", minutes)).await.expect("kept");
    }
    assert_eq!(waiting().await, [card(of, "one hand", "192.0.2.1", 19)], "the newest");
    // A repeat is as new as its last time.
    let again =
        Candidate { at: start() + SignedDuration::from_mins(30), ..waiting().await.remove(0) };
    store.introduce(again.clone()).await.expect("kept");
    assert_eq!(waiting().await, std::slice::from_ref(&again));
    let other = card("1000000112", "one hand", "192.0.2.1", 31);
    store.introduce(other.clone()).await.expect("kept");
    assert_eq!(waiting().await.len(), 2, "of another office");

    // Strangers from one site have all places of an office but that of the office itself.
    let own = card(of, "its own hand", "198.51.100.7", 32);
    store.introduce(own.clone()).await.expect("kept");
    for minutes in 40..60 {
        let hand = format!("hand {minutes}");
        store.introduce(card(of, &hand, "203.0.113.9", minutes)).await.expect("kept");
    }
    let left = waiting().await;
    assert_eq!(left.iter().filter(|one| one.office == own.office).count(), 8);
    assert!(left.contains(&own) && left.contains(&again) && left.contains(&other), "{left:?}");
    assert!(left.contains(&card(of, "hand 59", "203.0.113.9", 59)), "the newest stay");

    // The same holds of all places together.
    for number in 0..1100 {
        let office = format!("11{number:08}");
        store.introduce(card(&office, "many", "203.0.113.9", 100 + number)).await.expect("kept");
    }
    let left = waiting().await;
    assert_eq!(left.len(), 1000);
    assert!(left.contains(&own) && left.contains(&again) && left.contains(&other));
    for office in left.iter().map(|one| one.office).collect::<std::collections::BTreeSet<_>>() {
        store.forget_candidates(office).await.expect("forgotten");
    }
    assert!(waiting().await.is_empty());
}
