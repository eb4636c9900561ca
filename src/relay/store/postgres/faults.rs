//! Why a database is not reached, in words: which one, and what to look at.

use std::error::Error as _;
use std::io;

use deadpool_postgres::PoolError;
use tokio_postgres::Error;
use tokio_postgres::error::SqlState;

use super::super::error::DatabaseFault;

/// What an error at the begin of a connection means.
pub(super) fn of_pool(error: &PoolError) -> DatabaseFault {
    match error {
        PoolError::Backend(error) => of(error),
        _ => DatabaseFault::NoAnswer,
    }
}

/// The same of an error of the library. Its own text may quote a row; its code does not.
pub(super) fn of(error: &Error) -> DatabaseFault {
    let Some(code) = error.code() else { return without_code(error) };
    let is = |known: &[SqlState]| known.contains(code);
    if is(&[SqlState::INVALID_PASSWORD, SqlState::INVALID_AUTHORIZATION_SPECIFICATION]) {
        DatabaseFault::Login
    } else if is(&[SqlState::INVALID_CATALOG_NAME]) {
        DatabaseFault::NoDatabase
    } else if is(&[SqlState::INSUFFICIENT_PRIVILEGE, SqlState::INVALID_SCHEMA_NAME]) {
        DatabaseFault::NoRight
    } else if is(&[SqlState::TOO_MANY_CONNECTIONS]) {
        DatabaseFault::TooMany
    } else if is(&[SqlState::CANNOT_CONNECT_NOW]) {
        DatabaseFault::Starting
    } else {
        DatabaseFault::Code(code.code().to_owned())
    }
}

fn without_code(error: &Error) -> DatabaseFault {
    let text = error.to_string();
    if text.starts_with("error performing TLS handshake") {
        let why = error.source().map(ToString::to_string).unwrap_or_default();
        return DatabaseFault::Tls(why);
    }
    if text.starts_with("invalid configuration") || text.starts_with("authentication error") {
        return DatabaseFault::Login;
    }
    let io = error.source().and_then(|source| source.downcast_ref::<io::Error>());
    match io {
        Some(error) => DatabaseFault::Unreachable(error.kind()),
        None => DatabaseFault::NoAnswer,
    }
}
