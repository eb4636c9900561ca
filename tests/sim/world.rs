//! One run: offices that live through a time of faults, and then through a calm one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, Weak};
use std::time::Duration;

use jiff::SignedDuration;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::care::{self, Care};
use super::climate::{Climate, Ways};
use super::disk::{Disk, Mishap};
use super::invariants::{self, Kind, Violation};
use super::office::{Office, bury};
use super::random::Random;
use super::recalls;
use super::relay::{self, RelayHome};
use super::wire::Reachable;
use crate::disk::{Effect, faults};
use crate::node::Node;
use crate::types::{MessageId, OfficeNumber, Plant, seeded};
use crate::work::life::{self, Life};
use crate::work::watch;

/// What has not come to an end so long after the faults never will.
const PATIENCE: Duration = Duration::from_hours(3 * 24);

/// How a run went.
pub(super) struct Outcome {
    pub(super) trace: Vec<String>,
    pub(super) counts: BTreeMap<&'static str, u64>,
    pub(super) violations: Vec<Violation>,
    /// Simulated time.
    pub(super) passed: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Faults,
    Calm,
    Over,
}

/// Everything that one run is made of.
pub(super) struct World {
    pub(super) seed: u64,
    pub(super) climate: Climate,
    pub(super) offices: Vec<Arc<Office>>,
    /// Its place is behind those of the offices.
    pub(super) relay: Option<Arc<RelayHome>>,
    /// What the relay has said that it has.
    pub(super) accepted: Mutex<BTreeSet<MessageId>>,
    pub(super) began: Instant,
    phase: watch::Sender<Phase>,
    net: Mutex<Net>,
    care: Mutex<Care>,
    lives: Mutex<Vec<Option<Arc<Life>>>>,
    /// How often each office crashed.
    crashes: Mutex<Vec<u64>>,
    trace: Mutex<Vec<String>>,
    counts: Mutex<BTreeMap<&'static str, u64>>,
    violations: Mutex<Vec<Violation>>,
}

/// The state of the network.
pub(super) struct Net {
    pub(super) random: Random,
    pub(super) listening: Vec<Option<Reachable>>,
    /// Who does not reach whom, until when.
    apart: BTreeMap<(usize, usize), Duration>,
}

impl Net {
    pub(super) fn apart(&mut self, one: usize, other: usize, until: Duration) {
        for pair in [(one, other), (other, one)] {
            self.apart.insert(pair, until);
        }
    }
}

impl World {
    fn new(seed: u64, folder: &Path) -> Self {
        let climate = Climate::of(seed);
        let count = climate.offices;
        let offices = (0..count).map(|index| Office::new(index, &climate, folder, seed));
        let mut offices: Vec<_> = offices.collect();
        let relay = (climate.ways != Ways::Direct).then(|| {
            let cards: Vec<_> = offices.iter().map(Office::card).collect();
            for office in &mut offices {
                office.join(&cards, &climate);
            }
            Arc::new(RelayHome::new(folder, count, seed))
        });
        let count = count + usize::from(relay.is_some());
        Self {
            seed,
            offices: offices.into_iter().map(Arc::new).collect(),
            relay,
            accepted: Mutex::default(),
            began: Instant::now(),
            phase: watch::Sender::new(Phase::Faults),
            net: Mutex::new(Net {
                random: Random::new(seed, 2),
                listening: vec![None; count],
                apart: BTreeMap::new(),
            }),
            care: Mutex::new(Care::default()),
            lives: Mutex::new(vec![None; count]),
            crashes: Mutex::new(vec![0; count]),
            trace: Mutex::default(),
            counts: Mutex::default(),
            violations: Mutex::default(),
            climate,
        }
    }

    pub(super) fn name(&self, office: usize) -> &'static str {
        self.offices.get(office).map_or("relay", |office| office.name)
    }

    fn disk(&self, office: usize) -> &Disk {
        match (self.offices.get(office), &self.relay) {
            (Some(office), _) => &office.disk,
            (None, relay) => &relay.as_ref().expect("a relay").disk,
        }
    }

    pub(super) fn place_of(&self, number: OfficeNumber) -> usize {
        let place = self.offices.iter().position(|office| office.number == number.as_str());
        place.expect("an office")
    }

    /// Since the beginning.
    pub(super) fn passed(&self) -> Duration {
        self.began.elapsed()
    }

    pub(super) fn note(&self, office: usize, what: impl fmt::Display) {
        let (time, name) = (self.passed(), self.name(office));
        let (hours, rest) = (time.as_secs() / 3600, time.as_secs() % 3600);
        let (minutes, seconds, millis) = (rest / 60, rest % 60, time.subsec_millis());
        lock(&self.trace)
            .push(format!("{hours:3}:{minutes:02}:{seconds:02}.{millis:03} {name}: {what}"));
    }

    pub(super) fn count(&self, what: &'static str) {
        *lock(&self.counts).entry(what).or_default() += 1;
    }

    pub(super) fn blame(&self, kind: Kind, office: usize, what: impl fmt::Display) {
        self.note(office, format_args!("VIOLATION {kind:?}: {what}"));
        let text = format!("{}: {what}", self.name(office));
        lock(&self.violations).push(Violation { kind, text });
    }

    pub(super) fn blame_panic(&self, office: usize, what: &str) {
        self.blame(Kind::Panic, office, what);
    }

    pub(super) fn net(&self) -> MutexGuard<'_, Net> {
        lock(&self.net)
    }

    pub(super) fn care(&self) -> MutexGuard<'_, Care> {
        lock(&self.care)
    }

    /// What answers at `to`, if `from` can reach it now.
    pub(super) fn reachable(&self, from: usize, to: usize) -> Option<Reachable> {
        let net = self.net();
        let is_apart = net.apart.get(&(from, to)).is_some_and(|until| *until > self.passed());
        if is_apart && !self.is_calm() { None } else { net.listening[to].clone() }
    }

    pub(super) fn is_calm(&self) -> bool {
        *self.phase.borrow() >= Phase::Calm
    }

    /// Whether an office may still crash.
    pub(super) fn may_crash(&self, office: usize) -> bool {
        !self.is_calm() && lock(&self.crashes)[office] < self.climate.ends
    }

    pub(super) fn is_over(&self) -> bool {
        *self.phase.borrow() >= Phase::Over
    }

    pub(super) async fn phase(&self, phase: Phase) {
        let mut now = self.phase.subscribe();
        now.wait_for(|now| *now >= phase).await.expect("it is not dropped");
    }

    /// A life begins.
    pub(super) fn begins(&self, life: &Arc<Life>) {
        lock(&self.lives)[life.office] = Some(Arc::clone(life));
        self.note(life.office, "starts");
        self.count("starts");
    }

    /// Counts a crash.
    pub(super) fn crashed(&self, index: usize) {
        self.count("crashes");
        lock(&self.crashes)[index] += 1;
    }

    /// What a disk loses at a crash.
    pub(super) fn lose(&self, index: usize) {
        let lost = self.disk(index).lose();
        if !lost.is_empty() {
            self.count("losses at a crash");
            self.note(index, format_args!("loses {}", lost.join(", ")));
        }
    }

    /// Waits until the faults stop.
    pub(super) async fn calm(&self) {
        self.phase(Phase::Calm).await;
    }

    /// From here on nothing goes wrong any more.
    fn begin_calm(&self) {
        self.note(0, "-- calm --");
        self.phase.send_replace(Phase::Calm);
        self.offices.iter().for_each(|office| office.set_clock(SignedDuration::ZERO));
        lock(&self.lives).iter().flatten().for_each(|life| life.spare());
    }
}

/// Runs a seed, with a defect if one is wanted.
pub(super) fn run(seed: u64, plant: Option<Plant>) -> Outcome {
    let memory = Path::new("/dev/shm");
    let mut builder = tempfile::Builder::new();
    let folder = builder.prefix("renkei-sim-");
    let folder = if memory.is_dir() { folder.tempdir_in(memory) } else { folder.tempdir() };
    let folder = folder.expect("a folder");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    seeded::begin(Some(seed));
    let began = std::time::Instant::now();
    let world = runtime.block_on(async { Arc::new(World::new(seed, folder.path())) });
    let asked = Arc::downgrade(&world);
    faults::simulate(Some(Rc::new(move |effect| step(&asked, effect))));
    Plant::sow(plant);
    let run = AssertUnwindSafe(|| runtime.block_on(simulate(&world)));
    if std::panic::catch_unwind(run).is_err() {
        world.blame_panic(0, "the simulation panicked");
    }
    let passed = runtime.block_on(async { world.passed() });
    drop(runtime);
    seeded::begin(None);
    faults::simulate(None);
    Plant::sow(None);
    if began.elapsed() > Duration::from_secs(20) {
        eprintln!("seed {seed} took {:?}", began.elapsed());
    }
    Outcome {
        trace: std::mem::take(&mut lock(&world.trace)),
        counts: std::mem::take(&mut lock(&world.counts)),
        violations: std::mem::take(&mut lock(&world.violations)),
        passed,
    }
}

/// A step on the disk of an office, before its effect.
fn step(world: &Weak<World>, effect: Effect<&Path>) -> io::Result<()> {
    let (Some(life), Some(world)) = (life::current(), world.upgrade()) else { return Ok(()) };
    if life.is_over() {
        return Err(io::Error::other("the node has ended"));
    }
    let disk = world.disk(life.office);
    let is_commit = matches!(
        effect,
        Effect::Write(path) if path.ends_with("renkei.db") || path.ends_with("relay.db")
    );
    if !world.is_calm() {
        match disk.mishap(&world.climate, effect, is_commit, world.passed()) {
            None => {}
            Some(Mishap::Kills) if !world.may_crash(life.office) => {}
            Some(Mishap::Kills) => {
                world.count(if is_commit { "deadly commits" } else { "deadly steps" });
                life.end();
                return Err(io::Error::other("the node has ended"));
            }
            Some(Mishap::Fails) => {
                world.count("failed steps");
                return Err(io::Error::other("a fault of the disk"));
            }
            Some(Mishap::IsFull) => {
                world.count("steps on a full disk");
                return Err(io::ErrorKind::StorageFull.into());
            }
        }
    }
    if !is_commit {
        disk.on(effect);
    }
    Ok(())
}

async fn simulate(world: &Arc<World>) {
    let offices = 0..world.offices.len();
    let mut living: Vec<JoinHandle<()>> =
        offices.clone().map(|office| tokio::spawn(live(Arc::clone(world), office))).collect();
    if let Some(relay) = &world.relay {
        living.push(tokio::spawn(relay::live(Arc::clone(world), Arc::clone(relay))));
    }
    tokio::spawn(care::export(Arc::clone(world)));
    for office in offices {
        tokio::spawn(care::import(Arc::clone(world), office));
    }
    tokio::spawn(jump(Arc::clone(world)));
    sleep(world.climate.length).await;
    world.begin_calm();
    let calm = Instant::now();
    // What was dropped last has to settle first.
    sleep(Duration::from_mins(10)).await;
    while let Err(what) = invariants::is_at_rest(world) {
        if calm.elapsed() > PATIENCE {
            world.blame(Kind::Stuck, 0, what);
            break;
        }
        sleep(Duration::from_mins(20)).await;
    }
    world.phase.send_replace(Phase::Over);
    for living in living {
        if let Err(error) = living.await {
            std::panic::resume_unwind(error.into_panic());
        }
    }
    invariants::check(world);
}

/// One life of a node of an office after the other.
async fn live(world: Arc<World>, index: usize) {
    let climate = &world.climate;
    let office = &world.offices[index];
    let mut random = Random::new(world.seed, 10 + index as u64);
    let mut absences = 0;
    while !world.is_over() {
        let is_calm = world.is_calm();
        let most = 1 + random.below(climate.turns);
        let dies = (world.may_crash(index) && random.chance(climate.crashes))
            .then(|| 1 + random.below(most));
        let leaves = (!is_calm && absences < climate.ends && random.chance(climate.away))
            .then(|| random.time(climate.length));
        let slowness = if is_calm { climate.slowness.max(120) } else { climate.slowness };
        let life = Life::new(index, slowness, dies);
        world.begins(&life);
        let ended = one_life(&world, office, &life, leaves).await;
        world.net().listening[index] = None;
        world.note(index, format_args!("{ended:?} after {} turns", life.turns()));
        if ended == Ended::Crashed {
            world.lose(index);
        }
        care::look(&world, index);
        let absence = match ended {
            Ended::Over => return,
            Ended::Crashed => {
                world.crashed(index);
                let longest = if random.chance(900) { 120 } else { 24 * 3_600 };
                random.time(Duration::from_secs(longest))
            }
            Ended::Left => {
                world.count("absences");
                absences += 1;
                random.time(climate.longest_absence)
            }
            Ended::Refused => Duration::from_mins(1),
        };
        tokio::select! {
            biased;
            () = world.calm() => sleep(Duration::from_secs(10)).await,
            () = sleep(absence) => {}
        }
    }
}

/// How a life ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Crashed,
    Left,
    Refused,
    Over,
}

async fn one_life(
    world: &Arc<World>,
    office: &Arc<Office>,
    life: &Arc<Life>,
    leaves: Option<Duration>,
) -> Ended {
    let index = office.index;
    let mut starting = tokio::spawn(life.begin(Arc::clone(office).start(Arc::clone(world))));
    let started = tokio::select! {
        biased;
        () = life.ended() => None,
        started = &mut starting => Some(started),
    };
    let node = match started {
        None => {
            starting.abort();
            bury::<Node>(life, None).await;
            return Ended::Crashed;
        }
        Some(Ok(Ok(node))) => node,
        Some(Ok(Err(codes))) => {
            world.note(index, format_args!("does not start: {codes}"));
            world.count("refused starts");
            bury::<Node>(life, None).await;
            return Ended::Refused;
        }
        Some(Err(error)) => {
            world.blame_panic(index, &error.to_string());
            bury::<Node>(life, None).await;
            return Ended::Crashed;
        }
    };
    let leave = async {
        match leaves {
            Some(after) => tokio::select! {
                biased;
                () = world.calm() => std::future::pending().await,
                () = sleep(after) => {}
            },
            None => std::future::pending().await,
        }
    };
    let asking = (Arc::clone(world), Arc::clone(office), Arc::clone(life));
    let asking = tokio::spawn(recalls::ask(asking, node.handle()));
    let ended = tokio::select! {
        biased;
        () = life.ended() => Ended::Crashed,
        fault = node.fault() => {
            world.blame(Kind::Panic, index, format_args!("the task {} ended", fault.task));
            Ended::Left
        }
        () = world.phase(Phase::Over) => Ended::Over,
        () = leave => Ended::Left,
    };
    asking.abort();
    if let Err(error) = asking.await
        && error.is_panic()
    {
        std::panic::resume_unwind(error.into_panic());
    }
    if ended == Ended::Crashed {
        bury(life, Some(node)).await;
        return ended;
    }
    match stop(life, node).await {
        Ok(()) => ended,
        Err(Crashed) => Ended::Crashed,
    }
}

struct Crashed;

async fn stop(life: &Arc<Life>, node: Node) -> Result<(), Crashed> {
    let stopping = tokio::spawn(life.begin(node.stop()));
    let stopped = tokio::select! {
        biased;
        () = life.ended() => {
            Err(Crashed)
        }
        stopped = stopping => { stopped.expect("no panic"); Ok(()) }
    };
    bury::<Node>(life, None).await;
    stopped
}

/// Sets clocks wrong, each for a while.
async fn jump(world: Arc<World>) {
    let climate = &world.climate;
    let mut random = Random::new(world.seed, 3);
    for _ in 0..climate.jumps {
        sleep(random.time(climate.length / climate.jumps)).await;
        if world.is_calm() {
            return;
        }
        let office = random.place(world.offices.len());
        let far = SignedDuration::try_from(random.time(climate.farthest_jump)).expect("in range");
        let ahead = if random.chance(500) { far } else { -far };
        world.note(office, format_args!("the clock jumps by {ahead:#}"));
        world.count("clock jumps");
        world.offices[office].set_clock(ahead);
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
