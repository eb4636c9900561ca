//! That a person wants files sent of which the history says something.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::unit::Column;
use super::{Store, StoreError, UnitFile};
use crate::types::{Digest, DigestBuilder, OfficeNumber};

/// By what files are known again, in whatever order.
fn known_by(files: &[UnitFile]) -> Digest {
    let mut names: Vec<_> = files.iter().map(|file| (&file.name, file.sha256)).collect();
    names.sort_unstable();
    let mut digest = DigestBuilder::new();
    for (name, sha256) in names {
        digest.update(name.as_bytes());
        digest.update(b"/");
        digest.update(sha256.as_raw());
    }
    digest.finish()
}

impl Store {
    /// Notes that somebody wants these very files of an office sent although they were held for `code`.
    /// Who it was stands in the journal, where the set is settled.
    pub async fn note_word(
        &self,
        office: OfficeNumber,
        files: Vec<UnitFile>,
        code: &'static str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |connection| {
            connection
                .prepare_cached(
                    "INSERT INTO words (files, office, code, at) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT DO UPDATE SET at = excluded.at",
                )?
                .execute(params![Column(known_by(&files)), Column(office), code, Column(now)])?;
            Ok(())
        })
        .await
    }

    /// Whether somebody wants these very files sent.
    pub async fn has_word(
        &self,
        office: OfficeNumber,
        files: Vec<UnitFile>,
        code: &'static str,
    ) -> Result<bool, StoreError> {
        self.read(move |connection| {
            Ok(connection
                .prepare_cached("SELECT 1 FROM words WHERE files = ?1 AND office = ?2 AND code = ?3")?
                .exists(params![Column(known_by(&files)), Column(office), code])?)
        })
        .await
    }
}

/// Forgets words that were said before `records`.
pub(super) fn purge(connection: &Connection, records: Timestamp) -> Result<(), StoreError> {
    connection.execute("DELETE FROM words WHERE at < ?1", params![Column(records)])?;
    Ok(())
}
