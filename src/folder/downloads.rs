//! The folder where a browser puts what is downloaded: somebody else's, full of other things.
//!
//! Only files whose names are of the standard, but for what browsers and Explorer add to a name that
//! is taken, and ZIP files are looked at. They are read where they lie: nothing here is ever renamed,
//! deleted or kept from others.

use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::claim::read_as_seen;
use super::error::{Action, Fault, FolderError, FolderRole};
use super::name::OddReason;
use super::scan::{Odd, Scan, ScanLimits, Seen, Stamp, scan_in};
use crate::archive::is_zip;
use crate::disk::{self, Access};
use crate::types::FileName;
use crate::types::text::{is_forbidden_in_names, is_invisible};

/// Files that one look takes in at the most.
const LIMITS: ScanLimits = ScanLimits { files: 10_000 };

/// What a file is, by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meant {
    /// A file of the standard, with its name as it was before a browser added to it.
    Standard(FileName, String),
    /// An archive, which may hold such files.
    Zip,
}

impl Meant {
    /// What a file of this name is; nothing for what has nothing to do with the standard.
    pub fn of(name: &str) -> Option<Self> {
        let (stem, extension) = name.rsplit_once('.')?;
        if extension.eq_ignore_ascii_case("zip") {
            return Some(Self::Zip);
        }
        let original = format!("{}.{extension}", without_copies(stem));
        let parsed = FileName::parse(&original).ok()?;
        Some(Self::Standard(parsed, original))
    }
}

/// Whether a name is none of the standard and was meant to be one: it has characters in it that cannot
/// be seen, or that names cannot have, or another ending, as an archive that is named after its file.
pub fn is_nearly_of_the_standard(name: &str) -> bool {
    if matches!(Meant::of(name), Some(Meant::Standard(..))) {
        return false;
    }
    let is_odd = |c: char| c.is_control() || is_invisible(c) || is_forbidden_in_names(c);
    let visible: String = name.chars().filter(|c| !is_odd(*c)).collect();
    let visible = visible.trim_matches([' ', '.']);
    let Some((stem, extension)) = visible.rsplit_once('.') else { return false };
    let is_standard = |name: &str| matches!(Meant::of(name), Some(Meant::Standard(..)));
    is_standard(visible)
        || extension.eq_ignore_ascii_case("zip") && is_standard(&format!("{stem}.CSV"))
}

/// A stem without ` (1)`, `(1)`, ` - コピー`, ` - コピー (2)` and ` - Copy` at its end. The names of the
/// standard end in digits.
fn without_copies(stem: &str) -> &str {
    let mut stem = stem;
    loop {
        let shorter = without_number(stem)
            .or_else(|| stem.strip_suffix(" - コピー"))
            .or_else(|| stem.strip_suffix(" - Copy"));
        match shorter {
            Some(shorter) => stem = shorter,
            None => return stem,
        }
    }
}

fn without_number(stem: &str) -> Option<&str> {
    let inner = stem.strip_suffix(')')?;
    let (before, digits) = inner.rsplit_once('(')?;
    let is_number = (1..=4).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| before.strip_suffix(' ').unwrap_or(before))
}

/// A file that may be meant and cannot be taken, because of its name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Misnamed {
    name: OsString,
    /// Whether the name alone says that it is meant; else it is an archive.
    pub is_nearly_of_the_standard: bool,
}

/// A folder of downloads.
#[derive(Debug, Clone)]
pub struct Downloads(PathBuf);

impl Downloads {
    /// The one at a path.
    pub const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The files that may be of the standard and came at or after `since`, by the clock of the disk.
    pub fn scan(&self, since: SystemTime) -> Result<Scan, FolderError> {
        // What is old takes nobody's place: nothing here is ever removed by us.
        let is_other = |name: &str| {
            Meant::of(name).is_none() || self.came(name).is_some_and(|came| came < since)
        };
        let mut scan = scan_in(FolderRole::Downloads, &self.0, LIMITS, is_other)?;
        // Browsers keep the place of what they download with an empty file.
        scan.files.retain(|file| file.stamp().size() > 0);
        Ok(scan)
    }

    /// What a look found that came at or after `since`, may be meant and cannot be taken because of its
    /// name; each as it is at the moment.
    pub fn misnamed(&self, odd: &[Odd], since: SystemTime) -> Vec<(Misnamed, Stamp)> {
        let misnamed = odd.iter().filter_map(|odd| {
            if matches!(odd.reason(), OddReason::Folder | OddReason::Special | OddReason::Link) {
                return None;
            }
            let name = odd.os_name().to_string_lossy();
            let is_near = is_nearly_of_the_standard(&name);
            if !is_near && !is_zip(Path::new(name.trim_end_matches([' ', '.']))) {
                return None;
            }
            let metadata = fs::symlink_metadata(self.0.join(odd.os_name())).ok()?;
            let is_meant = metadata.is_file() && metadata.len() > 0 && came(&metadata)? >= since;
            let misnamed =
                Misnamed { name: odd.os_name().to_owned(), is_nearly_of_the_standard: is_near };
            is_meant.then(|| (misnamed, Stamp::of(&metadata)))
        });
        misnamed.collect()
    }

    /// Such a file, to be read.
    pub fn open_misnamed(&self, misnamed: &Misnamed) -> io::Result<File> {
        disk::open_plain(&self.0.join(&misnamed.name), Access::Read)
    }

    /// Whether it can be looked into.
    pub fn check(&self) -> Result<(), FolderError> {
        let failed = FolderError::at(FolderRole::Downloads, Action::Check);
        fs::read_dir(&self.0).map(drop).map_err(failed)
    }

    /// When a file came: it was written here, or copied here with the time of its original.
    pub fn came_at(&self, file: &Seen) -> Option<SystemTime> {
        self.came(file.name())
    }

    fn came(&self, name: &str) -> Option<SystemTime> {
        came(&fs::symlink_metadata(self.0.join(name)).ok()?)
    }

    /// The bytes of a file; nothing if it is not, or no longer, the one that was seen.
    pub fn read(&self, file: &Seen) -> Result<Option<Vec<u8>>, FolderError> {
        let read = read_as_seen(&self.0.join(file.name()), file.stamp());
        read.map_err(|error| failed(error, file.name()))
    }

    /// The file, to be read by somebody who asks [`Downloads::is_as_seen`] afterwards.
    pub fn open(&self, file: &Seen) -> Result<File, FolderError> {
        let opened = disk::open_plain(&self.0.join(file.name()), Access::Read);
        let opened = opened.map_err(|error| failed(error, file.name()))?;
        let metadata = opened.metadata().map_err(|error| failed(error, file.name()))?;
        if Stamp::of(&metadata) == *file.stamp() {
            return Ok(opened);
        }
        let fault = FolderError::new(Fault::Changed, FolderRole::Downloads, Action::Read);
        Err(fault.about(file.name()))
    }

    /// Whether a file is still the one that was seen.
    pub fn is_as_seen(&self, file: &Seen) -> bool {
        fs::symlink_metadata(self.0.join(file.name()))
            .is_ok_and(|metadata| Stamp::of(&metadata) == *file.stamp())
    }
}

fn came(metadata: &Metadata) -> Option<SystemTime> {
    metadata.modified().into_iter().chain(metadata.created()).max()
}

fn failed(error: io::Error, name: &str) -> FolderError {
    FolderError::of_io(error, FolderRole::Downloads, Action::Read).about(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "UPPLAN_202604_1370000018_43_1370000026_11_20260326111500";

    #[test]
    fn what_browsers_add_to_a_name_is_taken_away() {
        for added in
            ["", " (1)", "(12)", " - コピー", " - コピー (2)", " - Copy", " (1) - Copy (3)"]
        {
            let meant = Meant::of(&format!("{NAME}{added}.csv"));
            let Some(Meant::Standard(_, original)) = meant else { panic!("{added}: {meant:?}") };
            assert_eq!(original, format!("{NAME}.csv"), "{added}");
        }
        assert_eq!(Meant::of("何か.ZIP"), Some(Meant::Zip));
    }

    #[test]
    fn nothing_else_is_looked_at() {
        for name in [
            "写真.jpg",
            "UPPLAN.CSV",
            "請求書 (1).csv",
            ".zip",
            "readme",
            &format!("{NAME}.CSV.crdownload"),
            &format!("{NAME} (1.csv"),
            &format!("{NAME} (一).csv"),
            &format!("{NAME} (99999).csv"),
        ] {
            assert!(!matches!(Meant::of(name), Some(Meant::Standard(..))), "{name}");
        }
    }

    #[test]
    fn what_was_meant_to_be_of_the_standard_is_told_from_other_names() {
        for near in [
            format!("{NAME}\u{200B}.CSV"),
            format!("{}.csv", NAME.replace("UPPLAN", "UPPLAN\u{202E}")),
            format!("{NAME}.CSV "),
            format!("{NAME} (1).zip"),
        ] {
            assert!(is_nearly_of_the_standard(&near), "{near:?}");
        }
        for other in [&format!("{NAME}.CSV"), "写真\u{200B}.csv", "UPPLAN_山田太郎.CSV", "a.zip"]
        {
            assert!(!is_nearly_of_the_standard(other), "{other:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_cannot_be_taken_for_its_name_is_found_if_it_may_be_meant() {
        let folder = tempfile::tempdir().expect("a folder");
        let near = format!("{NAME}\u{200B}.CSV");
        for name in [&near, "NUL.zip", "a\u{200B}.zip", "写真\u{200B}.jpg", "CON.csv", "b.zip"] {
            fs::write(folder.path().join(name), "1").expect("written");
        }
        fs::create_dir(folder.path().join("d\u{200B}.zip")).expect("made");
        let downloads = Downloads::new(folder.path().to_owned());
        let scan = downloads.scan(SystemTime::UNIX_EPOCH).expect("scanned");
        let mut found: Vec<_> = downloads
            .misnamed(&scan.odd, SystemTime::UNIX_EPOCH)
            .into_iter()
            .map(|(file, _)| (file.name.into_string().ok(), file.is_nearly_of_the_standard))
            .collect();
        found.sort();
        let named = |name: &str, near| (Some(name.to_owned()), near);
        let expected = [named("NUL.zip", false), named(&near, true), named("a\u{200B}.zip", false)];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_look_leaves_out_what_is_old_or_foreign_and_changes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let name = format!("{NAME} (1).CSV");
        for name in [name.as_str(), "a.zip", "写真.jpg", "b.zip.crdownload", "c.zip.part"] {
            fs::write(folder.path().join(name), name).expect("written");
        }
        let downloads = Downloads::new(folder.path().to_owned());
        let names = |since| {
            let scan = downloads.scan(since).expect("scanned");
            scan.files.iter().map(|file| file.name().to_owned()).collect::<Vec<_>>()
        };
        let mut all = names(SystemTime::UNIX_EPOCH);
        all.sort();
        assert_eq!(all, [name.as_str(), "a.zip"]);
        let later = SystemTime::from(
            crate::types::Clock::system().now() + jiff::SignedDuration::from_hours(1),
        );
        assert!(names(later).is_empty());
        assert_eq!(fs::read_dir(folder.path()).expect("listed").count(), 5);
        let seen = &downloads.scan(SystemTime::UNIX_EPOCH).expect("scanned").files[0];
        assert!(downloads.read(seen).expect("read").is_some());
        fs::write(folder.path().join(seen.name()), "other bytes").expect("written");
        assert!(downloads.read(seen).expect("read").is_none());
        assert!(!downloads.is_as_seen(seen) && downloads.open(seen).is_err());
    }

    /// Nothing is ever removed here by us, so what is old must not keep out what is new.
    #[test]
    fn what_is_old_takes_nobodys_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, bytes: &[u8]| {
            fs::write(folder.path().join(name), bytes).expect("written");
            fs::symlink_metadata(folder.path().join(name)).and_then(|it| it.modified())
        };
        let mut last = SystemTime::UNIX_EPOCH;
        for number in 0..=LIMITS.files {
            last = write(&format!("{number}.zip"), b"PK").expect("a time");
        }
        // The clocks of disks are coarse.
        let new = format!("{NAME}.CSV");
        while write(&new, b"1,2").expect("a time") <= last {}
        // A browser keeps the place of what it downloads.
        write("later.zip", b"").expect("a time");
        let since = last + std::time::Duration::from_nanos(1);
        let scan = Downloads::new(folder.path().to_owned()).scan(since).expect("scanned");
        let names: Vec<_> = scan.files.iter().map(Seen::name).collect();
        assert_eq!((names, scan.more), (vec![new.as_str()], false));
    }

    #[test]
    fn a_folder_that_is_gone_is_told() {
        let downloads = Downloads::new(PathBuf::from("/no/such/folder"));
        let error = downloads.scan(SystemTime::UNIX_EPOCH).expect_err("gone");
        assert_eq!((error.code(), error.folder()), ("folder-missing", FolderRole::Downloads));
    }
}
