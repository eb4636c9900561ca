//! The cards of our own offices.

use std::io;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use rustls_pki_types::CertificateDer;

use crate::certs::{self, CertsError, Identity, SEALING_FOLDER, renewal};
use crate::config::Config;
use crate::disk::{self, Alone, Readers};
use crate::package::card::{
    Card, CardCertificate, CardCertificates, CardFault, CardFormat, Channel, MAX_CARD, SealingKey,
    SignedCard,
};
use crate::package::sealed::SealingSecret;
use crate::package::{CertificateInfo, SignerError};
use crate::types::{Lang, OfficeNumber, io_text};

use super::super::registered::OWN_CARDS;

/// How much longer than a second before now a new card holds: clocks of partners may be behind.
const BEFORE: SignedDuration = SignedDuration::from_hours(24);

/// Why there is no card of an office of ours.
#[derive(Debug, thiserror::Error)]
pub enum OwnCardError {
    /// It is none of ours.
    #[error("{0} is no office of this configuration")]
    UnknownOffice(OfficeNumber),
    /// A file of certificates cannot be used.
    #[error(transparent)]
    Certs(#[from] CertsError),
    /// The signing certificate and its key cannot be used.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The signing certificate is not valid at the moment.
    #[error("the signing certificate is valid from {from} to {until}")]
    NotCurrent {
        /// From when on.
        from: Timestamp,
        /// Until when.
        until: Timestamp,
    },
    /// What was made would be refused by everybody.
    #[error(transparent)]
    Fault(#[from] CardFault),
    /// The card cannot be kept.
    #[error("{path}: {error}", path = .path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: io::Error,
    },
}

impl OwnCardError {
    /// What is wrong and what to do, as a sentence.
    pub fn text(&self, lang: Lang) -> String {
        match (lang, self) {
            (_, Self::Certs(error)) => error.text(lang),
            (_, Self::Fault(fault)) => fault.text(lang),
            (Lang::Ja, Self::UnknownOffice(office)) => {
                format!("事業所 {office} は、設定ファイルの [[office]] にありません。")
            }
            (Lang::Ja, Self::Signer(error)) => {
                format!("署名用の証明書と秘密鍵を使えません: {}。", error.text(lang))
            }
            (Lang::Ja, Self::NotCurrent { from, until }) => {
                let [from, until] = [*from, *until].map(crate::node::local_time);
                format!(
                    "署名用の証明書の有効期間（{from} ～ {until}）ではないため、事業所カードを作れません。"
                )
            }
            (Lang::Ja, Self::Disk { path, error }) => {
                let (path, why) = (path.display(), io_text(error, lang));
                format!("事業所カードを {path} に保存できません: {why}。")
            }
            (Lang::En, Self::Disk { path, error }) => {
                let (path, why) = (path.display(), io_text(error, lang));
                format!("the card cannot be kept in {path}: {why}")
            }
            (Lang::En, _) => self.to_string(),
        }
    }
}

/// The card of an office of ours: the last one, as long as it says what it would say now, or a new
/// one with a greater serial, which is kept.
///
/// # Errors
///
/// There is no such office, or its certificates or the data folder cannot be used.
pub fn own_card(
    config: &Config,
    office: OfficeNumber,
    now: Timestamp,
) -> Result<SignedCard, OwnCardError> {
    let own = config.office(office).ok_or(OwnCardError::UnknownOffice(office))?;
    let signing = certs::load(&own.signing)?;
    let signer = signing.signer()?;
    let info = CertificateInfo::of(signer.chain().first().ok_or(SignerError::KeyKind)?)
        .map_err(SignerError::from)?;
    let (from, until) = (info.not_before, info.not_after);
    if !(from..=until).contains(&now) {
        return Err(OwnCardError::NotCurrent { from, until });
    }
    let folder = folder_of(config);
    let alone = disk::create_private_folders(&folder).and_then(|()| Alone::in_folder(&folder));
    let _alone = alone.map_err(|error| OwnCardError::Disk { path: folder, error })?;
    let draft = Card {
        format: CardFormat::V1,
        office,
        serial: 0,
        name: own.name.clone(),
        service_types: own.service_types.clone(),
        editions: own.editions.iter().map(ToString::to_string).collect(),
        takes: own.takes.clone(),
        channels: channels(config),
        certificates: CardCertificates {
            tls: listed(
                &certs::load(&config.tls.identity)?,
                renewal::next_certificate(&config.tls.identity),
                &config.tls.next,
            )?,
            signing: listed(&signing, renewal::next_certificate(&own.signing), &own.signing_next)?,
        },
        sealing: sealing(config, office, now),
        valid_from: now,
        valid_until: until,
    };
    let path = path_of(config, office);
    let last = read(&path);
    if let Some(last) = &last {
        let signs = last.signer().sha256() == signer.certificate_sha256();
        if signs && draft.says_the_same_as(last.card()) && last.check_time(now).is_ok() {
            return Ok(last.clone());
        }
    }
    // By the seconds of the clock, so that it rises even where the last card was lost.
    let seconds = u64::try_from(now.as_second()).unwrap_or_default();
    let serial = last.map_or(0, |last| last.card().serial.saturating_add(1)).max(seconds);
    let begins = Timestamp::from_second(now.as_second()).unwrap_or(now);
    let valid_from = begins.checked_sub(BEFORE).unwrap_or(begins).max(from);
    let bytes = Card { serial, valid_from, ..draft }.sign(&signer, now)?;
    let made = SignedCard::open(&bytes)?;
    let kept = disk::replace(&path, made.bytes(), Readers::AsUsual);
    kept.map_err(|error| OwnCardError::Disk { path, error })?;
    Ok(made)
}

/// The key to which partners seal; without one they send as before.
fn sealing(config: &Config, office: OfficeNumber, now: Timestamp) -> Option<SealingKey> {
    let folder = config.node.data.join(SEALING_FOLDER);
    match certs::sealing_keys_in_time(&folder, office, now) {
        Ok(keys) => certs::announced(&keys, now).map(SealingSecret::announced),
        Err(error) => {
            tracing::warn!(%office, %error, "the card has no sealing key");
            None
        }
    }
}

/// How partners reach us: directly, and by our relays.
fn channels(config: &Config) -> Vec<Channel> {
    let direct = config.node.url.iter().map(|url| Channel::Direct { url: url.clone() });
    let relays = config.relays.iter().map(|relay| Channel::Relay { url: relay.url.clone() });
    direct.chain(relays).collect()
}

/// The last card of an office of ours that was made, as long as its time is now.
pub(super) fn kept(config: &Config, office: OfficeNumber, now: Timestamp) -> Option<SignedCard> {
    config.office(office)?;
    let card = read(&path_of(config, office))?;
    (card.card().office == office && card.check_time(now).is_ok()).then_some(card)
}

/// Where our own cards stand.
fn folder_of(config: &Config) -> PathBuf {
    config.node.data.join(OWN_CARDS)
}

fn path_of(config: &Config, office: OfficeNumber) -> PathBuf {
    folder_of(config).join(format!("{office}.card"))
}

/// The card in a file, if a good one is there.
pub(super) fn read(path: &Path) -> Option<SignedCard> {
    let most = u64::try_from(MAX_CARD).unwrap_or(u64::MAX);
    SignedCard::open(&disk::read_bytes(path, most).ok()?).ok()
}

/// The certificate in use, and those that will follow it: the one that its renewal has prepared, and
/// those of the files that the configuration names.
fn listed(
    current: &Identity,
    renewed: Option<CertificateDer<'static>>,
    next: &[PathBuf],
) -> Result<Vec<CardCertificate>, CertsError> {
    let current = current.chain().iter().take(1).cloned().map(CardCertificate::from);
    // Of what is none for an office the renewal tells.
    let renewed = renewed.map(CardCertificate::from).filter(CardCertificate::is_usable);
    let mut all: Vec<_> = current.chain(renewed).collect();
    for path in next {
        let certificates = match certs::load_certificates(path) {
            // One that was put into its place, so that it is the one in use.
            Err(CertsError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                continue;
            }
            loaded => loaded?,
        };
        // Behind it stand those above it.
        all.extend(certificates.into_iter().take(1).map(CardCertificate::from));
    }
    let mut listed: Vec<CardCertificate> = Vec::new();
    for certificate in all {
        if !listed.contains(&certificate) {
            listed.push(certificate);
        }
    }
    Ok(listed)
}
