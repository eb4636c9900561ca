//! The records of a month for an inspection (運営指導): what was sent and received, and the proof of it,
//! to be read and checked without renkei.
//!
//! One package is in memory at a time.

mod sink;
mod zip;

use std::fmt::Write as _;
use std::io;

use askama::Template;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

pub use sink::Sink;
pub use zip::Zip;

use super::proof::{self, ProofError};
use super::words;
use crate::config::Config;
use crate::node::Node;
use crate::package::{Receipt, evidence};
use crate::rules::render::Sheet;
use crate::store::{JournalLine, PackageRange, Store, StoreError, StoredPackage, StoredReceipt};
use crate::transfer::{Direction, IncomingState, State, said_in_words};
use crate::types::{Digest, Lang, OfficeNumber, ServiceMonth};

/// Packages, or rows of the journal, that are asked for at a time.
const AT_A_TIME: u32 = 200;

/// Which records.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// The month in which they were sent or received.
    pub month: ServiceMonth,
    /// Only those exchanged with this partner.
    pub partner: Option<OfficeNumber>,
    /// The language of what is written for people.
    pub lang: Lang,
    /// When it is written.
    pub now: Timestamp,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Packages with all their proof.
    pub proved: u64,
    /// Packages whose time of keeping was over: their receipts alone.
    pub gone: u64,
    /// Ids of packages that do not verify, with the reason; their bytes are not written.
    pub refused: Vec<(String, String)>,
}

/// Why nothing, or not all, could be written.
#[derive(Debug, thiserror::Error)]
pub enum InspectionError {
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The files cannot be written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// No package can be proved: the roots, lists or pins of the configuration cannot be used, or
    /// the program has a fault.
    #[error(transparent)]
    Proof(ProofError),
    /// A fault of the program.
    #[error("an internal fault")]
    Internal,
}

#[derive(Template)]
#[template(path = "desk/inspection/index.html", config = "src/askama.toml")]
struct Index<'a> {
    lang: Lang,
    title: String,
    offices: Vec<String>,
    partner: Option<String>,
    written_at: String,
    rows: &'a [Row],
}

/// A line of the list.
struct Row {
    at: String,
    direction: &'static str,
    partner: String,
    unit: String,
    files: Vec<String>,
    state: String,
    receipts: Vec<String>,
    id: String,
    package: String,
    /// The folder of its proof; none if there is nothing.
    folder: Option<String>,
    note: Option<String>,
}

impl Index<'_> {
    fn pick(&self, ja: &'static str, en: &'static str) -> &'static str {
        self.lang.pick(ja, en)
    }
}

/// The packages of a month, by the clock of the office.
pub fn range(month: ServiceMonth, partner: Option<OfficeNumber>) -> Option<PackageRange> {
    let zone = TimeZone::system();
    let (year, number) = (i16::try_from(month.year()).ok()?, i8::try_from(month.month()).ok()?);
    let first = Date::new(year, number, 1).ok()?;
    let next = first.checked_add(jiff::Span::new().months(1)).ok()?;
    let start = |day: Date| day.to_zoned(zone.clone()).ok().map(|day| day.timestamp());
    Some(PackageRange { since: start(first)?, until: start(next)?, partner })
}

struct Writer<'a, S> {
    sink: &'a mut S,
    sums: String,
}

impl<S: Sink> Writer<'_, S> {
    fn put(&mut self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.sink.put(path, bytes)?;
        // Writing into a String never fails.
        let _ = writeln!(self.sums, "{}  {path}", Digest::of(bytes));
        Ok(())
    }
}

/// How many bytes the records of a month have at least: those of the files of its packages.
pub async fn least_bytes(store: &Store, terms: &Terms) -> Result<u64, InspectionError> {
    let range = range(terms.month, terms.partner).ok_or(InspectionError::Internal)?;
    Ok(store.package_bytes(range).await?)
}

/// Writes the records of a month. `done` is told how many of how many packages are written.
pub async fn write(
    store: &Store,
    config: &Config,
    terms: &Terms,
    sink: &mut impl Sink,
    done: impl Fn(u64, u64),
) -> Result<Written, InspectionError> {
    let range = range(terms.month, terms.partner).ok_or(InspectionError::Internal)?;
    let all = store.package_count(range).await?;
    let mut writer = Writer { sink, sums: String::new() };
    let mut written = Written { proved: 0, gone: 0, refused: Vec::new() };
    let mut rows = Vec::new();
    for direction in Direction::ALL {
        let mut after = None;
        loop {
            let some = store.packages(direction, range, after, AT_A_TIME).await?;
            let Some(last) = some.last() else { break };
            after = Some((last.id, last.partner));
            for package in some {
                let row =
                    one(store, config, terms.lang, &package, &mut writer, &mut written).await?;
                rows.push((package.at, row));
                done(u64::try_from(rows.len()).unwrap_or(all), all);
            }
        }
    }
    rows.sort_by_key(|(at, _)| *at);
    let rows: Vec<Row> = rows.into_iter().map(|(_, row)| row).collect();
    writer.put("history.csv", &csv(&rows, terms.lang))?;
    writer.put("journal.csv", &journal(store, range).await?)?;
    if let Some(der) = store.last_head().await? {
        writer.put("journal-head.p7s", &der)?;
    }
    let index = index(config, terms, &rows).render().map_err(|_| InspectionError::Internal)?;
    writer.put("index.html", index.as_bytes())?;
    writer.put("README.txt", include_bytes!("readme.txt"))?;
    let Writer { sink, sums } = writer;
    sink.put("SHA256SUMS", sums.as_bytes())?;
    Ok(written)
}

fn index<'a>(config: &Config, terms: &Terms, rows: &'a [Row]) -> Index<'a> {
    let lang = terms.lang;
    let month = terms.month.in_words(lang);
    Index {
        lang,
        title: match lang {
            Lang::Ja => format!("ケアプランデータ送受信履歴 {month}"),
            Lang::En => format!("Exchange of care-plan data, {month}"),
        },
        offices: config.offices.iter().map(|office| words::office(office.number, config)).collect(),
        partner: terms.partner.map(|partner| words::office(partner, config)),
        written_at: words::time(terms.now),
        rows,
    }
}

/// Writes the proof of one package and gives its line.
async fn one<S: Sink>(
    store: &Store,
    config: &Config,
    lang: Lang,
    package: &StoredPackage,
    writer: &mut Writer<'_, S>,
    written: &mut Written,
) -> Result<Row, InspectionError> {
    let parties = (package.office, package.partner);
    let receipts = store.receipts_of(package.direction, parties, package.id).await?;
    let folder = format!("packages/{}_{}", package.direction.as_str(), package.id);
    let mut row = line(config, lang, package, &receipts);
    let evidence = if package.is_kept {
        store.evidence_of(package.direction, package.partner, package.id).await
    } else {
        Err(StoreError::NoLongerKept)
    };
    let made = match evidence {
        Ok(evidence) => {
            row.package = Digest::of(&evidence.package).to_string();
            proof::set(store, config, evidence).await
        }
        Err(error) => Err(error.into()),
    };
    match made {
        Ok(set) => {
            for file in set.files {
                writer.put(&format!("{folder}/{}", file.path), &file.bytes)?;
            }
            written.proved += 1;
            row.folder = Some(folder);
        }
        Err(ProofError::Store(StoreError::NoLongerKept)) => {
            for (place, receipt) in (1..).zip(&receipts) {
                writer.put(&format!("{folder}/receipts/{place:02}.p7s"), &receipt.der)?;
            }
            let recall = store.recall_of(package.direction, package.partner, package.id).await?;
            if let Some(recall) = recall {
                writer.put(&format!("{folder}/{}", evidence::RECALL), &recall)?;
            }
            written.gone += 1;
            row.folder = (!receipts.is_empty()).then_some(folder);
            let is_given_back = package.state == State::In(IncomingState::Recalled);
            let note = if is_given_back {
                lang.pick(
                    "相手が取り戻したため、ファイルはありません。依頼と受領証は残っています。",
                    "its sender took it back; the request and the receipts remain",
                )
            } else {
                lang.pick(
                    "保管期間が過ぎたため、ファイルはありません。受領証は残っています。",
                    "its time of keeping is over; the receipts remain",
                )
            };
            row.note = Some(note.to_owned());
        }
        Err(ProofError::Unsigned) => row.note = Some(proof::unsigned(lang).to_owned()),
        Err(ProofError::Store(error)) if !error.is_about_one_package() => return Err(error.into()),
        Err(error @ (ProofError::Trust(_) | ProofError::Internal)) => {
            return Err(InspectionError::Proof(error));
        }
        Err(error) => {
            row.note = Some(match lang {
                Lang::Ja => format!("検証できないため、書き出していません（{error}）。"),
                Lang::En => format!("not written, because it does not verify ({error})"),
            });
            written.refused.push((package.id.to_string(), error.to_string()));
        }
    }
    Ok(row)
}

fn line(config: &Config, lang: Lang, package: &StoredPackage, receipts: &[StoredReceipt]) -> Row {
    let limits = Node::package_limits(config);
    let receipts = receipts.iter().map(|receipt| {
        let at = words::time(receipt.at);
        match Receipt::stated(&receipt.der, &limits) {
            Ok((stated, _)) => {
                let kind = said_in_words(&stated, lang);
                match stated.signing_party() {
                    Ok(party) => format!("{kind} {at} {}", party.office),
                    Err(_) => format!("{kind} {at}"),
                }
            }
            Err(_) => at,
        }
    });
    let months: Vec<String> =
        package.unit.months.iter().map(|month| month.in_words(lang)).collect();
    let mut unit = format!("{} {}", words::unit(&package.unit.kind, lang), package.serial);
    if !months.is_empty() {
        let _ = write!(unit, " {}", months.join(", "));
    }
    Row {
        at: words::time(package.at),
        direction: package.direction.text(lang),
        partner: words::office(package.partner, config),
        unit,
        files: package.unit.files.iter().map(|file| file.name.clone()).collect(),
        state: words::state_and_why(package.state, &package.detail, lang),
        receipts: receipts.collect(),
        id: package.id.to_string(),
        package: String::new(),
        folder: None,
        note: None,
    }
}

fn csv(rows: &[Row], lang: Lang) -> Vec<u8> {
    let mut sheet = Sheet::new(match lang {
        Lang::Ja => [
            "日時",
            "方向",
            "相手",
            "送信単位",
            "ファイル",
            "状態",
            "受領証",
            "メッセージ ID",
            "パッケージの SHA-256",
            "備考",
        ],
        Lang::En => [
            "time",
            "direction",
            "partner",
            "unit",
            "files",
            "state",
            "receipts",
            "message id",
            "SHA-256 of the package",
            "note",
        ],
    });
    for row in rows {
        let (files, receipts) = (row.files.join(" "), row.receipts.join(" / "));
        let cells = [
            &row.at,
            row.direction,
            &row.partner,
            &row.unit,
            &files,
            &row.state,
            &receipts,
            &row.id,
            &row.package,
            row.note.as_deref().unwrap_or_default(),
        ];
        sheet.row(cells);
    }
    sheet.finish()
}

/// The rows of the journal of that time as they are chained; the columns are those of the store.
async fn journal(store: &Store, range: PackageRange) -> Result<Vec<u8>, StoreError> {
    let mut sheet = Sheet::new([
        "id",
        "at",
        "direction",
        "office",
        "partner",
        "message_id",
        "serial",
        "state",
        "detail",
        "link",
    ]);
    let mut after = 0;
    loop {
        let some = store.journal_lines(range, after, AT_A_TIME).await?;
        let Some(last) = some.last() else { break };
        after = last.id;
        for JournalLine { id, at, texts, link } in some {
            let mut cells = vec![id.to_string(), at.to_string()];
            cells.extend(texts);
            cells.push(link.to_string());
            sheet.row(cells);
        }
    }
    Ok(sheet.finish())
}
