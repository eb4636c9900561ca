//! Opens the folders of an office, and brings them in line with the store.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::context::{Context, blocking};
use super::folders::{DropFolders, ImportFolders, OfficeFolders, OutcomeFolders};
use super::outbound::{CopiedToHold, end_claim, go_on};
use super::problems::Problems;
use crate::config::Office;
use crate::folder::{
    AttachmentFolder, Claim, DropFolder, Fault, FolderError, FolderRole, ImportFolder, Marked,
    Outbox, Place, UnitFolder, is_marked,
};
use crate::store::{KnownFolder, StoreError, WorkFolder};

/// Opens the folders of an office. Opening one removes what a crash left in it, so one that is open
/// already, for this office or with `others`, is taken as it is.
pub(super) fn open_folders(
    office: &Office,
    known: &[KnownFolder],
    others: &[OfficeFolders],
    problems: &mut Problems,
) -> Option<OfficeFolders> {
    let number = office.number;
    let place = |key: &str| format!("office {number} {key}");
    let opened = Opened(others);
    let drop = opened.drop(office).map_or_else(
        || DropFolder::open(&office.drop, &office.work).map(Arc::new),
        |open| Ok(Arc::clone(open)),
    );
    let of_work = drop.as_ref().is_err_and(|error| error.folder() == FolderRole::Work);
    let (key, path) = if of_work { ("work", &office.work) } else { ("drop", &office.drop) };
    let drop = problems.folder_at(&place(key), path, drop);
    let mut import = |key: &str, path: &PathBuf| {
        let folder = opened
            .import(path)
            .map_or_else(|| ImportFolder::open(path).map(Arc::new), |open| Ok(Arc::clone(open)));
        problems.folder_at(&place(key), path, folder)
    };
    let plans = import("import", &office.import)?;
    let actuals = if office.import_actuals == office.import {
        None
    } else {
        Some(import("import_actuals", &office.import_actuals)?)
    };
    // Another office may be placing there just now.
    let attachments = if opened.import(&office.import).is_some() {
        AttachmentFolder::of(&plans)
    } else {
        let folder = AttachmentFolder::open(&plans);
        problems.folder_at(&place("import"), &office.import, folder)?
    };
    let mut kept = |key: &str, path: &PathBuf, role| {
        let folder = opened.kept(path, role).map_or_else(
            || UnitFolder::open(path, role).map(Arc::new),
            |open| Ok(Arc::clone(open)),
        );
        problems.folder_at(&place(key), path, folder)
    };
    let hold = kept("hold", &office.hold, FolderRole::Hold);
    let sent = match &office.sent {
        Some(sent) => Some(kept("sent", sent, FolderRole::Sent)?),
        None => None,
    };
    let hold = hold?;
    let drop_path = office.drop.clone();
    let mut folders = OfficeFolders {
        named: office.clone(),
        drop: Arc::new(DropFolders {
            office: number,
            drop: drop?,
            drop_path,
            hold: Arc::clone(&hold),
        }),
        outcome: Arc::new(OutcomeFolders {
            office: number,
            sent,
            outbox: Outbox::new(office.outbox.clone()),
            hold: Arc::clone(&hold),
        }),
        import: Arc::new(ImportFolders {
            office: number,
            habits: office.import_habits,
            plans,
            actuals,
            attachments,
            hold,
        }),
        marks: Vec::new(),
    };
    for (key, folder) in folders.watched() {
        // One that was opened only now is not marked yet, whatever another has been.
        let is_new = folder.path() == office.drop && opened.drop(office).is_none();
        let marked = match opened.mark(folder.path()).filter(|_| !is_new) {
            Some(marked) => Some(marked),
            None => problems.folder(&key, mark(&key, &folder, known)),
        };
        folders.marks.extend(marked);
    }
    Some(folders)
}

/// Folders that are open.
struct Opened<'a>(&'a [OfficeFolders]);

impl<'a> Opened<'a> {
    /// The drop folder of the same office, with the same work folder.
    fn drop(&self, office: &Office) -> Option<&'a Arc<DropFolder>> {
        let same = |open: &&OfficeFolders| {
            open.named.number == office.number
                && open.named.drop == office.drop
                && open.named.work == office.work
        };
        self.0.iter().find(same).map(|open| &open.drop.drop)
    }

    fn import(&self, path: &Path) -> Option<&'a Arc<ImportFolder>> {
        let imports = self.0.iter().map(|open| &open.import);
        let mut all =
            imports.flat_map(|import| std::iter::once(&import.plans).chain(&import.actuals));
        all.find(|folder| folder.root().path() == path)
    }

    fn kept(&self, path: &Path, role: FolderRole) -> Option<&'a Arc<UnitFolder>> {
        self.0
            .iter()
            .filter_map(|open| match role {
                FolderRole::Sent => open.outcome.sent.as_ref(),
                _ => Some(&open.outcome.hold),
            })
            .find(|folder| folder.root().path() == path)
    }

    fn mark(&self, path: &Path) -> Option<KnownFolder> {
        let path = shown(path);
        let mut marks = self.0.iter().flat_map(|open| &open.marks);
        marks.find(|known| known.path == path).cloned()
    }
}

/// How the path of a folder is remembered.
fn shown(path: &Path) -> String {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    path.to_string_lossy().into_owned()
}

/// Marks a folder. One that the care software knows has to be the one of the last start; hold and
/// sent, which the node makes itself, may have been made anew.
fn mark(key: &str, folder: &Place, known: &[KnownFolder]) -> Result<KnownFolder, FolderError> {
    let path = shown(folder.path());
    let known = known.iter().find(|known| known.path == path);
    let known = known.map(|known| Marked { mark: known.mark.clone(), id: known.id.clone() });
    let mut marked = folder.mark(known)?;
    if let Err(error) = folder.check()
        && error.fault() == Fault::Replaced
        && !matches!(error.folder(), FolderRole::Drop | FolderRole::Import)
    {
        tracing::warn!(folder = key, "another folder than at the last start");
        marked = folder.mark(None)?;
    }
    Ok(KnownFolder { path, mark: marked.mark, id: marked.id })
}

/// Brings the folders of an office in line with the store: after a crash, and where the tasks that
/// worked in them have ended.
pub(super) async fn recover(
    context: &Arc<Context>,
    folders: &OfficeFolders,
    problems: &mut Problems,
) {
    let office = folders.named.number;
    let place = format!("office {office}");
    end_claims(context, &folders.drop, problems).await;
    forget_attachments(context, folders, problems).await;
    for import in folders.import.all().filter(|import| import.root().check().is_ok()) {
        for id in problems.folder(&place, import.unfinished()).unwrap_or_default() {
            let waits = problems.store(&place, context.store.waits(id).await);
            if waits == Some(false) {
                problems.folder(&place, import.finish(id));
            }
        }
    }
}

/// Ends the claims that lie in a work folder as the store says.
async fn end_claims(context: &Arc<Context>, drop: &DropFolders, problems: &mut Problems) {
    let office = drop.office;
    let place = format!("office {office}");
    // What belongs into a folder that is not there now waits until it is back.
    let claims = match drop.drop.root().check() {
        Ok(()) => problems.folder(&place, all_unfinished(&drop.drop)).unwrap_or_default(),
        Err(_) => Vec::new(),
    };
    for claim in claims {
        let Some(set) = problems.store(&place, context.store.packed_set(claim.id()).await) else {
            continue;
        };
        let packed = set.is_some();
        if !packed {
            let gone_on = go_on(&drop.drop, &claim, &context.config().limits);
            match problems.folder(&place, gone_on) {
                Some(false) => {}
                Some(true) | None => continue,
            }
        }
        let at = (context.lang(), context.now());
        let recovered = end_claim(drop, &claim, set.as_ref(), at);
        if let Some(Some(CopiedToHold { row, files })) = problems.folder(&place, recovered)
            && problems.store(&place, context.store.hold(row).await).is_some()
        {
            problems.folder(&place, claim.discard(&files));
        }
        tracing::info!(%office, id = %claim.id(), packed, "an unfinished set was taken up");
    }
}

/// The claims that lie in a work folder, of sets and of attachments.
fn all_unfinished(drop: &DropFolder) -> Result<Vec<Claim>, FolderError> {
    let attachments = drop.unfinished_attachments()?.into_iter().map(|(_, claim)| claim);
    let mut all = drop.unfinished()?;
    all.extend(attachments);
    Ok(all)
}

/// Ends what lies in work folders that are not those of the configuration any more: they were changed
/// while the node did not run, or a crash came between. Says whether anything is left that has to wait,
/// as for a share that is away.
pub(super) async fn end_former(
    context: &Arc<Context>,
    folders: &[OfficeFolders],
) -> Result<bool, StoreError> {
    let current: Vec<WorkFolder> = folders.iter().map(OfficeFolders::work).collect();
    let mut is_left = false;
    for former in context.store.work_folders().await? {
        if current.contains(&former) {
            continue;
        }
        let own = folders.iter().find(|folders| folders.named.number == former.office);
        let own = own.map(|own| own.drop.hold.clone());
        if end_in(context, &former, own).await {
            context.store.forget_work_folder(former).await?;
        } else {
            is_left = true;
        }
    }
    Ok(is_left)
}

/// A former drop folder with its work folder.
enum Former {
    /// Nothing lies in the work folder.
    Empty,
    /// It cannot be used at the moment.
    Away,
    Open(DropFolder),
}

/// Ends what lies in a former work folder; whether nothing is left there.
async fn end_in(
    context: &Arc<Context>,
    former: &WorkFolder,
    hold: Option<Arc<UnitFolder>>,
) -> bool {
    let WorkFolder { office, drop, work } = former.clone();
    let drop_path = drop.clone();
    let opening = blocking(move || {
        let is_there = work.read_dir().is_ok_and(|mut entries| entries.next().is_some());
        // The place of a share that is not mounted has no mark.
        match is_marked(&drop) {
            true if is_there => DropFolder::open(drop, work).map_or(Former::Away, Former::Open),
            true => Former::Empty,
            false => Former::Away,
        }
    });
    let opened = match opening.await {
        Some(Former::Open(opened)) => opened,
        Some(Former::Empty) => return true,
        Some(Former::Away) | None => return false,
    };
    let Some(hold) = hold else { return false };
    let drop = DropFolders { office, drop: Arc::new(opened), drop_path, hold };
    let mut problems = Problems::default();
    end_claims(context, &drop, &mut problems).await;
    for problem in &problems.0 {
        tracing::warn!(%office, code = problem.code, "{}", problem.en);
    }
    let ended = all_unfinished(&drop.drop).is_ok_and(|left| left.is_empty());
    if ended {
        tell_files_left(&drop);
    }
    ended
}

/// Tells of files in a drop folder that nobody looks into any more.
pub(super) fn tell_files_left(former: &DropFolders) {
    let entries = former.drop_path.read_dir().into_iter().flatten().flatten();
    let mut names = entries.map(|entry| entry.file_name());
    if names.any(|name| !name.to_string_lossy().starts_with('.')) {
        let (office, folder) = (former.office, former.drop_path.display());
        tracing::warn!(%office, %folder, "files stay in a drop folder that is not looked into any more");
    }
}

/// Finishes the placing of attachments that nothing in the store waits for any more.
async fn forget_attachments(
    context: &Arc<Context>,
    folders: &OfficeFolders,
    problems: &mut Problems,
) {
    let place = format!("office {}", folders.named.number);
    if folders.import.plans.root().check().is_err() {
        return;
    }
    let attachments = &folders.import.attachments;
    for id in problems.folder(&place, attachments.unfinished()).unwrap_or_default() {
        if problems.store(&place, context.store.waits(id).await) == Some(false) {
            problems.folder(&place, attachments.finish_all(&[id]));
        }
    }
}
