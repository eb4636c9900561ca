//! Renews our certificates: those that we made ourselves at once, those of an authority by a request
//! and its answer. For administrators.

use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use axum::extract::{Form, Multipart, Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::audit::Act;
use super::certificates::files;
use super::guard::{Sealed, Visitor};
use super::layout::not_found;
use super::package::download;
use super::session::Session;
use super::state::Shared;
use super::upload::OneFile;
use crate::certs::CertsError;
use crate::certs::files::{Access, read};
use crate::certs::renewal::{self, Done, Haste, Stage};
use crate::node::{Renewed, put_answer, renew_own, renewal_text};
use crate::types::Lang;
use crate::work;

const HERE: &str = "/certificates";

/// The largest file that an authority sends.
const LARGEST: usize = 1 << 20;

/// What faults call the file that somebody chose.
const CHOSEN: [&str; 2] = ["選んだファイル", "the file"];

/// What a button sends.
#[derive(Debug, Deserialize)]
pub(super) struct Order {
    #[serde(flatten)]
    sealed: Sealed,
    of: String,
    /// Whether the next certificate is to be used now.
    #[serde(default)]
    take: String,
    /// Also where partners do not have it.
    #[serde(default)]
    anyway: String,
}

/// Leads back to the certificates, and tells how it went.
fn back(session: &Session, told: Result<String, String>) -> Response {
    match told {
        Ok(text) => session.tell(true, text),
        Err(text) => session.tell(false, text),
    }
    Redirect::to(HERE).into_response()
}

/// The file of a certificate that a form names.
fn certificate(shared: &Shared, of: &str) -> Option<PathBuf> {
    let config = shared.node.config();
    files(&config, of).map(|files| files.certificate().to_owned())
}

pub(super) async fn renew(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Form(order): Form<Order>,
) -> Response {
    let what = format!("renew {}", order.of);
    if let Err(answer) = visitor.may_do(&shared, &order.sealed, &what, HERE) {
        return answer;
    }
    let Some(file) = certificate(&shared, &order.of) else { return not_found(&shared) };
    let Visitor(session) = visitor;
    let haste = match (order.take.is_empty(), order.anyway.is_empty()) {
        (true, _) => Haste::Begin,
        (false, true) => Haste::Take,
        (false, false) => Haste::TakeAnyway,
    };
    let renewed = carry_out(&shared, file, haste).await;
    if renewed.is_ok() {
        done(&shared, &session, &order.of, haste).await;
    }
    back(&session, renewed)
}

/// Notes what somebody did, and has the node take it up.
async fn done(shared: &Shared, session: &Session, of: &str, haste: Haste) {
    let how = match haste {
        Haste::Begin => "begin",
        Haste::Take => "take",
        Haste::TakeAnyway => "take anyway",
        Haste::InTime => "answer",
    };
    shared.audit.did(session, Act::CertificateRenewed, &format!("{of} {how}"));
    shared.take_up(&session.user).await;
}

/// Renews a certificate, and says what came of it.
async fn carry_out(shared: &Shared, file: PathBuf, haste: Haste) -> Result<String, String> {
    let (config, now, lang) = (shared.node.config(), shared.node.now(), shared.lang());
    let renewed = work::blocking(move || renew_own(&config, Some(&file), haste, now)).await;
    let renewed = renewed.map_err(|_| internal(lang))?.map_err(|problems| problems.text(lang))?;
    let Some(Renewed { outcome, stage, .. }) = renewed.into_iter().next() else {
        return Err(by_hand(lang));
    };
    match outcome {
        Ok(done) => told(done, &stage, lang),
        Err(error) => Err(renewal_text(&error, lang)),
    }
}

fn told(done: Done, stage: &Stage, lang: Lang) -> Result<String, String> {
    let text = match (done, stage) {
        (Done::Taken, _) => {
            lang.pick("新しい証明書に切り替えました。", "The new certificate is used now.")
        }
        (_, Stage::Prepared { .. }) => lang.pick(
            "次の証明書を用意しました。事業所カードで登録した相手には自動で伝わります。[[peer]] で登録した相手には SHA-256 を伝えてください。",
            "The next certificate is prepared. Partners by card learn it by themselves; tell its SHA-256 to those that are registered as [[peer]].",
        ),
        (_, Stage::Requested { .. }) => lang.pick(
            "発行要求（CSR）を作りました。保存して、認証局に出してください。",
            "The request (CSR) is made. Save it, and send it to the authority.",
        ),
        (_, Stage::Answered | Stage::None) => return Err(by_hand(lang)),
    };
    Ok(text.to_owned())
}

fn by_hand(lang: Lang) -> String {
    let text = lang.pick(
        "この証明書は、ここでは更新できません。新しいファイルに置き換えてください。",
        "This certificate is not renewed here: put a new file in its place.",
    );
    text.to_owned()
}

fn internal(lang: Lang) -> String {
    lang.pick("内部エラーです。", "An internal fault.").to_owned()
}

/// The request that an authority gets.
pub(super) async fn request(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
    Path(of): Path<String>,
) -> Response {
    let config = shared.node.config();
    let Some(Stage::Requested { request, .. }) = files(&config, &of).map(renewal::stage) else {
        return not_found(&shared);
    };
    let largest = u64::try_from(LARGEST).unwrap_or(u64::MAX);
    let bytes = work::blocking(move || read(&request, Access::Public, largest)).await;
    match bytes {
        Ok(Ok(bytes)) => {
            download(&format!("{of}.csr"), "application/pkcs10", bytes.to_vec().into())
        }
        Ok(Err(error)) => back(&session, Err(CertsError::text(&error, shared.lang()))),
        Err(_) => back(&session, Err(internal(shared.lang()))),
    }
}

/// Puts in what an authority sent.
pub(super) async fn answer(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    form: Multipart,
) -> Response {
    let form = match OneFile::read(&shared, &visitor, form, LARGEST).await {
        Ok(form) => form,
        Err(answer) => return answer,
    };
    let of = form.field("of").to_owned();
    if let Err(answer) = visitor.may_do(&shared, &form.sealed(), &format!("answer {of}"), HERE) {
        return answer;
    }
    let Some(file) = certificate(&shared, &of) else { return not_found(&shared) };
    let Visitor(session) = visitor;
    let lang = shared.lang();
    let Some(bytes) = form.bytes.filter(|bytes| !bytes.is_empty()) else {
        let text = lang.pick(
            "届いた証明書のファイルを選んでください（1 MiB まで）。",
            "Choose the file that the authority sent (up to 1 MiB).",
        );
        return back(&session, Err(text.to_owned()));
    };
    let (config, now, place) = (shared.node.config(), shared.node.now(), file.clone());
    let put = work::blocking(move || {
        let name = FilePath::new(lang.pick(CHOSEN[0], CHOSEN[1]));
        put_answer(&config, &place, (name, &bytes), now).map_err(|error| error.text(lang))
    });
    if let Err(why) = put.await.unwrap_or_else(|_| Err(internal(lang))) {
        return back(&session, Err(why));
    }
    let taken = carry_out(&shared, file, Haste::InTime).await;
    done(&shared, &session, &of, Haste::InTime).await;
    back(&session, taken)
}
