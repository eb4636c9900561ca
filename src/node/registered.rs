//! Which of our certificates each partner has, as far as it has said so itself.
//!
//! A partner tells in its status which card of ours it has registered. What that card lists is written
//! down in the data folder, so that a command and the page can say whom a new certificate would
//! cut off, whether the node runs or not.

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::disk::{self, Readers};
use crate::package::card::{CardCertificate, SignedCard};
use crate::types::{Digest, OfficeNumber};

/// The folder of our own cards in the data folder.
pub(super) const OWN_CARDS: &str = "cards";

/// The file there.
const FILE: &str = "registered.json";

/// The most bytes of it: thousands of partners.
const MAX_FILE: u64 = 16 << 20;

/// What a partner has registered of an office of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Registered {
    office: OfficeNumber,
    partner: OfficeNumber,
    /// The serial of our card there.
    serial: u64,
    /// SHA-256 of the certificates that it lists.
    certificates: Vec<Digest>,
}

fn path(config: &Config) -> PathBuf {
    config.node.data.join(OWN_CARDS).join(FILE)
}

/// Nothing where the file is missing or no longer what was written: then everybody is asked again.
fn read(config: &Config) -> Vec<Registered> {
    let text = disk::read_text(&path(config), MAX_FILE);
    text.ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// Writes down that partners have registered a card of ours. May block.
pub(super) fn note(
    config: &Config,
    card: &SignedCard,
    partners: &[OfficeNumber],
) -> io::Result<()> {
    let (office, serial) = (card.card().office, card.card().serial);
    let listed = &card.card().certificates;
    let certificates: Vec<_> =
        listed.tls.iter().chain(&listed.signing).map(CardCertificate::sha256).collect();
    let before = read(config);
    let is_known = |partner| config.peers.iter().any(|peer| peer.office == partner);
    let others = before.iter().filter(|one| {
        is_known(one.partner) && !(one.office == office && partners.contains(&one.partner))
    });
    let new = partners.iter().map(|partner| Registered {
        office,
        partner: *partner,
        serial,
        certificates: certificates.clone(),
    });
    let mut now: Vec<_> = others.cloned().chain(new).collect();
    now.sort_by_key(|one| (one.office, one.partner));
    if now == before {
        return Ok(());
    }
    let text = serde_json::to_string(&now).map_err(io::Error::other)?;
    disk::replace(&path(config), text.as_bytes(), Readers::AsUsual)
}

/// The partners that have not said that they know a certificate which is to speak or sign for these
/// offices of ours. Those that registered us by hand never say so. May block.
pub(super) fn strangers_to(
    config: &Config,
    offices: &[OfficeNumber],
    certificate: Digest,
) -> Vec<OfficeNumber> {
    let registered = read(config);
    let has = |office: &OfficeNumber, partner: OfficeNumber| {
        registered.iter().any(|one| {
            one.office == *office
                && one.partner == partner
                && one.certificates.contains(&certificate)
        })
    };
    let partners = config.peers.iter().map(|peer| peer.office);
    let others = partners.filter(|partner| config.office(*partner).is_none());
    others.filter(|partner| !offices.iter().all(|office| has(office, *partner))).collect()
}
