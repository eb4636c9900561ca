//! Reads the records of 第6表, 第7表 and their withdrawals.

use crate::contents::PersonKey;
use crate::record::{Note, Reader, Record, Sink};
use crate::spec::{KnownItem, Layout, Spec};
use crate::types::{FileName, OfficeNumber, ServiceMonth, ServiceType};

/// A service code: the first two characters are the service type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Code([u8; 6]);

impl Code {
    fn parse(item: &[u8]) -> Option<Self> {
        let code = <[u8; 6]>::try_from(item).ok()?;
        code.iter().all(u8::is_ascii_alphanumeric).then_some(Self(code))
    }

    pub(super) fn as_str(&self) -> &str {
        // Only ASCII was let in.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    pub(super) fn service(self) -> Option<ServiceType> {
        ServiceType::from_bytes(self.0.get(..2)?).ok()
    }

    /// Whether it stands for a service, and not for a sum (R-FLD-07, R-FLD-08).
    fn is_service(self) -> bool {
        let is_sum = |end: &[u8]| self.0.ends_with(end);
        &self.0 != b"999999" && !is_sum(b"AAAA") && !is_sum(b"EEEE") && !is_sum(b"ZZZZ")
    }
}

/// サテライト枝番: two characters, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub(super) struct Satellite([u8; 2]);

impl Satellite {
    fn parse(item: &[u8]) -> Self {
        let mut place = [0; 2];
        for (place, byte) in place.iter_mut().zip(item) {
            *place = if byte.is_ascii_alphanumeric() { *byte } else { b'?' };
        }
        Self(place)
    }

    pub(super) fn as_str(&self) -> &str {
        let text = self.0.split(|byte| *byte == 0).next().unwrap_or_default();
        std::str::from_utf8(text).unwrap_or_default()
    }
}

/// A record of 第6表.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) office: OfficeNumber,
    pub(super) code: Code,
    pub(super) satellite: Satellite,
    /// 1 to 31.
    pub(super) day: u8,
    /// `HHMM`, 9999 for services without a time.
    pub(super) start: u16,
    pub(super) end: u16,
    pub(super) count: u16,
    pub(super) units: i64,
}

/// A row of 第7表 about a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SlipRow {
    pub(super) office: OfficeNumber,
    pub(super) code: Code,
    pub(super) satellite: Satellite,
    pub(super) count: i64,
    pub(super) units: i64,
}

/// What a record says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    Use(Use),
    Slip(SlipRow),
    /// The plan of the month is withdrawn.
    NoPlan,
    /// The actuals of an office and a service are withdrawn.
    NoActuals(OfficeNumber, ServiceType),
}

/// Where things stand in the records of a file.
#[derive(Debug, Clone, Copy)]
struct Places {
    insurer: usize,
    insured: usize,
    month: Option<usize>,
    office: Option<usize>,
    code: Option<usize>,
    satellite: Option<usize>,
    day: Option<usize>,
    start: Option<usize>,
    end: Option<usize>,
    count: Option<usize>,
    units: Option<usize>,
    service: Option<usize>,
}

impl Places {
    fn new(layout: &Layout) -> Self {
        let first = |items: &[KnownItem]| layout.places(items).next();
        Self {
            insurer: layout.place(KnownItem::Insurer),
            insured: layout.place(KnownItem::Insured),
            month: first(&[KnownItem::ServiceMonth, KnownItem::DeletedMonth]),
            office: first(&[KnownItem::ServiceOffice, KnownItem::RowOffice]),
            code: first(&[KnownItem::ServiceCode]),
            satellite: first(&[KnownItem::Satellite]),
            day: first(&[KnownItem::ServiceDay]),
            start: first(&[KnownItem::StartTime]),
            end: first(&[KnownItem::EndTime]),
            count: first(&[KnownItem::ServiceCount, KnownItem::RowCount]),
            // Of 第7表 the amount of the row, of 第6表 the units of one service.
            units: first(&[KnownItem::Amount, KnownItem::Units]),
            service: first(&[KnownItem::ServiceType]),
        }
    }
}

/// Hands on what each record of a file says about `month`.
pub(super) fn read(
    spec: &Spec,
    (name, bytes): (&FileName, &[u8]),
    month: ServiceMonth,
    take: impl FnMut(PersonKey, Said),
) {
    let mut file = File { spec, name, month, places: None, take };
    let mut reader = Reader::default();
    reader.feed(bytes, &mut file);
    reader.finish(&mut file);
}

struct File<'f, T> {
    spec: &'f Spec,
    name: &'f FileName,
    month: ServiceMonth,
    places: Option<Places>,
    take: T,
}

impl<T: FnMut(PersonKey, Said)> Sink for File<'_, T> {
    fn record(&mut self, record: &Record<'_>) {
        if self.places.is_none() {
            let edition = self.spec.version(record.item(0)).and_then(|version| version.edition);
            let edition = edition.unwrap_or_else(|| self.name.edition());
            self.places = self.spec.layout(edition, self.name.kind).map(Places::new);
        }
        let Some(places) = self.places else { return };
        let key = PersonKey::parse(record.item(places.insurer), record.item(places.insured));
        let said = said(self.name, record, &places, self.month);
        if let (Some(key), Some(said)) = (key, said) {
            (self.take)(key, said);
        }
    }

    fn note(&mut self, _: Note) {}
}

fn said(
    name: &FileName,
    record: &Record<'_>,
    places: &Places,
    month: ServiceMonth,
) -> Option<Said> {
    use crate::types::FileKind::{Dltjsk, Dltplan, Upjsk, Upplan, Upsikyu};
    let item = |place: Option<usize>| record.item(place.unwrap_or(usize::MAX));
    if ServiceMonth::from_bytes(item(places.month)) != Ok(month) {
        return None;
    }
    let office = || OfficeNumber::from_bytes(item(places.office)).ok();
    match name.kind {
        Upplan | Upjsk => Some(Said::Use(Use {
            office: office()?,
            code: Code::parse(item(places.code))?,
            satellite: Satellite::parse(item(places.satellite)),
            day: day(item(places.day), month)?,
            start: time(item(places.start))?,
            end: time(item(places.end))?,
            count: u16::try_from(number(item(places.count))?).ok()?,
            units: number(item(places.units)).unwrap_or_default(),
        })),
        Upsikyu => {
            let code = Code::parse(item(places.code)).filter(|code| code.is_service())?;
            Some(Said::Slip(SlipRow {
                office: office()?,
                code,
                satellite: Satellite::parse(item(places.satellite)),
                count: number(item(places.count)).unwrap_or_default(),
                units: number(item(places.units)).unwrap_or_default(),
            }))
        }
        Dltplan => Some(Said::NoPlan),
        Dltjsk => {
            let service = ServiceType::from_bytes(item(places.service)).ok()?;
            Some(Said::NoActuals(office()?, service))
        }
        _ => None,
    }
}

/// The day of the month of `YYYYMMDD`.
fn day(item: &[u8], month: ServiceMonth) -> Option<u8> {
    let (of, day) = item.split_at_checked(6)?;
    let day = u8::try_from(number(day)?).ok()?;
    let is_there = ServiceMonth::from_bytes(of) == Ok(month) && (1..=month.days()).contains(&day);
    is_there.then_some(day)
}

fn time(item: &[u8]) -> Option<u16> {
    let time = u16::try_from(number(item)?).ok()?;
    (item.len() == 4).then_some(time)
}

/// A whole number of up to nine digits, with a minus perhaps.
fn number(item: &[u8]) -> Option<i64> {
    let (digits, sign) = match item {
        [b'-', digits @ ..] => (digits, -1),
        digits => (digits, 1),
    };
    if !(1..=9).contains(&digits.len()) {
        return None;
    }
    let value = digits.iter().try_fold(0_i64, |value, digit| {
        digit.is_ascii_digit().then(|| value * 10 + i64::from(digit - b'0'))
    });
    value.map(|value| sign * value)
}
