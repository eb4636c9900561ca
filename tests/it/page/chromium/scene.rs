//! Plays scenes of `tests/page/` and answers what they ask.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::tools::{are_installed, here};

/// So many browsers at a time: each needs a core.
const BROWSERS: usize = 2;

/// How long a browser may take to close.
const CLOSING: Duration = Duration::from_secs(15);

const LOOK: Duration = Duration::from_millis(20);

/// How many run.
static RUNNING: Mutex<usize> = Mutex::new(0);
static ENDED: Condvar = Condvar::new();

/// A place for a browser.
struct Place;

impl Place {
    fn take() -> Self {
        let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
        let mut running = ENDED
            .wait_while(running, |running| *running >= BROWSERS)
            .unwrap_or_else(PoisonError::into_inner);
        *running += 1;
        Self
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        ENDED.notify_one();
    }
}

/// A script that runs. Whatever happens, it and its browser end.
struct Script(Child);

impl Drop for Script {
    fn drop(&mut self) {
        // It closes its browser when nobody is there any more to answer it.
        let began = Instant::now();
        while matches!(self.0.try_wait(), Ok(None)) && began.elapsed() < CLOSING {
            std::thread::sleep(LOOK);
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What stands around a browser, and what a scene can have it do.
pub(super) trait Answers {
    /// Does or tells what a scene asks for.
    fn answer(&mut self, question: &[Value]) -> Value;
}

/// Plays a scene, with words for it, in a town of its own. It has to end well.
pub(super) fn play<A: Answers>(scene: &[&str], answers: impl FnOnce() -> A) {
    if !are_installed("tests/page/package-lock.json", "target/tools/page/installed") {
        return;
    }
    let _place = Place::take();
    let mut asked_of = answers();
    let script = Command::new("node")
        .arg(here("tests/page/run.mjs"))
        .args(scene)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut script = Script(script.expect("node runs"));
    let mut answers = script.0.stdin.take().expect("a pipe");
    let asked = BufReader::new(script.0.stdout.take().expect("a pipe"));
    for line in asked.lines() {
        let line = line.expect("text");
        let Some(question) = line.strip_prefix("ask ") else {
            eprintln!("{line}");
            continue;
        };
        let question: Vec<Value> = serde_json::from_str(question).expect("JSON");
        let answer = asked_of.answer(&question);
        // Who does not wait for the answer has ended, which is seen below.
        let _ = writeln!(answers, "{answer}");
    }
    let status = script.0.wait().expect("it ended");
    assert!(status.success(), "the scene {scene:?} of tests/page went wrong: {status}");
}
