//! The offices of a demo: folders, keys, configuration.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::{SignedDuration, Timestamp};

use super::input::Unit;
use super::office::Office;
use super::relayed;
use crate::certs::files::{self, Access, Existing};
use crate::certs::{TestCa, Validity, certificates_to_pem};
use crate::cli::relay::init::Made;
use crate::desk::trial::free_addresses;
use crate::disk::{self, Readers};
use crate::node::cards;
use crate::package::Usage;
use crate::types::{FileName, Lang, MessageId, OfficeNumber, ServiceType};

/// How long the throw-away certificates are valid: longer than the time for which a node asks for
/// new ones.
const VALIDITY: SignedDuration = SignedDuration::from_hours(60 * 24);

/// Up to so many offices, each is a partner of every other; beyond, of those that it has units
/// with.
const ALL_PARTNERS: usize = 32;

/// A new folder of its own below the system's folder for such things.
pub(super) fn temporary_folder(now: Timestamp) -> anyhow::Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("renkei-demo-{}", MessageId::new(now)));
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Makes everything that the nodes of all offices need, and the relay if they are to exchange over
/// one: then none of them can be reached, and each has to join with its partners by card.
pub(super) fn prepare(
    folder: &Path,
    units: &[Unit],
    (over_relay, lang): (bool, Lang),
    now: Timestamp,
) -> anyhow::Result<(Vec<Office>, Option<Made>)> {
    fs::create_dir_all(folder)?;
    let numbers: BTreeSet<OfficeNumber> =
        units.iter().flat_map(|unit| [unit.sender, unit.recipient]).collect();
    let types = service_types(units);
    let validity =
        Validity { not_before: now - SignedDuration::from_hours(1), not_after: now + VALIDITY };
    let authority = TestCa::new("renkei demo CA (THROW-AWAY, DO NOT TRUST)", validity)?;
    let root = certificates_to_pem(&[authority.certificate().clone()]);
    let (relay, listening) = if over_relay {
        (Some(relayed::make(folder, &root, lang)?), BTreeMap::new())
    } else {
        let addresses = free_addresses(numbers.len())?;
        (None, numbers.iter().copied().zip(addresses).collect())
    };

    let mut offices = Vec::new();
    for number in &numbers {
        let home = folder.join(number.as_str());
        for name in ["drop", "import", "hold", "keys"] {
            fs::create_dir_all(home.join(name))?;
        }
        let keys = home.join("keys");
        files::write(&keys.join("ca.pem"), root.as_bytes(), Access::Public, Existing::Replace)?;
        for (name, usage) in [("tls", Usage::Tls), ("signing", Usage::Signing)] {
            let issued = authority.issue(*number, usage, &["127.0.0.1"], validity)?;
            let certificate = issued.chain_pem();
            let (pem, key) = (keys.join(format!("{name}.pem")), keys.join(format!("{name}.key")));
            files::write(&pem, certificate.as_bytes(), Access::Public, Existing::Replace)?;
            files::write(&key, issued.key_pem().as_bytes(), Access::Secret, Existing::Replace)?;
        }
        let partners: Vec<_> = numbers
            .iter()
            .filter(|partner| {
                *partner != number
                    && (numbers.len() <= ALL_PARTNERS || exchange(units, *number, **partner))
            })
            .copied()
            .collect();
        // Those of an earlier demo in this folder: now they may stand in the configuration.
        for partner in &partners {
            cards::remove(&home, *partner)?;
        }
        let config = home.join("renkei.toml");
        let ways = match &relay {
            Some(relay) => format!("\n{}\n", relay.lines()),
            None => peers(&partners, &listening, &types),
        };
        let text = configuration(*number, listening.get(number), &types) + &ways;
        disk::replace(&config, text.as_bytes(), Readers::Public)
            .with_context(|| config.display().to_string())?;
        let (drop, hold) = (home.join("drop"), home.join("hold"));
        offices.push(Office { number: *number, partners, drop, hold, config });
    }
    Ok((offices, relay))
}

fn exchange(units: &[Unit], one: OfficeNumber, other: OfficeNumber) -> bool {
    units.iter().any(|unit| {
        (unit.sender, unit.recipient) == (one, other)
            || (unit.sender, unit.recipient) == (other, one)
    })
}

/// The service types that the file names attach to each office.
fn service_types(units: &[Unit]) -> Types {
    let mut types = Types::new();
    for (name, _) in units.iter().flat_map(|unit| &unit.files) {
        let Ok(FileName { sender, recipient, service_types: Some(both), .. }) =
            FileName::parse(name)
        else {
            continue;
        };
        types.entry(sender).or_default().insert(both.0);
        types.entry(recipient).or_default().insert(both.1);
    }
    types
}

type Types = BTreeMap<OfficeNumber, BTreeSet<ServiceType>>;

fn list(types: &Types, office: OfficeNumber) -> String {
    let types = types.get(&office).into_iter().flatten();
    let quoted: Vec<_> = types.map(|service| format!("\"{service}\"")).collect();
    quoted.join(", ")
}

/// Without an address to listen at, no port is opened.
fn configuration(number: OfficeNumber, listen: Option<&SocketAddr>, types: &Types) -> String {
    let listen = listen.map(|listen| format!("listen = \"{listen}\"\n")).unwrap_or_default();
    format!(
        "# renkei demo が作った設定です。証明書は使い捨てです。\n\
         [node]\ndata = \"data\"\n{listen}log = \"warn\"\n\n\
         [tls]\ncertificate = \"keys/tls.pem\"\nkey = \"keys/tls.key\"\nroots = [\"keys/ca.pem\"]\n\n\
         [[office]]\nnumber = \"{number}\"\nservice_types = [{types}]\n\
         drop = \"drop\"\nimport = \"import\"\nhold = \"hold\"\n\
         signing_certificate = \"keys/signing.pem\"\nsigning_key = \"keys/signing.key\"\n\n\
         [timing]\nscan_interval = \"500ms\"\nsettle = \"300ms\"\nset_wait = \"3s\"\n\n\
         [limits]\nconnections = 4096\nin_flight = 8\n\n\
         [page]\nlisten = \"127.0.0.1:0\"\n",
        types = list(types, number),
    )
}

fn peers(
    partners: &[OfficeNumber],
    listening: &BTreeMap<OfficeNumber, SocketAddr>,
    types: &Types,
) -> String {
    let mut text = String::new();
    for (partner, address) in partners.iter().filter_map(|of| Some((of, listening.get(of)?))) {
        // Writing into a String cannot fail.
        let _ = write!(
            text,
            "\n[[peer]]\noffice = \"{partner}\"\nservice_types = [{}]\nurl = \"https://{address}\"\n",
            list(types, *partner)
        );
    }
    text
}
