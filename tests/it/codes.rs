//! Every code that the program can give stands in the one table, is explained and is listed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use renkei::rules::TABLE;
use renkei::types::code::{self, RefusalCode};

use crate::support::{renkei, stderr, stdout};

/// Words with hyphens that are no codes, and those of the record of views, which has its own table.
const NO_CODES: &[&str] = &[
    "app-removed",
    "application/pkcs7-mime",
    "content-digest",
    "kebab-case",
    "no-store",
    "not-running",
    "renkei-log",
    "renkei-store",
    "repr-digest",
    "sha-256",
    "stands-still",
    "store-id",
    "token-made",
    "token-revoked",
    "user-added",
    "user-password",
    "user-removed",
    "user-role",
    "user-unlocked",
    "x-accel-buffering",
];

#[test]
fn the_page_is_what_the_table_gives() {
    let page = include_str!("../../spec/CODES.md");
    assert!(page == code::markdown(), "refresh spec/CODES.md: renkei dev codes-md");
}

/// A text with hyphens in small letters that stands in the sources beside the table is a code that
/// was forgotten there.
#[test]
fn no_code_is_written_out_beside_the_table() {
    let mut found = Vec::new();
    for module in ["certs", "control", "folder", "link", "node", "package", "relay", "store", "transfer"] {
        for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(module)) {
            let text = fs::read_to_string(&file).expect("read");
            let program = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            for (number, line) in program.lines().enumerate() {
                let line = line.trim_start();
                if line.starts_with("//") || line.starts_with("#[") {
                    continue;
                }
                let texts = line.split('"').skip(1).step_by(2);
                let forgotten = texts.filter(|text| is_like_a_code(text, line));
                found.extend(
                    forgotten.map(|text| format!("{}:{} {text}", file.display(), number + 1)),
                );
            }
        }
    }
    assert!(found.is_empty(), "codes that src/types/code/table.rs lacks: {found:#?}");
}

/// Whether a text of the sources is a code: by its hyphens, or by where it stands.
fn is_like_a_code(text: &str, line: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
    let is_part =
        |part: &str| is_word(part) || part.bytes().all(|b| b.is_ascii_digit()) && !part.is_empty();
    let hyphens = text.contains('-') && text.split('-').all(is_part);
    let is_in_place =
        ["code = ", "code: ", ".raise(", ".add(", "Answer::done(", "Answer::refused("]
            .iter()
            .any(|place| line.contains(&format!("{place}\"{text}\"")));
    let begins = text.split('-').next().is_some_and(is_word);
    (hyphens && begins || is_in_place && is_word(text)) && !NO_CODES.contains(&text)
}

/// What the routes list they can answer: each refusal is made somewhere beside the lists. That nothing
/// else is answered, the link sees to when it answers.
#[test]
fn every_refusal_is_made_somewhere() {
    let mut program = String::new();
    for module in ["link", "node", "package", "relay", "web"] {
        for file in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(module)) {
            let text = fs::read_to_string(&file).expect("read");
            let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            let mut parts = text.split("refused: &[");
            program.push_str(parts.next().unwrap_or_default());
            parts.for_each(|part| {
                program.push_str(part.split_once(']').map_or("", |(_, after)| after));
            });
        }
    }
    let made: BTreeSet<_> = program
        .split("RefusalCode::")
        .skip(1)
        .map(|after| after.split(|c: char| c != '_' && !c.is_ascii_uppercase()).next())
        .collect();
    for refusal in RefusalCode::ALL {
        let name = refusal.code().to_uppercase().replace('-', "_");
        assert!(made.contains(&Some(name.as_str())), "nothing refuses with {refusal}");
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !["tests.rs", "test_ca.rs", "example.rs"].contains(&&*name)
        {
            files.push(path);
        }
    }
    files
}

#[test]
fn every_code_is_explained() {
    for (place, info) in code::TABLE.iter().enumerate() {
        let names = TABLE.iter().map(|rule| rule.name);
        assert!(names.into_iter().all(|name| name != info.code), "{} is a rule's name", info.code);
        let languages = [("ja", "対応する人: "), ("en", "Who has to act: ")];
        let (lang, who) = languages[place % 2];
        let text = stdout(&explain(&["--lang", lang, "explain", info.code]));
        assert!(text.starts_with(info.code) && text.contains(who), "{}: {text}", info.code);
    }
}

#[test]
fn a_code_with_another_behind_it_is_explained_with_both() {
    let text = stdout(&explain(&["explain", "peer-refuses:certificate-unknown"]));
    for expected in ["peer-refuses\n", "certificate-unknown\n", "tls_certificates"] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let missed = explain(&["explain", "peer-unreachible"]);
    assert_eq!(missed.status.code(), Some(2));
    assert!(stderr(&missed).contains("peer-unreachable"), "{}", stderr(&missed));
}

fn explain(arguments: &[&str]) -> std::process::Output {
    renkei(arguments, &std::env::temp_dir())
}
