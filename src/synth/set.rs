//! What is to be made, checked and worked out.

use jiff::civil::{Date, DateTime};
use jiff::{Span, ToSpan as _};

use crate::spec::{SendUnit, Spec};
use crate::types::{Edition, FileKind, FileName, FileSerial, MonthPart, ServiceMonth};

use super::catalogue::{self, Entry};
use super::person::{Person, World, ymd};
use super::random::Random;
use super::services::Offices;
use super::{Content, Party, Purpose, Request, SynthError};

/// Pictures are the same for everybody: so many are enough for a test.
const MOST_PICTURES: u64 = 20;

/// A request that can be fulfilled.
#[derive(Debug, Clone)]
pub(super) struct Set {
    pub(super) edition: Edition,
    pub(super) world: World,
    /// The name of the first file; the others are its siblings.
    pub(super) name: FileName,
    /// 作成年月日: the day of the serial.
    pub(super) written: String,
    /// 事業所番号 and name of the care manager.
    pub(super) manager: String,
    pub(super) manager_name: String,
    pub(super) offices: Offices,
    /// Whether the unit is about a month (第6表, 第7表) rather than a plan.
    pub(super) with_month: bool,
    has_pictures: bool,
    people: u64,
}

/// The kinds of files to make.
pub(super) fn kinds(spec: &Spec, request: &Request) -> Result<Vec<FileKind>, SynthError> {
    let unit = unit_of(spec, request.edition, &request.content)?;
    Ok(match &request.content {
        Content::Unit { .. } => {
            FileKind::ALL.iter().filter(|kind| unit.knows(**kind)).copied().collect()
        }
        Content::Kind { kind, .. } => vec![*kind],
    })
}

/// The send unit, or the first that a kind belongs to.
pub(super) fn unit_of<'s>(
    spec: &'s Spec,
    edition: Edition,
    content: &Content,
) -> Result<&'s SendUnit, SynthError> {
    let mut units = spec.units(edition);
    match content {
        Content::Unit { id, .. } => units.find(|unit| unit.id == *id).ok_or_else(|| {
            let known = spec.units(edition).map(|unit| unit.id.clone()).collect();
            SynthError::UnknownUnit { edition, known }
        }),
        Content::Kind { kind, .. } if kind.is_image() => Err(SynthError::Picture),
        Content::Kind { kind, .. } => units
            .find(|unit| unit.knows(*kind))
            .ok_or(SynthError::KindNotInEdition { kind: *kind, edition }),
    }
}

/// One year after an edition began.
pub(super) fn usual_month(spec: &Spec, edition: Edition) -> Result<ServiceMonth, SynthError> {
    let version = spec.current_versions().find(|version| version.edition == Some(edition));
    let first = version.map(|version| version.first_month);
    let month = first.and_then(|first| ServiceMonth::new(first.year() + 1, first.month()));
    let unknown = || SynthError::UnknownUnit { edition, known: Vec::new() };
    month.ok_or_else(unknown)
}

impl Set {
    pub(super) fn new(spec: &Spec, request: &Request) -> Result<Self, SynthError> {
        let kinds = kinds(spec, request)?;
        let first = kinds.first().copied().ok_or(SynthError::Picture)?;
        let (edition, month) = (request.edition, request.month);
        check_month(spec, edition, month)?;
        let (manager, other) =
            if first.is_actual() { (request.to, request.from) } else { (request.from, request.to) };
        let entry = main_entry(spec, manager, other)?;
        let preventive = is_preventive(spec, manager, entry);
        let fits = |unit: &SendUnit| match &request.content {
            Content::Unit { id, .. } => unit.id == *id,
            Content::Kind { kind, .. } => unit.knows(*kind),
        };
        if !spec.units(edition).any(|unit| fits(unit) && unit.preventive == preventive) {
            return Err(SynthError::WrongSide { preventive });
        }
        let only_local = manager.service.as_str() == "AF";
        if only_local && !entry.code.starts_with('A') {
            return Err(SynthError::NotLocal);
        }
        let first_day = date(month, 1);
        // About the 20th of the month before: when slips for a month are sent.
        let usual = first_day.checked_add(-12.days()).unwrap_or(first_day);
        let (written, serial) = match request.serial {
            Some(serial) => (day_of(serial)?, serial),
            None => usual_serial(spec, request, first, usual)?,
        };
        let with_month =
            first.has_month() && first != FileKind::Uphosoku || kinds.contains(&FileKind::Upplan);
        let prefecture: String = manager.office.as_str().chars().take(2).collect();
        let digits = prefecture.chars().all(|digit| digit.is_ascii_digit());
        let world = World {
            seed: request.seed,
            month,
            first_day,
            planned: usual.min(written),
            preventive,
            only_local,
            welfare: !with_month,
            prefecture: if digits { prefecture } else { "13".to_owned() },
        };
        // Another care manager gets the plan for an office that only the set knows.
        let main = if spec.is_care_management(other.service) {
            super::invented_office(&world.prefecture)
        } else {
            other.office.to_string()
        };
        let month_part = MonthPart::Month(month);
        let name = FileName {
            kind: first,
            month: first.has_month().then_some(month_part),
            sender: request.from.office,
            recipient: request.to.office,
            service_types: (edition == Edition::V4_1)
                .then_some((request.from.service, request.to.service)),
            serial,
            branch: None,
        };
        let people = match request.content {
            Content::Unit { people, .. } => people,
            Content::Kind { .. } => Request::MOST_PEOPLE,
        };
        let manager_name = if preventive {
            "架空地域包括支援センター"
        } else {
            "架空ケアプランセンター\"見本\""
        };
        Ok(Self {
            edition,
            offices: Offices::new(&world, &main, entry),
            world,
            name,
            written: ymd(written),
            manager: manager.office.to_string(),
            manager_name: manager_name.to_owned(),
            with_month,
            has_pictures: kinds.contains(&FileKind::UpkihonImage),
            people,
        })
    }

    /// The name of a file of the set.
    pub(super) fn name_of(&self, kind: FileKind, branch: u16) -> FileName {
        let month =
            if self.with_month { MonthPart::Month(self.world.month) } else { MonthPart::Zero };
        self.name.sibling(kind, month, branch)
    }

    /// The branch number of the picture of a person: every third of the first has one.
    pub(super) fn picture(&self, index: u64) -> Option<u16> {
        let shown = self.has_pictures && index.is_multiple_of(3) && index < 3 * MOST_PICTURES;
        u16::try_from(index / 3 + 1).ok().filter(|_| shown)
    }

    /// The branch numbers of all pictures.
    pub(super) fn pictures(&self) -> impl Iterator<Item = u16> {
        (0..self.people.min(3 * MOST_PICTURES)).filter_map(|index| self.picture(index))
    }

    pub(super) const fn people(&self) -> u64 {
        self.people
    }

    pub(super) const fn random(&self, purpose: Purpose, person: &Person) -> Random {
        Random::new(self.world.seed, purpose as u64, person.index)
    }

    /// So many months from the first day of the month, as people write it.
    pub(super) fn period(&self, months: i64) -> String {
        let from = self.world.first_day;
        let until = from.checked_add(months.months()).and_then(Date::yesterday);
        let shown = |date: Date| format!("{}/{}/{}", date.year(), date.month(), date.day());
        format!("{}～{}", shown(from), shown(until.unwrap_or(from)))
    }
}

/// The layouts of an edition apply to some months only (R-VER-03).
fn check_month(spec: &Spec, edition: Edition, month: ServiceMonth) -> Result<(), SynthError> {
    let applies = spec.current_versions().filter(|version| version.first_month <= month).last();
    let applies = applies.and_then(|version| version.edition);
    if applies == Some(edition) && month.year() < 2100 {
        return Ok(());
    }
    Err(SynthError::MonthOutsideEdition { edition, month })
}

/// The service that the set is about.
fn main_entry(spec: &Spec, manager: Party, other: Party) -> Result<&'static Entry, SynthError> {
    if !spec.is_care_management(manager.service) {
        return Err(SynthError::NoCareManager { code: manager.service });
    }
    if spec.is_care_management(other.service) {
        let code = if manager.service.as_str() == Spec::HOME_CARE_MANAGEMENT { "11" } else { "A6" };
        return catalogue::find(code).ok_or(SynthError::NotExchanged { code: other.service });
    }
    catalogue::find(other.service.as_str())
        .filter(|_| spec.service_type(other.service.as_bytes()).is_some_and(|entry| entry.in_scope))
        .ok_or(SynthError::NotExchanged { code: other.service })
}

/// Whether names with these service types are read as 介護予防.
fn is_preventive(spec: &Spec, manager: Party, entry: &Entry) -> bool {
    let service = entry.service_type();
    service.is_some_and(|service| spec.is_preventive_exchange((manager.service, service)))
}

/// When such a set is usually sent: a plan before its month, actuals after it. The time of day
/// comes from the seed and the unit, so that many sets can lie in one folder.
fn usual_serial(
    spec: &Spec,
    request: &Request,
    kind: FileKind,
    usual: Date,
) -> Result<(Date, FileSerial), SynthError> {
    let after: Span = match (kind.is_actual(), kind.is_deletion()) {
        (true, deletion) => 1.month().days(13 + i64::from(deletion)),
        (false, true) => 3.days(),
        (false, false) => 0.days(),
    };
    let day = usual.checked_add(after).unwrap_or(usual);
    let id = &unit_of(spec, request.edition, &request.content)?.id;
    let place = spec.units(request.edition).position(|unit| unit.id == *id);
    let place = u64::try_from(place.unwrap_or(0)).unwrap_or(0);
    let second = 9 * 3600 + (place * 1800 + request.seed % 1800) % (9 * 3600);
    let text = format!("{}{:02}{:02}{:02}", ymd(day), second / 3600, second / 60 % 60, second % 60);
    text.parse().map(|serial| (day, serial)).map_err(|_| SynthError::Serial)
}

/// The day of a serial that names a moment of this century.
fn day_of(serial: FileSerial) -> Result<Date, SynthError> {
    let day = serial.moment().map(DateTime::date);
    day.filter(|day| (2000..2100).contains(&day.year())).ok_or(SynthError::Serial)
}

/// A day of a month; the months here are all in the calendar.
fn date(month: ServiceMonth, day: i8) -> Date {
    let year = i16::try_from(month.year()).unwrap_or(i16::MAX);
    let number = i8::try_from(month.month()).unwrap_or(1);
    Date::new(year, number, day).unwrap_or_default()
}
