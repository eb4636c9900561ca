//! What is remembered of the folders of the offices.

use rusqlite::params;

use super::{Store, StoreError};

/// A folder of an office as it was when it was opened last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFolder {
    /// As the configuration names it.
    pub path: String,
    /// What stands in its hidden file.
    pub mark: String,
    /// What the system calls it.
    pub id: String,
}

impl Store {
    /// The folders of the last start. May block.
    pub fn known_folders(&self) -> Result<Vec<KnownFolder>, StoreError> {
        self.with_reader(|connection| {
            let mut statement = connection.prepare("SELECT path, mark, id FROM folders")?;
            let rows = statement.query_map((), |row| {
                Ok(KnownFolder { path: row.get(0)?, mark: row.get(1)?, id: row.get(2)? })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    /// Remembers these folders and no others.
    pub async fn remember_folders(&self, folders: Vec<KnownFolder>) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection.execute("DELETE FROM folders", ())?;
            for folder in folders {
                connection.execute(
                    "INSERT OR REPLACE INTO folders (path, mark, id) VALUES (?1, ?2, ?3)",
                    params![folder.path, folder.mark, folder.id],
                )?;
            }
            Ok(())
        })
        .await
    }
}
