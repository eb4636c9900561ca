//! Offices in the contents that are not the one of the file names (R-FLD-17): every file of a unit
//! repeats the same office, so that it is one mistake.

use std::collections::BTreeMap;

use crate::spec::Format;
use crate::types::OfficeNumber;

use super::finding::{Draft, Place, strayed};
use super::outcome::FileOutcome;
use super::table::Rule;
use super::units::Units;

/// By rule and office: the office of the file names, and the places.
type Strangers<'f> = BTreeMap<(Rule, &'f [u8]), (OfficeNumber, Vec<Place>)>;

/// The offices that are not the one of the file names: one finding per office and unit (I-36).
pub(super) fn check(members: &[&FileOutcome], units: &mut Units) {
    let mut strangers: Strangers<'_> = BTreeMap::new();
    for file in members {
        for stranger in &file.facts.strangers {
            let place = Place { file: Some(file.label.clone()), ..stranger.place.clone() };
            let (_, places) = strangers
                .entry((stranger.rule, &stranger.office))
                .or_insert_with(|| (stranger.wanted, Vec::new()));
            places.push(place);
        }
    }
    for ((rule, office), (wanted, places)) in strangers {
        let mut places = places.into_iter();
        let Some(first) = places.next() else { continue };
        units.run.insert(rule);
        units.findings.add(rule, || {
            let draft = Draft::place(first)
                .holding(office, strayed(office, Format::OfficeNumber))
                .with("sender", wanted)
                .with("manager", wanted);
            places.fold(draft, Draft::related)
        });
    }
}
