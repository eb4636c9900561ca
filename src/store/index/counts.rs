//! How much was exchanged.

use jiff::Timestamp;
use rusqlite::params;

use crate::store::names::{RECALLED, SUPERSEDED, TO_PRINT, TO_UPLOAD};
use crate::store::unit::Column;
use crate::store::{PackageRange, Store, StoreError};
use crate::transfer::{IncomingState, OutgoingState};
use crate::types::{OfficeNumber, Personal};

/// What an office exchanged in a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Packages that it made, but for those that were taken back and those that wait for a person.
    pub sent: u64,
    /// Packages that wait for a person who hands them over.
    pub to_hand: u64,
    /// Those of them that the partner has.
    pub delivered: u64,
    /// Packages that came and were not refused.
    pub received: u64,
}

/// What an office exchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfficeTraffic {
    /// Our office.
    pub office: OfficeNumber,
    /// Since the beginning of the day, or whatever was asked for in its place.
    pub today: Traffic,
    /// Since the beginning of the month.
    pub month: Traffic,
}

impl OfficeTraffic {
    /// Of an office that exchanged nothing.
    pub const fn none(office: OfficeNumber) -> Self {
        let nothing = Traffic { sent: 0, to_hand: 0, delivered: 0, received: 0 };
        Self { office, today: nothing, month: nothing }
    }
}

/// The states in which a partner has a package.
const DELIVERED: [&str; 3] = [
    OutgoingState::Consigned.as_str(),
    OutgoingState::HeldByRecipient.as_str(),
    OutgoingState::HandedOver.as_str(),
];

/// Whether a partner has what an entry stands for, in SQL.
fn delivered() -> String {
    let [consigned, kept_back, handed_over] = DELIVERED;
    format!("direction = 'out' AND state IN ('{consigned}', '{kept_back}', '{handed_over}')")
}

/// Whether an entry is a package that lies in the outbox.
fn in_outbox() -> String {
    format!("direction = 'out' AND state IN ('{TO_UPLOAD}', '{TO_PRINT}')")
}

/// Whether we have it from a partner.
fn received() -> String {
    let [rejected, recalled] = [IncomingState::Rejected, IncomingState::Recalled];
    format!("direction = 'in' AND state NOT IN ('{}', '{}')", rejected.as_str(), recalled.as_str())
}

impl Store {
    /// What each office exchanged since the beginning of the day and of the month; offices without
    /// any of it are left out. What took the place of another package counts once.
    pub async fn traffic(
        &self,
        day: Timestamp,
        month: Timestamp,
    ) -> Result<Vec<OfficeTraffic>, StoreError> {
        self.read(move |connection| {
            let sent = format!(
                "direction = 'out' AND held IS NULL
                 AND state NOT IN ('{SUPERSEDED}', '{RECALLED}', '{TO_UPLOAD}', '{TO_PRINT}')"
            );
            let sums = [sent, in_outbox(), delivered(), received()]
                .map(|what| format!("sum({what} AND at >= ?1), sum({what} AND at >= ?2)"));
            let mut statement = connection.prepare_cached(&format!(
                "SELECT office, {} FROM entries WHERE at >= min(?1, ?2)
                 GROUP BY office ORDER BY office",
                sums.join(", ")
            ))?;
            let rows = statement.query_map(params![Column(day), Column(month)], |row| {
                let count = |place: usize| {
                    let count: i64 = row.get(place)?;
                    Ok::<_, rusqlite::Error>(u64::try_from(count).unwrap_or_default())
                };
                let traffic = |place: usize| {
                    Ok::<_, rusqlite::Error>(Traffic {
                        sent: count(place)?,
                        to_hand: count(place + 2)?,
                        delivered: count(place + 4)?,
                        received: count(place + 6)?,
                    })
                };
                Ok(OfficeTraffic {
                    office: row.get::<_, Column<_>>(0)?.0,
                    today: traffic(1)?,
                    month: traffic(2)?,
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// The insured numbers of the people whom the packages of a time are about, each once.
    pub async fn people_of(
        &self,
        range: PackageRange,
    ) -> Result<Vec<Personal<String>>, StoreError> {
        self.read(move |connection| {
            let partner = range.partner.as_ref().map(OfficeNumber::as_str).unwrap_or_default();
            let mut statement = connection.prepare_cached(
                "SELECT DISTINCT p.insured
                 FROM entries AS e CROSS JOIN mentions AS m ON m.entry = e.id
                 CROSS JOIN people AS p ON p.id = m.person
                 WHERE e.at >= ?1 AND e.at < ?2 AND (?3 = '' OR e.partner = ?3)
                 ORDER BY p.insured",
            )?;
            let range = params![Column(range.since), Column(range.until), partner];
            let rows = statement.query_map(range, |row| row.get(0).map(Personal::new))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// How many people the packages of `office` since `since` are about that were delivered or received,
    /// each as often as there are packages about it: what would have been on paper.
    pub async fn people_in_packages(
        &self,
        office: OfficeNumber,
        since: Timestamp,
    ) -> Result<u64, StoreError> {
        self.read(move |connection| {
            let count: i64 = connection
                .prepare_cached(&format!(
                    "SELECT count(*) FROM (
                         SELECT DISTINCT m.entry, m.person
                         FROM entries AS e CROSS JOIN mentions AS m ON m.entry = e.id
                         WHERE e.office = ?1 AND e.at >= ?2 AND ({} OR {}))",
                    delivered(),
                    received()
                ))?
                .query_row(params![Column(office), Column(since)], |row| row.get(0))?;
            Ok(u64::try_from(count).unwrap_or_default())
        })
        .await
    }
}
