//! What is kept of the packages that came in, and how much it is.

use std::collections::BTreeMap;

use bytes::Bytes;
use rusqlite::{Connection, params};

use super::StoreError;
use super::unit::Column;
use crate::types::OfficeNumber;

/// What is kept of a package that came in.
#[derive(Debug, Clone)]
pub enum Content {
    /// The container.
    Whole(Bytes),
    /// Of a rejected package only its manifest and the signature over it: they prove with the digest
    /// what was sent, and cost little. Above [`Content::LARGEST_PROOF`] they are not kept either.
    Proof {
        /// `manifest.json`
        manifest: Bytes,
        /// `manifest.p7s`
        signature: Bytes,
    },
}

impl Content {
    /// The most that is kept of a rejected package, in bytes.
    pub const LARGEST_PROOF: usize = 64 << 10;

    /// The manifest and the signature, where they are kept in place of the package.
    pub(super) fn proof(&self) -> Option<(&[u8], &[u8])> {
        match self {
            Self::Proof { manifest, signature }
                if manifest.len() + signature.len() <= Self::LARGEST_PROOF =>
            {
                Some((manifest, signature))
            }
            Self::Proof { .. } | Self::Whole(_) => None,
        }
    }
}

/// The bytes of the packages that are kept of each sender.
pub(super) fn kept(connection: &Connection) -> Result<BTreeMap<OfficeNumber, u64>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT sender, sum(size) FROM incoming WHERE place <> 'gone' GROUP BY sender",
    )?;
    let rows = statement.query_map([], |row| {
        let size: i64 = row.get(1)?;
        Ok((row.get::<_, Column<_>>(0)?.0, u64::try_from(size).unwrap_or_default()))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The bytes of the packages that are kept of one.
pub(super) fn kept_of(connection: &Connection, sender: OfficeNumber) -> Result<u64, StoreError> {
    let size: i64 = connection
        .prepare_cached(
            "SELECT coalesce(sum(size), 0) FROM incoming WHERE place <> 'gone' AND sender = ?1",
        )?
        .query_row(params![Column(sender)], |row| row.get(0))?;
    Ok(u64::try_from(size).unwrap_or_default())
}
