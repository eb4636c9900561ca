//! Keys, certificates and revocation lists on disk.
//!
//! Certificates come as PEM or DER, keys as PEM (PKCS#8, SEC1, PKCS#1), or both together as
//! PKCS#12. A file with a private key or a password must be readable for its owner only (mode
//! 0600 or stricter); on Windows the permissions of the folder (NTFS) have to take care of that.
//!
//! # Errors
//!
//! [`CertsError`] is always the fault of our own configuration. It says which file it is and what
//! to do; it never shows any content.
//!
//! # Storage
//!
//! Files are written beside their place, flushed and renamed, with their permissions from the
//! first byte on.

pub mod authority;
pub mod example;
pub mod fetched;
pub mod files;
pub mod renewal;

mod error;
mod load;
mod make;
mod request;
mod sealing;
mod self_made;
mod test_ca;
mod unfit;

use std::fmt;

use pem::{EncodeConfig, LineEnding, Pem};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use zeroize::{Zeroize, Zeroizing};

use crate::package::{Signer, SignerError};

pub use error::CertsError;
pub use load::{
    certificates_in, identities_of_pkcs12, load, load_all_of_pkcs12, load_certificates,
    load_identity, load_password, load_pkcs12, load_revocation_lists, with_key,
};
pub use make::{Issued, Validity};
pub use request::{KeyAndRequest, request};
pub use sealing::{
    SEALING_FOLDER, announced, remove_ended, sealing_keys, sealing_keys_in_time,
};
pub use self_made::{is_self_made, self_made, self_made_of_host};
pub use test_ca::{Subject, TestCa};
pub use unfit::{Unfit, unfit};

/// A certificate chain, the own certificate first, and its private key.
///
/// The key is wiped from memory when the identity is dropped, and `Debug` does not show it.
pub struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// Puts a key and its certificates together: finds the certificate that the key belongs to
    /// and those that lead up from it, whatever their order. Self-signed certificates above are
    /// left out: the other side must have them already.
    pub fn new(
        certificates: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
    ) -> Result<Self, SignerError> {
        // Made first, so that the key is wiped on every way out.
        let mut identity = Self { chain: Vec::new(), key };
        identity.chain = load::order(certificates, &identity.key)?;
        Ok(identity)
    }

    /// The own certificate, then those above it.
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    /// A copy of the key, for the one who uses it.
    pub fn key(&self) -> PrivateKeyDer<'static> {
        self.key.clone_key()
    }

    /// Signs with this identity.
    pub fn signer(&self) -> Result<Signer, SignerError> {
        Signer::new(self.chain.clone(), self.key())
    }
}

impl Drop for Identity {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("certificates", &self.chain.len()).finish_non_exhaustive()
    }
}

/// Certificates as PEM, one after the other.
pub fn certificates_to_pem(certificates: &[CertificateDer<'_>]) -> String {
    certificates.iter().map(|der| to_pem("CERTIFICATE", der)).collect()
}

/// A revocation list as PEM.
pub fn revocation_list_to_pem(list: &CertificateRevocationListDer<'_>) -> String {
    to_pem("X509 CRL", list)
}

/// A private key as PEM, with the label of its form.
pub fn key_to_pem(key: &PrivateKeyDer<'_>) -> Result<Zeroizing<String>, CertsError> {
    let label = match key {
        PrivateKeyDer::Pkcs8(_) => "PRIVATE KEY",
        PrivateKeyDer::Sec1(_) => "EC PRIVATE KEY",
        PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
        _ => return Err(CertsError::Generate { what: "PEM of the key" }),
    };
    Ok(Zeroizing::new(to_pem(label, key.secret_der())))
}

fn to_pem(label: &str, der: &[u8]) -> String {
    let config = EncodeConfig::new().set_line_ending(LineEnding::LF);
    pem::encode_config(&Pem::new(label, der), config)
}
