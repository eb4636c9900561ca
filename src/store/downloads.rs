//! What is known of sets that a person downloads from the official WEB service.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::params;

use super::incoming::{self, IncomingNote};
use super::names::WITHHELD;
use super::unit::Column;
use super::{CommitAnswer, NewIncoming, Store, StoreError, UnitFile, UnitSummary};
use crate::transfer::{IncomingEvent, IncomingState};
use crate::types::{CameBy, FileSerial, MessageId, OfficeNumber, code};

/// A set that came from a sender with a 連番.
#[derive(Debug, Clone)]
pub struct CameBefore {
    /// Its id.
    pub id: MessageId,
    /// How it came.
    pub came_by: CameBy,
    /// Its state.
    pub state: IncomingState,
    /// Why it is in this state: a code.
    pub detail: String,
    /// Its files.
    pub files: Vec<UnitFile>,
    /// Where copies of them lie, below the hold folder; empty where none do.
    pub folder: String,
}

impl Store {
    /// Since when a folder of downloads is looked into for an office: from `now` on, if it is for the
    /// first time.
    pub async fn downloads_since(
        &self,
        office: OfficeNumber,
        folder: &Path,
        now: Timestamp,
    ) -> Result<Timestamp, StoreError> {
        let folder = folder.to_string_lossy().into_owned();
        self.write(move |connection| {
            connection
                .prepare_cached(
                    "INSERT INTO downloads (office, folder, since) VALUES (?1, ?2, ?3)
                     ON CONFLICT (office, folder) DO NOTHING",
                )?
                .execute(params![Column(office), folder, Column(now)])?;
            let since = connection
                .prepare_cached("SELECT since FROM downloads WHERE office = ?1 AND folder = ?2")?
                .query_row(params![Column(office), folder], |row| row.get::<_, Column<_>>(0))?;
            Ok(since.0)
        })
        .await
    }

    /// Whether a folder of downloads was ever looked into for an office.
    pub async fn has_downloads(&self, office: OfficeNumber) -> Result<bool, StoreError> {
        self.read(move |connection| {
            let mut statement = connection
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM downloads WHERE office = ?1)")?;
            Ok(statement.query_row(params![Column(office)], |row| row.get(0))?)
        })
        .await
    }

    /// When the last set came to an office that a person had downloaded.
    pub async fn last_download(
        &self,
        office: OfficeNumber,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.read(move |connection| {
            let last: Option<Column<Timestamp>> = connection
                .prepare_cached(
                    "SELECT max(created_at) FROM incoming WHERE office = ?1 AND came_by = ?2",
                )?
                .query_row(params![Column(office), CameBy::Web.as_str()], |row| row.get(0))?;
            Ok(last.map(|last| last.0))
        })
        .await
    }

    /// Makes a set durable that was downloaded, unless something else has its id. What is held of it for
    /// its missing files is given up with that, by its ids.
    pub async fn commit_download(
        &self,
        new: NewIncoming,
        completes: Vec<MessageId>,
        now: Timestamp,
    ) -> Result<CommitAnswer, StoreError> {
        let sender = new.sender;
        self.commit_and(new, now, move |connection| {
            for part in completes {
                let note = IncomingNote::code(code::DOWNLOAD_COMPLETED);
                let event = IncomingEvent::Dismissed;
                incoming::step(connection, (sender, part), event, note, now)?;
            }
            Ok(())
        })
        .await
    }

    /// Notes where copies of a set lie, below the hold folder: whether it is held there any more.
    pub async fn has_copies(
        &self,
        sender: OfficeNumber,
        id: MessageId,
        folder: String,
    ) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let noted = connection
                .prepare_cached(&format!(
                    "UPDATE incoming SET folder = ?3
                     WHERE sender = ?1 AND message_id = ?2 AND state = '{WITHHELD}'"
                ))?
                .execute(params![Column(sender), Column(id), folder])?;
            Ok(noted > 0)
        })
        .await
    }

    /// What came from `sender` for `office` with this 連番, on whichever way, oldest first; without what
    /// was given back.
    pub async fn came_before(
        &self,
        office: OfficeNumber,
        sender: OfficeNumber,
        serial: FileSerial,
    ) -> Result<Vec<CameBefore>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(
                "SELECT message_id, came_by, state, detail, unit, folder FROM incoming
                 WHERE office = ?1 AND sender = ?2 AND serial = ?3 AND state <> 'RECALLED'
                 ORDER BY created_at, message_id",
            )?;
            let values = params![Column(office), Column(sender), Column(serial)];
            let rows = statement.query_map(values, |row| {
                let unit: String = row.get(4)?;
                Ok(UnitSummary::from_json(&unit).and_then(|unit| {
                    Ok(CameBefore {
                        id: row.get::<_, Column<_>>(0)?.0,
                        came_by: row.get::<_, Column<_>>(1)?.0,
                        state: row.get::<_, Column<_>>(2)?.0,
                        detail: row.get(3)?,
                        files: unit.files,
                        folder: row.get(5)?,
                    })
                }))
            })?;
            rows.map(|row| row?).collect()
        })
        .await
    }
}
