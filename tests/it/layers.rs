//! The rows of `src/lib.rs`: a module uses itself and the rows above it, and the pure rows do no
//! IO and read no clock.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Module and row, as the table in `src/lib.rs` has them.
fn rows() -> BTreeMap<String, u32> {
    let map = fs::read_to_string(source().join("lib.rs")).expect("src/lib.rs");
    let rows: BTreeMap<_, _> = map
        .lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("//! |")?.split('|').map(str::trim);
            let row = cells.next()?.parse().ok()?;
            let module = cells.next()?.trim_matches(|c| "[]`".contains(c)).to_owned();
            Some((module, row))
        })
        .collect();
    assert!(rows.len() >= 14, "the table in src/lib.rs names {} modules", rows.len());
    rows
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a source folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Every source file with the module it belongs to.
fn files() -> Vec<(String, PathBuf, String)> {
    let mut found = Vec::new();
    rust_files(&source(), &mut found);
    found
        .into_iter()
        .filter_map(|path| {
            let inside = path.strip_prefix(source()).expect("below src");
            let first = inside.components().next()?.as_os_str().to_string_lossy().into_owned();
            let module = first.trim_end_matches(".rs").to_owned();
            let text = fs::read_to_string(&path).expect("readable");
            let tests = path.ends_with("tests.rs");
            (module != "lib" && module != "main" && !tests).then_some((module, path, text))
        })
        .collect()
}

/// The modules that a source text names as `crate::module`, also inside `crate::{a, b}`.
fn used_modules(text: &str) -> Vec<String> {
    let mut used = Vec::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
        for after in line.split("crate::").skip(1) {
            let names = after.strip_prefix('{').unwrap_or(after);
            let end = if after.starts_with('{') { '}' } else { ':' };
            for name in names.split(end).next().unwrap_or_default().split(',') {
                let name = name.split([':', ';', ' ', ')', '}']).find(|part| !part.is_empty());
                used.extend(name.map(str::to_owned));
            }
        }
    }
    used
}

#[test]
fn every_module_has_a_row() {
    let rows = rows();
    for (module, path, _) in files() {
        assert!(rows.contains_key(&module), "{} has no row in src/lib.rs", path.display());
    }
}

#[test]
fn modules_use_only_rows_above_them() {
    let rows = rows();
    let mut faults = Vec::new();
    let mut uses = 0;
    for (module, path, text) in files() {
        for used in used_modules(&text) {
            let Some(row) = rows.get(&used) else { continue };
            uses += 1;
            if used != module && row >= &rows[&module] {
                faults.push(format!("{}: {module} uses {used}", path.display()));
            }
        }
    }
    assert!(uses > 20, "the scan found only {uses} uses: it is broken");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn pure_rows_do_no_io() {
    let rows = rows();
    let banned = [
        "std::fs",
        "std::net::Tcp",
        "std::net::Udp",
        "std::env",
        "std::process",
        "std::time",
        "tokio::",
        "Timestamp::now",
    ];
    let mut faults = Vec::new();
    for (module, path, text) in files() {
        // The clock that the others are handed as an argument.
        if rows[&module] > 3 || path.ends_with("types/clock.rs") {
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate() {
            let comment = line.trim_start().starts_with("//");
            if !comment && banned.iter().any(|ban| line.contains(ban)) {
                faults.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
