//! Making a backup.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Component, Path, PathBuf};

use age::secrecy::SecretString;
use jiff::{SignedDuration, Timestamp};
use zip::write::{SimpleFileOptions, StreamWriter, ZipWriter};

use super::{BackupError, Entry, Format, LIST, List, at};
use crate::certs::SEALING_FOLDER;
use crate::config::{Config, PARTNERS};
use crate::disk;
use crate::folder::look_for_one_volume;
use crate::store::{Copied, Store, let_go};
use crate::types::DigestBuilder;

/// What lies about unchanged for so long is nobody's any more.
const ABANDONED: SignedDuration = SignedDuration::from_hours(24);

/// What of the data folder is made anew, or is in the backup in another way.
const NOT_KEPT: [&str; 6] =
    ["renkei.db", "renkei.db-wal", "renkei.db-shm", "renkei.lock", "store-id", "health.json"];

/// What a backup is to be like.
pub struct Terms<'a> {
    /// The file of the configuration.
    pub config_file: &'a Path,
    /// The file to write; it must not be there yet.
    pub to: &'a Path,
    /// What locks it.
    pub passphrase: SecretString,
    /// Whether keys and passwords are in it.
    pub with_keys: bool,
    /// The time.
    pub now: Timestamp,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// How many files are in it.
    pub files: usize,
    /// How large it is, in bytes.
    pub size: u64,
    /// What the configuration names and is not there.
    pub missing: Vec<PathBuf>,
}

/// Writes a backup of a store that may be written meanwhile. May block for as long as it takes. A file
/// that was begun and could not be finished is removed.
pub fn make(store: &Store, config: &Config, terms: Terms<'_>) -> Result<Made, BackupError> {
    let to = std::path::absolute(terms.to).map_err(at(terms.to))?;
    let config_file = std::path::absolute(terms.config_file).map_err(at(terms.config_file))?;
    // It would become a part of itself.
    for folder in [&config.node.data, &config.home.join(PARTNERS)] {
        let folder = std::path::absolute(folder).map_err(at(folder))?;
        if to.starts_with(&folder) {
            return Err(BackupError::Inside(folder));
        }
    }
    has_room(store, &config.node.data, &to)?;
    let made = write(store, config, Terms { to: &to, config_file: &config_file, ..terms });
    if made.as_ref().is_err_and(|error| !is_there_already(error, &to)) {
        let _ = disk::remove_file(&to);
    }
    made
}

/// Whether there is room for the copy of the database and for the backup, as far as is known before:
/// packages are compressed already, also those in the database, and the rest of that may become less.
fn has_room(store: &Store, data: &Path, to: &Path) -> Result<(), BackupError> {
    let (database, used) = store.database_bytes()?;
    let packages = fs::read_dir(data.join("packages")).into_iter().flatten().flatten();
    let packages = packages.filter_map(|entry| Some(entry.metadata().ok()?.len()));
    let backup = packages.sum::<u64>().saturating_add(used / 2);
    let folder = to.parent().unwrap_or(to);
    // On one disk both are there at the same time.
    let is_one = look_for_one_volume(data, folder).is_ok();
    let needed = [(data, database), (folder, if is_one { backup + database } else { backup })];
    for (path, needed) in needed {
        let no_room = |none| BackupError::NoRoom { path: path.to_owned(), none };
        disk::has_room(path, needed).map_err(no_room)?;
    }
    Ok(())
}

fn is_there_already(error: &BackupError, to: &Path) -> bool {
    matches!(error, BackupError::File { path, error }
        if path == to && error.kind() == io::ErrorKind::AlreadyExists)
}

fn write(store: &Store, config: &Config, terms: Terms<'_>) -> Result<Made, BackupError> {
    let Terms { config_file, to, passphrase, with_keys, now } = terms;
    let mut options = File::options();
    let file = disk::private(options.create_new(true).write(true)).open(to).map_err(at(to))?;
    let locked = age::Encryptor::with_user_passphrase(passphrase)
        .wrap_output(BufWriter::new(file))
        .map_err(at(to))?;
    let named = named(config);
    // These are in it by their own names, or not at all.
    let apart = named.keys().map(PathBuf::as_path).chain([config_file]).map(real).collect();
    let mut archive = Archive { zip: ZipWriter::new_stream(locked), to, apart, files: Vec::new() };

    let copied = add_store(store, config, &mut archive, now)?;
    archive.add_folder("data", &config.node.data, &|name| {
        !NOT_KEPT.contains(&name) && Path::new(name).extension().is_none_or(|end| end != "tmp")
    })?;
    let users = config.node.data.join("users");
    archive
        .add_folder("data/users", &users, &|name| ["users.json", "tokens.json"].contains(&name))?;

    if with_keys {
        let sealing = config.node.data.join(SEALING_FOLDER);
        archive.add_folder("data/sealing", &sealing, &|name| {
            Path::new(name).extension().is_some_and(|end| end == "key")
        })?;
    }

    let home = config_file.parent().unwrap_or(Path::new(""));
    let config_name = add_below(&mut archive, home, config_file)?.unwrap_or_default();
    archive.add_folder(&format!("home/{PARTNERS}"), &home.join(PARTNERS), &|_| true)?;
    let mut missing = Vec::new();
    for (path, is_secret) in named {
        if is_secret && !with_keys {
            continue;
        }
        if !path.is_file() || add_below(&mut archive, home, &path)?.is_none() {
            missing.push(path);
        }
    }
    let list = List {
        format: Format::V1,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: now,
        store: copied.id,
        journal_row: copied.journal.row,
        journal_link: copied.journal.link,
        config: config_name,
        data: below(home, &config.node.data).unwrap_or_else(|| config.node.data.clone()),
        with_keys,
        files: Vec::new(),
    };
    let files = archive.files.len();
    archive.finish(list)?;
    let size = fs::metadata(to).map_err(at(to))?.len();
    Ok(Made { files, size, missing })
}

/// The files that the configuration names, each once; `true` for those that hold a key or a password,
/// whatever else they hold.
fn named(config: &Config) -> BTreeMap<PathBuf, bool> {
    let mut named = BTreeMap::new();
    for (path, is_secret) in config.named_files() {
        *named.entry(absolute(path)).or_insert(false) |= is_secret;
    }
    named
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Where a file lies in truth, by whatever links it is named.
fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| absolute(path))
}

/// Adds the packages and a copy of the database. Where the copy lies meanwhile, in the data folder,
/// which is closed to others, nobody else who makes a backup puts his own.
fn add_store<W: Write>(
    store: &Store,
    config: &Config,
    archive: &mut Archive<'_, W>,
    now: Timestamp,
) -> Result<Copied, BackupError> {
    let data = &config.node.data;
    // Left over from a process that was killed.
    let old = now.checked_sub(ABANDONED).unwrap_or(Timestamp::MIN);
    disk::remove_leftovers_before(data, old.into()).map_err(at(data))?;
    let place = disk::temporary(data);
    disk::create_private_folder(&place).map_err(at(&place))?;
    let copy = place.join("copy.db");
    let add = |archive: &mut Archive<'_, W>| -> Result<Copied, BackupError> {
        let copied = store.copy_to(&copy)?;
        let mut gone = Vec::new();
        for (digest, path) in &copied.beside {
            if !archive.add(&format!("data/packages/{digest}"), path)? {
                gone.push(*digest);
            }
        }
        let_go(&copy, &gone)?;
        archive.add("data/renkei.db", &copy)?;
        Ok(copied)
    };
    let added = add(archive);
    let removed = disk::remove_folder(&place).map_err(at(&place));
    let copied = added?;
    removed.map(|()| copied)
}

/// The way from `home` to a path below it.
fn below(home: &Path, path: &Path) -> Option<PathBuf> {
    let absolute = |path: &Path| std::path::absolute(path).ok();
    let (home, path) = (absolute(home)?, absolute(path)?);
    let below = path.strip_prefix(home).ok()?;
    // What leads up again is outside, whatever it begins with.
    let is_plain = below.components().all(|part| matches!(part, Component::Normal(_)));
    is_plain.then(|| below.to_owned())
}

/// The ZIP, and what is in it.
struct Archive<'a, W: Write> {
    zip: ZipWriter<StreamWriter<W>>,
    to: &'a Path,
    /// Files that no folder brings in.
    apart: BTreeSet<PathBuf>,
    files: Vec<Entry>,
}

impl<W: Write> Archive<'_, W> {
    /// Adds one file under `name`; `false` if it is not there, as one whose time of keeping was over.
    fn add(&mut self, name: &str, from: &Path) -> Result<bool, BackupError> {
        let mut source = match File::open(from) {
            Ok(source) => source,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(at(from)(error)),
        };
        // Packages are compressed as well as they can be, and nothing else is large.
        let options = SimpleFileOptions::default().compression_level(Some(1)).large_file(true);
        let begun = self.zip.start_file(name, options).map_err(io::Error::from);
        begun.map_err(at(self.to))?;
        let mut digest = DigestBuilder::new();
        let mut size = 0;
        let mut piece = vec![0; 64 << 10];
        loop {
            let read = source.read(&mut piece).map_err(at(from))?;
            let Some(read) = piece.get(..read).filter(|read| !read.is_empty()) else { break };
            digest.update(read);
            size += u64::try_from(read.len()).unwrap_or_default();
            self.zip.write_all(read).map_err(at(self.to))?;
        }
        let (name, from) = (name.to_owned(), absolute(from));
        self.files.push(Entry { name, from, size, sha256: digest.finish() });
        Ok(true)
    }

    /// Adds the files of a folder that `is_wanted` holds for by their names, but for what is ours and
    /// unfinished; none if it is not there.
    fn add_folder(
        &mut self,
        name: &str,
        folder: &Path,
        is_wanted: &dyn Fn(&str) -> bool,
    ) -> Result<(), BackupError> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(at(folder)(error)),
        };
        let mut found = Vec::new();
        for entry in entries {
            let entry = entry.map_err(at(folder))?;
            let is_file = entry.file_type().map_err(at(entry.path()))?.is_file();
            let file = entry.file_name();
            let file = file.to_str().filter(|name| is_wanted(name));
            let file = file.filter(|name| !name.starts_with(disk::OWN_PREFIX));
            if let (true, Some(file)) = (is_file, file)
                && !self.apart.contains(&real(&entry.path()))
            {
                found.push((format!("{name}/{file}"), entry.path()));
            }
        }
        found.sort_unstable();
        for (name, path) in found {
            self.add(&name, &path)?;
        }
        Ok(())
    }
}

/// Adds a file that the configuration names, and gives its name: as it lies below `home`, or behind
/// `outside/`; nothing if it is not there. One that was added before is not added again.
fn add_below<W: Write>(
    archive: &mut Archive<'_, W>,
    home: &Path,
    path: &Path,
) -> Result<Option<String>, BackupError> {
    let inside = below(home, path).and_then(|path| {
        let parts: Option<Vec<_>> = path.iter().map(|part| part.to_str()).collect();
        Some(parts?.join("/"))
    });
    let name = inside.as_ref().map_or_else(
        || {
            let count = archive.files.iter().filter(|file| file.name.starts_with("outside/"));
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            format!("outside/{}/{file}", count.count() + 1)
        },
        |inside| format!("home/{inside}"),
    );
    let is_there =
        archive.files.iter().any(|file| file.name == name) || archive.add(&name, path)?;
    Ok(is_there.then(|| inside.unwrap_or(name)))
}

impl Archive<'_, age::stream::StreamWriter<BufWriter<File>>> {
    /// Writes the list and makes the whole durable.
    fn finish(mut self, list: List) -> Result<(), BackupError> {
        let list = List { files: self.files, ..list };
        let json = serde_json::to_vec_pretty(&list).map_err(|_| BackupError::Damaged("list"))?;
        let begun = self.zip.start_file(LIST, SimpleFileOptions::default());
        begun.map_err(io::Error::from).map_err(at(self.to))?;
        self.zip.write_all(&json).map_err(at(self.to))?;
        let stream = self.zip.finish().map_err(io::Error::from).map_err(at(self.to))?;
        let locked = stream.into_inner().finish().map_err(at(self.to))?;
        let file = locked.into_inner().map_err(|error| at(self.to)(error.into_error()))?;
        file.sync_all().map_err(at(self.to))?;
        let folder = self.to.parent().unwrap_or(Path::new(""));
        disk::sync_folder(folder).map_err(at(folder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_gone_meanwhile_is_passed_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name| folder.path().join(name);
        let zip = ZipWriter::new_stream(Vec::new());
        let to = path("backup");
        let mut archive = Archive { zip, to: &to, apart: BTreeSet::new(), files: Vec::new() };
        fs::write(path("there"), "bytes").expect("written");
        assert!(!archive.add("data/packages/gone", &path("gone")).expect("no fault"));
        assert!(archive.add("data/packages/there", &path("there")).expect("added"));
        let names: Vec<_> = archive.files.iter().map(|entry| entry.name.as_str()).collect();
        assert_eq!(names, ["data/packages/there"]);
    }
}
