//! A set that a person downloaded from the WEB service and that came by renkei too is placed once: the
//! care software may have taken the files of the first one out of the import folder, so that nothing
//! there says that they were placed.

use super::super::context::Context;
use crate::package::Package;
use crate::store::{CameBefore, IncomingRow, StoreError, UnitFile};
use crate::transfer::IncomingState;
use crate::types::{CameBy, code};

/// Whether the files of a package were placed as those of one that came the other way: from the same
/// sender, for the same office, under the same 連番, with the same names and bytes. What renkei brings
/// once more after that was sent once more on purpose.
pub(super) async fn was_placed(
    context: &Context,
    row: &IncomingRow,
    package: &Package,
) -> Result<bool, StoreError> {
    let came = context.store.came_before(row.office, row.sender, row.serial).await?;
    let sent_twice = |other: &CameBefore| {
        other.id != row.id && other.came_by == CameBy::Renkei && other.detail == code::PLACED_BEFORE
    };
    if row.came_by == CameBy::Renkei && came.iter().any(sent_twice) {
        return Ok(false);
    }
    let placed: Vec<UnitFile> =
        came.into_iter().filter(|other| counts(other, row)).flat_map(|other| other.files).collect();
    let is_placed = |name: &str, sha256| {
        placed.iter().any(|file| file.sha256 == sha256 && file.name.eq_ignore_ascii_case(name))
    };
    Ok(!placed.is_empty() && package.files().all(|(file, _)| is_placed(&file.name, file.sha256)))
}

/// Whether another one came the other way, and was placed.
fn counts(other: &CameBefore, row: &IncomingRow) -> bool {
    let is_placed = matches!(other.state, IncomingState::Placed | IncomingState::HandedOver);
    let one_was_downloaded = other.came_by == CameBy::Web || row.came_by == CameBy::Web;
    other.id != row.id && is_placed && one_was_downloaded
}

/// Whether `next` has to wait for what becomes of one before it: they may be the same set.
pub(super) fn waits(before: &[IncomingRow], next: &IncomingRow) -> bool {
    before.iter().any(|row| row.serial == next.serial)
}
