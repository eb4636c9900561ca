//! A request for a certificate (PKCS#10, RFC 2986), as somebody else made it.

use std::path::Path;

use rcgen::SubjectPublicKeyInfo;
use x509_parser::certification_request::X509CertificationRequest;
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo as ParsedKey;

use super::{AuthorityError, RequestFault};
use crate::certs::files::{self, Access};
use crate::package::is_strong_key;
use crate::types::OfficeNumber;

/// The most bytes of a request.
const MAX_REQUEST: u64 = 64 << 10;

/// The key that a certificate is asked for, and the office that asks. Whatever else the request asks
/// for is not looked at: an authority decides by itself what it issues.
pub struct Requested {
    key: SubjectPublicKeyInfo,
    office: Option<OfficeNumber>,
}

impl Requested {
    /// Reads a request in PEM or DER. Whoever made it has proved with its signature that he has the
    /// key.
    pub fn read(path: &Path) -> Result<Self, AuthorityError> {
        let bytes = files::read(path, Access::Public, MAX_REQUEST)?;
        let der = match pem::parse(bytes.as_slice()) {
            Ok(pem) => pem.into_contents(),
            Err(_) => bytes.to_vec(),
        };
        Self::of(&der).map_err(AuthorityError::Request)
    }

    fn of(der: &[u8]) -> Result<Self, RequestFault> {
        let (rest, request) =
            X509CertificationRequest::from_der(der).map_err(|_| RequestFault::Unreadable)?;
        if !rest.is_empty() {
            return Err(RequestFault::Unreadable);
        }
        let info = &request.certification_request_info;
        if !is_strong_key(&info.subject_pki) {
            return Err(RequestFault::WeakKey);
        }
        request.verify_signature().map_err(|_| RequestFault::Signature)?;
        let mut names = info.subject.iter_common_name();
        let office = match (names.next(), names.next()) {
            (Some(name), None) => name.as_str().ok().and_then(|name| name.parse().ok()),
            _ => None,
        };
        let ParsedKey { raw, .. } = &info.subject_pki;
        let key = SubjectPublicKeyInfo::from_der(raw).map_err(|_| RequestFault::WeakKey)?;
        Ok(Self { key, office })
    }

    /// The office number that is the only common name.
    pub const fn office(&self) -> Option<OfficeNumber> {
        self.office
    }

    pub(super) const fn key(&self) -> &SubjectPublicKeyInfo {
        &self.key
    }
}
