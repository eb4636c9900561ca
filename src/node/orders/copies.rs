//! Sending the files of a package to another partner too.
//!
//! The files are laid into the drop folder under names for that partner, and checked, converted if
//! need be and packed there like any others. Their bytes stay as they are.

use std::fmt::Write as _;
use std::sync::Arc;

use super::super::context::{Context, blocking};
use super::super::folders::AllPlaces;
use super::internal;
use crate::control::{Answer, CopyOrder, Request};
use crate::folder::{FolderError, put_new};
use crate::package::{Package, open_again};
use crate::store::{NewCopy, StoreError};
use crate::types::{FileName, FileSerial, Lang, OfficeNumber, ServiceType, code};

/// What became of one copy.
enum Copied {
    /// It is in the drop folder.
    Done,
    /// It was made before.
    Before,
    Failed(Answer),
}

pub(super) async fn copy(
    context: &Arc<Context>,
    places: &AllPlaces,
    copies: &[CopyOrder],
    by: &str,
) -> Result<Answer, StoreError> {
    if copies.len() > Request::MOST_COPIES {
        return Ok(cannot_be_copied());
    }
    let (mut done, mut before, mut failed) = (0_usize, 0_usize, Vec::new());
    let mut last = None;
    for copy in copies {
        match one(context, places, copy, &mut last, by).await? {
            Copied::Done => done += 1,
            Copied::Before => before += 1,
            Copied::Failed(answer) => failed.push(answer),
        }
    }
    let (mut ja, mut en) = match (done, before) {
        (0, 0) => (String::new(), String::new()),
        (0, _) => (
            "すでに送信中か、送信済みです。".to_owned(),
            "they are under way already, or have arrived.".to_owned(),
        ),
        _ => (
            format!(
                "{done} 件を送信用フォルダーに入れました。検査してから送ります。結果は「送信」で確かめてください。"
            ),
            format!(
                "{done} are in the drop folder, to be checked and sent; the list of what was sent says how it went."
            ),
        ),
    };
    let Some(first) = failed.first() else {
        return Ok(if done > 0 {
            Answer::done(code::COPIED, ja, en)
        } else {
            Answer::refused(code::COPIED_BEFORE, ja, en)
        });
    };
    let count = failed.len();
    // Writing into a String never fails.
    let _ = write!(ja, "{count} 件は送れません: {}", first.ja);
    let _ = write!(en, " {count} could not be sent: {}", first.en);
    Ok(Answer::refused(&first.code, ja, en.trim_start()))
}

/// `last` is the 連番 of the copy before, so that no two have the same.
async fn one(
    context: &Arc<Context>,
    places: &AllPlaces,
    copy: &CopyOrder,
    last: &mut Option<FileSerial>,
    by: &str,
) -> Result<Copied, StoreError> {
    let row = match context.store.outgoing(copy.source).await {
        Ok(row) => row,
        Err(StoreError::NotFound) => return Ok(Copied::Failed(not_kept())),
        Err(error) => return Err(error),
    };
    let (Some(end), Some(_)) =
        (places.get(&row.office), context.config().peer(copy.partner).map(|peer| peer.office))
    else {
        return Ok(Copied::Failed(cannot_be_copied()));
    };
    let package = match context.store.outgoing_package(copy.source).await {
        Ok(package) => package,
        Err(StoreError::NotFound | StoreError::NoLongerKept) => {
            return Ok(Copied::Failed(not_kept()));
        }
        Err(error) if error.is_about_one_package() => return Ok(Copied::Failed(not_kept())),
        Err(error) => return Err(error),
    };
    let now = context.now();
    let highest = context.store.highest_serial(row.office, copy.partner).await?;
    let this = FileSerial::at(now);
    let after = highest.max(*last).and_then(FileSerial::next);
    let Some(serial) = this.max(after) else { return Ok(Copied::Failed(cannot_be_copied())) };
    let (limits, to, drop) = (context.package_limits(), *copy, end.drop.clone());
    let opened = blocking(move || open_again(package, &limits).ok()).await;
    let Some(package) = opened.flatten() else { return Ok(Copied::Failed(not_kept())) };
    let Some(names) = names(&package, to.partner, to.service_type, serial) else {
        return Ok(Copied::Failed(cannot_be_copied()));
    };
    let new = NewCopy {
        office: row.office,
        source: copy.source,
        recipient: row.partner,
        partner: copy.partner,
        serial,
    };
    if !context.store.note_copy(new, by.to_owned(), now).await? {
        return Ok(Copied::Before);
    }
    let laid = blocking(move || {
        drop.check()?;
        let files = package.files().map(|(_, bytes)| bytes.as_ref());
        let files: Vec<(&str, &[u8])> = names.iter().map(String::as_str).zip(files).collect();
        put_new(drop.path(), &files)
    });
    let fault = match laid.await {
        Some(Ok(())) => {
            *last = Some(serial);
            tracing::info!(office = %row.office, partner = %copy.partner, source = %copy.source, %serial,
                "the files of a package were laid into the drop folder for another partner");
            return Ok(Copied::Done);
        }
        Some(Err(error)) => not_laid(&error),
        None => internal(),
    };
    context.store.forget_copy(copy.source, copy.partner).await?;
    Ok(Copied::Failed(fault))
}

/// The names of the files of a package for another partner; nothing where one is none of the standard,
/// or a service type is needed and not given.
fn names(
    package: &Package,
    partner: OfficeNumber,
    service_type: Option<ServiceType>,
    serial: FileSerial,
) -> Option<Vec<String>> {
    let name = |name: &str| {
        let name = FileName::parse(name).ok()?;
        let service_types = match name.service_types {
            Some((sender, _)) => Some((sender, service_type?)),
            None => None,
        };
        Some(FileName { recipient: partner, service_types, serial, ..name }.to_string())
    };
    package.files().map(|(file, _)| name(&file.name)).collect()
}

fn not_kept() -> Answer {
    Answer::refused(
        code::NO_LONGER_KEPT,
        "元のパッケージが残っていないか、読み取れません。介護ソフトからその相手あてに書き出してください。",
        "the package is no longer kept, or cannot be read; export it for this partner in the care software",
    )
}

fn cannot_be_copied() -> Answer {
    Answer::refused(
        code::NOT_COPIED,
        "その相手あてのファイルにできません。介護ソフトからその相手あてに書き出してください。",
        "it cannot be made one for this partner; export it for this partner in the care software",
    )
}

fn not_laid(error: &FolderError) -> Answer {
    Answer::refused(error.code(), error.text(Lang::Ja), error.text(Lang::En))
}
