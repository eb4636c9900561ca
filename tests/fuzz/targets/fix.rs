//! Corrected copies: never a panic; what has nothing to find stays as it is; a copy has the errors
//! that are said to remain, and correcting it once more changes nothing.

#![no_main]

use libfuzzer_sys::fuzz_target;
use renkei::repair::{FixOptions, fix, fix_text};
use renkei::rules::{Finding, Level, Options, Report, SourceFile, check};
use renkei::spec::Spec;
use renkei::types::{Lang, Severity};

mod common;

fuzz_target!(|input: &[u8]| {
    let spec = Spec::builtin().expect("consistent");
    let approve_shipped = input.len() % 2 == 0;
    let options = FixOptions { approve_shipped, ..FixOptions::default() };
    let judge = |name: &str, bytes: &[u8]| -> Report {
        check(spec, &[SourceFile { name, bytes }], &Options::default())
    };
    for (name, bytes) in common::files(input).iter().take(2) {
        let fixed = fix(spec, name, bytes, &options);
        fix_text(&fixed, Lang::Ja);
        let Some(mended) = &fixed.bytes else {
            assert!(fixed.changes.counts.blocked + fixed.changes.counts.proposed > 0, "no reason");
            continue;
        };
        let before = judge(name, bytes).counts;
        if before.error + before.warning + before.info == 0 {
            assert_eq!(mended, bytes, "nothing was wrong");
        }
        let again = fix(spec, name, mended, &options);
        assert_eq!(again.bytes.as_ref(), Some(mended), "once more");
        assert_eq!(again.remaining, fixed.remaining);
        if fixed.remaining.is_empty() {
            // What is left is about the file beside its name and other files.
            let after = judge(name, mended);
            let own = |finding: &&Finding| finding.rule.info().level != Level::L6;
            let mut errors = after.findings.iter().filter(own);
            assert!(errors.all(|finding| finding.severity != Severity::Error), "not told");
        }
    }
});
