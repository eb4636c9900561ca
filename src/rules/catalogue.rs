//! The version of the rule set.

use std::sync::OnceLock;

use crate::spec::Spec;
use crate::types::{Digest, DigestBuilder};

use super::table::TABLE;

/// The digest over everything that decides about a verdict and is data: the rule table and the
/// tables of the standard.
pub fn rule_set(spec: &Spec) -> Digest {
    // A node judges thousands of sets by the same tables.
    static FIRST: OnceLock<(Digest, Digest)> = OnceLock::new();
    let (of, digest) = FIRST.get_or_init(|| (spec.digest(), compute(spec)));
    if *of == spec.digest() { *digest } else { compute(spec) }
}

/// Every rule set that there was, as `number,sha256`, the newest last.
const NUMBERS: &str = include_str!("rule_sets.csv");

/// The number of the rule set, which is greater the newer it is; none where the tables are not the
/// built-in ones.
pub fn rule_set_number(spec: &Spec) -> Option<u32> {
    let digest = rule_set(spec);
    numbers(NUMBERS).filter(|(_, known)| *known == digest).map(|(number, _)| number).last()
}

/// The list of rule sets with the present one as the newest: its number is raised. For changes of
/// the tables, and of code that changes verdicts.
pub fn raised(list: &str, spec: &Spec) -> String {
    let next = numbers(list).last().map_or(1, |(number, _)| number + 1);
    format!("{}\n{next},{}\n", list.trim_end(), rule_set(spec))
}

fn numbers(list: &str) -> impl Iterator<Item = (u32, Digest)> {
    let row = |line: &str| {
        let (number, digest) = line.trim().split_once(',')?;
        Some((number.parse().ok()?, digest.parse().ok()?))
    };
    list.lines().skip(1).filter_map(row)
}

fn compute(spec: &Spec) -> Digest {
    let mut builder = DigestBuilder::new();
    builder.update(spec.digest().as_raw());
    for info in &TABLE {
        let (level, severity, since) =
            (info.level.as_str(), info.severity.as_str(), info.since.as_str());
        let mut cells =
            vec![info.code, info.name, level, severity, since, info.clause, info.bad, info.good];
        for text in [&info.ja, &info.en] {
            cells.extend([text.message, text.why, text.fix]);
        }
        for cell in cells {
            builder.update(cell.as_bytes());
            builder.update(b"\n");
        }
    }
    builder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_was_raised_with_the_rules() {
        let spec = Spec::builtin().expect("consistent");
        let rows: Vec<_> = numbers(NUMBERS).collect();
        let (number, digest) = *rows.last().expect("a row");
        assert_eq!(
            digest,
            rule_set(spec),
            "the rules changed: raise their number with renkei dev rule-set, which adds a row"
        );
        assert_eq!(rule_set_number(spec), Some(number));
        // No row is left out or changed by hand into nothing.
        assert_eq!(rows.len() + 1, NUMBERS.lines().count());
        assert!(rows.iter().zip(1..).all(|((number, _), place)| *number == place), "{rows:?}");
    }

    #[test]
    fn raising_adds_a_row() {
        let spec = Spec::builtin().expect("consistent");
        let digest = rule_set(spec);
        let first = raised("number,sha256\n", spec);
        assert_eq!(first, format!("number,sha256\n1,{digest}\n"));
        assert_eq!(raised(&first, spec), format!("{first}2,{digest}\n"));
    }
}
