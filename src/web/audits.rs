//! 閲覧記録: who came in, who looked at what about whom. For administrators.
//!
//! What is searched for stands in no address: the forms are sent, not fetched.

use std::fmt::Write as _;
use std::io;
use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::{Form, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde::Deserialize;

use super::audit::Act;
use super::guard::{Sealed, Visitor};
use super::layout::{Frame, Place, page, store_fault};
use super::session::Session;
use super::state::Shared;
use crate::desk::words;
use crate::rules::render::Sheet;
use crate::store::{Account, AuditFilter, AuditRow};
use crate::types::{Lang, Personal};
use crate::work;

/// Rows of one page.
const MOST: u32 = 100;

/// Rows of a file that are read together: a long record need not fit into memory.
const TOGETHER: u32 = 500;

/// People of one row that are shown; all of them stand in the file.
const PEOPLE: usize = 5;

/// Digits of a number that are shown; all of them stand in the file.
const DIGITS: usize = 4;

#[derive(Template)]
#[template(path = "web/audits.html", config = "src/askama.toml")]
struct List {
    frame: Frame,
    wanted: Wanted,
    acts: Vec<(&'static str, &'static str)>,
    rows: Vec<Row>,
    /// Where the next page begins.
    next: Option<i64>,
}

/// One line.
struct Row {
    at: String,
    who: String,
    account: &'static str,
    address: String,
    what: String,
    about: String,
    people: String,
}

/// What is searched for, as it was typed.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    who: String,
    #[serde(default)]
    person: String,
    #[serde(default)]
    what: String,
    #[serde(default)]
    since: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    before: String,
}

/// A search.
#[derive(Debug, Deserialize)]
pub(super) struct Search {
    #[serde(flatten)]
    sealed: Sealed,
    #[serde(flatten)]
    wanted: Wanted,
}

impl Wanted {
    fn filter(&self, limit: u32) -> AuditFilter {
        let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let day = |text: &str, days: i32| -> Option<Timestamp> {
            let date: Date = text.trim().parse().ok()?;
            let date = date.checked_add(days.days()).ok()?;
            Some(date.to_zoned(TimeZone::system()).ok()?.timestamp())
        };
        AuditFilter {
            who: some(&self.who),
            person: some(&self.person).map(Personal::new),
            what: some(&self.what),
            since: day(&self.since, 0),
            until: day(&self.until, 1),
            before: self.before.parse().ok(),
            limit,
        }
    }
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Visitor(session): Visitor) -> Response {
    listed(&shared, &session, Wanted::default()).await
}

pub(super) async fn find(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Form(search): Form<Search>,
) -> Response {
    if let Err(answer) = visitor.is_sealed(&shared, &search.sealed) {
        return answer;
    }
    let Visitor(session) = visitor;
    let person = search.wanted.person.trim();
    if !person.is_empty() {
        shared.audit.viewed(&session, Act::AuditRead, "", [person]);
    }
    listed(&shared, &session, search.wanted).await
}

async fn listed(shared: &Shared, session: &Session, wanted: Wanted) -> Response {
    let lang = shared.lang();
    let found = match shared.node.store().audited(wanted.filter(MOST + 1)).await {
        Ok(found) => found,
        Err(error) => return store_fault(shared, &error),
    };
    let most = usize::try_from(MOST).unwrap_or(usize::MAX);
    let next = found.get(..most).and_then(<[AuditRow]>::last).map(|last| last.id);
    let next = next.filter(|_| found.len() > most);
    let title = lang.pick("閲覧記録", "Record of views");
    page(&List {
        frame: Frame::new(shared, session, Place::Audits, title),
        wanted,
        acts: Act::ALL.iter().map(|act| (act.as_str(), act.text(lang))).collect(),
        rows: found.iter().take(most).map(|row| shown(row, lang)).collect(),
        next,
    })
}

fn shown(row: &AuditRow, lang: Lang) -> Row {
    let entry = &row.entry;
    let named = entry.people.iter().take(PEOPLE).map(|person| masked(person.reveal()));
    let mut people = named.collect::<Vec<_>>().join(lang.pick("、", ", "));
    let shown = u64::try_from(entry.people.len().min(PEOPLE)).unwrap_or_default();
    if row.people > shown {
        let more = row.people - shown;
        // Writing into a String cannot fail.
        let _ = match lang {
            Lang::Ja => write!(people, " ほか {more} 人"),
            Lang::En => write!(people, " and {more} more"),
        };
    }
    Row {
        at: words::time(entry.at),
        who: entry.who.clone(),
        account: match entry.account {
            Account::User => "",
            Account::System => lang.pick("（renkei open）", "(renkei open)"),
            Account::Token => lang.pick("（API）", "(API)"),
            Account::None => lang.pick("（未ログイン）", "(not in)"),
        },
        address: entry.address.clone(),
        what: what(&entry.what, lang),
        about: entry.about.clone(),
        people,
    }
}

/// In words; of a later version the code.
fn what(code: &str, lang: Lang) -> String {
    Act::named(code).map_or_else(|| code.to_owned(), |act| act.text(lang).to_owned())
}

/// A number of which only the end is shown: enough to tell people of one office apart, and nothing
/// for whoever looks over a shoulder.
fn masked(number: &str) -> String {
    let hidden = number.chars().count().saturating_sub(DIGITS);
    let end = number.chars().skip(hidden);
    "●".repeat(hidden.min(10)).chars().chain(end).collect()
}

/// The rows as a file for spreadsheets, every person in full.
pub(super) async fn export(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Form(search): Form<Search>,
) -> Response {
    if let Err(answer) = visitor.is_sealed(&shared, &search.sealed) {
        return answer;
    }
    let (Visitor(session), lang) = (visitor, shared.lang());
    let filter = AuditFilter { before: None, ..search.wanted.filter(TOGETHER) };
    let first = match shared.node.store().audited(filter.clone()).await {
        Ok(first) => first,
        Err(error) => return store_fault(&shared, &error),
    };
    shared.audit.did(&session, Act::AuditExported, "");
    let begin = Some((shared, filter, Some(first)));
    let parts = stream::unfold(begin, move |on| async move {
        let (shared, mut filter, first) = on?;
        let is_first = first.is_some();
        let rows = match first {
            Some(first) => Ok(first),
            None => shared.node.store().audited(filter.clone()).await,
        };
        let rows = match rows {
            Ok(rows) => rows,
            // The browser learns by the broken connection that the file is not whole.
            Err(error) => return Some((Err(io::Error::other(error)), None)),
        };
        let last = rows.last().map(|last| last.id);
        let made = work::blocking(move || sheet(&rows, is_first, lang)).await;
        filter.before = last;
        let next = last.map(|_| (shared, filter, None));
        Some((made.map_err(io::Error::other), next))
    });
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"renkei-audit.csv\""),
    ];
    (headers, Body::from_stream(parts)).into_response()
}

/// One line for each person, as spreadsheets filter them; the head stands in the first part.
fn sheet(rows: &[AuditRow], is_first: bool, lang: Lang) -> Vec<u8> {
    let head = match lang {
        Lang::Ja => [
            "番号",
            "日時",
            "名前",
            "種類",
            "アドレス",
            "コード",
            "操作",
            "対象",
            "被保険者番号",
            "人数",
        ],
        Lang::En => [
            "no.",
            "time",
            "name",
            "account",
            "address",
            "code",
            "what",
            "about",
            "insured no.",
            "people",
        ],
    };
    let mut sheet = if is_first { Sheet::new(head) } else { Sheet::going_on() };
    for row in rows {
        let entry = &row.entry;
        let nobody = Personal::new(String::new());
        let none = entry.people.is_empty().then_some(&nobody);
        for person in entry.people.iter().chain(none) {
            let cells = [
                row.id.to_string(),
                words::time(entry.at),
                entry.who.clone(),
                entry.account.as_str().to_owned(),
                entry.address.clone(),
                entry.what.clone(),
                what(&entry.what, lang),
                entry.about.clone(),
                person.reveal().clone(),
                row.people.to_string(),
            ];
            sheet.row(cells);
        }
    }
    sheet.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::AuditEntry;

    #[test]
    fn only_the_end_of_a_number_is_shown() {
        assert_eq!(masked("0000900011"), "●●●●●●0011");
        assert_eq!(masked("12"), "12");
        assert_eq!(masked(""), "");
    }

    #[test]
    fn a_sheet_has_every_person_and_no_formula() {
        let entry = AuditEntry {
            at: Timestamp::UNIX_EPOCH,
            who: "=cmd|'/c calc'!A0".to_owned(),
            account: Account::User,
            address: "::1".to_owned(),
            what: "view-held".to_owned(),
            about: "@h1".to_owned(),
            people: ["0000900011", "=1+1"].map(|one| Personal::new(one.to_owned())).to_vec(),
        };
        let rows = [AuditRow { id: 7, entry, people: 2 }];
        let bytes = sheet(&rows, true, Lang::En);
        assert!(bytes.ends_with(&sheet(&rows, false, Lang::En)), "the head stands there once");
        let text = String::from_utf8(bytes).expect("UTF-8");
        assert!(text.starts_with("\u{feff}no.,time,") && text.ends_with("\r\n"), "{text}");
        let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
        let rows: Vec<_> = reader.records().map(|row| row.expect("a row")).collect();
        assert_eq!(rows.len(), 2);
        for cell in rows.iter().flat_map(csv::StringRecord::iter) {
            assert!(!cell.starts_with(['=', '+', '-', '@']), "{cell}");
        }
        assert_eq!(&rows[0][8], "'0000900011", "its zeros stay");
    }

    #[test]
    fn days_are_whole() {
        let wanted = Wanted {
            since: "2026-04-01".to_owned(),
            until: "2026-04-01".to_owned(),
            before: "x".to_owned(),
            ..Wanted::default()
        };
        let filter = wanted.filter(1);
        let (since, until) = (filter.since.expect("a time"), filter.until.expect("a time"));
        assert!((until.duration_since(since).as_hours() - 24).abs() <= 1);
        assert_eq!((filter.before, filter.who), (None, None));
    }
}
