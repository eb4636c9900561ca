//! Deletions that withdraw what the same set of files brings with an earlier 連番, which comes first
//! when it is imported (R-ORD-01).

use std::collections::HashMap;

use crate::types::{FileKind, FileSerial, OfficeNumber};

use super::finding::{Draft, Place};
use super::outcome::FileOutcome;
use super::subjects::person::{ItemNames, Person, Spot};
use super::subjects::{RecordKey, Service};
use super::table::Rule;
use super::units::{UnitCheck, Units};

/// A deletion and what it withdraws (R-REL-06, -07, -08, R-DEL-05, R-DEL-06).
const DELETIONS: [(FileKind, FileKind); 5] = [
    (FileKind::Dlt1kyo, FileKind::Up1kyo),
    (FileKind::Dltkihon, FileKind::Upkihon),
    (FileKind::Dltyobo, FileKind::Upyobo),
    (FileKind::Dltplan, FileKind::Upplan),
    (FileKind::Dltjsk, FileKind::Upjsk),
];

pub(super) const CHECK: UnitCheck = UnitCheck {
    kinds: &[DELETIONS[0].0, DELETIONS[1].0, DELETIONS[2].0, DELETIONS[3].0, DELETIONS[4].0],
    rules: &[Rule::DeletionAfterItsTarget],
};

/// What is withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Withdrawable {
    Plan(RecordKey),
    Service(Service),
}

/// Who sent it to whom, its kind, and what it is.
type Target = (OfficeNumber, OfficeNumber, FileKind, Withdrawable);

/// Who brings a target.
#[derive(Debug, Clone)]
struct Brought {
    first: FileSerial,
    last: FileSerial,
    /// The place in the file with the first serial.
    place: Place,
}

fn target_of(deletion: FileKind) -> Option<FileKind> {
    DELETIONS.iter().find(|(kind, _)| *kind == deletion).map(|(_, target)| *target)
}

/// Judges the files of a folder.
pub(super) fn check(files: &[FileOutcome], indices: &[usize], units: &mut Units) {
    let members = || indices.iter().filter_map(|index| files.get(*index));
    let deletions = || {
        members().filter_map(|file| {
            let name = file.name.as_ref()?;
            Some((file, name, target_of(name.kind)?))
        })
    };
    // Only what some deletion names is looked for.
    let mut brought: HashMap<Target, Option<Brought>> = HashMap::new();
    for (file, name, kind) in deletions() {
        if file.facts.keys.is_some() || file.facts.services.is_some() {
            units.ran(&CHECK);
        }
        for (what, _) in withdrawables(file) {
            brought.insert((name.sender, name.recipient, kind, what), None);
        }
    }
    if brought.is_empty() {
        return;
    }
    for file in members() {
        let Some(name) = &file.name else { continue };
        if !DELETIONS.iter().any(|(_, target)| *target == name.kind) {
            continue;
        }
        for (what, spot) in withdrawables(file) {
            let target = (name.sender, name.recipient, name.kind, what);
            let Some(known) = brought.get_mut(&target) else { continue };
            let serial = name.serial;
            let last = known.as_ref().map_or(serial, |known| known.last.max(serial));
            match known {
                Some(known) if known.first <= serial => known.last = last,
                _ => {
                    let place = place(file, what, spot);
                    *known = Some(Brought { first: serial, last, place });
                }
            }
        }
    }
    for (file, name, kind) in deletions() {
        let mut undone: Vec<(Spot, Withdrawable, &Brought)> = Vec::new();
        for (what, spot) in withdrawables(file) {
            let target = (name.sender, name.recipient, kind, what);
            let Some(Some(brings)) = brought.get(&target) else { continue };
            // What is sent again after the deletion stays.
            if brings.last < name.serial {
                undone.push((spot, what, brings));
            }
        }
        undone.sort_unstable_by_key(|(spot, ..)| spot.record);
        for (spot, what, brings) in undone {
            units.findings.add(Rule::DeletionAfterItsTarget, || {
                Draft::place(place(file, what, spot))
                    .with("kind", kind)
                    .related(brings.place.clone())
            });
        }
    }
}

/// What a file brings or withdraws, each with where it is said first.
fn withdrawables(file: &FileOutcome) -> impl Iterator<Item = (Withdrawable, Spot)> {
    let facts = &file.facts;
    let keyed = facts.keys.iter().flat_map(|keys| &keys.records);
    let plans = keyed.map(|(key, keyed)| {
        let [_, _, date] = keyed.parts;
        (Withdrawable::Plan(*key), date)
    });
    let services = facts.services.iter().flat_map(|services| &services.first);
    let services = services.map(|(service, spot)| (Withdrawable::Service(*service), *spot));
    let planned = facts.plan.iter().zip(facts.month).flat_map(|(plan, month)| {
        plan.people.iter().map(move |(person, known)| {
            (Withdrawable::Service(Service::planned(*person, month)), known.first.insured)
        })
    });
    plans.chain(services).chain(planned)
}

fn place(file: &FileOutcome, what: Withdrawable, spot: Spot) -> Place {
    let facts = &file.facts;
    let person = match &what {
        Withdrawable::Plan(key) => Person::of_key(key),
        Withdrawable::Service(service) => service.person,
    };
    let keys = facts.keys.as_ref().map(|keys| &keys.names);
    let services = facts.services.as_ref().map(|services| &services.names);
    let plan = facts.plan.as_ref().map(|plan| &plan.names);
    let names: Option<&ItemNames> = keys.or(services).or(plan);
    let place = names.map(|names| names.place_of(spot, person)).unwrap_or_default();
    Place { file: Some(file.label.clone()), ..place }
}
