//! 第3表: one kind of entry per record, with its weekday and times (I-10, I-35).

use crate::spec::KnownItem;
use crate::types::FileKind;

use super::declared::{Declared, New, Scope};
use super::{Context, Facts, Findings, Judged, Rule, Subject};

struct Week {
    /// 介護サービス内容, 曜日, and the times.
    service: [usize; 4],
    /// 主な日常生活上の活動, and the times.
    activity: [usize; 3],
    /// 週単位以外のサービス.
    other: usize,
}

pub(super) const SUBJECT: Declared = Declared {
    scopes: &[Scope::of(
        &[FileKind::Up3kyo],
        &[Rule::SeveralGroupsFilled, Rule::WeeklyEntryIncomplete, Rule::WeeklyEndNotAfterStart],
    )],
    new: New::OfLayout(new),
};

fn new(context: &Context<'_>) -> Box<dyn Subject> {
    let layout = context.layout;
    let service = [
        KnownItem::WeeklyService,
        KnownItem::Weekday,
        KnownItem::WeeklyStart,
        KnownItem::WeeklyEnd,
    ];
    let activity = [KnownItem::Activity, KnownItem::ActivityStart, KnownItem::ActivityEnd];
    Box::new(Week {
        service: service.map(|item| layout.place(item)),
        activity: activity.map(|item| layout.place(item)),
        other: layout.place(KnownItem::OtherService),
    })
}

impl Subject for Week {
    fn record(&mut self, record: &Judged<'_>, findings: &mut Findings) {
        let other = [self.other];
        let groups: [&[usize]; 3] = [&self.service, &self.activity, &other];
        if groups.into_iter().flatten().any(|place| record.good(*place).is_none()) {
            return;
        }
        // Blanks around a value are no part of it.
        let value = |place: usize| record.good(place).unwrap_or_default();
        let filled = |place: &usize| !value(*place).is_empty();
        let first_filled = |group: &[usize]| group.iter().copied().find(filled);
        let mut entries = groups.into_iter().filter_map(first_filled);
        let (Some(there), second) = (entries.next(), entries.next()) else { return };
        if let Some(here) = second {
            findings
                .add(Rule::SeveralGroupsFilled, || record.at(here).related(record.at(there).place));
            return;
        }
        let missing = self.missing(there, filled);
        if let Some(missing) = missing {
            findings.add(Rule::WeeklyEntryIncomplete, || {
                record
                    .at(missing)
                    .related(record.at(there).place)
                    .with("item", record.name(missing))
            });
            return;
        }
        let [.., service_start, service_end] = self.service;
        let [_, activity_start, activity_end] = self.activity;
        let (start, end, lasts) = if self.service.contains(&there) {
            (service_start, service_end, true)
        } else if self.activity.contains(&there) {
            (activity_start, activity_end, false)
        } else {
            return;
        };
        let (from, to) = (value(start), value(end));
        // A service takes time; examples show activities that begin and end at once.
        if !from.is_empty() && !to.is_empty() && (to < from || (lasts && to == from)) {
            findings.add(Rule::WeeklyEndNotAfterStart, || {
                record.at(end).related(record.at(start).place)
            });
        }
    }

    fn end_file(self: Box<Self>, _: &mut Findings, _: &mut Facts) {}
}

impl Week {
    /// The item that an entry lacks, of which one item is there.
    fn missing(&self, there: usize, filled: impl Fn(&usize) -> bool) -> Option<usize> {
        if self.service.contains(&there) {
            return self.service.into_iter().find(|place| !filled(place));
        }
        let [text, start, end] = self.activity;
        if self.activity.contains(&there) && !filled(&text) {
            return Some(text);
        }
        // Getting up and going to bed have a time and no end.
        (filled(&end) && !filled(&start)).then_some(start)
    }
}
