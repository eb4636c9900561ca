//! Certificate revocation lists (RFC 5280, section 5).

use jiff::{SignedDuration, Timestamp};
use rustls_pki_types::CertificateRevocationListDer;
use webpki::{Cert, CertRevocationList, OwnedCertRevocationList};
use x509_parser::prelude::FromDer;
use x509_parser::revocation_list::CertificateRevocationList;

use super::trust::{TrustError, TrustSourceError};

/// The configured lists: per issuer and scope only the newest one.
#[derive(Debug, Default)]
pub(super) struct Lists {
    lists: Vec<List>,
    /// How long after its next update a list is still good.
    grace: SignedDuration,
}

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
    ) -> Result<Self, TrustSourceError> {
        let mut lists = Vec::new();
        for (place, source) in (1_usize..).zip(sources) {
            lists.push(List::parse(source).ok_or(TrustSourceError::List { place })?);
        }
        lists.sort_by_key(|list| std::cmp::Reverse(list.this_update));
        let mut newest: Vec<List> = Vec::new();
        for list in lists {
            if !newest.iter().any(|newer| newer.replaces(&list)) {
                newest.push(list);
            }
        }
        Ok(Self { lists: newest, grace })
    }

    pub(super) fn infos(&self) -> impl Iterator<Item = ListInfo> + '_ {
        self.lists.iter().map(|list| ListInfo {
            issuer: list.issuer.clone(),
            this_update: list.this_update,
            next_update: list.next_update,
        })
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
    fn parse(der: &[u8]) -> Option<Self> {
        let (rest, list) = CertificateRevocationList::from_der(der).ok()?;
        if !rest.is_empty() {
            return None;
        }
        let time = |time: x509_parser::time::ASN1Time| Timestamp::from_second(time.timestamp());
        Some(Self {
            parsed: OwnedCertRevocationList::from_der(der).ok()?.into(),
            issuer: list.issuer().to_string(),
            this_update: time(list.last_update()).ok()?,
            next_update: time(list.next_update()?).ok()?,
        })
    }

    fn good_until(&self, grace: SignedDuration) -> Timestamp {
        self.next_update.checked_add(grace).unwrap_or(Timestamp::MAX)
    }

    fn replaces(&self, other: &Self) -> bool {
        self.parsed.issuer() == other.parsed.issuer()
            && self.parsed.issuing_distribution_point() == other.parsed.issuing_distribution_point()
    }
}
