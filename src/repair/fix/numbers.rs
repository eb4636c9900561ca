//! 第2表 with rows of the same numbers, which a receiver cannot keep apart (I-08): all rows of such a plan
//! are numbered anew, in the order in which they stand.

use std::collections::{BTreeMap, BTreeSet};

use crate::record::Record;
use crate::repair::change::{Changes, Reason};
use crate::repair::records::{put, records};
use crate::rules::Place;
use crate::spec::{KnownItem, Layout, Spec};
use crate::types::{FileKind, FileName};

const NUMBERS: [KnownItem; 3] =
    [KnownItem::IssueNumber, KnownItem::GoalNumber, KnownItem::HelpNumber];
const KEY: [KnownItem; 3] = [KnownItem::Insurer, KnownItem::Insured, KnownItem::PlanDate];
const GOALS: [KnownItem; 4] =
    [KnownItem::LongGoal, KnownItem::ShortGoal, KnownItem::LongPeriod, KnownItem::ShortPeriod];

/// The largest number (R-FLD-15).
const MOST: usize = 99;

/// Whose plan of which day.
type Key = Vec<Vec<u8>>;

/// What an outer number stands for: the number as it was, and the texts.
type Meaning = (Vec<u8>, Vec<Vec<u8>>);

/// One row.
struct Row {
    key: Key,
    numbers: [Vec<u8>; 3],
    issue: Vec<Vec<u8>>,
    goals: Vec<Vec<u8>>,
}

fn texts(layout: &Layout, record: &Record<'_>, items: &[KnownItem]) -> Vec<Vec<u8>> {
    items.iter().map(|item| record.item(layout.place(*item)).to_vec()).collect()
}

fn row(layout: &Layout, record: &Record<'_>) -> Row {
    Row {
        key: texts(layout, record, &KEY),
        numbers: NUMBERS.map(|item| record.item(layout.place(item)).to_vec()),
        issue: texts(layout, record, &[KnownItem::Issue]),
        goals: texts(layout, record, &GOALS),
    }
}

/// The copy with new numbers, and what was changed; nothing where no two rows have the same ones.
pub(super) fn renumbered(
    spec: &Spec,
    name: &str,
    bytes: &[u8],
    changes: &mut Changes,
) -> Option<Vec<u8>> {
    let parsed = FileName::parse(name).ok().filter(|name| name.kind == FileKind::Up2kyo)?;
    let mut rows: Vec<Row> = Vec::new();
    let read = records(spec, &parsed, bytes, |layout, record| {
        rows.push(row(layout, record));
        Ok(())
    });
    read.ok()?;
    let mut seen = BTreeSet::new();
    let collide: BTreeSet<&Key> = rows
        .iter()
        .filter(|row| !seen.insert((&row.key, &row.numbers)))
        .map(|row| &row.key)
        .collect();
    if collide.is_empty() {
        return None;
    }
    let mut plans: BTreeMap<&Key, Plan> = BTreeMap::new();
    let mut new: Vec<Option<[usize; 3]>> = Vec::with_capacity(rows.len());
    for row in &rows {
        let is_meant = collide.contains(&row.key);
        new.push(is_meant.then(|| plans.entry(&row.key).or_default().number(row)));
    }
    // A plan with more than can be numbered stays as it is, and the others with it.
    if new.iter().flatten().flatten().any(|number| *number > MOST) {
        return None;
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut given = new.into_iter();
    let written = records(spec, &parsed, bytes, |layout, record| {
        let numbers = given.next().flatten();
        let places = NUMBERS.map(|item| layout.place(item));
        for (place, span) in record.spans().iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            let raw = record.raw(*span);
            let level = places.iter().position(|number| *number == place);
            let number = level.and_then(|level| numbers.and_then(|all| all.get(level).copied()));
            let number = number.map(|number| number.to_string());
            match number.filter(|number| number.as_bytes() != raw) {
                Some(number) => {
                    put(&mut out, number.as_bytes(), *span);
                    let item = layout.items.get(place);
                    let at = || Place {
                        file: Some(name.to_owned()),
                        line: Some(record.line_of(*span)),
                        record: Some(record.number),
                        item: item.map(|item| item.number),
                        item_name: item.map(|item| item.name.clone()),
                        ..Place::default()
                    };
                    let item = item.map(|item| item.number);
                    changes.form((Reason::Renumbered, item), 1, at);
                }
                None => put(&mut out, raw, *span),
            }
        }
        out.extend_from_slice(b"\r\n");
        Ok(())
    });
    written.ok().map(|()| out)
}

/// The numbers that the rows of a plan got so far.
#[derive(Default)]
struct Plan {
    issues: Vec<Meaning>,
    /// By the number of the issue.
    goals: BTreeMap<usize, Vec<Meaning>>,
    helps: BTreeMap<(usize, usize), usize>,
}

impl Plan {
    fn number(&mut self, row: &Row) -> [usize; 3] {
        let [issue, goal, _] = &row.numbers;
        let issue = place(&mut self.issues, issue, &row.issue);
        let goal = place(self.goals.entry(issue).or_default(), goal, &row.goals);
        let help = self.helps.entry((issue, goal)).or_default();
        *help += 1;
        [issue, goal, *help]
    }
}

/// The number, from 1, of what stands under a number: the same texts under the same number are one,
/// and texts that are left out are those above.
fn place(known: &mut Vec<Meaning>, number: &[u8], texts: &[Vec<u8>]) -> usize {
    let is_blank = texts.iter().all(Vec::is_empty);
    let same = |(of, known): &Meaning| of == number && (is_blank || known == texts);
    let found = known.iter().rposition(same);
    found.unwrap_or_else(|| {
        known.push((number.to_vec(), texts.to_vec()));
        known.len() - 1
    }) + 1
}
