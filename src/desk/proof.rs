//! Proof of an exchange: whose former certificates are still believed when it is looked at, and the set
//! that anybody can check.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::Config;
use crate::node::{Node, Pins, StartProblems, open_trust};
use crate::package::evidence::{self, EvidenceFile, EvidenceReport, Statements, signed};
use crate::package::trust::TrustSourceError;
use crate::package::{Limits, PackageFault, open};
use crate::store::{Evidence, Store, StoreError};
use crate::types::Lang;
use crate::work;

/// The certificates for which the store vouches: what lies in it was verified when it came, or
/// signed by us, so whoever signed it was believed at that time. A certificate with which anything
/// in `files` is signed that the store does not know is not among them: a key that was stolen since
/// can make no proof.
pub async fn vouched(
    store: &Store,
    files: &[EvidenceFile],
    limits: &Limits,
) -> Result<Pins, StoreError> {
    let signed = signed(files, limits);
    let mut accepted = BTreeMap::new();
    for id in signed.iter().map(|document| document.message_id).collect::<BTreeSet<_>>() {
        accepted.insert(id, store.accepted(id).await?);
    }
    let (known, foreign): (Vec<_>, Vec<_>) = signed.into_iter().partition(|document| {
        accepted.get(&document.message_id).is_some_and(|known| known.contains(&document.sha256))
    });
    let foreign: BTreeSet<_> =
        foreign.into_iter().map(|document| document.certificate_sha256).collect();
    let mut pins = Pins::new();
    for document in known {
        if !foreign.contains(&document.certificate_sha256) {
            pins.entry(document.office).or_default().insert(document.certificate_sha256);
        }
    }
    Ok(pins)
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// The store cannot tell.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The roots, lists or pins that the configuration names cannot be used.
    #[error("{}", .0.text(Lang::En))]
    Trust(StartProblems),
    /// The package or a receipt is not what it was.
    #[error(transparent)]
    Package(#[from] PackageFault),
    /// The set does not hold its own roots.
    #[error(transparent)]
    Roots(#[from] TrustSourceError),
    /// It was downloaded: nobody signed it.
    #[error("{}", unsigned(Lang::En))]
    Unsigned,
    /// A fault of the program.
    #[error("an internal fault")]
    Internal,
    /// The set would not verify: here, or at whoever gets it.
    #[error("the set does not verify")]
    Refused(Box<EvidenceReport>),
}

/// Why there is no proof of what was downloaded.
pub const fn unsigned(lang: Lang) -> &'static str {
    lang.pick(
        "WEBサービスからダウンロードしたものには、署名も受領証もないため、証拠はありません。",
        "what was downloaded from the WEB service has neither a signature nor receipts, so there is no proof of it",
    )
}

/// What proves what became of a package.
pub struct ProofSet {
    /// The files of the set.
    pub files: Vec<EvidenceFile>,
    /// What whoever gets it finds.
    pub report: EvidenceReport,
}

/// The set that proves what became of a package, checked as whoever gets it will check it.
pub async fn set(
    store: &Store,
    config: &Config,
    evidence: Evidence,
) -> Result<ProofSet, ProofError> {
    let limits = Node::package_limits(config);
    // Digests and signatures of large packages take a while.
    let read = move || {
        let package = open(evidence.package.clone(), &limits)?;
        if package.manifest().is_downloaded() {
            return Err(ProofError::Unsigned);
        }
        let about = statements(&evidence);
        let documents = evidence::documents(&package, &about);
        Ok::<_, ProofError>((package, about, documents))
    };
    let (package, about, documents) = blocking(read).await?;
    let vouched = vouched(store, &documents, &limits).await?;
    let config = config.clone();
    blocking(move || {
        let trust = open_trust(&config, vouched).map_err(ProofError::Trust)?;
        let files = evidence::export(&package, &about, &trust, &limits)?;
        // Whoever gets the set has nothing but the set.
        let alone = evidence::trust_of_set(&files, &limits)?;
        let [report, here] =
            [&alone, &trust].map(|trust| evidence::verify_set(&files, trust, &limits, None));
        if !report.passed() {
            return Err(ProofError::Refused(Box::new(report)));
        }
        if !here.passed() {
            return Err(ProofError::Refused(Box::new(here)));
        }
        Ok(ProofSet { files, report })
    })
    .await
}

/// What the store has that is signed about a package.
pub(super) fn statements(evidence: &Evidence) -> Statements {
    let receipts = evidence.receipts.iter().map(|receipt| receipt.der.clone());
    Statements { receipts: receipts.collect(), recall: evidence.recall.clone() }
}

/// Work that blocks; if it does not end, that is a fault of the program.
async fn blocking<T: Send + 'static>(
    job: impl FnOnce() -> Result<T, ProofError> + Send + 'static,
) -> Result<T, ProofError> {
    work::blocking(job).await.unwrap_or(Err(ProofError::Internal))
}
