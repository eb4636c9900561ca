//! What one person uses in a month: 第6表 and 第7表 say the same because both come from here.

use std::collections::BTreeSet;

use super::catalogue::{self, Entry, Shape};
use super::person::{Person, World};
use super::random::Random;
use super::words;
use super::{Purpose, check_digit};

/// An office with its name.
#[derive(Debug, Clone)]
pub(super) struct Office {
    pub(super) number: String,
    pub(super) name: String,
}

/// The services of one office for one person in the month.
#[derive(Debug, Clone)]
pub(super) struct Service {
    pub(super) entry: &'static Entry,
    pub(super) office: Office,
    pub(super) lines: Vec<Line>,
    /// 前月までの短期入所利用日数, for services that count such days.
    pub(super) days_before: Option<u32>,
}

/// One service code, or one piece of equipment.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) code: String,
    pub(super) units: u32,
    pub(super) tool: Option<Tool>,
    pub(super) uses: Vec<Use>,
}

/// 用具 (R-FLD-02, R-FLD-03).
#[derive(Debug, Clone)]
pub(super) struct Tool {
    /// TAISコード; otherwise the number is a 福祉用具届出コード.
    pub(super) is_tais: bool,
    pub(super) number: String,
    pub(super) name: &'static str,
    /// 明細判別コード.
    pub(super) mark: String,
}

/// One record of 第6表.
#[derive(Debug, Clone)]
pub(super) struct Use {
    pub(super) day: u8,
    /// 1 Monday to 7 Sunday; 0 where it does not matter.
    weekday: u8,
    pub(super) start: String,
    pub(super) end: String,
    pub(super) times: u32,
    /// 日割対象日.
    pub(super) bits: String,
}

impl Line {
    /// 回数／日数 of 第7表.
    pub(super) fn count(&self) -> u32 {
        self.uses.iter().map(|one| one.times).sum()
    }

    /// サービス単位 of 第7表.
    pub(super) fn total(&self) -> u32 {
        self.units * self.count()
    }
}

impl Service {
    pub(super) fn total(&self) -> u32 {
        self.lines.iter().map(Line::total).sum()
    }

    /// The days of the week of its visits, 1 Monday to 7 Sunday (C07).
    pub(super) fn weekdays(&self) -> BTreeSet<u8> {
        self.lines.iter().flat_map(|line| &line.uses).map(|one| one.weekday).collect()
    }
}

/// The offices of a set: the addressee or sender of actuals, and invented ones beside it.
#[derive(Debug, Clone)]
pub(super) struct Offices {
    /// The one that the set is for or from, with what it does.
    main: Office,
    main_entry: &'static Entry,
    beside: Vec<(Office, &'static Entry)>,
}

impl Offices {
    pub(super) fn new(world: &World, main: &str, main_entry: &'static Entry) -> Self {
        let mut random = Random::new(world.seed, Purpose::Offices as u64, 0);
        let name = |random: &mut Random, entry: &Entry| {
            format!("架空{}{}", entry.word, random.pick(words::FACILITIES))
        };
        let beside = match (world.preventive, world.only_local) {
            (false, _) => catalogue::BESIDE_CARE,
            (true, false) => catalogue::BESIDE_SUPPORT,
            (true, true) => catalogue::BESIDE_LOCAL,
        };
        let others = beside.iter().filter(|code| **code != main_entry.code);
        let entries = others.filter_map(|code| catalogue::find(code));
        let mut serial = 900_u32;
        let beside = entries
            .map(|entry| {
                let number = loop {
                    let digits = format!("{}70{serial:05}", world.prefecture);
                    serial += 1;
                    let number = format!("{digits}{}", check_digit(&digits));
                    if number != main {
                        break number;
                    }
                };
                (Office { number, name: name(&mut random, entry) }, entry)
            })
            .collect();
        let main = Office { number: main.to_owned(), name: name(&mut random, main_entry) };
        Self { main, main_entry, beside }
    }

    pub(super) const fn main(&self) -> &Office {
        &self.main
    }

    pub(super) const fn main_entry(&self) -> &'static Entry {
        self.main_entry
    }

    /// The services of a person, those of the main office first.
    pub(super) fn services(&self, world: &World, person: &Person) -> Vec<Service> {
        let random = Random::new(world.seed, Purpose::Services as u64, person.index);
        let mut month = Month { world, person, random, left: person.care.limit, taken: Vec::new() };
        let mut services = vec![month.service(self.main.clone(), self.main_entry)];
        // The small multi-functional services do everything themselves.
        let alone = matches!(self.main_entry.shape, Shape::Monthly(..));
        let most = if alone { 0 } else { month.random.between(1, 2) };
        let turn = month.random.below(4);
        let turn = usize::try_from(turn).unwrap_or(0);
        for (office, entry) in self.beside.iter().cycle().skip(turn).take(self.beside.len()) {
            if services.len() > usize::try_from(most).unwrap_or(0) {
                break;
            }
            services.push(month.service(office.clone(), entry));
            services.retain(|service| !service.lines.is_empty());
        }
        keep_off_stays(&mut services);
        services
    }
}

/// Nobody is at home while away: what stands beside a stay gives way to it.
fn keep_off_stays(services: &mut Vec<Service>) {
    let stays = |service: &Service| matches!(service.entry.shape, Shape::Stay(..));
    let Some(stay) = services.iter().find(|service| stays(service)).cloned() else { return };
    let away: Vec<u8> = stay.lines.iter().flat_map(|line| &line.uses).map(|one| one.day).collect();
    for service in services.iter_mut().filter(|service| !stays(service)) {
        if service.entry.shape == Shape::Equipment {
            continue;
        }
        for line in &mut service.lines {
            line.uses.retain(|one| !away.contains(&one.day));
        }
        service.lines.retain(|line| !line.uses.is_empty());
    }
    services.retain(|service| !service.lines.is_empty());
}

/// The month of one person while it is being planned.
struct Month<'w> {
    world: &'w World,
    person: &'w Person,
    random: Random,
    /// Units that are left of the limit.
    left: u32,
    /// Days of the week that something is planned for.
    taken: Vec<u8>,
}

impl Month<'_> {
    fn service(&mut self, office: Office, entry: &'static Entry) -> Service {
        let mut days_before = None;
        let lines = match entry.shape {
            Shape::Visits(item, units, minutes, extra) => {
                self.visits(entry, item, units, minutes, extra)
            }
            Shape::FixedShare(item, units, minutes, _) => {
                self.visits(entry, item, units, minutes, None)
            }
            Shape::Stay(item, units) => {
                days_before = Some(self.random.below(12));
                self.stay(entry, item, units)
            }
            Shape::Monthly(item, by_days, part) => self.monthly(entry, item, by_days, part),
            Shape::Equipment => self.equipment(entry),
            Shape::OutsideLimit(item, units) => {
                let days = [self.random.between(1, 10), self.random.between(15, 28)];
                let twice = self.random.once_in(3);
                let days = days.iter().take(1 + usize::from(twice));
                let uses = days.map(|day| Use::timed(*day, "1400".to_owned(), "1430".to_owned()));
                vec![Line::new(entry, item, units, uses.collect())]
            }
        };
        if entry.within_limit() {
            self.left = self.left.saturating_sub(lines.iter().map(Line::total).sum());
        }
        Service { entry, office, lines, days_before }
    }

    fn visits(
        &mut self,
        entry: &Entry,
        item: &str,
        units: u32,
        minutes: u32,
        extra: Option<(&str, u32)>,
    ) -> Vec<Line> {
        let mut wanted = self.random.between(1, 3);
        let mut weekdays = Vec::new();
        // So many turns find a free day of the week if there is one; Sunday stays free.
        for _ in 0..24 {
            let day = 1 + u8::try_from(self.random.below(6)).unwrap_or(0);
            if wanted > 0 && !self.taken.contains(&day) {
                self.taken.push(day);
                weekdays.push(day);
                wanted -= 1;
            }
        }
        let start = if minutes > 120 {
            self.random.pick(&[540, 570])
        } else {
            self.random.pick(&[540, 600, 825, 960])
        };
        let (start, end) = (clock(start), clock(start + minutes));
        let each = units + extra.map_or(0, |(_, units)| units);
        // The last third of the limit stays for what comes beside.
        let affordable = (self.left * 2 / 3 / each).max(u32::from(self.left >= each));
        let affordable = usize::try_from(affordable).unwrap_or(usize::MAX);
        let mut uses = Vec::new();
        for (day, weekday) in (1..=self.world.month.days()).zip(self.weekdays()) {
            if weekdays.contains(&weekday) && uses.len() < affordable {
                let one = Use::timed(u32::from(day), start.clone(), end.clone());
                uses.push(Use { weekday, ..one });
            }
        }
        if uses.is_empty() {
            return Vec::new();
        }
        let mut lines = vec![Line::new(entry, item, units, uses.clone())];
        lines.extend(extra.map(|(item, units)| Line::new(entry, item, units, uses)));
        lines
    }

    /// The day of the week of each day of the month, 1 Monday to 7 Sunday.
    fn weekdays(&self) -> impl Iterator<Item = u8> + use<> {
        let first = self.world.first_day.weekday().to_monday_zero_offset();
        (1..=7).cycle().skip(usize::try_from(first).unwrap_or(0))
    }

    fn stay(&mut self, entry: &Entry, item: &str, units: u32) -> Vec<Line> {
        let affordable = (self.left * 2 / 3 / units).max(1);
        let length = self.random.between(2, 7).min(affordable);
        let first = self.random.between(3, u32::from(self.world.month.days()) - 8);
        let uses = (first..first + length).map(Use::untimed).collect();
        vec![Line::new(entry, item, units, uses)]
    }

    /// A whole month, or the days from the one on which it began.
    fn monthly(&mut self, entry: &Entry, item: &str, by_days: &str, part: u32) -> Vec<Line> {
        let units = self.person.care.limit * part / 100;
        if !self.random.once_in(4) {
            let first = self.random.between(1, 5);
            return vec![Line::new(entry, item, units, vec![Use::untimed(first)])];
        }
        let days = self.world.month.days();
        let first = self.random.between(10, 20);
        let bits =
            (1..=31).map(|day| if (first..=u32::from(days)).contains(&day) { '1' } else { '0' });
        let times = u32::from(days) + 1 - first;
        let one = Use { bits: bits.collect(), times, ..Use::untimed(first) };
        vec![Line::new(entry, by_days, units / 31, vec![one])]
    }

    /// One to three pieces; now and then the same twice, told apart by 明細判別コード.
    fn equipment(&mut self, entry: &Entry) -> Vec<Line> {
        let mut lines: Vec<Line> = Vec::new();
        let pieces = self.random.between(1, 3);
        for _ in 0..pieces {
            let again = lines.last().filter(|_| self.random.once_in(4)).cloned();
            let (item, name, units) = self.random.pick(words::EQUIPMENT);
            let code = format!("{}{item}", entry.code);
            let (code, name, units) = match again {
                Some(Line { code, units, tool: Some(tool), .. }) => (code, tool.name, units),
                _ if lines.iter().any(|line| line.code == code) => continue,
                _ => (code, name, units),
            };
            let spent: u32 = lines.iter().map(Line::total).sum();
            if spent + units > self.left {
                continue;
            }
            let product = 10 * self.random.below(9_999) + u32::try_from(lines.len()).unwrap_or(0);
            let tool = Tool {
                is_tais: !self.random.once_in(5),
                number: format!("9999{}-{product:06}", self.random.below(10)),
                name,
                mark: String::new(),
            };
            lines.push(Line { code, units, tool: Some(tool), uses: vec![Use::untimed(1)] });
        }
        if entry.code == "17" {
            mark_the_same(&mut lines);
        }
        lines
    }
}

/// 明細判別コード, from 1, where code and units are the same (R-FLD-03).
fn mark_the_same(lines: &mut [Line]) {
    let alike: Vec<(String, u32)> =
        lines.iter().map(|line| (line.code.clone(), line.units)).collect();
    for (place, line) in lines.iter_mut().enumerate() {
        let own = (line.code.clone(), line.units);
        let before = alike.iter().take(place).filter(|other| **other == own).count();
        let all = alike.iter().filter(|other| **other == own).count();
        if let Some(tool) = line.tool.as_mut().filter(|_| all > 1) {
            tool.mark = (before + 1).to_string();
        }
    }
}

impl Line {
    fn new(entry: &Entry, item: &str, units: u32, uses: Vec<Use>) -> Self {
        Self { code: format!("{}{item}", entry.code), units, tool: None, uses }
    }
}

impl Use {
    fn timed(day: u32, start: String, end: String) -> Self {
        let day = u8::try_from(day).unwrap_or(1);
        Self { day, weekday: 0, start, end, times: 1, bits: String::new() }
    }

    fn untimed(day: u32) -> Self {
        Self::timed(day, "9999".to_owned(), "9999".to_owned())
    }
}

/// Minutes of the day as HHMM.
fn clock(minutes: u32) -> String {
    format!("{:02}{:02}", minutes / 60, minutes % 60)
}
