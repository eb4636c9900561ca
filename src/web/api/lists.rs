//! What was sent and received, page by page, and what is held.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::audit::Act;
use super::super::state::Shared;
use super::caller::Caller;
use super::parts::{Params, json, ok};
use super::problem::Refused;
use crate::desk::words;
use crate::store::{
    Count, HistoryRow, KnownPerson, ListFilter, ListPage, ListRow, PageStart, SearchText, Which,
};
use crate::transfer::{Direction, State as PackageState};
use crate::types::{HeldId, OfficeNumber, ServiceMonth};

/// Lines of a page, unless fewer or more are asked for.
const LINES: u32 = 50;

/// The longest text that is searched for, in characters.
const LONGEST_TEXT: usize = 60;

/// What a list shows.
#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Asked {
    office: Option<OfficeNumber>,
    partner: Option<OfficeNumber>,
    month: Option<ServiceMonth>,
    kind: Option<String>,
    state: Option<String>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    /// Whether it says who the packages are about.
    people: bool,
    cursor: Option<String>,
    limit: u32,
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            office: None,
            partner: None,
            month: None,
            kind: None,
            state: None,
            since: None,
            until: None,
            people: false,
            cursor: None,
            limit: LINES,
        }
    }
}

/// A search for a person: no part of it stands in an address.
#[derive(Debug, Deserialize)]
pub(super) struct Search {
    list: List,
    text: String,
    #[serde(default)]
    filter: Asked,
}

/// Which list.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum List {
    Sent,
    Received,
}

/// A page of a list.
#[derive(Serialize)]
struct Page<'a> {
    items: Vec<Item<'a>>,
    newer: Option<String>,
    older: Option<String>,
    count: Counted,
    /// Packages that nobody has looked into yet: they are not found by people.
    unread: Counted,
}

/// How many there are.
#[derive(Serialize)]
struct Counted {
    at_least: u64,
    is_exact: bool,
}

/// One line.
#[derive(Serialize)]
struct Item<'a> {
    #[serde(flatten)]
    line: &'a HistoryRow,
    held: Option<HeldId>,
    expires_at: Option<Timestamp>,
    contents: &'static str,
    people_count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    people: Option<Vec<Person<'a>>>,
}

/// Somebody whom a package is about.
#[derive(Serialize)]
struct Person<'a> {
    insurer: &'a str,
    insured: &'a str,
    name: &'a str,
    kana: &'a str,
}

pub(super) async fn sent(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Params(asked): Params<Asked>,
) -> Result<Response, Refused> {
    page(&shared, &caller, (List::Sent, None), &asked).await
}

pub(super) async fn received(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    Params(asked): Params<Asked>,
) -> Result<Response, Refused> {
    page(&shared, &caller, (List::Received, None), &asked).await
}

pub(super) async fn search(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    let Search { list, text, filter } = json(&headers, body).await?;
    let text = Some(text.trim()).filter(|text| text.chars().count() <= LONGEST_TEXT);
    let text = text.and_then(SearchText::new).ok_or_else(|| {
        Refused::malformed("Expected a text of 1 to 60 characters, with a letter or a digit in it.")
    })?;
    page(&shared, &caller, (list, Some(text)), &filter).await
}

async fn page(
    shared: &Shared,
    caller: &Caller,
    (list, text): (List, Option<SearchText>),
    asked: &Asked,
) -> Result<Response, Refused> {
    let is_search = text.is_some();
    let filter = ListFilter { text, ..filter(caller, list, asked)? };
    let start = start(asked.cursor.as_deref())?;
    let found = shared.node.store().list(filter, start, asked.limit).await?;
    if asked.people || is_search {
        let people = found.rows.iter().flat_map(|row| &row.people).map(|it| it.key.insured());
        let about = if is_search { "search" } else { path(list) };
        caller.noted(shared, Act::ViewList, about, people);
    }
    ok(&Page {
        items: found.rows.iter().map(|row| item(row, asked.people)).collect(),
        newer: found.newer.map(cursor),
        older: found.older.map(cursor),
        count: counted(found.count),
        unread: counted(found.waiting),
    })
}

const fn path(list: List) -> &'static str {
    match list {
        List::Sent => "/sent",
        List::Received => "/received",
    }
}

fn filter(caller: &Caller, list: List, asked: &Asked) -> Result<ListFilter, Refused> {
    let (which, direction) = match list {
        List::Sent => (Which::Sent, Direction::Out),
        List::Received => (Which::Received, Direction::In),
    };
    if !(1..=ListPage::MOST).contains(&asked.limit) {
        return Err(Refused::malformed("Expected limit to be 1 to 200."));
    }
    let kinds = match asked.kind.as_deref() {
        None => &[],
        Some(kind) => match words::kinds_like(kind) {
            [] => return Err(Refused::malformed("Expected kind to be a send unit, such as K2.")),
            kinds => kinds,
        },
    };
    let state = match asked.state.as_deref() {
        None => None,
        Some(name) => Some(PackageState::named(direction, name).ok_or_else(|| {
            Refused::malformed("Expected state to be one that packages of this list can be in.")
        })?),
    };
    Ok(ListFilter {
        which,
        office: caller.sees(asked.office)?,
        partner: asked.partner,
        month: asked.month,
        kinds: kinds.iter().map(|kind| (*kind).to_owned()).collect(),
        states: state.into_iter().collect(),
        since: asked.since,
        until: asked.until,
        ..ListFilter::default()
    })
}

/// Where a page begins, in our own words: nobody takes it apart.
fn cursor(start: PageStart) -> String {
    match start {
        PageStart::Newest => "newest".to_owned(),
        PageStart::Below(entry) => format!("older-{entry}"),
        PageStart::Above(entry) => format!("newer-{entry}"),
    }
}

fn start(cursor: Option<&str>) -> Result<PageStart, Refused> {
    let Some(cursor) = cursor else { return Ok(PageStart::Newest) };
    let entry = |text: &str| text.parse().ok();
    let start = match cursor.split_once('-') {
        None if cursor == "newest" => Some(PageStart::Newest),
        Some(("older", text)) => entry(text).map(PageStart::Below),
        Some(("newer", text)) => entry(text).map(PageStart::Above),
        _ => None,
    };
    start.ok_or_else(|| Refused::malformed("Expected cursor to be one of a page of a list."))
}

fn counted(count: Count) -> Counted {
    match count {
        Count::Exactly(at_least) => Counted { at_least, is_exact: true },
        Count::MoreThan(at_least) => Counted { at_least, is_exact: false },
    }
}

fn item(row: &ListRow, with_people: bool) -> Item<'_> {
    Item {
        line: &row.line,
        held: row.held,
        expires_at: row.expires_at,
        contents: row.contents.as_str(),
        people_count: row.people_count,
        people: with_people.then(|| row.people.iter().map(person).collect()),
    }
}

fn person(person: &KnownPerson) -> Person<'_> {
    Person {
        insurer: person.key.insurer(),
        insured: person.key.insured(),
        name: person.name.reveal(),
        kana: person.kana.reveal(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_to_where_it_came_from() {
        let entry = "17".parse().expect("an entry");
        for from in [PageStart::Newest, PageStart::Below(entry), PageStart::Above(entry)] {
            assert_eq!(start(Some(&cursor(from))).expect("our own"), from);
        }
        assert_eq!(start(None).expect("none is needed"), PageStart::Newest);
        for odd in ["", "older", "older-", "older-x", "newer--1", "older-1 ", "17"] {
            assert!(start(Some(odd)).is_err(), "{odd}");
        }
    }
}
