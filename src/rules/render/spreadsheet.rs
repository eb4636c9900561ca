//! The findings as a list for spreadsheet programs.
//!
//! After the findings come rows about the files, the overrides and the verdict; the first column
//! says what a row is.

use crate::rules::finding::{Finding, Place};
use crate::rules::report::Report;
use crate::types::Lang;

use super::sheet::{MARK, Sheet};
use super::words;

const COLUMNS: usize = 15;

const HEAD_JA: [&str; COLUMNS] = [
    "区分",
    "コード",
    "ファイル",
    "行",
    "レコード",
    "被保険者番号",
    "項目番号",
    "項目名",
    "値",
    "内容",
    "直し方",
    "根拠",
    "バイト位置",
    "バイト数",
    "関係する箇所",
];

const HEAD_EN: [&str; COLUMNS] = [
    "type",
    "code",
    "file",
    "line",
    "record",
    "insured no.",
    "item no.",
    "item",
    "value",
    "message",
    "to mend",
    "clause",
    "byte offset",
    "bytes",
    "see also",
];

const fn head(lang: Lang) -> [&'static str; COLUMNS] {
    match lang {
        Lang::Ja => HEAD_JA,
        Lang::En => HEAD_EN,
    }
}

/// Whether a file that begins with these bytes is such a report, in either language.
pub(super) fn is_one(start: &[u8]) -> bool {
    let Some(text) = start.strip_prefix(MARK.as_bytes()) else { return false };
    [HEAD_JA, HEAD_EN].iter().any(|head| {
        let line = text.strip_prefix(head.join(",").as_bytes());
        line.is_some_and(|rest| rest.starts_with(b"\r\n"))
    })
}

pub(super) fn render(report: &Report, lang: Lang) -> String {
    let mut sheet = Sheet::new(head(lang));
    for finding in &report.findings {
        for place in finding.places() {
            sheet.row(row(finding, place, lang));
        }
    }
    let more = lang.pick("件数のみ", "only counted");
    for omitted in &report.omitted {
        let count = match lang {
            Lang::Ja => format!("ほか {} 件", omitted.count),
            Lang::En => format!("{} more", omitted.count),
        };
        let file = omitted.file.as_deref().unwrap_or_default();
        note(&mut sheet, more, omitted.rule.code(), file, &count);
    }
    for name in &report.unfinished {
        let text = lang.pick("読み取れませんでした", "could not be read");
        note(&mut sheet, lang.pick("ファイル", "file"), "", name, text);
    }
    for name in &report.passed_over {
        let text = lang.pick("検査しませんでした", "not checked");
        note(&mut sheet, lang.pick("ファイル", "file"), "", name, text);
    }
    for file in &report.files {
        let digest = format!("sha256:{}", file.sha256);
        note(&mut sheet, lang.pick("ファイル", "file"), "", &file.name, &digest);
    }
    if let Some(line) = words::selection_line(report, lang) {
        note(&mut sheet, lang.pick("規則の選択", "selection"), "", "", &line);
    }
    for line in words::override_lines(report, lang) {
        note(&mut sheet, lang.pick("規則の変更", "override"), "", "", &line);
    }
    note(&mut sheet, lang.pick("ツール", "tool"), "", "", &words::tool_line(report, lang));
    note(&mut sheet, lang.pick("判定", "verdict"), "", "", &words::verdict_line(report, lang));
    String::from_utf8_lossy(&sheet.finish()).into_owned()
}

fn row(finding: &Finding, place: &Place, lang: Lang) -> [String; COLUMNS] {
    let info = finding.rule.info();
    let number = |number: Option<u64>| number.map(|n| n.to_string()).unwrap_or_default();
    let related: Vec<String> =
        finding.related.iter().map(|place| words::place(place, lang)).collect();
    [
        finding.severity.label(lang).to_owned(),
        info.code.to_owned(),
        place.file.clone().unwrap_or_default(),
        number(place.line),
        number(place.record),
        place.person.clone().unwrap_or_default(),
        number(place.item.map(u64::from)),
        place.item_name.clone().unwrap_or_default(),
        finding.value.as_ref().map_or("", |value| value.text()).to_owned(),
        finding.message(lang).to_owned(),
        info.text(lang).fix.to_owned(),
        info.clause.to_owned(),
        number(place.offset),
        number(place.length),
        related.join(lang.pick("；", "; ")),
    ]
}

/// A row that is no finding.
fn note(sheet: &mut Sheet, what: &str, code: &str, file: &str, text: &str) {
    let mut cells = [""; COLUMNS];
    for (place, text) in [(0, what), (1, code), (2, file), (9, text)] {
        if let Some(cell) = cells.get_mut(place) {
            *cell = text;
        }
    }
    sheet.row(cells);
}
