//! `spec/*.schema.json` as the judges of what commands print: the keywords that they use, and no
//! others.

use std::fs;
use std::path::Path;

use renkei::rules::Rule;
use renkei::types::{Digest, FileSerial, MessageId, OfficeNumber, ServiceMonth, ServiceType};
use serde_json::Value;

/// Panics unless the schema that a document of ours names takes it.
pub(crate) fn check_document(document: &Value) {
    // A history is a document that others write too.
    let id = document["schema"].as_str().or_else(|| document["format"].as_str());
    let id = id.unwrap_or_else(|| panic!("no schema: {document}"));
    let name = id.strip_prefix("renkei.").and_then(|id| id.strip_suffix("/1"));
    let schema = schema(name.unwrap_or_else(|| panic!("no schema of ours: {id}")));
    assert_eq!(schema["$id"], id);
    check(&schema, &schema, document).unwrap_or_else(|problem| panic!("{problem}"));
}

/// Panics unless the schema takes the line of `--format ndjson`.
pub(crate) fn check_line(line: &Value) {
    let schema = schema("report");
    check(&schema, &schema["$defs"]["line"], line).unwrap_or_else(|problem| panic!("{problem}"));
    if line["type"] == "finding" {
        let mut finding = line.clone();
        finding.as_object_mut().expect("an object").remove("type");
        check(&schema, &schema["$defs"]["finding"], &finding)
            .unwrap_or_else(|problem| panic!("{problem}"));
    }
}

/// Why the schema of this name does not take the document, if it does not.
pub(crate) fn fault(name: &str, document: &Value) -> Option<String> {
    let schema = schema(name);
    check(&schema, &schema, document).err()
}

/// Characters of a text.
fn length(value: &Value) -> Option<u64> {
    u64::try_from(value.as_str()?.chars().count()).ok()
}

/// Elements of a list.
fn items(value: &Value) -> Option<u64> {
    u64::try_from(value.as_array()?.len()).ok()
}

fn schema(name: &str) -> Value {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec");
    let path = spec.join(format!("{name}.schema.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|_| panic!("{name} has no schema"));
    serde_json::from_str(&text).expect("JSON")
}

fn check(root: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let wrong = |what: &str| Err(format!("{what}: {schema} and {value}"));
    for (keyword, wanted) in schema.as_object().expect("a schema") {
        match keyword.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" => {}
            "$ref" => {
                let pointer = wanted.as_str().and_then(|text| text.strip_prefix('#'));
                let target = root.pointer(pointer.expect("a pointer")).expect("a definition");
                check(root, target, value)?;
            }
            "oneOf" => {
                let parts = wanted.as_array().expect("a list");
                let fits = parts.iter().filter(|part| check(root, part, value).is_ok()).count();
                if fits != 1 {
                    return wrong(&format!("{fits} of oneOf fit"));
                }
            }
            "not" if check(root, wanted, value).is_err() => {}
            "maximum" if value.as_u64() <= wanted.as_u64() => {}
            "maxLength" if length(value) <= wanted.as_u64() => {}
            "minItems" if items(value) >= wanted.as_u64() => {}
            "maxItems" if items(value) <= wanted.as_u64() => {}
            "maximum" | "maxLength" | "minItems" | "maxItems" => {
                return wrong(&format!("{keyword} {wanted}"));
            }
            "const" if wanted == value => {}
            "enum" if wanted.as_array().expect("a list").contains(value) => {}
            "type" => {
                let fits = match wanted.as_str().expect("a type") {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "integer" => value.is_u64(),
                    "boolean" => value.is_boolean(),
                    "null" => value.is_null(),
                    other => panic!("the judge does not know the type {other}"),
                };
                if !fits {
                    return wrong("another type");
                }
            }
            "minimum" if value.as_u64() >= wanted.as_u64() => {}
            "format" if has_format(wanted.as_str().expect("a format"), value) => {}
            "pattern" if matches(wanted.as_str().expect("a pattern"), value) => {}
            "required" => {
                for name in wanted.as_array().expect("a list") {
                    if value.get(name.as_str().expect("a name")).is_none() {
                        return wrong(&format!("{name} is missing"));
                    }
                }
            }
            "properties" => {
                for (name, schema) in wanted.as_object().expect("properties") {
                    if let Some(value) = value.get(name) {
                        check(root, schema, value)?;
                    }
                }
            }
            "additionalProperties" => {
                assert_eq!(wanted, &Value::Bool(false));
                for name in value.as_object().into_iter().flat_map(|object| object.keys()) {
                    if schema["properties"].get(name).is_none() {
                        return wrong(&format!("{name} is unknown"));
                    }
                }
            }
            "items" => {
                for value in value.as_array().into_iter().flatten() {
                    check(root, wanted, value)?;
                }
            }
            "not" | "const" | "enum" | "minimum" | "format" | "pattern" => return wrong(keyword),
            other => panic!("the judge does not know the keyword {other}"),
        }
    }
    Ok(())
}

/// The formats of the schemas.
fn has_format(format: &str, value: &Value) -> bool {
    let Some(text) = value.as_str() else { return false };
    match format {
        "date-time" => text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok(),
        "uuid" => text.parse::<MessageId>().is_ok(),
        other => panic!("the judge does not know the format {other}"),
    }
}

/// The patterns of the schemas, by what they stand for.
fn matches(pattern: &str, value: &Value) -> bool {
    let Some(text) = value.as_str() else { return false };
    match pattern {
        "^[0-9a-f]{64}$" => text.parse::<Digest>().is_ok_and(|digest| digest.to_string() == text),
        "^L[1-7]-[A-Z0-9]+-[0-9]{3}$" => Rule::from_code(text).is_some(),
        "^[0-9A-Z]{10}$" => text.parse::<OfficeNumber>().is_ok(),
        "^[0-9]{6}$" => text.parse::<ServiceMonth>().is_ok(),
        "^(?!0000)[0-9]{4}(0[1-9]|1[0-2])$" => {
            let digits = text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit());
            digits && &text[..4] != "0000" && ("01"..="12").contains(&&text[4..])
        }
        "^[0-9]{14}$" => text.parse::<FileSerial>().is_ok(),
        "^[a-z0-9-]+$" => text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-'),
        "^\\*{7}[0-9]{3}$" => text
            .strip_prefix("*******")
            .is_some_and(|tail| tail.len() == 3 && tail.bytes().all(|byte| byte.is_ascii_digit())),
        "^[0-9A-Fa-f]{64}$" => !text.contains(':') && text.parse::<Digest>().is_ok(),
        "^[0-9A-Z]{2}$" => text.parse::<ServiceType>().is_ok(),
        "^[a-z0-9-]{1,64}$" => (1..=64).contains(&text.len()) && is_code(text),
        "^urn:renkei:problem:[a-z0-9-]{1,64}$" => {
            text.strip_prefix("urn:renkei:problem:").is_some_and(is_code)
        }
        "^[A-Za-z0-9_-]{1,16}$" => is_token(text, 16, "_-"),
        "^[A-Za-z0-9_.-]{1,64}$" => is_token(text, 64, "_.-"),
        "^[A-Za-z0-9._-]{1,16}$" => is_token(text, 16, "._-"),
        "^ATT_[0-9]{4}\\.[a-z]{3,4}$" => {
            let small = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase());
            let parts = text.strip_prefix("ATT_").and_then(|rest| rest.split_once('.'));
            parts.is_some_and(|(number, extension)| {
                let digits = number.len() == 4 && number.bytes().all(|byte| byte.is_ascii_digit());
                digits && (3..=4).contains(&extension.len()) && small(extension)
            })
        }
        "^[0-9]{1,6}$" => {
            (1..=6).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
        }
        "^[0-9H][0-9]{9}$" => {
            let digits = text.strip_prefix('H').unwrap_or(text);
            text.len() == 10 && digits.bytes().all(|byte| byte.is_ascii_digit())
        }
        "^[A-Za-z0-9_]+\\.[A-Za-z]{3}$" => text
            .rsplit_once('.')
            .is_some_and(|(stem, end)| is_token(stem, 255, "_") && is_token(end, 3, "")),
        "^[A-Za-z0-9+/]+={0,2}$" => is_token(text.trim_end_matches('='), usize::MAX, "+/"),
        "^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$" => {
            text.parse::<MessageId>().is_ok()
        }
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-5][0-9](\\.[0-9]{1,9})?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$" => {
            is_time(text)
        }
        other => panic!("the judge does not know the pattern {other}"),
    }
}

/// By the form alone: days that no month has pass.
fn is_time(text: &str) -> bool {
    let fits = |form: &str, text: &str| {
        let fits = |(form, c): (char, char)| match form {
            '9' => c.is_ascii_digit(),
            '5' => ('0'..='5').contains(&c),
            'T' => "Tt ".contains(c),
            '+' => "+-".contains(c),
            other => c == other,
        };
        form.len() == text.len() && form.chars().zip(text.chars()).all(fits)
    };
    let (Some(time), Some(rest)) = (text.get(..19), text.get(19..)) else { return false };
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if (1..=9).contains(&(fraction.len() - zone.len())) { zone } else { "" }
        }
        None => rest,
    };
    let in_day = zone.get(1..3).is_some_and(|hours| hours < "24");
    fits("9999-99-99T99:99:59", time)
        && (zone.eq_ignore_ascii_case("z") || (fits("+99:59", zone) && in_day))
}

fn is_code(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// 1 to `most` letters, digits and `others`.
fn is_token(text: &str, most: usize, others: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || others.contains(c);
    (1..=most).contains(&text.len()) && text.chars().all(fits)
}

#[test]
fn the_judge_refuses_what_the_schema_does_not_know() {
    let schema = serde_json::json!({
        "type": "object",
        "required": ["a"],
        "additionalProperties": false,
        "properties": { "a": { "type": "integer", "minimum": 1 }, "b": { "enum": ["x"] } },
    });
    let fits = |value: Value| check(&schema, &schema, &value).is_ok();
    assert!(fits(serde_json::json!({ "a": 1, "b": "x" })));
    for bad in ["{}", "[]", "{\"a\":0}", "{\"a\":\"1\"}", "{\"a\":1,\"c\":1}", "{\"a\":1,\"b\":2}"]
    {
        assert!(!fits(serde_json::from_str(bad).expect("JSON")), "{bad}");
    }
}

/// A definition that nothing refers to would judge nothing.
#[test]
fn every_definition_of_a_schema_is_used() {
    let spec = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec");
    let mut schemas = 0;
    for entry in fs::read_dir(spec).expect("the folder") {
        let name = entry.expect("an entry").file_name().into_string().expect("text");
        let Some(name) = name.strip_suffix(".schema.json") else { continue };
        schemas += 1;
        let schema = schema(name);
        let text = schema.to_string();
        for definition in schema["$defs"].as_object().expect("definitions").keys() {
            // The lines of --format ndjson are documents of their own.
            let used = text.contains(&format!("\"#/$defs/{definition}\""));
            assert!(used || definition == "line", "{name}: {definition}");
        }
    }
    assert!(schemas >= 12, "{schemas}");
}

/// What `validate --history` reads is what the schema takes.
#[test]
fn every_history_of_the_cases_is_as_its_schema_says() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/cases");
    let mut open = vec![cases];
    let mut histories = 0;
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else if path.ends_with("history.json") {
                let text = fs::read_to_string(&path).expect("UTF-8");
                let history = serde_json::from_str(&text).expect("JSON");
                assert_eq!(fault("exchange", &history), None, "{}", path.display());
                histories += 1;
            }
        }
    }
    assert!(histories > 20, "{histories}");
}
