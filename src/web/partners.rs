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
use crate::desk::{waiting, words};
use crate::store::{StateCount, Status, Waiting};
use crate::transfer::{IncomingState, OutgoingState, State as PackageState};
use crate::types::{Lang, OfficeNumber};
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
    /// What the partner has signed for; of a partner without a node what a person noted.
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
        let comes = waiting::comes_for_it(peer.office, &config);
        row(peer, (services, way, comes), &status, now, lang)
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
    (services, way, comes): (String, String, bool),
    status: &Status,
    now: Timestamp,
    lang: Lang,
) -> Row {
    let of_peer = |count: &&StateCount| count.partner == peer.office;
    let counts = || status.counts.iter().filter(of_peer);
    let queued: Vec<&Waiting> =
        status.waiting.iter().filter(|pair| pair.partner == peer.office).collect();
    let newest = |is_wanted: &dyn Fn(PackageState) -> bool| {
        counts().filter(|count| is_wanted(count.state)).map(|count| count.changed_at).max()
    };
    let last = newest(&|_| true);
    let any = |state| counts().any(|count| count.state == PackageState::Out(state));
    let delivered = newest(&is_delivered);
    let expired = newest(&|state| state == PackageState::Out(OutgoingState::Expired));
    let failing = queued.iter().find(|pair| !pair.reason.is_empty());
    let (tone, state) = match (failing, queued.is_empty()) {
        (Some(_), _) => ("warn", lang.pick("届いていません", "not reached")),
        (None, false) if comes => {
            ("busy", lang.pick("相手が取りに来るのを待っています", "waits for the partner to come"))
        }
        (None, false) => ("busy", lang.pick("送信中", "sending")),
        (None, true) if any(OutgoingState::Refused) => {
            ("warn", lang.pick("受け付けられないものがあります", "something is not accepted there"))
        }
        (None, true) if any(OutgoingState::RecallAsked) => {
            ("busy", lang.pick("取り戻し依頼中", "asked to give something back"))
        }
        (None, true) if any(OutgoingState::Deposited) => {
            ("busy", lang.pick("中継サーバーに預かり済み", "kept by the relay"))
        }
        (None, true) if any(OutgoingState::HeldByRecipient) => {
            ("warn", lang.pick("相手で保留中のものがあります", "something is held there"))
        }
        // Whatever was delivered before, what was given up since was not.
        (None, true) if expired.is_some() && expired >= delivered => {
            ("warn", lang.pick("届かずに期限が切れたものがあります", "something was given up"))
        }
        (None, true) if delivered.is_some() => ("good", lang.pick("届いています", "reached")),
        (None, true) if last.is_some() => {
            ("calm", lang.pick("まだ届いたものはありません", "nothing has arrived there yet"))
        }
        (None, true) => ("calm", lang.pick("まだやり取りがありません", "nothing yet")),
    };
    let told = failing.or_else(|| queued.first().filter(|_| comes));
    let mut lines = told.map(|pair| waiting::why(pair, lang)).unwrap_or_default();
    lines.extend(told.map(|pair| waiting::next(pair, comes, now, lang)));
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
        lines,
        last: last.map(words::time).unwrap_or_default(),
        sent: sum(counts(), is_delivered),
        received: sum(counts(), is_received),
        waits: !queued.is_empty() && !comes,
        is_by_hand: false,
    }
}

fn row_by_hand(partner: &ByHand, services: &[String], status: &Status, lang: Lang) -> Row {
    let counts = || status.counts.iter().filter(|count| count.partner == partner.office);
    let last = counts().map(|count| count.changed_at).max();
    let waits = sum(counts(), |state| matches!(state, PackageState::Out(it) if it.is_in_outbox()));
    let handed = sum(counts(), |state| matches!(state, PackageState::Out(it) if it.is_by_word()));
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
        sent: handed,
        received: sum(counts(), is_received),
        waits: false,
        is_by_hand: true,
    }
}

/// How many packages are in one of the states.
fn sum<'c>(
    counts: impl Iterator<Item = &'c StateCount>,
    is_wanted: impl Fn(PackageState) -> bool,
) -> u64 {
    counts.filter(|count| is_wanted(count.state)).map(|count| count.count).sum()
}

/// Whether the partner has signed that it has a package of ours.
const fn is_delivered(state: PackageState) -> bool {
    matches!(state, PackageState::Out(state) if state.is_delivered())
}

/// Whether a package of the partner came here, and was neither refused nor taken back.
const fn is_received(state: PackageState) -> bool {
    matches!(
        state,
        PackageState::In(
            IncomingState::Committed
                | IncomingState::Placed
                | IncomingState::HandedOver
                | IncomingState::Held
        )
    )
}
