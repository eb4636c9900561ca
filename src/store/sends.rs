//! Sets that programs send, each with a key by which a request that is repeated is known.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::packing::pack;
use super::unit::Column;
use super::{NewOutgoing, Store, StoreError};
use crate::types::{Digest, MessageId};

/// By what a request is known that comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendKey {
    /// SHA-256 of the token of the program.
    pub token: Digest,
    /// What the program calls it.
    pub key: String,
    /// SHA-256 of the names and the bytes of the files.
    pub files: Digest,
}

/// What is known of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// The same files became this package, now or before.
    As(MessageId),
    /// Other files were sent with it.
    Otherwise,
}

impl Store {
    /// What was sent with a key before.
    pub async fn sent_with(&self, key: SendKey) -> Result<Option<Sent>, StoreError> {
        self.read(move |connection| known(connection, &key)).await
    }

    /// Makes a package durable with its key, unless there is one of that key.
    pub async fn pack_once(
        &self,
        new: NewOutgoing,
        key: SendKey,
        now: Timestamp,
    ) -> Result<Sent, StoreError> {
        let (digest, package) = (new.package_sha256, new.package.clone());
        self.write_package(digest, package, move |connection, payload| {
            if let Some(sent) = known(connection, &key)? {
                return Ok(sent);
            }
            pack(connection, &new, payload, now)?;
            connection
                .prepare_cached(
                    "INSERT INTO sends (token, key, files, message_id, at)
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![
                    Column(key.token),
                    key.key,
                    Column(key.files),
                    Column(new.id),
                    Column(now)
                ])?;
            Ok(Sent::As(new.id))
        })
        .await
    }
}

fn known(connection: &Connection, key: &SendKey) -> Result<Option<Sent>, StoreError> {
    let found = connection
        .prepare_cached("SELECT files, message_id FROM sends WHERE token = ?1 AND key = ?2")?
        .query_row(params![Column(key.token), key.key], |row| {
            Ok((row.get::<_, Column<Digest>>(0)?.0, row.get::<_, Column<MessageId>>(1)?.0))
        })
        .optional()?;
    Ok(found.map(|(files, id)| if files == key.files { Sent::As(id) } else { Sent::Otherwise }))
}

/// Forgets the keys that came before `records`.
pub(super) fn purge(connection: &Connection, records: Timestamp) -> Result<(), StoreError> {
    connection.execute("DELETE FROM sends WHERE at < ?1", params![Column(records)])?;
    Ok(())
}
