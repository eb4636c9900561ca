//! `renkei partner import`: many partners from a table.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::ExitCode;
use std::str::FromStr;

use csv::{ReaderBuilder, StringRecord};

use crate::cli::setup::ConfigArg;
use crate::cli::{UsageError, copies, output};
use crate::config::{Config, PartnerFile, Peer, Sources, partner_text};
use crate::node::cards;
use crate::record::ms932;
use crate::types::text::{is_office_name, is_unit};
use crate::types::{Digest, Edition, Lang, OfficeNumber, PeerUrl, ServiceType, io_text};

/// The most rows.
const MOST: usize = 10_000;

/// A column of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Office,
    Name,
    Url,
    ServiceTypes,
    Edition,
    Takes,
    Tls,
    Signing,
}

impl Column {
    /// Every column with its head in Japanese and English.
    const ALL: [(Self, &str, &str); 8] = [
        (Self::Office, "事業所番号", "office"),
        (Self::Name, "名称", "name"),
        (Self::Url, "URL", "url"),
        (Self::ServiceTypes, "サービス種類", "service_types"),
        (Self::Edition, "版", "edition"),
        (Self::Takes, "送信単位", "takes"),
        (Self::Tls, "TLS証明書", "tls_certificates"),
        (Self::Signing, "署名証明書", "signing_certificates"),
    ];

    fn head(self, lang: Lang) -> &'static str {
        let found = Self::ALL.iter().find(|(column, ..)| *column == self);
        found.map(|(_, ja, en)| lang.pick(ja, en)).unwrap_or_default()
    }

    /// The column of a head.
    fn of(head: &str) -> Option<Self> {
        let head = head.trim_matches(['\u{feff}', ' ', '\u{3000}']);
        let same = |(_, ja, en): &&(Self, &str, &str)| *ja == head || en.eq_ignore_ascii_case(head);
        Self::ALL.iter().find(same).map(|(column, ..)| *column)
    }
}

pub(super) fn run(config: &ConfigArg, file: &Path, lang: Lang) -> anyhow::Result<ExitCode> {
    let book = super::book(config, lang)?;
    let bytes = copies::read_file(file).map_err(|error| {
        let (file, why) = (file.display(), io_text(&error, lang));
        UsageError(match lang {
            Lang::Ja => format!("{file} を読めません: {why}。"),
            Lang::En => format!("cannot read {file}: {why}"),
        })
    })?;
    let table = Table { config: book.config(), lang };
    let (peers, problems) = table.read(&text(&bytes, lang)?);
    if !problems.is_empty() {
        let head = match lang {
            Lang::Ja => "次の行を直してください。何も登録していません。",
            Lang::En => "these lines have to be mended; nothing was registered",
        };
        return Err(UsageError(format!("{head}\n{}", problems.join("\n"))).into());
    }
    let changed: Vec<_> = peers.iter().filter(|peer| is_news(peer, book.sources())).collect();
    book.put_all(&changed).map_err(|error| super::told(&error, lang))?;
    let (changed, same) = (changed.len(), peers.len() - changed.len());
    output::line(&match lang {
        Lang::Ja => format!("相手を {changed} 件登録しました（変更なし {same} 件）。"),
        Lang::En => format!("registered {changed} partners ({same} unchanged)"),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Whether a partner is not written yet as it is now.
fn is_news(peer: &Peer, sources: &Sources) -> bool {
    !sources.partners.contains(&PartnerFile::new(peer.office, partner_text(peer, None)))
}

/// UTF-8, or else the encoding in which spreadsheets on Windows write.
fn text(bytes: &[u8], lang: Lang) -> Result<String, UsageError> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(text.to_owned());
    }
    ms932::decode(bytes).ok_or_else(|| {
        let text = lang.pick(
            "文字コードが UTF-8 でも Shift_JIS でもありません。",
            "neither UTF-8 nor Shift_JIS",
        );
        UsageError(text.to_owned())
    })
}

/// How the rows of a table are read.
struct Table<'c> {
    config: &'c Config,
    lang: Lang,
}

impl Table<'_> {
    /// The partners of all rows, and everything that is wrong.
    fn read(&self, text: &str) -> (Vec<Peer>, Vec<String>) {
        // The reader counts a line that ends with CR LF one too late.
        let text = text.replace("\r\n", "\n");
        let mut reader = ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let mut problems = Vec::new();
        let columns: Vec<_> = match reader.headers() {
            Ok(heads) => heads.iter().map(Column::of).collect(),
            Err(error) => return (Vec::new(), vec![self.unreadable(&error)]),
        };
        for needed in [Column::Office, Column::Url] {
            if !columns.contains(&Some(needed)) {
                let head = needed.head(self.lang);
                problems.push(match self.lang {
                    Lang::Ja => format!("1行目: 見出しに「{head}」の列がありません。"),
                    Lang::En => format!("line 1: there is no column {head}"),
                });
            }
        }
        if !problems.is_empty() {
            return (Vec::new(), problems);
        }
        let mut peers: Vec<Peer> = Vec::new();
        let mut seen = BTreeSet::new();
        for (count, row) in reader.records().enumerate() {
            if count == MOST {
                problems.push(match self.lang {
                    Lang::Ja => {
                        format!("{MOST} 件を超える表は一度に読めません。分けて登録してください。")
                    }
                    Lang::En => format!("a table has at most {MOST} partners: divide it"),
                });
                break;
            }
            let row = match row {
                Ok(row) => row,
                Err(error) => {
                    problems.push(self.unreadable(&error));
                    break;
                }
            };
            if row.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            let line = row.position().map_or(0, csv::Position::line);
            let before = problems.len();
            let mut tell = |column: Column, expected: &str| {
                let head = column.head(self.lang);
                problems.push(match self.lang {
                    Lang::Ja => format!("{line}行目: {head}: {expected}"),
                    Lang::En => format!("line {line}: {head}: {expected}"),
                });
            };
            if let Some(peer) = self.peer(&row, &columns, &mut tell) {
                if !seen.insert(peer.office) {
                    tell(
                        Column::Office,
                        self.lang.pick("二度書かれています。", "stands here twice"),
                    );
                }
                if cards::partner(&self.config.home, peer.office).is_some_and(|p| p.card.is_some())
                {
                    tell(
                        Column::Office,
                        self.lang.pick(
                            "事業所カードで登録済みです。この行を除いてください。",
                            "is registered by its card; leave this line out",
                        ),
                    );
                }
                if problems.len() == before {
                    peers.push(peer);
                }
            }
        }
        (peers, problems)
    }

    fn peer(
        &self,
        row: &StringRecord,
        columns: &[Option<Column>],
        tell: &mut impl FnMut(Column, &str),
    ) -> Option<Peer> {
        let lang = self.lang;
        let cell = |column: Column| {
            let place = columns.iter().position(|found| *found == Some(column))?;
            row.get(place).map(str::trim).filter(|cell| !cell.is_empty())
        };
        let missing = lang.pick("空です。書いてください。", "is missing");
        let office = match cell(Column::Office) {
            None => {
                tell(Column::Office, missing);
                None
            }
            Some(text) => {
                let expected = lang.pick(
                    "数字または英大文字 10 桁で書いてください。",
                    "expected 10 digits or capital letters",
                );
                parsed::<OfficeNumber>(text, Column::Office, expected, tell)
            }
        };
        let url = match cell(Column::Url) {
            None => {
                tell(Column::Url, missing);
                None
            }
            Some(text) => {
                let expected = lang.pick(
                    "https://ホスト名:ポート の形で書いてください。",
                    "expected https://host:port",
                );
                parsed::<PeerUrl>(text, Column::Url, expected, tell)
            }
        };
        let name = cell(Column::Name).map(str::to_owned);
        if name.as_deref().is_some_and(|name| !is_office_name(name)) {
            let expected = lang.pick(
                "100 文字までの、改行や見えない文字を含まない名前にしてください。",
                "expected a name of up to 100 characters that are all visible",
            );
            tell(Column::Name, expected);
        }
        let types =
            lang.pick("2 桁のコードを空白で区切ってください。", "expected codes of 2 characters");
        let service_types = list::<ServiceType>(cell(Column::ServiceTypes), |word| {
            parsed(word, Column::ServiceTypes, types, tell)
        });
        let edition = cell(Column::Edition).and_then(|text| {
            let expected = lang.pick("v3 か v4.1 と書いてください。", "expected v3 or v4.1");
            parsed::<Edition>(text, Column::Edition, expected, tell)
        });
        let units = lang.pick(
            "送信単位の ID（K1、S1、3-2 など）を空白で区切ってください。",
            "expected ids of send units such as K1, S1, 3-2",
        );
        let takes = list::<String>(cell(Column::Takes), |word| {
            if !is_unit(word) {
                tell(Column::Takes, units);
            }
            Some(word.to_owned())
        });
        let digits = lang.pick(
            "証明書の SHA-256（16 進 64 桁）で書いてください。",
            "expected SHA-256, 64 hexadecimal digits",
        );
        let mut pins = |column: Column| {
            let pins = list::<Digest>(cell(column), |word| parsed(word, column, digits, tell));
            if pins.is_empty() && self.config.tls.roots.is_empty() {
                let missing = lang.pick(
                    "空です。認証局（tls.roots）がないため、証明書の SHA-256 が必要です。",
                    "is missing; without an authority (tls.roots) the SHA-256 is needed",
                );
                tell(column, missing);
            }
            pins
        };
        let (tls_certificates, signing_certificates) = (pins(Column::Tls), pins(Column::Signing));
        Some(Peer {
            office: office?,
            name,
            service_types,
            url: Some(url?),
            relay: None,
            edition,
            takes,
            quoting: None,
            tls_certificates,
            signing_certificates,
            card: None,
        })
    }

    fn unreadable(&self, error: &csv::Error) -> String {
        let line = error.position().map_or(0, csv::Position::line);
        match self.lang {
            Lang::Ja => format!("{line}行目: CSV として読めません。"),
            Lang::En => format!("line {line}: not CSV"),
        }
    }
}

fn parsed<T: FromStr>(
    text: &str,
    column: Column,
    expected: &str,
    tell: &mut impl FnMut(Column, &str),
) -> Option<T> {
    let parsed = text.parse().ok();
    if parsed.is_none() {
        tell(column, expected);
    }
    parsed
}

/// The words of a cell.
fn list<T>(cell: Option<&str>, read: impl FnMut(&str) -> Option<T>) -> Vec<T> {
    let words = cell.unwrap_or_default().split([' ', '\u{3000}', ',', ';', '、', '・', '\n']);
    words.filter(|word| !word.is_empty()).filter_map(read).collect()
}
