//! INV7: no personal data in logs, on the screen, in answers to partners, in the journal, or in
//! names of temporary files.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use encoding_rs::SHIFT_JIS;

use super::proof::receipts;
use super::rogue::Rogue;
use super::units::{ACTUAL, PLAN, USAGE, Unit, export, sample, together};
use crate::harness::{CARE, HELP, Office, offices, until};

/// A name that stands in no sample, in a file and in the name of a file.
const STRANGER: &str = "山田花子";

/// Everything in the files that may say something about a person: texts that are not plain codes,
/// numbers of insured persons, telephone numbers.
fn personal_values(units: &Unit) -> BTreeSet<String> {
    let mut values = BTreeSet::from([STRANGER.to_owned()]);
    for bytes in units.values() {
        let (text, _, _) = SHIFT_JIS.decode(bytes);
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        for record in reader.records() {
            let record = record.expect("CSV");
            values.insert(record[2].to_owned());
            let texts = record.iter().flat_map(|item| item.split(['\r', '\n']));
            let texts = texts.filter(|text| !text.is_ascii() && text.chars().count() > 2);
            values.extend(texts.map(str::to_owned));
            let telephone = |item: &&str| item.len() > 8 && item.contains('-');
            values.extend(record.iter().filter(telephone).map(str::to_owned));
        }
    }
    assert!(values.len() > 20, "too few: {values:?}");
    values
}

/// Which of the values stand in `bytes`, as UTF-8 or as the files write them.
fn found(values: &BTreeSet<String>, bytes: &[u8]) -> Vec<String> {
    let stands = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    let is_found = |value: &&String| {
        let (encoded, _, _) = SHIFT_JIS.encode(value);
        stands(value.as_bytes()) || stands(&encoded)
    };
    values.iter().filter(is_found).cloned().collect()
}

/// Collects the names of hidden files and folders below `folder`.
fn hidden_names(folder: &Path, names: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        if name.starts_with('.') {
            names.insert(name);
        }
        if path.is_dir() {
            hidden_names(&path, names);
        }
    }
}

/// What an office said to anybody but its own folders.
fn said(office: &Office) -> Vec<u8> {
    let mut said = office.log().into_bytes();
    for arguments in [
        ["status"].as_slice(),
        &["history"],
        &["history", "--format", "csv"],
        &["history", "--format", "json"],
    ] {
        let output = office.command(arguments);
        said.extend(output.stdout);
        said.extend(output.stderr);
    }
    for (_, _, der) in receipts(office) {
        said.extend(der);
    }
    for query in [
        "SELECT * FROM journal",
        "SELECT * FROM held",
        "SELECT unit, detail FROM outgoing",
        "SELECT unit, detail FROM incoming",
    ] {
        said.extend(office.sql(query).join("\n").into_bytes());
    }
    said
}

#[test]
fn nobody_reads_about_persons_where_they_should_not() {
    let [mut care, mut help] = offices([CARE, HELP]);
    for office in [&mut care, &mut help] {
        office.set("node", "log", "\"trace\"");
    }
    let units = [
        sample(PLAN, "20260520101500"),
        sample(USAGE, "20260520111500"),
        sample(ACTUAL, "20260702090000"),
    ];
    let values = personal_values(&together(&units));
    let stop = AtomicBool::new(false);
    let hidden = Mutex::new(BTreeSet::new());
    let homes = [care.path(""), help.path("")];
    let problems = thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let mut names = hidden.lock().expect("no panic inside");
                for home in &homes {
                    hidden_names(home, &mut names);
                }
                drop(names);
                thread::sleep(Duration::from_millis(2));
            }
        });
        let problems = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            exchange(&mut care, &mut help, &units)
        }));
        stop.store(true, Ordering::Relaxed);
        problems.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    assert_eq!(found(&values, problems.as_bytes()), Vec::<String>::new(), "told to a partner");
    for office in [&care, &help] {
        assert_eq!(found(&values, &said(office)), Vec::<String>::new(), "of {}", office.number);
    }
    let hidden = hidden.into_inner().expect("no panic inside");
    // The work folder at least, and something that lives shorter; on Windows looking takes longer.
    let least = if cfg!(windows) { 2 } else { 5 };
    assert!(hidden.len() >= least, "it looked too rarely: {hidden:?}");
    for name in hidden {
        let rest = name.strip_prefix(".renkei-").unwrap_or_else(|| panic!("{name}"));
        // The mark of a folder, what keeps writers apart, and the id of the store beside the configuration.
        if rest == "folder" || rest == "lock" {
            continue;
        }
        let rest = rest.strip_prefix("store-").unwrap_or(rest);
        let harmless = |c: char| c.is_ascii_hexdigit() || "-.tmpworkdp".contains(c);
        assert!(rest.chars().all(harmless), "{name}");
    }
}

/// Good units both ways, a broken one, a stranger, a broken package from a partner; returns what
/// the partner was told.
fn exchange(care: &mut Office, help: &mut Office, units: &[Unit; 3]) -> String {
    help.start();
    let rogue = Rogue::of(care);
    let mut broken = units[1].clone();
    for bytes in broken.values_mut() {
        let (name, _, _) = SHIFT_JIS.encode(STRANGER);
        bytes.extend([name.as_ref(), b",\"", name.as_ref(), b"\r\n"].concat());
    }
    let broken: Unit =
        broken.into_iter().map(|(name, bytes)| (name.replace("111500", "111599"), bytes)).collect();
    let parcel = rogue.parcel(help, &broken, 100, |_| {});
    let answer = rogue.put(help, &parcel);
    let mut damaged = parcel.clone();
    damaged.bytes = parcel.bytes.slice(1..);
    let told = format!("{answer:?} {:?}", rogue.refusal(help, &damaged));

    care.start();
    export(care, &units[0]);
    export(care, &units[1]);
    export(care, &broken);
    care.drop_file(&format!("{STRANGER}.csv"), STRANGER.as_bytes());
    care.drop_file(&format!("UPPLAN_202606_{STRANGER}.CSV"), STRANGER.as_bytes());
    export(help, &units[2]);
    until("sent", || care.has_sent("HANDED_OVER", 2));
    until("received", || help.has_sent("HANDED_OVER", 1));
    until("held", || (care.sql("SELECT count(*) FROM held") == ["3"]).then_some(()));
    told
}
