//! The bytes of an item as MS932, character by character.

use encoding_rs::SHIFT_JIS;

use crate::record::ms932::{self, Defect};
use crate::record::work;
use crate::spec::{Glyph, Glyphs};

use super::change::{ChangeKind, Reason};
use super::kana;

/// How characters are replaced.
#[derive(Clone, Copy)]
pub(super) struct Characters<'g> {
    /// The list that ships with the program.
    pub(super) shipped: &'g Glyphs,
    /// The office's own list, which is approved by being its own.
    pub(super) office: Option<&'g Glyphs>,
    /// Whether the office approved the similar characters of the shipped list.
    pub(super) approved: bool,
    /// Whether the items are UTF-8; MS932 otherwise.
    pub(super) unicode: bool,
}

/// A place in an item that is not simply copied.
pub(super) struct Event<'e> {
    /// Offset in the item.
    pub(super) offset: usize,
    pub(super) length: usize,
    pub(super) kind: ChangeKind,
    pub(super) reason: Reason,
    pub(super) before: Before<'e>,
    pub(super) after: Option<&'e str>,
    pub(super) source: &'e str,
}

/// What stood there.
#[derive(Clone, Copy)]
pub(super) enum Before<'e> {
    Text(&'e str),
    Bytes(&'e [u8]),
}

/// Why a pair of a list cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusable {
    /// MS932 has the character; it is never replaced.
    NeedsNoSubstitute(char),
    /// MS932 does not have the substitute either.
    SubstituteNotInMs932(char),
}

/// The pairs of a list that cannot be used. Every list should be asked before it is used.
pub fn unusable(glyphs: &Glyphs) -> Vec<Unusable> {
    let mut found = Vec::new();
    for (from, glyph) in glyphs.iter() {
        if bytes_of(from).is_some() {
            found.push(Unusable::NeedsNoSubstitute(from));
        }
        if glyph.to.chars().any(|character| bytes_of(character).is_none()) {
            found.push(Unusable::SubstituteNotInMs932(from));
        }
    }
    found
}

/// The bytes of a character that MS932 has as itself. The encoder also takes some that come back
/// as others, such as U+00A5, which becomes 5C.
fn bytes_of(character: char) -> Option<Vec<u8>> {
    let mut buffer = [0; 4];
    let text = character.encode_utf8(&mut buffer);
    let bytes = ms932::encode(text).ok()?;
    (ms932::decode(&bytes).as_deref() == Some(text)).then_some(bytes)
}

impl Characters<'_> {
    /// The item in MS932; `on` is told of every place that is not a plain copy. What has no
    /// candidate is left out.
    pub(super) fn clean(&self, raw: &[u8], out: &mut Vec<u8>, on: &mut impl FnMut(Event<'_>)) {
        work::look(raw.len());
        for (offset, _) in raw.iter().enumerate().filter(|(_, byte)| **byte == 0) {
            on(blocked(offset, Reason::Nul, Before::Bytes(&[0])));
        }
        if raw.is_ascii() {
            out.extend_from_slice(raw);
        } else if self.unicode {
            self.clean_unicode(raw, out, on);
        } else {
            self.clean_ms932(raw, out, on);
        }
    }

    fn clean_ms932(&self, raw: &[u8], out: &mut Vec<u8>, on: &mut impl FnMut(Event<'_>)) {
        let mut rest = raw;
        loop {
            let examined = ms932::examine(rest);
            let found = examined.worst.and_then(|found| {
                let reason = match found.defect {
                    Defect::UserDefined => Reason::UserDefined,
                    Defect::Undefined => Reason::Undefined,
                    Defect::Cut => Reason::Cut,
                    Defect::Nul | Defect::Control => return None,
                };
                Some((found, reason))
            });
            let Some((found, reason)) = found else {
                out.extend_from_slice(rest);
                return;
            };
            let (good, after) = rest.split_at(found.offset.min(rest.len()));
            let (bytes, after) = after.split_at(found.length.min(after.len()));
            let offset = raw.len() - rest.len() + found.offset;
            out.extend_from_slice(good);
            // Only the office itself knows what its 外字 are.
            let glyph = self.office.zip(user_defined(bytes));
            match glyph.and_then(|(office, character)| office.get(character)) {
                Some(glyph) => {
                    self.put(glyph, ChangeKind::Approved, (offset, bytes.len()), bytes, out, on);
                }
                None => on(blocked(offset, reason, Before::Bytes(bytes))),
            }
            rest = after;
        }
    }

    fn put(
        &self,
        glyph: &Glyph,
        kind: ChangeKind,
        (offset, length): (usize, usize),
        bytes: &[u8],
        out: &mut Vec<u8>,
        on: &mut impl FnMut(Event<'_>),
    ) {
        let before = match std::str::from_utf8(bytes) {
            Ok(text) if self.unicode => Before::Text(text),
            _ => Before::Bytes(bytes),
        };
        let reason = match (glyph.lossless, glyph.to.is_empty()) {
            (true, true) => Reason::InvisibleCharacter,
            (true, false) => Reason::MappingVariant,
            (false, _) => Reason::SimilarCharacter,
        };
        out.extend(glyph.to.chars().filter_map(bytes_of).flatten());
        let (after, source) = (Some(glyph.to.as_str()), glyph.source.as_str());
        on(Event { offset, length, kind, reason, before, after, source });
    }

    fn clean_unicode(&self, raw: &[u8], out: &mut Vec<u8>, on: &mut impl FnMut(Event<'_>)) {
        // The source was checked to be UTF-8, and delimiters never cut a character.
        let text = std::str::from_utf8(raw).unwrap_or_default();
        let mut characters = text.char_indices().peekable();
        let mut buffer = [0; 4];
        while let Some((offset, character)) = characters.next() {
            let composed = characters.peek().and_then(|(_, mark)| kana::compose(character, *mark));
            if let Some(composed) = composed {
                characters.next();
                // Both characters take three bytes.
                let before = text.get(offset..offset + 6).unwrap_or_default();
                out.extend(bytes_of(composed).unwrap_or_default());
                on(Event {
                    offset,
                    length: before.len(),
                    kind: ChangeKind::Lossless,
                    reason: Reason::ComposedKana,
                    before: Before::Text(before),
                    after: Some(composed.encode_utf8(&mut buffer)),
                    source: "",
                });
                continue;
            }
            if let Some(bytes) = bytes_of(character) {
                out.extend(bytes);
                continue;
            }
            let before: &str = character.encode_utf8(&mut buffer);
            if let Some((glyph, kind)) = self.find(character) {
                self.put(glyph, kind, (offset, before.len()), before.as_bytes(), out, on);
            } else {
                let private = ('\u{E000}'..='\u{F8FF}').contains(&character);
                let reason = if private { Reason::UserDefined } else { Reason::NoCandidate };
                on(blocked(offset, reason, Before::Text(before)));
            }
        }
    }

    /// The substitute for a character that MS932 does not have. The office knows best.
    fn find(&self, character: char) -> Option<(&Glyph, ChangeKind)> {
        let own = self.office.and_then(|office| office.get(character));
        let glyph = own.or_else(|| self.shipped.get(character))?;
        let kind = if glyph.lossless {
            ChangeKind::Lossless
        } else if own.is_some() || self.approved {
            ChangeKind::Approved
        } else {
            ChangeKind::Proposed
        };
        Some((glyph, kind))
    }
}

const fn blocked(offset: usize, reason: Reason, before: Before<'_>) -> Event<'_> {
    let length = match before {
        Before::Text(text) => text.len(),
        Before::Bytes(bytes) => bytes.len(),
    };
    let kind = ChangeKind::Blocked;
    Event { offset, length, kind, reason, before, after: None, source: "" }
}

/// The private-use character for the bytes of a 外字: F040 is U+E000, and so on.
fn user_defined(bytes: &[u8]) -> Option<char> {
    let text = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes)?;
    let mut characters = text.chars();
    let only = characters.next().filter(|_| characters.next().is_none());
    only.filter(|character| ('\u{E000}'..='\u{F8FF}').contains(character))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Spec;

    fn clean(raw: &[u8], unicode: bool, office: Option<&str>, approved: bool) -> (Vec<u8>, String) {
        let own = office.map(|list| Glyphs::office("ours", list).expect("good"));
        let shipped = Spec::builtin().expect("consistent").glyphs();
        let characters = Characters { shipped, office: own.as_ref(), approved, unicode };
        let (mut out, mut seen) = (Vec::new(), String::new());
        characters.clean(raw, &mut out, &mut |event| {
            let Event { offset, length, reason, kind, .. } = event;
            let line = [reason.as_str(), "@", &offset.to_string(), "+", &length.to_string()];
            seen.push_str(&line.concat());
            seen.push_str(&[" ", kind.as_str(), ";"].concat());
        });
        (out, seen)
    }

    fn of_text(text: &str) -> (String, String) {
        let (bytes, seen) = clean(text.as_bytes(), true, None, false);
        (ms932::decode(&bytes).expect("MS932"), seen)
    }

    #[test]
    fn the_shipped_list_is_usable() {
        let glyphs = Spec::builtin().expect("consistent").glyphs();
        assert_eq!(unusable(glyphs), []);
        assert!(glyphs.iter().count() > 1_000);
        let to = |character| glyphs.get(character).map(|glyph| glyph.to.as_str());
        assert_eq!((to('𠮷'), to('𣘺'), to('髙'), to('﨑')), (Some("吉"), Some("橋"), None, None));
    }

    #[test]
    fn nothing_is_lost_by_mapping_variants() {
        let (text, seen) = of_text("a〜b−‖¢£¬—¥");
        assert_eq!(text, "a～b－∥￠￡￢―￥");
        assert_eq!(seen.matches("mapping-variant").count(), 8);
        assert!(seen.starts_with("mapping-variant@1+3 lossless;"), "{seen}");
        let (text, seen) = of_text("邉\u{E0101}か\u{200B}\u{FE0E}");
        assert_eq!(text, "邉か");
        assert_eq!(seen.matches("invisible-character").count(), 3);
        assert_eq!(of_text("髙﨑～－①ﾖ~"), ("髙﨑～－①ﾖ~".to_owned(), String::new()));
    }

    #[test]
    fn kana_are_composed_where_ms932_has_them() {
        let (text, seen) = of_text("か\u{3099}ハ\u{309A}ウ\u{3099}");
        assert_eq!(text, "がパヴ");
        assert_eq!(seen.matches("composed-kana").count(), 3);
        let (_, seen) = of_text("か\u{309A}");
        assert_eq!(seen, "similar-character@3+3 proposed;");
    }

    #[test]
    fn similar_characters_need_approval() {
        let name = "𠮷田".as_bytes();
        let seen = |office, approved| clean(name, true, office, approved).1;
        assert_eq!(seen(None, false), "similar-character@0+4 proposed;");
        assert_eq!(seen(None, true), "similar-character@0+4 approved;");
        assert_eq!(seen(Some("from,to\n𠮷,由\n"), false), "similar-character@0+4 approved;");
        let (bytes, _) = clean(name, true, Some("from,to\n𠮷,由\n"), true);
        assert_eq!(ms932::decode(&bytes).as_deref(), Some("由田"));
        assert_eq!(of_text("😀").1, "no-candidate@0+4 blocked;");
        assert_eq!(
            of_text("\u{E000}\0").1,
            "nul-byte@3+1 blocked;user-defined-character@0+3 blocked;"
        );
    }

    #[test]
    fn user_defined_characters_are_known_to_the_office_alone() {
        let raw = b"a\xF0\x40b\x80\x82";
        let (_, seen) = clean(raw, false, None, true);
        let expected = "user-defined-character@1+2 blocked;undefined-bytes@4+1 blocked;cut-character@5+1 blocked;";
        assert_eq!(seen, expected);
        let (bytes, seen) = clean(b"a\xF0\x40b", false, Some("from,to\nU+E000,髙\n"), false);
        assert_eq!(
            (ms932::decode(&bytes).as_deref(), seen.as_str()),
            (Some("a髙b"), "similar-character@1+2 approved;")
        );
    }

    #[test]
    fn the_second_code_of_a_character_stays() {
        // ∵ and 髙 as NEC selected them.
        let raw = [0x87, 0x9A, 0xEE, 0xE0];
        assert_eq!(clean(&raw, false, None, true), (raw.to_vec(), String::new()));
    }
}
