//! What several ask of PostgreSQL at the same moment shares its statements, and nothing else.

use std::sync::Arc;

use renkei::package::ReceiptKind;
use renkei::relay::store::{
    Deposit, Deposited, Found, PostgresSettings, PostgresStore, PutReceipt, RelayStore as _,
    RelayStoreError,
};
use tokio::task::JoinSet;
use tokio_postgres::{Client, NoTls};

use super::battery::{QUOTA, deposit, name, receipt, start};
use super::cluster::Cluster;
use crate::harness::until;
use crate::proof::office;

async fn open(cluster: &Cluster, connections: u16) -> Arc<PostgresStore> {
    let settings =
        PostgresSettings { url: cluster.url(), password_file: None, root: None, connections };
    Arc::new(PostgresStore::open(&settings).await.expect("opened"))
}

/// Offices of which the database has never heard leave packages for each other, over two instances:
/// each row of an office is waited for by whoever makes the same one.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_in_a_circle() {
    const OFFICES: usize = 400;
    let cluster = Cluster::start();
    let stores = [open(&cluster, 4).await, open(&cluster, 4).await];
    let number_of = |place: usize| format!("{}", 2_000_000_000 + place * 7_919 % OFFICES);
    let mut running = JoinSet::new();
    for number in 0..OFFICES {
        for (store, shift) in stores.iter().zip([1, 2]) {
            let (sender, recipient) = (number_of(number), number_of(number * 3 + shift));
            if sender == recipient {
                continue;
            }
            let (store, new) = (Arc::clone(store), deposit(&sender, &recipient, b"crossing"));
            running.spawn(async move {
                let put = store.deposit(new.clone(), QUOTA).await.expect("kept");
                assert_eq!(put, Deposited::New);
                let found = store.find(name(&new), start()).await.expect("found");
                assert!(matches!(found, Found::Waiting { .. }));
                let last = receipt(&new, ReceiptKind::ContentHandover, "handed over");
                assert_eq!(store.put_receipt(last, QUOTA).await.expect("kept"), PutReceipt::New);
                assert_eq!(store.find(name(&new), start()).await.expect("found"), Found::Gone);
            });
        }
    }
    while let Some(done) = running.join_next().await {
        done.expect("no panic");
    }
    let log = std::fs::read_to_string(cluster.folder().join("log")).expect("a log");
    assert!(!log.contains("deadlock"), "{log}");
}

/// Somebody who holds the row of an office until it is dropped.
async fn holder(cluster: &Cluster, office: &str) -> Client {
    let (client, connection) =
        tokio_postgres::connect(&cluster.url(), NoTls).await.expect("connected");
    tokio::spawn(connection);
    let hold = format!("BEGIN; SELECT 1 FROM offices WHERE number = '{office}' FOR UPDATE");
    client.batch_execute(&hold).await.expect("held");
    client
}

/// Waits until so many statements, or more, wait for a row.
fn until_waiting(cluster: &Cluster, statements: usize) {
    let sql = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'";
    let waiting = || cluster.sql(sql).trim().parse::<usize>().expect("a number");
    until("statements wait", || (waiting() >= statements).then_some(()));
}

/// A value that the database cannot keep is the fault of nobody who asks beside it.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_cannot_take_is_refused_alone() {
    let cluster = Cluster::start();
    let store = open(&cluster, 40).await;
    let (sender, recipient) = ("1000000001", "1000000002");
    for number in [sender, recipient] {
        store.know(office(number)).await.expect("known");
    }
    let holder = holder(&cluster, sender).await;
    let mut running = JoinSet::new();
    for number in 0..64 {
        let new = deposit(sender, recipient, b"beside");
        let is_bad = number % 8 == 0;
        let key_id = if is_bad { "\0" } else { "one" }.to_owned();
        let (store, new) = (Arc::clone(&store), Deposit { key_id, ..new });
        running.spawn(async move { (is_bad, store.deposit(new, QUOTA).await) });
    }
    // Those behind the first ones are in line together.
    until_waiting(&cluster, 2);
    holder.batch_execute("COMMIT").await.expect("let go");
    while let Some(done) = running.join_next().await {
        match done.expect("no panic") {
            (true, Err(RelayStoreError::Away(_))) | (false, Ok(Deposited::New)) => {}
            (is_bad, other) => panic!("{is_bad}: {other:?}"),
        }
    }
}

/// Whoever waits for a row that somebody holds keeps nobody for long who asked beside it.
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_row_keeps_nobody_else() {
    let cluster = Cluster::start();
    let store = open(&cluster, 40).await;
    // Whoever waits for it holds the rows of the others.
    let held = "1000000099";
    for number in [held, "1000000001", "1000000013", "1000000021", "1000000022"] {
        store.know(office(number)).await.expect("known");
    }
    let _holder = holder(&cluster, held).await;
    let (mut waiting, mut others) = (JoinSet::new(), JoinSet::new());
    let (first, new) = (Arc::clone(&store), deposit("1000000001", held, b"waits"));
    waiting.spawn(async move { first.deposit(new, QUOTA).await });
    until_waiting(&cluster, 1);
    for number in 0..40 {
        let store = Arc::clone(&store);
        if number == 20 {
            let new = deposit("1000000013", held, b"waits");
            waiting.spawn(async move { store.deposit(new, QUOTA).await });
        } else {
            let new = deposit("1000000021", "1000000022", b"beside");
            others.spawn(async move { store.deposit(new, QUOTA).await });
        }
    }
    while let Some(done) = others.join_next().await {
        assert_eq!(done.expect("no panic").expect("kept"), Deposited::New);
    }
    while let Some(done) = waiting.join_next().await {
        assert!(matches!(done.expect("no panic"), Err(RelayStoreError::Away(_))), "it is held");
    }
}
