//! The rows of `src/lib.rs`: a module uses itself and the rows above it, and the pure rows do no
//! IO and read no clock. Within a module, no two files use each other, be it by way of others.

mod circles;
mod paths;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use circles::{Tree, absolute, circles, module_of};
use paths::{Tests, named};

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

/// The place of a file below `src`, with `/` on every system.
fn below_source(path: &Path) -> String {
    let inside = path.strip_prefix(source()).expect("below src");
    let names: Vec<_> = inside.iter().map(|name| name.to_string_lossy()).collect();
    names.join("/")
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
            let module = module_of(&below_source(&path)).into_iter().next()?;
            let text = fs::read_to_string(&path).expect("readable");
            let tests = path.ends_with("tests.rs");
            (module != "lib" && module != "main" && !tests).then_some((module, path, text))
        })
        .collect()
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
        let at = module_of(&below_source(&path));
        for named in named(&at, &text, Tests::Counted) {
            let used = absolute(&named, |_| false).and_then(|used| used.into_iter().next());
            let Some((used, row)) = used.and_then(|used| rows.get_key_value(&used)) else {
                continue;
            };
            uses += 1;
            if *used != module && row >= &rows[&module] {
                faults.push(format!("{}: {module} uses {used}", path.display()));
            }
        }
    }
    assert!(uses > 20, "the scan found only {uses} uses: it is broken");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The one module of the pure rows that is there for IO.
const DISK: &str = "disk";

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
        if rows[&module] > 3 || module == DISK || path.ends_with("types/clock.rs") {
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

/// Two files that are one table: `table` is written with a macro of `rule`, and every row of it names
/// its rule.
const ONE_TABLE: [&str; 2] = ["rules/rule", "rules/table"];

#[test]
fn no_files_of_a_module_use_each_other_in_a_circle() {
    let files = files();
    let files: Vec<_> =
        files.iter().map(|(_, path, text)| (below_source(path), text.as_str())).collect();
    let is_test = |file: &str| file.split('/').any(|name| name == "tests");
    let files = files.iter().filter(|(file, _)| !is_test(file));
    let mut uses = Tree::of(files.map(|(file, text)| (file.as_str(), *text))).uses();
    assert!(uses.len() > 300, "the scan found only {} uses: it is broken", uses.len());
    let [one, other] = ONE_TABLE.map(module_of);
    assert!(uses.remove(&(one, other)).is_some(), "{ONE_TABLE:?} need no exception any more");
    let circles = circles(&uses);
    assert!(circles.is_empty(), "{}", circles.join("\n"));
}

#[test]
fn super_stays_within_its_module() {
    let mut faults = Vec::new();
    for (_, path, text) in files() {
        let at = module_of(&below_source(&path));
        for named in named(&at, &text, Tests::Counted) {
            if named.leaves_its_module() {
                faults.push(format!("{}: {}", path.display(), named.words.join("::")));
            }
        }
    }
    assert!(faults.is_empty(), "name it from `crate`:\n{}", faults.join("\n"));
}
