//! One office: its folders and its node.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use renkei::certs::files::{self, Access, Existing};
use renkei::certs::{Issued, certificates_to_pem};
use renkei::package::Usage;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use super::settings::Settings;
use super::{World, name_of, until, visible};
use crate::proof::{long, office};
use crate::schema;

/// The program under test.
pub(crate) const RENKEI: &str = env!("CARGO_BIN_EXE_renkei");

/// An office with its folders and its node, which runs between `start` and `kill` or `stop`.
pub(crate) struct Office {
    pub(crate) number: &'static str,
    pub(crate) port: u16,
    pub(crate) world: Arc<World>,
    settings: Settings,
    program: PathBuf,
    #[cfg(unix)]
    user: Option<u32>,
    variables: Vec<(&'static str, String)>,
    #[cfg(unix)]
    open_files: Option<(&'static str, u32)>,
    node: Option<Child>,
    starts: u32,
    lang: &'static str,
}

impl Office {
    pub(super) fn new(
        number: &'static str,
        port: u16,
        peers: impl Iterator<Item = (&'static str, u16)>,
        world: Arc<World>,
    ) -> Self {
        let mut settings = Settings::new(number, port);
        peers.for_each(|(peer, port)| settings.add_peer(peer, port));
        let program = PathBuf::from(RENKEI);
        let office = Self {
            number,
            port,
            world,
            settings,
            program,
            #[cfg(unix)]
            user: None,
            variables: Vec::new(),
            #[cfg(unix)]
            open_files: None,
            node: None,
            starts: 0,
            lang: "en",
        };
        for folder in ["drop", "import", "import-actuals", "keys", "outside"] {
            fs::create_dir_all(office.path(folder)).expect("a folder");
        }
        let root = certificates_to_pem(&[office.world.authority.certificate().clone()]);
        office.put_key_file("ca.pem", &root, Access::Public);
        for (name, usage) in [("tls", Usage::Tls), ("signing", Usage::Signing)] {
            office.put_identity(name, &office.issue(number, usage));
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

    /// Writes a file into `keys`.
    pub(crate) fn put_key_file(&self, name: &str, pem: &str, access: Access) {
        let path = self.path("keys").join(name);
        files::write(&path, pem.as_bytes(), access, Existing::Replace).expect("written");
    }

    /// Changes a value of the configuration, written as in TOML, from the next start on.
    pub(crate) fn set(&mut self, table: &'static str, key: &'static str, value: impl Into<String>) {
        self.settings.set(table, key, value.into());
    }

    /// Takes a value out of the configuration.
    pub(crate) fn unset(&mut self, table: &str, key: &str) {
        self.settings.unset(table, key);
    }

    /// Changes what is said of a partner.
    pub(crate) fn set_peer(&mut self, number: &str, key: &'static str, value: String) {
        self.settings.set_peer(number, key, value);
    }

    /// Makes the node speak another language, from the next start on.
    pub(crate) fn speak(&mut self, lang: &'static str) {
        self.lang = lang;
    }

    /// Opens no port from the next start on.
    pub(crate) fn close(&mut self) {
        self.settings.unset("node", "listen");
    }

    /// Does not know where a peer is reached.
    pub(crate) fn forget_url(&mut self, number: &str) {
        self.settings.unset_peer(number, "url");
    }

    /// Knows a relay.
    pub(crate) fn add_relay<const N: usize>(&mut self, relay: [(&'static str, String); N]) {
        self.settings.add_relay(relay);
    }

    /// Strikes a partner from the configuration.
    pub(crate) fn forget_peer(&mut self, number: &str) {
        self.settings.remove_peer(number);
    }

    /// Enters a partner in the configuration.
    pub(crate) fn remember_peer(&mut self, number: &'static str, port: u16) {
        self.settings.add_peer(number, port);
    }

    /// Makes this node that of another office too, with the folders that office has.
    pub(crate) fn host(&mut self, other: &Self) {
        let home = other.path("");
        self.settings.remove_peer(other.number);
        self.settings.add_office(other.number, home.to_str().expect("UTF-8"));
    }

    /// Writes the configuration and says where.
    pub(crate) fn write_config(&self) -> PathBuf {
        let path = self.path("renkei.toml");
        fs::write(&path, self.settings.text()).expect("written");
        path
    }

    /// Runs the node as another user of the system; only root can.
    #[cfg(unix)]
    pub(crate) fn run_as(&mut self, user: u32) {
        let own = |path: &std::path::Path| {
            std::os::unix::fs::chown(path, Some(user), None).expect("root");
        };
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

    /// Starts the node with another limit of open files: `-S` for the soft one only.
    #[cfg(unix)]
    pub(crate) fn limit_open_files(&mut self, which: &'static str, files: u32) {
        self.open_files = Some((which, files));
    }

    fn bare(&self) -> Command {
        #[cfg(unix)]
        if let Some((which, files)) = self.open_files {
            let mut shell = Command::new("sh");
            let script = format!("ulimit {which} -n {files} && exec \"$0\" \"$@\"");
            shell.args(["-c", &script]).arg(&self.program);
            return shell;
        }
        Command::new(&self.program)
    }

    /// A line of `/proc/…/status` of the node, in KiB.
    #[cfg(target_os = "linux")]
    pub(crate) fn memory(&self, line: &str) -> u64 {
        let pid = self.node.as_ref().expect("it runs").id();
        let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
        let line = status.lines().find_map(|text| text.strip_prefix(line)).expect("a line");
        let digits: String = line.chars().filter(char::is_ascii_digit).collect();
        digits.parse().expect("a number")
    }

    fn program(&self, lang: &str) -> Command {
        let mut command = self.bare();
        command.args(["--lang", lang]).stdin(Stdio::null());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
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

    /// The same in a language. What is printed for programs has to be as its schema says.
    pub(crate) fn command_in(&self, lang: &str, arguments: &[&str]) -> Output {
        let config = self.write_config();
        let mut command = self.program(lang);
        command.args(arguments).arg("--config").arg(config);
        let output = command.output().expect("the program runs");
        if let Ok(document @ Value::Object(_)) = serde_json::from_slice(&output.stdout) {
            schema::check_document(&document);
        }
        output
    }

    /// Starts the node and waits until it says that it runs.
    pub(crate) fn start(&mut self) {
        assert!(self.node.is_none(), "it runs already");
        let config = self.write_config();
        let node = until("a node that starts", || {
            self.starts += 1;
            let (out, log) = (self.log_path("out"), self.log_path("log"));
            let mut node = self
                .program(self.lang)
                .args(["run", "--config"])
                .arg(&config)
                .stdout(File::create(&out).expect("a file"))
                .stderr(File::create(&log).expect("a file"))
                .spawn()
                .expect("the program runs");
            let ended = until("a node that starts or ends", || {
                let said = fs::read_to_string(&out).expect("UTF-8");
                if said.contains("is running") || said.contains("起動しました") {
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

    /// Sets a variable of the node's environment, from the next start on.
    #[cfg(target_os = "linux")]
    pub(crate) fn set_variable(&mut self, name: &'static str, value: &str) {
        self.variables.push((name, value.to_owned()));
    }

    /// Takes all variables out of the node's environment, from the next start on.
    #[cfg(target_os = "linux")]
    pub(crate) fn clear_variables(&mut self) {
        self.variables.clear();
    }

    /// Starts the node with other places for what it prints, and waits until it listens.
    pub(crate) fn start_with(&mut self, out: Stdio, log: Stdio) {
        assert!(self.node.is_none(), "it runs already");
        let config = self.write_config();
        let mut command = self.program("en");
        command.args(["run", "--config"]).arg(&config).stdout(out).stderr(log);
        let mut node = command.spawn().expect("the program runs");
        until("a node that listens", || {
            assert!(node.try_wait().expect("a child").is_none(), "it ended");
            std::net::TcpStream::connect(("127.0.0.1", self.port)).ok()
        });
        self.node = Some(node);
    }

    /// Goes away as a reader of what the node prints.
    pub(crate) fn close_pipes(&mut self) {
        let node = self.node.as_mut().expect("it runs");
        drop((node.stdout.take(), node.stderr.take()));
    }

    /// The process of the node.
    pub(crate) fn pid(&self) -> u32 {
        self.node.as_ref().expect("it runs").id()
    }

    /// Sends the node a signal.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let arguments = [format!("-{name}"), self.pid().to_string()];
        let sent = Command::new("kill").args(arguments).status().expect("the command kill");
        assert!(sent.success(), "no such process");
    }

    /// Kills the node as a power cut would.
    pub(crate) fn kill(&mut self) {
        let mut node = self.node.take().expect("it runs");
        node.kill().expect("killed");
        node.wait().expect("ended");
    }

    /// Asks the node to stop and waits until it has.
    #[cfg(unix)]
    pub(crate) fn stop(&mut self) -> std::process::ExitStatus {
        self.signal("TERM");
        let mut node = self.node.take().expect("it runs");
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
        self.drop_files([(name, bytes)]);
    }

    /// The same with several files, which are all there at almost the same moment: a busy computer must
    /// not make one that comes later look as if it were missing.
    pub(crate) fn drop_files<'a>(&self, files: impl IntoIterator<Item = (&'a str, &'a [u8])>) {
        let outside = self.path("outside");
        let whole = files.into_iter().map(|(name, bytes)| {
            let beside = outside.join(name);
            fs::write(&beside, bytes).expect("written");
            (beside, self.path("drop").join(name))
        });
        for (beside, to) in whole.collect::<Vec<_>>() {
            fs::rename(beside, to).expect("renamed");
        }
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
        ValueRef::Blob(bytes) => hexadecimal(bytes),
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).expect("below 16");
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
