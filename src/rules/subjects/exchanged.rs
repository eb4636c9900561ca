//! What is held against the history of the exchange and what no other subject gathers: the service codes
//! of 実績, and when somebody was born.

use std::collections::{BTreeSet, HashMap};

use crate::spec::KnownItem;
use crate::types::{BirthPrint, FileKind};

use super::declared::{Declared, New, Scope};
use super::person::{ItemNames, Person, PersonItems, Spot};
use super::services::Service;
use super::{Context, Facts, Findings, Judged, Places, Subject};

/// サービスコード.
pub(in crate::rules) type Code = [u8; 6];

/// What a file leaves behind for that.
#[derive(Debug)]
pub(in crate::rules) struct ExchangedFacts {
    /// The codes of the 実績 of each user, month, office and service type, with the first record.
    pub(in crate::rules) actuals: HashMap<Service, (Spot, BTreeSet<Code>)>,
    /// 生年月日 of each user.
    pub(in crate::rules) born: HashMap<Person, Born>,
    pub(in crate::rules) names: ItemNames,
}

/// 生年月日 and 性別 of a user.
#[derive(Debug, Clone, Copy)]
pub(in crate::rules) struct Born {
    pub(in crate::rules) print: BirthPrint,
    /// The same with the other 性別.
    pub(in crate::rules) other_sex: Option<BirthPrint>,
    pub(in crate::rules) born_at: Spot,
    pub(in crate::rules) sex_at: Spot,
    pub(in crate::rules) insurer_at: Spot,
}

/// More than any office has; the rest is not held against the history.
const MOST: usize = 1 << 17;

/// No month has so many services of one type for one user.
const MOST_CODES: usize = 256;

struct Exchanged {
    person: PersonItems,
    /// サービス提供年月, サービス事業者コード and サービスコード.
    actual: Option<[usize; 3]>,
    /// 生年月日 and 性別.
    born: Option<[usize; 2]>,
    last: Option<(Service, Code)>,
    facts: ExchangedFacts,
}

/// The findings are made when all files are known.
pub(super) const SUBJECT: Declared = Declared {
    scopes: &[Scope::of(&[FileKind::Upjsk, FileKind::Uphosoku, FileKind::Upkihon], &[])],
    new: New::OfLayout(new),
};

fn new(context: &Context<'_>) -> Box<dyn Subject> {
    let layout = context.layout;
    let is_actual = layout.kind == FileKind::Upjsk;
    let items =
        [KnownItem::ServiceMonth, KnownItem::ServiceOffice, KnownItem::ServiceCode];
    Box::new(Exchanged {
        person: PersonItems::of(layout),
        actual: is_actual.then(|| items.map(|item| layout.place(item))),
        born: (!is_actual)
            .then(|| [KnownItem::Born, KnownItem::Sex].map(|item| layout.place(item))),
        last: None,
        facts: ExchangedFacts {
            actuals: HashMap::new(),
            born: HashMap::new(),
            names: ItemNames::of(layout),
        },
    })
}

impl Exchanged {
    fn take_actual(&mut self, record: &Judged<'_>, [month, office, code]: [usize; 3]) -> Option<()> {
        let spot = Spot::of(record, code);
        let code: Code = record.good(code)?.try_into().ok()?;
        let service = Service {
            person: self.person.read(record)?,
            month: record.good(month)?.try_into().ok()?,
            office: record.good(office)?.try_into().ok()?,
            kind: *code.first_chunk()?,
        };
        if self.last == Some((service, code)) {
            return None;
        }
        self.last = Some((service, code));
        let actuals = &mut self.facts.actuals;
        if actuals.len() < MOST || actuals.contains_key(&service) {
            let (_, codes) = actuals.entry(service).or_insert_with(|| (spot, BTreeSet::new()));
            if codes.len() < MOST_CODES {
                codes.insert(code);
            }
        }
        Some(())
    }

    fn take_born(&mut self, record: &Judged<'_>, [born_at, sex_at]: [usize; 2]) -> Option<()> {
        let person = self.person.read(record)?;
        let (born, sex) = (record.good(born_at)?, record.good(sex_at)?);
        let of = |sex: &[u8]| BirthPrint::of(person.insured(), born, sex);
        let other = match sex {
            b"1" => Some(b"2"),
            b"2" => Some(b"1"),
            _ => None,
        };
        let born = Born {
            print: of(sex)?,
            other_sex: other.and_then(|sex| of(sex)),
            born_at: Spot::of(record, born_at),
            sex_at: Spot::of(record, sex_at),
            insurer_at: self.person.spots(record).insurer,
        };
        let known = &mut self.facts.born;
        if known.len() < MOST {
            known.entry(person).or_insert(born);
        }
        Some(())
    }
}

impl Subject for Exchanged {
    fn record(&mut self, record: &Judged<'_>, _: &mut Findings) {
        if let Some(places) = self.actual {
            self.take_actual(record, places);
        }
        if let Some(places) = self.born {
            self.take_born(record, places);
        }
    }

    fn rests_on(&self) -> Option<Places> {
        let (actual, born) = (self.actual.into_iter().flatten(), self.born.into_iter().flatten());
        Some(actual.chain(born).collect::<Places>().with(self.person.places()))
    }

    fn end_file(self: Box<Self>, _: &mut Findings, facts: &mut Facts) {
        facts.exchanged = Some(self.facts);
    }
}
