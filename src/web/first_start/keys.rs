//! Step 4: where keys and certificates come from.

use std::path::Path;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Multipart, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::super::layout::page;
use super::super::session::Session;
use super::entrance::Inside;
use super::fields::Fields;
use super::frame::{Frame, Step};
use super::shared::Shared;
use crate::certs::{self, Identity, identities_of_pkcs12};
use crate::desk::founding::{Given, KeySource, Keys};
use crate::types::Lang;

/// The largest form in bytes: two files of an authority.
pub(super) const UPLOAD: usize = 1 << 20;

/// The most parts of a form.
const PARTS: usize = 12;

#[derive(Template)]
#[template(path = "web/first_start/keys.html", config = "src/askama.toml")]
struct Asked {
    frame: Frame,
    /// Name, text, whether it was chosen.
    sources: Vec<(&'static str, &'static str, bool)>,
    /// Whether a file was taken already.
    has_file: bool,
    root: String,
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, Inside(session): Inside) -> Response {
    asked(&shared, &session, Vec::new())
}

fn asked(shared: &Shared, session: &Session, wrong: Vec<String>) -> Response {
    let (answers, lang) = (shared.answers(), shared.lang());
    let one =
        |source: KeySource| (source.as_str(), source.text(lang), answers.source == Some(source));
    page(&Asked {
        frame: Frame::new(shared, session, Step::Keys).wrong(wrong),
        sources: KeySource::ALL.map(one).to_vec(),
        has_file: matches!(answers.keys, Some(Keys::Given(_))),
        root: answers.root,
    })
}

/// What was sent: the fields and the files.
#[derive(Default)]
struct Sent {
    fields: Fields,
    signing: Zeroizing<Vec<u8>>,
    tls: Zeroizing<Vec<u8>>,
}

async fn read(mut form: Multipart) -> Option<Sent> {
    let mut sent = Sent::default();
    for _ in 0..PARTS {
        let Some(part) = form.next_field().await.ok()? else { return Some(sent) };
        let name = part.name().unwrap_or_default().to_owned();
        // The body as a whole is bounded.
        let bytes = part.bytes().await.ok()?;
        match name.as_str() {
            "signing" => sent.signing = Zeroizing::new(bytes.to_vec()),
            "tls" => sent.tls = Zeroizing::new(bytes.to_vec()),
            _ => sent.fields.add(&name, &String::from_utf8_lossy(&bytes)),
        }
    }
    None
}

pub(super) async fn set(
    State(shared): State<Arc<Shared>>,
    Inside(session): Inside,
    form: Multipart,
) -> Response {
    let lang = shared.lang();
    let Some(sent) = read(form).await else {
        let text = lang.pick(
            "送られた内容を読み取れませんでした。ファイルは、合わせて 1 MB までです。",
            "What was sent cannot be read. The files may have 1 MB together.",
        );
        let told = asked(&shared, &session, vec![text.to_owned()]);
        return told;
    };
    let (back, next) = match Step::Keys.leads(&sent.fields, &session, lang) {
        Ok(leads) => leads,
        Err(answer) => return answer,
    };
    let source = sent.fields.text("source").parse().ok();
    let root = sent.fields.text("root").to_owned();
    {
        let answers = &mut shared.state().answers;
        (answers.source, answers.root) = (source, root.clone());
    }
    let before = shared.answers().keys;
    let keys = match source {
        Some(KeySource::Made) => Ok(Keys::Made),
        Some(KeySource::Request) => Ok(Keys::Request),
        Some(KeySource::Pkcs12) => match before {
            // A browser never sends a file again by itself.
            Some(given @ Keys::Given(_)) if sent.signing.is_empty() && sent.tls.is_empty() => {
                Ok(given)
            }
            before => {
                let before = match before {
                    Some(Keys::Given(given)) => Some(given),
                    _ => None,
                };
                let now = shared.clock.now();
                let given = shared.working(move || given(&sent, before, now, lang)).await;
                given.unwrap_or_else(|| {
                    let text = lang.pick(
                        "内部エラーです。もう一度操作してください。",
                        "An internal fault. Try again.",
                    );
                    Err(text.to_owned())
                })
            }
        },
        None => Err(lang.pick("一つを選んでください。", "Choose one.").to_owned()),
    };
    let keys = match keys {
        Ok(keys) if !root.is_empty() => {
            let read = move || certs::load_certificates(Path::new(&root));
            match shared.looking(read).await {
                Some(Ok(_)) => Ok(keys),
                Some(Err(error)) => Err(error.text(lang)),
                None => Err(shared.no_answer()),
            }
        }
        keys => keys,
    };
    match keys {
        Ok(keys) => shared.state().answers.keys = Some(keys),
        Err(_) if back => {}
        Err(wrong) => {
            let told = asked(&shared, &session, vec![wrong]);
            return told;
        }
    }
    Redirect::to(next).into_response()
}

/// The keys of the files; of one that was not chosen anew, those that were taken `before`.
fn given(sent: &Sent, before: Option<Given>, now: Timestamp, lang: Lang) -> Result<Keys, String> {
    let password = Zeroizing::new(sent.fields.secret("password").to_owned());
    let one = |bytes: &[u8], ja, en, before: Option<Arc<Identity>>| {
        if bytes.is_empty() {
            return Ok(before);
        }
        identity(bytes, (ja, en), &password, now, lang).map(|new| Some(Arc::new(new)))
    };
    let (tls, signing) = before.map_or((None, None), |it| (it.tls, Some(it.signing)));
    let Some(signing) = one(&sent.signing, "署名用", "signing", signing)? else {
        let text = lang.pick(
            "署名用の PKCS#12 ファイル（.p12、.pfx）を選んでください。",
            "Choose the PKCS#12 file for signing (.p12, .pfx).",
        );
        return Err(text.to_owned());
    };
    let tls = one(&sent.tls, "TLS 用", "TLS", tls)?;
    Ok(Keys::Given(Given { tls, signing }))
}

/// The one identity of a file, if it is of use to an office.
fn identity(
    bytes: &[u8],
    (ja, en): (&str, &str),
    password: &str,
    now: Timestamp,
    lang: Lang,
) -> Result<Identity, String> {
    let name = Path::new(lang.pick(ja, en));
    let mut all = identities_of_pkcs12(bytes, name, password).map_err(|error| error.text(lang))?;
    if let (Some(one), true) = (all.pop(), all.is_empty()) {
        let told = certs::unfit(&one, now);
        return told.map(|()| one).map_err(|why| match lang {
            Lang::Ja => format!("{ja}のファイル: {}", why.text(lang)),
            Lang::En => format!("the file for {en}: {}", why.text(lang)),
        });
    }
    Err(match lang {
        Lang::Ja => format!(
            "{ja}のファイルに証明書が複数あります。一つだけのファイルを認証局に頼むか、renkei certs import で分けてください。"
        ),
        Lang::En => format!(
            "The file for {en} holds several certificates. Ask your authority for one with one, or take them apart with renkei certs import."
        ),
    })
}
