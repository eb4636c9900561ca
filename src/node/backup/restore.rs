//! Putting a backup back.

use std::fs::{self, File};
use std::io::{BufReader, Read, Seek, Write as _};
use std::path::{Component, Path, PathBuf};

use age::secrecy::SecretString;
use jiff::Timestamp;
use zip::ZipArchive;

use super::{BackupError, Entry, LIST, List, at};
use crate::config::Config;
use crate::disk;
use crate::store::put_back;
use crate::types::DigestBuilder;

/// The most bytes that the list of files may have.
const LONGEST_LIST: u64 = 16 << 20;

/// The most work that a passphrase may take, as a power of two.
const MOST_WORK: u8 = 22;

/// The most files of a backup.
const MOST: usize = 1_000_000;

/// What was put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// When the backup was made.
    pub made_at: Timestamp,
    /// The file of the configuration.
    pub config: PathBuf,
    /// The data folder.
    pub data: PathBuf,
    /// Whether keys and passwords were in it.
    pub with_keys: bool,
    /// Files and folders that lay elsewhere: where they were, and where they are now.
    pub moved: Vec<(PathBuf, PathBuf)>,
}

/// Puts a backup into a folder that is empty or not there yet. May block for as long as it takes. What
/// is in the folder counts only when this has ended well: nothing there is a store before.
pub fn restore(
    backup: &Path,
    passphrase: SecretString,
    to: &Path,
    now: Timestamp,
) -> Result<Restored, BackupError> {
    let file = File::open(backup).map_err(at(backup))?;
    let locked = age::Decryptor::new_buffered(BufReader::new(file))
        .map_err(|error| reading(backup, error))?;
    if !locked.is_scrypt() {
        return Err(BackupError::Damaged("not locked by a passphrase"));
    }
    let mut identity = age::scrypt::Identity::new(passphrase);
    // A backup of a fast computer can be put back on a slow one.
    identity.set_max_work_factor(MOST_WORK);
    let stream = locked
        .decrypt(std::iter::once(&identity as &dyn age::Identity))
        .map_err(|error| reading(backup, error))?;
    let mut archive =
        ZipArchive::new(stream).map_err(|_| BackupError::Damaged("its end is missing"))?;
    let list = list(&mut archive)?;
    make_empty(to)?;
    let data = if list.data.is_relative() && is_plain(&list.data) {
        to.join(&list.data)
    } else {
        to.join("data")
    };
    if list.files.len() > MOST || list.files.len() + 1 != archive.len() {
        return Err(BackupError::Damaged("its list does not fit"));
    }
    let mut moved = Vec::new();
    // The database last: without it there is no store.
    let (database, others): (Vec<_>, Vec<_>) =
        list.files.iter().partition(|entry| entry.name == "data/renkei.db");
    for entry in others.into_iter().chain(database) {
        let path = place(entry, to, &data)?;
        if entry.name.starts_with("outside/") {
            moved.push((entry.from.clone(), path.clone()));
        }
        extract(&mut archive, entry, &path)?;
    }
    put_back(&data, list.made_at, now)?;
    disk::sync_folder(&data).map_err(at(&data))?;
    disk::sync_folder(to).map_err(at(to))?;
    let config = place_of_config(&list.config, to)?;
    let text = fs::read_to_string(&config).map_err(at(&config))?;
    let named = Config::draft(&text, to).config.node.data;
    if named != data {
        moved.push((named, data.clone()));
    }
    Ok(Restored { made_at: list.made_at, config, data, with_keys: list.with_keys, moved })
}

/// What went wrong with the lock.
fn reading(path: &Path, error: age::DecryptError) -> BackupError {
    match error {
        age::DecryptError::Io(error) => at(path)(error),
        age::DecryptError::InvalidHeader | age::DecryptError::UnknownFormat => {
            BackupError::Damaged("its beginning")
        }
        _ => BackupError::Passphrase,
    }
}

fn list<R: Read + Seek>(archive: &mut ZipArchive<R>) -> Result<List, BackupError> {
    let damaged = |_| BackupError::Damaged("its list");
    let entry = archive.by_name(LIST).map_err(damaged)?;
    let mut text = Vec::new();
    let read = entry.take(LONGEST_LIST).read_to_end(&mut text);
    read.map_err(|_| BackupError::Damaged("its list"))?;
    serde_json::from_slice(&text).map_err(|_| BackupError::Damaged("its list"))
}

fn make_empty(folder: &Path) -> Result<(), BackupError> {
    disk::create_private_folders(folder).map_err(at(folder))?;
    match fs::read_dir(folder).map_err(at(folder))?.next() {
        None => Ok(()),
        Some(_) => Err(BackupError::NotEmpty(folder.to_owned())),
    }
}

/// Whether a path leads nowhere but down.
fn is_plain(path: &Path) -> bool {
    path.components().all(|part| matches!(part, Component::Normal(_)))
        && path.components().next().is_some()
}

/// Where a file of the backup belongs.
fn place(entry: &Entry, to: &Path, data: &Path) -> Result<PathBuf, BackupError> {
    let strange = || BackupError::Damaged("the name of a file");
    let (folder, rest) = entry.name.split_once('/').ok_or_else(strange)?;
    let folder = match folder {
        "home" => to.to_owned(),
        "data" => data.to_owned(),
        "outside" => to.join("outside"),
        _ => return Err(strange()),
    };
    let rest = Path::new(rest);
    if is_plain(rest) { Ok(folder.join(rest)) } else { Err(strange()) }
}

fn place_of_config(name: &str, to: &Path) -> Result<PathBuf, BackupError> {
    let name = Path::new(name);
    if is_plain(name) { Ok(to.join(name)) } else { Err(BackupError::Damaged("its configuration")) }
}

/// Writes one file and holds it against its digest.
fn extract<R: Read + Seek>(
    archive: &mut ZipArchive<R>,
    entry: &Entry,
    path: &Path,
) -> Result<(), BackupError> {
    if let Some(folder) = path.parent() {
        disk::create_private_folders(folder).map_err(at(folder))?;
    }
    let mut options = File::options();
    let mut file =
        disk::private(options.create_new(true).write(true)).open(path).map_err(at(path))?;
    let damaged = BackupError::Damaged("a file");
    let Ok(source) = archive.by_name(&entry.name) else { return Err(damaged) };
    let mut source = source.take(entry.size.saturating_add(1));
    let mut digest = DigestBuilder::new();
    let mut size = 0;
    let mut piece = vec![0; 64 << 10];
    loop {
        let Ok(read) = source.read(&mut piece) else { return Err(damaged) };
        let Some(read) = piece.get(..read).filter(|read| !read.is_empty()) else { break };
        digest.update(read);
        size += u64::try_from(read.len()).unwrap_or_default();
        file.write_all(read).map_err(at(path))?;
    }
    file.sync_all().map_err(at(path))?;
    if size == entry.size && digest.finish() == entry.sha256 { Ok(()) } else { Err(damaged) }
}
