//! The report as one self-contained page to read and print.
//!
//! The page needs no script and nothing from elsewhere, and its content security policy lets
//! nothing of the kind in. Every value goes through the escaping of the template. A page stays
//! readable whatever is wrong: of each rule and file it shows the first findings, and all in all
//! no more than [`MOST_ROWS`]; the totals are always exact.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use askama::Template;

use crate::rules::finding::{Finding, Place};
use crate::rules::profile::ProfileName;
use crate::rules::report::{FileReport, Reason, Report, Verdict};
use crate::rules::table::Rule;
use crate::types::{FileKind, Lang, Severity};

use super::Frame;
use super::groups::{self, FileGroup, RuleGroup};
use super::words;

/// Of each rule and file so many findings are shown.
pub(super) const MOST: usize = 50;

/// No page shows more findings.
pub(super) const MOST_ROWS: usize = 5_000;

pub(super) fn render(report: &Report, frame: Option<&Frame<'_>>, lang: Lang) -> String {
    let mut room = MOST_ROWS;
    let groups = groups::by_file(report);
    let sections: Vec<Section<'_>> = groups
        .iter()
        .enumerate()
        .map(|(place, group)| section(group, place, &mut room, lang))
        .collect();
    let overview = overview(&groups, lang);
    let by_name: HashMap<&str, &FileGroup<'_>> =
        groups.iter().map(|group| (group.name, group)).collect();
    let tally = |file: &'_ FileReport| {
        let group = by_name.get(file.name.as_str());
        [Severity::Error, Severity::Warning, Severity::Info]
            .map(|severity| group.map_or(0, |group| group.count(severity)))
    };
    let tallies = report.files.iter().map(tally).collect();
    let page = Page { report, frame, lang, tallies, sections, overview };
    // The template is checked when it is compiled, and text takes whatever is written to it.
    page.render().unwrap_or_default()
}

#[derive(Template)]
#[template(path = "rules/render/report.html", config = "src/askama.toml")]
struct Page<'r> {
    report: &'r Report,
    frame: Option<&'r Frame<'r>>,
    lang: Lang,
    /// The errors, warnings and notices of each file.
    tallies: Vec<[u64; 3]>,
    sections: Vec<Section<'r>>,
    overview: Vec<Line>,
}

/// A rule that was broken somewhere in the set.
struct Line {
    severity: Severity,
    label: &'static str,
    code: &'static str,
    summary: String,
    files: u64,
    total: String,
    /// The first place of the page that tells more.
    anchor: String,
}

/// The files of one send unit, or those that belong to none.
struct UnitRow<'r> {
    title: String,
    files: Vec<(&'r FileReport, [u64; 3])>,
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
    anchor: String,
    /// Whether the rows say more than that the file as a whole is meant.
    has_places: bool,
    /// Whether they say something beside the summary.
    has_messages: bool,
    /// How many places have no row.
    rest: Option<String>,
}

/// One place of a finding.
struct Row<'r> {
    place: &'r Place,
    item: String,
    value: Option<String>,
    message: String,
    related: Vec<String>,
}

/// Every rule that was broken, the worst first, over all files.
fn overview(groups: &[FileGroup<'_>], lang: Lang) -> Vec<Line> {
    let mut rules: BTreeMap<_, (u64, u64, String, Option<String>)> = BTreeMap::new();
    for (place, file) in groups.iter().enumerate() {
        for group in &file.rules {
            let (files, total, _, summary) =
                rules.entry((Reverse(group.severity), group.rule)).or_insert_with(|| {
                    (
                        0,
                        0,
                        anchor(place, group.rule.code(), group.severity),
                        Some(summary(group, lang)),
                    )
                });
            *files += 1;
            *total += group.places();
            if summary.as_deref().is_some_and(|known| known != self::summary(group, lang)) {
                *summary = None;
            }
        }
    }
    let line = |((Reverse(severity), rule), (files, total, anchor, summary)): ((_, Rule), _)| {
        let severity: Severity = severity;
        let summary: Option<String> = summary;
        Line {
            severity,
            label: severity.label(lang),
            code: rule.code(),
            summary: summary.unwrap_or_else(|| rule.info().title(lang)),
            files,
            total: count(total, lang),
            anchor,
        }
    };
    rules.into_iter().map(line).collect()
}

fn anchor(section: usize, code: &str, severity: Severity) -> String {
    format!("f{section}-{code}-{severity}")
}

fn count(count: u64, lang: Lang) -> String {
    match lang {
        Lang::Ja => format!("{count} 件"),
        Lang::En => count.to_string(),
    }
}

/// What all findings of a group say, or what their rule does where they differ.
fn summary(group: &RuleGroup<'_>, lang: Lang) -> String {
    let mut messages = group.findings.iter().map(|finding| finding.message(lang));
    match messages.next() {
        Some(first) if messages.all(|message| message == first) => words::visible_line(first),
        _ => group.rule.info().title(lang),
    }
}

fn section<'r>(
    group: &'r FileGroup<'r>,
    place: usize,
    room: &mut usize,
    lang: Lang,
) -> Section<'r> {
    Section {
        name: words::visible_line(group.name),
        kind: group.file.and_then(|file| file.kind).map_or("", FileKind::name),
        rules: group.rules.iter().map(|rule| entry(rule, place, room, lang)).collect(),
    }
}

fn entry<'r>(group: &RuleGroup<'r>, section: usize, room: &mut usize, lang: Lang) -> Entry<'r> {
    let places = group.findings.iter().flat_map(|finding| {
        let related = finding.places().zip(std::iter::once(true).chain(std::iter::repeat(false)));
        related.map(move |(place, first)| (*finding, place, first))
    });
    let rows: Vec<Row<'_>> = places
        .take(MOST.min(*room))
        .map(|(finding, place, first)| row(finding, place, first, lang))
        .collect();
    *room -= rows.len();
    let text = group.rule.info().text(lang);
    let summary = summary(group, lang);
    let rest = group.places().saturating_sub(u64::try_from(rows.len()).unwrap_or(u64::MAX));
    Entry {
        code: group.rule.code(),
        severity: group.severity,
        label: group.severity.label(lang),
        anchor: anchor(section, group.rule.code(), group.severity),
        has_places: rows.iter().any(|row| {
            let place = row.place;
            place.line.is_some() || row.value.is_some() || !row.related.is_empty()
        }),
        has_messages: rows.iter().any(|row| row.message != summary),
        summary,
        why: text.why,
        fix: text.fix,
        total: count(group.places(), lang),
        rows,
        rest: (rest > 0).then(|| count(rest, lang)),
    }
}

impl Entry<'_> {
    /// Whether a column has something in it.
    fn any(&self, has: fn(&Row<'_>) -> bool) -> bool {
        self.rows.iter().any(has)
    }

    fn has_records(&self) -> bool {
        self.any(|row| row.place.record.is_some())
    }

    fn has_people(&self) -> bool {
        self.any(|row| row.place.person.is_some())
    }

    fn has_items(&self) -> bool {
        self.any(|row| !row.item.is_empty() || !row.related.is_empty())
    }

    fn has_values(&self) -> bool {
        self.any(|row| row.value.is_some())
    }
}

/// One place of a finding; related places go with the first of them.
fn row<'r>(finding: &'r Finding, at: &'r Place, first: bool, lang: Lang) -> Row<'r> {
    let related = |place: &Place| {
        let other = place.file.as_deref().filter(|_| place.file != finding.place.file);
        let file = other.map(|file| words::visible_line(file) + "　").unwrap_or_default();
        file + &words::place(place, lang)
    };
    Row {
        place: at,
        item: words::item(at),
        value: finding.value.as_ref().map(|value| words::visible_line(value.text())),
        message: words::visible_line(finding.message(lang)),
        related: finding.related.iter().filter(|_| first).map(related).collect(),
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
            Verdict::Partial | Verdict::Indeterminate => "open",
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

    fn exercised(&self) -> Option<String> {
        words::exercised(self.report, self.lang)
    }

    fn selection_line(&self) -> Option<String> {
        words::selection_line(self.report, self.lang)
    }

    fn overrides_line(&self) -> Option<String> {
        words::overrides_line(self.report, self.lang)
    }

    fn passed_over(&self) -> Option<String> {
        words::passed_over(self.report, self.lang)
    }

    fn override_lines(&self) -> Vec<String> {
        words::override_lines(self.report, self.lang)
    }

    /// The files by send units.
    fn units(&self) -> Vec<UnitRow<'_>> {
        let mut left: BTreeSet<usize> = (0..self.report.files.len()).collect();
        let file = |place: usize| {
            let tally = self.tallies.get(place).copied().unwrap_or_default();
            Some((self.report.files.get(place)?, tally))
        };
        let mut rows = Vec::with_capacity(self.report.units.len() + 1);
        for unit in &self.report.units {
            rows.push(UnitRow {
                title: words::unit(unit, self.lang),
                files: unit.places.iter().filter_map(|place| file(*place)).collect(),
            });
            for place in &unit.places {
                left.remove(place);
            }
        }
        if !left.is_empty() {
            rows.push(UnitRow {
                title: self
                    .w("送信単位を読み取れないファイル", "Files of no known send unit")
                    .to_owned(),
                files: left.into_iter().filter_map(file).collect(),
            });
        }
        rows
    }

    /// The rules that were not run, by the reason.
    fn not_run(&self) -> Vec<(&'static str, usize, Vec<String>)> {
        [Reason::Blocked, Reason::NoSuchFile, Reason::LeftOut]
            .into_iter()
            .map(|reason| {
                let rules = self.report.rules.not_run.iter();
                let codes = rules.filter(|rule| rule.reason == reason).map(|rule| rule.rule.code());
                let codes: Vec<&str> = codes.collect();
                let count = codes.len();
                (words::reason(reason, self.lang), count, words::codes(codes, self.lang))
            })
            .filter(|(_, count, _)| *count > 0)
            .collect()
    }

    fn run(&self) -> Vec<String> {
        words::codes(self.report.rules.run.iter().map(|rule| rule.code()), self.lang)
    }
}
