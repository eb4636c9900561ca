//! Judging files of the standard: the rule table, the checks, the report.
//!
//! No IO, no clock: bytes in, a [`Report`] out. Care software can link this module.
//!
//! ```
//! use renkei::rules::{Options, SourceFile, check};
//! use renkei::spec::Spec;
//!
//! let files = [SourceFile {
//!     name: "DLT1KYO_1370000018_43_1370000026_11_20260327090000.CSV",
//!     bytes: b"202407,131011,0000900011,20260231\r\n",
//! }];
//! let report = check(Spec::builtin().expect("consistent"), &files, &Options::default());
//! assert!(report.has_errors());
//! assert_eq!(report.findings[0].rule.code(), "L2-FMT-003");
//! assert_eq!(report.findings[0].place.item, Some(4));
//! ```
//!
//! # How a file is judged
//!
//! `name` takes the file name apart; `sniff` looks for other encodings; [`record`](crate::record)
//! cuts the bytes into records, which `judge` takes; `version` holds each to the first; `items`
//! holds every item to its layout; `subjects` holds one file per subject that ties items and
//! records together; `unit` judges the files of a send unit: `clusters` and `completeness` by their
//! names, `usage_unit` and `joins` by what the subjects left behind, `withdrawals` those of a folder.
//!
//! One mistake gives one finding: a record with a wrong number of items is looked at no further,
//! nothing is concluded from an item that has a finding, a file in another encoding has only that
//! finding, and rules that could not be run are listed as such: each of the `stages` of a file, each subject
//! and each check of a unit says for which files it decides which rules.
//!
//! A new rule is a row in `table`, a check in `items` or a subject with its name in the list there,
//! and cases under `tests/conformance/cases/`.

mod alike;
mod catalogue;
mod clusters;
mod collect;
mod completeness;
mod coverage;
mod file;
mod finding;
mod form;
mod formats;
pub mod history;
mod items;
mod joins;
mod jpeg;
mod judge;
pub mod layout;
mod markdown;
mod name;
mod nearest;
mod offices;
mod options;
mod outcome;
mod overrides;
mod pictures;
mod places;
mod profile;
pub mod render;
mod report;
mod rule;
mod same;
mod selection;
mod set;
mod shape;
mod sniff;
mod stages;
mod subjects;
mod table;
mod titles;
mod unit;
mod units;
mod unnamed;
mod usage_unit;
mod version;
mod withdrawals;

pub use catalogue::{raised, rule_set, rule_set_number};
pub use coverage::coverage;
pub use finding::{Finding, Place, Value};
pub use markdown::markdown;
pub use options::Options;
pub use overrides::{Grade, Override, OverrideReport, Overrides, OverridesReport};
pub use profile::{Profile, ProfileName};
pub use render::text;
pub use report::{
    Counts, FileReport, NotRun, Omitted, Reason, Report, RulesReport, Tool, UnitReport, Verdict,
};
pub use rule::{Level, RuleInfo, RuleText};
pub use selection::{Selection, SelectionReport, UnknownPattern};
pub use set::{Checked, SetCheck};
pub use table::{Rule, TABLE};

use crate::spec::Spec;
use crate::types::Digest;

/// A file to judge.
#[derive(Clone, Copy)]
pub struct SourceFile<'a> {
    /// Its name; folders may stand before it, with `/`.
    pub name: &'a str,
    /// All its bytes.
    pub bytes: &'a [u8],
}

/// Judges files that are in memory; [`SetCheck`] is for larger ones.
pub fn check(spec: &Spec, files: &[SourceFile<'_>], options: &Options) -> Report {
    let mut check = SetCheck::new(spec, options.clone());
    for file in files {
        check.begin_file(file.name);
        check.feed(file.bytes);
        check.end_file();
    }
    check.finish()
}

/// The same for files whose digests are known, so that they are not hashed again.
pub fn check_known(spec: &Spec, files: &[(SourceFile<'_>, Digest)], options: &Options) -> Report {
    let mut check = SetCheck::new(spec, options.clone());
    for (file, sha256) in files {
        check.begin_known_file(file.name, *sha256);
        check.feed(file.bytes);
        check.end_file();
    }
    check.finish()
}
