use proptest::prelude::*;

use super::*;
use crate::record::ms932;
use crate::spec::Layout;
use crate::types::FileKind;

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
                match old.items.iter().position(|other| other.name == item.name) {
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
