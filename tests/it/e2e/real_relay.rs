//! Offices and the real `renkei relay` between them, each a process of its own.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::cards::join_each_other;
use super::collecting::wait_for_step;
use super::invariants;
use super::units::{PLAN, export, sample, together, withdrawal};
use crate::harness::{CARE, HELP, Office, RENKEI, free_port, offices, quoted, until, until_within};

/// `renkei relay` in a process of its own.
pub(crate) struct RealRelay {
    folder: tempfile::TempDir,
    port: u16,
    pins: [String; 2],
    process: Option<Child>,
}

impl RealRelay {
    /// Serves the offices that the authority of `of` knows.
    pub(crate) fn new(of: &Office) -> Self {
        let (folder, port) = (tempfile::tempdir().expect("a folder"), free_port());
        let dir = folder.path().join("relay");
        let listen = format!("127.0.0.1:{port}");
        let made = Command::new(RENKEI)
            .args(["--lang", "en", "relay", "init", "--listen", &listen, "--dir"])
            .arg(&dir)
            .output()
            .expect("the program runs");
        let said = String::from_utf8(made.stdout).expect("UTF-8");
        let pin = |key: &str| {
            let line = said.lines().find(|line| line.starts_with(key));
            let line = line.unwrap_or_else(|| panic!("{said}{:?}", made.stderr));
            line.split_once(" = ").expect("a value").1.to_owned()
        };
        let pins = ["tls_certificates", "signing_certificates"].map(pin);
        let file = dir.join("relay.toml");
        let text = fs::read_to_string(&file).expect("a configuration");
        let ca = of.path("keys/ca.pem");
        let text = text
            .replace("#roots = [\"ca.pem\"]", &format!("roots = [{}]", quoted(ca.display())))
            .replace("127.0.0.1:8481", &format!("127.0.0.1:{}", free_port()));
        fs::write(&file, text).expect("written");
        let mut relay = Self { folder, port, pins, process: None };
        relay.start();
        relay
    }

    /// Where it is reached.
    pub(crate) fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// A file of its own.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("relay").join(name)
    }

    /// The office knows it from its next start on, and opens no port.
    pub(crate) fn serves(&self, office: &mut Office) {
        let [tls, signing] = self.pins.clone();
        office.add_relay([
            ("url", quoted(self.url())),
            ("tls_certificates", tls),
            ("signing_certificates", signing),
        ]);
        office.close();
    }

    pub(super) fn start(&mut self) {
        let config = self.path("relay.toml");
        let log = File::options().create(true).append(true).open(self.folder.path().join("log"));
        let mut process = Command::new(RENKEI)
            .args(["relay", "--config"])
            .arg(config)
            .stdout(Stdio::null())
            .stderr(log.expect("a log"))
            .spawn()
            .expect("the program runs");
        until("a relay that listens", || {
            let ended = process.try_wait().expect("a child");
            assert!(ended.is_none(), "it ended: {}", self.log());
            std::net::TcpStream::connect(("127.0.0.1", self.port)).ok()
        });
        self.process = Some(process);
    }

    pub(super) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("killed");
            process.wait().expect("ended");
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Every byte below its folder.
    fn kept(&self) -> Vec<u8> {
        let (mut open, mut bytes) = (vec![self.folder.path().to_owned()], Vec::new());
        while let Some(path) = open.pop() {
            if path.is_dir() {
                open.extend(
                    fs::read_dir(&path)
                        .expect("listed")
                        .map(|entry| entry.expect("an entry").path()),
                );
            } else {
                bytes.extend(fs::read(&path).unwrap_or_default());
            }
        }
        bytes
    }
}

impl Drop for RealRelay {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Two offices that open no port and know each other by their cards, and the relay between them.
pub(super) fn around_relay() -> (RealRelay, [Office; 2]) {
    let [mut care, mut help] = offices([CARE, HELP]);
    let relay = RealRelay::new(&care);
    for office in [&mut care, &mut help] {
        relay.serves(office);
    }
    care.forget_peer(HELP);
    help.forget_peer(CARE);
    join_each_other([&care, &help]);
    (relay, [care, help])
}

/// The real relay, with kills of all three.
#[test]
fn plans_and_actuals_go_over_the_real_relay_whoever_is_killed() {
    let (mut relay, [mut care, mut help]) = around_relay();
    care.start();
    help.start();
    let canary = sample(PLAN, "20260520101500");
    export(&care, &canary);
    let plans: Vec<_> = (1..=6).map(|number| withdrawal(CARE, number)).collect();
    let actuals: Vec<_> = (1..=6).map(|number| withdrawal(HELP, number)).collect();
    for (round, (plan, actual)) in plans.iter().zip(&actuals).enumerate() {
        export(&care, plan);
        export(&help, actual);
        let state = ["QUEUED", "DEPOSITED", "CONSIGNED"][round / 2];
        // The first one is the canary.
        wait_for_step(&care, state, round + 2);
        match round % 3 {
            0 => {
                relay.kill();
                relay.start();
            }
            1 => {
                care.kill();
                care.start();
            }
            _ => {
                help.kill();
                help.start();
            }
        }
    }
    until("all plans at the partner", || care.has_sent("HANDED_OVER", plans.len() + 1));
    until("all actuals at the partner", || help.has_sent("HANDED_OVER", actuals.len()));
    let mut all = together(&plans);
    all.extend(canary.clone());
    assert_eq!(help.files("import"), all, "INV5");
    assert_eq!(care.files("import-actuals"), together(&actuals), "INV5");
    invariants::check(&care, &help, plans.len() + 1);
    invariants::check(&help, &care, actuals.len());
    let kept = relay.kept();
    for bytes in canary.values() {
        let line = &bytes[bytes.len() / 2..bytes.len() / 2 + 16];
        assert!(!kept.windows(line.len()).any(|part| part == line), "in the clear at the relay");
    }
    let told = String::from_utf8(care.command(&["doctor", "--json"]).stdout).expect("UTF-8");
    assert!(!told.contains("relay-unreachable"), "{told}");
}

/// What is said of a relay is over with its first answer, however long the questions to it last.
#[test]
fn a_relay_that_answers_again_is_not_said_to_be_unreachable() {
    let (mut relay, [mut care, mut help]) = around_relay();
    relay.kill();
    care.set("timing", "receipt_wait", quoted("10m"));
    care.start();
    let told = |office: &Office| {
        let output = office.command(&["status", "--json"]);
        String::from_utf8(output.stdout).expect("UTF-8").contains("relay-unreachable")
    };
    until("told", || told(&care).then_some(()));
    relay.start();
    until_within(Duration::from_secs(20), "over", || (!told(&care)).then_some(()));
    // And it goes on.
    help.start();
    export(&help, &withdrawal(HELP, 1));
    until("handed over", || help.has_sent("HANDED_OVER", 1));
}
