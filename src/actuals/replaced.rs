//! Holds 実績 against those whose place they take.

use std::collections::BTreeMap;

use super::read::{Code, Satellite, Use};
use super::state::Ledger;
use crate::contents::PersonKey;
use crate::types::Personal;

/// What 実績 of a month say of a person, beside what was said before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replaced {
    /// Who.
    pub key: PersonKey,
    /// 利用者氏名, where a file tells it.
    pub name: Option<Personal<String>>,
    /// Service by service.
    pub lines: Vec<ReplacedLine>,
}

/// One service of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplacedLine {
    /// サービスコード.
    pub code: String,
    /// サテライト枝番; empty of an office without.
    pub satellite: String,
    /// What was sent before; none where that had no such service.
    pub before: Option<Amount>,
    /// What these 実績 have; none where they have no such service.
    pub now: Option<Amount>,
}

/// How much of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Amount {
    /// サービス回数.
    pub count: u64,
    /// 単位数 times サービス回数.
    pub units: i64,
}

impl Replaced {
    /// What the 実績 of `now` replace in what `before` left of the same month, person by person in the
    /// order of the numbers: the records of one office and service type of a person go together
    /// (R-JSK-01). Who had none before is left out.
    pub fn of(before: Ledger<'_>, now: Ledger<'_>) -> Vec<Self> {
        let (_, mut former, _) = before.into_parts();
        let (_, people, _) = now.into_parts();
        let replaced = people.into_iter().filter_map(|(key, known)| {
            let mut old = former.remove(&key)?;
            let mut lines: BTreeMap<(Code, Satellite), [Option<Amount>; 2]> = BTreeMap::new();
            let mut is_replaced = false;
            for (service, uses) in known.actuals {
                let replaced = old.actuals.remove(&service).unwrap_or_default();
                is_replaced |= !replaced.is_empty();
                add(&mut lines, &replaced, 0);
                add(&mut lines, &uses, 1);
            }
            let lines = lines.into_iter().map(|((code, satellite), [before, now])| ReplacedLine {
                code: code.as_str().to_owned(),
                satellite: satellite.as_str().to_owned(),
                before,
                now,
            });
            let name = known.name.or(old.name);
            is_replaced.then(|| Self { key, name, lines: lines.collect() })
        });
        replaced.collect()
    }
}

/// Adds records to one side of the lines.
fn add(lines: &mut BTreeMap<(Code, Satellite), [Option<Amount>; 2]>, uses: &[Use], side: usize) {
    for used in uses {
        let line = lines.entry((used.code, used.satellite)).or_default();
        if let Some(place) = line.get_mut(side) {
            let amount = place.get_or_insert_default();
            amount.count += u64::from(used.count);
            amount.units += used.units * i64::from(used.count);
        }
    }
}
