//! Which entries a list shows.

use std::fmt;

use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, params};

use crate::contents::SearchKey;
use crate::store::StoreError;
use crate::store::names::HELD;
use crate::transfer::{Direction, State};
use crate::types::{OfficeNumber, ServiceMonth};

/// Which of the lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Which {
    /// Everything, both ways.
    #[default]
    All,
    /// Packages that we sent or send.
    Sent,
    /// Packages that we received.
    Received,
    /// What waits for a person: sets of ours that were not sent, and packages that were not placed.
    Held,
}

/// What a list shows. Everything that is given has to hold.
#[derive(Debug, Clone, Default)]
pub struct ListFilter {
    /// Which list.
    pub which: Which,
    /// Only this office of ours.
    pub office: Option<OfficeNumber>,
    /// Only this partner.
    pub partner: Option<OfficeNumber>,
    /// Only units of this service month.
    pub month: Option<ServiceMonth>,
    /// Only units of one of these kinds, such as `K2` and `3-2`; of any where there are none.
    pub kinds: Vec<String>,
    /// Only what is in one of these states, which go the same way; in any where there are none.
    pub states: Vec<State>,
    /// Only what came at or after this time.
    pub since: Option<Timestamp>,
    /// Only what came before this time.
    pub until: Option<Timestamp>,
    /// Only what is found by this text.
    pub text: Option<SearchText>,
}

/// What somebody typed to find something: part of the name, the kana or the number of a person, the
/// beginning of a 連番 (four digits or more), or of a message id (six hexadecimal digits or more).
/// `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct SearchText {
    person: SearchKey,
    serials: Option<[String; 2]>,
    ids: Option<[[u8; 16]; 2]>,
}

impl SearchText {
    /// None where nothing of the text counts.
    pub fn new(text: &str) -> Option<Self> {
        let person = SearchKey::of(text);
        let typed = person.reveal();
        if typed.is_empty() {
            return None;
        }
        let is_serial = typed.starts_with(CENTURY)
            && (4..=14).contains(&typed.len())
            && typed.bytes().all(|byte| byte.is_ascii_digit());
        let serials = is_serial.then(|| ['0', '9'].map(|fill| padded(typed, fill)));
        let ids = ids(typed);
        Some(Self { person, serials, ids })
    }

    pub(super) const fn person(&self) -> &SearchKey {
        &self.person
    }
}

impl fmt::Debug for SearchText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SearchText").finish_non_exhaustive()
    }
}

/// How every 連番 begins: with the year.
const CENTURY: &str = "20";

/// How the ids of all messages from 2004 to 2039 begin: with the time (RFC 9562, version 7).
const IDS: &str = "01";

/// Digits of a 連番, filled up.
fn padded(digits: &str, fill: char) -> String {
    digits.chars().chain(std::iter::repeat(fill)).take(14).collect()
}

/// The first and the last message id that begins so.
fn ids(typed: &str) -> Option<[[u8; 16]; 2]> {
    let digits: Vec<u8> = typed
        .chars()
        .filter(|c| *c != '-')
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    if !typed.starts_with(IDS) || !(6..=32).contains(&digits.len()) {
        return None;
    }
    Some([0, 0xF].map(|fill| {
        let digit = |place: usize| digits.get(place).copied().unwrap_or(fill);
        std::array::from_fn(|place| digit(2 * place) << 4 | digit(2 * place + 1))
    }))
}

/// People are found in so many packages that these are looked up among all others, and not the other
/// way round.
const MANY: u32 = 20_000;

const OUT: &str = Direction::Out.as_str();
const IN: &str = Direction::In.as_str();

/// A filter as a condition in SQL upon `entries AS e`, with the values that are bound to it. Only what
/// is asked for stands in it, so that an index can serve.
pub(super) struct Condition {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl Condition {
    pub(super) fn new(connection: &Connection, filter: &ListFilter) -> Result<Self, StoreError> {
        let mut condition = Self { sql: "TRUE".to_owned(), values: Vec::new() };
        let text = |text: &str| Value::Text(text.to_owned());
        match filter.which {
            Which::All => {}
            Which::Sent => condition.require("e.direction = ? AND e.held IS NULL", [text(OUT)]),
            Which::Received => condition.require("e.direction = ?", [text(IN)]),
            Which::Held => condition.require("e.state = ?", [text(HELD)]),
        }
        if let Some(state) = filter.states.first() {
            let marks = vec!["?"; filter.states.len()].join(", ");
            let names = filter.states.iter().map(|state| text(state.as_str()));
            condition.require(&format!("e.state IN ({marks})"), names);
            condition.require("e.direction = ?", [text(state.direction().as_str())]);
            // A held set of ours and a package have states of the same names.
            let is_set = matches!(state, State::Set(_));
            condition.require("(e.held IS NOT NULL) = ?", [Value::Integer(is_set.into())]);
        }
        if let Some(office) = filter.office {
            condition.require("e.office = ?", [text(office.as_str())]);
        }
        if let Some(partner) = filter.partner {
            condition.require("e.partner = ?", [text(partner.as_str())]);
        }
        if let Some(month) = filter.month {
            condition.require("instr(e.months, ?) > 0", [Value::Text(month.to_string())]);
        }
        if !filter.kinds.is_empty() {
            let kinds = Value::Text(format!(",{},", filter.kinds.join(",")));
            condition.require("instr(?, ',' || e.kind || ',') > 0", [kinds]);
        }
        if let Some(since) = filter.since {
            condition.require("e.at >= ?", [Value::Integer(since.as_microsecond())]);
        }
        if let Some(until) = filter.until {
            condition.require("e.at < ?", [Value::Integer(until.as_microsecond())]);
        }
        if let Some(text) = &filter.text {
            condition.require_text(connection, text)?;
        }
        Ok(condition)
    }

    fn require(&mut self, sql: &str, values: impl IntoIterator<Item = Value>) {
        self.sql.push_str(" AND ");
        self.sql.push_str(sql);
        self.values.extend(values);
    }

    fn require_text(
        &mut self,
        connection: &Connection,
        text: &SearchText,
    ) -> Result<(), StoreError> {
        const FOUND: &str = "SELECT id FROM people WHERE instr(key, ?) > 0";
        let key = || Value::Text(text.person.reveal().to_owned());
        let count: u32 = connection
            .prepare_cached(&format!(
                "SELECT count(*) FROM (SELECT 1 FROM mentions WHERE person IN ({FOUND}) LIMIT ?)"
            ))?
            .query_row(params![key(), MANY], |row| row.get(0))?;
        let person = if count < MANY {
            format!("e.id IN (SELECT entry FROM mentions WHERE person IN ({FOUND}))")
        } else {
            format!("EXISTS (SELECT 1 FROM mentions WHERE entry = e.id AND +person IN ({FOUND}))")
        };
        let mut sql = format!("({person}");
        let mut values = vec![key()];
        if let Some(serials) = &text.serials {
            sql.push_str(" OR e.serial BETWEEN ? AND ?");
            values.extend(serials.clone().map(Value::Text));
        }
        if let Some(ids) = text.ids {
            sql.push_str(" OR e.message_id BETWEEN ? AND ?");
            values.extend(ids.map(|id| Value::Blob(id.to_vec())));
        }
        sql.push(')');
        self.require(&sql, []);
        self.values.extend(values);
        Ok(())
    }
}
