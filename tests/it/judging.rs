//! Judging as a whole, on generated sets: what is left out makes no set look better, and the order
//! of people changes nothing.

use std::collections::BTreeMap;

use ::renkei::rules::{self, Options, Report, SourceFile};
use ::renkei::spec::Spec;
use ::renkei::synth::{Content, Party, Request, files};
use ::renkei::types::{Edition, Severity};

use crate::support::{folder, json, renkei, sample, stdout};

/// The files of a set, by their names.
pub(crate) type Set = BTreeMap<String, Vec<u8>>;

pub(crate) fn spec() -> &'static Spec {
    Spec::builtin().expect("consistent tables")
}

pub(crate) fn judge(set: &Set, options: &Options) -> Report {
    let files: Vec<_> = set.iter().map(|(name, bytes)| SourceFile { name, bytes }).collect();
    rules::check(spec(), &files, options)
}

/// Generated names end in capitals.
pub(crate) fn is_csv(name: &str) -> bool {
    name.strip_suffix(".CSV").is_some()
}

/// Numbers that are the same in every run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        (usize::try_from(self.0 >> 33).expect("31 bits")) % most.max(1)
    }

    pub(crate) fn pick<'t, T: ?Sized>(&mut self, choices: &[&'t T]) -> &'t T {
        choices[self.below(choices.len())]
    }
}

/// Valid sets with several people and records.
pub(crate) fn valid() -> Vec<Set> {
    let units = [
        (Edition::V4_1, "K1", "1370000018:43", "1370000026:11"),
        (Edition::V4_1, "K2", "1370000018:43", "1370000026:11"),
        (Edition::V4_1, "K2", "1370000018:43", "1370000026:17"),
        (Edition::V4_1, "K2", "1370000018:43", "1370000026:21"),
        (Edition::V4_1, "S1", "1370000026:11", "1370000018:43"),
        (Edition::V4_1, "Y2", "1300000013:46", "1370000083:A6"),
        (Edition::V4_1, "Y4", "1300000013:46", "1370000083:A6"),
        (Edition::V3, "3-1", "1370000018:43", "1370000026:11"),
        (Edition::V3, "3-2", "1370000018:43", "1370000026:15"),
        (Edition::V3, "3-5", "1370000026:15", "1370000018:43"),
    ];
    let made = units.into_iter().zip(1..).map(|((edition, id, from, to), seed)| {
        let content = Content::Unit { id: id.to_owned(), people: 4 };
        let usual = Request::usual(spec(), edition, content).expect("possible");
        let party = |text: &str| text.parse::<Party>().expect("an office");
        let request = Request { from: party(from), to: party(to), seed, ..usual };
        let files = files(spec(), &request).expect("possible");
        let bytes = |file: ::renkei::synth::SynthFile| {
            let name = file.name().to_string();
            (name, file.flat_map(|piece| piece.expect("in MS932")).collect())
        };
        files.into_iter().map(bytes).collect()
    });
    made.collect()
}

/// The records of a file, each with its line end; line breaks inside texts end none.
pub(crate) fn records(bytes: &[u8]) -> Vec<Vec<u8>> {
    let (mut records, mut record, mut quoted) = (Vec::new(), Vec::new(), false);
    for byte in bytes {
        record.push(*byte);
        quoted ^= *byte == b'"';
        if *byte == b'\n' && !quoted {
            records.push(std::mem::take(&mut record));
        }
    }
    records
}

/// Where the items of a record stand.
pub(crate) fn items(record: &[u8]) -> Vec<std::ops::Range<usize>> {
    let (mut items, mut start, mut quoted) = (Vec::new(), 0, false);
    for (place, byte) in record.iter().enumerate() {
        quoted ^= *byte == b'"';
        if !quoted && matches!(byte, b',' | b'\r') {
            items.push(start..place);
            start = place + 1;
        }
    }
    items
}

pub(crate) fn replaced(record: &[u8], item: usize, value: &[u8]) -> Vec<u8> {
    let mut record = record.to_vec();
    if let Some(range) = items(&record).get(item) {
        record.splice(range.clone(), value.iter().copied());
    }
    record
}

/// Changes one thing in one record of a set.
pub(crate) fn change(set: &mut Set, dice: &mut Dice) {
    let names: Vec<String> = set.keys().filter(|name| is_csv(name)).cloned().collect();
    let name = &names[dice.below(names.len())];
    let mut records = records(&set[name]);
    let place = dice.below(records.len());
    let record = records[place].clone();
    let count = items(&record).len();
    match dice.below(9) {
        0 => drop(records.remove(place)),
        1 => records.insert(place, record),
        2 => {
            records.remove(place);
            records.push(record);
        }
        3 => records[place] = replaced(&record, 2, dice.pick(&[&b"0999999999"[..], b"H000000001"])),
        4 => records[place] = replaced(&record, 1, b"131999"),
        5 => {
            let codes = [&b"999998"[..], b"999999", b"11AAAA", b"15EEEE", b"171001", b"11"];
            records[place] = replaced(&record, dice.pick(&[&[8][..], &[14]])[0], dice.pick(&codes));
        }
        6 => records[place] = replaced(&record, 6, b"9999999999"),
        _ => {
            let values =
                [&b""[..], b"0", b" 1", b"1 ", b"x", b"99999999", b"20260231", b"\x82\x50"];
            records[place] = replaced(&record, dice.below(count), dice.pick(&values));
        }
    }
    let bytes = records.concat();
    set.insert(name.clone(), bytes);
}

/// Sets that were changed in one to three places.
fn changed(count: usize) -> impl Iterator<Item = Set> {
    let valid = valid();
    let mut dice = Dice(2026);
    (0..count).map(move |number| {
        let mut set = valid[number % valid.len()].clone();
        for _ in 0..=dice.below(3) {
            change(&mut set, &mut dice);
        }
        set
    })
}

/// One mistake is one finding, but what is left out because of another finding is never worse than
/// what is told.
#[test]
fn leaving_out_what_follows_makes_no_set_look_better() {
    let (mut fewer, mut errors) = (0, 0);
    for set in changed(1_500) {
        let told = judge(&set, &Options::default());
        let all = judge(&set, &Options { consequences: true, ..Options::default() });
        let worst = |report: &Report| report.findings.iter().map(|finding| finding.severity).max();
        assert_eq!(
            worst(&told),
            worst(&all),
            "{}",
            rules::text(&all, ::renkei::types::Lang::En, false)
        );
        assert_eq!(told.verdict, all.verdict);
        fewer += usize::from(told.findings.len() < all.findings.len());
        errors += usize::from(worst(&told) == Some(Severity::Error));
    }
    // It would prove nothing if nothing were left out, or nothing were wrong.
    assert!(fewer > 20 && errors > 500, "{fewer} sets with less, {errors} with errors");
}

/// The records of each person stay together and in order; the people change places.
fn other_order(set: &Set, dice: &mut Dice) -> (Set, Set) {
    let (mut together, mut mixed) = (Set::new(), Set::new());
    let mut turns: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
    for (name, bytes) in set {
        let mut people: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        if !is_csv(name) {
            together.insert(name.clone(), bytes.clone());
            mixed.insert(name.clone(), bytes.clone());
            continue;
        }
        for record in records(bytes) {
            let items = items(&record);
            let whose: Vec<u8> = items.get(1..3).map_or_else(Vec::new, |items| {
                items.iter().flat_map(|item| record[item.clone()].to_vec()).collect()
            });
            match people.iter_mut().find(|(known, _)| *known == whose) {
                Some((_, records)) => records.extend(record),
                None => people.push((whose, record)),
            }
        }
        let all = |people: &[(Vec<u8>, Vec<u8>)]| -> Vec<u8> {
            people.iter().flat_map(|(_, records)| records.clone()).collect()
        };
        together.insert(name.clone(), all(&people));
        people.sort_by_key(|(whose, _)| {
            *turns.entry(whose.clone()).or_insert_with(|| dice.below(1 << 20))
        });
        mixed.insert(name.clone(), all(&people));
    }
    (together, mixed)
}

/// How often each rule is broken, how badly, and in which file.
fn tally(report: &Report) -> BTreeMap<(&'static str, Severity, Option<String>), u64> {
    let mut tally = BTreeMap::new();
    for finding in &report.findings {
        let key = (finding.rule.code(), finding.severity, finding.place.file.clone());
        *tally.entry(key).or_default() += finding.count();
    }
    tally
}

#[test]
fn the_order_of_people_changes_nothing() {
    let mut dice = Dice(7);
    let mut findings = 0;
    for set in changed(1_500) {
        // Which version a file has is what its first record says.
        let versions = set.iter().filter(|(name, _)| is_csv(name)).all(|(_, bytes)| {
            let records = records(bytes);
            let version =
                |record: &Vec<u8>| items(record).first().map(|item| record[item.clone()].to_vec());
            records.windows(2).all(|pair| version(&pair[0]) == version(&pair[1]))
        });
        if !versions {
            continue;
        }
        let (together, mixed) = other_order(&set, &mut dice);
        let (one, other) =
            (judge(&together, &Options::default()), judge(&mixed, &Options::default()));
        let shown = || {
            let text = |report: &Report| rules::text(report, ::renkei::types::Lang::En, false);
            format!("{}\n{}", text(&one), text(&other))
        };
        assert_eq!(tally(&one), tally(&other), "{}", shown());
        assert_eq!(one.verdict, other.verdict);
        findings += one.findings.len();
    }
    assert!(findings > 1_000, "{findings} findings");
}

/// What is an error for who sends it is a warning for who gets it.
#[test]
fn two_rows_with_the_same_numbers_are_taken_and_not_sent() {
    let mut set = valid().swap_remove(0);
    let (name, bytes) =
        set.iter_mut().find(|(name, _)| name.starts_with("UP2KYO")).expect("a plan");
    let name = name.clone();
    let mut records = records(bytes);
    records.insert(1, records[0].clone());
    *bytes = records.concat();
    for (received, severity) in [(false, Severity::Error), (true, Severity::Warning)] {
        let report = judge(&set, &Options { received, ..Options::default() });
        let [finding] = report.findings.as_slice() else { panic!("{:?}", report.findings) };
        assert_eq!((finding.rule.code(), finding.severity), ("L5-NUM-001", severity));
        assert_eq!(finding.place.file.as_ref(), Some(&name));
    }
}

/// Half-width kana and many kanji are bytes that other encodings have too: a name in MS932 stays
/// what it is, in the checks and in `fix`.
#[test]
fn a_name_in_ms932_is_never_read_as_another_encoding() {
    let mut dice = Dice(932);
    let name = "UPHOSOKU_202604_1370000018_43_1370000026_11_20260326111500.CSV";
    let encoding = ["L1-ENC-001", "L1-ENC-002", "L1-ENC-003", "L1-ENC-009", "L1-ENC-010"];
    let (mut utf8, mut kana) = (0, 0);
    for number in 0..3_000 {
        // First and second bytes of characters that are characters of UTF-8 or EUC-JP too.
        let length = 1 + dice.below(4);
        let text: Vec<u8> = (0..length * 2)
            .map(|place| match number % 3 {
                0 => 0xA1 + u8::try_from(dice.below(0x3F)).expect("a byte"),
                1 if place % 2 == 0 => 0xC2 + u8::try_from(dice.below(0x1D)).expect("a byte"),
                1 => 0x80 + u8::try_from(dice.below(0x40)).expect("a byte"),
                _ => 0xE0 + u8::try_from(dice.below(0x0A)).expect("a byte"),
            })
            .collect();
        let Some(shown) = ::renkei::record::ms932::decode(&text) else { continue };
        if shown.chars().any(char::is_control) {
            continue;
        }
        let mut bytes = b"202407,131011,0000900011,00000000,\"".to_vec();
        bytes.extend_from_slice(&text);
        bytes.extend_from_slice(b"\",\"");
        bytes.extend_from_slice(&text);
        bytes.extend_from_slice(b"\",2,19400505");
        bytes.extend(b",".repeat(55));
        bytes.extend_from_slice(b"202604\r\n");
        utf8 += usize::from(std::str::from_utf8(&bytes).is_ok());
        kana += 1;
        let report = judge(&Set::from([(name.to_owned(), bytes.clone())]), &Options::default());
        let misread = |finding: &rules::Finding| encoding.contains(&finding.rule.code());
        assert!(!report.findings.iter().any(misread), "{text:02X?} {shown}");
        let fixed =
            ::renkei::repair::fix(spec(), name, &bytes, &::renkei::repair::FixOptions::default());
        assert_eq!(fixed.bytes.as_ref(), Some(&bytes), "{text:02X?} {shown}");
    }
    assert!(kana > 500 && utf8 > 100, "{kana} names, {utf8} of them UTF-8 as well");
}

/// What the standard leaves open is a warning, a copy beside a unit one finding, and what was not
/// looked at is said in every form of the report.
#[test]
fn files_beside_a_unit_are_told_once() {
    let name = "UPJSK_202606_2770000029_11_2770000011_43_20260702090000.CSV";
    let (_, bytes) = sample("actual").pop().expect("a file");
    let lf: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != b'\r').collect();
    let lower = name.replace(".CSV", ".csv");
    let beside = folder(&[(&lower, &lf), ("memo.txt", b"-"), ("sub/photo.png", b"-")]);
    let output = renkei(&["validate", "--format", "json", "."], beside.path());
    let report = json(&output);
    assert_eq!(output.status.code(), Some(0), "{report}");
    let found: Vec<_> = report["findings"].as_array().expect("a list").iter().collect();
    let codes: Vec<_> = found.iter().map(|found| (&found["rule"], &found["severity"])).collect();
    let expected = [("L1-CSV-007", "warning"), ("L1-NAME-006", "warning")];
    for (rule, severity) in expected {
        assert!(codes.contains(&(&rule.into(), &severity.into())), "{codes:?}");
    }
    assert_eq!(report["passed_over"], serde_json::json!(["./memo.txt", "./sub/photo.png"]));
    for format in ["html", "ndjson", "csv", "text"] {
        let output = renkei(&["validate", "--format", format, "."], beside.path());
        assert!(stdout(&output).contains("photo.png"), "{format}");
    }

    let backup = format!("{name}.bak");
    let beside = folder(&[(name, &bytes), (&backup, b"202407,an older export\r\n")]);
    let output = renkei(&["validate", "--format", "json", "."], beside.path());
    let report = json(&output);
    let found = report["findings"].as_array().expect("a list");
    assert_eq!(found.len(), 1, "{report}");
    assert_eq!((&found[0]["rule"], &found[0]["file"]), (&"L1-NAME-002".into(), &backup.into()));
}
