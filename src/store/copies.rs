//! Packages whose files go to another partner too.
//!
//! A copy goes through the drop folder like any other set. Until it is packed or held only the row here
//! knows of it.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

use super::held::by_whom;
use super::journal::{self, JournalEntry, Step};
use super::unit::Column;
use super::{Store, StoreError};
use crate::transfer::OutgoingState;
use crate::types::{FileSerial, MessageId, OfficeNumber};

/// How long a copy of which nothing is seen may still be in the drop folder.
const IN_DROP: SignedDuration = SignedDuration::from_mins(15);

/// Packages in these states are of no more use to the partner.
const OVER: [&str; 6] = [
    OutgoingState::Refused.as_str(),
    OutgoingState::Rejected.as_str(),
    OutgoingState::RecallAsked.as_str(),
    OutgoingState::Recalled.as_str(),
    OutgoingState::Expired.as_str(),
    OutgoingState::Superseded.as_str(),
];

/// A copy that is about to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewCopy {
    /// Our office.
    pub office: OfficeNumber,
    /// The package whose files are taken.
    pub source: MessageId,
    /// Whom that one was for.
    pub recipient: OfficeNumber,
    /// Whom the copy is for.
    pub partner: OfficeNumber,
    /// The 連番 of the copy.
    pub serial: FileSerial,
}

/// Which copies are under way or have arrived, in SQL over `copies AS c`; `?1` is since when one of
/// which nothing is seen may still be in the drop folder.
fn is_there() -> String {
    let of_it = |table: &str| {
        format!(
            "{table}.office = c.office AND {table}.partner = c.partner AND {table}.serial = c.serial"
        )
    };
    let (package, set) = (of_it("o"), of_it("h"));
    format!(
        "(EXISTS (SELECT 1 FROM outgoing AS o WHERE {package} AND o.state NOT IN ('{}'))
          OR EXISTS (SELECT 1 FROM held AS h WHERE {set} AND h.settled_at IS NULL)
          OR (c.at > ?1 AND NOT EXISTS (SELECT 1 FROM outgoing AS o WHERE {package})
              AND NOT EXISTS (SELECT 1 FROM held AS h WHERE {set})))",
        OVER.join("', '")
    )
}

impl Store {
    /// Notes that `by` has a copy made, beside the package whose files are taken. `false`, and nothing
    /// is noted, where there is one that is under way, is held or has arrived.
    pub async fn note_copy(
        &self,
        new: NewCopy,
        by: String,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let known = connection
                .prepare_cached(&format!(
                    "SELECT 1 FROM copies AS c WHERE c.source = ?2 AND c.partner = ?3 AND {}",
                    is_there()
                ))?
                .exists(params![before(now), Column(new.source), Column(new.partner)])?;
            if known {
                return Ok(false);
            }
            connection
                .prepare_cached(
                    "INSERT OR REPLACE INTO copies (source, partner, office, serial, at)
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![
                    Column(new.source),
                    Column(new.partner),
                    Column(new.office),
                    Column(new.serial),
                    Column(now),
                ])?;
            let entry = JournalEntry {
                office: new.office,
                partner: Some(new.recipient),
                id: Some(new.source),
                serial: None,
            };
            let detail = by_whom(new.partner.as_str(), &by);
            journal::append(connection, &entry, Step::Copied, &detail, now)?;
            Ok(true)
        })
        .await
    }

    /// Forgets a copy whose files could not be laid into the drop folder.
    pub async fn forget_copy(
        &self,
        source: MessageId,
        partner: OfficeNumber,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection
                .prepare_cached("DELETE FROM copies WHERE source = ?1 AND partner = ?2")?
                .execute(params![Column(source), Column(partner)])?;
            Ok(())
        })
        .await
    }

    /// The copies of packages of `office` that are under way, are held or have arrived: whose files, and
    /// for whom.
    pub async fn copies(
        &self,
        office: OfficeNumber,
        now: Timestamp,
    ) -> Result<BTreeSet<(MessageId, OfficeNumber)>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT c.source, c.partner FROM copies AS c WHERE c.office = ?2 AND {}",
                is_there()
            ))?;
            let rows = statement.query_map(params![before(now), Column(office)], |row| {
                Ok((row.get::<_, Column<_>>(0)?.0, row.get::<_, Column<_>>(1)?.0))
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// The highest 連番 of what went or goes from `office` to `partner`, or is held for it.
    pub async fn highest_serial(
        &self,
        office: OfficeNumber,
        partner: OfficeNumber,
    ) -> Result<Option<FileSerial>, StoreError> {
        self.read(move |connection| {
            let highest: Option<String> = connection
                .prepare_cached(
                    "SELECT max(serial) FROM (
                         SELECT max(serial) AS serial FROM outgoing
                             WHERE office = ?1 AND partner = ?2
                         UNION ALL SELECT max(serial) FROM held WHERE office = ?1 AND partner = ?2
                         UNION ALL SELECT max(serial) FROM copies
                             WHERE office = ?1 AND partner = ?2)",
                )?
                .query_row(params![Column(office), Column(partner)], |row| row.get(0))?;
            Ok(highest.and_then(|serial| serial.parse().ok()))
        })
        .await
    }
}

/// Since when a copy may still be in the drop folder.
fn before(now: Timestamp) -> Column<Timestamp> {
    Column(now.saturating_sub(IN_DROP).unwrap_or(Timestamp::MIN))
}

/// Forgets copies that were made before `records`.
pub(super) fn purge(connection: &Connection, records: Timestamp) -> Result<(), StoreError> {
    connection.execute("DELETE FROM copies WHERE at < ?1", params![Column(records)])?;
    Ok(())
}
