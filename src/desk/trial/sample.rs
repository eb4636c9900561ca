//! Sets of invented people that an office of some service types sends, and gets.

use crate::config::Config;
use crate::spec::Spec;
use crate::synth::{self, Content, Party, Request};
use crate::types::{Edition, OfficeNumber};

/// The office that is thrown away has one of these numbers: the one that is not ours.
const NOBODY: [&str; 2] = ["1370000018", "1370000026"];

/// A file: its name and its bytes.
pub(super) type File = (String, Vec<u8>);

/// What is exchanged.
pub(super) struct Samples {
    /// The other office.
    pub(super) other: Party,
    /// What ours sends; at least this or the other is something.
    pub(super) out: Vec<File>,
    /// What the other sends.
    pub(super) back: Vec<File>,
}

/// The first sets that fit the service types of the office.
pub(super) fn samples(config: &Config, spec: &Spec) -> Option<Samples> {
    let office = config.offices.first()?;
    let number: OfficeNumber =
        NOBODY.iter().find(|number| **number != office.number.as_str())?.parse().ok()?;
    let others: Vec<_> = spec.office_types().map(|(code, _)| code).collect();
    office.service_types.iter().find_map(|service| {
        let own = Party { office: office.number, service: *service };
        let parties = others.iter().map(|service| Party { office: number, service: *service });
        // Where both can send something, both ways are tried.
        let mut found: Option<Samples> = None;
        for other in parties {
            let (out, back) = (unit(spec, own, other), unit(spec, other, own));
            let is_both = !out.is_empty() && !back.is_empty();
            if is_both || found.is_none() && !(out.is_empty() && back.is_empty()) {
                found = Some(Samples { other, out, back });
            }
            if is_both {
                break;
            }
        }
        found
    })
}

/// The files of the first send unit that one office may send another; none if there is no such unit.
fn unit(spec: &Spec, from: Party, to: Party) -> Vec<File> {
    let edition = Edition::V4_1;
    spec.units(edition)
        .find_map(|unit| {
            let content = Content::Unit { id: unit.id.clone(), people: 1 };
            let usual = Request::usual(spec, edition, content).ok()?;
            let request = Request { from, to, ..usual };
            let files = synth::files(spec, &request).ok()?;
            let whole = files.into_iter().map(|mut file| {
                let mut bytes = Vec::new();
                for piece in file.by_ref() {
                    bytes.extend(piece.ok()?);
                }
                Some((file.name().to_string(), bytes))
            });
            whole.collect::<Option<Vec<_>>>()
        })
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;

    #[test]
    fn every_service_type_has_something_to_exchange() {
        let spec = Spec::builtin().expect("consistent");
        for (code, name) in spec.office_types() {
            let text = format!(
                "[tls]\ncertificate = \"c\"\nkey = \"k\"\n[[office]]\nnumber = \"1370000018\"\n\
                 service_types = [\"{code}\"]\ndrop = \"d\"\nimport = \"i\"\nhold = \"h\"\n\
                 signing_certificate = \"c\"\nsigning_key = \"k\"\n"
            );
            let config = Config::draft(&text, Path::new("")).config;
            let samples = samples(&config, spec).unwrap_or_else(|| panic!("{code} {name}"));
            assert!(!samples.out.is_empty() && !samples.back.is_empty(), "{code} {name}");
            assert_ne!(samples.other.office.as_str(), "1370000018");
        }
    }
}
