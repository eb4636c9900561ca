//! What several ask of PostgreSQL at the same moment shares its statements, and nothing else.

use std::sync::Arc;

use renkei::package::ReceiptKind;
use renkei::relay::store::{
    Deposit, Deposited, Found, PostgresSettings, PostgresStore, PutReceipt, RelayStore as _,
    RelayStoreError,
};
use tokio::task::JoinSet;

use super::battery::{QUOTA, deposit, name, receipt, start};
use super::cluster::Cluster;

async fn open(cluster: &Cluster) -> Arc<PostgresStore> {
    let settings =
        PostgresSettings { url: cluster.url(), password_file: None, root: None, connections: 4 };
    Arc::new(PostgresStore::open(&settings).await.expect("opened"))
}

/// Offices of which the database has never heard leave packages for each other, over two instances:
/// each row of an office is waited for by whoever makes the same one.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_in_a_circle() {
    const OFFICES: usize = 400;
    let cluster = Cluster::start();
    let stores = [open(&cluster).await, open(&cluster).await];
    let office = |place: usize| format!("{}", 2_000_000_000 + place * 7_919 % OFFICES);
    let mut running = JoinSet::new();
    for number in 0..OFFICES {
        for (store, shift) in stores.iter().zip([1, 2]) {
            let (sender, recipient) = (office(number), office(number * 3 + shift));
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
                assert_eq!(store.put_receipt(last).await.expect("kept"), PutReceipt::New);
                assert_eq!(store.find(name(&new), start()).await.expect("found"), Found::Gone);
            });
        }
    }
    while let Some(done) = running.join_next().await {
        done.expect("no panic");
    }
    let deadlocks =
        cluster.sql("SELECT deadlocks FROM pg_stat_database WHERE datname = 'postgres'");
    assert_eq!(deadlocks.trim(), "0");
}

/// A value that the database cannot keep is the fault of nobody who asks beside it.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_cannot_take_is_refused_alone() {
    let cluster = Cluster::start();
    let store = open(&cluster).await;
    let mut running = JoinSet::new();
    for number in 0..64 {
        let new = deposit("1000000001", "1000000002", b"beside");
        let is_bad = number % 8 == 0;
        let key_id = if is_bad { "\0" } else { "one" }.to_owned();
        let (store, new) = (Arc::clone(&store), Deposit { key_id, ..new });
        running.spawn(async move { (is_bad, store.deposit(new, QUOTA).await) });
    }
    while let Some(done) = running.join_next().await {
        match done.expect("no panic") {
            (true, Err(RelayStoreError::Away(_))) | (false, Ok(Deposited::New)) => {}
            (is_bad, other) => panic!("{is_bad}: {other:?}"),
        }
    }
}
