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
        read(self.0.id(), file).expect("it still runs")
    }

    /// User and system time so far.
    pub(crate) fn processor_seconds(&self) -> f64 {
        Stat::read(self.0.id()).expect("it still runs").own
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

/// User and system time so far of a process and of all that it has started, also of those that have
/// ended since.
pub(crate) fn family_seconds(id: u32) -> f64 {
    let parent = Stat::read(id).expect("it still runs");
    let processes = fs::read_dir("/proc").expect("Linux").flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let children = ids.filter_map(Stat::read).filter(|stat| stat.parent == id);
    parent.own + parent.ended + children.map(|stat| stat.own + stat.ended).sum::<f64>()
}

/// Of proc(5), stat: fields 4, 14 and 15, 16 and 17; the times are in hundredths there.
struct Stat {
    parent: u32,
    own: f64,
    ended: f64,
}

impl Stat {
    /// Nothing of a process that has ended.
    fn read(id: u32) -> Option<Self> {
        let stat = read(id, "stat")?;
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |field: usize| fields.get(field - 3)?.parse::<u32>().ok();
        let seconds = |first| Some(f64::from(number(first)? + number(first + 1)?) / 100.0);
        Some(Self { parent: number(4)?, own: seconds(14)?, ended: seconds(16)? })
    }
}

fn read(id: u32, file: &str) -> Option<String> {
    fs::read_to_string(format!("/proc/{id}/{file}")).ok()
}
