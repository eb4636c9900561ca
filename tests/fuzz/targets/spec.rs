//! The tables of the standard: a damaged one is refused with its line, or consistent.

#![no_main]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use renkei::spec::Spec;

static TABLES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec");
    let mut tables = BTreeMap::new();
    for folder in ["", "v3/", "v4.1/"] {
        for entry in fs::read_dir(top.join(folder)).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.extension().is_some_and(|extension| extension == "csv") {
                let name = path.file_name().expect("a name").to_string_lossy();
                let text = fs::read_to_string(&path).expect("text");
                tables.insert(format!("{folder}{name}"), text);
            }
        }
    }
    tables
});

fuzz_target!(|input: (u8, u16, u8, &str)| {
    let (table, place, length, text) = input;
    let mut tables = TABLES.clone();
    let which = usize::from(table) % tables.len();
    let damaged = tables.values_mut().nth(which).expect("a table");
    let mut chars: Vec<char> = damaged.chars().collect();
    let start = usize::from(place) % (chars.len() + 1);
    let end = (start + usize::from(length)).min(chars.len());
    chars.splice(start..end, text.chars());
    *damaged = chars.into_iter().collect();
    if let Err(error) = Spec::parse(&tables) {
        assert!(!error.problems.is_empty());
    }
});
