//! The family pictures of a send unit: named and not there, or there and not named (I-13).

use std::collections::BTreeSet;

use crate::types::{FileKind, FileName};

use super::finding::{Draft, Place};
use super::outcome::FileOutcome;
use super::table::Rule;
use super::units::{UnitCheck, Units};
use super::unnamed::Unnamed;

pub(super) const CHECK: UnitCheck = UnitCheck {
    kinds: &[FileKind::Upkihon, FileKind::UpkihonImage],
    rules: &[Rule::MissingImage, Rule::UnreferencedImage],
};

/// Findings that leave records, and the pictures they name, unread.
const UNREAD: &[Rule] = &[
    Rule::ImageNameDoesNotFit,
    Rule::WrongItemCount,
    Rule::StrayQuote,
    Rule::UnclosedQuote,
    Rule::RecordTooLong,
    Rule::MixedCsvVersions,
    Rule::UnknownCsvVersion,
];

/// Judges the files of a send unit; `unnamed` are the files of the folder whose names could not be
/// read and that explain nothing so far.
pub(super) fn check(members: &[&FileOutcome], unnamed: &mut Unnamed, units: &mut Units) {
    let of_kind = |kind| members.iter().filter(move |file| file.kind == Some(kind));
    let there: BTreeSet<&FileName> =
        of_kind(FileKind::UpkihonImage).filter_map(|file| file.name.as_ref()).collect();
    let mut named: BTreeSet<&FileName> = BTreeSet::new();
    // Where a name does not fit, or a record cannot be read, it may be what names a picture.
    let mut readable = of_kind(FileKind::Upkihon).next().is_some();
    let mut missing = 0_usize;
    for file in of_kind(FileKind::Upkihon) {
        readable &= file.run.contains(Rule::ImageNameDoesNotFit)
            && !UNREAD.iter().any(|rule| file.findings.has(*rule));
        for (picture, place) in &file.facts.pictures {
            named.insert(picture);
            if there.contains(picture) {
                continue;
            }
            // A picture whose own name cannot be read, which has a finding, is this one.
            if unnamed.take(FileKind::UpkihonImage) {
                continue;
            }
            missing += 1;
            units.run.insert(Rule::MissingImage);
            units.findings.add(Rule::MissingImage, || {
                let place = Place { file: Some(file.label.clone()), ..place.clone() };
                Draft::place(place).showing(&picture.to_string())
            });
        }
    }
    if !readable {
        return;
    }
    units.ran(&CHECK);
    let unreferenced = of_kind(FileKind::UpkihonImage)
        .filter(|file| file.name.as_ref().is_some_and(|name| !named.contains(name)));
    // A picture that stands under another number than the record names is missing under the one and
    // not named under the other: the finding that it is missing is enough.
    for file in unreferenced.skip(missing) {
        units.findings.add(Rule::UnreferencedImage, || Draft::named(&file.label));
    }
}
