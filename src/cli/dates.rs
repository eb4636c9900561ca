//! The dates of own certificates and revocation lists, read from the files that the configuration
//! names.

use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use super::{output, words};
use crate::certs::{self, CertsError};
use crate::config::{Config, IdentityFiles};
use crate::package::{CertificateInfo, read_list};
use crate::types::{Digest, Lang};

/// What of certificates and lists a person wants to know.
#[derive(Serialize)]
pub(super) struct Dates {
    certificates: Vec<CertificateDates>,
    revocation_lists: Vec<ListDates>,
}

#[derive(Serialize)]
struct CertificateDates {
    /// The key of the configuration.
    usage: String,
    file: String,
    #[serde(flatten)]
    found: Found<CertificateFacts>,
}

#[derive(Serialize)]
struct ListDates {
    file: String,
    #[serde(flatten)]
    found: Found<ListFacts>,
}

/// What a file holds, or why it cannot be used.
#[derive(Serialize)]
#[serde(untagged)]
enum Found<T> {
    Read(T),
    Fault { problem: String },
}

#[derive(Serialize)]
struct CertificateFacts {
    sha256: Digest,
    not_before: Timestamp,
    not_after: Timestamp,
}

#[derive(Serialize)]
struct ListFacts {
    issuer: String,
    this_update: Timestamp,
    next_update: Timestamp,
}

/// Reads the files anew, as a node that starts now would.
pub(super) fn read(config: &Config, lang: Lang) -> Dates {
    let mut certificates = vec![certificate("tls".to_owned(), &config.tls.identity, lang)];
    for office in &config.offices {
        let usage = format!("office {} signing", office.number);
        certificates.push(certificate(usage, &office.signing, lang));
    }
    let lists = config.tls.revocation_lists.iter();
    Dates { certificates, revocation_lists: lists.flat_map(|path| of_lists(path, lang)).collect() }
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
    CertificateDates { usage, file: path.display().to_string(), found }
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

/// The tables for people.
pub(super) fn text(dates: &Dates, lang: Lang) -> String {
    let span = |from, until| format!("{} – {}", words::time(from), words::time(until));
    let certificates: Vec<_> = dates
        .certificates
        .iter()
        .map(|row| {
            let (valid, sha256) = match &row.found {
                Found::Read(facts) => {
                    (span(facts.not_before, facts.not_after), facts.sha256.short())
                }
                Found::Fault { problem } => (problem.clone(), String::new()),
            };
            vec![row.usage.clone(), valid, sha256, row.file.clone()]
        })
        .collect();
    let lists: Vec<_> = dates
        .revocation_lists
        .iter()
        .map(|row| match &row.found {
            Found::Read(facts) => {
                let valid = span(facts.this_update, facts.next_update);
                vec![facts.issuer.clone(), valid, row.file.clone()]
            }
            Found::Fault { problem } => vec![String::new(), problem.clone(), row.file.clone()],
        })
        .collect();
    let head = match lang {
        Lang::Ja => ["証明書", "有効期間", "SHA-256", "ファイル"],
        Lang::En => ["certificate", "valid", "SHA-256", "file"],
    };
    let mut text = output::table(&head, &certificates);
    if !lists.is_empty() {
        let head = match lang {
            Lang::Ja => ["失効リスト", "更新日時 – 次回", "ファイル"],
            Lang::En => ["revocation list", "made – next", "file"],
        };
        text.push_str("\n\n");
        text.push_str(&output::table(&head, &lists));
    }
    text
}
