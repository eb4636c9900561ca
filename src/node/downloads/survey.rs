//! One look into the folder: which files stand still, and what is in those that are new.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;

use super::archive::{self, Entry, Held};
use super::{DownloadFolder, Fault, block};
use crate::config::{Limits, Timing};
use crate::folder::{self, Downloads, FolderError, Meant, Seen, Settler, Writers, Writing};
use crate::node::context::Context;
use crate::types::{Digest, FileName};

/// Files of the standard that are kept in mind at the most, in ZIPs too.
const MOST_KNOWN: usize = 50_000;

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
}

impl Surveyor {
    pub(super) fn new(folder: &DownloadFolder, writers: Arc<Writers>, timing: &Timing) -> Self {
        let time = |time| Duration::try_from(time).unwrap_or_default();
        Self {
            folder: folder.folder.clone(),
            settler: Settler::new(time(timing.settle)),
            writers,
            settle_unknown: time(timing.settle_unknown.max(timing.settle)),
            read: BTreeMap::new(),
        }
    }

    /// What of the standard lies there that came at or after `floor`.
    pub(super) async fn look(
        &mut self,
        context: &Context,
        floor: Timestamp,
        now: Duration,
    ) -> Result<Look, Fault> {
        let folder = self.folder.clone();
        let scan = block(move || folder.scan(SystemTime::from(floor))).await??;
        let mut before = std::mem::take(&mut self.read);
        let mut look = Look { more: scan.more, ..Look::default() };
        let settled = self.settler.on_scan(scan, now);
        look.next = settled.next;
        let mut fresh = Vec::new();
        for file in settled.files {
            match before.remove(file.name()) {
                Some((seen, read)) if seen == file => {
                    self.read.insert(file.name().to_owned(), (seen, read));
                }
                _ => fresh.push(file),
            }
        }
        let (writers, asked) = (Arc::clone(&self.writers), fresh.clone());
        let writing = block(move || {
            if cfg!(windows) {
                // Nothing is opened for oneself alone here, which would tell.
                return vec![Writing::Unknown; asked.len()];
            }
            writers.of(&asked)
        });
        let writing = writing.await?;
        for (file, writing) in fresh.into_iter().zip(writing) {
            let left = match writing {
                Writing::Done => Duration::ZERO,
                Writing::InHand => self.settle_unknown,
                Writing::Unknown => {
                    self.settle_unknown.saturating_sub(self.settler.still_for(&file, now))
                }
            };
            if !left.is_zero() {
                let at = now.saturating_add(left);
                look.next = look.next.into_iter().chain([at]).min();
                continue;
            }
            let (folder, limits) = (self.folder.clone(), context.config().limits);
            let (seen, read) = block(move || {
                let read = read(&folder, &file, &limits);
                (file, read)
            })
            .await?;
            let is_full = |read: &Read| matches!(read, Read::Files(files) if files.len() + self.known() > MOST_KNOWN);
            match read {
                Ok(Some(read)) => {
                    let read = if is_full(&read) { Read::Odd } else { read };
                    self.read.insert(seen.name().to_owned(), (seen, read));
                }
                // It is seen again when it stands still, or is gone.
                Ok(None) => {}
                Err(error) if error.fault() == folder::Fault::Missing => {}
                // Another program has it for a moment, or we may not read it: it is no fault of the
                // folder, and looked at again.
                Err(_) => look.odd += 1,
            }
        }
        for (_, read) in self.read.values() {
            match read {
                Read::Files(files) => look.files.extend(files.iter().cloned()),
                Read::Odd => look.odd += 1,
            }
        }
        Ok(look)
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

/// What of the standard is in a file; nothing if it changed meanwhile.
fn read(folder: &Downloads, file: &Seen, limits: &Limits) -> Result<Option<Read>, FolderError> {
    let came_at = folder.came_at(file);
    match Meant::of(file.name()) {
        Some(Meant::Standard(..)) if file.stamp().size() > limits.file_size => Ok(Some(Read::Odd)),
        Some(Meant::Standard(name, written)) => {
            let Some(bytes) = folder.read(file)? else { return Ok(None) };
            let (size, sha256) = (file.stamp().size(), Digest::of(&bytes));
            let found =
                Found { name, written, size, sha256, came_at, file: file.clone(), label: None };
            Ok(Some(Read::Files(vec![found])))
        }
        Some(Meant::Zip) => {
            let held = archive::list(folder.open(file)?, limits);
            if !folder.is_as_seen(file) {
                return Ok(None);
            }
            let found = |entry: Entry| {
                let Entry { name, written, label, size, sha256 } = entry;
                let (file, label) = (file.clone(), Some(label));
                Found { name, written, size, sha256, came_at, file, label }
            };
            Ok(Some(match held {
                Held::Entries(entries) => Read::Files(entries.into_iter().map(found).collect()),
                Held::Odd => Read::Odd,
            }))
        }
        None => Ok(Some(Read::Files(Vec::new()))),
    }
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
