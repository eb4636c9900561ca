//! Inputs of a size or kind that nobody should send: clear answers, no panic, bounded memory.
//!
//! Memory is bounded by the system: the program runs under `ulimit -v`.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use proptest::prelude::*;
use renkei::config::Config;
use renkei::record::ms932;
use renkei::rules::{Options, Rule, SetCheck};
use renkei::spec::Spec;
use renkei::types::{FileName, Lang};

const ACTUALS: &str = "UPJSK_202604_1370000026_11_1370000018_43_20260502101500.CSV";

/// What is fed to a check in a process of its own, by the name of the part.
const PARTS: &[(&str, &[u8], usize)] = &[
    // 1 GiB of double quotes, a record of 300 MiB, and one that never closes its quote.
    ("quotes", b"\"", 1 << 30),
    ("one-record", b"1", 300 << 20),
    ("open-quote", b"x\r\n", 300 << 20),
    ("nul", b"\0", 300 << 20),
];

/// The variable that tells this test, run again by itself, which part it is.
const PART: &str = "RENKEI_TEST_PART";

/// This program or another under a limit of address space, in KiB. Windows has no command for
/// that: there the programs have to end and answer the same, with whatever memory they take.
#[cfg(not(unix))]
fn limited(_kib: u64, program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

#[cfg(unix)]
fn limited(kib: u64, program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -v {kib} && exec \"$0\" \"$@\""), program]);
    command.args(arguments);
    command
}

fn text(output: &Output) -> String {
    let streams = [&output.stdout, &output.stderr];
    streams.map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}

/// Runs a part in a process of its own, with 256 MiB of address space.
fn part(name: &str) {
    let program = std::env::current_exe().expect("this program");
    let arguments = ["--exact", "robust::a_part_in_a_process_of_its_own", "--nocapture"];
    let output = limited(256 << 10, &program.to_string_lossy(), &arguments)
        .env(PART, name)
        .output()
        .expect("runs");
    assert!(output.status.success(), "{}", text(&output));
    assert!(text(&output).contains(&format!("part {name} is done")), "{}", text(&output));
}

#[test]
fn a_part_in_a_process_of_its_own() {
    let Ok(name) = std::env::var(PART) else { return };
    let (_, unit, size) = PARTS.iter().find(|(part, _, _)| *part == name).expect("a part");
    let piece = unit.repeat((1 << 20) / unit.len());
    let spec = Spec::builtin().expect("consistent");
    let mut check = SetCheck::new(spec, Options::default());
    check.begin_file(ACTUALS);
    if name == "open-quote" {
        check.feed(b"202407,\"");
    }
    for _ in 0..size / piece.len() {
        check.feed(&piece);
    }
    check.end_file();
    let report = check.finish();
    let rules: Vec<Rule> = report.findings.iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, [Rule::RecordTooLong]);
    assert!(report.to_json().len() < 100_000);
    println!("part {name} is done");
}

#[test]
fn a_gigabyte_of_quotes() {
    part("quotes");
}

#[test]
fn records_without_end() {
    for name in ["one-record", "open-quote", "nul"] {
        part(name);
    }
}

#[test]
fn a_folder_with_very_many_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let record = b"202407,131011,0000900011,20260325\r\n";
    // Wine, under which this runs as a program for Windows, looks through the whole folder for each
    // new name.
    let files = if cfg!(windows) { 3_000 } else { 100_000 };
    for number in 0..files {
        // Some of the standard, most of them not.
        let name = match number % 10 {
            0 => format!("DLT1KYO_{number:010}_43_1370000026_11_20260327090000.CSV"),
            _ => format!("写真{number}.png"),
        };
        std::fs::write(folder.path().join(name), record).expect("written");
    }
    let path = folder.path().to_string_lossy();
    let arguments = ["--lang", "en", "validate", &path];
    let output = limited(512 << 10, env!("CARGO_BIN_EXE_renkei"), &arguments).output();
    let output = output.expect("runs");
    let text = text(&output);
    let end: String = text.chars().rev().take(300).collect::<Vec<_>>().into_iter().rev().collect();
    assert_eq!(output.status.code(), Some(0), "{end}");
    assert!(text.contains(&format!("PASS ({} file(s), 0 error(s)", files / 10)), "{end}");
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(256)
    })]

    #[test]
    fn file_names_are_understood_as_they_are_written(text in "\\PC{0,40}|UP(PLAN|KIHON)_[0-9_A-Z]{0,50}(\\.CSV)?") {
        if let Ok((name, _)) = FileName::parse_with_quirks(&text) {
            prop_assert_eq!(FileName::parse(&name.to_string()), Ok(name));
        }
    }

    #[test]
    fn ms932_agrees_with_itself(bytes: Vec<u8>) {
        let examined = ms932::examine(&bytes);
        if let Some(text) = ms932::decode(&bytes) {
            prop_assert_eq!(text.chars().count(), examined.chars);
            let again = ms932::encode(&text).expect("it came from MS932");
            prop_assert_eq!(ms932::decode(&again), Some(text));
        } else {
            prop_assert!(examined.worst.is_some());
        }
    }

    #[test]
    fn configurations_are_understood_or_refused(text in "\\PC{0,200}", cut: prop::sample::Index) {
        let example = include_str!("../../config.example.toml");
        let mut place = cut.index(example.len() + 1);
        while !example.is_char_boundary(place) {
            place -= 1;
        }
        let (head, tail) = example.split_at(place);
        for text in [text.clone(), format!("{head}{text}{tail}"), head.to_owned()] {
            if let Err(problems) = Config::parse(&text, Path::new("/nowhere")) {
                prop_assert!(!problems.text(Lang::Ja).is_empty());
            }
        }
    }

    #[test]
    fn damaged_tables_are_consistent_or_refused(
        table: prop::sample::Index,
        place: prop::sample::Index,
        text in "[,\"\n○0-9a-zA-Z;_]{0,12}",
    ) {
        let mut tables = tables();
        let which = table.index(tables.len());
        let damaged = tables.values_mut().nth(which).expect("a table");
        let mut place = place.index(damaged.len());
        while !damaged.is_char_boundary(place) {
            place -= 1;
        }
        damaged.insert_str(place, &text);
        if let Err(error) = Spec::parse(&tables) {
            prop_assert!(!error.problems.is_empty());
        }
    }
}

fn tables() -> std::collections::BTreeMap<String, String> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec");
    let mut tables = std::collections::BTreeMap::new();
    for folder in ["", "v3/", "v4.1/"] {
        for entry in std::fs::read_dir(top.join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "csv") {
                let mut name = folder.to_owned();
                let _ = write!(name, "{}", path.file_name().expect("a name").to_string_lossy());
                tables.insert(name, std::fs::read_to_string(&path).expect("text"));
            }
        }
    }
    tables
}
