//! Sets of `spec/samples` in the other edition, by the library.

use renkei::repair::{Conversion, ConvertError, Gap, GapKind, LossKind, OfficeTypes, convert};
use renkei::rules::{Options, SourceFile, check};
use renkei::spec::Spec;
use renkei::types::{Edition, Severity};

use crate::support::sample;

type Set = Vec<(String, Vec<u8>)>;

fn spec() -> &'static Spec {
    Spec::builtin().expect("consistent")
}

fn sources(set: &Set) -> Vec<SourceFile<'_>> {
    set.iter().map(|(name, bytes)| SourceFile { name, bytes }).collect()
}

fn types(list: &[(&str, &str)]) -> OfficeTypes {
    let mut types = OfficeTypes::new();
    for (office, code) in list {
        let office = office.parse().expect("an office");
        types.entry(office).or_default().push(code.parse().expect("a type"));
    }
    types
}

fn to(set: &Set, edition: Edition, list: &[(&str, &str)]) -> Result<Conversion, ConvertError> {
    convert(spec(), &sources(set), edition, &types(list))
}

fn set(conversion: &Conversion) -> Set {
    conversion.files.iter().map(|file| (file.name.clone(), file.bytes.clone())).collect()
}

fn errors(set: &Set) -> Vec<&'static str> {
    let report = check(spec(), &sources(set), &Options::default());
    let errors = report.findings.iter().filter(|f| f.severity == Severity::Error);
    errors.map(|finding| finding.rule.code()).collect()
}

#[test]
fn a_usage_slip_goes_there_and_back() {
    for (folder, recipient, code) in
        [("usage-11", "2770000029", "11"), ("usage-15", "2770000037", "15")]
    {
        let original = sample(folder);
        let old = to(&original, Edition::V3, &[]).expect("converts");
        // What else the set holds of equipment decides whether something is lost.
        let equipment = original.iter().any(|(name, bytes)| {
            name.starts_with("UPPLAN") && bytes.windows(3).any(|window| window == b",17")
        });
        assert_eq!(old.losses.is_empty(), !equipment, "{:?}", old.losses);
        assert_eq!(errors(&set(&old)), [""; 0]);
        for (name, _) in set(&old) {
            assert_eq!(name.split('_').count(), 5, "{name}");
        }
        let new = to(&set(&old), Edition::V4_1, &[(recipient, code)]).expect("converts");
        assert!(new.losses.is_empty());
        if old.is_clean() && new.is_clean() {
            assert_eq!(set(&new), original);
        }
    }
}

#[test]
fn every_sample_that_loses_nothing_comes_back_as_it_was() {
    let list = [("2770000029", "11"), ("2770000045", "17"), ("2770000037", "15")];
    let mut unharmed = Vec::new();
    for folder in ["actual", "delete-actual", "delete-usage", "usage-11", "usage-15", "usage-17"] {
        let original = sample(folder);
        let old = to(&original, Edition::V3, &[]).expect("converts");
        assert_eq!(errors(&set(&old)), [""; 0], "{folder}");
        let new = to(&set(&old), Edition::V4_1, &list).expect("converts");
        if old.is_clean() && new.is_clean() {
            assert_eq!(set(&new), original, "{folder}");
            unharmed.push(folder);
        }
    }
    assert!(unharmed.len() >= 3, "{unharmed:?}");
    let old = sample("v3-usage");
    let new = to(&old, Edition::V4_1, &[("2770000029", "11")]).expect("converts");
    assert_eq!(errors(&set(&new)), [""; 0]);
    assert_eq!(set(&to(&set(&new), Edition::V3, &[]).expect("converts")), old);
}

#[test]
fn losses_say_what_and_how_much() {
    let equipment = to(&sample("usage-17"), Edition::V3, &[]).expect("converts");
    let lost: Vec<_> = equipment.losses.iter().filter_map(|loss| loss.item_name.clone()).collect();
    assert!(lost.contains(&"TAISコード".to_owned()), "{lost:?}");
    assert!(equipment.losses.iter().all(|loss| loss.count > 0 && loss.record.is_some()));
    let plan = to(&sample("care-plan"), Edition::V3, &[]).expect("converts");
    let kinds: Vec<_> = plan.losses.iter().map(|loss| (loss.kind, loss.count > 0)).collect();
    assert_eq!(kinds, [(LossKind::KindNotInEdition, true)]);
    assert_eq!(plan.files.len(), 3);
    assert_eq!(errors(&set(&plan)), [""; 0]);
    let prevention = to(&sample("basic-info"), Edition::V3, &[]).expect("converts");
    assert!(prevention.files.is_empty());
    let image = prevention.losses.iter().find(|loss| loss.file.contains("_IMAGE_"));
    assert_eq!(image.map(|loss| loss.count), Some(0));
    let mut usage = sample("usage-11");
    for (name, _) in &mut usage {
        *name = name.replace("_11_", "_A6_");
    }
    let usage = to(&usage, Edition::V3, &[]).expect("converts");
    assert!(usage.losses.iter().all(|loss| loss.kind == LossKind::PreventiveNotInEdition));
}

#[test]
fn gaps_say_what_the_new_edition_wants() {
    let old = set(&to(&sample("care-plan"), Edition::V3, &[]).expect("converts"));
    let new = to(&old, Edition::V4_1, &[("2770000029", "11")]).expect("converts");
    let missing = Gap {
        kind: GapKind::MissingFile,
        file: "UP3KYO_2770000011_43_2770000029_11_20260520101500.CSV".to_owned(),
        record: None,
        count: 1,
    };
    assert_eq!(new.gaps, [missing]);
    let old = set(&to(&sample("usage-17"), Edition::V3, &[]).expect("converts"));
    let new = to(&old, Edition::V4_1, &[("2770000045", "17")]).expect("converts");
    let gaps: Vec<_> = new.gaps.iter().map(|gap| gap.kind).collect();
    assert_eq!(gaps, [GapKind::MissingEquipmentCode; 2]);
    assert!(new.gaps.iter().all(|gap| gap.count > 0));
}

#[test]
fn service_types_are_asked_for() {
    let v3 = sample("v3-usage");
    let unknown = to(&v3, Edition::V4_1, &[]).expect_err("nobody said");
    let offices = vec!["2770000029".parse().expect("an office")];
    assert_eq!(unknown, ConvertError::UnknownTypes { offices });
    let wrong = to(&v3, Edition::V4_1, &[("2770000011", "11")]).expect_err("no care manager");
    assert!(matches!(&wrong, ConvertError::UnknownTypes { offices } if offices.len() == 2));
    // The records say which of several is meant.
    let several = [("2770000029", "11"), ("2770000029", "15")];
    let told = to(&v3, Edition::V4_1, &several).expect("converts");
    assert!(told.files.iter().all(|file| file.name.contains("_2770000029_11_")), "{told:?}");
    let deletion: Set = vec![(
        "DLTPLAN_202503_2770000011_2770000029_20250220103000.CSV".to_owned(),
        b"202208,131011,0000900011,202503\r\n".to_vec(),
    )];
    assert!(matches!(
        to(&deletion, Edition::V4_1, &several),
        Err(ConvertError::SeveralTypes { .. })
    ));
}
