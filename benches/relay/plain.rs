//! What the databases themselves take: the same bytes, a row and a commit for each.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use tokio::task::JoinSet;
use tokio_postgres::NoTls;

/// Rows a second with so many connections to PostgreSQL.
pub(crate) async fn postgres(url: &str, connections: usize, rows: usize, bytes: usize) -> f64 {
    let mut clients = Vec::new();
    for _ in 0..connections {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("connected");
        tokio::spawn(connection);
        clients.push(client);
    }
    let make = "CREATE TABLE plain (id BIGINT PRIMARY KEY, bytes BYTEA NOT NULL);
        ALTER TABLE plain ALTER COLUMN bytes SET STORAGE EXTERNAL";
    clients[0].batch_execute(make).await.expect("a table");
    let next = Arc::new(AtomicI64::new(0));
    let body = Arc::new(noise(bytes));
    let start = Instant::now();
    let mut running = JoinSet::new();
    for client in clients {
        let (next, body) = (Arc::clone(&next), Arc::clone(&body));
        running.spawn(async move {
            let insert = client.prepare("INSERT INTO plain VALUES ($1, $2)").await.expect("SQL");
            loop {
                let id = next.fetch_add(1, Ordering::Relaxed);
                if id >= rows as i64 {
                    return;
                }
                client.execute(&insert, &[&id, &*body]).await.expect("inserted");
            }
        });
    }
    while let Some(done) = running.join_next().await {
        done.expect("no panic");
    }
    rows as f64 / start.elapsed().as_secs_f64()
}

/// Rows a second with SQLite, as the relay has it, but each row in a transaction of its own.
pub(crate) fn sqlite(file: &Path, rows: usize, bytes: usize) -> f64 {
    let connection = rusqlite::Connection::open(file).expect("a file");
    connection
        .execute_batch(
            "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
            CREATE TABLE plain (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)",
        )
        .expect("a table");
    let body = noise(bytes);
    let start = Instant::now();
    let mut insert = connection.prepare("INSERT INTO plain VALUES (?1, ?2)").expect("SQL");
    for id in 0..rows as i64 {
        insert.execute(rusqlite::params![id, body]).expect("inserted");
    }
    rows as f64 / start.elapsed().as_secs_f64()
}

/// Bytes that cannot be compressed.
pub(crate) fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    };
    std::iter::repeat_with(next).take(bytes).collect()
}
