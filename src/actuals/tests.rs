//! Invented months.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::spec::Spec;
use crate::synth::{self, Content, Request};
use crate::types::{Edition, Lang, OfficeNumber, ServiceMonth};

const MANAGER: &str = "1370000018";
const HELPER: &str = "1370000026";

fn spec() -> &'static Spec {
    Spec::builtin().expect("consistent")
}

fn month() -> ServiceMonth {
    "202604".parse().expect("a month")
}

fn helper() -> OfficeNumber {
    HELPER.parse().expect("an office")
}

type File = (String, Vec<u8>);

fn name(kind: &str, from: &str, to: &str) -> String {
    format!("{kind}_202604_{from}_43_{to}_11_20260401101010.CSV")
}

/// One record of 第6表: the day, the times, how often, the service code and the office.
type Planned<'r> = (u8, &'r str, &'r str, u8, &'r str, &'r str);

fn slip_file(kind: &str, insurer: &str, insured: &str, uses: &[Planned<'_>]) -> File {
    let mut text = String::new();
    for (day, start, end, count, code, office) in uses {
        write!(
            text,
            "202407,{insurer},{insured},20260325,202604,{MANAGER},\"x\",250,,202604{day:02},,{start},\
             {end},{count},{code},,,,,{office},\"y\",,0,,\r\n"
        )
        .expect("written");
    }
    (name(kind, MANAGER, HELPER), text.into_bytes())
}

fn compare(packages: &[Vec<File>]) -> Comparison {
    let mut ledger = Ledger::new(spec(), month());
    for package in packages {
        ledger.take(package.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())));
    }
    Comparison::of(ledger, helper())
}

const A: (&str, &str) = ("131016", "0000900011");

fn plan(uses: &[Planned<'_>]) -> Vec<File> {
    vec![slip_file("UPPLAN", A.0, A.1, uses)]
}

fn actuals(uses: &[Planned<'_>]) -> Vec<File> {
    vec![slip_file("UPJSK", A.0, A.1, uses)]
}

fn deletion(kind: &str, more: &str) -> Vec<File> {
    let text = format!("202407,{},{},202604{more}\r\n", A.0, A.1);
    vec![(name(kind, MANAGER, HELPER), text.into_bytes())]
}

#[test]
fn days_are_held_against_each_other() {
    let code = "111111";
    let planned = [
        (1, "1000", "1100", 1, code, HELPER),
        (2, "1000", "1100", 2, code, HELPER),
        (3, "1000", "1100", 1, code, HELPER),
        (3, "1500", "1600", 1, code, HELPER),
        (4, "9999", "9999", 1, code, HELPER),
        // Of another office: not compared here.
        (5, "1000", "1100", 1, code, "1370000034"),
    ];
    let done = [
        (1, "1000", "1100", 1, code, HELPER),
        (2, "1000", "1100", 1, code, HELPER),
        (3, "1010", "1110", 1, code, HELPER),
        (3, "1500", "1600", 1, code, HELPER),
        (3, "1800", "1900", 1, code, HELPER),
        (6, "1000", "1100", 1, code, HELPER),
    ];
    let found = compare(&[plan(&planned), actuals(&done)]);
    let [person] = &found.people[..] else { panic!("{found:?}") };
    let [line] = &person.lines[..] else { panic!("{found:?}") };
    let told: Vec<_> =
        line.days.iter().map(|day| (day.day, day.missing, day.extra, day.other_time)).collect();
    assert_eq!(told, [(1, 0, 0, 0), (2, 1, 0, 0), (3, 0, 1, 1), (4, 1, 0, 0), (6, 0, 1, 0)]);
    assert_eq!((line.planned(), line.done(), line.done_units), (6, 6, Some(1500)));
    assert!(person.has_plan && person.has_actuals && !person.agrees());
}

#[test]
fn the_newest_of_each_key_counts() {
    let one = (1, "1000", "1100", 1, "111111", HELPER);
    let other = (2, "1000", "1100", 1, "111111", HELPER);
    let day_care = (3, "0900", "1600", 1, "151111", HELPER);
    // A plan is replaced as a whole, actuals by service.
    let found = compare(&[
        plan(&[one]),
        plan(&[other, day_care]),
        actuals(&[one]),
        actuals(&[day_care]),
        actuals(&[other]),
    ]);
    assert!(found.people[0].agrees(), "{found:?}");
    // What is withdrawn is gone, and comes back when it is sent again.
    let no_help = deletion("DLTJSK", &format!(",{HELPER},11"));
    let both = [plan(&[other, day_care]), actuals(&[other, day_care]), no_help.clone()];
    let found = compare(&both);
    let missing: Vec<_> = found.people[0].lines.iter().map(Line::agrees).collect();
    assert_eq!(missing, [false, true]);
    let found = compare(&[both.concat(), actuals(&[other])].map(|files| files));
    assert!(found.people[0].agrees());
    let found = compare(&[plan(&[one]), actuals(&[one]), deletion("DLTPLAN", "")]);
    assert!(!found.people[0].has_plan && found.people[0].has_actuals);
    assert!(compare(&[plan(&[one]), deletion("DLTPLAN", "")]).people.is_empty());
}

#[test]
fn another_insurer_of_the_service_office_is_the_same_person() {
    let one = [(1, "1000", "1100", 1, "111111", HELPER)];
    let theirs = vec![slip_file("UPJSK", "139999", A.1, &one)];
    let found = compare(&[plan(&one), theirs]);
    assert_eq!(found.people.len(), 1);
    assert!(found.people[0].agrees());
    let two = vec![
        slip_file("UPJSK", "139999", A.1, &one),
        (name("UPJSK", HELPER, MANAGER), slip_file("UPJSK", "138888", A.1, &one).1),
    ];
    assert_eq!(compare(&[plan(&one), two]).people.len(), 3, "it is not known which");
}

/// A valid set of 予定, held against the 実績 of the same people, who did as planned.
#[test]
fn an_invented_month_agrees_with_itself() {
    for (edition, unit) in [(Edition::V4_1, "K2"), (Edition::V3, "3-2"), (Edition::V4_1, "Y4")] {
        let content = Content::Unit { id: unit.to_owned(), people: 5 };
        let request = Request::usual(spec(), edition, content).expect("a unit");
        let files: Vec<File> = synth::files(spec(), &request)
            .expect("possible")
            .into_iter()
            .map(|file| {
                let name = file.name().to_string();
                (name, file.flat_map(|piece| piece.expect("in MS932")).collect())
            })
            .collect();
        let slip = files.iter().find(|(name, _)| name.starts_with("UPPLAN")).expect("a slip");
        let done = (slip.0.replace("UPPLAN", "UPJSK"), slip.1.clone());
        let mut ledger = Ledger::new(spec(), request.month);
        for files in [files.clone(), vec![done]] {
            ledger.take(files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())));
        }
        let found = Comparison::of(ledger, request.to.office);
        assert_eq!(found.people.len(), 5, "{unit}");
        let mut compared = 0;
        for person in &found.people {
            assert!(person.agrees() && person.name.is_some(), "{unit}: {person:?}");
            for line in &person.lines {
                let slip = line.slip.expect("every service has its row");
                assert_eq!(i64::from(line.planned()), slip.count, "{unit} {}", line.code);
                compared += usize::from(line.units_beyond_slip() == Some(0));
            }
        }
        assert!(compared > 0, "{unit}: no units were compared");
    }
}

#[test]
fn no_month_has_more_people_than_are_bearable() {
    let mut text = String::new();
    for number in 0..=Ledger::MOST_PEOPLE {
        write!(text, "202407,131016,{number:010},202604\r\n").expect("written");
    }
    let one = [(1, "1000", "1100", 1, "111111", HELPER)];
    let found = compare(&[vec![(name("DLTPLAN", MANAGER, HELPER), text.into_bytes())], plan(&one)]);
    assert!(found.is_cut);
    assert_eq!(found.people.len(), 1, "who had nothing left made room");
}

#[test]
fn a_spreadsheet_gets_no_formula() {
    let one = [(1, "1000", "1100", 1, "111111", HELPER)];
    let supplement = "202407,131016,0000900011,00000000,,\"=cmd|' /C calc'!A0\",1,19400101\r\n";
    let mut files = plan(&one);
    files.push((name("UPHOSOKU", MANAGER, HELPER), supplement.as_bytes().to_vec()));
    for lang in [Lang::Ja, Lang::En] {
        let bytes = to_csv(&compare(&[files.clone(), actuals(&one)]), lang);
        let text = String::from_utf8(bytes).expect("UTF-8");
        assert!(text.starts_with('\u{feff}'), "{text}");
        assert!(text.contains("'=cmd") && !text.contains(",=") && !text.contains(",\"="));
        assert!(text.contains("'0000900011") && text.contains("10:00～11:00×1"), "{text}");
        assert_eq!(text.matches("\r\n").count(), 3);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..1_000)) {
        let files = ["UPPLAN", "UPJSK", "UPSIKYU", "DLTPLAN", "DLTJSK"]
            .map(|kind| (name(kind, MANAGER, HELPER), bytes.clone()));
        let _ = to_csv(&compare(&[files.to_vec()]), Lang::Ja);
    }

    #[test]
    fn numbers_of_any_size_make_it_no_panic(
        count in any::<u32>(), units in any::<i64>(), day in any::<u8>(), start in any::<u16>(),
    ) {
        let text = format!(
            "202407,131016,0000900011,20260325,202604,{MANAGER},,{units},,202604{day:02},,\
             {start:04},9999,{count},111111,,,,,{HELPER},,,0,,\r\n"
        );
        let file = (name("UPJSK", HELPER, MANAGER), text.repeat(3).into_bytes());
        let _ = to_csv(&compare(&[vec![file]]), Lang::En);
    }
}

/// 実績 stand beside those whose place they take, and beside no others.
#[test]
fn actuals_are_shown_beside_those_that_they_replace() {
    let (walk, extra, new) = ("111111", "114000", "112222");
    let day_care = "151111";
    let ledger = |packages: &[Vec<File>]| {
        let mut ledger = Ledger::new(spec(), month());
        for package in packages {
            ledger.take(package.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())));
        }
        ledger
    };
    let use_of = |day, count, code| (day, "1000", "1100", count, code, HELPER);
    let before = [
        plan(&[use_of(1, 1, walk)]),
        actuals(&[use_of(1, 1, walk), use_of(2, 1, walk), use_of(1, 1, extra)]),
        actuals(&[use_of(3, 1, day_care)]),
    ];
    let now = actuals(&[use_of(1, 1, walk), use_of(4, 2, new)]);
    let replaced = Replaced::of(ledger(&before), ledger(&[now]));
    let [person] = &replaced[..] else { panic!("{replaced:?}") };
    let amount =
        |count: u64| Some(Amount { count, units: i64::try_from(count * 250).expect("few") });
    let told: Vec<_> =
        person.lines.iter().map(|line| (line.code.as_str(), line.before, line.now)).collect();
    assert_eq!(
        told,
        [(walk, amount(2), amount(1)), (new, None, amount(2)), (extra, amount(1), None),],
        "the day care is another service type and stays"
    );
    // The first ones replace nothing, and neither does a plan.
    let first = actuals(&[use_of(1, 1, walk)]);
    let nothing = Replaced::of(ledger(&[plan(&[use_of(1, 1, walk)])]), ledger(&[first]));
    assert!(nothing.is_empty(), "{nothing:?}");
}
