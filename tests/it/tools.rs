//! Tools that tests use and `.ci/tools` installs, where there is a network.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Whether a list of tools, such as `.ci/tools.txt`, is installed as it is now. Where it is not, CI
/// fails, and anybody else is told.
pub(crate) fn are_installed(list: &str, installed: &str) -> bool {
    let wanted = fs::read(here(list)).expect("the list of the tools");
    if fs::read(here(installed)).is_ok_and(|installed| installed == wanted) {
        return true;
    }
    let how = format!(
        "what {list} names is not installed: `bash .ci/tools` does it, and needs the network once"
    );
    assert!(std::env::var_os("CI").is_none_or(|ci| ci.is_empty()), "{how}");
    // Past the test harness, which shows nothing of tests that pass.
    let _ = writeln!(std::io::stderr(), "not tested: {how}");
    false
}

/// A program of `target/tools`, if it is installed.
pub(crate) fn tool(name: &str) -> Option<PathBuf> {
    are_installed(".ci/tools.txt", "target/tools/installed")
        .then(|| here("target/tools/bin").join(name))
}

/// A path of the repository.
pub(crate) fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
