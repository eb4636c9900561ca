//! `--select` and `--ignore`: what is left out is told, and is never a full pass.

use serde_json::Value;

use super::{Set, json, renkei, stderr, stdout, validate};

const BAD_DATE: &[u8] = b"202407,131011,0000900011,20260231\r\n";
const FORMATS: [&str; 8] = ["text", "json", "ndjson", "junit", "sarif", "csv", "html", "github"];

fn rules<'v>(list: &'v Value, key: &str) -> Vec<&'v str> {
    let code = |rule: &'v Value| rule.as_str().or_else(|| rule["rule"].as_str()).expect("a code");
    list[key].as_array().expect("a list").iter().map(code).collect()
}

#[test]
fn an_ignored_error_is_counted_told_and_no_full_pass() {
    let set = Set::deletion(&BAD_DATE.repeat(3));
    for ignore in ["L2-FMT-003", "unreal-date", "L2", "l2-fmt", "L5,FMT"] {
        let arguments = ["--ignore", ignore];
        let report = json(set.path(), &arguments);
        assert_eq!(report["verdict"], "partial", "{ignore}");
        assert_eq!(report["counts"]["error"], 0);
        assert_eq!(report["counts"]["silenced"], 3);
        let selection = &report["selection"];
        assert_eq!((&selection["findings"], &selection["errors"]), (&3.into(), &3.into()));
        assert!(report["findings"].as_array().is_some_and(Vec::is_empty));
        assert!(!rules(&report["rules"], "run").contains(&"L2-FMT-003"));
        let left_out = report["rules"]["not_run"].as_array().expect("a list");
        assert!(
            left_out.iter().any(|not_run| {
                not_run["rule"] == "L2-FMT-003" && not_run["reason"] == "left-out"
            })
        );
        // Asking for it is what makes the exit code 0.
        assert_eq!(validate(set.path(), &arguments).status.code(), Some(0), "{ignore}");
    }
    for (lang, verdict, told) in [
        ("ja", "判定: 一部だけ合格", "（--ignore FMT）: 除いた規則"),
        ("en", "Verdict: PARTIAL PASS", "of which 3 error(s)"),
    ] {
        let text = stdout(&validate(set.path(), &["--ignore", "FMT", "--lang", lang]));
        assert!(text.contains(verdict) && text.contains(told), "{text}");
        assert!(!text.contains("判定: 合格") && !text.contains("Verdict: PASS"), "{text}");
    }
    for format in FORMATS {
        let text = stdout(&validate(set.path(), &["--ignore", "FMT", "--format", format]));
        assert!(text.contains("一部だけ合格") || text.contains("\"partial\""), "{format}: {text}");
        let selected = text.contains("--ignore FMT") || text.contains("selection");
        assert!(selected, "{format}: {text}");
    }
}

#[test]
fn only_selected_rules_judge() {
    // A date that does not exist, and a record with too few items.
    let set = Set::deletion(b"202407,131011,0000900011,20260231\r\n202407,131011,0000900011\r\n");
    assert_eq!(json(set.path(), &[])["counts"]["error"], 2);
    let report = json(set.path(), &["--select", "L1"]);
    assert_eq!(report["verdict"], "fail");
    assert_eq!(rules(&report, "findings"), ["L1-CSV-004"]);
    assert!(rules(&report["rules"], "run").iter().all(|code| code.starts_with("L1-")));
    assert_eq!(validate(set.path(), &["--select", "L1"]).status.code(), Some(1));
    let report = json(set.path(), &["--select", "L1", "--select", "L2", "--ignore", "CSV"]);
    assert_eq!(rules(&report, "findings"), ["L2-FMT-003"]);
    assert_eq!(report["selection"]["errors"], 1);
}

#[test]
fn leaving_out_advice_leaves_a_pass() {
    let set = Set::deletion(b"202407,131011,0000900011,20260325\r\n");
    let report = json(set.path(), &["--ignore", "L7"]);
    assert_eq!(report["verdict"], "pass");
    assert!(report["selection"]["left_out"].as_u64() > Some(3), "{report}");
    assert!(json(set.path(), &[]).get("selection").is_none());
}

#[test]
fn what_names_no_rule_is_a_mistake_with_a_suggestion() {
    let set = Set::deletion(BAD_DATE);
    for (arguments, meant) in [
        (&["--select", "L9"][..], "L1"),
        (&["--ignore", "L2-FTM"], "L2-FMT"),
        (&["--ignore", "L2,unreal-dat"], "L2-FMT-003"),
        (&["--ignore", "L1,L2,L3,L4,L5,L6,L7,L8"], "--select"),
        (&["--profile", "conformance", "--ignore", "L7"], "--profile conformance"),
        (&["--profile", "conformance", "--select", "L7"], "--profile conformance"),
    ] {
        for lang in ["ja", "en"] {
            let output = validate(set.path(), &[arguments, &["--lang", lang]].concat());
            assert_eq!(output.status.code(), Some(2), "{arguments:?}");
            assert!(stderr(&output).contains(meant), "{arguments:?}: {}", stderr(&output));
            assert!(output.stdout.is_empty());
        }
    }
    // Only validate takes it: a node judges by every rule.
    for command in ["run", "fix", "convert"] {
        let output = renkei([command, "--ignore", "L2"]);
        assert_eq!(output.status.code(), Some(2), "{command}");
    }
}

#[test]
fn the_verdict_of_a_conformance_test_says_for_how_many_rules() {
    let set = Set::deletion(b"202407,131011,0000900011,20260325\r\n");
    let report = json(set.path(), &["--profile", "conformance"]);
    assert_eq!(report["verdict"], "pass");
    let run = report["rules"]["run"].as_array().expect("rules").len();
    let total = report["rules"]["total"].as_u64().expect("a number");
    let not_run = report["rules"]["not_run"].as_array().expect("rules").len();
    assert_eq!(u64::try_from(run + not_run), Ok(total));
    assert!(run < 60, "one deletion exercises {run} of {total} rules");
    for (lang, verdict) in [
        ("ja", format!("適合試験の判定: 合格、規則 {total} 件のうち {run} 件の範囲（")),
        ("en", format!("Verdict of the conformance test: PASS for {run} of {total} rules (")),
    ] {
        let arguments = ["--profile", "conformance", "--lang", lang];
        let text = stdout(&validate(set.path(), &arguments));
        assert!(text.contains(&verdict), "{text}");
        for format in ["csv", "github"] {
            let text =
                stdout(&validate(set.path(), &[&arguments[..], &["--format", format]].concat()));
            assert!(text.contains(&verdict), "{text}");
        }
        let page = stdout(&validate(set.path(), &[&arguments[..], &["--format", "html"]].concat()));
        let range = match lang {
            "ja" => format!("規則 {total} 件のうち {run} 件の範囲"),
            _ => format!("for {run} of {total} rules"),
        };
        assert!(page.contains(&range), "{page}");
    }
    let junit = stdout(&validate(set.path(), &["--profile", "conformance", "--format", "junit"]));
    assert!(junit.contains(&format!("name=\"rules-total\" value=\"{total}\"")), "{junit}");
}

#[test]
fn the_rule_set_has_a_number_beside_its_digest() {
    let set = Set::deletion(BAD_DATE);
    let report = json(set.path(), &[]);
    let number = report["tool"]["rule_set_number"].as_u64().expect("a number");
    assert!(number >= 1);
    let catalogue: Value =
        serde_json::from_slice(&renkei(["rules", "--json"]).stdout).expect("JSON");
    assert_eq!(catalogue["rule_set_number"], number);
    let text = stdout(&validate(set.path(), &["--profile", "conformance"]));
    assert!(text.contains(&format!("規則の版 {number} sha256:")), "{text}");
    assert!(stdout(&renkei(["rules"])).contains(&format!("規則の版 {number} sha256:")));
}
