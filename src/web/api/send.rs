//! Takes a set to be sent: a ZIP file with the files of one send unit.

use std::io::{Cursor, Read as _};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{self, HeaderMap, HeaderValue};
use axum::response::Response;
use memchr::memmem;
use serde::Serialize;
use tokio::time::timeout;
use zip::ZipArchive;

use super::super::audit::Act;
use super::super::package::{kept, people_in};
use super::super::state::Shared;
use super::caller::Caller;
use super::parts::{answer, bytes, is_of};
use super::problem::{Refused, RefusedSet};
use crate::contents::PersonKey;
use crate::folder::files_digest;
use crate::node::{NotSent, SendOrder, SentSet};
use crate::rules::Report;
use crate::store::{SendKey, StoreError};
use crate::types::code::RefusalCode;
use crate::types::{FileSerial, MessageId, OfficeNumber};
use crate::work;

/// The longest key of a program, in characters.
const LONGEST_KEY: usize = 128;

/// How every entry of the list in a ZIP file begins.
const ENTRY: &[u8] = b"PK\x01\x02";

/// How long a set waits for those before it, whose files are in memory.
const LINE: Duration = Duration::from_secs(10);

#[derive(Serialize)]
struct Taken {
    office: OfficeNumber,
    partner: OfficeNumber,
    message_id: MessageId,
    serial: FileSerial,
    /// Whether it was sent with the same key before.
    before: bool,
    report: Option<Box<Report>>,
}

pub(super) async fn send(
    State(shared): State<Arc<Shared>>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    let key = key(&headers)?;
    is_of(&headers, "application/zip")?;
    let office = caller.sees(None)?;
    let Ok(Ok(_permit)) = timeout(LINE, shared.sending.acquire()).await else {
        return Err(Refused::busy());
    };
    let config = shared.node.config();
    let limits = &config.limits;
    let most = usize::try_from(limits.package_size).unwrap_or(usize::MAX);
    let most_files = usize::try_from(limits.unit_files).unwrap_or(usize::MAX);
    let body = bytes(&headers, body, most).await?;
    let files = work::blocking(move || unpack(body, most, most_files)).await;
    let files = files.map_err(|_| Refused::new(RefusalCode::INTERNAL))??;
    let key = SendKey { token: caller.token, key, files: files_digest(&files) };
    let SentSet { id, office, partner, serial, before, report } =
        shared.node.send(SendOrder { files, office, key }).await.map_err(refused)?;
    if !before {
        let people = match kept(&shared, Some(office), id).await {
            Ok(Some((_, package))) => people_in(&shared, &package, None).await,
            // That it was sent is worth a row also where nobody can be named.
            Ok(None) | Err(_) => Vec::new(),
        };
        let people = people.iter().map(PersonKey::insured);
        caller.noted(&shared, Act::SetSent, &id.to_string(), people);
    }
    let status = if before { StatusCode::OK } else { StatusCode::CREATED };
    let taken = Taken { office, partner, message_id: id, serial, before, report };
    let mut answer = answer(status, &taken)?;
    let place = HeaderValue::from_str(&format!("/api/v1/packages/{office}/{id}"));
    if let Ok(place) = place {
        answer.headers_mut().insert(header::LOCATION, place);
    }
    Ok(answer)
}

/// By what the program knows this set.
fn key(headers: &HeaderMap) -> Result<String, Refused> {
    let expected = || {
        Refused::malformed(
            "Expected one Idempotency-Key of 1 to 128 characters of printable ASCII.",
        )
    };
    let mut all = headers.get_all("idempotency-key").into_iter();
    let key = all.next().and_then(|value| value.to_str().ok()).ok_or_else(expected)?;
    let fits =
        (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    if fits && all.next().is_none() { Ok(key.to_owned()) } else { Err(expected()) }
}

/// The files of a ZIP: few, together no larger than a package may be, and each under a name of its own.
/// Folders around them are of no interest.
fn unpack(body: Bytes, most: usize, most_files: usize) -> Result<Vec<(String, Vec<u8>)>, Refused> {
    let malformed = || Refused::malformed("The body is no ZIP file that can be read.");
    // Each entry of the list takes far more memory than bytes in the body.
    if memmem::find_iter(&body, ENTRY).take(most_files.saturating_add(1)).count() > most_files {
        return Err(Refused::new(RefusalCode::TOO_MANY_FILES));
    }
    let mut archive = ZipArchive::new(Cursor::new(body)).map_err(|_| malformed())?;
    // Another reader would find other files in it.
    if archive.has_duplicate_names() {
        return Err(Refused::malformed("A name stands twice in the ZIP file."));
    }
    let mut room = most;
    let mut files = Vec::new();
    for place in 0..archive.len() {
        let entry = archive.by_index(place).map_err(|_| malformed())?;
        if entry.is_dir() {
            continue;
        }
        let name = entry.name().map_err(|_| malformed())?;
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        let mut unpacked = Vec::new();
        let limit = u64::try_from(room).unwrap_or(u64::MAX).saturating_add(1);
        entry.take(limit).read_to_end(&mut unpacked).map_err(|_| malformed())?;
        room = room.checked_sub(unpacked.len()).ok_or_else(|| {
            Refused::new(RefusalCode::TOO_LARGE)
                .saying(format!("The files unpack to more than {most} bytes."))
        })?;
        files.push((name, unpacked));
    }
    Ok(files)
}

fn refused(not_sent: NotSent) -> Refused {
    match not_sent {
        NotSent::NotOneSet => Refused::new(RefusalCode::NOT_ONE_SET),
        NotSent::OtherOffice(office) => Refused::new(RefusalCode::TOKEN_NOT_ALLOWED)
            .saying(format!("The token may not send for the office {office}.")),
        NotSent::Refused { codes, why, report } => {
            let codes = codes.split(',').map(str::to_owned).collect();
            let refused = Refused::new(RefusalCode::SET_REFUSED);
            let refused = match why {
                Some([_, why]) => refused.saying(why),
                None => refused,
            };
            refused.about(RefusedSet { codes, report })
        }
        NotSent::KeyReused => Refused::new(RefusalCode::KEY_REUSED),
        NotSent::CannotSign => Refused::busy().saying(
            "The signing certificate of the office is not valid, or the clock is in doubt; come again.",
        ),
        NotSent::Store(StoreError::Full) => Refused::full(),
        NotSent::Store(error) => error.into(),
        NotSent::Internal => Refused::new(RefusalCode::INTERNAL),
    }
}
