//! SARIF 2.1.0 (OASIS Standard, 27 March 2020), for code scanning and build servers.
//!
//! Places are given as lines and as byte offsets: the files are MS932, in which a column means
//! nothing to most readers. Section numbers below are those of the standard.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::rules::finding::{Finding, Place};
use crate::rules::overrides::Grade;
use crate::rules::report::{FileReport, Report};
use crate::rules::table::TABLE;
use crate::rules::{Rule, RuleInfo};
use crate::types::{Lang, Severity};

use super::words;

/// The most results, as code scanning services take no more.
const MOST: usize = 5_000;

/// The most places with the same mistake that a result lists; its message counts them all.
const MOST_ALIKE: usize = 20;

/// Where the project lives, once `Cargo.toml` says so.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

pub(super) fn render(report: &Report, lang: Lang) -> String {
    let results: Vec<Value> =
        worst_first(report).map(|finding| result(report, finding, lang)).collect();
    let listed = u64::try_from(results.len()).unwrap_or(u64::MAX);
    let counts = report.counts;
    let total = counts.error + counts.warning + counts.info;
    let mut notes: Vec<Value> = report
        .unfinished
        .iter()
        .map(|name| {
            let text = lang.pick("読み取れませんでした", "could not be read");
            note("error", &format!("{}: {text}", words::visible_line(name)))
        })
        .collect();
    if listed < total {
        let text = match lang {
            Lang::Ja => format!("指摘 {total} 件のうち {listed} 件を示しています。"),
            Lang::En => format!("{listed} of {total} findings are listed"),
        };
        notes.push(note("note", &text));
    }
    let mut document = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": report.tool.name,
                    "version": report.tool.version,
                    "semanticVersion": report.tool.version,
                    "language": lang.pick("ja", "en"),
                    "rules": TABLE.iter().map(|info| rule(info, lang)).collect::<Vec<_>>(),
                },
            },
            "language": lang.pick("ja", "en"),
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": report.unfinished.is_empty(),
                "toolExecutionNotifications": notes,
                "ruleConfigurationOverrides": overrides(report),
            }],
            "artifacts": report.files.iter().map(|file| artifact(report, file)).collect::<Vec<_>>(),
            "results": results,
            "properties": {
                "verdict": report.verdict,
                "profile": report.profile,
                "ruleSet": report.tool.rule_set,
                "ruleSetNumber": report.tool.rule_set_number,
                "rules": { "run": report.rules.run.len(), "total": report.rules.total },
                "selection": report.selection,
                "counts": report.counts,
                "listed": listed,
                "omitted": total.saturating_sub(listed),
                "overrides": report.overrides,
                "notRun": report.rules.not_run,
            },
        }],
    });
    if let (Some(page), Some(driver)) =
        (page(REPOSITORY, "README.md"), document.pointer_mut("/runs/0/tool/driver"))
        && let Some(driver) = driver.as_object_mut()
    {
        driver.insert("informationUri".to_owned(), json!(page));
    }
    // Values of json! are JSON already.
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}

/// Where not all can be listed, errors are.
fn worst_first(report: &Report) -> impl Iterator<Item = &Finding> {
    let of = |severity| report.findings.iter().filter(move |finding| finding.severity == severity);
    of(Severity::Error).chain(of(Severity::Warning)).chain(of(Severity::Info)).take(MOST)
}

/// 3.27.10: `notice` is called note.
const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// A page of the project as a URI, of this version in the repository. Pages have to be absolute
/// (3.19.12, 3.49.12), so there is none as long as no repository is named.
fn page(repository: &str, path: &str) -> Option<String> {
    let repository = repository.trim_end_matches('/');
    let version = env!("CARGO_PKG_VERSION");
    (!repository.is_empty()).then(|| format!("{repository}/blob/v{version}/{path}"))
}

/// 3.49: a rule.
fn rule(info: &RuleInfo, lang: Lang) -> Value {
    let text = info.text(lang);
    let mend = lang.pick("直し方", "To mend");
    let place = format!("spec/RULES.md#{}", info.code.to_lowercase());
    let mut rule = json!({
        "id": info.code,
        "name": info.name,
        "shortDescription": { "text": text.summary() },
        "fullDescription": { "text": text.why },
        "help": { "text": format!("{}\n{mend}: {}\n× {}\n○ {}", text.why, text.fix, info.bad, info.good) },
        "defaultConfiguration": { "level": level(info.severity) },
        "properties": {
            "level": info.level, "clause": info.clause, "since": info.since, "page": place,
        },
    });
    if let (Some(page), Some(object)) = (page(REPOSITORY, &place), rule.as_object_mut()) {
        object.insert("helpUri".to_owned(), json!(page));
    }
    rule
}

/// 3.20.5: what was overridden.
fn overrides(report: &Report) -> Vec<Value> {
    let given = report.overrides.rules.iter();
    given
        .map(|given| {
            let configuration = match given.to {
                Grade::As(severity) => json!({ "level": level(severity) }),
                Grade::Off => json!({ "enabled": false }),
            };
            json!({
                "descriptor": { "id": given.rule.code(), "index": index(given.rule) },
                "configuration": configuration,
                "properties": { "reason": given.reason, "findings": given.findings },
            })
        })
        .collect()
}

/// 3.58: a notification.
fn note(level: &str, text: &str) -> Value {
    json!({ "level": level, "message": { "text": text } })
}

/// 3.24: a file that was judged. One inside an archive is nowhere to be opened, so it is described.
fn artifact(report: &Report, file: &FileReport) -> Value {
    let image = file.kind.is_some_and(crate::types::FileKind::is_image);
    let mut artifact = json!({
        "roles": ["analysisTarget"],
        "hashes": { "sha-256": file.sha256 },
        "mimeType": if image { "image/jpeg" } else { "text/csv" },
    });
    if let Some(object) = artifact.as_object_mut() {
        if !image {
            object.insert("encoding".to_owned(), json!("windows-31j"));
        }
        if words::in_archive(&file.name).is_some() {
            let text = words::visible_line(&report.path_of(&file.name));
            object.insert("description".to_owned(), json!({ "text": text }));
        } else {
            let place = json!({ "uri": uri(&report.path_of(&file.name)) });
            object.insert("location".to_owned(), place);
        }
    }
    artifact
}

fn result(report: &Report, finding: &Finding, lang: Lang) -> Value {
    let related: Vec<Value> = finding
        .related
        .iter()
        .chain(finding.alike.iter().take(MOST_ALIKE))
        .map(|place| location(report, place, lang))
        .collect();
    let mut result = json!({
        "ruleId": finding.rule.code(),
        "ruleIndex": index(finding.rule),
        "level": level(finding.severity),
        "message": { "text": words::sentence(finding, lang) },
        "locations": [location(report, &finding.place, lang)],
    });
    if let (false, Some(object)) = (related.is_empty(), result.as_object_mut()) {
        object.insert("relatedLocations".to_owned(), Value::Array(related));
    }
    result
}

/// The place of a rule in the list of rules.
fn index(rule: Rule) -> usize {
    rule as usize
}

/// 3.28: a place, by file and bytes and by record and item.
fn location(report: &Report, place: &Place, lang: Lang) -> Value {
    let mut location = json!({});
    let Some(object) = location.as_object_mut() else { return location };
    if let Some(file) = &place.file {
        let inside = words::in_archive(file);
        let opened = inside.map_or(file.as_str(), |(archive, _)| archive);
        let mut physical = json!({ "artifactLocation": { "uri": uri(&report.path_of(opened)) } });
        let mut region = json!({});
        // Lines and bytes of a file inside an archive are none of the archive.
        if let (Some(region), None) = (region.as_object_mut(), inside) {
            if let Some(line) = place.line {
                region.insert("startLine".to_owned(), json!(line));
            }
            if let Some(offset) = place.offset {
                region.insert("byteOffset".to_owned(), json!(offset));
                region.insert("byteLength".to_owned(), json!(place.length.unwrap_or_default()));
            }
        }
        if let (Some(physical), false) = (physical.as_object_mut(), region == json!({})) {
            physical.insert("region".to_owned(), region);
        }
        object.insert("physicalLocation".to_owned(), physical);
    }
    let member = place.file.as_deref().and_then(words::in_archive);
    let member = member.map(|(_, member)| words::visible_line(member)).unwrap_or_default();
    let parts = [member, words::place(place, lang)];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let name = parts.join(lang.pick("　", ", "));
    if !name.is_empty() {
        object.insert("logicalLocations".to_owned(), json!([{ "fullyQualifiedName": name }]));
    }
    location
}

/// The path as a URI (RFC 3986): absolute ones as `file:`, others relative to where the program ran.
fn uri(path: &str) -> String {
    uri_on(path, cfg!(windows))
}

/// Only Windows has drives; elsewhere `a:b.CSV` is a name like any other.
fn uri_on(path: &str, drives: bool) -> String {
    let mut uri = String::with_capacity(path.len());
    let drive = drives && path.as_bytes().get(1) == Some(&b':');
    let first_segment = path.split('/').next().unwrap_or_default();
    if drive || path.starts_with('/') {
        uri.push_str(if drive { "file:///" } else { "file://" });
    } else if first_segment.contains(':') {
        // Section 4.2: such a first segment would look like a scheme.
        uri.push_str("./");
    }
    for (place, byte) in path.bytes().enumerate() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
        if plain || (drive && place == 1) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_those_of_the_repository() {
        let anchor = "spec/RULES.md#l2-fmt-003";
        assert_eq!(page("", anchor), None, "relative ones are not allowed");
        let version = env!("CARGO_PKG_VERSION");
        let expected = format!("https://example.jp/renkei/blob/v{version}/{anchor}");
        assert_eq!(page("https://example.jp/renkei/", anchor), Some(expected));
    }

    #[test]
    fn every_rule_has_its_place_on_the_page() {
        let rules = include_str!("../../../spec/RULES.md");
        for info in &TABLE {
            let uri = rule(info, Lang::Ja)["properties"]["page"].to_string();
            assert!(uri.contains(&format!("#{}\"", info.code.to_lowercase())), "{uri}");
            assert!(rules.contains(&format!("\n### {}\n", info.code)), "{uri}");
        }
    }

    #[test]
    fn paths_become_uris() {
        for (path, expected) in [
            ("UPPLAN_202604.CSV", "UPPLAN_202604.CSV"),
            ("a b/利.CSV", "a%20b/%E5%88%A9.CSV"),
            ("/tmp/x#y?.CSV", "file:///tmp/x%23y%3F.CSV"),
            ("javascript:x", "./javascript%3Ax"),
            ("a/b:c", "a/b%3Ac"),
        ] {
            assert_eq!(uri_on(path, false), expected);
            assert_eq!(uri_on(path, true), expected);
        }
        assert_eq!(uri_on("C:/data/x.CSV", true), "file:///C:/data/x.CSV");
        assert_eq!(uri_on("a:b.CSV", false), "./a%3Ab.CSV");
    }
}
