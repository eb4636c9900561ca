//! How fast packages are exchanged, and what an idle node costs; see `benches/README.md`.
//!
//! `cargo bench --bench exchange` starts real nodes of two offices on this machine, with real
//! keys, certificates, TLS, stores and folders. `--packages N` changes the size of the runs,
//! `--only exchange,at-rest,queue,burst,single,idle` which of them are made.

#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    reason = "a measuring program for the terminal: it stops at the first thing that goes wrong"
)]
#![allow(clippy::disallowed_methods, reason = "measures by the clock of the machine")]

mod idle;
#[path = "../common/measure.rs"]
mod measure;
#[expect(dead_code, reason = "only a database has children")]
#[path = "../common/process.rs"]
mod process;
mod sender;
mod units;
mod waits;
mod world;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use measure::{report, spread};
use sender::{AT_A_TIME, Sender};
use units::{Unit, renamed};
use waits::until;
use world::{SETTLE, World};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| {
        let pair = arguments.windows(2).find(|pair| pair[0] == name);
        pair.map(|pair| pair[1].as_str())
    };
    let packages = value("--packages").map_or(4_000, |text| text.parse().expect("a number"));
    let wanted =
        |part: &str| value("--only").is_none_or(|only| only.split(',').any(|one| one == part));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("runtime");
    let unit = units::unit();
    let size: usize = unit.iter().map(|(_, bytes)| bytes.len()).sum();
    println!("packages of {} files, {size} bytes, P-256, stores on disk\n", unit.len());
    println!("{:<58} {:>10} {:>10}", "", "measured", "target");
    runtime.block_on(async {
        if wanted("exchange") {
            closed_loop(&unit, packages).await;
        }
        if wanted("at-rest") {
            at_rest(&unit, packages).await;
        }
        if wanted("queue") {
            queue(&unit, packages).await;
        }
        if wanted("burst") {
            burst(&unit, packages / 8).await;
        }
        if wanted("single") {
            single(&unit).await;
        }
    });
    if wanted("idle") {
        idle::idle();
    }
}

/// Sign, store, send, verify the receipt, store it: `AT_A_TIME` at a time, through the same store,
/// client and proof that a node uses, to a real node that checks, stores and answers.
async fn closed_loop(unit: &Unit, packages: usize) {
    let (rate, took) = exchanged(unit, packages, &World::new()).await;
    report("signed, sent, receipted, durable at both ends", rate, "/s", Some((1000.0, true)));
    let [middle, late, last] = spread(took);
    report("  from signing to the stored receipt, median", middle, "ms", None);
    report("  from signing to the stored receipt, 99 %", late, "ms", Some((200.0, false)));
    report("  from signing to the stored receipt, slowest", last, "ms", None);
}

/// What it costs that packages lie encrypted at both ends: the same with and without a key, in turn, the
/// best of three.
async fn at_rest(unit: &Unit, packages: usize) {
    let (mut open, mut sealed) = (0_f64, 0_f64);
    for _ in 0..3 {
        open = open.max(exchanged(unit, packages, &World::new()).await.0);
        sealed = sealed.max(exchanged(unit, packages, &World::with_keys()).await.0);
    }
    report("the same, packages lie open", open, "/s", None);
    report("the same, packages encrypted at rest", sealed, "/s", None);
    report("  encrypted / open", sealed / open, "", None);
}

/// How many packages a second, and how long each took.
async fn exchanged(unit: &Unit, packages: usize, world: &World) -> (f64, Vec<Duration>) {
    let receiver = world.start(1).await;
    let sender = Arc::new(Sender::new(world));
    let start = Instant::now();
    let mut running = JoinSet::new();
    let mut took = Vec::with_capacity(packages);
    for number in 1..=packages {
        if running.len() >= AT_A_TIME {
            took.push(running.join_next().await.unwrap().expect("no panic"));
        }
        let (sender, unit) = (Arc::clone(&sender), renamed(unit, number));
        running.spawn(async move {
            let start = Instant::now();
            let row = sender.make(number, &unit).await;
            sender.exchange(row).await;
            start.elapsed()
        });
    }
    while let Some(one) = running.join_next().await {
        took.push(one.expect("no panic"));
    }
    let all = start.elapsed().as_secs_f64();
    receiver.stop().await;
    (packages as f64 / all, took)
}

/// A morning's queue: packages wait in the store of a node that starts.
async fn queue(unit: &Unit, packages: usize) {
    let world = World::new();
    {
        let sender = Arc::new(Sender::new(&world));
        let mut running = JoinSet::new();
        for number in 1..=packages {
            let (sender, unit) = (Arc::clone(&sender), renamed(unit, number));
            running.spawn(async move {
                sender.make(number, &unit).await;
            });
        }
        while let Some(one) = running.join_next().await {
            one.expect("no panic");
        }
    }
    let receiver = world.start(1).await;
    let start = Instant::now();
    let sender = world.start(0).await;
    let consigned = until(&sender, packages, &["CONSIGNED", "HANDED_OVER"]).await - start;
    let handed_over = until(&sender, packages, &["HANDED_OVER"]).await - start;
    let rate = |took: Duration| packages as f64 / took.as_secs_f64();
    report("node to node, packages that waited: consigned", rate(consigned), "/s", None);
    report(
        "node to node, packages that waited: placed and handed over",
        rate(handed_over),
        "/s",
        Some((800.0, true)),
    );
    sender.stop().await;
    receiver.stop().await;
}

/// Many sets dropped at once: checked, packed, sent, placed, handed over.
async fn burst(unit: &Unit, sets: usize) {
    let world = World::new();
    let (sender, receiver) = (world.start(0).await, world.start(1).await);
    let start = Instant::now();
    for number in 1..=sets {
        world.drop_unit(&renamed(unit, number));
    }
    let dropped = start.elapsed().as_secs_f64();
    let packed = until(&sender, sets, &["QUEUED", "CONSIGNED", "HANDED_OVER"]).await - start;
    let took = until(&sender, sets, &["HANDED_OVER"]).await - start;
    report(
        "drop folder to import folder, sets dropped at once",
        sets as f64 / took.as_secs_f64(),
        "/s",
        Some((500.0, true)),
    );
    report("  dropping them took", dropped * 1e3, "ms", None);
    report("  packed after", packed.as_secs_f64() * 1e3, "ms", None);
    sender.stop().await;
    receiver.stop().await;
}

/// One set at a time: from the drop folder to the partner's import folder.
async fn single(unit: &Unit) {
    let world = World::new();
    let (sender, receiver) = (world.start(0).await, world.start(1).await);
    let mut took = Vec::new();
    for number in 1..=30 {
        let unit = renamed(unit, number);
        let import = world.homes[1].join("import");
        let start = Instant::now();
        world.drop_unit(&unit);
        let there = || unit.iter().all(|(name, _)| import.join(name).exists());
        while !there() {
            assert!(start.elapsed() < Duration::from_secs(30), "a set did not arrive");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        took.push(start.elapsed().saturating_sub(SETTLE));
    }
    let [middle, late, _] = spread(took);
    report(
        "one set, drop to import folder after settling, median",
        middle,
        "ms",
        Some((50.0, false)),
    );
    report("one set, drop to import folder after settling, 99 %", late, "ms", Some((50.0, false)));
    sender.stop().await;
    receiver.stop().await;
}
