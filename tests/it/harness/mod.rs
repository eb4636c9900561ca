//! Offices that run the program itself, on real folders, ports, keys and stores.
//!
//! A test puts files where care software would, and looks only at what anybody can see from
//! outside: folders, the database, the log, and what the commands print. When it fails, the logs
//! of its nodes are printed; its nodes are killed whatever happens.

mod office;
mod settings;
mod waits;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use renkei::certs::TestCa;
use tempfile::TempDir;

use crate::proof::long;

pub(crate) use office::{Office, RENKEI};
pub(crate) use settings::quoted;
pub(crate) use waits::{PATIENCE, free_port, until, until_within};

/// 居宅介護支援
pub(crate) const CARE: &str = "2770000011";
/// 訪問介護
pub(crate) const HELP: &str = "2770000029";
/// 通所介護
pub(crate) const DAY: &str = "2770000037";

/// What the offices of one test have in common.
pub(crate) struct World {
    folder: TempDir,
    pub(crate) authority: TestCa,
}

/// Offices that know each other, none of them running yet.
pub(crate) fn offices<const N: usize>(numbers: [&'static str; N]) -> [Office; N] {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let authority = TestCa::new("end-to-end CA", long()).expect("a CA");
    let world = Arc::new(World { folder, authority });
    let addressed = numbers.map(|number| (number, free_port()));
    addressed.map(|(number, port)| {
        let peers = addressed.iter().copied().filter(|(peer, _)| *peer != number);
        Office::new(number, port, peers, Arc::clone(&world))
    })
}

/// The same, all running.
pub(crate) fn running<const N: usize>(numbers: [&'static str; N]) -> [Office; N] {
    let mut offices = offices(numbers);
    offices.iter_mut().for_each(Office::start);
    offices
}

/// Where the library is that shows a program another time.
#[cfg(target_os = "linux")]
pub(crate) fn faketime() -> String {
    let folders = fs::read_dir("/usr/lib").expect("a folder");
    let mut found = folders.filter_map(|entry| {
        let path = entry.expect("an entry").path().join("faketime/libfaketime.so.1");
        path.is_file().then(|| path.to_str().expect("UTF-8").to_owned())
    });
    found.next().expect("libfaketime is not installed (apt-get install faketime)")
}

/// The entries of a folder that are not hidden, by name; none if there is no such folder.
pub(crate) fn visible(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| !name_of(path).starts_with('.'));
    paths.sort();
    paths
}

pub(crate) fn name_of(path: &Path) -> String {
    path.file_name().expect("a name").to_string_lossy().into_owned()
}
