//! The report as text for people at a terminal.

use std::fmt::Write as _;

use crate::rules::finding::{Finding, Place};
use crate::rules::profile::ProfileName;
use crate::rules::report::{FileReport, Reason, Report};
use crate::types::{FileKind, Lang};

use super::groups::{self, RuleGroup};
use super::words;

/// Of the findings of a rule about the same item so many are shown in full.
const SHOWN: usize = 3;

/// What was checked, what was found, what to do, and the verdict.
pub(super) fn render(report: &Report, lang: Lang) -> String {
    let mut page = Page { report, lang, text: String::new() };
    page.write();
    words::visible(&page.text)
}

/// What was checked and found, without the codes of the rules and without a verdict: for those who
/// tell themselves what becomes of the files.
pub(super) fn findings(report: &Report, lang: Lang) -> String {
    let mut page = Page { report, lang, text: String::new() };
    page.files();
    page.findings();
    words::visible(page.text.trim_end())
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
        let title = words::title(self.report.profile, self.lang);
        self.line(&format!("{} {} {title}", tool.name, tool.version));
        self.line("");
        self.files();
        self.findings();
        self.rules();
        self.overrides();
        if self.report.profile == ProfileName::Conformance {
            self.line(&words::tool_line(self.report, self.lang));
        }
        self.line(&words::verdict_line(self.report, self.lang));
    }

    /// What was checked: always printed.
    fn files(&mut self) {
        let mut shown = vec![false; self.report.files.len()];
        for unit in &self.report.units {
            self.line(&words::unit(unit, self.lang));
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
            let name = words::visible_line(name);
            self.line(&format!("  {name}　{text}"));
        }
        if let Some(line) = words::passed_over(self.report, self.lang) {
            self.line(&line);
        }
        self.line("");
    }

    fn file(&mut self, file: &FileReport) {
        let mut parts = vec![words::visible_line(&file.name)];
        parts.extend(file.kind.map(|kind| kind.name().to_owned()));
        parts.extend(file.edition.map(|edition| edition.as_str().to_owned()));
        parts.extend(file.records.map(|records| match self.lang {
            Lang::Ja => format!("{records}件"),
            Lang::En => format!("{records} record(s)"),
        }));
        self.line(&format!("  {}", parts.join(self.pick("　", ", "))));
        if self.report.profile == ProfileName::Conformance {
            self.line(&format!("    sha256:{}", file.sha256));
        }
    }

    fn rules(&mut self) {
        let rules = &self.report.rules;
        let (run, not_run) = (rules.run.len(), rules.not_run.len());
        self.line(&match self.lang {
            Lang::Ja => format!("実行した規則 {run}、実行しなかった規則 {not_run}"),
            Lang::En => format!("{run} rules were run, {not_run} were not"),
        });
        // Where nothing could be read, no list of rules says more than that; those that were left
        // out were named by whoever left them out, and are counted below.
        if self.report.files.is_empty() {
            self.line("");
            return;
        }
        for reason in [Reason::NoSuchFile, Reason::Blocked] {
            let of_reason = rules.not_run.iter().filter(|not_run| not_run.reason == reason);
            let codes = words::codes(of_reason.map(|not_run| not_run.rule.code()), self.lang);
            if !codes.is_empty() {
                self.line(&wrapped(&format!("  {}: ", words::reason(reason, self.lang)), &codes));
            }
        }
        self.line("");
    }

    fn findings(&mut self) {
        let report = self.report;
        for file in groups::by_file(report) {
            let kind = file.file.and_then(|file| file.kind).map(FileKind::name);
            let gap = self.pick("　", ", ");
            let kind = kind.map(|kind| format!("{gap}{kind}")).unwrap_or_default();
            self.line(&format!("■ {}{kind}", words::visible_line(file.name)));
            for group in &file.rules {
                self.rule(group);
            }
            self.line("");
        }
    }

    fn rule(&mut self, group: &RuleGroup<'_>) {
        let info = group.rule.info();
        let severity = group.severity.label(self.lang);
        let mut head = format!("  [{severity}] {} {}", info.code, info.name);
        if group.total > 1 {
            let total = group.total;
            let _ = match self.lang {
                Lang::Ja => write!(head, "　{total} 件"),
                Lang::En => write!(head, ", {total} findings"),
            };
        }
        let places = group.places();
        if places > group.total {
            let _ = match self.lang {
                Lang::Ja => write!(head, "　同じ誤りが {places} か所"),
                Lang::En => write!(head, ", in {places} places"),
            };
        }
        self.line(&head);
        let mut items: Vec<(Option<u16>, Vec<&Finding>)> = Vec::new();
        for finding in &group.findings {
            let item = finding.place.item;
            match items.iter_mut().find(|(known, _)| *known == item) {
                Some((_, findings)) => findings.push(finding),
                None => items.push((item, vec![finding])),
            }
        }
        let mut message = "";
        for (_, findings) in &items {
            let (shown, more) = findings.split_at(findings.len().min(SHOWN));
            // One more takes no more room than saying that there is one.
            let (shown, more) =
                if more.len() == 1 { (findings.as_slice(), &[][..]) } else { (shown, more) };
            for finding in shown {
                self.finding(finding, &mut message);
                self.more(&finding.alike.iter().collect::<Vec<_>>());
            }
            self.more(&more.iter().flat_map(|finding| finding.places()).collect::<Vec<_>>());
        }
        let listed = u64::try_from(group.findings.len()).unwrap_or(u64::MAX);
        if group.total > listed {
            let rest = group.total - listed;
            self.line(&match self.lang {
                Lang::Ja => format!("    ほか {rest} 件（件数だけを数えました）"),
                Lang::En => format!("    {rest} more, which were only counted"),
            });
        }
        let fix = info.text(self.lang).fix;
        self.line(&format!("    {}: {fix}", self.pick("直し方", "To mend")));
    }

    /// One finding; its message only where it is not that of the finding before.
    fn finding<'f>(&mut self, finding: &'f Finding, last: &mut &'f str) {
        let mut head = words::place(&finding.place, self.lang);
        if let Some(value) = &finding.value {
            let gap = if head.is_empty() { "" } else { self.pick("　", ", ") };
            let _ = write!(head, "{gap}「{}」", words::visible_line(value.text()));
        }
        if !head.is_empty() {
            self.line(&format!("    {head}"));
        }
        let message = finding.message(self.lang);
        if message != *last {
            self.line(&format!("      {message}"));
            *last = message;
        }
        for related in &finding.related {
            let place = self.elsewhere(related, &finding.place);
            self.line(&format!("      {}: {place}", self.pick("関係する箇所", "See also")));
        }
    }

    /// Places that are counted and not shown.
    fn more(&mut self, places: &[&Place]) {
        if places.is_empty() {
            return;
        }
        let count = places.len();
        let numbers = |of: fn(&Place) -> Option<u64>| {
            let numbers = places.iter().copied().filter_map(of);
            words::ranges(numbers, self.lang)
        };
        let (records, lines) = (numbers(|place| place.record), numbers(|place| place.line));
        let at = match (records.is_empty(), lines.is_empty(), self.lang) {
            (false, _, Lang::Ja) => format!("（レコード {records}）"),
            (false, _, Lang::En) => format!(" (records {records})"),
            (true, false, Lang::Ja) => format!("（{lines} 行目）"),
            (true, false, Lang::En) => format!(" (lines {lines})"),
            (true, true, _) => String::new(),
        };
        self.line(&match self.lang {
            Lang::Ja => format!("    ほか {count} 件{at}"),
            Lang::En => format!("    {count} more{at}"),
        });
    }

    /// A related place, with its file where that is another one.
    fn elsewhere(&self, related: &Place, place: &Place) -> String {
        let at = words::place(related, self.lang);
        match related.file.as_deref().filter(|file| Some(*file) != place.file.as_deref()) {
            Some(file) => {
                format!("{}{}{at}", words::visible_line(file), self.pick("　", ", "))
            }
            None => at,
        }
    }

    fn overrides(&mut self) {
        if let Some(line) = words::selection_line(self.report, self.lang) {
            self.line(&line);
            self.line("");
        }
        let Some(head) = words::overrides_line(self.report, self.lang) else { return };
        self.line(&head);
        for line in words::override_lines(self.report, self.lang) {
            self.line(&format!("  {line}"));
        }
        self.line("");
    }
}

/// Words after a head, on lines of less than 80 columns.
fn wrapped(head: &str, words: &[String]) -> String {
    let mut text = head.to_owned();
    // A Japanese character takes two columns.
    let wide = |text: &str| text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum::<usize>();
    let mut width = wide(head);
    for word in words {
        if width + wide(word) >= 80 {
            text.truncate(text.trim_end().len());
            text.push_str("\n    ");
            width = 4;
        }
        text.push_str(word);
        text.push(' ');
        width += wide(word) + 1;
    }
    text.trim_end().to_owned()
}
