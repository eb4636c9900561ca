//! How fast a relay carries packages, and what it costs; see `benches/README.md`.
//!
//! `cargo bench --bench relay` starts the real program `renkei relay` on this machine, on SQLite and on
//! PostgreSQL, and asks it over mutual TLS as offices do. `--packages N` changes the size of the
//! runs, `--stored N` up to how many packages lie there already, `--idle N` how many offices wait, and
//! `--only sqlite,postgres,idle,growth` which of the runs are made.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_wrap,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measuring program for the terminal: it stops at the first thing that goes wrong"
)]
#![allow(clippy::disallowed_methods, reason = "measures by the clock of the machine")]

#[allow(dead_code, reason = "the tests need more of it")]
#[path = "../../tests/it/relay/cluster.rs"]
#[expect(clippy::print_stderr, reason = "the log of a database that failed")]
mod cluster;
mod fill;
mod growth;
#[path = "../../tests/it/harness/waits.rs"]
mod harness;
mod idle;
#[path = "../common/measure.rs"]
mod measure;
mod plain;
#[path = "../common/process.rs"]
mod process;
#[path = "../../tests/it/relay/small_disk.rs"]
#[expect(dead_code, reason = "only tests fill disks")]
mod small_disk;
mod traffic;
mod wire;
mod world;

use cluster::Cluster;
use measure::{report, spread};
use traffic::Traffic;
use world::{RelayFolder, World};

/// Packages that are left before what is measured, so that connections and caches are warm.
const WARM: usize = 320;

/// The number of the first office that carries something.
const FIRST_OFFICE: usize = 1_370_000_000;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| {
        let pair = arguments.windows(2).find(|pair| pair[0] == name);
        pair.map(|pair| pair[1].as_str())
    };
    let number = |name: &str, usual: usize| -> usize {
        value(name).map_or(usual, |text| text.parse().expect("a number"))
    };
    let (packages, stored, offices) =
        (number("--packages", 4_000), number("--stored", 100_000), number("--idle", 5_000));
    let wanted =
        |part: &str| value("--only").is_none_or(|only| only.split(',').any(|one| one == part));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("runtime");
    println!("{:<58} {:>10} {:>10}", "", "measured", "target");
    runtime.block_on(async {
        if wanted("sqlite") {
            sqlite(packages).await;
        }
        if wanted("postgres") {
            postgres(packages).await;
        }
        if wanted("growth") {
            growth::growth(stored).await;
        }
        if wanted("idle") {
            idle::idle(offices).await;
        }
    });
}

async fn sqlite(packages: usize) {
    let world = World::new();
    let relay = RelayFolder::new(&world, "sqlite", "");
    let (rate, bytes) = carried(&world, &relay, packages, "SQLite", 1_000.0).await;
    let plain = plain::sqlite(&world.folder.path().join("plain.db"), packages, bytes);
    report("  the same bytes into SQLite, a commit for each", plain, "/s", None);
    report("  relay / these", rate / plain, "", None);
}

async fn postgres(packages: usize) {
    let cluster = Cluster::start();
    let world = World::new();
    let relay = RelayFolder::new(&world, "postgres", &world::section_of_postgres(&cluster.url()));
    let (rate, bytes) = carried(&world, &relay, packages, "PostgreSQL", 600.0).await;
    let plain = plain::postgres(&cluster.url(), 16, packages, bytes).await;
    report("  the same bytes into PostgreSQL, a commit for each", plain, "/s", None);
    report("  relay / these", rate / plain, "", None);
}

/// Packages that are accepted, listed, fetched and receipted twice; the receipts collected. Gives how
/// many a second, and the bytes of each.
async fn carried(
    world: &World,
    relay: &RelayFolder,
    packages: usize,
    store: &str,
    target: f64,
) -> (f64, usize) {
    let running = relay.run();
    Traffic::new(world, relay, FIRST_OFFICE, WARM).run(relay.port).await;
    let traffic = Traffic::new(world, relay, FIRST_OFFICE, packages);
    let bytes = traffic.bytes();
    let before = running.processor_seconds();
    let run = traffic.run(relay.port).await;
    let cost = (running.processor_seconds() - before) / run.packages as f64;
    let rate = run.rate();
    report(
        &format!("{store}: taken, fetched, receipted, {bytes} bytes"),
        rate,
        "/s",
        Some((target, true)),
    );
    let [middle, late, last] = spread(run.took);
    report("  from the first byte to the last receipt, median", middle, "ms", None);
    report("  from the first byte to the last receipt, 99 %", late, "ms", Some((300.0, false)));
    report("  from the first byte to the last receipt, slowest", last, "ms", None);
    report("  processor time of the relay for each", cost * 1e3, "ms", None);
    report("  resident memory of the relay", running.resident(), "MB", None);
    (rate, bytes)
}
