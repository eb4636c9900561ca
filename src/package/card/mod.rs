//! The card of an office (事業所カード): who it is, what it takes, where it is reached and with which
//! certificates it speaks and signs, signed with one of these (`spec/PROTOCOL.md`, section 11).
//!
//! A card proves by itself only that one hand made it: whose hand it is, two people find out by
//! comparing [`check_digits`]. From then on a newer card is believed when the key signed it that is
//! trusted already ([`SignedCard::replaces`]).

mod certificates;
mod channel;
mod digits;
mod fault;
mod sealing;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::types::text::{is_office_name, is_unit};
use crate::types::{Digest, Edition, OfficeNumber, PeerUrl, ServiceType};

use super::json::{self, MAX_SAFE_INTEGER};
use super::{Signer, SignerError, Trust, Usage, cms};

pub(super) use certificates::base64;
pub use certificates::{CardCertificate, CardCertificates};
pub use channel::Channel;
pub use digits::{CheckDigits, ParseCheckDigitsError, certificate_digits, check_digits};
pub use fault::CardFault;
pub use sealing::SealingKey;

/// The most bytes of a card.
pub const MAX_CARD: usize = 64 << 10;

/// The most service types, editions, send units and channels.
const MAX_ENTRIES: usize = 100;

/// The format of a card. Another meaning of a field needs another format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum CardFormat {
    /// The first and only one.
    #[default]
    #[serde(rename = "renkei.card/1")]
    V1,
}

/// What a card says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// `renkei.card/1`
    pub format: CardFormat,
    /// Whose card it is.
    pub office: OfficeNumber,
    /// Greater than that of every earlier card of the office.
    pub serial: u64,
    /// What people call the office.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "json::present")]
    pub name: Option<String>,
    /// サービス種類コード of the office.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub service_types: Vec<ServiceType>,
    /// The editions that its care software imports, as `v3`; nothing where it does not say. Those
    /// that only newer programs know are there too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub editions: Vec<String>,
    /// The send units that its care software imports, as `K1`; nothing where it does not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub takes: Vec<String>,
    /// Where it is reached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<Channel>,
    /// With which certificates it speaks and signs.
    pub certificates: CardCertificates,
    /// The key by which packages are sealed for it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "json::present")]
    pub sealing: Option<SealingKey>,
    /// From when on it may be registered.
    #[serde(deserialize_with = "json::time")]
    pub valid_from: Timestamp,
    /// Until when it may be registered.
    #[serde(deserialize_with = "json::time")]
    pub valid_until: Timestamp,
}

/// A card whose signature holds, with one of its own certificates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCard {
    bytes: Vec<u8>,
    card: Card,
    sha256: Digest,
    signer: CardCertificate,
}

impl Card {
    /// Signs the card: CMS with the document inside.
    ///
    /// # Errors
    ///
    /// The library could not sign. That the signer is one of the card is for the caller:
    /// [`SignedCard::open`] refuses it otherwise.
    pub fn sign(&self, signer: &Signer, now: Timestamp) -> Result<Vec<u8>, SignerError> {
        let content = serde_json::to_vec(self).map_err(|_| SignerError::Sign)?;
        cms::sign_attached(signer, &content, now)
    }

    /// Whether it says the same as another, but for its serial and the time from which on it holds.
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        let other = Self { serial: self.serial, valid_from: self.valid_from, ..other.clone() };
        *self == other
    }

    /// Where others open connections to it, if they can.
    pub fn url(&self) -> Option<&PeerUrl> {
        self.channels.iter().find_map(|channel| match channel {
            Channel::Direct { url } => Some(url),
            Channel::Relay { .. } | Channel::Other => None,
        })
    }

    /// The relays from which it fetches what is left there for it.
    pub fn relays(&self) -> impl Iterator<Item = &PeerUrl> + Clone {
        self.channels.iter().filter_map(|channel| match channel {
            Channel::Relay { url } => Some(url),
            Channel::Direct { .. } | Channel::Other => None,
        })
    }

    /// The only edition that it imports, of those that we know.
    pub fn only_edition(&self) -> Option<Edition> {
        let mut known = self.editions.iter().filter_map(|name| name.parse().ok());
        match (known.next(), known.next()) {
            (Some(only), None) => Some(only),
            _ => None,
        }
    }

    fn check(&self) -> Result<(), CardFault> {
        let must = |allowed: bool, expected| {
            if allowed { Ok(()) } else { Err(CardFault::Document { expected }) }
        };
        must((1..=MAX_SAFE_INTEGER).contains(&self.serial), "a serial from 1 to 2^53 - 1")?;
        let name = self.name.as_deref();
        must(
            name.is_none_or(is_office_name),
            "a name of 1 to 100 characters that are all visible",
        )?;
        let lengths =
            [self.service_types.len(), self.editions.len(), self.takes.len(), self.channels.len()];
        must(lengths.iter().all(|length| *length <= MAX_ENTRIES), "lists of at most 100 entries")?;
        let are_words = self.editions.iter().chain(&self.takes).all(|word| is_unit(word));
        must(are_words, "editions and send units of 1 to 16 of [A-Za-z0-9._-]")?;
        must(self.valid_from < self.valid_until, "valid_until after valid_from")?;
        self.sealing.as_ref().map_or(Ok(()), SealingKey::check)?;
        self.certificates.check()
    }
}

impl SignedCard {
    /// Reads a card: its signature, its document, and that it is signed with one of the signing
    /// certificates that it names. Whether that is the hand of the office is not decided.
    ///
    /// # Errors
    ///
    /// The first thing that is not as it should be.
    pub fn open(bytes: &[u8]) -> Result<Self, CardFault> {
        if bytes.len() > MAX_CARD {
            return Err(CardFault::TooLarge { limit: MAX_CARD });
        }
        let (signed, content) = cms::verify_attached(bytes)?;
        let card: Card = json::read(content)
            .map_err(|_| CardFault::Document { expected: "a document renkei.card/1" })?;
        card.check()?;
        let mut listed = card.certificates.signing.iter();
        let signer = listed.find(|listed| *listed.der() == signed.certificate).cloned();
        let signer = signer.ok_or(CardFault::OtherSigner)?;
        Ok(Self { bytes: bytes.to_vec(), card, sha256: Digest::of(bytes), signer })
    }

    /// The whole message, as it was signed.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What it says.
    pub const fn card(&self) -> &Card {
        &self.card
    }

    /// SHA-256 of the whole message.
    pub const fn sha256(&self) -> Digest {
        self.sha256
    }

    /// The certificate that it is signed with.
    pub const fn signer(&self) -> &CardCertificate {
        &self.signer
    }

    /// Whether it may be registered at `now`.
    ///
    /// # Errors
    ///
    /// Its time has not come or is over. Whether the certificate that signed it is good is not looked
    /// at: that is a matter of trust.
    pub fn check_time(&self, now: Timestamp) -> Result<(), CardFault> {
        if now < self.card.valid_from {
            return Err(CardFault::NotYetValid { from: self.card.valid_from });
        }
        if now > self.card.valid_until {
            return Err(CardFault::Expired { until: self.card.valid_until });
        }
        Ok(())
    }

    /// Whether it takes the place of `held` at `now`: it is of the same office, newer, in its time,
    /// and the certificate that signed it is believed of that office as a signing certificate.
    ///
    /// # Errors
    ///
    /// The first of these that is not so. The same card again is [`CardFault::Same`].
    pub fn replaces(&self, held: &Self, trust: &Trust, now: Timestamp) -> Result<(), CardFault> {
        let office = held.card.office;
        if self.card.office != office {
            return Err(CardFault::OtherOffice { expected: office, got: self.card.office });
        }
        if self.sha256 == held.sha256 {
            return Err(CardFault::Same);
        }
        let (held, got) = (held.card.serial, self.card.serial);
        if got <= held {
            return Err(CardFault::Older { held, got });
        }
        self.check_time(now)?;
        trust
            .speaks_for(self.signer.der(), &[], office, Usage::Signing, now)
            .map_err(|why| CardFault::NotTrusted { why })
    }
}

#[cfg(test)]
mod tests;
