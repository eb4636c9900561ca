//! Workflow commands of GitHub Actions: annotations at files and lines.

use std::fmt::Write as _;

use crate::rules::finding::Finding;
use crate::rules::report::{Report, Verdict};
use crate::types::{Lang, Severity};

use super::groups;
use super::words;

/// Of each rule and file so many annotations are written; GitHub shows ten of a kind and step.
const MOST: usize = 10;

pub(super) fn render(report: &Report, lang: Lang) -> String {
    let mut text = String::new();
    for file in groups::by_file(report) {
        for group in &file.rules {
            for finding in group.findings.iter().take(MOST) {
                annotation(&mut text, report, finding, lang);
            }
            let shown = u64::try_from(group.findings.len().min(MOST)).unwrap_or(u64::MAX);
            if group.total > shown {
                let (code, rest) = (group.rule.code(), group.total - shown);
                let more = match lang {
                    Lang::Ja => format!("{code} はほかに {rest} 件あります。"),
                    Lang::En => format!("{code}: {rest} more"),
                };
                let place = properties(report, (!file.name.is_empty()).then_some(file.name), None);
                command(&mut text, group.severity, &place, code, &more);
            }
        }
    }
    let severity = match report.verdict {
        Verdict::Fail | Verdict::Indeterminate => Severity::Error,
        Verdict::Partial => Severity::Warning,
        Verdict::Pass => Severity::Info,
    };
    let mut summary = vec![words::verdict_line(report, lang), words::tool_line(report, lang)];
    summary.extend(words::selection_line(report, lang));
    summary.extend(words::overrides_line(report, lang));
    for file in &report.files {
        summary.push(format!("{} sha256:{}", words::visible_line(&file.name), file.sha256));
    }
    command(&mut text, severity, "", "renkei", &summary.join("\n"));
    text
}

fn annotation(text: &mut String, report: &Report, finding: &Finding, lang: Lang) {
    let info = finding.rule.info();
    let place = properties(report, finding.place.file.as_deref(), finding.place.line);
    let title = format!("{} {}", info.code, info.name);
    command(text, finding.severity, &place, &title, &words::sentence(finding, lang));
}

/// The properties that say where.
fn properties(report: &Report, file: Option<&str>, line: Option<u64>) -> String {
    let mut place = String::new();
    if let Some(file) = file {
        let inside = words::in_archive(file);
        let opened = inside.map_or(file, |(archive, _)| archive);
        let _ = write!(place, "file={},", property(&report.path_of(opened)));
        // A line of a file inside an archive is none of the archive.
        if let (Some(line), None) = (line, inside) {
            let _ = write!(place, "line={line},");
        }
    }
    place
}

fn command(text: &mut String, severity: Severity, place: &str, title: &str, message: &str) {
    let name = match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    let _ = writeln!(text, "::{name} {place}title={}::{}", property(title), data(message));
}

/// The text of a command, of which a line end would make another command. What a terminal would
/// obey, or what turns the text around it, is shown and not done.
fn data(text: &str) -> String {
    words::visible(text).replace('%', "%25").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_text_is_a_command() {
        let mut text = String::new();
        command(&mut text, Severity::Error, "", "a,b:c::", "100%\r\n::stop-commands::x");
        assert_eq!(text, "::error title=a%2Cb%3Ac%3A%3A::100%25<U+000D>%0A::stop-commands::x\n");
    }

    #[test]
    fn what_a_terminal_would_obey_is_shown() {
        assert_eq!(property("esc\u{1b}[31m.CSV"), "esc<U+001B>[31m.CSV");
        assert_eq!(data("rtl\u{202e}VSC"), "rtl<U+202E>VSC");
    }
}
