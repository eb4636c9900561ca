//! Valid sets of invented people, for import tests of care software and for benchmarks.
//!
//! Every send unit of every edition can be made, in any size, the same for the same [`Request`]
//! in every run. What is made is right in itself: days lie inside the month, 第7表 counts what
//! 第6表 plans, sums and shares agree, every record has its parent, and every person uses a
//! service of the addressee. Nobody in it exists.
//!
//! Files come piece by piece ([`SynthFile`] is an iterator), so that a million records need no
//! more memory than a few. Pure: no IO, no clock.
//!
//! ```
//! use renkei::rules::{Options, SourceFile, check};
//! use renkei::spec::Spec;
//! use renkei::synth::{Content, Party, Request, files};
//!
//! let spec = Spec::builtin().expect("consistent");
//! let request = Request {
//!     edition: renkei::types::Edition::V4_1,
//!     content: Content::Unit { id: "K2".to_owned(), people: 3 },
//!     from: "1370000018:43".parse::<Party>().expect("a care manager"),
//!     to: "1370000026:11".parse::<Party>().expect("a service office"),
//!     month: "202604".parse().expect("a month"),
//!     serial: None,
//!     seed: 1,
//! };
//! let mut check = renkei::rules::SetCheck::new(spec, Options::default());
//! for file in files(spec, &request).expect("possible") {
//!     check.begin_file(&file.name().to_string());
//!     for piece in file {
//!         check.feed(&piece.expect("in MS932"));
//!     }
//! }
//! assert!(check.finish().findings.is_empty());
//! ```

mod care_plan;
mod catalogue;
mod person;
mod prevention;
mod random;
mod services;
mod set;
mod usage;
mod words;

use std::str::FromStr;
use std::sync::Arc;

use crate::record::{WriteError, Writer};
use crate::spec::Spec;
use crate::types::{
    Edition, FileKind, FileName, FileSerial, OfficeNumber, ServiceMonth, ServiceType,
};

use set::Set;

/// A small JPEG of a 家族構成図.
const PICTURE: &[u8] = include_bytes!("family.jpg");

/// What to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The edition.
    pub edition: Edition,
    /// Which files, and how much of them.
    pub content: Content,
    /// Who sends.
    pub from: Party,
    /// Who receives.
    pub to: Party,
    /// 対象年月; plans without a month are made for it too.
    pub month: ServiceMonth,
    /// ファイル連番; without one, a usual moment for such a set, with a time of day of its seed.
    pub serial: Option<FileSerial>,
    /// The same seed gives the same people; another one others.
    pub seed: u64,
}

impl Request {
    /// The most people of a set.
    pub const MOST_PEOPLE: u64 = 10_000_000;

    /// The usual request for a content: a care manager and a service office of the right side
    /// that do not exist, the month one year after the edition began, the seed 1.
    pub fn usual(spec: &Spec, edition: Edition, content: Content) -> Result<Self, SynthError> {
        let unit = set::unit_of(spec, edition, &content)?;
        let actual = unit.required.iter().any(|kind| kind.is_actual());
        let (manager, other) = if unit.preventive {
            ("1300000013:46".parse()?, "1370000083:A6".parse()?)
        } else {
            ("1370000018:43".parse()?, "1370000026:11".parse()?)
        };
        let (from, to) = if actual { (other, manager) } else { (manager, other) };
        let month = set::usual_month(spec, edition)?;
        Ok(Self { edition, content, from, to, month, serial: None, seed: 1 })
    }
}

/// Which files to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// All files of a send unit, the optional ones too.
    Unit {
        /// The id of the unit in `spec/send_units.csv`, such as `K2`.
        id: String,
        /// The number of people.
        people: u64,
    },
    /// One file alone, which is no whole send unit: for measuring.
    Kind {
        /// Its kind; no picture.
        kind: FileKind,
        /// The number of records; the last person may be cut short.
        records: u64,
    },
}

/// An office with the service type that its file names carry; written `1370000018:43`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Party {
    /// 事業所番号
    pub office: OfficeNumber,
    /// サービス種類コード
    pub service: ServiceType,
}

/// The text was not an office and a service type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an office number and a service type, such as 1370000018:43")]
pub struct ParsePartyError;

impl FromStr for Party {
    type Err = ParsePartyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (office, service) = text.split_once(':').ok_or(ParsePartyError)?;
        let office = office.parse().map_err(|_| ParsePartyError)?;
        Ok(Self { office, service: service.parse().map_err(|_| ParsePartyError)? })
    }
}

/// Why a set cannot be made: what was asked for would not be valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SynthError {
    /// The edition has no such send unit.
    #[error("edition {edition} has the send units {}", known.join(", "))]
    UnknownUnit {
        /// The edition.
        edition: Edition,
        /// The ids that it has.
        known: Vec<String>,
    },
    /// The edition has no such kind of file.
    #[error("edition {edition} has no {kind}")]
    KindNotInEdition {
        /// The kind.
        kind: FileKind,
        /// The edition.
        edition: Edition,
    },
    /// A picture has no records.
    #[error("pictures are made with the send unit Y1 or Y2 only")]
    Picture,
    /// The month belongs to another edition.
    #[error("edition {edition} does not apply to {month}")]
    MonthOutsideEdition {
        /// The edition.
        edition: Edition,
        /// The month.
        month: ServiceMonth,
    },
    /// The care manager's side has another code.
    #[error("expected a care manager (43, 46 or AF), got {code}")]
    NoCareManager {
        /// The code.
        code: ServiceType,
    },
    /// The service is not exchanged (R-OUT-03).
    #[error("{code} is no service that is exchanged")]
    NotExchanged {
        /// The code.
        code: ServiceType,
    },
    /// 介護予防 in a unit of 介護給付, or the other way round.
    #[error(
        "the offices are those of {}, the files are not",
        if *preventive { "介護予防" } else { "介護給付" }
    )]
    WrongSide {
        /// Whether the offices are those of 介護予防.
        preventive: bool,
    },
    /// 介護予防ケアマネジメント with a service that is not 総合事業.
    #[error("AF goes with services of 総合事業 (A1 to A8) only")]
    NotLocal,
    /// The serial is no date and time.
    #[error("expected a serial that is a real date and time, YYYYMMDDHHMMSS")]
    Serial,
    /// An office is none.
    #[error(transparent)]
    Party(#[from] ParsePartyError),
    /// Nobody, or more than [`Request::MOST_PEOPLE`].
    #[error("expected 1 to {} people or records", Request::MOST_PEOPLE)]
    Size,
}

/// What a stream of random numbers is for; its own for each file, so that none disturbs another.
#[derive(Debug, Clone, Copy)]
enum Purpose {
    Person,
    Offices,
    Services,
    FirstTable,
    SecondTable,
    ThirdTable,
    Basics,
    Days,
    Illnesses,
    SupportPlan,
    SupportSteps,
}

/// The files of a set, parents before their dependants.
pub fn files(spec: &Spec, request: &Request) -> Result<Vec<SynthFile>, SynthError> {
    let (Content::Unit { people: size, .. } | Content::Kind { records: size, .. }) =
        &request.content;
    if !(1..=Request::MOST_PEOPLE).contains(size) {
        return Err(SynthError::Size);
    }
    let set = Arc::new(Set::new(spec, request)?);
    let most = match request.content {
        Content::Kind { records, .. } => records,
        Content::Unit { .. } => u64::MAX,
    };
    let mut files = Vec::new();
    for kind in set::kinds(spec, request)? {
        let branches: Vec<u16> = if kind.is_image() { set.pictures().collect() } else { vec![0] };
        files.extend(branches.into_iter().map(|branch| SynthFile {
            set: Arc::clone(&set),
            kind,
            name: set.name_of(kind, branch),
            next: 0,
            left: most,
            records: 0,
        }));
    }
    Ok(files)
}

/// A file in the making: an iterator over its bytes in pieces of about [`SynthFile::PIECE`].
#[derive(Debug, Clone)]
pub struct SynthFile {
    set: Arc<Set>,
    kind: FileKind,
    name: FileName,
    /// The next person, and how many records may still come.
    next: u64,
    left: u64,
    records: u64,
}

impl SynthFile {
    /// About so many bytes make a piece.
    pub const PIECE: usize = 256 << 10;

    /// The name of the file.
    pub const fn name(&self) -> &FileName {
        &self.name
    }

    /// The number of records so far; 0 for a picture.
    pub const fn records(&self) -> u64 {
        self.records
    }

    /// Writes the records of one person; returns how many.
    fn person(&self, index: u64, writer: &mut Writer) -> Result<u64, WriteError> {
        let (set, most) = (&*self.set, self.left);
        let person = set.world.person(index);
        let one = |done: Result<(), WriteError>| done.map(|()| 1);
        match self.kind {
            FileKind::Up1kyo => one(care_plan::first(set, &person, writer)),
            FileKind::Up2kyo => care_plan::second(set, &person, most, writer),
            FileKind::Up3kyo => care_plan::third(set, &person, most, writer),
            FileKind::Upplan | FileKind::Upjsk => {
                usage::slips(set, self.kind, &person, most, writer)
            }
            FileKind::Upsikyu => usage::annex(set, &person, most, writer),
            FileKind::Uphosoku => one(usage::supplement(set, &person, writer)),
            FileKind::Upkihon => one(prevention::basics(set, &person, writer)),
            FileKind::UpkihonSub1 => prevention::days(set, &person, most, writer),
            FileKind::UpkihonSub2 => prevention::illnesses(set, &person, most, writer),
            FileKind::Upyobo => one(prevention::support_plan(set, &person, writer)),
            FileKind::UpyoboSub => prevention::support_steps(set, &person, most, writer),
            FileKind::UpkihonImage => Ok(0),
            FileKind::Dlt1kyo
            | FileKind::Dltplan
            | FileKind::Dltjsk
            | FileKind::Dltkihon
            | FileKind::Dltyobo => one(usage::deletion(set, self.kind, &person, writer)),
        }
    }
}

impl Iterator for SynthFile {
    type Item = Result<Vec<u8>, WriteError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.kind.is_image() {
            let first = self.next == 0;
            self.next = 1;
            return first.then(|| Ok(PICTURE.to_vec()));
        }
        let mut writer = Writer::default();
        while self.left > 0 && self.next < self.set.people() && writer.size() < Self::PIECE {
            match self.person(self.next, &mut writer) {
                Ok(written) => {
                    self.next += 1;
                    self.left -= written;
                    self.records += written;
                }
                Err(error) => {
                    self.left = 0;
                    return Some(Err(error));
                }
            }
        }
        let bytes = writer.into_bytes();
        (!bytes.is_empty()).then_some(Ok(bytes))
    }
}

/// The last digit of 保険者番号 and 事業所番号: weights 2 and 1 from the right, digits of products
/// added, what is missing to the next ten.
fn check_digit(digits: &str) -> String {
    let products = digits.chars().rev().filter_map(|digit| digit.to_digit(10)).enumerate();
    let sum: u32 = products
        .map(|(place, digit)| if place % 2 == 0 { digit * 2 } else { digit })
        .map(|product| product / 10 + product % 10)
        .sum();
    ((10 - sum % 10) % 10).to_string()
}

/// An office that stands for the service office in what one care manager gives another.
fn invented_office(prefecture: &str) -> String {
    let digits = format!("{prefecture}7008900");
    let check = check_digit(&digits);
    digits + &check
}

#[cfg(test)]
mod tests;
