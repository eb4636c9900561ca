//! The folders of an office, each with those that belong to the same work.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::config::{ImportHabits, Office};
use crate::folder::{
    AttachmentFolder, DropFolder, FolderError, ImportFolder, Outbox, Place, UnitFolder,
};
use crate::route;
use crate::store::{KnownFolder, WorkFolder};
use crate::types::{FileKind, MessageId, OfficeNumber};

/// A folder with the key it stands under, such as `office 2770000011 drop`.
pub(super) type Watched = (String, Place);

/// The folders of one office. Cheap to clone.
#[derive(Clone)]
pub(super) struct OfficeFolders {
    /// What the configuration said when they were opened.
    pub(super) named: Office,
    pub(super) drop: Arc<DropFolders>,
    pub(super) import: Arc<ImportFolders>,
    pub(super) outcome: Arc<OutcomeFolders>,
    pub(super) marks: Vec<KnownFolder>,
}

impl OfficeFolders {
    /// The folders that have to stay what they are, each with its key.
    pub(super) fn watched(&self) -> Vec<Watched> {
        let key = |key: &str| format!("office {} {key}", self.named.number);
        let (drop, import) = (&self.drop, &self.import);
        let mut watched =
            vec![(key("drop"), drop.drop.root()), (key("import"), import.plans.root())];
        watched
            .extend(import.actuals.as_ref().map(|folder| (key("import_actuals"), folder.root())));
        watched.push((key("hold"), drop.hold.root()));
        watched.into_iter().map(|(key, place)| (key, place.clone())).collect()
    }

    /// The same folders, open as they are, and what the configuration says of the office now.
    pub(super) fn named_anew(self, office: &Office) -> Self {
        let habits = office.import_habits;
        let import = if self.import.habits == habits {
            self.import
        } else {
            Arc::new(ImportFolders { habits, ..ImportFolders::clone(&self.import) })
        };
        Self { named: office.clone(), import, ..self }
    }

    /// Where files are taken from and to.
    pub(super) fn work(&self) -> WorkFolder {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let Office { number, drop, work, .. } = &self.named;
        WorkFolder { office: *number, drop: absolute(drop), work: absolute(work) }
    }

    pub(super) fn places(&self) -> Places {
        Places {
            drop: self.drop.drop.root().clone(),
            hold: self.drop.hold.root().clone(),
            import: Arc::clone(&self.import),
            watched: self.watched(),
        }
    }
}

/// Where the folders of an office are.
pub(super) struct Places {
    /// Between this one and `hold` a held set goes to and fro.
    pub(super) drop: Place,
    pub(super) hold: Place,
    /// Where what was shown of a held package is remembered.
    pub(super) import: Arc<ImportFolders>,
    /// Those that have to stay what they are.
    pub(super) watched: Vec<Watched>,
}

/// The folders of all offices.
pub(super) type AllPlaces = BTreeMap<OfficeNumber, Places>;

/// Where it is shown what became of the packages that an office sent.
pub(super) struct OutcomeFolders {
    pub(super) office: OfficeNumber,
    pub(super) sent: Option<Arc<UnitFolder>>,
    /// For partners without a node.
    pub(super) outbox: Outbox,
    pub(super) hold: Arc<UnitFolder>,
}

/// Where the files that an office sends come from.
pub(super) struct DropFolders {
    pub(super) office: OfficeNumber,
    pub(super) drop: Arc<DropFolder>,
    pub(super) drop_path: PathBuf,
    pub(super) hold: Arc<UnitFolder>,
}

/// Where the files that an office receives go. Cheap to clone.
#[derive(Clone)]
pub(super) struct ImportFolders {
    pub(super) office: OfficeNumber,
    /// How the care software takes files in.
    pub(super) habits: ImportHabits,
    pub(super) plans: Arc<ImportFolder>,
    /// Only where it is another one than that of the plans.
    pub(super) actuals: Option<Arc<ImportFolder>>,
    /// Below the folder of the plans.
    pub(super) attachments: AttachmentFolder,
    pub(super) hold: Arc<UnitFolder>,
}

impl ImportFolders {
    /// The folder for actuals, or for everything else.
    pub(super) fn of_actuals(&self, actuals: bool) -> &ImportFolder {
        self.actuals.as_ref().filter(|_| actuals).unwrap_or(&self.plans)
    }

    /// The folder for a unit with files of these kinds.
    pub(super) fn import(&self, kinds: impl IntoIterator<Item = FileKind>) -> &ImportFolder {
        self.of_actuals(route::import_folder(kinds) == route::ImportFolder::Actuals)
    }

    /// Forgets staged sets; the store says what became of them.
    pub(super) fn forget(&self, ids: &[MessageId]) -> Result<(), FolderError> {
        self.all().try_for_each(|folder| folder.finish_all(ids))?;
        self.attachments.finish_all(ids)
    }

    /// Whether a set was staged here and not finished.
    pub(super) fn is_staged(&self, id: MessageId) -> Result<bool, FolderError> {
        self.all().try_fold(false, |found, folder| Ok(found || folder.is_staged(id)?))
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
        std::iter::once(&self.plans).chain(&self.actuals).map(Arc::as_ref)
    }
}
