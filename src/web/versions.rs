//! 計画の版: the newest plan about each person, and which partner has an older one.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

use super::audit::Act;
use super::guard::{Sealed, Visitor};
use super::layout::{Frame, Place, not_found, page, store_fault};
use super::month::{OfficeChoice, chosen_office, offices};
use super::state::Shared;
use crate::config::Config;
use crate::contents::Document;
use crate::control::Request;
use crate::desk::newest::{Newest, Spread};
use crate::desk::words;
use crate::store::{Holder, KnownPerson, PlanVersions, StoreError};
use crate::types::{Digest, Lang, OfficeNumber, ServiceMonth};

/// Which plans, and of which of our offices.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    office: String,
    kind: String,
    all: String,
}

#[derive(Template)]
#[template(path = "web/versions.html", config = "src/askama.toml")]
struct Versions {
    frame: Frame,
    offices: Vec<OfficeChoice>,
    is_support: bool,
    all: bool,
    rows: Vec<Row>,
    /// People whose partners do not all have the newest plan, and it is not on its way to them.
    lacking: usize,
    people: usize,
    /// Where it is asked whether the newest is to be sent to all who lack it.
    send: String,
}

/// One person.
struct Row {
    name: String,
    insured: String,
    newest: String,
    link: Option<String>,
    holders: Vec<HolderRow>,
}

/// What one partner has.
struct HolderRow {
    partner: String,
    tone: &'static str,
    text: String,
}

pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
    Query(asked): Query<Asked>,
) -> Response {
    let (lang, config) = (shared.lang(), shared.node.config());
    let offices = offices(&config, &asked.office);
    let office = offices.iter().find(|office| office.chosen).map(|office| office.number);
    let Some(office) = office else { return not_found(&shared) };
    let document = asked.document();
    let newest = match find(&shared, office, document).await {
        Ok(newest) => newest,
        Err(error) => return store_fault(&shared, &error),
    };
    let found = &newest.versions;
    let people = found.iter().map(|versions| versions.person.key.insured().to_owned());
    shared.audit.viewed(&session, Act::ViewVersions, document.as_str(), people);
    let all = asked.all == "1";
    let lacks = |versions: &&PlanVersions| {
        versions.lacking().any(|holder| !newest.is_copied(versions, holder.partner))
    };
    let is_shown = |versions: &&PlanVersions| all || versions.lacking().next().is_some();
    let lacking = found.iter().filter(lacks).count();
    let shown = found.iter().filter(is_shown);
    let rows = shown.map(|versions| row(versions, &newest, &config, lang)).collect();
    let title = lang.pick("計画の版", "Plan versions");
    page(&Versions {
        frame: Frame::new(&shared, &session, Place::Versions, title).live(),
        offices,
        is_support: asked.is_support(),
        all,
        rows,
        lacking,
        people: found.len(),
        send: asked.path("/versions/send", office),
    })
}

impl Asked {
    fn is_support(&self) -> bool {
        self.kind == "support"
    }

    fn document(&self) -> Document {
        if self.is_support() { Document::SupportPlan } else { Document::CarePlan }
    }

    /// The address of a page about the same plans.
    fn path(&self, page: &str, office: OfficeNumber) -> String {
        let kind = if self.is_support() { "support" } else { "care" };
        format!("{page}?office={office}&kind={kind}")
    }
}

async fn find(
    shared: &Shared,
    office: OfficeNumber,
    document: Document,
) -> Result<Newest, StoreError> {
    let today = shared.node.now().to_zoned(TimeZone::system()).date();
    // The calendar of a computer ends long after that of the standard.
    let month = ServiceMonth::of(today).ok_or(StoreError::NotFound)?;
    Newest::find(&shared.node, office, document, month).await
}

fn row(versions: &PlanVersions, newest: &Newest, config: &Config, lang: Lang) -> Row {
    let holder = |holder: &Holder| {
        let lacks = holder.has.max(holder.on_its_way).is_none_or(|date| date < versions.newest);
        let is_underway = holder.on_its_way > holder.has;
        let is_copied = lacks && newest.is_copied(versions, holder.partner);
        let (tone, text) = match (lacks, is_underway, holder.has) {
            _ if is_copied => ("busy", lang.pick("送信の準備中", "about to be sent").to_owned()),
            (false, true, _) => ("busy", lang.pick("送信中", "on its way").to_owned()),
            (false, false, _) => ("good", lang.pick("最新", "the newest").to_owned()),
            (true, _, Some(date)) => (
                "warn",
                match lang {
                    Lang::Ja => format!("古い版（{}）", day(date, lang)),
                    Lang::En => format!("an older one ({date})"),
                },
            ),
            (true, _, None) => ("warn", lang.pick("渡していません", "none").to_owned()),
        };
        HolderRow { partner: words::office(holder.partner, config), tone, text }
    };
    // Where the package is no longer kept there is nothing to lead to.
    let id = newest.packages.get(&versions.package);
    let link = id.map(|id| format!("/package/{id}"));
    Row {
        name: versions.person.name.reveal().clone(),
        insured: versions.person.key.insured().to_owned(),
        newest: day(versions.newest, lang),
        link,
        holders: versions.holders.iter().map(holder).collect(),
    }
}

fn day(date: Date, lang: Lang) -> String {
    match lang {
        Lang::Ja => format!("{}年{}月{}日", date.year(), date.month(), date.day()),
        Lang::En => date.to_string(),
    }
}

#[derive(Template)]
#[template(path = "web/versions_send.html", config = "src/askama.toml")]
struct Send {
    frame: Frame,
    back: String,
    office: OfficeNumber,
    kind: String,
    copies: Vec<CopyRow>,
    left: Vec<LeftRow>,
    /// [`digest`] of what is shown.
    shown: String,
}

/// A package for a partner.
struct CopyRow {
    partner: String,
    people: Vec<PersonRow>,
    link: String,
}

struct PersonRow {
    name: String,
    insured: String,
}

impl PersonRow {
    fn of(person: &KnownPerson) -> Self {
        Self { name: person.name.reveal().clone(), insured: person.key.insured().to_owned() }
    }
}

/// What cannot be sent from here.
struct LeftRow {
    person: PersonRow,
    partner: String,
    why: &'static str,
}

/// By what it is seen whether something else would be sent than was shown.
fn digest(spread: &Spread) -> String {
    let orders = spread.sent.iter().map(|copy| {
        format!("{} {} {:?}\n", copy.order.source, copy.order.partner, copy.order.service_type)
    });
    Digest::of(orders.collect::<String>().as_bytes()).to_string()
}

/// What would be sent to whom, and what not: asks before it is done.
pub(super) async fn ask(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
    Query(asked): Query<Asked>,
) -> Response {
    let (lang, config) = (shared.lang(), shared.node.config());
    let Some(office) = chosen_office(&config, &asked.office) else { return not_found(&shared) };
    let spread = match spread(&shared, office, asked.document()).await {
        Ok(spread) => spread,
        Err(error) => return store_fault(&shared, &error),
    };
    let sent = spread.sent.iter().flat_map(|copy| &copy.people);
    let people = sent.chain(spread.left.iter().map(|left| &left.person));
    let people = people.map(|person| person.key.insured().to_owned());
    shared.audit.viewed(&session, Act::ViewVersions, asked.document().as_str(), people);
    let copy = |copy: &crate::desk::newest::Copy| CopyRow {
        partner: words::office(copy.order.partner, &config),
        people: copy.people.iter().map(PersonRow::of).collect(),
        link: format!("/package/{}", copy.order.source),
    };
    let left = |left: &crate::desk::newest::Left| LeftRow {
        person: PersonRow::of(&left.person),
        partner: words::office(left.partner, &config),
        why: left.why.text(lang),
    };
    let title = lang.pick("最新の計画を送る", "Send the newest plans");
    page(&Send {
        frame: Frame::new(&shared, &session, Place::Versions, title),
        back: asked.path("/versions", office),
        office,
        kind: asked.kind.clone(),
        copies: spread.sent.iter().map(copy).collect(),
        left: spread.left.iter().map(left).collect(),
        shown: digest(&spread),
    })
}

async fn spread(
    shared: &Shared,
    office: OfficeNumber,
    document: Document,
) -> Result<Spread, StoreError> {
    find(shared, office, document).await?.spread(&shared.node, document).await
}

/// What the button to send sends.
#[derive(Debug, Deserialize)]
pub(super) struct Confirmed {
    #[serde(flatten)]
    sealed: Sealed,
    #[serde(flatten)]
    asked: Asked,
    /// [`digest`] of what was shown.
    shown: String,
}

/// Sends what was shown: where something else would be sent by now, nobody agreed to it.
pub(super) async fn send(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Form(confirmed): Form<Confirmed>,
) -> Response {
    let asked = &confirmed.asked;
    let Some(office) = chosen_office(&shared.node.config(), &asked.office) else {
        return not_found(&shared);
    };
    let back = asked.path("/versions", office);
    let what = format!("send the newest {} {}", asked.document().as_str(), confirmed.shown);
    if let Err(answer) = visitor.may_do(&shared, &confirmed.sealed, &what, &back) {
        return answer;
    }
    let Visitor(session) = visitor;
    let spread = match spread(&shared, office, asked.document()).await {
        Ok(spread) => spread,
        Err(error) => return store_fault(&shared, &error),
    };
    if digest(&spread) != confirmed.shown {
        session.tell(
            false,
            shared.lang().pick(
                "画面を開いてから送る内容が変わったため、送っていません。一覧を確かめて、もう一度操作してください。",
                "What is to be sent has changed since this page was opened, so nothing was sent. See the list and try again.",
            ),
        );
        return Redirect::to(&asked.path("/versions/send", office)).into_response();
    }
    let copies = spread.sent.iter().map(|copy| copy.order).collect();
    let answer = shared.node.order(Request::Copy { copies }, session.user.clone()).await;
    session.tell(answer.done, answer.text(shared.lang()));
    Redirect::to(&back).into_response()
}
