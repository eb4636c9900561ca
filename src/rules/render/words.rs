//! Words and signs that several formats share.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::rules::finding::{Finding, Place};
use crate::rules::overrides::{Grade, OverrideReport, OverridesReport};
use crate::rules::profile::ProfileName;
use crate::rules::report::{Reason, Report, UnitReport, Verdict};
use crate::rules::selection::SelectionReport;
use crate::types::Lang;
use crate::types::text::is_invisible;

/// A verdict.
pub(super) const fn verdict(verdict: Verdict, lang: Lang) -> &'static str {
    match verdict {
        Verdict::Pass => lang.pick("合格", "PASS"),
        Verdict::Partial => lang.pick("一部だけ合格", "PARTIAL PASS"),
        Verdict::Fail => lang.pick("不合格", "FAIL"),
        Verdict::Indeterminate => lang.pick("判定不能", "INDETERMINATE"),
    }
}

/// What the verdict means, in one sentence.
pub(super) fn meaning(report: &Report, lang: Lang) -> &'static str {
    let counts = report.counts;
    match report.verdict {
        Verdict::Fail => lang.pick(
            "取り込めない誤りがあります。「直し方」に沿って直し、出力し直してください。",
            "There are errors that prevent the import. Mend them and export again.",
        ),
        Verdict::Indeterminate => lang.pick(
            "検査できなかったものがあるため、判定できません。",
            "Not everything could be checked, so there is no verdict.",
        ),
        Verdict::Partial => lang.pick(
            "検査した規則ではエラーはありません。除いた規則、抑止した規則、または軽くした規則があるため、取り込めるとは限りません。",
            "There are no errors among the rules that count. Rules were left out, silenced or graded lower, so the import may still fail.",
        ),
        Verdict::Pass if counts.warning > 0 => lang.pick(
            "エラーはありません。警告の内容を確かめてください。",
            "There are no errors. Please look at the warnings.",
        ),
        Verdict::Pass => lang.pick("エラーはありません。", "There are no errors."),
    }
}

/// What the report is about: a check, or a conformance test.
pub(super) const fn title(profile: ProfileName, lang: Lang) -> &'static str {
    match profile {
        ProfileName::Default => lang.pick("検査結果", "report"),
        ProfileName::Conformance => lang.pick("適合試験の結果", "conformance test"),
    }
}

/// Why a rule was not run.
pub(super) const fn reason(reason: Reason, lang: Lang) -> &'static str {
    match reason {
        Reason::NoSuchFile => lang.pick("対象となるファイルがない", "no file is subject to it"),
        Reason::Blocked => lang.pick("先に直すべき誤りがある", "an earlier error stands before it"),
        Reason::LeftOut => lang.pick("この検査から除いた", "left out of this check"),
        Reason::NoHistory => {
            lang.pick("やり取りの履歴が指定されていない", "no history of the exchange was given")
        }
    }
}

/// How much of the rule set the files exercised, for the verdict of a conformance test: it holds for
/// these rules and says nothing about the others.
pub(super) fn exercised(report: &Report, lang: Lang) -> Option<String> {
    let (run, total) = (report.rules.run.len(), report.rules.total);
    (report.profile == ProfileName::Conformance).then(|| match lang {
        Lang::Ja => format!("規則 {total} 件のうち {run} 件の範囲"),
        Lang::En => format!("for {run} of {total} rules"),
    })
}

/// Verdict and numbers on one line.
pub fn verdict_line(report: &Report, lang: Lang) -> String {
    let mut verdict = verdict(report.verdict, lang).to_owned();
    if let Some(exercised) = exercised(report, lang) {
        let _ = match lang {
            Lang::Ja => write!(verdict, "、{exercised}"),
            Lang::En => write!(verdict, " {exercised}"),
        };
    }
    let (files, counts) = (report.files.len(), report.counts);
    let (error, warning, info) = (counts.error, counts.warning, counts.info);
    let silenced = match (counts.silenced, lang) {
        (0, _) => String::new(),
        (count, Lang::Ja) => format!("、抑止 {count}"),
        (count, Lang::En) => format!(", {count} silenced"),
    };
    match (lang, report.profile) {
        (Lang::Ja, profile) => {
            let head = match profile {
                ProfileName::Default => "判定",
                ProfileName::Conformance => "適合試験の判定",
            };
            format!(
                "{head}: {verdict}（ファイル {files}、エラー {error}、警告 {warning}、情報 {info}{silenced}）"
            )
        }
        (Lang::En, profile) => {
            let head = match profile {
                ProfileName::Default => "Verdict",
                ProfileName::Conformance => "Verdict of the conformance test",
            };
            format!(
                "{head}: {verdict} ({files} file(s), {error} error(s), {warning} warning(s), \
                 {info} notice(s){silenced})"
            )
        }
    }
}

/// Tool and rule set.
pub(super) fn tool_line(report: &Report, lang: Lang) -> String {
    let tool = &report.tool;
    let set = lang.pick("規則の版", "rule set");
    let number = tool.rule_set_number.map(|number| format!(" {number}")).unwrap_or_default();
    format!("{} {}　{set}{number} sha256:{}", tool.name, tool.version, tool.rule_set)
}

/// Which rules were wanted, and what the others found, on one line; nothing where all are.
pub(super) fn selection_line(report: &Report, lang: Lang) -> Option<String> {
    let selection = report.selection.as_ref()?;
    let SelectionReport { select, ignore, left_out, findings, errors } = selection;
    let options = [("--select", select), ("--ignore", ignore)];
    let given = options.iter().filter(|(_, patterns)| !patterns.is_empty());
    let given: Vec<String> =
        given.map(|(option, patterns)| format!("{option} {}", patterns.join(","))).collect();
    let given = given.join(" ");
    Some(match lang {
        Lang::Ja => format!(
            "一部の規則だけで検査しました（{given}）: 除いた規則 {left_out} 件、その指摘 {findings} 件（うちエラー {errors} 件）"
        ),
        Lang::En => format!(
            "Only some of the rules count ({given}): {left_out} rule(s) left out, with \
             {findings} finding(s), of which {errors} error(s)"
        ),
    })
}

/// What was overridden, on one line; nothing where nothing was.
pub(super) fn overrides_line(report: &Report, lang: Lang) -> Option<String> {
    let OverridesReport { regraded, silenced, rules } = &report.overrides;
    let count = report.counts.silenced;
    (!rules.is_empty()).then(|| match lang {
        Lang::Ja => format!(
            "この検査では規則の一部を変えています: 重さを変えた規則 {regraded}、抑止した規則 {silenced}（抑止した指摘 {count} 件）"
        ),
        Lang::En => format!(
            "Rules were overridden for this report: {regraded} re-graded, {silenced} silenced \
             ({count} finding(s) not shown)"
        ),
    })
}

/// Each override: the rule, from and to which severity, how many findings, why.
pub(super) fn override_lines(report: &Report, lang: Lang) -> Vec<String> {
    let line = |given: &OverrideReport| {
        let code = given.rule.code();
        let from = given.from.label(lang);
        let to = match given.to {
            Grade::As(severity) => severity.label(lang),
            Grade::Off => lang.pick("抑止", "silenced"),
        };
        let (count, reason) = (given.findings, &given.reason);
        match lang {
            Lang::Ja => format!("{code} {from}→{to}　該当 {count} 件　理由: {reason}"),
            Lang::En => format!("{code} {from} -> {to}, {count} finding(s), reason: {reason}"),
        }
    };
    report.overrides.rules.iter().map(line).collect()
}

/// The record of a place and whom it is about.
pub(super) fn record(place: &Place, lang: Lang) -> String {
    let mut parts = Vec::new();
    if let Some(record) = place.record {
        parts.push(match lang {
            Lang::Ja => format!("レコード{record}"),
            Lang::En => format!("record {record}"),
        });
    }
    if let Some(person) = &place.person {
        parts.push(format!("{} {person}", lang.pick("被保険者番号", "insured no.")));
    }
    parts.join(lang.pick("　", ", "))
}

/// Number and official name of an item.
pub(super) fn item(place: &Place) -> String {
    let name = place.item_name.as_deref().unwrap_or_default();
    place.item.map(|item| format!("No.{item} {name}")).unwrap_or_default()
}

/// A place without its file, for people.
pub(super) fn place(place: &Place, lang: Lang) -> String {
    let line = place.line.map(|line| match lang {
        Lang::Ja => format!("{line}行目"),
        Lang::En => format!("line {line}"),
    });
    let parts = [line.unwrap_or_default(), record(place, lang), item(place)];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(lang.pick("　", ", "))
}

/// Which files were not judged, and how many; nothing where all were.
pub(super) fn passed_over(report: &Report, lang: Lang) -> Option<String> {
    const MOST: usize = 20;
    let count = report.passed_over.len();
    if count == 0 {
        return None;
    }
    let names = report.passed_over.iter().take(MOST).map(|name| visible_line(name));
    let names = names.collect::<Vec<_>>().join(lang.pick("、", ", "));
    let rest = count.saturating_sub(MOST);
    let more = match (lang, rest) {
        (_, 0) => String::new(),
        (Lang::Ja, _) => format!(" ほか {rest} 件"),
        (Lang::En, _) => format!(" and {rest} more"),
    };
    Some(match lang {
        Lang::Ja => format!("検査しなかったファイル（{count} 件）: {names}{more}"),
        Lang::En => format!("files that were not checked ({count}): {names}{more}"),
    })
}

/// Message, place, value, related places and how to mend it, for programs that show one text.
pub(super) fn sentence(finding: &Finding, lang: Lang) -> String {
    let mut text = finding.message(lang).to_owned();
    let found = place(&finding.place, lang);
    let mut parts = Vec::new();
    // The program opens the archive.
    let member = finding.place.file.as_deref().and_then(in_archive);
    parts.extend(member.map(|(_, member)| visible_line(member)));
    if !found.is_empty() {
        parts.push(found);
    }
    if let Some(value) = &finding.value {
        parts.push(format!("{}「{}」", lang.pick("値", "value "), visible_line(value.text())));
    }
    for related in &finding.related {
        parts.push(format!("{}: {}", lang.pick("関係する箇所", "see also"), place(related, lang)));
    }
    if !finding.alike.is_empty() {
        let (count, records) = (finding.others(), finding.alike.iter().filter_map(|at| at.record));
        let records = ranges(records, lang);
        parts.push(match lang {
            Lang::Ja => format!("同じ誤りがほかに {count} 件（レコード {records}）"),
            Lang::En => format!("the same in {count} more records ({records})"),
        });
    }
    if !parts.is_empty() {
        let _ = write!(text, " [{}]", parts.join(lang.pick("　", ", ")));
    }
    let fix = finding.rule.info().text(lang).fix;
    let _ = write!(text, " {}: {fix}", lang.pick("直し方", "To mend"));
    visible(&text)
}

/// Numbers as ranges, such as `4〜6、9`; at most eight, then `…`.
pub(super) fn ranges(numbers: impl IntoIterator<Item = u64>, lang: Lang) -> String {
    const MOST: usize = 8;
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last == number => {}
            Some((_, last)) if number.checked_sub(1) == Some(*last) => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    let dash = lang.pick("〜", "-");
    let range = |(first, last): &(u64, u64)| {
        if first == last { first.to_string() } else { format!("{first}{dash}{last}") }
    };
    let mut shown: Vec<String> = ranges.iter().take(MOST).map(range).collect();
    if ranges.len() > MOST {
        shown.push("…".to_owned());
    }
    shown.join(lang.pick("、", ", "))
}

/// Codes of rules with those that follow each other drawn together, such as `L4-HOSO-001〜012`.
pub(super) fn codes<'c>(codes: impl IntoIterator<Item = &'c str>, lang: Lang) -> Vec<String> {
    let dash = lang.pick("〜", "-");
    let mut groups: BTreeMap<&str, (usize, BTreeSet<&str>)> = BTreeMap::new();
    for (place, code) in codes.into_iter().enumerate() {
        let (group, number) = code.rsplit_once('-').unwrap_or((code, ""));
        groups.entry(group).or_insert_with(|| (place, BTreeSet::new())).1.insert(number);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_unstable_by_key(|(_, (place, _))| *place);
    let mut shown = Vec::new();
    for (group, (_, numbers)) in groups {
        let mut runs: Vec<(&str, &str)> = Vec::new();
        for number in numbers {
            let value = |number: &str| number.parse::<u32>().unwrap_or_default();
            match runs.last_mut() {
                Some((_, last)) if value(last) + 1 == value(number) => *last = number,
                _ => runs.push((number, number)),
            }
        }
        shown.extend(runs.into_iter().map(|(first, last)| {
            let end = if first == last { String::new() } else { format!("{dash}{last}") };
            format!("{group}-{first}{end}")
        }));
    }
    shown
}

/// A send unit: what it carries, from whom to whom.
pub(super) fn unit(unit: &UnitReport, lang: Lang) -> String {
    let id = unit.unit.as_deref().unwrap_or(lang.pick("不明", "unknown"));
    let title = if unit.title.is_empty() { String::new() } else { format!(" {}", unit.title) };
    let arrow = lang.pick("→", "->");
    let way = match unit.service_types {
        Some((from, to)) => format!("{} ({from}) {arrow} {} ({to})", unit.from, unit.to),
        None => format!("{} {arrow} {}", unit.from, unit.to),
    };
    match lang {
        Lang::Ja => format!("送信単位 {id}{title}　連番 {}　{way}", unit.serial),
        Lang::En => format!("Send unit {id}{title}, serial {}, {way}", unit.serial),
    }
}

/// The archive and the name in it, of a file inside an archive as `validate` calls it:
/// `a.zip!/NAME.CSV`.
pub(super) fn in_archive(file: &str) -> Option<(&str, &str)> {
    const END: &str = ".zip!/";
    let place = file.to_ascii_lowercase().find(END)?;
    let (archive, _) = file.split_at_checked(place + ".zip".len())?;
    Some((archive, file.get(place + END.len()..)?))
}

/// Characters that would steer a terminal or a reader, as their code points: control characters,
/// marks that turn the direction of text or have no width, and what XML forbids.
pub fn visible(text: &str) -> String {
    let hidden = |character: char| {
        (character.is_control() && character != '\n')
            || is_invisible(character)
            || matches!(character, '\u{FFFE}'..='\u{FFFF}')
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

/// [`visible`] on one line: line breaks as `⏎`.
pub fn visible_line(text: &str) -> String {
    visible(&text.replace("\r\n", "\n")).replace('\n', "⏎")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_but_text() {
        assert_eq!(visible("a\x1b[31m\u{202E}b\r\nc"), "a<U+001B>[31m<U+202E>b<U+000D>\nc");
        assert_eq!(visible_line("a\r\nb\nc\rd"), "a⏎b⏎c<U+000D>d");
    }

    #[test]
    fn codes_in_a_row_become_one_range() {
        let shown = codes(["L4-B-002", "L4-A-001", "L4-B-003", "L4-B-001", "L4-B-005"], Lang::Ja);
        assert_eq!(shown, ["L4-B-001〜003", "L4-B-005", "L4-A-001"]);
    }

    #[test]
    fn numbers_in_a_row_become_one_range() {
        assert_eq!(ranges([4, 5, 5, 6, 9], Lang::Ja), "4〜6、9");
        assert_eq!(ranges([0, u64::MAX], Lang::En), format!("0, {}", u64::MAX));
        assert_eq!(ranges((1..100).map(|n| n * 2), Lang::En), "2, 4, 6, 8, 10, 12, 14, 16, …");
        assert_eq!(ranges([], Lang::Ja), "");
    }
}
