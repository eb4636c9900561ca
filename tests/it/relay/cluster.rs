//! A cluster of PostgreSQL of one test, in a folder of its own on a free port.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, geteuid, kill_process_group};
use tempfile::TempDir;

use super::small_disk::SmallDisk;
use crate::harness::{free_port, until};

/// Where Debian has the programs, besides the path.
const DEBIAN: &str = "/usr/lib/postgresql";

pub(super) struct Cluster {
    folder: TempDir,
    port: u16,
    server: Option<Child>,
    /// The disk that it has for itself, if it has one.
    disk: Option<SmallDisk>,
}

/// How a cluster is made.
const INITDB: [&str; 5] =
    ["--username=renkei", "--auth=trust", "--no-sync", "--encoding=UTF8", "--no-locale"];

impl Cluster {
    pub(super) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        if let Some((user, group)) = account() {
            chown(folder.path(), Some(user), Some(group)).expect("given away");
        }
        let cluster = Self { folder, port: free_port(), server: None, disk: None };
        let data = cluster.data();
        let made = as_account(&program("initdb"))
            .args(INITDB)
            .arg("--pgdata")
            .arg(&data)
            .output()
            .expect("initdb runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let mut cluster = cluster;
        cluster.run();
        cluster
    }

    /// Everything of it lies below.
    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What a statement answers, a line for each row.
    pub(super) fn sql(&self, statement: &str) -> String {
        self.sql_of("postgres", statement)
    }

    /// The same in another database.
    pub(super) fn sql_of(&self, database: &str, statement: &str) -> String {
        let asked = Command::new(program("psql"))
            .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--dbname"])
            .arg(self.url_of(database))
            .args(["--command", statement])
            .output()
            .expect("psql runs");
        assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
        String::from_utf8(asked.stdout).expect("UTF-8")
    }

    /// One on a disk of its own of so many MiB, which begins anew whenever it ends, as a service does.
    pub(super) fn on_small_disk(mebibytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let disk = SmallDisk::new(&folder.path().join("disk"), mebibytes)?;
        let mut cluster = Self { folder, port: free_port(), server: None, disk: None };
        // In there we are root, as whom it does not run: it runs as somebody else whom it can look up.
        let (user, group) = other_account();
        let script = format!(
            "mkdir -m 700 $0/data && {initdb} {arguments} --wal-segsize=1 --pgdata=$0/data >&2 &&
             while :; do
                {postgres} -D $0/data -p {port} -h 127.0.0.1 -k '' -c max_connections=50 \
                    -c max_wal_size=8MB -c min_wal_size=2MB -c wal_recycle=off
                sleep 0.2
             done",
            initdb = program("initdb").display(),
            arguments = INITDB.join(" "),
            postgres = program("postgres").display(),
            port = cluster.port,
        );
        let log = fs::File::create(cluster.folder.path().join("log")).expect("a log");
        let words = disk.within();
        let (first, rest) = words.split_first().expect("a program");
        let server = Command::new(first)
            .args(rest)
            .args(["unshare", "--user"])
            .args([format!("--map-user={user}"), format!("--map-group={group}")])
            .args(["sh", "-c", &script])
            .arg(disk.place())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .process_group(0)
            .spawn()
            .expect("unshare runs");
        cluster.server = Some(server);
        cluster.disk = Some(disk);
        cluster.answers();
        Some(cluster)
    }

    /// The disk that it has for itself, and the process that sees it.
    pub(super) fn disk(&self) -> (&SmallDisk, u32) {
        (self.disk.as_ref().expect("it has one"), self.process())
    }

    /// The process of the server, whose children do its work.
    pub(super) fn process(&self) -> u32 {
        self.server.as_ref().expect("it runs").id()
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub(super) fn url(&self) -> String {
        self.url_of("postgres")
    }

    pub(super) fn url_of(&self, database: &str) -> String {
        format!("postgresql://renkei@127.0.0.1:{}/{database}", self.port)
    }

    /// Starts the server, and waits until it answers.
    pub(super) fn run(&mut self) {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join("log"))
            .expect("a log");
        let server = as_account(&program("postgres"))
            .arg("-D")
            .arg(self.data())
            .args(["-p", &self.port.to_string(), "-h", "127.0.0.1", "-k", ""])
            .args(["-c", "max_connections=200"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("postgres runs");
        self.server = Some(server);
        self.answers();
    }

    fn answers(&self) {
        until("PostgreSQL answers", || {
            let ready = Command::new(program("pg_isready"))
                .args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()])
                .status()
                .expect("pg_isready runs");
            ready.success().then_some(())
        });
    }

    /// Ends it as a power failure would: without a checkpoint.
    pub(super) fn stop_immediately(&mut self) {
        let stopped = as_account(&program("pg_ctl"))
            .args(["-s", "-m", "immediate", "-D"])
            .arg(self.data())
            .arg("stop")
            .status()
            .expect("pg_ctl runs");
        assert!(stopped.success());
        self.server.take().expect("it ran").wait().expect("it ended");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let (Some(_), Some(server)) = (&self.disk, &mut self.server) {
            // It and all that it began.
            let group = Pid::from_raw(i32::try_from(server.id()).expect("an id"));
            let _ = kill_process_group(group.expect("an id"), Signal::KILL);
            let _ = server.wait();
            if std::thread::panicking() {
                let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
                eprintln!("--- PostgreSQL\n{log}");
            }
            return;
        }
        if self.server.is_some() {
            let _ = as_account(&program("pg_ctl"))
                .args(["-s", "-m", "immediate", "-D"])
                .arg(self.data())
                .arg("stop")
                .status();
        }
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

/// A program of PostgreSQL. Without it the tests fail: `.ci/test` installs it.
fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian = fs::read_dir(DEBIAN).into_iter().flatten();
    let debian = debian.flatten().map(|version| version.path().join("bin"));
    let mut found = std::env::split_paths(&path).chain(debian).map(|folder| folder.join(name));
    found
        .find(|program| program.is_file())
        .unwrap_or_else(|| panic!("the tests need {name} of PostgreSQL: please install postgresql"))
}

/// PostgreSQL refuses to run as root: then it runs as its own account.
fn account() -> Option<(u32, u32)> {
    geteuid().is_root().then(other_account)
}

fn other_account() -> (u32, u32) {
    let accounts = fs::read_to_string("/etc/passwd").expect("accounts");
    let find = |name: &str| {
        let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2).map(str::parse);
        Some((fields.next()?.ok()?, fields.next()?.ok()?))
    };
    find("postgres").or_else(|| find("nobody")).expect("an account")
}

fn as_account(program: &Path) -> Command {
    let Some((user, group)) = account() else { return Command::new(program) };
    let mut command = Command::new("setpriv");
    command
        .arg(format!("--reuid={user}"))
        .arg(format!("--regid={group}"))
        .arg("--clear-groups")
        .arg(program)
        .current_dir("/");
    command
}
