//! The service types that names of V4.1 carry and those of V3 do not (R-FN-02).

use std::collections::{BTreeMap, BTreeSet};

use crate::record::{Note, Reader, Record, Sink};
use crate::spec::{KnownItem, Spec};
use crate::types::{Edition, FileSerial, OfficeNumber, ServiceType};

use super::{ConvertError, Named};

/// サービス種類コード by 事業所番号.
pub type OfficeTypes = BTreeMap<OfficeNumber, Vec<ServiceType>>;

/// Sender, recipient and 連番: files that have one type in common.
type Group = (OfficeNumber, OfficeNumber, FileSerial);

/// The service types for the name of each file in the wanted edition.
pub(super) fn of_files(
    spec: &Spec,
    files: &[Named<'_>],
    to: Edition,
    types: &OfficeTypes,
) -> Result<Vec<Option<(ServiceType, ServiceType)>>, ConvertError> {
    if to == Edition::V3 {
        return Ok(vec![None; files.len()]);
    }
    let mut found = Vec::with_capacity(files.len());
    let mut unknown = BTreeSet::new();
    let mut several = None;
    for file in files {
        if file.name.edition() == to {
            found.push(file.name.service_types);
            continue;
        }
        let (sender, recipient) = (file.name.sender, file.name.recipient);
        let actual = file.name.kind.is_actual();
        let (manager, service) = if actual { (recipient, sender) } else { (sender, recipient) };
        let of_manager = manager_type(spec, types.get(&manager));
        if of_manager.is_none() {
            unknown.insert(manager);
        }
        let candidates = service_types(spec, types.get(&service));
        let of_service = match candidates.as_slice() {
            [] => {
                unknown.insert(service);
                None
            }
            [only] => Some(*only),
            _ => {
                let seen = seen_types(spec, files, group(file), service);
                let mut fitting = candidates.iter().filter(|code| seen.contains(code));
                let first = fitting.next().copied().filter(|_| fitting.next().is_none());
                if first.is_none() {
                    several.get_or_insert_with(|| ConvertError::SeveralTypes {
                        file: file.source.name.to_owned(),
                        office: service,
                        types: candidates.clone(),
                    });
                }
                first
            }
        };
        let pair = of_manager.zip(of_service);
        found.push(pair.map(
            |(manager, service)| {
                if actual { (service, manager) } else { (manager, service) }
            },
        ));
    }
    if !unknown.is_empty() {
        return Err(ConvertError::UnknownTypes { offices: unknown.into_iter().collect() });
    }
    several.map_or(Ok(found), Err)
}

const fn group(file: &Named<'_>) -> Group {
    (file.name.sender, file.name.recipient, file.name.serial)
}

/// V3 knows one kind of care manager, so an office that is not listed is one of these.
fn manager_type(spec: &Spec, listed: Option<&Vec<ServiceType>>) -> Option<ServiceType> {
    let usual = Spec::HOME_CARE_MANAGEMENT.parse().ok();
    let listed = listed.map(Vec::as_slice).unwrap_or_default();
    let managers: Vec<ServiceType> =
        listed.iter().copied().filter(|code| spec.is_care_management(*code)).collect();
    match managers.as_slice() {
        [only] => Some(*only),
        [] if !listed.is_empty() => None,
        several => usual.filter(|usual| several.is_empty() || several.contains(usual)),
    }
}

fn service_types(spec: &Spec, listed: Option<&Vec<ServiceType>>) -> Vec<ServiceType> {
    let listed = listed.into_iter().flatten().copied();
    listed.filter(|code| !spec.is_care_management(*code)).collect()
}

/// The types of the services that records of a group have of an office.
fn seen_types(
    spec: &Spec,
    files: &[Named<'_>],
    wanted: Group,
    office: OfficeNumber,
) -> BTreeSet<ServiceType> {
    let mut types = BTreeSet::new();
    for file in files.iter().filter(|file| group(file) == wanted) {
        let layout = spec.layout(file.name.edition(), file.name.kind);
        let place = |items: [KnownItem; 2]| layout.and_then(|layout| layout.places(&items).next());
        let office_place = place([KnownItem::ServiceOffice, KnownItem::RowOffice]);
        let code_place = place([KnownItem::ServiceCode, KnownItem::ServiceType]);
        let (Some(office_place), Some(code_place)) = (office_place, code_place) else { continue };
        let mut seen = Seen { office, office_place, code_place, types: &mut types };
        let mut reader = Reader::default();
        reader.feed(file.source.bytes, &mut seen);
        reader.finish(&mut seen);
    }
    types
}

struct Seen<'t> {
    office: OfficeNumber,
    office_place: usize,
    code_place: usize,
    types: &'t mut BTreeSet<ServiceType>,
}

impl Sink for Seen<'_> {
    fn record(&mut self, record: &Record<'_>) {
        if record.item(self.office_place) == self.office.as_bytes() {
            let code = record.item(self.code_place).get(..2);
            self.types.extend(code.and_then(|code| ServiceType::from_bytes(code).ok()));
        }
    }

    fn note(&mut self, _: Note) {}
}
