use proptest::prelude::*;

use super::*;
use crate::record::ms932;
use crate::repair::ChangeKind;

const DELETION: &str = "DLT1KYO_1370000018_43_1370000026_11_20260327090000.CSV";
const PLAN: &str = "UP2KYO_1370000018_43_1370000026_11_20260327090000.CSV";
const LINE: &str = "202407,131011,0000900011,20260325";

fn spec() -> &'static Spec {
    Spec::builtin().expect("consistent")
}

fn fixed(name: &str, bytes: &[u8]) -> Fixed {
    fix(spec(), name, bytes, &FixOptions::default())
}

/// The reasons, each with its count and kind, and the copy.
fn told(name: &str, bytes: &[u8]) -> (Vec<String>, Option<Vec<u8>>) {
    let fixed = fixed(name, bytes);
    let list = fixed.changes.list.iter();
    let reasons = list.map(|change| {
        let place = &change.place;
        let numbers = [place.line, place.record, place.item.map(u64::from), place.offset];
        let numbers: Vec<_> =
            numbers.iter().map(|n| n.map_or("-".into(), |n| n.to_string())).collect();
        let kind = if change.kind == ChangeKind::Lossless { "" } else { change.kind.as_str() };
        format!("{} {} {kind}{}", change.reason.as_str(), change.count, numbers.join("/"))
    });
    (reasons.collect(), fixed.bytes)
}

/// A record of 第2表 with one free text.
fn plan(text: &str) -> String {
    format!("202407,131011,0000900011,20260325,20260325,1,{text},1,,,,,1,,1,,,,,,,\r\n")
}

#[test]
fn a_good_file_stays_as_it_is() {
    let bytes = format!("{LINE}\r\n{LINE}\r\n").into_bytes();
    assert_eq!(told(DELETION, &bytes), (vec![], Some(bytes)));
    let bytes = plan("\"a\"\"b\r\nc,d\"").into_bytes();
    assert_eq!(told(PLAN, &bytes), (vec![], Some(bytes)));
}

/// A receiver stops at two rows of the same numbers.
#[test]
fn rows_of_the_same_numbers_are_numbered_anew() {
    let row = |numbers: [u8; 3], issue: &str, goal: &str, help: &str| {
        let [one, two, three] = numbers;
        format!(
            "202407,131011,0000900011,20260325,20260325,{one},\"{issue}\",{two},\"{goal}\",,,,{three},\"{help}\",1,,,,,,,\r\n"
        )
    };
    let rows = |all: &[([u8; 3], &str, &str, &str)]| {
        all.iter()
            .map(|(numbers, issue, goal, help)| row(*numbers, issue, goal, help))
            .collect::<String>()
    };
    let bytes = rows(&[
        ([1, 1, 1], "a", "b", "c"),
        ([1, 1, 1], "a", "b", "d"),
        ([1, 1, 1], "a", "e", "f"),
        ([1, 1, 1], "g", "h", "i"),
        ([7, 1, 1], "j", "k", "l"),
    ]);
    let wanted = rows(&[
        ([1, 1, 1], "a", "b", "c"),
        ([1, 1, 2], "a", "b", "d"),
        ([1, 2, 1], "a", "e", "f"),
        ([2, 1, 1], "g", "h", "i"),
        ([3, 1, 1], "j", "k", "l"),
    ]);
    let mended = fixed(PLAN, bytes.as_bytes());
    assert_eq!(String::from_utf8(mended.bytes.clone().expect("written")).expect("ASCII"), wanted);
    let reasons: Vec<_> = mended.changes.list.iter().map(|change| change.reason.as_str()).collect();
    assert!(
        !reasons.is_empty() && reasons.iter().all(|reason| *reason == "renumbered"),
        "{reasons:?}"
    );
    assert!(!mended.remaining.iter().any(|left| left.rule == Rule::DuplicateNumbers));
    // Done once it is done, and gaps alone are nobody's mistake to mend.
    assert_eq!(told(PLAN, wanted.as_bytes()), (vec![], Some(wanted.into_bytes())));
    let gap = rows(&[([1, 1, 1], "a", "b", "c"), ([3, 1, 1], "g", "h", "i")]);
    assert_eq!(told(PLAN, gap.as_bytes()), (vec![], Some(gap.into_bytes())));
}

#[test]
fn the_form_is_mended() {
    let good = format!("{LINE}\r\n{LINE}\r\n").into_bytes();
    let messy = format!("CSVバージョン,保険者番号,x,y\n\n{LINE},,\"\"\r{LINE}\n\n\x1A");
    let messy = ms932::encode(&messy).expect("MS932");
    let (reasons, bytes) = told(DELETION, &messy);
    assert_eq!(
        reasons,
        [
            "line-ends 5 1/-/-/-",
            "header-line 1 1/0/-/0",
            "blank-line 2 2/-/-/29",
            "trailing-items 1 3/1/-/30",
            "end-mark 1 6/3/-/103",
        ]
    );
    assert_eq!(bytes, Some(good.clone()));
    let (reasons, bytes) = told(DELETION, format!("{LINE}\r\n{LINE}").as_bytes());
    assert_eq!((reasons, bytes), (vec!["final-line-end 1 -/-/-/-".to_owned()], Some(good)));
}

#[test]
fn free_text_and_nothing_else_is_quoted() {
    let good = plan("\"abc\"").into_bytes();
    let (reasons, bytes) = told(PLAN, plan("abc").as_bytes());
    assert_eq!(reasons, ["quotes-added 1 1/1/7/45"]);
    assert_eq!(bytes, Some(good.clone()));
    let quoted = plan("\"abc\"").replace("131011", "\"131011\"").replace("0325,1,", "0325,\"1\",");
    let (reasons, bytes) = told(PLAN, quoted.as_bytes());
    assert_eq!(reasons, ["quotes-removed 1 1/1/2/8", "quotes-removed 1 1/1/6/46"]);
    assert_eq!(bytes, Some(good));
    for (stray, mended) in [("a\"b", "\"a\"\"b\""), ("\"a\"b\"", "\"a\"\"b\"")] {
        let (reasons, bytes) = told(PLAN, plan(stray).as_bytes());
        assert_eq!(reasons, ["quotes-doubled 1 1/1/7/45"]);
        assert_eq!(bytes, Some(plan(mended).into_bytes()));
    }
    // Here nobody can know what was meant.
    for unclear in ["\"a\" ", "\"a\"\"b\"c\""] {
        let fixed = fixed(PLAN, plan(unclear).as_bytes());
        assert_eq!(fixed.bytes, Some(plan(unclear).into_bytes()), "{unclear}");
        assert!(fixed.remaining.iter().any(|left| left.rule == Rule::StrayQuote));
    }
}

#[test]
fn other_encodings_become_ms932() {
    let text = plan("\"〜𠮷か\u{3099}\u{FE00}\"");
    let expected = ms932::encode(&plan("\"～吉が\"")).expect("MS932");
    let options = FixOptions { approve_shipped: true, ..FixOptions::default() };
    let wide: Vec<u8> =
        "\u{FEFF}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    for (bytes, encoding, offsets) in [
        (text.clone().into_bytes(), Encoding::Utf8, [46, 49, 53, 59]),
        (format!("\u{FEFF}{text}").into_bytes(), Encoding::Utf8, [49, 52, 56, 62]),
        (wide, Encoding::Utf16Be, [94, 96, 100, 104]),
    ] {
        let fixed = fix(spec(), PLAN, &bytes, &options);
        assert_eq!(fixed.encoding, Some(encoding));
        assert_eq!(fixed.bytes.as_ref(), Some(&expected));
        let characters = fixed.changes.list.iter().filter(|change| change.before.is_some());
        let found: Vec<_> = characters.clone().filter_map(|change| change.place.offset).collect();
        assert_eq!(found, offsets, "{encoding:?}");
        assert!(characters.into_iter().all(|change| change.place.item == Some(7)));
    }
}

#[test]
fn what_has_no_candidate_blocks_the_file() {
    let blocked = |name, bytes: &[u8]| {
        let (reasons, bytes) = told(name, bytes);
        assert_eq!(bytes, None);
        reasons
    };
    let text = ms932::encode(&plan("\"試X\"")).expect("MS932");
    let at = text.iter().position(|byte| *byte == b'X').expect("there");
    let gaiji = [&text[..at], &[0xF0, 0x40], &text[at + 1..]].concat();
    assert_eq!(blocked(PLAN, &gaiji), ["user-defined-character 1 blocked1/1/7/48"]);
    assert_eq!(
        blocked(PLAN, plan("\"𠮷\"").as_bytes()),
        ["encoding 1 -/-/-/-", "similar-character 1 proposed1/1/7/46"]
    );
    assert_eq!(blocked(DELETION, b"2024,\"1"), ["unclosed-quote 1 blocked1/1/2/5"]);
    assert_eq!(blocked(DELETION, b"\xEF\xBB\xBF\x81"), ["undecodable 1 blocked-/-/-/3"]);
    assert_eq!(blocked(DELETION, &[b','; 400]), ["too-many-items 1 blocked1/1/-/0"]);
    assert_eq!(blocked(DELETION, b"2\0,1\r\n"), ["nul-byte 1 blocked1/1/1/1"]);
}

#[test]
fn pictures_and_strangers_are_not_judged() {
    let picture = "UPKIHON_IMAGE_1300000013_46_1370000083_A6_20260327102500_0001.jpg";
    assert_eq!(told(picture, b"\xFF\xD8\0\n"), (vec![], Some(b"\xFF\xD8\0\n".to_vec())));
    let (reasons, bytes) = told("list.csv", b"a,\"b\"\n");
    assert_eq!(reasons, ["line-ends 1 1/-/-/-"]);
    assert_eq!(bytes, Some(b"a,\"b\"\r\n".to_vec()));
}

#[test]
fn long_lists_are_cut_and_counted() {
    let text = plan(&format!("\"{}\"", "〜".repeat(5_000)));
    let fixed = fixed(PLAN, text.as_bytes());
    assert_eq!(fixed.changes.counts.lossless, 5_001);
    assert_eq!(fixed.changes.list.len(), Changes::MOST + 1);
    assert_eq!(fixed.changes.omitted(), 4_000);
}

#[test]
fn what_is_left_is_told() {
    let fixed = fixed(DELETION, LINE.replace("0325", "0231").as_bytes());
    assert!(fixed.bytes.is_some());
    let remaining: Vec<_> = fixed.remaining.iter().map(|left| (left.rule, left.count)).collect();
    assert_eq!(remaining, [(Rule::UnrealDate, 1)]);
}

#[test]
fn changes_do_not_print_characters() {
    let fixed = fixed(PLAN, plan("\"𠮷\"").as_bytes());
    let shown = format!("{fixed:?} {:?}", fixed.changes);
    assert!(!shown.contains('𠮷') && !shown.contains('吉'), "{shown}");
}

proptest! {
    /// A copy needs no fixing, and what is not changed is not touched.
    #[test]
    fn fixing_twice_is_fixing_once(
        pieces in prop::collection::vec(prop::sample::select(&[
            "202407", "131011", "20260325", "試験", "花子", "ﾖ", ",", ",", ",", "\"", "\"\"", "\r\n",
            "\n", "\r", "\x1A", "〜", "か\u{3099}", "\u{FE00}", "𠮷", "x", " ", "CSVバージョン", "",
        ][..]), 0..60),
        ms932_only: bool,
        name in prop::sample::select(&[DELETION, PLAN, "list.csv"][..]),
    ) {
        let text = pieces.concat();
        let bytes = if ms932_only {
            let kept: String = text.chars().filter(|c| ms932::encode(&c.to_string()).is_ok()).collect();
            ms932::encode(&kept).expect("MS932")
        } else {
            text.into_bytes()
        };
        let options = FixOptions { approve_shipped: true, ..FixOptions::default() };
        let once = fix(spec(), name, &bytes, &options);
        if let Some(copy) = once.bytes {
            if once.changes.counts.total() == 0 {
                prop_assert_eq!(&copy, &bytes);
            }
            let twice = fix(spec(), name, &copy, &options);
            prop_assert_eq!(twice.changes.list, vec![]);
            prop_assert_eq!(twice.bytes, Some(copy));
        }
    }

    /// Nothing panics, and every place lies in the file.
    #[test]
    fn any_bytes_are_taken(
        bytes in prop::collection::vec(prop::sample::select(
            &b"2,\"\r\n\x00\x1A\x81\x40\xF0\xFF\xFE\xEF\xBB\xBF\xE3\x81\x82\xD8a"[..]), 0..200),
    ) {
        let fixed = fixed(PLAN, &bytes);
        let end = u64::try_from(bytes.len()).expect("small");
        for change in &fixed.changes.list {
            let place = &change.place;
            let last = place.offset.unwrap_or_default() + place.length.unwrap_or_default();
            prop_assert!(last <= end, "{change:?}");
        }
    }
}

#[test]
fn a_picture_stays_as_it_is_with_what_is_wrong_about_it() {
    let name = "UPKIHON_IMAGE_1300000013_46_1370000083_A6_20260327102500_0001.jpg";
    let spec = Spec::builtin().expect("consistent");
    for (bytes, rules) in [(&b"\xFF\xD8\xFF\xE0"[..], &[][..]), (b"\x89PNG\r\n", &[Rule::NotAJpeg])]
    {
        let fixed = fix(spec, name, bytes, &FixOptions::default());
        assert_eq!(fixed.bytes.as_deref(), Some(bytes));
        let left: Vec<Rule> = fixed.remaining.iter().map(|one| one.rule).collect();
        assert_eq!(left, rules);
    }
}
