//! The profile conformance, and overrides of rules.

use super::{DELETION, Set, json, sample, stderr, stdout, validate};

const BAD_DATE: &[u8] = b"202407,131011,0000900011,20260231\r\n";

const SILENCE: &str = "[[rule]]\ncode = \"L2-FMT-003\"\nseverity = \"off\"\nreason = \"移行中\"\n";

#[test]
fn every_sample_conforms() {
    for entry in std::fs::read_dir(sample("")).expect("the samples") {
        let path = entry.expect("an entry").path();
        let output = validate(&path, &["--profile", "conformance"]);
        let text = stdout(&output);
        assert_eq!(output.status.code(), Some(0), "{}: {text}", path.display());
        assert!(text.contains("適合試験の判定: 合格"), "{text}");
    }
}

#[test]
fn the_verdict_comes_with_all_that_identifies_it() {
    let set = Set::deletion(BAD_DATE);
    let report = json(set.path(), &["--profile", "conformance"]);
    assert_eq!((&report["profile"], &report["verdict"]), (&"conformance".into(), &"fail".into()));
    let digest = report["files"][0]["sha256"].as_str().expect("a digest");
    let rule_set = report["tool"]["rule_set"].as_str().expect("a digest");
    for format in ["text", "ndjson", "junit", "sarif", "csv", "html", "github"] {
        let output = validate(set.path(), &["--profile", "conformance", "--format", format]);
        let text = stdout(&output);
        assert_eq!(output.status.code(), Some(1), "{format}");
        for part in [digest, rule_set, env!("CARGO_PKG_VERSION")] {
            assert!(text.contains(part), "{format}: {part}");
        }
    }
    let english = stdout(&validate(set.path(), &["--profile", "conformance", "--lang", "en"]));
    assert!(english.contains("Verdict of the conformance test: FAIL"), "{english}");
}

#[test]
fn no_verdict_where_a_rule_could_not_be_run() {
    let set = Set::new(&[(
        "UPKIHON_2700000051_46_27A0000018_A6_20260518140000.CSV",
        &picture_named_otherwise(),
    )]);
    let output = validate(set.path(), &["--profile", "conformance"]);
    assert!(stdout(&output).contains("適合試験の判定: 判定不能"), "{}", stdout(&output));
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(validate(set.path(), &[]).status.code(), Some(0));
}

/// 利用者基本情報 with a picture whose name does not fit, which is a warning; which pictures are
/// missing cannot be said then.
fn picture_named_otherwise() -> Vec<u8> {
    let name = "UPKIHON_2700000051_46_27A0000018_A6_20260518140000.CSV";
    let mut bytes = std::fs::read(sample("basic-info").join(name)).expect("the sample");
    let wanted = b"UPKIHON_IMAGE_";
    let place = bytes.windows(wanted.len()).position(|window| window == wanted).expect("a picture");
    bytes[place..place + wanted.len()].copy_from_slice(b"UPKIHON_PHOTO_");
    bytes
}

#[test]
fn a_conformance_test_takes_no_overrides() {
    let set = Set::deletion(BAD_DATE);
    let file = set.write("rules.toml", SILENCE);
    let file = file.to_str().expect("text");
    let output = validate(set.path(), &["--profile", "conformance", "--rules-config", file]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--rules-config"), "{}", stderr(&output));
    assert!(output.stdout.is_empty());
}

#[test]
fn a_silenced_error_is_counted_and_named() {
    let set = Set::deletion(&BAD_DATE.repeat(3));
    let file = set.write("rules.toml", SILENCE);
    let file = file.to_str().expect("text");
    let report = json(&set.file(DELETION), &["--rules-config", file]);
    assert_eq!(report["verdict"], "partial");
    assert_eq!((&report["counts"]["error"], &report["counts"]["silenced"]), (&0.into(), &3.into()));
    let overrides = &report["overrides"];
    assert_eq!((&overrides["regraded"], &overrides["silenced"]), (&0.into(), &1.into()));
    let rule = &overrides["rules"][0];
    assert_eq!(
        (&rule["from"], &rule["to"], &rule["findings"]),
        (&"error".into(), &"off".into(), &3.into())
    );
    assert_eq!(rule["reason"], "移行中");
    let output = validate(&set.file(DELETION), &["--rules-config", file]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0));
    for part in
        ["抑止した規則 1（抑止した指摘 3 件）", "L2-FMT-003 エラー→抑止", "移行中", "抑止 3"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn a_regraded_rule_decides_the_exit_code() {
    let set = Set::deletion(b"202504,131011,0000900011,20260331\r\n");
    let file = set.write(
        "rules.toml",
        "[[rule]]\ncode = \"L1-VER-002\"\nseverity = \"error\"\nreason = \"相手が取り込めない\"\n",
    );
    let file = file.to_str().expect("text");
    assert_eq!(validate(&set.file(DELETION), &[]).status.code(), Some(0));
    let report = json(&set.file(DELETION), &["--rules-config", file]);
    assert_eq!((&report["verdict"], &report["counts"]["error"]), (&"fail".into(), &1.into()));
    assert_eq!(report["findings"][0]["severity"], "error");
    assert_eq!(validate(&set.file(DELETION), &["--rules-config", file]).status.code(), Some(1));
}

#[test]
fn all_problems_of_the_file_come_at_once() {
    let set = Set::deletion(BAD_DATE);
    let file = set
        .write("rules.toml", "[[rule]]\ncode = \"L2-FMT-033\"\nseverity = \"none\"\n[[rules]]\n");
    let file = file.to_str().expect("text");
    for (lang, parts) in [
        (
            "ja",
            [
                "2行目: rule.code: 知らない規則のコード",
                "3行目: rule.severity",
                "1行目: rule.reason",
                "4行目: rules",
            ],
        ),
        (
            "en",
            [
                "line 2: rule.code: no rule has this code",
                "line 3: rule.severity",
                "line 1: rule.reason",
                "line 4: rules",
            ],
        ),
    ] {
        let output = validate(set.path(), &["--rules-config", file, "--lang", lang]);
        assert_eq!(output.status.code(), Some(2));
        for part in parts {
            assert!(stderr(&output).contains(part), "{part} in {}", stderr(&output));
        }
        assert!(stderr(&output).contains("L2-FMT-003"));
    }
    let none = set.file("none.toml");
    let output = validate(set.path(), &["--rules-config", none.to_str().expect("text")]);
    assert_eq!(output.status.code(), Some(2));
}
