//! The versions of the schema and the way from each to the next.

use deadpool_postgres::Client;

use super::RelayStoreError;

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

pub(super) async fn prepare(client: &mut Client) -> Result<(), RelayStoreError> {
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
        return Err(RelayStoreError::TooNew { found, known });
    }
    for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(usize::MAX)) {
        transaction.batch_execute(migration).await?;
    }
    transaction.execute("UPDATE schema_version SET version = $1", &[&known]).await?;
    transaction.commit().await?;
    Ok(())
}
