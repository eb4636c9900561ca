//! One mistake that several findings are about: what the names or the first records of all files of
//! a send unit have wrong alike is told once, at the file on which the others hang, and a date that
//! other files contradict is not held against the dates beside it.

use std::collections::BTreeMap;

use crate::types::{FileSerial, OfficeNumber, ServiceType};

use super::collect::Findings;
use super::finding::{Finding, Place, Value};
use super::outcome::FileOutcome;
use super::table::Rule;

/// The rules that one setting of the software breaks in every file.
const RULES: &[Rule] = &[
    Rule::UnrealSerial,
    Rule::UnknownTypeInName,
    Rule::TypesPointTheWrongWay,
    Rule::SenderIsRecipient,
    Rule::UnknownCsvVersion,
    Rule::CsvVersionOf40,
    Rule::CsvVersionDoesNotFitName,
    Rule::CsvVersionOutsideItsMonths,
    Rule::MonthDiffersFromName,
];

/// Folder, sender, recipient, service types and 連番.
type UnitName =
    (String, OfficeNumber, OfficeNumber, Option<(ServiceType, ServiceType)>, FileSerial);

/// Folds the findings that the files of a unit share.
pub(super) fn fold(files: &mut [FileOutcome]) {
    let mut units: BTreeMap<UnitName, Vec<usize>> = BTreeMap::new();
    for (index, file) in files.iter().enumerate() {
        let Some(name) = &file.name else { continue };
        if RULES.iter().any(|rule| file.findings.count(*rule) == 1) {
            let key =
                (file.folder.clone(), name.sender, name.recipient, name.service_types, name.serial);
            units.entry(key).or_default().push(index);
        }
    }
    for mut members in units.into_values().filter(|members| members.len() > 1) {
        members.sort_by_key(|index| files.get(*index).and_then(|file| file.kind));
        for rule in RULES {
            fold_rule(files, &members, *rule);
        }
    }
}

fn fold_rule(files: &mut [FileOutcome], members: &[usize], rule: Rule) {
    let only = |index: &usize| files.get(*index)?.findings.only(rule);
    let Some((first, said)) = members.iter().find_map(|index| Some((*index, only(index)?))) else {
        return;
    };
    // The month of a name and the month of the contents: both are the same, or it is another
    // mistake. Elsewhere the message names the kind of file. What the files have alike shows in
    // the same record of each, the first; a record further down is a mistake of its own.
    let alike = |other: &Finding| {
        let text = rule != Rule::MonthDiffersFromName || other.message_ja == said.message_ja;
        let record = other.place.record == said.place.record;
        text && record
            && other.value.as_ref().map(Value::text) == said.value.as_ref().map(Value::text)
    };
    let others: Vec<usize> = members
        .iter()
        .copied()
        .filter(|index| *index != first && only(index).is_some_and(alike))
        .collect();
    let mut places: Vec<Place> = Vec::new();
    for index in others {
        let Some(file) = files.get_mut(index) else { continue };
        if let Some(found) = file.findings.only(rule) {
            places.push(Place { file: Some(file.label.clone()), ..found.place.clone() });
        }
        file.findings.keep_only(|other| other != rule);
    }
    if let Some(file) = files.get_mut(first) {
        file.findings.relate(rule, places);
    }
}

/// The rules about dates of one record.
const DATES: &[Rule] = &[
    Rule::CertificationReversed,
    Rule::CertifiedAfterItsEnd,
    Rule::FirstDateTooLate,
    Rule::ImplausibleBirthDate,
];

/// Forgets what dates of one record say about each other where the other files of the unit say
/// which of them is wrong.
pub(super) fn explain(files: &mut [FileOutcome], units: &Findings) {
    let joined = [Rule::ParentDiffers, Rule::MissingParent];
    let mut dated: BTreeMap<String, &mut FileOutcome> = files
        .iter_mut()
        .filter(|file| DATES.iter().any(|rule| file.findings.has(*rule)))
        .map(|file| (file.label.clone(), file))
        .collect();
    for finding in units.kept().iter().filter(|finding| joined.contains(&finding.rule)) {
        let label = finding.place.file.as_deref().unwrap_or_default();
        if let Some(file) = dated.get_mut(label) {
            file.findings.forget(DATES, &finding.place);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::{Options, Rule, SourceFile, check};
    use crate::spec::Spec;

    #[test]
    fn the_other_files_are_named_by_their_own_names() {
        let names = ["UP1KYO", "UP2KYO", "UP3KYO"]
            .map(|kind| format!("{kind}_1370000018_43_1370000026_11_20261326101500.CSV"));
        let files = names.each_ref().map(|name| SourceFile { name, bytes: b"" });
        let report = check(Spec::builtin().expect("consistent"), &files, &Options::default());
        let serials: Vec<_> =
            report.findings.iter().filter(|found| found.rule == Rule::UnrealSerial).collect();
        let [finding] = serials.as_slice() else { panic!("{serials:?}") };
        let [first, others @ ..] = &names;
        assert_eq!(finding.place.file.as_ref(), Some(first));
        let related: Vec<_> =
            finding.related.iter().filter_map(|place| place.file.clone()).collect();
        assert_eq!(related, others);
    }
}
