//! Relays that are killed, and several instances on one database.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use renkei::package::ReceiptKind;
use renkei::types::MessageId;
use rustix::process::Signal;

use super::harness::{Client, Relay, World, pair};
use crate::proof::SENDER;

/// Puts until the relay answers; what was taken stays taken.
pub(super) async fn put_until_taken(
    sender: &Client,
    relay: &Relay,
    id: MessageId,
    sealed: &renkei::types::Hashed,
) -> bytes::Bytes {
    for _ in 0..200 {
        match sender.deposit(relay, id, sealed).await {
            Ok(answer) if [200, 202].contains(&answer.status) => return answer.body,
            Ok(answer) => assert!([429, 503].contains(&answer.status), "{answer:?}"),
            Err(_) => {}
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("never taken")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_is_there_after_a_kill() {
    let world = World::new();
    let mut relay = Relay::new(&world, "relay", "");
    relay.start();
    let (sender, recipient, keys) = pair(&world);
    recipient.mailbox(&relay, 0, 0).await;
    let mut sent = BTreeMap::new();
    for round in 0..3 {
        let packages: Vec<_> = (0..8).map(|_| sender.package()).collect();
        for package in packages {
            let id = package.manifest().message_id;
            let answer = sender.deposit(&relay, id, &keys.seal(&package)).await.expect("answered");
            assert_eq!(answer.status, 202);
            sent.insert(id, (package, answer.body));
        }
        // One is on its way when it dies.
        let late = sender.package();
        let (id, sealed) = (late.manifest().message_id, keys.seal(&late));
        if round == 1 {
            let dying = sender.deposit(&relay, id, &sealed);
            let (_, ()) = tokio::join!(dying, async { relay.signal(Signal::KILL) });
        }
        relay.kill();
        relay.start();
        let acceptance = put_until_taken(&sender, &relay, id, &sealed).await;
        sent.insert(id, (late, acceptance));
    }
    let mut seen = BTreeSet::new();
    let mut after = 0;
    loop {
        let page = recipient.mailbox(&relay, after, 0).await;
        for item in page["items"].as_array().expect("a list") {
            let id: MessageId = item["message_id"].as_str().expect("an id").parse().expect("an id");
            assert!(seen.insert(id), "twice: {id}");
        }
        after = page["next"].as_u64().expect("a position");
        if page["more"] == false {
            break;
        }
    }
    assert_eq!(seen.len(), sent.len());
    for (id, (package, acceptance)) in &sent {
        let fetched = recipient.fetch(&relay, SENDER, *id).await;
        assert_eq!(keys.open(fetched.body), *package.bytes());
        let again = sender.deposit(&relay, *id, &keys.seal(package)).await.expect("answered");
        assert_eq!((again.status, &again.body), (200, acceptance), "the acceptance stays");
    }
    relay.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_on_postgresql_are_one_relay() {
    let mut cluster = super::cluster::Cluster::start();
    let world = World::new();
    let store = format!("[store]\npostgres = \"{}\"\nconnections = 8", cluster.url());
    let mut one = Relay::new(&world, "one", &store);
    let mut two = Relay::new(&world, "two", &store);
    // One relay has one certificate, wherever it runs.
    for file in ["tls.pem", "tls.key", "signing.pem", "signing.key"] {
        std::fs::copy(one.folder.join(file), two.folder.join(file)).expect("copied");
    }
    one.start();
    two.start();
    let (sender, recipient, keys) = pair(&world);
    recipient.mailbox(&two, 0, 0).await;
    // Each instance knows whom the other one saw.
    let first = sender.package();
    let (id, sealed) = (first.manifest().message_id, keys.seal(&first));
    let known = async {
        while sender.deposit(&one, id, &sealed).await.expect("answered").status == 422 {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(crate::harness::PATIENCE, known).await.expect("in time");
    let fetched = recipient.fetch(&two, SENDER, id).await;
    assert_eq!(keys.open(fetched.body), *first.bytes());

    // Whoever waits at one is woken by what comes to the other.
    let next = recipient.mailbox(&two, 0, 0).await["next"].as_u64().expect("a position");
    let second = sender.package();
    let (second_id, second_sealed) = (second.manifest().message_id, keys.seal(&second));
    let waits = recipient.mailbox(&two, next, 50);
    let puts = sender.deposit(&one, second_id, &second_sealed);
    let (page, put) = tokio::join!(waits, puts);
    assert_eq!(put.expect("answered").status, 202);
    assert_eq!(page["items"][0]["message_id"], second_id.to_string());

    // The same package to both at once.
    let (sender, keys) = (Arc::new(sender), Arc::new(keys));
    let third = sender.package();
    let third_id = third.manifest().message_id;
    let (one, two) = (Arc::new(one), Arc::new(two));
    let puts = (0..40).map(|number| {
        let relay = Arc::clone(if number % 2 == 0 { &one } else { &two });
        let (sender, sealed) = (Arc::clone(&sender), keys.seal(&third));
        tokio::spawn(async move { put_counting(&sender, &relay, third_id, &sealed).await })
    });
    let mut statuses = Vec::new();
    for put in puts.collect::<Vec<_>>() {
        statuses.push(put.await.expect("no panic"));
    }
    let new = statuses.iter().filter(|(status, _)| *status == 202).count();
    assert_eq!(new, 1, "{statuses:?}");
    assert!(statuses.iter().all(|(_, body)| *body == statuses[0].1), "one acceptance");
    let (one, two) = (Arc::into_inner(one), Arc::into_inner(two));
    let (mut one, two) = (one.expect("alone"), two.expect("alone"));

    // One stands still and dies; the other goes on.
    one.signal(Signal::STOP);
    let put = recipient
        .put_receipt(
            &two,
            &third,
            "handover",
            recipient.receipt(&third, ReceiptKind::ContentHandover),
        )
        .await;
    assert_eq!(put.status, 201);
    let receipts = sender.receipts(&two, 0, 20).await;
    assert_eq!(receipts["receipts"].as_array().expect("a list").len(), 1);
    one.kill();

    // The database fails and comes back; what was accepted is there.
    cluster.stop_immediately();
    let fourth = sender.package();
    let (fourth_id, fourth_sealed) = (fourth.manifest().message_id, keys.seal(&fourth));
    let away = sender.deposit(&two, fourth_id, &fourth_sealed).await.expect("answered");
    assert_eq!(away.status, 503, "{away:?}");
    let health = two.watch("/healthz").expect("answered");
    assert!(health.starts_with("HTTP/1.1 503"), "{health}");
    cluster.run();
    put_until_taken(&sender, &two, fourth_id, &fourth_sealed).await;
    let fetched = recipient.fetch(&two, SENDER, second_id).await;
    assert_eq!(keys.open(fetched.body), *second.bytes());
}

async fn put_counting(
    sender: &Client,
    relay: &Relay,
    id: MessageId,
    sealed: &renkei::types::Hashed,
) -> (u16, bytes::Bytes) {
    let answer = sender.deposit(relay, id, sealed).await.expect("answered");
    (answer.status, answer.body)
}
