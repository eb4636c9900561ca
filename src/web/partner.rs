//! One partner: what its card says, whether it can be reached, its name, and its end.

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tokio::time::timeout;

use super::audit::Act;
use super::guard::{Sealed, Visitor};
use super::layout::{Frame, Place, not_found, page, store_fault};
use super::session::Session;
use super::state::{Probed, Shared};
use crate::config::ByHand;
use crate::control::Answer;
use crate::desk::partner::{self, Book, PartnerError};
use crate::desk::{self, words};
use crate::node::cards;
use crate::node::probe::Prober;
use crate::types::{Lang, OfficeNumber};
use crate::users::Role;
use crate::work;

/// How long the button waits. What takes longer goes on, and the page says so.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Template)]
#[template(path = "web/partner.html", config = "src/askama.toml")]
struct Shown {
    frame: Frame,
    number: OfficeNumber,
    name: String,
    way: String,
    services: String,
    edition: String,
    /// What its card says, if it was registered by one.
    card: Vec<(&'static str, String)>,
    /// Whether it stands in a file of its own, which can be changed here.
    is_ours: bool,
    is_administrator: bool,
    waiting: u64,
    /// Whether a partner is being tried.
    busy: bool,
    tested: Option<Tested>,
    /// How many sets wait for a person who hands them over: it has no node to be tried.
    by_hand: Option<usize>,
}

/// How it went when it was tried.
struct Tested {
    at: String,
    is_fine: bool,
    /// Each step: what it is called, whether it went well, what was found.
    steps: Vec<(&'static str, bool, String)>,
    /// Why it was not tried.
    fault: String,
}

fn address(partner: OfficeNumber) -> String {
    format!("/partners/{partner}")
}

/// Leads back to the partner, and tells how it went.
fn back(session: &Session, partner: OfficeNumber, done: bool, text: impl Into<String>) -> Response {
    session.tell(done, text);
    Redirect::to(&address(partner)).into_response()
}

pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
    Path(number): Path<OfficeNumber>,
) -> Response {
    let lang = shared.lang();
    let config = shared.node.config();
    if let Some(partner) = config.by_hand(number) {
        return show_by_hand(&shared, &session, partner).await;
    }
    let Some(peer) = config.peer(number) else { return not_found(&shared) };
    let waiting = match partner::waiting(shared.node.store(), number).await {
        Ok(waiting) => waiting,
        Err(error) => return store_fault(&shared, &error),
    };
    let home = config.home.clone();
    let held = work::blocking(move || cards::partner(&home, number)).await.ok().flatten();
    // Whoever tries a partner holds it.
    let (busy, probed) = match shared.probed.try_lock() {
        Ok(probed) => (false, probed.get(&number).cloned()),
        Err(_) => (true, None),
    };
    let services = peer.service_types.iter().map(|service| words::service(*service, lang));
    let services = services.collect::<Vec<_>>().join(lang.pick("、", ", "));
    let any = || lang.pick("どの版でも", "any").to_owned();
    let card = held.as_ref().and_then(|held| held.card.as_ref());
    let title = peer.name.clone().unwrap_or_else(|| number.to_string());
    page(&Shown {
        name: title.clone(),
        is_administrator: session.role() == Role::Administrator,
        frame: Frame::new(&shared, &session, Place::Partners, title),
        number,
        way: words::way(&config.way(peer), lang),
        services,
        edition: peer.edition.map_or_else(any, |edition| edition.to_string()),
        card: card.map(|card| desk::card::rows(card, lang)).unwrap_or_default(),
        is_ours: held.is_some(),
        waiting,
        busy,
        tested: probed.map(|probed| Tested::of(&probed, lang)),
        by_hand: None,
    })
}

/// A partner without a node.
async fn show_by_hand(shared: &Shared, session: &Session, partner: &ByHand) -> Response {
    let (lang, number) = (shared.lang(), partner.office);
    let waiting = match shared.node.store().outbox(desk::outbox::MOST).await {
        Ok(rows) => rows.iter().filter(|row| row.partner == number).count(),
        Err(error) => return store_fault(shared, &error),
    };
    let services = partner.service_types.iter().map(|service| words::service(*service, lang));
    let services = services.collect::<Vec<_>>().join(lang.pick("、", ", "));
    let any = || lang.pick("どの版でも", "any").to_owned();
    let title = partner.name.clone().unwrap_or_else(|| number.to_string());
    page(&Shown {
        name: title.clone(),
        is_administrator: session.role() == Role::Administrator,
        frame: Frame::new(shared, session, Place::Partners, title),
        number,
        way: partner.channel.text(lang).to_owned(),
        services,
        edition: partner.edition.map_or_else(any, |edition| edition.to_string()),
        card: Vec::new(),
        is_ours: false,
        waiting: 0,
        busy: false,
        tested: None,
        by_hand: Some(waiting),
    })
}

impl Tested {
    fn of(probed: &Probed, lang: Lang) -> Self {
        let at = words::time(probed.at);
        match &probed.outcome {
            Err(fault) => Self { at, is_fine: false, steps: Vec::new(), fault: fault.clone() },
            Ok(steps) => Self {
                at,
                is_fine: steps.iter().all(|step| step.is_fine),
                steps: steps
                    .iter()
                    .map(|tried| {
                        (tried.step.title(lang), tried.is_fine, tried.text(lang).to_owned())
                    })
                    .collect(),
                fault: String::new(),
            },
        }
    }
}

/// What the buttons send. Each leaves out what it has no use for.
#[derive(Debug, Deserialize)]
pub(super) struct Order {
    #[serde(flatten)]
    sealed: Sealed,
    /// Another name.
    #[serde(default)]
    name: String,
    /// Whether it goes although packages wait for it.
    #[serde(default)]
    force: String,
}

/// Tries whether a partner can be reached, one at a time.
pub(super) async fn test(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path(number): Path<OfficeNumber>,
    Form(order): Form<Order>,
) -> Response {
    let leads_to = address(number);
    if let Err(answer) =
        visitor.may_do(&shared, &order.sealed, &format!("test {number}"), &leads_to)
    {
        return answer;
    }
    let lang = shared.lang();
    let tries = Arc::clone(&shared);
    let trying = work::spawn(async move {
        let Ok(mut probed) = tries.probed.try_lock() else { return false };
        let (config, clock) = (tries.node.config(), tries.node.clock().clone());
        let outcome = match Prober::open(Arc::clone(&config), clock).await {
            Ok(prober) => {
                prober.ask(number).await.ok_or_else(|| PartnerError::Unknown(number).text(lang))
            }
            Err(problems) => Err(problems.text(lang)),
        };
        // Those that are gone meanwhile are of no use.
        probed.retain(|number, _| config.peer(*number).is_some());
        probed.insert(number, Probed { at: tries.node.now(), outcome });
        true
    });
    if let Ok(Ok(false)) = timeout(PATIENCE, trying).await {
        let Visitor(session) = visitor;
        return back(
            &session,
            number,
            false,
            lang.pick(
                "ほかの相手を確かめています。終わってから、もう一度押してください。",
                "Another partner is being tried. Try again when that is done.",
            ),
        );
    }
    Redirect::to(&leads_to).into_response()
}

/// Changes what is registered of a partner by the configuration as it stands.
async fn change(
    shared: &Shared,
    change: impl FnOnce(&Book) -> Result<(), PartnerError> + Send + 'static,
) -> Result<(), String> {
    let (file, lang) = (shared.config_file()?, shared.lang());
    let changed = work::blocking(move || {
        Book::open(&file).and_then(|book| change(&book)).map_err(|error| error.text(lang))
    });
    let internal = |_| Err(lang.pick("内部エラーです。", "An internal fault.").to_owned());
    changed.await.unwrap_or_else(internal)
}

/// What is told of a change that was written: that the node has taken it up, or why it has not yet.
fn told(taken: Option<&Answer>, text: &str, lang: Lang) -> (bool, String) {
    match taken {
        Some(answer) if !answer.done => {
            let not_yet =
                lang.pick("ただし、まだ反映されていません: ", "It is not in effect yet, though: ");
            (false, format!("{text}\n{not_yet}{}", answer.text(lang)))
        }
        Some(_) => (true, text.to_owned()),
        None => {
            let soon = lang.pick("まもなく反映されます。", "It takes effect soon.");
            (true, format!("{text}\n{soon}"))
        }
    }
}

pub(super) async fn rename(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path(number): Path<OfficeNumber>,
    Form(order): Form<Order>,
) -> Response {
    let what = format!("rename {number}");
    if let Err(answer) = visitor.may_do(&shared, &order.sealed, &what, &address(number)) {
        return answer;
    }
    let Visitor(session) = visitor;
    let name = order.name.trim().to_owned();
    if let Err(why) = change(&shared, move |book| book.rename(number, &name)).await {
        return back(&session, number, false, why);
    }
    shared.audit.did(&session, Act::PartnerRenamed, &number.to_string());
    let taken = shared.take_up(&session.user).await;
    let lang = shared.lang();
    let (done, text) =
        told(taken.as_ref(), lang.pick("名前を変更しました。", "It has its new name."), lang);
    back(&session, number, done, text)
}

pub(super) async fn remove(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path(number): Path<OfficeNumber>,
    Form(order): Form<Order>,
) -> Response {
    let leads_to = "/partners";
    if let Err(answer) =
        visitor.may_do(&shared, &order.sealed, &format!("remove {number}"), leads_to)
    {
        return answer;
    }
    let Visitor(session) = visitor;
    let lang = shared.lang();
    let waiting = match partner::waiting(shared.node.store(), number).await {
        Ok(waiting) => waiting,
        Err(error) => return store_fault(&shared, &error),
    };
    if waiting > 0 && order.force.is_empty() {
        let text = match lang {
            Lang::Ja => format!(
                "この相手への送信待ちが {waiting} 件あるため、削除していません。届いてから削除するか、届かなくてもよいことにチェックを付けてください。"
            ),
            Lang::En => format!(
                "{waiting} packages wait for this partner, so it was not removed. Wait until they have arrived, or say that they need not."
            ),
        };
        return back(&session, number, false, text);
    }
    if let Err(why) = change(&shared, move |book| book.remove(number)).await {
        return back(&session, number, false, why);
    }
    // How it was reached is of no use to whoever registers it again.
    if let Ok(mut probed) = shared.probed.try_lock() {
        probed.remove(&number);
    }
    shared.audit.did(&session, Act::PartnerRemoved, &number.to_string());
    let taken = shared.take_up(&session.user).await;
    let removed = match lang {
        Lang::Ja => format!("相手 {number} の登録を削除しました。"),
        Lang::En => format!("The partner {number} is removed."),
    };
    let (done, text) = told(taken.as_ref(), &removed, lang);
    session.tell(done, text);
    Redirect::to(leads_to).into_response()
}
