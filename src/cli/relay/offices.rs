//! `renkei relay list`, `approve`, `refuse`, `forget`: on the store, beside the relay that runs on it.

use std::collections::BTreeSet;
use std::process::ExitCode;

use super::{OpenStore, open_beside};
use crate::cli::{EXIT_NO, UsageError, output, setup};
use crate::config::RelayConfig;
use crate::package::card::{CheckDigits, SignedCard, certificate_digits};
use crate::relay::store::{Candidate, Hint, OfficeRow, RelayStore, Standing};
use crate::rules::render::visible_line;
use crate::types::{Lang, OfficeNumber};

pub(super) fn list(config: &RelayConfig, lang: Lang) -> anyhow::Result<ExitCode> {
    setup::runtime()?.block_on(async {
        match open_beside(config, lang).await? {
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
        match open_beside(config, lang).await? {
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
        match open_beside(config, lang).await? {
            OpenStore::Sqlite(store) => shut_out(&store, config, office, lang).await,
            OpenStore::Postgres(store) => shut_out(&store, config, office, lang).await,
        }
    })
}

/// Drops the cards of an office that wait, or those of all.
pub(super) fn forget(
    config: &RelayConfig,
    office: Option<OfficeNumber>,
    lang: Lang,
) -> anyhow::Result<ExitCode> {
    let dropped = setup::runtime()?.block_on(async {
        match open_beside(config, lang).await? {
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
            let numbers = [row.messages, row.bytes, row.beside].map(|number| number.to_string());
            let words = [number, standing.to_owned(), card.to_owned()].into_iter();
            words.chain(numbers).chain([name_of(row.card.as_deref())]).collect()
        })
        .collect();
    let silent = config.offices.iter().map(|office| office.number);
    for office in silent.filter(|office| stored.iter().all(|row| row.number != *office)) {
        let words = [lang.pick("登録済み", "known"), lang.pick("なし", "no"), "0", "0", "0", ""];
        let words = words.map(str::to_owned).into_iter();
        rows.push(std::iter::once(office.to_string()).chain(words).collect::<Vec<_>>());
    }
    let head = match lang {
        Lang::Ja => ["事業所", "状態", "カード", "預かり", "バイト", "記録（バイト）", "名称"],
        Lang::En => ["office", "standing", "card", "waiting", "bytes", "record bytes", "name"],
    };
    output::line(&output::table(&head, &rows))?;
    for candidate in store.candidates().await? {
        output::line(&introduction(&candidate, lang))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What the office of a card calls itself.
fn name_of(card: Option<&[u8]>) -> String {
    let card = card.and_then(|card| SignedCard::open(card).ok());
    card.and_then(|card| card.card().name.as_deref().map(visible_line)).unwrap_or_default()
}

/// What the operator has to know of a card that waits.
fn introduction(candidate: &Candidate, lang: Lang) -> String {
    let Candidate { office, at, site, card, .. } = candidate;
    let head = match lang {
        Lang::Ja => format!("承認待ち: {office}（{at}、{site} から）"),
        Lang::En => format!("waits for approval: {office} ({at}, from {site})"),
    };
    format!("{head}\n{}", to_compare(*office, card, lang))
}

/// What a card says of its office, and how its digits are compared.
fn to_compare(office: OfficeNumber, card: &[u8], lang: Lang) -> String {
    let Ok(signed) = SignedCard::open(card) else {
        return lang.pick("  読めないカードです", "  the card cannot be read").to_owned();
    };
    let digits = certificate_digits(signed.signer().sha256());
    let name = name_of(Some(card));
    let relays = signed.card().relays();
    let urls: Vec<_> =
        signed.card().url().into_iter().chain(relays).map(ToString::to_string).collect();
    let urls = urls.join(", ");
    match lang {
        Lang::Ja => format!(
            "  名称: {name}\n  接続先: {urls}\n  署名証明書の数字: {digits}\n  前から知っている番号に電話し、相手が renkei certs show signing.pem で見る 30 桁の数字を読み上げてもらい、同じなら: renkei relay approve {office} --digits \"…\""
        ),
        Lang::En => format!(
            "  name: {name}\n  reached at: {urls}\n  digits of its signing certificate: {digits}\n  ring the office up on a number that you know, and have it read out the digits that renkei certs show signing.pem shows it; if they are the same: renkei relay approve {office} --digits \"…\""
        ),
    }
}

/// The digits of the certificate that signed a card.
fn digits_of(card: &[u8]) -> Option<CheckDigits> {
    Some(certificate_digits(SignedCard::open(card).ok()?.signer().sha256()))
}

async fn take_in<S: RelayStore>(
    store: &S,
    office: OfficeNumber,
    digits: Option<&str>,
    lang: Lang,
) -> anyhow::Result<ExitCode> {
    let row = row_of(store, office).await?;
    let standing = row.as_ref().map(|row| row.standing);
    let waiting = store.candidates().await?.into_iter().filter(|one| one.office == office);
    let mut cards: Vec<_> = waiting.map(|candidate| candidate.card).collect();
    // Whom the operator refused before has its card here, which may be approved again.
    let stored = row.and_then(|row| row.card).filter(|_| standing == Some(Standing::Refused));
    if let Some(card) = stored.filter(|card| !cards.contains(card)) {
        cards.insert(0, card);
    }
    if cards.is_empty() {
        return without_card(store, office, standing, lang).await;
    }
    let Some(digits) = digits else {
        for card in &cards {
            output::line(&format!("{office}\n{}", to_compare(office, card, lang)))?;
        }
        return Ok(ExitCode::from(EXIT_NO));
    };
    let digits: CheckDigits = digits.parse().map_err(|_| {
        let text = lang.pick("--digits は 30 桁の数字です。", "--digits has to be 30 digits");
        UsageError(text.to_owned())
    })?;
    let Some(card) = cards.iter().rev().find(|card| digits_of(card) == Some(digits)) else {
        let text =
            "数字が一致しません。登録していません。読み違いでなければ、相手に知らせてください。";
        output::error(lang.pick(text, "the digits differ; nothing was registered"));
        return Ok(ExitCode::from(EXIT_NO));
    };
    let serial = SignedCard::open(card)?.card().serial;
    store.decide(office, Standing::Approved, Some((serial, card.clone()))).await?;
    store.forget_candidates(office).await?;
    store.tell(&[Hint::Offices]).await?;
    output::line(&match lang {
        Lang::Ja => format!("事業所 {office} を登録しました。数秒で取り次ぎが始まります。"),
        Lang::En => format!("{office} is registered; the relay takes it up within seconds"),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// What approving an office means of which no card is here.
async fn without_card<S: RelayStore>(
    store: &S,
    office: OfficeNumber,
    standing: Option<Standing>,
    lang: Lang,
) -> anyhow::Result<ExitCode> {
    match standing {
        Some(Standing::Approved) => {
            output::line(&match lang {
                Lang::Ja => format!("事業所 {office} はすでに承認済みです。"),
                Lang::En => format!("{office} is approved already"),
            })?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Standing::Refused) => {
            store.decide(office, Standing::Known, None).await?;
            store.tell(&[Hint::Offices]).await?;
            output::line(&match lang {
                Lang::Ja => format!(
                    "事業所 {office} の取り次ぎをまた認めます（カードはないので、relay.toml か認証局で知っている証明書に限ります）。"
                ),
                Lang::En => format!(
                    "{office} is not refused any more; as there is no card of it, it is known by relay.toml or by its authority alone"
                ),
            })?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Standing::Known) | None => {
            output::error(&match lang {
                Lang::Ja => format!(
                    "事業所 {office} のカードは届いていません。相手の renkei がこの中継サーバーに接続すると届きます（renkei relay list で見られます）。"
                ),
                Lang::En => format!(
                    "no card of {office} waits; it comes when the office's renkei connects to this relay, and renkei relay list shows it"
                ),
            });
            Ok(ExitCode::from(EXIT_NO))
        }
    }
}

async fn row_of<S: RelayStore>(
    store: &S,
    office: OfficeNumber,
) -> anyhow::Result<Option<OfficeRow>> {
    Ok(store.offices().await?.into_iter().find(|row| row.number == office))
}

async fn shut_out<S: RelayStore>(
    store: &S,
    config: &RelayConfig,
    office: OfficeNumber,
    lang: Lang,
) -> anyhow::Result<ExitCode> {
    let standing = row_of(store, office).await?.map(|row| row.standing);
    let waits = store.candidates().await?.iter().any(|one| one.office == office);
    let is_configured = config.offices.iter().any(|one| one.number == office);
    if standing == Some(Standing::Refused) && !waits {
        output::line(&match lang {
            Lang::Ja => format!("事業所 {office} との取り次ぎは、すでにやめています。"),
            Lang::En => format!("{office} is refused already"),
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    // One that an authority makes known may be refused before it ever came.
    if standing.is_none() && !waits && !is_configured && config.tls.roots.is_empty() {
        output::error(&match lang {
            Lang::Ja => format!(
                "事業所 {office} は登録されておらず、カードも届いていません。番号を確かめてください。"
            ),
            Lang::En => format!("{office} is not known, and no card of it waits; see the number"),
        });
        return Ok(ExitCode::from(EXIT_NO));
    }
    store.decide(office, Standing::Refused, None).await?;
    store.forget_candidates(office).await?;
    store.tell(&[Hint::Offices]).await?;
    output::line(&match lang {
        Lang::Ja => format!(
            "事業所 {office} との取り次ぎをやめました（renkei relay approve {office} で戻せます）。"
        ),
        Lang::En => format!(
            "nothing more is taken from or for {office} (renkei relay approve {office} takes that back)"
        ),
    })?;
    Ok(ExitCode::SUCCESS)
}
