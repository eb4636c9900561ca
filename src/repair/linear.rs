//! Every parser is linear in its input: runs of each byte that means something to one of them, in
//! the places where it could, to the checks, to `fix` and to `convert`.
//!
//! What is compared is how many bytes are looked at, of a run and of one eight times as long, and
//! with the length of the file; see [`work`].

use crate::record::work;
use crate::rules::{self, Options, SourceFile};
use crate::spec::Spec;
use crate::types::Edition;

use super::{FixOptions, OfficeTypes, convert, fix};

const MEGABYTE: usize = 1 << 20;

/// Quotes, delimiters, NUL, halves of characters, marks of other encodings, ends of files.
const RUNS: [&[u8]; 12] = [
    b"\r",
    b"\n",
    b"\"",
    b",",
    b"\0",
    b"\x81",
    b"\xA0",
    b"\xEF\xBB\xBF",
    b"\x1B",
    b"\x0C",
    b"\x1A",
    b"\xE3\x81\x82",
];

/// No byte is looked at more often than by all parsers several times.
const MOST: u64 = 64;

const NAME: &str = "UP2KYO_1370000018_43_1370000026_11_20260326101500.CSV";
const RECORD: &[u8] = b"202407,131011,0000900011,20260320,20260325,1,\"a\",1,\"b\",\"c\",\"d\",\"e\",1,\"f\",N,\"g\",,\"h\",\"i\",\"j\",,\r\n";

/// Files with a run in them: behind a record, alone, before a record, inside a text, and between
/// texts.
fn files(run: &[u8], length: usize) -> [Vec<u8>; 5] {
    let run = run.repeat(length / run.len());
    let text = RECORD.iter().position(|byte| *byte == b'"').unwrap_or_default();
    let (head, tail) = RECORD.split_at(text + 1);
    let (before, after) = RECORD.split_at(text);
    [
        [RECORD, &run].concat(),
        run.clone(),
        [&run, RECORD].concat(),
        [RECORD, head, &run, tail, RECORD].concat(),
        [before, &run, after].concat(),
    ]
}

/// How often each byte of a file is looked at does not grow with the file, but for what is carried
/// over from one part of it to the next. Eight times as often is what a square would be.
fn assert_linear(act: fn(&Spec, &[u8])) {
    let spec = Spec::builtin().expect("consistent");
    for run in RUNS {
        // 1 MB and 8 MB at the end of a file, where a damaged disk leaves them; elsewhere less.
        for place in 0..5 {
            let unit = if place == 0 { MEGABYTE } else { MEGABYTE / 8 };
            let each = [unit, 8 * unit].map(|length| {
                let bytes = &files(run, length)[place];
                let looked = work::counted(|| act(spec, bytes)).1;
                looked / u64::try_from(bytes.len()).expect("a length")
            });
            let [short, long] = each;
            assert!(short <= MOST, "{run:?} {place}: each byte {short} times");
            assert!(long <= short + short / 2 + 3, "{run:?} {place}: {short}, then {long} times");
        }
    }
}

#[test]
fn checks_are_linear() {
    assert_linear(|spec, bytes| {
        rules::check(spec, &[SourceFile { name: NAME, bytes }], &Options::default());
    });
}

#[test]
fn mending_is_linear() {
    assert_linear(|spec, bytes| {
        fix(spec, NAME, bytes, &FixOptions::default());
    });
}

#[test]
fn converting_is_linear() {
    assert_linear(|spec, bytes| {
        let source = SourceFile { name: NAME, bytes };
        let _ = convert(spec, &[source], Edition::V3, &OfficeTypes::new());
    });
}

/// The count would tell: a parser that looks at the rest of a file for each byte.
#[test]
fn what_is_not_linear_is_seen() {
    let square = |length: usize| (0..length).for_each(|at| work::look(length - at));
    let each = |length: usize| {
        let looked = work::counted(|| square(length)).1;
        looked / u64::try_from(length).expect("a length")
    };
    assert!(each(800) > each(100) + 3 && each(800) > MOST);
}
