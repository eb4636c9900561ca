//! Putting a backup back.
//!
//! Everything is unpacked into a folder of its own in the folder that it is to be put into, and moved from
//! there when it is whole, the configuration last. So whatever cuts it off, no node can start by what is
//! there, and the same command again begins anew or ends what was begun.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use age::secrecy::SecretString;
use jiff::Timestamp;

use super::opened::{Opened, is_plain};
use super::{BackupError, DATABASE, Entry, List, UNFINISHED, at};
use crate::config::{Config, Office};
use crate::disk::{self, Readers};
use crate::store::put_back;

/// Lies among what is unpacked when that is whole, and says of which backup it is.
const WHOLE: &str = ".renkei-whole";

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
    /// Folders of the configuration that are not there and that the node does not make itself.
    pub missing: Vec<PathBuf>,
}

/// Puts a backup into a folder that is empty or not there yet, or in which putting back the same one was
/// cut off. May block for as long as it takes.
pub fn restore(
    backup: &Path,
    passphrase: SecretString,
    to: &Path,
    now: Timestamp,
) -> Result<Restored, BackupError> {
    let mut opened = Opened::open(backup, passphrase)?;
    let places = Places::of(&opened.list)?;
    let unfinished = to.join(UNFINISHED);
    let mark = mark(&opened.list);
    let is_whole = fs::read_to_string(unfinished.join(WHOLE)).is_ok_and(|text| text == mark);
    if !is_whole && !is_placed(&unfinished, &to.join(&places.config)) {
        begin(to, &unfinished)?;
        let unpacked = unpack(&mut opened, &places, &unfinished, now);
        if unpacked.is_err() {
            let _ = disk::remove_folder(&unfinished);
        }
        unpacked?;
        let whole = unfinished.join(WHOLE);
        disk::create(&whole, mark.as_bytes(), Readers::AsUsual).map_err(at(&whole))?;
    }
    move_up(&unfinished, to, &places)?;

    let list = opened.list;
    let (config, data) = (to.join(&places.config), to.join(&places.data));
    let outside = list.files.iter().filter(|entry| entry.name.starts_with("outside/"));
    let outside = outside.map(|entry| Ok((entry.from.clone(), to.join(places.of_file(entry)?))));
    let mut moved = outside.collect::<Result<Vec<_>, BackupError>>()?;
    let text = fs::read_to_string(&config).map_err(at(&config))?;
    let draft = Config::draft(&text, to).config;
    let missing = missing(&draft);
    let named = draft.node.data;
    if named != data {
        moved.push((named, data.clone()));
    }
    let (made_at, with_keys) = (list.made_at, list.with_keys);
    Ok(Restored { made_at, config, data, with_keys, moved, missing })
}

/// Whether it was cut off when everything was in its place: the configuration is moved last, and the
/// mark removed after it.
fn is_placed(unfinished: &Path, config: &Path) -> bool {
    let is_empty = fs::read_dir(unfinished).is_ok_and(|mut left| left.next().is_none());
    is_empty && config.is_file()
}

/// The folders of the offices that nobody but a person makes.
fn missing(config: &Config) -> Vec<PathBuf> {
    let of_office = |office: &Office| {
        let all = [&office.drop, &office.import, &office.import_actuals, &office.hold];
        all.into_iter().chain(&office.sent).cloned().collect::<Vec<_>>()
    };
    let all: BTreeSet<_> = config.offices.iter().flat_map(of_office).collect();
    all.into_iter().filter(|folder| !folder.is_dir()).collect()
}

/// By which a backup is known again.
fn mark(list: &List) -> String {
    format!("{} {} {}\n", list.store, list.made_at, list.journal_link)
}

/// Where things belong, below the folder that they are put into.
struct Places {
    config: PathBuf,
    data: PathBuf,
}

impl Places {
    fn of(list: &List) -> Result<Self, BackupError> {
        let config = PathBuf::from(&list.config);
        if !is_plain(&config) {
            return Err(BackupError::Damaged("its configuration"));
        }
        let is_below = list.data.is_relative() && is_plain(&list.data);
        let data = if is_below { list.data.clone() } else { PathBuf::from("data") };
        let places = Self { config, data };
        for entry in &list.files {
            places.of_file(entry)?;
        }
        Ok(places)
    }

    fn of_file(&self, entry: &Entry) -> Result<PathBuf, BackupError> {
        let strange = || BackupError::Damaged("the name of a file");
        let (folder, rest) = entry.name.split_once('/').ok_or_else(strange)?;
        let rest = Path::new(rest);
        let path = match folder {
            "home" => rest.to_owned(),
            "data" => self.data.join(rest),
            "outside" => Path::new("outside").join(rest),
            _ => return Err(strange()),
        };
        let is_own = path.starts_with(UNFINISHED) || path.starts_with(WHOLE);
        if is_plain(rest) && !is_own { Ok(path) } else { Err(strange()) }
    }
}

/// An empty folder to unpack into. What was cut off before it was whole is removed.
fn begin(to: &Path, unfinished: &Path) -> Result<(), BackupError> {
    disk::create_private_folders(to).map_err(at(to))?;
    for entry in fs::read_dir(to).map_err(at(to))? {
        if entry.map_err(at(to))?.file_name() != UNFINISHED {
            let to = to.to_owned();
            let is_cut = unfinished.is_dir();
            return Err(if is_cut { BackupError::CutOff(to) } else { BackupError::NotEmpty(to) });
        }
    }
    disk::remove_folder(unfinished).map_err(at(unfinished))?;
    disk::create_private_folders(unfinished).map_err(at(unfinished))
}

fn unpack(
    opened: &mut Opened,
    places: &Places,
    unfinished: &Path,
    now: Timestamp,
) -> Result<(), BackupError> {
    let entries = opened.list.files.clone();
    if !entries.iter().any(|entry| entry.name == DATABASE) {
        return Err(BackupError::Damaged("a file is missing"));
    }
    for entry in &entries {
        extract(opened, entry, &unfinished.join(places.of_file(entry)?))?;
    }
    let data = unfinished.join(&places.data);
    put_back(&data, opened.list.made_at, now)?;
    sync_folders(unfinished)
}

fn sync_folders(folder: &Path) -> Result<(), BackupError> {
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        disk::sync_folder(&folder).map_err(at(&folder))?;
        for entry in fs::read_dir(&folder).map_err(at(&folder))? {
            let entry = entry.map_err(at(&folder))?;
            if entry.file_type().map_err(at(entry.path()))?.is_dir() {
                open.push(entry.path());
            }
        }
    }
    Ok(())
}

/// Moves what is whole to where it belongs, the configuration last, and removes the rest.
fn move_up(unfinished: &Path, to: &Path, places: &Places) -> Result<(), BackupError> {
    let last = places.config.iter().next().unwrap_or_default();
    let mut names = Vec::new();
    for entry in fs::read_dir(unfinished).map_err(at(unfinished))? {
        names.push(entry.map_err(at(unfinished))?.file_name());
    }
    names.retain(|name| name != WHOLE);
    names.sort_by_key(|name| name == last);
    for name in names {
        let (from, path) = (unfinished.join(&name), to.join(&name));
        if name == last {
            disk::sync_folder(to).map_err(at(to))?;
        }
        // Whoever puts something there meanwhile keeps it.
        if fs::symlink_metadata(&path).is_ok() {
            return Err(at(path)(io::ErrorKind::AlreadyExists.into()));
        }
        disk::rename(&from, &path).map_err(at(&path))?;
    }
    disk::sync_folder(to).map_err(at(to))?;
    disk::remove_folder(unfinished).map_err(at(unfinished))
}

/// Writes one file and holds it against its digest.
fn extract(opened: &mut Opened, entry: &Entry, path: &Path) -> Result<(), BackupError> {
    if let Some(folder) = path.parent() {
        disk::create_private_folders(folder).map_err(at(folder))?;
    }
    let mut options = File::options();
    let mut file =
        disk::private(options.create_new(true).write(true)).open(path).map_err(at(path))?;
    opened.read(entry, |piece| file.write_all(piece).map_err(at(path)))?;
    file.sync_all().map_err(at(path))
}
