//! One look into the folder: which files stand still, and what is in those that are new.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use super::archive::{self, Entry, Held};
use super::{DownloadFolder, Fault, block};
use crate::archive::{MOST_SEARCHED, names_the_standard};
use crate::config::{Limits, Timing};
use crate::folder::{
    self, Downloads, FolderError, Meant, Misnamed, Seen, Settler, Stamp, Writers, Writing,
    is_nearly_of_the_standard,
};
use crate::node::context::Context;
use crate::types::{Digest, FileName};
use crate::work::watch;

/// Files of the standard that are kept in mind at the most, in ZIPs too.
const MOST_KNOWN: usize = 50_000;

/// What one look reads and unpacks, in bytes, unless one file alone is more.
const MOST_AT_ONCE: u64 = 256 << 20;

/// Files that cannot be taken because of their names and are looked at all the same.
const MOST_MISNAMED: usize = 20;

/// A file of the standard that was downloaded.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) name: FileName,
    /// Its name without what a browser added.
    pub(super) written: String,
    pub(super) size: u64,
    pub(super) sha256: Digest,
    /// When it came, by the clock of the disk.
    pub(super) came_at: Option<SystemTime>,
    /// The file in the folder.
    pub(super) file: Seen,
    /// Its place in that file, where it is a ZIP.
    pub(super) label: Option<String>,
}

/// What a look found.
#[derive(Debug, Default)]
pub(super) struct Look {
    pub(super) files: Vec<Found>,
    /// ZIPs and files with care-plan data that cannot be read.
    pub(super) odd: usize,
    /// There are more files than one look takes in.
    pub(super) more: bool,
    /// When the next file can have settled.
    pub(super) next: Option<Duration>,
}

/// What is in a file that was read.
#[derive(Debug, Clone)]
enum Read {
    Files(Vec<Found>),
    /// It has care-plan data that cannot be read.
    Odd,
}

pub(super) struct Surveyor {
    folder: Downloads,
    settler: Settler,
    writers: Arc<Writers>,
    /// How long a file must stand still of whose writers nothing is known.
    settle_unknown: Duration,
    /// What was in the files of the last look, by their names: none is read twice.
    read: BTreeMap<String, (Seen, Read)>,
    misnamed: MisnamedFiles,
}

/// Files that cannot be taken because of their names, and whether they have to do with the standard.
type MisnamedFiles = BTreeMap<Misnamed, (Stamp, bool)>;

impl Surveyor {
    pub(super) fn new(folder: &DownloadFolder, writers: Arc<Writers>, timing: &Timing) -> Self {
        let time = |time| Duration::try_from(time).unwrap_or_default();
        Self {
            folder: folder.folder.clone(),
            settler: Settler::new(time(timing.settle)),
            writers,
            settle_unknown: time(timing.settle_unknown.max(timing.settle)),
            read: BTreeMap::new(),
            misnamed: BTreeMap::new(),
        }
    }

    /// What of the standard lies there that came at or after `floor`. Of much that is new a part is
    /// looked into, what is small first; then the next look follows at once.
    pub(super) async fn look(
        &mut self,
        context: &Context,
        floor: Timestamp,
        now: Duration,
        stopping: &watch::Receiver<bool>,
    ) -> Result<Look, Fault> {
        let (folder, misnamed) = (self.folder.clone(), std::mem::take(&mut self.misnamed));
        let since = SystemTime::from(floor);
        let (scan, misnamed) = block(move || {
            let scan = folder.scan(since)?;
            let misnamed = look_at_misnamed(&folder, folder.misnamed(&scan.odd, since), misnamed);
            Ok::<_, FolderError>((scan, misnamed))
        })
        .await??;
        self.misnamed = misnamed;
        let odd = self.misnamed.values().filter(|(_, is_meant)| *is_meant).count();
        let mut look = Look { more: scan.more, odd, ..Look::default() };
        let settled = self.settler.on_scan(scan, now);
        look.next = settled.next;
        let names: BTreeMap<&str, &Seen> =
            settled.files.iter().map(|file| (file.name(), file)).collect();
        self.read.retain(|name, (seen, _)| names.get(name.as_str()) == Some(&&*seen));
        let is_new = |file: &Seen| !self.read.contains_key(file.name());
        let fresh: Vec<Seen> = settled.files.into_iter().filter(is_new).collect();
        let ready = self.at_rest(fresh, now, &mut look).await?;
        self.read_new(context, ready, now, (&mut look, stopping)).await?;
        for (_, read) in self.read.values() {
            match read {
                Read::Files(files) => look.files.extend(files.iter().cloned()),
                Read::Odd => look.odd += 1,
            }
        }
        Ok(look)
    }

    /// Those that nobody writes any more.
    async fn at_rest(
        &self,
        fresh: Vec<Seen>,
        now: Duration,
        look: &mut Look,
    ) -> Result<Vec<Seen>, Fault> {
        let (writers, asked) = (Arc::clone(&self.writers), fresh.clone());
        let writing = block(move || {
            if cfg!(windows) {
                // Nothing is opened for oneself alone here, which would tell.
                return vec![Writing::Unknown; asked.len()];
            }
            writers.of(&asked)
        });
        let mut ready = Vec::new();
        for (file, writing) in fresh.into_iter().zip(writing.await?) {
            let left = match writing {
                Writing::Done => Duration::ZERO,
                Writing::InHand => self.settle_unknown,
                Writing::Unknown => {
                    self.settle_unknown.saturating_sub(self.settler.still_for(&file, now))
                }
            };
            if left.is_zero() {
                ready.push(file);
            } else {
                let at = now.saturating_add(left);
                look.next = look.next.into_iter().chain([at]).min();
            }
        }
        Ok(ready)
    }

    /// Reads what is new, until it is enough for one look.
    async fn read_new(
        &mut self,
        context: &Context,
        ready: Vec<Seen>,
        now: Duration,
        (look, stopping): (&mut Look, &watch::Receiver<bool>),
    ) -> Result<(), Fault> {
        let (folder, limits) = (self.folder.clone(), context.config().limits);
        let weighed = block(move || {
            let mut weighed: Vec<(Weight, Seen)> =
                ready.into_iter().map(|file| (weigh(&folder, &file, &limits), file)).collect();
            // What says little of itself has its turn before what says much.
            weighed.sort_by_key(|(weight, _)| weight.bytes);
            weighed
        });
        let mut left = MOST_AT_ONCE;
        for (weight, file) in weighed.await? {
            if *stopping.borrow() {
                break;
            }
            if weight.bytes > left && left < MOST_AT_ONCE {
                look.next = Some(now);
                break;
            }
            let (folder, stopping) = (self.folder.clone(), stopping.clone());
            let (seen, read) = block(move || {
                let goes_on = || !*stopping.borrow();
                let read = if weight.is_too_much {
                    Ok(folder.is_as_seen(&file).then_some(Read::Odd))
                } else {
                    read(&folder, &file, &limits, goes_on)
                };
                (file, read)
            })
            .await?;
            let is_full = |read: &Read| matches!(read, Read::Files(files) if files.len() + self.known() > MOST_KNOWN);
            match read {
                Ok(Some(read)) => {
                    let read = if is_full(&read) { Read::Odd } else { read };
                    self.read.insert(seen.name().to_owned(), (seen, read));
                    left = left.saturating_sub(weight.bytes);
                }
                // It is seen again when it stands still, or is gone.
                Ok(None) => {}
                Err(error) if error.fault() == folder::Fault::Missing => {}
                // Another program has it for a moment, or we may not read it: it is no fault of the
                // folder, and looked at again. What a ZIP holds is not known then.
                Err(_) => look.odd += usize::from(is_meant(seen.name())),
            }
        }
        Ok(())
    }

    /// How many files of the standard are known, in ZIPs too.
    fn known(&self) -> usize {
        let files = self.read.values().map(|(_, read)| match read {
            Read::Files(files) => files.len(),
            Read::Odd => 0,
        });
        files.sum()
    }

    /// The bytes of files that were found, in their order; nothing where one is not what it was.
    pub(super) async fn bytes(
        &self,
        files: &[&Found],
        limits: Limits,
    ) -> Result<Option<Vec<Vec<u8>>>, Fault> {
        let folder = self.folder.clone();
        let files: Vec<Found> = files.iter().copied().cloned().collect();
        block(move || bytes(&folder, &files, &limits)).await
    }
}

/// What it takes to look into a file, as far as it says so itself.
#[derive(Clone, Copy)]
struct Weight {
    /// What is read, and unpacked.
    bytes: u64,
    /// It says so much that nothing of it is.
    is_too_much: bool,
}

fn weigh(folder: &Downloads, file: &Seen, limits: &Limits) -> Weight {
    let size = file.stamp().size();
    let zip = || folder.open(file).ok().and_then(archive::declared);
    match Meant::of(file.name()) {
        Some(Meant::Standard(..)) if size > limits.file_size => {
            Weight { bytes: 0, is_too_much: true }
        }
        Some(Meant::Zip) => match zip() {
            Some(declared) if archive::is_too_much(&declared, limits) => {
                Weight { bytes: 0, is_too_much: true }
            }
            Some(declared) => Weight { bytes: declared.all, is_too_much: false },
            None => Weight { bytes: size.min(MOST_SEARCHED), is_too_much: false },
        },
        Some(Meant::Standard(..)) => Weight { bytes: size, is_too_much: false },
        None => Weight { bytes: 0, is_too_much: false },
    }
}

/// What of the standard is in a file; nothing if it changed meanwhile, or it does not go on.
fn read(
    folder: &Downloads,
    file: &Seen,
    limits: &Limits,
    goes_on: impl Fn() -> bool,
) -> Result<Option<Read>, FolderError> {
    let came_at = folder.came_at(file);
    match Meant::of(file.name()) {
        Some(Meant::Standard(name, written)) => {
            let Some(bytes) = folder.read(file)? else { return Ok(None) };
            let (size, sha256) = (file.stamp().size(), Digest::of(&bytes));
            let found =
                Found { name, written, size, sha256, came_at, file: file.clone(), label: None };
            Ok(Some(Read::Files(vec![found])))
        }
        Some(Meant::Zip) => {
            let held = archive::list(folder.open(file)?, limits, goes_on);
            let found = |entry: Entry| {
                let Entry { name, written, label, size, sha256 } = entry;
                let (file, label) = (file.clone(), Some(label));
                Found { name, written, size, sha256, came_at, file, label }
            };
            let read = match held {
                None => return Ok(None),
                Some(Held::Entries(entries)) => {
                    Read::Files(entries.into_iter().map(found).collect())
                }
                Some(Held::Odd) => Read::Odd,
                Some(Held::Unreadable) => {
                    let is_meant = is_meant(file.name()) || is_of_the_standard(folder.open(file)?);
                    if is_meant { Read::Odd } else { Read::Files(Vec::new()) }
                }
            };
            Ok(folder.is_as_seen(file).then_some(read))
        }
        None => Ok(Some(Read::Files(Vec::new()))),
    }
}

/// Whether the name of a file says that it has to do with the standard.
fn is_meant(name: &str) -> bool {
    matches!(Meant::of(name), Some(Meant::Standard(..))) || is_nearly_of_the_standard(name)
}

/// Whether a file that cannot be read as a ZIP was one of files of the standard.
fn is_of_the_standard(file: File) -> bool {
    names_the_standard(file).unwrap_or_default()
}

/// Which of the files that cannot be taken because of their names are meant; none is read twice.
fn look_at_misnamed(
    folder: &Downloads,
    found: Vec<(Misnamed, Stamp)>,
    mut before: MisnamedFiles,
) -> MisnamedFiles {
    let look = |(file, stamp): (Misnamed, Stamp)| {
        let is_meant = match before.remove(&file) {
            Some((former, is_meant)) if former == stamp => is_meant,
            _ if file.is_nearly_of_the_standard => true,
            _ => folder.open_misnamed(&file).is_ok_and(is_of_the_standard),
        };
        (file, (stamp, is_meant))
    };
    found.into_iter().take(MOST_MISNAMED).map(look).collect()
}

fn bytes(folder: &Downloads, files: &[Found], limits: &Limits) -> Option<Vec<Vec<u8>>> {
    let mut zips: BTreeMap<&str, BTreeMap<String, Vec<u8>>> = BTreeMap::new();
    for found in files {
        if found.label.is_some() && !zips.contains_key(found.file.name()) {
            let of_zip = files.iter().filter(|other| other.file.name() == found.file.name());
            let labels = of_zip.filter_map(|other| other.label.as_deref());
            let opened = folder.open(&found.file).ok()?;
            zips.insert(found.file.name(), archive::bytes(opened, labels, limits));
        }
    }
    let read = |found: &Found| {
        let bytes = match &found.label {
            Some(label) => zips.get(found.file.name())?.get(label)?.clone(),
            None => folder.read(&found.file).ok()??,
        };
        // It is what was looked at, whatever became of the file since.
        (Digest::of(&bytes) == found.sha256).then_some(bytes)
    };
    files.iter().map(read).collect()
}
