//! Certificate revocation lists (RFC 5280, section 5).

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer};
use webpki::{Cert, CertRevocationList, OwnedCertRevocationList};
use x509_parser::certificate::X509Certificate;
use x509_parser::oid_registry::{
    OID_PKCS1_RSASSAPSS, OID_PKCS1_SHA256WITHRSA, OID_PKCS1_SHA384WITHRSA, OID_PKCS1_SHA512WITHRSA,
    OID_SIG_ECDSA_WITH_SHA256, OID_SIG_ECDSA_WITH_SHA384, OID_SIG_ECDSA_WITH_SHA512,
    OID_X509_EXT_DELTA_CRL_INDICATOR, Oid,
};
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::CertificateRevocationList;
use x509_parser::x509::{X509Name, X509Version};

use super::error::{ListFault, TrustError, TrustSourceError};

/// The most issuers without a list that are remembered.
const MAX_UNLISTED: usize = 100;

/// The configured lists: per issuer and scope only the newest one.
#[derive(Debug, Default)]
pub(super) struct Lists {
    lists: Vec<List>,
    /// How long after its next update a list is still good.
    grace: SignedDuration,
    /// Whether an issuer without a list is not believed.
    strict: bool,
    /// Issuers without a list that were met.
    unlisted: Mutex<BTreeSet<String>>,
}

/// Reads what operators want to know of a list.
///
/// # Errors
///
/// Why it cannot be used.
pub fn read_list(der: &[u8]) -> Result<ListInfo, ListFault> {
    List::parse(der).map(|list| list.info())
}

/// Reads a list that came from elsewhere, and makes sure that one of `authorities` signed it.
///
/// # Errors
///
/// Why it cannot be used.
pub fn verify_list(der: &[u8], authorities: &[CertificateDer<'_>]) -> Result<ListInfo, ListFault> {
    let info = read_list(der)?;
    let (_, list) = CertificateRevocationList::from_der(der).map_err(|_| ListFault::Unreadable)?;
    let algorithm = &list.signature_algorithm.algorithm;
    let is_signed = authorities.iter().any(|authority| {
        X509Certificate::from_der(authority).is_ok_and(|(_, authority)| {
            authority.subject().as_raw() == list.issuer().as_raw()
                && list.verify_signature(authority.public_key()).is_ok()
        })
    });
    if is_signed && SIGNATURES.contains(algorithm) { Ok(info) } else { Err(ListFault::Signature) }
}

/// The algorithms that may sign a list that was fetched.
const SIGNATURES: [Oid<'static>; 7] = [
    OID_SIG_ECDSA_WITH_SHA256,
    OID_SIG_ECDSA_WITH_SHA384,
    OID_SIG_ECDSA_WITH_SHA512,
    OID_PKCS1_SHA256WITHRSA,
    OID_PKCS1_SHA384WITHRSA,
    OID_PKCS1_SHA512WITHRSA,
    OID_PKCS1_RSASSAPSS,
];

#[derive(Debug)]
struct List {
    parsed: CertRevocationList<'static>,
    issuer: String,
    this_update: Timestamp,
    next_update: Timestamp,
}

/// A configured revocation list, for operators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListInfo {
    /// The distinguished name of the issuer.
    pub issuer: String,
    /// When it was made.
    pub this_update: Timestamp,
    /// When the issuer promised the next one.
    pub next_update: Timestamp,
}

impl Lists {
    pub(super) fn new(
        sources: &[CertificateRevocationListDer<'_>],
        grace: SignedDuration,
        strict: bool,
    ) -> Result<Self, TrustSourceError> {
        let mut lists = Vec::new();
        for (place, source) in (1_usize..).zip(sources) {
            lists.push(
                List::parse(source).map_err(|fault| TrustSourceError::List { place, fault })?,
            );
        }
        lists.sort_by_key(|list| std::cmp::Reverse(list.this_update));
        let mut newest: Vec<List> = Vec::new();
        for list in lists {
            if !newest.iter().any(|newer| newer.replaces(&list)) {
                newest.push(list);
            }
        }
        Ok(Self { lists: newest, grace, strict, unlisted: Mutex::default() })
    }

    pub(super) fn infos(&self) -> impl Iterator<Item = ListInfo> + '_ {
        self.lists.iter().map(List::info)
    }

    /// Refuses a certificate of an issuer without a list, where lists are a must.
    pub(super) fn require(&self, certificate: &Cert<'_>) -> Result<(), TrustError> {
        if self.strict && self.issued_by(certificate.issuer()).next().is_none() {
            return Err(TrustError::NoList);
        }
        Ok(())
    }

    /// Remembers the issuer of a certificate that is believed, when there are lists but none of
    /// this issuer.
    pub(super) fn note_unlisted(&self, certificate: &Cert<'_>) {
        if self.lists.is_empty() || self.issued_by(certificate.issuer()).next().is_some() {
            return;
        }
        let issuer = readable_name(certificate.issuer());
        let mut unlisted = self.unlisted.lock().unwrap_or_else(PoisonError::into_inner);
        if unlisted.len() < MAX_UNLISTED {
            unlisted.insert(issuer);
        }
    }

    pub(super) fn unlisted(&self) -> Vec<String> {
        let unlisted = self.unlisted.lock().unwrap_or_else(PoisonError::into_inner);
        unlisted.iter().cloned().collect()
    }

    /// The lists of the one who issued `certificate`, for path validation.
    pub(super) fn of_issuer<'a>(
        &'a self,
        certificate: &'a Cert<'_>,
    ) -> Vec<&'a CertRevocationList<'static>> {
        self.issued_by(certificate.issuer()).map(|list| &list.parsed).collect()
    }

    /// Refuses a certificate that a list of its issuer names, whatever the scope of that list, and
    /// one whose issuer has a list that is too old to tell.
    ///
    /// Signatures of lists are not looked at: the operator chose the files, and a forged list
    /// could only refuse more.
    pub(super) fn check(&self, certificate: &Cert<'_>, now: Timestamp) -> Result<(), TrustError> {
        for list in self.issued_by(certificate.issuer()) {
            if !matches!(list.parsed.find_serial(certificate.serial()), Ok(None)) {
                return Err(TrustError::Revoked);
            }
            if now > list.good_until(self.grace) {
                return Err(TrustError::StaleList { next_update: list.next_update });
            }
        }
        Ok(())
    }

    /// Until when the lists of the one who issued `certificate` can tell.
    pub(super) fn good_until(&self, certificate: &Cert<'_>) -> Timestamp {
        let ends = self.issued_by(certificate.issuer()).map(|list| list.good_until(self.grace));
        ends.min().unwrap_or(Timestamp::MAX)
    }

    fn issued_by<'a>(&'a self, issuer: &'a [u8]) -> impl Iterator<Item = &'a List> + 'a {
        self.lists.iter().filter(move |list| list.parsed.issuer() == issuer)
    }
}

impl List {
    fn parse(der: &[u8]) -> Result<Self, ListFault> {
        let (rest, list) =
            CertificateRevocationList::from_der(der).map_err(|_| ListFault::Unreadable)?;
        if !rest.is_empty() {
            return Err(ListFault::Unreadable);
        }
        if list.version().is_none_or(|version| version == X509Version::V1) {
            return Err(ListFault::Version1);
        }
        if list.extensions().iter().any(|other| other.oid == OID_X509_EXT_DELTA_CRL_INDICATOR) {
            return Err(ListFault::Delta);
        }
        let time = |time: x509_parser::time::ASN1Time| {
            Timestamp::from_second(time.timestamp()).map_err(|_| ListFault::Unreadable)
        };
        let next_update = time(list.next_update().ok_or(ListFault::NoNextUpdate)?)?;
        let parsed =
            OwnedCertRevocationList::from_der(der).map_err(|_| ListFault::Unsupported)?.into();
        let (issuer, this_update) = (list.issuer().to_string(), time(list.last_update())?);
        Ok(Self { parsed, issuer, this_update, next_update })
    }

    fn info(&self) -> ListInfo {
        ListInfo {
            issuer: self.issuer.clone(),
            this_update: self.this_update,
            next_update: self.next_update,
        }
    }

    fn good_until(&self, grace: SignedDuration) -> Timestamp {
        self.next_update.checked_add(grace).unwrap_or(Timestamp::MAX)
    }

    fn replaces(&self, other: &Self) -> bool {
        self.parsed.issuer() == other.parsed.issuer()
            && self.parsed.issuing_distribution_point() == other.parsed.issuing_distribution_point()
    }
}

/// A name as text; `name` is the content of its SEQUENCE, as the library hands it out.
fn readable_name(name: &[u8]) -> String {
    let mut der = vec![0x30];
    let [high, low] = u16::try_from(name.len()).unwrap_or(u16::MAX).to_be_bytes();
    match (high, low) {
        (0, 0..0x80) => der.push(low),
        (0, _) => der.extend([0x81, low]),
        _ => der.extend([0x82, high, low]),
    }
    der.extend_from_slice(name);
    X509Name::from_der(&der)
        .map_or_else(|_| "(unreadable)".to_owned(), |(_, name)| name.to_string())
}
