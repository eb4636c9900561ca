//! 送信 and 受信: what was sent and received, to look through.

use std::fmt::Write as _;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::audit::Act;
use super::guard::{Sealed, Visitor};
use super::layout::{Frame, Place, page, store_fault};
use super::session::Session;
use super::state::Shared;
use super::states::tone;
use crate::config::Config;
use crate::desk::words;
use crate::store::{Count, EntryId, ListFilter, ListRow, PageStart, SearchText, Which};
use crate::transfer::{Direction, IncomingState, OutgoingState, State as PackageState};
use crate::types::{Lang, OfficeNumber, ServiceMonth};

/// Lines of a page.
const LINES: u32 = 50;

/// The longest text that is searched for, in characters.
const LONGEST_TEXT: usize = 60;

/// What the address of a page says. It names nobody: a text that somebody searches for stays in the
/// session, and the address has its number.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    office: String,
    partner: String,
    month: String,
    kind: String,
    state: String,
    search: String,
    below: String,
    above: String,
}

/// One choice of a filter.
struct Choice {
    value: String,
    text: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "web/list.html", config = "src/askama.toml")]
struct List {
    frame: Frame,
    path: &'static str,
    is_out: bool,
    /// Our offices, where there are several.
    offices: Vec<Choice>,
    partners: Vec<Choice>,
    kinds: Vec<Choice>,
    states: Vec<Choice>,
    month: String,
    text: String,
    /// Whether what was searched for is not known any more.
    is_forgotten: bool,
    is_filtered: bool,
    rows: Vec<Row>,
    count: String,
    waiting: Option<String>,
    newer: Option<String>,
    older: Option<String>,
}

/// One line.
struct Row {
    link: Option<String>,
    at: String,
    partner: String,
    /// Our office, where there are several.
    own: Option<String>,
    unit: String,
    months: String,
    people: String,
    more_people: u64,
    tone: &'static str,
    state: &'static str,
    why: String,
    /// That it did not come by renkei.
    came: Option<&'static str>,
}

pub(super) async fn sent(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
    Query(asked): Query<Asked>,
) -> Response {
    show(&shared, &session, &asked, Direction::Out).await
}

pub(super) async fn received(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
    Query(asked): Query<Asked>,
) -> Response {
    show(&shared, &session, &asked, Direction::In).await
}

async fn show(shared: &Shared, session: &Session, asked: &Asked, direction: Direction) -> Response {
    let (lang, config) = (shared.lang(), shared.node.config());
    let searched = session.searched(&asked.search);
    let is_forgotten = searched.is_none() && !asked.search.is_empty();
    let text = searched.unwrap_or_default();
    let filter = filter(asked, &text, direction);
    let start = match (asked.below.parse::<EntryId>(), asked.above.parse::<EntryId>()) {
        (Ok(entry), _) => PageStart::Below(entry),
        (_, Ok(entry)) => PageStart::Above(entry),
        _ => PageStart::Newest,
    };
    let found = match shared.node.store().list(filter.clone(), start, LINES).await {
        Ok(found) => found,
        Err(error) => return store_fault(shared, &error),
    };
    let people = found.rows.iter().flat_map(|row| &row.people).map(|it| it.key.insured());
    let about = if text.is_empty() { path(direction) } else { "search" };
    shared.audit.viewed(session, Act::ViewList, about, people);
    let path = path(direction);
    let turn = |start: Option<PageStart>| match start? {
        PageStart::Newest => Some(address(path, asked)),
        PageStart::Below(entry) => Some(format!("{}&below={entry}", address(path, asked))),
        PageStart::Above(entry) => Some(format!("{}&above={entry}", address(path, asked))),
    };
    let (place, title) = match direction {
        Direction::Out => (Place::Sent, lang.pick("送信", "Sent")),
        Direction::In => (Place::Received, lang.pick("受信", "Received")),
    };
    page(&List {
        frame: Frame::new(shared, session, place, title).live(),
        path,
        is_out: direction == Direction::Out,
        offices: offices(&config, asked),
        partners: partners(&config, asked),
        kinds: kinds(asked, lang),
        states: states(asked, direction, lang),
        month: filter.month.map(|month| dashed(&month.to_string())).unwrap_or_default(),
        is_filtered: filter.office.is_some()
            || filter.partner.is_some()
            || filter.month.is_some()
            || !filter.kinds.is_empty()
            || !filter.states.is_empty()
            || filter.text.is_some(),
        text,
        is_forgotten,
        rows: found.rows.iter().map(|row| line(row, &config, lang)).collect(),
        count: count(found.count, lang),
        waiting: match found.waiting {
            Count::Exactly(0) => None,
            other => Some(count(other, lang)),
        },
        newer: turn(found.newer),
        older: turn(found.older),
    })
}

const fn path(direction: Direction) -> &'static str {
    match direction {
        Direction::Out => "/sent",
        Direction::In => "/received",
    }
}

/// What is asked for; what makes no sense is passed over.
fn filter(asked: &Asked, text: &str, direction: Direction) -> ListFilter {
    let kinds = words::kinds_like(&asked.kind).iter().map(|kind| (*kind).to_owned());
    ListFilter {
        which: match direction {
            Direction::Out => Which::Sent,
            Direction::In => Which::Received,
        },
        office: asked.office.parse().ok(),
        partner: asked.partner.parse().ok(),
        month: asked.month.replace('-', "").parse::<ServiceMonth>().ok(),
        kinds: kinds.collect(),
        states: states_like(direction, &asked.state),
        text: SearchText::new(text),
        ..ListFilter::default()
    }
}

/// The address of a list with the filters that were asked for. Only what is known by its form comes
/// in, so nothing has to be escaped.
fn address(path: &str, asked: &Asked) -> String {
    let mut address = format!("{path}?");
    let is_plain = |text: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        !text.is_empty() && text.len() <= 64 && text.bytes().all(fits)
    };
    let parts = [
        ("office", &asked.office),
        ("partner", &asked.partner),
        ("month", &asked.month),
        ("kind", &asked.kind),
        ("state", &asked.state),
        ("search", &asked.search),
    ];
    for (name, value) in parts.into_iter().filter(|(_, value)| is_plain(value)) {
        // Writing into a String cannot fail.
        let _ = write!(address, "{name}={value}&");
    }
    address.pop();
    if address == path { format!("{path}?all=1") } else { address }
}

fn offices(config: &Config, asked: &Asked) -> Vec<Choice> {
    if config.offices.len() < 2 {
        return Vec::new();
    }
    let numbers = config.offices.iter().map(|office| office.number);
    numbers.map(|number| of_office(number, config, &asked.office)).collect()
}

fn partners(config: &Config, asked: &Asked) -> Vec<Choice> {
    let numbers = config.partners();
    numbers.map(|number| of_office(number, config, &asked.partner)).collect()
}

fn of_office(number: OfficeNumber, config: &Config, asked: &str) -> Choice {
    let value = number.to_string();
    Choice { chosen: asked == value, value, text: words::office(number, config) }
}

fn kinds(asked: &Asked, lang: Lang) -> Vec<Choice> {
    let choice = |kind: &'static str| Choice {
        value: kind.to_owned(),
        text: words::unit(kind, lang),
        chosen: asked.kind == kind,
    };
    words::kinds().map(choice).collect()
}

fn states(asked: &Asked, direction: Direction, lang: Lang) -> Vec<Choice> {
    let chosen = states_like(direction, &asked.state);
    let mut choices: Vec<Choice> = Vec::new();
    for state in states_of(direction) {
        let text = state.text(lang);
        // Those that are called the same are one choice.
        if choices.iter().all(|choice| choice.text != text) {
            let value = state.as_str().to_owned();
            choices.push(Choice { value, text: text.to_owned(), chosen: chosen.contains(&state) });
        }
    }
    choices
}

/// The states in which packages that go this way can be.
fn states_of(direction: Direction) -> Vec<PackageState> {
    match direction {
        Direction::Out => OutgoingState::ALL.iter().copied().map(PackageState::Out).collect(),
        Direction::In => IncomingState::ALL.iter().copied().map(PackageState::In).collect(),
    }
}

/// The states that are called like the one of this name; none for what is no state.
fn states_like(direction: Direction, name: &str) -> Vec<PackageState> {
    let mut states = states_of(direction);
    let named = states.iter().find(|state| state.as_str() == name).copied();
    let is_alike =
        |one: PackageState, other: PackageState| one.text(Lang::Ja) == other.text(Lang::Ja);
    states.retain(|state| named.is_some_and(|named| is_alike(*state, named)));
    states
}

fn line(row: &ListRow, config: &Config, lang: Lang) -> Row {
    let of = &row.line;
    let link = match (of.message_id, row.held) {
        (_, Some(held)) => Some(format!("/held/{held}")),
        (Some(id), None) => Some(format!("/package/{id}")),
        (None, None) => None,
    };
    let partner = of.partner.map(|partner| words::office(partner, config));
    let names = row.people.iter().map(|person| match person.name.reveal() {
        name if name.is_empty() => person.key.insured().to_owned(),
        name => name.clone(),
    });
    let people: Vec<String> = names.collect();
    let shown = u64::try_from(people.len()).unwrap_or(u64::MAX);
    let why = of.detail.split(',').next().filter(|code| !code.is_empty());
    Row {
        link,
        at: words::time(of.at),
        partner: partner.unwrap_or_default(),
        own: (config.offices.len() > 1).then(|| words::office(of.office, config)),
        unit: words::unit(&of.unit.kind, lang),
        months: ServiceMonth::all_in_words(&of.unit.months, lang),
        people: people.join(lang.pick("、", ", ")),
        more_people: row.people_count.saturating_sub(shown),
        tone: tone(of.state),
        state: of.state.text(lang),
        why: why.and_then(|code| words::in_words(code, lang)).unwrap_or_default(),
        came: of.came_by.and_then(|way| way.note(lang)),
    }
}

fn count(count: Count, lang: Lang) -> String {
    match (count, lang) {
        (Count::Exactly(count), Lang::Ja) => format!("{count} 件"),
        (Count::MoreThan(count), Lang::Ja) => format!("{count} 件以上"),
        (Count::Exactly(count), Lang::En) => count.to_string(),
        (Count::MoreThan(count), Lang::En) => format!("more than {count}"),
    }
}

/// `202611` as a browser writes a month.
fn dashed(month: &str) -> String {
    match month.split_at_checked(4) {
        Some((year, month)) => format!("{year}-{month}"),
        None => String::new(),
    }
}

/// What the form of a list sends.
#[derive(Debug, Deserialize)]
pub(super) struct Search {
    #[serde(flatten)]
    sealed: Sealed,
    which: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    office: String,
    #[serde(default)]
    partner: String,
    #[serde(default)]
    month: String,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    state: String,
}

/// Takes what somebody looks for, and leads to the list that shows it.
pub(super) async fn search(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Form(search): Form<Search>,
) -> Response {
    // Nothing is changed by it, so it may be sent as often as one likes.
    if let Err(answer) = visitor.is_sealed(&shared, &search.sealed) {
        return answer;
    }
    let Visitor(session) = visitor;
    let direction = if search.which == "in" { Direction::In } else { Direction::Out };
    let text: String = search.text.trim().chars().take(LONGEST_TEXT).collect();
    let asked = Asked {
        office: search.office,
        partner: search.partner,
        month: search.month,
        kind: search.kind,
        state: search.state,
        search: if text.is_empty() { String::new() } else { session.search(text) },
        ..Asked::default()
    };
    Redirect::to(&address(path(direction), &asked)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_state_is_a_choice_twice() {
        let asked = Asked { state: "HANDED_OVER".to_owned(), ..Asked::default() };
        let both = |direction| [Lang::Ja, Lang::En].map(|lang| (direction, lang));
        for (direction, lang) in Direction::ALL.into_iter().flat_map(both) {
            let mut texts: Vec<_> =
                states(&asked, direction, lang).into_iter().map(|choice| choice.text).collect();
            let all = texts.len();
            texts.sort();
            texts.dedup();
            assert_eq!(texts.len(), all, "{texts:?}");
        }
        let placed = [IncomingState::Placed, IncomingState::HandedOver].map(PackageState::In);
        for name in ["PLACED", "HANDED_OVER"] {
            assert_eq!(states_like(Direction::In, name), placed);
        }
        let chosen = states(&asked, Direction::In, Lang::Ja);
        assert_eq!(chosen.iter().filter(|choice| choice.chosen).count(), 1);
        assert!(states_like(Direction::In, "").is_empty());
    }
}
