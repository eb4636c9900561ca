//! Runs the partner of `tests/foreign/`.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::rc::Rc;
use std::thread;

use renkei::certs::files::Access;
use renkei::types::Digest;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::e2e::units::Unit;
use crate::harness::{Office, name_of, until, visible};
use crate::proof::openssl_ok;

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign").join(name)
}

/// Keys and certificates that `openssl` made.
pub(super) enum Keys {
    /// P-256; nobody issued them, so each side registers those of the other.
    Pinned,
    /// RSA, under an authority between and a root.
    Authority,
}

impl Keys {
    /// Makes them for offices, into a folder of their own.
    pub(super) fn make(&self, offices: &[&str]) -> Rc<TempDir> {
        let folder = tempfile::tempdir().expect("a folder");
        let kind = match self {
            Self::Pinned => "pinned",
            Self::Authority => "authority",
        };
        let made = Command::new("sh")
            .arg(source("keys.sh"))
            .arg(kind)
            .args(offices)
            .current_dir(folder.path())
            .output()
            .expect("the tests need sh");
        assert!(made.status.success(), "{made:?}");
        Rc::new(folder)
    }
}

fn sha256(certificate: &Path) -> String {
    let path = certificate.to_str().expect("UTF-8");
    let der = openssl_ok(Path::new("."), &["x509", "-in", path, "-outform", "DER"]);
    Digest::of(&der).to_string()
}

/// An office that runs the reference partner instead of a node.
pub(super) struct Partner {
    /// Its number and its port; its own node never runs.
    pub(super) home: Office,
    settings: Value,
    process: Option<Child>,
    starts: u32,
    _keys: Rc<TempDir>,
}

impl Partner {
    /// With the keys in `keys`.
    pub(super) fn new(home: Office, keys: &Rc<TempDir>) -> Self {
        let number = home.number;
        let identity = |usage: &str| {
            let path = |end: &str| keys.path().join(number).join(format!("{usage}.{end}"));
            json!({ "certificate": path("pem"), "key": path("key") })
        };
        let settings = json!({
            "office": number,
            "listen": format!("127.0.0.1:{}", home.port),
            "tls": identity("tls"),
            "signing": identity("signing"),
            "waits": [0.3, 1, 2, 4],
            "peers": [],
        });
        Self { home, settings, process: None, starts: 0, _keys: Rc::clone(keys) }
    }

    pub(super) fn set(&mut self, key: &str, value: Value) {
        self.settings[key] = value;
    }

    /// Registers an office of a node, which signs with the certificate of `office`.
    pub(super) fn add_peer(&mut self, office: &Office, node: &Office, pins: &[&str]) {
        let url = format!("https://127.0.0.1:{}", node.port);
        let mut peer = json!({ "office": office.number, "url": url });
        for usage in pins {
            let home = if *usage == "tls" { node } else { office };
            peer[*usage] = json!([home.path(&format!("keys/{usage}.pem"))]);
        }
        self.settings["peers"].as_array_mut().expect("a list").push(peer);
    }

    /// Registers the certificates of this partner at a node.
    pub(super) fn pin_at(&self, node: &mut Office) {
        for (usage, key) in [("tls", "tls_certificates"), ("signing", "signing_certificates")] {
            let sha256 = sha256(Path::new(self.identity(usage, "certificate")));
            node.set_peer(self.home.number, key, format!("[\"{sha256}\"]"));
        }
    }

    pub(super) fn path(&self, below: &str) -> PathBuf {
        self.home.path("foreign").join(below)
    }

    /// The file of its `certificate` or `key` for a usage.
    pub(super) fn identity(&self, usage: &str, what: &str) -> &str {
        self.settings[usage][what].as_str().expect("a path")
    }

    pub(super) fn write_settings(&self) {
        fs::create_dir_all(self.path("")).expect("a folder");
        fs::write(self.path("settings.json"), self.settings.to_string()).expect("written");
    }

    fn command(&self, arguments: &[&str]) -> Command {
        self.write_settings();
        let mut command = Command::new("python3");
        command.arg("-B").arg(source("partner.py")).arg(self.path("")).args(arguments);
        command.stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let output = self.command(arguments).output();
        output.expect("the tests need the command python3: please install it")
    }

    /// The same for what has to succeed: what it printed.
    fn said(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("UTF-8").trim().to_owned()
    }

    /// Starts it and waits until it says that it runs.
    pub(super) fn start(&mut self) {
        self.starts += 1;
        let (out, log) = (self.log("out"), self.log("log"));
        let mut command = self.command(&["run"]);
        command.stdout(File::create(&out).expect("a file"));
        command.stderr(File::create(&log).expect("a file"));
        let mut process =
            command.spawn().expect("the tests need the command python3: please install it");
        until("a partner that starts", || {
            let ended = process.try_wait().expect("a child");
            assert!(ended.is_none(), "{}", fs::read_to_string(&log).expect("UTF-8"));
            fs::read_to_string(&out).expect("UTF-8").contains("is running").then_some(())
        });
        self.process = Some(process);
    }

    fn log(&self, kind: &str) -> PathBuf {
        self.path(&format!("{kind}-{}", self.starts))
    }

    /// Kills it as a power cut would.
    pub(super) fn kill(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.kill().expect("killed");
        process.wait().expect("ended");
    }

    /// Has it pack a send unit, which it sends when it runs, under its next number or another
    /// one; the id.
    pub(super) fn send(&self, unit: &Unit, sequence: Option<u64>) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let mut arguments = vec!["send".to_owned()];
        arguments.extend(sequence.map(|number| format!("--sequence={number}")));
        for (name, bytes) in unit {
            let path = folder.path().join(name);
            fs::write(&path, bytes).expect("written");
            arguments.push(path.to_str().expect("UTF-8").to_owned());
        }
        self.said(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// What became of its packages, in their order: id and state.
    pub(super) fn states(&self) -> Vec<(String, String)> {
        let said = self.said(&["status"]);
        let rows = said.lines().map(|line| line.split_once(' ').expect("id and state"));
        rows.map(|(id, state)| (id.to_owned(), state.to_owned())).collect()
    }

    /// Whether all of so many packages came into this state.
    pub(super) fn has_sent(&self, state: &str, count: usize) -> Option<()> {
        let states = self.states();
        (states.len() == count && states.iter().all(|(_, got)| got == state)).then_some(())
    }

    /// Puts a package once more: the status, and the SHA-256 of the receipt.
    pub(super) fn repeat(&self, id: &str) -> String {
        self.said(&["repeat", id])
    }

    /// The receipts that came about a package, oldest first: kind and bytes.
    pub(super) fn receipts(&self, id: &str) -> Vec<(String, Vec<u8>)> {
        let paths = visible(&self.path(&format!("out/{id}/receipts")));
        let receipts = paths.iter().map(|path| {
            let name = name_of(path);
            let kind = name.trim_end_matches(".p7s").split('-').nth(1).expect("a kind");
            (kind.to_owned(), fs::read(path).expect("read"))
        });
        receipts.collect()
    }

    /// The files that it placed.
    pub(super) fn imported(&self) -> BTreeMap<String, Vec<u8>> {
        let paths = visible(&self.path("import"));
        paths.iter().map(|path| (name_of(path), fs::read(path).expect("read"))).collect()
    }
}

impl Drop for Partner {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
        if thread::panicking() {
            for start in 1..=self.starts {
                let log = fs::read_to_string(self.path(&format!("log-{start}")));
                let log = log.unwrap_or_default();
                eprintln!("---- log of the partner {}, {start} ----\n{log}", self.home.number);
            }
        }
    }
}

/// Gives an office of a node certificates of the authority in `keys`, and trust in its root.
pub(super) fn believe(office: &mut Office, keys: &TempDir) {
    let read = |name: &str| fs::read_to_string(keys.path().join(name)).expect("PEM");
    office.put_key_file("root.pem", &read("root.pem"), Access::Public);
    for usage in ["tls", "signing"] {
        let file = |end: &str| read(&format!("{}/{usage}.{end}", office.number));
        office.put_key_file(&format!("{usage}.pem"), &file("pem"), Access::Public);
        office.put_key_file(&format!("{usage}.key"), &file("key"), Access::Secret);
    }
    office.set("tls", "roots", "[\"keys/root.pem\"]");
}

/// Waits until each of so many packages that a node sent is with its partner.
pub(super) fn handed_over(node: &Office, packages: usize) {
    until("all with the partners", || node.has_sent("HANDED_OVER", packages));
}

/// The proofs of all packages that a node sent, and of those that it took, hold; how many there
/// are.
pub(super) fn prove(node: &Office) -> usize {
    let ids = node.sql(
        "SELECT lower(hex(message_id)) FROM outgoing
         UNION ALL SELECT lower(hex(message_id)) FROM incoming WHERE state <> 'REJECTED'",
    );
    for id in &ids {
        let id = uuid::Uuid::parse_str(id).expect("an id").to_string();
        let out = node.path(&format!("proof-{id}"));
        let out = out.to_str().expect("UTF-8");
        for arguments in [&["export", &id, "--out", out][..], &["verify", out]] {
            let output = node.command(arguments);
            assert_eq!(output.status.code(), Some(0), "{output:?}");
        }
    }
    ids.len()
}
