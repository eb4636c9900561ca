//! The folders of an office, each with those that belong to the same work.

use std::path::PathBuf;
use std::sync::Arc;

use super::guard::Watched;
use crate::folder::{AttachmentFolder, DropFolder, FolderError, ImportFolder, Place, UnitFolder};
use crate::route;
use crate::store::KnownFolder;
use crate::types::{FileKind, MessageId, OfficeNumber};

/// The folders of one office.
pub(super) struct OfficeFolders {
    pub(super) office: OfficeNumber,
    pub(super) drop: DropFolders,
    pub(super) import: ImportFolders,
    pub(super) outcome: OutcomeFolders,
    pub(super) marks: Vec<KnownFolder>,
}

impl OfficeFolders {
    /// The folders that have to stay what they are, each with its key.
    pub(super) fn watched(&self) -> Vec<Watched> {
        let key = |key: &str| format!("office {} {key}", self.office);
        let (drop, import) = (&self.drop, &self.import);
        let mut watched =
            vec![(key("drop"), drop.drop.root()), (key("import"), import.plans.root())];
        watched
            .extend(import.actuals.as_ref().map(|folder| (key("import_actuals"), folder.root())));
        watched.push((key("hold"), drop.hold.root()));
        watched.into_iter().map(|(key, place)| (key, place.clone())).collect()
    }

    pub(super) fn ends(&self) -> Ends {
        Ends { drop: self.drop.drop.root().clone(), hold: self.drop.hold.root().clone() }
    }

    pub(super) fn split(self) -> (DropFolders, ImportFolders, OutcomeFolders) {
        (self.drop, self.import, self.outcome)
    }
}

/// Between which a held set of an office goes to and fro.
pub(super) struct Ends {
    pub(super) drop: Place,
    pub(super) hold: Place,
}

/// Where it is shown what became of the packages that an office sent.
pub(super) struct OutcomeFolders {
    pub(super) office: OfficeNumber,
    pub(super) sent: Option<UnitFolder>,
    pub(super) hold: Arc<UnitFolder>,
}

/// Where the files that an office sends come from.
pub(super) struct DropFolders {
    pub(super) office: OfficeNumber,
    pub(super) drop: DropFolder,
    pub(super) drop_path: PathBuf,
    pub(super) hold: Arc<UnitFolder>,
}

/// Where the files that an office receives go.
pub(super) struct ImportFolders {
    pub(super) office: OfficeNumber,
    pub(super) plans: ImportFolder,
    /// Only where it is another one than that of the plans.
    pub(super) actuals: Option<ImportFolder>,
    /// Below the folder of the plans.
    pub(super) attachments: AttachmentFolder,
    pub(super) hold: Arc<UnitFolder>,
}

impl ImportFolders {
    /// The folder for a unit with files of these kinds.
    pub(super) fn import(&self, kinds: impl IntoIterator<Item = FileKind>) -> &ImportFolder {
        match route::import_folder(kinds) {
            route::ImportFolder::Plans => &self.plans,
            route::ImportFolder::Actuals => self.actuals.as_ref().unwrap_or(&self.plans),
        }
    }

    /// Forgets staged sets; the store says what became of them.
    pub(super) fn forget(&self, ids: &[MessageId]) -> Result<(), FolderError> {
        self.all().try_for_each(|folder| folder.finish_all(ids))?;
        self.attachments.finish_all(ids)
    }

    /// Makes durable what was staged and shown.
    pub(super) fn sync(&self) -> Result<(), FolderError> {
        self.all().try_for_each(ImportFolder::sync)
    }

    /// Checks that files can be written there.
    pub(super) fn check(&self) -> Result<(), FolderError> {
        self.all().try_for_each(ImportFolder::check)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &ImportFolder> {
        std::iter::once(&self.plans).chain(&self.actuals)
    }
}
