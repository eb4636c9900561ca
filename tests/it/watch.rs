//! `renkei validate --watch`: a real process beside files that change.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::harness::until;
use crate::support::{folder, renkei, stderr};

const NAME: &str = "DLT1KYO_1370000018_43_1370000026_11_20260327090000.CSV";
const GOOD: &[u8] = b"202407,131011,0000900011,20260325\r\n";
const BAD: &[u8] = b"202407,131011,0000900011,20260231\r\n";

/// A process that watches, ended with the test.
struct Watching {
    child: Child,
    said: Arc<Mutex<Vec<u8>>>,
}

impl Watching {
    fn start(arguments: &[&str], folder: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_renkei"))
            .args(["--lang", "en", "validate", "--watch"])
            .args(arguments)
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        let mut out = child.stdout.take().expect("a pipe");
        let said = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&said);
        thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(length @ 1..) = out.read(&mut piece) {
                shared.lock().expect("whole").extend_from_slice(&piece[..length]);
            }
        });
        Self { child, said }
    }

    /// The verdicts so far.
    fn verdicts(&self) -> Vec<String> {
        let said = String::from_utf8_lossy(&self.said.lock().expect("whole")).into_owned();
        let words = said.lines().filter_map(|line| line.strip_prefix("Verdict: "));
        words.map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect()
    }

    fn waits_for(&self, what: &str, verdicts: &[&str]) {
        until(what, || (self.verdicts() == verdicts).then_some(()));
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn each_change_gives_a_report_and_an_interrupt_ends_it() {
    let folder = folder(&[(&format!("in/{NAME}"), BAD)]);
    let page = folder.path().join("in/report.html");
    let mut watching = Watching::start(
        &["in", "--format", "text", "--format", "html=in/report.html"],
        folder.path(),
    );
    watching.waits_for("the first report", &["FAIL"]);
    let path = folder.path().join("in").join(NAME);
    fs::write(&path, GOOD).expect("written");
    watching.waits_for("mended", &["FAIL", "PASS"]);
    assert!(fs::read_to_string(&page).expect("a page").contains("PASS"));
    // A folder that is empty for a while is no end, nor a reason to judge: the report of our own in
    // it is none either.
    fs::rename(&path, folder.path().join("away")).expect("moved");
    let more = folder.path().join("in/more");
    fs::create_dir(&more).expect("a folder");
    fs::write(more.join(NAME), BAD).expect("written");
    until("found below", || watching.verdicts().last().filter(|last| *last == "FAIL").map(|_| ()));
    let seen = watching.verdicts();
    assert_eq!(seen, ["FAIL", "PASS", "FAIL"], "our own report and our reading are no change");

    let said = watching.said.lock().expect("whole").clone();
    assert!(!said.contains(&0x1b), "a pipe is no screen to clear");

    let pid = rustix::process::Pid::from_child(&watching.child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("sent");
    let ended = until("its end", || watching.child.try_wait().expect("a child"));
    assert_eq!(ended.code(), Some(0));
}

/// Whoever has seen enough does not wait for a judgement that takes long.
#[cfg(target_os = "linux")]
#[test]
fn an_interrupt_ends_it_in_the_middle_of_a_judgement() {
    let folder = folder(&[(&format!("in/{NAME}"), &GOOD.repeat(2_000_000))]);
    for signal in [rustix::process::Signal::INT, rustix::process::Signal::TERM] {
        let mut watching = Watching::start(&["in"], folder.path());
        let pid = rustix::process::Pid::from_child(&watching.child);
        reads(watching.child.id(), NAME);
        rustix::process::kill_process(pid, signal).expect("sent");
        let ended = until("its end", || watching.child.try_wait().expect("a child"));
        assert_eq!(ended.code(), Some(0));
        assert_eq!(watching.verdicts(), [""; 0], "it did not wait for the verdict");
    }
}

/// Waits until a process has a file open.
#[cfg(target_os = "linux")]
fn reads(pid: u32, name: &str) {
    until("a file that is open", || {
        let open = fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
        let mut paths = open.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
        paths.find(|path| path.ends_with(name)).map(|_| ())
    });
}

#[test]
fn what_is_interrupted_leaves_no_part_of_a_file() {
    let folder = folder(&[]);
    let arguments = ["new", "--kind", "UPPLAN", "--records", "10000000", "--out", "out"];
    let mut child = Command::new(env!("CARGO_BIN_EXE_renkei"))
        .args(arguments)
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("it starts");
    let files = || fs::read_dir(folder.path().join("out")).into_iter().flatten().flatten();
    until("a part of the file", || {
        files().find(|file| file.metadata().is_ok_and(|data| data.len() > 0)).map(|_| ())
    });
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("sent");
    let ended = until("its end", || child.try_wait().expect("a child"));
    assert_eq!(ended.code(), Some(130));
    assert_eq!(files().count(), 0);
}

#[test]
fn it_ends_when_nobody_reads_any_more() {
    let folder = folder(&[(NAME, BAD)]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_renkei"))
        .args(["--lang", "en", "validate", "--watch", "."])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    // It says on the other stream that it waits.
    let mut told = [0; 1];
    child.stderr.as_mut().expect("a pipe").read_exact(&mut told).expect("told");
    drop(child.stdout.take());
    fs::write(folder.path().join(NAME), GOOD).expect("written");
    let ended = until("its end", || child.try_wait().expect("a child"));
    assert_eq!(ended.code(), Some(0));
}

#[test]
fn formats_for_programs_are_refused() {
    let folder = folder(&[(NAME, BAD)]);
    for format in ["json", "junit", "html", "csv=a.csv", "sarif=a.sarif"] {
        for (lang, says) in [("ja", "--watch で使える形式"), ("en", "--watch goes with")] {
            let arguments = ["validate", "--watch", "--format", format, NAME, "--lang", lang];
            let output = renkei(&arguments, folder.path());
            assert_eq!(output.status.code(), Some(2), "{format}");
            assert!(stderr(&output).contains(says), "{}", stderr(&output));
        }
    }
    let output = renkei(&["validate", "--watch", "nowhere"], folder.path());
    assert_eq!(output.status.code(), Some(2));
}
