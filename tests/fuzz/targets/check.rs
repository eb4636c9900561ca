//! The whole check: no bytes under any name make it panic, and every place lies in the file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use renkei::rules::{self, Options, SetCheck};
use renkei::spec::Spec;
use renkei::types::{FileKind, Lang};

/// The parts of the names that follow the prefixes, of both editions.
const RESTS: [&str; 4] = [
    "202604_1370000018_43_1370000026_11_20260326111500",
    "1370000018_43_1370000026_11_20260326111500",
    "202502_1370000018_1370000026_20250226111500",
    "1370000018_1370000026_20250226111500",
];

fuzz_target!(|files: Vec<(u8, u8, &[u8])>| {
    let spec = Spec::builtin().expect("consistent");
    let mut check = SetCheck::new(spec, Options::default());
    for (kind, rest, bytes) in files.iter().take(4) {
        let kind = FileKind::ALL[usize::from(*kind) % FileKind::ALL.len()];
        let end = if kind.is_image() { "_0001.jpg" } else { ".CSV" };
        let rest = RESTS[usize::from(*rest) % RESTS.len()];
        check.begin_file(&format!("{}_{rest}{end}", kind.prefix()));
        check.feed(bytes);
        check.end_file();
    }
    let longest = files.iter().map(|(_, _, bytes)| bytes.len() as u64).max().unwrap_or(0);
    let report = check.finish();
    for finding in &report.findings {
        if let (Some(offset), Some(length)) = (finding.place.offset, finding.place.length) {
            assert!(offset + length <= longest, "{finding:?}");
        }
    }
    rules::text(&report, Lang::Ja, true);
    report.to_json();
});
