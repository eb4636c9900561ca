//! What is held, as `status` and `hold list` show it.

use std::path::PathBuf;

use super::words;
use crate::config::Config;
use crate::folder::is_marked;
use crate::store::{HeldItem, Store, StoreError};
use crate::transfer::Direction;
use crate::types::{HeldId, Lang, code};

/// Where its files lie, if its office is in the configuration.
pub(super) fn folder(item: &HeldItem, config: &Config) -> Option<PathBuf> {
    let office = config.office(item.office).filter(|_| !item.folder.is_empty())?;
    Some(office.hold.join(&item.folder))
}

/// Whether it still waits for a person: a set whose folder somebody removed does not. A node that
/// runs notes that too. A hold folder that is not the right one says nothing.
pub(super) fn is_open(item: &HeldItem, config: &Config) -> bool {
    let Some(folder) = folder(item, config).filter(|_| matches!(item.id, HeldId::Set(_))) else {
        return true;
    };
    folder.exists() || !folder.parent().is_some_and(is_marked)
}

/// Adds to the sets that were refused for good or given up what kept them from the partner, as far as it is known.
pub(super) async fn add_last_reasons(
    store: &Store,
    items: &mut [HeldItem],
) -> Result<(), StoreError> {
    let stopped = [code::REFUSED_FOR_GOOD, code::EXPIRED];
    for item in items.iter_mut().filter(|item| stopped.contains(&item.reason.as_str())) {
        let Some((partner, serial)) = item.partner.zip(item.serial) else { continue };
        let reason = store.given_up_because(item.office, partner, serial).await?;
        if let Some(reason) = reason.filter(|reason| !matches!(&**reason, "" | code::EXPIRED)) {
            item.reason = format!("{},{reason}", item.reason);
        }
    }
    Ok(())
}

/// For each: what, why, where, and the commands that settle it.
pub(super) fn text(items: &[HeldItem], config: &Config, lang: Lang) -> String {
    let head = match lang {
        Lang::Ja => format!("保留（対応を待っています）: {} 件", items.len()),
        Lang::En => format!("held, waiting for a decision: {}", items.len()),
    };
    let mut lines = vec![head];
    for item in items {
        lines.push(String::new());
        lines.extend(one(item, config, lang));
    }
    lines.join("\n")
}

/// What became of it so far. Some of what lies in the hold folder was sent.
pub(super) fn what(item: &HeldItem, lang: Lang) -> &'static str {
    // Behind the first code stands what the partner said of it.
    match (item.direction, item.reason.split(',').next().unwrap_or_default()) {
        (Direction::In, _) => {
            lang.pick("受信しましたが取り込んでいません", "received, not imported")
        }
        (Direction::Out, code::REJECTED) => lang.pick(
            "送りましたが、相手は取り込んでいません",
            "sent, but the partner did not take it in",
        ),
        (Direction::Out, code::REFUSED_FOR_GOOD) => lang.pick(
            "相手が受け付けないため、送信を止めています",
            "stopped, because the partner does not accept it",
        ),
        (Direction::Out, code::EXPIRED) => {
            lang.pick("届いたことを確かめられませんでした", "not known to have arrived")
        }
        (Direction::Out, code::CHANGED_AFTER_PACKING) => {
            lang.pick("書き換え前の内容を送りました", "sent as it was before it was changed")
        }
        (Direction::Out, _) => lang.pick("送っていません", "not sent"),
    }
}

fn one(item: &HeldItem, config: &Config, lang: Lang) -> Vec<String> {
    let id = item.id;
    let unknown = || lang.pick("（不明）", "(unknown)").to_owned();
    let partner = item.partner.map_or_else(unknown, |partner| words::office(partner, config));
    let own = words::office(item.office, config);
    let (from, to) = match item.direction {
        Direction::Out => (own, partner),
        Direction::In => (partner, own),
    };
    let serial = item.serial.map(|serial| serial.to_string()).unwrap_or_default();
    let unit = format!("{} {serial}", words::unit(&item.unit.kind, lang));
    let kind = what(item, lang);
    let mut lines =
        vec![format!("{id}  {}  {from} → {to}  {}  {kind}", words::time(item.at), unit.trim())];
    let mut say = |name: &str, text: &str| lines.push(format!("  {name}: {text}"));
    for reason in words::reasons(&item.reason, lang) {
        say(lang.pick("理由", "why"), &reason);
    }
    if let Some(folder) = folder(item, config) {
        say(lang.pick("フォルダー", "folder"), &folder.display().to_string());
    }
    if item.reason.split(',').next() == Some(code::REFUSED_FOR_GOOD)
        && let Some(partner) = item.partner
    {
        let retry = lang.pick("相手が直したあと、そのまま送り直す", "to send it again as it is");
        say(retry, &format!("renkei retry {partner}"));
    }
    let (release, dismiss) = match item.direction {
        Direction::Out => (
            lang.pick("直したファイルをもう一度検査して送る", "to check and send the mended files"),
            lang.pick("送らずに対応済みにする", "to settle it without sending"),
        ),
        Direction::In => (
            lang.pick("もう一度取込フォルダーに配置する", "to place it again"),
            lang.pick("受け取らない（相手に伝わります）", "to refuse it; the sender is told"),
        ),
    };
    say(release, &format!("renkei hold release {id}"));
    say(dismiss, &format!("renkei hold dismiss {id}"));
    lines
}
