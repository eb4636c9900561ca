//! Sends attachments: files that somebody chooses or drags here, with what they are.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use bytes::Bytes;

use super::guard::{Sealed, Visitor};
use super::layout::{Frame, Place, message, page};
use super::state::Shared;
use super::upload::{Budget, bounded, text, unreadable};
use crate::attachment::{DocumentKind, FileType, Refused, Title};
use crate::config::Config;
use crate::desk::words;
use crate::node::NewAttachment;
use crate::package::AttachedDocument;
use crate::types::text::is_invisible;
use crate::types::{FileSerial, Lang, OfficeNumber, PersonKey, ServiceMonth};

/// Files of one form.
const FILES: usize = 10;

/// Fields of one form beside its files: more than it has.
const FIELDS: usize = 20;

/// Characters of a name that are told of a file that was not sent.
const SHOWN: usize = 40;

/// What is read of a form: its files, and room for what stands between them.
fn budget(config: &Config) -> Budget {
    let files = u64::try_from(FILES).unwrap_or(u64::MAX);
    Budget::new(config.attachments.file_size.saturating_mul(files).saturating_add(1 << 20))
}

#[derive(Template)]
#[template(path = "web/attach.html", config = "src/askama.toml")]
struct Form {
    frame: Frame,
    offices: Vec<(OfficeNumber, String)>,
    partners: Vec<(OfficeNumber, String)>,
    /// Extensions that may be chosen.
    accept: String,
    types: String,
    mebibytes: u64,
    files: usize,
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Visitor(session): Visitor) -> Response {
    let config = shared.node.config();
    let named = |number: OfficeNumber| (number, words::office(number, &config));
    let types = &config.attachments.types;
    let extensions = types.iter().flat_map(|one| one.extensions()).map(|it| format!(".{it}"));
    let title = shared.lang().pick("添付ファイルを送る", "Send an attachment");
    page(&Form {
        frame: Frame::new(&shared, &session, Place::Sent, title),
        offices: config.offices.iter().map(|office| named(office.number)).collect(),
        partners: config.peers.iter().map(|peer| named(peer.office)).collect(),
        accept: extensions.collect::<Vec<_>>().join(","),
        types: types.iter().map(|one| FileType::id(*one)).collect::<Vec<_>>().join(", "),
        mebibytes: config.attachments.file_size >> 20,
        files: FILES,
    })
}

/// What the form says beside its files.
struct Said {
    office: OfficeNumber,
    partner: OfficeNumber,
    month: Option<ServiceMonth>,
    kind: Option<DocumentKind>,
    person: Option<PersonKey>,
    set: Option<FileSerial>,
}

impl Said {
    /// From the fields, or what is wrong with them.
    fn of(fields: &BTreeMap<String, String>, config: &Config, lang: Lang) -> Result<Self, String> {
        let field = |name: &str| fields.get(name).map(|text| text.trim()).unwrap_or_default();
        let wrong = |ja: &str, en: &str| lang.pick(ja, en).to_owned();
        let office = field("office").parse().ok().filter(|it| config.office(*it).is_some());
        let partner = field("partner").parse().ok().filter(|it| config.peer(*it).is_some());
        let (Some(office), Some(partner)) = (office, partner) else {
            return Err(wrong("相手を選んでください。", "Choose a partner."));
        };
        let month = match field("month") {
            "" => None,
            text => Some(text.replace('-', "").parse().map_err(|_| {
                wrong(
                    "年月は 2026-05 のように入力してください。",
                    "The month is written as 2026-05.",
                )
            })?),
        };
        let kind = match field("kind") {
            "" => None,
            text => Some(DocumentKind::new(text).map_err(|_| {
                wrong(
                    "書類の種類に使えない文字があるか、長すぎます（30 文字ほどまで）。",
                    "The kind of document is too long, or has a character that is not allowed.",
                )
            })?),
        };
        let person = match (field("insurer"), field("insured")) {
            ("", "") => None,
            (insurer, insured) => {
                let person = PersonKey::parse(insurer.as_bytes(), insured.as_bytes());
                Some(person.ok_or_else(|| {
                    wrong(
                        "保険者番号（6 桁）と被保険者番号（10 桁）を、両方とも半角で入力してください。",
                        "Both numbers are needed: 保険者番号 of 6 digits, 被保険者番号 of 10.",
                    )
                })?)
            }
        };
        let set = match field("set") {
            "" => None,
            text => Some(text.parse().map_err(|_| {
                wrong("連番は 14 桁の数字です。", "A serial (連番) has 14 digits.")
            })?),
        };
        Ok(Self { office, partner, month, kind, person, set })
    }
}

pub(super) async fn send(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    mut form: Multipart,
) -> Response {
    let lang = shared.lang();
    let mut budget = budget(&shared.node.config());
    let mut fields = BTreeMap::new();
    let mut said: Option<Said> = None;
    let (mut sent, mut refused) = (0_usize, Vec::new());
    loop {
        let field = match form.next_field().await {
            Ok(Some(field)) => field,
            Ok(None) => break,
            Err(error) => return unreadable(&shared, &error.into()),
        };
        let Some(name) = field.name().map(str::to_owned) else { continue };
        if name != "files" {
            match text(field, &mut budget).await {
                Ok(text) => _ = fields.insert(name, text),
                Err(error) => return unreadable(&shared, &error),
            }
            if fields.len() > FIELDS {
                return message(&shared, StatusCode::BAD_REQUEST, "");
            }
            continue;
        }
        // Nothing of a file is read before it is known who sends it.
        if said.is_none() {
            let take = |name: &str| fields.get(name).cloned().unwrap_or_default();
            let sealed = Sealed::new(take("csrf"), take("form"));
            if let Err(answer) = visitor.may_do(&shared, &sealed, "attach", "/sent") {
                return answer;
            }
            match Said::of(&fields, &shared.node.config(), lang) {
                Ok(found) => said = Some(found),
                Err(why) => return told(&visitor, false, &why),
            }
        }
        let Some(said) = &said else { continue };
        let file_name = field.file_name().unwrap_or_default().to_owned();
        if sent + refused.len() >= FILES {
            refused
                .push(lang.pick("ファイルが多すぎます。", "There are too many files.").to_owned());
            break;
        }
        let limit = shared.node.config().attachments.file_size;
        let bytes = match bounded(field, limit, &mut budget).await {
            Ok(Some(bytes)) if bytes.is_empty() && file_name.is_empty() => continue,
            Ok(bytes) => bytes,
            Err(error) => return unreadable(&shared, &error),
        };
        match attach(&shared, said, &file_name, bytes).await {
            Ok(()) => sent += 1,
            Err(why) => refused.push(format!("{}: {why}", shown(&file_name))),
        }
    }
    match (sent, refused.as_slice()) {
        (0, []) => told(&visitor, false, lang.pick("ファイルを選んでください。", "Choose a file.")),
        (_, []) => {
            let text = match lang {
                Lang::Ja => format!("{sent} 件の添付ファイルを送信待ちにしました。"),
                Lang::En => format!("Attachments that wait to be sent now: {sent}."),
            };
            told(&visitor, true, &text)
        }
        (_, refused) => {
            let text = match lang {
                Lang::Ja => format!("送信待ちにした添付ファイル: {sent} 件。送っていないもの: "),
                Lang::En => format!("Attachments that wait to be sent now: {sent}. Not sent: "),
            };
            told(&visitor, false, &format!("{text}{}", refused.join("　")))
        }
    }
}

/// Tells how it went, on the page that shows it.
fn told(visitor: &Visitor, done: bool, text: &str) -> Response {
    let Visitor(session) = visitor;
    session.tell(done, text);
    Redirect::to(if done { "/sent" } else { "/attach" }).into_response()
}

/// Sends one file; `bytes` are none if there are too many of them.
async fn attach(
    shared: &Shared,
    said: &Said,
    name: &str,
    bytes: Option<Bytes>,
) -> Result<(), String> {
    let lang = shared.lang();
    let refused = |refused: Refused| refused.text(lang);
    let limit = shared.node.config().attachments.file_size;
    let bytes = bytes.ok_or_else(|| refused(Refused::TooLarge { limit }))?;
    let title = Title::new(name).map_err(refused)?;
    let Said { office, partner, month, person, set, .. } = *said;
    let document = AttachedDocument { title, kind: said.kind.clone(), month, person };
    let answer = shared.node.attach(NewAttachment { office, partner, document, set, bytes }).await;
    if answer.done { Ok(()) } else { Err(answer.text(lang).to_owned()) }
}

/// A name that somebody gave, as far as it can be seen.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control() && !is_invisible(*c)).take(SHOWN).collect()
}
