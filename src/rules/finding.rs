//! Findings: what is wrong, and where.

use serde::{Serialize, Serializer};

use crate::record::{Record, Span, ms932};
use crate::spec::{Format, Item, Layout};
use crate::types::{Lang, Personal, Severity};

use super::formats;
use super::rule::Level;
use super::table::Rule;

/// Something about the data that a rule objects to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// How bad it is; never worse than the rule's own severity.
    pub severity: Severity,
    /// Where it is.
    pub place: Place,
    /// The other cells that it ties the place to.
    pub related: Vec<Place>,
    /// Where the same is wrong in other records, when there are more than a few.
    pub alike: Vec<Place>,
    /// How many places more there are, of which only the number was kept.
    pub unlisted: u64,
    /// What stands there, where showing it helps.
    pub value: Option<Value>,
    /// What is wrong, in Japanese.
    pub message_ja: String,
    /// What is wrong, in English.
    pub message_en: String,
}

/// A place in a send unit. What makes no sense for a rule is absent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Place {
    /// The file, by the name that it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The physical line, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The record, from 1; a header line is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<u64>,
    /// Whom the record is about: 被保険者番号 with all but its last three characters hidden.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// 項目番号, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<u16>,
    /// 項目名.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_name: Option<String>,
    /// Offset of the first byte in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// The number of bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u64>,
}

/// The value at a place: text, or hexadecimal bytes where it does not decode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    text: Personal<String>,
    about_a_person: bool,
}

impl Value {
    /// The most characters that are kept.
    const MOST: usize = 60;

    /// A value that says nothing about a person.
    fn plain(text: &str) -> Self {
        Self { text: Personal::new(shortened(text)), about_a_person: false }
    }

    fn of(bytes: &[u8], about_a_person: bool) -> Self {
        // Four bytes never hold more than four characters, and the rest would be cut off anyway.
        let text = ms932::decode(bytes).map_or_else(|| hex(bytes), |text| shortened(&text));
        Self { text: Personal::new(text), about_a_person }
    }

    /// The value, for reports that may show it.
    pub fn text(&self) -> &str {
        self.text.reveal()
    }

    /// Whether it says something about a person.
    pub const fn is_personal(&self) -> bool {
        self.about_a_person
    }

    /// Hides it, if it says something about a person: of a number the last three digits stay, so
    /// that rows can be told apart; of a text its length.
    pub(super) fn mask(&mut self) {
        if self.about_a_person {
            let text = self.text.reveal();
            let count = text.chars().count();
            let number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'H');
            let tail = if number && count == 10 { 3 } else { 0 };
            let shown: String = text.chars().skip(count - tail).collect();
            let hidden = "*".repeat((count - tail).min(10));
            self.text = Personal::new(format!("{hidden}{shown}"));
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}

impl Finding {
    /// The place, and those where the same is wrong in other records.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        std::iter::once(&self.place).chain(&self.alike)
    }

    /// How many places there are besides the first.
    pub fn others(&self) -> u64 {
        u64::try_from(self.alike.len()).unwrap_or(u64::MAX).saturating_add(self.unlisted)
    }

    /// How many places there are.
    pub fn count(&self) -> u64 {
        self.others().saturating_add(1)
    }

    /// What is wrong, in a language.
    pub fn message(&self, lang: Lang) -> &str {
        lang.pick(&self.message_ja, &self.message_en)
    }
}

impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Row<'f> {
            rule: Rule,
            name: &'static str,
            level: Level,
            severity: Severity,
            #[serde(flatten)]
            place: &'f Place,
            #[serde(skip_serializing_if = "Option::is_none")]
            value: Option<&'f Value>,
            message_ja: &'f str,
            message_en: &'f str,
            clause: &'static str,
            #[serde(skip_serializing_if = "<[Place]>::is_empty")]
            related: &'f [Place],
            #[serde(skip_serializing_if = "Option::is_none")]
            count: Option<u64>,
            #[serde(skip_serializing_if = "<[Place]>::is_empty")]
            alike: &'f [Place],
        }
        let info = self.rule.info();
        Row {
            rule: self.rule,
            name: info.name,
            level: info.level,
            severity: self.severity,
            place: &self.place,
            value: self.value.as_ref(),
            message_ja: &self.message_ja,
            message_en: &self.message_en,
            clause: info.clause,
            related: &self.related,
            count: (!self.alike.is_empty()).then(|| self.count()),
            alike: &self.alike,
        }
        .serialize(serializer)
    }
}

/// What a check says about a finding; made only when it is kept.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) place: Place,
    related: Vec<Place>,
    value: Option<Value>,
    holes: Vec<(&'static str, String, String)>,
}

impl Draft {
    /// The file as a whole.
    pub(super) fn file() -> Self {
        Self::default()
    }

    /// One item of a record.
    pub(super) fn item(record: &Record<'_>, number: u64, span: Span, item: &Item) -> Self {
        let raw = record.raw(span);
        Self {
            place: Place {
                file: None,
                line: Some(record.line_of(span)),
                record: Some(number),
                person: person(record.item(Layout::INSURED_PLACE)),
                item: Some(item.number),
                item_name: Some(item.name.clone()),
                offset: Some(record.offset_of(span)),
                length: Some(length(raw)),
            },
            value: (!raw.is_empty()).then(|| {
                Value::of(&span.unescaped(raw), item.personal || strayed(raw, item.format))
            }),
            ..Self::default()
        }
    }

    /// A record as a whole.
    pub(super) fn record(record: &Record<'_>, number: u64) -> Self {
        let place = Place {
            line: Some(record.line),
            record: Some(number),
            person: person(record.item(Layout::INSURED_PLACE)),
            offset: Some(record.offset),
            ..Place::default()
        };
        Self { place, ..Self::default() }
    }

    /// A line that is no record.
    pub(super) fn line(line: u64, offset: Option<u64>) -> Self {
        Self { place: Place { line: Some(line), offset, ..Place::default() }, ..Self::default() }
    }

    /// A file of the unit, by name.
    pub(super) fn named(file: &str) -> Self {
        Self { place: Place { file: Some(file.to_owned()), ..Place::default() }, ..Self::default() }
    }

    /// A place that was kept.
    pub(super) fn place(place: Place) -> Self {
        Self { place, ..Self::default() }
    }

    /// What stands at the place may be anything, as it does where items are cut at wrong places.
    pub(super) fn about_a_person(mut self) -> Self {
        if let Some(value) = &mut self.value {
            value.about_a_person = true;
        }
        self
    }

    /// Shows a value that says nothing about a person.
    pub(super) fn showing(mut self, value: &str) -> Self {
        self.value = Some(Value::plain(value));
        self
    }

    /// Shows a value, which may say something about a person.
    pub(super) fn holding(mut self, bytes: &[u8], about_a_person: bool) -> Self {
        self.value = Some(Value::of(bytes, about_a_person));
        self
    }

    /// Names another cell that the finding is about.
    pub(super) fn related(mut self, place: Place) -> Self {
        self.related.push(place);
        self
    }

    /// Narrows the place down to some bytes of the item and shows these in hexadecimal.
    pub(super) fn bytes(mut self, within: usize, bytes: &[u8]) -> Self {
        let within = u64::try_from(within).unwrap_or(u64::MAX);
        self.place.offset = self.place.offset.map(|offset| offset + within);
        self.place.length = Some(length(bytes));
        self.value = Some(Value::plain(&hex(bytes)));
        self.with("bytes", hex(bytes))
    }

    /// Fills in a hole of the message.
    #[expect(clippy::needless_pass_by_value, reason = "numbers and owned texts are handed over")]
    pub(super) fn with<T: ToString>(self, hole: &'static str, text: T) -> Self {
        let text = text.to_string();
        self.with_both(hole, &text, &text)
    }

    /// Fills in a hole of the message, in both languages. A message that names a person is about
    /// that person.
    pub(super) fn with_both(mut self, hole: &'static str, ja: &str, en: &str) -> Self {
        if hole == "person" && self.place.person.is_none() {
            self.place.person = Some(ja.to_owned());
        }
        self.holes.push((hole, ja.to_owned(), en.to_owned()));
        self
    }

    pub(super) fn finish(self, rule: Rule, severity: Severity) -> Finding {
        let fill = |template: &str, lang: Lang| {
            self.holes.iter().fold(template.to_owned(), |text, (hole, ja, en)| {
                text.replace(&format!("{{{hole}}}"), lang.pick(ja, en))
            })
        };
        let info = rule.info();
        Finding {
            rule,
            severity,
            message_ja: fill(info.ja.message, Lang::Ja),
            message_en: fill(info.en.message, Lang::En),
            place: self.place,
            related: self.related,
            alike: Vec::new(),
            unlisted: 0,
            value: self.value,
        }
    }
}

/// Whether what stands in an item that says nothing about a person looks as if it came from one
/// that does, as where a product mixes items up: a text, or a number of a person or a telephone.
pub(super) fn strayed(raw: &[u8], format: Format) -> bool {
    // No office number begins with H.
    let office = matches!(format, Format::OfficeNumber | Format::Chars) && !raw.starts_with(b"H");
    let person = formats::is_insured_number(raw) && !office;
    let article = format == Format::EquipmentCode && raw.get(5) == Some(&b'-');
    let telephone = raw.contains(&b'-') && raw.len() >= 8 && !article;
    !raw.is_ascii() || raw.contains(&b' ') || person || telephone
}

/// 被保険者番号 as every report may show it; nothing for what is none, as in a record whose items
/// are shifted.
pub(super) fn person(number: &[u8]) -> Option<String> {
    let tail = number.get(7..).filter(|_| formats::is_insured_number(number))?;
    Some(masked(tail))
}

/// A number of which only the end is shown.
pub(super) fn masked(tail: &[u8]) -> String {
    format!("*******{}", String::from_utf8_lossy(tail))
}

fn hex(bytes: &[u8]) -> String {
    let shown = bytes.iter().take(Value::MOST / 3).map(|byte| format!("{byte:02X}"));
    let mut text = shown.collect::<Vec<_>>().join(" ");
    if bytes.len() > Value::MOST / 3 {
        text.push('…');
    }
    text
}

fn shortened(text: &str) -> String {
    let mut shown: String = text.chars().take(Value::MOST).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personal_values_do_not_print_themselves_and_can_be_masked() {
        let bytes = ms932::encode("試験　花子").expect("in MS932");
        let mut value = Value::of(&bytes, true);
        assert!(!format!("{value:?}").contains("花子"));
        assert_eq!(value.text(), "試験　花子");
        value.mask();
        assert_eq!(value.text(), "*****");
        let mut number = Value::of(b"0000900011", true);
        number.mask();
        assert_eq!(number.text(), "*******011");
        let mut code = Value::of(b"11", false);
        code.mask();
        assert_eq!(code.text(), "11");
    }

    #[test]
    fn what_strayed_from_another_item_may_be_about_a_person() {
        let name = ms932::encode("試験　花子").expect("in MS932");
        for value in [&name[..], b"Shiken Hanako", b"0000900011", b"H000900011", b"03-0000-0000"] {
            assert!(strayed(value, Format::Code), "{value:?}");
        }
        assert!(!strayed(b"1370000018", Format::OfficeNumber));
        assert!(strayed(b"H000900011", Format::OfficeNumber));
        assert!(!strayed(b"99993-000042", Format::EquipmentCode));
        for value in [&b"131011"[..], b"20260401", b"-47", b"11AAAA", b"202604", b"0"] {
            assert!(!strayed(value, Format::Integer), "{value:?}");
        }
    }

    #[test]
    fn what_does_not_decode_is_shown_in_hexadecimal() {
        assert_eq!(Value::of(&[0x8E, 0x8E, 0xF0, 0x40], true).text(), "8E 8E F0 40");
        assert_eq!(Value::of(&vec![b'x'; 1000], true).text().chars().count(), 61);
    }

    #[test]
    fn people_are_told_apart_and_not_named() {
        assert_eq!(person(b"0000900011").as_deref(), Some("*******011"));
        assert_eq!(person(b"H000900012").as_deref(), Some("*******012"));
        for none in [&b""[..], b"900011", b"20260401", "試験花子".as_bytes(), b"00009000111"] {
            assert_eq!(person(none), None);
        }
    }

    #[test]
    fn holes_are_filled_in_both_languages() {
        let draft = Draft::file().with("got", 3).with("expected", "4").with("kind", "DLT1KYO");
        let finding = draft.with("edition", "V4.1").finish(Rule::WrongItemCount, Severity::Error);
        assert_eq!(finding.message_ja, "項目が 3 個あります。DLT1KYO（V4.1）の項目は 4 個です。");
        assert_eq!(finding.message_en, "The record has 3 items; DLT1KYO (V4.1) has 4.");
    }
}
