//! Advice for interoperability: what the standard allows or does not mention and other products
//! handle badly (I-40).

use std::sync::LazyLock;

use memchr::memchr2_iter;

use crate::record::ms932;
use crate::spec::{Format, KnownItem};
use crate::types::FileKind;

use super::declared::{Declared, New, Scope};
use super::{Context, Draft, Facts, Findings, Judged, Places, Rule, Subject};

/// Nothing that a form has room for is longer.
const MOST_CHARS: usize = 4_000;

/// How many records of the files that come with a million are looked at: what is advised on is a
/// habit of the software and shows at once.
const MOST_RECORDS_OF_USAGE: u64 = 1_000;

/// What a text item holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// The name of the user.
    Name,
    /// The same in kana.
    Kana,
    /// Another name: of an office, of somebody who wrote or agreed.
    OtherName,
    Text,
}

/// The items that are more than a text.
const ROLES: [(&[KnownItem], Role); 3] = [
    (&[KnownItem::UserName, KnownItem::PreventionUser], Role::Name),
    (&[KnownItem::UserKana, KnownItem::UserHalfKana], Role::Kana),
    (
        &[
            KnownItem::PlanAuthor,
            KnownItem::ManagerName,
            KnownItem::ServiceOfficeName,
            KnownItem::InCharge,
            KnownItem::ConsentedBy,
        ],
        Role::OtherName,
    ),
];

/// The numbers of 支援計画書 別表.
const SUB_TABLE_NUMBERS: [KnownItem; 3] =
    [KnownItem::IssueNumber, KnownItem::SupportNumber, KnownItem::UseNumber];

struct Advice {
    texts: Vec<(usize, Role)>,
    others: Vec<usize>,
    records_left: u64,
    found: Vec<(Rule, Draft, u64)>,
    /// How often there was something to advise.
    notes: u64,
    /// The texts of the last record on which there is nothing to advise.
    plain: Places,
}

pub(super) const SUBJECT: Declared = Declared {
    scopes: &[
        Scope::of(
            FileKind::ALL,
            &[
                Rule::MarkupInText,
                Rule::PlaceholderInName,
                Rule::FuriganaNotKana,
                Rule::BlanksAroundName,
                Rule::HalfWidthKanaInName,
                Rule::SecondCodeOfCharacter,
                Rule::CarriageReturnInText,
                Rule::VeryLongText,
            ],
        )
        .where_layout(|layout| layout.items.iter().any(|item| item.format == Format::Free)),
        Scope::of(FileKind::ALL, &[Rule::CodedItemQuoted]),
    ],
    new: New::OfLayout(new),
};

fn new(context: &Context<'_>) -> Box<dyn Subject> {
    let layout = context.layout;
    let role = |place| {
        let mut roles = ROLES.iter();
        let own = roles.find(|(items, _)| layout.places(items).any(|item| item == place));
        own.map_or(Role::Text, |(_, role)| *role)
    };
    let numbers: Vec<usize> = match layout.kind {
        FileKind::UpyoboSub => layout.places(&SUB_TABLE_NUMBERS).collect(),
        _ => Vec::new(),
    };
    let (mut texts, mut others) = (Vec::new(), Vec::new());
    for (place, item) in layout.items.iter().enumerate() {
        match item.format {
            Format::Free => texts.push((place, role(place))),
            // The numbers of the sub-table are called free text and have a length: both readings
            // of quoting are right (README A-18).
            _ if numbers.contains(&place) => {}
            _ if item.quoted => {}
            _ => others.push(place),
        }
    }
    let usage = matches!(layout.kind, FileKind::Upplan | FileKind::Upjsk | FileKind::Upsikyu);
    let records_left = if usage { MOST_RECORDS_OF_USAGE } else { u64::MAX };
    Box::new(Advice {
        texts,
        others,
        records_left,
        found: Vec::new(),
        notes: 0,
        plain: Places::default(),
    })
}

impl Advice {
    fn note(&mut self, rule: Rule, draft: impl FnOnce() -> Draft) {
        self.notes += 1;
        match self.found.iter_mut().find(|(known, ..)| *known == rule) {
            Some((_, _, count)) => *count += 1,
            None => self.found.push((rule, draft(), 1)),
        }
    }

    fn look_at(&mut self, record: &Judged<'_>, place: usize, role: Role, text: &[u8]) {
        let at = || record.at(place);
        if has_markup(text) {
            self.note(Rule::MarkupInText, at);
        }
        let seen = Traits::of(text);
        if seen.second_code {
            self.note(Rule::SecondCodeOfCharacter, at);
        }
        if seen.lone_return {
            self.note(Rule::CarriageReturnInText, at);
        }
        if seen.chars > MOST_CHARS {
            self.note(Rule::VeryLongText, || at().with("most", MOST_CHARS));
        }
        if role == Role::Text {
            return;
        }
        if seen.blank_around {
            self.note(Rule::BlanksAroundName, at);
        }
        match role {
            Role::Name if seen.placeholder => self.note(Rule::PlaceholderInName, at),
            Role::Name if seen.half_width_kana => self.note(Rule::HalfWidthKanaInName, at),
            Role::Kana if seen.kanji => self.note(Rule::FuriganaNotKana, at),
            Role::Name | Role::Kana | Role::OtherName | Role::Text => {}
        }
    }
}

impl Subject for Advice {
    fn record(&mut self, record: &Judged<'_>, _: &mut Findings) {
        let Some(left) = self.records_left.checked_sub(1) else { return };
        self.records_left = left;
        // Names come again and again.
        let known = self.plain.within(record.checked.repeated);
        self.plain = known;
        for index in 0..self.texts.len() {
            let Some((place, role)) = self.texts.get(index).copied() else { continue };
            if known.contains(place) {
                continue;
            }
            let before = self.notes;
            if let Some(text) = record.good(place).filter(|text| !text.is_empty()) {
                self.look_at(record, place, role, text);
            }
            if self.notes == before {
                self.plain.insert(place);
            }
        }
        let spans = record.record.spans();
        let quoted = |place: &&usize| spans.get(**place).is_some_and(|span| span.is_quoted());
        if let Some(place) = self.others.iter().find(quoted).copied() {
            self.note(Rule::CodedItemQuoted, || record.at(place));
        }
    }

    /// Of a usage slip it has seen enough after some records.
    fn rests_on(&self) -> Option<Places> {
        (self.records_left == 0).then(Places::default)
    }

    fn end_file(self: Box<Self>, findings: &mut Findings, _: &mut Facts) {
        for (rule, draft, count) in self.found {
            findings.add(rule, || draft.with("count", count));
        }
    }
}

/// What a text holds, seen in one pass.
#[derive(Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts about one text")]
struct Traits {
    chars: usize,
    second_code: bool,
    half_width_kana: bool,
    kanji: bool,
    placeholder: bool,
    blank_around: bool,
    lone_return: bool,
}

impl Traits {
    fn of(text: &[u8]) -> Self {
        let mut seen = Self::default();
        let mut rest = text;
        loop {
            let mut blank = false;
            rest = match rest {
                [] => return seen,
                [lead @ (0x81..=0x9F | 0xE0..=0xFC), trail, after @ ..] => {
                    blank = [*lead, *trail] == [0x81, 0x40];
                    seen.kanji |= *lead >= 0x88;
                    // 〓 ？ □ ■: what is put where a character could not be written.
                    seen.placeholder |= *lead == 0x81 && matches!(trail, 0xAC | 0x48 | 0xA0 | 0xA1);
                    seen.second_code |= is_second_code([*lead, *trail]);
                    after
                }
                [0xA1..=0xDF, after @ ..] => {
                    seen.half_width_kana = true;
                    after
                }
                [b'\r', b'\n', after @ ..] => after,
                [byte, after @ ..] => {
                    blank = *byte == b' ';
                    seen.lone_return |= *byte == b'\r';
                    seen.placeholder |= *byte == b'?';
                    after
                }
            };
            seen.chars += 1;
            seen.blank_around |= blank && (seen.chars == 1 || rest.is_empty());
        }
    }
}

/// Traces of another encoding of text: character references, entities, line breaks of HTML.
///
/// None of their bytes is ever the second byte of an MS932 character.
fn has_markup(text: &[u8]) -> bool {
    memchr2_iter(b'&', b'<', text).any(|at| {
        let rest = text.get(at + 1..).unwrap_or_default();
        if text.get(at) == Some(&b'<') {
            let tags = [&b"br>"[..], b"br/>", b"br />", b"BR>"];
            return tags.iter().any(|tag| rest.starts_with(tag));
        }
        let number = rest.strip_prefix(b"#").is_some_and(|rest| {
            let hex = rest.first().is_some_and(|x| matches!(x, b'x' | b'X'));
            let digits = rest.get(usize::from(hex)..).unwrap_or_default();
            let count = digits.iter().take_while(|digit| digit.is_ascii_hexdigit()).count();
            (1..=7).contains(&count) && digits.get(count) == Some(&b';')
        });
        let entity =
            [&b"amp;"[..], b"quot;", b"lt;", b"gt;", b"nbsp;"].iter().any(|e| rest.starts_with(e));
        number || entity
    })
}

/// Whether Windows writes another code for the same character: the duplicates in NEC row 13, in
/// the IBM extensions, and those as NEC selected them.
fn is_second_code(pair: [u8; 2]) -> bool {
    static SECOND: LazyLock<Vec<[u8; 2]>> = LazyLock::new(|| {
        let pairs = [0x81, 0x87, 0xED, 0xEE, 0xFA].into_iter();
        let pairs = pairs.flat_map(|lead| (0x40..=0xFC).map(move |trail| [lead, trail]));
        let other = |pair: &[u8; 2]| {
            let text = ms932::decode(pair).filter(|text| text.chars().count() == 1);
            let code = text.and_then(|text| ms932::encode(&text).ok());
            code.is_some_and(|code| code != pair)
        };
        pairs.filter(other).collect()
    });
    let [lead, _] = pair;
    matches!(lead, 0x81 | 0x87 | 0xED | 0xEE | 0xFA) && SECOND.binary_search(&pair).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_characters_have_a_second_code() {
        let second = [[0xED, 0x40], [0xEE, 0xE0], [0x87, 0x90], [0xFA, 0x4A], [0xEE, 0xEF]];
        for pair in second {
            assert!(is_second_code(pair), "{pair:02X?}");
        }
        for pair in [[0xFA, 0x5C], [0x81, 0xE0], [0x87, 0x54], [0x87, 0x40], [0xFA, 0x40]] {
            assert!(!is_second_code(pair), "{pair:02X?}");
        }
        let all = (0..=0xFF_u8).flat_map(|lead| (0..=0xFF).map(move |trail| [lead, trail]));
        // 374 as NEC selected them, 9 in row 13 of NEC, 15 among those of IBM.
        assert_eq!(all.filter(|pair| is_second_code(*pair)).count(), 398);
    }

    #[test]
    fn text_is_seen_in_one_pass() {
        let seen = |text: &str| Traits::of(&ms932::encode(text).expect("in MS932"));
        assert!(seen("試験　花子").kanji && !seen("シケン　ハナコ").kanji && !seen("ｼｹﾝ").kanji);
        assert!(seen("ｼｹﾝ").half_width_kana && !seen("シケン").half_width_kana);
        for blank in ["　試験", "試験 ", " 試験"] {
            assert!(seen(blank).blank_around, "{blank}");
        }
        assert!(!seen("試験　花子").blank_around && !seen("").blank_around);
        // The last bytes are those of a blank, but belong to two characters.
        assert!(!Traits::of(&[0x8E, 0x81, 0x40]).blank_around);
        assert!(seen("試?子").placeholder && seen("〓").placeholder && !seen("試験").placeholder);
        assert!(seen("a\rb").lone_return && seen("a\r").lone_return);
        assert!(!seen("a\r\nb\nc").lone_return);
        assert_eq!(seen("試a\r\nb").chars, 4);
    }

    #[test]
    fn markup_is_told_from_text() {
        for markup in ["&#134071;", "a&#x20BB7;", "&amp;", "一<br>二", "&quot;"] {
            assert!(has_markup(markup.as_bytes()), "{markup}");
        }
        for text in ["A&B", "&#;", "R&D; &", "1<2", "&#12", "<b>"] {
            assert!(!has_markup(text.as_bytes()), "{text}");
        }
    }
}
