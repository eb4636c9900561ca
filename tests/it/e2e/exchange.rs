//! What two offices do every day.

use std::fs;

use super::invariants;
use super::proof::{receipts, verified};
use super::units::{ACTUAL, PLAN, USAGE, export, sample, serial_of, together, withdrawal};
use crate::harness::{CARE, HELP, offices, until};

#[test]
fn units_go_both_ways_byte_for_byte_in_the_order_of_their_serials() {
    let [mut care, mut help] = offices([CARE, HELP]);
    let plans = [
        sample(PLAN, "20260520101500"),
        sample(USAGE, "20260520111500"),
        withdrawal(CARE, 1),
        sample(USAGE, "20260602090000"),
    ];
    let actuals = [withdrawal(HELP, 1), sample(ACTUAL, "20260702090000")];
    // Exported while no node runs, the latest first, so that only the serials tell the order.
    for unit in plans.iter().rev() {
        export(&care, unit);
    }
    for unit in actuals.iter().rev() {
        export(&help, unit);
    }
    care.start();
    help.start();
    until("all plans at the partner", || care.has_sent("HANDED_OVER", plans.len()));
    until("all actuals at the partner", || help.has_sent("HANDED_OVER", actuals.len()));

    assert_eq!(help.files("import"), together(&plans), "INV5");
    assert_eq!(care.files("import-actuals"), together(&actuals), "INV5");
    assert!(care.files("import").is_empty() && help.files("import-actuals").is_empty());
    for office in [&care, &help] {
        for folder in ["drop", "import", "import-actuals", ".renkei-work-drop"] {
            let mut hidden: Vec<_> = fs::read_dir(office.path(folder)).expect("listed").collect();
            // The mark of the folder stays.
            hidden.retain(|entry| {
                entry.as_ref().is_ok_and(|entry| entry.file_name() != ".renkei-folder")
            });
            let left = hidden.len() - office.files(folder).len();
            assert_eq!(left, 0, "something of the node is left in {folder}");
        }
        assert!(office.files("drop").is_empty());
    }
    invariants::check(&care, &help, plans.len());
    invariants::check(&help, &care, actuals.len());

    let placed =
        "SELECT serial FROM journal WHERE direction = 'in' AND state = 'PLACED' ORDER BY id";
    assert_eq!(help.sql(placed), plans.each_ref().map(serial_of));
    assert_eq!(care.sql(placed), actuals.each_ref().map(serial_of));
    let numbered = "SELECT serial FROM outgoing ORDER BY sequence";
    assert_eq!(care.sql(numbered), plans.each_ref().map(serial_of));

    let copies = until("a copy of each", || {
        let copies = care.sets("sent");
        (copies.len() == plans.len()).then_some(copies)
    });
    let folders: Vec<_> = copies.keys().cloned().collect();
    assert_eq!(folders, plans.each_ref().map(|unit| format!("{}_{CARE}_{HELP}", serial_of(unit))));
    let mut copied: Vec<_> = copies.values().cloned().collect();
    let mut expected: Vec<Vec<_>> =
        plans.iter().map(|unit| unit.keys().cloned().collect()).collect();
    copied.sort();
    expected.sort();
    assert_eq!(copied, expected, "a folder of copies for each unit");
    for (folder, names) in &copies {
        let plans = together(&plans);
        for name in names {
            let copy = fs::read(care.path("sent").join(folder).join(name)).expect("read");
            assert_eq!(copy, plans[name], "{name}");
        }
    }
}

#[test]
fn receipts_stand_before_a_third_party() {
    let [mut care, mut help] = offices([CARE, HELP]);
    let unit = sample(PLAN, "20260520101500");
    export(&care, &unit);
    care.start();
    help.start();
    until("a unit at the partner", || care.has_sent("HANDED_OVER", 1));

    let package = care.sql("SELECT lower(hex(package_sha256)) FROM outgoing");
    let receipts = receipts(&care);
    let kinds: Vec<_> =
        receipts.iter().map(|(origin, kind, _)| (origin.as_str(), kind.as_str())).collect();
    assert_eq!(kinds, [("received", "ContentConsignment"), ("received", "ContentHandover")]);
    let mut previous = None;
    for (_, kind, der) in &receipts {
        let said = verified(&care, der);
        assert_eq!(said["kind"], kind.as_str());
        assert_eq!(said["result"], "accepted");
        assert_eq!(said["package_sha256"], package[0]);
        assert_eq!(said["sender"]["office"], CARE);
        assert_eq!(said["recipient"]["office"], HELP);
        assert_eq!(said["previous"].as_str().map(str::to_owned), previous);
        previous = Some(renkei::types::Digest::of(der).to_string());
    }
}

/// Packages above a mebibyte lie beside the database.
#[test]
fn a_large_unit_arrives_like_a_small_one() {
    const CENTRE: &str = "2700000051";
    const SERVICE: &str = "27A0000018";
    let [mut centre, mut service] = offices([CENTRE, SERVICE]);
    let mut unit = sample("basic-info", "20260518140000");
    let picture = unit.keys().find(|name| name.starts_with("UPKIHON_IMAGE")).expect("a picture");
    let picture = picture.clone();
    let noise = (0..3_u32 << 20).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]);
    unit.get_mut(&picture).expect("a picture").extend(noise);
    export(&centre, &unit);
    centre.start();
    service.start();
    until("a large unit", || centre.has_sent("HANDED_OVER", 1));
    assert!(service.files("import") == unit, "INV5");
    for (office, table) in [(&centre, "outgoing"), (&service, "incoming")] {
        let query = format!("SELECT place, lower(hex(package_sha256)) FROM {table}");
        let row = office.sql(&query).remove(0);
        let digest = row.strip_prefix("beside|").expect("beside the database");
        let bytes = fs::read(office.path("data/packages").join(digest)).expect("INV3");
        assert_eq!(renkei::types::Digest::of(&bytes).to_string(), digest, "INV3");
        assert_eq!(office.files("data/packages").len(), 1, "and nothing unfinished");
    }
}
