//! 福祉用具: TAISコード, 福祉用具届出コード, 明細判別コード (R-FLD-02, R-FLD-03; README ).

use crate::spec::KnownItem;
use crate::types::{Edition, FileKind};

use super::declared::{Declared, New, Scope};
use super::person::{ItemNames, Person, PersonItems, Spot, number};
use super::prints::Prints;
use super::{Context, Draft, Facts, Findings, Judged, Places, Rule, Severity, Subject};

/// What an article is told by.
const ARTICLE: [KnownItem; 3] =
    [KnownItem::TaisCode, KnownItem::NotifiedCode, KnownItem::ArticleName];

/// More records of equipment than a region rents; beyond them numbers are not compared.
const MOST_NUMBERS: usize = 1_000_000;

struct Equipment {
    code: usize,
    /// TAISコード and 福祉用具届出コード (V4.1).
    codes: Option<(usize, usize)>,
    numbers: Option<Numbers>,
    /// What makes a record one of equipment or none.
    all: Places,
    /// The last record was one of equipment, and each of these counts.
    rented: bool,
}

/// 明細判別コード of 第6表.
struct Numbers {
    number: usize,
    /// サービス利用日.
    day: usize,
    person: PersonItems,
    /// 単位数, サービス事業者コード, サテライト枝番.
    key: Vec<usize>,
    /// The codes and the name of an article.
    article: Vec<usize>,
    names: ItemNames,
    prints: Prints,
    /// 実績 may lack an article that was planned.
    actual: bool,
    seen: Vec<Numbered>,
}

/// A record of 福祉用具貸与 with the records that it is numbered among.
#[derive(Debug, Clone, Copy)]
struct Numbered {
    group: u64,
    /// The article itself: two alike are a repeated record, and no matter of numbers.
    article: u64,
    number: Option<u8>,
    day: [u8; 2],
    spot: Spot,
    person: Person,
}

pub(super) const SUBJECT: Declared = Declared {
    scopes: &[
        Scope::of(
            &[FileKind::Upplan, FileKind::Upjsk, FileKind::Upsikyu],
            &[Rule::EquipmentWithoutCode, Rule::BothEquipmentCodes, Rule::EquipmentCodeElsewhere],
        )
        .since(Edition::V4_1),
        Scope::of(
            &[FileKind::Upplan, FileKind::Upjsk],
            &[Rule::DetailNumberElsewhere, Rule::DetailNumbersOutOfSequence],
        ),
    ],
    new: New::OfLayout(new),
};

fn new(context: &Context<'_>) -> Box<dyn Subject> {
    let layout = context.layout;
    let codes = layout.find(KnownItem::TaisCode).zip(layout.find(KnownItem::NotifiedCode));
    let numbers = layout.find(KnownItem::DetailNumber).map(|number| Numbers {
        number,
        day: layout.place(KnownItem::ServiceDay),
        person: PersonItems::of(layout),
        key: vec![
            layout.place(KnownItem::Units),
            layout.place(KnownItem::ServiceOffice),
            layout.place(KnownItem::Satellite),
        ],
        article: layout.places(&ARTICLE).collect(),
        names: ItemNames::of(layout),
        prints: Prints::new(),
        actual: layout.kind == FileKind::Upjsk,
        seen: Vec::new(),
    });
    let code = layout.place(KnownItem::ServiceCode);
    let number = numbers.as_ref().map(|numbers| numbers.number);
    let all = codes.into_iter().flat_map(|(one, two)| [one, two]);
    let all = all.chain(number).chain([code]).collect();
    Box::new(Equipment { code, codes, numbers, all, rented: false })
}

impl Subject for Equipment {
    fn record(&mut self, record: &Judged<'_>, findings: &mut Findings) {
        self.rented = false;
        let Some(code) = record.good(self.code) else { return };
        let Some((kind, rest)) = code.split_at_checked(2) else { return };
        if matches!(rest, b"AAAA" | b"EEEE" | b"ZZZZ") || code == b"999999" {
            return;
        }
        let rented = matches!(kind, b"17" | b"67");
        self.rented = rented;
        if let Some((tais, notified)) = self.codes {
            check_codes(record, rented, (self.code, tais, notified), findings);
        }
        let Some(numbers) = &mut self.numbers else { return };
        let Some(value) = record.good(numbers.number) else { return };
        if rented {
            numbers.keep(record, code, value);
        }
        if kind != b"17" && !value.is_empty() {
            // The source names 17 only; for 67 it is accepted.
            let limit = if rented { Severity::Info } else { record.limit(numbers.number) };
            findings.add_at_most(Rule::DetailNumberElsewhere, limit, || {
                record
                    .at(numbers.number)
                    .related(record.at(self.code).place)
                    .with("type", String::from_utf8_lossy(kind))
            });
        }
    }

    fn rests_on(&self) -> Option<Places> {
        (!self.rented).then_some(self.all)
    }

    fn end_file(self: Box<Self>, findings: &mut Findings, _: &mut Facts) {
        if let Some(numbers) = self.numbers {
            numbers.judge(findings);
        }
    }
}

fn check_codes(
    record: &Judged<'_>,
    rented: bool,
    (code, tais, notified): (usize, usize, usize),
    findings: &mut Findings,
) {
    let filled = |place| record.good(place).is_none() || !record.is_empty(place);
    match (filled(tais), filled(notified)) {
        (false, false) if rented => {
            // 加算 belong to no single article; the source makes no exception for them.
            let article = record.good(code).and_then(|code| code.get(2)) == Some(&b'1');
            let limit = if article { Severity::Error } else { Severity::Info };
            findings.add_at_most(Rule::EquipmentWithoutCode, limit, || {
                record.at(tais).related(record.at(notified).place).related(record.at(code).place)
            });
        }
        (true, true) if rented => findings
            .add(Rule::BothEquipmentCodes, || record.at(notified).related(record.at(tais).place)),
        (false, false) | (true, _) | (_, true) if rented => {}
        (false, false) => {}
        (first, _) => {
            let place = if first { tais } else { notified };
            findings.add(Rule::EquipmentCodeElsewhere, || {
                record.at(place).related(record.at(code).place)
            });
        }
    }
}

impl Numbers {
    fn keep(&mut self, record: &Judged<'_>, code: &[u8], value: &[u8]) {
        if self.seen.len() >= MOST_NUMBERS {
            return;
        }
        let Some(person) = self.person.read(record) else { return };
        let Some(day) = record.good(self.day).and_then(|day| day.get(6..8)) else { return };
        let mut print = self.prints.begin();
        print.add(person.as_bytes());
        print.add(code);
        for place in &self.key {
            let Some(part) = record.good(*place) else { return };
            print.add(part);
        }
        let number = number(value).and_then(|number| u8::try_from(number).ok());
        let day = [day.first().copied().unwrap_or(0), day.get(1).copied().unwrap_or(0)];
        let spot = Spot::of(record, self.number);
        let mut article = self.prints.begin();
        for place in &self.article {
            article.add(record.record.item(*place).trim_ascii());
        }
        self.seen.push(Numbered {
            group: print.finish(),
            article: article.finish(),
            number,
            day,
            spot,
            person,
        });
    }

    fn judge(mut self, findings: &mut Findings) {
        self.seen
            .sort_unstable_by_key(|seen| (seen.group, seen.number, seen.day, seen.spot.record));
        let mut strangers: Vec<(Numbered, u8, bool)> = self
            .seen
            .chunk_by(|a, b| a.group == b.group)
            .filter_map(|group| {
                let (seen, expected) = first_stranger(group, self.actual)?;
                Some((seen, expected, group.len() == 1))
            })
            .collect();
        strangers.sort_unstable_by_key(|(seen, _, _)| seen.spot.record);
        for (seen, expected, alone) in strangers {
            // No number of a sequence from 1, wherever it stands.
            let alone = alone && seen.number != Some(0);
            let limit = if alone { Severity::Info } else { Severity::Warning };
            findings.add_at_most(Rule::DetailNumbersOutOfSequence, limit, || {
                let got = seen.number.map_or_else(String::new, |number| number.to_string());
                let draft = Draft::place(self.names.place_of(seen.spot, seen.person))
                    .with("expected", expected);
                if got.is_empty() {
                    draft.with_both("got", "空", "empty")
                } else {
                    draft.with("got", got)
                }
            });
        }
    }
}

/// The record of a group, sorted by number, whose number breaks the sequence from 1, and the number
/// that was expected there.
fn first_stranger(group: &[Numbered], gaps_are_fine: bool) -> Option<(Numbered, u8)> {
    let empty = group.iter().take_while(|seen| seen.number.is_none()).count();
    let (empty, numbered) = group.split_at_checked(empty)?;
    let used: Vec<&[Numbered]> = numbered.chunk_by(|a, b| a.number == b.number).collect();
    // Articles that lack their number take one too, unless none has any.
    let count = u8::try_from(used.len() + empty.len()).ok()?;
    let free = |number: &u8| !numbered.iter().any(|seen| seen.number == Some(*number));
    for same in &used {
        // The same article may come again on another day; another one needs its own number.
        let twice = same.windows(2).find_map(|pair| match pair {
            [a, b] if a.day == b.day && a.article != b.article => Some(*b),
            _ => None,
        });
        if let Some(twice) = twice {
            return Some((twice, (1..=u8::MAX).find(free)?));
        }
        let first = same.first()?;
        let beyond = |number: u8| number == 0 || (number > count && !gaps_are_fine);
        if first.number.is_some_and(beyond) {
            return Some((*first, (1..=u8::MAX).find(free)?));
        }
    }
    match (empty.first(), numbered.is_empty()) {
        (Some(empty), false) => Some((*empty, (1..=u8::MAX).find(free)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stranger(numbers: &[Option<u8>], gaps_are_fine: bool) -> Option<(Option<u8>, u8)> {
        let mut group: Vec<Numbered> = numbers
            .iter()
            .enumerate()
            .map(|(article, number)| Numbered {
                group: 0,
                article: u64::try_from(article).expect("small"),
                number: *number,
                day: *b"01",
                spot: Spot::default(),
                person: Person::of_key(&[b' '; 24]),
            })
            .collect();
        group.sort_by_key(|seen| seen.number);
        first_stranger(&group, gaps_are_fine).map(|(seen, expected)| (seen.number, expected))
    }

    #[test]
    fn numbers_run_from_one() {
        assert_eq!(stranger(&[Some(1), Some(2), Some(3)], false), None);
        assert_eq!(stranger(&[None, None], false), None);
        assert_eq!(stranger(&[Some(2)], false), Some((Some(2), 1)));
        assert_eq!(stranger(&[Some(1), Some(3)], false), Some((Some(3), 2)));
        assert_eq!(stranger(&[Some(2), Some(3)], false), Some((Some(3), 1)));
        assert_eq!(stranger(&[Some(1), Some(3)], true), None);
        assert_eq!(stranger(&[Some(0)], true), Some((Some(0), 1)));
        assert_eq!(stranger(&[Some(1), Some(1)], false), Some((Some(1), 2)));
        assert_eq!(stranger(&[Some(1), None], false), Some((None, 2)));
        assert_eq!(stranger(&[None, Some(2)], false), Some((None, 1)));
    }
}
