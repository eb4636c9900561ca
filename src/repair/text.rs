//! The reports of fixing and converting as text for people.

use std::fmt::Write as _;

use crate::rules::Place;
use crate::types::text::is_invisible;
use crate::types::{Edition, Lang};

use super::change::{Change, ChangeKind};
use super::fix::Fixed;
use super::loss::{Gap, GapKind, Loss, LossKind};

/// What was done to one file, what would be, and what cannot be done.
///
/// Shows the characters that were replaced and nothing else of a value.
pub fn fix_text(fixed: &Fixed, lang: Lang) -> String {
    let counts = fixed.changes.counts;
    let mut text = format!("{}: ", fixed.name);
    text.push_str(&match (lang, counts.total()) {
        (Lang::Ja, 0) => "直すところはありません\n".to_owned(),
        (Lang::En, 0) => "nothing to fix\n".to_owned(),
        (Lang::Ja, _) => {
            format!("直したところ {}", counts.lossless + counts.approved)
                + &some("、承認待ち ", counts.proposed)
                + &some("、直せないところ ", counts.blocked)
                + "\n"
        }
        (Lang::En, _) => {
            format!("{} fixed", counts.lossless + counts.approved)
                + &some(", to be approved: ", counts.proposed)
                + &some(", impossible: ", counts.blocked)
                + "\n"
        }
    });
    for change in &fixed.changes.list {
        let _ = writeln!(text, "  {}", change_text(change, lang));
    }
    let omitted = fixed.changes.omitted();
    if omitted > 0 {
        let _ = match lang {
            Lang::Ja => writeln!(text, "  ほかに {omitted} か所"),
            Lang::En => writeln!(text, "  and {omitted} more"),
        };
    }
    for remaining in &fixed.remaining {
        let (code, count) = (remaining.rule.code(), remaining.count);
        let message = lang.pick(&remaining.message_ja, &remaining.message_en);
        let _ = match lang {
            Lang::Ja => writeln!(
                text,
                "  [残り] {code} {message}（{count} 件。中身の誤りは直せません。介護ソフトで直してください）"
            ),
            Lang::En => writeln!(
                text,
                "  [left] {code} {message} ({count}; mistakes of the contents have to be mended in the care software)"
            ),
        };
    }
    text
}

fn some(words: &str, count: u64) -> String {
    if count == 0 { String::new() } else { format!("{words}{count}") }
}

/// One change: what may be done about it, where, why, and the characters before and after.
pub fn change_text(change: &Change, lang: Lang) -> String {
    let head = match change.kind {
        ChangeKind::Lossless => lang.pick("[自動]", "[fixed]"),
        ChangeKind::Approved => lang.pick("[承認済み]", "[approved]"),
        ChangeKind::Proposed => lang.pick("[要承認]", "[to approve]"),
        ChangeKind::Blocked => lang.pick("[不可]", "[blocked]"),
    };
    let mut text = format!("{head} {}{}", place(&change.place, lang), change.reason.text(lang));
    if let Some(before) = &change.before {
        let _ = write!(text, ": {}", shown(before.reveal()));
        if let Some(after) = &change.after {
            let removed = after.reveal().is_empty();
            let after = if removed {
                lang.pick("（なし）", "(nothing)").to_owned()
            } else {
                shown(after.reveal())
            };
            let _ = write!(text, " → {after}");
        }
    }
    if !change.source.is_empty() {
        let _ = match lang {
            Lang::Ja => write!(text, "（{}）", change.source),
            Lang::En => write!(text, " ({})", change.source),
        };
    }
    if change.count > 1 {
        let count = change.count;
        let _ = match lang {
            Lang::Ja => write!(text, "（{count} か所）"),
            Lang::En => write!(text, " ({count} places)"),
        };
    }
    text
}

fn place(place: &Place, lang: Lang) -> String {
    let mut parts = Vec::new();
    let mut add = |value: Option<u64>, ja: &str, en: &str| {
        if let Some(value) = value {
            parts.push(lang.pick(ja, en).replace("{}", &value.to_string()));
        }
    };
    add(place.line, "{} 行目", "line {}");
    add(place.record, "レコード {}", "record {}");
    add(place.item.map(u64::from), "項目 {}", "item {}");
    if let Some(name) = &place.item_name {
        parts.push(format!("「{name}」"));
    }
    let mut add = |value: Option<u64>, ja: &str, en: &str| {
        if let Some(value) = value {
            parts.push(lang.pick(ja, en).replace("{}", &value.to_string()));
        }
    };
    add(place.offset, "{} バイト目", "byte {}");
    if parts.is_empty() { String::new() } else { parts.join(" ") + ": " }
}

/// Characters with their code points; the text may go to a terminal, so what does not show or
/// steers the terminal stands there as its code point alone.
fn shown(text: &str) -> String {
    if text.is_ascii() {
        return text.chars().filter(|character| !character.is_control()).collect();
    }
    let codes: Vec<String> =
        text.chars().map(|character| format!("U+{:04X}", u32::from(character))).collect();
    let codes = codes.join(" ");
    if text.chars().any(hides) { codes } else { format!("{text} ({codes})") }
}

/// Whether a character has no shape of its own: beside those that nobody sees, what joins the one
/// before it, blanks that look alike, and what fonts give no shape.
fn hides(character: char) -> bool {
    character.is_control()
        || is_invisible(character)
        || matches!(character,
            '\u{A0}' | '\u{34F}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}'
            | '\u{3099}' | '\u{309A}' | '\u{E000}'..='\u{F8FF}' | '\u{FE00}'..='\u{FE0F}'
            | '\u{FFF0}'..='\u{FFF8}' | '\u{E0080}'..='\u{10FFFF}')
}

/// What a conversion could not carry over and what is missing now, one line each.
pub fn conversion_text(losses: &[Loss], gaps: &[Gap], to: Edition, lang: Lang) -> String {
    let mut text = String::new();
    for loss in losses {
        let _ = writeln!(text, "  {}", loss_line(loss, to, lang));
    }
    for gap in gaps {
        let _ = writeln!(text, "  {}", gap_line(gap, to, lang));
    }
    text
}

fn loss_line(loss: &Loss, to: Edition, lang: Lang) -> String {
    let Loss { file, count, .. } = loss;
    let item = loss.item.map_or_else(String::new, |item| item.to_string());
    let name = loss.item_name.as_deref().unwrap_or_default();
    let record = loss.record.unwrap_or_default();
    match (loss.kind, lang) {
        (LossKind::KindNotInEdition, Lang::Ja) => {
            format!("[欠落] {file}: {to} にないファイルです（{count} レコード）")
        }
        (LossKind::KindNotInEdition, Lang::En) => {
            format!("[lost] {file}: {to} has no such file ({count} records)")
        }
        (LossKind::PreventiveNotInEdition, Lang::Ja) => {
            format!(
                "[欠落] {file}: {to} は介護予防のデータ連携を定めていません（{count} レコード）"
            )
        }
        (LossKind::PreventiveNotInEdition, Lang::En) => {
            format!("[lost] {file}: {to} does not know the exchange of 介護予防 ({count} records)")
        }
        (LossKind::ItemNotInEdition, Lang::Ja) => format!(
            "[欠落] {file}: 項目 {item}「{name}」は {to} にありません（空でない値 {count} 件、最初はレコード {record}）"
        ),
        (LossKind::ItemNotInEdition, Lang::En) => format!(
            "[lost] {file}: item {item} 「{name}」 is not in {to} ({count} values, first in record {record})"
        ),
        (LossKind::DoesNotFit, Lang::Ja) => format!(
            "[桁あふれ] {file}: 項目 {item}「{name}」は {to} の桁数に収まりません（{count} 件、最初はレコード {record}。値は変えずに書きます）"
        ),
        (LossKind::DoesNotFit, Lang::En) => format!(
            "[too long] {file}: item {item} 「{name}」 has fewer digits in {to} ({count} values, first in record {record}; written as they are)"
        ),
    }
}

fn gap_line(gap: &Gap, to: Edition, lang: Lang) -> String {
    let Gap { file, count, .. } = gap;
    let record = gap.record.unwrap_or_default();
    match (gap.kind, lang) {
        (GapKind::MissingFile, Lang::Ja) => {
            format!("[不足] {file}: {to} の送信単位に必要ですが、元の版にないため作れません")
        }
        (GapKind::MissingFile, Lang::En) => {
            format!(
                "[missing] {file}: {to} needs this file, and the first edition does not have it"
            )
        }
        (GapKind::MissingEquipmentCode, Lang::Ja) => format!(
            "[不足] {file}: 福祉用具貸与の TAISコード・福祉用具届出コードが空です（{count} 件、最初はレコード {record}。R-FLD-02）"
        ),
        (GapKind::MissingEquipmentCode, Lang::En) => format!(
            "[missing] {file}: TAISコード and 福祉用具届出コード of equipment are empty ({count} records, first record {record}; R-FLD-02)"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repair::{FixOptions, fix};
    use crate::spec::Spec;

    #[test]
    fn people_see_what_happened_and_where() {
        let spec = Spec::builtin().expect("consistent");
        let name = "DLT1KYO_1370000018_43_1370000026_11_20260327090000.CSV";
        let bytes = "202407,131011,0000900011\u{200B},𠮷😀\r\n".as_bytes();
        let text = fix_text(&fix(spec, name, bytes, &FixOptions::default()), Lang::Ja);
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(
            lines,
            [
                "  [自動] 文字コードを MS932（Shift_JIS）に変えました",
                "  [自動] 1 行目 レコード 1 項目 3 「被保険者番号」 24 バイト目: 表示されない文字を取り除きました: U+200B → （なし）（表示されない文字）",
                "  [要承認] 1 行目 レコード 1 項目 4 「居宅サービス計画作成（変更）日」 28 バイト目: MS932 にない文字の置き換え: 𠮷 (U+20BB7) → 吉 (U+5409)（人名・地名に使われる異体字（戸籍統一文字の関連字））",
                "  [不可] 1 行目 レコード 1 項目 4 「居宅サービス計画作成（変更）日」 32 バイト目: MS932 になく、置き換えの候補もありません: 😀 (U+1F600)",
            ]
        );
        let english = fix_text(&fix(spec, name, b"202407\n", &FixOptions::default()), Lang::En);
        assert!(english.contains("changed the line ends") && english.contains("L1-CSV-004"));
    }
}
