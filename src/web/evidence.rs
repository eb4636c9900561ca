//! 記録・証跡: the records of a month for an inspection, saved as one file. For administrators.

use std::fs::File;
use std::io::{self, BufWriter, Seek as _, Write as _};
use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use jiff::tz::TimeZone;
use serde::Deserialize;
use tokio::io::AsyncReadExt as _;
use tokio::runtime::Handle;

use super::audit::Act;
use super::guard::{Sealed, Visitor};
use super::layout::{Frame, Place, message, not_found, page, store_fault};
use super::month::dashed;
use super::package::download;
use super::state::Shared;
use crate::desk::inspection::{self, InspectionError, Terms, Written, Zip, range};
use crate::desk::words;
use crate::types::{Lang, OfficeNumber, Personal, ServiceMonth};
use crate::work;

/// Bytes that are read of the file at a time.
const PIECE: usize = 256 << 10;

/// Which records.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    month: String,
    partner: String,
}

/// Where the records of a month are asked for.
pub(super) const SAVE: &str = "/evidence/save";

#[derive(Template)]
#[template(path = "web/evidence.html", config = "src/askama.toml")]
struct Show {
    frame: Frame,
    month: String,
    title: String,
    partners: Vec<(OfficeNumber, String, bool)>,
    partner: Option<OfficeNumber>,
    /// How many packages were sent or received.
    packages: u64,
    is_busy: bool,
}

/// What was asked for: the last month that is over where none is named.
fn wanted(shared: &Shared, asked: &Asked) -> Option<(ServiceMonth, Option<OfficeNumber>)> {
    let this = ServiceMonth::of(shared.node.now().to_zoned(TimeZone::system()).date());
    let month = asked.month.replace('-', "");
    let month =
        if month.is_empty() { this.map(|month| month.plus(-1)) } else { month.parse().ok() };
    let partner = match asked.partner.as_str() {
        "" => None,
        partner => Some(partner.parse().ok()?),
    };
    Some((month?, partner))
}

pub(super) async fn show(
    State(shared): State<Arc<Shared>>,
    Visitor(session): Visitor,
    Query(asked): Query<Asked>,
) -> Response {
    let Some((month, partner)) = wanted(&shared, &asked) else { return not_found(&shared) };
    let Some(range) = range(month, partner) else { return not_found(&shared) };
    let (lang, config) = (shared.lang(), shared.node.config());
    let packages = match shared.node.store().package_count(range).await {
        Ok(packages) => packages,
        Err(error) => return store_fault(&shared, &error),
    };
    let choice =
        |number: OfficeNumber| (number, words::office(number, &config), partner == Some(number));
    let mut partners: Vec<_> = config.partners().map(choice).collect();
    // One that is no partner any more has its records all the same.
    let is_former = |former: &OfficeNumber| config.peer(*former).is_none();
    partners.extend(partner.filter(is_former).map(choice));
    let title = lang.pick("記録・証跡", "Evidence");
    page(&Show {
        frame: Frame::new(&shared, &session, Place::Evidence, title),
        month: dashed(month),
        title: month.in_words(lang),
        partners,
        partner,
        packages,
        is_busy: shared.evidence.try_lock().is_err(),
    })
}

/// What the button sends.
#[derive(Debug, Deserialize)]
pub(super) struct Save {
    #[serde(flatten)]
    sealed: Sealed,
    #[serde(flatten)]
    asked: Asked,
}

pub(super) async fn save(
    State(shared): State<Arc<Shared>>,
    visitor: Visitor,
    Form(save): Form<Save>,
) -> Response {
    if let Err(answer) = visitor.is_sealed(&shared, &save.sealed) {
        return answer;
    }
    let Visitor(session) = visitor;
    let Some((month, partner)) = wanted(&shared, &save.asked) else { return not_found(&shared) };
    let Some(range) = range(month, partner) else { return not_found(&shared) };
    let lang = shared.lang();
    // Each of them reads the store and verifies every package: one at a time.
    let Ok(alone) = Arc::clone(&shared.evidence).try_lock_owned() else {
        return message(&shared, StatusCode::SERVICE_UNAVAILABLE, lang.pick(
            "いま、ほかの人が記録を書き出しています。少し待ってから、もう一度操作してください。",
            "Somebody else is saving records now. Try again in a while.",
        ));
    };
    let people = match shared.node.store().people_of(range).await {
        Ok(people) => people,
        Err(error) => return store_fault(&shared, &error),
    };
    let written = {
        let (shared, runtime) = (Arc::clone(&shared), Handle::current());
        work::blocking(move || {
            // Held until it is written, whether anybody waits for that or not.
            let _alone = alone;
            runtime.block_on(write(&shared, month, partner))
        })
        .await
    };
    match written {
        Ok(Ok((file, size, written))) => {
            if !written.refused.is_empty() {
                session.tell(false, refused(written.refused.len(), lang));
            }
            let about = match partner {
                Some(partner) => format!("{} {partner}", dashed(month)),
                None => dashed(month),
            };
            let people = people.iter().map(|person| Personal::reveal(person).as_str());
            shared.audit.took(&session, Act::EvidenceSaved, &about, people);
            let partner = partner.map(|partner| format!("-{partner}")).unwrap_or_default();
            streamed(&format!("renkei-evidence-{}{partner}.zip", dashed(month)), file, size)
        }
        Ok(Err(InspectionError::Store(error))) => store_fault(&shared, &error),
        Ok(Err(error)) => {
            tracing::warn!(%error, "the records of a month could not be written");
            failed(&shared, lang)
        }
        Err(_) => failed(&shared, lang),
    }
}

/// What is told where packages were left out.
fn refused(count: usize, lang: Lang) -> String {
    match lang {
        Lang::Ja => format!(
            "確かめられないパッケージが {count} 件あり、記録に入れていません。どれかは、保存した ZIP の index.html に書いてあります。「診断」で原因を確かめてください。"
        ),
        Lang::En => format!(
            "{count} packages do not verify and were left out; index.html in the ZIP that was saved names them. See Diagnosis for the cause."
        ),
    }
}

fn failed(shared: &Shared, lang: Lang) -> Response {
    message(shared, StatusCode::CONFLICT, lang.pick(
        "記録を書き出せませんでした。ディスクの空き容量を確かめてください。理由は renkei evidence で詳しく表示します。",
        "The records could not be written: see whether the disk has room; renkei evidence says why.",
    ))
}

/// Writes the records into a file without a name in the data folder, which is closed to others, and gives
/// it with its size and what is in it.
async fn write(
    shared: &Shared,
    month: ServiceMonth,
    partner: Option<OfficeNumber>,
) -> Result<(File, u64, Written), InspectionError> {
    let (node, config) = (&shared.node, shared.node.config());
    let terms = Terms { month, partner, lang: shared.lang(), now: node.now() };
    let file = tempfile::tempfile_in(&config.node.data)?;
    let mut zip = Zip::new(BufWriter::new(file));
    let written = inspection::write(node.store(), &config, &terms, &mut zip, |_, _| {}).await?;
    let mut file = zip.finish()?;
    file.flush()?;
    let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    let size = file.stream_position()?;
    file.rewind()?;
    Ok((file, size, written))
}

/// An answer that the browser saves, piece by piece.
fn streamed(name: &str, file: File, size: u64) -> Response {
    let file = tokio::fs::File::from_std(file);
    let pieces = stream::try_unfold(file, |mut file| async move {
        let mut piece = vec![0; PIECE];
        let read = file.read(&mut piece).await?;
        piece.truncate(read);
        Ok::<_, io::Error>((read > 0).then(|| (Bytes::from(piece), file)))
    });
    let mut answer = download(name, "application/zip", Bytes::new());
    answer.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(size));
    *answer.body_mut() = Body::from_stream(pieces);
    answer.into_response()
}
