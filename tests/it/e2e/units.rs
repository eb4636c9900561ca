//! Send units as care software writes them: the samples of the repository, with another 連番.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use renkei::types::FileName;

use crate::harness::{CARE, HELP, Office, name_of, visible};

/// The files of one send unit by name.
pub(crate) type Unit = BTreeMap<String, Vec<u8>>;

/// 居宅サービス計画書, from [`CARE`] to [`HELP`].
pub(crate) const PLAN: &str = "care-plan";
/// サービス利用票, from [`CARE`] to [`HELP`].
pub(crate) const USAGE: &str = "usage-11";
/// 実績, from [`HELP`] to [`CARE`].
pub(crate) const ACTUAL: &str = "actual";

/// The sample in this folder of `spec/samples`. Where a file names another one of its unit, it
/// names it with the new 連番 too.
pub(crate) fn sample(folder: &str, serial: &str) -> Unit {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec/samples").join(folder);
    let paths = visible(&folder);
    assert!(!paths.is_empty(), "no sample in {}", folder.display());
    let files = paths.iter().map(|path| {
        let name = name_of(path);
        let parsed = FileName::parse(&name).expect("a name of the standard");
        let mut bytes = fs::read(path).expect("read");
        let old = parsed.serial.to_string();
        for place in 0..bytes.len().saturating_sub(old.len() - 1) {
            if bytes[place..].starts_with(old.as_bytes()) {
                bytes[place..place + old.len()].copy_from_slice(serial.as_bytes());
            }
        }
        (name.replace(&old, serial), bytes)
    });
    files.collect()
}

/// A small unit of one file from `sender`, one of [`CARE`] and [`HELP`], to the other: the
/// withdrawal of what was sent about one person. `number` makes 連番 and contents its own.
pub(crate) fn withdrawal(sender: &str, number: u32) -> Unit {
    let (hour, minute, second) = (number / 3600, number / 60 % 60, number % 60);
    let serial = format!("20260601{hour:02}{minute:02}{second:02}");
    let person = format!("{:010}", 800_000 + number);
    let (name, record) = if sender == CARE {
        let name = format!("DLTPLAN_202606_{CARE}_43_{HELP}_11_{serial}.CSV");
        (name, format!("202407,271001,{person},202606\r\n"))
    } else {
        let name = format!("DLTJSK_202606_{HELP}_11_{CARE}_43_{serial}.CSV");
        (name, format!("202407,271001,{person},202606,{HELP},11\r\n"))
    };
    Unit::from([(name, record.into_bytes())])
}

/// Puts the files of a unit into the drop folder.
pub(crate) fn export(office: &Office, unit: &Unit) {
    office.drop_files(unit.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())));
}

/// The same with several units, one after the other.
pub(super) fn export_all(office: &Office, units: &[Unit]) {
    for unit in units {
        export(office, unit);
    }
}

/// All files of several units.
pub(crate) fn together<'a>(units: impl IntoIterator<Item = &'a Unit>) -> Unit {
    units.into_iter().flat_map(Clone::clone).collect()
}

/// The serial in the names of a unit.
pub(super) fn serial_of(unit: &Unit) -> String {
    let name = unit.keys().next().expect("a file");
    FileName::parse(name).expect("a name of the standard").serial.to_string()
}
