//! One office: its folders, its keys, its clock, and the lives of its node.

use std::fs::{self, File, FileTimes};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use jiff::{SignedDuration, Timestamp};
use rustls_pki_types::CertificateDer;

use super::climate::{Climate, Ways};
use super::disk::Disk;
use super::random::Random;
use super::relay;
use super::sets::{OFFICES, spec};
use super::wire::End;
use super::world::World;
use crate::certs::{Issued, TestCa, Validity, certificates_to_pem, self_made_of_host};
use crate::config::Config;
use crate::desk::partner::Book;
use crate::node::Node;
use crate::node::cards::own_card;
use crate::package::Usage;
use crate::package::card::SignedCard;
use crate::types::Clock;
use crate::work::life::Life;

/// When every run begins, by a right clock.
pub(super) fn beginning() -> Timestamp {
    "2026-05-20T00:00:00Z".parse().expect("a time")
}

/// The configuration of an office.
const CONFIG: &str = "renkei.toml";

/// The keys of all offices and of the relay, the same in all runs of a process.
pub(super) struct Keys {
    pub(super) root: String,
    offices: Vec<[Issued; 2]>,
    pub(super) relay: [Issued; 2],
}

pub(super) static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let years = |count: i64| SignedDuration::from_hours(24 * 365 * count);
    let validity =
        Validity { not_before: beginning() - years(2), not_after: beginning() + years(5) };
    let authority = TestCa::new("simulated CA", validity).expect("a CA");
    let issue = |number: &str, usage| {
        let office = number.parse().expect("an office");
        authority.issue(office, usage, &["127.0.0.1"], validity).expect("a certificate")
    };
    let offices =
        OFFICES.map(|(number, _)| [issue(number, Usage::Tls), issue(number, Usage::Signing)]);
    let root = certificates_to_pem(&[authority.certificate().clone()]);
    let hosts = ["127.0.0.1".to_owned()];
    let relay = [Usage::Tls, Usage::Signing];
    let relay = relay.map(|usage| self_made_of_host(usage, &hosts, validity).expect("made"));
    Keys { root, offices: offices.into(), relay }
});

pub(super) struct Office {
    pub(super) index: usize,
    pub(super) number: &'static str,
    pub(super) name: &'static str,
    pub(super) home: PathBuf,
    pub(super) disk: Disk,
    config: Config,
    /// How far its clock is ahead, in milliseconds.
    ahead: Arc<AtomicI64>,
}

impl Office {
    pub(super) fn new(index: usize, climate: &Climate, world: &Path, seed: u64) -> Self {
        let (number, service) = OFFICES[index];
        let home = world.join(number);
        for folder in ["drop", "import", "import-actuals", "keys", "outside"] {
            fs::create_dir_all(home.join(folder)).expect("a folder");
        }
        put_keys(&home.join("keys"), &KEYS.offices[index]);
        let address = format!("127.0.0.1:{}", port(index));
        let reached = match climate.ways {
            Ways::Direct => format!("listen = \"{address}\"\n"),
            Ways::Relay => String::new(),
            Ways::Both => format!("listen = \"{address}\"\nurl = \"https://{address}\"\n"),
        };
        let mut text = format!(
            "[node]\n{reached}lang = \"en\"\n\
             [tls]\ncertificate = \"keys/tls.pem\"\nkey = \"keys/tls.key\"\n\
             roots = [\"keys/ca.pem\"]\n\
             [timing]\nscan_interval = \"{}s\"\nsettle = \"2s\"\nsettle_unknown = \"4s\"\n\
             set_wait = \"2m\"\nreceipt_wait = \"{wait}s\"\nexpiry = \"2d\"\n\
             [[office]]\nnumber = \"{number}\"\nservice_types = [\"{service}\"]\n\
             drop = \"drop\"\nimport = \"import\"\nimport_actuals = \"import-actuals\"\n\
             hold = \"hold\"\nsent = \"sent\"\nsigning_certificate = \"keys/signing.pem\"\n\
             signing_key = \"keys/signing.key\"\n",
            10 * climate.slowness.min(60),
            // A relay is asked all the time.
            wait = if climate.ways == Ways::Direct { 25 } else { 50 },
        );
        if climate.ways == Ways::Direct {
            for peer in partners(index, climate) {
                let (number, service) = OFFICES[peer];
                let peer = format!(
                    "[[peer]]\noffice = \"{number}\"\nservice_types = [\"{service}\"]\n\
                     url = \"https://127.0.0.1:{}\"\n",
                    port(peer)
                );
                text += &peer;
            }
        } else {
            text += &relay::lines();
        }
        fs::write(home.join(CONFIG), &text).expect("written");
        let config = Config::parse(&text, &home).expect("valid");
        let disk = Disk::new(&home, Random::new(seed, 30 + index as u64));
        let name = ["care", "help", "day"][index];
        Self { index, number, name, home, disk, config, ahead: Arc::default() }
    }

    /// Joins with its partners by their cards, of which there is one for each office.
    pub(super) fn join(&mut self, cards: &[SignedCard], climate: &Climate) {
        let path = self.home.join(CONFIG);
        for peer in partners(self.index, climate) {
            let book = Book::open(&path).expect("valid");
            let candidate = book.judge(cards[peer].clone(), beginning()).expect("a good card");
            book.register(&candidate).expect("registered");
        }
        self.config = Book::open(&path).expect("valid").config().clone();
    }

    /// Its card.
    pub(super) fn card(&self) -> SignedCard {
        let number = self.number.parse().expect("an office");
        own_card(&self.config, number, beginning()).expect("a card")
    }

    /// Its certificates for TLS.
    pub(super) fn chain(&self) -> &'static [CertificateDer<'static>] {
        let certificate = KEYS.offices[self.index][0].certificate();
        std::slice::from_ref(certificate.expect("issued with one"))
    }

    /// Sets its clock so far ahead of a right one, or behind it.
    pub(super) fn set_clock(&self, ahead: SignedDuration) {
        self.ahead.store(ahead.as_millis() as i64, Ordering::Relaxed);
    }

    /// Its clock, in a world that began at a moment of the running clock.
    fn clock(&self, world: &World) -> Clock {
        let (began, ahead) = (world.began, Arc::clone(&self.ahead));
        Clock::new(move || {
            let passed = SignedDuration::try_from(began.elapsed()).expect("not so long");
            beginning() + passed + SignedDuration::from_millis(ahead.load(Ordering::Relaxed))
        })
    }

    /// Starts its node as a part of a life.
    pub(super) async fn start(self: Arc<Self>, world: Arc<World>) -> Result<Node, String> {
        let wire = End::new(&world, self.index);
        let started =
            Node::start_simulated(self.config.clone(), spec(), self.clock(&world), Arc::new(wire));
        started.await.map_err(|problems| {
            let codes = problems.0.iter().map(|problem| problem.code);
            codes.collect::<Vec<_>>().join(" ")
        })
    }

    pub(super) fn path(&self, below: &str) -> PathBuf {
        self.home.join(below)
    }

    /// Writes a file as the care software of this office would, at a time of the simulated clock.
    pub(super) fn write(&self, folder: &str, name: &str, bytes: &[u8], passed: Duration) {
        let beside = self.path("outside").join(name);
        fs::write(&beside, bytes).expect("written");
        stamp(&beside, passed);
        let path = self.path(folder).join(name);
        fs::rename(&beside, &path).expect("renamed");
        self.disk.is_settled(&path);
    }
}

/// Writes the authority and an identity for each use.
pub(super) fn put_keys(folder: &Path, identities: &[Issued; 2]) {
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, bytes).expect("written");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("ours");
        }
    };
    put("ca.pem", KEYS.root.as_bytes());
    for (name, issued) in ["tls", "signing"].into_iter().zip(identities) {
        put(&format!("{name}.pem"), issued.chain_pem().as_bytes());
        put(&format!("{name}.key"), issued.key_pem().as_bytes());
    }
}

/// Two writes at different times of the simulation have different times, however fast it is.
pub(super) fn stamp(path: &Path, passed: Duration) {
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000) + passed;
    let file = File::options().write(true).open(path).expect("there");
    file.set_times(FileTimes::new().set_modified(at)).expect("ours");
}

/// The visible files of a folder with their bytes, in the order of their names.
pub(super) fn visible(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry"))
        .filter(|entry| entry.file_type().expect("there").is_file())
        .map(|entry| (entry.file_name().into_string().expect("Unicode"), entry.path()))
        .filter(|(name, _)| !name.starts_with('.'))
        .map(|(name, path)| (name, fs::read(path).expect("read")))
        .collect();
    files.sort();
    files
}

/// Whom an office knows: the service offices do not know each other.
fn partners(index: usize, climate: &Climate) -> impl Iterator<Item = usize> + use<> {
    (0..climate.offices).filter(move |peer| *peer != index && (*peer == 0 || index == 0))
}

fn port(index: usize) -> usize {
    10_000 + index
}

/// What was begun in the name of a life that is over.
pub(super) async fn bury<N>(life: &Arc<Life>, node: Option<N>) {
    life.end();
    life.during(|| drop(node));
    life.left_nothing().await;
}
