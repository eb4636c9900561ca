//! 相手: the partners, how they are reached, and how it goes with each.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::Timestamp;

use super::guard::Visitor;
use super::layout::{Frame, Place, page, store_fault};
use super::state::Shared;
use crate::config::{ByHand, Peer};
use crate::desk::words;
use crate::store::{StateCount, Status, Waiting};
use crate::transfer::{Direction, OutgoingState, State as PackageState};
use crate::types::{Lang, OfficeNumber, code};
use crate::users::Role;

#[derive(Template)]
#[template(path = "web/partners.html", config = "src/askama.toml")]
struct Partners {
    frame: Frame,
    rows: Vec<Row>,
    /// Whether partners may be registered.
    is_administrator: bool,
    /// Our offices, where there are several.
    offices: Vec<(OfficeNumber, String)>,
}

/// One partner.
struct Row {
    number: OfficeNumber,
    name: String,
    services: String,
    way: String,
    edition: String,
    tone: &'static str,
    state: String,
    lines: Vec<String>,
    last: String,
    sent: u64,
    received: u64,
    waits: bool,
    /// Whether a person hands over what it gets.
    is_by_hand: bool,
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Visitor(session): Visitor) -> Response {
    let lang = shared.lang();
    let status = match shared.node.store().status().await {
        Ok(status) => status,
        Err(error) => return store_fault(&shared, &error),
    };
    let now = shared.node.now();
    let config = shared.node.config();
    let rows = config.peers.iter().map(|peer| {
        let services = peer.service_types.iter().map(|service| words::service(*service, lang));
        let services = services.collect::<Vec<_>>().join(lang.pick("、", ", "));
        let way = words::way(&config.way(peer), lang);
        row(peer, (services, way), &status, now, lang)
    });
    let by_hand = config.by_hand.iter().map(|partner| {
        let services = partner.service_types.iter().map(|service| words::service(*service, lang));
        row_by_hand(partner, &services.collect::<Vec<_>>(), &status, lang)
    });
    let title = lang.pick("相手", "Partners");
    let rows = rows.chain(by_hand).collect();
    let offices = config.offices.iter().map(|own| own.number);
    let offices: Vec<_> = offices.map(|number| (number, words::office(number, &config))).collect();
    page(&Partners {
        frame: Frame::new(&shared, &session, Place::Partners, title).live(),
        rows,
        is_administrator: session.role() == Role::Administrator,
        offices: if offices.len() > 1 { offices } else { Vec::new() },
    })
}

fn row(
    peer: &Peer,
    (services, way): (String, String),
    status: &Status,
    now: Timestamp,
    lang: Lang,
) -> Row {
    let of_peer = |count: &&StateCount| count.partner == peer.office;
    let counts = || status.counts.iter().filter(of_peer);
    let waiting: Vec<&Waiting> =
        status.waiting.iter().filter(|pair| pair.partner == peer.office).collect();
    let last = counts().map(|count| count.changed_at).max();
    let number = |wanted: Direction| {
        counts().filter(|count| count.direction == wanted).map(|count| count.count).sum()
    };
    let any = |state| counts().any(|count| count.state == PackageState::Out(state));
    let failing = waiting.iter().find(|pair| !pair.reason.is_empty());
    let (tone, state) = match (failing, waiting.is_empty(), last) {
        (Some(_), ..) => ("warn", lang.pick("届いていません", "not reached")),
        (None, false, _) => ("busy", lang.pick("送信中", "sending")),
        (None, true, None) => ("calm", lang.pick("まだやり取りがありません", "nothing yet")),
        (None, true, Some(_)) if any(OutgoingState::Refused) => {
            ("warn", lang.pick("受け付けられないものがあります", "something is not accepted there"))
        }
        (None, true, Some(_)) if any(OutgoingState::Deposited) => {
            ("busy", lang.pick("中継サーバーに預かり済み", "kept by the relay"))
        }
        (None, true, Some(_)) if any(OutgoingState::HeldByRecipient) => {
            ("warn", lang.pick("相手で保留中のものがあります", "something is held there"))
        }
        (None, true, Some(_)) => ("good", lang.pick("届いています", "reached")),
    };
    Row {
        number: peer.office,
        name: peer.name.clone().unwrap_or_default(),
        services,
        way,
        edition: peer.edition.map_or_else(
            || lang.pick("どの版でも", "any").to_owned(),
            |edition| edition.to_string(),
        ),
        tone,
        state: state.to_owned(),
        lines: failing.map(|pair| why(pair, now, lang)).unwrap_or_default(),
        last: last.map(words::time).unwrap_or_default(),
        sent: number(Direction::Out),
        received: number(Direction::In),
        waits: !waiting.is_empty(),
        is_by_hand: false,
    }
}

fn row_by_hand(partner: &ByHand, services: &[String], status: &Status, lang: Lang) -> Row {
    let counts = || status.counts.iter().filter(|count| count.partner == partner.office);
    let last = counts().map(|count| count.changed_at).max();
    let number = |wanted: Direction| {
        counts().filter(|count| count.direction == wanted).map(|count| count.count).sum()
    };
    let waits = [OutgoingState::ToUpload, OutgoingState::ToPrint].map(PackageState::Out);
    let waits: u64 =
        counts().filter(|count| waits.contains(&count.state)).map(|count| count.count).sum();
    let (tone, state) = match (waits, last) {
        (0, None) => ("calm", lang.pick("まだやり取りがありません", "nothing yet").to_owned()),
        (0, Some(_)) => {
            ("calm", lang.pick("待っているものはありません", "nothing waits").to_owned())
        }
        (count, _) if lang == Lang::Ja => ("busy", format!("アップロード・送付待ち {count} 件")),
        (count, _) => ("busy", format!("to be handed over: {count}")),
    };
    Row {
        number: partner.office,
        name: partner.name.clone().unwrap_or_default(),
        services: services.join(lang.pick("、", ", ")),
        way: partner.channel.text(lang).to_owned(),
        edition: partner.edition.map_or_else(
            || lang.pick("どの版でも", "any").to_owned(),
            |edition| edition.to_string(),
        ),
        tone,
        state,
        lines: Vec::new(),
        last: last.map(words::time).unwrap_or_default(),
        sent: number(Direction::Out),
        received: number(Direction::In),
        waits: false,
        is_by_hand: true,
    }
}

/// Why nothing gets there, what to do, and when it is tried next.
fn why(pair: &Waiting, now: Timestamp, lang: Lang) -> Vec<String> {
    let mut lines = words::reasons(&pair.reason, lang);
    let last = pair.reason.rsplit(':').next().and_then(code::find);
    lines.extend(last.map(|info| info.to_do(lang).to_owned()));
    let next = if pair.next_at <= now {
        lang.pick("まもなく", "soon").to_owned()
    } else {
        words::time(pair.next_at)
    };
    lines.push(match lang {
        Lang::Ja => format!("次の送信: {next}"),
        Lang::En => format!("next attempt: {next}"),
    });
    lines
}
