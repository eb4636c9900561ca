//! What nodes cost that have nothing to do.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::measure::report;
use crate::world::World;

/// How long an idle node is watched.
const IDLE: Duration = Duration::from_secs(20);

/// Two `renkei run` that have nothing to do, with the settings of `config.example.toml`.
pub(crate) fn idle() {
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
