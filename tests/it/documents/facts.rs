//! What documents name exists, what exists is named, and both languages say the same.

use std::collections::BTreeSet;

use crate::support;

use super::text::{Block, Document, documents_in, for_users, root};

/// Languages of blocks that hold no commands.
const NO_COMMANDS: [&str; 6] = ["text", "toml", "ini", "yaml", "json", "rust"];
/// Languages of commands that no test here can run.
const NEVER_RUN: [&str; 2] = ["bat", "powershell"];

#[test]
fn every_link_leads_somewhere() {
    let mut documents = for_users();
    let folders = [".github", "spec", "benches", "certs-example"];
    documents.extend(folders.iter().flat_map(|folder| documents_in(folder)));
    documents.push(Document::read("CHANGELOG.md"));
    let mut seen = 0;
    for document in &documents {
        for link in document.links() {
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let place = format!("{}: {link}", document.name);
            let path =
                if file.is_empty() { root().join(&document.name) } else { document.resolve(file) };
            assert!(path.exists(), "{place}: there is no such file");
            if !anchor.is_empty() {
                let path = path.canonicalize().expect("it exists");
                let home = root().canonicalize().expect("it exists");
                let name = path.strip_prefix(home).expect("of the repository");
                let name = name.to_str().expect("UTF-8").replace('\\', "/");
                let anchors = Document::read(&name).anchors();
                assert!(anchors.iter().any(|known| known == anchor), "{place}: {anchors:#?}");
            }
            seen += 1;
        }
    }
    assert!(seen > 50, "only {seen} links were found");
}

#[test]
fn both_languages_say_the_same() {
    let english: Vec<_> = for_users().into_iter().filter(|d| !d.is_japanese()).collect();
    let japanese = for_users().len() - english.len();
    assert_eq!(english.len(), japanese, "a document has no translation");
    for document in &english {
        let other = document.translation();
        let levels = |document: &Document| -> Vec<usize> {
            document.headings.iter().map(|heading| heading.level).collect()
        };
        let headings = document.headings.iter().zip(&other.headings);
        let headings: Vec<_> = headings.map(|(a, b)| format!("{} | {}", a.text, b.text)).collect();
        assert_eq!(levels(document), levels(&other), "{}: {headings:#?}", document.name);
        let lines =
            |d: &Document| d.blocks.iter().map(|b| (b.line, b.text.clone())).collect::<Vec<_>>();
        assert_eq!(
            document.blocks.len(),
            other.blocks.len(),
            "{}: {:?} {:?}",
            document.name,
            lines(document),
            lines(&other)
        );
        for (block, twin) in document.blocks.iter().zip(&other.blocks) {
            let place = format!("{}:{} {}:{}", document.name, block.line, other.name, twin.line);
            assert_eq!(block.language, twin.language, "{place}");
            assert_eq!(block.not_run().is_some(), twin.not_run().is_some(), "{place}");
            assert!(block.not_run().is_some() || block.how == twin.how, "{place}");
            assert_eq!(essence(block), essence(twin), "{place}");
        }
        let targets = |document: &Document| {
            let files = document.links();
            let files = files.iter().map(|link| link.split('#').next().unwrap_or_default());
            let bare = |file: &str| {
                let file = file.replace(".ja.md", ".md");
                file.replace(".ja.png", ".png").replace(".en.png", ".png")
            };
            files.map(bare).collect::<BTreeSet<_>>()
        };
        let itself = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
        let without = |mut links: BTreeSet<String>| {
            links.remove(&itself(&document.name));
            links
        };
        assert_eq!(without(targets(document)), without(targets(&other)), "{}", document.name);
    }
}

/// What has to be the same in both languages: commands without the choice of the language and
/// without comments; of other blocks the keys.
fn essence(block: &Block) -> Vec<String> {
    let code = |line: &str| {
        let line = line.split(" #").next().unwrap_or_default();
        let line = if line.starts_with('#') { "" } else { line };
        line.replace(" --lang en", "").trim_end().to_owned()
    };
    let lines: Vec<String> = match block.language.as_str() {
        "console" => block.commands().iter().map(|(command, _)| code(command)).collect(),
        "text" => Vec::new(),
        _ => block.text.lines().map(code).collect(),
    };
    let is_reason = |line: &String| line.starts_with("reason = ");
    lines.into_iter().filter(|line| !line.is_empty() && !is_reason(line)).collect()
}

#[test]
fn every_block_says_what_it_is() {
    for document in for_users() {
        for block in &document.blocks {
            let place = format!("{}:{} {}", document.name, block.line, block.language);
            let language = block.language.as_str();
            assert!(
                block.is_commands()
                    || NO_COMMANDS.contains(&language)
                    || NEVER_RUN.contains(&language),
                "{place}: this is neither sh nor console nor text"
            );
            assert!(
                !NEVER_RUN.contains(&language) || block.not_run().is_some(),
                "{place}: no reason"
            );
            if !block.is_commands() {
                continue;
            }
            for (command, _) in block.commands() {
                for line in command.lines().filter(|line| line.starts_with("renkei ")) {
                    assert!(block.not_run().is_none(), "{place}: this can be run: {line}");
                    let is_english = line.starts_with("renkei --lang en ");
                    assert_ne!(is_english, document.is_japanese(), "{place}: {line}");
                }
            }
        }
    }
}

/// The commands that the program lists, with their options.
fn commands() -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    let mut open = vec![Vec::<String>::new()];
    while let Some(path) = open.pop() {
        let mut arguments: Vec<&str> = path.iter().map(String::as_str).collect();
        arguments.extend(["--help", "--lang", "en"]);
        let help = support::stdout(&support::renkei(&arguments, root()));
        let mut options = Vec::new();
        let mut heading = "";
        for line in help.lines() {
            if !line.starts_with(' ') {
                heading = line;
                continue;
            }
            let words: Vec<_> = line.split_whitespace().collect();
            match heading {
                "Options:" => {
                    let names = words.iter().filter(|word| word.starts_with("--")).take(1);
                    let is_head = line.trim_start().starts_with('-');
                    options.extend(
                        names.filter(|_| is_head).map(|name| {
                            name.split(['=', '[']).next().unwrap_or_default().to_owned()
                        }),
                    );
                }
                "Commands:" if line.starts_with("  ") && !line.starts_with("   ") => {
                    open.push([path.as_slice(), &[words[0].to_owned()]].concat());
                }
                _ => {}
            }
        }
        found.push((path.join(" "), options));
    }
    assert!(found.len() > 20, "{found:?}");
    found
}

#[test]
fn every_command_and_option_is_told_of() {
    for is_japanese in [false, true] {
        let mut documents = for_users();
        documents.retain(|document| document.is_japanese() == is_japanese);
        let mut missing = Vec::new();
        for (command, options) in commands() {
            let name = format!("renkei {command}");
            // Options of a command are told of where the command is.
            let told: Vec<_> = documents
                .iter()
                .filter(|document| document.text.replace(" --lang en", "").contains(&name))
                .collect();
            if told.is_empty() {
                missing.push(name.clone());
            }
            for option in options {
                let is_told = |document: &&Document| document.text.contains(&option);
                // These two every command has.
                let is_common = ["--help", "--lang"].contains(&option.as_str());
                if !is_common && !told.iter().any(is_told) {
                    missing.push(format!("{name} {option}"));
                }
            }
        }
        assert!(missing.is_empty(), "no document tells of {missing:#?}");
    }
}

#[test]
fn every_key_of_the_configuration_exists() {
    let example = std::fs::read_to_string(root().join("config.example.toml")).expect("the example");
    let mut table = "";
    let mut keys = BTreeSet::new();
    for line in example.lines() {
        let line = line.strip_prefix('#').unwrap_or(line);
        if line.starts_with('[') {
            table = line.trim_matches(['[', ']']);
        } else if let Some((key, _)) = line.split_once(" = ").filter(|(key, _)| !key.contains(' '))
        {
            keys.insert(format!("{table}.{key}"));
        }
    }
    assert!(keys.len() > 40, "{keys:?}");
    // `health.json` has such names too.
    let health = std::fs::read_to_string(root().join("src/node/health.rs")).expect("the source");
    let is_of_health = |name: &str| health.contains(&format!("pub {name}:"));
    let tables: BTreeSet<_> = keys.iter().filter_map(|key| key.split('.').next()).collect();
    for document in for_users() {
        let prose = document.prose();
        let named = prose.split('`').skip(1).step_by(2);
        for name in named {
            let is_key = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            let known = match name.split_once('.') {
                Some((table, key)) if tables.contains(table) && is_key(key) => keys.contains(name),
                None if name.contains('_') && is_key(name) => {
                    is_of_health(name) || keys.iter().any(|key| key.ends_with(&format!(".{name}")))
                }
                _ => true,
            };
            assert!(known, "{}: there is no key `{name}`", document.name);
        }
    }
}

#[test]
fn the_table_of_service_types_is_that_of_the_standard() {
    let table = std::fs::read_to_string(root().join("spec/service_types.csv")).expect("the table");
    let mut all = 0;
    for document in [Document::read("docs/it.md"), Document::read("docs/it.ja.md")] {
        for row in table.lines().skip(1) {
            let columns: Vec<_> = row.split(',').collect();
            if columns[3] == "○" {
                let told = format!("| {} | {} |", columns[0], columns[1]);
                assert!(document.text.contains(&told), "{}: {told}", document.name);
                all += 1;
            }
        }
    }
    assert!(all > 40, "{all}");
}
