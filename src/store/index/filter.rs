//! Which entries a list shows.

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
    /// Only what is in this state.
    pub state: Option<State>,
    /// Only what came at or after this time.
    pub since: Option<Timestamp>,
    /// Only what came before this time.
    pub until: Option<Timestamp>,
    /// Only what is found by this text.
    pub text: Option<SearchText>,
}

/// What somebody typed to find something: part of the name, the kana or the number of a person, the
/// beginning of a 連番 (four digits or more), or of a message id (six hexadecimal digits or more).
#[derive(Debug, Clone, PartialEq, Eq)]
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
        let is_serial =
            (4..=14).contains(&typed.len()) && typed.bytes().all(|byte| byte.is_ascii_digit());
        let serials = is_serial.then(|| ['0', '9'].map(|fill| padded(typed, fill)));
        let ids = ids(typed);
        Some(Self { person, serials, ids })
    }

    pub(super) const fn person(&self) -> &SearchKey {
        &self.person
    }
}

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
    if !(6..=32).contains(&digits.len()) {
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

const FOUND: &str = "SELECT id FROM people WHERE instr(key, ?10) > 0";

/// A filter as a condition in SQL upon `entries AS e`, with what is bound to it.
pub(super) struct Condition {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
}

impl Condition {
    pub(super) fn new(connection: &Connection, filter: &ListFilter) -> Result<Self, StoreError> {
        let number = |number: Option<&OfficeNumber>| {
            Value::Text(number.map(|number| number.as_str().to_owned()).unwrap_or_default())
        };
        let direction = match filter.which {
            Which::All | Which::Held => filter.state.map(State::direction),
            Which::Sent => Some(Direction::Out),
            Which::Received => Some(Direction::In),
        };
        let state = match filter.which {
            Which::Held => HELD,
            _ => filter.state.map_or("", State::as_str),
        };
        // 1: held sets alone, 0: none of them, -1: all the same.
        let sets = match (filter.which, filter.state) {
            (_, Some(State::Set(_))) => 1,
            (Which::Sent, _) | (_, Some(State::Out(_))) => 0,
            _ => -1,
        };
        let kinds = filter.kinds.iter().map(String::as_str);
        let kinds = if filter.kinds.is_empty() {
            String::new()
        } else {
            format!(",{},", kinds.collect::<Vec<_>>().join(","))
        };
        let at = |time: Option<Timestamp>, open: Timestamp| {
            Value::Integer(time.unwrap_or(open).as_microsecond())
        };
        let mut values = vec![
            number(filter.office.as_ref()),
            number(filter.partner.as_ref()),
            Value::Text(direction.map_or("", Direction::as_str).to_owned()),
            Value::Text(state.to_owned()),
            Value::Text(kinds),
            Value::Text(filter.month.map(|month| month.to_string()).unwrap_or_default()),
            at(filter.since, Timestamp::MIN),
            at(filter.until, Timestamp::MAX),
            Value::Integer(sets),
        ];
        let mut sql = "(?1 = '' OR e.office = ?1) AND (?2 = '' OR e.partner = ?2)
            AND (?3 = '' OR e.direction = ?3) AND (?4 = '' OR e.state = ?4)
            AND (?5 = '' OR instr(?5, ',' || e.kind || ',') > 0)
            AND (?6 = '' OR instr(e.months, ?6) > 0) AND e.at >= ?7 AND e.at < ?8
            AND (?9 = -1 OR (e.held IS NOT NULL) = ?9)"
            .to_owned();
        if let Some(text) = &filter.text {
            sql.push_str(" AND ");
            sql.push_str(&found_by(connection, text)?);
            let [first, last] = text.serials.clone().unwrap_or_default();
            let ids = text.ids.map(|ids| ids.map(|id| id.to_vec()));
            let [low, high] = ids.unwrap_or_default();
            values.push(Value::Text(text.person.reveal().to_owned()));
            values.extend([first, last].map(Value::Text));
            values.extend([low, high].map(Value::Blob));
        }
        Ok(Self { sql, values })
    }
}

/// The condition of a text, whose values are numbered from 10.
fn found_by(connection: &Connection, text: &SearchText) -> Result<String, StoreError> {
    let found = FOUND.replace("?10", "?1");
    let count: u32 = connection
        .prepare_cached(&format!(
            "SELECT count(*) FROM (SELECT 1 FROM mentions WHERE person IN ({found}) LIMIT ?2)"
        ))?
        .query_row(params![text.person.reveal(), MANY], |row| row.get(0))?;
    let person = if count < MANY {
        format!("e.id IN (SELECT entry FROM mentions WHERE person IN ({FOUND}))")
    } else {
        format!("EXISTS (SELECT 1 FROM mentions WHERE entry = e.id AND +person IN ({FOUND}))")
    };
    // Both are asked of the walk, so that a text of digits needs no other plan.
    Ok(format!(
        "({person} OR (e.serial BETWEEN ?11 AND ?12 AND ?11 <> '')
            OR (e.message_id BETWEEN ?13 AND ?14 AND length(?13) > 0))"
    ))
}
