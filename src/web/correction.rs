//! What could be corrected of a held set by itself, as somebody has to see it before it is done.

use crate::folder::{HeldFile, files_digest};
use crate::repair::{self, Change, ChangeKind, FixOptions, change_text};
use crate::spec::Spec;
use crate::types::{Digest, Lang};

/// Changes that lose nothing which are shown of one file. Those that somebody has to approve are all
/// shown.
const LOSSLESS: usize = 100;

/// What could be corrected by itself.
pub(super) struct Correction {
    /// The changes, in words.
    pub(super) changes: Vec<(String, Vec<String>)>,
    /// How many are not shown.
    pub(super) omitted: u64,
    /// Whether similar characters have to be approved first.
    pub(super) asks: bool,
    /// Whether all are shown that have to be approved: only then somebody can.
    pub(super) may_be_approved: bool,
    /// Of the files as they are shown, see [`files_digest`].
    pub(super) files: Digest,
}

/// What `fix` would do with the files; nothing where it has nothing to do, or cannot do it.
pub(super) fn of(spec: &Spec, files: &[HeldFile], lang: Lang) -> Option<Correction> {
    let options = FixOptions { approve_shipped: true, ..FixOptions::default() };
    let mut found = Correction {
        changes: Vec::new(),
        omitted: 0,
        asks: false,
        may_be_approved: true,
        files: files_digest(files),
    };
    for (name, bytes) in files {
        let fixed = repair::fix(spec, name, bytes, &options);
        if fixed.bytes.as_ref()? == bytes {
            continue;
        }
        let counts = fixed.changes.counts;
        let (mut lines, mut approved, mut lossless, mut shown) = (Vec::new(), 0, 0, 0);
        for change in &fixed.changes.list {
            let is_approved = change.kind == ChangeKind::Approved;
            if is_approved {
                approved += change.count;
            } else if lossless < LOSSLESS {
                lossless += 1;
            } else {
                continue;
            }
            shown += change.count;
            // The button approves it, so nobody has yet.
            let kind = if is_approved { ChangeKind::Proposed } else { change.kind };
            lines.push(change_text(&Change { kind, ..change.clone() }, lang));
        }
        found.asks |= counts.approved > 0;
        found.may_be_approved &= approved >= counts.approved;
        found.omitted += counts.total().saturating_sub(shown);
        found.changes.push((name.clone(), lines));
    }
    (!found.changes.is_empty()).then_some(found)
}
