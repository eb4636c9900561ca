//! CSVバージョン: known, one per file, fitting the name and the month.

use crate::record::Record;
use crate::spec::{CsvVersion, Item, Spec, VersionState};
use crate::types::{Edition, ServiceMonth};

use super::collect::Findings;
use super::finding::{Draft, Place};
use super::table::Rule;

/// The rules of this module that every file is judged by.
pub(super) const RULES: &[Rule] = &[
    Rule::UnknownCsvVersion,
    Rule::CsvVersionOf40,
    Rule::MixedCsvVersions,
    Rule::CsvVersionDoesNotFitName,
];

/// The version of the first record, to which all others are held.
#[derive(Debug)]
pub(super) struct Version<'s> {
    value: Vec<u8>,
    /// The last record had the value.
    agreed: bool,
    known: Option<&'s CsvVersion>,
    place: Place,
    /// Something was said about versions that differ.
    mixed: bool,
    /// The edition whose layout was chosen although the version could not be read.
    assumed: Option<Edition>,
}

/// What a record's version says about the rest of the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// Its layout is that of the file.
    Same,
    /// Its layout is another or unknown: nothing more can be said about it.
    Other,
}

impl<'s> Version<'s> {
    /// Looks at the version of the first record.
    pub(super) fn first(
        spec: &'s Spec,
        record: &Record<'_>,
        number: u64,
        item: &Item,
        name: Option<Edition>,
        findings: &mut Findings,
    ) -> Self {
        let value = record.item(0);
        let span = record.spans().first().copied().unwrap_or_default();
        let at = || Draft::item(record, number, span, item);
        let known = spec.version(value);
        let mut mixed = false;
        match known {
            Some(version) => {
                if version.state == VersionState::Tolerated {
                    findings.add(Rule::CsvVersionOf40, || {
                        let current = version.edition.map_or("", Edition::csv_version);
                        at().with("expected", current)
                    });
                }
                match (version.edition, name) {
                    (Some(contents), Some(name)) if contents != name => {
                        // Records that do fit the name would be the same mistake again.
                        mixed = true;
                        findings.add(Rule::CsvVersionDoesNotFitName, || {
                            at().with("contents", contents.title()).with("name", name.title())
                        });
                    }
                    (Some(_), _) => {}
                    (None, _) => unknown(spec, findings, at),
                }
            }
            None if could_be_one(value) => unknown(spec, findings, at),
            // The item itself is malformed or empty, which is what its format will say.
            None => {}
        }
        Self { value: value.to_vec(), agreed: true, known, place: at().place, mixed, assumed: None }
    }

    /// Holds a later record to the first.
    ///
    /// The record before must have been held to it too, or have been the first.
    #[inline]
    pub(super) fn next(
        &mut self,
        spec: &'s Spec,
        record: &Record<'_>,
        number: u64,
        item: &Item,
        findings: &mut Findings,
    ) -> Fit {
        let unchanged = record.changed() & 1 == 0;
        if self.agreed && unchanged {
            return Fit::Same;
        }
        self.agreed = record.item(0) == self.value;
        if self.agreed { Fit::Same } else { self.differs(spec, record, number, item, findings) }
    }

    #[cold]
    fn differs(
        &mut self,
        spec: &'s Spec,
        record: &Record<'_>,
        number: u64,
        item: &Item,
        findings: &mut Findings,
    ) -> Fit {
        let value = record.item(0);
        let span = record.spans().first().copied().unwrap_or_default();
        let at = || Draft::item(record, number, span, item);
        match spec.version(value) {
            // The first record whose version fits the layout, after some that have none or a wrong
            // one.
            Some(version) if self.assumed.is_some() && self.assumed == version.edition => {
                value.clone_into(&mut self.value);
                self.known = Some(version);
                self.assumed = None;
                self.place = at().place;
                Fit::Same
            }
            Some(version) => {
                if !self.mixed && self.known.is_some() {
                    self.mixed = true;
                    findings.add(Rule::MixedCsvVersions, || {
                        let first = String::from_utf8_lossy(&self.value);
                        at().related(self.place.clone()).with("expected", first)
                    });
                }
                let same = self.known.is_some_and(|known| known.edition == version.edition);
                if same { Fit::Same } else { Fit::Other }
            }
            None if could_be_one(value) => {
                unknown(spec, findings, at);
                Fit::Other
            }
            None => Fit::Same,
        }
    }

    /// The layout of an edition is used although the version could not be read or says another.
    pub(super) const fn assume(&mut self, edition: Edition) {
        self.assumed = Some(edition);
    }

    /// The edition whose layout applies; none where the version is unknown.
    pub(super) fn edition(&self) -> Option<Edition> {
        self.known.and_then(|known| known.edition)
    }

    /// Whether the item was malformed rather than an unknown version.
    pub(super) fn is_malformed(&self) -> bool {
        self.known.is_none() && !could_be_one(&self.value)
    }

    /// Whether the version applies to the service month of the file (R-VER-03).
    pub(super) fn check_month(&self, spec: &Spec, month: ServiceMonth, findings: &mut Findings) {
        let Some(known) = self.known.filter(|known| known.edition.is_some()) else { return };
        let applies = spec.version_of_month(month);
        if let Some(applies) = applies.filter(|applies| applies.edition != known.edition) {
            findings.add(Rule::CsvVersionOutsideItsMonths, || {
                Draft::place(self.place.clone())
                    .with("month", month)
                    .with("expected", &applies.value)
            });
        }
    }
}

fn unknown(spec: &Spec, findings: &mut Findings, at: impl FnOnce() -> Draft) {
    findings.add(Rule::UnknownCsvVersion, || {
        let values: Vec<&str> =
            spec.current_versions().map(|version| version.value.as_str()).collect();
        at().with_both("expected", &values.join("、"), &values.join(", "))
    });
}

/// Whether the text has the form of a version.
fn could_be_one(value: &[u8]) -> bool {
    ServiceMonth::from_bytes(value).is_ok()
}
