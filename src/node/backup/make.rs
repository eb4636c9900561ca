//! Making a backup.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Component, Path, PathBuf};

use age::secrecy::SecretString;
use jiff::Timestamp;
use zip::write::{SimpleFileOptions, StreamWriter, ZipWriter};

use super::{BackupError, Entry, Format, LIST, List, at};
use crate::config::{Config, PARTNERS};
use crate::disk;
use crate::store::Store;
use crate::types::DigestBuilder;

/// Where the copy of the database lies until it is in the backup: in the data folder, which is closed
/// to others.
const COPY: &str = "backup-copy.tmp";

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
    let made = write(store, config, Terms { to: &to, config_file: &config_file, ..terms });
    if made.as_ref().is_err_and(|error| !is_there_already(error, &to)) {
        let _ = fs::remove_file(&to);
    }
    made
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
    let mut archive = Archive { zip: ZipWriter::new_stream(locked), to, files: Vec::new() };

    let copy = config.node.data.join(COPY);
    // Left over from a process that was killed.
    remove_if_there(&copy)?;
    let copied = store.copy_to(&copy);
    let written = copied.map_err(BackupError::from).and_then(|copied| {
        archive.add("data/renkei.db", &copy)?;
        for (digest, path) in &copied.beside {
            archive.add(&format!("data/packages/{digest}"), path)?;
        }
        Ok(copied)
    });
    remove_if_there(&copy)?;
    let copied = written?;
    archive.add_folder("data", &config.node.data, &|name| {
        !NOT_KEPT.contains(&name) && Path::new(name).extension().is_none_or(|end| end != "tmp")
    })?;
    let users = config.node.data.join("users");
    archive
        .add_folder("data/users", &users, &|name| ["users.json", "tokens.json"].contains(&name))?;

    let home = config_file.parent().unwrap_or(Path::new(""));
    let config_name = archive.add_below(home, config_file)?;
    let partners = home.join("partners");
    archive.add_folder("home/partners", &partners, &|_| true)?;
    let mut missing = Vec::new();
    let mut named: Vec<_> = config.named_files();
    named.sort_unstable();
    named.dedup();
    for (path, is_secret) in named {
        if is_secret && !with_keys {
            continue;
        }
        if path.is_file() {
            archive.add_below(home, path)?;
        } else {
            missing.push(path.to_owned());
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

fn remove_if_there(path: &Path) -> Result<(), BackupError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(path)(error)),
        _ => Ok(()),
    }
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
    files: Vec<Entry>,
}

impl Archive<'_, age::stream::StreamWriter<BufWriter<File>>> {
    /// Adds one file under `name`.
    fn add(&mut self, name: &str, from: &Path) -> Result<(), BackupError> {
        let mut source = File::open(from).map_err(at(from))?;
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
        let from = std::path::absolute(from).unwrap_or_else(|_| from.to_owned());
        self.files.push(Entry { name: name.to_owned(), from, size, sha256: digest.finish() });
        Ok(())
    }

    /// Adds the files of a folder that `is_wanted` holds for by their names; none if it is not there.
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
            if let (true, Some(file)) = (is_file, file.to_str().filter(|name| is_wanted(name))) {
                found.push((format!("{name}/{file}"), entry.path()));
            }
        }
        found.sort_unstable();
        found.iter().try_for_each(|(name, path)| self.add(name, path))
    }

    /// Adds a file that the configuration names, and gives its name behind `home/` or `outside/`. One
    /// that was added before is not added again.
    fn add_below(&mut self, home: &Path, path: &Path) -> Result<String, BackupError> {
        let inside = below(home, path).and_then(|path| {
            let parts: Option<Vec<_>> = path.iter().map(|part| part.to_str()).collect();
            Some(parts?.join("/"))
        });
        let name = inside.as_ref().map_or_else(
            || {
                let count = self.files.iter().filter(|file| file.name.starts_with("outside/"));
                let file = path.file_name().unwrap_or_default().to_string_lossy();
                format!("outside/{}/{file}", count.count() + 1)
            },
            |inside| format!("home/{inside}"),
        );
        if !self.files.iter().any(|file| file.name == name) {
            self.add(&name, path)?;
        }
        Ok(inside.unwrap_or(name))
    }

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
