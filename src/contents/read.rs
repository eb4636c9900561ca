//! Reads the files.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::document::{Document, Mention, When};
use super::person::{ActualOf, Person};
use crate::record::{Note, Reader, Record, Sink, Span, ms932};
use crate::spec::{KnownItem, Layout, Spec};
use crate::types::{
    BirthPrint, FileKind, FileName, OfficeNumber, PersonKey, Personal, ServiceMonth, ServiceType,
};

/// What the files of a package say about people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// Everybody, in the order of the numbers.
    pub people: Vec<Person>,
    /// The service months that the records name.
    pub months: BTreeSet<ServiceMonth>,
    /// Whether more people or documents are in the files than are told.
    pub is_cut: bool,
}

impl Contents {
    /// No more people of one package are told.
    pub const MOST_PEOPLE: usize = 2_000;

    /// No more documents about one person are told.
    pub const MOST_MENTIONS: usize = 64;

    /// No more service codes of one person, month, office and service type are told.
    pub const MOST_CODES: usize = 256;

    /// No more characters of a name are told.
    pub const MOST_OF_NAME: usize = 100;
}

/// Reads files by name; those whose names are none of the standard say nothing.
pub fn read<'f>(spec: &Spec, files: impl IntoIterator<Item = (&'f str, &'f [u8])>) -> Contents {
    let mut found = Found::default();
    for (name, bytes) in files {
        let Ok(name) = FileName::parse(name) else { continue };
        if name.kind.is_image() {
            continue;
        }
        let mut file = File { spec, name, shape: None, last: None, found: &mut found };
        let mut reader = Reader::default();
        reader.feed(bytes, &mut file);
        reader.finish(&mut file);
    }
    found.contents()
}

/// What a package says of whom its attachments are about, and of which month.
pub fn of_attachments(
    about: impl IntoIterator<Item = (Option<PersonKey>, Option<ServiceMonth>)>,
) -> Contents {
    let mut found = Found::default();
    for (person, month) in about {
        found.months.extend(month);
        let document = Document::Attachment;
        let mention = Mention { document, withdrawn: false, when: month.map(When::Month) };
        if let Some(person) = person.and_then(|key| found.person(key)) {
            person.mentions.insert(mention);
        }
    }
    found.contents()
}

/// What was found so far.
#[derive(Debug, Default)]
struct Found {
    people: BTreeMap<PersonKey, Person>,
    months: BTreeSet<ServiceMonth>,
    is_cut: bool,
}

impl Found {
    fn contents(self) -> Contents {
        let Self { people, months, is_cut } = self;
        Contents { people: people.into_values().collect(), months, is_cut }
    }

    fn person(&mut self, key: PersonKey) -> Option<&mut Person> {
        if self.people.len() >= Contents::MOST_PEOPLE && !self.people.contains_key(&key) {
            self.is_cut = true;
            return None;
        }
        let new = || Person {
            key,
            name: None,
            kana: None,
            mentions: BTreeSet::new(),
            birth: None,
            actuals: BTreeMap::new(),
        };
        Some(self.people.entry(key).or_insert_with(new))
    }
}

/// One file.
struct File<'s, 'f> {
    spec: &'s Spec,
    name: FileName,
    /// Told by the first record.
    shape: Option<Shape>,
    /// The person of the record before.
    last: Option<PersonKey>,
    found: &'f mut Found,
}

/// Where things stand in the records of a file.
#[derive(Debug, Clone, Copy)]
struct Shape {
    insurer: usize,
    insured: usize,
    when: Option<usize>,
    name: Option<usize>,
    kana: Option<usize>,
    born: Option<usize>,
    sex: Option<usize>,
    /// サービス事業者コード of 実績 and their withdrawals.
    office: Option<usize>,
    /// サービスコード, or サービス種類コード of a withdrawal.
    code: Option<usize>,
    /// The items that matter, one bit each.
    bits: u128,
}

/// What the date of a document is called.
const DAYS: [KnownItem; 3] =
    [KnownItem::PlanDate, KnownItem::PreventionPlanDate, KnownItem::ConsultedOn];

const MONTHS: [KnownItem; 2] = [KnownItem::ServiceMonth, KnownItem::DeletedMonth];

const NAMES: [KnownItem; 2] = [KnownItem::UserName, KnownItem::PreventionUser];

const KANA: [KnownItem; 2] = [KnownItem::UserKana, KnownItem::UserHalfKana];

impl Shape {
    fn new(layout: &Layout, document: Document) -> Self {
        let first = |items: &[KnownItem]| layout.places(items).next();
        let when = match document {
            Document::Plan | Document::Actual | Document::Attachment => first(&MONTHS),
            Document::CarePlan | Document::SupportPlan | Document::Basics => first(&DAYS),
        };
        let (insurer, insured) =
            (layout.place(KnownItem::Insurer), layout.place(KnownItem::Insured));
        let (name, kana) = (first(&NAMES), first(&KANA));
        let (born, sex) = (first(&[KnownItem::Born]), first(&[KnownItem::Sex]));
        let of_actual = |items: &[KnownItem]| {
            if document == Document::Actual { first(items) } else { None }
        };
        let office = of_actual(&[KnownItem::ServiceOffice]);
        let code = of_actual(&[KnownItem::ServiceCode, KnownItem::ServiceType]);
        let places =
            [Some(insurer), Some(insured), when, name, kana, born, sex, office, code];
        let bits = places.into_iter().flatten().fold(0, |bits, place| bits | (1_u128 << place));
        Self { insurer, insured, when, name, kana, born, sex, office, code, bits }
    }
}

impl File<'_, '_> {
    fn document(&self) -> Document {
        Document::of(self.name.kind, self.name.month.is_some_and(|month| month.month().is_some()))
    }

    /// The layout of the version that the first record names, or else that of the name.
    fn shape(&self, record: &Record<'_>) -> Option<Shape> {
        let edition = self.spec.version(record.item(0)).and_then(|version| version.edition);
        let edition = edition.unwrap_or_else(|| self.name.edition());
        let layout = self.spec.layout(edition, self.name.kind)?;
        Some(Shape::new(layout, self.document()))
    }

    fn take(&mut self, record: &Record<'_>, shape: Shape) {
        let key = PersonKey::parse(record.item(shape.insurer), record.item(shape.insured));
        self.last = key;
        let Some(key) = key else { return };
        let document = self.document();
        let when = shape.when.and_then(|place| when(document, record.item(place)));
        if let Some(When::Month(month)) = when {
            self.found.months.insert(month);
        }
        let withdrawn = FileKind::is_deletion(self.name.kind);
        let Some(person) = self.found.person(key) else { return };
        let mention = Mention { document, withdrawn, when };
        let is_full = person.mentions.len() >= Contents::MOST_MENTIONS;
        let is_cut = is_full && !person.mentions.contains(&mention);
        if !is_cut {
            person.mentions.insert(mention);
        }
        let item = |place: Option<usize>| record.item(place.unwrap_or(usize::MAX));
        let birth = || BirthPrint::of(key.insured().as_bytes(), item(shape.born), item(shape.sex));
        person.birth = person.birth.or_else(birth);
        if let Some(When::Month(month)) = when
            && let Ok(office) = OfficeNumber::from_bytes(item(shape.office))
            && let Some(kind) = item(shape.code).get(..2)
            && let Ok(service) = ServiceType::from_bytes(kind)
        {
            let of = ActualOf { month, office, service, withdrawn };
            if person.actuals.len() < Contents::MOST_MENTIONS || person.actuals.contains_key(&of) {
                let codes = person.actuals.entry(of).or_default();
                let code = std::str::from_utf8(item(shape.code)).ok();
                let code = code.filter(|code| code.len() == 6 && codes.len() < Contents::MOST_CODES);
                codes.extend(code.map(str::to_owned));
            }
        }
        let text = |place: Option<usize>| text(record, *record.spans().get(place?)?);
        person.name = person.name.take().or_else(|| text(shape.name));
        person.kana = person.kana.take().or_else(|| text(shape.kana));
        self.found.is_cut |= is_cut;
    }
}

impl Sink for File<'_, '_> {
    fn record(&mut self, record: &Record<'_>) {
        let shape = match self.shape {
            Some(shape) => shape,
            None => match self.shape(record) {
                Some(shape) => *self.shape.insert(shape),
                None => return,
            },
        };
        // Most records are about the person of the one before.
        if self.last.is_none() || record.changed() & shape.bits != 0 {
            self.take(record, shape);
        }
    }

    fn note(&mut self, _: Note) {}
}

/// The day or month of a document.
fn when(document: Document, item: &[u8]) -> Option<When> {
    match document {
        Document::Plan | Document::Actual | Document::Attachment => {
            ServiceMonth::from_bytes(item).ok().map(When::Month)
        }
        Document::CarePlan | Document::SupportPlan | Document::Basics => day(item).map(When::Day),
    }
}

/// A day written `YYYYMMDD`.
fn day(item: &[u8]) -> Option<Date> {
    let (month, day) = item.split_at_checked(6)?;
    let [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] = day else { return None };
    let month = ServiceMonth::from_bytes(month).ok()?;
    let number = |digit: &u8| i8::try_from(digit - b'0').ok();
    let day = number(tens)?.checked_mul(10)?.checked_add(number(ones)?)?;
    let (year, month) = (i16::try_from(month.year()).ok()?, i8::try_from(month.month()).ok()?);
    Date::new(year, month, day).ok()
}

/// A name on one line, where there is one.
fn text(record: &Record<'_>, span: Span) -> Option<Personal<String>> {
    let text = ms932::decode_shown(record.raw(span));
    let text = if span.is_escaped() { text.replace("\"\"", "\"") } else { text };
    let mut name = String::new();
    for word in text.split(|c: char| c.is_control()).filter(|word| !word.trim().is_empty()) {
        if !name.is_empty() {
            name.push(' ');
        }
        name.push_str(word.trim());
    }
    let name: String = name.chars().take(Contents::MOST_OF_NAME).collect();
    (!name.is_empty()).then(|| Personal::new(name))
}
