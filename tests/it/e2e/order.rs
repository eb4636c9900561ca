//! Packages that arrive in another order than they were numbered.

use super::rogue::Rogue;
use super::units::{USAGE, export_all, sample, serial_of, withdrawal};
use crate::harness::{CARE, HELP, offices, until};

const PLACED: &str = "SELECT serial FROM journal WHERE state = 'PLACED' ORDER BY id";

#[test]
fn what_overtook_another_is_imported_after_it() {
    let [care, mut help] = offices([CARE, HELP]);
    help.set("timing", "order_wait", "\"10m\"");
    help.start();
    let partner = Rogue::of(&care);
    let units = [1, 2, 3].map(|number| withdrawal(CARE, number));
    for place in [2, 1] {
        let parcel = partner.parcel(&help, &units[place], place as u64 + 1, |_| {});
        assert!(!partner.put(&help, &parcel).expect("taken").repeated);
    }
    assert_eq!(help.sql("SELECT DISTINCT state FROM incoming"), ["COMMITTED"]);
    assert!(help.files("import").is_empty(), "imported before its turn");
    partner.put(&help, &partner.parcel(&help, &units[0], 1, |_| {})).expect("taken");
    until("all three", || (help.files("import").len() == 3).then_some(()));
    until("placed", || (help.sql(PLACED) == units.each_ref().map(serial_of)).then_some(()));
}

#[test]
fn a_gap_that_is_never_filled_is_waited_for_only_so_long() {
    let [care, mut help] = offices([CARE, HELP]);
    help.set("timing", "order_wait", "\"3s\"");
    help.start();
    let partner = Rogue::of(&care);
    let units = [1, 2].map(|number| withdrawal(CARE, number));
    for (sequence, unit) in [(5, &units[1]), (3, &units[0])] {
        partner.put(&help, &partner.parcel(&help, unit, sequence, |_| {})).expect("taken");
    }
    until("both", || (help.sql(PLACED) == units.each_ref().map(serial_of)).then_some(()));
    assert_eq!(help.files("import").len(), 2);
}

#[test]
fn a_unit_that_lacks_a_file_holds_back_those_that_lie_behind_it() {
    let [mut care, mut help] = offices([CARE, HELP]);
    care.set("timing", "set_wait", "\"10m\"");
    help.start();
    // All of them are there when the node looks for the first time.
    let mut first = sample(USAGE, "20260401090000");
    let (late, bytes) = first.pop_last().expect("several files");
    let mut units = vec![first];
    units.extend((1..=40).map(|number| withdrawal(CARE, number)));
    export_all(&care, &units);
    care.start();
    until("it waits", || care.log().contains("waits for its other files").then_some(()));
    care.drop_file(&late, &bytes);
    until("all are sent", || care.has_sent("HANDED_OVER", units.len()));
    let serials: Vec<_> = units.iter().map(serial_of).collect();
    assert_eq!(care.sql("SELECT serial FROM outgoing ORDER BY sequence"), serials);
}

/// The lowest 連番 of those that are there is that of number 3, whose own neighbour has come: 1 is
/// missing all the same, and may be lower.
#[test]
fn serials_that_do_not_rise_with_the_numbers_keep_their_order() {
    let [care, mut help] = offices([CARE, HELP]);
    help.set("timing", "order_wait", "\"10m\"");
    help.start();
    let partner = Rogue::of(&care);
    let units = [1, 2, 3].map(|number| withdrawal(CARE, number));
    for (sequence, unit) in [(2, &units[2]), (3, &units[1])] {
        partner.put(&help, &partner.parcel(&help, unit, sequence, |_| {})).expect("taken");
    }
    assert_eq!(help.sql("SELECT DISTINCT state FROM incoming"), ["COMMITTED"]);
    partner.put(&help, &partner.parcel(&help, &units[0], 1, |_| {})).expect("taken");
    until("placed", || (help.sql(PLACED) == units.each_ref().map(serial_of)).then_some(()));
}
