//! What can be judged from bytes alone: containers, manifests, signatures, receipts, certificates.

use std::path::PathBuf;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::{Expected, TrustOf, Vectors};
use crate::certs;
use crate::package::evidence::{Statements, export, verify_set};
use crate::package::{
    ClockDoubt, Manifest, ManifestFault, PackageFault, Recall, Receipt, Usage, open,
};
use crate::types::{OfficeNumber, code};

#[derive(Debug, Deserialize)]
struct Containers {
    cases: Vec<FileCase>,
}

#[derive(Debug, Deserialize)]
struct FileCase {
    file: String,
    #[serde(flatten)]
    expected: Expected,
}

pub(super) fn containers(vectors: &mut Vectors) -> anyhow::Result<()> {
    let index: Containers = vectors.index("container")?;
    for FileCase { file, expected } in index.cases {
        let fault = open(vectors.read("container", &file)?, &vectors.limits).err();
        vectors.judged(&file, &expected, fault.map(|fault| fault.code()));
    }
    Ok(())
}

#[derive(Debug, Deserialize)]
struct Manifests {
    cases: Vec<ManifestCase>,
}

#[derive(Debug, Deserialize)]
struct ManifestCase {
    name: String,
    /// What of the good manifest is replaced by what.
    #[serde(default)]
    replace: Option<(String, String)>,
    /// The whole manifest, where it is no text.
    #[serde(default)]
    base64: Option<String>,
    #[serde(flatten)]
    expected: Expected,
}

pub(super) fn manifests(vectors: &mut Vectors, section: &str) -> anyhow::Result<()> {
    let index: Manifests = vectors.index(section)?;
    let good = vectors.read(section, "good.json")?;
    let good = std::str::from_utf8(&good).with_context(|| format!("{section}/good.json"))?;
    for ManifestCase { name, replace, base64, expected } in index.cases {
        let manifest = match (replace, base64) {
            (Some((from, to)), _) => good.replace(&from, &to).into_bytes(),
            (None, base64) => STANDARD.decode(base64.unwrap_or_default())?,
        };
        let fault = Manifest::parse(&manifest).err();
        let code = fault.map(|fault: ManifestFault| PackageFault::from(fault).code());
        vectors.judged(&name, &expected, code);
    }
    Ok(())
}

#[derive(Debug, Deserialize)]
struct Signatures {
    cases: Vec<SignatureCase>,
}

#[derive(Debug, Deserialize)]
struct SignatureCase {
    file: String,
    trust: TrustOf,
    #[serde(flatten)]
    expected: Expected,
}

pub(super) fn signatures(vectors: &mut Vectors) -> anyhow::Result<()> {
    let index: Signatures = vectors.index("cms")?;
    for SignatureCase { file, trust, expected } in index.cases {
        let trust = vectors.trust(&trust)?;
        let package = open(vectors.read("cms", &file)?, &vectors.limits);
        let verified = package.and_then(|package| package.verify(&trust, vectors.now));
        vectors.judged(&file, &expected, verified.err().map(|fault| fault.code()));
    }
    Ok(())
}

#[derive(Debug, Deserialize)]
struct Receipts {
    package: String,
    trust: TrustOf,
    cases: Vec<ReceiptCase>,
    chains: Vec<Chain>,
}

#[derive(Debug, Deserialize)]
struct ReceiptCase {
    file: String,
    /// What its time says of the clocks, where it says anything.
    #[serde(default)]
    clock: Option<String>,
    #[serde(flatten)]
    expected: Expected,
}

#[derive(Debug, Deserialize)]
struct Chain {
    name: String,
    receipts: Vec<String>,
    verdict: String,
}

pub(super) fn receipts(vectors: &mut Vectors) -> anyhow::Result<()> {
    let index: Receipts = vectors.index("receipts")?;
    let trust = vectors.trust(&index.trust)?;
    let package = open(vectors.read("receipts", &index.package)?, &vectors.limits)?;
    let reference = package.reference();
    for ReceiptCase { file, clock, expected } in index.cases {
        let message = vectors.read("receipts", &file)?;
        let opened = Receipt::open(&message, &trust, &vectors.limits, vectors.now);
        if let Ok(opened) = &opened {
            let made_at = package.manifest().created_at;
            let doubt = ClockDoubt::of(opened.receipt.at, made_at, vectors.now);
            let doubt = doubt.map(ClockDoubt::as_str);
            vectors.same(&file, doubt == clock.as_deref(), || format!("the clock is {doubt:?}"));
        }
        let answers = opened.and_then(|opened| opened.receipt.check_answers(&reference));
        vectors.judged(&file, &expected, answers.err().map(|fault| fault.code()));
    }
    for Chain { name, receipts, verdict } in index.chains {
        let receipts = receipts.iter().map(|file| vectors.read("receipts", file));
        let receipts = receipts.collect::<anyhow::Result<Vec<_>>>()?;
        let about = Statements { receipts, recall: None };
        let set = export(&package, &about, &trust, &vectors.limits)?;
        let holds = verify_set(&set, &trust, &vectors.limits, Some(vectors.now)).passed();
        vectors.same(&name, holds == (verdict == "accept"), || format!("expected {verdict}"));
    }
    Ok(())
}

#[derive(Debug, Deserialize)]
struct Recalls {
    package: String,
    trust: TrustOf,
    cases: Vec<RecallCase>,
}

#[derive(Debug, Deserialize)]
struct RecallCase {
    file: String,
    #[serde(flatten)]
    expected: Expected,
}

pub(super) fn recalls(vectors: &mut Vectors) -> anyhow::Result<()> {
    let index: Recalls = vectors.index("recalls")?;
    let trust = vectors.trust(&index.trust)?;
    let package = open(vectors.read("recalls", &index.package)?, &vectors.limits)?;
    for RecallCase { file, expected } in index.cases {
        let message = vectors.read("recalls", &file)?;
        let code = match Recall::open(&message, &trust, vectors.now) {
            Ok((recall, _)) if recall.reference() == package.reference() => None,
            Ok(_) => Some(code::ID_TAKEN),
            Err(fault) => Some(fault.code()),
        };
        vectors.judged(&file, &expected, code);
    }
    Ok(())
}

#[derive(Debug, Deserialize)]
struct Tls {
    cases: Vec<TlsCase>,
}

#[derive(Debug, Deserialize)]
struct TlsCase {
    certificate: PathBuf,
    chain: Vec<PathBuf>,
    office: OfficeNumber,
    trust: TrustOf,
    #[serde(flatten)]
    expected: Expected,
}

pub(super) fn tls(vectors: &mut Vectors) -> anyhow::Result<()> {
    let index: Tls = vectors.index("tls")?;
    for TlsCase { certificate, chain, office, trust, expected } in index.cases {
        let trust = vectors.trust(&trust)?;
        let mut certificates = Vec::new();
        for path in std::iter::once(&certificate).chain(&chain) {
            certificates.extend(certs::load_certificates(&vectors.folder.join(path))?);
        }
        let (own, others) = certificates.split_first().context("a certificate")?;
        let refused = trust.speaks_for(own, others, office, Usage::Tls, vectors.now).err();
        let name = certificate.display().to_string();
        vectors.judged(&name, &expected, refused.map(|error| error.code()));
    }
    Ok(())
}
