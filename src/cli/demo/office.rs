//! An office of a demo.

use std::path::PathBuf;

use crate::types::OfficeNumber;

/// Where an office of the demo has what, and whom it knows.
pub(super) struct Office {
    pub(super) number: OfficeNumber,
    pub(super) partners: Vec<OfficeNumber>,
    pub(super) drop: PathBuf,
    pub(super) hold: PathBuf,
    pub(super) config: PathBuf,
}
