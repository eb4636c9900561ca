//! Packages that are read piece by piece, as whoever fetches them takes them: none of them lies in
//! memory for as long as that takes.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use rusqlite::params;
use tokio::sync::Semaphore;

use super::payload::{self, Found, Stored};
use super::sealing::{self, Sealing};
use super::unit::Column;
use super::{Store, StoreError};
use crate::types::{Digest, DigestBuilder, MessageId};
use crate::work;

/// The most bytes of a piece.
const PIECE: u64 = 1 << 20;

/// The same of a package that lies encrypted, all of which has to be opened for each.
const ENCRYPTED_PIECE: u64 = 16 << 20;

/// A package that lies in the store, and is the one that was stored.
#[derive(Clone)]
pub struct PackagePieces {
    size: u64,
    lies: Lies,
}

#[derive(Clone)]
enum Lies {
    /// A small one.
    Here(Bytes),
    Beside(Arc<Mutex<File>>),
    /// Any piece of it takes opening all of it, which is done of one at a time.
    Encrypted {
        path: PathBuf,
        digest: Digest,
        sealing: Arc<Sealing>,
        turn: Arc<Semaphore>,
    },
}

impl Store {
    /// A package that we send, to be read in pieces.
    pub async fn outgoing_pieces(&self, id: MessageId) -> Result<PackagePieces, StoreError> {
        let (folder, sealing) = self.where_packages_lie();
        let turn = Arc::clone(&self.shared.opening);
        let found = self.read({
            let (folder, sealing) = (folder.clone(), Arc::clone(&sealing));
            move |connection| {
                let place = ("outgoing", "message_id = ?1");
                Stored::find(connection, place, params![Column(id)])?.found(&folder, &sealing)
            }
        });
        let (path, digest) = match found.await? {
            Found::Here(package) => {
                let bytes = package.bytes().clone();
                return Ok(PackagePieces { size: wide(bytes.len()), lies: Lies::Here(bytes) });
            }
            Found::Beside(path, digest) => (path, digest),
        };
        let permit = Arc::clone(&turn).acquire_owned().await;
        let permit = permit.map_err(|_| StoreError::Stopped)?;
        let looked = work::blocking({
            let sealing = Arc::clone(&sealing);
            move || {
                // Also where nobody waits for it any more.
                let _turn = permit;
                look(&path, digest, &sealing).map(|looked| (looked, path))
            }
        });
        let (looked, path) = looked.await.map_err(|_| StoreError::Stopped)??;
        Ok(match looked {
            Looked::Open(file, size) => {
                PackagePieces { size, lies: Lies::Beside(Arc::new(Mutex::new(file))) }
            }
            Looked::Encrypted(size) => {
                PackagePieces { size, lies: Lies::Encrypted { path, digest, sealing, turn } }
            }
        })
    }
}

enum Looked {
    Open(File, u64),
    Encrypted(u64),
}

/// Makes sure that what lies there is the package.
fn look(path: &Path, digest: Digest, sealing: &Sealing) -> Result<Looked, StoreError> {
    let (_, head) = payload::beginning(path)?;
    if sealing::is_sealed(&head) {
        let package = opened(path, digest, sealing)?;
        return Ok(Looked::Encrypted(wide(package.len())));
    }
    let mut file = File::open(path)?;
    let (mut builder, mut size) = (DigestBuilder::new(), 0);
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = file.read(&mut buffer)?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else { break };
        builder.update(bytes);
        size += wide(read);
    }
    if builder.finish() != digest {
        return Err(StoreError::Damaged("digest of a package"));
    }
    Ok(Looked::Open(file, size))
}

/// All bytes of a package that lies encrypted: what changes one of them is found.
fn opened(path: &Path, digest: Digest, sealing: &Sealing) -> Result<Bytes, StoreError> {
    sealing.open(digest, fs::read(path)?)
}

impl PackagePieces {
    /// How many bytes there are.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The most bytes that a piece has.
    pub fn largest_piece(&self) -> u64 {
        self.size.min(match self.lies {
            Lies::Here(_) | Lies::Beside(_) => PIECE,
            Lies::Encrypted { .. } => ENCRYPTED_PIECE,
        })
    }

    /// The bytes from `start` on, to `end` at the most and none beyond the end of the package; nothing
    /// where there are none.
    pub async fn piece(&self, start: u64, end: u64) -> Result<Bytes, StoreError> {
        let end = end.min(self.size).min(start.saturating_add(self.largest_piece()));
        let length = usize::try_from(end.saturating_sub(start)).unwrap_or(0);
        if length == 0 {
            return Ok(Bytes::new());
        }
        match &self.lies {
            Lies::Here(bytes) => part(bytes, start, length),
            Lies::Beside(file) => {
                let file = Arc::clone(file);
                let read = work::blocking(move || read_at(&file, start, length));
                Ok(read.await.map_err(|_| StoreError::Stopped)??)
            }
            Lies::Encrypted { path, digest, sealing, turn } => {
                let permit = Arc::clone(turn).acquire_owned().await;
                let permit = permit.map_err(|_| StoreError::Stopped)?;
                let (path, digest, sealing) = (path.clone(), *digest, Arc::clone(sealing));
                let piece = work::blocking(move || {
                    let _turn = permit;
                    let package = opened(&path, digest, &sealing)?;
                    // The rest of it is not to stay.
                    part(&package, start, length).map(|part| Bytes::copy_from_slice(&part))
                });
                piece.await.map_err(|_| StoreError::Stopped)?
            }
        }
    }
}

fn part(bytes: &Bytes, start: u64, length: usize) -> Result<Bytes, StoreError> {
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    let end = start.saturating_add(length);
    if end <= bytes.len() {
        Ok(bytes.slice(start..end))
    } else {
        Err(StoreError::Damaged("length of a package"))
    }
}

fn read_at(file: &Mutex<File>, start: u64, length: usize) -> io::Result<Bytes> {
    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = vec![0; length];
    file.read_exact(&mut bytes)?;
    Ok(bytes.into())
}

fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
