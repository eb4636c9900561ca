//! Archives and standard input as what is judged.

use std::fs;
use std::io::{Cursor, Write as _};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::support::{folder, json, renkei, sample, stderr, stdout};

const NAME: &str = "DLT1KYO_1370000018_43_1370000026_11_20260327090000.CSV";
const GOOD: &[u8] = b"202407,131011,0000900011,20260325\r\n";
const BAD: &[u8] = b"202407,131011,0000900011,20260231\r\n";

pub(crate) fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in files {
        if name.ends_with('/') {
            writer.add_directory(*name, options).expect("a folder");
        } else {
            writer.start_file(*name, options).expect("a file");
            writer.write_all(bytes).expect("written");
        }
    }
    writer.finish().expect("an archive").into_inner()
}

/// Names with the same number of bytes, changed where they stand, which no writer would do.
fn renamed(mut archive: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let places: Vec<usize> = archive
        .windows(from.len())
        .enumerate()
        .filter(|(_, window)| *window == from)
        .map(|(place, _)| place)
        .collect();
    assert_eq!(places.len(), 2, "before the file and in the list");
    for place in places {
        archive[place..place + to.len()].copy_from_slice(to);
    }
    archive
}

fn judged(archive: &[u8]) -> Output {
    let folder = folder(&[("a.zip", archive)]);
    renkei(&["validate", "--format", "json", "a.zip"], folder.path())
}

fn files(report: &Value) -> Vec<&str> {
    let files = report["files"].as_array().expect("files");
    files.iter().map(|file| file["name"].as_str().expect("a name")).collect()
}

#[test]
fn a_set_in_an_archive_is_judged_as_one_in_a_folder() {
    let set = sample("usage-11");
    let mut inside = vec![("4月/".to_owned(), Vec::new()), ("memo.txt".to_owned(), vec![0])];
    inside.extend(set.iter().map(|(name, bytes)| (format!("4月/{name}"), bytes.clone())));
    let inside: Vec<(&str, &[u8])> =
        inside.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let folder = folder(&[("out/a.zip", &archive(&inside))]);
    let output = renkei(&["validate", "--format", "json", "out/a.zip"], folder.path());
    let report = json(&output);
    assert_eq!((output.status.code(), &report["verdict"]), (Some(0), &"pass".into()));
    let expected: Vec<String> = set.iter().map(|(name, _)| format!("a.zip!/4月/{name}")).collect();
    assert_eq!(files(&report).len(), expected.len());
    assert!(expected.iter().all(|name| files(&report).contains(&name.as_str())), "{report}");
    assert_eq!(report["units"].as_array().map(Vec::len), Some(1), "{report}");
    let text = stdout(&renkei(&["validate", "out/a.zip"], folder.path()));
    assert!(text.contains("検査しなかったファイル（1 件）: a.zip!/memo.txt"), "{text}");
}

#[test]
fn places_name_the_archive_and_the_file() {
    let folder = folder(&[("out/a.zip", &archive(&[(NAME, BAD)]))]);
    let output = renkei(&["validate", "--format", "json", "out/a.zip"], folder.path());
    let report = json(&output);
    assert_eq!(output.status.code(), Some(1));
    let finding = &report["findings"][0];
    assert_eq!(finding["file"], format!("a.zip!/{NAME}"));
    assert_eq!((&finding["line"], &finding["offset"]), (&1.into(), &25.into()));
    let github = stdout(&renkei(&["validate", "--format", "github", "out/a.zip"], folder.path()));
    // No program opens a file in an archive.
    assert!(github.contains("file=out/a.zip,title="), "{github}");
    assert!(github.contains(&format!("[{NAME}　1行目")), "{github}");
    let sarif = renkei(&["validate", "--format", "sarif", "out/a.zip"], folder.path());
    let sarif: Value = serde_json::from_slice(&sarif.stdout).expect("JSON");
    let run = &sarif["runs"][0];
    let place = &run["results"][0]["locations"][0];
    assert_eq!(place["physicalLocation"]["artifactLocation"]["uri"], "out/a.zip");
    assert!(place["physicalLocation"]["region"].is_null(), "{place}");
    let name = place["logicalLocations"][0]["fullyQualifiedName"].as_str().expect("a name");
    assert!(name.starts_with(NAME), "{name}");
    assert!(run["artifacts"][0]["location"].is_null(), "{run}");
    let driver = &run["tool"]["driver"];
    assert!(driver["informationUri"].is_null() && driver["rules"][0]["helpUri"].is_null());
}

#[test]
fn names_as_windows_writes_them_are_read() {
    // The folder 予定 in MS932, and a backslash.
    let plain = archive(&[(&format!("yotei/{NAME}"), GOOD)]);
    let output = judged(&renamed(plain, b"yotei/", b"\x97\x5C\x92\xE8\x2E\\"));
    assert_eq!(files(&json(&output)), [format!("a.zip!/予定./{NAME}")]);
}

#[test]
fn what_is_no_archive_or_a_damaged_one_is_no_pass() {
    let whole = archive(&[(NAME, GOOD)]);
    let cut = &whole[..whole.len() - 30];
    let mut flipped = whole.clone();
    let data = 30 + NAME.len();
    flipped[data + 3] ^= 0x55;
    for (what, bytes) in [
        ("nothing", &b""[..]),
        ("no archive", b"202407,131011\r\n"),
        ("cut", cut),
        ("flipped", &flipped),
        ("empty", &archive(&[])),
        ("other files", &archive(&[("memo.txt", b"x"), (".DS_Store", b"x")])),
    ] {
        let output = judged(bytes);
        let report = json(&output);
        assert_eq!(output.status.code(), Some(3), "{what}: {report}");
        assert_eq!(report["verdict"], "indeterminate", "{what}");
        assert!(stderr(&output).starts_with("renkei: a.zip: "), "{what}: {}", stderr(&output));
    }
}

#[test]
fn names_that_lead_elsewhere_or_stand_twice_are_refused() {
    let evil = NAME.replace("DLT1KYO", "../1KYO");
    let mut archived = archive(&[(NAME, GOOD)]);
    archived = renamed(archived, NAME.as_bytes(), evil.as_bytes());
    let output = judged(&archived);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("使えない名前です"), "{}", stderr(&output));

    let other = NAME.replace("20260327090000", "20260327090001");
    let twice = archive(&[(NAME, BAD), (&other, GOOD)]);
    let output = judged(&renamed(twice, other.as_bytes(), NAME.as_bytes()));
    assert_eq!(output.status.code(), Some(3), "the reader would show one of the two");
    assert!(stderr(&output).contains("同じ名前のファイルが 2 つ"), "{}", stderr(&output));
    assert!(files(&json(&output)).is_empty());

    // Two spellings of one name.
    let twice = archive(&[(&format!("a/{NAME}"), GOOD), (&format!("b/{NAME}"), BAD)]);
    let output = judged(&renamed(twice, b"b/", b"a\\"));
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("同じ名前のファイルが 2 つ"), "{}", stderr(&output));
}

/// A small archive takes neither the memory nor the day.
#[test]
fn an_archive_that_unpacks_to_far_too_much_is_refused() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .large_file(true);
    writer.start_file(NAME, options).expect("a file");
    let piece = vec![b'0'; 1 << 20];
    for _ in 0..1025 {
        writer.write_all(&piece).expect("written");
    }
    let bomb = writer.finish().expect("an archive").into_inner();
    assert!(bomb.len() < 4 << 20, "{}", bomb.len());
    let output = judged(&bomb);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(stderr(&output).contains("1024 MiB"), "{}", stderr(&output));
}

#[test]
fn an_endless_list_of_files_is_refused() {
    let names: Vec<String> = (0..10_001).map(|number| format!("{number}.txt")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    let output = judged(&archive(&many));
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("10000 件を超えています"), "{}", stderr(&output));

    let long = "x".repeat(60_000);
    let names: Vec<String> = (0..100).map(|number| format!("{long}{number}.txt")).collect();
    let many: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    let output = judged(&archive(&many));
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("ファイルの一覧が長すぎます"), "{}", stderr(&output));
}

#[test]
fn an_archive_in_a_folder_is_passed_over_and_told() {
    let folder = folder(&[(NAME, GOOD), ("old.zip", &archive(&[(NAME, BAD)]))]);
    let output = renkei(&["validate", "."], folder.path());
    assert_eq!(output.status.code(), Some(0));
    assert!(
        stdout(&output).contains("検査しなかったファイル（1 件）: ./old.zip"),
        "{}",
        stdout(&output)
    );
    for arguments in [&["fix", "old.zip"][..], &["convert", "--to", "v3", "old.zip"]] {
        let output = renkei(arguments, folder.path());
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("展開してから"), "{}", stderr(&output));
    }
}

/// Of a folder only what stands in it is judged: there the name of a file is one of its mistakes.
#[test]
fn a_file_of_the_standard_that_is_called_zip_has_a_wrong_name() {
    let wrong = NAME.replace(".CSV", ".zip");
    let folder = folder(&[(&format!("in/{wrong}"), GOOD), (&format!("in/{NAME}"), GOOD)]);
    let output = renkei(&["validate", "in", "--format", "json"], folder.path());
    assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
    let report = json(&output);
    let found = report["findings"].as_array().expect("findings").iter();
    let rules: Vec<&Value> = found.map(|finding| &finding["rule"]).collect();
    assert!(rules.contains(&&"L1-NAME-002".into()), "{report}");
    let output = renkei(&["fix", "in"], folder.path());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).contains(NAME), "{}", stdout(&output));
}

#[test]
fn a_folder_with_archives_alone_says_that_they_have_to_be_named() {
    let folder = folder(&[("in/set.zip", &archive(&[(NAME, GOOD)]))]);
    for (lang, says) in [("ja", "ZIP ファイルは"), ("en", "name a ZIP file itself")] {
        let output = renkei(&["--lang", lang, "validate", "in"], folder.path());
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(says), "{}", stderr(&output));
    }
}

#[test]
fn what_is_named_twice_is_judged_once() {
    let folder = folder(&[(&format!("in/{NAME}"), GOOD)]);
    let arguments = ["validate", "in", "in/", &format!("in/{NAME}"), "--format", "json"];
    let output = renkei(&arguments, folder.path());
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(files(&json(&output)), [NAME]);
}

/// Readers that begin at the start would find other files than those of the list at the end.
#[test]
fn an_archive_that_others_read_in_another_way_is_refused() {
    let whole = archive(&[(NAME, GOOD)]);
    let other = NAME.replace("20260327090000", "20260327090001");
    let mut renamed = whole.clone();
    renamed[30..30 + NAME.len()].copy_from_slice(other.as_bytes());
    for (what, bytes) in [
        ("two archives", [archive(&[(NAME, BAD)]), whole.clone()].concat()),
        ("junk before it", [&b"junk"[..], &whole].concat()),
        ("another name", renamed),
    ] {
        let output = judged(&bytes);
        assert_eq!(output.status.code(), Some(3), "{what}: {}", stdout(&output));
        assert!(files(&json(&output)).is_empty(), "{what}");
        assert!(stderr(&output).contains("一致していません"), "{what}: {}", stderr(&output));
    }
}

#[test]
fn what_cannot_be_read_comes_without_lists_of_rules() {
    let folder = folder(&[("a.zip", b"x"), (NAME, GOOD)]);
    let text = stdout(&renkei(&["validate", "a.zip"], folder.path()));
    assert!(!text.contains("対象となるファイルがない"), "{text}");
    let text = stdout(&renkei(&["validate", "--select", "L2", NAME], folder.path()));
    assert!(!text.contains("この検査から除いた"), "{text}");
    let said = stderr(&renkei(&["validate", "nowhere"], folder.path()));
    assert_eq!(said, "renkei: nowhere が見つかりません。\n");
    for select in ["", "L2,,"] {
        let output = renkei(&["validate", "--select", select, NAME], folder.path());
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("空の値"), "{}", stderr(&output));
    }
}

fn piped(arguments: &[&str], input: &[u8], folder: &Path) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_renkei"))
        .arg("validate")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    // One that refuses its arguments does not read.
    let _ = child.stdin.take().expect("a pipe").write_all(input);
    child.wait_with_output().expect("it ends")
}

#[test]
fn standard_input_is_judged_under_the_name_that_is_given() {
    let empty = folder(&[]);
    let output = piped(&["--format", "json", "-", "--file-name", NAME], BAD, empty.path());
    let report = json(&output);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(files(&report), [NAME]);
    assert_eq!(report["findings"][0]["rule"], "L2-FMT-003");
    assert_eq!(report["units"][0]["unit"], "K3");

    let whole = archive(&[(NAME, BAD)]);
    let output = piped(&["--format", "json", "-", "--file-name", "a.ZIP"], &whole, empty.path());
    assert_eq!(json(&output)["findings"][0]["file"], format!("a.ZIP!/{NAME}"));
    let output = piped(&["--format", "json", "-", "--file-name", "a.zip"], BAD, empty.path());
    assert_eq!(output.status.code(), Some(3));

    // With files of a folder, it is one of the set.
    let set = sample("usage-11");
    let (last, rest) = set.split_last().expect("files");
    let rest: Vec<(&str, &[u8])> =
        rest.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let some = folder(&rest);
    let mut arguments = vec!["--format", "json", "--file-name", &last.0, "-"];
    arguments.extend(rest.iter().map(|(name, _)| *name));
    let report = json(&piped(&arguments, &last.1, some.path()));
    assert_eq!(
        (&report["verdict"], report["units"].as_array().map(Vec::len)),
        (&"pass".into(), Some(1)),
        "{report}"
    );
}

#[test]
fn standard_input_needs_a_name() {
    let folder = folder(&[(NAME, GOOD)]);
    for arguments in [
        &["-"][..],
        &["-", "-", "--file-name", NAME],
        &[NAME, "--file-name", NAME],
        &["-", "--file-name", ""],
        &["-", "--file-name", "a/"],
        &["-", NAME, "--file-name", NAME],
        &["-", "--file-name", NAME, "--watch"],
    ] {
        for lang in ["ja", "en"] {
            let output = piped(&[arguments, &["--lang", lang]].concat(), GOOD, folder.path());
            assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stdout(&output));
            assert!(stderr(&output).starts_with("renkei: "), "{arguments:?}");
        }
    }
    assert_eq!(fs::read(folder.path().join(NAME)).expect("there"), GOOD);
}
