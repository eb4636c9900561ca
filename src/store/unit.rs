//! What the journal and the history say of a send unit.

use rusqlite::Row;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use serde::{Deserialize, Serialize};

use super::StoreError;
use super::error::UnknownName;
use crate::record::Quoting;
use crate::types::{Digest, Edition, ServiceMonth};

/// A send unit in the history. Holds no personal data: the names of the standard's files hold
/// none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitSummary {
    /// The send unit of `spec/send_units.csv`, such as `K1`.
    pub kind: String,
    /// The edition of its files.
    pub edition: Option<Edition>,
    /// The edition that the files had before they were converted for the partner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub converted_from: Option<Edition>,
    /// The style of quoting in which the files were written anew for the partner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quoted: Option<Quoting>,
    /// The service months that its file names carry.
    pub months: Vec<ServiceMonth>,
    /// Its files, in the order of the manifest.
    pub files: Vec<UnitFile>,
    /// Records in all files together.
    pub records: u64,
    /// Errors and warnings that the check found.
    pub findings: u64,
}

/// A file of a send unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitFile {
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// The digest of its bytes.
    pub sha256: Digest,
}

impl UnitSummary {
    /// Whether the files are copies of those that the office wrote.
    pub const fn is_copied(&self) -> bool {
        self.converted_from.is_some() || self.quoted.is_some()
    }

    pub(super) fn to_json(&self) -> Result<String, StoreError> {
        serde_json::to_string(self).map_err(|_| StoreError::Damaged("unit"))
    }

    pub(super) fn from_json(text: &str) -> Result<Self, StoreError> {
        serde_json::from_str(text).map_err(|_| StoreError::Damaged("unit"))
    }
}

/// A value of ours in a column: text of its own form, or the bytes of a digest or id.
pub(super) struct Column<T>(pub(super) T);

macro_rules! text_column {
    ($($type:ty),+) => {$(
        impl FromSql for Column<$type> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                value.as_str()?.parse().map(Self).map_err(|_| FromSqlError::InvalidType)
            }
        }
        impl ToSql for Column<$type> {
            fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
                Ok(self.0.as_str().into())
            }
        }
    )+};
}

text_column!(crate::types::OfficeNumber, crate::types::FileSerial);

/// A value that is stored under its name.
macro_rules! named_column {
    ($($type:ty),+) => {$(
        impl FromSql for Column<$type> {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                let name = value.as_str()?;
                let unknown = || FromSqlError::Other(Box::new(UnknownName(name.to_owned())));
                <$type>::named(name).map(Self).ok_or_else(unknown)
            }
        }
    )+};
}

named_column!(
    crate::transfer::Direction,
    crate::transfer::OutgoingState,
    crate::transfer::IncomingState,
    crate::types::CameBy
);

impl FromSql for Column<Digest> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let raw = value.as_blob()?.try_into().map_err(|_| FromSqlError::InvalidType)?;
        Ok(Self(Digest::from_raw(raw)))
    }
}

impl ToSql for Column<Digest> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_raw().as_slice().into())
    }
}

impl FromSql for Column<crate::types::MessageId> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let raw = value.as_blob()?.try_into().map_err(|_| FromSqlError::InvalidType)?;
        let id = uuid::Uuid::from_bytes(raw).try_into().map_err(|_| FromSqlError::InvalidType)?;
        Ok(Self(id))
    }
}

impl ToSql for Column<crate::types::MessageId> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_bytes().as_slice().into())
    }
}

impl FromSql for Column<jiff::Timestamp> {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        jiff::Timestamp::from_microsecond(value.as_i64()?)
            .map(Self)
            .map_err(|_| FromSqlError::InvalidType)
    }
}

impl ToSql for Column<jiff::Timestamp> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.as_microsecond().into())
    }
}

/// A number that may be empty.
pub(super) fn optional<T>(row: &Row<'_>, place: usize) -> rusqlite::Result<Option<T>>
where
    Column<T>: FromSql,
{
    let text: String = row.get(place)?;
    if text.is_empty() { Ok(None) } else { Ok(Some(row.get::<_, Column<T>>(place)?.0)) }
}
