//! The versions of the schema and the way from each to the next.

use deadpool_postgres::Client;
use tokio_postgres::Config;

use super::settings::place;
use super::{RelayStoreError, faults};

/// Each brings the schema from its place in the list to the next version.
const MIGRATIONS: &[&str] = &[
    include_str!("0001.sql"),
    include_str!("0002.sql"),
    include_str!("0003.sql"),
    include_str!("0004.sql"),
    include_str!("0005.sql"),
    include_str!("0006.sql"),
];

/// The lock under which one instance at a time looks at the schema: the first letters of the name.
pub(super) const LOCK: i64 = 0x72_65_6e_6b_65_69;

/// Whether a relay has had its tables here.
pub(super) async fn is_there(client: &Client) -> Result<bool, RelayStoreError> {
    let sql = "SELECT to_regclass('schema_version') IS NOT NULL";
    Ok(client.query_one(sql, &[]).await?.try_get(0)?)
}

/// Brings the tables up to date, or makes them.
pub(super) async fn prepare(client: &mut Client, config: &Config) -> Result<(), RelayStoreError> {
    let prepared = prepare_all(client).await;
    prepared.map_err(|error| match error {
        Unprepared::Store(error) => error,
        Unprepared::Postgres(error) if RelayStoreError::is_full(&error) => RelayStoreError::Full,
        Unprepared::Postgres(error) => {
            RelayStoreError::Database { place: place(config), fault: faults::of(&error) }
        }
    })
}

/// Why the tables could not be brought up to date.
enum Unprepared {
    Store(RelayStoreError),
    Postgres(tokio_postgres::Error),
}

impl From<tokio_postgres::Error> for Unprepared {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Postgres(error)
    }
}

async fn prepare_all(client: &mut Client) -> Result<(), Unprepared> {
    let transaction = client.transaction().await?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await?;
    transaction
        .batch_execute("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)")
        .await?;
    let found = transaction.query_opt("SELECT version FROM schema_version", &[]).await?;
    let found = if let Some(row) = found {
        row.try_get(0)?
    } else {
        transaction.execute("INSERT INTO schema_version VALUES (0)", &[]).await?;
        0_i64
    };
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(Unprepared::Store(RelayStoreError::TooNew { found, known }));
    }
    for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(usize::MAX)) {
        transaction.batch_execute(migration).await?;
    }
    transaction.execute("UPDATE schema_version SET version = $1", &[&known]).await?;
    transaction.commit().await?;
    Ok(())
}
