//! The same mistake with many people: the software makes it with everybody, so it is one finding,
//! with the number and the places of the others.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::types::Severity;

use super::finding::Finding;
use super::table::Rule;

/// With so few people each finding stands by itself.
const FEW: usize = 3;

/// What findings that are the same mistake have in common.
type Mistake = (Rule, Severity, Option<String>, Option<u16>, String, Option<String>);

/// Makes one finding of those that say the same, item and value included, of more than a few people;
/// the first stays. Says how many went, by rule and severity.
pub(super) fn fold(findings: &mut Vec<Finding>) -> BTreeMap<(Rule, Severity), u64> {
    let mut gone = BTreeMap::new();
    if findings.len() <= FEW {
        return gone;
    }
    let mut mistakes: HashMap<Mistake, (BTreeSet<&str>, Vec<usize>)> = HashMap::new();
    for (index, finding) in findings.iter().enumerate() {
        let Some(person) = &finding.place.person else { continue };
        let (people, places) = mistakes.entry(mistake(finding)).or_default();
        people.insert(person);
        places.push(index);
    }
    let mut first: HashMap<usize, usize> = HashMap::new();
    for (_, places) in mistakes.into_values().filter(|(people, _)| people.len() > FEW) {
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

    use crate::rules::{Options, Report, SourceFile, check};
    use crate::spec::Spec;

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

    /// What is only counted may be anything.
    #[test]
    fn findings_that_are_only_counted_stay_counted() {
        let report = judge(1_500, |_| "20260231");
        assert_eq!((report.findings.len(), report.findings[0].count()), (1, 1_000));
        assert_eq!((report.omitted[0].count, report.counts.error), (500, 501));
    }
}
