//! A log file that begins anew each day or when it is large enough, and keeps some of the old ones.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::config::{LogFile, LogRotation};
use crate::types::{Clock, Instant};

/// How often to look whether the file is still the one that stands there.
const LOOK: Duration = Duration::from_secs(1);

/// Where the log goes. A file that somebody moved or removed is begun anew; its folder is not made
/// again.
pub struct RotatingFile {
    settings: LogFile,
    now: Box<dyn Fn() -> Timestamp + Send>,
    open: Option<Open>,
}

struct Open {
    file: File,
    size: u64,
    day: Date,
    looked_at: Instant,
}

impl RotatingFile {
    /// Opens the file, or says why that is impossible. A full disk is no reason: it may be freed.
    pub fn open(
        settings: LogFile,
        now: impl Fn() -> Timestamp + Send + 'static,
    ) -> io::Result<Self> {
        let mut file = Self { settings, now: Box::new(now), open: None };
        match file.ready(0) {
            Err(error) if error.kind() != io::ErrorKind::StorageFull => Err(error),
            _ => Ok(file),
        }
    }

    /// The file to write `more` bytes to.
    fn ready(&mut self, more: u64) -> io::Result<&mut Open> {
        let path = &self.settings.path;
        let today = day((self.now)());
        let gone = |open: &Open| open.looked_at.elapsed() >= LOOK && !is_at(&open.file, path);
        let mut open = match self.open.take().filter(|open| !gone(open)) {
            Some(open) => open,
            None => begin(path, today)?,
        };
        let daily = self.settings.rotation == LogRotation::Daily && open.day != today;
        let full = open.size.saturating_add(more) > self.settings.size;
        if open.size > 0 && (daily || full) {
            drop(open);
            make_room(path, self.settings.keep)?;
            open = begin(path, today)?;
        }
        if open.looked_at.elapsed() >= LOOK {
            open.looked_at = Clock::running();
        }
        Ok(self.open.insert(open))
    }
}

impl Write for RotatingFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let open = self.ready(u64::try_from(line.len()).unwrap_or(u64::MAX))?;
        let written = open.file.write(line)?;
        open.size += u64::try_from(written).unwrap_or_default();
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::system()).date()
}

/// Opens the file to write at its end.
fn begin(path: &Path, today: Date) -> io::Result<Open> {
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    let metadata = file.metadata()?;
    let written = metadata.modified().ok().and_then(|at| Timestamp::try_from(at).ok());
    let size = metadata.len();
    let day = if size == 0 { today } else { written.map_or(today, day) };
    Ok(Open { file, size, day, looked_at: Clock::running() })
}

/// Gives the file the number 1, and each older one the next; the oldest is removed.
fn make_room(path: &Path, keep: u32) -> io::Result<()> {
    let numbered = |number: u32| -> PathBuf {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{number}"));
        PathBuf::from(name)
    };
    for number in (1..keep).rev() {
        match fs::rename(numbered(number), numbered(number + 1)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    fs::rename(path, numbered(1))
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let id = |metadata: Metadata| (metadata.dev(), metadata.ino());
    matches!((file.metadata().map(id), fs::metadata(path).map(id)), (Ok(a), Ok(b)) if a == b)
}

#[cfg(not(unix))]
fn is_at(file: &File, path: &Path) -> bool {
    let made = |metadata: Metadata| metadata.created().ok();
    matches!((file.metadata().map(made), fs::metadata(path).map(made)), (Ok(a), Ok(b)) if a == b)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    fn settings(folder: &Path, rotation: LogRotation) -> LogFile {
        LogFile { path: folder.join("log"), rotation, size: 100, keep: 2 }
    }

    #[test]
    fn is_never_larger_than_allowed_and_keeps_so_many() {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = settings(folder.path(), LogRotation::Size);
        let mut file = RotatingFile::open(settings, || Timestamp::UNIX_EPOCH).expect("opened");
        for number in 0..100 {
            writeln!(file, "line {number}").expect("written");
        }
        assert_eq!(names(folder.path()), ["log", "log.1", "log.2"]);
        for name in names(folder.path()) {
            assert!(fs::metadata(folder.path().join(name)).expect("a file").len() <= 100);
        }
        let last = fs::read_to_string(folder.path().join("log")).expect("text");
        assert!(last.ends_with("line 99\n"), "{last}");
    }

    #[test]
    fn begins_anew_each_day() {
        let folder = tempfile::tempdir().expect("a folder");
        let hours = Arc::new(AtomicI64::new(0));
        let clock = Arc::clone(&hours);
        let now = move || Timestamp::from_second(clock.load(Ordering::Relaxed) * 3600).expect("ok");
        let settings = settings(folder.path(), LogRotation::Daily);
        let mut file = RotatingFile::open(settings, now).expect("opened");
        file.write_all(b"one\n").expect("written");
        hours.store(48, Ordering::Relaxed);
        file.write_all(b"two\n").expect("written");
        assert_eq!(names(folder.path()), ["log", "log.1"]);
        assert_eq!(fs::read(folder.path().join("log")).expect("read"), b"two\n");
    }

    #[test]
    fn goes_on_when_its_folder_is_there_again() {
        let home = tempfile::tempdir().expect("a folder");
        let folder = home.path().join("logs");
        fs::create_dir(&folder).expect("made");
        let settings = settings(&folder, LogRotation::Size);
        let mut file = RotatingFile::open(settings, || Timestamp::UNIX_EPOCH).expect("opened");
        file.write_all(b"one\n").expect("written");
        fs::rename(&folder, home.path().join("away")).expect("moved");
        let gone = |file: &mut RotatingFile| file.write_all(b"lost\n").is_err();
        let began = Clock::running();
        while !gone(&mut file) {
            assert!(began.elapsed() < Duration::from_secs(20), "not noticed");
        }
        fs::create_dir(&folder).expect("made");
        file.write_all(b"two\n").expect("written");
        assert_eq!(fs::read(folder.join("log")).expect("read"), b"two\n");
    }
}
