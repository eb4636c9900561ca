//! `renkei card`: the card of an office of ours, to be given to partners.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

use super::setup::{self, ConfigArg};
use super::{UsageError, output};
use crate::config::Config;
use crate::desk;
use crate::disk::{self, Readers};
use crate::node::cards;
use crate::package::card::SignedCard;
use crate::types::{Clock, Lang, OfficeNumber};

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
    let square = desk::card::square(&card).context("no QR code of the card")?;
    write(&args.out, card.bytes())?;
    write(&picture, square.to_svg().as_bytes())?;
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

/// What a card says, as rows of a table.
pub(super) fn rows(card: &SignedCard, lang: Lang) -> Vec<Vec<String>> {
    let rows = desk::card::rows(card, lang).into_iter();
    rows.map(|(name, value)| vec![name.to_owned(), value]).collect()
}

/// Writes a file, in the place of an older one.
fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    disk::replace(path, bytes, Readers::AsUsual).with_context(|| path.display().to_string())
}
