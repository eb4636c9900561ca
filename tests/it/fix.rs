//! `renkei fix` from outside: what is written, what is not, and what it says.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{folder, json, renkei, sample, stderr, stdout};

const DELETION: &str = "DLT1KYO_1370000018_43_1370000026_11_20260327090000.CSV";
const GOOD: &[u8] = b"202407,131011,0000900011,20260325\r\n";
const MESSY: &[u8] = b"\xEF\xBB\xBF202407,\"131011\",0000900011,20260325,\n\n";

/// The sample of a whole plan in UTF-8 with LF, as a careless tool writes it, and with a name that
/// MS932 cannot write.
fn plan_in_utf8(name: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let input = folder.path().join("in");
    fs::create_dir(&input).expect("a folder");
    for (file, bytes) in sample("care-plan") {
        let text = encoding_rs::SHIFT_JIS.decode(&bytes).0.replace("\r\n", "\n");
        let text = if file.starts_with("UP1KYO") {
            text.replacen(",\"", &format!(",\"{name}"), 1)
        } else {
            text
        };
        fs::write(input.join(file), text).expect("a file");
    }
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
    let mut names: Vec<_> = entries.map(|entry| name(entry).into_string().expect("text")).collect();
    names.sort();
    names
}

/// What `renkei validate` says of other CSV files is no matter of mending: they are left alone.
#[test]
fn csv_files_of_other_names_are_passed_over() {
    let folder = folder(&[(&format!("in/{DELETION}"), MESSY), ("in/memo.csv", b"a,b\n")]);
    for (command, out) in [(&["fix"][..], "fixed"), (&["convert", "--to", "v3"], "converted")] {
        let output = renkei(&[command, &["in", "--out", out]].concat(), folder.path());
        assert!(!stdout(&output).contains("memo"), "{}", stdout(&output));
        assert!(!stderr(&output).contains("memo"), "{}", stderr(&output));
        assert!(!folder.path().join(out).join("memo.csv").exists(), "{command:?}");
    }
    assert_eq!(names(&folder.path().join("fixed")), [DELETION]);
    let memo = tempfile::tempdir().expect("a folder");
    fs::write(memo.path().join("memo.csv"), "a,b\n").expect("a file");
    assert_eq!(renkei(&["fix", "."], memo.path()).status.code(), Some(2));
}

#[test]
fn copies_are_good_and_originals_stay() {
    let folder = folder(&[(DELETION, MESSY)]);
    let shown = renkei(&["fix", DELETION], folder.path());
    assert_eq!(shown.status.code(), Some(0), "{}", stdout(&shown));
    assert!(stdout(&shown).contains("BOM を取り除きました"), "{}", stdout(&shown));
    assert_eq!(names(folder.path()), [DELETION]);

    let written = renkei(&["fix", DELETION, "--out", "out", "--format", "json"], folder.path());
    let report = json(&written);
    assert_eq!(report["schema"], "renkei.fix/1");
    assert_eq!(
        (&report["counts"]["lossless"], &report["files"][0]["written"]),
        (&6.into(), &true.into())
    );
    let reasons: Vec<&str> = report["changes"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|change| change["reason"].as_str().expect("text"))
        .collect();
    let expected =
        ["byte-order-mark", "line-ends", "trailing-items", "quotes-removed", "blank-line"];
    assert_eq!(reasons, expected);
    assert_eq!(fs::read(folder.path().join("out").join(DELETION)).expect("a copy"), GOOD);
    assert_eq!(fs::read(folder.path().join(DELETION)).expect("the original"), MESSY);
    assert_eq!(renkei(&["validate", "out"], folder.path()).status.code(), Some(0));
}

#[test]
fn nothing_is_overwritten() {
    let folder = folder(&[(DELETION, MESSY)]);
    let run = |out: &str| renkei(&["fix", DELETION, "--out", out], folder.path());
    let in_place = run(".");
    assert_eq!(in_place.status.code(), Some(2));
    assert!(stderr(&in_place).contains("上書き"), "{}", stderr(&in_place));
    assert_eq!(run("out").status.code(), Some(0));
    assert_eq!(run("out").status.code(), Some(0), "the same bytes are there already");
    fs::write(folder.path().join("out").join(DELETION), b"x").expect("a file");
    assert_eq!(run("out").status.code(), Some(2));
}

#[test]
fn similar_characters_wait_for_approval() {
    let folder = plan_in_utf8("𠮷");
    let fix = |more: &[&str]| renkei(&[&["fix", "in"], more].concat(), folder.path());
    let waiting = fix(&["--format", "json", "--out", "waiting"]);
    assert_eq!(waiting.status.code(), Some(1));
    let report = json(&waiting);
    assert_eq!(report["counts"]["proposed"], 1);
    let change = report["changes"]
        .as_array()
        .expect("a list")
        .iter()
        .find(|change| change["kind"] == "proposed")
        .expect("the proposal");
    assert_eq!((&change["before"], &change["after"]), (&"𠮷".into(), &"吉".into()));
    assert!(change["offset"].is_u64() && change["record"] == 1 && change["length"] == 4);
    assert_eq!(names(&folder.path().join("waiting")).len(), 3, "the other files are written");

    let approved = fix(&["--approve-glyphs", "--out", "approved"]);
    assert_eq!(approved.status.code(), Some(0), "{}", stdout(&approved));
    assert_eq!(renkei(&["validate", "approved"], folder.path()).status.code(), Some(0));
    for (file, bytes) in sample("care-plan") {
        let copy = fs::read(folder.path().join("approved").join(&file)).expect("a copy");
        let copy = String::from_utf8_lossy(&copy).into_owned();
        let plain = String::from_utf8_lossy(&bytes).into_owned();
        assert_eq!(copy == plain, !file.starts_with("UP1KYO"), "{file}");
    }
}

#[test]
fn an_office_has_its_own_list() {
    let folder = plan_in_utf8("𠮷😀");
    let fix = |list: &[u8]| {
        fs::write(folder.path().join("list.csv"), list).expect("a list");
        renkei(&["fix", "in", "--glyphs", "list.csv", "--format", "json"], folder.path())
    };
    let own = fix("\u{FEFF}from,to\r\n𠮷,由\r\nU+1F600,笑\r\n".as_bytes());
    assert_eq!(own.status.code(), Some(0), "{}{}", stdout(&own), stderr(&own));
    assert_eq!(json(&own)["counts"]["approved"], 2);
    let partly = fix("from,to\n𠮷,由\n".as_bytes());
    assert_eq!(partly.status.code(), Some(1));
    assert_eq!(json(&partly)["counts"]["blocked"], 1);
    for broken in ["from;to\n𠮷;由\n", "from,to\n橋,僑\n", "from,to\n𠮷,𠮟\n", "from,to\nab,c\n"]
    {
        let output = fix(broken.as_bytes());
        assert_eq!(output.status.code(), Some(2), "{broken}");
        assert!(stderr(&output).contains("list.csv"), "{}", stderr(&output));
    }
}

#[test]
fn user_defined_characters_block() {
    let mut set = sample("care-plan");
    let plan = set.iter_mut().find(|(name, _)| name.starts_with("UP1KYO")).expect("there");
    let quote = plan.1.iter().position(|byte| *byte == b'"').expect("free text");
    plan.1.splice(quote + 1..=quote, [0xF0, 0x40]);
    let files: Vec<(&str, &[u8])> =
        set.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let folder = folder(&files);
    let output = renkei(&["fix", ".", "--approve-glyphs", "--out", "out"], folder.path());
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(text.contains("外字") && text.contains("F0 40"), "{text}");
    assert_eq!(names(&folder.path().join("out")).len(), 3);
}

#[test]
fn every_sample_is_good_as_it_is() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec/samples");
    let output = renkei(&["fix", ".", "--format", "json"], &samples);
    assert_eq!(output.status.code(), Some(0));
    let report = json(&output);
    assert_eq!(report["changes"], Value::Array(Vec::new()));
    assert!(report["files"].as_array().expect("a list").len() > 20);
}

#[test]
fn mistakes_of_the_contents_stay_and_are_told() {
    let folder = folder(&[(DELETION, b"202407,131011,0000900011,20260231\n")]);
    let output = renkei(&["--lang", "en", "fix", DELETION, "--out", "out"], folder.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("L2-FMT-003"), "{}", stdout(&output));
    assert_eq!(names(&folder.path().join("out")), [DELETION]);
}

#[test]
fn copies_are_quoted_in_the_style_that_is_asked_for() {
    let folder = folder(&[(DELETION, MESSY)]);
    for (style, expected) in [
        ("strict", GOOD),
        ("minimal", GOOD),
        ("all", b"\"202407\",\"131011\",\"0000900011\",\"20260325\"\r\n"),
    ] {
        let output = renkei(&["fix", "--quoting", style, "--out", style, DELETION], folder.path());
        assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
        let copy = fs::read(folder.path().join(style).join(DELETION)).expect("written");
        assert_eq!(copy, expected, "{style}");
        let output = renkei(&["validate", style], folder.path());
        assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    }
    let wrong = renkei(&["fix", "--quoting", "some", DELETION], folder.path());
    assert_eq!(wrong.status.code(), Some(2));
}
