//! The stages in which a file is judged, each with the rules that it decides. What a report says
//! was run of a file are the rules of the stages that it got to; those of the others are blocked.

use crate::spec::{Layout, Spec};
use crate::types::{FileKind, FileName, MonthPart, ServiceMonth};

use super::rule::RuleSet;
use super::subjects::{self, Context};
use super::table::Rule;
use super::{form, items, name, version};

/// A stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The file name by itself.
    Name,
    /// A picture.
    Picture,
    /// Whether a text is in MS932 at all.
    Encoding,
    /// The form of the CSV.
    Form,
    /// CSVバージョン.
    Version,
    /// CSVバージョン against the month in the file name.
    Month,
    /// The items, and what ties them together.
    Items,
}

/// What is known of a file that says which rules it is subject to.
pub(super) struct Known<'s> {
    pub(super) spec: &'s Spec,
    pub(super) name: Option<&'s FileName>,
    pub(super) kind: Option<FileKind>,
    /// The layout of its records, or the one that its name lets expect.
    pub(super) layout: Option<&'s Layout>,
}

impl Stage {
    /// In their order.
    pub(super) const ALL: &'static [Self] = &[
        Self::Name,
        Self::Picture,
        Self::Encoding,
        Self::Form,
        Self::Version,
        Self::Month,
        Self::Items,
    ];

    /// The rules that it decides for a file; none where the file is not subject to it.
    pub(super) fn rules(self, file: &Known<'_>) -> RuleSet {
        match self {
            Self::Name => name::rules(file.name),
            Self::Picture if file.kind.is_some_and(FileKind::is_image) => {
                RuleSet::of(&[Rule::NotAJpeg, Rule::PictureCut])
            }
            Self::Encoding if file.layout.is_some() => RuleSet::of(&[
                Rule::Utf8Bom,
                Rule::Utf8Text,
                Rule::Utf16Text,
                Rule::OtherJapaneseEncoding,
                Rule::NotText,
            ]),
            Self::Form => RuleSet::of(form::RULES),
            Self::Version => RuleSet::of(version::RULES),
            Self::Month if file.month().is_some() => {
                RuleSet::of(&[Rule::CsvVersionOutsideItsMonths])
            }
            Self::Items => file.layout.map_or_else(RuleSet::default, |layout| {
                let mut rules = RuleSet::of(items::ENCODING_RULES);
                rules.extend(&items::rules(layout));
                rules.extend(&subjects::rules(&Context {
                    spec: file.spec,
                    layout,
                    name: file.name,
                }));
                rules
            }),
            Self::Picture | Self::Encoding | Self::Month => RuleSet::default(),
        }
    }

    /// The rules of several stages.
    pub(super) fn all_rules(stages: &[Self], file: &Known<'_>) -> RuleSet {
        let mut all = RuleSet::default();
        for stage in stages {
            all.extend(&stage.rules(file));
        }
        all
    }

    /// The rules that a file is subject to, which got to some stages: those of all stages where its
    /// records have a layout. A picture has none, nor has a kind that the edition does not know.
    pub(super) fn planned(reached: &[Self], file: &Known<'_>) -> RuleSet {
        let stages = if file.layout.is_some() { Self::ALL } else { reached };
        Self::all_rules(stages, file)
    }
}

impl Known<'_> {
    /// The month in the name.
    pub(super) fn month(&self) -> Option<ServiceMonth> {
        self.name.and_then(|name| name.month).and_then(MonthPart::month)
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::table::TABLE;
    use crate::rules::unit;

    use super::*;

    /// A rule that nothing decides would never be run, and no report would say so.
    #[test]
    fn every_rule_of_the_table_is_decided_somewhere() {
        let spec = Spec::builtin().expect("consistent");
        let mut decided = RuleSet::default();
        for kind in FileKind::ALL {
            decided.extend(&unit::planned(*kind));
            let month = if kind.has_month() { "_202604" } else { "" };
            let end = if kind.is_image() { "_0001.jpg" } else { ".CSV" };
            for way in ["1370000018_43_1370000026_11", "1370000026_11_1370000018_43"] {
                let name = format!("{kind}{month}_{way}_20260326111500{end}");
                let name = FileName::parse(&name).expect("a name");
                let layout = spec.layout(name.edition(), *kind);
                let known = Known { spec, name: Some(&name), kind: Some(*kind), layout };
                decided.extend(&Stage::all_rules(Stage::ALL, &known));
            }
        }
        for check in crate::rules::history::CHECKS {
            decided.extend(&RuleSet::of(check.rules));
        }
        let orphans: Vec<_> = TABLE
            .iter()
            .filter(|info| !decided.contains(info.rule))
            .map(|info| info.code)
            .collect();
        assert!(orphans.is_empty(), "{orphans:?}");
    }
}
