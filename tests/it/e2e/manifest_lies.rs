//! Partners whose signed manifest says otherwise than the files.

use renkei::package::{Manifest, Receipt, ReceiptKind};
use renkei::types::Edition;

use super::rogue::Rogue;
use super::units::{PLAN, USAGE, sample, withdrawal};
use crate::harness::{CARE, HELP, offices, until};
use crate::proof::trust_in;

#[test]
fn a_manifest_that_does_not_fit_its_files_is_rejected() {
    type Lie = fn(&mut Manifest);
    let lies: [(&str, Lie); 4] = [
        ("kind", |manifest| manifest.kind = "K1".to_owned()),
        ("edition", |manifest| manifest.edition = Some(Edition::V3)),
        ("months", |manifest| manifest.months = vec!["202501".parse().expect("a month")]),
        ("months", |manifest| manifest.months.clear()),
    ];
    let [care, mut help] = offices([CARE, HELP]);
    help.start();
    let rogue = Rogue::of(&care);
    for (number, (field, lie)) in (1..).zip(lies) {
        let parcel = rogue.parcel(&help, &withdrawal(CARE, number), u64::from(number), lie);
        let reply = rogue.put(&help, &parcel).expect("a receipt");
        let trust = trust_in(&[&care.world.authority]);
        let limits = renkei::package::Limits::default();
        let receipt = Receipt::open(&reply.receipt, &trust, &limits, Rogue::now()).expect("signed");
        let receipt = receipt.receipt;
        assert_eq!(receipt.kind, ReceiptKind::Rejection, "{field}");
        let [finding] = &receipt.findings[..] else { panic!("one finding: {receipt:?}") };
        assert_eq!(finding.rule, "manifest-mismatch");
        assert!(finding.message.ends_with(&format!(": {field}")), "{}", finding.message);
    }
    let details = help.sql("SELECT DISTINCT state, detail FROM incoming");
    assert_eq!(details, ["REJECTED|manifest-mismatch"]);
    assert!(help.files("import").is_empty());
}

/// Another implementation may list the months as it likes.
#[test]
fn the_order_of_the_months_is_nobodys_concern() {
    let [care, mut help] = offices([CARE, HELP]);
    help.start();
    let rogue = Rogue::of(&care);
    let plan = sample(PLAN, "20260520101500");
    let usage = sample(USAGE, "20260520111500");
    for (number, unit) in (1..).zip([&plan, &usage]) {
        let parcel = rogue.parcel(&help, unit, number, |manifest| {
            let months: Vec<_> = manifest.months.iter().rev().copied().collect();
            manifest.months.extend(months);
        });
        rogue.put(&help, &parcel).expect("a receipt");
    }
    until("both", || {
        let states = help.sql("SELECT DISTINCT state FROM incoming");
        (states == ["HANDED_OVER"]).then_some(())
    });
}
