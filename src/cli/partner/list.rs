//! `renkei partner list` and `renkei partner show`

use std::process::ExitCode;

use serde::Serialize;

use crate::cli::setup::{self, ConfigArg};
use crate::cli::{UsageError, card as own_card, output};
use crate::config::{ByHand, Config, Peer};
use crate::desk::words;
use crate::node::cards;
use crate::record::Quoting;
use crate::types::{CameBy, Digest, Edition, Lang, OfficeNumber, ServiceType};

/// A partner, for programs.
#[derive(Serialize)]
struct Row<'p> {
    office: OfficeNumber,
    name: Option<&'p str>,
    /// `renkei`, or the way by hand: `web`, `paper`.
    channel: &'static str,
    url: Option<String>,
    relay: Option<String>,
    service_types: &'p [ServiceType],
    edition: Option<Edition>,
    takes: &'p [String],
    quoting: Option<Quoting>,
    tls_certificates: &'p [Digest],
    signing_certificates: &'p [Digest],
    card: Option<Card>,
}

/// What its card says of itself.
#[derive(Serialize)]
struct Card {
    serial: u64,
    sha256: Digest,
    valid_until: jiff::Timestamp,
}

pub(super) fn run(config: &ConfigArg, json: bool, lang: Lang) -> anyhow::Result<ExitCode> {
    let config = setup::config(&config.config, lang)?;
    let card = |peer: &Peer| {
        let card = cards::partner(&config.home, peer.office)?.card?;
        let said = card.card();
        Some(Card { serial: said.serial, sha256: card.sha256(), valid_until: said.valid_until })
    };
    if json {
        let rows = config.peers.iter().map(|peer| Row {
            office: peer.office,
            name: peer.name.as_deref(),
            channel: CameBy::Renkei.as_str(),
            url: peer.url.as_ref().map(ToString::to_string),
            relay: peer.relay.as_ref().map(ToString::to_string),
            service_types: &peer.service_types,
            edition: peer.edition,
            takes: &peer.takes,
            quoting: peer.quoting,
            tls_certificates: &peer.tls_certificates,
            signing_certificates: &peer.signing_certificates,
            card: card(peer),
        });
        let by_hand = config.by_hand.iter().map(|partner| Row {
            office: partner.office,
            name: partner.name.as_deref(),
            channel: partner.channel.as_str(),
            url: None,
            relay: None,
            service_types: &partner.service_types,
            edition: partner.edition,
            takes: &partner.takes,
            quoting: partner.quoting,
            tls_certificates: &[],
            signing_certificates: &[],
            card: None,
        });
        let rows = rows.chain(by_hand).collect::<Vec<_>>();
        output::line(&serde_json::to_string_pretty(
            &serde_json::json!({ "schema": "renkei.partners/1", "partners": rows }),
        )?)?;
        return Ok(ExitCode::SUCCESS);
    }
    if config.partners().next().is_none() {
        output::line(lang.pick("登録している相手はありません。", "there are no partners"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let head = match lang {
        Lang::Ja => ["事業所番号", "名称", "届け方", "登録", "カードの期限"],
        Lang::En => ["office", "name", "channel", "registered", "card until"],
    };
    let rows = config.peers.iter().map(|peer| {
        let card = card(peer);
        vec![
            peer.office.to_string(),
            peer.name.clone().unwrap_or_default(),
            words::way(&config.way(peer), lang),
            how(&config, peer, card.is_some(), lang).to_owned(),
            card.map(|card| words::time(card.valid_until)).unwrap_or_default(),
        ]
    });
    // Those without a node have no card.
    let by_hand = config.by_hand.iter().map(|partner| {
        vec![
            partner.office.to_string(),
            partner.name.clone().unwrap_or_default(),
            partner.channel.text(lang).to_owned(),
            lang.pick("手渡し", "by hand").to_owned(),
            String::new(),
        ]
    });
    output::line(&output::table(&head, &rows.chain(by_hand).collect::<Vec<_>>()))?;
    Ok(ExitCode::SUCCESS)
}

/// How a partner was registered.
fn how(config: &Config, peer: &Peer, by_card: bool, lang: Lang) -> &'static str {
    if by_card {
        lang.pick("カード", "card")
    } else if cards::partner(&config.home, peer.office).is_some() {
        lang.pick("partners フォルダー", "partners folder")
    } else {
        lang.pick("設定ファイル", "configuration")
    }
}

/// What a partner wants to be sent.
fn wishes(
    (edition, takes, quoting): (Option<Edition>, &[String], Option<Quoting>),
    lang: Lang,
) -> [(&'static str, String); 3] {
    let none = || lang.pick("なし", "none").to_owned();
    let takes = if takes.is_empty() {
        lang.pick("指定なし（すべて送ります）", "not said (everything is sent)").to_owned()
    } else {
        takes.join(", ")
    };
    [
        (
            lang.pick("版の指定", "edition"),
            edition.map_or_else(none, |edition| edition.to_string()),
        ),
        (lang.pick("取り込める送信単位", "send units"), takes),
        (
            lang.pick("引用符の形", "quotes"),
            quoting.map_or_else(none, |style| style.as_str().to_owned()),
        ),
    ]
}

/// A partner without a node.
fn show_by_hand(partner: &ByHand, lang: Lang) -> anyhow::Result<ExitCode> {
    let none = || lang.pick("なし", "none").to_owned();
    let mut rows = vec![
        (lang.pick("事業所番号", "office"), partner.office.to_string()),
        (lang.pick("名称", "name"), partner.name.clone().unwrap_or_else(none)),
        (lang.pick("届け方", "channel"), partner.channel.text(lang).to_owned()),
        (lang.pick("登録", "registered"), lang.pick("設定ファイル", "configuration").to_owned()),
    ];
    rows.extend(wishes((partner.edition, &partner.takes, partner.quoting), lang));
    let rows: Vec<_> = rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect();
    output::line(&output::table(&[lang.pick("相手", "partner"), ""], &rows))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn show(
    config: &ConfigArg,
    partner: OfficeNumber,
    lang: Lang,
) -> anyhow::Result<ExitCode> {
    let config = setup::config(&config.config, lang)?;
    if let Some(by_hand) = config.by_hand(partner) {
        return show_by_hand(by_hand, lang);
    }
    let Some(peer) = config.peer(partner) else {
        return Err(UsageError(match lang {
            Lang::Ja => format!("相手 {partner} は登録されていません。"),
            Lang::En => format!("the partner {partner} is not registered"),
        })
        .into());
    };
    let none = || lang.pick("なし", "none").to_owned();
    let list = |words: Vec<String>| if words.is_empty() { none() } else { words.join("\n") };
    let card = cards::partner(&config.home, partner).and_then(|held| held.card);
    let mut rows = vec![
        (lang.pick("事業所番号", "office"), partner.to_string()),
        (lang.pick("名称", "name"), peer.name.clone().unwrap_or_else(none)),
        (lang.pick("届け方", "channel"), words::way(&config.way(peer), lang)),
        (lang.pick("登録", "registered"), how(&config, peer, card.is_some(), lang).to_owned()),
    ];
    rows.extend(wishes((peer.edition, &peer.takes, peer.quoting), lang));
    let pins = |digests: &[Digest]| list(digests.iter().map(ToString::to_string).collect());
    for (name, digests) in [
        (lang.pick("TLS 証明書の SHA-256", "SHA-256 of TLS certificates"), &peer.tls_certificates),
        (
            lang.pick("署名証明書の SHA-256", "SHA-256 of signing certificates"),
            &peer.signing_certificates,
        ),
    ] {
        for line in pins(digests).lines() {
            rows.push((name, line.to_owned()));
        }
    }
    let rows: Vec<_> = rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect();
    output::line(&output::table(&[lang.pick("相手", "partner"), ""], &rows))?;
    if let Some(card) = card {
        let head = lang.pick("事業所カード", "card");
        output::line("")?;
        output::line(&output::table(&[head, ""], &own_card::rows(&card, lang)))?;
    }
    Ok(ExitCode::SUCCESS)
}
