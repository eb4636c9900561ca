//! What is remembered of the folders of the offices.

use std::path::PathBuf;

use rusqlite::params;

use super::unit::Column;
use super::{Store, StoreError};
use crate::types::OfficeNumber;

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

/// A drop folder with the work folder into which files are taken from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkFolder {
    /// Whose it is.
    pub office: OfficeNumber,
    /// Where the files come from.
    pub drop: PathBuf,
    /// Where they are taken to.
    pub work: PathBuf,
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

    /// The work folders in which taken files may lie.
    pub async fn work_folders(&self) -> Result<Vec<WorkFolder>, StoreError> {
        self.read(|connection| {
            let mut statement = connection
                .prepare("SELECT office, dropped, work FROM work_folders ORDER BY 1, 2, 3")?;
            let rows = statement.query_map((), |row| {
                let path = |place| row.get::<_, String>(place).map(PathBuf::from);
                let office = row.get::<_, Column<OfficeNumber>>(0)?.0;
                Ok(WorkFolder { office, drop: path(1)?, work: path(2)? })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Nothing lies in a work folder any more, and nothing is taken to it.
    pub async fn forget_work_folder(&self, folder: WorkFolder) -> Result<(), StoreError> {
        self.write(move |connection| {
            let WorkFolder { office, drop, work } = folder;
            connection.execute(
                "DELETE FROM work_folders WHERE office = ?1 AND dropped = ?2 AND work = ?3",
                params![Column(office), drop.to_string_lossy(), work.to_string_lossy()],
            )?;
            Ok(())
        })
        .await
    }

    /// Remembers these folders and no others, but for `work` folders, which are remembered until they
    /// are forgotten. Whoever takes files remembers first where to.
    pub async fn remember_folders(
        &self,
        folders: Vec<KnownFolder>,
        work: Vec<WorkFolder>,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection.execute("DELETE FROM folders", ())?;
            for WorkFolder { office, drop, work } in work {
                connection.execute(
                    "INSERT OR IGNORE INTO work_folders (office, dropped, work) VALUES (?1, ?2, ?3)",
                    params![Column(office), drop.to_string_lossy(), work.to_string_lossy()],
                )?;
            }
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
