//! `renkei validate` from outside: exit codes, streams, forms of output.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

use crate::support::{folder, renkei, sample, stderr, stdout};

const NAME: &str = "DLT1KYO_1370000018_43_1370000026_11_20260327090000.CSV";
const GOOD: &[u8] = b"202407,131011,0000900011,20260325\r\n";
const BAD: &[u8] = b"202407,131011,0000900011,20260231\r\n";

fn validate(arguments: &[&str], folder: &Path) -> Output {
    renkei(&[&["validate"], arguments].concat(), folder)
}

#[test]
fn says_what_was_checked_even_when_all_is_well() {
    let folder = folder(&[(NAME, GOOD), ("readme.txt", b"")]);
    let output = validate(&["."], folder.path());
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    for expected in
        ["K3", NAME, "居宅サービス計画1表_削除", "v4.1", "1件", "判定: 合格", "readme.txt"]
    {
        assert!(text.contains(expected), "no {expected} in\n{text}");
    }
    let english = stdout(&validate(&["--lang", "en", "."], folder.path()));
    assert!(english.contains("Verdict: PASS"), "{english}");
}

#[test]
fn an_error_gives_1_and_its_place() {
    let folder = folder(&[(NAME, BAD)]);
    let output = validate(&[NAME], folder.path());
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(1));
    for expected in ["L2-FMT-003", "1行目", "No.4", "20260231", "直し方", "判定: 不合格"]
    {
        assert!(text.contains(expected), "no {expected} in\n{text}");
    }
}

#[test]
fn the_json_report_has_the_schema() {
    let folder = folder(&[(NAME, BAD)]);
    let output = validate(&["--format", "json", NAME], folder.path());
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["schema"], "renkei.report/1");
    assert_eq!(report["tool"]["name"], "renkei");
    assert_eq!(report["verdict"], "fail");
    assert_eq!(
        report["counts"],
        serde_json::json!({"error": 1, "warning": 0, "info": 0, "silenced": 0})
    );
    let file = &report["files"][0];
    assert_eq!(file["name"], NAME);
    assert_eq!(file["kind"], "DLT1KYO");
    assert_eq!(file["edition"], "v4.1");
    assert_eq!(file["records"], 1);
    assert_eq!(file["sha256"], renkei::types::Digest::of(BAD).to_string());
    let unit = &report["units"][0];
    assert_eq!((&unit["unit"], &unit["serial"]), (&"K3".into(), &"20260327090000".into()));
    assert_eq!((&unit["from"], &unit["to"]), (&"1370000018".into(), &"1370000026".into()));
    assert_eq!(unit["files"], serde_json::json!([NAME]));
    let finding = &report["findings"][0];
    assert_eq!(finding["rule"], "L2-FMT-003");
    assert_eq!((&finding["name"], &finding["level"]), (&"unreal-date".into(), &"L2".into()));
    assert_eq!((&finding["severity"], &finding["file"]), (&"error".into(), &NAME.into()));
    assert_eq!((&finding["line"], &finding["record"]), (&1.into(), &1.into()));
    assert_eq!((&finding["item"], &finding["value"]), (&4.into(), &"20260231".into()));
    assert_eq!((&finding["offset"], &finding["length"]), (&25.into(), &8.into()));
    for text in ["item_name", "message_ja", "message_en", "clause"] {
        assert!(finding[text].is_string(), "{text}");
    }
    assert!(finding.get("related").is_none(), "absent fields are absent");
    assert!(report["rules"]["run"].as_array().is_some_and(|run| run.len() > 30));
    let not_run = &report["rules"]["not_run"][0];
    assert!(not_run["rule"].is_string() && not_run["reason"].is_string());
}

#[test]
fn warnings_count_when_asked() {
    let blank = [GOOD, b"\r\n"].concat();
    let folder = folder(&[(NAME, &blank)]);
    assert_eq!(validate(&[NAME], folder.path()).status.code(), Some(0));
    let output = validate(&["--fail-on", "warning", NAME], folder.path());
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn wrong_use_gives_2() {
    let folder = folder(&[("readme.txt", b""), ("spec/v3/x", b""), ("spec/v4.1/x", b"")]);
    for (arguments, expected) in [
        (&["."][..], "標準仕様のファイルがありません"),
        (&["nothing"], "nothing"),
        (&[], "PATH"),
        (&["--format", "yaml", "."], "yaml"),
        (&["--spec", "nowhere", "readme.txt"], "nowhere"),
        (&["--spec", "spec", "readme.txt"], "codes.csv"),
    ] {
        let output = validate(arguments, folder.path());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&output).contains(expected), "{arguments:?}: {}", stderr(&output));
        assert_eq!(stdout(&output), "", "{arguments:?}");
    }
}

#[test]
fn a_named_file_is_judged_whatever_its_name() {
    let folder = folder(&[("readme.txt", b"")]);
    let output = validate(&["readme.txt"], folder.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("L1-NAME-001"));
}

/// An export that somebody renamed is in the folder, and nobody would learn that it was not sent.
#[test]
fn a_csv_file_of_another_name_in_a_folder_is_an_error() {
    let folder = folder(&[
        ("利用票4月分.CSV", GOOD),
        ("memo.csv", b"a,b\r\n"),
        ("memo.txt", b""),
        ("memo.json", b"{}"),
        (".hidden.csv", b""),
        (&format!("._{NAME}"), b"\0\x05\x16\x07"),
    ]);
    let output = validate(&["--format", "json", "."], folder.path());
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let findings = report["findings"].as_array().expect("findings");
    let found: Vec<_> = findings
        .iter()
        .map(|finding| [&finding["rule"], &finding["severity"], &finding["file"]])
        .collect();
    let wanted = ["memo.csv", "利用票4月分.CSV"].map(|name| ["L1-NAME-001", "error", name]);
    assert_eq!(found, wanted);
    assert_eq!(report["counts"]["error"], 2);
    let text = stdout(&validate(&["."], folder.path()));
    assert!(text.contains("検査しなかったファイル（4 件）"), "{text}");
    let text = stdout(&validate(&["--lang", "en", "."], folder.path()));
    assert!(text.contains("files that were not checked (4)"), "{text}");
}

/// The next run does not judge what this one wrote, and may write there again.
#[test]
fn its_own_reports_are_not_judged() {
    let folder = folder(&[(NAME, GOOD)]);
    for (lang, file) in [("ja", "report.csv"), ("en", "REPORT-EN.CSV")] {
        for run in 1..=2 {
            let format = format!("csv={file}");
            let output = validate(&["--lang", lang, "--format", &format, "."], folder.path());
            assert_eq!(output.status.code(), Some(0), "{file} {run}: {}", stderr(&output));
        }
    }
    // A table that only begins with a mark is no report.
    fs::write(folder.path().join("table.csv"), "\u{feff}区分,コード\r\n").expect("written");
    let output = validate(&["."], folder.path());
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(text.contains("検査しなかったファイル（2 件）"), "{text}");
    assert!(text.contains("table.csv") && text.contains("L1-NAME-001"), "{text}");
}

#[test]
fn many_files_that_were_not_checked_are_counted_and_not_all_named() {
    let names: Vec<String> = (10..35).map(|number| format!("{number}.txt")).collect();
    let mut files: Vec<(&str, &[u8])> =
        names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    files.push((NAME, GOOD));
    let folder = folder(&files);
    let text = stdout(&validate(&["."], folder.path()));
    assert!(text.contains("（25 件）") && text.contains("29.txt ほか 5 件"), "{text}");
    assert!(!text.contains("30.txt"), "{text}");
}

#[test]
fn send_units_of_different_folders_are_kept_apart() {
    let folder = folder(&[(&format!("a/{NAME}"), GOOD), (&format!("b/c/{NAME}"), BAD)]);
    let output = validate(&["--format", "json", "."], folder.path());
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["units"].as_array().map(Vec::len), Some(2));
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(1));
    assert_eq!(report["findings"][0]["file"], format!("./b/c/{NAME}"));
}

#[test]
fn the_tables_can_come_from_a_folder() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec");
    let folder = folder(&[(NAME, GOOD)]);
    for inside in ["", "v3", "v4.1"] {
        fs::create_dir_all(folder.path().join("spec").join(inside)).expect("a folder");
        for entry in fs::read_dir(top.join(inside)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_file() {
                let name = path.file_name().expect("a name");
                fs::copy(&path, folder.path().join("spec").join(inside).join(name))
                    .expect("copied");
            }
        }
    }
    let arguments = ["--spec", "spec", NAME];
    assert_eq!(validate(&arguments, folder.path()).status.code(), Some(0));
    let table = folder.path().join("spec/v4.1/DLT1KYO.csv");
    let text = fs::read_to_string(&table).expect("the table");
    let fifth = "5,新しい項目,1,,,○,,error,alnum,,,,,,,\n";
    fs::write(&table, text + fifth).expect("written");
    let output = validate(&arguments, folder.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("L1-CSV-004"), "{}", stdout(&output));
}

#[test]
fn masked_values_stay_hidden() {
    let name = "UPJSK_202604_1370000026_11_1370000018_43_20260502101500.CSV";
    let case = "tests/conformance/cases/L1-CSV-011/bare-name";
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join(case);
    for format in ["text", "json"] {
        let shown = stdout(&validate(&["--format", format, name], &case));
        let masked = stdout(&validate(&["--format", format, "--mask", name], &case));
        assert!(shown.contains("ケア子") && !masked.contains("ケア子"), "{masked}");
    }
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_gives_3() {
    let folder = folder(&[(NAME, GOOD)]);
    std::os::unix::net::UnixListener::bind(folder.path().join("UPPLAN_x.CSV")).expect("a socket");
    let output = validate(&["--format", "json", NAME, "UPPLAN_x.CSV"], folder.path());
    assert_eq!(output.status.code(), Some(3));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["verdict"], "indeterminate");
    assert!(stderr(&output).contains("UPPLAN_x.CSV"));
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_and_not_waited_for() {
    let folder = folder(&[(NAME, GOOD)]);
    let made = std::process::Command::new("mkfifo").arg(folder.path().join("pipe")).status();
    assert!(made.expect("mkfifo runs").success());
    for (arguments, code) in [
        (&["validate", "pipe"][..], 3),
        (&["fix", "pipe"], 3),
        (&["convert", "--to", "v3", "pipe"], 3),
        (&["validate", "--rules-config", "pipe", NAME], 2),
        (&["status", "--config", "pipe"], 2),
    ] {
        let output = renkei(arguments, folder.path());
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        assert!(text.contains("通常のファイルではありません"), "{arguments:?}: {text}");
    }
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_is_not_missing() {
    let mut case = sample("usage-11");
    case.retain(|(name, _)| name.starts_with("UP"));
    let files: Vec<(&str, &[u8])> =
        case.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let folder = folder(&files);
    let (unread, _) = case.iter().find(|(name, _)| name.starts_with("UPSIKYU")).expect("a slip");
    let path = folder.path().join(unread);
    std::fs::remove_file(&path).expect("removed");
    std::os::unix::net::UnixListener::bind(&path).expect("a socket");
    let mut arguments = vec!["--format", "json"];
    arguments.extend(case.iter().map(|(name, _)| name.as_str()));
    let output = validate(&arguments, folder.path());
    assert_eq!(output.status.code(), Some(3));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["verdict"], "indeterminate", "{report:#}");
    assert_eq!(report["counts"]["error"], 0, "{report:#}");
}

#[test]
fn a_file_that_is_too_large_to_mend_is_refused_unread() {
    let folder = folder(&[]);
    let file = fs::File::create(folder.path().join(NAME)).expect("a file");
    file.set_len(1 << 30).expect("a hole");
    for arguments in [&["fix", NAME][..], &["convert", "--to", "v3", NAME]] {
        let output = renkei(arguments, folder.path());
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("256 MiB を超えている"), "{}", stderr(&output));
    }
}
