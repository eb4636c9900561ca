//! Packages that their senders ask back.
//!
//! Whether a package is given back or placed is decided here, in one transaction each: the first file is
//! shown only after [`Store::begin_placing`] said so, and what has begun is not given back.

use std::collections::BTreeSet;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::incoming::{self, IncomingNote};
use super::index;
use super::journal::{self, JournalEntry};
use super::names::COMMITTED;
use super::receipts::Which;
use super::unit::Column;
use super::{Content, NewReceipt, Store, StoreError, content, receipts};
use crate::package::PackageRef;
use crate::transfer::{IncomingEvent, IncomingState, State};
use crate::types::{Digest, MessageId, OfficeNumber, code};

/// So many packages that never came may be asked back by one sender within [`UNSEEN`], however soon the
/// requests end: what is answered is kept for as long as all records are.
const MOST_UNSEEN: u32 = 1000;

const UNSEEN: SignedDuration = SignedDuration::from_hours(24 * 30);

/// A request of a sender, verified, with the rejection that grants it.
#[derive(Debug, Clone)]
pub struct CameRecall {
    /// The package.
    pub about: PackageRef,
    /// Its number.
    pub sequence: u64,
    /// Until when it is asked for.
    pub expires_at: Timestamp,
    /// `renkei.recall/1`, signed by the sender.
    pub der: Bytes,
    /// The rejection that says that it is given back.
    pub rejection: NewReceipt,
    /// The receipt that the rejection names as the one before it.
    pub previous: Option<Digest>,
    /// What is kept of the package, where it is here: enough to prove what was sent.
    pub proof: Option<Content>,
}

/// What became of such a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecallAnswer {
    /// It is given back now: the rejection is stored.
    GivenBack,
    /// What became of the package was decided before: this was the last receipt.
    Decided(Bytes),
    /// It is being placed, or may have been: what becomes of it a receipt will say.
    UnderWay,
    /// Another package has this id.
    OtherPackage,
    /// Another receipt was issued meanwhile than the one that the rejection names.
    Stale,
    /// The sender has asked for too many packages that never came.
    TooMany,
}

impl Store {
    /// Says that files of these packages may be seen in the import folder from now on; those of which it
    /// is so. The others are not to be placed any more, because their senders have them back.
    pub async fn begin_placing(
        &self,
        packages: Vec<(OfficeNumber, MessageId)>,
    ) -> Result<BTreeSet<(OfficeNumber, MessageId)>, StoreError> {
        self.write(move |connection| {
            let mut statement = connection.prepare_cached(&format!(
                "UPDATE incoming SET placing = 1
                 WHERE sender = ?1 AND message_id = ?2 AND state = '{COMMITTED}'"
            ))?;
            let mut begun = BTreeSet::new();
            for (sender, id) in packages {
                if statement.execute(params![Column(sender), Column(id)])? > 0 {
                    begun.insert((sender, id));
                }
            }
            Ok(begun)
        })
        .await
    }

    /// Decides about a request to give a package back.
    pub async fn recall_came(
        &self,
        recall: CameRecall,
        now: Timestamp,
    ) -> Result<RecallAnswer, StoreError> {
        let sender = recall.about.sender;
        let (answer, beside, kept) = self
            .write(move |connection| {
                let (answer, beside) = decide(connection, &recall, now)?;
                let kept = match answer {
                    RecallAnswer::GivenBack => Some(content::kept_of(connection, sender)?),
                    _ => None,
                };
                Ok((answer, beside, kept))
            })
            .await?;
        if let Some(kept) = kept {
            self.kept().insert(sender, kept);
        }
        if let Some(digest) = beside {
            self.remove_unnamed(vec![digest]).await?;
        }
        Ok(answer)
    }

    /// Whether `sender` has asked a package back, of which it was decided.
    pub async fn was_recalled(
        &self,
        sender: OfficeNumber,
        id: MessageId,
    ) -> Result<bool, StoreError> {
        self.read(move |connection| {
            Ok(connection
                .prepare_cached("SELECT 1 FROM recalled WHERE sender = ?1 AND message_id = ?2")?
                .exists(params![Column(sender), Column(id)])?)
        })
        .await
    }
}

/// Also gives the digest of the bytes beside the database that no row names any more.
fn decide(
    connection: &Connection,
    recall: &CameRecall,
    now: Timestamp,
) -> Result<(RecallAnswer, Option<Digest>), StoreError> {
    let PackageRef { message_id: id, sender, recipient, package_sha256, manifest_sha256 } =
        recall.about;
    let found = connection
        .prepare_cached(
            "SELECT office, package_sha256, manifest_sha256, state, placing, place, payload
             FROM incoming WHERE sender = ?1 AND message_id = ?2",
        )?
        .query_row(params![Column(sender), Column(id)], |row| {
            let named = row.get::<_, Column<OfficeNumber>>(0)?.0 == recipient
                && row.get::<_, Column<Digest>>(1)?.0 == package_sha256
                && row.get::<_, Column<Digest>>(2)?.0 == manifest_sha256;
            Ok((
                named,
                row.get::<_, Column<IncomingState>>(3)?.0,
                row.get::<_, bool>(4)?,
                row.get::<_, String>(5)?,
                row.get::<_, Option<i64>>(6)?,
            ))
        })
        .optional()?;
    let last = || receipts::issued(connection, (sender, id), Which::Last);
    let Some((is_this, state, placing, place, payload)) = found else {
        return Ok((never_came(connection, recall, now)?, None));
    };
    if !is_this {
        return Ok((RecallAnswer::OtherPackage, None));
    }
    match state {
        IncomingState::Rejected | IncomingState::Recalled | IncomingState::HandedOver => {
            remember(connection, recall, now)?;
            return Ok((RecallAnswer::Decided(last()?.der), None));
        }
        // Nothing is decided yet: whoever asks again may hear something else.
        IncomingState::Placed => return Ok((RecallAnswer::UnderWay, None)),
        IncomingState::Committed | IncomingState::Held if placing => {
            return Ok((RecallAnswer::UnderWay, None));
        }
        IncomingState::Committed | IncomingState::Held => {}
    }
    if Some(last()?.sha256) != recall.previous {
        return Ok((RecallAnswer::Stale, None));
    }
    let note = IncomingNote {
        receipt: Some(recall.rejection.clone()),
        ..IncomingNote::code(code::RECALLED)
    };
    incoming::step(connection, (sender, id), IncomingEvent::Recalled, note, now)?;
    remember(connection, recall, now)?;
    // What the sender has back is not kept here, nor whom it is about: also names of copies say that.
    index::forget_people(connection, sender, id)?;
    connection
        .prepare_cached("DELETE FROM import_plans WHERE sender = ?1 AND message_id = ?2")?
        .execute(params![Column(sender), Column(id)])?;
    if let Some(payload) = payload {
        connection
            .prepare_cached("DELETE FROM payloads WHERE id = ?1")?
            .execute(params![payload])?;
    }
    let proof = recall.proof.as_ref().and_then(Content::proof);
    connection
        .prepare_cached(
            "UPDATE incoming SET place = 'gone', payload = NULL, size = 0, manifest = ?3,
                 signature = ?4
             WHERE sender = ?1 AND message_id = ?2",
        )?
        .execute(params![
            Column(sender),
            Column(id),
            proof.map(|(manifest, _)| manifest),
            proof.map(|(_, signature)| signature),
        ])?;
    Ok((RecallAnswer::GivenBack, (place == "beside").then_some(package_sha256)))
}

/// A package that never came is given back all the same: when it comes it is answered so.
fn never_came(
    connection: &Connection,
    recall: &CameRecall,
    now: Timestamp,
) -> Result<RecallAnswer, StoreError> {
    let PackageRef { message_id: id, sender, recipient, package_sha256, .. } = recall.about;
    match known(connection, sender, id)? {
        Some(digest) if digest == package_sha256 => {
            let last = receipts::issued(connection, (sender, id), Which::Last)?;
            return Ok(RecallAnswer::Decided(last.der));
        }
        Some(_) => return Ok(RecallAnswer::OtherPackage),
        None => {}
    }
    let since = now.checked_sub(UNSEEN).unwrap_or(Timestamp::MIN);
    let lately: u32 = connection
        .prepare_cached(
            "SELECT count(*) FROM recalled WHERE sender = ?1 AND at > ?2
             AND NOT EXISTS (SELECT 1 FROM incoming WHERE incoming.sender = recalled.sender
                 AND incoming.message_id = recalled.message_id)",
        )?
        .query_row(params![Column(sender), Column(since)], |row| row.get(0))?;
    if lately >= MOST_UNSEEN {
        return Ok(RecallAnswer::TooMany);
    }
    if recall.previous.is_some() {
        return Ok(RecallAnswer::Stale);
    }
    receipts::insert(connection, (recipient, sender), id, &recall.rejection)?;
    let entry =
        JournalEntry { office: recipient, partner: Some(sender), id: Some(id), serial: None };
    let state = State::In(IncomingState::Recalled);
    journal::append(connection, &entry, state, code::RECALLED, now)?;
    remember(connection, recall, now)?;
    Ok(RecallAnswer::GivenBack)
}

fn remember(
    connection: &Connection,
    recall: &CameRecall,
    now: Timestamp,
) -> Result<(), StoreError> {
    let PackageRef { message_id, sender, recipient, package_sha256, .. } = recall.about;
    connection
        .prepare_cached(
            "INSERT INTO recalled
                 (sender, message_id, office, sequence, package_sha256, at, expires_at, der)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            Column(sender),
            Column(message_id),
            Column(recipient),
            i64::try_from(recall.sequence).unwrap_or(i64::MAX),
            Column(package_sha256),
            Column(now),
            Column(recall.expires_at),
            recall.der.as_ref(),
        ])?;
    Ok(())
}

/// The digest of the package of this id that `sender` has asked back, if it did.
pub(super) fn known(
    connection: &Connection,
    sender: OfficeNumber,
    id: MessageId,
) -> Result<Option<Digest>, StoreError> {
    let digest: Option<Column<Digest>> = connection
        .prepare_cached(
            "SELECT package_sha256 FROM recalled WHERE sender = ?1 AND message_id = ?2",
        )?
        .query_row(params![Column(sender), Column(id)], |row| row.get(0))
        .optional()?;
    Ok(digest.map(|digest| digest.0))
}

/// Forgets requests about packages that never came and whose time is over.
pub(super) fn purge(
    connection: &Connection,
    records: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    connection.execute(
        "DELETE FROM recalled WHERE at < ?1 AND expires_at < ?2
         AND NOT EXISTS (SELECT 1 FROM incoming WHERE incoming.sender = recalled.sender
             AND incoming.message_id = recalled.message_id)",
        params![Column(records), Column(now)],
    )?;
    Ok(())
}
