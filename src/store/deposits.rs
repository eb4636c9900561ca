//! Packages of ours that a relay keeps for their recipients, and the receipts that it has for us.

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension as _, params};

use super::names::{CONSIGNED, DEPOSITED, QUEUED, RECALL_ASKED};
use super::outgoing::package;
use super::unit::Column;
use super::{Store, StoreError};
use crate::transfer::{Outgoing, OutgoingEvent, OutgoingState, Transition};
use crate::types::{MessageId, OfficeNumber, PeerUrl};

/// The state whose packages await the last word of their recipients.
const HELD: &str = OutgoingState::HeldByRecipient.as_str();

/// After this time a relay is asked whether it still has a package.
const ASK_AGAIN: SignedDuration = SignedDuration::from_hours(24);

/// Who comes for packages comes within this time, also over a weekend.
const PATIENCE: SignedDuration = SignedDuration::from_hours(72);

/// How long a package may wait for its recipient before its sender is told; not longer than half of its time,
/// so that there is some left to do something.
fn patience(made: Timestamp, ends: Timestamp) -> SignedDuration {
    (ends.duration_since(made) / 2).clamp(SignedDuration::ZERO, PATIENCE)
}

/// A relay has a package of ours.
#[derive(Debug, Clone)]
pub struct NewDeposit {
    /// Where the relay is reached.
    pub relay: PeerUrl,
    /// The key of the recipient to which the package is sealed.
    pub key_id: String,
    /// Until when the relay keeps it.
    pub expires_at: Timestamp,
    /// What the relay signed.
    pub acceptance: Bytes,
}

/// Where a package is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deposit {
    /// The address of the relay.
    pub relay: String,
    /// Since when.
    pub at: Timestamp,
    /// Until when.
    pub expires_at: Timestamp,
}

/// What recipients should have come for, and did not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Unanswered {
    /// How many packages have waited for too long.
    pub count: u64,
    /// When the first of them was made.
    pub since: Option<Timestamp>,
    /// When one more will have waited for too long.
    pub next: Option<Timestamp>,
}

impl Store {
    /// A relay took a package over; its word becomes durable together with the new state.
    pub async fn deposited(
        &self,
        id: MessageId,
        deposit: NewDeposit,
        now: Timestamp,
    ) -> Result<Transition<Outgoing>, StoreError> {
        self.write(move |connection| {
            let (package, expires_at) = package(connection, id)?;
            let NewDeposit { relay, key_id, expires_at: until, acceptance } = deposit;
            connection
                .prepare_cached(
                    "INSERT INTO deposits (message_id, relay, key_id, at, expires_at, der)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                     ON CONFLICT (message_id) DO UPDATE SET relay = excluded.relay,
                         key_id = excluded.key_id, at = excluded.at,
                         expires_at = excluded.expires_at, der = excluded.der",
                )?
                .execute(params![
                    Column(id),
                    relay.to_string(),
                    key_id,
                    Column(now),
                    Column(until),
                    acceptance.as_ref()
                ])?;
            let transition = package.state.on(id, expires_at, &OutgoingEvent::Deposited, now);
            if transition.changes() {
                package.enter(connection, transition.after, ("", ""), now)?;
            }
            Ok(transition)
        })
        .await
    }

    /// Where a package of ours is kept, if a relay has it or had it.
    pub async fn deposit(&self, id: MessageId) -> Result<Option<Deposit>, StoreError> {
        self.read(move |connection| {
            Ok(connection
                .prepare_cached("SELECT relay, at, expires_at FROM deposits WHERE message_id = ?1")?
                .query_row(params![Column(id)], |row| {
                    Ok(Deposit {
                        relay: row.get(0)?,
                        at: row.get::<_, Column<_>>(1)?.0,
                        expires_at: row.get::<_, Column<_>>(2)?.0,
                    })
                })
                .optional()?)
        })
        .await
    }

    /// Queues again what a relay keeps of `office` for `partner` and is of no use there: sealed to
    /// another key than `key_id`, which the partner has deleted or will, not kept any longer, or kept by
    /// another one than `relay`, from which nobody collects any more. So is what was left there a day
    /// ago: a relay that still has it says so again, and one that has lost it takes it once more. Says
    /// how many packages it were.
    pub async fn withdraw(
        &self,
        (office, partner): (OfficeNumber, OfficeNumber),
        relay: Option<String>,
        key_id: Option<String>,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let useless = format!(
            "SELECT outgoing.message_id FROM outgoing JOIN deposits USING (message_id)
             WHERE office = ?1 AND partner = ?2 AND state = '{DEPOSITED}'
                 AND (deposits.expires_at <= ?3 OR key_id <> ?4 OR ?5 IS NULL OR relay <> ?5
                     OR deposits.at <= ?6)"
        );
        let asked = now.checked_sub(ASK_AGAIN).unwrap_or(Timestamp::MIN);
        let found: Vec<MessageId> = {
            let useless = useless.clone();
            self.read(move |connection| {
                // Without a key nothing could be sealed anew.
                let mut statement = connection.prepare_cached(&useless)?;
                let pair = (Column(office), Column(partner));
                let parameters = params![pair.0, pair.1, Column(now), key_id, relay, Column(asked)];
                let rows = statement
                    .query_map(parameters, |row| Ok(row.get::<_, Column<MessageId>>(0)?.0))?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await?
        };
        if found.is_empty() {
            return Ok(0);
        }
        self.write(move |connection| {
            let mut count = 0;
            for id in &found {
                let (package, expires_at) = package(connection, *id)?;
                let transition = package.state.on(*id, expires_at, &OutgoingEvent::Withdrawn, now);
                if transition.changes() {
                    package.enter(connection, transition.after, ("", ""), now)?;
                    count += 1;
                }
            }
            Ok(count)
        })
        .await
    }

    /// When the first of the packages of `office` for `partner` that a relay keeps is given up, or kept
    /// no longer.
    pub async fn deposits_end(
        &self,
        office: OfficeNumber,
        partner: OfficeNumber,
    ) -> Result<Option<Timestamp>, StoreError> {
        self.read(move |connection| {
            let end: Option<Column<Timestamp>> = connection
                .prepare_cached(&format!(
                    "SELECT min(min(outgoing.expires_at, deposits.expires_at))
                     FROM outgoing JOIN deposits USING (message_id)
                     WHERE office = ?1 AND partner = ?2 AND state = '{DEPOSITED}'"
                ))?
                .query_row(params![Column(office), Column(partner)], |row| row.get(0))?;
            Ok(end.map(|end| end.0))
        })
        .await
    }

    /// What `office` left with relays for `partner`, and where the partner `comes` for it what waits here,
    /// that is not answered: how many packages have waited at `now` for longer than a recipient that
    /// comes for them needs, since when the first of them, and when the next one will have.
    pub async fn unanswered(
        &self,
        (office, partner): (OfficeNumber, OfficeNumber),
        comes: bool,
        now: Timestamp,
    ) -> Result<Unanswered, StoreError> {
        self.read(move |connection| {
            // One that is left there once more, as each day, is queued for a moment.
            let mut statement = connection.prepare_cached(&format!(
                "SELECT outgoing.created_at, outgoing.expires_at
                 FROM outgoing LEFT JOIN deposits USING (message_id)
                 WHERE office = ?1 AND partner = ?2 AND (state = '{DEPOSITED}'
                     OR state = '{QUEUED}' AND (?3 OR deposits.relay IS NOT NULL))"
            ))?;
            let parameters = params![Column(office), Column(partner), comes];
            let rows = statement.query_map(parameters, |row| {
                Ok((row.get::<_, Column<_>>(0)?.0, row.get::<_, Column<_>>(1)?.0))
            })?;
            let mut unanswered = Unanswered::default();
            for row in rows {
                let (made, ends): (Timestamp, Timestamp) = row?;
                let late = made.checked_add(patience(made, ends)).unwrap_or(Timestamp::MAX);
                if late > now {
                    unanswered.next = unanswered.next.into_iter().chain([late]).min();
                } else {
                    unanswered.count += 1;
                    unanswered.since = unanswered.since.into_iter().chain([made]).min();
                }
            }
            Ok(unanswered)
        })
        .await
    }

    /// Whether a receipt may come through this relay for a package of `office`.
    pub async fn awaits_relayed(
        &self,
        office: OfficeNumber,
        relay: &PeerUrl,
    ) -> Result<bool, StoreError> {
        let relay = relay.to_string();
        self.read(move |connection| {
            let awaits = |state: &str, kept: &str| {
                let sql = format!(
                    "SELECT 1 FROM outgoing LEFT JOIN deposits USING (message_id)
                     WHERE office = ?1 AND state = '{state}' AND {kept} LIMIT 1"
                );
                Ok::<_, StoreError>(
                    connection.prepare_cached(&sql)?.exists(params![Column(office), relay])?,
                )
            };
            for state in [DEPOSITED, CONSIGNED, HELD] {
                if awaits(state, "relay = ?2")? {
                    return Ok(true);
                }
            }
            // It may have come there without our hearing of it, and be answered through there.
            awaits(RECALL_ASKED, "coalesce(relay, ?2) = ?2")
        })
        .await
    }

    /// How far the receipts that `relay` has for `office` were collected.
    pub async fn relay_cursor(
        &self,
        office: OfficeNumber,
        relay: &PeerUrl,
    ) -> Result<u64, StoreError> {
        let relay = relay.to_string();
        self.read(move |connection| {
            let position: Option<i64> = connection
                .prepare_cached(
                    "SELECT position FROM relay_cursors WHERE office = ?1 AND relay = ?2",
                )?
                .query_row(params![Column(office), relay], |row| row.get(0))
                .optional()?;
            Ok(position.and_then(|position| u64::try_from(position).ok()).unwrap_or_default())
        })
        .await
    }

    /// Remembers it.
    pub async fn set_relay_cursor(
        &self,
        office: OfficeNumber,
        relay: &PeerUrl,
        position: u64,
    ) -> Result<(), StoreError> {
        let (relay, position) = (relay.to_string(), i64::try_from(position).unwrap_or(i64::MAX));
        self.write(move |connection| {
            connection
                .prepare_cached(
                    "INSERT INTO relay_cursors (office, relay, position) VALUES (?1, ?2, ?3)
                     ON CONFLICT (office, relay) DO UPDATE SET position = excluded.position",
                )?
                .execute(params![Column(office), relay, position])?;
            Ok(())
        })
        .await
    }
}
