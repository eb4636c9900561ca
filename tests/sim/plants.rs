//! Defects that are planted on purpose: each is found within so many seeds.

use super::invariants::Kind;
use super::world;
use crate::types::Plant;

const SEEDS: u64 = 1_000;

/// Runs seeds until the defect shows, as one of these.
fn found(plant: Plant, expected: &[Kind]) {
    for seed in 1..=SEEDS {
        let outcome = world::run(seed, Some(plant));
        let mut shown = outcome.violations.iter();
        if let Some(violation) = shown.find(|violation| expected.contains(&violation.kind)) {
            println!("{plant:?} is found by seed {seed}: {violation}");
            return;
        }
    }
    panic!("{plant:?} is not found within {SEEDS} seeds");
}

#[test]
fn a_receipt_before_the_commit_is_found() {
    found(Plant::ReceiptBeforeCommit, &[Kind::Missing]);
}

#[test]
fn a_row_without_bytes_is_found() {
    found(Plant::RowWithoutBytes, &[Kind::ReceiptWithoutBytes]);
}

#[test]
fn folders_that_are_not_synced_are_found() {
    found(Plant::NoFolderSync, &[Kind::Lost, Kind::Twice, Kind::ReceiptWithoutBytes]);
}

#[test]
fn a_retry_with_a_new_id_is_found() {
    found(Plant::RetryWithNewId, &[Kind::Twice, Kind::Stuck, Kind::Lost]);
}

#[test]
fn placing_before_the_commit_is_found() {
    found(Plant::PlaceBeforeCommit, &[Kind::Twice]);
}

#[test]
fn a_relay_that_forgets_what_somebody_begins_to_fetch_is_found() {
    found(Plant::GoneAtFetch, &[Kind::Missing]);
}
