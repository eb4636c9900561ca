//! Files that are being written: whole in the end, or not there, also when somebody ends the program.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Mutex, MutexGuard, Once, PoisonError, mpsc};
use std::thread;

use super::signals::{Asked, Signals};
use crate::disk::{self, Readers};

/// What has to go when the program ends now.
static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Whoever holds it keeps the program from ending.
fn unfinished() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the exit code is when somebody ends the program.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ending {
    /// It was to go on until then: 0.
    Done,
    /// It was in the middle of something: what shells say of a program that the signal ended.
    Cut,
}

impl Ending {
    fn code(self, asked: Asked) -> i32 {
        match (self, asked) {
            (Self::Done, Asked::Stop | Asked::Interrupt) => 0,
            (_, Asked::Reload) => 129,
            (Self::Cut, Asked::Interrupt) => 130,
            (Self::Cut, Asked::Stop) => 143,
        }
    }
}

/// From here on a signal ends the program at once, whatever it does, and takes away what is not
/// whole. The first call counts.
pub(super) fn end_when_asked(ending: Ending) -> io::Result<()> {
    static LISTENS: Once = Once::new();
    let mut listening = Ok(());
    LISTENS.call_once(|| listening = listen(ending));
    listening
}

fn listen(ending: Ending) -> io::Result<()> {
    let (ready, is_ready) = mpsc::channel();
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let ended = runtime.and_then(|runtime| {
            runtime.block_on(async {
                let mut signals = Signals::listen()?;
                let _ = ready.send(Ok(()));
                Ok(signals.next().await)
            })
        });
        match ended {
            Ok(asked) => {
                let files = unfinished();
                for path in files.iter() {
                    // Whoever ends a program is not told of more.
                    let _ = fs::remove_file(path);
                }
                process::exit(ending.code(asked));
            }
            Err(error) => {
                let _ = ready.send(Err(error));
            }
        }
    })?;
    is_ready.recv().unwrap_or_else(|_| Err(io::Error::other("no signals")))
}

/// A new file that goes again, unless it is kept.
pub(super) struct Unfinished {
    path: PathBuf,
}

impl Unfinished {
    /// Makes it; nothing is overwritten.
    pub(super) fn create(path: &Path) -> io::Result<(Self, File)> {
        end_when_asked(Ending::Cut)?;
        let mut files = unfinished();
        let file = File::create_new(path)?;
        files.insert(path.to_owned());
        Ok((Self { path: path.to_owned() }, file))
    }

    /// It is whole.
    pub(super) fn keep(self) {
        unfinished().remove(&self.path);
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if unfinished().remove(&self.path) {
            // The first error is the one to tell.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Does what must not end in its middle, such as writing one file under a hidden name and renaming
/// it: whoever ends the program waits until it is done.
pub(super) fn whole<T>(work: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    end_when_asked(Ending::Cut)?;
    let _files = unfinished();
    work()
}

/// Writes a file in the place of what is there, for the same readers. What is no plain file, such as a
/// pipe, a device or a link to something, is written to as it stands.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let there = match fs::symlink_metadata(path) {
        Ok(there) if there.is_file() => there,
        Ok(_) => return fs::write(path, bytes),
        Err(_) => return whole(|| disk::replace(path, bytes, Readers::AsUsual)),
    };
    let replaced = whole(|| {
        disk::replace(path, bytes, Readers::Owner)?;
        fs::set_permissions(path, there.permissions())
    });
    match replaced {
        // The folder takes no new file.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => fs::write(path, bytes),
        replaced => replaced,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_kept_goes_and_what_is_written_is_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("report.html");
        replace(&path, b"first").expect("written");
        replace(&path, b"second").expect("written");
        assert_eq!(fs::read(&path).expect("there"), b"second");
        disk::close_to_others(&path).expect("closed");
        replace(&path, b"third").expect("written");
        let metadata = fs::metadata(&path).expect("there");
        assert_eq!(disk::mode_for_others(&metadata), None, "it stays closed");
        let other = folder.path().join("other");
        let (unfinished, _) = Unfinished::create(&other).expect("made");
        assert!(other.exists() && Unfinished::create(&other).is_err(), "nothing is overwritten");
        drop(unfinished);
        assert!(!other.exists());
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn readers_stay_and_links_are_followed() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().expect("a folder");
        let (path, link) = (folder.path().join("report.html"), folder.path().join("link"));
        fs::write(&path, b"first").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("ours");
        replace(&path, b"second").expect("written");
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o640);
        symlink(&path, &link).expect("linked");
        replace(&link, b"third").expect("written");
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink(), "a device stays one");
        assert_eq!(fs::read(&path).expect("there"), b"third");
    }

    #[test]
    fn exit_codes_are_those_of_shells() {
        let codes =
            [Asked::Interrupt, Asked::Stop, Asked::Reload].map(|asked| Ending::Cut.code(asked));
        assert_eq!(codes, [130, 143, 129]);
        assert_eq!(Ending::Done.code(Asked::Interrupt), 0);
    }
}
