//! One backup that a node makes by itself.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use age::secrecy::SecretString;
use jiff::tz::TimeZone;

use super::generations::{is_unread, made_by, name_at, too_old, unread};
use super::record::{Known, Last, Record, Verdict};
use super::{BackupError, SHORTEST_PASSPHRASE, Terms, check, make};
use crate::certs::{self, CertsError};
use crate::config::Backup;
use crate::disk;
use crate::node::context::Context;
use crate::types::{Lang, OfficeNumber};

/// Why there is no new backup.
#[derive(Debug, thiserror::Error)]
pub enum NotMade {
    /// The folder is not there.
    #[error("the folder {0} is not there")]
    Away(PathBuf),
    /// The passphrase cannot be read.
    #[error(transparent)]
    Passphrase(#[from] CertsError),
    /// Somebody could try it out.
    #[error("the passphrase in {0} is too short")]
    ShortPassphrase(PathBuf),
    /// It cannot be made.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// It was written, and something else was read.
    #[error("what was written cannot be read back: {0}")]
    Unreadable(BackupError),
    /// The folder does not answer.
    #[error("the folder {0} does not answer")]
    Hangs(PathBuf),
}

impl NotMade {
    /// What is wrong and what to do.
    pub fn text(&self, lang: Lang) -> String {
        match (self, lang) {
            (Self::Passphrase(error), _) => error.text(lang),
            (Self::Backup(error), _) => error.text(lang),
            (Self::Away(folder), Lang::Ja) => format!(
                "バックアップのフォルダー {} が見つかりません。外付けディスクや共有フォルダーがつながっているか確かめてください。つながると自動で作ります。",
                folder.display()
            ),
            (Self::Away(folder), Lang::En) => format!(
                "the folder {} for backups is not there: see whether the disk or network share is connected; it goes on by itself",
                folder.display()
            ),
            (Self::ShortPassphrase(path), Lang::Ja) => format!(
                "{} のパスフレーズを {SHORTEST_PASSPHRASE} 文字以上にしてください。",
                path.display()
            ),
            (Self::ShortPassphrase(path), Lang::En) => format!(
                "the passphrase in {} has to have at least {SHORTEST_PASSPHRASE} characters",
                path.display()
            ),
            (Self::Unreadable(error), Lang::Ja) => format!(
                "作ったバックアップを読み直せませんでした。ディスクが壊れているかもしれません。別のディスクを指定してください（{}）",
                error.text(lang)
            ),
            (Self::Unreadable(error), Lang::En) => format!(
                "what was written could not be read back: the disk may be damaged, name another one ({})",
                error.text(lang)
            ),
            (Self::Hangs(folder), Lang::Ja) => format!(
                "バックアップのフォルダー {} が応答しません。外付けディスクや共有フォルダーを確かめてください。",
                folder.display()
            ),
            (Self::Hangs(folder), Lang::En) => format!(
                "the folder {} for backups does not answer: look at the disk or network share",
                folder.display()
            ),
        }
    }
}

/// Makes a backup, reads it back, and removes generations that are too old; those only where the time is
/// `sure`. Only what was read back gets its name. Blocks for as long as it takes.
pub(super) fn run(
    context: &Context,
    settings: &Backup,
    (office, config_file): (OfficeNumber, &Path),
    sure: bool,
) -> Result<(), NotMade> {
    let folder = &settings.folder;
    if !folder.is_dir() {
        return Err(NotMade::Away(folder.clone()));
    }
    let passphrase = passphrase(settings)?;
    let config = context.config();
    // Of a run that was cut off.
    for name in names(folder)?.iter().filter(|name| is_unread(office, name)) {
        let _ = disk::remove_file(&folder.join(name));
    }
    let now = context.now();
    let name = name_at(office, now.to_zoned(TimeZone::system()).datetime());
    let (begun, path) = (folder.join(unread(&name)), folder.join(&name));
    let with_keys = settings.keys;
    let terms = Terms { config_file, to: &begun, passphrase: passphrase.clone(), with_keys, now };
    let made = make(&context.store, &config, terms)?;
    let named = check(&begun, passphrase)
        .map_err(NotMade::Unreadable)
        .and_then(|_| Ok(put_down(&begun, &path, folder)?));
    if named.is_err() {
        let _ = disk::remove_file(&begun);
    }
    named?;
    let size = made.size;
    tracing::info!(files = made.files, size, "a backup was made");
    if !made.missing.is_empty() {
        let missing = made.missing.len();
        tracing::warn!(missing, "files that the configuration names are not in the backup");
    }
    let data = &config.node.data;
    let mut record = Record::read(data);
    record.last = Some(Last { at: now, name: name.clone() });
    let verdict = Verdict::Whole { made_at: now, with_keys };
    record.note(&name, Known { size, checked_at: now, verdict });
    if sure && let Err(error) = remove_old(settings, office, &name, &mut record) {
        tracing::warn!(%error, "old backups cannot be removed");
    }
    record.write(data).map_err(|error| BackupError::File { path: data.clone(), error })?;
    Ok(())
}

/// What locks the backups of a configuration.
pub(super) fn passphrase(settings: &Backup) -> Result<SecretString, NotMade> {
    let path = &settings.passphrase_file;
    let passphrase = certs::load_password(path)?;
    if passphrase.chars().count() < SHORTEST_PASSPHRASE {
        return Err(NotMade::ShortPassphrase(path.clone()));
    }
    Ok(SecretString::from(passphrase.to_string()))
}

fn put_down(begun: &Path, path: &Path, folder: &Path) -> Result<(), BackupError> {
    let at = |error| BackupError::File { path: path.to_owned(), error };
    disk::rename_new(begun, path).and_then(|()| disk::sync_folder(folder)).map_err(at)
}

fn names(folder: &Path) -> Result<Vec<String>, BackupError> {
    disk::names(folder).map_err(|error| BackupError::File { path: folder.to_owned(), error })
}

/// Removes what is too old of our own; never the one that was just made.
fn remove_old(
    settings: &Backup,
    office: OfficeNumber,
    new: &str,
    record: &mut Record,
) -> io::Result<()> {
    let all = disk::names(&settings.folder)?;
    let all: BTreeSet<_> = all.iter().filter_map(|name| made_by(office, name)).collect();
    for at in too_old(&all, settings.keep) {
        let name = name_at(office, at);
        if name == new {
            continue;
        }
        disk::remove_file(&settings.folder.join(&name))?;
        record.files.remove(&name);
    }
    disk::sync_folder(&settings.folder)
}

/// What can be said of settings before a backup is made by them.
pub(super) fn look(settings: &Backup) -> Result<(), NotMade> {
    if !settings.folder.is_dir() {
        return Err(NotMade::Away(settings.folder.clone()));
    }
    passphrase(settings).map(drop)
}
