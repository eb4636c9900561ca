//! The same mistake in many records: the software makes it with everybody, so it is one finding,
//! with the number and the places of the others.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::types::Severity;

use super::finding::Finding;
use super::table::Rule;

/// In so few records each finding stands by itself.
const FEW: usize = 3;

/// What findings that are the same mistake have in common.
type Mistake = (Rule, Severity, Option<String>, Option<u16>, String, Option<String>);

/// Makes one finding of those that say the same, item and value included, in more than a few
/// records; the first stays. One that names other cells stays too: those are not the same. Says how
/// many went, by rule and severity.
pub(super) fn fold(findings: &mut Vec<Finding>) -> BTreeMap<(Rule, Severity), u64> {
    let mut gone = BTreeMap::new();
    if findings.len() <= FEW {
        return gone;
    }
    let mut mistakes: HashMap<Mistake, (BTreeSet<u64>, Vec<usize>)> = HashMap::new();
    for (index, finding) in findings.iter().enumerate() {
        let Some(record) = finding.place.record.filter(|_| finding.related.is_empty()) else {
            continue;
        };
        let (records, places) = mistakes.entry(mistake(finding)).or_default();
        records.insert(record);
        places.push(index);
    }
    let mut first: HashMap<usize, usize> = HashMap::new();
    for (_, places) in mistakes.into_values().filter(|(records, _)| records.len() > FEW) {
        if let [kept, others @ ..] = places.as_slice() {
            first.extend(others.iter().map(|other| (*other, *kept)));
        }
    }
    if first.is_empty() {
        return gone;
    }
    let mut kept: BTreeMap<usize, Finding> = BTreeMap::new();
    // The first of them comes before all others.
    for (index, finding) in std::mem::take(findings).into_iter().enumerate() {
        match first.get(&index).and_then(|first| kept.get_mut(first)) {
            Some(first) => {
                *gone.entry((finding.rule, finding.severity)).or_default() += 1;
                first.alike.push(finding.place);
            }
            None => {
                kept.insert(index, finding);
            }
        }
    }
    findings.extend(kept.into_values());
    gone
}

fn mistake(finding: &Finding) -> Mistake {
    (
        finding.rule,
        finding.severity,
        finding.place.file.clone(),
        finding.place.item,
        finding.message_ja.clone(),
        finding.value.as_ref().map(|value| value.text().to_owned()),
    )
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::super::finding::{Draft, Place};
    use crate::rules::{Options, Overrides, Profile, Report, Rule, SourceFile, check};
    use crate::spec::Spec;
    use crate::types::Severity;

    fn judge(people: u32, date: impl Fn(u32) -> &'static str) -> Report {
        let mut bytes = String::new();
        for person in 0..people {
            let _ = write!(bytes, "202407,131011,{:010},{}\r\n", 900_000 + person, date(person));
        }
        let name = "DLT1KYO_1370000018_43_1370000026_11_20260327090000.CSV";
        let files = [SourceFile { name, bytes: bytes.as_bytes() }];
        check(Spec::builtin().expect("consistent"), &files, &Options::default())
    }

    #[test]
    fn ten_people_with_one_mistake_are_one_finding() {
        let report = judge(10, |_| "20260231");
        let [finding] = report.findings.as_slice() else { panic!("{:?}", report.findings) };
        assert_eq!((finding.count(), report.counts.error), (10, 1));
        let records: Vec<_> = finding.places().filter_map(|place| place.record).collect();
        assert_eq!(records, (1..=10).collect::<Vec<_>>());
        assert!(report.to_json().contains("\"count\": 10"));
    }

    #[test]
    fn few_people_and_other_mistakes_stand_by_themselves() {
        assert_eq!(judge(3, |_| "20260231").findings.len(), 3);
        let report = judge(10, |person| if person == 4 { "20260230" } else { "20260231" });
        let counts: Vec<_> = report.findings.iter().map(super::Finding::count).collect();
        assert_eq!((counts, report.counts.error), (vec![9, 1], 2));
    }

    /// Where all that were kept are one mistake, so are those that were only counted.
    #[test]
    fn more_than_are_kept_are_still_one_finding() {
        let report = judge(1_500, |_| "20260231");
        let [finding] = report.findings.as_slice() else { panic!("{}", report.findings.len()) };
        assert_eq!((finding.count(), finding.places().count()), (1_500, 1_000));
        assert_eq!((report.omitted.len(), report.counts.error), (0, 1));
        let two = judge(1_500, |person| if person == 4 { "20260230" } else { "20260231" });
        assert_eq!((two.findings.len(), two.omitted[0].count, two.counts.error), (2, 500, 502));
    }

    fn plan(numbers: impl Iterator<Item = String>, options: &Options) -> Report {
        let records = numbers.map(|number| format!("202407,131011,{number},20260231\r\n"));
        let bytes: String = records.collect();
        let name = "DLT1KYO_1370000018_43_1370000026_11_20260327090000.CSV";
        let files = [SourceFile { name, bytes: bytes.as_bytes() }];
        check(Spec::builtin().expect("consistent"), &files, options)
    }

    /// Reports show the last three digits of a number, and nothing of one that cannot be read.
    #[test]
    fn records_are_told_apart_and_not_what_is_shown_of_people() {
        let same_end = (0..10).map(|person| format!("{:07}011", 900 + person));
        let unreadable = std::iter::repeat_n("00009x0011".to_owned(), 10);
        let of_dates = |report: &Report| {
            let dates = report.findings.iter().filter(|one| one.rule.code() == "L2-FMT-003");
            dates.map(super::Finding::count).collect::<Vec<_>>()
        };
        assert_eq!(of_dates(&plan(same_end, &Options::default())), [10]);
        assert_eq!(of_dates(&plan(unreadable, &Options::default())), [10]);
    }

    #[test]
    fn overrides_and_counts_have_the_same_number() {
        let text = "[[rule]]\ncode = \"L2-FMT-003\"\nseverity = \"off\"\nreason = \"x\"";
        let profile = Profile::Default(Overrides::parse(text).expect("well-formed"));
        let people = (0..10).map(|person| format!("{:010}", 900_000 + person));
        let report = plan(people, &Options { profile, ..Options::default() });
        assert_eq!((report.counts.silenced, report.overrides.rules[0].findings), (1, 1));
    }

    #[test]
    fn findings_that_name_other_cells_stay() {
        let place = |record| Place { record: Some(record), ..Place::default() };
        let finding =
            |record| Draft::place(place(record)).finish(Rule::UnrealDate, Severity::Error);
        let mut plain: Vec<_> = (1..=10).map(finding).collect();
        assert_eq!((super::fold(&mut plain).len(), plain.len()), (1, 1));
        let mut related: Vec<_> = (1..=10).map(finding).collect();
        related.iter_mut().zip(11..).for_each(|(one, other)| one.related.push(place(other)));
        assert_eq!((super::fold(&mut related).len(), related.len()), (0, 10));
    }
}
