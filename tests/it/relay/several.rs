//! Several instances on one database are one relay.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use jiff::SignedDuration;
use renkei::package::{Package, ReceiptKind};
use renkei::relay::store::{Deposit, PostgresSettings, PostgresStore, RelayStore as _};
use renkei::types::MessageId;
use rustix::process::Signal;
use tokio::time::{sleep, timeout};

use super::battery::{QUOTA, deposit};
use super::cluster::Cluster;
use super::harness::{Client, Keys, Relay, World, now, pair, put_until_taken};
use crate::harness::PATIENCE;
use crate::proof::{RECIPIENT, SENDER};

/// Instances that run on a database, with one certificate, and an office that asks as often as it
/// likes.
fn instances<const N: usize>(world: &World, cluster: &Cluster, names: [&str; N]) -> [Relay; N] {
    let more = format!(
        "[store]\npostgres = \"{}\"\nconnections = 8\n[limits]\noffice_rate = 100000\noffice_connections = 256",
        cluster.url()
    );
    let mut relays = names.map(|name| Relay::new(world, name, &more));
    let (first, others) = relays.split_first_mut().expect("one at least");
    for other in others {
        for file in ["tls.pem", "tls.key", "signing.pem", "signing.key"] {
            std::fs::copy(first.folder.join(file), other.folder.join(file)).expect("copied");
        }
        other.start();
    }
    first.start();
    relays
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_on_postgresql_are_one_relay() {
    let mut cluster = Cluster::start();
    let world = World::new();
    let [mut one, two] = instances(&world, &cluster, ["one", "two"]);
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

    // The same package to both at once, a thousand times.
    let third = sender.package();
    let third_id = third.manifest().message_id;
    let puts = stream::iter(0..1000).map(|number| {
        let relay = if number % 2 == 0 { &one } else { &two };
        // Sealed to the same key, each time with other bytes.
        let sealed = keys.seal(&third);
        let sender = &sender;
        async move { sender.deposit(relay, third_id, &sealed).await.expect("answered") }
    });
    let answers: Vec<_> = puts.buffer_unordered(48).collect().await;
    let of = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((of(202), of(200)), (1, 999));
    assert!(answers.iter().all(|answer| answer.body == answers[0].body), "one acceptance");
    let counted = cluster.sql("SELECT messages FROM offices WHERE messages > 0");
    assert_eq!(counted.trim(), "3", "it is counted once");

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

/// An instance that knows that a list has ended finds out all the same what nobody told it.
#[tokio::test(flavor = "multi_thread")]
async fn what_no_hint_tells_is_found_by_looking() {
    let cluster = Cluster::start();
    let world = World::new();
    let [relay] = instances(&world, &cluster, ["one"]);
    let (_, recipient, _) = pair(&world);
    let next = recipient.mailbox(&relay, 0, 0).await["next"].as_u64().expect("a position");
    let settings =
        PostgresSettings { url: cluster.url(), password_file: None, root: None, connections: 2 };
    let beside = PostgresStore::open(&settings).await.expect("opened");
    let untold = Deposit {
        stored_at: now(),
        expires_at: now() + SignedDuration::from_hours(24),
        ..deposit(SENDER, RECIPIENT, b"untold")
    };
    let id = untold.message_id;
    beside.deposit(untold, QUOTA).await.expect("kept");
    let page = recipient.mailbox(&relay, next, 50).await;
    assert_eq!(page["items"][0]["message_id"], id.to_string());
}

/// Puts a package to one instance after the other until one says that it is taken.
async fn put_somewhere(
    sender: &Client,
    relays: &[Relay],
    first: usize,
    (id, sealed): (MessageId, &renkei::types::Hashed),
) -> bytes::Bytes {
    for attempt in 0..300 {
        let relay = &relays[(first + attempt) % relays.len()];
        // One that stands still says nothing.
        match timeout(Duration::from_secs(5), sender.deposit(relay, id, sealed)).await {
            Ok(Ok(answer)) if [200, 202].contains(&answer.status) => return answer.body,
            Ok(Ok(answer)) => assert!([422, 503].contains(&answer.status), "{answer:?}"),
            Ok(Err(_)) | Err(_) => {}
        }
        sleep(Duration::from_millis(50)).await;
    }
    panic!("never taken")
}

/// Everything that was accepted is there, whole, and under the acceptance that its sender has.
async fn all_are_there(
    (sender, recipient, keys): (&Client, &Client, &Keys),
    relay: &Relay,
    sent: &BTreeMap<MessageId, (Package, bytes::Bytes)>,
) {
    for (id, (package, acceptance)) in sent {
        let fetched = recipient.fetch(relay, SENDER, *id).await;
        assert_eq!(fetched.status, 200, "{fetched:?}");
        assert_eq!(keys.open(fetched.body), *package.bytes());
        let again = sender.deposit(relay, *id, &keys.seal(package)).await.expect("answered");
        assert_eq!((again.status, &again.body), (200, acceptance), "the acceptance stays");
        let receipt = recipient.receipt(package, ReceiptKind::ContentHandover);
        let put = recipient.put_receipt(relay, package, "handover", receipt).await;
        assert_eq!(put.status, 201, "{put:?}");
    }
}

/// What takes several pieces, and so several statements.
fn large(sender: &Client, number: usize) -> Package {
    sender.package_of(format!("202407,{number}\r\n").repeat(150_000).as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_three_instances_one_is_killed_and_one_stands_still_in_the_middle_of_requests() {
    let cluster = Cluster::start();
    let world = World::new();
    let mut relays = instances(&world, &cluster, ["one", "two", "three"]);
    let (sender, recipient, keys) = pair(&world);
    recipient.mailbox(&relays[0], 0, 0).await;
    let mut sent = BTreeMap::new();
    for round in 0..3 {
        let packages: Vec<_> = (0..12).map(|number| large(&sender, number)).collect();
        let puts = stream::iter(packages.iter().enumerate()).map(|(number, package)| {
            let (sender, relays, id) = (&sender, &relays, package.manifest().message_id);
            let sealed = keys.seal(package);
            async move { (id, put_somewhere(sender, relays, number, (id, &sealed)).await) }
        });
        let faults = async {
            // When some are in the database and others on their way.
            let waiting = || {
                cluster.sql("SELECT count(*) FROM pg_stat_activity WHERE state <> 'idle' AND application_name = 'renkei relay'")
            };
            let busy = async {
                while waiting().trim() == "0" {
                    sleep(Duration::from_millis(1)).await;
                }
            };
            timeout(PATIENCE, busy).await.expect("in time");
            relays[1].signal(Signal::STOP);
            if round > 0 {
                relays[2].signal(Signal::KILL);
            }
        };
        let (taken, ()) = tokio::join!(puts.buffer_unordered(12).collect::<Vec<_>>(), faults);
        let acceptances: BTreeMap<_, _> = taken.into_iter().collect();
        for package in packages {
            let id = package.manifest().message_id;
            sent.insert(id, (package, acceptances[&id].clone()));
        }
        relays[1].signal(Signal::CONT);
        if round > 0 {
            relays[2].kill();
            relays[2].start();
        }
    }
    all_are_there((&sender, &recipient, &keys), &relays[2], &sent).await;
    let left =
        cluster.sql("SELECT (SELECT count(*) FROM pieces), sum(bytes), sum(messages) FROM offices");
    assert_eq!(left.trim(), "0|0|0", "nothing stays that nobody waits for");
    let receipts = sender.receipts(&relays[1], 0, 20).await;
    assert_eq!(receipts["receipts"].as_array().expect("a list").len(), sent.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn all_connections_to_the_database_are_cut_in_the_middle_of_puts_and_fetches() {
    let cluster = Cluster::start();
    let world = World::new();
    let relays = instances(&world, &cluster, ["one", "two"]);
    let (sender, recipient, keys) = pair(&world);
    recipient.mailbox(&relays[0], 0, 0).await;
    let done = Arc::new(AtomicBool::new(false));
    let cuts = tokio::task::spawn_blocking({
        let (done, cluster) = (Arc::clone(&done), cluster);
        move || {
            let mut cut = 0;
            while !done.load(Ordering::Relaxed) {
                let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'renkei relay'";
                cut += cluster.sql(sql).trim().parse::<usize>().expect("a number");
                std::thread::sleep(Duration::from_millis(100));
            }
            (cluster, cut)
        }
    });
    let mut sent = BTreeMap::new();
    for number in 0..24 {
        let package = large(&sender, number);
        let (id, sealed) = (package.manifest().message_id, keys.seal(&package));
        let acceptance = put_somewhere(&sender, &relays, number, (id, &sealed)).await;
        // What comes is whole, or can be seen to be broken off.
        let path = format!("/v1/mailbox/{id}?office={}&sender={SENDER}", recipient.number);
        let fetching = async {
            loop {
                match super::harness::answer(recipient.get(&relays[number % 2], &path)).await {
                    Ok(answer) if answer.status == 200 => return answer.body,
                    Ok(answer) => assert_eq!(answer.status, 503, "{answer:?}"),
                    Err(_) => {}
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        let fetched = timeout(PATIENCE, fetching).await.expect("in time");
        assert_eq!(keys.open(fetched), *package.bytes());
        sent.insert(id, (package, acceptance));
    }
    done.store(true, Ordering::Relaxed);
    let (cluster, cut) = cuts.await.expect("no panic");
    assert!(cut > 24, "only {cut} connections were cut");
    // It goes on by itself.
    let last = large(&sender, 99);
    let (id, sealed) = (last.manifest().message_id, keys.seal(&last));
    let acceptance = put_until_taken(&sender, &relays[0], id, &sealed).await;
    sent.insert(id, (last, acceptance));
    all_are_there((&sender, &recipient, &keys), &relays[1], &sent).await;
    let left =
        cluster.sql("SELECT (SELECT count(*) FROM pieces), sum(bytes), sum(messages) FROM offices");
    assert_eq!(left.trim(), "0|0|0");
    for relay in &relays {
        let health = relay.watch("/healthz").expect("answered");
        assert!(health.starts_with("HTTP/1.1 200"), "{health}");
    }
}
