//! A warning hides no error: what an office is only warned of in one cell must not keep what is
//! wrong elsewhere from being told.

use std::collections::BTreeSet;

use ::renkei::rules::{self, Options, Report, Verdict};
use ::renkei::types::{Lang, Severity};

use crate::judging::{Dice, Set, change, is_csv, items, judge, records, replaced, valid};

fn errors(report: &Report) -> BTreeSet<&'static str> {
    let errors = report.findings.iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| finding.rule.code()).collect()
}

/// Puts a blank before or after a value.
fn padded(record: &[u8], item: usize, after: bool) -> Vec<u8> {
    let Some(range) = items(record).get(item).cloned() else { return record.to_vec() };
    let value = &record[range];
    replaced(record, item, &if after { [value, b" "] } else { [b" ", value] }.concat())
}

/// Changes what is only warned of, in most cases; how many records stand where stays the same.
fn odd_but_readable(set: &Set, dice: &mut Dice) -> Set {
    let mut set = set.clone();
    let names: Vec<String> = set.keys().filter(|name| is_csv(name)).cloned().collect();
    let name = &names[dice.below(names.len())];
    let mut records = records(&set[name]);
    let whole = dice.below(2) == 0;
    let item = dice.below(items(&records[0]).len());
    let one = dice.below(records.len());
    let after = dice.below(2) == 0;
    for (place, record) in records.iter_mut().enumerate() {
        if whole || place == one {
            *record = padded(record, item, after);
        }
    }
    set.insert(name.clone(), records.concat());
    set
}

/// Line ends and the ending of one name, in some cases.
fn otherwise_written(set: &mut Set, dice: &mut Dice) {
    let names: Vec<String> = set.keys().filter(|name| is_csv(name)).cloned().collect();
    let name = &names[dice.below(names.len())];
    let bytes = set.remove(name).expect("it was there");
    match dice.below(6) {
        0 => set.insert(name.replace(".CSV", ".csv"), bytes),
        1 => {
            let lf = bytes.into_iter().filter(|byte| *byte != b'\r').collect();
            set.insert(name.clone(), lf)
        }
        _ => set.insert(name.clone(), bytes),
    };
}

#[test]
fn what_is_only_warned_of_hides_no_error() {
    let valid = valid();
    let mut dice = Dice(11);
    let mut failed = 0;
    for number in 0..2_500_u64 {
        let plain = &valid[usize::try_from(number).expect("small") % valid.len()];
        let odd = odd_but_readable(plain, &mut dice);
        if !errors(&judge(&odd, &Options::default())).is_empty() {
            continue;
        }
        // The same change of both, by the same numbers; the odd one is what is told less of.
        let (mut plain, mut odd) = (plain.clone(), odd);
        change(&mut plain, &mut Dice(number));
        change(&mut odd, &mut Dice(number));
        otherwise_written(&mut odd, &mut dice);
        let (told, kept) = (judge(&plain, &Options::default()), judge(&odd, &Options::default()));
        if told.verdict == Verdict::Fail {
            let text = |report: &Report| rules::text(report, Lang::En, false);
            assert_eq!(kept.verdict, Verdict::Fail, "{}\n{}", text(&told), text(&kept));
            failed += 1;
        }
    }
    assert!(failed > 300, "{failed} sets with errors");
}

/// A cell of nothing but a blank is an empty one: that it is there is all there is to say.
#[test]
fn a_blank_in_an_empty_cell_is_no_content() {
    let valid = valid();
    let mut dice = Dice(7);
    for number in 0..1_500 {
        let plain = &valid[number % valid.len()];
        let mut odd = plain.clone();
        let names: Vec<String> = plain.keys().filter(|name| is_csv(name)).cloned().collect();
        let name = &names[dice.below(names.len())];
        let mut all = records(&plain[name]);
        let item = dice.below(items(&all[0]).len());
        for record in &mut all {
            if items(record).get(item).is_some_and(std::ops::Range::is_empty) {
                *record = replaced(record, item, b" ");
            }
        }
        odd.insert(name.clone(), all.concat());
        let rules = |set: &Set| {
            let report = judge(set, &Options::default());
            let warned = report.findings.iter().filter(|found| found.severity > Severity::Info);
            warned.map(|found| found.rule.code()).collect::<BTreeSet<_>>()
        };
        let mut told = rules(&odd);
        // Of blanks, and where the item has to be filled of what is missing, is told.
        told.retain(|code| !code.starts_with("L2-") && *code != "L1-CSV-011");
        assert!(told.is_subset(&rules(plain)), "{name} item {item}: {told:?}");
    }
}

/// 第7表 without 全合計, or without 小計, and a blank in サテライト枝番, in both editions.
#[test]
fn a_blank_in_one_cell_hides_no_missing_total() {
    for number in [1, 2, 8] {
        let (name, bytes) = slip(&valid()[number]).expect("a usage slip");
        let all = records(&bytes);
        let place = all.iter().position(|record| code(record) == b"999999").expect("a total");
        let mut without = all.clone();
        without.remove(place);
        let mut set = valid()[number].clone();
        set.insert(name.clone(), without.concat());
        let expected = errors(&judge(&set, &Options::default()));
        assert!(!expected.is_empty());
        let mut blank = without.clone();
        blank[0] = padded(&blank[0], 7, false);
        set.insert(name.clone(), blank.concat());
        assert_eq!(errors(&judge(&set, &Options::default())), expected);
    }
}

/// The file 第7表 of a set.
fn slip(set: &Set) -> Option<(String, Vec<u8>)> {
    let (name, bytes) = set.iter().find(|(name, _)| name.starts_with("UPSIKYU"))?;
    Some((name.clone(), bytes.clone()))
}

/// サービスコード of 第7表.
fn code(record: &[u8]) -> Vec<u8> {
    record[items(record)[8].clone()].to_vec()
}
