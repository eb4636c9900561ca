//! Who and where a record is, small enough to be kept for every record.

use std::fmt;
use std::sync::Arc;

use crate::spec::{Item, KnownItem, Layout};

use crate::rules::finding;
use crate::types::PersonKey;

use super::{Judged, Place, Places};

/// 保険者番号, 被保険者番号 and the date that ties the files of a plan together.
pub(in crate::rules) type RecordKey = [u8; 24];

/// 保険者番号 and 被保険者番号: who a record is about; part of every key (R-REL).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in crate::rules) struct Person([u8; 16]);

impl Person {
    pub(super) fn from_parts(insurer: &[u8], insured: &[u8]) -> Option<Self> {
        let mut bytes = [0; 16];
        if insurer.len() + insured.len() != bytes.len() {
            return None;
        }
        let (head, tail) = bytes.split_at_mut(insurer.len());
        head.copy_from_slice(insurer);
        tail.copy_from_slice(insured);
        Some(Self(bytes))
    }

    /// Whom a key is about, which begins with both numbers.
    pub(in crate::rules) fn of_key(key: &RecordKey) -> Self {
        Self(key.first_chunk().copied().unwrap_or([b' '; 16]))
    }

    /// Both numbers.
    pub(super) const fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// 被保険者番号 by itself.
    pub(in crate::rules) fn insured(&self) -> &[u8] {
        self.0.get(6..).unwrap_or_default()
    }

    /// Who it is, for what is known outside of the files; none where the numbers are none.
    pub(in crate::rules) fn key(&self) -> Option<PersonKey> {
        let (insurer, insured) = self.0.split_at_checked(6)?;
        PersonKey::parse(insurer, insured)
    }

    /// 被保険者番号 as every report may show it.
    pub(in crate::rules) fn masked(self) -> String {
        finding::person(self.insured()).unwrap_or_default()
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(***)")
    }
}

/// Where a layout has the items that say who a record is about.
#[derive(Debug, Clone, Copy)]
pub(in crate::rules) struct PersonItems {
    insurer: usize,
    pub(in crate::rules) insured: usize,
}

impl PersonItems {
    pub(super) fn of(layout: &Layout) -> Self {
        Self {
            insurer: layout.place(KnownItem::Insurer),
            insured: layout.place(KnownItem::Insured),
        }
    }

    /// Both items.
    pub(super) fn places(self) -> Places {
        [self.insurer, self.insured].into_iter().collect()
    }

    /// Where both numbers stand.
    pub(super) fn spots(self, record: &Judged<'_>) -> Whose {
        Whose { insurer: Spot::of(record, self.insurer), insured: Spot::of(record, self.insured) }
    }

    /// The person, where both numbers can be relied on.
    pub(super) fn read(self, record: &Judged<'_>) -> Option<Person> {
        Person::from_parts(record.good(self.insurer)?, record.good(self.insured)?)
    }
}

/// An item of a record, kept for a finding that may be made later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::rules) struct Spot {
    offset: u64,
    line: u32,
    pub(in crate::rules) record: u32,
    length: u16,
    item: u8,
}

impl Spot {
    /// The item at a place from 0.
    pub(super) fn of(record: &Judged<'_>, place: usize) -> Self {
        let span = record.record.spans().get(place).copied().unwrap_or_default();
        Self {
            offset: record.record.offset_of(span),
            line: u32::try_from(record.record.line_of(span)).unwrap_or(u32::MAX),
            record: u32::try_from(record.number).unwrap_or(u32::MAX),
            length: u16::try_from(span.len()).unwrap_or(u16::MAX),
            item: u8::try_from(place).unwrap_or(u8::MAX),
        }
    }
}

impl Spot {
    /// Another item of the same line.
    pub(super) fn shifted(self, start: u64, length: u16, item: usize) -> Self {
        Self {
            offset: self.offset + start,
            length,
            item: u8::try_from(item).unwrap_or(u8::MAX),
            ..self
        }
    }

    /// An item of the same line that stands before it.
    pub(super) fn before(self, bytes: u64, length: u16, item: usize) -> Self {
        let offset = self.offset.saturating_sub(bytes);
        Self { offset, ..self.shifted(0, length, item) }
    }
}

/// Where a record says who it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::rules) struct Whose {
    pub(in crate::rules) insurer: Spot,
    pub(in crate::rules) insured: Spot,
}

/// The numbers and names of the items of a layout, for the places of findings.
#[derive(Debug, Clone, Default)]
pub(in crate::rules) struct ItemNames(Arc<[Item]>);

impl ItemNames {
    pub(super) fn of(layout: &Layout) -> Self {
        Self(Arc::clone(&layout.items))
    }

    /// The place that a finding names.
    pub(in crate::rules) fn place(&self, spot: Spot) -> Place {
        let item = self.0.get(usize::from(spot.item));
        Place {
            file: None,
            person: None,
            line: Some(u64::from(spot.line)),
            record: Some(u64::from(spot.record)),
            item: item.map(|item| item.number),
            item_name: item.map(|item| item.name.clone()),
            offset: Some(spot.offset),
            length: Some(u64::from(spot.length)),
        }
    }

    /// The same, with whom it is about.
    pub(in crate::rules) fn place_of(&self, spot: Spot, person: Person) -> Place {
        Place { person: Some(person.masked()), ..self.place(spot) }
    }
}

/// A whole number; none where there is none.
pub(in crate::rules) fn number(digits: &[u8]) -> Option<i64> {
    let (negative, digits) = match digits {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, digits),
    };
    if digits.is_empty() || digits.len() > 15 {
        return None;
    }
    let value = digits.iter().try_fold(0_i64, |value, byte| {
        byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0'))
    })?;
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_does_not_print_itself() {
        let person = Person::from_parts(b"131011", b"H000090011").expect("16 characters");
        assert_eq!(person.masked(), "*******011");
        assert_eq!(format!("{person:?}"), "Person(***)");
        assert_eq!(Person::from_parts(b"13101", b"0000900011"), None);
    }

    #[test]
    fn numbers_are_read() {
        assert_eq!(number(b"007"), Some(7));
        assert_eq!(number(b"-12"), Some(-12));
        for none in [&b""[..], b"-", b"1.0", b"9999999999999999"] {
            assert_eq!(number(none), None);
        }
    }
}
