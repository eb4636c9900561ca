//! `renkei relay list`, `approve`, `refuse`, `forget`, `status`: on the store, beside the relay that runs on it.

use std::collections::BTreeSet;
use std::process::ExitCode;

use super::{OpenStore, open_beside};
use crate::cli::{EXIT_NO, UsageError, output, setup};
use crate::config::RelayConfig;
use crate::package::card::{CheckDigits, SignedCard, certificate_digits};
use crate::relay::store::{Candidate, Hint, RelayStore, Standing, Totals};
use crate::types::{Lang, OfficeNumber};

pub(super) fn list(config: &RelayConfig, lang: Lang) -> anyhow::Result<ExitCode> {
    setup::runtime()?.block_on(async {
        match open_beside(config).await? {
            OpenStore::Sqlite(store) => print_list(&store, config, lang).await,
            OpenStore::Postgres(store) => print_list(&store, config, lang).await,
        }
    })
}

pub(super) fn approve(
    config: &RelayConfig,
    office: OfficeNumber,
    digits: Option<&str>,
    lang: Lang,
) -> anyhow::Result<ExitCode> {
    setup::runtime()?.block_on(async {
        match open_beside(config).await? {
            OpenStore::Sqlite(store) => take_in(&store, office, digits, lang).await,
            OpenStore::Postgres(store) => take_in(&store, office, digits, lang).await,
        }
    })
}

pub(super) fn refuse(
    config: &RelayConfig,
    office: OfficeNumber,
    lang: Lang,
) -> anyhow::Result<ExitCode> {
    setup::runtime()?.block_on(async {
        match open_beside(config).await? {
            OpenStore::Sqlite(store) => shut_out(&store, office).await?,
            OpenStore::Postgres(store) => shut_out(&store, office).await?,
        }
        output::line(&match lang {
            Lang::Ja => format!("事業所 {office} との取り次ぎをやめました。"),
            Lang::En => format!("nothing more is taken from or for {office}"),
        })?;
        Ok(ExitCode::SUCCESS)
    })
}

/// Drops the cards of an office that wait, or those of all.
pub(super) fn forget(
    config: &RelayConfig,
    office: Option<OfficeNumber>,
    lang: Lang,
) -> anyhow::Result<ExitCode> {
    let dropped = setup::runtime()?.block_on(async {
        match open_beside(config).await? {
            OpenStore::Sqlite(store) => drop_candidates(&store, office).await,
            OpenStore::Postgres(store) => drop_candidates(&store, office).await,
        }
    })?;
    output::line(&match lang {
        Lang::Ja => format!("承認を待っている事業所カードを {dropped} 件捨てました。"),
        Lang::En => format!("cards that waited for approval and were dropped: {dropped}"),
    })?;
    Ok(if dropped == 0 { ExitCode::from(EXIT_NO) } else { ExitCode::SUCCESS })
}

async fn drop_candidates<S: RelayStore>(
    store: &S,
    office: Option<OfficeNumber>,
) -> anyhow::Result<usize> {
    let mut waiting = store.candidates().await?;
    waiting.retain(|candidate| office.is_none_or(|office| candidate.office == office));
    let offices: BTreeSet<_> = waiting.iter().map(|candidate| candidate.office).collect();
    for office in offices {
        store.forget_candidates(office).await?;
    }
    Ok(waiting.len())
}

pub(super) fn status(config: &RelayConfig, lang: Lang) -> anyhow::Result<ExitCode> {
    let totals = setup::runtime()?.block_on(async {
        anyhow::Ok(match open_beside(config).await? {
            OpenStore::Sqlite(store) => store.totals().await?,
            OpenStore::Postgres(store) => store.totals().await?,
        })
    })?;
    let Totals { offices, candidates, waiting, bytes, beside } = totals;
    output::line(&match lang {
        Lang::Ja => format!(
            "事業所: {offices}（承認待ちのカード: {candidates}）\n預かっているパッケージ: {waiting}（{bytes} バイト）\n受領証などの記録: {beside} バイト"
        ),
        Lang::En => format!(
            "offices: {offices} (cards that wait for approval: {candidates})\npackages that wait: {waiting} ({bytes} bytes)\nreceipts and other records: {beside} bytes"
        ),
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn print_list<S: RelayStore>(
    store: &S,
    config: &RelayConfig,
    lang: Lang,
) -> anyhow::Result<ExitCode> {
    let stored = store.offices().await?;
    let mut rows: Vec<_> = stored
        .iter()
        .map(|row| {
            let standing = match row.standing {
                Standing::Known => lang.pick("登録済み", "known"),
                Standing::Approved => lang.pick("承認済み", "approved"),
                Standing::Refused => lang.pick("取り次がない", "refused"),
            };
            let card = lang.pick(
                if row.card.is_some() { "あり" } else { "なし" },
                if row.card.is_some() { "yes" } else { "no" },
            );
            let number = row.number.to_string();
            let numbers = [row.messages.to_string(), row.bytes.to_string()];
            [number, standing.to_owned(), card.to_owned()].into_iter().chain(numbers).collect()
        })
        .collect();
    let silent = config.offices.iter().map(|office| office.number);
    for office in silent.filter(|office| stored.iter().all(|row| row.number != *office)) {
        let words = [lang.pick("登録済み", "known"), lang.pick("なし", "no"), "0", "0"];
        let words = words.map(str::to_owned).into_iter();
        rows.push(std::iter::once(office.to_string()).chain(words).collect::<Vec<_>>());
    }
    let head = match lang {
        Lang::Ja => ["事業所", "状態", "カード", "預かり", "バイト"],
        Lang::En => ["office", "standing", "card", "waiting", "bytes"],
    };
    output::line(&output::table(&head, &rows))?;
    for candidate in store.candidates().await? {
        output::line(&introduction(&candidate, lang))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What the operator has to know of a card that waits.
fn introduction(candidate: &Candidate, lang: Lang) -> String {
    let Candidate { office, at, .. } = candidate;
    let digits = digits_of(candidate);
    let digits = digits.map_or_else(String::new, |digits| digits.to_string());
    match lang {
        Lang::Ja => format!(
            "承認待ち: {office}（{at}）\n  署名証明書の数字: {digits}\n  電話で相手に読み上げてもらい、同じなら: renkei relay approve {office} --digits \"…\""
        ),
        Lang::En => format!(
            "waits for approval: {office} ({at})\n  digits of its signing certificate: {digits}\n  have the office read them out; if they are the same: renkei relay approve {office} --digits \"…\""
        ),
    }
}

/// The digits of the certificate that signed a card.
fn digits_of(candidate: &Candidate) -> Option<CheckDigits> {
    let card = SignedCard::open(&candidate.card).ok()?;
    Some(certificate_digits(card.signer().sha256()))
}

async fn take_in<S: RelayStore>(
    store: &S,
    office: OfficeNumber,
    digits: Option<&str>,
    lang: Lang,
) -> anyhow::Result<ExitCode> {
    let candidates = store.candidates().await?;
    let of_office: Vec<_> =
        candidates.iter().filter(|candidate| candidate.office == office).collect();
    if of_office.is_empty() {
        output::error(&match lang {
            Lang::Ja => format!("事業所 {office} のカードは届いていません。"),
            Lang::En => format!("no card of {office} waits"),
        });
        return Ok(ExitCode::from(EXIT_NO));
    }
    let Some(digits) = digits else {
        for candidate in of_office {
            output::line(&introduction(candidate, lang))?;
        }
        return Ok(ExitCode::from(EXIT_NO));
    };
    let digits: CheckDigits = digits.parse().map_err(|_| {
        let text = lang.pick("--digits は 30 桁の数字です。", "--digits has to be 30 digits");
        UsageError(text.to_owned())
    })?;
    let read_out = of_office.into_iter().rev().find(|one| digits_of(one) == Some(digits));
    let Some(candidate) = read_out else {
        let text =
            "数字が一致しません。登録していません。読み違いでなければ、相手に知らせてください。";
        output::error(lang.pick(text, "the digits differ; nothing was registered"));
        return Ok(ExitCode::from(EXIT_NO));
    };
    let card = SignedCard::open(&candidate.card)?;
    let card = Some((card.card().serial, candidate.card.clone()));
    store.decide(office, Standing::Approved, card).await?;
    store.forget_candidates(office).await?;
    store.tell(&[Hint::Offices]).await?;
    output::line(&match lang {
        Lang::Ja => format!("事業所 {office} を登録しました。数秒で取り次ぎが始まります。"),
        Lang::En => format!("{office} is registered; the relay takes it up within seconds"),
    })?;
    Ok(ExitCode::SUCCESS)
}

async fn shut_out<S: RelayStore>(store: &S, office: OfficeNumber) -> anyhow::Result<()> {
    store.decide(office, Standing::Refused, None).await?;
    store.forget_candidates(office).await?;
    store.tell(&[Hint::Offices]).await?;
    Ok(())
}
