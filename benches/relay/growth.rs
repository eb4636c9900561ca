//! What a package costs when so many lie there already, beside what it costs where few do.
//!
//! Both are measured in turn, so that a machine that is slower for a while is so for both.

use std::sync::Arc;

use renkei::relay::store::{PostgresSettings, PostgresStore, RelayStore, SqliteStore};

use crate::cluster::Cluster;
use crate::fill;
use crate::measure::report;
use crate::process::{Running, family_seconds};
use crate::traffic::Traffic;
use crate::world::{self, RelayFolder, World};
use crate::{FIRST_OFFICE, WARM};

/// So many lie where few do.
const FEW: usize = 1_000;

/// How many lie there, one size after the other.
const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];

/// How often both are measured at each size, in turn.
const TURNS: usize = 3;

/// Packages that are carried each time.
const EACH_TIME: usize = 1_600;

/// The stores of both relays.
trait Stores {
    type Store: RelayStore;

    /// The section `[store]` of a relay of this name, whose store is there then; empty where `init` has
    /// made it.
    fn section(&self, name: &str) -> String;

    async fn open(&self, name: &str, relay: &RelayFolder) -> Self::Store;

    /// MB that it takes.
    fn size(&self, name: &str, relay: &RelayFolder) -> f64;

    /// Seconds that processors have spent for it outside of the relay.
    fn seconds(&self) -> f64 {
        0.0
    }

    /// What lies there has lain there for long: what follows the writing is done.
    fn settle(&self, _name: &str) {}
}

pub(crate) async fn growth(stored: usize) {
    let sizes: Vec<usize> = SIZES.into_iter().filter(|size| *size <= stored).collect();
    grown("SQLite", Files, &sizes).await;
    let databases = Databases(Cluster::start());
    grown("PostgreSQL", databases, &sizes).await;
}

struct Files;

impl Stores for Files {
    type Store = SqliteStore;

    fn section(&self, _: &str) -> String {
        String::new()
    }

    async fn open(&self, _: &str, relay: &RelayFolder) -> SqliteStore {
        std::fs::create_dir_all(relay.file().parent().expect("a folder")).expect("a folder");
        SqliteStore::open_beside(&relay.file()).expect("a store")
    }

    fn size(&self, _: &str, relay: &RelayFolder) -> f64 {
        std::fs::metadata(relay.file()).expect("a file").len() as f64 / 1e6
    }
}

/// Databases of one server, each with the name of its relay.
struct Databases(Cluster);

impl Stores for Databases {
    type Store = PostgresStore;

    fn section(&self, name: &str) -> String {
        self.0.sql(&format!("CREATE DATABASE {name}"));
        world::section_of_postgres(&self.0.url_of(name))
    }

    async fn open(&self, name: &str, _: &RelayFolder) -> PostgresStore {
        let settings = PostgresSettings {
            url: self.0.url_of(name),
            password_file: None,
            root: None,
            connections: 16,
        };
        PostgresStore::open(&settings).await.expect("a store")
    }

    fn size(&self, name: &str, _: &RelayFolder) -> f64 {
        let size = self.0.sql_of(name, "SELECT pg_database_size(current_database())");
        size.trim().parse::<f64>().expect("bytes") / 1e6
    }

    fn seconds(&self) -> f64 {
        family_seconds(self.0.process())
    }

    fn settle(&self, name: &str) {
        self.0.sql_of(name, "VACUUM ANALYZE");
        self.0.sql("CHECKPOINT");
    }
}

/// A relay, and how many packages lie there.
struct Side {
    name: String,
    relay: RelayFolder,
    there: usize,
}

impl Side {
    fn new<S: Stores>(name: String, world: &World, stores: &S) -> Self {
        let relay = RelayFolder::new(world, &name, &stores.section(&name));
        Self { name, relay, there: 0 }
    }

    /// Runs it with so many packages.
    async fn run_with<S: Stores>(&mut self, size: usize, world: &World, stores: &S) -> Running {
        let store = Arc::new(stores.open(&self.name, &self.relay).await);
        fill::fill(&store, self.there, size).await;
        drop(store);
        self.there = size;
        stores.settle(&self.name);
        let running = self.relay.run();
        Traffic::new(world, &self.relay, FIRST_OFFICE, WARM).run(self.relay.port).await;
        running
    }
}

/// What packages took altogether.
#[derive(Default)]
struct Spent {
    packages: usize,
    seconds: f64,
    relay: f64,
    database: f64,
}

impl Spent {
    async fn add<S: Stores>(&mut self, world: &World, side: &Side, running: &Running, stores: &S) {
        let traffic = Traffic::new(world, &side.relay, FIRST_OFFICE, EACH_TIME);
        let before = (running.processor_seconds(), stores.seconds());
        let run = traffic.run(side.relay.port).await;
        self.relay += running.processor_seconds() - before.0;
        self.database += stores.seconds() - before.1;
        self.seconds += run.all.as_secs_f64();
        self.packages += run.packages;
    }

    /// Processor time of a package in milliseconds.
    fn cost(&self) -> f64 {
        (self.relay + self.database) * 1e3 / self.packages as f64
    }

    fn rate(&self) -> f64 {
        self.packages as f64 / self.seconds
    }
}

async fn grown<S: Stores>(name: &str, stores: S, sizes: &[usize]) {
    let world = World::new();
    let mut many = Side::new("many".to_owned(), &world, &stores);
    for size in sizes {
        // A new one each time: what is carried lies there afterwards.
        let mut few = Side::new(format!("few_{size}"), &world, &stores);
        let of_many = many.run_with(*size, &world, &stores).await;
        let of_few = few.run_with(FEW, &world, &stores).await;
        let (mut beside, mut here) = (Spent::default(), Spent::default());
        for _ in 0..TURNS {
            beside.add(&world, &few, &of_few, &stores).await;
            here.add(&world, &many, &of_many, &stores).await;
        }
        report(&format!("{name}, {size} packages lie there"), here.rate(), "/s", None);
        report("  what they take", stores.size(&many.name, &many.relay), "MB", None);
        report(&format!("  where {FEW} lie, in turn"), beside.rate(), "/s", None);
        report("  processor time of relay and database for each", here.cost(), "ms", None);
        let ratio = here.cost() / beside.cost();
        report(&format!("  to that where {FEW} lie (flat: 1.0)"), ratio, "", None);
    }
}
