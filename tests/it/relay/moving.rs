//! `renkei relay move-store`: from the file to PostgreSQL while offices go on, killed in the middle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use jiff::SignedDuration;
use renkei::link::MailboxItemName;
use renkei::package::{Package, ReceiptKind};
use renkei::relay::store::{
    Deposit, Deposited, Found, NewRecall, NewReceipt, PIECE, PostgresSettings, PostgresStore,
    PutRecall, PutReceipt, Quota, RelayStore, SqliteStore, Standing,
};
use renkei::types::{Digest, Hashed, MessageId};
use serde_json::Value;
use tokio::time::sleep;

use super::cluster::Cluster;
use super::harness::{Client, Keys, RENKEI, Relay, World, answer, now, pair, put_until_taken};
use crate::harness::{PATIENCE, until};
use crate::proof::{SENDER, office};

/// Packages that lie in the file beside those of the offices that go on.
const LYING: u32 = 240;

fn settings(cluster: &Cluster) -> PostgresSettings {
    PostgresSettings { url: cluster.url(), password_file: None, root: None, connections: 4 }
}

/// A package of another office; large ones have several pieces.
fn lying(number: u32) -> Deposit {
    let bytes = if number == 7 { PIECE * 2 + 77 } else { 60_000 };
    let content: Vec<u8> = (0..bytes)
        .map(|place| u8::try_from((place * 7 + u64::from(number)) % 251).expect("a byte"))
        .collect();
    let sealed = Hashed::from(Bytes::from(content));
    Deposit {
        sender: office(&format!("20000000{:02}", number % 10)),
        recipient: office(&format!("20000001{:02}", number % 7)),
        message_id: MessageId::new(now()),
        package_sha256: Digest::of(&number.to_be_bytes()),
        sealed,
        key_id: "one".to_owned(),
        stored_at: now(),
        expires_at: now() + SignedDuration::from_hours(24),
        acceptance: Bytes::from(format!("acceptance {number}")),
    }
}

fn name(of: &Deposit) -> MailboxItemName {
    MailboxItemName { office: of.recipient, sender: of.sender, id: of.message_id }
}

/// The package of those that lie there that its sender asked back.
const ASKED_BACK: usize = 1;

/// Fills the file; every fourth package was taken, and one is asked back.
async fn fill(store: &SqliteStore) -> Vec<Deposit> {
    let quota = Quota { bytes: 1 << 40, messages: 1 << 20, beside: 1 << 40 };
    let mut kept = Vec::new();
    for number in 0..LYING {
        let new = lying(number);
        assert_eq!(store.deposit(new.clone(), quota).await.expect("kept"), Deposited::New);
        if number % 4 == 0 {
            let receipt = NewReceipt {
                of: name(&new),
                kind: ReceiptKind::ContentHandover,
                package_sha256: new.package_sha256,
                receipt: Bytes::from(format!("receipt {number}")),
                at: now(),
            };
            assert_eq!(store.put_receipt(receipt, quota).await.expect("kept"), PutReceipt::New);
        }
        kept.push(new);
    }
    let of = &kept[ASKED_BACK];
    let recall = NewRecall {
        of: name(of),
        package_sha256: of.package_sha256,
        recall: Bytes::from_static(b"give it back"),
        at: now(),
        over: now(),
    };
    assert_eq!(store.put_recall(recall, quota).await.expect("kept"), PutRecall::New);
    let card = Some((3, Bytes::from_static(b"a card")));
    store.decide(office("2000000000"), Standing::Approved, card).await.expect("decided");
    kept
}

fn move_store(relay: &Relay) -> Child {
    Command::new(RENKEI)
        .args(["relay", "move-store", "--lang", "en", "--config"])
        .arg(relay.config())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs")
}

/// What an office asks until it is answered: the relay is away for a moment.
async fn page(client: &Client, relay: &Relay, what: &str, after: u64) -> Value {
    let path = format!("/v1/{what}?office={}&after={after}&wait=1", client.number);
    let asked = async {
        loop {
            match answer(client.get(relay, &path)).await {
                Ok(answer) if answer.status == 200 => return answer.json(),
                Ok(answer) => assert!([429, 503].contains(&answer.status), "{answer:?}"),
                Err(_) => {}
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asked).await.expect("answered in time")
}

/// Offices that go on: one leaves packages, the other one takes them and says so.
struct Offices {
    sender: Client,
    recipient: Client,
    keys: Keys,
    relay: Relay,
    ends: AtomicBool,
}

impl Offices {
    async fn leave(&self) -> BTreeMap<MessageId, Package> {
        let mut left = BTreeMap::new();
        while !self.ends.load(Ordering::Relaxed) {
            let package = self.sender.package();
            let id = package.manifest().message_id;
            put_until_taken(&self.sender, &self.relay, id, &self.keys.seal(&package)).await;
            left.insert(id, package);
        }
        left
    }

    /// Until all that was left is there. `left` is known when no more is left.
    async fn take(&self, mut left: tokio::sync::watch::Receiver<usize>) -> BTreeSet<MessageId> {
        let (mut seen, mut after) = (BTreeSet::new(), 0);
        loop {
            let page = page(&self.recipient, &self.relay, "mailbox", after).await;
            after = page["next"].as_u64().expect("a position");
            for item in page["items"].as_array().expect("a list") {
                let id: MessageId =
                    item["message_id"].as_str().expect("an id").parse().expect("an id");
                assert!(seen.insert(id), "twice in the list: {id}");
                self.take_one(id).await;
            }
            if *left.borrow_and_update() == seen.len() {
                return seen;
            }
        }
    }

    async fn take_one(&self, id: MessageId) {
        let sealed = until_answered(|| async {
            let path = format!("/v1/mailbox/{id}?office={}&sender={SENDER}", self.recipient.number);
            answer(self.recipient.get(&self.relay, &path)).await
        })
        .await;
        let package = self.keys.open(sealed);
        let package =
            renkei::package::open(package, &renkei::package::Limits::default()).expect("whole");
        let receipt = self.recipient.receipt(&package, ReceiptKind::ContentHandover);
        let path = format!(
            "/v1/mailbox/{id}/receipts/handover?office={}&sender={SENDER}",
            self.recipient.number
        );
        let media = "application/pkcs7-mime; smime-type=signed-data";
        until_answered(|| async {
            answer(self.recipient.put(&self.relay, &path, media, receipt.clone())).await
        })
        .await;
    }

    async fn collect(&self, mut left: tokio::sync::watch::Receiver<usize>) -> BTreeSet<String> {
        let (mut seen, mut after) = (BTreeSet::new(), 0);
        loop {
            let page = page(&self.sender, &self.relay, "receipts", after).await;
            after = page["next"].as_u64().expect("a position");
            for receipt in page["receipts"].as_array().expect("a list") {
                let id = receipt["message_id"].as_str().expect("an id").to_owned();
                assert!(seen.insert(id), "a receipt twice");
            }
            if *left.borrow_and_update() == seen.len() {
                return seen;
            }
        }
    }
}

async fn until_answered<F>(ask: impl Fn() -> F) -> Bytes
where
    F: Future<Output = reqwest::Result<super::harness::Answer>>,
{
    let asked = async {
        loop {
            match ask().await {
                Ok(answer) if [200, 201].contains(&answer.status) => return answer.body,
                Ok(answer) => assert!([429, 503].contains(&answer.status), "{answer:?}"),
                Err(_) => {}
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, asked).await.expect("answered in time")
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_is_moved_while_offices_go_on() {
    let cluster = Cluster::start();
    let world = World::new();
    let mut relay = Relay::new(&world, "relay", "[limits]\noffice_rate = 100000");
    let file = relay.folder.join("data/relay.db");
    relay.start();
    let kept = fill(&SqliteStore::open_beside(&file).expect("beside")).await;
    let (sender, recipient, keys) = pair(&world);
    recipient.mailbox(&relay, 0, 0).await;
    let before = fs::read_to_string(relay.config()).expect("made");
    let named = relay.run(&["move-store"]);
    assert_eq!(named.status.code(), Some(2), "{named:?}");
    fs::write(relay.config(), format!("{before}\n[store]\npostgres = \"{}\"\n", cluster.url()))
        .expect("written");
    let offices =
        Arc::new(Offices { sender, recipient, keys, relay, ends: AtomicBool::new(false) });
    let (tell, told) = tokio::sync::watch::channel(usize::MAX);
    let leaves = tokio::spawn({
        let offices = Arc::clone(&offices);
        async move { offices.leave().await }
    });
    let takes = tokio::spawn({
        let (offices, told) = (Arc::clone(&offices), told.clone());
        async move { offices.take(told).await }
    });
    let collects = tokio::spawn({
        let offices = Arc::clone(&offices);
        async move { offices.collect(told).await }
    });

    // Killed while it copies, twice, and then to the end.
    let (database, connection) =
        tokio_postgres::connect(&cluster.url(), tokio_postgres::NoTls).await.expect("connected");
    tokio::spawn(connection);
    for copied in [1_i64, 60] {
        let mut moving = move_store(&offices.relay);
        let there = async {
            loop {
                let counted = database.query_one("SELECT count(*) FROM packages", &[]).await;
                // The tables are made by the command.
                if counted.is_ok_and(|row| row.get::<_, i64>(0) >= copied) {
                    return;
                }
                sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(PATIENCE, there).await.expect("it copies");
        moving.kill().expect("killed");
        moving.wait().expect("ended");
    }
    // The file counts until all is moved, for commands too.
    let status = offices.relay.run(&["status"]);
    assert!(status.status.success(), "{status:?}");
    let moved = move_store(&offices.relay).wait_with_output().expect("ended");
    let said = String::from_utf8_lossy(&moved.stdout).into_owned();
    assert!(moved.status.success() && said.contains("moved to 127.0.0.1:"), "{moved:?}");

    // The relay goes on by itself, and so do the offices.
    until("the relay goes on with the database", || {
        offices.relay.log().contains("going on with the new one").then_some(())
    });
    sleep(Duration::from_secs(1)).await;
    offices.ends.store(true, Ordering::Relaxed);
    let left = leaves.await.expect("no panic");
    tell.send_replace(left.len());
    let taken = takes.await.expect("no panic");
    let collected = collects.await.expect("no panic");
    assert!(left.len() > 20, "only {}", left.len());
    assert_eq!(taken, left.keys().copied().collect());
    assert_eq!(collected, left.keys().map(ToString::to_string).collect());

    // What lay there lies there, and counts as before.
    let store = PostgresStore::open(&settings(&cluster)).await.expect("a store");
    for (number, one) in (0..).zip(&kept) {
        let found = store.find(name(one), now()).await.expect("found");
        match found {
            Found::Gone => assert!(number % 4 == 0 || number == ASKED_BACK, "{number}"),
            Found::Waiting { body, size, sha256, .. } => {
                assert_eq!(sha256, one.sealed.sha256());
                let mut bytes = Vec::new();
                while bytes.len() as u64 != size {
                    let slice = store.slice(body, bytes.len() as u64).await.expect("read");
                    bytes.extend(slice.expect("a slice"));
                }
                assert_eq!(Digest::of(&bytes), one.sealed.sha256());
            }
            Found::Never => panic!("lost: {number}"),
        }
    }
    let row = store.offices().await.expect("offices");
    let row = row.into_iter().find(|row| row.number.as_str() == "2000000000").expect("known");
    assert_eq!((row.standing, row.card.as_deref()), (Standing::Approved, Some(&b"a card"[..])));
    let of_it = kept
        .iter()
        .zip(0..)
        .filter(|(one, number)| one.sender.as_str() == "2000000000" && number % 4 != 0);
    let sizes: Vec<_> = of_it.map(|(one, _)| one.sealed.bytes().len() as u64).collect();
    assert_eq!((row.bytes, row.messages), (sizes.iter().sum(), sizes.len() as u64));
    // New ones get ids of their own.
    let quota = Quota { bytes: 1 << 40, messages: 1 << 20, beside: 1 << 40 };
    let new = lying(1_000);
    assert_eq!(store.deposit(new, quota).await.expect("kept"), Deposited::New);

    let recall = store.recall(name(&kept[ASKED_BACK]), now()).await.expect("read");
    assert_eq!(recall.as_deref(), Some(&b"give it back"[..]));

    // Nobody writes into the old one any more.
    drop(store);
    let again = offices.relay.run(&["move-store"]);
    let said = String::from_utf8_lossy(&again.stdout).into_owned();
    assert!(again.status.success() && said.contains("had been moved before"), "{again:?}");
    // Another database is not the one to which everything went.
    cluster.sql("CREATE DATABASE elsewhere");
    let elsewhere = cluster.url().replace("/postgres", "/elsewhere");
    fs::write(offices.relay.config(), format!("{before}\n[store]\npostgres = \"{elsewhere}\"\n"))
        .expect("written");
    for command in ["list", "move-store"] {
        let refused = offices.relay.run(&[command]);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(3), "{command}: {refused:?}");
        assert!(said.contains("was moved to 127.0.0.1:"), "{command}: {said}");
        assert!(said.contains("/postgres"), "{command} names the database: {said}");
    }
    fs::write(offices.relay.config(), before).expect("written");
    let refused = offices.relay.run(&["list"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("was moved to 127.0.0.1:"), "{said}");
    let raw = rusqlite::Connection::open(&file).expect("the file is there");
    let written = raw.execute("UPDATE offices SET bytes = 0", []).expect_err("sealed");
    assert!(written.to_string().contains("the store was moved"), "{written}");
}

/// Whoever dies between the two last steps has sealed the file, and the next run ends the move.
#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_was_all_but_done_is_ended() {
    let cluster = Cluster::start();
    let world = World::new();
    let mut relay =
        Relay::new(&world, "relay", &format!("[store]\npostgres = \"{}\"", cluster.url()));
    let nothing = relay.run(&["move-store"]);
    assert_eq!(nothing.status.code(), Some(1), "{nothing:?}");
    let file = relay.folder.join("data/relay.db");
    fill(&SqliteStore::open(&file).expect("a file")).await;
    // A relay does not pass over what was never moved.
    let mut ended = Command::new(RENKEI)
        .args(["relay", "--config"])
        .arg(relay.config())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it runs");
    let status = until("it ends", || ended.try_wait().expect("asked"));
    assert_eq!(status.code(), Some(3));
    assert!(relay.run(&["move-store"]).status.success());
    let (database, connection) =
        tokio_postgres::connect(&cluster.url(), tokio_postgres::NoTls).await.expect("connected");
    tokio::spawn(connection);
    database.execute("UPDATE moves SET done = false", &[]).await.expect("as before");
    let refused = relay.run(&["list"]);
    assert_eq!(refused.status.code(), Some(3), "{refused:?}");
    let ended = relay.run(&["move-store"]);
    assert!(ended.status.success(), "{ended:?}");
    relay.start();
    relay.kill();
    // A database that something else is in is left alone.
    let other = Relay::new(&world, "other", &format!("[store]\npostgres = \"{}\"", cluster.url()));
    fill(&SqliteStore::open(&other.folder.join("data/relay.db")).expect("a file")).await;
    let refused = other.run(&["move-store"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.status.code() == Some(3) && said.contains("is not from this file"), "{said}");
}

/// A database that a relay uses is none to move into; the file counts as before.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_in_use_takes_nothing() {
    let cluster = Cluster::start();
    let world = World::new();
    let more = format!("[store]\npostgres = \"{}\"", cluster.url());
    let mut serving = Relay::new(&world, "serving", &more);
    serving.start();
    let other = Relay::new(&world, "other", &more);
    let file = other.folder.join("data/relay.db");
    fill(&SqliteStore::open(&file).expect("a file")).await;
    let refused = other.run(&["move-store"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(3), "{refused:?}");
    assert!(said.contains("a relay uses the database"), "{said}");
    assert!(serving.watch("/healthz").is_some_and(|answer| answer.ends_with("ok\n")));
    let status = other.run(&["status"]);
    let said = String::from_utf8_lossy(&status.stdout).into_owned();
    assert!(status.status.success() && said.contains("packages that wait: "), "{status:?}");
    let raw = rusqlite::Connection::open(&file).expect("the file is there");
    assert!(raw.execute("UPDATE offices SET bytes = bytes", []).expect("not sealed") > 0);
    drop(raw);
    // When that relay is gone, the move goes on.
    serving.stop();
    let moved = other.run(&["move-store"]);
    assert!(moved.status.success(), "{moved:?}");
}

/// systemd must not take a relay that goes on with another store for one that has ended.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn systemd_is_told_of_a_move() {
    let cluster = Cluster::start();
    let world = World::new();
    let mut relay = Relay::new(&world, "relay", "");
    let socket = world.folder.path().join("notify");
    let systemd = std::os::unix::net::UnixDatagram::bind(&socket).expect("a socket");
    systemd.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
    relay.variables.push(("NOTIFY_SOCKET", socket.to_str().expect("UTF-8").to_owned()));
    relay.start();
    let mut said = Vec::new();
    let mut hears = |word: &str| loop {
        let mut buffer = [0; 1024];
        let length = systemd.recv(&mut buffer).expect("a message in time");
        let message = String::from_utf8_lossy(&buffer[..length]).into_owned();
        let is_it = message.lines().any(|line| line == word);
        said.push(message);
        if is_it {
            return said.join("\n");
        }
    };
    hears("READY=1");
    let before = fs::read_to_string(relay.config()).expect("made");
    fs::write(relay.config(), format!("{before}\n[store]\npostgres = \"{}\"\n", cluster.url()))
        .expect("written");
    assert!(relay.run(&["move-store"]).status.success());
    let until_reloading = hears("RELOADING=1");
    assert!(until_reloading.contains("MONOTONIC_USEC="), "{until_reloading}");
    let all = hears("READY=1");
    assert!(!all.contains("STOPPING=1"), "{all}");
    until("it serves", || relay.watch("/healthz").filter(|answer| answer.ends_with("ok\n")));
    relay.stop();
    hears("STOPPING=1");
}

/// What an earlier move left in another database, where it was broken off, is not what the file went to.
#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_was_begun_elsewhere_ends_nothing_there() {
    let cluster = Cluster::start();
    cluster.sql("CREATE DATABASE elsewhere");
    let elsewhere = cluster.url().replace("/postgres", "/elsewhere");
    let world = World::new();
    let relay = Relay::new(&world, "relay", "");
    let plain = fs::read_to_string(relay.config()).expect("made");
    let names = |url: &str| {
        let text = format!("{plain}\n[store]\npostgres = \"{url}\"\n");
        fs::write(relay.config(), text).expect("written");
    };
    fill(&SqliteStore::open(&relay.folder.join("data/relay.db")).expect("a file")).await;
    names(&elsewhere);
    let (database, connection) =
        tokio_postgres::connect(&elsewhere, tokio_postgres::NoTls).await.expect("connected");
    tokio::spawn(connection);
    let mut moving = move_store(&relay);
    let begun = async {
        loop {
            let counted = database.query_one("SELECT count(*) FROM packages", &[]).await;
            if counted.is_ok_and(|row| row.get::<_, i64>(0) >= 1) {
                return;
            }
            sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(PATIENCE, begun).await.expect("it copies");
    moving.kill().expect("killed");
    moving.wait().expect("ended");
    names(&cluster.url());
    let moved = relay.run(&["move-store"]);
    assert!(moved.status.success(), "{moved:?}");
    names(&elsewhere);
    let refused = relay.run(&["move-store"]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(3), "{refused:?}");
    assert!(said.contains("was moved to 127.0.0.1:") && said.contains("/postgres"), "{said}");
}
