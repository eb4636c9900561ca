//! The cases under `tests/conformance/cases/<CODE>/<name>/`: files of the standard, and in
//! `expected.json` exactly the findings that they give. Every rule has a case that breaks it and
//! one that does not.
//!
//! `severities` in `expected.json` says how bad the findings of a rule are, where that depends on
//! what was found.
//!
//! `history.json` beside the files is what was exchanged before.
//!
//! `padding` in `expected.json` makes a file longer than anybody wants to keep in a repository:
//! `count` times `byte` at the end of `file`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use renkei::rules::{self, Options, Report, SourceFile, TABLE};
use renkei::spec::Spec;
use renkei::types::Severity;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    findings: Vec<ExpectedFinding>,
    #[serde(default)]
    severities: BTreeMap<String, String>,
    padding: Option<Padding>,
}

#[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(deny_unknown_fields)]
struct ExpectedFinding {
    rule: String,
    file: String,
    line: Option<u64>,
    item: Option<u16>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Padding {
    file: String,
    byte: u8,
    count: usize,
}

fn spec() -> &'static Spec {
    Spec::builtin().expect("consistent tables")
}

fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

fn file_name(path: &Path) -> String {
    path.file_name().expect("a name").to_str().expect("text").to_owned()
}

/// The cases with the rule whose folder they lie in.
fn cases() -> Vec<(String, PathBuf)> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/cases");
    let of_rule =
        |folder: PathBuf| sorted(&folder).into_iter().map(move |case| (file_name(&folder), case));
    sorted(&top).into_iter().flat_map(of_rule).collect()
}

/// The files of a folder but `expected.json` and `history.json`.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let read = |path: PathBuf| (file_name(&path), fs::read(&path).expect("readable"));
    let mut files: BTreeMap<_, _> = sorted(folder).into_iter().map(read).collect();
    files.remove("expected.json");
    files.remove("history.json");
    files
}

fn judge(files: &BTreeMap<String, Vec<u8>>) -> Report {
    let files: Vec<_> = files.iter().map(|(name, bytes)| SourceFile { name, bytes }).collect();
    rules::check(spec(), &files, &Options::default())
}

/// The same with the history of a case, if it has one.
fn judge_case(case: &Path, files: &BTreeMap<String, Vec<u8>>) -> Report {
    let mut check = rules::SetCheck::new(spec(), Options::default());
    for (name, bytes) in files {
        check.begin_file(name);
        check.feed(bytes);
    }
    let history = fs::read(case.join("history.json")).ok().map(|text| {
        let read = serde_json::from_slice(&text);
        read.unwrap_or_else(|error| panic!("{}: {error}", case.display()))
    });
    check.end().finish(history.as_ref())
}

fn expected(case: &Path) -> Expected {
    let text = fs::read_to_string(case.join("expected.json")).expect("expected.json");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", case.display()))
}

fn found(report: &Report) -> Vec<ExpectedFinding> {
    let mut found: Vec<_> = report
        .findings
        .iter()
        .map(|finding| ExpectedFinding {
            rule: finding.rule.code().to_owned(),
            file: finding.place.file.clone().unwrap_or_default(),
            line: finding.place.line,
            item: finding.place.item,
        })
        .collect();
    found.sort();
    found
}

#[test]
fn every_case_gives_exactly_its_findings() {
    let mut faults = Vec::new();
    for (code, case) in cases() {
        let mut expected = expected(&case);
        let mut files = files(&case);
        if let Some(padding) = &expected.padding {
            let file = files.get_mut(&padding.file).expect("the padded file");
            file.resize(file.len() + padding.count, padding.byte);
        }
        let report = judge_case(&case, &files);
        expected.findings.sort();
        let found = found(&report);
        if found != expected.findings {
            faults.push(format!(
                "{}:\n  expected {:?}\n  found    {found:?}",
                case.display(),
                expected.findings
            ));
        }
        for finding in &report.findings {
            let wanted = expected.severities.get(finding.rule.code());
            if wanted.is_some_and(|severity| *severity != finding.severity.to_string()) {
                faults.push(format!("{}: {finding:?}", case.display()));
            }
        }
        let run = |code: &str| report.rules.run.iter().any(|rule| rule.code() == code);
        if !run(&code) {
            faults.push(format!("{}: {code} was not run", case.display()));
        }
        for finding in &report.findings {
            let hole = |text: &String| text.contains(['{', '}']);
            let unfilled = hole(&finding.message_ja) || hole(&finding.message_en);
            if unfilled || !run(finding.rule.code()) {
                faults.push(format!("{}: {finding:?}", case.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn every_rule_has_a_failing_and_a_passing_case() {
    let (mut failing, mut passing) = (BTreeSet::new(), BTreeSet::new());
    for (code, case) in cases() {
        assert!(rules::Rule::from_code(&code).is_some(), "{} is no rule", case.display());
        let fails = expected(&case).findings.iter().any(|finding| finding.rule == code);
        if fails {
            failing.insert(code)
        } else {
            passing.insert(code)
        };
    }
    let lacking = |cases: &BTreeSet<String>| -> Vec<_> {
        TABLE.iter().map(|info| info.code).filter(|code| !cases.contains(*code)).collect()
    };
    assert_eq!(lacking(&failing), [""; 0], "no failing case");
    assert_eq!(lacking(&passing), [""; 0], "no passing case");
}

/// The bytes may come in pieces of any size.
#[test]
fn pieces_change_nothing() {
    for (_, case) in cases() {
        let files = files(&case);
        let whole = judge(&files);
        let mut check = rules::SetCheck::new(spec(), Options::default());
        for (name, bytes) in &files {
            check.begin_file(name);
            bytes.chunks(7).for_each(|piece| check.feed(piece));
        }
        assert_eq!(check.finish().to_json(), whole.to_json(), "{}", case.display());
    }
}

#[test]
fn the_page_of_the_rules_is_up_to_date() {
    let page = include_str!("../../spec/RULES.md");
    assert!(page == rules::markdown(), "refresh spec/RULES.md: renkei dev rules-md");
}

/// Masked reports keep names, addresses and free text to themselves.
#[test]
fn a_masked_report_hides_the_person() {
    let (_, case) = cases()
        .into_iter()
        .find(|(code, _)| code == "L1-CSV-011")
        .expect("a case with a name in it");
    let report = judge(&files(&case));
    let shown = rules::text(&report, renkei::types::Lang::Ja, false);
    let masked = rules::text(&report, renkei::types::Lang::Ja, true);
    assert!(shown.contains("ケア子") && !masked.contains("ケア子"), "{shown}\n{masked}");
    assert!(report.findings.iter().all(|finding| finding.severity < Severity::Error));
}

/// One mistake is one finding, but leaving out what follows from another finding makes no set look
/// better: not as it is, nor with a record dropped, doubled, moved, or about somebody else.
#[test]
fn what_is_left_out_is_never_worse_than_what_is_told() {
    let worst = |files: &BTreeMap<String, Vec<u8>>, consequences: bool| {
        let files: Vec<_> = files.iter().map(|(name, bytes)| SourceFile { name, bytes }).collect();
        let options = Options { consequences, ..Options::default() };
        let report = rules::check(spec(), &files, &options);
        report.findings.iter().map(|finding| finding.severity).max()
    };
    let mut judged = 0;
    for (_, case) in
        cases().into_iter().filter(|(code, _)| code.starts_with("L5") || code.starts_with("L6"))
    {
        let files = files(&case);
        for (name, bytes) in &files {
            let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').take(5).collect();
            for place in 0..lines.len() {
                let mut dropped = lines.clone();
                let line = dropped.remove(place);
                let (mut doubled, mut moved, mut other) =
                    (lines.clone(), dropped.clone(), lines.clone());
                doubled.insert(place, line);
                moved.push(line);
                let mut stranger = line.to_vec();
                if let Some(digit) = stranger.get_mut(23).filter(|byte| byte.is_ascii_digit()) {
                    *digit = b'9' - (*digit - b'0');
                }
                other[place] = &stranger;
                for changed in [dropped, doubled, moved, other] {
                    let mut set = files.clone();
                    set.insert(name.clone(), changed.concat());
                    assert_eq!(
                        worst(&set, false),
                        worst(&set, true),
                        "{}: {name} {place}",
                        case.display()
                    );
                    judged += 1;
                }
            }
        }
    }
    assert!(judged > 1_000, "{judged} sets");
}
