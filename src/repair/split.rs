//! Copies of a send unit with the records of one user each.
//!
//! Care software that takes in one user at a time gets as many units as there are users. A copy has
//! the names of the standard under a 連番 of its own, and every record byte for byte but for the name
//! of the family picture, which is a part of the name of its file (R-FN-07).

use std::collections::BTreeMap;

use crate::contents::{Contents, PersonKey};
use crate::record::ms932;
use crate::spec::{KnownItem, Spec};
use crate::types::{FileKind, FileName, FileSerial};

use super::records::{Unreadable, put, records};

/// A file of a unit, or a copy of a part of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Part {
    /// The place of the file that it is of among those of the unit.
    pub of: usize,
    /// Its name.
    pub name: FileName,
    /// Its bytes; none for a picture, which is copied as it is.
    pub bytes: Option<Vec<u8>>,
}

impl std::fmt::Debug for Part {
    /// Records are personal: shows the form only.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let length = self.bytes.as_ref().map(Vec::len);
        f.debug_struct("Part")
            .field("of", &self.of)
            .field("length", &length)
            .finish_non_exhaustive()
    }
}

/// Why a unit cannot be divided by users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// A file cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    /// A record does not say whose it is.
    #[error("record {record} does not say whose it is")]
    Nobody {
        /// Its number, from 1.
        record: u64,
    },
    /// No record says whose a picture is, or the records of several users do.
    #[error("a picture belongs to no user, or to several")]
    Picture,
    /// There are more users than are told apart, or nobody at all.
    #[error("a unit of no user, or of more than {} users", Contents::MOST_PEOPLE)]
    Users,
}

/// Divides the files of a unit, every one of which the checks found good, by users, in the order of
/// their numbers. No more than [`Contents::MOST_PEOPLE`] are told apart.
pub fn split(
    spec: &Spec,
    files: &[(FileName, &[u8])],
) -> Result<BTreeMap<PersonKey, Vec<Part>>, SplitError> {
    let mut users: BTreeMap<PersonKey, Vec<Part>> = BTreeMap::new();
    let mut pictures: BTreeMap<FileName, PersonKey> = BTreeMap::new();
    for (of, (name, bytes)) in files.iter().enumerate().filter(|(_, (name, _))| !is_picture(name)) {
        let mut wrong = None;
        records(spec, name, bytes, |layout, record| {
            if wrong.is_some() {
                return Ok(());
            }
            let item = |item| record.item(layout.place(item));
            let key = PersonKey::parse(item(KnownItem::Insurer), item(KnownItem::Insured));
            let Some(key) = key else {
                wrong = Some(SplitError::Nobody { record: record.number });
                return Ok(());
            };
            if users.len() >= Contents::MOST_PEOPLE && !users.contains_key(&key) {
                wrong = Some(SplitError::Users);
                return Ok(());
            }
            if name.kind == FileKind::Upkihon
                && let Some(picture) = picture(item(KnownItem::FamilyPicture))
                && pictures.insert(picture, key).is_some_and(|before| before != key)
            {
                wrong = Some(SplitError::Picture);
                return Ok(());
            }
            let parts = users.entry(key).or_default();
            if parts.last().is_none_or(|part| part.of != of) {
                parts.push(Part { of, name: name.clone(), bytes: Some(Vec::new()) });
            }
            let Some(out) = parts.last_mut().and_then(|part| part.bytes.as_mut()) else {
                return Ok(());
            };
            for (place, span) in record.spans().iter().enumerate() {
                if place > 0 {
                    out.push(b',');
                }
                put(out, record.raw(*span), *span);
            }
            out.extend_from_slice(b"\r\n");
            Ok(())
        })?;
        if let Some(wrong) = wrong {
            return Err(wrong);
        }
    }
    for (of, (name, _)) in files.iter().enumerate().filter(|(_, (name, _))| is_picture(name)) {
        let only = users.keys().next().copied().filter(|_| users.len() == 1);
        let owner = pictures.get(name).copied().or(only).ok_or(SplitError::Picture)?;
        let parts = users.get_mut(&owner).ok_or(SplitError::Picture)?;
        parts.push(Part { of, name: name.clone(), bytes: None });
    }
    for parts in users.values_mut() {
        parts.sort_by_key(|part| part.of);
    }
    if users.is_empty() { Err(SplitError::Users) } else { Ok(users) }
}

/// The same files under another 連番; pictures are named by it in the records too.
pub fn renumbered(
    spec: &Spec,
    parts: Vec<Part>,
    serial: FileSerial,
) -> Result<Vec<Part>, Unreadable> {
    let renumber = |part: Part| {
        let name = FileName { serial, ..part.name.clone() };
        let bytes = match part.bytes {
            Some(bytes) if part.name.kind == FileKind::Upkihon => {
                Some(renamed_pictures(spec, &part.name, &bytes, serial)?)
            }
            other => other,
        };
        Ok(Part { name, bytes, ..part })
    };
    parts.into_iter().map(renumber).collect()
}

fn renamed_pictures(
    spec: &Spec,
    name: &FileName,
    bytes: &[u8],
    serial: FileSerial,
) -> Result<Vec<u8>, Unreadable> {
    let mut out = Vec::with_capacity(bytes.len());
    records(spec, name, bytes, |layout, record| {
        let at = layout.find(KnownItem::FamilyPicture);
        for (place, span) in record.spans().iter().enumerate() {
            if place > 0 {
                out.push(b',');
            }
            let raw = record.raw(*span);
            match picture(raw).filter(|_| Some(place) == at) {
                Some(picture) => {
                    let picture = FileName { serial, ..picture }.to_string();
                    put(&mut out, picture.as_bytes(), *span);
                }
                None => put(&mut out, raw, *span),
            }
        }
        out.extend_from_slice(b"\r\n");
        Ok(())
    })?;
    Ok(out)
}

fn is_picture(name: &FileName) -> bool {
    name.kind.is_image()
}

/// The picture that a record names.
fn picture(item: &[u8]) -> Option<FileName> {
    let name = FileName::parse(&ms932::decode(item)?).ok()?;
    is_picture(&name).then_some(name)
}

#[cfg(test)]
mod tests;
