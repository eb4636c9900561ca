//! 事業所カードで登録: a partner is registered by its card, when two people have compared digits.
//!
//! The card that somebody chose stays here until then, and its digest stands in the address: what is
//! registered is what was seen. The digits go with the form too, which belong to it and to our own
//! card together.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Form, Multipart, Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::audit::Act;
use super::guard::{Sealed, Visitor};
use super::layout::{Frame, Place, page};
use super::session::Session;
use super::state::Shared;
use super::upload::OneFile;
use crate::desk::partner::{self, Book, Candidate, Standing};
use crate::desk::{self, words};
use crate::node::cards::own_card;
use crate::package::card::{CardFault, MAX_CARD, check_digits};
use crate::types::{Digest, Lang, OfficeNumber};
use crate::work;

const PARTNERS: &str = "/partners";

#[derive(Template)]
#[template(path = "web/card.html", config = "src/askama.toml")]
struct Shown {
    frame: Frame,
    sha256: Digest,
    name: String,
    facts: Vec<(&'static str, String)>,
    changes: Vec<(&'static str, String, String)>,
    standing: Standing,
    /// The digits, where they have to be compared.
    groups: Vec<String>,
    digits: String,
    office: OfficeNumber,
    /// Our offices, where there are several.
    offices: Vec<(OfficeNumber, String)>,
}

/// What is known of a card before it is registered.
struct Looked {
    book: Book,
    candidate: Candidate,
    /// The digits by the card of our office, where they have to be compared.
    digits: Option<String>,
}

/// The office of ours with whose card the digits are compared.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    office: Option<OfficeNumber>,
}

fn address(sha256: Digest, office: OfficeNumber) -> String {
    format!("/partners/card/{sha256}?office={office}")
}

/// Leads back to the partners, and tells why.
fn back(session: &Session, why: impl Into<String>) -> Response {
    session.tell(false, why);
    Redirect::to(PARTNERS).into_response()
}

/// Takes the file that somebody chose, and leads to what it says.
pub(super) async fn choose(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    form: Multipart,
) -> Response {
    let form = match OneFile::read(&shared, &visitor, form, MAX_CARD).await {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    let Visitor(session) = visitor;
    let lang = shared.lang();
    let card = match &form.bytes {
        Some(bytes) if bytes.is_empty() => {
            let text =
                lang.pick("事業所カードのファイルを選んでください。", "Choose the file of a card.");
            return back(&session, text);
        }
        Some(bytes) => partner::read_card(bytes),
        None => Err(CardFault::TooLarge { limit: MAX_CARD }),
    };
    let card = match card {
        Ok(card) => card,
        Err(fault) => return back(&session, fault.text(lang)),
    };
    let config = shared.node.config();
    let named = form.field("office").parse().ok().filter(|it| config.office(*it).is_some());
    let Some(office) = named.or_else(|| config.offices.first().map(|office| office.number)) else {
        return back(&session, lang.pick("自事業所がありません。", "There is no office of ours."));
    };
    let leads_to = address(card.sha256(), office);
    session.keep_card(card);
    Redirect::to(&leads_to).into_response()
}

/// What a card says, and what it takes to register it by the card of `office`.
async fn look(
    shared: &Shared,
    session: &Session,
    (sha256, office): (Digest, OfficeNumber),
) -> Result<Looked, String> {
    let lang = shared.lang();
    let gone = lang.pick(
        "時間がたったため、事業所カードをもう一度選んでください。",
        "Choose the card again: it was kept for a while only.",
    );
    let card = session.card(sha256).ok_or(gone)?;
    let (file, now) = (shared.config_file()?, shared.node.now());
    // The digits take a second of a core.
    let looked = shared.drawing(move || {
        let book = Book::open(&file).map_err(|error| error.text(lang))?;
        let candidate = book.judge(card, now).map_err(|error| error.text(lang))?;
        let compared = matches!(candidate.standing, Standing::ToCompare | Standing::OtherHand);
        let digits = compared.then(|| {
            let own = own_card(book.config(), office, now).map_err(|error| error.text(lang))?;
            Ok::<_, String>(check_digits(own.sha256(), candidate.card.sha256()).to_string())
        });
        Ok(Looked { digits: digits.transpose()?, book, candidate })
    });
    looked.await.unwrap_or_else(|| Err(lang.pick("内部エラーです。", "An internal fault.").into()))
}

pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
    Path(sha256): Path<Digest>,
    Query(asked): Query<Asked>,
) -> Response {
    let lang = shared.lang();
    let config = shared.node.config();
    let first = config.offices.first().map(|office| office.number);
    let Some(office) = asked.office.or(first) else { return back(&session, "") };
    let Looked { candidate, digits, .. } = match look(&shared, &session, (sha256, office)).await {
        Ok(looked) => looked,
        Err(why) => return back(&session, why),
    };
    let number = candidate.card.card().office;
    let title = lang.pick("事業所カードの確認", "The card of a partner");
    let digits = digits.unwrap_or_default();
    let offices = config.offices.iter().map(|own| own.number);
    let offices: Vec<_> = offices.map(|number| (number, words::office(number, &config))).collect();
    page(&Shown {
        frame: Frame::new(&shared, &session, Place::Partners, title),
        sha256,
        name: candidate.peer.name.clone().unwrap_or_else(|| number.to_string()),
        facts: desk::card::rows(&candidate.card, lang),
        changes: candidate.changes(lang),
        standing: candidate.standing,
        groups: digits.split_whitespace().map(str::to_owned).collect(),
        digits,
        office,
        offices: if offices.len() > 1 { offices } else { Vec::new() },
    })
}

/// What the form of a card sends.
#[derive(Debug, Deserialize)]
pub(super) struct Compared {
    #[serde(flatten)]
    sealed: Sealed,
    office: OfficeNumber,
    /// The digits as they stood on the page.
    #[serde(default)]
    digits: String,
    /// Whether two people have compared them.
    #[serde(default)]
    compared: String,
}

pub(super) async fn register(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Path(sha256): Path<Digest>,
    Form(said): Form<Compared>,
) -> Response {
    let here = address(sha256, said.office);
    let leads_to = visitor.0.card(sha256).map(|card| format!("/partners/{}", card.card().office));
    let leads_to = leads_to.unwrap_or_else(|| PARTNERS.to_owned());
    if let Err(answer) = visitor.may_do(&shared, &said.sealed, &format!("card {sha256}"), &leads_to)
    {
        return answer;
    }
    let Visitor(session) = visitor;
    let lang = shared.lang();
    let looked = match look(&shared, &session, (sha256, said.office)).await {
        Ok(looked) => looked,
        Err(why) => return back(&session, why),
    };
    if let Some(why) = missing(&looked, &said, lang) {
        session.tell(false, why);
        return Redirect::to(&here).into_response();
    }
    let card = &looked.candidate.card;
    let about = format!("{} {}", card.card().office, card.card().serial);
    let registered = work::blocking(move || {
        let Looked { book, candidate, .. } = looked;
        match candidate.standing {
            Standing::Same => Err(CardFault::Same.text(lang)),
            Standing::Trusted | Standing::ToCompare | Standing::OtherHand => {
                book.register(&candidate).map_err(|error| error.text(lang))
            }
        }
    });
    match registered.await {
        Ok(Ok(())) => {}
        Ok(Err(why)) => return back(&session, why),
        Err(_) => return back(&session, lang.pick("内部エラーです。", "An internal fault.")),
    }
    shared.audit.did(&session, Act::PartnerAdded, &about);
    let taken = shared.take_up(&session.user).await;
    let text = lang.pick(
        "相手を登録しました。「つながるか確かめる」で、相手に届くか確かめられます。",
        "The partner is registered. See now whether it can be reached.",
    );
    match taken {
        Some(answer) if !answer.done => {
            session.tell(false, format!("{text}\n{}", answer.text(lang)));
        }
        _ => session.tell(true, text),
    }
    Redirect::to(&leads_to).into_response()
}

/// What is missing before the card may be registered.
fn missing(looked: &Looked, said: &Compared, lang: Lang) -> Option<&'static str> {
    let digits = looked.digits.as_ref()?;
    if *digits != said.digits {
        return Some(lang.pick(
            "数字が変わったため、登録していません。自事業所のカードが新しくなりました。いまの数字をもう一度読み合わせてください。",
            "Nothing was registered: the digits are others now, as your own card was made anew. Compare those that you see now.",
        ));
    }
    said.compared.is_empty().then(|| {
        lang.pick(
            "登録していません。相手と電話で 30 桁の数字を読み合わせ、同じだったときにチェックを付けてください。",
            "Nothing was registered. Compare the 30 digits with the partner over the telephone, and check the box if they are the same.",
        )
    })
}
