//! Packages that we make.

use std::ops::Range;

use bytes::Bytes;
use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::journal::{self, JournalEntry, Step};
use super::names::{REFUSED, SUPERSEDED, TO_PRINT, TO_UPLOAD};
use super::outgoing::SUPERSEDED_BY;
use super::payload::Payload;
use super::unit::Column;
use super::{Store, StoreError, UnitSummary, held, outgoing, settled};
use crate::package::Manifest;
use crate::transfer::{Outgoing, OutgoingEvent, State};
use crate::types::code::TAKEN_BACK;
use crate::types::{Digest, FileSerial, HandChannel, MessageId, OfficeNumber};

/// A package that becomes durable.
#[derive(Debug, Clone)]
pub struct NewOutgoing {
    /// Its id, under which its files were claimed: the same claim is never packed twice.
    pub id: MessageId,
    /// Our office.
    pub office: OfficeNumber,
    /// The recipient.
    pub partner: OfficeNumber,
    /// Its number among all packages from `office` to `partner`.
    pub sequence: u64,
    /// Its 連番.
    pub serial: FileSerial,
    /// What it holds.
    pub unit: UnitSummary,
    /// How a person hands it over, where the recipient has no node.
    pub by_hand: Option<HandChannel>,
    /// When the package gives up.
    pub expires_at: Timestamp,
    /// Digest of `package`.
    pub package_sha256: Digest,
    /// Digest of the manifest's bytes.
    pub manifest_sha256: Digest,
    /// The container.
    pub package: Bytes,
}

impl Store {
    /// The number of the next package from `office` to `partner`.
    ///
    /// Only one task packs for an office, so nobody takes the number in between.
    pub async fn next_sequence(
        &self,
        office: OfficeNumber,
        partner: OfficeNumber,
    ) -> Result<u64, StoreError> {
        self.next_of((office, partner), 1..Manifest::FIRST_ATTACHMENT).await
    }

    /// The number of the next package of attachments: they are counted apart, so that one that is
    /// missing is no gap among sets. Whoever asks packs before the next one asks.
    pub async fn next_attachment(
        &self,
        office: OfficeNumber,
        partner: OfficeNumber,
    ) -> Result<u64, StoreError> {
        self.next_of((office, partner), Manifest::FIRST_ATTACHMENT..1 << 53).await
    }

    /// The next number of a series. That of a package of which nothing was ever sent is used again.
    async fn next_of(
        &self,
        (office, partner): (OfficeNumber, OfficeNumber),
        series: Range<u64>,
    ) -> Result<u64, StoreError> {
        let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let (first, end) = (number(series.start), number(series.end));
        self.read(move |connection| {
            let last: i64 = connection
                .prepare_cached(&format!(
                    "SELECT max(
                         coalesce((SELECT max(sequence) FROM outgoing
                             WHERE office = ?1 AND partner = ?2 AND sequence >= ?3
                                 AND sequence < ?4 AND state <> '{SUPERSEDED}'
                                 AND detail <> '{TAKEN_BACK}'), ?3 - 1),
                         coalesce((SELECT max(used) FROM used_sequences
                             WHERE office = ?1 AND partner = ?2 AND used >= ?3 AND used < ?4),
                             ?3 - 1))"
                ))?
                .query_row(params![Column(office), Column(partner), first, end], |row| {
                    row.get(0)
                })?;
            Ok(u64::try_from(last).unwrap_or_default() + 1)
        })
        .await
    }

    /// Makes a package durable: PACKED, and at once QUEUED.
    pub async fn pack(&self, new: NewOutgoing, now: Timestamp) -> Result<(), StoreError> {
        let (digest, package) = (new.package_sha256, new.package.clone());
        self.write_package(digest, package, move |connection, payload| {
            pack(connection, &new, payload, now)
        })
        .await?;
        self.shared.settling.send_replace(());
        Ok(())
    }

    /// Makes packages durable, all or none, so that no number is left out. Each of several must be one
    /// that lies in the database.
    pub async fn pack_all(&self, new: Vec<NewOutgoing>, now: Timestamp) -> Result<(), StoreError> {
        let new = match <[NewOutgoing; 1]>::try_from(new) {
            Ok([one]) => return self.pack(one, now).await,
            Err(several) => several,
        };
        let mut with_payloads = Vec::with_capacity(new.len());
        for new in new {
            let sealing = &self.shared.sealing;
            let payload = Payload::small(sealing, new.package_sha256, &new.package)?;
            let payload = payload.ok_or(StoreError::Damaged("a large package among several"))?;
            with_payloads.push((new, payload));
        }
        self.shared.room.admits(with_payloads.iter().map(|(new, _)| new.package.len()).sum())?;
        self.write(move |connection| {
            let mut new = with_payloads.iter();
            new.try_for_each(|(new, payload)| pack(connection, new, payload, now))
        })
        .await?;
        self.shared.settling.send_replace(());
        Ok(())
    }

    /// Puts a package in the place of a queued one that cannot be delivered as it is, under another
    /// id and with the same number. `false` if that one is not queued any more.
    pub async fn supersede(
        &self,
        former: MessageId,
        new: NewOutgoing,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (digest, package) = (new.package_sha256, new.package.clone());
        self.write_package(digest, package, move |connection, payload| {
            let (former, expires_at) = outgoing::package(connection, former)?;
            let event = OutgoingEvent::Superseded;
            let transition = former.state.on(former.id, expires_at, &event, now);
            if !transition.changes() {
                return Ok(false);
            }
            let detail = format!("{SUPERSEDED_BY}{}", new.id);
            former.enter(connection, transition.after, (&detail, ""), now)?;
            insert(connection, &new, payload, now)?;
            Ok(true)
        })
        .await
    }
}

/// Inserts the package of a set that came: one of the same name that was held needs nobody any more,
/// and takes the place of one that the partner refused for good, or that is still in the outbox.
pub(super) fn pack(
    connection: &Connection,
    new: &NewOutgoing,
    payload: &Payload,
    now: Timestamp,
) -> Result<(), StoreError> {
    if new.unit.kind == Manifest::ATTACHMENTS {
        // Each is one of its own: its number says when it was packed, and nothing more.
        return insert(connection, new, payload, now);
    }
    let way = (new.office, new.partner);
    let unit = (new.serial, Some(new.unit.kind.as_str()));
    held::overtaken(connection, way, unit, held::Overtaken::SentAgain, now)?;
    for former in replaceable(connection, new)? {
        let (former, expires_at) = outgoing::package(connection, former)?;
        let transition = former.state.on(former.id, expires_at, &OutgoingEvent::Superseded, now);
        if transition.changes() {
            let detail = format!("{SUPERSEDED_BY}{}", new.id);
            former.enter(connection, transition.after, (&detail, ""), now)?;
        }
        if transition.is_outcome() {
            settled::show(connection, former.id)?;
        }
    }
    insert(connection, new, payload, now)
}

/// The packages of the same send unit that the partner refused for good, or that nobody has handed
/// over yet.
fn replaceable(connection: &Connection, new: &NewOutgoing) -> Result<Vec<MessageId>, StoreError> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT message_id FROM outgoing WHERE office = ?1 AND partner = ?2 AND serial = ?3
             AND state IN ('{REFUSED}', '{TO_UPLOAD}', '{TO_PRINT}')
             AND json_extract(unit, '$.kind') = ?4"
    ))?;
    let unit = params![Column(new.office), Column(new.partner), Column(new.serial), new.unit.kind];
    let rows = statement.query_map(unit, |row| Ok(row.get::<_, Column<_>>(0)?.0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn insert(
    connection: &Connection,
    new: &NewOutgoing,
    payload: &Payload,
    now: Timestamp,
) -> Result<(), StoreError> {
    let first = new.by_hand.map_or(Outgoing::packed(now), Outgoing::ByHand);
    let (failures, next_at) = first.planned().unwrap_or((0, now));
    connection
        .prepare_cached(
            "INSERT INTO outgoing (message_id, office, partner, sequence, serial, unit, state,
                 failures, next_at, detail, created_at, changed_at, expires_at, package_sha256,
                 manifest_sha256, place, payload)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, '', ?10, ?10, ?11, ?12, ?13, ?14,
                 ?15)",
        )?
        .execute(params![
            Column(new.id),
            Column(new.office),
            Column(new.partner),
            i64::try_from(new.sequence).unwrap_or(i64::MAX),
            Column(new.serial),
            new.unit.to_json()?,
            first.state().as_str(),
            failures,
            Column(next_at),
            Column(now),
            Column(new.expires_at),
            Column(new.package_sha256),
            Column(new.manifest_sha256),
            payload.place,
            payload.insert(connection)?,
        ])?;
    if new.by_hand.is_some() {
        settled::show(connection, new.id)?;
    }
    let entry = JournalEntry {
        office: new.office,
        partner: Some(new.partner),
        id: Some(new.id),
        serial: Some(new.serial),
    };
    let converted = new.unit.converted_from.map(|from| format!("converted-from-{from}"));
    let quoted = new.unit.quoted.map(|style| format!("quoted-{}", style.as_str()));
    let detail = converted.into_iter().chain(quoted).collect::<Vec<_>>().join(",");
    journal::append(connection, &entry, Step::Packed, &detail, now)?;
    journal::append(connection, &entry, State::Out(first.state()), "", now)
}
