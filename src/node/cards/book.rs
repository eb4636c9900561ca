//! The partners in the folder beside the configuration.

use std::fs;
use std::io;
use std::path::Path;

use crate::config::{PARTNERS, PartnerFile, Peer, partner_text};
use crate::disk::{self, Readers};
use crate::package::card::{CardCertificate, SignedCard};
use crate::types::{Digest, Edition, OfficeNumber};

use super::alone::Alone;
use super::own::read;

/// The largest file of a partner.
const LARGEST: u64 = 1 << 20;

/// A partner as its files say.
#[derive(Debug, Clone)]
pub struct Partner {
    /// What holds.
    pub peer: Peer,
    /// The card that it was made from, if there was one and its file is whole.
    pub card: Option<SignedCard>,
}

/// The card names no way that leads to the office which this program knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the card names no address at which the office is reached")]
pub struct NoWay;

/// The partner of a file in `partners/` of `home`; nothing where there is none, or one with mistakes.
pub fn partner(home: &Path, office: OfficeNumber) -> Option<Partner> {
    let name = PartnerFile::new(office, String::new()).name;
    let text = disk::read_text(&home.join(PARTNERS).join(&name), LARGEST).ok()?;
    let peer = PartnerFile { name, text }.peer(home)?;
    let card = peer.card.as_deref().and_then(read);
    Some(Partner { peer, card })
}

/// The partner that a card makes. Where a person gave the former one another name, address, edition
/// or send units than its card said, a style of quoting, or pinned further certificates, that stays.
///
/// # Errors
///
/// Nobody knows where it is reached.
pub fn peer_of(card: &SignedCard, former: Option<&Partner>) -> Result<Peer, NoWay> {
    let mut peer = facts(card);
    let mut url = card.card().url().cloned();
    if let Some(Partner { peer: held, card: Some(old) }) = former {
        let old_url = old.card().url();
        let old = facts(old);
        if held.name != old.name {
            peer.name.clone_from(&held.name);
        }
        if Some(&held.url) != old_url {
            url = Some(held.url.clone());
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
    let url = url.ok_or(NoWay)?;
    Ok(Peer {
        office: peer.office,
        name: peer.name,
        service_types: card.card().service_types.clone(),
        url,
        edition: peer.edition,
        takes: peer.takes,
        quoting: former.and_then(|former| former.peer.quoting),
        tls_certificates: peer.tls_certificates,
        signing_certificates: peer.signing_certificates,
        card: None,
    })
}

/// What a card says that a person may have decided otherwise.
struct Facts {
    office: OfficeNumber,
    name: Option<String>,
    edition: Option<Edition>,
    takes: Vec<String>,
    tls_certificates: Vec<Digest>,
    signing_certificates: Vec<Digest>,
}

fn facts(card: &SignedCard) -> Facts {
    let card = card.card();
    let pins = |listed: &[CardCertificate]| listed.iter().map(CardCertificate::sha256).collect();
    Facts {
        office: card.office,
        name: card.name.clone(),
        edition: card.only_edition(),
        takes: card.takes.clone(),
        tls_certificates: pins(&card.certificates.tls),
        signing_certificates: pins(&card.certificates.signing),
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

/// Removes a partner and its card; `false` if there was none.
///
/// # Errors
///
/// The folder cannot be written to.
pub fn remove(home: &Path, office: OfficeNumber) -> io::Result<bool> {
    let folder = home.join(PARTNERS);
    let path = folder.join(PartnerFile::new(office, String::new()).name);
    let was_there = fs::symlink_metadata(&path).is_ok();
    disk::remove_file(&path)?;
    if was_there {
        disk::sync_folder(&folder)?;
    }
    remove_cards(&folder, office, None)?;
    Ok(was_there)
}

fn remove_cards(folder: &Path, office: OfficeNumber, but: Option<&str>) -> io::Result<()> {
    let is_of = |name: &str| {
        let serial = name.strip_prefix(&format!("{office}-"))?.strip_suffix(".card")?;
        serial.bytes().all(|byte| byte.is_ascii_digit()).then_some(())
    };
    for name in disk::names(folder)? {
        if is_of(&name).is_some() && Some(name.as_str()) != but {
            disk::remove_file(&folder.join(name))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
