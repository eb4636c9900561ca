//! The check of everything that the store has: chains, signed heads, packages and receipts.

use jiff::Timestamp;

use super::proof;
use crate::config::Config;
use crate::node::{Node, Pins, StartProblems, open_trust};
use crate::package::evidence::EvidenceFile;
use crate::package::{Limits, Manifest, Trust, evidence, open};
use crate::store::{ChainReport, Evidence, PackageRange, Store, StoreError, StoredPackage};
use crate::transfer::Direction;
use crate::types::{Lang, MessageId, code};
use crate::work;

/// Packages that are asked for at a time.
const AT_A_TIME: u32 = 100;

/// A package that is not what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damaged {
    /// Which way it went.
    pub direction: Direction,
    /// Its id.
    pub id: MessageId,
    /// Which of its files: the package or a receipt.
    pub path: String,
    /// A stable code.
    pub code: &'static str,
}

/// What came of the check of the whole store.
#[derive(Debug)]
pub struct WholeReport {
    /// Of the chains and the database.
    pub chains: ChainReport,
    /// When the newest head was signed that a certificate of ours vouches for and that fits: all rows
    /// before it are as they were then.
    pub signed_until: Option<Timestamp>,
    /// Packages whose bytes are kept and were checked, with their receipts.
    pub checked: u64,
    /// Packages whose time of keeping was over.
    pub gone: u64,
    /// What is not what it was.
    pub damaged: Vec<Damaged>,
}

impl WholeReport {
    /// Whether nothing is wrong.
    pub fn passed(&self) -> bool {
        self.chains.faults.is_empty()
            && self.chains.lost.is_empty()
            && self.chains.integrity.is_empty()
            && self.damaged.is_empty()
            && self.chains.heads.iter().all(|head| head.fault.is_none())
    }
}

/// Why nothing could be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The store cannot be read at all.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The roots, lists or pins that the configuration names cannot be used.
    #[error("{}", .0.text(Lang::En))]
    Trust(StartProblems),
    /// A fault of the program.
    #[error("an internal fault")]
    Internal,
}

/// Checks everything. `done` is told how many of how many packages were looked at.
pub async fn check(
    store: &Store,
    config: &Config,
    done: impl Fn(u64, u64),
) -> Result<WholeReport, CheckError> {
    let limits = Node::package_limits(config);
    let mut chains = store.check_chains(limits).await?;
    let trust = trust(config, Pins::new()).await?;
    let signed_until = signed_until(&mut chains, &trust);
    let all = store.package_count(PackageRange::ALL).await?;
    let mut report = WholeReport { chains, signed_until, checked: 0, gone: 0, damaged: Vec::new() };
    for direction in Direction::ALL {
        let mut after = None;
        loop {
            let some = store.packages(direction, PackageRange::ALL, after, AT_A_TIME).await?;
            let Some(last) = some.last() else { break };
            after = Some((last.id, last.partner));
            for package in some {
                check_one(store, config, (&trust, &limits), &package, &mut report).await?;
                done(report.checked + report.gone, all);
            }
        }
    }
    Ok(report)
}

/// The newest head that fits and whose signer is believed. Heads that were signed with a certificate
/// that is not known any more are covered by it.
fn signed_until(chains: &mut ChainReport, trust: &Trust) -> Option<Timestamp> {
    chains.heads.iter_mut().rev().find_map(|head| {
        let stated = head.stated.take_if(|_| head.fault.is_none())?;
        stated.check(trust).ok().map(|signer| signer.signed_at)
    })
}

async fn trust(config: &Config, vouched: Pins) -> Result<Trust, CheckError> {
    let config = config.clone();
    let opened = work::blocking(move || open_trust(&config, vouched)).await;
    opened.map_err(|_| CheckError::Internal)?.map_err(CheckError::Trust)
}

async fn check_one(
    store: &Store,
    config: &Config,
    (trust_now, limits): (&Trust, &Limits),
    package: &StoredPackage,
    report: &mut WholeReport,
) -> Result<(), CheckError> {
    let damaged = |path: &str, code| Damaged {
        direction: package.direction,
        id: package.id,
        path: path.to_owned(),
        code,
    };
    if !package.is_kept {
        report.gone += 1;
        return Ok(());
    }
    report.checked += 1;
    let found = store.evidence_of(package.direction, package.partner, package.id).await;
    let evidence = match found {
        Ok(evidence) => evidence,
        // Removed since it was asked for.
        Err(StoreError::NoLongerKept | StoreError::NotFound) => return Ok(()),
        Err(error) if error.is_about_one_package() => {
            report.damaged.push(damaged(evidence::PACKAGE, error.code()));
            return Ok(());
        }
        Err(StoreError::Io(_)) => {
            report.damaged.push(damaged(evidence::PACKAGE, code::STORE_DAMAGED));
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    if let Ok(downloaded) = open(evidence.package.clone(), limits)
        && downloaded.manifest().is_downloaded()
    {
        // Nobody signed it: its files are those of its manifest, and that is the one of its row.
        if !is_of(package, downloaded.manifest()) {
            report.damaged.push(damaged(evidence::PACKAGE, code::STORE_DAMAGED));
        }
        return Ok(());
    }
    let documents = documents(&evidence, limits);
    let mut checked = evidence::verify_documents(&documents, trust_now, limits);
    if !checked.passed() {
        // Its certificates may be ones of former times, for which what is stored vouches.
        let vouched = proof::vouched(store, &documents, limits).await?;
        checked = evidence::verify_documents(&documents, &trust(config, vouched).await?, limits);
    }
    let same = checked.package.as_ref().is_none_or(|facts| is_of(package, &facts.manifest));
    if !same {
        report.damaged.push(damaged(evidence::PACKAGE, code::STORE_DAMAGED));
    }
    for check in checked.checks {
        if let Some(fault) = check.fault {
            report.damaged.push(damaged(&check.path, fault.code()));
        }
    }
    Ok(())
}

/// Whether a manifest is that of the package of a row.
fn is_of(package: &StoredPackage, manifest: &Manifest) -> bool {
    let ends = match package.direction {
        Direction::Out => (package.office, package.partner),
        Direction::In => (package.partner, package.office),
    };
    manifest.message_id == package.id
        && (manifest.sender.office, manifest.recipient.office) == ends
        && manifest.serial == package.serial
}

/// The package and what is signed about it, as they lie in a set of evidence; of a package that cannot
/// be opened its bytes all the same.
fn documents(evidence: &Evidence, limits: &Limits) -> Vec<EvidenceFile> {
    if let Ok(package) = open(evidence.package.clone(), limits) {
        evidence::documents(&package, &proof::statements(evidence))
    } else {
        let bytes = evidence.package.clone();
        vec![EvidenceFile { path: evidence::PACKAGE.to_owned(), bytes }]
    }
}
