//! `renkei rules` and `renkei explain`.

use renkei::rules::{Level, TABLE};
use serde_json::Value;

use super::{renkei, stderr, stdout};

#[test]
fn the_list_has_every_rule_in_both_languages() {
    for (lang, head, severity) in [("ja", "コード", "エラー"), ("en", "code", "error")] {
        let text = stdout(&renkei(["rules", "--lang", lang]));
        assert!(text.starts_with(head) && text.contains(severity), "{text}");
        for info in &TABLE {
            assert!(text.lines().any(|line| line.starts_with(info.code)), "{}", info.code);
        }
    }
}

#[test]
fn a_level_has_its_rules_and_no_others() {
    let text = stdout(&renkei(["rules", "--level", "L2"]));
    for info in &TABLE {
        assert_eq!(text.contains(info.code), info.level == Level::L2, "{}", info.code);
    }
    assert_eq!(renkei(["rules", "--level", "L9"]).status.code(), Some(2));
}

#[test]
fn programs_read_the_catalogue() {
    let catalogue: Value =
        serde_json::from_slice(&renkei(["rules", "--json"]).stdout).expect("JSON");
    assert_eq!(catalogue["schema"], "renkei.rules/1");
    crate::schema::check_document(&catalogue);
    let rules = catalogue["rules"].as_array().expect("rules");
    assert_eq!(rules.len(), TABLE.len());
    for rule in rules {
        for text in ["code", "name", "level", "severity", "since", "bad", "good"] {
            assert!(rule[text].as_str().is_some_and(|text| !text.is_empty()), "{rule}");
        }
        for lang in ["ja", "en"] {
            for text in ["message", "why", "fix"] {
                assert!(rule[lang][text].is_string(), "{rule}");
            }
        }
        assert!(rule["clause"].as_array().is_some_and(|clause| !clause.is_empty()));
    }
}

#[test]
fn every_rule_explains_itself() {
    for code in ["L2-FMT-003", "l2-fmt-003", "unreal-date"] {
        let output = renkei(["explain", code]);
        let text = stdout(&output);
        assert_eq!(output.status.code(), Some(0));
        for part in ["L2-FMT-003 unreal-date", "理由", "直し方", "誤りの例: 20260431", "T-FMT"]
        {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(text.contains("tests/conformance/cases/L2-FMT-003/"));
    }
    let text = stdout(&renkei(["explain", "L2-FMT-003", "--lang", "en"]));
    assert!(text.contains("How to mend it: "), "{text}");
}

#[test]
fn an_unknown_code_comes_with_what_was_meant() {
    for lang in ["ja", "en"] {
        let output = renkei(["explain", "L2-FMT-00З", "--lang", lang]);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("L2-FMT-003"), "{}", stderr(&output));
        assert!(output.stdout.is_empty());
    }
}
