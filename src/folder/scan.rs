//! One look into a folder.

use std::collections::BinaryHeap;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{self, Metadata};
use std::io;
use std::path::Path;
use std::time::SystemTime;

use super::error::{Action, FolderError, FolderRole};
use super::name::{OddReason, ShownName, check_name, is_attachment_folder, is_passed_over};
use crate::types::{FileName, FileNameError, FileSerial, OfficeNumber};

/// Odd entries that one scan lists at most; a folder with more is odd enough.
const MOST_ODD: usize = 1_000;

/// Bounds of one scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScanLimits {
    /// The most files that one scan returns; at least the largest send unit that is to get
    /// through.
    pub files: usize,
}

/// What tells whether a file is still the one that was seen: size, time of last change, and where
/// the system has one, its identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    size: u64,
    modified: Option<SystemTime>,
    identity: (u64, u64),
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let identity = {
            use std::os::unix::fs::MetadataExt as _;
            (metadata.dev(), metadata.ino())
        };
        // The index of the file is not stable in std; its birth stays with it when it is renamed.
        #[cfg(windows)]
        let identity = {
            use std::os::windows::fs::MetadataExt as _;
            (metadata.creation_time(), 0)
        };
        Self { size: metadata.len(), modified: metadata.modified().ok(), identity }
    }

    /// Bytes.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// When it was last changed, where the system knows it.
    pub const fn modified(&self) -> Option<SystemTime> {
        self.modified
    }

    /// What the system tells the file by: device and inode, where it has them.
    pub(super) const fn identity(&self) -> (u64, u64) {
        self.identity
    }
}

/// A plain file that a scan found.
#[derive(Clone, PartialEq, Eq)]
pub struct Seen {
    name: String,
    stamp: Stamp,
}

impl Seen {
    pub(super) fn new(name: String, stamp: Stamp) -> Self {
        Self { name, stamp }
    }

    /// Its name, one safe component. Not for logs, unless it is one of the standard: see
    /// [`ShownName`].
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its name taken apart, or why it is none of the standard.
    pub fn parsed(&self) -> Result<FileName, FileNameError> {
        FileName::parse(&self.name)
    }

    /// Its size, time and identity when it was seen.
    pub const fn stamp(&self) -> &Stamp {
        &self.stamp
    }
}

impl fmt::Debug for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = ShownName::of(&self.name);
        f.debug_struct("Seen").field("name", &name).field("stamp", &self.stamp).finish()
    }
}

/// An entry that is left alone. Equal entries are the same in every scan, so that each can be
/// reported once.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Odd {
    name: OsString,
    reason: OddReason,
}

impl Odd {
    /// Its name, fit to be shown.
    pub fn name(&self) -> ShownName {
        ShownName::of_os(&self.name)
    }

    /// Its name as it is. Not for logs.
    pub(super) fn os_name(&self) -> &OsStr {
        &self.name
    }

    /// Why it is left alone.
    pub const fn reason(&self) -> OddReason {
        self.reason
    }
}

impl fmt::Debug for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Odd").field("name", &self.name()).field("reason", &self.reason).finish()
    }
}

/// What a scan found.
#[derive(Debug, Default)]
pub struct Scan {
    /// Files of the standard in ascending 連番, then sender, recipient and name; after them the
    /// files with other names.
    pub files: Vec<Seen>,
    /// There were more files than the limit. Those of the last unit that did not fit whole are
    /// left out too, so that no unit looks incomplete because of the limit.
    pub more: bool,
    /// Entries that are left alone, at most 1,000.
    pub odd: Vec<Odd>,
}

/// Lists the plain files directly in `folder`. Hidden and temporary files, and folders of attachments,
/// are passed over without mention, everything else that is no file to take is [`Odd`].
///
/// Memory stays bounded however many entries there are; only names that are kept are looked at
/// more closely. Links in the folder are never followed.
pub fn scan(folder: &Path, limits: &ScanLimits) -> Result<Scan, FolderError> {
    scan_but(folder, limits, |_| false)
}

/// The same without the files whose names `is_set_aside` says: they take nobody's place.
pub fn scan_but(
    folder: &Path,
    limits: &ScanLimits,
    is_set_aside: impl Fn(&str) -> bool,
) -> Result<Scan, FolderError> {
    scan_in(FolderRole::Drop, folder, *limits, is_set_aside)
}

/// The same in a folder of any role.
pub(super) fn scan_in(
    role: FolderRole,
    folder: &Path,
    limits: ScanLimits,
    is_set_aside: impl Fn(&str) -> bool,
) -> Result<Scan, FolderError> {
    let failed = FolderError::at(role, Action::List);
    let mut scan = Scan::default();
    let mut smallest = Smallest { capacity: limits.files, heap: BinaryHeap::new(), cut: None };
    for entry in fs::read_dir(folder).map_err(&failed)? {
        let entry = entry.map_err(&failed)?;
        let os_name = entry.file_name();
        if os_name.to_str().is_some_and(is_passed_over) {
            continue;
        }
        let kind = match entry.file_type() {
            Ok(kind) => kind,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(failed(error)),
        };
        if kind.is_dir() && os_name.to_str().is_some_and(is_attachment_folder) {
            continue;
        }
        let reason = if kind.is_symlink() {
            Some(OddReason::Link)
        } else if kind.is_dir() {
            Some(OddReason::Folder)
        } else if !kind.is_file() {
            Some(OddReason::Special)
        } else {
            None
        };
        match (reason, check_name(&os_name)) {
            (None, Ok(name)) if is_set_aside(name) => {}
            (None, Ok(name)) => smallest.offer(Candidate::new(name)),
            (Some(reason), _) | (None, Err(reason)) => scan.add_odd(&os_name, reason),
        }
    }

    let (candidates, more) = smallest.finish();
    scan.more = more;
    for name in candidates {
        // Not the metadata of the directory entry: on Windows that is late for open files.
        let metadata = match fs::symlink_metadata(folder.join(&name)) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(failed(error).about(&name)),
        };
        if metadata.is_file() {
            scan.files.push(Seen::new(name, Stamp::of(&metadata)));
        }
    }
    Ok(scan)
}

impl Scan {
    fn add_odd(&mut self, name: &OsStr, reason: OddReason) {
        if self.odd.len() < MOST_ODD {
            self.odd.push(Odd { name: name.to_owned(), reason });
        }
    }
}

/// 連番, sender and recipient: the files of one unit have them in common.
type UnitKey = (FileSerial, OfficeNumber, OfficeNumber);

/// Ordered as [`Scan::files`]. Junk comes last, so that no amount of it keeps a unit waiting.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    is_junk: bool,
    unit: Option<UnitKey>,
    name: String,
}

impl Candidate {
    fn new(name: &str) -> Self {
        let unit = FileName::parse(name).ok();
        let unit = unit.map(|parsed| (parsed.serial, parsed.sender, parsed.recipient));
        Self { is_junk: unit.is_none(), unit, name: name.to_owned() }
    }
}

/// The smallest candidates, as many as fit.
struct Smallest {
    capacity: usize,
    heap: BinaryHeap<Candidate>,
    /// The smallest that did not fit.
    cut: Option<Candidate>,
}

impl Smallest {
    fn offer(&mut self, candidate: Candidate) {
        self.heap.push(candidate);
        if self.heap.len() > self.capacity
            && let Some(largest) = self.heap.pop()
            && self.cut.as_ref().is_none_or(|cut| largest < *cut)
        {
            self.cut = Some(largest);
        }
    }

    /// The names in order, and whether some did not fit.
    fn finish(self) -> (Vec<String>, bool) {
        let mut kept = self.heap.into_sorted_vec();
        let cut_unit = self.cut.as_ref().and_then(|cut| cut.unit);
        // A unit larger than the limit is returned as far as it fits rather than never.
        if cut_unit.is_some() && kept.iter().any(|candidate| candidate.unit != cut_unit) {
            kept.retain(|candidate| candidate.unit != cut_unit);
        }
        (kept.into_iter().map(|candidate| candidate.name).collect(), self.cut.is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: ScanLimits = ScanLimits { files: 100 };

    fn plan(month: &str, serial: &str) -> String {
        format!("UPPLAN_{month}_1370000018_43_1370000026_11_{serial}.CSV")
    }

    fn fill(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        // On Windows in the form `\\?\…`, in which a device name is one like any other.
        let path = fs::canonicalize(folder.path()).expect("there");
        for name in names {
            fs::write(path.join(name), name).expect("written");
        }
        folder
    }

    fn names(scan: &Scan) -> Vec<&str> {
        scan.files.iter().map(Seen::name).collect()
    }

    #[test]
    fn takes_units_in_order_and_other_files_last() {
        let (early, late) = (plan("202605", "20260326111500"), plan("202604", "20260401111500"));
        let folder = fill(&["メモ.txt", &late, &early, "Thumbs.db", "a.CSV.tmp", "~$a.xlsx"]);
        let scan = scan(folder.path(), &LIMITS).expect("scanned");
        assert_eq!(names(&scan), [early.as_str(), &late, "メモ.txt"]);
        assert!(!scan.more && scan.odd.is_empty());
        assert_eq!(scan.files[2].stamp().size(), "メモ.txt".len() as u64);
        assert!(!format!("{scan:?}").contains("メモ"));
    }

    #[test]
    fn leaves_odd_entries_alone() {
        let folder = fill(&["a\u{202E}b.CSV", "NUL.csv"]);
        fs::create_dir(folder.path().join("古い")).expect("made");
        let scan = scan(folder.path(), &LIMITS).expect("scanned");
        assert!(scan.files.is_empty());
        let mut reasons: Vec<_> = scan.odd.iter().map(Odd::reason).collect();
        reasons.sort_unstable();
        assert_eq!(reasons, [OddReason::Invisible, OddReason::DeviceName, OddReason::Folder]);
        assert!(!format!("{scan:?}").contains("古い"));
    }

    #[cfg(unix)]
    #[test]
    fn follows_no_links() {
        let outside = fill(&["secret.CSV"]);
        let folder = fill(&[]);
        let link = folder.path().join(plan("202604", "20260401111500"));
        std::os::unix::fs::symlink(outside.path().join("secret.CSV"), link).expect("linked");
        std::os::unix::fs::symlink(outside.path(), folder.path().join("dir")).expect("linked");
        let scan = scan(folder.path(), &LIMITS).expect("scanned");
        assert!(scan.files.is_empty());
        assert!(scan.odd.iter().all(|odd| odd.reason() == OddReason::Link));
        assert_eq!(scan.odd.len(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn reports_names_that_are_not_unicode() {
        use std::os::unix::ffi::OsStrExt as _;
        let folder = fill(&[]);
        fs::write(folder.path().join(OsStr::from_bytes(b"\x83\x65.CSV")), "").expect("written");
        let scan = scan(folder.path(), &LIMITS).expect("scanned");
        assert_eq!(scan.odd[0].reason(), OddReason::NotUnicode);
    }

    #[test]
    fn keeps_units_whole_under_the_limit() {
        let serials = ["20260101000001", "20260101000002", "20260101000003"];
        let all: Vec<_> = serials
            .iter()
            .flat_map(|serial| ["202601", "202602", "202603"].map(|month| plan(month, serial)))
            .collect();
        let mut files: Vec<_> = all.iter().map(String::as_str).collect();
        files.push("0junk.csv");
        let folder = fill(&files);
        let limited = |files| {
            let scan = scan(folder.path(), &ScanLimits { files }).expect("scanned");
            (scan.files.len(), scan.more)
        };
        assert_eq!(limited(100), (10, false));
        assert_eq!(limited(10), (10, false));
        assert_eq!(limited(9), (9, true), "the junk gives way");
        assert_eq!(limited(8), (6, true));
        assert_eq!(limited(6), (6, true));
        assert_eq!(limited(4), (3, true));
        assert_eq!(limited(2), (2, true), "a unit above the limit is not hidden for ever");
    }

    #[test]
    fn what_is_set_aside_takes_no_place() {
        let (early, late) = (plan("202605", "20260326111500"), plan("202604", "20260401111500"));
        let folder = fill(&[&early, &late]);
        let limits = ScanLimits { files: 1 };
        let first = scan(folder.path(), &limits).expect("scanned");
        assert_eq!((names(&first), first.more), (vec![early.as_str()], true));
        let rest = scan_but(folder.path(), &limits, |name| name == early).expect("scanned");
        assert_eq!((names(&rest), rest.more), (vec![late.as_str()], false));
    }

    #[test]
    fn says_when_the_folder_is_gone() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = scan(&folder.path().join("gone"), &LIMITS).expect_err("gone");
        assert_eq!(error.code(), "folder-missing");
    }
}
