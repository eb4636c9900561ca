//! The report as one self-contained page to read and print.
//!
//! The page needs no script and nothing from elsewhere, and its content security policy lets
//! nothing of the kind in. Every value goes through the escaping of the template. A page stays
//! readable whatever is wrong: of each rule and file it shows the first findings, and all in all
//! no more than [`MOST_ROWS`]; the totals are always exact.

use std::collections::HashMap;

use askama::Template;

use crate::rules::finding::Finding;
use crate::rules::profile::ProfileName;
use crate::rules::report::{FileReport, Reason, Report, UnitReport, Verdict};
use crate::types::{FileKind, Lang, Severity};

use super::groups::{self, FileGroup, RuleGroup};
use super::words;

/// Of each rule and file so many findings are shown.
pub(super) const MOST: usize = 50;

/// No page shows more findings.
pub(super) const MOST_ROWS: usize = 5_000;

pub(super) fn render(report: &Report, lang: Lang) -> String {
    let mut room = MOST_ROWS;
    let groups = groups::by_file(report);
    let sections = groups.iter().map(|group| section(group, &mut room, lang)).collect();
    let by_name: HashMap<&str, &FileGroup<'_>> =
        groups.iter().map(|group| (group.name, group)).collect();
    let tally = |file: &'_ FileReport| {
        let group = by_name.get(file.name.as_str());
        [Severity::Error, Severity::Warning, Severity::Info]
            .map(|severity| group.map_or(0, |group| group.count(severity)))
    };
    let tallies = report.files.iter().map(tally).collect();
    let page = Page { report, lang, tallies, sections };
    // The template is checked when it is compiled, and text takes whatever is written to it.
    page.render().unwrap_or_default()
}

#[derive(Template)]
#[template(path = "report.html", config = "src/rules/render/askama.toml")]
struct Page<'r> {
    report: &'r Report,
    lang: Lang,
    /// The errors, warnings and notices of each file.
    tallies: Vec<[u64; 3]>,
    sections: Vec<Section<'r>>,
}

/// The findings about one file.
struct Section<'r> {
    name: String,
    /// The official name of its kind.
    kind: &'static str,
    rules: Vec<Entry<'r>>,
}

/// The findings of one rule in one file.
struct Entry<'r> {
    code: &'static str,
    severity: Severity,
    label: &'static str,
    summary: String,
    why: &'static str,
    fix: &'static str,
    total: String,
    rows: Vec<Row<'r>>,
    /// Whether the rows say more than that the file as a whole is meant.
    has_places: bool,
    /// Whether they say something beside the summary.
    has_messages: bool,
    /// How many findings have no row.
    rest: Option<String>,
}

/// One finding.
struct Row<'r> {
    finding: &'r Finding,
    item: String,
    value: Option<String>,
    message: String,
    related: Vec<String>,
}

fn section<'r>(group: &'r FileGroup<'r>, room: &mut usize, lang: Lang) -> Section<'r> {
    Section {
        name: words::visible_line(group.name),
        kind: group.file.and_then(|file| file.kind).map_or("", FileKind::name),
        rules: group.rules.iter().map(|rule| entry(rule, room, lang)).collect(),
    }
}

fn entry<'r>(group: &RuleGroup<'r>, room: &mut usize, lang: Lang) -> Entry<'r> {
    let count = |count: u64| match lang {
        Lang::Ja => format!("{count} 件"),
        Lang::En => count.to_string(),
    };
    let shown = group.findings.len().min(MOST).min(*room);
    *room -= shown;
    let rows: Vec<Row<'_>> =
        group.findings.iter().take(shown).map(|finding| row(finding, lang)).collect();
    let text = group.rule.info().text(lang);
    // All findings mostly say the same: then that is shown, without holes.
    let mut messages = group.findings.iter().map(|finding| finding.message(lang));
    let summary = match messages.next() {
        Some(first) if messages.all(|message| message == first) => words::visible_line(first),
        _ => text.summary(),
    };
    let rest = group.total.saturating_sub(u64::try_from(rows.len()).unwrap_or(u64::MAX));
    Entry {
        code: group.rule.code(),
        severity: group.severity,
        label: group.severity.label(lang),
        has_places: rows.iter().any(|row| {
            let place = &row.finding.place;
            place.line.is_some() || row.value.is_some() || !row.related.is_empty()
        }),
        has_messages: rows.iter().any(|row| row.message != summary),
        summary,
        why: text.why,
        fix: text.fix,
        total: count(group.total),
        rows,
        rest: (rest > 0).then(|| count(rest)),
    }
}

fn row(finding: &Finding, lang: Lang) -> Row<'_> {
    let related = |place: &crate::rules::finding::Place| {
        let other = place.file.as_deref().filter(|_| place.file != finding.place.file);
        let file = other.map(|file| words::visible_line(file) + "　").unwrap_or_default();
        file + &words::place(place, lang)
    };
    Row {
        finding,
        item: words::item(&finding.place),
        value: finding.value.as_ref().map(|value| words::visible_line(value.text())),
        message: words::visible_line(finding.message(lang)),
        related: finding.related.iter().map(related).collect(),
    }
}

impl Page<'_> {
    fn w(&self, ja: &'static str, en: &'static str) -> &'static str {
        self.lang.pick(ja, en)
    }

    fn verdict_class(&self) -> &'static str {
        match self.report.verdict {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Indeterminate => "open",
        }
    }

    fn verdict(&self) -> &'static str {
        words::verdict(self.report.verdict, self.lang)
    }

    fn meaning(&self) -> &'static str {
        words::meaning(self.report, self.lang)
    }

    fn title(&self) -> &'static str {
        words::title(self.report.profile, self.lang)
    }

    fn is_conformance(&self) -> bool {
        self.report.profile == ProfileName::Conformance
    }

    /// Each severity with what it is called and how many findings there are.
    fn severities(&self) -> [(Severity, &'static str, u64); 3] {
        let counts = self.report.counts;
        [
            (Severity::Error, counts.error),
            (Severity::Warning, counts.warning),
            (Severity::Info, counts.info),
        ]
        .map(|(severity, count)| (severity, severity.label(self.lang), count))
    }

    fn overrides_line(&self) -> Option<String> {
        words::overrides_line(self.report, self.lang)
    }

    fn override_lines(&self) -> Vec<String> {
        words::override_lines(self.report, self.lang)
    }

    fn unit(&self, unit: &UnitReport) -> String {
        let id = unit.unit.as_deref().unwrap_or(self.w("不明", "unknown"));
        let types = unit.service_types;
        let (from, to) = types.map_or((String::new(), String::new()), |(from, to)| {
            (format!(" ({from})"), format!(" ({to})"))
        });
        let files: Vec<String> = unit.files.iter().map(|name| words::visible_line(name)).collect();
        let head = match self.lang {
            Lang::Ja => {
                format!("{id}　連番 {}　{}{from} → {}{to}", unit.serial, unit.from, unit.to)
            }
            Lang::En => {
                format!("{id}, serial {}, {}{from} → {}{to}", unit.serial, unit.from, unit.to)
            }
        };
        format!("{head}: {}", files.join(self.w("、", ", ")))
    }

    /// The rules that were not run, by the reason.
    fn not_run(&self) -> Vec<(&'static str, Vec<&'static str>)> {
        [Reason::Blocked, Reason::NoSuchFile]
            .into_iter()
            .map(|reason| {
                let rules = self.report.rules.not_run.iter();
                let codes = rules.filter(|rule| rule.reason == reason).map(|rule| rule.rule.code());
                (words::reason(reason, self.lang), codes.collect::<Vec<_>>())
            })
            .filter(|(_, codes)| !codes.is_empty())
            .collect()
    }

    fn run(&self) -> Vec<&'static str> {
        self.report.rules.run.iter().map(|rule| rule.code()).collect()
    }
}
