//! Writing what was planned, all of it or nothing.

use std::path::{Path, PathBuf};
use std::{fs, io};

use jiff::Timestamp;

use super::keys::{self, NewFile};
use super::{FoundingError, Keys, Plan, planned};
use crate::certs::files::{self, Existing};
use crate::config::Problems;
use crate::disk::{self, Readers, create_private_folders};

/// What was set up.
#[derive(Debug)]
pub struct Founded {
    /// The files that are new, as they are reached from here.
    pub files: Vec<PathBuf>,
    /// The requests for certificates among them.
    pub requests: Vec<PathBuf>,
}

/// Writes keys and configuration. Blocks.
///
/// # Errors
///
/// Why nothing was written: a file that is there already is never touched, but for a configuration to
/// which an office is added.
pub fn found(plan: &Plan, now: Timestamp) -> Result<Founded, FoundingError> {
    let home = plan.home();
    let text = text(plan)?;
    let hosts: Vec<String> = plan
        .node
        .iter()
        .filter_map(|node| node.url.as_ref())
        .map(|url| url.host().to_owned())
        .collect();
    let number = plan.office.number;
    let new = keys::files(&plan.keys, number, plan.node.is_some(), &hosts, now)?;
    let folder = keys::folder(home);
    let io_fault = |path: &Path| {
        let path = path.to_owned();
        move |source| FoundingError::Io { path, source }
    };
    create_private_folders(&folder).map_err(io_fault(&folder))?;
    close(&folder).map_err(io_fault(&folder))?;
    let mut written = Written(Vec::new());
    for file in &new {
        let NewFile { path, text, access } = file;
        let path = home.join(path);
        files::write(&path, text.as_bytes(), *access, Existing::Keep)?;
        written.0.push(path);
    }
    let put = match plan.node {
        Some(_) => disk::create(&plan.config, text.as_bytes(), Readers::AsUsual),
        None => disk::rewrite(&plan.config, text.as_bytes()),
    };
    put.map_err(io_fault(&plan.config))?;
    let files = written.keep();
    let is_request = |path: &&PathBuf| path.extension().is_some_and(|ending| ending == "csr");
    let requests = match plan.keys {
        Keys::Request => files.iter().filter(is_request).cloned().collect(),
        Keys::Made | Keys::Given(_) => Vec::new(),
    };
    Ok(Founded { files, requests })
}

/// The configuration as it will be, which has to be a whole one.
fn text(plan: &Plan) -> Result<String, FoundingError> {
    if plan.node.is_some() && fs::symlink_metadata(&plan.config).is_ok() {
        let source = io::ErrorKind::AlreadyExists.into();
        return Err(FoundingError::Io { path: plan.config.clone(), source });
    }
    let sources = planned(plan)?;
    match sources.draft().problems {
        problems if problems.is_empty() => Ok(sources.text),
        problems => Err(FoundingError::Config(Problems(problems))),
    }
}

/// On Unix the folder was made for this account alone, and so are the files in it.
#[cfg(not(windows))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Windows")]
const fn close(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Leaves the folder, with what will lie in it, to its owner, the system and administrators, by their
/// numbers, which are the same in every language of Windows.
#[cfg(windows)]
fn close(folder: &Path) -> io::Result<()> {
    use std::process::{Command, Stdio};
    let closed = Command::new("icacls.exe")
        .arg(folder)
        .args(["/inheritance:r", "/grant:r"])
        .args(["*S-1-3-4:(OI)(CI)F", "*S-1-5-18:(OI)(CI)F", "*S-1-5-32-544:(OI)(CI)F"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    if closed.success() { Ok(()) } else { Err(io::ErrorKind::PermissionDenied.into()) }
}

/// Files that go again unless all of them come about.
struct Written(Vec<PathBuf>);

impl Written {
    fn keep(mut self) -> Vec<PathBuf> {
        std::mem::take(&mut self.0)
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        for path in &self.0 {
            // What cannot be removed is in the way of nothing but the next attempt, which says so.
            let _ = disk::remove_file(path);
        }
    }
}
