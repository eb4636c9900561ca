//! How fast packages are exchanged, and what an idle node costs; see `benches/README.md`.
//!
//! `cargo bench --bench exchange` starts real nodes of two offices on this machine, with real
//! keys, certificates, TLS, stores and folders. `--packages N` changes the size of the runs.

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

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use renkei::certs::{Issued, TestCa, Validity, certificates_to_pem};
use renkei::config::Config;
use renkei::folder::write_atomic;
use renkei::link::{Client, ClientLimits, Endpoint, Tls, TlsSettings, TlsVersions};
use renkei::node::{Node, open_trust, system_clock};
use renkei::package::{
    Manifest, ManifestFile, ManifestFormat, PackageRef, Party, Receipt, Signer, Usage, pack,
};
use renkei::spec::Spec;
use renkei::store::{HistoryFilter, NewOutgoing, NewReceipt, Origin, Store, UnitSummary};
use renkei::synth::{Content, Request, files};
use renkei::transfer::{OutgoingEvent, OutgoingReceipt};
use renkei::types::{Digest, Edition, FileSerial, MessageId, OfficeNumber};
use tokio::task::JoinSet;

/// What a package weighs at least, before its manifest and signature.
const PACKAGE: usize = 60_000;
/// Exchanges at a time of the closed loop.
const AT_A_TIME: usize = 64;
/// How long an idle node is watched.
const IDLE: Duration = Duration::from_secs(20);
/// How long a file must stand still.
const SETTLE: Duration = Duration::from_millis(300);

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let packages = arguments
        .windows(2)
        .find(|pair| pair[0] == "--packages")
        .map_or(4_000, |pair| pair[1].parse().expect("a number"));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("runtime");
    let unit = unit();
    let size: usize = unit.iter().map(|(_, bytes)| bytes.len()).sum();
    println!("packages of {} files, {size} bytes, P-256, stores on disk\n", unit.len());
    println!("{:<58} {:>10} {:>10}", "", "measured", "target");
    runtime.block_on(async {
        closed_loop(&unit, packages).await;
        queue(&unit, packages).await;
        burst(&unit, packages / 8).await;
        single(&unit).await;
    });
    idle();
}

fn report(name: &str, measured: f64, unit: &str, target: Option<(f64, bool)>) {
    let Some((target, at_least)) = target else {
        println!("{name:<58} {measured:>8.1}{unit}");
        return;
    };
    let met = if at_least { measured >= target } else { measured <= target };
    let verdict = if met { "ok" } else { "MISSED" };
    println!("{name:<58} {measured:>8.1}{unit} {target:>8.0}{unit}  {verdict}");
}

/// Median, 99th percentile and maximum in milliseconds.
fn spread(mut took: Vec<Duration>) -> [f64; 3] {
    took.sort();
    let at = |part: f64| took[((took.len() - 1) as f64 * part) as usize].as_secs_f64() * 1e3;
    [at(0.5), at(0.99), at(1.0)]
}

/// Sign, store, send, verify the receipt, store it: `AT_A_TIME` at a time, through the same store,
/// client and proof that a node uses, to a real node that checks, stores and answers.
async fn closed_loop(unit: &[(String, Vec<u8>)], packages: usize) {
    let world = World::new();
    let receiver = world.start(1).await;
    let sender = Arc::new(Sender::new(&world));
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
    report(
        "signed, sent, receipted, durable at both ends",
        packages as f64 / all,
        "/s",
        Some((1000.0, true)),
    );
    let [middle, late, last] = spread(took);
    report("  from signing to the stored receipt, median", middle, "ms", None);
    report("  from signing to the stored receipt, 99 %", late, "ms", Some((200.0, false)));
    report("  from signing to the stored receipt, slowest", last, "ms", None);
    receiver.stop().await;
}

/// A morning's queue: packages wait in the store of a node that starts.
async fn queue(unit: &[(String, Vec<u8>)], packages: usize) {
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
        None,
    );
    sender.stop().await;
    receiver.stop().await;
}

/// Many sets dropped at once: checked, packed, sent, placed, handed over.
async fn burst(unit: &[(String, Vec<u8>)], sets: usize) {
    let world = World::new();
    let (sender, receiver) = (world.start(0).await, world.start(1).await);
    let start = Instant::now();
    for number in 1..=sets {
        world.drop_unit(&renamed(unit, number));
    }
    let dropped = start.elapsed().as_secs_f64();
    let took = until(&sender, sets, &["HANDED_OVER"]).await - start;
    report(
        "drop folder to import folder, sets dropped at once",
        sets as f64 / took.as_secs_f64(),
        "/s",
        None,
    );
    report("  dropping them took", dropped * 1e3, "ms", None);
    sender.stop().await;
    receiver.stop().await;
}

/// One set at a time: from the drop folder to the partner's import folder.
async fn single(unit: &[(String, Vec<u8>)]) {
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
        Some((300.0, false)),
    );
    report("one set, drop to import folder after settling, 99 %", late, "ms", Some((300.0, false)));
    sender.stop().await;
    receiver.stop().await;
}

/// Two `renkei run` that have nothing to do, with the settings of `config.example.toml`.
fn idle() {
    let world = World::new();
    let nodes: Vec<Running> = (0..2).map(|place| Running::start(&world.configs[place])).collect();
    std::thread::sleep(Duration::from_secs(3));
    let before: Vec<f64> = nodes.iter().map(Running::processor_seconds).collect();
    std::thread::sleep(IDLE);
    let used = nodes.iter().zip(&before).map(|(node, before)| node.processor_seconds() - before);
    let share = used.fold(0.0, f64::max) / IDLE.as_secs_f64() * 100.0;
    report("idle node, processor", share, "%", Some((1.0, false)));
    let memory = nodes.iter().map(Running::resident).fold(0.0, f64::max);
    report("idle node, resident memory", memory, "MB", Some((80.0, false)));
}

/// Waits until so many packages of a node are in one of the states; when that was.
async fn until(node: &Node, packages: usize, states: &[&str]) -> Instant {
    let start = Instant::now();
    loop {
        let status = node.store().status(0).await.expect("the store answers");
        let there = status.counts.iter().filter(|row| states.contains(&row.state.as_str()));
        if there.map(|row| row.count).sum::<u64>() >= packages as u64 {
            return Instant::now();
        }
        if start.elapsed() > Duration::from_mins(5) {
            let rows = node.store().history(HistoryFilter { limit: 3, ..HistoryFilter::default() });
            panic!("{:?}\n{:?}", status.counts, rows.await);
        }
        // Each look reads the whole table.
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// One 利用票 with its files, heavy enough.
fn unit() -> Vec<(String, Vec<u8>)> {
    let spec = Spec::builtin().expect("consistent");
    for people in 1.. {
        let content = Content::Unit { id: "K2".to_owned(), people };
        let request = Request::usual(spec, Edition::V4_1, content).expect("possible");
        let unit: Vec<_> = files(spec, &request)
            .expect("possible")
            .into_iter()
            .map(|file| {
                let name = file.name().to_string();
                (name, file.flat_map(|piece| piece.expect("in MS932")).collect::<Vec<u8>>())
            })
            .collect();
        if unit.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() >= PACKAGE {
            return unit;
        }
    }
    unreachable!("some number of people is enough")
}

/// The same set under another 連番: another second of a day.
fn renamed(unit: &[(String, Vec<u8>)], number: usize) -> Vec<(String, Vec<u8>)> {
    let serial = serial(number);
    let rename = |name: &str| {
        let (head, _) = name.rsplit_once('_').expect("parts");
        format!("{head}_{serial}.CSV")
    };
    unit.iter().map(|(name, bytes)| (rename(name), bytes.clone())).collect()
}

fn serial(number: usize) -> String {
    format!("20260320{:02}{:02}{:02}", number / 3600, number / 60 % 60, number % 60)
}

/// Two offices with their keys, folders and configurations.
struct World {
    folder: tempfile::TempDir,
    homes: Vec<PathBuf>,
    configs: Vec<PathBuf>,
    issued: Vec<[Issued; 2]>,
    address: Vec<String>,
}

const OFFICES: [(&str, &str); 2] = [("1370000018", "43"), ("1370000026", "11")];

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let now = system_clock().now();
        let validity = Validity {
            not_before: now - SignedDuration::from_hours(1),
            not_after: now + SignedDuration::from_hours(24),
        };
        let authority = TestCa::new("renkei bench CA", validity).expect("an authority");
        let root = certificates_to_pem(&[authority.certificate().clone()]);
        // Held until all are known, so that they differ.
        let free: Vec<TcpListener> =
            (0..2).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port")).collect();
        let address: Vec<String> =
            free.iter().map(|one| one.local_addr().expect("bound").to_string()).collect();
        drop(free);
        let mut world =
            Self { homes: Vec::new(), configs: Vec::new(), issued: Vec::new(), address, folder };
        for (place, (number, service)) in OFFICES.into_iter().enumerate() {
            let home = world.folder.path().join(number);
            for name in ["drop", "import", "hold"] {
                fs::create_dir_all(home.join(name)).expect("a folder");
            }
            let issue = |usage| {
                let office = number.parse().expect("an office");
                authority.issue(office, usage, &["127.0.0.1"], validity).expect("issued")
            };
            let issued = [issue(Usage::Tls), issue(Usage::Signing)];
            write(&home.join("ca.pem"), &root);
            for (name, issued) in ["tls", "signing"].into_iter().zip(&issued) {
                write(&home.join(format!("{name}.pem")), &issued.chain_pem());
                write(&home.join(format!("{name}.key")), issued.key_pem());
            }
            let (partner, partner_service) = OFFICES[1 - place];
            let text = format!(
                "[node]\nlisten = \"{}\"\nlog = \"error\"\n\
                 [tls]\ncertificate = \"tls.pem\"\nkey = \"tls.key\"\nroots = [\"ca.pem\"]\n\
                 [[office]]\nnumber = \"{number}\"\nservice_types = [\"{service}\"]\n\
                 drop = \"drop\"\nimport = \"import\"\nhold = \"hold\"\n\
                 signing_certificate = \"signing.pem\"\nsigning_key = \"signing.key\"\n\
                 [[peer]]\noffice = \"{partner}\"\nservice_types = [\"{partner_service}\"]\n\
                 url = \"https://{}\"\n\
                 [timing]\nsettle = \"{}ms\"\n",
                world.address[place],
                world.address[1 - place],
                SETTLE.as_millis(),
            );
            write(&home.join("renkei.toml"), &text);
            world.configs.push(home.join("renkei.toml"));
            world.homes.push(home);
            world.issued.push(issued);
        }
        world
    }

    fn config(&self, place: usize) -> Config {
        let text = fs::read_to_string(&self.configs[place]).expect("written");
        Config::parse(&text, &self.homes[place]).expect("a good configuration")
    }

    async fn start(&self, place: usize) -> Node {
        let spec = Spec::builtin().expect("consistent");
        Node::start(self.config(place), spec, system_clock()).await.expect("starts")
    }

    fn drop_unit(&self, unit: &[(String, Vec<u8>)]) {
        for (name, bytes) in unit {
            write_atomic(&self.homes[0].join("drop").join(name), bytes).expect("written");
        }
    }
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).expect("written");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("a mode");
    }
}

/// The sending side without its folders.
struct Sender {
    store: Store,
    client: Client,
    trust: renkei::package::Trust,
    signer: Arc<Signer>,
    endpoint: Endpoint,
    offices: [OfficeNumber; 2],
}

impl Sender {
    fn new(world: &World) -> Self {
        let config = world.config(0);
        let [tls, signing] = &world.issued[0];
        let identity = tls.identity().expect("an identity");
        let settings = TlsSettings {
            chain: identity.chain().to_vec(),
            key: identity.key(),
            trust: Arc::new(open_trust(&config).expect("trust")),
            versions: TlsVersions::Tls13,
        };
        let tls = Tls::new(settings, system_clock()).expect("settings");
        let limits = ClientLimits { uploads_per_office: AT_A_TIME, ..ClientLimits::default() };
        let offices = OFFICES.map(|(number, _)| number.parse().expect("an office"));
        let url = format!("https://{}", world.address[1]).parse().expect("an address");
        Self {
            store: Store::open(&config.node.data, 0).expect("a store"),
            client: Client::new(tls, limits),
            trust: open_trust(&config).expect("trust"),
            signer: Arc::new(signing.identity().and_then(|own| own.signer()).expect("a signer")),
            endpoint: Endpoint { url, office: offices[1] },
            offices,
        }
    }

    /// Signs a package and makes it durable.
    async fn make(&self, number: usize, unit: &[(String, Vec<u8>)]) -> (PackageRef, Bytes) {
        let now = system_clock().now();
        let serial: FileSerial = serial(number).parse().expect("a serial");
        let party = |place: usize, certificate| Party {
            office: self.offices[place],
            service_types: vec![OFFICES[place].1.parse().expect("a type")],
            certificate,
        };
        let described = |(n, (name, bytes)): (u32, &(String, Vec<u8>))| {
            ManifestFile::describe(n, name, bytes).expect("fits")
        };
        let manifest = Manifest {
            format: ManifestFormat::V1,
            message_id: MessageId::new(now),
            sequence: number as u64,
            sender: party(0, Some(self.signer.certificate_sha256())),
            recipient: party(1, None),
            created_at: now,
            expires_at: now + SignedDuration::from_hours(24),
            kind: "K2".to_owned(),
            edition: Edition::V4_1,
            months: vec!["202604".parse().expect("a month")],
            serial,
            supersedes: None,
            files: (1..).zip(unit).map(described).collect(),
        };
        let bytes: Vec<&[u8]> = unit.iter().map(|(_, bytes)| bytes.as_slice()).collect();
        let package: Bytes = pack(&manifest, &bytes, &self.signer, now).expect("packed").into();
        let reference = PackageRef {
            message_id: manifest.message_id,
            package_sha256: Digest::of(&package),
            manifest_sha256: Digest::of(&manifest.to_bytes().expect("fits")),
            sender: self.offices[0],
            recipient: self.offices[1],
        };
        let new = NewOutgoing {
            id: manifest.message_id,
            office: self.offices[0],
            partner: self.offices[1],
            sequence: manifest.sequence,
            serial,
            unit: UnitSummary {
                kind: manifest.kind.clone(),
                edition: Some(manifest.edition),
                converted_from: None,
                months: manifest.months.clone(),
                files: Vec::new(),
                records: 0,
                findings: 0,
            },
            expires_at: manifest.expires_at,
            package_sha256: reference.package_sha256,
            manifest_sha256: reference.manifest_sha256,
            package: package.clone(),
        };
        self.store.pack(new, now).await.expect("durable");
        (reference, package)
    }

    /// Sends it, verifies the receipt, and makes that durable.
    async fn exchange(&self, (reference, package): (PackageRef, Bytes)) {
        let id = reference.message_id;
        let reply = self.client.put_message(&self.endpoint, id, package).await.expect("taken");
        let now: Timestamp = system_clock().now();
        let limits = renkei::package::Limits::default();
        let opened = Receipt::open(&reply.receipt, &self.trust, &limits, now).expect("a receipt");
        opened.receipt.check_answers(&reference).expect("for this package");
        let receipt = NewReceipt {
            origin: Origin::Received,
            kind: opened.receipt.kind.as_str().to_owned(),
            at: opened.receipt.at,
            der: reply.receipt,
        };
        let event = OutgoingEvent::Receipt(OutgoingReceipt::Consignment);
        let stored = self.store.outgoing_event(id, event, String::new(), Some(receipt), now).await;
        stored.expect("durable");
    }
}

/// A node in a process of its own.
struct Running(Child);

impl Running {
    fn start(config: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_renkei"));
        command.arg("run").arg("--config").arg(config).stdout(Stdio::null());
        Self(command.spawn().expect("starts"))
    }

    fn status(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.0.id())).expect("it still runs")
    }

    /// User and system time so far (proc(5), stat, fields 14 and 15, in hundredths).
    fn processor_seconds(&self) -> f64 {
        let stat = self.status("stat");
        let after_name = stat.rsplit_once(')').expect("a name").1;
        let ticks = |field: usize| -> f64 {
            after_name.split_whitespace().nth(field - 3).expect("a field").parse().expect("ticks")
        };
        (ticks(14) + ticks(15)) / 100.0
    }

    /// In MB.
    fn resident(&self) -> f64 {
        let status = self.status("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
        let kib: f64 = line.split_whitespace().next().expect("a number").parse().expect("KiB");
        kib * 1024.0 / 1e6
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
