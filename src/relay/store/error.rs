//! What can go wrong with the store of a relay: never the fault of an office.

use crate::store::StoreError;

/// A fault of the store. Its text has no values of what is kept.
#[derive(Debug, thiserror::Error)]
pub enum RelayStoreError {
    /// There is no room.
    #[error("the disk of the store is full")]
    Full,
    /// It does not answer at the moment.
    #[error("the store does not answer: {0}")]
    Away(String),
    /// It holds something that we never write.
    #[error("the store is damaged: {0}")]
    Damaged(&'static str),
    /// A newer renkei made it.
    #[error("the store has schema {found}; this renkei knows up to {known}")]
    TooNew {
        /// The version in the store.
        found: i64,
        /// The newest version that we know.
        known: i64,
    },
    /// Another process writes to the file.
    #[error("another relay uses the store")]
    InUse,
    /// How it is reached cannot be read or used.
    #[error("{0}")]
    Settings(String),
}

impl From<StoreError> for RelayStoreError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => Self::Full,
            StoreError::Damaged(what) => Self::Damaged(what),
            error => Self::Away(error.to_string()),
        }
    }
}

impl From<rusqlite::Error> for RelayStoreError {
    fn from(error: rusqlite::Error) -> Self {
        StoreError::from(error).into()
    }
}

impl From<std::io::Error> for RelayStoreError {
    fn from(error: std::io::Error) -> Self {
        StoreError::from(error).into()
    }
}

impl From<tokio_postgres::Error> for RelayStoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        use tokio_postgres::error::SqlState;
        // The text of an error may quote a row; its code does not.
        match error.code() {
            Some(code) if *code == SqlState::DISK_FULL => Self::Full,
            Some(code) => Self::Away(format!("PostgreSQL answers with {}", code.code())),
            None => Self::Away("the connection to PostgreSQL failed".to_owned()),
        }
    }
}

impl From<deadpool_postgres::PoolError> for RelayStoreError {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        match error {
            deadpool_postgres::PoolError::Backend(error) => error.into(),
            deadpool_postgres::PoolError::Timeout(_) => {
                Self::Away("no connection to PostgreSQL became free in time".to_owned())
            }
            _ => Self::Away("there is no connection to PostgreSQL".to_owned()),
        }
    }
}
