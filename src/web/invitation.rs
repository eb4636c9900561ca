//! 登録の案内: what a partner gets from us, on paper or by mail, to register us.

use std::fmt::Write as _;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::audit::Act;
use super::guard::Visitor;
use super::layout::{Frame, Place, not_found, page};
use super::package::download;
use super::state::Shared;
use crate::desk::square::Square;
use crate::desk::{self, words};
use crate::node::cards::own_card;
use crate::package::card::SignedCard;
use crate::types::{Lang, OfficeNumber};

#[derive(Template)]
#[template(path = "web/invitation.html", config = "src/askama.toml")]
struct Invitation {
    frame: Frame,
    office: OfficeNumber,
    name: String,
    facts: Vec<(&'static str, String)>,
    square: Option<Square>,
    /// The name of the file of the card.
    file: String,
    /// Whether the card says where we are reached.
    is_reached: bool,
    /// What a mail to a partner says.
    letter: String,
    mail: String,
    /// Our offices, where there are several.
    offices: Vec<(OfficeNumber, String)>,
}

/// Whose invitation it is.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    office: Option<OfficeNumber>,
}

/// The name of the file of a card.
fn file(office: OfficeNumber) -> String {
    format!("{office}.card")
}

/// Our card, or why there is none.
async fn own(shared: &Shared, office: OfficeNumber) -> Result<SignedCard, String> {
    let (config, now, lang) = (shared.node.config(), shared.node.now(), shared.lang());
    let made = shared.drawing(move || own_card(&config, office, now)).await;
    let made =
        made.ok_or_else(|| lang.pick("内部エラーです。", "An internal fault.").to_owned())?;
    made.map_err(|error| error.text(lang))
}

pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
    Query(asked): Query<Asked>,
) -> Response {
    let lang = shared.lang();
    let config = shared.node.config();
    let first = config.offices.first().map(|office| office.number);
    let office = asked.office.filter(|it| config.office(*it).is_some()).or(first);
    let Some(office) = office else { return not_found(&shared) };
    let card = match own(&shared, office).await {
        Ok(card) => card,
        Err(why) => {
            session.tell(false, why);
            return Redirect::to("/partners").into_response();
        }
    };
    let title = lang.pick("登録の案内", "Invitation of a partner");
    let offices = config.offices.iter().map(|own| own.number);
    let offices: Vec<_> = offices.map(|own| (own, words::office(own, &config))).collect();
    let letter = letter(&words::office(office, &config), office, lang);
    let subject = lang.pick("ケアプランデータ連携の登録のお願い", "Exchange of care plans");
    page(&Invitation {
        frame: Frame::new(&shared, &session, Place::Partners, title),
        office,
        name: config.name(office).map_or_else(|| office.to_string(), str::to_owned),
        facts: desk::card::rows(&card, lang),
        square: desk::card::square(&card),
        file: file(office),
        is_reached: card.card().url().is_some(),
        mail: format!("mailto:?subject={}&body={}", percent(subject), percent(&letter)),
        letter,
        offices: if offices.len() > 1 { offices } else { Vec::new() },
    })
}

/// What a partner is told to do.
fn letter(name: &str, office: OfficeNumber, lang: Lang) -> String {
    let file = file(office);
    match lang {
        Lang::Ja => format!(
            "{name} です。ケアプランデータを renkei（連携）でやり取りするため、登録をお願いします。\n\
             1. 添付の事業所カード（{file}）を保存してください。\n\
             2. renkei の画面の「相手」で、このファイルを選んでください（コマンドでは renkei partner add {file}）。\n\
             3. 貴事業所の事業所カードも、こちらへお送りください（画面の「相手」の「登録の案内」から保存できます）。\n\
             4. 双方の画面に 30 桁の数字が表示されましたら、電話で読み合わせます。すべて同じなら登録してください。\n"
        ),
        Lang::En => format!(
            "This is {name}. We would like to exchange care plans with you by renkei.\n\
             1. Save the card that is attached ({file}).\n\
             2. Choose it on the page of renkei, under Partners (or run renkei partner add {file}).\n\
             3. Send us the card of your office (page, Partners, Invitation).\n\
             4. When both sides see 30 digits, we compare them by telephone. If all are the same, register the card.\n"
        ),
    }
}

/// Text as a part of an address (RFC 3986), with the ends of lines of mails (RFC 6068).
fn percent(text: &str) -> String {
    let mut out = String::new();
    for byte in text.replace('\n', "\r\n").bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Our card, to be saved.
pub(super) async fn card(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
    Path(office): Path<OfficeNumber>,
) -> Response {
    if shared.node.config().office(office).is_none() {
        return not_found(&shared);
    }
    match own(&shared, office).await {
        Ok(card) => {
            let about = format!("{office} {}", card.card().serial);
            shared.audit.did(&session, Act::CardSaved, &about);
            let bytes = card.bytes().to_vec().into();
            download(&file(office), "application/octet-stream", bytes)
        }
        Err(why) => {
            session.tell(false, why);
            Redirect::to("/partners").into_response()
        }
    }
}
