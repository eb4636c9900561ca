//! Packages that offices leave, find, fetch and receipt, so many at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use crate::wire::Wire;
use crate::world::{Made, Maker, Office, RelayFolder, World};

/// Pairs of offices: one of each sends, the other one receives.
const PAIRS: usize = 16;

/// Packages of one pair that are on their way at a time.
const OF_A_PAIR: usize = 4;

/// How long a page is waited for, in seconds.
const WAIT: u32 = 50;

/// What a run gave.
pub(crate) struct Run {
    pub(crate) packages: usize,
    pub(crate) took: Vec<Duration>,
    pub(crate) all: Duration,
}

impl Run {
    pub(crate) fn rate(&self) -> f64 {
        self.packages as f64 / self.all.as_secs_f64()
    }
}

/// Offices in pairs with the packages that they have ready.
pub(crate) struct Traffic(Vec<Pair>);

struct Pair {
    sender: Office,
    recipient: Office,
    packages: Vec<Made>,
}

impl Traffic {
    /// Everything is made before, so that only the carrying is measured. `first` is the number of the
    /// first office.
    pub(crate) fn new(world: &World, relay: &RelayFolder, first: usize, packages: usize) -> Self {
        let pair = |place: usize| {
            let sender = world.office(first + place * 2, relay);
            let recipient = world.office(first + place * 2 + 1, relay);
            let maker = Maker::new(world, sender.number, recipient.number);
            let packages = (0..packages / PAIRS).map(|_| maker.make()).collect();
            Pair { sender, recipient, packages }
        };
        let halves = std::thread::scope(|scope| {
            let halves = [0, 1].map(|half| {
                scope.spawn(move || (half..PAIRS).step_by(2).map(pair).collect::<Vec<_>>())
            });
            halves.map(|half| half.join().expect("no panic"))
        });
        Self(halves.into_iter().flatten().collect())
    }

    /// The bytes of a package; all have about as many.
    pub(crate) fn bytes(&self) -> usize {
        self.0[0].packages[0].sealed.len()
    }

    /// Carries all of it.
    pub(crate) async fn run(self, port: u16) -> Run {
        let mut ready = Vec::new();
        for pair in self.0 {
            ready.push(ReadyPair::connect(pair, port).await);
        }
        let packages = ready.iter().map(|pair| pair.packages.len()).sum();
        let start = Instant::now();
        let mut running = JoinSet::new();
        for pair in ready {
            running.spawn(pair.run());
        }
        let mut took = Vec::with_capacity(packages);
        while let Some(pair) = running.join_next().await {
            took.extend(pair.expect("no panic"));
        }
        Run { packages, took, all: start.elapsed() }
    }
}

/// A pair whose connections stand.
struct ReadyPair {
    names: [String; 2],
    packages: Vec<Arc<Made>>,
    putting: Vec<Wire>,
    fetching: Vec<Wire>,
    listing: Wire,
    collecting: Wire,
    /// Up to where the sender had collected before.
    collected: u64,
}

impl ReadyPair {
    async fn connect(pair: Pair, port: u16) -> Self {
        let Pair { sender, recipient, packages } = pair;
        let mut listing = Wire::open(&recipient.tls, port).await;
        // Whoever has asked can be sent something.
        let asked = format!("/v1/mailbox?office={}", recipient.number);
        assert_eq!(listing.get(&asked).await.0, 200);
        let (mut putting, mut fetching) = (Vec::new(), Vec::new());
        for _ in 0..OF_A_PAIR {
            putting.push(Wire::open(&sender.tls, port).await);
            fetching.push(Wire::open(&recipient.tls, port).await);
        }
        let mut collecting = Wire::open(&sender.tls, port).await;
        let collected = end_of_receipts(&mut collecting, &sender).await;
        Self {
            names: [sender.number.to_string(), recipient.number.to_string()],
            packages: packages.into_iter().map(Arc::new).collect(),
            putting,
            fetching,
            listing,
            collecting,
            collected,
        }
    }

    /// Gives how long each took, from its first byte to its last receipt at the sender.
    async fn run(self) -> Vec<Duration> {
        let Self { names, packages, putting, fetching, listing, collecting, collected } = self;
        let [sender, recipient] = names;
        let by_id: HashMap<String, Arc<Made>> =
            packages.iter().map(|made| (made.id.to_string(), Arc::clone(made))).collect();
        let by_id = Arc::new(by_id);
        let waits: Waits = Arc::default();
        let (found, finds) = mpsc::channel(1024);
        let lists = tokio::spawn(list(listing, recipient.clone(), found));
        let collects =
            tokio::spawn(collect(collecting, sender.clone(), collected, Arc::clone(&waits)));
        let finds = Arc::new(tokio::sync::Mutex::new(finds));
        let mut tasks = JoinSet::new();
        for wire in fetching {
            let (finds, by_id) = (Arc::clone(&finds), Arc::clone(&by_id));
            tasks.spawn(fetch(wire, sender.clone(), recipient.clone(), finds, by_id));
        }
        let left = Arc::new(Mutex::new(packages));
        let mut puts = JoinSet::new();
        for wire in putting {
            puts.spawn(put(wire, Arc::clone(&left), Arc::clone(&waits)));
        }
        let mut took = Vec::new();
        while let Some(some) = puts.join_next().await {
            took.extend(some.expect("no panic"));
        }
        lists.abort();
        collects.abort();
        tasks.abort_all();
        took
    }
}

/// By the id of a package: how many of its receipts are there, and who waits for the last.
type Waits = Arc<Mutex<HashMap<String, (usize, oneshot::Sender<()>)>>>;

/// Leaves packages one after the other, each when the one before is done.
async fn put(mut wire: Wire, left: Arc<Mutex<Vec<Arc<Made>>>>, waits: Waits) -> Vec<Duration> {
    let mut took = Vec::new();
    loop {
        let Some(made) = left.lock().expect("no panic").pop() else { return took };
        let (done, is_done) = oneshot::channel();
        let id = made.id.to_string();
        waits.lock().expect("no panic").insert(id.clone(), (made.receipts.len(), done));
        let start = Instant::now();
        let (status, answer) =
            wire.put(&format!("/v1/messages/{id}"), &made.fields, &made.sealed).await;
        assert_eq!(status, 202, "{}", String::from_utf8_lossy(&answer));
        is_done.await.expect("receipted");
        took.push(start.elapsed());
    }
}

async fn page(wire: &mut Wire, what: &str, office: &str, after: u64, wait: u32) -> Value {
    let path = format!("/v1/{what}?office={office}&after={after}&wait={wait}");
    let (status, body) = wire.get(&path).await;
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&body));
    serde_json::from_slice(&body).expect("JSON")
}

/// Finds what waits for the recipient.
async fn list(mut wire: Wire, office: String, found: mpsc::Sender<String>) {
    let mut after = 0;
    loop {
        let page = page(&mut wire, "mailbox", &office, after, WAIT).await;
        after = page["next"].as_u64().expect("a position");
        for item in page["items"].as_array().expect("a list") {
            found
                .send(item["message_id"].as_str().expect("an id").to_owned())
                .await
                .expect("heard");
        }
    }
}

/// Fetches what was found, and says that it is there and was handed over.
async fn fetch(
    mut wire: Wire,
    sender: String,
    recipient: String,
    finds: Arc<tokio::sync::Mutex<mpsc::Receiver<String>>>,
    by_id: Arc<HashMap<String, Arc<Made>>>,
) {
    loop {
        let Some(id) = finds.lock().await.recv().await else { return };
        let made = &by_id[&id];
        let names = format!("office={recipient}&sender={sender}");
        let (status, body) = wire.get(&format!("/v1/mailbox/{id}?{names}")).await;
        assert!(status == 200 && body == made.sealed, "{status}: not what was left");
        for (word, receipt) in &made.receipts {
            let path = format!("/v1/mailbox/{id}/receipts/{word}?{names}");
            let fields = "content-type: application/pkcs7-mime\r\n";
            let (status, answer) = wire.put(&path, fields, receipt).await;
            assert_eq!(status, 201, "{}", String::from_utf8_lossy(&answer));
        }
    }
}

/// An office remembers up to where it has collected.
async fn end_of_receipts(wire: &mut Wire, office: &Office) -> u64 {
    let mut after = 0;
    loop {
        let page = page(wire, "receipts", &office.number.to_string(), after, 0).await;
        if page["receipts"].as_array().expect("a list").is_empty() {
            return after;
        }
        after = page["next"].as_u64().expect("a position");
    }
}

/// Collects receipts for the sender.
async fn collect(mut wire: Wire, office: String, mut after: u64, waits: Waits) {
    loop {
        let page = page(&mut wire, "receipts", &office, after, WAIT).await;
        after = page["next"].as_u64().expect("a position");
        for receipt in page["receipts"].as_array().expect("a list") {
            let id = receipt["message_id"].as_str().expect("an id");
            let mut waits = waits.lock().expect("no panic");
            let wait = waits.get_mut(id).expect("a receipt of this run");
            wait.0 -= 1;
            if wait.0 == 0 {
                let (_, done) = waits.remove(id).expect("it waits");
                let _ = done.send(());
            }
        }
    }
}
