use proptest::prelude::*;

use super::*;
use crate::record::ms932;
use crate::rules::{Options, check};
use crate::spec::Layout;
use crate::types::FileKind;

type Set = Vec<(String, Vec<u8>)>;

fn spec() -> &'static Spec {
    Spec::builtin().expect("consistent")
}

/// A set of `spec/samples`.
fn sample(folder: &str) -> Set {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("spec/samples").join(folder);
    let mut set: Set = std::fs::read_dir(folder)
        .expect("a sample")
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_str().expect("text").to_owned();
            (name, std::fs::read(path).expect("readable"))
        })
        .collect();
    set.sort();
    set
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
    let errors = report.findings.iter().filter(|f| f.severity == crate::types::Severity::Error);
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

#[test]
fn what_cannot_be_converted_is_refused() {
    let name = "DLT1KYO_1370000018_43_1370000026_11_20260327090000.CSV";
    let one =
        |name: &str, bytes: &[u8]| to(&vec![(name.to_owned(), bytes.to_vec())], Edition::V3, &[]);
    let good = b"202407,131011,0000900011,20260325\r\n";
    assert!(one(name, good).is_ok());
    assert!(matches!(one("list.csv", good), Err(ConvertError::Name { .. })));
    for bytes in [
        &b"202407,131011,0000900011\r\n"[..],
        b"202208,131011,0000900011,20260325\r\n",
        b"202407,131011,0000900011,\"20260325",
        b"202407,131011,0000900011,\"2026\"0325\r\n",
    ] {
        assert!(matches!(one(name, bytes), Err(ConvertError::Record { record: 1, .. })));
    }
    let twice: Set =
        [name.to_owned(), name.replace("_11_", "_15_")].map(|n| (n, good.to_vec())).into();
    assert!(matches!(to(&twice, Edition::V3, &[]), Err(ConvertError::SameName { .. })));
    let there = to(&twice, Edition::V4_1, &[]).expect("nothing to do");
    assert!(there.files.iter().all(|file| file.unchanged) && set(&there) == twice);
}

/// A record of 第7表 with `count` in 回数／日数.
fn table7(edition: Edition, count: &str, before: &str) -> Vec<u8> {
    let layout = spec().layout(edition, FileKind::Upsikyu).expect("there");
    let items: Vec<&str> = layout
        .items
        .iter()
        .map(|item| match item.name.as_str() {
            Layout::VERSION_ITEM => edition.csv_version(),
            "回数／日数" => count,
            "前月までの利用日数" => before,
            _ => "",
        })
        .collect();
    format!("{}\r\n", items.join(",")).into_bytes()
}

#[test]
fn values_that_do_not_fit_are_told_and_kept() {
    let v41 = "UPSIKYU_202604_1370000018_43_1370000026_11_20260326111500.CSV".to_owned();
    let v3 = v41.replace("_43_", "_").replace("_11_", "_");
    let converted = |name: &String, bytes: Vec<u8>, edition| {
        let result = to(&vec![(name.clone(), bytes)], edition, &[("1370000026", "11")]);
        let result = result.expect("converts");
        let kinds: Vec<_> = result.losses.iter().map(|loss| (loss.kind, loss.item)).collect();
        (result.files[0].bytes.clone(), kinds)
    };
    let (bytes, losses) = converted(&v41, table7(Edition::V4_1, "100", "12"), Edition::V3);
    assert_eq!(bytes, table7(Edition::V3, "100", "12"));
    assert_eq!(losses, [(LossKind::DoesNotFit, Some(16))]);
    let (bytes, losses) = converted(&v41, table7(Edition::V4_1, "031", ""), Edition::V3);
    assert_eq!((bytes, losses), (table7(Edition::V3, "31", ""), vec![]));
    let (bytes, losses) = converted(&v3, table7(Edition::V3, "31", "00120"), Edition::V4_1);
    assert_eq!(bytes, table7(Edition::V4_1, "31", "00120"));
    assert_eq!(losses, [(LossKind::DoesNotFit, Some(27))]);
}

proptest! {
    /// What both editions have comes back byte for byte, whatever it is.
    #[test]
    fn there_and_back_is_the_same(
        kind in prop::sample::select(&[
            FileKind::Upplan, FileKind::Upsikyu, FileKind::Upjsk, FileKind::Uphosoku,
            FileKind::Dltplan, FileKind::Dltjsk,
        ][..]),
        rows in prop::collection::vec(prop::collection::vec("[0-9A-Z試験ｱ髙]{0,4}", 70), 1..4),
    ) {
        let layout = spec().layout(Edition::V4_1, kind).expect("there");
        let old = spec().layout(Edition::V3, kind).expect("there");
        let mut text = String::new();
        for row in &rows {
            let items: Vec<String> = layout.items.iter().zip(row).map(|(item, value)| {
                match old.position(&item.name) {
                    _ if item.name == Layout::VERSION_ITEM => "202407".to_owned(),
                    None => String::new(),
                    Some(place) => {
                        let lengths = [old.items[place].length, item.length];
                        let most = lengths.into_iter().flatten().min().unwrap_or(4);
                        let value: String = value.chars().take(most).collect();
                        if item.quoted && !value.is_empty() { format!("\"{value},\"\"\r\n\"") } else { value }
                    }
                }
            }).collect();
            text += &(items.join(",") + "\r\n");
        }
        let (from, service) = if kind.is_actual() { ("11", "1370000018") } else { ("43", "1370000026") };
        let to_type = if kind.is_actual() { "43" } else { "11" };
        let name =
            format!("{kind}_202604_1370000018_{from}_1370000026_{to_type}_20260326111500.CSV");
        let original = vec![(name, ms932::encode(&text).expect("MS932"))];
        let there = to(&original, Edition::V3, &[]).expect("converts");
        prop_assert!(there.losses.is_empty(), "{:?}", there.losses);
        let back = to(&set(&there), Edition::V4_1, &[(service, "11")]).expect("converts");
        prop_assert_eq!(set(&back), original);
    }

    /// Nothing panics.
    #[test]
    fn any_bytes_are_taken(
        bytes in prop::collection::vec(prop::sample::select(&b"202407,\"\r\n\x1A\x81\xF0"[..]), 0..100),
    ) {
        let name = "DLT1KYO_1370000018_43_1370000026_11_20260327090000.CSV".to_owned();
        let _ = to(&vec![(name, bytes)], Edition::V3, &[]);
    }
}
