//! How SQLite answers.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::filter::{Condition, ListFilter};
use super::list::{PageStart, walk_sql};
use crate::store::StoreError;

/// The steps by which it walks through the entries.
pub(in crate::store) fn of_walk(
    connection: &Connection,
    filter: &ListFilter,
    start: PageStart,
) -> Result<Vec<String>, StoreError> {
    let condition = Condition::new(connection, filter)?;
    let sql = format!("EXPLAIN QUERY PLAN {}", walk_sql(&condition, start));
    let ends = [Value::Integer(9), Value::Integer(9)];
    let mut statement = connection.prepare(&sql)?;
    let values = params_from_iter(condition.values.iter().chain(&ends));
    let rows = statement.query_map(values, |row| row.get("detail"))?;
    Ok(rows.collect::<Result<_, _>>()?)
}
