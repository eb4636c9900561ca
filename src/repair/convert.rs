//! A set in the other edition.

mod office_types;
mod records;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::rules::SourceFile;
use crate::spec::{Family, Spec};
use crate::types::{Edition, FileName, FileSerial, Lang, MonthPart, OfficeNumber, ServiceType};

use super::loss::{Gap, GapKind, Loss, LossKind};

pub use office_types::OfficeTypes;

/// What came of a set.
#[derive(Debug, Clone, Serialize)]
pub struct Conversion {
    /// The edition that was wanted.
    pub to: Edition,
    /// The files, in the order in which they were given; those that the edition does not have are
    /// missing.
    pub files: Vec<Converted>,
    /// What does not go over.
    pub losses: Vec<Loss>,
    /// What the edition asks for in addition.
    pub gaps: Vec<Gap>,
}

impl Conversion {
    /// Whether everything went over and nothing is asked for in addition.
    pub const fn is_clean(&self) -> bool {
        self.losses.is_empty() && self.gaps.is_empty()
    }

    /// The files in the form that the checks take.
    pub fn sources(&self) -> Vec<SourceFile<'_>> {
        let source = |file| {
            let Converted { name, bytes, .. }: &Converted = file;
            SourceFile { name, bytes }
        };
        self.files.iter().map(source).collect()
    }
}

/// A file in the other edition.
#[derive(Clone, Serialize)]
pub struct Converted {
    /// Its name as it was.
    pub from: String,
    /// Its name; folders before it are those that stood there.
    pub name: String,
    /// Whether it was of the wanted edition already; its bytes are untouched then.
    pub unchanged: bool,
    /// Its bytes.
    #[serde(skip)]
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Converted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Converted")
            .field("from", &self.from)
            .field("name", &self.name)
            .field("length", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// Why a set cannot be converted at all. These are faults of the set or of what is known about
/// its offices.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConvertError {
    /// A name is not one of the standard.
    #[error("{file}: the name is not one of the standard")]
    Name {
        /// The file.
        file: String,
    },
    /// The names of V4.1 need service types that nobody told.
    #[error("the service types of these offices are not known: {}", joined(offices))]
    UnknownTypes {
        /// The offices.
        offices: Vec<OfficeNumber>,
    },
    /// An office has several service types, and the records do not tell which is meant.
    #[error("{file}: which service type of {office} is meant: {}?", joined(types))]
    SeveralTypes {
        /// A file that needs it.
        file: String,
        /// The office.
        office: OfficeNumber,
        /// Its types.
        types: Vec<ServiceType>,
    },
    /// A record is not of the layout that its file says.
    #[error("{file}, record {record}: not a record of this kind of file")]
    Record {
        /// The file.
        file: String,
        /// The record, from 1.
        record: u64,
    },
    /// Two files would have one name: V3 does not tell service types apart.
    #[error("{file}: another file of the set gets the same name in the other edition")]
    SameName {
        /// The second of the two.
        file: String,
    },
}

fn joined<T: ToString>(values: &[T]) -> String {
    values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl ConvertError {
    /// What is wrong, for people.
    pub fn text(&self, lang: Lang) -> String {
        match (self, lang) {
            (_, Lang::En) => self.to_string(),
            (Self::Name { file }, Lang::Ja) => {
                format!("{file} は標準仕様のファイル名ではありません。")
            }
            (Self::UnknownTypes { offices }, Lang::Ja) => {
                let offices = joined(offices);
                format!("次の事業所のサービス種類コードが分かりません: {offices}。")
            }
            (Self::SeveralTypes { file, office, types }, Lang::Ja) => format!(
                "{file}: 事業所 {office} にはサービス種類コードが複数あり（{}）、どれか決められません。",
                joined(types)
            ),
            (Self::Record { file, record }, Lang::Ja) => {
                format!("{file}: レコード {record} を、このファイルのレコードとして読めません。")
            }
            (Self::SameName { file }, Lang::Ja) => format!(
                "{file}: 変換後のファイル名が、同じ組のほかのファイルと重なります（v3 のファイル名にはサービス種類コードがありません）。分けて変換してください。"
            ),
        }
    }
}

/// A file with its name taken apart.
struct Named<'a> {
    source: SourceFile<'a>,
    /// The folders before the name, with the last `/`.
    folder: &'a str,
    name: FileName,
}

/// Writes a set in another edition. Files that are of that edition already stay as they are.
///
/// The set should have no errors: what is wrong in it is carried over or refused.
///
/// # Errors
///
/// See [`ConvertError`]; what cannot go over is no error but in the list of losses.
pub fn convert(
    spec: &Spec,
    files: &[SourceFile<'_>],
    to: Edition,
    types: &OfficeTypes,
) -> Result<Conversion, ConvertError> {
    let named = files.iter().map(|file| named(*file)).collect::<Result<Vec<_>, _>>()?;
    let known = office_types::of_files(spec, &named, to, types)?;
    let mut conversion = Conversion { to, files: Vec::new(), losses: Vec::new(), gaps: Vec::new() };
    let mut taken = BTreeSet::new();
    let mut units: BTreeMap<UnitKey<'_>, Vec<FileName>> = BTreeMap::new();
    for (file, types) in named.iter().zip(known) {
        let from = file.source.name.to_owned();
        if file.name.edition() == to {
            let bytes = file.source.bytes.to_vec();
            let converted = Converted { name: from.clone(), from, unchanged: true, bytes };
            taken.insert(converted.name.clone());
            conversion.files.push(converted);
            continue;
        }
        let name = FileName { service_types: types, ..file.name.clone() };
        let label = format!("{}{name}", file.folder);
        if let Some(kind) = not_in_edition(spec, &file.name, to) {
            let count = records::count(file);
            let (record, item, item_name) = (None, None, None);
            conversion.losses.push(Loss { kind, file: from, record, item, item_name, count });
            continue;
        }
        if !taken.insert(label.clone()) {
            return Err(ConvertError::SameName { file: from });
        }
        let written = records::write(spec, file, to, &label)?;
        conversion.losses.extend(written.losses);
        conversion.gaps.extend(written.gaps);
        if let Some(key) = UnitKey::of(spec, file.folder, &name, to) {
            units.entry(key).or_default().push(name);
        }
        let bytes = written.bytes;
        conversion.files.push(Converted { from, name: label, unchanged: false, bytes });
    }
    for (key, names) in units {
        missing_files(spec, &key, &names, to, &mut conversion.gaps);
    }
    Ok(conversion)
}

fn named(source: SourceFile<'_>) -> Result<Named<'_>, ConvertError> {
    let split = source.name.rfind('/').map_or(0, |place| place + 1);
    let (folder, bare) = source.name.split_at_checked(split).unwrap_or(("", source.name));
    let name =
        FileName::parse(bare).map_err(|_| ConvertError::Name { file: source.name.to_owned() })?;
    Ok(Named { source, folder, name })
}

fn not_in_edition(spec: &Spec, name: &FileName, to: Edition) -> Option<LossKind> {
    if !spec.has_kind(to, name.kind) {
        return Some(LossKind::KindNotInEdition);
    }
    let preventive = name.service_types.is_some_and(|types| spec.is_preventive_exchange(types));
    let knows = spec.units(to).any(|unit| unit.preventive);
    (preventive && !knows).then_some(LossKind::PreventiveNotInEdition)
}

/// What the files of one send unit have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct UnitKey<'a> {
    folder: &'a str,
    sender: OfficeNumber,
    recipient: OfficeNumber,
    serial: FileSerial,
    family: Family,
    month: MonthPart,
}

impl<'a> UnitKey<'a> {
    fn of(spec: &Spec, folder: &'a str, name: &FileName, to: Edition) -> Option<Self> {
        let month = name.month.unwrap_or(MonthPart::Zero);
        let family = spec.family(to, name.kind, month != MonthPart::Zero)?;
        let FileName { sender, recipient, serial, .. } = *name;
        Some(Self { folder, sender, recipient, serial, family, month })
    }
}

/// Files that the unit needs in the edition and that the other edition does not have.
fn missing_files(
    spec: &Spec,
    key: &UnitKey<'_>,
    names: &[FileName],
    to: Edition,
    gaps: &mut Vec<Gap>,
) {
    let kinds: Vec<_> = names.iter().map(|name| name.kind).collect();
    let with_month = key.month != MonthPart::Zero;
    let takes_all =
        |unit: &&crate::spec::SendUnit| kinds.iter().all(|kind| unit.takes(*kind, with_month));
    let unit = spec.units(to).filter(takes_all).min_by_key(|unit| unit.missing(&kinds).count());
    let (Some(unit), Some(first)) = (unit, names.first()) else { return };
    for kind in unit.missing(&kinds) {
        let elsewhere = Edition::ALL.into_iter().filter(|edition| *edition != to);
        // What the set lacked before is no consequence of the conversion.
        if elsewhere.into_iter().any(|edition| spec.has_kind(edition, kind)) {
            continue;
        }
        let file = format!("{}{}", key.folder, first.sibling(kind, key.month, 1));
        gaps.push(Gap { kind: GapKind::MissingFile, file, record: None, count: 1 });
    }
}

#[cfg(test)]
mod tests;
