//! Who we are and whom we believe: everything that comes from files of certificates.
//!
//! Read at the start and again every hour, so that a renewed certificate or revocation list needs
//! no restart. What cannot be used then is told, and what was read before stays.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::problems::{Problems, StartProblems};
use crate::certs::{self, CertsError, Identity};
use crate::config::{Config, IdentityFiles, Peer};
use crate::link::{PeerTrust, TlsSettings, TlsVersions};
use crate::package::{
    CertificateInfo, Receipt, Signer, SignerError, Trust, TrustError, TrustSources, Usage,
};
use crate::store::{NewReceipt, Origin};
use crate::types::{Digest, Lang, OfficeNumber};

/// Who speaks for an office whoever issued the certificate.
type Pins = BTreeMap<OfficeNumber, BTreeSet<Digest>>;

/// Trust and signing identities, as the files were when they were last read.
pub(super) struct Proof {
    /// Whose signatures are believed.
    pub(super) trust: Arc<Trust>,
    /// Whose TLS certificates are believed.
    pub(super) tls_trust: Arc<Trust>,
    signers: BTreeMap<OfficeNumber, Arc<Signer>>,
    /// What our own certificates are for, and until when they are valid.
    ends: Vec<(String, Timestamp)>,
}

impl Proof {
    /// Who signs for one of our offices.
    pub(super) fn signer(&self, office: OfficeNumber) -> Option<&Arc<Signer>> {
        self.signers.get(&office)
    }

    /// A signed receipt of `office`, ready to be stored with the step that it proves.
    pub(super) fn sign(
        &self,
        office: OfficeNumber,
        receipt: &Receipt,
        now: Timestamp,
    ) -> Result<NewReceipt, SignerError> {
        let signer = self.signer(office).ok_or(SignerError::Key)?;
        let der = receipt.sign(signer, now)?;
        Ok(NewReceipt {
            origin: Origin::Issued,
            kind: receipt.kind.as_str().to_owned(),
            at: receipt.at,
            der: der.into(),
        })
    }

    /// Our own certificates that end before `soon`.
    pub(super) fn ending(&self, soon: Timestamp) -> impl Iterator<Item = (&str, Timestamp)> {
        let ending = self.ends.iter().filter(move |(_, end)| *end < soon);
        ending.map(|(place, end)| (place.as_str(), *end))
    }
}

/// Reads everything; what is missing in the answer is among the problems.
pub(super) fn open(
    config: &Config,
    now: Timestamp,
    problems: &mut Problems,
) -> Option<(Proof, TlsSettings)> {
    let trust = load_trust(config, peer_pins(config, |peer| &peer.signing_certificates), problems);
    let trust = trust.map(Arc::new);
    // What cannot be loaded was told of above.
    let mut told = Problems::default();
    let tls_pins = peer_pins(config, |peer| &peer.tls_certificates);
    let tls_trust = load_trust(config, tls_pins, &mut told).map(Arc::new);

    let mut ends = Vec::new();
    let identity = problems.certs("tls", load_identity(&config.tls.identity));
    if let Some(identity) = &identity {
        ends.extend(end(identity).map(|end| ("tls".to_owned(), end)));
    }
    let mut signers = BTreeMap::new();
    for office in &config.offices {
        let place = format!("office {} signing_certificate", office.number);
        let Some(identity) = problems.certs(&place, load_identity(&office.signing)) else {
            continue;
        };
        ends.extend(end(&identity).map(|end| (place.clone(), end)));
        let number = office.number;
        if let Some(trust) = &trust {
            check_usable(&identity, number, (trust, Usage::Signing), now, &place, problems);
        }
        match identity.signer() {
            Ok(signer) => {
                signers.insert(number, Arc::new(signer));
            }
            Err(error) => {
                let ja = format!("署名用の証明書と秘密鍵を使えません（{error}）。");
                problems.add("signer-unusable", &place, ja, error.to_string());
            }
        }
    }
    let (identity, tls_trust, trust) = (identity?, tls_trust?, trust?);
    if let Some(office) = config.offices.first() {
        let judge = (tls_trust.as_ref(), Usage::Tls);
        check_usable(&identity, office.number, judge, now, "tls", problems);
    }
    let settings = TlsSettings {
        chain: identity.chain().to_vec(),
        key: identity.key(),
        trust: Arc::clone(&tls_trust) as Arc<dyn PeerTrust>,
        versions: if config.tls.allow_tls12 {
            TlsVersions::Tls13AndHighSecurity12
        } else {
            TlsVersions::Tls13
        },
    };
    Some((Proof { trust, tls_trust, signers, ends }, settings))
}

/// What a configuration believes of signatures, for looking at proof without a running node: its
/// authorities, the certificates pinned for its peers, and its own.
///
/// # Errors
///
/// Every certificate or list that cannot be used.
pub fn open_trust(config: &Config) -> Result<Trust, StartProblems> {
    let mut problems = Problems::default();
    let mut pins = peer_pins(config, |peer| &peer.signing_certificates);
    for office in &config.offices {
        let place = format!("office {} signing_certificate", office.number);
        let identity = problems.certs(&place, load_identity(&office.signing));
        let own = identity.as_ref().and_then(|identity| identity.chain().first());
        pins.entry(office.number).or_default().extend(own.map(|der| Digest::of(der)));
    }
    let trust = load_trust(config, pins, &mut problems);
    trust.filter(|_| problems.0.is_empty()).ok_or(StartProblems(problems.0))
}

fn peer_pins(config: &Config, pinned: fn(&Peer) -> &Vec<Digest>) -> Pins {
    let pins = |peer: &Peer| (peer.office, pinned(peer).iter().copied().collect());
    config.peers.iter().map(pins).collect()
}

fn load_trust(config: &Config, pins: Pins, problems: &mut Problems) -> Option<Trust> {
    let load_list = |path: &Path| certs::load_revocation_list(path).map(|list| vec![list]);
    let lists = &config.tls.revocation_lists;
    let sources = TrustSources {
        roots: load_all(&config.tls.roots, "tls.roots", problems, certs::load_certificates),
        revocation_lists: load_all(lists, "tls.revocation_lists", problems, load_list),
        revocation_grace: config.tls.revocation_grace,
        pins,
    };
    match Trust::new(sources) {
        Ok(trust) => Some(trust),
        Err(error) => {
            let ja = format!("認証局の証明書か失効リストを使えません（{error}）。");
            problems.add("trust-unusable", "tls", ja, error.to_string());
            None
        }
    }
}

/// A certificate that no partner can accept any more is a problem. Whether partners have pinned it
/// cannot be known here, so an unknown issuer or another name is none.
fn check_usable(
    identity: &Identity,
    office: OfficeNumber,
    (trust, usage): (&Trust, Usage),
    now: Timestamp,
    place: &str,
    problems: &mut Problems,
) {
    let Some((certificate, chain)) = identity.chain().split_first() else { return };
    match trust.speaks_for(certificate, chain, office, usage, now) {
        Ok(()) => {}
        Err(error @ (TrustError::UnknownIssuer | TrustError::WrongOffice { .. })) => {
            tracing::warn!(
                place,
                code = error.code(),
                "partners accept this certificate only where they have registered it"
            );
        }
        Err(error) => {
            let ja = error.peer_text(Lang::Ja).to_owned();
            problems.add(error.code(), place, ja, error.to_string());
        }
    }
}

fn end(identity: &Identity) -> Option<Timestamp> {
    let info = CertificateInfo::of(identity.chain().first()?).ok()?;
    Some(info.not_after)
}

fn load_identity(files: &IdentityFiles) -> Result<Identity, CertsError> {
    match files {
        IdentityFiles::Pem { certificate, key } => certs::load_identity(certificate, key),
        IdentityFiles::Pkcs12 { file, password_file } => certs::load_pkcs12(file, password_file),
    }
}

fn load_all<T>(
    paths: &[PathBuf],
    place: &str,
    problems: &mut Problems,
    load: impl Fn(&Path) -> Result<Vec<T>, CertsError>,
) -> Vec<T> {
    paths.iter().filter_map(|path| problems.certs(place, load(path))).flatten().collect()
}
