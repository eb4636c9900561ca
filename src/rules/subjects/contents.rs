//! What one item makes another need or not need, and rows that say nothing (I-31, I-34, I-41).

use crate::types::FileKind;

use super::{Context, Draft, Facts, Findings, Judged, Rule, Subject, no};

/// A code, the value of it that asks for a content, and the content.
struct Pair {
    code: usize,
    asks: &'static [u8],
    content: usize,
    /// Whether the standard wants the content to be there then.
    wanted: bool,
}

const fn pair(code: usize, asks: &'static [u8], content: usize) -> Pair {
    Pair { code: no(code), asks, content: no(content), wanted: true }
}

/// A content that only makes sense with the value but may be missing.
const fn only(code: usize, asks: &'static [u8], content: usize) -> Pair {
    Pair { wanted: false, ..pair(code, asks, content) }
}

struct Contents {
    pairs: &'static [Pair],
    /// The first and last number of the items of which one at least is filled; some ranges.
    filled: &'static [(usize, usize)],
    prevention: bool,
    rules: &'static [Rule],
}

/// The questions that 基本チェックリスト asks about each subject of UPYOBO.43 to 48.
const QUESTIONS: [u8; 6] = [5, 2, 3, 2, 3, 5];

pub(super) fn subject(context: &Context<'_>) -> Option<Box<dyn Subject>> {
    const BOTH: &[Rule] = &[Rule::ContentMissing, Rule::ContentNotAskedFor];
    const EMPTY: &[Rule] = &[Rule::RecordWithoutContent];
    const EMPTY_OR_NOT_ASKED: &[Rule] = &[Rule::RecordWithoutContent, Rule::ContentNotAskedFor];
    const PREVENTION: &[Rule] = &[Rule::ChecklistCountTooHigh, Rule::IssueWithoutBackground];
    type Parts = (&'static [Pair], &'static [(usize, usize)], bool, &'static [Rule]);
    let (pairs, filled, prevention, rules): Parts = match context.layout.kind {
        FileKind::Up1kyo => (const { &[pair(25, b"3", 26)] }, &[], false, BOTH),
        FileKind::Upkihon => (
            const { &[pair(8, b"03", 9), pair(12, b"02", 13), only(10, b"02", 11)] },
            &[],
            false,
            BOTH,
        ),
        FileKind::Up2kyo => (&[], &[(7, 7), (9, 12), (14, 14), (16, 20)], false, EMPTY),
        FileKind::Up3kyo => (&[], &[(6, 13)], false, EMPTY),
        FileKind::UpkihonSub1 => (&[], &[(5, 7)], false, EMPTY),
        FileKind::UpkihonSub2 => {
            (const { &[only(10, b"01", 11)] }, &[(5, 11)], false, EMPTY_OR_NOT_ASKED)
        }
        FileKind::UpyoboSub => (&[], &[(6, 9), (11, 13), (15, 17)], false, EMPTY),
        FileKind::Upyobo => (&[], &[], true, PREVENTION),
        FileKind::Uphosoku
        | FileKind::Upplan
        | FileKind::Upjsk
        | FileKind::Upsikyu
        | FileKind::UpkihonImage
        | FileKind::Dlt1kyo
        | FileKind::Dltplan
        | FileKind::Dltjsk
        | FileKind::Dltkihon
        | FileKind::Dltyobo => return None,
    };
    Some(Box::new(Contents { pairs, filled, prevention, rules }))
}

impl Subject for Contents {
    fn rules(&self) -> &'static [Rule] {
        self.rules
    }

    fn record(&mut self, record: &Judged<'_>, findings: &mut Findings) {
        if is_without_content(record, self.filled) {
            findings
                .add(Rule::RecordWithoutContent, || Draft::record(record.record, record.number));
        }
        for pair in self.pairs {
            let (Some(code), Some(content)) = (record.good(pair.code), record.good(pair.content))
            else {
                continue;
            };
            let rule = match (code == pair.asks, content.is_empty()) {
                (true, true) if pair.wanted => Rule::ContentMissing,
                (false, false) => Rule::ContentNotAskedFor,
                _ => continue,
            };
            findings.add(rule, || {
                record
                    .at(pair.content)
                    .related(record.at(pair.code).place)
                    .with("code", record.name(pair.code))
                    .with("asks", String::from_utf8_lossy(pair.asks))
            });
        }
        if self.prevention {
            check_prevention(record, findings);
        }
    }

    fn end_file(self: Box<Self>, _: &mut Findings, _: &mut Facts) {}
}

/// Whether all of some items are empty; none of nothing is.
pub(super) fn is_without_content(record: &Judged<'_>, ranges: &[(usize, usize)]) -> bool {
    let mut places = ranges.iter().flat_map(|(first, last)| no(*first)..*last);
    !ranges.is_empty() && places.all(|place| record.record.item(place).is_empty())
}

fn check_prevention(record: &Judged<'_>, findings: &mut Findings) {
    for (place, most) in (no(43)..).zip(QUESTIONS) {
        let count = record.good(place).and_then(|value| match value {
            [digit @ b'0'..=b'9'] => Some(digit - b'0'),
            _ => None,
        });
        if count.is_some_and(|count| count > most) {
            findings.add(Rule::ChecklistCountTooHigh, || record.at(place).with("most", most));
        }
    }
    for issue in [no(26), no(30), no(34), no(38)] {
        let background = issue + 1;
        let values = record.good(issue).zip(record.good(background));
        if values.is_some_and(|(issue, text)| issue == b"1" && text.is_empty()) {
            findings.add(Rule::IssueWithoutBackground, || {
                record.at(background).related(record.at(issue).place)
            });
        }
    }
}
