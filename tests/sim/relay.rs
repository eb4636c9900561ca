//! The relay of a run: the program's own on SQLite, over the simulated network, with its lives.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use rusqlite::{Connection, OpenFlags, OptionalExtension as _};
use tokio::time::sleep;

use super::disk::Disk;
use super::invariants::Kind;
use super::office::{KEYS, beginning, bury, put_keys};
use super::random::Random;
use super::wire::Reachable;
use super::world::{Phase, World, lock};
use crate::config::{RelayConfig, RelayStoreSettings};
use crate::relay::SimulatedRelay;
use crate::relay::store::SqliteStore;
use crate::types::{Clock, Digest, MessageId};
use crate::work::life::Life;

/// Where offices reach it.
const URL: &str = "https://127.0.0.1:20000";

/// What it has on disk.
pub(super) struct RelayHome {
    /// Its place among all who take part.
    pub(super) index: usize,
    pub(super) disk: Disk,
    config: RelayConfig,
    database: PathBuf,
}

/// What offices have in their configuration.
pub(super) fn lines() -> String {
    let [tls, signing] = KEYS.relay.each_ref().map(|issued| {
        let certificate = issued.certificate().expect("made with one");
        Digest::of(certificate)
    });
    format!(
        "[[relay]]\nurl = \"{URL}\"\ntls_certificates = [\"{tls}\"]\n\
         signing_certificates = [\"{signing}\"]\n"
    )
}

impl RelayHome {
    pub(super) fn new(world: &Path, index: usize, seed: u64) -> Self {
        let home = world.join("relay");
        fs::create_dir_all(&home).expect("a folder");
        put_keys(&home, &KEYS.relay);
        let text = "[node]\nlisten = \"127.0.0.1:20000\"\n\
             [tls]\ncertificate = \"tls.pem\"\nkey = \"tls.key\"\nroots = [\"ca.pem\"]\n\
             [signing]\ncertificate = \"signing.pem\"\nkey = \"signing.key\"\n";
        let config = RelayConfig::parse(text, &home).expect("valid");
        let RelayStoreSettings::Sqlite(database) = config.store.clone() else {
            panic!("a file of SQLite")
        };
        let disk = Disk::new(&home, Random::new(seed, 40));
        Self { index, disk, config, database }
    }

    async fn start(self: Arc<Self>, clock: Clock) -> Result<SimulatedRelay, String> {
        let store = SqliteStore::open(&self.database).map_err(|error| error.to_string())?;
        let started = SimulatedRelay::start(&self.config, store, clock).await;
        started.map_err(|error| error.to_string())
    }

    /// Everything that it has said that it has is there, as long as it is waited for: looked at from the
    /// outside, when it does not run.
    fn has_what_it_accepted(&self, world: &World) {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let book = Connection::open_with_flags(&self.database, flags).expect("there");
        for id in lock(&world.accepted).iter() {
            let kept = kept(&book, *id);
            if let Err(what) = kept {
                world.blame(Kind::Missing, self.index, format_args!("{id} was accepted: {what}"));
            }
        }
    }
}

fn kept(book: &Connection, id: MessageId) -> Result<(), String> {
    let sql = "SELECT id, state, size FROM packages WHERE message_id = ?1";
    let row =
        book.query_row(sql, [id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    let row: Option<(i64, i64, i64)> = row.optional().expect("a query");
    let Some((body, state, size)) = row else { return Err("it is not there".to_owned()) };
    let count = |sql: &str, body: i64| -> i64 {
        book.query_row(sql, [body], |row| row.get(0)).expect("a query")
    };
    let bytes = "SELECT coalesce(sum(length(bytes)), 0) FROM pieces WHERE id >> 16 = ?1";
    let last = "SELECT count(*) FROM receipts JOIN packages USING (sender, message_id)
        WHERE packages.id = ?1 AND kind IN ('ContentHandover', 'Rejection')";
    match state {
        0 | 1 if count(bytes, body) != size => Err("its bytes are not there".to_owned()),
        2 if count(last, body) == 0 => Err("it is gone without a last receipt".to_owned()),
        _ => Ok(()),
    }
}

/// One life of the relay after the other.
pub(super) async fn live(world: Arc<World>, home: Arc<RelayHome>) {
    let (climate, index) = (&world.climate, home.index);
    let mut random = Random::new(world.seed, 41);
    while !world.is_over() {
        let most = 1 + random.below(climate.turns);
        let dies = (world.may_crash(index) && random.chance(climate.crashes))
            .then(|| 1 + random.below(most));
        let slowness = if world.is_calm() { climate.slowness.max(120) } else { climate.slowness };
        let life = Life::new(index, slowness, dies);
        world.begins(&life);
        let ended = one_life(&world, &home, &life).await;
        world.net().listening[index] = None;
        world.note(index, format_args!("{ended} after {} turns", life.turns()));
        if ended == OVER {
            home.has_what_it_accepted(&world);
            return;
        }
        world.crashed(index);
        world.count("crashes of the relay");
        world.lose(index);
        if home.database.exists() {
            home.has_what_it_accepted(&world);
        }
        let longest = if random.chance(900) { 120 } else { 36_000 };
        let absence = random.time(Duration::from_secs(longest));
        tokio::select! {
            biased;
            () = world.calm() => sleep(Duration::from_secs(10)).await,
            () = sleep(absence) => {}
        }
    }
}

/// How a life ended that was not cut off.
const OVER: &str = "over";

async fn one_life(world: &Arc<World>, home: &Arc<RelayHome>, life: &Arc<Life>) -> &'static str {
    let began = world.began;
    let clock = Clock::new(move || {
        beginning() + SignedDuration::try_from(began.elapsed()).expect("not so long")
    });
    let mut starting = tokio::spawn(life.begin(Arc::clone(home).start(clock)));
    let started = tokio::select! {
        biased;
        () = life.ended() => None,
        started = &mut starting => Some(started),
    };
    let relay = match started {
        None => {
            starting.abort();
            bury::<SimulatedRelay>(life, None).await;
            return "dead before it started";
        }
        Some(Ok(Ok(relay))) => relay,
        Some(Ok(Err(why))) => {
            world.note(home.index, format_args!("does not start: {why}"));
            bury::<SimulatedRelay>(life, None).await;
            return "not started";
        }
        Some(Err(error)) => {
            world.blame_panic(home.index, &error.to_string());
            bury::<SimulatedRelay>(life, None).await;
            return "panicked";
        }
    };
    let reachable = Reachable::new(relay.station.clone(), Arc::clone(life));
    world.net().listening[home.index] = Some(reachable);
    let is_over = tokio::select! {
        biased;
        () = life.ended() => false,
        () = world.phase(Phase::Over) => true,
    };
    world.net().listening[home.index] = None;
    if !is_over {
        bury(life, Some(relay)).await;
        return "dead";
    }
    let stopping = tokio::spawn(life.begin(relay.stop()));
    stopping.await.expect("no panic");
    bury::<SimulatedRelay>(life, None).await;
    OVER
}
