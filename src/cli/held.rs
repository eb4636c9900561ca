//! What is held, as `status` and `hold list` show it.

use crate::config::Config;
use crate::desk::held::{folder, may_be_asked_again, what};
use crate::desk::words;
use crate::store::HeldItem;
use crate::transfer::Direction;
use crate::types::{Lang, code};

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
    if let Some(partner) = may_be_asked_again(item) {
        let retry = lang.pick("相手が直したあと、そのまま送り直す", "to send it again as it is");
        say(retry, &format!("renkei retry {partner}"));
    }
    let (release, dismiss) = settling(item, lang);
    say(release, &format!("renkei hold release {id}"));
    say(dismiss, &format!("renkei hold dismiss {id}"));
    lines
}

/// Whether what is held for this reason waits for a person's word before it is placed at all.
fn is_not_placed_yet(reason: &str) -> bool {
    [
        code::DELETION_NEEDS_WORD,
        code::DOWNLOAD_DIFFERS,
        code::DOWNLOAD_HAS_ERRORS,
        code::DOWNLOAD_INCOMPLETE,
    ]
    .contains(&reason)
}

/// What releasing and dismissing do with it.
fn settling(item: &HeldItem, lang: Lang) -> (&'static str, &'static str) {
    let dismiss = match (item.direction, item.came_by) {
        (Direction::Out, _) if item.reason == code::ACTUALS_NEED_WORD => {
            lang.pick("送らない", "not to send it")
        }
        (Direction::Out, _) => lang.pick("送らずに対応済みにする", "to settle it without sending"),
        (Direction::In, Some(way)) if !way.is_receipted() => {
            lang.pick("取り込まない（相手には伝わりません）", "not to import it; nobody is told")
        }
        (Direction::In, _) => {
            lang.pick("受け取らない（相手に伝わります）", "to refuse it; the sender is told")
        }
    };
    let release = match item.direction {
        Direction::Out if item.reason == code::ACTUALS_NEED_WORD => {
            lang.pick("なくなるものを確かめて、このまま送る", "to send it as it is")
        }
        Direction::Out => {
            lang.pick("直したファイルをもう一度検査して送る", "to check and send the mended files")
        }
        Direction::In if is_not_placed_yet(&item.reason) => lang.pick("取り込む", "to let it in"),
        Direction::In => lang.pick("もう一度取込フォルダーに配置する", "to place it again"),
    };
    (release, dismiss)
}
