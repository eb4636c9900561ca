//! Hints of the operating system that a folder changed.

use std::fs;
use std::io;
use std::path::Path;

use notify::event::{AccessKind, AccessMode, DataChange, ModifyKind, RenameMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::error::{Action, FolderError, FolderRole};

/// What the operating system tells of a folder; names are those of files in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// Somebody writes to it.
    Written(String),
    /// One who could write to it has closed it, or it was moved here.
    Closed(String),
    /// It was moved away or removed.
    Gone(String),
    /// Something else changed.
    Other,
    /// Hints were lost.
    Lost,
}

impl Hint {
    /// Nothing for what is no change, such as reading: our own scans and attempts at claiming open
    /// files, and a hint from them would make another scan, and so on.
    fn of(event: notify::Result<Event>) -> Option<Self> {
        // An error means lost hints.
        let Ok(event) = event else { return Some(Self::Lost) };
        if event.need_rescan() {
            return Some(Self::Lost);
        }
        let name = |place: usize| -> Option<String> {
            event.paths.get(place)?.file_name()?.to_str().map(str::to_owned)
        };
        let first = |hint: fn(String) -> Self| name(0).map_or(Self::Other, hint);
        Some(match event.kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write))
            | EventKind::Modify(ModifyKind::Name(RenameMode::To)) => first(Self::Closed),
            EventKind::Access(_) => return None,
            // Only where closing is told too does writing mean that it is not closed.
            EventKind::Modify(ModifyKind::Data(DataChange::Any)) if cfg!(target_os = "linux") => {
                first(Self::Written)
            }
            EventKind::Modify(ModifyKind::Name(RenameMode::From)) | EventKind::Remove(_) => {
                first(Self::Gone)
            }
            EventKind::Any | EventKind::Create(_) | EventKind::Modify(_) | EventKind::Other => {
                Self::Other
            }
        })
    }
}

/// Watches folders for as long as it lives.
///
/// A hint only shortens the wait until the next full scan, which finds everything: hints are lost
/// on network shares, on overflow and where the system has run out of watches.
pub struct Watch {
    _watcher: Option<RecommendedWatcher>,
}

impl Watch {
    /// Calls `on_change` (from a thread of its own, often several times for one change) whenever
    /// something appeared, changed, was closed by a writer or vanished in one of `folders`; not for
    /// mere reading.
    ///
    /// Returns with it one error per folder that cannot be watched; the others are.
    pub fn start<'a>(
        folders: impl IntoIterator<Item = (FolderRole, &'a Path)>,
        on_change: impl Fn(Hint) + Send + 'static,
    ) -> (Self, Vec<FolderError>) {
        let handler = move |event: notify::Result<Event>| {
            if let Some(hint) = Hint::of(event) {
                on_change(hint);
            }
        };
        #[cfg(test)]
        if crate::work::life::current().is_some() {
            // Its thread would tell at moments of its own.
            return (Self { _watcher: None }, Vec::new());
        }
        let mut errors = Vec::new();
        let mut watcher = notify::recommended_watcher(handler).map_err(io_error);
        for (role, folder) in folders {
            let watched = match &mut watcher {
                // Asked first: on Windows the watcher does not tell a missing folder apart.
                Ok(watcher) => fs::metadata(folder).and_then(|_| {
                    watcher.watch(folder, RecursiveMode::NonRecursive).map_err(io_error)
                }),
                Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
            };
            errors.extend(watched.err().map(FolderError::at(role, Action::Watch)));
        }
        (Self { _watcher: watcher.ok() }, errors)
    }
}

/// Without the paths, which the caller knows and a log need not.
fn io_error(error: notify::Error) -> io::Error {
    match error.kind {
        notify::ErrorKind::Io(error) => error,
        notify::ErrorKind::PathNotFound => io::ErrorKind::NotFound.into(),
        notify::ErrorKind::MaxFilesWatch => io::Error::other("no more watches"),
        notify::ErrorKind::Generic(_)
        | notify::ErrorKind::WatchNotFound
        | notify::ErrorKind::InvalidConfig(_) => io::Error::other("watching is not possible"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::super::error::Fault;
    use super::*;

    #[test]
    fn hints_at_changes_and_reports_what_it_cannot_watch() {
        let folder = tempfile::tempdir().expect("a folder");
        let missing = folder.path().join("missing");
        let (sender, hints) = mpsc::channel();
        let (watch, errors) = Watch::start(
            [(FolderRole::Drop, folder.path()), (FolderRole::Import, missing.as_path())],
            move |_| sender.send(()).unwrap_or_default(),
        );
        let faults: Vec<_> = errors.iter().map(|error| (error.folder(), error.fault())).collect();
        assert_eq!(faults, [(FolderRole::Import, Fault::Missing)]);

        fs::write(folder.path().join("a.csv"), "1").expect("written");
        hints.recv_timeout(Duration::from_secs(20)).expect("a hint");
        drop(watch);
        // The channel closes only when the watcher and its thread are gone.
        let end = loop {
            if let Err(end) = hints.recv_timeout(Duration::from_secs(20)) {
                break end;
            }
        };
        assert_eq!(end, mpsc::RecvTimeoutError::Disconnected);
    }

    #[test]
    fn does_not_hint_at_reading() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.csv");
        fs::write(&file, "1").expect("written");
        let (sender, hints) = mpsc::channel();
        let (_watch, errors) = Watch::start([(FolderRole::Drop, folder.path())], move |hint| {
            sender.send(hint).unwrap_or_default();
        });
        assert!(errors.is_empty());
        for _ in 0..100 {
            fs::read(&file).expect("read");
        }
        fs::remove_file(&file).expect("removed");
        // Events arrive in order: the first hint is the one of this change.
        let first = hints.recv_timeout(Duration::from_secs(20)).expect("a hint");
        assert_eq!(first, Hint::Gone("a.csv".to_owned()));
    }
}
