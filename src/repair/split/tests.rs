use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::*;
use crate::contents;
use crate::record::Quoting;
use crate::repair::requote;
use crate::rules::{self, Options, Report, SourceFile};
use crate::synth::{self, Content, Request};
use crate::types::Edition;

type Files = Vec<(String, Vec<u8>)>;

fn spec() -> &'static Spec {
    Spec::builtin().expect("consistent")
}

fn made(edition: Edition, unit: &str, people: u64, seed: u64) -> Files {
    let content = Content::Unit { id: unit.to_owned(), people };
    let request = Request::usual(spec(), edition, content).expect("possible");
    let files = synth::files(spec(), &Request { seed, ..request }).expect("possible");
    let bytes = |file: synth::SynthFile| {
        let name = file.name().to_string();
        (name, file.flat_map(|piece| piece.expect("in MS932")).collect())
    };
    files.into_iter().map(bytes).collect()
}

fn named(files: &Files) -> Vec<(FileName, &[u8])> {
    let parse = |name: &str| FileName::parse(name).expect("a name of the standard");
    files.iter().map(|(name, bytes)| (parse(name), bytes.as_slice())).collect()
}

fn judged(files: &Files) -> Report {
    let files: Vec<_> = files.iter().map(|(name, bytes)| SourceFile { name, bytes }).collect();
    rules::check(spec(), &files, &Options { received: true, ..Options::default() })
}

/// Says where files differ, and not all of their bytes.
fn assert_same(left: &Files, right: &Files) {
    let names = |files: &Files| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(left), names(right));
    for ((name, left), (_, right)) in left.iter().zip(right) {
        let lines = |bytes: &[u8]| -> Vec<String> {
            let lines = bytes.split(|byte| *byte == b'\n');
            lines.map(|line| String::from_utf8_lossy(line).into_owned()).collect()
        };
        for (left, right) in lines(left).iter().zip(&lines(right)) {
            assert_eq!(left, right, "{name}");
        }
        assert_eq!(left.len(), right.len(), "{name}");
    }
}

/// The copies of each user under serials that follow that of the unit.
fn copies(files: &Files) -> Vec<Files> {
    let named = named(files);
    let mut serial = named[0].0.serial;
    let users = split(spec(), &named).expect("divided");
    let each = users.into_values().map(|parts| {
        let parts = renumbered(spec(), parts, serial).expect("readable");
        serial = serial.next().expect("a moment");
        let bytes = |part: Part| {
            let bytes = part.bytes.unwrap_or_else(|| named[part.of].1.to_vec());
            (part.name.to_string(), bytes)
        };
        parts.into_iter().map(bytes).collect()
    });
    each.collect()
}

/// The records of all files of each kind, without their picture's name, in any order.
fn lines(files: &[Files]) -> BTreeMap<FileKind, Vec<Vec<Vec<u8>>>> {
    let mut found: BTreeMap<FileKind, Vec<Vec<Vec<u8>>>> = BTreeMap::new();
    for (name, bytes) in files.iter().flatten() {
        let name = FileName::parse(name).expect("a name of the standard");
        let of_kind = found.entry(name.kind).or_default();
        if name.kind.is_image() {
            of_kind.push(vec![bytes.clone()]);
            continue;
        }
        records(spec(), &name, bytes, |layout, record| {
            let picture = layout.find(KnownItem::FamilyPicture);
            let items = (0..record.item_count).filter(|place| Some(*place) != picture);
            of_kind.push(items.map(|place| record.item(place).to_vec()).collect());
            Ok(())
        })
        .expect("readable");
    }
    for lines in found.values_mut() {
        lines.sort();
    }
    found
}

#[test]
fn every_unit_is_divided_into_valid_units_of_one_user_and_nothing_is_lost() {
    for edition in Edition::ALL {
        for unit in spec().units(edition) {
            let files = made(edition, &unit.id, 7, 5);
            let copies = copies(&files);
            assert_eq!(copies.len(), 7, "{}", unit.id);
            for copy in &copies {
                let report = judged(copy);
                assert!(report.findings.is_empty(), "{} {:?}", unit.id, report.findings);
                assert_eq!(report.units.len(), 1);
                assert_eq!(report.units[0].unit.as_deref(), Some(unit.id.as_str()));
                let read = contents::read(
                    spec(),
                    copy.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())),
                );
                assert_eq!(read.people.len(), 1);
            }
            assert!(lines(&copies) == lines(&[files]), "{}", unit.id);
        }
    }
}

#[test]
fn a_unit_of_one_user_stays_what_it_is() {
    for unit in ["K1", "K2", "Y2"] {
        let files = made(Edition::V4_1, unit, 1, 3);
        let copies = copies(&files);
        assert_eq!(copies.len(), 1);
        assert_same(&copies[0], &files);
    }
}

/// The files in a style of quoting; pictures as they are.
fn quoted(files: &Files, style: Quoting) -> Files {
    let copy = |(name, bytes): (FileName, &[u8])| {
        let copy = if is_picture(&name) {
            bytes.to_vec()
        } else {
            requote(spec(), &name, bytes, style).expect("readable")
        };
        (name.to_string(), copy)
    };
    named(files).into_iter().map(copy).collect()
}

#[test]
fn every_style_of_quoting_is_valid_and_says_the_same() {
    for edition in Edition::ALL {
        for unit in spec().units(edition) {
            let files = made(edition, &unit.id, 5, 9);
            for style in Quoting::ALL {
                let written = quoted(&files, style);
                let report = judged(&written);
                assert!(!report.has_errors(), "{} {style:?} {:?}", unit.id, report.findings);
                for back in Quoting::ALL {
                    assert_same(&quoted(&written, back), &quoted(&files, back));
                }
            }
            // What is invented is written in the strictest form, but that the name of a picture,
            // which the tables do not call free text, has quotes.
            let has_picture = |(name, _): &(String, Vec<u8>)| name.starts_with("UPKIHON_13");
            let mut strict = quoted(&files, Quoting::Strict);
            let mut files = files;
            files.retain(|file| !has_picture(file));
            strict.retain(|file| !has_picture(file));
            assert_same(&strict, &files);
        }
    }
}

#[test]
fn what_cannot_be_divided_is_refused() {
    let deletion = "DLT1KYO_1370000018_43_1370000026_11_20260327090000.CSV";
    let of = |text: &str| {
        let files = vec![(deletion.to_owned(), text.as_bytes().to_vec())];
        split(spec(), &named(&files)).map(|users| users.len())
    };
    let good = "202407,131011,0000900011,20260325\r\n";
    assert_eq!(of(good), Ok(1));
    assert_eq!(
        of(&format!("{good}202407,131011,,20260325\r\n")),
        Err(SplitError::Nobody { record: 2 })
    );
    assert_eq!(of(""), Err(SplitError::Users));
    let torn = Unreadable { record: 2 };
    assert_eq!(of(&format!("{good}202407\r\n")), Err(SplitError::Unreadable(torn)));
    let mut many = String::new();
    for number in 0..=Contents::MOST_PEOPLE {
        let _ = write!(many, "202407,131011,{number:010},20260325\r\n");
    }
    assert_eq!(of(&many), Err(SplitError::Users));
    // A picture that no record names, among several users.
    let mut files = made(Edition::V4_1, "Y1", 2, 3);
    let picture =
        files.iter().position(|(name, _)| name.starts_with("UPKIHON_IMAGE")).expect("a picture");
    files[picture].0 = files[picture].0.replace("_0001.jpg", "_0099.jpg");
    assert_eq!(split(spec(), &named(&files)).err(), Some(SplitError::Picture));
}
