//! Whether the characters of one item are what its format asks for.

use crate::spec::{Format, Item};
use crate::types::{ServiceMonth, Severity};

use super::table::Rule;

/// What is to say about a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing.
    Good,
    /// It can be relied on, but something is to be said.
    Notice(Rule),
    /// It cannot be relied on.
    Bad(Rule),
}

/// The rules that a format can break; for the list of rules that were run.
pub(super) const fn rules(format: Format) -> &'static [Rule] {
    use Rule as R;
    match format {
        Format::Month | Format::MonthOrZero => &[R::UnrealMonth],
        Format::Date | Format::DateOrZero => &[R::UnrealDate],
        Format::Time | Format::TimeOr9999 => &[R::UnrealTime, R::TimeIs2400],
        Format::Digits => &[R::NotDigits],
        Format::InsuredNumber => &[R::MalformedInsuredNumber],
        Format::OfficeNumber => &[R::MalformedOfficeNumber, R::ItemTooLong],
        Format::PostalCode => &[R::MalformedPostalCode],
        Format::Code => &[R::UnknownCode],
        Format::Integer => &[R::NotAnInteger, R::ItemTooLong],
        Format::Decimal => &[R::MalformedDecimal],
        Format::ServiceCode => &[
            R::MalformedServiceCode,
            R::ServiceTypeOutOfScope,
            R::UnknownServiceType,
            R::SumCodeOfAService,
        ],
        Format::ServiceType => {
            &[R::MalformedServiceType, R::ServiceTypeOutOfScope, R::UnknownServiceType]
        }
        Format::EquipmentCode => &[R::MalformedEquipmentCode, R::WideHyphen],
        Format::Bits31 => &[R::MalformedDailyBits],
        Format::Alphanumeric => &[R::NotAlphanumeric, R::ItemTooLong],
        Format::Phone => &[R::OddPhoneNumber, R::ItemTooLong],
        Format::Chars => &[R::ItemTooLong],
        Format::Free => &[R::UnquotedFreeText],
        Format::Unused => &[R::UnusedItemFilled],
    }
}

/// Judges a value that is not empty and decodes; `chars` is its length in characters.
pub(super) fn check(item: &Item, value: &[u8], chars: usize) -> Verdict {
    let bad_unless = |good, rule| if good { Verdict::Good } else { Verdict::Bad(rule) };
    match item.format {
        // Where the format is in doubt, the length is all that the source asks for.
        _ if item.limit < Severity::Error && !fits(item, chars) => Verdict::Bad(Rule::ItemTooLong),
        Format::Month => bad_unless(is_month(value), Rule::UnrealMonth),
        Format::MonthOrZero => bad_unless(value == b"000000" || is_month(value), Rule::UnrealMonth),
        Format::Date => bad_unless(is_date(value), Rule::UnrealDate),
        Format::DateOrZero => bad_unless(value == b"00000000" || is_date(value), Rule::UnrealDate),
        Format::TimeOr9999 if value == b"9999" => Verdict::Good,
        Format::Time | Format::TimeOr9999 => time(value),
        Format::Digits => {
            let length = if item.fixed { item.length == Some(chars) } else { fits(item, chars) };
            bad_unless(length && are_digits(value), Rule::NotDigits)
        }
        Format::InsuredNumber => bad_unless(is_insured_number(value), Rule::MalformedInsuredNumber),
        Format::OfficeNumber => {
            bad_unless(value.len() == 10 && are_capitals(value), Rule::MalformedOfficeNumber)
        }
        Format::PostalCode => {
            let good = match value {
                [area @ .., b'-', _, _, _, _] if area.len() == 3 => value
                    .iter()
                    .enumerate()
                    .all(|(place, byte)| place == 3 || byte.is_ascii_digit()),
                _ => false,
            };
            bad_unless(good, Rule::MalformedPostalCode)
        }
        Format::Code => code(item, value),
        Format::Integer => integer(item, value, chars),
        Format::Decimal => {
            let good = match value {
                [whole @ .., b'.', tenth, hundredth] => {
                    (1..=3).contains(&whole.len())
                        && are_digits(whole)
                        && are_digits(&[*tenth, *hundredth])
                }
                _ => false,
            };
            bad_unless(good, Rule::MalformedDecimal)
        }
        Format::ServiceCode => {
            bad_unless(value.len() == 6 && are_capitals(value), Rule::MalformedServiceCode)
        }
        Format::ServiceType => {
            bad_unless(value.len() == 2 && are_capitals(value), Rule::MalformedServiceType)
        }
        Format::EquipmentCode => equipment_code(value),
        Format::Bits31 => {
            let bits = value.iter().all(|byte| matches!(byte, b'0' | b'1'));
            bad_unless(value.len() == 31 && bits, Rule::MalformedDailyBits)
        }
        Format::Alphanumeric => {
            let verdict =
                bad_unless(value.iter().all(u8::is_ascii_alphanumeric), Rule::NotAlphanumeric);
            length_or(item, chars, verdict)
        }
        Format::Phone => {
            let good = value.iter().all(|byte| byte.is_ascii_digit() || *byte == b'-');
            length_or(item, chars, bad_unless(good, Rule::OddPhoneNumber))
        }
        Format::Chars | Format::Free => length_or(item, chars, Verdict::Good),
        Format::Unused => Verdict::Notice(Rule::UnusedItemFilled),
    }
}

/// Whether nothing is wrong with a value but blanks around it, or a plus sign before a number: the
/// source says nothing of either (R-CSV-10). An optional item of nothing but blanks is empty.
pub(super) fn is_padded(item: &Item, value: &[u8], chars: usize) -> bool {
    let inner = unpadded(item, value);
    if inner.is_empty() && value.iter().all(|byte| *byte == b' ') {
        return item.empty.is_none() && fits(item, chars);
    }
    inner.len() < value.len()
        && fits(item, chars)
        && !matches!(check(item, inner, inner.len()), Verdict::Bad(_))
}

/// A value without the blanks around it, and without the plus sign of a number.
pub(super) fn unpadded<'v>(item: &Item, value: &'v [u8]) -> &'v [u8] {
    let filled = |byte: &u8| *byte != b' ';
    let start = value.iter().position(filled).unwrap_or(value.len());
    let end = value.iter().rposition(filled).map_or(start, |last| last + 1);
    let inner = value.get(start..end).unwrap_or_default();
    let plus = inner.strip_prefix(b"+").filter(|_| item.format == Format::Integer);
    plus.unwrap_or(inner)
}

/// Ten digits, or H and nine digits (R-FLD-01).
pub(super) fn is_insured_number(value: &[u8]) -> bool {
    let digits = value.strip_prefix(b"H").unwrap_or(value);
    value.len() == 10 && are_digits(digits)
}

fn fits(item: &Item, chars: usize) -> bool {
    item.accept.is_none_or(|most| chars <= most)
}

/// A value that is too long has that one finding; one within what is accepted has a notice.
fn length_or(item: &Item, chars: usize, verdict: Verdict) -> Verdict {
    if !fits(item, chars) {
        Verdict::Bad(Rule::ItemTooLong)
    } else if verdict == Verdict::Good && item.length.is_some_and(|length| chars > length) {
        Verdict::Notice(Rule::ItemLongerThanTable)
    } else {
        verdict
    }
}

fn integer(item: &Item, value: &[u8], chars: usize) -> Verdict {
    let negative = item.minus && value.first() == Some(&b'-');
    let (digits, count) =
        if negative { (value.get(1..).unwrap_or_default(), chars - 1) } else { (value, chars) };
    if digits.is_empty() || !are_digits(digits) {
        return Verdict::Bad(Rule::NotAnInteger);
    }
    let verdict = if negative { Verdict::Notice(Rule::NegativeNumber) } else { Verdict::Good };
    length_or(item, count, verdict)
}

fn code(item: &Item, value: &[u8]) -> Verdict {
    if item.codes.as_ref().is_some_and(|table| table.find(value).is_some()) {
        Verdict::Good
    } else if item.also.iter().any(|also| also.as_bytes() == value) {
        Verdict::Notice(Rule::CodeOfAnotherList)
    } else {
        Verdict::Bad(Rule::UnknownCode)
    }
}

/// Five digits, a hyphen, six digits. The hyphens are U+002D and, in MS932, U+2010, U+2212 and
/// U+FF0D; the last two share one code there (README A-15).
fn equipment_code(value: &[u8]) -> Verdict {
    let Some((maker, rest)) = value.split_at_checked(5) else {
        return Verdict::Bad(Rule::MalformedEquipmentCode);
    };
    let (product, wide) = match rest {
        [b'-', product @ ..] => (product, false),
        [0x81, 0x5D | 0x7C, product @ ..] => (product, true),
        _ => return Verdict::Bad(Rule::MalformedEquipmentCode),
    };
    if !are_digits(maker) || !are_digits(product) || product.len() != 6 {
        Verdict::Bad(Rule::MalformedEquipmentCode)
    } else if wide {
        Verdict::Notice(Rule::WideHyphen)
    } else {
        Verdict::Good
    }
}

/// Without a branch per byte: the values are short and nearly always good.
fn are_digits(value: &[u8]) -> bool {
    value.iter().fold(true, |good, byte| good & byte.is_ascii_digit())
}

fn are_capitals(value: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_digit() | byte.is_ascii_uppercase();
    value.iter().fold(true, |good, byte| good & allowed(byte))
}

/// The number that exactly so many digits make.
fn number<const DIGITS: usize>(value: &[u8]) -> Option<u32> {
    let digits = <&[u8; DIGITS]>::try_from(value).ok()?;
    let number = digits.iter().fold(0_u32, |number, digit| {
        number.wrapping_mul(10).wrapping_add(u32::from(digit.wrapping_sub(b'0')))
    });
    are_digits(digits).then_some(number)
}

fn month(number: u32) -> Option<ServiceMonth> {
    ServiceMonth::new(u16::try_from(number / 100).ok()?, u8::try_from(number % 100).ok()?)
}

fn is_month(value: &[u8]) -> bool {
    number::<6>(value).and_then(month).is_some()
}

fn is_date(value: &[u8]) -> bool {
    let Some([century, year, month, day]) = pairs(value) else { return false };
    let year = u16::from(century) * 100 + u16::from(year);
    ServiceMonth::new(year, month)
        .is_some_and(|month| day >= 1 && (day <= 28 || day <= month.days()))
}

/// Eight digits as four numbers of two digits each. All eight at once: of most records, a date is
/// what is new.
fn pairs(value: &[u8]) -> Option<[u8; 4]> {
    const ZEROS: u64 = 0x3030_3030_3030_3030;
    let word = u64::from_le_bytes(value.try_into().ok()?);
    let digits = word ^ ZEROS;
    // A digit is 0 to 9 now; to anything else, 6 or less carries into the upper half of its byte.
    let upper = 0xF0F0_F0F0_F0F0_F0F0;
    if (digits | (digits & !upper).wrapping_add(0x0606_0606_0606_0606)) & upper != 0 {
        return None;
    }
    // No byte overflows: the first digit of a pair is the lower byte, 99 is the most.
    let [first, _, second, _, third, _, fourth, _] =
        digits.wrapping_mul(10).wrapping_add(digits >> 8).to_le_bytes();
    Some([first, second, third, fourth])
}

fn time(value: &[u8]) -> Verdict {
    match number::<4>(value).map(|number| (number / 100, number % 100)) {
        Some((0..=23, 0..=59)) => Verdict::Good,
        Some((24, 0)) => Verdict::Notice(Rule::TimeIs2400),
        _ => Verdict::Bad(Rule::UnrealTime),
    }
}

#[cfg(test)]
mod tests {
    use crate::record::ms932;
    use crate::spec::Spec;
    use crate::types::{Edition, FileKind};

    use super::*;

    fn item(format: Format) -> Item {
        Item {
            number: 1,
            name: String::new(),
            length: Some(3),
            accept: Some(5),
            fixed: false,
            empty: None,
            format,
            minus: true,
            codes: None,
            also: Vec::new(),
            quoted: false,
            quotes_optional: false,
            limit: Severity::Error,
            note_limit: Severity::Error,
            personal: false,
        }
    }

    fn judge(format: Format, text: &str) -> Verdict {
        let bytes = ms932::encode(text).expect("in MS932");
        check(&item(format), &bytes, text.chars().count())
    }

    fn good(format: Format, texts: &[&str]) {
        for text in texts {
            assert_eq!(judge(format, text), Verdict::Good, "{format:?} {text}");
        }
    }

    fn bad(format: Format, texts: &[&str]) {
        for text in texts {
            assert!(matches!(judge(format, text), Verdict::Bad(_)), "{format:?} {text}");
        }
    }

    #[test]
    fn dates_and_times_are_real() {
        good(Format::Date, &["20240229", "20261231", "19000228"]);
        bad(
            Format::Date,
            &["20230229", "20260431", "20260400", "2026041", "202604011", "00000000"],
        );
        bad(Format::Date, &["2026 401", "２０２６０４０１", "R8040112", "-2026040"]);
        good(Format::DateOrZero, &["00000000", "20260401"]);
        good(Format::MonthOrZero, &["000000", "202604"]);
        bad(Format::Month, &["000000", "202600", "202613", "20264"]);
        good(Format::Time, &["0000", "2359"]);
        bad(Format::Time, &["2401", "0960", "900", "9:00", "9999", "+900"]);
        assert_eq!(judge(Format::Time, "2400"), Verdict::Notice(Rule::TimeIs2400));
        good(Format::TimeOr9999, &["9999", "0930"]);
    }

    #[test]
    fn numbers_have_digits_and_a_length() {
        good(Format::Integer, &["0", "007", "999"]);
        bad(Format::Integer, &["-", "+1", "1.0", "１", "1 ", "--1", "123456"]);
        assert_eq!(judge(Format::Integer, "-12"), Verdict::Notice(Rule::NegativeNumber));
        assert_eq!(judge(Format::Integer, "1234"), Verdict::Notice(Rule::ItemLongerThanTable));
        assert_eq!(judge(Format::Integer, "123456"), Verdict::Bad(Rule::ItemTooLong));
        good(Format::Decimal, &["10.00", "0.50", "100.00"]);
        bad(Format::Decimal, &["10", "10.0", ".00", "1000.00", "10,00", "1.000", "-1.00"]);
    }

    #[test]
    fn blanks_and_a_plus_sign_are_around_the_value() {
        let mut item = item(Format::Integer);
        for padded in ["1 ", " 1", "+1", " +1 ", "   "] {
            assert!(is_padded(&item, padded.as_bytes(), padded.len()), "{padded:?}");
        }
        for other in ["1", "1 2", "+", "++1", "1x ", "      1"] {
            assert!(!is_padded(&item, other.as_bytes(), other.len()), "{other:?}");
        }
        item.format = Format::Alphanumeric;
        assert!(is_padded(&item, b"1 ", 2) && !is_padded(&item, b"+1", 2));
        item.empty = Some(Severity::Error);
        assert!(!is_padded(&item, b"  ", 2));
    }

    #[test]
    fn identifiers_have_their_forms() {
        good(Format::InsuredNumber, &["0000900011", "H000090001"]);
        bad(Format::InsuredNumber, &["000090001", "h000090001", "HH00090001", "00009000111"]);
        good(Format::OfficeNumber, &["1370000018", "13A0000018"]);
        bad(Format::OfficeNumber, &["137000001", "13a0000018", "137-000018"]);
        good(Format::PostalCode, &["100-9999"]);
        bad(Format::PostalCode, &["1009999", "100-999", "〒100-999", "100ー9999"]);
        good(Format::ServiceCode, &["111211", "A61111"]);
        bad(Format::ServiceCode, &["11121", "1112111", "a61111"]);
        good(Format::EquipmentCode, &["99991-000010"]);
        bad(
            Format::EquipmentCode,
            &["99991000010", "9999-0000010", "99991-00001", "99991ー000010"],
        );
        for hyphen in ["－", "‐"] {
            let text = format!("99991{hyphen}000010");
            assert_eq!(judge(Format::EquipmentCode, &text), Verdict::Notice(Rule::WideHyphen));
        }
        good(Format::Bits31, &["1010101010101010101010101010101"]);
        bad(Format::Bits31, &["101010101010101010101010101010", "2010101010101010101010101010101"]);
        good(Format::Phone, &["03-"]);
        bad(Format::Phone, &["03(0)", "03-0000"]);
        good(Format::Alphanumeric, &["A1"]);
        bad(Format::Alphanumeric, &["-1", "①"]);
    }

    #[test]
    fn codes_come_from_the_tables() {
        let spec = Spec::builtin().expect("consistent");
        let layout = spec.layout(Edition::V4_1, FileKind::Upkihon).expect("a layout");
        let care = layout.items.iter().find(|item| item.name == "要介護状態区分").expect("an item");
        assert_eq!(check(care, b"21", 2), Verdict::Good);
        assert_eq!(check(care, b"06", 2), Verdict::Notice(Rule::CodeOfAnotherList));
        assert_eq!(check(care, b"6", 1), Verdict::Bad(Rule::UnknownCode));
    }
}
