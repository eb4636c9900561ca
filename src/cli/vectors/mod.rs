//! `renkei dev vectors`: holds the program against the vectors of the protocol, `spec/vectors/`.
//!
//! The vectors are made by a program that shares nothing with this one, and every implementation can
//! be held against them without a node.

mod cards;
mod exchange;
mod proof;
mod sealed;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use bytes::Bytes;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::output;
use crate::certs;
use crate::package::{Limits, Trust, TrustSources};
use crate::types::{Digest, Lang, OfficeNumber};

/// What `vectors.json` says about all vectors.
#[derive(Debug, Deserialize)]
struct About {
    format: String,
    now: Timestamp,
    limits: AboutLimits,
    sections: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct AboutLimits {
    package_bytes: usize,
    manifest_bytes: usize,
    signature_bytes: usize,
    receipt_bytes: usize,
    files: usize,
}

/// What an implementation must say to a vector.
#[derive(Debug, Deserialize)]
struct Expected {
    verdict: String,
    #[serde(default)]
    code: Option<String>,
}

/// Whom to believe while a vector is judged.
#[derive(Debug, Deserialize)]
struct TrustOf {
    roots: Vec<PathBuf>,
    #[serde(default)]
    pins: BTreeMap<OfficeNumber, BTreeSet<Digest>>,
    #[serde(default)]
    revocation_lists: Vec<PathBuf>,
}

/// A folder of vectors, and what was found so far.
struct Vectors {
    folder: PathBuf,
    now: Timestamp,
    limits: Limits,
    checked: usize,
    wrong: Vec<String>,
}

/// Checks all vectors in `folder` and tells of those that the program judges otherwise.
pub(super) fn check(folder: &Path, lang: Lang) -> anyhow::Result<ExitCode> {
    let about: About = read_json(&folder.join("vectors.json"))?;
    anyhow::ensure!(about.format == "renkei.vectors/1", "not the format renkei.vectors/1");
    let AboutLimits { package_bytes, manifest_bytes, signature_bytes, receipt_bytes, files } =
        about.limits;
    let mut vectors = Vectors {
        folder: folder.to_owned(),
        now: about.now,
        limits: Limits { package_bytes, manifest_bytes, signature_bytes, receipt_bytes, files },
        checked: 0,
        wrong: Vec::new(),
    };
    for section in &about.sections {
        match section.as_str() {
            "container" => proof::containers(&mut vectors)?,
            "manifest" | "attachments" => proof::manifests(&mut vectors, section)?,
            "cms" => proof::signatures(&mut vectors)?,
            "receipts" => proof::receipts(&mut vectors)?,
            "recalls" => proof::recalls(&mut vectors)?,
            "tls" => proof::tls(&mut vectors)?,
            "order" => exchange::order(&mut vectors)?,
            "retry" => exchange::retry(&mut vectors)?,
            "http" => exchange::http(&mut vectors)?,
            "cards" => cards::cards(&mut vectors)?,
            "sealed" => sealed::sealed(&mut vectors)?,
            other => anyhow::bail!("{other}: a section that this version does not know"),
        }
    }
    for wrong in &vectors.wrong {
        output::line(wrong)?;
    }
    let (checked, wrong) = (vectors.checked, vectors.wrong.len());
    output::line(&match lang {
        Lang::Ja => format!("検証データ {checked} 件のうち、期待と違うものは {wrong} 件です。"),
        Lang::En => format!("{checked} vectors, {wrong} of them judged otherwise than expected"),
    })?;
    Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Vectors {
    fn index<T: DeserializeOwned>(&self, section: &str) -> anyhow::Result<T> {
        read_json(&self.folder.join(section).join("index.json"))
    }

    fn read(&self, section: &str, file: &str) -> anyhow::Result<Bytes> {
        let path = self.folder.join(section).join(file);
        let read = fs::read(&path).with_context(|| path.display().to_string())?;
        Ok(read.into())
    }

    fn trust(&self, of: &TrustOf) -> anyhow::Result<Trust> {
        let mut sources = TrustSources { pins: of.pins.clone(), ..TrustSources::default() };
        for root in &of.roots {
            sources.roots.extend(certs::load_certificates(&self.folder.join(root))?);
        }
        for list in &of.revocation_lists {
            let lists = certs::load_revocation_lists(&self.folder.join(list))?;
            sources.revocation_lists.extend(lists);
        }
        Ok(Trust::new(sources)?)
    }

    /// Notes what the program says to a vector: a code, or nothing when it takes it.
    fn judged(&mut self, name: &str, expected: &Expected, code: Option<&str>) {
        let verdict = if code.is_some() { "refuse" } else { "accept" };
        let same = expected.verdict == verdict && expected.code.as_deref() == code;
        self.same(name, same, || format!("{expected:?}, got {verdict} {code:?}"));
    }

    /// Notes whether the program does with a vector what it says.
    fn same(&mut self, name: &str, same: bool, told: impl FnOnce() -> String) {
        self.checked += 1;
        if !same {
            self.wrong.push(format!("{name}: {}", told()));
        }
    }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let text = fs::read(path).with_context(|| path.display().to_string())?;
    serde_json::from_slice(&text).with_context(|| path.display().to_string())
}
