//! A relay whose clock is wrong.

use renkei::package::Recall;

use super::harness::{Relay, World, answer, now, pair};
use crate::harness::faketime;
use crate::proof::{RECIPIENT, SENDER};

/// Lets a relay that is yet to start see another time.
fn shift(relay: &mut Relay, by: &str) {
    relay.variables = vec![
        ("LD_PRELOAD", faketime()),
        ("FAKETIME", by.to_owned()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
    ];
}

/// The ids of what waits.
fn listed(page: &serde_json::Value) -> Vec<String> {
    let items = page["items"].as_array().expect("a list").iter();
    items.map(|item| item["message_id"].as_str().expect("an id").to_owned()).collect()
}

/// The packages of the tests expire in a day.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_a_day_ahead_loses_nothing() {
    let world = World::new();
    let mut relay = Relay::new(&world, "relay", "");
    relay.start();
    let (sender, recipient, keys) = pair(&world);
    recipient.mailbox(&relay, 0, 0).await;
    let first = sender.package();
    let id = first.manifest().message_id;
    assert_eq!(sender.deposit(&relay, id, &keys.seal(&first)).await.expect("answered").status, 202);
    relay.stop();

    shift(&mut relay, "+25h");
    relay.start();
    let status = answer(sender.get(&relay, "/v1/status")).await.expect("answered").json();
    let told: jiff::Timestamp = status["time"].as_str().expect("a time").parse().expect("a time");
    assert!(told.duration_since(now()).as_hours() >= 24, "{status}");
    let second = sender.package();
    let second_id = second.manifest().message_id;
    let taken = sender.deposit(&relay, second_id, &keys.seal(&second)).await.expect("answered");
    assert_eq!(taken.status, 202, "{taken:?}");
    let page = recipient.mailbox(&relay, 0, 0).await;
    assert_eq!(listed(&page), [id.to_string(), second_id.to_string()]);
    let fetched = recipient.fetch(&relay, SENDER, id).await;
    assert_eq!(keys.open(fetched.body), *first.bytes());
    let metrics = relay.watch("/metrics").expect("answered");
    assert!(metrics.contains("renkei_relay_expired_total 0\n"), "{metrics}");
    relay.stop();

    // Its clock is set right: what was taken meanwhile is there, and what comes is seen behind it.
    relay.variables.clear();
    relay.start();
    let third = sender.package();
    let third_id = third.manifest().message_id;
    let taken = sender.deposit(&relay, third_id, &keys.seal(&third)).await.expect("answered");
    assert_eq!(taken.status, 202, "{taken:?}");
    let after = page["next"].as_u64().expect("a position");
    assert_eq!(listed(&recipient.mailbox(&relay, after, 0).await), [third_id.to_string()]);
    for (package, id) in [(&first, id), (&second, second_id), (&third, third_id)] {
        let fetched = recipient.fetch(&relay, SENDER, id).await;
        assert_eq!(keys.open(fetched.body), *package.bytes());
    }
    relay.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_a_day_behind_keeps_what_it_has_and_says_why_it_takes_nothing() {
    let world = World::new();
    let mut relay = Relay::new(&world, "relay", "");
    relay.start();
    let (sender, recipient, keys) = pair(&world);
    recipient.mailbox(&relay, 0, 0).await;
    let first = sender.package();
    let id = first.manifest().message_id;
    assert_eq!(sender.deposit(&relay, id, &keys.seal(&first)).await.expect("answered").status, 202);
    relay.stop();

    shift(&mut relay, "-25h");
    relay.start();
    let second = sender.package();
    let (second_id, sealed) = (second.manifest().message_id, keys.seal(&second));
    let refused = sender.deposit(&relay, second_id, &sealed).await.expect("answered");
    assert_eq!((refused.status, refused.code().as_str()), (422, "clock-ahead"));
    let fetched = recipient.fetch(&relay, SENDER, id).await;
    assert_eq!(keys.open(fetched.body), *first.bytes());
    let page = recipient.mailbox(&relay, 0, 0).await;
    assert_eq!(listed(&page), [id.to_string()]);
    relay.stop();

    relay.variables.clear();
    relay.start();
    let taken = sender.deposit(&relay, second_id, &sealed).await.expect("answered");
    assert_eq!(taken.status, 202, "{taken:?}");
    let after = page["next"].as_u64().expect("a position");
    assert_eq!(listed(&recipient.mailbox(&relay, after, 0).await), [second_id.to_string()]);
    relay.stop();
}

/// A request to give a package back is kept with it, whatever the relay takes the time for.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_clock_keeps_no_request_from_the_recipient() {
    for by in ["+25h", "-25h"] {
        let world = World::new();
        let mut relay = Relay::new(&world, "relay", "");
        relay.start();
        let (sender, recipient, keys) = pair(&world);
        recipient.mailbox(&relay, 0, 0).await;
        let package = sender.package();
        let id = package.manifest().message_id;
        let taken = sender.deposit(&relay, id, &keys.seal(&package)).await.expect("answered");
        assert_eq!(taken.status, 202, "{taken:?}");
        let seen = recipient.mailbox(&relay, 0, 0).await["next"].as_u64().expect("a position");
        relay.stop();

        shift(&mut relay, by);
        relay.start();
        let put = sender.put_recall(&relay, &package).await;
        assert_eq!(put.status, 202, "{by}: {put:?}");
        let page = recipient.mailbox(&relay, seen, 0).await;
        assert_eq!(listed(&page), [id.to_string()], "{by}: listed anew");
        assert_eq!(page["items"][0]["recalled"], true);
        let path = format!("/v1/mailbox/{id}/recall?office={RECIPIENT}&sender={SENDER}");
        let recall = answer(recipient.get(&relay, &path)).await.expect("answered");
        assert_eq!(recall.status, 200, "{by}: {recall:?}");
        let stated = Recall::stated(&recall.body).expect("the request");
        assert_eq!(stated.message_id, id);
        let gone = recipient.fetch(&relay, SENDER, id).await;
        assert_eq!((gone.status, gone.code().as_str()), (410, "gone"));
        relay.stop();
    }
}
