//! A real disk that is soon full: a file system in memory, in a namespace that nobody but one process
//! and what it begins can see. That takes no rights where the kernel gives namespaces to everybody.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A disk of a process that is run with the words of `within` before its own.
pub(super) struct SmallDisk {
    place: PathBuf,
    mebibytes: u32,
}

impl SmallDisk {
    /// One at a folder that is made. None where the kernel allows no such thing, which is told.
    pub(super) fn new(place: &Path, mebibytes: u32) -> Option<Self> {
        fs::create_dir_all(place).expect("a folder");
        let disk = Self { place: place.to_owned(), mebibytes };
        let words = disk.within();
        let (program, arguments) = words.split_first().expect("a program");
        let tried = Command::new(program).args(arguments).arg("true").output();
        let tried = tried.expect("unshare of util-linux runs");
        if tried.status.success() {
            return Some(disk);
        }
        let why = String::from_utf8_lossy(&tried.stderr);
        // Past the test harness, which shows nothing of tests that pass.
        let _ = writeln!(std::io::stderr(), "not tested: this kernel gives no namespaces ({why})");
        None
    }

    /// Where it is, for the process alone.
    pub(super) fn place(&self) -> &Path {
        &self.place
    }

    pub(super) fn within(&self) -> Vec<String> {
        let mount = format!(
            "mount -t tmpfs -o size={}m,mode=700 none '{}' && exec \"$@\"",
            self.mebibytes,
            self.place.display()
        );
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", &mount, "sh"]
            .map(str::to_owned)
            .to_vec()
    }

    /// How the disk of a process that runs is reached from here.
    fn of(&self, process: u32) -> PathBuf {
        let place = self.place.strip_prefix("/").expect("a whole path");
        Path::new("/proc").join(process.to_string()).join("root").join(place)
    }

    /// Fills it but for so many KiB.
    pub(super) fn fill(&self, process: u32, left: u64) {
        let path = self.of(process).join("filler");
        let free = || {
            let free = rustix::fs::statvfs(self.of(process)).expect("asked");
            free.f_bavail * free.f_frsize / 1024
        };
        let mut file = fs::File::create(path).expect("room");
        let block = [0; 4096];
        while free() > left {
            if file.write_all(&block).is_err() {
                break;
            }
        }
    }

    /// Makes room again.
    pub(super) fn clear(&self, process: u32) {
        fs::remove_file(self.of(process).join("filler")).expect("removed");
    }
}
