//! A program that is watched while it runs.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// The program itself in a process of its own.
pub(crate) struct Running(Child);

impl Running {
    /// `renkei COMMAND --config …`
    pub(crate) fn start(command: &str, config: &Path) -> Self {
        let mut renkei = Command::new(env!("CARGO_BIN_EXE_renkei"));
        renkei.arg(command).arg("--config").arg(config).stdout(Stdio::null());
        Self(renkei.spawn().expect("starts"))
    }

    fn status(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.0.id())).expect("it still runs")
    }

    /// User and system time so far (proc(5), stat, fields 14 and 15, in hundredths).
    pub(crate) fn processor_seconds(&self) -> f64 {
        let stat = self.status("stat");
        let after_name = stat.rsplit_once(')').expect("a name").1;
        let ticks = |field: usize| -> f64 {
            after_name.split_whitespace().nth(field - 3).expect("a field").parse().expect("ticks")
        };
        (ticks(14) + ticks(15)) / 100.0
    }

    /// In MB.
    pub(crate) fn resident(&self) -> f64 {
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
