//! Lists, page by page.

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::entry::{self, ListRow};
use super::filter::{Condition, ListFilter, SearchText};
use super::id::EntryId;
use crate::store::{Store, StoreError};

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PageStart {
    /// At the newest.
    #[default]
    Newest,
    /// Below this entry.
    Below(EntryId),
    /// Above this entry: the page that ends just above it.
    Above(EntryId),
}

/// How many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// So many.
    Exactly(u64),
    /// So many and more.
    MoreThan(u64),
}

/// A page of a list.
#[derive(Debug, Clone)]
pub struct ListPage {
    /// Its lines, newest first.
    pub rows: Vec<ListRow>,
    /// Where the page of newer ones begins, if there are any.
    pub newer: Option<PageStart>,
    /// Where the page of older ones begins, if there are any.
    pub older: Option<PageStart>,
    /// How many lines there are on all pages.
    pub count: Count,
    /// How many packages nobody has looked into yet: they are not found by people.
    pub waiting: Count,
}

impl ListPage {
    /// No page has more lines.
    pub const MOST: u32 = 200;

    /// Lines are not counted beyond this.
    pub const MOST_COUNTED: u32 = 1_000;

    /// So many people are told with each line.
    pub const PEOPLE: u32 = 3;
}

impl Store {
    /// A page of a list with `limit` lines at the most, newest first. What happened within the last
    /// seconds may not be in it yet; what is, is told as it is now.
    pub async fn list(
        &self,
        filter: ListFilter,
        start: PageStart,
        limit: u32,
    ) -> Result<ListPage, StoreError> {
        let limit = limit.clamp(1, ListPage::MOST);
        self.read(move |connection| list(connection, &filter, start, limit)).await
    }
}

fn list(
    connection: &Connection,
    filter: &ListFilter,
    start: PageStart,
    limit: u32,
) -> Result<ListPage, StoreError> {
    let condition = Condition::new(connection, filter)?;
    // One more tells whether there is another page.
    let mut entries = walk(connection, &condition, start, limit + 1)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let goes_on = entries.len() > limit;
    entries.truncate(limit);
    let upwards = matches!(start, PageStart::Above(_));
    if upwards {
        entries.reverse();
    }
    let (first, last) = (entries.first().copied(), entries.last().copied());
    let newer = match start {
        PageStart::Newest => None,
        PageStart::Below(entry) => Some(PageStart::Above(first.unwrap_or(below(entry)))),
        PageStart::Above(_) => first.filter(|_| goes_on).map(PageStart::Above),
    };
    let older = match start {
        PageStart::Newest | PageStart::Below(_) => last.filter(|_| goes_on).map(PageStart::Below),
        PageStart::Above(entry) => Some(PageStart::Below(last.unwrap_or(above(entry)))),
    };
    let found = filter.text.as_ref().map(SearchText::person);
    let rows = entries
        .iter()
        .filter_map(|entry| entry::line(connection, *entry, found, ListPage::PEOPLE).transpose());
    let rows = rows.collect::<Result<_, _>>()?;
    let count = if start == PageStart::Newest && !goes_on {
        Count::Exactly(u64::try_from(entries.len()).unwrap_or(u64::MAX))
    } else {
        let all = format!("SELECT 1 FROM entries AS e WHERE {}", condition.sql);
        count(connection, &all, condition.values)?
    };
    let waiting = "SELECT 1 FROM entries WHERE contents = 'waiting'";
    let waiting = self::count(connection, waiting, Vec::new())?;
    Ok(ListPage { rows, newer, older, count, waiting })
}

/// An empty page below an entry: what is newer begins with that entry.
const fn below(entry: EntryId) -> EntryId {
    EntryId(entry.0.saturating_sub(1))
}

/// The same above it.
const fn above(entry: EntryId) -> EntryId {
    EntryId(entry.0.saturating_add(1))
}

/// The SQL of a walk, for [`walk`] and for who wants to know how SQLite does it. The two last values
/// are where it begins and how many entries it gives at the most.
pub(super) fn walk_sql(condition: &Condition, start: PageStart) -> String {
    let (side, order) = match start {
        PageStart::Above(_) => (">", "ASC"),
        PageStart::Newest | PageStart::Below(_) => ("<", "DESC"),
    };
    format!(
        "SELECT e.id FROM entries AS e WHERE {} AND e.id {side} ? ORDER BY e.id {order} LIMIT ?",
        condition.sql
    )
}

fn walk(
    connection: &Connection,
    condition: &Condition,
    start: PageStart,
    limit: u32,
) -> Result<Vec<EntryId>, StoreError> {
    let from = match start {
        PageStart::Newest => i64::MAX,
        PageStart::Below(EntryId(entry)) | PageStart::Above(EntryId(entry)) => entry,
    };
    // Of these there are too many to be kept ready.
    let mut statement = connection.prepare(&walk_sql(condition, start))?;
    let ends = [Value::Integer(from), Value::Integer(limit.into())];
    let values = params_from_iter(condition.values.iter().chain(&ends));
    let rows = statement.query_map(values, |row| Ok(EntryId(row.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn count(connection: &Connection, rows: &str, values: Vec<Value>) -> Result<Count, StoreError> {
    let most = ListPage::MOST_COUNTED;
    let sql = format!("SELECT count(*) FROM ({rows} LIMIT {})", most + 1);
    let count: u32 =
        connection.prepare_cached(&sql)?.query_row(params_from_iter(values), |row| row.get(0))?;
    Ok(if count > most { Count::MoreThan(most.into()) } else { Count::Exactly(count.into()) })
}
