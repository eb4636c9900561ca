//! What a card (事業所カード) says, for people.

use super::square::Square;
use super::words;
use crate::package::card::SignedCard;
use crate::types::Lang;

/// What a card says: what each thing is called, and what it is.
pub fn rows(card: &SignedCard, lang: Lang) -> Vec<(&'static str, String)> {
    let said = card.card();
    let none = || lang.pick("記載なし", "not said").to_owned();
    let list = |words: Vec<String>| if words.is_empty() { none() } else { words.join(", ") };
    let services = said.service_types.iter().map(|service| words::service(*service, lang));
    let mut rows = vec![
        (lang.pick("事業所番号", "office"), said.office.to_string()),
        (lang.pick("名称", "name"), said.name.clone().unwrap_or_else(none)),
        (lang.pick("サービス種類", "service types"), list(services.collect())),
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
            let (until, short) = (until.unwrap_or_default(), certificate.sha256().short());
            rows.push((
                name,
                match lang {
                    Lang::Ja => format!("{until} まで（SHA-256 {short}…）"),
                    Lang::En => format!("until {until} (SHA-256 {short}…)"),
                },
            ));
        }
    }
    if let Some(key) = &said.sealing {
        let sealing = format!("{} ({})", key.key_id, key.suite);
        rows.push((lang.pick("封かん用の鍵", "sealing key"), sealing));
    }
    let sha256 = words::in_fours(&card.sha256());
    rows.push((lang.pick("カードの SHA-256", "SHA-256 of the card"), sha256));
    rows
}

/// The square by which somebody sees that a file is this card: it holds office and SHA-256.
pub fn square(card: &SignedCard) -> Option<Square> {
    Square::of(&format!("renkei-card:{}:{}", card.card().office, card.sha256()))
}
