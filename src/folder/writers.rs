//! Whether somebody still has a file open for writing.
//!
//! A file that stands still may be one whose writer thinks. On Windows the attempt to open a file
//! for ourselves alone tells (see [`DropFolder::claim`](super::DropFolder::claim)). Elsewhere two
//! things are asked, because neither knows all: what the kernel told of the folder while we watched
//! it, whoever wrote, and on Linux which files the processes that we may look into have open now.

use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::scan::Seen;
use super::volume::on_network_share;
use super::watch::Hint;

/// Names that are remembered at the most; with more, all are forgotten, which only makes files wait
/// longer.
const MOST: usize = 100_000;

/// What is known of a file's writers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writing {
    /// Nobody has it open for writing.
    Done,
    /// Somebody has.
    InHand,
    /// Nobody can tell.
    Unknown,
}

/// What is known of the writers of the files in one folder.
#[derive(Debug)]
pub struct Writers {
    folder: PathBuf,
    /// By the name of the file, whether somebody wrote since it was last closed.
    told: Mutex<BTreeMap<String, bool>>,
}

impl Writers {
    /// Of the files in `folder`; knows nothing before the first hint.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), told: Mutex::default() }
    }

    /// Takes what the operating system tells of the folder.
    pub fn hint(&self, hint: &Hint) {
        let mut told = self.told();
        if told.len() >= MOST {
            told.clear();
        }
        match hint {
            Hint::Written(name) => _ = told.insert(name.clone(), true),
            // It was moved here as a whole, or its writer has closed it.
            Hint::Closed(name) => _ = told.insert(name.clone(), false),
            Hint::Gone(name) => _ = told.remove(name),
            Hint::Other => {}
            Hint::Lost => told.clear(),
        }
    }

    /// What is known of each of `files`. Blocks for as long as it takes to look through the
    /// processes of the system.
    pub fn of(&self, files: &[Seen]) -> Vec<Writing> {
        if cfg!(windows) || files.is_empty() {
            return vec![Writing::Done; files.len()];
        }
        #[cfg(test)]
        if crate::work::life::current().is_some() {
            // A simulation writes with no other process.
            return vec![Writing::Unknown; files.len()];
        }
        let names: HashSet<&str> = files.iter().map(Seen::name).collect();
        let (open, is_all) = processes::open_for_writing(&names);
        // On a network share those of other machines write too.
        let is_all = is_all && !on_network_share(&self.folder).unwrap_or(true);
        let told = self.told();
        let of = |file: &Seen| {
            if open.contains(&file.stamp().identity()) {
                return Writing::InHand;
            }
            match told.get(file.name()) {
                Some(true) => Writing::InHand,
                Some(false) => Writing::Done,
                None if is_all => Writing::Done,
                None => Writing::Unknown,
            }
        };
        files.iter().map(of).collect()
    }

    fn told(&self) -> MutexGuard<'_, BTreeMap<String, bool>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Other systems do not say which files a process has open.
#[cfg(not(target_os = "linux"))]
mod processes {
    use std::collections::HashSet;

    pub(super) fn open_for_writing(_: &HashSet<&str>) -> (HashSet<(u64, u64)>, bool) {
        (HashSet::new(), false)
    }
}

/// The files that processes have open, from `/proc` (proc_pid_fd(5), proc_pid_fdinfo(5)).
#[cfg(target_os = "linux")]
mod processes {
    use std::collections::HashSet;
    use std::fs;
    use std::io;
    use std::os::unix::fs::MetadataExt as _;
    use std::path::Path;

    /// The namespace of processes that the system began with: who is in it sees all of them.
    const FIRST_NAMESPACE: &str = "pid:[4026531836]";

    /// Device and inode of the files of these names that a process has open for writing, and whether
    /// all processes of the system could be looked into.
    pub(super) fn open_for_writing(names: &HashSet<&str>) -> (HashSet<(u64, u64)>, bool) {
        let mut open = HashSet::new();
        let namespace = fs::read_link("/proc/self/ns/pid");
        let mut is_all = namespace.is_ok_and(|name| name == Path::new(FIRST_NAMESPACE));
        // The first process is one that only who may look into all may look into.
        is_all &= fs::read_dir("/proc/1/fd").is_ok();
        let Ok(processes) = fs::read_dir("/proc") else { return (open, false) };
        for process in processes {
            let Ok(process) = process else {
                is_all = false;
                continue;
            };
            let is_number = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit());
            if process.file_name().to_str().is_some_and(is_number)
                && let Err(error) = look_into(&process.path(), names, &mut open)
            {
                is_all &= is_gone(&error);
            }
        }
        (open, is_all)
    }

    fn look_into(
        process: &Path,
        names: &HashSet<&str>,
        open: &mut HashSet<(u64, u64)>,
    ) -> io::Result<()> {
        for entry in fs::read_dir(process.join("fd"))? {
            let entry = entry?;
            // Only reading the link is sure not to wait for a share that does not answer. The path
            // may be that of another view of the file system, so that only the name counts.
            let Ok(target) = fs::read_link(entry.path()) else { continue };
            let name = target.file_name().and_then(|name| name.to_str());
            if !name.is_some_and(|name| names.contains(name)) || !writes(process, &entry) {
                continue;
            }
            if let Ok(metadata) = fs::metadata(entry.path()) {
                open.insert((metadata.dev(), metadata.ino()));
            }
        }
        Ok(())
    }

    /// Whether a file is open for more than reading, where that can be told; otherwise it is.
    fn writes(process: &Path, entry: &fs::DirEntry) -> bool {
        const ACCESS: u32 = 0o3;
        let info = fs::read_to_string(process.join("fdinfo").join(entry.file_name()));
        let info = info.unwrap_or_default();
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
        flags
            .and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok())
            .is_none_or(|flags| flags & ACCESS != 0)
    }

    /// The process has ended meanwhile (`ESRCH`).
    fn is_gone(error: &io::Error) -> bool {
        error.kind() == io::ErrorKind::NotFound
            || error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error())
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::fs::{self, File};
    use std::io::Write as _;

    use super::super::scan::{ScanLimits, scan};
    use super::*;

    fn of(writers: &Writers) -> Writing {
        let files = scan(&writers.folder, &ScanLimits { files: 10 }).expect("scanned").files;
        writers.of(&files)[0]
    }

    #[test]
    fn a_file_that_a_process_has_open_for_writing_is_in_hand() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.csv");
        let writers = Writers::new(folder.path());
        let mut writer = File::create(&path).expect("made");
        writer.write_all(b"1").expect("written");
        assert_eq!(of(&writers), Writing::InHand);
        // Even where a hint says that somebody, perhaps somebody else, has closed it.
        writers.hint(&Hint::Closed("a.csv".to_owned()));
        assert_eq!(of(&writers), Writing::InHand);
        drop(writer);
        assert_eq!(of(&writers), Writing::Done);
        let reader = File::open(&path).expect("open");
        assert_eq!(of(&writers), Writing::Done, "reading does no harm");
        drop(reader);
    }

    #[test]
    fn hints_tell_of_writers_that_cannot_be_seen() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("a.csv"), "1").expect("written");
        let writers = Writers::new(folder.path());
        let name = || "a.csv".to_owned();
        writers.hint(&Hint::Written(name()));
        assert_eq!(of(&writers), Writing::InHand);
        writers.hint(&Hint::Closed(name()));
        assert_eq!(of(&writers), Writing::Done);
        writers.hint(&Hint::Written(name()));
        writers.hint(&Hint::Lost);
        assert_ne!(of(&writers), Writing::InHand, "what may be wrong is not believed");
    }
}
