//! What is known of the backups that were made and looked at, on disk: of what is locked nobody can say
//! anything by its name.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::disk::{self, Readers};

/// The name of the file in the data folder.
const NAME: &str = "backups.json";

const SCHEMA: &str = "renkei.backups/1";

/// The largest file that is read.
const MOST_BYTES: u64 = 4 << 20;

/// The most backups that something is known of.
const MOST: usize = 4_000;

/// What is known of backups.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    schema: String,
    /// The last good one that the node made by itself.
    pub last: Option<Last>,
    /// By their names.
    pub files: BTreeMap<String, Known>,
}

/// The last good backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Last {
    /// When it was made.
    pub at: Timestamp,
    /// The name of its file.
    pub name: String,
}

/// What is known of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// How large it was; of another size it is another one.
    pub size: u64,
    /// When it was read last.
    pub checked_at: Timestamp,
    /// What came of that.
    pub verdict: Verdict,
}

/// What came of reading a backup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is whole.
    Whole {
        /// When it was made.
        made_at: Timestamp,
        /// Whether keys and passwords are in it.
        with_keys: bool,
    },
    /// It is damaged.
    Damaged,
    /// The passphrase of the configuration does not open it.
    OtherPassphrase,
}

impl Record {
    /// What a data folder holds; nothing where it cannot be read, so that a backup is made anew. Blocks.
    pub fn read(data: &Path) -> Self {
        let mut text = String::new();
        let read = File::open(data.join(NAME))
            .and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text))
            .ok();
        let record = read.and_then(|_| serde_json::from_str::<Self>(&text).ok());
        record.filter(|record| record.schema == SCHEMA).unwrap_or_default()
    }

    /// What is known of a file of this name and size.
    pub fn of(&self, name: &str, size: u64) -> Option<&Known> {
        self.files.get(name).filter(|known| known.size == size)
    }

    /// Keeps what is known of a backup.
    pub(super) fn note(&mut self, name: &str, known: Known) {
        self.files.insert(name.to_owned(), known);
        // Their names rise with the time.
        while self.files.len() > MOST {
            self.files.pop_first();
        }
    }

    /// Blocks.
    pub(super) fn write(&self, data: &Path) -> io::Result<()> {
        let whole = Self { schema: SCHEMA.to_owned(), ..self.clone() };
        let bytes = serde_json::to_vec_pretty(&whole).map_err(io::Error::other)?;
        disk::replace(&data.join(NAME), &bytes, Readers::AsUsual)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_record_is_forgotten() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut record = Record::default();
        let made_at = Timestamp::from_second(1_800_000_000).expect("in range");
        record.last = Some(Last { at: made_at, name: "a".to_owned() });
        let verdict = Verdict::Whole { made_at, with_keys: true };
        record.note("a", Known { size: 7, checked_at: made_at, verdict });
        record.write(folder.path()).expect("written");
        let read = Record::read(folder.path());
        assert_eq!((&read.last, &read.files), (&record.last, &record.files));
        assert!(read.of("a", 7).is_some() && read.of("a", 8).is_none());
        let deep = "[".repeat(100_000);
        for text in ["", "{}", "null", "{\"schema\":\"renkei.backups/2\"}", &deep] {
            std::fs::write(folder.path().join(NAME), text).expect("written");
            assert_eq!(Record::read(folder.path()), Record::default(), "{}", text.len());
        }
    }
}
