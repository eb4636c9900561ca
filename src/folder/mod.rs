//! Drop, work, hold and import folders on disk.
//!
//! ```text
//! drop ─▶ scan ─▶ settle ─▶ claim (work) ─┬─▶ read, sent on ─▶ finish
//!                                         ├─▶ refused ───────▶ hold/<unit>/ with its reports
//!                                         └─▶ not ours yet ──▶ back into drop
//! import ◀─ place (staged, then renamed one by one, never over an existing file)
//! downloads ─▶ read where they lie, and left alone
//! ```
//!
//! Every name, link and byte in these folders is written by somebody else. A name is used only
//! after [`check_name`] took it; links are never followed; what is opened is a plain file or
//! nothing. All calls block: a daemon makes them on threads of their own.
//!
//! # Storage
//!
//! Nothing appears under a final name before its bytes are on disk ([`disk`](crate::disk)), and it
//! gets that name without overwriting. What a crash left under a hidden name is removed when the
//! folder is opened again, so each is opened once, before the work in it begins. What carries a [`MessageId`](crate::types::MessageId)
//! survives, so that the work can go on: a claim in the work folder and a staged set in the import
//! folder.
//!
//! Folders on network shares work as long as the share can rename without overwriting (the check
//! at opening tells), but a share may report times late and lose the last writes when it is cut
//! off: [`on_network_share`] lets the caller warn.
//!
//! # Errors
//!
//! Every fault is a [`FolderError`]: which folder, doing what, with which file, and why, as a
//! stable [`Fault`]. None of them names a person: a file name that is not one of the standard is
//! masked ([`ShownName`]).

mod attachment_drop;
mod attachment_folder;
mod claim;
mod downloads;
mod error;
mod give_back;
mod held_files;
mod import_folder;
pub mod lay;
mod look;
mod name;
mod outbox;
mod place;
mod probe;
mod put_new;
mod scan;
mod settle;
mod unit_folder;
mod volume;
mod watch;
mod writers;

pub use attachment_drop::{Lot, Lots};
pub use attachment_folder::{Attached, AttachmentFolder, ROOT as ATTACHMENTS};
pub use claim::{Claim, ClaimedFile, DropFolder, Released, Unclaimed};
pub use downloads::{Downloads, Meant, Misnamed, is_nearly_of_the_standard};
pub use error::{Action, Fault, FolderError, FolderRole};
pub use give_back::{GivenBack, give_back, remove_copies, remove_set};
pub use held_files::{HeldFile, correct_held, files_digest, read_held, remove_originals};
pub use import_folder::{ImportFolder, Placement, Staged};
pub use look::{look, look_for_one_volume, look_or_above};
pub use name::{OddReason, ShownName, check_name};
pub use outbox::{Outbox, OutboxPlace};
pub use place::{FolderId, Marked, Place, is_marked};
pub use put_new::put_new;
pub use scan::{Odd, Scan, ScanLimits, Seen, Stamp, scan, scan_but};
pub use settle::{Settled, Settler};
pub use unit_folder::{Kept, UnitFolder};
pub use volume::on_network_share;
pub use watch::{Hint, Watch};
pub use writers::{Writers, Writing};

/// How the property tests of this module run.
#[cfg(test)]
fn law() -> proptest::test_runner::Config {
    proptest::test_runner::Config { cases: 64, failure_persistence: None, ..Default::default() }
}
