//! Files that nobody should send: clear findings, no panic, bounded memory.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use renkei::record::Reader;
use renkei::rules::{self, Options, Report, Rule, SourceFile, Verdict};
use renkei::spec::Spec;
use renkei::types::{FileKind, Lang};

const ACTUALS: &str = "UPJSK_202604_1370000026_11_1370000018_43_20260502101500.CSV";
const RECORD: &[u8] = b"202407,131011,0000900011,20260502,202604,1370000018,\"a\",387,,20260401,,\
    0900,1000,1,111211,,,,,1370000026,,,0,1370000026,\r\n";

fn check(name: &str, bytes: &[u8]) -> Report {
    let spec = Spec::builtin().expect("consistent tables");
    rules::check(spec, &[SourceFile { name, bytes }], &Options::default())
}

fn broken(report: &Report) -> Vec<Rule> {
    let mut rules: Vec<_> = report.findings.iter().map(|finding| finding.rule).collect();
    rules.dedup();
    rules
}

#[test]
fn nothing_but_quotes() {
    let report = check(ACTUALS, &vec![b'"'; 20 << 20]);
    assert_eq!(broken(&report), [Rule::RecordTooLong]);
}

#[test]
fn nothing_but_commas() {
    let report = check(ACTUALS, &vec![b','; 4 << 20]);
    assert!(report.has_errors() && report.findings.len() < 4, "{:?}", broken(&report));
}

#[test]
fn nothing_but_nul_bytes() {
    let report = check(ACTUALS, &vec![0; 1 << 20]);
    assert!(report.has_errors() && report.findings.len() < 4, "{:?}", broken(&report));
}

#[test]
fn one_endless_record() {
    let report = check(ACTUALS, &vec![b'1'; Reader::MOST_BYTES + (2 << 20)]);
    assert_eq!(broken(&report), [Rule::RecordTooLong]);
}

#[test]
fn blank_lines_are_one_finding() {
    let report = check(ACTUALS, &[RECORD, &b"\r\n".repeat(100_000)].concat());
    assert_eq!(broken(&report), [Rule::BlankLine]);
    assert!(report.findings[0].message_en.contains("100000"));
}

#[test]
fn findings_are_counted_and_not_all_kept() {
    let bad = String::from_utf8(RECORD.to_vec()).expect("ASCII").replace("20260401", "20260431");
    let report = check(ACTUALS, bad.repeat(20_000).as_bytes());
    // One mistake of all records, of which the places of the first are kept.
    let [finding] = report.findings.as_slice() else { panic!("{}", report.findings.len()) };
    assert_eq!((report.counts.error, finding.count()), (1, 20_000));
    assert_eq!(finding.places().count(), 1_000);
    assert!(rules::text(&report, Lang::Ja, false).contains("20000"));
}

#[test]
fn a_very_long_name_is_refused_and_cut() {
    let report = check(&"UPPLAN_".repeat(1_000_000), RECORD);
    assert_eq!(broken(&report), [Rule::WrongExtension]);
    assert!(report.to_json().len() < 100_000);
}

#[test]
fn many_files_of_one_serial() {
    let names: Vec<String> = (0..3_000)
        .map(|number| format!("UPJSK_202604_{number:010}_11_1370000018_43_20260502101500.CSV"))
        .collect();
    let files: Vec<_> = names.iter().map(|name| SourceFile { name, bytes: RECORD }).collect();
    let spec = Spec::builtin().expect("consistent tables");
    let report = rules::check(spec, &files, &Options::default());
    assert_eq!((report.verdict, report.units.len()), (Verdict::Pass, 3_000));
}

#[test]
fn a_sum_of_more_rows_than_anybody_has_is_not_judged() {
    let name = "UPSIKYU_202604_1370000018_43_1370000026_11_20260320093001.CSV";
    let row = |office: u32, amount: u32| {
        format!(
            "202407,139980,0900000000,20260320,202604,\"a\",13{office:08},,111211,,,,387,,,13,\
             {amount},{amount},,,0,{amount},,,,,,,,,,,0,9999999999,,1370000018,\r\n"
        )
    };
    // What the row itself says is wrong, with the rows that it adds up as well as without.
    let sum = "202407,139980,0900000000,20260320,202604,\"a\",1300000000,,11AAAA,,,,0,,,0,5031,5031,\
        ,,0,5031,11.40,57000,70,39900,,17100,0,,,,0,9999999999,,1370000018,\r\n";
    for (rows, of_sum) in [(100, 1), (600, 0)] {
        let mut text: String = (0..rows).map(|office| row(office, 5031)).collect();
        text.push_str(&row(rows, 5032));
        text.push_str(sum);
        let report = check(name, text.as_bytes());
        let count = |rule| report.findings.iter().filter(|finding| finding.rule == rule).count();
        assert_eq!(count(Rule::ProductDiffers), 1, "{rows} {:?}", report.findings);
        assert_eq!(count(Rule::CostDiffers), of_sum, "{rows} {:?}", report.findings);
    }
}

#[test]
fn more_plans_than_any_office_has_are_said_not_to_be_judged() {
    let name = "UP2KYO_1370000018_43_1370000026_11_20260326101500.CSV";
    let row = |person: u32| {
        format!(
            "202407,139980,{person:010},20260320,20260319,1,\"a\",1,\"a\",\"a\",\"a\",\"a\",1,\"a\",Y,\
             \"a\",1370000026,\"a\",\"a\",\"a\",1370000018,\r\n"
        )
    };
    let left_out = |people: u32| {
        let text: String = (0..people).map(row).collect();
        let report = check(name, text.as_bytes());
        report.rules.not_run.iter().any(|rule| rule.rule == Rule::DuplicateNumbers)
    };
    assert!(!left_out(100));
    assert!(left_out((1 << 17) + 1));
}

/// A quote that is taken for the second half of a character is still half of a doubled quote.
#[test]
fn halves_of_characters_beside_doubled_quotes() {
    for lead in [0x81_u8, 0x9f, 0xe0, 0xfc, 0xff, 0xa0] {
        for (name, bytes) in samples() {
            if !Path::new(&name).extension().is_some_and(|it| it.eq_ignore_ascii_case("csv")) {
                continue;
            }
            let glued = [b'"', lead, b'"', b'"', lead, b'"', b'"', lead, b'"', b'"', b'"'];
            let damaged: Vec<u8> = bytes
                .split(|byte| *byte == b',')
                .flat_map(|item| [item, b",", &glued[..], b","].concat())
                .collect();
            assert!(!check(&name, &damaged).to_json().is_empty());
        }
    }
}

#[test]
fn no_files_are_no_verdict() {
    let spec = Spec::builtin().expect("consistent tables");
    assert_eq!(rules::check(spec, &[], &Options::default()).verdict, Verdict::Indeterminate);
}

/// A file of every case, for damaging.
fn samples() -> Vec<(String, Vec<u8>)> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/cases");
    let mut samples = Vec::new();
    for folder in
        ["L6-UNIT-001/usage-slip", "L1-NAME-008/third-table-in-v4-1", "L2-FMT-012/digits-only"]
    {
        for entry in fs::read_dir(top.join(folder)).expect("a case") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            if name != "expected.json" {
                samples.push((name, fs::read(&path).expect("readable")));
            }
        }
    }
    samples
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(64)
    })]

    #[test]
    fn any_bytes_under_any_name(
        kind in prop::sample::select(FileKind::ALL),
        rest in "[0-9A-Z_]{0,60}(\\.CSV|\\.jpg|)",
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let name = format!("{}_{rest}", kind.prefix());
        let report = check(&name, &bytes);
        rules::text(&report, Lang::En, true);
        prop_assert!(!report.to_json().is_empty());
    }

    #[test]
    fn any_damage(
        sample in prop::sample::select(samples()),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_usize..3), 1..4),
    ) {
        let (name, mut bytes) = sample;
        for (place, byte, how) in cuts {
            let place = place.index(bytes.len().max(1)).min(bytes.len());
            match how {
                0 if place < bytes.len() => bytes[place] = byte,
                1 if place < bytes.len() => { bytes.remove(place); }
                _ => bytes.insert(place, byte),
            }
        }
        let report = check(&name, &bytes);
        for finding in &report.findings {
            if let (Some(offset), Some(length)) = (finding.place.offset, finding.place.length) {
                prop_assert!(offset + length <= bytes.len() as u64, "{finding:?}");
            }
        }
        rules::text(&report, Lang::Ja, true);
    }
}
