//! Where receipts go of what was fetched.

use jiff::SignedDuration;

use super::*;

const RELAY: &str = "https://relay.test:8480/";

async fn due(store: &Store) -> Vec<DueReceipt> {
    store.due_receipts(RELAY.to_owned(), office(1), 9).await.expect("read")
}

/// A relay that lost its store has the package again, as its sender leaves it there once more, and not
/// the receipts that were there: without them the sender never hears of it.
#[tokio::test]
async fn receipts_go_once_more_where_a_package_was_left_after_it_came() {
    let folder = private_folder();
    let store = open(&folder);
    let (id, sender) = (MessageId::new(now()), office(2));
    store.commit(incoming(id, b"package", b"consigned"), now()).await.expect("committed");
    let was_fetched = async |stored_at| {
        let of = (sender, id);
        store.was_fetched(RELAY.to_owned(), office(1), of, stored_at).await.expect("noted");
    };
    let before = now() - SignedDuration::from_mins(5);
    was_fetched(before).await;
    let first = due(&store).await;
    assert_eq!(first.len(), 1);
    store.receipt_was_put(RELAY.to_owned(), &first[0], true).await.expect("noted");
    assert!(due(&store).await.is_empty());
    // It is on the list still, as before.
    was_fetched(before).await;
    assert!(due(&store).await.is_empty());
    was_fetched(now() + SignedDuration::from_hours(24)).await;
    assert_eq!(due(&store).await.len(), 1);
}
