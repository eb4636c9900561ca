//! A relay that is killed.

use std::collections::{BTreeMap, BTreeSet};

use renkei::types::MessageId;
use rustix::process::Signal;

use super::harness::{Relay, World, pair, put_until_taken};
use crate::proof::SENDER;

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
