//! Send units of invented people, made once and sent with ever other 連番.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::spec::Spec;
use crate::synth::{Content, Party, Request, files};
use crate::types::Edition;

/// The offices: number and サービス種類コード.
pub(super) const OFFICES: [(&str, &str); 3] =
    [("2770000011", "43"), ("2770000029", "11"), ("2770000037", "15")];

/// Files by name.
pub(super) type Unit = BTreeMap<String, Vec<u8>>;

/// A unit with the 連番 with which it was made.
pub(super) struct Template {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Two sets of the same names about different people.
    versions: [Unit; 2],
}

/// The month of all units, and the 連番 of the templates.
const MONTH: &str = "202605";
const SERIAL: &str = "20260520101010";

pub(super) fn spec() -> &'static Spec {
    Spec::builtin().expect("consistent")
}

/// Every kind of unit that the first office, a care manager, gives to the others and they to it.
pub(super) static TEMPLATES: LazyLock<Vec<Template>> = LazyLock::new(|| {
    let mut templates = Vec::new();
    for other in 1..OFFICES.len() {
        for (id, from, to) in [
            ("K1", 0, other),
            ("K2", 0, other),
            ("K3", 0, other),
            ("K4", 0, other),
            ("S1", other, 0),
            ("S2", other, 0),
        ] {
            let party = |place: usize| -> Party {
                let (office, service) = OFFICES[place];
                format!("{office}:{service}").parse().expect("an office")
            };
            let version = |seed: u64| -> Unit {
                let request = Request {
                    edition: Edition::V4_1,
                    content: Content::Unit { id: id.to_owned(), people: 1 },
                    from: party(from),
                    to: party(to),
                    month: MONTH.parse().expect("a month"),
                    serial: Some(SERIAL.parse().expect("a serial")),
                    seed,
                };
                let unit = files(spec(), &request).expect("possible").into_iter().map(|file| {
                    let name = file.name().to_string();
                    (name, file.flat_map(|piece| piece.expect("in MS932")).collect())
                });
                unit.collect()
            };
            templates.push(Template { from, to, versions: [1, 2].map(version) });
        }
    }
    templates
});

impl Template {
    /// Its two versions with another 連番, also where the files name it.
    pub(super) fn with_serial(&self, serial: &str) -> [Unit; 2] {
        [&self.versions[0], &self.versions[1]].map(|unit| with_serial(unit, serial))
    }
}

fn with_serial(unit: &Unit, serial: &str) -> Unit {
    let files = unit.iter().map(|(name, bytes)| {
        let mut bytes = bytes.clone();
        for place in 0..(bytes.len() + 1).saturating_sub(SERIAL.len()) {
            if bytes[place..].starts_with(SERIAL.as_bytes()) {
                bytes[place..place + SERIAL.len()].copy_from_slice(serial.as_bytes());
            }
        }
        (name.replace(SERIAL, serial), bytes)
    });
    files.collect()
}
