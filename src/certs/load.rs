//! Loading keys, certificates and revocation lists.

use std::path::Path;

use p12_keystore::Pkcs12Archive;
use rustls_pki_types::pem::{PemObject, SectionKind};
use rustls_pki_types::{
    CertificateDer, CertificateRevocationListDer, PrivateKeyDer, PrivatePkcs8KeyDer,
};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use zeroize::{Zeroize, Zeroizing};

use crate::config::IdentityFiles;
use crate::package::{CertificateInfo, Signer, SignerError, read_list};

use super::files::{self, Access};
use super::{CertsError, Identity};

/// The most bytes of a file with certificates, keys or a PKCS#12 archive.
const MAX_FILE: u64 = 1 << 20;
/// The most bytes of a revocation list; those of national authorities have some megabytes.
pub const MAX_LIST: u64 = 64 << 20;
/// The most bytes of a password file.
const MAX_PASSWORD: u64 = 1 << 10;

/// Reads every certificate of a file in PEM, or the one of a file in DER.
pub fn load_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, CertsError> {
    certificates_in(path, &files::read(path, Access::Public, MAX_FILE)?)
}

/// The same of bytes that came from `path`, which errors name.
///
/// # Errors
///
/// There is no certificate in them.
pub fn certificates_in(
    path: &Path,
    bytes: &[u8],
) -> Result<Vec<CertificateDer<'static>>, CertsError> {
    let mut certificates = Vec::new();
    if is_pem(bytes) {
        for (kind, der) in sections(path, bytes)? {
            if kind == SectionKind::Certificate {
                certificates.push(CertificateDer::from(der));
            }
        }
    } else {
        certificates.push(CertificateDer::from(bytes.to_vec()));
    }
    let readable = certificates.iter().all(|der| CertificateInfo::of(der).is_ok());
    if certificates.is_empty() || !readable {
        return Err(CertsError::NoCertificate { path: path.to_owned() });
    }
    Ok(certificates)
}

/// Reads every revocation list of a file in PEM, or the one of a file in DER.
///
/// # Errors
///
/// One that cannot be used, with what is wrong: then none of the file is taken.
pub fn load_revocation_lists(
    path: &Path,
) -> Result<Vec<CertificateRevocationListDer<'static>>, CertsError> {
    lists_in(path, &files::read(path, Access::Public, MAX_LIST)?)
}

/// The same of bytes that came from `path`, which errors name.
pub(super) fn lists_in(
    path: &Path,
    bytes: &[u8],
) -> Result<Vec<CertificateRevocationListDer<'static>>, CertsError> {
    let none = || CertsError::NoRevocationList { path: path.to_owned() };
    if !is_pem(bytes) {
        check_list(path, 1, bytes)?;
        return Ok(vec![CertificateRevocationListDer::from(bytes.to_vec())]);
    }
    let mut lists = Vec::new();
    for (kind, der) in sections(path, bytes)? {
        if kind == SectionKind::Crl {
            check_list(path, lists.len() + 1, &der)?;
            lists.push(CertificateRevocationListDer::from(der));
        }
    }
    if lists.is_empty() { Err(none()) } else { Ok(lists) }
}

fn check_list(path: &Path, place: usize, der: &[u8]) -> Result<(), CertsError> {
    let unusable = |fault| CertsError::List { path: path.to_owned(), place, fault };
    read_list(der).map(|_| ()).map_err(unusable)
}

/// Reads an identity from the files that the configuration names.
pub fn load(files: &IdentityFiles) -> Result<Identity, CertsError> {
    match files {
        IdentityFiles::Pem { certificate, key } => load_identity(certificate, key),
        IdentityFiles::Pkcs12 { file, password_file } => load_pkcs12(file, password_file),
    }
}

/// Reads an identity from a file with certificates and a file with the key; they may be the same.
pub fn load_identity(certificates: &Path, key: &Path) -> Result<Identity, CertsError> {
    with_key(load_certificates(certificates)?, certificates, key)
}

/// Puts certificates that were read from the file `from` together with the key in another file, if it
/// is theirs.
pub fn with_key(
    certificates: Vec<CertificateDer<'static>>,
    from: &Path,
    key: &Path,
) -> Result<Identity, CertsError> {
    let key = load_key(key)?;
    Identity::new(certificates, key)
        .map_err(|source| CertsError::Signer { path: from.to_owned(), source })
}

/// Reads an identity from PKCS#12 (`.p12`, `.pfx`); the password is the first line of a file.
pub fn load_pkcs12(path: &Path, password: &Path) -> Result<Identity, CertsError> {
    let mut all = load_all_of_pkcs12(path, &load_password(password)?)?;
    match all.pop() {
        Some(one) if all.is_empty() => Ok(one),
        _ => Err(CertsError::KeyCount { path: path.to_owned(), got: all.len() + 1 }),
    }
}

/// Reads every identity of a PKCS#12 file, at least one; authorities put several into one.
pub fn load_all_of_pkcs12(path: &Path, password: &str) -> Result<Vec<Identity>, CertsError> {
    identities_of_pkcs12(&files::read(path, Access::Secret, MAX_FILE)?, path, password)
}

/// The same of bytes; errors name `path`.
pub fn identities_of_pkcs12(
    bytes: &[u8],
    path: &Path,
    password: &str,
) -> Result<Vec<Identity>, CertsError> {
    let archive = Pkcs12Archive::from_pkcs12(bytes, password)
        .map_err(|_| CertsError::Pkcs12 { path: path.to_owned() })?;
    if archive.keys.is_empty() {
        return Err(CertsError::KeyCount { path: path.to_owned(), got: 0 });
    }
    let certificates: Vec<CertificateDer<'static>> =
        archive.certs.iter().map(|bag| bag.cert.as_der().to_vec().into()).collect();
    let one = |der: &[u8]| {
        let key = PrivatePkcs8KeyDer::from(der.to_vec());
        Identity::new(certificates.clone(), key.into())
            .map_err(|source| CertsError::Signer { path: path.to_owned(), source })
    };
    archive.keys.iter().map(|bag| one(bag.key.as_der())).collect()
}

/// The certificate that `key` belongs to, then its issuers as far as they are there.
pub(super) fn order(
    mut certificates: Vec<CertificateDer<'static>>,
    key: &PrivateKeyDer<'static>,
) -> Result<Vec<CertificateDer<'static>>, SignerError> {
    if certificates.is_empty() {
        return Err(SignerError::ChainLength { got: 0 });
    }
    // What is wrong with the first certificate is what the user wants to hear about.
    let mut reason = None;
    let own = certificates.iter().position(|certificate| {
        let fits = Signer::new(vec![certificate.clone()], key.clone_key());
        fits.map_err(|error| reason.get_or_insert(error).clone_from(&error)).is_ok()
    });
    let own = own.ok_or(reason.unwrap_or(SignerError::OtherKey))?;
    let mut chain = vec![certificates.swap_remove(own)];
    while let Some(above) = chain.last().and_then(|last| position_of_issuer(last, &certificates)) {
        chain.push(certificates.swap_remove(above));
    }
    Ok(chain)
}

/// The place of the issuer of `certificate`, when it is not self-signed.
fn position_of_issuer(
    certificate: &CertificateDer<'_>,
    others: &[CertificateDer<'_>],
) -> Option<usize> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    others.iter().position(|other| {
        X509Certificate::from_der(other).is_ok_and(|(_, other)| {
            other.subject().as_raw() == certificate.issuer().as_raw()
                && other.issuer().as_raw() != other.subject().as_raw()
        })
    })
}

/// The private key in a PEM file.
pub(super) fn load_key(path: &Path) -> Result<PrivateKeyDer<'static>, CertsError> {
    if is_certificate_only(path) {
        return Err(CertsError::NotAKey { path: path.to_owned() });
    }
    let bytes = files::read(path, Access::Secret, MAX_FILE)?;
    let encrypted = b"-----BEGIN ENCRYPTED PRIVATE KEY-----".as_slice();
    let legacy = b"Proc-Type: 4,ENCRYPTED".as_slice();
    if [encrypted, legacy].iter().any(|mark| memchr::memmem::find(&bytes, mark).is_some()) {
        return Err(CertsError::EncryptedKey { path: path.to_owned() });
    }
    let mut keys = Vec::new();
    for (kind, mut der) in sections(path, &bytes)? {
        let key = PrivateKeyDer::from_pem(kind, std::mem::take(&mut der));
        keys.extend(key);
    }
    match keys.pop() {
        Some(key) if keys.is_empty() => Ok(key),
        last => {
            let got = keys.len() + usize::from(last.is_some());
            keys.into_iter().chain(last).for_each(|mut key| key.zeroize());
            Err(CertsError::KeyCount { path: path.to_owned(), got })
        }
    }
}

/// Whether a file that should hold a key holds certificates and nothing else: nobody is to be asked
/// to hide it.
fn is_certificate_only(path: &Path) -> bool {
    let Ok(bytes) = files::read(path, Access::Public, MAX_FILE) else { return false };
    let Ok(sections) = sections(path, &bytes) else { return false };
    !sections.is_empty() && sections.iter().all(|(kind, _)| *kind == SectionKind::Certificate)
}

/// Reads a password: the first and only line of a file that nobody else can read.
pub fn load_password(path: &Path) -> Result<Zeroizing<String>, CertsError> {
    let bytes = files::read(path, Access::Secret, MAX_PASSWORD)?;
    let text = std::str::from_utf8(&bytes).unwrap_or_default();
    // Editors on Windows may begin a text with a mark.
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.is_empty() || line.contains(['\n', '\r']) {
        return Err(CertsError::Password { path: path.to_owned() });
    }
    Ok(Zeroizing::new(line.to_owned()))
}

/// DER begins with a SEQUENCE, which no text does.
fn is_pem(bytes: &[u8]) -> bool {
    bytes.first() != Some(&0x30)
}

fn sections(path: &Path, bytes: &[u8]) -> Result<Vec<(SectionKind, Vec<u8>)>, CertsError> {
    // Editors on Windows may begin a text with a mark.
    <(SectionKind, Vec<u8>)>::pem_slice_iter(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes))
        .collect::<Result<_, _>>()
        .map_err(|_| CertsError::Pem { path: path.to_owned() })
}
