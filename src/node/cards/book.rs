//! The partners in the folder beside the configuration.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use crate::config::{Config, LARGEST_SOURCE, PARTNERS, PartnerFile, Peer, Relay, partner_text};
use crate::disk::{self, Alone, Readers};
use crate::package::card::{CardCertificate, SignedCard};
use crate::types::{Digest, OfficeNumber, PeerUrl};

use super::own::read;

/// A partner as its files say.
#[derive(Debug, Clone)]
pub struct Partner {
    /// What holds.
    pub peer: Peer,
    /// The card that it was made from, if there was one and its file is whole.
    pub card: Option<SignedCard>,
}

/// The card names no way that leads to the office, and the office cannot come to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the card names no address and no relay of ours, and this node does not listen")]
pub struct NoWay;

/// What we have of ways, for choosing the one to a partner.
#[derive(Debug, Clone, Copy)]
pub struct OwnWays<'c> {
    /// The relays from which we fetch, and with which we leave what is for others.
    pub relays: &'c [Relay],
    /// Whether others can come to us.
    pub listens: bool,
}

impl<'c> OwnWays<'c> {
    /// Those of a configuration.
    pub fn of(config: &'c Config) -> Self {
        Self { relays: &config.relays, listens: config.node.listen.is_some() }
    }

    /// The relay of a card that is ours too; else its first one, which may become ours.
    fn relay_of<'u>(&self, card: &'u SignedCard) -> Option<&'u PeerUrl> {
        let is_ours = |url: &&PeerUrl| self.relays.iter().any(|relay| relay.url == **url);
        let mut relays = card.card().relays();
        relays.clone().find(is_ours).or_else(|| relays.next())
    }

    fn lead_to(&self, peer: &Peer) -> bool {
        let is_ours = |url: &PeerUrl| self.relays.iter().any(|relay| relay.url == *url);
        peer.url.is_some() || self.listens || peer.relay.as_ref().is_some_and(is_ours)
    }
}

/// The partner of a file in `partners/` of `home`; nothing where there is none, or one with mistakes.
pub fn partner(home: &Path, office: OfficeNumber) -> Option<Partner> {
    let name = PartnerFile::new(office, String::new()).name;
    let text = disk::read_text(&home.join(PARTNERS).join(&name), LARGEST_SOURCE).ok()?;
    let peer = PartnerFile { name, text }.peer(home)?;
    let card = peer.card.as_deref().and_then(read);
    Some(Partner { peer, card })
}

/// The partner that a card makes. Where a person gave the former one another name, address, edition
/// or send units than its card said, a style of quoting, or pinned further certificates, that stays.
///
/// # Errors
///
/// Nobody knows how it is reached.
pub fn peer_of(
    card: &SignedCard,
    former: Option<&Partner>,
    own: OwnWays<'_>,
) -> Result<Peer, NoWay> {
    let quoting = former.and_then(|former| former.peer.quoting);
    let former = former.and_then(|Partner { peer, card }| Some((peer, card.as_ref()?)));
    let mut peer = said(card, own);
    if let Some((held, old)) = former {
        let old = said(old, own);
        if held.url != old.url {
            peer.url.clone_from(&held.url);
        }
        if held.relay != old.relay {
            peer.relay.clone_from(&held.relay);
        }
        if held.name != old.name {
            peer.name.clone_from(&held.name);
        }
        if held.edition != old.edition {
            peer.edition = held.edition;
        }
        if held.takes != old.takes {
            peer.takes.clone_from(&held.takes);
        }
        add(&mut peer.tls_certificates, &held.tls_certificates, &old.tls_certificates);
        add(&mut peer.signing_certificates, &held.signing_certificates, &old.signing_certificates);
    }
    peer.quoting = quoting;
    if own.lead_to(&peer) { Ok(peer) } else { Err(NoWay) }
}

/// The partner as its card says.
fn said(card: &SignedCard, own: OwnWays<'_>) -> Peer {
    let relay = own.relay_of(card).cloned();
    let card = card.card();
    let pins = |listed: &[CardCertificate]| listed.iter().map(CardCertificate::sha256).collect();
    Peer {
        office: card.office,
        name: card.name.clone(),
        service_types: card.service_types.clone(),
        url: card.url().cloned(),
        relay,
        edition: card.only_edition(),
        takes: card.takes.clone(),
        quoting: None,
        tls_certificates: pins(&card.certificates.tls),
        signing_certificates: pins(&card.certificates.signing),
        card: None,
    }
}

/// Adds what is held and did not come from the old card.
fn add(pins: &mut Vec<Digest>, held: &[Digest], old: &[Digest]) {
    for pin in held {
        if !old.contains(pin) && !pins.contains(pin) {
            pins.push(*pin);
        }
    }
}

/// Waits until nobody else writes partners.
///
/// # Errors
///
/// The folder cannot be written to.
pub fn alone(home: &Path) -> io::Result<Alone> {
    let folder = home.join(PARTNERS);
    disk::create_folders(&folder)?;
    Alone::in_folder(&folder)
}

/// Writes a partner, with its card if there is one, in the place of what was there.
///
/// # Errors
///
/// The folder cannot be written to. Then the former partner holds.
pub fn put(home: &Path, peer: &Peer, card: Option<&SignedCard>) -> io::Result<()> {
    let folder = home.join(PARTNERS);
    disk::create_folders(&folder)?;
    let name = card.map(|card| format!("{}-{}.card", peer.office, card.card().serial));
    if let (Some(card), Some(name)) = (card, &name) {
        disk::replace(&folder.join(name), card.bytes(), Readers::AsUsual)?;
    }
    let file = PartnerFile::new(peer.office, partner_text(peer, name.as_deref()));
    disk::replace(&folder.join(&file.name), file.text.as_bytes(), Readers::AsUsual)?;
    // The partner is as it should be, whether its former cards go now or with the next one.
    let _ = remove_cards(&folder, peer.office, name.as_deref());
    Ok(())
}

/// Removes a partner and its card; one that is not there is fine.
///
/// # Errors
///
/// The folder cannot be written to. Then the partner is there as before.
pub fn remove(home: &Path, office: OfficeNumber) -> io::Result<()> {
    let folder = home.join(PARTNERS);
    if !folder.is_dir() {
        return Ok(());
    }
    disk::remove_file(&folder.join(PartnerFile::new(office, String::new()).name))?;
    disk::sync_folder(&folder)?;
    // Nothing names its card any more, and one that stays goes with the next partner of this number.
    let _ = remove_cards(&folder, office, None);
    Ok(())
}

/// The serials of the cards by which the offices are registered that a TLS certificate is pinned for.
pub(in crate::node) fn registered_serials(
    config: &Config,
    certificate: Digest,
) -> BTreeMap<OfficeNumber, u64> {
    let pinned = config.peers.iter().filter(|peer| peer.tls_certificates.contains(&certificate));
    let serial = |peer: &Peer| {
        let name = peer.card.as_ref()?.file_name()?.to_str()?;
        Some((peer.office, serial_in(name, peer.office)?))
    };
    pinned.filter_map(serial).collect()
}

/// The serial in the name of the file of an office's card.
fn serial_in(name: &str, office: OfficeNumber) -> Option<u64> {
    let serial = name.strip_prefix(&format!("{office}-"))?.strip_suffix(".card")?;
    let digits = Some(serial).filter(|serial| serial.bytes().all(|byte| byte.is_ascii_digit()));
    digits?.parse().ok()
}

fn remove_cards(folder: &Path, office: OfficeNumber, but: Option<&str>) -> io::Result<()> {
    for name in disk::names(folder)? {
        if serial_in(&name, office).is_some() && Some(name.as_str()) != but {
            disk::remove_file(&folder.join(name))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
