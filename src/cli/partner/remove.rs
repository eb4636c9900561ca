//! `renkei partner remove`

use std::process::ExitCode;

use crate::cli::secret::answer;
use crate::cli::setup::{self, ConfigArg};
use crate::cli::{EXIT_NO, confirm, output};
use crate::config::Config;
use crate::desk::partner;
use crate::types::{Lang, OfficeNumber};

pub(super) fn run(
    config: &ConfigArg,
    partner: OfficeNumber,
    (yes, force): (bool, bool),
    lang: Lang,
) -> anyhow::Result<ExitCode> {
    let book = super::book(config, lang)?;
    let held = book.held(partner).map_err(|error| super::told(&error, lang))?;
    let waiting = waiting(book.config(), partner, lang)?;
    if waiting > 0 && !force {
        output::error(&match lang {
            Lang::Ja => format!(
                "相手 {partner} への送信待ちが {waiting} 件あるため、削除していません。届いてから削除するか、届かなくてもよいときは --force を付けてください。"
            ),
            Lang::En => format!(
                "{waiting} packages wait for the partner {partner}, so it was not removed; wait until they have arrived, or add --force if they need not"
            ),
        });
        return Ok(ExitCode::from(EXIT_NO));
    }
    if !yes && !is_meant(partner, held.peer.name.as_deref(), lang)? {
        output::error(lang.pick("削除していません。", "nothing was removed"));
        return Ok(ExitCode::from(EXIT_NO));
    }
    book.remove(partner).map_err(|error| super::told(&error, lang))?;
    output::line(&match lang {
        Lang::Ja => format!("相手 {partner} の登録を削除しました。"),
        Lang::En => format!("the partner {partner} is removed"),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// How many packages wait for a partner; none where there is no store yet.
fn waiting(config: &Config, office: OfficeNumber, lang: Lang) -> anyhow::Result<u64> {
    if !config.node.data.is_dir() {
        return Ok(0);
    }
    let store = setup::store(config, lang)?;
    Ok(setup::runtime()?.block_on(partner::waiting(&store, office))?)
}

fn is_meant(partner: OfficeNumber, name: Option<&str>, lang: Lang) -> anyhow::Result<bool> {
    confirm::somebody_answers(lang)?;
    let name = name.unwrap_or_default();
    output::line(&match lang {
        Lang::Ja => format!(
            "相手 {partner} {name} の登録を削除します。よければ事業所番号をもう一度入力してください。"
        ),
        Lang::En => format!(
            "the partner {partner} {name} will be removed; type its office number again to go on"
        ),
    })?;
    Ok(answer()?.trim() == partner.to_string())
}
