//! Offices that run the program itself, on real folders, ports, keys and stores.
//!
//! A test puts files where care software would, and looks only at what anybody can see from
//! outside: folders, the database, the log, and what the commands print. When it fails, the logs
//! of its nodes are printed; its nodes are killed whatever happens.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use renkei::certs::files::{self, Access, Existing};
use renkei::certs::{Issued, TestCa, certificates_to_pem};
use renkei::package::Usage;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use tempfile::TempDir;

use crate::proof::{long, office};

/// 居宅介護支援
pub(crate) const CARE: &str = "2770000011";
/// 訪問介護
pub(crate) const HELP: &str = "2770000029";
/// 通所介護
pub(crate) const DAY: &str = "2770000037";

/// No condition is waited for longer than this.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

const LOOK: Duration = Duration::from_millis(20);

/// The program under test.
const RENKEI: &str = env!("CARGO_BIN_EXE_renkei");

/// Waits until `condition` gives something.
pub(crate) fn until<T>(what: &str, condition: impl FnMut() -> Option<T>) -> T {
    until_within(PATIENCE, what, condition)
}

/// The same, for what takes longer by design.
pub(crate) fn until_within<T>(
    patience: Duration,
    what: &str,
    mut condition: impl FnMut() -> Option<T>,
) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(started.elapsed() < patience, "waited in vain: {what}");
        thread::sleep(LOOK);
    }
}

/// What the offices of one test have in common.
pub(crate) struct World {
    folder: TempDir,
    pub(crate) authority: TestCa,
}

/// An office with its folders and its node, which runs between `start` and `kill` or `stop`.
pub(crate) struct Office {
    pub(crate) number: &'static str,
    pub(crate) port: u16,
    pub(crate) world: Arc<World>,
    settings: BTreeMap<&'static str, BTreeMap<&'static str, String>>,
    peers: Vec<(&'static str, u16)>,
    program: PathBuf,
    user: Option<u32>,
    node: Option<Child>,
    starts: u32,
}

/// Offices that know each other, none of them running yet.
pub(crate) fn offices<const N: usize>(numbers: [&'static str; N]) -> [Office; N] {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let authority = TestCa::new("end-to-end CA", long()).expect("a CA");
    let world = Arc::new(World { folder, authority });
    let addressed = numbers.map(|number| (number, free_port()));
    addressed.map(|(number, port)| {
        let peers = addressed.iter().copied().filter(|(peer, _)| *peer != number).collect();
        Office::new(number, port, peers, Arc::clone(&world))
    })
}

/// The same, all running.
pub(crate) fn running<const N: usize>(numbers: [&'static str; N]) -> [Office; N] {
    let mut offices = offices(numbers);
    offices.iter_mut().for_each(Office::start);
    offices
}

/// A port that is free now, from below the range that systems take for outgoing connections.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let base = std::process::id() % 97 * 200;
    until("a free port", || {
        let place = (base + NEXT.fetch_add(1, Ordering::Relaxed)) % 20_000;
        let port = u16::try_from(10_000 + place).expect("below 30,000");
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok().map(|_| port)
    })
}

/// サービス種類コード of the offices of the tests.
fn service_type(number: &str) -> &'static str {
    match number {
        CARE => "43",
        HELP => "11",
        _ => "15",
    }
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

impl Office {
    fn new(
        number: &'static str,
        port: u16,
        peers: Vec<(&'static str, u16)>,
        world: Arc<World>,
    ) -> Self {
        let program = PathBuf::from(RENKEI);
        let settings = BTreeMap::new();
        let mut office = Self {
            number,
            port,
            world,
            settings,
            peers,
            program,
            user: None,
            node: None,
            starts: 0,
        };
        for folder in ["drop", "import", "import-actuals", "keys", "outside"] {
            fs::create_dir_all(office.path(folder)).expect("a folder");
        }
        let root = certificates_to_pem(&[office.world.authority.certificate().clone()]);
        office.put_key_file("ca.pem", &root, Access::Public);
        for (name, usage) in [("tls", Usage::Tls), ("signing", Usage::Signing)] {
            let issued = office.issue(number, usage);
            office.put_identity(name, &issued);
        }
        let defaults = [
            ("node", "listen", quoted(&format!("127.0.0.1:{port}"))),
            ("node", "lang", quoted("en")),
            ("node", "log", quoted("renkei=debug,info")),
            ("tls", "certificate", quoted("keys/tls.pem")),
            ("tls", "key", quoted("keys/tls.key")),
            ("tls", "roots", "[\"keys/ca.pem\"]".to_owned()),
            ("timing", "scan_interval", quoted("200ms")),
            ("timing", "settle", quoted("100ms")),
            ("timing", "set_wait", quoted("1s")),
            ("timing", "receipt_wait", quoted("5s")),
            ("office", "number", quoted(number)),
            ("office", "service_types", format!("[\"{}\"]", service_type(number))),
            ("office", "drop", quoted("drop")),
            ("office", "import", quoted("import")),
            ("office", "import_actuals", quoted("import-actuals")),
            ("office", "hold", quoted("hold")),
            ("office", "sent", quoted("sent")),
            ("office", "signing_certificate", quoted("keys/signing.pem")),
            ("office", "signing_key", quoted("keys/signing.key")),
        ];
        for (section, key, value) in defaults {
            office.set(section, key, value);
        }
        office
    }

    /// A path below the office's home.
    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.world.folder.path().join(self.number).join(below)
    }

    /// A certificate of the authority that all offices trust.
    pub(crate) fn issue(&self, name: &str, usage: Usage) -> Issued {
        let issued = self.world.authority.issue(office(name), usage, &["127.0.0.1"], long());
        issued.expect("a certificate")
    }

    /// Gives the office another certificate, `tls` or `signing`, from its next start on.
    pub(crate) fn put_identity(&self, name: &str, issued: &Issued) {
        self.put_key_file(&format!("{name}.pem"), &issued.chain_pem(), Access::Public);
        self.put_key_file(&format!("{name}.key"), issued.key_pem(), Access::Secret);
    }

    fn put_key_file(&self, name: &str, pem: &str, access: Access) {
        let path = self.path("keys").join(name);
        files::write(&path, pem.as_bytes(), access, Existing::Replace).expect("written");
    }

    /// Changes a value of the configuration, written as in TOML, from the next start on.
    pub(crate) fn set(
        &mut self,
        section: &'static str,
        key: &'static str,
        value: impl Into<String>,
    ) {
        self.settings.entry(section).or_default().insert(key, value.into());
    }

    /// Strikes a partner from the configuration.
    pub(crate) fn forget_peer(&mut self, number: &str) {
        self.peers.retain(|(peer, _)| *peer != number);
    }

    /// Writes the configuration and says where.
    pub(crate) fn write_config(&self) -> PathBuf {
        let mut text = String::new();
        for (section, keys) in &self.settings {
            let head = if *section == "office" { "[[office]]" } else { &format!("[{section}]") };
            writeln!(text, "{head}").expect("a text");
            for (key, value) in keys {
                writeln!(text, "{key} = {value}").expect("a text");
            }
        }
        for (number, port) in &self.peers {
            let service = service_type(number);
            writeln!(
                text,
                "[[peer]]\noffice = \"{number}\"\nservice_types = [\"{service}\"]\n\
                 url = \"https://127.0.0.1:{port}\""
            )
            .expect("a text");
        }
        let path = self.path("renkei.toml");
        fs::write(&path, text).expect("written");
        path
    }

    /// Runs the node as another user of the system; only root can.
    #[cfg(unix)]
    pub(crate) fn run_as(&mut self, user: u32) {
        let own = |path: &Path| std::os::unix::fs::chown(path, Some(user), None).expect("root");
        // The build folder may be closed to others.
        self.program = self.path("renkei");
        fs::copy(RENKEI, &self.program).expect("copied");
        own(self.world.folder.path());
        let mut open = vec![self.path("")];
        while let Some(path) = open.pop() {
            own(&path);
            if path.is_dir() {
                let entries = fs::read_dir(&path).expect("listed");
                open.extend(entries.map(|entry| entry.expect("an entry").path()));
            }
        }
        self.user = Some(user);
    }

    fn program(&self, lang: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args(["--lang", lang]).stdin(Stdio::null());
        #[cfg(unix)]
        if let Some(user) = self.user {
            std::os::unix::process::CommandExt::uid(&mut command, user);
        }
        command
    }

    /// Runs a command of the program with this office's configuration.
    pub(crate) fn command(&self, arguments: &[&str]) -> Output {
        self.command_in("en", arguments)
    }

    /// The same in a language.
    pub(crate) fn command_in(&self, lang: &str, arguments: &[&str]) -> Output {
        let config = self.write_config();
        let mut command = self.program(lang);
        command.args(arguments).arg("--config").arg(config);
        command.output().expect("the program runs")
    }

    /// Starts the node and waits until it says that it runs.
    pub(crate) fn start(&mut self) {
        assert!(self.node.is_none(), "it runs already");
        let config = self.write_config();
        let node = until("a node that starts", || {
            self.starts += 1;
            let (out, log) = (self.log_path("out"), self.log_path("log"));
            let mut node = self
                .program("en")
                .args(["run", "--config"])
                .arg(&config)
                .stdout(File::create(&out).expect("a file"))
                .stderr(File::create(&log).expect("a file"))
                .spawn()
                .expect("the program runs");
            let ended = until("a node that starts or ends", || {
                let said = fs::read_to_string(&out).expect("UTF-8");
                if said.contains("is running") {
                    return Some(None);
                }
                node.try_wait().expect("a child").map(Some)
            });
            match ended {
                None => Some(node),
                Some(status) => {
                    // Somebody else may use the port for a moment.
                    let said = fs::read_to_string(&log).expect("UTF-8");
                    assert!(said.contains("cannot-listen"), "it ended with {status}: {said}");
                    None
                }
            }
        });
        self.node = Some(node);
    }

    /// Kills the node as a power cut would.
    pub(crate) fn kill(&mut self) {
        let mut node = self.node.take().expect("it runs");
        node.kill().expect("killed");
        node.wait().expect("ended");
    }

    /// Asks the node to stop and waits until it has.
    #[cfg(unix)]
    pub(crate) fn stop(&mut self) -> ExitStatus {
        let mut node = self.node.take().expect("it runs");
        let pid = node.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &pid]).status().expect("the command kill");
        assert!(sent.success(), "no such process");
        until("a node that stops", || node.try_wait().expect("a child"))
    }

    /// Whether the node has not ended by itself.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.node.as_mut().is_some_and(|node| node.try_wait().expect("a child").is_none())
    }

    /// The rows that a query finds, columns joined by `|`, blobs in hexadecimal digits.
    pub(crate) fn sql(&self, query: &str) -> Vec<String> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let store = self.path("data/renkei.db");
        let connection = Connection::open_with_flags(store, flags).expect("a store");
        connection.busy_timeout(Duration::from_secs(20)).expect("a timeout");
        let mut statement = connection.prepare(query).expect("a query");
        let columns = statement.column_count();
        let rows = statement.query_map([], |row| {
            let texts = (0..columns).map(|column| row.get_ref(column).map(shown));
            Ok(texts.collect::<Result<Vec<_>, _>>()?.join("|"))
        });
        rows.expect("rows").collect::<Result<_, _>>().expect("rows")
    }

    /// Whether so many packages that the office sent have come into this state.
    pub(crate) fn has_sent(&self, state: &str, count: usize) -> Option<()> {
        let query = format!("SELECT count(*) FROM outgoing WHERE state = '{state}'");
        (self.sql(&query) == [count.to_string()]).then_some(())
    }

    /// Everything that the node has printed and logged.
    pub(crate) fn log(&self) -> String {
        let logs = (1..=self.starts)
            .flat_map(|start| ["out", "log"].map(|kind| self.path(&format!("{kind}-{start}"))));
        logs.map(|path| fs::read_to_string(path).unwrap_or_default()).collect()
    }

    fn log_path(&self, kind: &str) -> PathBuf {
        self.path(&format!("{kind}-{}", self.starts))
    }

    /// Puts a file where the care software exports to, whole at once.
    pub(crate) fn drop_file(&self, name: &str, bytes: &[u8]) {
        let beside = self.path("outside").join(name);
        fs::write(&beside, bytes).expect("written");
        fs::rename(&beside, self.path("drop").join(name)).expect("renamed");
    }

    /// The visible files of a folder with their bytes.
    pub(crate) fn files(&self, folder: &str) -> BTreeMap<String, Vec<u8>> {
        visible(&self.path(folder))
            .into_iter()
            .filter(|path| path.is_file())
            .map(|path| (name_of(&path), fs::read(&path).expect("read")))
            .collect()
    }

    /// The sets in the hold or sent folder: each folder with the names in it.
    pub(crate) fn sets(&self, folder: &str) -> BTreeMap<String, Vec<String>> {
        visible(&self.path(folder))
            .into_iter()
            .map(|path| (name_of(&path), visible(&path).iter().map(|file| name_of(file)).collect()))
            .collect()
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        if let Some(mut node) = self.node.take() {
            let _ = node.kill();
            let _ = node.wait();
        }
        if thread::panicking() {
            let log = self.log();
            let lines: Vec<_> = log.lines().collect();
            let last = lines.len().saturating_sub(200);
            eprintln!("---- log of {}, last lines ----\n{}", self.number, lines[last..].join("\n"));
        }
    }
}

fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Blob(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
    }
}

/// The entries of a folder that are not hidden, by name; none if there is no such folder.
pub(crate) fn visible(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| !name_of(path).starts_with('.'));
    paths.sort();
    paths
}

pub(crate) fn name_of(path: &Path) -> String {
    path.file_name().expect("a name").to_string_lossy().into_owned()
}
