//! Every format, read by a parser of others.

use std::fs;

use serde_json::Value;

use super::{DELETION, NAME, SECRET, Set, json, renkei, sample, schema, stderr, stdout, validate};

const FORMATS: [&str; 8] = ["text", "json", "ndjson", "junit", "sarif", "csv", "html", "github"];

#[test]
fn lines_of_json_are_header_findings_summary() {
    let set = Set::hostile();
    let report = json(set.path(), &[]);
    let text = stdout(&validate(set.path(), &["--format", "ndjson"]));
    let lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    lines.iter().for_each(schema::check_line);
    let findings = report["findings"].as_array().expect("findings");
    assert_eq!(lines.len(), findings.len() + 2);
    assert_eq!(lines[0]["files"], report["files"]);
    assert_eq!(lines.last().expect("a line")["counts"], report["counts"]);
    for (line, finding) in lines[1..].iter().zip(findings) {
        assert_eq!(line["message_ja"], finding["message_ja"]);
        assert_eq!(line["offset"], finding["offset"]);
    }
}

#[test]
fn junit_has_a_suite_per_file_and_a_case_per_rule() {
    let set = Set::deletion(b"202407,131011,0000900011,20260231\r\n202407,131011,0000900011\r\n");
    let report = json(set.path(), &[]);
    let xml = stdout(&validate(set.path(), &["--format", "junit"]));
    let document = roxmltree::Document::parse(&xml).expect("well-formed");
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "testsuites");
    let named = |node: roxmltree::Node<'_, '_>, name: &str| {
        node.descendants().filter(|node| node.has_tag_name(name)).count().to_string()
    };
    let suites: Vec<_> = root.children().filter(|node| node.has_tag_name("testsuite")).collect();
    for node in suites.iter().copied().chain([root]) {
        assert_eq!(node.attribute("tests"), Some(&*named(node, "testcase")));
        assert_eq!(node.attribute("failures"), Some(&*named(node, "failure")));
        let skipped = (node != root).then(|| named(node, "skipped"));
        assert_eq!(node.attribute("skipped"), skipped.as_deref());
        assert_eq!(node.attribute("errors"), Some("0"));
    }
    let names: Vec<_> = suites.iter().filter_map(|suite| suite.attribute("name")).collect();
    assert_eq!(names, [DELETION, "送信単位"]);
    let failed: Vec<_> = root
        .descendants()
        .filter(|node| node.has_tag_name("failure"))
        .filter_map(|node| node.parent()?.attribute("name"))
        .collect();
    assert_eq!(failed, ["L1-CSV-004 wrong-item-count", "L2-FMT-003 unreal-date"]);
    let failure = root.descendants().filter(|node| node.has_tag_name("failure")).nth(1);
    let text = failure.and_then(|node| node.text()).expect("a text");
    for part in [DELETION, "1行目", "No.4", "20260231", "*******011"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    // Every rule is a case once: run on the file, run on the set, or skipped.
    let rules = report["rules"]["run"].as_array().expect("rules").len()
        + report["rules"]["not_run"].as_array().expect("rules").len();
    assert_eq!(root.attribute("tests"), Some(&*rules.to_string()));
}

#[test]
fn junit_skips_what_could_not_be_run_and_keeps_warnings_apart() {
    let set = Set::deletion(b"\xEF\xBB\xBF202407,131011,0000900011,20260331\r\n");
    let xml = stdout(&validate(set.path(), &["--format", "junit"]));
    let document = roxmltree::Document::parse(&xml).expect("well-formed");
    let case = |name: &str| {
        let of = |node: &roxmltree::Node<'_, '_>| {
            node.attribute("name").is_some_and(|text| text.starts_with(name))
        };
        document.descendants().find(|node| node.has_tag_name("testcase") && of(node))
    };
    let child = |name: &str| {
        let case = case(name).expect("a case");
        case.children()
            .find(roxmltree::Node::is_element)
            .map(|node| node.tag_name().name().to_owned())
    };
    assert_eq!(child("L1-ENC-001").as_deref(), Some("failure"));
    assert_eq!(child("L2-FMT-003").as_deref(), Some("skipped"));

    let set = Set::deletion(b"202504,131011,0000900011,20260331\r\n");
    let output = validate(set.path(), &["--format", "junit"]);
    let xml = stdout(&output);
    assert_eq!(output.status.code(), Some(0));
    assert!(xml.contains("<system-out>[警告]") && !xml.contains("<failure"), "{xml}");
}

#[test]
fn sarif_has_what_the_standard_requires() {
    let set = Set::hostile();
    let report = json(set.path(), &[]);
    let text = stdout(&validate(set.path(), &["--format", "sarif"]));
    let sarif: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["name"], "renkei");
    let rules = driver["rules"].as_array().expect("rules");
    for rule in rules {
        for text in ["shortDescription", "fullDescription", "help"] {
            assert!(rule[text]["text"].as_str().is_some_and(|text| !text.is_empty()));
        }
    }
    let results = run["results"].as_array().expect("results");
    assert_eq!(results.len(), report["findings"].as_array().expect("findings").len());
    assert!(!results.is_empty());
    for result in results {
        assert!(result["message"]["text"].is_string());
        let index = result["ruleIndex"].as_u64().and_then(|index| usize::try_from(index).ok());
        assert_eq!(rules[index.expect("an index")]["id"], result["ruleId"]);
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().expect("a level")));
        let place = &result["locations"][0]["physicalLocation"];
        // The bytes at the place are those of the file.
        let uri = place["artifactLocation"]["uri"].as_str().expect("a URI");
        let root = if cfg!(windows) { "file:///" } else { "file://" };
        let path = uri.strip_prefix(root).expect("an absolute path");
        let bytes = fs::read(path).expect("the file of the place");
        let number = |value: &Value| value.as_u64().and_then(|value| usize::try_from(value).ok());
        let region = &place["region"];
        let start = number(&region["byteOffset"]).expect("an offset");
        let length = number(&region["byteLength"]).expect("a length");
        assert!(start + length <= bytes.len());
        assert!(region["startLine"].as_u64() >= Some(1));
    }
    let digests = run["artifacts"].as_array().expect("artifacts").iter();
    let expected = report["files"].as_array().expect("files").iter();
    assert!(
        digests
            .map(|artifact| &artifact["hashes"]["sha-256"])
            .eq(expected.map(|file| &file["sha256"]))
    );
}

#[test]
fn a_spreadsheet_finds_a_mark_and_no_formula() {
    let set =
        Set::deletion(b"202407,131011,0000900011,=1+2\r\n202407,131011,0000900011,00000001\r\n");
    let text = stdout(&validate(set.path(), &["--format", "csv"]));
    let text = text.strip_prefix('\u{feff}').expect("a byte order mark");
    assert!(text.ends_with("\r\n") && !text.replace("\r\n", "").contains('\n'));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let head = reader.headers().expect("a head").clone();
    assert_eq!(&head[8], "値");
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
    assert_eq!(
        (&rows[0][0], &rows[0][1], &rows[0][3], &rows[0][8]),
        ("エラー", "L2-FMT-003", "1", "'=1+2")
    );
    assert_eq!(&rows[1][8], "'00000001");
    let last = rows.last().expect("a row");
    assert_eq!(&last[0], "判定");
    assert!(last[9].contains("不合格"));
}

#[test]
fn github_gets_commands_with_paths_from_the_working_folder() {
    let set = Set::deletion(b"202407,131011,0000900011,20260231\r\n");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_renkei"))
        .current_dir(set.path().parent().expect("a folder"))
        .args(["validate", "--format", "github", "--lang", "en"])
        .arg(set.path().file_name().expect("a name"))
        .output()
        .expect("it runs");
    let text = stdout(&output);
    let folder = set.path().file_name().expect("a name").to_str().expect("text");
    let head = format!(
        "::error file={folder}/{DELETION},line=1,title=L2-FMT-003 unreal-date::No real date"
    );
    assert!(text.starts_with(&head), "{text}");
    assert!(text.lines().all(|line| line.starts_with("::error ")), "{text}");
}

#[test]
fn a_page_is_self_contained_and_every_value_is_text() {
    let set = Set::hostile();
    for lang in ["ja", "en"] {
        let page = stdout(&validate(set.path(), &["--format", "html", "--lang", lang]));
        assert!(
            page.starts_with("<!DOCTYPE html>")
                && page.contains(&format!("<html lang=\"{lang}\">"))
        );
        for outside in ["http://", "https://", "<script", "<img", "<link", "src=", "url("] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert!(page.contains("default-src 'none'"));
        assert!(page.contains(SECRET), "the value is shown");
    }
    let page = stdout(&validate(set.path(), &["--format", "html"]));
    let report = json(set.path(), &[]);
    let item = report["findings"][0]["item_name"].as_str().expect("an item");
    for part in ["検査したファイル", "直し方", item, "実行しなかった規則", "L1-CSV-011"]
    {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn no_format_shows_what_is_masked() {
    let set = Set::hostile();
    for format in FORMATS {
        let shown = stdout(&validate(set.path(), &["--format", format]));
        let masked = stdout(&validate(set.path(), &["--format", format, "--mask"]));
        assert!(shown.contains(SECRET) || format == "junit", "{format} shows the value");
        assert!(!masked.contains(SECRET) && !masked.contains("Hanako"), "{format}");
        assert!(!masked.is_empty());
    }
}

#[test]
fn several_reports_at_once() {
    let set = Set::hostile();
    let outputs = tempfile::tempdir().expect("a folder");
    let file = |format: &str| format!("{format}={}", outputs.path().join(format).display());
    let files: Vec<String> = FORMATS.iter().map(|format| file(format)).collect();
    let mut arguments: Vec<&str> = Vec::new();
    for file in &files {
        arguments.extend(["--format", file]);
    }
    let output = validate(set.path(), &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let line = stdout(&output);
    assert!(line.starts_with("判定: 合格") && line.lines().count() == 1, "{line}");
    for format in FORMATS {
        let written = fs::read_to_string(outputs.path().join(format)).expect("written");
        assert_eq!(written, stdout(&validate(set.path(), &["--format", format])), "{format}");
    }
    // With one for standard output, that is all there is on it.
    let output = validate(set.path(), &["--format", &file("html"), "--format", "json"]);
    assert!(serde_json::from_slice::<Value>(&output.stdout).is_ok());
    assert!(output.stderr.is_empty());
}

#[test]
fn reports_never_take_the_place_of_anything() {
    let set = Set::deletion(b"202407,131011,0000900011,20260331\r\n");
    let input = format!("csv={}", set.file(DELETION).display());
    let folder = format!("csv={}", set.path().display());
    let nowhere = format!("csv={}", set.file("none/report.csv").display());
    let report = format!("csv={}", set.file("report").display());
    let same = format!("html={}", set.file("./report").display());
    for arguments in [
        &["--format", "text", "--format", "json"][..],
        &["--format", &input],
        &["--format", &folder],
        &["--format", &nowhere],
        &["--format", &report, "--format", &same],
        &["--format", "html="],
        &["--format", "xml"],
    ] {
        let output = validate(set.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{arguments:?}");
    }
    assert_eq!(
        fs::read(set.file(DELETION)).expect("there"),
        b"202407,131011,0000900011,20260331\r\n"
    );
    assert_eq!(fs::read_dir(set.path()).expect("a folder").count(), 1);
}

#[test]
fn a_wrong_code_names_three_candidates_and_the_nearest_first() {
    let path = sample("basic-info").join("UPKIHON_2700000051_46_27A0000018_A6_20260518140000.CSV");
    let bytes = fs::read(path).expect("the sample");
    let layout = fs::read_to_string("spec/v4.1/UPKIHON.csv").expect("the layout");
    let row = layout.lines().find(|row| row.contains(",要介護状態区分,")).expect("the item");
    let item: usize =
        row.split(',').next().and_then(|number| number.parse().ok()).expect("a number");
    let mut items: Vec<Vec<u8>> = bytes.split(|byte| *byte == b',').map(<[u8]>::to_vec).collect();
    // No free text before the item holds a comma in the sample.
    items[item - 1] = b"29".to_vec();
    let set =
        Set::new(&[("UPKIHON_2700000051_46_27A0000018_A6_20260518140000.CSV", &items.join(&b','))]);
    let report = json(set.path(), &[]);
    let findings = report["findings"].as_array().expect("findings");
    let finding = findings.iter().find(|finding| finding["rule"] == "L3-CODE-001");
    let message = finding.expect("the finding")["message_ja"].as_str().expect("a text").to_owned();
    assert!(message.contains("使えるのは 25:"), "{message}");
    assert_eq!(message.matches(':').count(), 3, "{message}");
    assert!(message.contains("など"), "{message}");
}

#[test]
fn nobody_gets_a_progress_bar_in_a_file() {
    let set = Set::new(&[(NAME, b"202407\r\n")]);
    assert!(renkei(["validate", set.path().to_str().expect("text")]).stderr.is_empty());
}
