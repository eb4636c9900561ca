//! A disk that is full: whoever leaves something is told so, nothing that was taken is lost, and it goes
//! on when there is room.

use std::collections::BTreeMap;

use renkei::package::{Package, ReceiptKind};
use renkei::types::MessageId;

use super::cluster::Cluster;
use super::harness::{Client, Keys, Relay, World, pair, put_until_taken};
use super::small_disk::SmallDisk;
use crate::proof::SENDER;

/// What was taken, with the word of the relay.
type Taken = BTreeMap<MessageId, (Package, bytes::Bytes)>;

/// A package that takes some hundred KiB.
fn package(sender: &Client, number: usize) -> Package {
    sender.package_of(format!("202407,{number}\r\n").repeat(15_000).as_bytes())
}

/// Leaves packages until one is not taken any more; gives that one, and how it was refused.
async fn until_full(
    (sender, keys): (&Client, &Keys),
    relay: &Relay,
    taken: &mut Taken,
) -> (Package, u16, String) {
    for number in 0..200 {
        let package = package(sender, number);
        let id = package.manifest().message_id;
        let answer = sender.deposit(relay, id, &keys.seal(&package)).await.expect("answered");
        if answer.status != 202 {
            return (package, answer.status, answer.code());
        }
        taken.insert(id, (package, answer.body));
    }
    panic!("it never was full");
}

/// Everything that was taken is there under the word of the relay; what was not, is not listed.
async fn nothing_is_lost(
    (sender, recipient, keys): (&Client, &Client, &Keys),
    relay: &Relay,
    taken: &Taken,
) {
    let mut after = 0;
    let mut listed = Vec::new();
    loop {
        let page = recipient.mailbox(relay, after, 0).await;
        let items = page["items"].as_array().expect("a list").iter();
        listed.extend(items.map(|item| item["message_id"].as_str().expect("an id").to_owned()));
        after = page["next"].as_u64().expect("a position");
        if page["more"] == false {
            break;
        }
    }
    listed.sort_unstable();
    let mut ids: Vec<_> = taken.keys().map(ToString::to_string).collect();
    ids.sort_unstable();
    assert_eq!(listed, ids);
    for (id, (package, acceptance)) in taken {
        let fetched = recipient.fetch(relay, SENDER, *id).await;
        assert_eq!(fetched.status, 200, "{fetched:?}");
        assert_eq!(keys.open(fetched.body), *package.bytes());
        let again = sender.deposit(relay, *id, &keys.seal(package)).await.expect("answered");
        assert_eq!((again.status, &again.body), (200, acceptance), "the acceptance stays");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_whose_disk_is_full_says_so_and_goes_on_when_there_is_room() {
    let world = World::new();
    let mut relay = Relay::new(&world, "relay", "");
    let Some(disk) = SmallDisk::new(&relay.folder.join("data"), 64) else { return };
    relay.within = disk.within();
    relay.start();
    let (sender, recipient, keys) = pair(&world);
    let who = (&sender, &recipient, &keys);
    recipient.mailbox(&relay, 0, 0).await;
    let mut taken = Taken::new();
    disk.fill(relay.id(), 4096);
    let (late, status, code) = until_full((&sender, &keys), &relay, &mut taken).await;
    assert_eq!((status, code.as_str()), (507, "storage-full"), "{}", relay.log());
    assert!(!taken.is_empty(), "there was some room");
    nothing_is_lost(who, &relay, &taken).await;
    // What needs no room goes on.
    let receipts = sender.receipts(&relay, 1, 0).await;
    assert!(receipts["receipts"].as_array().expect("a list").is_empty());
    let health = relay.watch("/healthz").expect("answered");
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");

    disk.clear(relay.id());
    let id = late.manifest().message_id;
    let acceptance = put_until_taken(&sender, &relay, id, &keys.seal(&late)).await;
    taken.insert(id, (late, acceptance));
    nothing_is_lost(who, &relay, &taken).await;
    for (package, _) in taken.values() {
        let receipt = recipient.receipt(package, ReceiptKind::ContentHandover);
        let put = recipient.put_receipt(&relay, package, "handover", receipt).await;
        assert_eq!(put.status, 201, "{put:?}");
    }
    nothing_is_lost(who, &relay, &Taken::new()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_whose_postgresql_is_full_says_so_and_goes_on_when_there_is_room() {
    let Some(cluster) = Cluster::on_small_disk(160) else { return };
    let world = World::new();
    let store = format!("[store]\npostgres = \"{}\"", cluster.url());
    let mut relay = Relay::new(&world, "relay", &store);
    relay.start();
    let (sender, recipient, keys) = pair(&world);
    let who = (&sender, &recipient, &keys);
    recipient.mailbox(&relay, 0, 0).await;
    let mut taken = Taken::new();
    let (disk, process) = cluster.disk();
    disk.fill(process, 8192);
    let (late, status, code) = until_full((&sender, &keys), &relay, &mut taken).await;
    // The tables, or the log of changes, without which the server itself ends.
    let told = (status, code.as_str());
    assert!([(507, "storage-full"), (503, "busy")].contains(&told), "{told:?} {}", relay.log());

    disk.clear(process);
    let id = late.manifest().message_id;
    let acceptance = put_until_taken(&sender, &relay, id, &keys.seal(&late)).await;
    taken.insert(id, (late, acceptance));
    nothing_is_lost(who, &relay, &taken).await;
    let counted = cluster.sql("SELECT messages FROM offices WHERE messages > 0");
    assert_eq!(counted.trim(), taken.len().to_string());
}
