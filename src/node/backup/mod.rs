//! Backups: everything that is needed to go on elsewhere, in one file that a passphrase locks.
//!
//! # Storage
//!
//! A ZIP of `home/…` (configuration, partners, the files that the configuration names, as far as they
//! lie below its folder), `outside/N/…` (those that do not), `data/…` (database, packages, users) and,
//! last, `backup.json`, which lists all of them with their digests. It is made from the running store as
//! it stands at one moment. Around it is the age format (age-encryption.org/v1) with a passphrase: the
//! program `age` opens it too.

mod automatic;
mod check;
mod generations;
mod make;
mod opened;
mod record;
mod restore;
mod round;
mod shelf;

use std::io;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use automatic::NotMade;
pub use check::{Checked, check};
pub use generations::is_backup;
pub use make::{Made, Terms, make};
pub use record::{Known, Last, Record, Verdict};
pub use restore::{Restored, restore};
pub use shelf::{Shelved, shelf};

pub(super) use round::{look_at, run};

use crate::config::Backup;
use crate::disk::NoRoom;
use crate::store::StoreError;
use crate::types::Digest;

/// The least number of characters of a passphrase.
pub const SHORTEST_PASSPHRASE: usize = 12;

/// A last good backup that is older than this is told of.
pub const OLD: SignedDuration = SignedDuration::from_hours(48);

/// What is to be said of the settings before a backup is made by them, which changes nothing. Blocks.
pub fn look(settings: &Backup) -> Result<(), NotMade> {
    automatic::look(settings)
}

/// The name of a backup that is made at this time, as `YYYYMMDD-hhmmss`.
pub fn file_name(time: &str) -> String {
    format!("renkei-backup-{time}.zip.age")
}

/// Where a backup is unpacked in the folder that it is put into. As long as it is there, that folder holds
/// no node.
pub const UNFINISHED: &str = "restore.unfinished";

/// The database among the files.
const DATABASE: &str = "data/renkei.db";

/// The name of the list of files.
const LIST: &str = "backup.json";

/// `renkei.backup/1`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Format {
    #[serde(rename = "renkei.backup/1")]
    V1,
}

/// The list of what is in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct List {
    format: Format,
    /// The program that made it.
    version: String,
    made_at: Timestamp,
    /// The id of the store.
    store: String,
    /// How far its journal had come.
    journal_row: u64,
    journal_link: Digest,
    /// The file of the configuration, below `home/`.
    config: String,
    /// The data folder: below the folder of the configuration, or as it was.
    data: PathBuf,
    /// Whether keys and passwords are in it.
    with_keys: bool,
    files: Vec<Entry>,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    /// Its name in the ZIP.
    name: String,
    /// Where it was.
    from: PathBuf,
    size: u64,
    sha256: Digest,
}

/// Why there is no backup, or why it could not be put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The store cannot be read, or the one that was put back cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file or folder: which one, and why.
    #[error("{path}: {error}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A disk has too little room; nothing was written.
    #[error("{path}: {none}")]
    NoRoom {
        /// Where it is needed.
        path: PathBuf,
        /// How much is needed, and is there.
        none: NoRoom,
    },
    /// The passphrase is not that of the backup.
    #[error("the passphrase is not that of the backup")]
    Passphrase,
    /// It is no backup, or it is damaged.
    #[error("this is no backup, or it is damaged: {0}")]
    Damaged(&'static str),
    /// The backup would lie in a folder that it is made of.
    #[error("{0}: the backup would lie in a folder that is part of it")]
    Inside(PathBuf),
    /// A fault of the program.
    #[error("a fault of the program")]
    Internal,
    /// Putting back another backup was cut off there.
    #[error("{0}: putting back another backup was cut off there")]
    CutOff(PathBuf),
    /// The folder to put it into holds something.
    #[error("{0}: the folder is not empty")]
    NotEmpty(PathBuf),
}

impl BackupError {
    /// What is wrong and what to do.
    pub fn text(&self, lang: crate::types::Lang) -> String {
        use crate::types::Lang;
        match (self, lang) {
            (Self::Store(error), _) => error.text(lang),
            (Self::File { path, error }, _) => {
                format!("{}: {}", path.display(), crate::types::io_text(error, lang))
            }
            (Self::NoRoom { path, none }, _) => none.text(path, lang),
            (Self::Passphrase, Lang::Ja) => "パスフレーズが違います。".to_owned(),
            (Self::Passphrase, Lang::En) => "the passphrase is not that of this backup".to_owned(),
            (Self::Damaged(what), Lang::Ja) => {
                format!(
                    "renkei のバックアップではないか、壊れています（{what}）。別の世代を使ってください。"
                )
            }
            (Self::Damaged(what), Lang::En) => {
                format!(
                    "this is no backup of renkei, or it is damaged ({what}); use another generation"
                )
            }
            (Self::Inside(path), Lang::Ja) => format!(
                "フォルダー {} はバックアップの対象です。別の場所を指定してください。",
                path.display()
            ),
            (Self::Inside(path), Lang::En) => format!(
                "the folder {} is itself part of the backup; name another place",
                path.display()
            ),
            (Self::Internal, Lang::Ja) => {
                "プログラムの不具合です。ログを添えて開発元に連絡してください。".to_owned()
            }
            (Self::Internal, Lang::En) => {
                "a fault of the program: report it with the log".to_owned()
            }
            (Self::CutOff(path), Lang::Ja) => format!(
                "フォルダー {} には、途中で止まった別のバックアップの復元が残っています。そのときと同じバックアップで renkei restore をもう一度実行するか、別のフォルダーを指定してください。",
                path.display()
            ),
            (Self::CutOff(path), Lang::En) => format!(
                "in the folder {} putting back another backup was cut off: run renkei restore again with that one, or name another folder",
                path.display()
            ),
            (Self::NotEmpty(path), Lang::Ja) => format!(
                "フォルダー {} は空ではありません。何も上書きしないように、別のフォルダーを指定してください。",
                path.display()
            ),
            (Self::NotEmpty(path), Lang::En) => format!(
                "the folder {} is not empty; name another one, so that nothing is overwritten",
                path.display()
            ),
        }
    }
}

/// A fault of the system with a file.
fn at(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> BackupError {
    let path = path.into();
    move |error| BackupError::File { path, error }
}
