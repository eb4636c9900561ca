//! Everything about one package, without its bytes.

use rusqlite::{Connection, params};

use super::entry::{self, ListRow};
use super::id::EntryId;
use crate::store::receipts::{self, ReceiptLine};
use crate::store::unit::Column;
use crate::store::{JournalRow, Store, StoreError, journal};
use crate::transfer::Direction;
use crate::types::Digest;

/// Everything about one package or held set.
#[derive(Debug, Clone)]
pub struct Details {
    /// As a list has it, with more of its people.
    pub row: ListRow,
    /// What only a package has; none for a held set.
    pub package: Option<PackageFacts>,
    /// The receipts about it, oldest first.
    pub receipts: Vec<ReceiptLine>,
    /// The steps it went through, oldest first; none of a held set, whose steps name no package.
    pub steps: Vec<JournalRow>,
    /// Where its files lie, below the hold folder; empty where none are there.
    pub folder: String,
}

/// What the manifest of a package says, beside what every line has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackageFacts {
    /// The sender's number for it, among all for the same recipient.
    pub sequence: u64,
    /// Digest of the container.
    pub package_sha256: Digest,
    /// Digest of the manifest's bytes.
    pub manifest_sha256: Digest,
    /// Whether its bytes are kept, so that its files can be shown.
    pub is_kept: bool,
}

impl Details {
    /// No more people are told.
    pub const PEOPLE: u32 = 200;
}

impl Store {
    /// Everything about an entry.
    pub async fn details(&self, entry: EntryId) -> Result<Details, StoreError> {
        self.read(move |connection| details(connection, entry)).await
    }
}

fn details(connection: &Connection, entry: EntryId) -> Result<Details, StoreError> {
    let row = entry::line(connection, entry, None, Details::PEOPLE)?;
    let row = row.ok_or(StoreError::NotFound)?;
    let (Some(id), Some(partner)) = (row.line.message_id, row.line.partner) else {
        let folder = connection
            .prepare_cached(
                "SELECT folder FROM held WHERE id = (SELECT held FROM entries WHERE id = ?1)",
            )?
            .query_row(params![entry.0], |row| row.get(0))?;
        let (receipts, steps) = (Vec::new(), Vec::new());
        return Ok(Details { row, package: None, receipts, steps, folder });
    };
    let (direction, office) = (row.line.direction, row.line.office);
    let package = match direction {
        Direction::Out => {
            "SELECT sequence, package_sha256, manifest_sha256, place <> 'gone', '' FROM outgoing
             WHERE message_id = ?1 AND partner = ?2"
        }
        Direction::In => {
            "SELECT sequence, package_sha256, manifest_sha256, place <> 'gone', folder FROM incoming
             WHERE message_id = ?1 AND sender = ?2"
        }
    };
    let (package, folder) = connection.prepare_cached(package)?.query_row(
        params![Column(id), Column(partner)],
        |row| {
            let sequence: i64 = row.get(0)?;
            let facts = PackageFacts {
                sequence: u64::try_from(sequence).unwrap_or_default(),
                package_sha256: row.get::<_, Column<_>>(1)?.0,
                manifest_sha256: row.get::<_, Column<_>>(2)?.0,
                is_kept: row.get(3)?,
            };
            Ok((facts, row.get(4)?))
        },
    )?;
    Ok(Details {
        receipts: receipts::lines_of_message(connection, direction, (office, partner), id)?,
        steps: journal::of_package(connection, direction, partner, id)?,
        row,
        package: Some(package),
        folder,
    })
}
