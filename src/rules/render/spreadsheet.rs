//! The findings as CSV for spreadsheet programs: UTF-8 with a byte order mark, CR LF.
//!
//! After the findings come rows about the files, the overrides and the verdict; the first column
//! says what a row is. A spreadsheet takes some texts for formulas and drops the zeros at the head
//! of numbers: such cells get an apostrophe.

use crate::rules::finding::{Finding, Place};
use crate::rules::report::Report;
use crate::types::Lang;

use super::words;

const COLUMNS: usize = 15;

/// The byte order mark.
const MARK: &str = "\u{feff}";

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
    let mut sheet =
        Sheet(csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new()));
    sheet.row(head(lang).map(str::to_owned));
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
        sheet.note(more, omitted.rule.code(), file, &count);
    }
    for name in &report.unfinished {
        let text = lang.pick("読み取れませんでした", "could not be read");
        sheet.note(lang.pick("ファイル", "file"), "", name, text);
    }
    for name in &report.passed_over {
        let text = lang.pick("検査しませんでした", "not checked");
        sheet.note(lang.pick("ファイル", "file"), "", name, text);
    }
    for file in &report.files {
        let digest = format!("sha256:{}", file.sha256);
        sheet.note(lang.pick("ファイル", "file"), "", &file.name, &digest);
    }
    if let Some(line) = words::selection_line(report, lang) {
        sheet.note(lang.pick("規則の選択", "selection"), "", "", &line);
    }
    for line in words::override_lines(report, lang) {
        sheet.note(lang.pick("規則の変更", "override"), "", "", &line);
    }
    sheet.note(lang.pick("ツール", "tool"), "", "", &words::tool_line(report, lang));
    sheet.note(lang.pick("判定", "verdict"), "", "", &words::verdict_line(report, lang));
    sheet.finish()
}

fn row(finding: &Finding, place: &Place, lang: Lang) -> [String; COLUMNS] {
    let info = finding.rule.info();
    let number = |number: Option<u64>| number.map(|n| n.to_string()).unwrap_or_default();
    let related: Vec<String> =
        finding.related.iter().map(|place| words::place(place, lang)).collect();
    [
        finding.severity.label(lang).to_owned(),
        info.code.to_owned(),
        cell(place.file.as_deref().unwrap_or_default()),
        number(place.line),
        number(place.record),
        cell(place.person.as_deref().unwrap_or_default()),
        number(place.item.map(u64::from)),
        cell(place.item_name.as_deref().unwrap_or_default()),
        cell(finding.value.as_ref().map_or("", |value| value.text())),
        cell(finding.message(lang)),
        cell(info.text(lang).fix),
        info.clause.to_owned(),
        number(place.offset),
        number(place.length),
        cell(&related.join(lang.pick("；", "; "))),
    ]
}

struct Sheet(csv::Writer<Vec<u8>>);

impl Sheet {
    fn row(&mut self, cells: [String; COLUMNS]) {
        // Writing into memory does not fail, and all rows have the same length.
        let _ = self.0.write_record(cells);
    }

    /// A row that is no finding.
    fn note(&mut self, what: &str, code: &str, file: &str, text: &str) {
        let mut cells: [String; COLUMNS] = std::array::from_fn(|_| String::new());
        let texts = [(0, what.to_owned()), (1, code.to_owned()), (2, cell(file)), (9, cell(text))];
        for (place, text) in texts {
            if let Some(cell) = cells.get_mut(place) {
                *cell = text;
            }
        }
        self.row(cells);
    }

    fn finish(self) -> String {
        let bytes = self.0.into_inner().unwrap_or_default();
        format!("{MARK}{}", String::from_utf8_lossy(&bytes))
    }
}

/// A text that a spreadsheet shows as it is.
pub(super) fn cell(text: &str) -> String {
    let text = words::visible(text);
    let first = text.chars().next().unwrap_or_default();
    let formula = matches!(first, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '\n');
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let changed_number = digits && (text.len() > 15 || (text.len() > 1 && first == '0'));
    if formula || changed_number { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "＝1", "－", "\n=1"] {
            assert_eq!(cell(formula), format!("'{formula}"));
        }
        assert_eq!(cell("\t=1"), "<U+0009>=1");
        assert_eq!(cell("\r=1"), "<U+000D>=1");
        for text in ["", "0", "12", "訪問介護", "*******011", "1-1", "a=b"] {
            assert_eq!(cell(text), text);
        }
    }

    #[test]
    fn numbers_keep_their_digits() {
        assert_eq!(cell("0000900011"), "'0000900011");
        assert_eq!(cell("1234567890123456"), "'1234567890123456");
    }
}
