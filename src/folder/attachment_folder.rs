//! Placing attachments where people find them.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use super::error::{Action, Fault, FolderError, FolderRole};
use super::import_folder::{
    ImportFolder, forget_staged, is_folder, staged, staged_in, staged_name,
};
use super::name::check_name;
use super::place::Place;
use crate::attachment::{DocumentKind, Title};
use crate::disk::{self, Readers};
use crate::types::{MessageId, OfficeNumber, ServiceMonth};

/// The folder below an import folder.
pub const ROOT: &str = "attachments";

/// The folder of what is about no month.
const UNDATED: &str = "undated";

/// Files of one title in one folder at the most.
const MOST_OF_A_TITLE: u32 = 999;

/// The folder of attachments below an import folder: `attachments/<sender>/<YYYY-MM>/<kind>/<title>`,
/// with `undated` for what has no month, and without a folder for what has no kind.
///
/// It is made when the first attachment comes, so that an import folder that never has one stays as
/// the care software knows it.
///
/// # Storage
///
/// As in an [`ImportFolder`], a package is written and synced below a hidden name first and renamed to
/// `.renkei-<message id>/` when it is whole. What is missing from that folder has been placed: a
/// repeated call places nothing twice, also where somebody has taken a file away already.
#[derive(Clone)]
pub struct AttachmentFolder {
    import: Place,
}

/// An attachment that is to be placed.
#[derive(Debug, Clone, Copy)]
pub struct Attached<'a> {
    /// Its name.
    pub title: &'a Title,
    /// The kind of document.
    pub kind: Option<&'a DocumentKind>,
    /// The month that it is about.
    pub month: Option<ServiceMonth>,
    /// Its bytes.
    pub bytes: &'a [u8],
}

impl AttachmentFolder {
    /// That of an import folder in which somebody may be placing.
    pub fn of(import: &ImportFolder) -> Self {
        Self { import: import.root().clone() }
    }

    /// That of an import folder; removes what a crash left half-written.
    pub fn open(import: &ImportFolder) -> Result<Self, FolderError> {
        let folder = Self::of(import);
        if is_folder(&folder.root()).map_err(failed)? {
            disk::remove_leftovers(&folder.root()).map_err(failed)?;
        }
        Ok(folder)
    }

    /// Places the files of a package. A file of the same title and bytes that lies there counts as
    /// placed; beside one with other bytes the new one gets a number, and nothing is overwritten.
    ///
    /// After an error or a crash the call is repeated with the same id and the same files.
    pub fn place(
        &self,
        id: MessageId,
        sender: OfficeNumber,
        files: &[Attached<'_>],
    ) -> Result<(), FolderError> {
        self.import.check()?;
        let root = self.root();
        folder_in(self.import.path(), ROOT).map_err(failed)?;
        let staged = self.staged(id);
        if !is_folder(&staged).map_err(failed)? {
            write(&root, &staged, files).map_err(failed)?;
        }
        for (number, file) in files.iter().enumerate() {
            let source = staged.join(staged_name(number));
            if !disk::holds(&source, file.bytes).or_else(gone_is_placed).map_err(failed)? {
                // Somebody meddled with it. It was not shown, so that it may be written anew.
                disk::replace(&source, file.bytes, Readers::AsUsual).map_err(failed)?;
            }
            if !source.try_exists().map_err(failed)? {
                continue;
            }
            let folder = self.folder_of(sender, file).map_err(failed)?;
            show(&source, &folder, file)?;
            disk::sync_folder(&folder).map_err(failed)?;
        }
        disk::sync_folder(&staged).map_err(failed)?;
        self.import.check()
    }

    /// Forgets packages, once the store says what became of them. Can be repeated.
    pub fn finish_all(&self, ids: &[MessageId]) -> Result<(), FolderError> {
        self.import.check()?;
        let all: Vec<_> = ids.iter().map(|id| self.staged(*id)).collect();
        forget_staged(&self.root(), &all)
            .map_err(FolderError::at(FolderRole::Import, Action::Delete))
    }

    /// The packages that were staged and not finished.
    pub fn unfinished(&self) -> Result<Vec<MessageId>, FolderError> {
        match staged_in(&self.root()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            staged => staged.map_err(FolderError::at(FolderRole::Import, Action::List)),
        }
    }

    fn root(&self) -> PathBuf {
        self.import.path().join(ROOT)
    }

    fn staged(&self, id: MessageId) -> PathBuf {
        staged(&self.root(), id)
    }

    /// The folder of a file, made if it is missing. Nothing on the way may be a link.
    fn folder_of(&self, sender: OfficeNumber, file: &Attached<'_>) -> io::Result<PathBuf> {
        let folder = folder_in(&self.root(), sender.as_str())?;
        let month = file.month.map_or_else(|| UNDATED.to_owned(), folder_name);
        let folder = folder_in(&folder, &month)?;
        match file.kind {
            Some(kind) => folder_in(&folder, kind.reveal()),
            None => Ok(folder),
        }
    }
}

/// The name of the folder of a month: `YYYY-MM`.
pub(super) fn folder_name(month: ServiceMonth) -> String {
    format!("{:04}-{:02}", month.year(), month.month())
}

/// Gives a file the first free name of its title.
fn show(staged: &Path, folder: &Path, file: &Attached<'_>) -> Result<(), FolderError> {
    for number in 1..=MOST_OF_A_TITLE {
        let name = match number {
            1 => file.title.reveal().to_owned(),
            _ => file.title.numbered(number),
        };
        check_name(OsStr::new(&name)).map_err(|reason| fault(Fault::BadName(reason)))?;
        let target = folder.join(name);
        match disk::rename_new(staged, &target) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(error)),
        }
        // A folder, a link, or what nobody may read is not the same.
        if matches!(disk::holds(&target, file.bytes), Ok(true)) {
            return disk::remove_file(staged).map_err(failed);
        }
    }
    Err(fault(Fault::SameName))
}

fn write(root: &Path, staged: &Path, files: &[Attached<'_>]) -> io::Result<()> {
    let unfinished = disk::temporary(root);
    let build = || {
        disk::create_folder(&unfinished)?;
        for (number, file) in files.iter().enumerate() {
            disk::write_new(&unfinished.join(staged_name(number)), file.bytes)?;
        }
        disk::sync_folder(&unfinished)?;
        disk::rename(&unfinished, staged)?;
        disk::sync_folder(root)
    };
    let built = build();
    if built.is_err() {
        let _ = disk::remove_folder(&unfinished);
    }
    built
}

/// A folder in another one, which must be no link.
fn folder_in(above: &Path, name: &str) -> io::Result<PathBuf> {
    let path = above.join(name);
    if !is_folder(&path)? {
        match disk::create_folder(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            Ok(()) | Err(_) => disk::sync_folder(above)?,
        }
        if !is_folder(&path)? {
            return Err(io::ErrorKind::NotADirectory.into());
        }
    }
    Ok(path)
}

fn gone_is_placed(error: io::Error) -> io::Result<bool> {
    if error.kind() == io::ErrorKind::NotFound { Ok(true) } else { Err(error) }
}

fn failed(error: io::Error) -> FolderError {
    FolderError::of_io(error, FolderRole::Import, Action::Write)
}

fn fault(fault: Fault) -> FolderError {
    FolderError::new(fault, FolderRole::Import, Action::Write)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;

    use super::*;
    use crate::disk::faults::{Then, at_step};

    fn id(seed: u64) -> MessageId {
        format!("01890a5d-ac96-774b-bcce-{seed:012x}").parse().expect("a message id")
    }

    fn sender() -> OfficeNumber {
        "1370000018".parse().expect("an office")
    }

    fn open(path: &Path) -> AttachmentFolder {
        let import = path.join("import");
        fs::create_dir_all(&import).expect("made");
        let import = ImportFolder::open(import).expect("opened");
        AttachmentFolder::open(&import).expect("opened")
    }

    /// Every visible file below `folder`, by its path.
    fn visible(folder: &Path) -> BTreeMap<String, Vec<u8>> {
        let mut found = BTreeMap::new();
        let Ok(entries) = fs::read_dir(folder) else { return found };
        for entry in entries {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_str().expect("Unicode").to_owned();
            if name.starts_with('.') {
                continue;
            }
            if path.is_dir() {
                let inner = visible(&path).into_iter();
                found.extend(inner.map(|(inner, bytes)| (format!("{name}/{inner}"), bytes)));
            } else {
                found.insert(name, fs::read(path).expect("read"));
            }
        }
        found
    }

    struct Papers {
        title: Title,
        kind: DocumentKind,
    }

    impl Papers {
        fn new() -> Self {
            Self {
                title: Title::new("意見書.pdf").expect("a title"),
                kind: DocumentKind::new("医師").expect("a kind"),
            }
        }

        fn files<'a>(&'a self, one: &'a [u8], other: &'a [u8]) -> [Attached<'a>; 2] {
            let month = "202605".parse().ok();
            [
                Attached { title: &self.title, kind: Some(&self.kind), month, bytes: one },
                Attached { title: &self.title, kind: None, month: None, bytes: other },
            ]
        }
    }

    const DATED: &str = "attachments/1370000018/2026-05/医師/意見書.pdf";
    const UNDATED: &str = "attachments/1370000018/undated/意見書.pdf";

    #[test]
    fn attachments_lie_by_sender_month_and_kind_and_overwrite_nothing() {
        let root = tempfile::tempdir().expect("a folder");
        let folder = open(root.path());
        assert!(!root.path().join("import/attachments").exists());
        let papers = Papers::new();
        folder.place(id(1), sender(), &papers.files(b"one", b"two")).expect("placed");
        folder.place(id(2), sender(), &papers.files(b"other", b"two")).expect("placed");
        folder.finish_all(&[id(1), id(2)]).expect("finished");
        let found = visible(&root.path().join("import"));
        let second = DATED.replace("書.pdf", "書 (2).pdf");
        assert_eq!(found.keys().collect::<Vec<_>>(), [&second, DATED, UNDATED]);
        assert_eq!((&found[DATED][..], &found[&second][..]), (&b"one"[..], &b"other"[..]));
        assert_eq!(folder.unfinished().expect("listed"), []);
    }

    #[test]
    fn what_somebody_took_away_does_not_come_again() {
        let root = tempfile::tempdir().expect("a folder");
        let folder = open(root.path());
        let papers = Papers::new();
        let files = papers.files(b"one", b"two");
        folder.place(id(1), sender(), &files).expect("placed");
        fs::remove_file(root.path().join("import").join(DATED)).expect("taken");
        let again = open(root.path());
        assert_eq!(again.unfinished().expect("listed"), [id(1)]);
        again.place(id(1), sender(), &files).expect("placed");
        assert!(!visible(&root.path().join("import")).contains_key(DATED));
    }

    #[cfg(unix)]
    #[test]
    fn no_link_leads_out_of_the_folder() {
        let root = tempfile::tempdir().expect("a folder");
        let (folder, outside) = (open(root.path()), root.path().join("outside"));
        fs::create_dir(&outside).expect("made");
        fs::create_dir(root.path().join("import/attachments")).expect("made");
        let link = root.path().join("import/attachments/1370000018");
        std::os::unix::fs::symlink(&outside, link).expect("linked");
        let papers = Papers::new();
        let error = folder.place(id(1), sender(), &papers.files(b"one", b"two"));
        assert_eq!(error.map_err(|error| error.code()), Err("folder-not-a-folder"));
        assert!(visible(&outside).is_empty());
    }

    #[test]
    fn a_full_disk_or_a_crash_places_each_file_once() {
        for then in [Then::GoOn, Then::StayDead] {
            for step in 0.. {
                let root = tempfile::tempdir().expect("a folder");
                let folder = open(root.path());
                let papers = Papers::new();
                let files = papers.files(b"first, longer than a piece", b"second");
                let run = || folder.place(id(1), sender(), &files);
                let (result, hit) = at_step(step, io::ErrorKind::StorageFull, then, run);
                for bytes in visible(&root.path().join("import")).values() {
                    assert!(files.iter().any(|file| file.bytes == bytes), "step {step}: in part");
                }
                if !hit {
                    result.expect("placed");
                    assert!(step > 8, "only {step} steps");
                    break;
                }
                let again = open(root.path());
                again.place(id(1), sender(), &files).expect("placed");
                again.finish_all(&[id(1)]).expect("finished");
                let found = visible(&root.path().join("import"));
                assert_eq!(found.keys().collect::<Vec<_>>(), [DATED, UNDATED], "step {step}");
            }
        }
    }
}
