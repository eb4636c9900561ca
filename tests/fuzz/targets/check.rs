//! The whole check: no bytes under any names make it panic, every place lies in its file, and where
//! the pieces are cut changes nothing.

#![no_main]

use std::collections::HashMap;

use libfuzzer_sys::fuzz_target;
use renkei::rules::render::Format;
use renkei::rules::{Options, Profile, Report, SetCheck, Verdict};
use renkei::spec::Spec;
use renkei::types::{Lang, Severity};

mod common;

fn check(files: &[(String, &[u8])], piece: usize, profile: Profile) -> Report {
    let spec = Spec::builtin().expect("consistent");
    let mut check = SetCheck::new(spec, Options { profile, ..Options::default() });
    for (name, bytes) in files {
        check.begin_file(name);
        for piece in bytes.chunks(piece) {
            check.feed(piece);
        }
        check.end_file();
    }
    check.finish()
}

fuzz_target!(|input: &[u8]| {
    let files = common::files(input);
    let mut report = check(&files, usize::MAX, Profile::default());
    let json = report.to_json();
    let piece = 1 + input.len() % 61;
    let in_pieces = check(&files, piece, Profile::default()).to_json();
    assert!(json == in_pieces, "pieces of {piece}");

    assert_eq!(report.verdict == Verdict::Fail, report.counts.error > 0);
    assert_eq!(report.files.len(), files.len());
    let mut longest: HashMap<&str, u64> = HashMap::new();
    for (name, bytes) in &files {
        let own = longest.entry(name).or_default();
        *own = (*own).max(bytes.len() as u64);
    }
    for finding in &report.findings {
        for place in std::iter::once(&finding.place).chain(&finding.related) {
            let Some(offset) = place.offset else { continue };
            let end = offset + place.length.unwrap_or_default();
            let file = place.file.as_deref().expect("bytes are in a file");
            // Of a very long name only the beginning is shown.
            let longest = longest.get(file);
            assert!(longest.is_none_or(|length| end <= *length), "{finding:?}");
        }
    }
    let listed = report.findings.iter().filter(|one| one.severity == Severity::Error).count();
    assert!(listed as u64 <= report.counts.error);

    let strict = check(&files, usize::MAX, Profile::Conformance);
    assert!(strict.counts.error >= report.counts.error, "a stricter profile finds no less");
    for lang in [Lang::Ja, Lang::En] {
        for format in Format::ALL {
            assert!(format == Format::Github || !format.render(&report, lang).is_empty());
        }
    }
    report.mask();
    report.to_json();
});
