//! How a claim ends without its files becoming a package of their own: as the store says.

use super::super::folders::DropFolders;
use super::super::judge;
use super::notes::{self, About};
use crate::folder::{Claim, FolderError, Kept, Released, Seen};
use crate::package::Manifest;
use crate::store::{HeldRow, PackedSet, UnitSummary};
use crate::types::{FileName, Lang, code};

use jiff::Timestamp;

/// Files of a claim of which copies lie in the hold folder: when their row is stored, they are to be
/// discarded.
pub(in super::super) struct CopiedToHold {
    pub(in super::super) row: HeldRow,
    /// As they were before they were copied.
    pub(in super::super) files: Vec<Seen>,
}

/// Gives a claim back to the drop folder. Files in whose place others have come are held.
pub(super) fn release(
    folders: &DropFolders,
    claim: &Claim,
    (lang, now): (Lang, Timestamp),
) -> Result<Option<CopiedToHold>, FolderError> {
    let unit = format!("{}-returned", claim.id());
    let note = notes::returned(lang);
    let files = claim.as_they_are();
    let Released { kept, .. } = claim.release(&folders.hold, &unit, &note.files())?;
    let Some(kept) = kept else { return Ok(None) };
    tracing::warn!(id = %claim.id(), "files are held: newer ones have come in their place");
    // A claim has files of one set.
    let name = claim.files().iter().find_map(|file| FileName::parse(file.name()).ok());
    let row = HeldRow {
        at: now,
        office: folders.office,
        partner: name.as_ref().map(|name| name.recipient),
        serial: name.as_ref().map(|name| name.serial),
        unit: UnitSummary::default(),
        reason: code::OVERTAKEN_IN_DROP.to_owned(),
        folder: folder_name(&kept),
    };
    Ok(Some(CopiedToHold { row, files }))
}

/// The folder of a kept set as its row has it.
pub(super) fn folder_name(kept: &Kept) -> String {
    kept.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Ends a claim that was left in the work folder: `packed` is what the store made of it.
pub(in super::super) fn end_claim(
    folders: &DropFolders,
    claim: &Claim,
    packed: Option<&PackedSet>,
    at: (Lang, Timestamp),
) -> Result<Option<CopiedToHold>, FolderError> {
    match packed {
        Some(packed) => let_go(folders, claim, packed, at),
        None => release(folders, claim, at),
    }
}

/// Lets the files of a durable package go. Those that somebody wrote to since they were read are not
/// what was signed: they go to the hold folder.
fn let_go(
    folders: &DropFolders,
    claim: &Claim,
    packed: &PackedSet,
    (lang, now): (Lang, Timestamp),
) -> Result<Option<CopiedToHold>, FolderError> {
    // The files of a converted set are others than those that were signed. The one of an attachment has
    // another name in its package.
    let is_signed = |name: &str| match packed.unit.is_copied() {
        true => None,
        false if packed.unit.kind == Manifest::ATTACHMENTS => packed.unit.files.first(),
        false => packed.unit.files.iter().find(|file| file.name == name),
    };
    // Before they are looked at: what is written to them from now on shows when they are discarded.
    let files = claim.as_they_are();
    let changed = claim.changed(|name| is_signed(name).map(|file| (file.size, file.sha256)))?;
    if changed.is_empty() {
        return claim.finish().map(|()| None);
    }
    let signed: Vec<(String, u64)> = changed
        .iter()
        .map(|file| {
            let size = is_signed(file.name()).map_or(file.stamp().size(), |signed| signed.size);
            (file.name().to_owned(), size)
        })
        .collect();
    let (partner, serial) = (packed.partner, packed.serial);
    let unit = format!("{}-changed", judge::unit_name(serial, folders.office, partner));
    let note = notes::changed(About { partner, serial, lang }, &signed);
    let kept = claim.copy(&changed, &folders.hold, &unit, &note.files())?;
    let office = folders.office;
    tracing::warn!(%office, %partner, %serial,
        "files were changed after they were packed: the partner gets what they were before");
    let row = HeldRow {
        at: now,
        office,
        partner: Some(partner),
        serial: Some(serial),
        unit: packed.unit.clone(),
        reason: code::CHANGED_AFTER_PACKING.to_owned(),
        folder: folder_name(&kept),
    };
    Ok(Some(CopiedToHold { row, files }))
}
