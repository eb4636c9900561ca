//! Packages whose outcome is known and not yet shown in the folders.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::held::Overtaken;
use super::names::{CONSIGNED, EXPIRED, HANDED_OVER, REFUSED, REJECTION};
use super::packages::Machine as _;
use super::unit::Column;
use super::{HeldRow, Store, StoreError, UnitSummary, held};
use crate::transfer::Outgoing;
use crate::types::{FileSerial, MessageId, OfficeNumber};
use crate::work::watch;

/// A package of ours that was delivered, refused or given up, and whose files are to be laid into
/// the sent or the hold folder.
#[derive(Debug, Clone)]
pub struct SettledRow {
    /// Its id.
    pub id: MessageId,
    /// The recipient.
    pub partner: OfficeNumber,
    /// Its number among all packages to this recipient.
    pub sequence: u64,
    /// Its 連番.
    pub serial: FileSerial,
    /// What it holds.
    pub unit: UnitSummary,
    /// When it was packed.
    pub packed_at: Timestamp,
    /// Its state.
    pub state: Outgoing,
    /// Until when it may be sent again.
    pub expires_at: Timestamp,
    /// Whether it was refused for good or given up at some time, so that its files lie in the hold
    /// folder.
    pub was_given_up: bool,
    /// The receipt that refused it.
    pub rejection: Option<Vec<u8>>,
}

/// The set that a durable package was made of.
#[derive(Debug, Clone)]
pub struct PackedSet {
    /// The recipient.
    pub partner: OfficeNumber,
    /// Its 連番.
    pub serial: FileSerial,
    /// What it holds.
    pub unit: UnitSummary,
}

impl Store {
    /// Changes whenever a package of ours may have become one of [`Self::settled`].
    pub fn settling(&self) -> watch::Receiver<()> {
        self.shared.settling.subscribe()
    }

    /// Packages of `office` whose outcome is not shown in the folders yet, those that were refused or
    /// given up first.
    pub async fn settled(
        &self,
        office: OfficeNumber,
        limit: u32,
    ) -> Result<Vec<SettledRow>, StoreError> {
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT message_id, partner, serial, unit, state, failures, next_at,
                     EXISTS (SELECT 1 FROM journal WHERE message_id = outgoing.message_id
                         AND direction = 'out' AND state IN ('{EXPIRED}', '{REFUSED}')),
                     (SELECT der FROM receipts INDEXED BY receipts_message
                      WHERE message_id = outgoing.message_id AND kind = '{REJECTION}'
                         AND origin = 'received' AND office = outgoing.office
                         AND partner = outgoing.partner),
                     expires_at, sequence, created_at
                 FROM outgoing WHERE office = ?1 AND copy_due = 1
                 ORDER BY state IN ('{CONSIGNED}', '{HANDED_OVER}'), changed_at LIMIT ?2"
            ))?;
            let rows = statement.query_map(params![Column(office), limit], |row| {
                let unit: String = row.get(3)?;
                let state = Outgoing::read(row, 4)?;
                let sequence: i64 = row.get(10)?;
                Ok(UnitSummary::from_json(&unit).and_then(|unit| {
                    Ok(SettledRow {
                        id: row.get::<_, Column<_>>(0)?.0,
                        partner: row.get::<_, Column<_>>(1)?.0,
                        sequence: u64::try_from(sequence).unwrap_or_default(),
                        serial: row.get::<_, Column<_>>(2)?.0,
                        unit,
                        packed_at: row.get::<_, Column<_>>(11)?.0,
                        state,
                        was_given_up: row.get(7)?,
                        rejection: row.get(8)?,
                        expires_at: row.get::<_, Column<_>>(9)?.0,
                    })
                }))
            })?;
            rows.map(|row| row?).collect()
        })
        .await
    }

    /// Remembers that the outcome of packages of `office` is shown; `held` are the sets that lie in
    /// the hold folder because of it, and those of packages that were given up and arrived all the
    /// same are settled. A package that came into another state meanwhile stays to be shown.
    pub async fn shown(
        &self,
        office: OfficeNumber,
        shown: Vec<SettledRow>,
        held: Vec<HeldRow>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            let mut statement = connection.prepare_cached(
                "UPDATE outgoing SET copy_due = 0 WHERE message_id = ?1 AND state = ?2",
            )?;
            let mut still = BTreeSet::new();
            for row in &shown {
                if statement.execute(params![Column(row.id), row.state.state().as_str()])? > 0 {
                    still.insert((row.partner, row.serial));
                }
                if row.was_given_up && row.state.is_delivered() {
                    let (way, late) = ((office, row.partner), Overtaken::ArrivedLate);
                    held::overtaken(connection, way, (row.serial, None), late, now)?;
                }
            }
            // What came into another state meanwhile needs nobody because of this one.
            let stays = |row: &&HeldRow| {
                row.partner.zip(row.serial).is_some_and(|way| still.contains(&way))
            };
            held.iter().filter(stays).try_for_each(|row| held::insert(connection, row))
        })
        .await
    }

    /// What was packed under this id, if a durable package was.
    pub async fn packed_set(&self, id: MessageId) -> Result<Option<PackedSet>, StoreError> {
        self.read(move |connection| {
            let found = connection
                .prepare_cached("SELECT partner, serial, unit FROM outgoing WHERE message_id = ?1")?
                .query_row(params![Column(id)], |row| {
                    let unit: String = row.get(2)?;
                    Ok((row.get::<_, Column<_>>(0)?.0, row.get::<_, Column<_>>(1)?.0, unit))
                })
                .optional()?;
            let Some((partner, serial, unit)) = found else { return Ok(None) };
            Ok(Some(PackedSet { partner, serial, unit: UnitSummary::from_json(&unit)? }))
        })
        .await
    }
}

/// Marks a package as one whose outcome is to be shown in the folders.
pub(super) fn show(connection: &Connection, id: MessageId) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE outgoing SET copy_due = 1 WHERE message_id = ?1")?
        .execute(params![Column(id)])?;
    Ok(())
}
