//! What is no longer kept.

use std::sync::{Arc, PoisonError};

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::chain::{self, Chain};
use super::packages::Machine as _;
use super::unit::Column;
use super::{Store, StoreError, audit, content, copies, journal, recalled, sends, words};
use crate::transfer::{Incoming, IncomingState, Outgoing, OutgoingState};
use crate::types::Digest;

impl Store {
    /// Forgets packages that came to rest before `packages`, and everything that ended before
    /// `records`; the journal tells of it as of `now`. Returns how many packages were removed.
    pub async fn purge(
        &self,
        packages: Timestamp,
        records: Timestamp,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let (removed, beside) =
            self.write(move |connection| purge(connection, (packages, records), now)).await?;
        // Only now does no row name them any more, also after a crash.
        self.remove_unnamed(beside).await?;
        let kept = Arc::clone(&self.shared.kept);
        self.write(move |connection| {
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = content::kept(connection)?;
            Ok(())
        })
        .await?;
        Ok(removed)
    }
}

/// A table of packages.
struct Table {
    name: &'static str,
    /// The column of the other office.
    partner: &'static str,
    /// The states in which nothing more is done with a package, as they stand in SQL.
    at_rest: String,
}

fn tables() -> [Table; 2] {
    let out = OutgoingState::ALL.iter().filter(|state| state.is_at_rest());
    let came = IncomingState::ALL.iter().filter(|state| state.is_at_rest());
    [
        Table {
            name: Outgoing::TABLE,
            partner: Outgoing::PARTNER,
            at_rest: in_sql(out.map(|state| state.as_str())),
        },
        Table {
            name: Incoming::TABLE,
            partner: Incoming::PARTNER,
            at_rest: in_sql(came.map(|state| state.as_str())),
        },
    ]
}

fn in_sql<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ")
}

/// Returns how many packages are gone, and the digests of those beside the database.
fn purge(
    connection: &Connection,
    (packages, records): (Timestamp, Timestamp),
    now: Timestamp,
) -> Result<(usize, Vec<Digest>), StoreError> {
    let (mut removed, mut beside) = (0, Vec::new());
    // No row goes without its package.
    let packages = packages.max(records);
    let tables = tables();
    for Table { name: table, at_rest, .. } in &tables {
        let old = format!("changed_at < ?1 AND state IN ({at_rest})");
        let mut statement = connection.prepare_cached(&format!(
            "SELECT package_sha256 FROM {table} WHERE place = 'beside' AND {old}"
        ))?;
        let digests = statement
            .query_map(params![Column(packages)], |row| Ok(row.get::<_, Column<Digest>>(0)?.0))?;
        beside.extend(digests.collect::<Result<Vec<_>, _>>()?);
        connection.execute(
            &format!(
                "DELETE FROM payloads WHERE id IN
                     (SELECT payload FROM {table} WHERE place = 'here' AND {old})"
            ),
            params![Column(packages)],
        )?;
        removed += connection.execute(
            &format!(
                "UPDATE {table} SET place = 'gone', payload = NULL WHERE place <> 'gone' AND {old}"
            ),
            params![Column(packages)],
        )?;
        connection
            .execute(&format!("DELETE FROM {table} WHERE {old}"), params![Column(records)])?;
    }
    // As long as the package has its row it keeps its steps and its proof, whatever time a partner
    // wrote into a receipt.
    // The receipts first: the journal tells of both.
    for chain in [Chain::Receipts, Chain::Journal] {
        let table = chain.as_str();
        let ended = tables.each_ref().map(|Table { name: packages, partner, .. }| {
            format!(
                "NOT EXISTS (SELECT 1 FROM {packages} AS p WHERE p.message_id = {table}.message_id
                     AND p.{partner} = {table}.partner)"
            )
        });
        let kept = match chain {
            Chain::Journal => format!(" AND state <> '{}'", chain::PURGED),
            Chain::Receipts => String::new(),
        };
        let condition = format!("at < ?1{kept} AND {}", ended.join(" AND "));
        if let Some(doomed) = chain::doomed(connection, chain, (&condition, records))? {
            journal::tell_removal(connection, &doomed.told(), now)?;
            doomed.remove(connection, connection.last_insert_rowid())?;
        }
    }
    connection.execute("DELETE FROM held WHERE at < ?1", params![Column(records)])?;
    copies::purge(connection, records)?;
    audit::purge(connection, records)?;
    recalled::purge(connection, records, now)?;
    sends::purge(connection, records)?;
    words::purge(connection, records)?;
    Ok((removed, beside))
}
