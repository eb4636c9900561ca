//! Whose former certificates are still believed when proof is looked at.

use std::collections::{BTreeMap, BTreeSet};

use super::setup;
use crate::node::Pins;
use crate::package::Limits;
use crate::package::evidence::{EvidenceFile, signed};
use crate::store::Store;

/// The certificates for which the store vouches: what lies in it was verified when it came, or
/// signed by us, so whoever signed it was believed at that time. A certificate with which anything
/// in `files` is signed that the store does not know is not among them: a key that was stolen since
/// can make no proof.
pub(super) fn vouched(
    store: &Store,
    files: &[EvidenceFile],
    limits: &Limits,
) -> anyhow::Result<Pins> {
    let signed = signed(files, limits);
    let runtime = setup::runtime()?;
    let mut accepted = BTreeMap::new();
    for id in signed.iter().map(|document| document.message_id).collect::<BTreeSet<_>>() {
        accepted.insert(id, runtime.block_on(store.accepted(id))?);
    }
    let (known, foreign): (Vec<_>, Vec<_>) = signed.into_iter().partition(|document| {
        accepted.get(&document.message_id).is_some_and(|known| known.contains(&document.sha256))
    });
    let foreign: BTreeSet<_> =
        foreign.into_iter().map(|document| document.certificate_sha256).collect();
    let mut pins = Pins::new();
    for document in known {
        if !foreign.contains(&document.certificate_sha256) {
            pins.entry(document.office).or_default().insert(document.certificate_sha256);
        }
    }
    Ok(pins)
}
