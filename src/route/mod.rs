//! Where an incoming send unit goes, and when its turn has come.
//!
//! The receiver is expected to process units in ascending 連番 whatever their kind, so that a
//! deletion followed by a new plan works (R-ORD-01). Partners send several packages at once, so
//! they may arrive out of order; the sequence number in each manifest shows the gaps.

mod order;

pub use order::{AfterGap, First, Turn, missing_since, turn};

use crate::types::FileKind;

/// Which of an office's import folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ImportFolder {
    /// Plans: 計画書, 利用票 (予定), 予防 files and their deletions.
    Plans,
    /// Actuals: 実績 and their deletions.
    Actuals,
}

/// The import folder for a unit that holds files of these kinds.
///
/// A unit with actuals holds nothing else (R-SET-S1, R-SET-S2), so one such file decides.
pub fn import_folder(kinds: impl IntoIterator<Item = FileKind>) -> ImportFolder {
    if kinds.into_iter().any(FileKind::is_actual) {
        ImportFolder::Actuals
    } else {
        ImportFolder::Plans
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actuals_have_their_own_folder() {
        assert_eq!(import_folder([FileKind::Upjsk]), ImportFolder::Actuals);
        assert_eq!(import_folder([FileKind::Dltjsk]), ImportFolder::Actuals);
        assert_eq!(import_folder([FileKind::Upplan, FileKind::Upsikyu]), ImportFolder::Plans);
        assert_eq!(import_folder([FileKind::Dlt1kyo]), ImportFolder::Plans);
    }
}
