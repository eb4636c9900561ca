//! 第3表: one kind of entry per record, with its weekday and times (I-10, I-35).

use crate::types::FileKind;

use super::{Context, Facts, Findings, Judged, Rule, Subject, no};

/// 週間サービス, 日常生活上の活動, 週単位以外のサービス: the first and last item of each.
const GROUPS: [(usize, usize); 3] = [(no(6), no(9)), (no(10), no(12)), (no(13), no(13))];

struct Week;

pub(super) fn subject(context: &Context<'_>) -> Option<Box<dyn Subject>> {
    (context.layout.kind == FileKind::Up3kyo).then(|| Box::new(Week) as Box<dyn Subject>)
}

impl Subject for Week {
    fn rules(&self) -> &'static [Rule] {
        &[Rule::SeveralGroupsFilled, Rule::WeeklyEntryIncomplete, Rule::WeeklyEndNotAfterStart]
    }

    fn record(&mut self, record: &Judged<'_>, findings: &mut Findings) {
        if (no(6)..=no(13)).any(|place| record.good(place).is_none()) {
            return;
        }
        // Blanks around a value are no part of it.
        let value = |place: usize| record.good(place).unwrap_or_default();
        let filled = |place: &usize| !value(*place).is_empty();
        let first_filled = |(first, last): &(usize, usize)| (*first..=*last).find(filled);
        let mut groups = GROUPS.iter().filter(|group| first_filled(group).is_some());
        let (Some(group), next) = (groups.next(), groups.next()) else { return };
        if let Some((here, there)) = next.and_then(first_filled).zip(first_filled(group)) {
            findings
                .add(Rule::SeveralGroupsFilled, || record.at(here).related(record.at(there).place));
            return;
        }
        let (missing, start) = match group {
            (first, _) if *first == no(6) => {
                ((no(6)..=no(9)).find(|place| !filled(place)), Some((no(8), true)))
            }
            (first, _) if *first == no(10) => {
                // Getting up and going to bed have a time and no end.
                let text = (!filled(&no(10))).then_some(no(10));
                let time = (filled(&no(12)) && !filled(&no(11))).then_some(no(11));
                (text.or(time), Some((no(11), false)))
            }
            _ => (None, None),
        };
        if let Some(missing) = missing {
            findings.add(Rule::WeeklyEntryIncomplete, || {
                let there = first_filled(group).unwrap_or_default();
                record
                    .at(missing)
                    .related(record.at(there).place)
                    .with("item", record.name(missing))
            });
            return;
        }
        let Some((start, lasts)) = start else { return };
        let (from, to) = (value(start), value(start + 1));
        // A service takes time; examples show activities that begin and end at once.
        if !from.is_empty() && !to.is_empty() && (to < from || (lasts && to == from)) {
            findings.add(Rule::WeeklyEndNotAfterStart, || {
                record.at(start + 1).related(record.at(start).place)
            });
        }
    }

    fn end_file(self: Box<Self>, _: &mut Findings, _: &mut Facts) {}
}
