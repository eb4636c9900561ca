//! Folders that keep one folder per send unit: `hold` and `sent`.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::error::{Action, Fault, FolderError, FolderRole};
use super::name::{OddReason, check_name, is_passed_over};
use super::place::Place;
use super::probe::probe;
use crate::disk::{self, Readers};

/// So many of the newest folders of a unit's name are held against a set that is to be kept: a call
/// that is repeated finds what it made, and a thousand sets of one name cost a thousand steps.
const LOOKED_AT: u64 = 4;

/// Attempts to get a name before others do.
const ATTEMPTS: usize = 100;

/// A `hold` or `sent` folder.
///
/// Each set becomes visible as a whole: its folder is built under a hidden name and renamed.
#[derive(Clone)]
pub struct UnitFolder {
    place: Place,
    role: FolderRole,
}

/// Where a set is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Kept {
    /// The folder of the set.
    pub folder: PathBuf,
    /// Whether it is new; otherwise the same files already lay there, from an earlier attempt or
    /// because the same set was refused before.
    pub is_new: bool,
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = self.folder.file_name().unwrap_or_default();
        f.debug_struct("Kept").field("unit", &unit).field("is_new", &self.is_new).finish()
    }
}

/// Where the bytes of a file to keep come from.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    Bytes(&'a [u8]),
    File(&'a Path),
}

impl UnitFolder {
    /// Opens the folder, made if it is missing: checks that it can be written to and removes what
    /// a crash left half-built.
    pub fn open(path: impl Into<PathBuf>, role: FolderRole) -> Result<Self, FolderError> {
        let path = path.into();
        let failed = FolderError::at(role, Action::Check);
        disk::create_folders(&path).map_err(&failed)?;
        disk::remove_leftovers(&path).map_err(&failed)?;
        probe(&path, role)?;
        Ok(Self { place: Place::open(path, role)?, role })
    }

    /// The folder itself, to be asked whether it is still the right one. Keeping a set asks.
    pub const fn root(&self) -> &Place {
        &self.place
    }

    /// Keeps a set in `<unit>`, or `<unit>-2`, … where that is taken by another set, together with
    /// `notes`, such as its report. What has the name of another file of the set, letter case aside,
    /// gets a number before its extension.
    ///
    /// `unit` and the names must be safe ([`check_name`]) and hold no personal data beyond what the
    /// care software put there. Repeating the call is safe: a folder that already holds these
    /// files gets only its notes renewed. Where there are no files it is known by its notes.
    pub fn keep(
        &self,
        unit: &str,
        files: &[(&str, &[u8])],
        notes: &[(&str, &[u8])],
    ) -> Result<Kept, FolderError> {
        let files: Vec<_> =
            files.iter().map(|(name, bytes)| (*name, Source::Bytes(bytes))).collect();
        self.keep_sources(unit, &files, notes)
    }

    pub(super) fn keep_sources(
        &self,
        unit: &str,
        files: &[(&str, Source<'_>)],
        notes: &[(&str, &[u8])],
    ) -> Result<Kept, FolderError> {
        let bad = |reason| FolderError::new(Fault::BadName(reason), self.role, Action::Write);
        check_name(OsStr::new(unit)).map_err(bad)?;
        if is_passed_over(unit) {
            return Err(bad(OddReason::Invisible));
        }
        let mut taken = HashSet::new();
        let mut apart = |name: &str| {
            check_name(OsStr::new(name)).map_err(|reason| bad(reason).about(name))?;
            let name = free_name(name, &taken);
            taken.insert(name.to_lowercase());
            Ok::<_, FolderError>(name)
        };
        let files = files.iter().map(|(name, source)| Ok((apart(name)?, *source)));
        let files: Vec<_> = files.collect::<Result<_, FolderError>>()?;
        let notes = notes.iter().map(|(name, bytes)| Ok((apart(name)?, *bytes)));
        let notes: Vec<_> = notes.collect::<Result<_, FolderError>>()?;

        let noted = notes.iter().map(|(name, bytes)| (name.clone(), Source::Bytes(bytes)));
        let noted: Vec<_> = noted.collect();

        self.place.check()?;
        let failed = FolderError::at(self.role, Action::Write);
        for _ in 0..ATTEMPTS {
            let last = last_taken(|number| is_there(&self.numbered(unit, number)));
            let last = last.map_err(&failed)?;
            // The first one is what a unit that is dropped again and again is held against.
            let newest = (last.saturating_sub(LOOKED_AT).max(1)..=last).rev();
            let known = newest.chain((last > LOOKED_AT + 1).then_some(1));
            for number in known {
                let folder = self.numbered(unit, number);
                let known = if files.is_empty() { &noted } else { &files };
                if holds_all(&folder, known).map_err(&failed)? {
                    for (name, bytes) in &notes {
                        disk::replace(&folder.join(name), bytes, Readers::AsUsual)
                            .map_err(&failed)?;
                    }
                    return Ok(Kept { folder, is_new: false });
                }
            }
            let folder = self.numbered(unit, last.saturating_add(1));
            if self.build(&folder, &files, &notes).map_err(&failed)? {
                return Ok(Kept { folder, is_new: true });
            }
        }
        Err(failed(io::Error::other("others take every name of this unit")))
    }

    /// The folder `<unit>`, `<unit>-2`, ….
    fn numbered(&self, unit: &str, number: u64) -> PathBuf {
        self.place.path().join(if number <= 1 {
            unit.to_owned()
        } else {
            format!("{unit}-{number}")
        })
    }

    /// Whether the folder was free until the end.
    fn build(
        &self,
        folder: &Path,
        files: &[(String, Source<'_>)],
        notes: &[(String, &[u8])],
    ) -> io::Result<bool> {
        let unfinished = disk::temporary(self.place.path());
        let built = || {
            disk::create_folder(&unfinished)?;
            for (name, source) in files {
                let path = unfinished.join(name);
                match source {
                    Source::Bytes(bytes) => disk::write_new(&path, bytes)?,
                    Source::File(file) => disk::link_or_copy(file, &path)?,
                }
            }
            for (name, bytes) in notes {
                disk::write_new(&unfinished.join(name), bytes)?;
            }
            disk::sync_folder(&unfinished)?;
            match disk::rename(&unfinished, folder) {
                // Somebody made a folder of this name in the meantime. (An empty one is replaced.)
                Err(_) if fs::symlink_metadata(folder).is_ok() => Ok(false),
                Err(error) => Err(error),
                Ok(()) => Ok(true),
            }
        };
        let result = built();
        if !matches!(result, Ok(true)) {
            let _ = disk::remove_folder(&unfinished);
            return result;
        }
        disk::sync_folder(self.place.path())?;
        Ok(true)
    }
}

/// Takes the names of a set if each is safe and no two are the same on any system; returns them
/// folded to lower case.
pub(super) fn check_set<'a>(
    names: impl IntoIterator<Item = &'a str>,
    role: FolderRole,
    action: Action,
) -> Result<HashSet<String>, FolderError> {
    let mut taken = HashSet::new();
    for name in names {
        check_name(OsStr::new(name))
            .map_err(|reason| FolderError::new(Fault::BadName(reason), role, action).about(name))?;
        if !taken.insert(name.to_lowercase()) {
            return Err(FolderError::new(Fault::SameName, role, action).about(name));
        }
    }
    Ok(taken)
}

/// The name, or with a number before its extension where a file of the set has it.
fn free_name(name: &str, taken: &HashSet<String>) -> String {
    let place = name.rfind('.').unwrap_or(name.len());
    let (stem, extension) = name.split_at_checked(place).unwrap_or((name, ""));
    let mut free = name.to_owned();
    let mut number = 2_u32;
    while taken.contains(&free.to_lowercase()) {
        free = format!("{stem}-{number}{extension}");
        number = number.saturating_add(1);
    }
    free
}

/// A number that is taken while the next one is free; 0 if the first is free. Found in a number of
/// questions that grows with the logarithm only, whatever gaps there are.
fn last_taken(mut is_taken: impl FnMut(u64) -> io::Result<bool>) -> io::Result<u64> {
    let (mut taken, mut free) = (0, 1);
    while is_taken(free)? {
        taken = free;
        free = free.saturating_mul(2);
    }
    while free - taken > 1 {
        let middle = taken + (free - taken) / 2;
        if is_taken(middle)? {
            taken = middle;
        } else {
            free = middle;
        }
    }
    Ok(taken)
}

fn is_there(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn holds_all(folder: &Path, files: &[(String, Source<'_>)]) -> io::Result<bool> {
    if !fs::symlink_metadata(folder)?.is_dir() {
        return Ok(false);
    }
    for (name, source) in files {
        let path = folder.join(name);
        let same = match source {
            Source::Bytes(bytes) => disk::holds(&path, bytes),
            Source::File(file) => {
                fs::symlink_metadata(&path).and_then(|_| disk::same_file_contents(file, &path))
            }
        };
        match same {
            Ok(true) => {}
            Ok(false) => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::disk::faults::{Then, at_step};

    const UNIT: &str = "20260326101500_1370000018_1370000026";
    const FILES: [(&str, &[u8]); 2] =
        [("UPPLAN.CSV", b"plan, longer than a piece"), ("b.csv", b"")];
    const NOTES: [(&str, &[u8]); 1] = [("report.txt", b"why it was refused")];

    /// Every file below `folder`, hidden ones too, by its path.
    fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(folder).expect("listed") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_str().expect("Unicode").to_owned();
            if path.is_dir() {
                let inner = contents(&path).into_iter();
                found.extend(inner.map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)));
            } else {
                found.insert(name, fs::read(path).expect("read"));
            }
        }
        found
    }

    fn open(path: &Path) -> UnitFolder {
        UnitFolder::open(path.join("hold"), FolderRole::Hold).expect("opened")
    }

    #[test]
    fn keeps_sets_beside_each_other_and_the_same_set_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let hold = open(folder.path());
        let first = hold.keep(UNIT, &FILES, &NOTES).expect("kept");
        assert!(first.is_new && first.folder.ends_with(UNIT));
        let again = hold.keep(UNIT, &FILES, &[("report.txt", b"new")]).expect("kept");
        assert_eq!((again.is_new, &again.folder), (false, &first.folder));
        assert_eq!(contents(&first.folder)["report.txt"], b"new");
        let other = hold.keep(UNIT, &[("b.csv", b"x")], &NOTES).expect("kept");
        assert!(other.is_new && other.folder.ends_with(format!("{UNIT}-2")));
        assert_eq!(contents(folder.path()).len(), 5);
    }

    #[test]
    fn a_note_without_files_is_never_laid_into_the_folder_of_a_set() {
        let folder = tempfile::tempdir().expect("a folder");
        let hold = open(folder.path());
        let set = hold.keep(UNIT, &FILES, &NOTES).expect("kept");
        let notes: [(&str, &[u8]); 1] = [("report.txt", b"it was given up")];
        let alone = hold.keep(UNIT, &[], &notes).expect("kept");
        assert!(alone.is_new && alone.folder != set.folder);
        assert_eq!(contents(&set.folder)["report.txt"], NOTES[0].1);
        let again = hold.keep(UNIT, &[], &notes).expect("kept");
        assert_eq!((again.is_new, again.folder), (false, alone.folder));
    }

    #[test]
    fn a_file_keeps_its_name_before_a_note() {
        let folder = tempfile::tempdir().expect("a folder");
        let hold = open(folder.path());
        let kept = hold.keep(UNIT, &[("Report.TXT", b"theirs")], &NOTES).expect("kept");
        let found = contents(&kept.folder);
        assert_eq!(found["Report.TXT"], b"theirs");
        assert_eq!(found["report-2.txt"], NOTES[0].1);
    }

    #[test]
    fn refuses_names_that_are_not_safe() {
        let folder = tempfile::tempdir().expect("a folder");
        let hold = open(folder.path());
        let code = |unit: &str, name: &str, note: &str| {
            hold.keep(unit, &[(name, b"")], &[(note, b"")]).map_err(|error| error.code())
        };
        assert_eq!(code("../x", "a", "b"), Err("folder-bad-name"));
        assert_eq!(code(".hidden", "a", "b"), Err("folder-bad-name"));
        assert_eq!(code(UNIT, "../a", "b"), Err("folder-bad-name"));
        assert_eq!(code(UNIT, "a", "/b"), Err("folder-bad-name"));
        assert!(contents(folder.path()).is_empty());
    }

    #[test]
    fn files_of_the_same_name_are_told_apart() {
        let folder = tempfile::tempdir().expect("a folder");
        let hold = open(folder.path());
        let twins: [(&str, &[u8]); 4] =
            [("a.csv", b"1"), ("A.CSV", b"2"), ("memo", b"3"), ("Memo", b"4")];
        for is_new in [true, false] {
            let kept = hold.keep(UNIT, &twins, &[("A.csv", b"note")]).expect("kept");
            assert_eq!(kept.is_new, is_new);
            let names: Vec<_> = contents(&kept.folder).into_keys().collect();
            assert_eq!(names, ["A-2.CSV", "A-3.csv", "Memo-2", "a.csv", "memo"]);
        }
    }

    #[test]
    fn a_free_name_is_found_in_few_steps() {
        for taken in [0, 1, 2, 3, 4, 5, 1_000, 9_998, 9_999, 10_000, 1_000_000] {
            let mut questions = 0;
            let last = last_taken(|number| {
                questions += 1;
                Ok(number <= taken)
            });
            assert_eq!(last.expect("found"), taken);
            assert!(questions <= 2 * 21, "{questions} questions for {taken}");
        }
        // What a person deleted in between does no harm.
        let gaps = |number| Ok(number <= 100 && number % 7 != 4);
        let last = last_taken(gaps).expect("found");
        assert!(gaps(last).expect("asked") && !gaps(last + 1).expect("asked"));
    }

    /// Every set is held against few others, however many have its name.
    #[test]
    fn many_sets_of_one_name_cost_a_step_each() {
        let folder = tempfile::tempdir().expect("a folder");
        let hold = open(folder.path());
        let steps = |number: u32| {
            let bytes = number.to_le_bytes();
            let run = || hold.keep(UNIT, &[("a.csv", &bytes)], &[]).expect("kept").is_new;
            let (is_new, steps) = crate::disk::faults::trace(run);
            assert!(is_new);
            steps.len()
        };
        let first: usize = (0..20).map(&steps).sum();
        (20..300).for_each(|number| _ = steps(number));
        let last: usize = (300..320).map(&steps).sum();
        assert!(last <= 2 * first, "{first} steps for the first twenty, {last} for the last");
        let again = hold.keep(UNIT, &[("a.csv", &319_u32.to_le_bytes())], &[]).expect("kept");
        assert!(!again.is_new, "the newest is recognised");
    }

    #[test]
    fn a_full_disk_or_a_crash_leaves_no_half_set() {
        for then in [Then::GoOn, Then::StayDead] {
            for step in 0.. {
                let folder = tempfile::tempdir().expect("a folder");
                let hold = open(folder.path());
                let run = || hold.keep(UNIT, &FILES, &NOTES);
                let (result, hit) = at_step(step, io::ErrorKind::StorageFull, then, run);
                let visible = contents(&folder.path().join("hold"))
                    .into_keys()
                    .filter(|name| !name.starts_with('.'))
                    .count();
                assert!(visible == 0 || visible == 3, "step {step}: {visible} files");
                if !hit {
                    assert!(result.expect("kept").is_new && step > 8);
                    break;
                }
                if let Err(error) = result {
                    assert_eq!(error.fault(), Fault::DiskFull, "step {step}");
                }
                open(folder.path()).keep(UNIT, &FILES, &NOTES).expect("kept");
                assert_eq!(contents(&folder.path().join("hold")).len(), 3, "step {step}");
            }
        }
    }

    proptest! {
        #![proptest_config(super::super::law())]

        #[test]
        fn no_name_leads_out_of_the_folder(
            unit in "[a-z./\\\\:\u{202E}]{0,6}",
            name in "(?s)[.]{0,2}[/\\\\]?.{0,6}",
            note in "[a-z./]{0,6}",
        ) {
            let folder = tempfile::tempdir().expect("a folder");
            let hold = open(folder.path());
            let kept = hold.keep(&unit, &[(&name, b"f")], &[(&note, b"n")]);
            let found = contents(folder.path());
            match kept {
                Ok(kept) => {
                    let hold = folder.path().join("hold");
                    prop_assert_eq!(kept.folder.parent(), Some(hold.as_path()));
                    prop_assert_eq!(found.len(), 2);
                    let inside = format!("hold/{unit}/");
                    prop_assert!(found.keys().all(|path| path.starts_with(&inside)));
                }
                Err(_) => prop_assert!(found.is_empty()),
            }
        }
    }
}
