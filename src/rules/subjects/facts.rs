//! What the files of a usage slip leave behind for the judgement of their send unit: 第6表 予定,
//! 第7表, 利用者補足情報.

use std::collections::HashMap;

use crate::types::Severity;

use super::people::{Merge, People};
use super::person::{ItemNames, Person, Spot, Whose};

/// 第6表 予定.
#[derive(Debug, Default)]
pub(in crate::rules) struct PlanFacts {
    pub(in crate::rules) people: People<PlanPerson>,
    pub(in crate::rules) names: ItemNames,
    /// Records of one code, office and number of units; absent where there are too many.
    pub(in crate::rules) groups: Option<PlanGroups>,
    /// Users without a service of the recipient, each with サービス事業者コード of the first record.
    pub(in crate::rules) unrelated: Vec<(Person, Spot)>,
    /// The first service of the recipient, where none is of the type in the file name.
    pub(in crate::rules) other_type: Option<(Person, Spot)>,
    /// Of every record it is known whose it is.
    pub(in crate::rules) whole: bool,
}

/// A user of 第6表.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::rules) struct PlanPerson {
    /// The first record.
    pub(in crate::rules) first: Whose,
    /// ３０日超区分 of the first stay that has it.
    pub(in crate::rules) over_thirty: Option<Spot>,
    /// 前月までの短期入所利用日数 of the first stay.
    pub(in crate::rules) days_before: Option<(i64, Spot)>,
    /// A record could not be read in full: nothing is counted.
    pub(in crate::rules) torn: bool,
}

impl Merge for PlanPerson {
    fn merge(&mut self, later: Self) {
        self.over_thirty = self.over_thirty.or(later.over_thirty);
        self.days_before = self.days_before.or(later.days_before);
        self.torn |= later.torn;
    }
}

/// What records of 第6表 are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::rules) struct PlanKey {
    pub(in crate::rules) person: Person,
    pub(in crate::rules) office: [u8; 10],
    pub(in crate::rules) code: [u8; 6],
    pub(in crate::rules) units: i64,
    /// ３０日超区分 of a stay.
    pub(in crate::rules) over_thirty: bool,
}

/// Records of 第6表 that are counted together.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::rules) struct PlanGroup {
    /// サービス回数 in all.
    pub(in crate::rules) count: i64,
    /// 単位数 of the first record.
    pub(in crate::rules) units_spot: Spot,
    /// サービスコード of the first record.
    pub(in crate::rules) code_spot: Spot,
    /// サービス事業者コード of the first record.
    pub(in crate::rules) office_spot: Spot,
    /// サービス回数 of the last record where it is not 1.
    pub(in crate::rules) odd_count: Option<(i64, Spot)>,
}

/// The groups of a file as they were met: a key that comes back further down has several.
#[derive(Debug, Default, Clone)]
pub(in crate::rules) struct PlanGroups(Vec<(PlanKey, PlanGroup)>);

impl PlanGroups {
    pub(in crate::rules) fn add(&mut self, key: PlanKey, group: PlanGroup) {
        self.0.push((key, group));
    }

    pub(in crate::rules) const fn len(&self) -> usize {
        self.0.len()
    }

    /// Sorts by key and makes the groups of each key one.
    pub(in crate::rules) fn merge(&mut self) {
        self.0.sort_unstable_by_key(|(key, group)| (*key, group.code_spot.record));
        self.0.dedup_by(|(key, later), (known, first)| {
            let same = key == known;
            if same {
                first.count += later.count;
                first.odd_count = later.odd_count.or(first.odd_count);
            }
            same
        });
    }

    /// All of them, in the order of the last merge.
    pub(in crate::rules) fn as_slice(&self) -> &[(PlanKey, PlanGroup)] {
        &self.0
    }
}

/// 第7表.
#[derive(Debug, Default)]
pub(in crate::rules) struct SlipFacts {
    pub(in crate::rules) people: HashMap<Person, SlipPerson>,
    /// Users without 全合計 where others have nothing else: 第6表 knows whose numbers are wrong.
    pub(in crate::rules) lacking: Vec<Loose>,
    /// Users with nothing but sums.
    pub(in crate::rules) lone: Vec<Loose>,
    pub(in crate::rules) names: ItemNames,
    pub(in crate::rules) whole: bool,
}

/// A user of 第7表 some of whose rows seem to stand under another number.
#[derive(Debug, Clone, Copy)]
pub(in crate::rules) struct Loose {
    pub(in crate::rules) person: Person,
    /// Where the number stands that may be wrong, in the first row.
    pub(in crate::rules) number: Spot,
    /// サービスコード of the first row.
    pub(in crate::rules) code: [u8; 6],
    pub(in crate::rules) code_spot: Spot,
    /// The worst that a finding about a missing 全合計 can be.
    pub(in crate::rules) limit: Severity,
}

/// A user of 第7表.
#[derive(Debug, Default)]
pub(in crate::rules) struct SlipPerson {
    /// The first row.
    pub(in crate::rules) first: Whose,
    /// Some row has a finding, or could not be judged: nothing is counted.
    pub(in crate::rules) judged_bad: bool,
    /// How bad the finding is that says already that rows of this user are missing.
    pub(in crate::rules) reported: Option<Severity>,
    /// A stay has ３０日超区分.
    pub(in crate::rules) over_thirty: bool,
    /// 区分支給限度基準内単位数 of 全合計.
    pub(in crate::rules) within: Option<(i64, Spot)>,
    /// 前月までの利用日数.
    pub(in crate::rules) days_before: Option<(i64, Spot)>,
    pub(in crate::rules) rows: Vec<SlipRow>,
}

/// A service of 第7表.
#[derive(Debug, Clone, Copy)]
pub(in crate::rules) struct SlipRow {
    pub(in crate::rules) office: [u8; 10],
    pub(in crate::rules) code: [u8; 6],
    /// 割引後単位数, or else 単位数.
    pub(in crate::rules) units: Option<i64>,
    /// 単位数
    pub(in crate::rules) full_units: Option<i64>,
    pub(in crate::rules) count: Option<i64>,
    /// ３０日超区分 of a stay.
    pub(in crate::rules) over_thirty: bool,
    pub(in crate::rules) code_spot: Spot,
    pub(in crate::rules) office_spot: Spot,
    pub(in crate::rules) count_spot: Spot,
    pub(in crate::rules) units_spot: Spot,
}

/// 利用者補足情報 with a usage slip.
#[derive(Debug, Default)]
pub(in crate::rules) struct SupplementFacts {
    pub(in crate::rules) people: HashMap<Person, SupplementPerson>,
    pub(in crate::rules) names: ItemNames,
    pub(in crate::rules) whole: bool,
}

/// A user of 利用者補足情報.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::rules) struct SupplementPerson {
    /// The record.
    pub(in crate::rules) first: Whose,
    /// 区分支給限度基準額
    pub(in crate::rules) limit: Option<(i64, Spot)>,
    /// 入所前月迄利用日数
    pub(in crate::rules) days_before: Option<(i64, Spot)>,
}
