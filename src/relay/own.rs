//! The certificates of the relay itself, and until when they can be used.
//!
//! One that no office can ever accept keeps the relay from starting. One whose time is over does not: a
//! new one in its place is taken up while the relay runs.

use std::path::PathBuf;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::RelayError;
use crate::certs::{self, Identity, unfit};
use crate::config::{IdentityFiles, RelayConfig};
use crate::package::CertificateInfo;
use crate::types::Lang;

/// So long before its end it is told that a certificate ends.
const SOON: SignedDuration = SignedDuration::from_hours(24 * 30);

/// The certificates of a relay.
#[derive(Debug, Clone)]
pub struct OwnCertificates {
    /// That of TLS, and that with which acceptances are signed.
    all: [Period; 2],
}

/// From when until when a certificate and those above it are valid.
#[derive(Debug, Clone)]
struct Period {
    file: PathBuf,
    from: Timestamp,
    until: Timestamp,
}

/// What is to be known of a certificate at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Whether offices refuse it, so that the relay is of no use.
    pub is_refused: bool,
    /// In words.
    pub ja: String,
    /// In words.
    pub en: String,
}

impl OwnCertificates {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// A file that cannot be read, or a certificate that no office can ever accept.
    pub fn of(config: &RelayConfig) -> Result<Self, RelayError> {
        let (tls, signing) = (&config.tls.identity, &config.signing);
        Self::new([(tls, &certs::load(tls)?), (signing, &certs::load(signing)?)])
    }

    pub(super) fn new(all: [(&IdentityFiles, &Identity); 2]) -> Result<Self, RelayError> {
        let [tls, signing] = all.map(|(files, identity)| Period::of(files, identity));
        Ok(Self { all: [tls?, signing?] })
    }

    /// When the first of them ends.
    pub fn end(&self) -> Timestamp {
        let [tls, signing] = &self.all;
        tls.until.min(signing.until)
    }

    /// Everything that is to be known at `now`; nothing where all is well.
    pub fn told(&self, now: Timestamp) -> Vec<Told> {
        self.all.iter().filter_map(|period| period.told(now)).collect()
    }
}

impl Period {
    fn of(files: &IdentityFiles, identity: &Identity) -> Result<Self, RelayError> {
        let file = match files {
            IdentityFiles::Pem { certificate, .. } => certificate.clone(),
            IdentityFiles::Pkcs12 { file, .. } => file.clone(),
        };
        // Whether its time is over is told apart.
        unfit(identity, Timestamp::MIN)
            .map_err(|why| RelayError::Unfit { file: file.clone(), why })?;
        let infos = || identity.chain().iter().filter_map(|der| CertificateInfo::of(der).ok());
        let from = infos().map(|info| info.not_before).max().unwrap_or(Timestamp::MIN);
        let until = infos().map(|info| info.not_after).min().unwrap_or(Timestamp::MAX);
        Ok(Self { file, from, until })
    }

    fn told(&self, now: Timestamp) -> Option<Told> {
        let Self { file, from, until } = self;
        let (file, left) = (file.display(), until.duration_since(now));
        let day = |at: &Timestamp| at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M");
        if now < *from {
            let (from, now) = (day(from), day(&now));
            // Offices go by their own clocks, which may well be right.
            return Some(Told {
                is_refused: false,
                ja: format!(
                    "中継サーバーの証明書 {file} は {from} から有効です（この機械の時計: {now}）。この機械の時計を確かめてください。時計が正しければ、それまで事業所は接続できません。"
                ),
                en: format!(
                    "the relay's certificate {file} is valid from {from} on, and the clock of this machine says {now}: check this clock; if it is right, no office can use the relay until then"
                ),
            });
        }
        if left.is_negative() {
            let until = day(until);
            return Some(Told {
                is_refused: true,
                ja: format!(
                    "中継サーバーの証明書 {file} は {until} に期限が切れました。事業所は接続できません。新しい証明書に置き換え、各事業所の [[relay]] に新しい SHA-256 を知らせてください。"
                ),
                en: format!(
                    "the relay's certificate {file} ended at {until}, and no office can use the relay: put a new one in its place, and tell the offices its SHA-256 for their [[relay]]"
                ),
            });
        }
        (left <= SOON).then(|| {
            let until = day(until);
            Told {
                is_refused: false,
                ja: format!(
                    "中継サーバーの証明書 {file} の期限は {until} です。その前に新しい証明書を用意し、各事業所の [[relay]] に新しい SHA-256 を加えてもらってから置き換えてください。"
                ),
                en: format!(
                    "the relay's certificate {file} ends at {until}: have the offices add the SHA-256 of a new one to their [[relay]], and then put it in its place"
                ),
            }
        })
    }
}

impl Told {
    /// In words.
    pub fn text(&self, lang: Lang) -> &str {
        lang.pick(&self.ja, &self.en)
    }
}
