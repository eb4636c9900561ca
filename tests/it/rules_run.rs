//! Which rules a report says were run, could not be run, or have nothing to look at, for every kind
//! of file in every edition and for usual sets: held against `rules_run.txt`, line by line.
//!
//! After a change that is meant, `RENKEI_WRITE_RULES_RUN=1 cargo test --test it -- rules_run` writes
//! that file anew.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use ::renkei::rules::{self, Options, Reason, Report, Rule, SourceFile};
use ::renkei::types::{Edition, FileKind};

use crate::judging::{Set, judge, spec, valid};

/// Lists of rules, each written out once.
#[derive(Default)]
struct Lists(Vec<String>);

impl Lists {
    fn number(&mut self, list: String) -> usize {
        self.0.iter().position(|known| *known == list).unwrap_or_else(|| {
            self.0.push(list);
            self.0.len() - 1
        })
    }

    /// The number of a list; rules that follow each other in the table become one range.
    fn rules(&mut self, rules: &[Rule]) -> usize {
        let mut ranges: Vec<(Rule, Rule)> = Vec::new();
        for rule in rules {
            match ranges.last_mut() {
                Some((_, last)) if *last as usize + 1 == *rule as usize => *last = *rule,
                _ => ranges.push((*rule, *rule)),
            }
        }
        let shown = |(first, last): (Rule, Rule)| {
            if first == last {
                return first.code().to_owned();
            }
            format!("{}..{}", first.code(), last.code())
        };
        self.number(ranges.into_iter().map(shown).collect::<Vec<_>>().join(" "))
    }

    /// The rules that something of a set was judged by, and those that were blocked.
    fn of_set(&mut self, report: &Report) -> (usize, usize) {
        let not_run = report.rules.not_run.iter();
        let blocked = not_run.filter(|not_run| not_run.reason == Reason::Blocked);
        let blocked: Vec<Rule> = blocked.map(|not_run| not_run.rule).collect();
        (self.rules(&report.rules.run), self.rules(&blocked))
    }
}

/// Names of a kind: of both editions, from care managers of each sort, and one that is malformed.
fn names(kind: FileKind) -> Vec<String> {
    let (month, end) = match kind {
        FileKind::UpkihonImage => ("", "_0001.jpg"),
        kind if kind.has_month() => ("_202604", ".CSV"),
        _ => ("", ".CSV"),
    };
    let ways = [
        "1370000018_43_1370000026_11",
        "1370000026_11_1370000018_43",
        "1370000018_43_1370000026_43",
        "1300000013_46_1370000083_A6",
        "1370000018_1370000026",
    ];
    let months = if kind == FileKind::Uphosoku { &[month, "_000000"][..] } else { &[month] };
    let name = |month: &&str| ways.map(|way| format!("{kind}{month}_{way}_20260326111500{end}"));
    let mut names: Vec<String> = months.iter().flat_map(name).collect();
    names.push(format!("{kind}_137000001{end}"));
    names.push(format!("{kind}{month}_1370000018_43_1370000026_11_20260326111500.BAK"));
    names
}

/// Contents that a check gets through differently far with.
fn contents(kind: FileKind) -> Vec<(String, Vec<u8>)> {
    if kind.is_image() {
        let jpeg = b"\xFF\xD8\xFF\xE0\x00\x04ab".to_vec();
        return vec![("nothing".to_owned(), Vec::new()), ("cut".to_owned(), jpeg)];
    }
    let mut contents = vec![
        ("nothing".to_owned(), Vec::new()),
        ("mark".to_owned(), b"\xEF\xBB\xBF202407,\r\n".to_vec()),
        ("utf-8".to_owned(), "202407,試験,介護,計画,利用\r\n".repeat(8).into_bytes()),
        ("version".to_owned(), b"209901,131011\r\n".to_vec()),
        ("count".to_owned(), b"202407,131011\r\n".to_vec()),
    ];
    for edition in Edition::ALL {
        if let Some(layout) = spec().layout(edition, kind) {
            let commas = ",".repeat(layout.items.len() - 1);
            contents.push((
                edition.to_string(),
                format!("{}{commas}\r\n", edition.csv_version()).into(),
            ));
        }
    }
    contents
}

fn of_files(lists: &mut Lists, text: &mut String) {
    for kind in FileKind::ALL {
        for name in names(*kind) {
            for (content, bytes) in contents(*kind) {
                let files = [SourceFile { name: &name, bytes: &bytes }];
                let report = rules::check(spec(), &files, &Options::default());
                let file = &report.files[0];
                let (run, blocked) = (lists.rules(&file.run), lists.rules(&file.blocked));
                let (set_run, set_blocked) = lists.of_set(&report);
                writeln!(
                    text,
                    "{name} {content}: run {run}, blocked {blocked}; of the set {set_run} and {set_blocked}"
                )
                .expect("text");
            }
        }
    }
}

/// Whole sets, each file of them alone left out, and each without what is in it.
fn of_units(lists: &mut Lists, text: &mut String) {
    for (number, set) in valid().iter().enumerate() {
        let mut one = |what: &str, set: &Set| {
            let report = judge(set, &Options::default());
            let (run, blocked) = lists.of_set(&report);
            writeln!(text, "set {number} {what}: run {run}, blocked {blocked}").expect("text");
        };
        one("whole", set);
        for name in set.keys() {
            let mut other = set.clone();
            let bytes = other.remove(name).expect("there");
            one(&format!("without {name}"), &other);
            other.insert(name.clone(), Vec::new());
            one(&format!("with nothing in {name}"), &other);
            other.insert(name.clone(), [b"x,", bytes.as_slice()].concat());
            one(&format!("with an item too many in {name}"), &other);
        }
    }
}

#[test]
fn what_is_run_is_told_as_ever() {
    let (mut lists, mut text) = (Lists::default(), String::new());
    of_files(&mut lists, &mut text);
    of_units(&mut lists, &mut text);
    for (number, list) in lists.0.iter().enumerate() {
        writeln!(text, "list {number}: {list}").expect("text");
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/rules_run.txt");
    if std::env::var_os("RENKEI_WRITE_RULES_RUN").is_some() {
        fs::write(&path, &text).expect("written");
    }
    let known = fs::read_to_string(&path).expect("the lists").replace("\r\n", "\n");
    for (line, (got, wanted)) in text.lines().zip(known.lines()).enumerate() {
        assert_eq!(got, wanted, "line {}", line + 1);
    }
    assert_eq!(text.lines().count(), known.lines().count());
}
