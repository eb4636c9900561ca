//! `renkei card`: the card of an office of ours, to be given to partners.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use qrcode::{Color, EcLevel, QrCode};

use super::setup::{self, ConfigArg};
use super::{UsageError, output};
use crate::config::Config;
use crate::desk::words;
use crate::disk::{self, Readers};
use crate::node::cards;
use crate::package::card::SignedCard;
use crate::types::{Clock, Lang, OfficeNumber};

/// The white around a QR code, in modules.
const MARGIN: usize = 4;

/// How wide a module is, in pixels.
const MODULE: usize = 6;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigArg,
    /// 書き込むファイル（同じ名前の .svg に、カードの SHA-256 の QR コードも書きます）
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// どの事業所のカードか（設定に事業所が一つなら省略できます）
    #[arg(long, value_name = "OFFICE")]
    office: Option<OfficeNumber>,
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let config = setup::config(&args.config.config, lang)?;
    let card = own(&config, args.office, lang)?;
    let picture = args.out.with_extension("svg");
    if picture == args.out {
        let text = lang
            .pick("--out に .svg 以外の名前を指定してください。", "--out must not end with .svg");
        return Err(UsageError(text.to_owned()).into());
    }
    let svg = square(&format!("renkei-card:{}:{}", card.card().office, card.sha256()))?;
    write(&args.out, card.bytes())?;
    write(&picture, svg.as_bytes())?;
    let rows = rows(&card, lang);
    let head = lang.pick("事業所カード", "card");
    output::line(&output::table(&[head, ""], &rows))?;
    if card.card().url().is_none() {
        output::error(lang.pick(
            "相手から見た接続先がカードにありません。設定の [node] url に書いてから作り直すと、相手がこのカードだけで登録できます。",
            "the card does not say where partners reach this node; write it into [node] url and make the card again, so that partners can register it",
        ));
    }
    let (file, picture) = (args.out.display(), picture.display());
    output::line(&match lang {
        Lang::Ja => format!(
            "{file} と {picture} を書きました。{file} を相手に渡し、相手のカードを受け取って renkei partner add で登録してください。"
        ),
        Lang::En => format!(
            "wrote {file} and {picture}; give {file} to the partner, and register the partner's card with renkei partner add"
        ),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The card of the office that was named, or of the only one.
pub(super) fn own(
    config: &Config,
    office: Option<OfficeNumber>,
    lang: Lang,
) -> Result<SignedCard, UsageError> {
    let office = match (office, &config.offices[..]) {
        (Some(office), _) => office,
        (None, [only]) => only.number,
        (None, offices) => {
            let numbers: Vec<_> = offices.iter().map(|office| office.number.to_string()).collect();
            let numbers = numbers.join(", ");
            return Err(UsageError(match lang {
                Lang::Ja => {
                    format!("事業所が複数あります（{numbers}）。--office で一つを選んでください。")
                }
                Lang::En => {
                    format!("there are several offices ({numbers}); choose one with --office")
                }
            }));
        }
    };
    cards::own_card(config, office, Clock::system().now())
        .map_err(|error| UsageError(error.text(lang)))
}

/// What a card says, for people.
pub(super) fn rows(card: &SignedCard, lang: Lang) -> Vec<Vec<String>> {
    let said = card.card();
    let none = || lang.pick("記載なし", "not said").to_owned();
    let list = |words: Vec<String>| if words.is_empty() { none() } else { words.join(", ") };
    let digits: Vec<char> = card.sha256().to_string().chars().collect();
    let groups: Vec<String> = digits.chunks(4).map(|group| group.iter().collect()).collect();
    let mut rows = vec![
        (lang.pick("事業所番号", "office"), said.office.to_string()),
        (lang.pick("名称", "name"), said.name.clone().unwrap_or_else(none)),
        (
            lang.pick("サービス種類", "service types"),
            list(said.service_types.iter().map(ToString::to_string).collect()),
        ),
        (lang.pick("取り込める版", "editions"), list(said.editions.clone())),
        (lang.pick("取り込める送信単位", "send units"), list(said.takes.clone())),
        (lang.pick("接続先", "reached at"), said.url().map_or_else(none, ToString::to_string)),
        (lang.pick("カードの通番", "serial"), said.serial.to_string()),
        (
            lang.pick("カードの有効期間", "card valid"),
            format!("{} – {}", words::time(said.valid_from), words::time(said.valid_until)),
        ),
    ];
    let uses = [
        (lang.pick("TLS 証明書", "TLS certificate"), &said.certificates.tls),
        (lang.pick("署名証明書", "signing certificate"), &said.certificates.signing),
    ];
    for (name, certificates) in uses {
        for certificate in certificates {
            let until = certificate.info().map(|info| words::time(info.not_after));
            let until = until.unwrap_or_default();
            rows.push((
                name,
                match lang {
                    Lang::Ja => {
                        format!("{until} まで（SHA-256 {}…）", certificate.sha256().short())
                    }
                    Lang::En => {
                        format!("until {until} (SHA-256 {}…)", certificate.sha256().short())
                    }
                },
            ));
        }
    }
    if let Some(key) = &said.sealing {
        rows.push((
            lang.pick("封かん用の鍵", "sealing key"),
            format!("{} ({})", key.key_id, key.suite),
        ));
    }
    rows.push((lang.pick("カードの SHA-256", "SHA-256 of the card"), groups.join(" ")));
    rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect()
}

/// Writes a file, in the place of an older one.
fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    disk::replace(path, bytes, Readers::AsUsual).with_context(|| path.display().to_string())
}

/// A QR code as a picture (SVG).
fn square(text: &str) -> anyhow::Result<String> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M)?;
    let width = code.width();
    let mut path = String::new();
    for (place, color) in code.to_colors().into_iter().enumerate() {
        if color == Color::Dark {
            let (x, y) = (place % width + MARGIN, place / width + MARGIN);
            write!(path, "M{x} {y}h1v1h-1z")?;
        }
    }
    let width = width + 2 * MARGIN;
    let size = width * MODULE;
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{size}\" height=\"{size}\" \
         viewBox=\"0 0 {width} {width}\" shape-rendering=\"crispEdges\">\
         <rect width=\"{width}\" height=\"{width}\" fill=\"#fff\"/><path d=\"{path}\"/></svg>\n"
    ))
}
