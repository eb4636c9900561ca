//! A small authority of one's own, for a corporation or a town: one root, certificates of one year
//! for offices, revocation lists of thirty days.
//!
//! Everything lies in one folder that only its owner can read. The root is meant to be away when it
//! is not needed: on a stick, or encrypted with a passphrase.
//!
//! # What it is not
//!
//! No public authority: nobody checks who an office is but the person who calls it. It answers no
//! questions over the network (OCSP), keeps nobody's keys but its own, and has no second person who
//! has to agree.
//!
//! # Storage
//!
//! | name | holds |
//! |---|---|
//! | `ca.pem` | the root's certificate, for everybody |
//! | `ca.key` or `ca.p12` | its key, plain or encrypted |
//! | `journal/000001.json` … | every step, one file each, never changed |
//! | `issued/SERIAL.pem` | a copy of each certificate |
//! | `ca.crl.pem` | the newest revocation list |
//!
//! A step is in the journal, with the certificate or the list that it made, before anybody gets that.
//! Each entry holds the digest of the one before it. What a crash left out beside the journal is
//! written again when the folder is opened. Two that work in one folder cannot both write the same
//! entry: the second fails.

mod error;
mod journal;
mod key;
mod requested;

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName,
    DnType, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevocationReason,
    RevokedCertParams, SerialNumber,
};
use rustls_pki_types::CertificateDer;

use crate::disk::{create_folders, create_private_folders};
use crate::package::{CertificateInfo, KeyKind, Usage};
use crate::types::{Digest, OfficeNumber};

use super::files::{self, Access, Existing};
use super::make::{Validity, generate, random_serial, set_usages, set_validity, time};
use super::self_made::subject;
use super::{CertsError, certificates_to_pem, load_certificates, revocation_list_to_pem};

pub use error::{AuthorityError, RequestFault};
pub use journal::{Entry, Reason, Step};
pub use key::Passphrase;
pub use requested::Requested;

use journal::Journal;

/// How long the root is valid.
const ROOT: SignedDuration = SignedDuration::from_hours(24 * 3653);
/// How long certificates of offices are valid.
const LEAF: SignedDuration = SignedDuration::from_hours(24 * 365);
/// When the next list is promised.
const LIST: SignedDuration = SignedDuration::from_hours(24 * 30);
/// Certificates begin a little before they are made, for clocks that are late.
const LATE: SignedDuration = SignedDuration::from_mins(15);

const ROOT_FILE: &str = "ca.pem";
const LIST_FILE: &str = "ca.crl.pem";

/// An authority in its folder.
pub struct Authority {
    folder: PathBuf,
    certificate: CertificateDer<'static>,
    journal: Journal,
}

/// What stands in the journal of one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The serial number, in hexadecimal digits.
    pub serial: String,
    /// For whom.
    pub office: OfficeNumber,
    /// What for.
    pub usage: Usage,
    /// When it was issued.
    pub issued: Timestamp,
    /// When it ends.
    pub not_after: Timestamp,
    /// When it was revoked, and why.
    pub revoked: Option<(Timestamp, Reason)>,
    /// Of the certificate.
    pub sha256: Digest,
}

impl Authority {
    /// Begins an authority called `name` in a folder that has none, with an ECDSA P-256 key.
    pub fn begin(
        folder: &Path,
        name: &str,
        passphrase: Option<&Passphrase>,
        now: Timestamp,
    ) -> Result<Self, AuthorityError> {
        create_private_folders(folder).map_err(|error| AuthorityError::io(folder, error))?;
        let root = folder.join(ROOT_FILE);
        for path in [&root, &key::plain(folder), &key::sealed(folder)] {
            if path.exists() {
                return Err(CertsError::Exists { path: path.clone() }.into());
            }
        }
        let failed = |_| CertsError::Generate { what: "root certificate" };
        let key = generate(KeyKind::EcP256)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CountryName, "JP");
        params.distinguished_name.push(DnType::CommonName, name);
        set_validity(&mut params, Validity { not_before: now - LATE, not_after: now + ROOT })?;
        params.serial_number = Some(random_serial()?);
        // Nobody below it is an authority.
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key).map_err(failed)?.der().clone();
        key::keep(folder, &key, &certificate, passphrase)?;
        let mut journal = Journal::open(folder)?;
        let pem = certificates_to_pem(std::slice::from_ref(&certificate));
        journal.add(now, Step::Begun { certificate: pem.clone() })?;
        // Last: where it is, everything is.
        files::write(&root, pem.as_bytes(), Access::Public, Existing::Keep)?;
        Ok(Self { folder: folder.to_owned(), certificate, journal })
    }

    /// Opens the folder of an authority, checks its journal, and writes what a crash left out.
    pub fn open(folder: &Path) -> Result<Self, AuthorityError> {
        let root = folder.join(ROOT_FILE);
        if !root.exists() {
            return Err(AuthorityError::None { folder: folder.to_owned() });
        }
        let certificate = load_certificates(&root)?.swap_remove(0);
        let journal = Journal::open(folder)?;
        let authority = Self { folder: folder.to_owned(), certificate, journal };
        authority.write_copies()?;
        Ok(authority)
    }

    /// The root's certificate.
    pub const fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// Where the newest list lies.
    pub fn list_path(&self) -> PathBuf {
        self.folder.join(LIST_FILE)
    }

    /// Whether the key is encrypted, so that a passphrase is needed to use it.
    pub fn is_sealed(&self) -> bool {
        key::sealed(&self.folder).exists()
    }

    /// Everything that was issued, the oldest first.
    pub fn known(&self) -> Vec<Known> {
        let mut known: Vec<Known> = Vec::new();
        for Entry { at, step, .. } in self.journal.entries() {
            match step {
                Step::Issued { serial, office, usage, not_after, certificate } => {
                    let sha256 = pem::parse(certificate)
                        .map_or_else(|_| Digest::of(&[]), |pem| Digest::of(pem.contents()));
                    let (serial, revoked) = (serial.clone(), None);
                    let (office, usage, issued) = (*office, usage.usage(), *at);
                    let not_after = *not_after;
                    known.push(Known { serial, office, usage, issued, not_after, revoked, sha256 });
                }
                Step::Revoked { serial, reason } => {
                    let one = known.iter_mut().find(|known| known.serial == *serial);
                    if let Some(one) = one {
                        one.revoked = Some((*at, *reason));
                    }
                }
                Step::Begun { .. } | Step::Listed { .. } => {}
            }
        }
        known
    }

    /// Issues a certificate of one year. Of the request only its key is taken: what it may be used
    /// for is decided here, and whose it is by `office`, which the request has to name too.
    pub fn issue(
        &mut self,
        request: &Requested,
        office: OfficeNumber,
        usage: Usage,
        hosts: &[String],
        (passphrase, now): (Option<&Passphrase>, Timestamp),
    ) -> Result<CertificateDer<'static>, AuthorityError> {
        if request.office() != Some(office) {
            return Err(AuthorityError::Request(RequestFault::OtherOffice { office }));
        }
        let issuer = self.issuer(passphrase, now)?;
        let failed = |_| CertsError::Generate { what: "certificate" };
        let mut params = CertificateParams::new(hosts)
            .map_err(|_| AuthorityError::Request(RequestFault::Host))?;
        params.distinguished_name = subject(office);
        let not_after = (now + LEAF).min(self.ends()?);
        set_validity(&mut params, Validity { not_before: now - LATE, not_after })?;
        let serial = random_serial()?;
        let digits = digits(&serial);
        params.serial_number = Some(serial);
        params.use_authority_key_identifier_extension = true;
        set_usages(&mut params, &[usage]);
        let issued = params.signed_by(request.key(), &issuer).map_err(failed)?.der().clone();
        let pem = certificates_to_pem(std::slice::from_ref(&issued));
        let step = Step::Issued {
            serial: digits,
            office,
            usage: usage.into(),
            not_after,
            certificate: pem,
        };
        self.journal.add(now, step)?;
        self.write_copies()?;
        Ok(issued)
    }

    /// Revokes what was issued with this serial number, and makes a new list.
    pub fn revoke(
        &mut self,
        serial: &str,
        reason: Reason,
        (passphrase, now): (Option<&Passphrase>, Timestamp),
    ) -> Result<(), AuthorityError> {
        let serial = serial.replace([':', ' '], "").to_ascii_lowercase();
        let known = self.known();
        let Some(one) = known.iter().find(|known| known.serial == serial) else {
            return Err(AuthorityError::UnknownSerial { serial });
        };
        if one.revoked.is_some() {
            // The list that should have told it did not come about.
            if self.is_listed(&serial) {
                return Err(AuthorityError::Revoked { serial });
            }
            return self.list((passphrase, now));
        }
        // What cannot be told to anybody is not begun.
        self.issuer(passphrase, now)?;
        self.journal.add(now, Step::Revoked { serial, reason })?;
        self.list((passphrase, now))
    }

    /// Whether a list was made since a certificate was revoked.
    fn is_listed(&self, revoked: &str) -> bool {
        let mut since = self.journal.entries().iter().skip_while(
            |entry| !matches!(&entry.step, Step::Revoked { serial, .. } if serial == revoked),
        );
        since.any(|entry| matches!(entry.step, Step::Listed { .. }))
    }

    /// Makes a new revocation list of thirty days.
    pub fn list(
        &mut self,
        (passphrase, now): (Option<&Passphrase>, Timestamp),
    ) -> Result<(), AuthorityError> {
        let issuer = self.issuer(passphrase, now)?;
        let failed = || CertsError::Generate { what: "revocation list" };
        let mut revoked_certs = Vec::new();
        // One that has ended stays on it: what was signed before is looked at for years.
        for known in self.known() {
            let Some((at, reason)) = known.revoked else { continue };
            let serial = data_encoding::HEXLOWER.decode(known.serial.as_bytes());
            revoked_certs.push(RevokedCertParams {
                serial_number: SerialNumber::from(serial.map_err(|_| failed())?),
                revocation_time: time(at)?,
                reason_code: Some(match reason {
                    Reason::Unspecified => RevocationReason::Unspecified,
                    Reason::KeyCompromise => RevocationReason::KeyCompromise,
                    Reason::Superseded => RevocationReason::Superseded,
                    Reason::Cessation => RevocationReason::CessationOfOperation,
                }),
                invalidity_date: None,
            });
        }
        let list = CertificateRevocationListParams {
            this_update: time(now)?,
            next_update: time(now + LIST)?,
            crl_number: SerialNumber::from(self.journal.next_number()),
            issuing_distribution_point: None,
            revoked_certs,
            key_identifier_method: KeyIdMethod::Sha256,
        };
        let list = list.signed_by(&issuer).map_err(|_| failed())?;
        let list = revocation_list_to_pem(&list.into());
        self.journal.add(now, Step::Listed { next_update: now + LIST, list })?;
        self.write_copies()
    }

    fn ends(&self) -> Result<Timestamp, AuthorityError> {
        let root = CertificateInfo::of(&self.certificate);
        let root = root.map_err(|_| AuthorityError::None { folder: self.folder.clone() })?;
        Ok(root.not_after)
    }

    /// The key, ready to sign.
    fn issuer(
        &self,
        passphrase: Option<&Passphrase>,
        now: Timestamp,
    ) -> Result<Issuer<'static, KeyPair>, AuthorityError> {
        let ends = self.ends()?;
        if now >= ends {
            return Err(AuthorityError::Ended { at: ends });
        }
        let key = key::open(&self.folder, &self.certificate, passphrase)?;
        Issuer::from_ca_cert_der(&self.certificate, key)
            .map_err(|_| AuthorityError::None { folder: self.folder.clone() })
    }

    /// Writes what stands in the journal and is not there as a file.
    fn write_copies(&self) -> Result<(), AuthorityError> {
        let issued = self.folder.join("issued");
        create_folders(&issued).map_err(|error| AuthorityError::io(&issued, error))?;
        let mut newest = None;
        for Entry { step, .. } in self.journal.entries() {
            match step {
                Step::Issued { serial, certificate, .. } => {
                    let path = issued.join(format!("{serial}.pem"));
                    if !path.exists() {
                        files::write(
                            &path,
                            certificate.as_bytes(),
                            Access::Public,
                            Existing::Keep,
                        )?;
                    }
                }
                Step::Listed { list, .. } => newest = Some(list),
                Step::Begun { .. } | Step::Revoked { .. } => {}
            }
        }
        let path = self.list_path();
        let there = std::fs::read_to_string(&path).ok();
        match newest {
            Some(list) if there.as_ref() != Some(list) => {
                files::write(&path, list.as_bytes(), Access::Public, Existing::Replace)?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// A serial number in hexadecimal digits, as OpenSSL shows it but for the case.
fn digits(serial: &SerialNumber) -> String {
    data_encoding::HEXLOWER.encode(&serial.to_bytes())
}
