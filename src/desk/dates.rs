//! The dates of own certificates and revocation lists, read from the files that the configuration
//! names.

use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use crate::certs::renewal::{self, Stage};
use crate::certs::{self, CertsError};
use crate::config::{Config, IdentityFiles};
use crate::node::unaware_of_next;
use crate::package::{CertificateInfo, read_list};
use crate::types::{Digest, Lang, OfficeNumber};

/// The usage of the certificate of the page.
pub const PAGE: &str = "page";

/// What of certificates and lists a person wants to know.
#[derive(Serialize)]
pub struct Dates {
    /// Our own: for TLS, of each office for signing, and of the page if it has one.
    pub certificates: Vec<CertificateDates>,
    /// Of the authorities.
    pub revocation_lists: Vec<ListDates>,
}

/// One of our own certificates.
#[derive(Serialize)]
pub struct CertificateDates {
    /// The key of the configuration.
    pub usage: String,
    /// Its file.
    pub file: String,
    #[serde(flatten)]
    /// What was found there.
    pub found: Found<CertificateFacts>,
    /// The one that is prepared to follow it, of those that we made ourselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<NextFacts>,
}

/// A certificate that is prepared, and not used yet.
#[derive(Serialize)]
pub struct NextFacts {
    /// Of its DER.
    pub sha256: Digest,
    /// When it is used by itself.
    pub used_from: Timestamp,
    /// The partners that have not said that they know it.
    pub unaware: Vec<OfficeNumber>,
}

/// A revocation list.
#[derive(Serialize)]
pub struct ListDates {
    /// Its file.
    pub file: String,
    #[serde(flatten)]
    /// What was found there.
    pub found: Found<ListFacts>,
}

/// What a file holds, or why it cannot be used.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Found<T> {
    /// It could be read.
    Read(T),
    /// It could not.
    Fault {
        /// Why, in words.
        problem: String,
    },
}

/// What a certificate says of itself.
#[derive(Serialize)]
pub struct CertificateFacts {
    /// Of its DER.
    pub sha256: Digest,
    /// From when it holds.
    pub not_before: Timestamp,
    /// Until when.
    pub not_after: Timestamp,
}

/// What a list says of itself.
#[derive(Serialize)]
pub struct ListFacts {
    /// Whose list it is.
    pub issuer: String,
    /// When it was made.
    pub this_update: Timestamp,
    /// When the next one comes.
    pub next_update: Timestamp,
}

/// Reads the files anew, as a node that starts now would.
pub fn read(config: &Config, lang: Lang) -> Dates {
    let mut certificates = vec![renewed(config, "tls".to_owned(), &config.tls.identity, lang)];
    for office in &config.offices {
        let usage = format!("office {} signing", office.number);
        certificates.push(renewed(config, usage, &office.signing, lang));
    }
    if let Some(identity) = config.page.as_ref().and_then(|page| page.identity.as_ref()) {
        certificates.push(certificate(PAGE.to_owned(), identity, lang));
    }
    let lists = certs::fetched::list_files(config);
    let revocation_lists = lists.iter().flat_map(|path| of_lists(path, lang)).collect();
    Dates { certificates, revocation_lists }
}

/// A certificate that renews itself.
fn renewed(config: &Config, usage: String, files: &IdentityFiles, lang: Lang) -> CertificateDates {
    let next = match renewal::stage(files) {
        Stage::Prepared { certificate, at } => Some(NextFacts {
            sha256: Digest::of(&certificate),
            used_from: at,
            unaware: unaware_of_next(config, files),
        }),
        _ => None,
    };
    CertificateDates { next, ..certificate(usage, files, lang) }
}

fn certificate(usage: String, files: &IdentityFiles, lang: Lang) -> CertificateDates {
    let (path, chain) = match files {
        IdentityFiles::Pem { certificate, .. } => {
            (certificate, certs::load_certificates(certificate))
        }
        IdentityFiles::Pkcs12 { file, password_file } => {
            let identity = certs::load_pkcs12(file, password_file);
            (file, identity.map(|identity| identity.chain().to_vec()))
        }
    };
    let info = chain.map(|chain| chain.first().and_then(|der| CertificateInfo::of(der).ok()));
    let found = match info {
        Ok(Some(CertificateInfo { sha256, not_before, not_after, .. })) => {
            Found::Read(CertificateFacts { sha256, not_before, not_after })
        }
        Ok(None) => fault(&CertsError::NoCertificate { path: path.clone() }, lang),
        Err(error) => fault(&error, lang),
    };
    CertificateDates { usage, file: path.display().to_string(), found, next: None }
}

fn of_lists(path: &Path, lang: Lang) -> Vec<ListDates> {
    let file = path.display().to_string();
    match certs::load_revocation_lists(path) {
        Ok(lists) => {
            let infos = lists.iter().filter_map(|list| read_list(list).ok());
            let facts = infos.map(|info| ListFacts {
                issuer: info.issuer,
                this_update: info.this_update,
                next_update: info.next_update,
            });
            facts.map(|facts| ListDates { file: file.clone(), found: Found::Read(facts) }).collect()
        }
        Err(error) => vec![ListDates { file, found: fault(&error, lang) }],
    }
}

fn fault<T>(error: &CertsError, lang: Lang) -> Found<T> {
    Found::Fault { problem: error.text(lang) }
}
