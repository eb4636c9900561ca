//! Who we are and whom we believe: everything that comes from files of certificates.
//!
//! Read at the start, when a file or the configuration changes and every hour, so that a renewed certificate or
//! revocation list needs no restart. Each file is taken up on its own: of one that cannot be used
//! the former content stays and a condition is told, and all others are taken up as they are.
//!
//! What time or a new file mends does not keep a node from starting: an own certificate that is
//! not valid at the moment, a list that is out of date. Where a list cannot be used at all and no
//! former one is there, certificates without a list of their issuer are refused.

mod conditions;
mod own;
mod renew;
mod sources;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::problems::{Problems, StartProblem, StartProblems};
use crate::certs;
use crate::certs::renewal::{Haste, RenewalError, Stage};
use crate::config::{Config, IdentityFiles, Peer, Relay};
use crate::link::{TlsSettings, TlsVersions};
use crate::package::{Recall, Receipt, Trust, TrustSources, Usage};
use crate::store::{NewReceipt, Origin};
use crate::types::{Digest, Lang, OfficeNumber, PeerUrl, code};

pub(super) use own::OwnFault;
use own::{OwnSigner, OwnTls};
pub use renew::{AnswerError, Renewed};
pub(super) use renew::{finish, is_due, renew_in_time};
use renew::{renew, words as renewal_words};
use sources::Sources;
pub(super) use sources::{Stamp, stamps};

/// Who speaks for an office whoever issued the certificate.
pub type Pins = BTreeMap<OfficeNumber, BTreeSet<Digest>>;

/// What is believed of a relay.
pub(super) type RelayPins = BTreeMap<PeerUrl, BTreeSet<Digest>>;

/// Trust and signing identities, as the files were when they were last read.
pub(super) struct Proof {
    /// Whose signatures are believed.
    pub(super) trust: Arc<Trust>,
    /// Whose TLS certificates are believed.
    pub(super) tls_trust: Arc<Trust>,
    tls: OwnTls,
    signers: BTreeMap<OfficeNumber, OwnSigner>,
    sources: Sources,
    /// How far the renewals of our certificates are, by their files.
    renewals: Vec<(PathBuf, Stage)>,
    /// What could not be taken up.
    faults: Vec<StartProblem>,
    /// What the files were before they were read: one that is replaced from then on is noticed.
    pub(super) read_of: Vec<Stamp>,
}

impl Proof {
    /// A signed receipt of `office`, ready to be stored with the step that it proves.
    pub(super) fn sign(
        &self,
        office: OfficeNumber,
        receipt: &Receipt,
        now: Timestamp,
    ) -> Result<NewReceipt, OwnFault> {
        let der = receipt.sign(self.usable_signer(office, now)?, now)?;
        Ok(NewReceipt {
            origin: Origin::Issued,
            kind: receipt.kind,
            at: receipt.at,
            der: der.into(),
        })
    }

    /// A signed request of `office` to have a package back.
    pub(super) fn sign_recall(
        &self,
        office: OfficeNumber,
        recall: &Recall,
        now: Timestamp,
    ) -> Result<Vec<u8>, OwnFault> {
        Ok(recall.sign(self.usable_signer(office, now)?, now)?)
    }

    /// Adds what keeps our certificates from being renewed.
    pub(super) fn add_faults(&mut self, more: Problems) {
        self.faults.extend(more.0);
    }

    /// Whether something could not be taken up, so that it is worth another look soon.
    pub(super) fn has_faults(&self) -> bool {
        !self.faults.is_empty()
    }

    /// Tells the log what differs from `former`; says whether anything does.
    pub(super) fn tell_changes(&self, former: &Self) -> bool {
        self.sources.tell_changes(&former.sources)
    }
}

/// Reads everything; what is missing in the answer is among the problems. `former` is what holds
/// so far, if anything does.
pub(super) fn open(
    config: &Config,
    former: Option<&Proof>,
    now: Timestamp,
    problems: &mut Problems,
) -> Option<(Proof, TlsSettings)> {
    let read_of = stamps(config);
    let mut faults = Problems::default();
    let sources =
        Sources::load(config, former.map(|former| &former.sources), problems, &mut faults);
    let trust = |usage| {
        let pins = (peer_pins(config, usage), relay_pins(config, usage));
        Trust::new(sources.trust(config, pins, Pins::new())).map(Arc::new)
    };
    let trusts = trust(Usage::Signing).and_then(|signing| Ok((signing, trust(Usage::Tls)?)));
    let (trust, tls_trust) = match trusts {
        Ok(trusts) => trusts,
        Err(error) => {
            let ja = format!("認証局の証明書を使えません: {}。", error.text(Lang::Ja));
            problems.add(code::TRUST_UNUSABLE, "tls", ja, error.to_string());
            return None;
        }
    };
    let tls = sources.tls.as_ref().and_then(|identity| {
        let office = config.offices.first()?.number;
        let file = config.tls.identity.certificate().to_owned();
        let new = OwnTls { office, identity: Arc::clone(identity), file };
        let judged = own::check(new.own(), &tls_trust, now);
        let former = former.filter(|former| former.sources.has_tls_of(config));
        let told = if former.is_some() { &mut faults } else { &mut *problems };
        let refused = judged.is_err_and(|error| own::tell_unusable(&new.own(), error, told));
        // One that nobody can ever accept does not replace one that served.
        let former = former.map(|former| former.tls.clone()).filter(|_| refused);
        Some(former.unwrap_or(new))
    });
    let mut signers = BTreeMap::new();
    for (office, identity) in &sources.signing {
        let place = signing_place(*office);
        let own = config.office(*office);
        let has_former =
            |former: &&Proof| own.is_some_and(|own| former.sources.has_signing_of(own));
        let former = former.filter(has_former);
        let told = if former.is_some() { &mut faults } else { &mut *problems };
        let file = own.map(|own| own.signing.certificate().to_owned()).unwrap_or_default();
        let new = match OwnSigner::new(*office, file, identity) {
            Ok(new) => new,
            Err(error) => {
                let ja = format!("署名用の証明書と秘密鍵を使えません: {}。", error.text(Lang::Ja));
                told.add(code::SIGNER_UNUSABLE, &place, ja, error.to_string());
                continue;
            }
        };
        let judged = own::check(new.own(), &trust, now);
        let refused = judged.is_err_and(|error| own::tell_unusable(&new.own(), error, told));
        let former = former.and_then(|former| former.signers.get(office)).filter(|_| refused);
        signers.insert(*office, former.cloned().unwrap_or(new));
    }
    let tls = tls?;
    let settings = TlsSettings {
        chain: tls.identity.chain().to_vec(),
        key: tls.identity.key(),
        trust: Arc::clone(&tls_trust),
        versions: if config.tls.allow_tls12 {
            TlsVersions::Tls13AndHighSecurity12
        } else {
            TlsVersions::Tls13
        },
        strangers: false,
    };
    let (renewals, faults) = (renew::stages(config), faults.0);
    let proof = Proof { trust, tls_trust, tls, signers, sources, renewals, faults, read_of };
    Some((proof, settings))
}

/// What a configuration believes of signatures, for looking at proof without a running node: its
/// authorities, the certificates pinned for its peers, its own, and those for which the store
/// `vouches`.
///
/// # Errors
///
/// Every root or list that cannot be used.
pub fn open_trust(config: &Config, vouched: Pins) -> Result<Trust, StartProblems> {
    let mut problems = Problems::default();
    let mut pins = peer_pins(config, Usage::Signing);
    for office in &config.offices {
        // Old proof does not depend on a key of today.
        let Ok(identity) = certs::load(&office.signing) else { continue };
        let own = identity.chain().first().map(|der| Digest::of(der));
        pins.entry(office.number).or_default().extend(own);
    }
    let mut load_all = |paths: &[std::path::PathBuf], place, load: fn(&std::path::Path) -> _| {
        let found = paths.iter().filter_map(|path| problems.certs(place, load(path)));
        found.flatten().collect::<Vec<_>>()
    };
    let roots = load_all(&config.tls.roots, "tls.roots", certs::load_certificates);
    let mut list_problems = Problems::default();
    let lists = certs::fetched::list_files(config);
    let lists = lists.iter().filter_map(|path| {
        list_problems.certs("tls.revocation_lists", certs::load_revocation_lists(path))
    });
    // What is wrong with a file of them was told with the roots.
    let naming = sources::naming(config, |path| certs::load_certificates(path).unwrap_or_default());
    let sources = TrustSources {
        roots,
        naming,
        revocation_lists: lists.flatten().collect(),
        revocation_grace: config.tls.revocation_grace,
        revocation_strict: config.tls.revocation_strict,
        pins,
        relays: relay_pins(config, Usage::Signing),
        vouched,
    };
    problems.0.append(&mut list_problems.0);
    match Trust::new(sources) {
        Ok(trust) if problems.0.is_empty() => Ok(trust),
        Ok(_) => Err(StartProblems(problems.0)),
        Err(error) => {
            let ja = format!("認証局の証明書を使えません: {}。", error.text(Lang::Ja));
            problems.add(code::TRUST_UNUSABLE, "tls", ja, error.to_string());
            Err(StartProblems(problems.0))
        }
    }
}

/// The partners that would be cut off if the certificate that we made to follow the one in these files
/// were used now. May block.
pub fn unaware_of_next(config: &Config, files: &IdentityFiles) -> Vec<OfficeNumber> {
    renew::unaware(config, files)
}

/// Renews our certificates as a person wants it.
///
/// # Errors
///
/// Every root or list that cannot be used.
pub fn renew_own(
    config: &Config,
    only: Option<&Path>,
    haste: Haste,
    now: Timestamp,
) -> Result<Vec<Renewed>, StartProblems> {
    let trust = open_trust(config, Pins::new())?;
    let renewed = renew(config, only, haste, (&trust, &trust), now);
    Ok(renewed.into_iter().map(|(_, renewed)| renewed).collect())
}

/// Puts what an authority sent for the certificate in `file` where the next one belongs; `name` is what
/// faults call it. [`renew_own`] takes it into use.
///
/// # Errors
///
/// It is not one for our key that partners will accept: then nothing was written.
pub fn put_answer(
    config: &Config,
    file: &Path,
    (name, bytes): (&Path, &[u8]),
    now: Timestamp,
) -> Result<(), AnswerError> {
    let trust = open_trust(config, Pins::new()).map_err(AnswerError::Trust)?;
    renew::put_answer(config, file, (name, bytes), &trust, now)
}

/// Why a renewal does not go on, and what to do.
pub fn renewal_text(error: &RenewalError, lang: Lang) -> String {
    let (ja, en) = renewal_words(error);
    lang.pick(&ja, &en).to_owned()
}

/// SHA-256 of the own certificates that can be read, with what they are for.
pub(super) fn own_certificates(config: &Config) -> Vec<(String, Digest)> {
    let offices = config.offices.iter();
    let signing = offices.map(|office| (signing_place(office.number), &office.signing));
    let all = std::iter::once(("tls.certificate".to_owned(), &config.tls.identity)).chain(signing);
    all.filter_map(|(place, files)| {
        let identity = certs::load(files).ok()?;
        Some((place, Digest::of(identity.chain().first()?)))
    })
    .collect()
}

/// How the TLS certificate of the node is called in problems and conditions.
pub const TLS_PLACE: &str = "tls";

/// How the signing certificate of an office is called in problems and conditions.
pub fn signing_place(office: OfficeNumber) -> String {
    format!("office {office} signing_certificate")
}

fn peer_pins(config: &Config, usage: Usage) -> Pins {
    let pinned = |peer: &Peer| match usage {
        Usage::Tls => peer.tls_certificates.iter().copied().collect(),
        Usage::Signing => peer.signing_certificates.iter().copied().collect(),
    };
    config.peers.iter().map(|peer| (peer.office, pinned(peer))).collect()
}

/// The same of relays.
fn relay_pins(config: &Config, usage: Usage) -> RelayPins {
    let pinned = |relay: &Relay| match usage {
        Usage::Tls => relay.tls_certificates.iter().copied().collect(),
        Usage::Signing => relay.signing_certificates.iter().copied().collect(),
    };
    config.relays.iter().map(|relay| (relay.url.clone(), pinned(relay))).collect()
}

/// An own certificate with what it is for.
#[derive(Clone, Copy)]
struct Own<'a> {
    place: &'a str,
    /// Where it was read.
    file: &'a Path,
    office: OfficeNumber,
    chain: &'a [rustls_pki_types::CertificateDer<'static>],
    usage: Usage,
}
