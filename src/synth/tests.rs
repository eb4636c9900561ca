use std::collections::BTreeSet;

use crate::record::ms932;
use crate::rules::{Finding, Options, Report, Rule, SetCheck};

use super::*;

fn spec() -> &'static Spec {
    Spec::builtin().expect("consistent")
}

fn party(text: &str) -> Party {
    text.parse().expect("an office and a type")
}

/// The usual request for a unit, with any service.
fn request(edition: Edition, id: &str, service: &str, people: u64, seed: u64) -> Request {
    let content = Content::Unit { id: id.to_owned(), people };
    let mut request = Request::usual(spec(), edition, content).expect("possible");
    let manager = |party: &Party| spec().is_care_management(party.service);
    let other = if manager(&request.from) { &mut request.to } else { &mut request.from };
    other.service = code(service);
    Request { seed, ..request }
}

fn made(request: &Request) -> Vec<(String, Vec<u8>)> {
    let files = files(spec(), request).unwrap_or_else(|error| panic!("{request:?}: {error}"));
    let bytes = |file: SynthFile| {
        let name = file.name().to_string();
        (name, file.flat_map(|piece| piece.expect("in MS932")).collect())
    };
    files.into_iter().map(bytes).collect()
}

fn judged(files: &[(String, Vec<u8>)]) -> Report {
    let mut check = SetCheck::new(spec(), Options::default());
    for (name, bytes) in files {
        check.begin_file(name);
        check.feed(bytes);
        check.end_file();
    }
    check.finish()
}

fn assert_clean(request: &Request) {
    let report = judged(&made(request));
    let first = report.findings.first();
    assert!(
        first.is_none(),
        "{request:?}\n{}",
        crate::rules::text(&report, crate::types::Lang::En, false)
    );
    let Content::Unit { id, .. } = &request.content else { return };
    assert_eq!(report.units.len(), 1);
    assert_eq!(report.units[0].unit.as_deref(), Some(id.as_str()));
}

#[test]
fn every_unit_of_every_edition_is_valid() {
    for edition in Edition::ALL {
        for unit in spec().units(edition) {
            let service = if unit.preventive { "A6" } else { "11" };
            for (seed, people) in [(1, 1), (2, 5), (3, 40), (u64::MAX, 20)] {
                assert_clean(&request(edition, &unit.id, service, people, seed));
            }
        }
    }
}

#[test]
fn all_units_of_an_edition_lie_in_one_folder() {
    for edition in Edition::ALL {
        let units = spec().units(edition).map(|unit| {
            let service = if unit.preventive { "A6" } else { "15" };
            made(&request(edition, &unit.id, service, 3, 1))
        });
        let report = judged(&units.flatten().collect::<Vec<_>>());
        // A withdrawal beside what it withdraws is noticed, and rightly.
        let withdrawals = |finding: &Finding| finding.rule == Rule::DeletionAfterItsTarget;
        assert!(report.findings.iter().all(withdrawals), "{:?}", report.findings);
        assert_eq!(report.units.len(), spec().units(edition).count());
    }
}

#[test]
fn every_service_makes_a_valid_slip() {
    for entry in catalogue::CATALOGUE {
        let preventive = spec().is_preventive(entry.service_type().expect("a code"));
        for id in if preventive { ["Y4", "Y8", "Y2"] } else { ["K2", "S1", "K1"] } {
            for seed in 1..=3 {
                assert_clean(&request(Edition::V4_1, id, entry.code, 12, seed));
            }
        }
    }
}

#[test]
fn every_month_is_valid() {
    for month in ["202504", "202602", "202802", "202612", "209912"] {
        let month = month.parse().expect("a month");
        assert_clean(&Request { month, ..request(Edition::V4_1, "K2", "21", 20, 7) });
        assert_clean(&Request { month, ..request(Edition::V4_1, "Y2", "A2", 20, 7) });
    }
}

#[test]
fn local_services_alone_and_other_care_managers_are_valid() {
    let local =
        Request { from: party("1300000013:AF"), ..request(Edition::V4_1, "Y2", "A6", 9, 1) };
    assert_clean(&local);
    let content = Content::Unit { id: "Y4".to_owned(), people: 9 };
    assert_clean(&Request { content: content.clone(), ..local });
    let manager = party("1370000018:43");
    assert_clean(&Request { content, to: manager, ..request(Edition::V4_1, "Y4", "A6", 9, 1) });
}

#[test]
fn the_same_request_gives_the_same_bytes_and_another_seed_others() {
    for (edition, id) in [(Edition::V4_1, "K1"), (Edition::V4_1, "Y2"), (Edition::V3, "3-2")] {
        let service = if id == "Y2" { "A6" } else { "15" };
        let first = made(&request(edition, id, service, 8, 5));
        assert_eq!(first, made(&request(edition, id, service, 8, 5)));
        let other = made(&request(edition, id, service, 8, 6));
        assert!(first.iter().zip(&other).any(|(one, two)| one.1 != two.1));
    }
}

#[test]
fn the_people_do_not_change_with_the_release() {
    let files = made(&request(Edition::V4_1, "K3", "11", 2, 1));
    let text = ms932::decode(&files[0].1).expect("MS932");
    let expected = "202407,139980,0900000000,20260319\r\n202407,139980,0900000001,20260319\r\n";
    assert_eq!(text, expected);
}

#[test]
fn a_deletion_names_the_plans_of_the_same_seed() {
    let column = |id: &str, place: usize| {
        let files = made(&request(Edition::V4_1, id, "11", 30, 4));
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&*files[0].1);
        let rows = reader.byte_records().map(|row| {
            let row = row.expect("a record");
            (row[2].to_vec(), row[place].to_vec())
        });
        rows.collect::<Vec<_>>()
    };
    assert_eq!(column("K1", 13), column("K3", 3));
    let people: BTreeSet<_> = column("K2", 4).into_iter().collect();
    assert_eq!(people, column("K4", 3).into_iter().collect());
}

#[test]
fn one_kind_alone_has_as_many_records_as_asked() {
    for layout in spec().layouts() {
        let (kind, edition) = (layout.kind, layout.edition);
        let unit = spec().units(edition).find(|unit| unit.knows(kind)).expect("a unit");
        let service = if unit.preventive { "A6" } else { "17" };
        let content = Content::Kind { kind, records: 123 };
        let request = Request { content, ..request(edition, &unit.id, service, 1, 2) };
        let mut file = files(spec(), &request).expect("possible").remove(0);
        let bytes: Vec<u8> = file.by_ref().flat_map(|piece| piece.expect("in MS932")).collect();
        assert_eq!(file.records(), 123, "{kind}");
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&*bytes);
        let mut count = 0;
        for row in reader.byte_records() {
            assert_eq!(row.expect("a record").len(), layout.items.len(), "{kind}");
            count += 1;
        }
        assert_eq!(count, 123, "{kind}");
    }
}

#[test]
fn pieces_stay_small_and_agree_with_the_whole() {
    let content = Content::Kind { kind: FileKind::Upplan, records: 20_000 };
    let request = Request { content, ..request(Edition::V4_1, "K2", "15", 1, 2) };
    let pieces: Vec<_> = files(spec(), &request).expect("possible").remove(0).collect();
    assert!(pieces.len() > 5);
    for piece in pieces {
        assert!(piece.expect("in MS932").len() < SynthFile::PIECE + (64 << 10));
    }
}

#[test]
fn the_hard_characters_of_the_encoding_occur() {
    let all: Vec<u8> = ["K1", "K2"]
        .iter()
        .flat_map(|id| made(&request(Edition::V4_1, id, "17", 60, 1)))
        .flat_map(|(_, bytes)| bytes)
        .collect();
    let text = ms932::decode(&all).expect("MS932");
    for needle in ["\"\"", "\r\n家族", "ﾞ", "①", "№", "髙", "﨑", "～", "㎏", ", "] {
        assert!(text.contains(needle), "{needle}");
    }
    // 明細判別コード, and a 福祉用具届出コード in place of a TAISコード.
    assert!(text.contains(",2,1370000026,"));
    assert!(text.contains(",,9999"));
}

#[test]
fn what_cannot_be_valid_is_refused() {
    let base = || request(Edition::V4_1, "K2", "11", 1, 1);
    let refused = |request: &Request| files(spec(), request).expect_err("refused");
    let unit = |id: &str, people| Content::Unit { id: id.to_owned(), people };
    assert_eq!(refused(&Request { content: unit("K2", 0), ..base() }), SynthError::Size);
    assert!(matches!(
        refused(&Request { content: unit("3-2", 1), ..base() }),
        SynthError::UnknownUnit { .. }
    ));
    let month = "202503".parse().expect("a month");
    assert!(matches!(
        refused(&Request { month, ..base() }),
        SynthError::MonthOutsideEdition { .. }
    ));
    for (from, to, expected) in [
        ("1370000018:11", "1370000026:11", SynthError::NoCareManager { code: code("11") }),
        ("1370000018:43", "1370000026:51", SynthError::NotExchanged { code: code("51") }),
        ("1370000018:46", "1370000026:A6", SynthError::WrongSide { preventive: true }),
        ("1370000018:43", "1370000026:A6", SynthError::WrongSide { preventive: true }),
    ] {
        let request = Request { from: party(from), to: party(to), ..base() };
        assert_eq!(refused(&request), expected);
    }
    let local =
        Request { from: party("1300000013:AF"), ..request(Edition::V4_1, "Y4", "62", 1, 1) };
    assert_eq!(refused(&local), SynthError::NotLocal);
    for serial in ["20260231000000", "20260101240000", "00000101000000"] {
        let serial = Some(serial.parse().expect("14 digits"));
        assert_eq!(refused(&Request { serial, ..base() }), SynthError::Serial);
    }
    let kind = |kind| Content::Kind { kind, records: 1 };
    assert_eq!(
        refused(&Request { content: kind(FileKind::UpkihonImage), ..base() }),
        SynthError::Picture
    );
    let v3 = request(Edition::V3, "3-2", "11", 1, 1);
    assert!(matches!(
        refused(&Request { content: kind(FileKind::Up3kyo), ..v3 }),
        SynthError::KindNotInEdition { .. }
    ));
}

fn code(text: &str) -> ServiceType {
    text.parse().expect("a code")
}

#[test]
fn numbers_carry_their_check_digit() {
    assert_eq!(check_digit("137000001"), "8");
    assert_eq!(check_digit("137000002"), "6");
    assert_eq!(check_digit("13101"), "1");
}

#[test]
fn an_office_with_its_type_is_read() {
    assert!(
        ["", "1370000018", "1370000018:", "1370000018:4", "137:43", "1370000018:43:1"]
            .iter()
            .all(|text| text.parse::<Party>().is_err())
    );
}
