//! Where attachments lie in a drop folder: `<office number>/<YYYY-MM>/<kind>/`, of which the last two
//! may be left out.

use std::cmp::Reverse;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::attachment_folder::folder_name;
use super::claim::{Claim, DropFolder};
use super::error::{Action, FolderError, FolderRole};
use super::name::is_passed_over;
use crate::attachment::DocumentKind;
use crate::types::{MessageId, OfficeNumber, ServiceMonth};

/// Below the work folder, where no claim of a set is looked for.
const WORK: &str = "attachments";

/// Folders with attachments that one look goes into, those of the newest months first.
const MOST: usize = 2_000;

/// Folders in one folder that are looked at.
const MOST_IN_ONE: usize = 10_000;

/// What the folder of an attachment says of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lot {
    /// The office that it is for.
    pub partner: OfficeNumber,
    /// The month that it is about.
    pub month: Option<ServiceMonth>,
    /// The kind of document.
    pub kind: Option<DocumentKind>,
}

/// The folders with attachments that a look found.
#[derive(Debug, Default)]
pub struct Lots {
    /// Those of the newest months first.
    pub lots: Vec<Lot>,
    /// Folders that do not follow the rule. Their names may be those of people.
    pub odd: usize,
    /// Folders of the oldest months that there are too many of to be looked into.
    pub left: usize,
}

impl Lot {
    /// Where it is, below the drop folder.
    pub fn path(&self) -> PathBuf {
        let mut path = PathBuf::from(self.partner.as_str());
        path.extend(self.month.map(folder_name));
        path.extend(self.kind.as_ref().map(DocumentKind::reveal));
        path
    }
}

impl DropFolder {
    /// The folders with attachments in the drop folder.
    pub fn lots(&self) -> Result<Lots, FolderError> {
        self.root().check()?;
        let found = lots(self.root().path());
        let mut found = found.map_err(FolderError::at(FolderRole::Drop, Action::List))?;
        found.left = found.lots.len().saturating_sub(MOST);
        found.lots.truncate(MOST);
        Ok(found)
    }

    /// The drop folder of a lot, with a work folder of its own.
    pub fn of_lot(&self, lot: &Lot) -> Result<Self, FolderError> {
        self.root().check()?;
        self.below(&lot.path(), &Path::new(WORK).join(lot.path()))
    }

    /// The claims of attachments that were not ended, each with its lot. The folders that they came
    /// from are there again, should somebody have removed them.
    pub fn unfinished_attachments(&self) -> Result<Vec<(Lot, Claim)>, FolderError> {
        let failed = FolderError::at(FolderRole::Work, Action::List);
        let work = self.work_path().join(WORK);
        // However many there are: what is forgotten there is lost.
        let found = lots(&work).map_err(&failed)?;
        let mut claims = Vec::new();
        for lot in found.lots {
            if !has_claims(&work.join(lot.path())).map_err(&failed)? {
                continue;
            }
            crate::disk::create_folders(&self.root().path().join(lot.path()))
                .map_err(FolderError::at(FolderRole::Drop, Action::Write))?;
            let folder = self.of_lot(&lot)?;
            claims.extend(folder.unfinished()?.into_iter().map(|claim| (lot.clone(), claim)));
        }
        Ok(claims)
    }
}

fn has_claims(folder: &Path) -> io::Result<bool> {
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        if name.to_str().is_some_and(is_claim) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn lots(drop: &Path) -> io::Result<Lots> {
    let mut found = Lots::default();
    for name in folders(drop)? {
        let Ok(partner) = name.parse::<OfficeNumber>() else { continue };
        let folder = drop.join(&name);
        found.lots.push(Lot { partner, month: None, kind: None });
        for name in folders(&folder)? {
            let Some(month) = month(&name) else {
                found.odd += usize::from(!is_claim(&name));
                continue;
            };
            let folder = folder.join(&name);
            found.lots.push(Lot { partner, month: Some(month), kind: None });
            for name in folders(&folder)? {
                match DocumentKind::new(&name) {
                    // A name that is put together is not that of the folder on the disk.
                    Ok(kind) if kind.reveal() == name => {
                        found.odd += folders(&folder.join(&name))?
                            .iter()
                            .filter(|name| !is_claim(name))
                            .count();
                        found.lots.push(Lot { partner, month: Some(month), kind: Some(kind) });
                    }
                    _ => found.odd += usize::from(!is_claim(&name)),
                }
            }
        }
    }
    // What is of no month is new too.
    let age = |lot: &Lot| (lot.month.is_some(), Reverse(lot.month));
    found.lots.sort_by(|one, other| (age(one), one).cmp(&(age(other), other)));
    Ok(found)
}

fn is_claim(name: &str) -> bool {
    name.parse::<MessageId>().is_ok()
}

/// The names of the folders in a folder: no links, and none that is hidden. A folder that has gone has
/// none.
fn folders(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(names),
        entries => entries?,
    };
    for entry in entries.take(MOST_IN_ONE) {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_str().filter(|name| !is_passed_over(name));
        if let Some(name) = name
            && entry.file_type()?.is_dir()
        {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// `YYYY-MM`
fn month(name: &str) -> Option<ServiceMonth> {
    let (year, month) = name.split_once('-')?;
    (year.len() == 4 && month.len() == 2).then(|| format!("{year}{month}").parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::ScanLimits;

    fn id(seed: u64) -> MessageId {
        format!("01890a5d-ac96-774b-bcce-{seed:012x}").parse().expect("a message id")
    }

    fn open(root: &Path) -> DropFolder {
        fs::create_dir_all(root.join("drop")).expect("made");
        DropFolder::open(root.join("drop"), root.join("work")).expect("opened")
    }

    fn put(root: &Path, path: &str) {
        let path = root.join("drop").join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, "a,b\n").expect("written");
    }

    #[test]
    fn the_folders_say_for_whom_of_when_and_what() {
        let root = tempfile::tempdir().expect("a folder");
        let drop = open(root.path());
        for path in [
            "1370000026/a.csv",
            "1370000026/2026-05/b.csv",
            "1370000026/2026-05/意見書/c.csv",
            "1370000026/2026-05/意見書/more/d.csv",
            "1370000026/2026-13/e.csv",
            "1370000026/意見書/f.csv",
            "elsewhere/g.csv",
            "h.csv",
        ] {
            put(root.path(), path);
        }
        let found = drop.lots().expect("listed");
        let paths: Vec<_> = found.lots.iter().map(Lot::path).collect();
        let expected = ["1370000026", "1370000026/2026-05", "1370000026/2026-05/意見書"];
        assert_eq!(paths, expected.map(PathBuf::from));
        assert_eq!(found.odd, 3);
        assert!(!format!("{found:?}").contains("意見書"));
        // The scan for sets tells of the other folder alone.
        let scan = drop.scan(&ScanLimits { files: 10 }).expect("scanned");
        assert_eq!((scan.files.len(), scan.odd.len()), (1, 1));
    }

    #[test]
    fn old_months_keep_no_new_one_out() {
        let root = tempfile::tempdir().expect("a folder");
        for partner in 0..MOST {
            put(root.path(), &format!("13{partner:08}/2020-01/a.csv"));
        }
        put(root.path(), "9900000000/2026-05/a.csv");
        let drop = open(root.path());
        let found = drop.lots().expect("listed");
        let offices = MOST + 1;
        assert_eq!((found.lots.len(), found.left), (MOST, 2 * offices - MOST));
        // Those of no month come first, though one partner does not fit.
        assert!(found.lots.iter().all(|lot| lot.month.is_none()));
        for partner in 2..MOST {
            fs::remove_dir_all(root.path().join(format!("drop/13{partner:08}"))).expect("removed");
        }
        let months: Vec<_> =
            drop.lots().expect("listed").lots.iter().map(|lot| lot.month).collect();
        let [new, old] = ["202605", "202001"].map(|month| Some(month.parse().expect("a month")));
        assert_eq!(months, [None, None, None, new, old, old]);
    }

    #[test]
    fn a_claim_goes_back_to_where_it_came_from() {
        let root = tempfile::tempdir().expect("a folder");
        put(root.path(), "1370000026/2026-05/意見書/c.csv");
        let drop = open(root.path());
        let lot = drop.lots().expect("listed").lots.pop().expect("a lot");
        let of_lot = drop.of_lot(&lot).expect("opened");
        let seen = of_lot.scan(&ScanLimits { files: 10 }).expect("scanned").files;
        of_lot.claim(id(1), &seen).expect("claimed");
        fs::remove_dir_all(root.path().join("drop/1370000026")).expect("removed");
        assert!(drop.unfinished().expect("listed").is_empty(), "it is no claim of a set");
        let again = open(root.path());
        let mut claims = again.unfinished_attachments().expect("listed");
        let (of, claim) = claims.pop().expect("a claim");
        assert_eq!((of, claim.id(), claims.len()), (lot, id(1), 0));
        let hold = super::super::UnitFolder::open(root.path().join("hold"), FolderRole::Hold);
        claim.release(&hold.expect("opened"), "unit", &[]).expect("released");
        assert!(root.path().join("drop/1370000026/2026-05/意見書/c.csv").exists());
        assert!(again.unfinished_attachments().expect("listed").is_empty());
    }
}
