//! The report as text for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::types::{Lang, Severity};

use super::finding::{Finding, Place};
use super::report::{FileReport, Reason, Report, UnitReport, Verdict};

/// Renders a report: what was checked, what was found, what to do, and the verdict.
///
/// With `mask`, values that say something about a person are hidden. Control and direction
/// characters of names and values are shown as their code points: the text may go to a terminal.
pub fn text(report: &Report, lang: Lang, mask: bool) -> String {
    let masked = mask.then(|| {
        let mut copy = report.clone();
        copy.mask();
        copy
    });
    let mut page = Page { report: masked.as_ref().unwrap_or(report), lang, text: String::new() };
    page.write();
    visible(&page.text)
}

struct Page<'r> {
    report: &'r Report,
    lang: Lang,
    text: String,
}

impl Page<'_> {
    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn pick<'t>(&self, ja: &'t str, en: &'t str) -> &'t str {
        self.lang.pick(ja, en)
    }

    fn write(&mut self) {
        let tool = &self.report.tool;
        let title = self.pick("検査結果", "report");
        self.line(&format!("{} {} {title}", tool.name, tool.version));
        self.line("");
        self.files();
        self.rules();
        self.findings();
        self.verdict();
    }

    /// What was checked: always printed.
    fn files(&mut self) {
        let mut shown = vec![false; self.report.files.len()];
        for unit in &self.report.units {
            let id = unit.unit.as_deref().unwrap_or(self.pick("不明", "unknown"));
            let head = match self.lang {
                Lang::Ja => format!("送信単位 {id}　連番 {}　", unit.serial),
                Lang::En => format!("Send unit {id}, serial {}, ", unit.serial),
            };
            let way = way(unit, self.lang);
            self.line(&(head + &way));
            for index in &unit.places {
                if let (Some(file), Some(shown)) =
                    (self.report.files.get(*index), shown.get_mut(*index))
                {
                    *shown = true;
                    self.file(file);
                }
            }
        }
        if shown.contains(&false) {
            self.line(self.pick("送信単位を読み取れないファイル", "Files of no known send unit"));
            for (file, _) in self.report.files.iter().zip(&shown).filter(|(_, shown)| !**shown) {
                self.file(file);
            }
        }
        for name in &self.report.unfinished {
            let text = self.pick("読み取れませんでした", "could not be read");
            self.line(&format!("  {name}　{text}"));
        }
        self.line("");
    }

    fn file(&mut self, file: &FileReport) {
        let mut parts = vec![file.name.clone()];
        parts.extend(file.kind.map(|kind| kind.name().to_owned()));
        parts.extend(file.edition.map(|edition| edition.as_str().to_owned()));
        parts.extend(file.records.map(|records| match self.lang {
            Lang::Ja => format!("{records}件"),
            Lang::En => format!("{records} record(s)"),
        }));
        self.line(&format!("  {}", parts.join(self.pick("　", ", "))));
    }

    fn rules(&mut self) {
        let rules = &self.report.rules;
        let (run, not_run) = (rules.run.len(), rules.not_run.len());
        self.line(&match self.lang {
            Lang::Ja => format!("実行した規則 {run}、実行しなかった規則 {not_run}"),
            Lang::En => format!("{run} rules were run, {not_run} were not"),
        });
        for (reason, ja, en) in [
            (Reason::NoSuchFile, "対象となるファイルがないもの", "no file is subject to them"),
            (Reason::Blocked, "先に直すべき誤りがあるもの", "an earlier error stands before them"),
        ] {
            let of_reason = rules.not_run.iter().filter(|not_run| not_run.reason == reason);
            let codes: Vec<&str> = of_reason.map(|not_run| not_run.rule.code()).collect();
            if !codes.is_empty() {
                let head = format!("  {}: ", self.pick(ja, en));
                self.line(&wrapped(&head, &codes));
            }
        }
        self.line("");
    }

    fn findings(&mut self) {
        let mut by_file: BTreeMap<Option<&str>, Vec<&Finding>> = BTreeMap::new();
        for finding in &self.report.findings {
            by_file.entry(finding.place.file.as_deref()).or_default().push(finding);
        }
        for (file, findings) in by_file {
            self.line(&format!("■ {}", file.unwrap_or_default()));
            for finding in findings {
                self.finding(finding);
            }
            let omitted = self.report.omitted.iter();
            for omitted in omitted.filter(|omitted| omitted.file.as_deref() == file) {
                let (code, count) = (omitted.rule.code(), omitted.count);
                self.line(&match self.lang {
                    Lang::Ja => format!("  {code} はほかに {count} 件あります。"),
                    Lang::En => format!("  {code}: {count} more."),
                });
            }
            self.line("");
        }
    }

    fn finding(&mut self, finding: &Finding) {
        let severity = match finding.severity {
            Severity::Error => self.pick("エラー", "error"),
            Severity::Warning => self.pick("警告", "warning"),
            Severity::Info => self.pick("情報", "info"),
        };
        let mut head = format!("  [{severity}] {}", finding.rule.code());
        let place = self.place(&finding.place);
        if !place.is_empty() {
            let _ = write!(head, "　{place}");
        }
        if let Some(value) = &finding.value {
            let _ = write!(head, "　「{}」", value.text());
        }
        self.line(&head);
        self.line(&format!("      {}", finding.message(self.lang)));
        for related in &finding.related {
            let place = self.place(related);
            self.line(&format!("      {}: {place}", self.pick("関係する箇所", "see also")));
        }
        let fix = finding.rule.info().text(self.lang).fix;
        self.line(&format!("      {}: {fix}", self.pick("直し方", "to mend")));
    }

    fn place(&self, place: &Place) -> String {
        let mut parts = Vec::new();
        if let Some(line) = place.line {
            parts.push(match self.lang {
                Lang::Ja => format!("{line}行目"),
                Lang::En => format!("line {line}"),
            });
        }
        if let Some(record) = place.record {
            parts.push(match self.lang {
                Lang::Ja => format!("レコード{record}"),
                Lang::En => format!("record {record}"),
            });
        }
        if let Some(item) = place.item {
            let name = place.item_name.as_deref().unwrap_or_default();
            parts.push(format!("No.{item} {name}"));
        }
        parts.join(self.pick("　", ", "))
    }

    fn verdict(&mut self) {
        let verdict = match self.report.verdict {
            Verdict::Pass => self.pick("合格", "PASS"),
            Verdict::Fail => self.pick("不合格", "FAIL"),
            Verdict::Indeterminate => self.pick("判定不能", "INDETERMINATE"),
        };
        let counts = self.report.counts;
        self.line(&match self.lang {
            Lang::Ja => format!(
                "判定: {verdict}（ファイル {}、エラー {}、警告 {}、情報 {}）",
                self.report.files.len(),
                counts.error,
                counts.warning,
                counts.info
            ),
            Lang::En => format!(
                "Verdict: {verdict} ({} file(s), {} error(s), {} warning(s), {} notice(s))",
                self.report.files.len(),
                counts.error,
                counts.warning,
                counts.info
            ),
        });
    }
}

/// Offices and service types.
fn way(unit: &UnitReport, lang: Lang) -> String {
    let arrow = lang.pick("→", "->");
    match unit.service_types {
        Some((from, to)) => format!("{} ({from}) {arrow} {} ({to})", unit.from, unit.to),
        None => format!("{} {arrow} {}", unit.from, unit.to),
    }
}

/// Words after a head, on lines of about 100 columns.
fn wrapped(head: &str, words: &[&str]) -> String {
    let mut text = head.to_owned();
    let mut width = head.len();
    for word in words {
        if width + word.len() > 100 {
            text.push_str("\n    ");
            width = 4;
        }
        text.push_str(word);
        text.push(' ');
        width += word.len() + 1;
    }
    text.trim_end().to_owned()
}

/// Control characters and marks that turn the direction of text, as their code points.
fn visible(text: &str) -> String {
    let hidden = |character: char| {
        (character.is_control() && character != '\n')
            || matches!(character, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}')
            || matches!(character, '\u{2066}'..='\u{2069}' | '\u{FEFF}')
    };
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if hidden(character) {
            let _ = write!(shown, "<U+{:04X}>", u32::from(character));
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_but_text() {
        assert_eq!(visible("a\x1b[31m\u{202E}b\r\nc"), "a<U+001B>[31m<U+202E>b<U+000D>\nc");
    }
}
