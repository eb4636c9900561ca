//! `renkei relay status`

use std::process::ExitCode;

use super::{OpenStore, open_beside};
use crate::cli::{EXIT_NO, UsageError, output, setup};
use crate::config::RelayConfig;
use crate::relay::OwnCertificates;
use crate::relay::store::{RelayStore, Totals};
use crate::types::{Clock, Lang};

/// What is kept and where, and what is to be known of the relay's own certificates.
pub(super) fn run(config: &RelayConfig, lang: Lang) -> anyhow::Result<ExitCode> {
    let (place, totals) = setup::runtime()?.block_on(async {
        let store = open_beside(config, lang).await?;
        let place = store.place();
        let totals = match store {
            OpenStore::Sqlite(store) => store.totals().await?,
            OpenStore::Postgres(store) => store.totals().await?,
        };
        anyhow::Ok((place, totals))
    })?;
    let Totals { offices, candidates, waiting, bytes, beside } = totals;
    output::line(&match lang {
        Lang::Ja => format!(
            "保管先: {place}\n事業所: {offices}（承認待ちのカード: {candidates}）\n預かっているパッケージ: {waiting}（{bytes} バイト）\n受領証などの記録: {beside} バイト"
        ),
        Lang::En => format!(
            "store: {place}\noffices: {offices} (cards that wait for approval: {candidates})\npackages that wait: {waiting} ({bytes} bytes)\nreceipts and other records: {beside} bytes"
        ),
    })?;
    let own = OwnCertificates::of(config).map_err(|error| UsageError(error.text(lang)))?;
    let told = own.told(Clock::system().now());
    for one in &told {
        output::line(one.text(lang))?;
    }
    let is_refused = told.iter().any(|one| one.is_refused);
    Ok(if is_refused { ExitCode::from(EXIT_NO) } else { ExitCode::SUCCESS })
}
