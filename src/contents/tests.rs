//! The files of invented sets, and files that nobody should send.

use proptest::prelude::*;

use super::*;
use crate::spec::Spec;
use crate::synth::{self, Content, Request};
use crate::types::Edition;

fn spec() -> &'static Spec {
    Spec::builtin().expect("consistent")
}

/// The files of an invented unit by their names.
fn set(edition: Edition, unit: &str, people: u64) -> Vec<(String, Vec<u8>)> {
    let content = Content::Unit { id: unit.to_owned(), people };
    let request = Request::usual(spec(), edition, content).expect("a unit");
    let files = synth::files(spec(), &request).expect("possible");
    let whole = |file: synth::SynthFile| {
        let name = file.name().to_string();
        (name, file.flat_map(|piece| piece.expect("in MS932")).collect())
    };
    files.into_iter().map(whole).collect()
}

fn read_set(files: &[(String, Vec<u8>)]) -> Contents {
    read(spec(), files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())))
}

fn mentions(person: &Person) -> Vec<(Document, bool)> {
    person.mentions.iter().map(|mention| (mention.document, mention.withdrawn)).collect()
}

#[test]
fn every_unit_tells_whom_it_is_about() {
    use Document::{Actual, Basics, CarePlan, Plan, SupportPlan};
    let cases: [(Edition, &str, &[Document], bool, bool); 14] = [
        (Edition::V4_1, "K1", &[CarePlan], false, true),
        (Edition::V4_1, "K2", &[Plan], false, true),
        (Edition::V4_1, "K3", &[CarePlan], true, false),
        (Edition::V4_1, "K4", &[Plan], true, false),
        (Edition::V4_1, "S1", &[Actual], false, false),
        (Edition::V4_1, "S2", &[Actual], true, false),
        (Edition::V4_1, "Y1", &[Basics], false, true),
        (Edition::V4_1, "Y2", &[SupportPlan, Basics], false, true),
        (Edition::V4_1, "Y3", &[SupportPlan], false, true),
        (Edition::V4_1, "Y4", &[Plan], false, true),
        (Edition::V4_1, "Y6", &[SupportPlan], true, false),
        (Edition::V3, "3-1", &[CarePlan], false, true),
        (Edition::V3, "3-2", &[Plan], false, true),
        (Edition::V3, "3-6", &[Actual], true, false),
    ];
    for (edition, unit, documents, withdrawn, named) in cases {
        let contents = read_set(&set(edition, unit, 3));
        assert_eq!((contents.people.len(), contents.is_cut), (3, false), "{unit}");
        let monthly = documents.iter().all(|document| matches!(document, Plan | Actual));
        assert_eq!(contents.months.len(), usize::from(monthly), "{unit}");
        for person in &contents.people {
            let expected: Vec<_> =
                documents.iter().map(|document| (*document, withdrawn)).collect();
            assert_eq!(mentions(person), expected, "{unit}");
            assert!(person.mentions.iter().all(|mention| mention.when.is_some()), "{unit}");
            assert_eq!(person.name.is_some(), named, "{unit}");
        }
    }
}

#[test]
fn names_come_from_the_supplement_and_belong_to_all_files() {
    let files = set(Edition::V4_1, "K2", 2);
    let told = |contents: &Contents| {
        let person = &contents.people[0];
        let text = |text: &Option<crate::types::Personal<String>>| {
            text.as_ref().map(|text| text.reveal().clone())
        };
        (person.key, text(&person.name), text(&person.kana))
    };
    let (key, name, kana) = told(&read_set(&files));
    assert!(name.is_some_and(|name| !name.contains('〓')) && kana.is_some());
    assert!(!format!("{:?}", read_set(&files)).contains(key.insured()));
    // Whatever the order of the files is.
    let mut turned = files.clone();
    turned.reverse();
    assert_eq!(read_set(&turned), read_set(&files));
    let slips: Vec<_> =
        files.into_iter().filter(|(name, _)| !name.starts_with("UPHOSOKU")).collect();
    assert_eq!(told(&read_set(&slips)), (key, None, None));
}

#[test]
fn a_plan_is_of_the_day_on_which_it_was_made_or_changed() {
    let plan = |date: &str| {
        format!(
            "202407,131016,0000900011,20260401,,,,\"x\",\"y\",,,,1370000018,{date},20250401\r\n"
        )
    };
    let name = "UP1KYO_1370000018_43_1370000026_11_20260401101010.CSV";
    let text = [plan("20260401"), plan("20251001"), plan("20260231"), plan("")].concat();
    let contents = read(spec(), [(name, text.as_bytes())]);
    let whens: Vec<_> = contents.people[0].mentions.iter().map(|mention| mention.when).collect();
    let day = |year, month, day| Some(When::Day(jiff::civil::date(year, month, day)));
    assert_eq!(whens, [None, day(2025, 10, 1), day(2026, 4, 1)]);
}

#[test]
fn what_cannot_be_made_out_hides_nothing_else() {
    let name = "UPHOSOKU_202604_1370000018_43_1370000026_11_20260401101010.CSV";
    let line = |number: &str, name: &[u8]| {
        let head = format!("202407,131016,{number},00000000,\"");
        [head.as_bytes(), b"\xB6\xB8\xB3\",\"", name, b"\",1,19400101\r\n"].concat()
    };
    let bytes = [
        line("", b"nobody"),
        line("12345", b"nobody"),
        b"garbage\r\n\r\n".to_vec(),
        line("0000900011", b"\xF0\x40\x89\xCB\x8B\xF3\xFF\"\"\r\nx"),
    ]
    .concat();
    let contents = read(spec(), [("nothing.txt", &b"x"[..]), (name, &bytes)]);
    assert_eq!(contents.people.len(), 1);
    let name = contents.people[0].name.as_ref().expect("a name");
    assert_eq!(name.reveal(), "〓架空〓\" x");
}

#[test]
fn no_package_tells_of_more_people_than_are_bearable() {
    let contents = read_set(&set(Edition::V4_1, "K3", 3_000));
    assert_eq!((contents.people.len(), contents.is_cut), (Contents::MOST_PEOPLE, true));
    let name = "DLTPLAN_202604_1370000018_43_1370000026_11_20260401101010.CSV";
    let months = (1..=100).map(|year| format!("202407,131016,0000900011,{:04}04\r\n", 2000 + year));
    let text: String = months.collect();
    let contents = read(spec(), [(name, text.as_bytes())]);
    assert_eq!(contents.people[0].mentions.len(), Contents::MOST_MENTIONS);
    assert!(contents.is_cut);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2_000)) {
        for kind in ["UPHOSOKU_202604", "UP1KYO", "UPJSK_202604", "UPKIHON", "DLTYOBO"] {
            let name = format!("{kind}_1370000018_43_1370000026_11_20260401101010.CSV");
            let _ = read(spec(), [(name.as_str(), bytes.as_slice())]);
        }
    }
}
