//! Certificates that are followed by others in time.
//!
//! A renewal begins 90 days before a certificate ends, or when two thirds of its time are over if that
//! is later. Beside `tls.pem` and `tls.key` there are then
//!
//! | file | self-made | issued by an authority |
//! |---|---|---|
//! | `tls.next.key` | a new key | a new key |
//! | `tls.next.csr` | – | the request for the authority |
//! | `tls.next.pem` | the new certificate | what the authority sends; a person puts it there |
//!
//! Partners who know an office by the SHA-256 of its certificates have to know the new one before it
//! is used: [`next_certificate`] is what an office announces beside the one of today. It is taken into
//! use one day before the old one ends, or when a person says that everybody knows it. What an
//! authority issued is known by its authority and taken into use at once.
//!
//! # Storage
//!
//! Taking it into use, the old pair is first copied to `tls.until-20270101.pem` and `.key`, then the
//! new key and the new certificate are renamed, in this order. What a crash left between the two is
//! told from everything else, and done: the key belongs to the certificate that still is the next one.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use rustls_pki_types::CertificateDer;

use crate::config::IdentityFiles;
use crate::disk;
use crate::package::{CertificateInfo, TrustError, Usage};
use crate::types::OfficeNumber;

use super::files::{self, Access, Existing};
use super::{
    CertsError, Identity, Validity, certificates_in, is_self_made, load, load_identity, request,
    self_made,
};

/// A renewal begins so long before the end.
const LEAD: SignedDuration = SignedDuration::from_hours(24 * 90);
/// A self-made certificate is followed so long before its end.
const SWITCH: SignedDuration = SignedDuration::from_hours(24);
/// How long self-made certificates are valid.
pub const SELF_MADE: SignedDuration = SignedDuration::from_hours(24 * 730);
/// They begin a little before they are made, for clocks that are late.
const LATE: SignedDuration = SignedDuration::from_mins(15);
/// The most bytes of a file that is kept.
const MAX_FILE: u64 = 1 << 20;

/// Pairs that end on the same day.
const MOST_OF_A_DAY: u32 = 100;

/// An identity that is to be renewed.
#[derive(Debug, Clone)]
pub struct Renewable<'a> {
    /// Its files.
    pub files: &'a IdentityFiles,
    /// The office that it speaks for.
    pub office: OfficeNumber,
    /// What it is used for.
    pub usages: Vec<Usage>,
}

/// How far a renewal is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// It has not begun.
    None,
    /// A self-made certificate is there and not used yet.
    Prepared {
        /// The certificate.
        certificate: CertificateDer<'static>,
        /// When it is taken into use by itself.
        at: Timestamp,
    },
    /// An authority has to be asked with this file, and what it sends put into the other one.
    Requested {
        /// The request.
        request: PathBuf,
        /// Where its answer belongs.
        answer: PathBuf,
    },
    /// What an authority sent is there, and not used yet.
    Answered,
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// Nothing.
    Nothing,
    /// The renewal began: [`Stage::Prepared`] or [`Stage::Requested`].
    Begun,
    /// The new certificate is in its place.
    Taken,
}

/// What a person wants, beyond what time asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Haste {
    /// Everything in its time.
    InTime,
    /// Begin now.
    Begin,
    /// Use what is prepared now, if everybody has it who has to.
    Take,
    /// Use what is prepared now, whoever is cut off.
    TakeAnyway,
}

impl Haste {
    /// Whether what is prepared is to be used now.
    fn takes(self) -> bool {
        matches!(self, Self::Take | Self::TakeAnyway)
    }
}

/// Why a renewal does not go on.
#[derive(Debug, thiserror::Error)]
pub enum RenewalError {
    /// A file.
    #[error(transparent)]
    Certs(#[from] CertsError),
    /// Partners have not said that they know the next certificate; it would cut them off.
    #[error("not known to {} partners", partners.len())]
    NotEverywhere {
        /// Their offices.
        partners: Vec<OfficeNumber>,
    },
    /// What was put there as the next certificate would not be believed.
    #[error("{}: {why}", path.display())]
    NotAccepted {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: TrustError,
    },
}

/// The files of a renewal.
struct Next {
    certificate: PathBuf,
    key: PathBuf,
    request: PathBuf,
}

impl Next {
    /// Nothing for PKCS#12, whose makers make the key too, and for a file that holds both.
    fn of(files: &IdentityFiles) -> Option<(Self, &Path, &Path)> {
        let IdentityFiles::Pem { certificate, key } = files else { return None };
        if certificate == key {
            return None;
        }
        let next = Self {
            certificate: marked(certificate, "next")?,
            key: marked(key, "next")?,
            request: marked(certificate, "next")?.with_extension("csr"),
        };
        Some((next, certificate, key))
    }
}

/// `tls.pem` with a mark: `tls.next.pem`.
fn marked(path: &Path, mark: &str) -> Option<PathBuf> {
    let mut name = path.file_stem()?.to_owned();
    name.push(".");
    name.push(mark);
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    Some(path.with_file_name(name))
}

/// The files in which a renewal can be seen, beside those of the identity.
pub fn files_of(files: &IdentityFiles) -> Vec<PathBuf> {
    let next = Next::of(files);
    next.map(|(next, ..)| vec![next.certificate, next.key, next.request]).unwrap_or_default()
}

/// The certificate that will follow, for those who have to know it before: partners that know an
/// office by its certificates.
pub fn next_certificate(files: &IdentityFiles) -> Option<CertificateDer<'static>> {
    let (next, ..) = Next::of(files)?;
    let identity = load_identity(&next.certificate, &next.key).ok()?;
    identity.chain().first().cloned()
}

/// How far the renewal of an identity is.
pub fn stage(files: &IdentityFiles) -> Stage {
    let Some((next, ..)) = Next::of(files) else { return Stage::None };
    if let Ok(identity) = load_identity(&next.certificate, &next.key) {
        let Some(certificate) = identity.chain().first().cloned() else { return Stage::None };
        if !is_self_made(&certificate) {
            return Stage::Answered;
        }
        let ends = load(files).ok().and_then(|own| end_of(&own));
        let at = ends.and_then(|ends| ends.checked_sub(SWITCH).ok());
        return Stage::Prepared { certificate, at: at.unwrap_or(Timestamp::MIN) };
    }
    if next.request.exists() && next.key.exists() {
        return Stage::Requested { request: next.request, answer: next.certificate };
    }
    Stage::None
}

/// Where the answer of an authority belongs while one is waited for, and the identity that it makes
/// with the key that the request was made with. `name` is what faults call the file it came in.
///
/// # Errors
///
/// It holds no certificate for that key.
pub fn answer(
    files: &IdentityFiles,
    name: &Path,
    bytes: &[u8],
) -> Result<Option<(PathBuf, Identity)>, CertsError> {
    let (Stage::Requested { answer, .. }, Some((next, ..))) = (stage(files), Next::of(files))
    else {
        return Ok(None);
    };
    let identity = super::load::with_key(certificates_in(name, bytes)?, name, &next.key)?;
    Ok(Some((answer, identity)))
}

/// Whether a certificate is within the time of its renewal at `now`.
pub fn is_due(not_before: Timestamp, not_after: Timestamp, now: Timestamp) -> bool {
    let third = not_after.duration_since(not_before) / 3;
    not_after.duration_since(now) <= LEAD.min(third)
}

/// Does what is due. `accepts` says whether partners who trust as we do would believe a certificate
/// of an authority.
pub fn advance(
    renewable: &Renewable<'_>,
    haste: Haste,
    now: Timestamp,
    accepts: impl Fn(&Identity, Usage) -> Result<(), TrustError>,
) -> Result<Done, RenewalError> {
    let Some((next, certificate, key)) = Next::of(renewable.files) else {
        return Ok(Done::Nothing);
    };
    if finish(renewable.files)? {
        return Ok(Done::Taken);
    }
    let own = load(renewable.files)?;
    match stage(renewable.files) {
        Stage::Answered => {
            let answer = load_identity(&next.certificate, &next.key)?;
            let asked = if haste.takes() { &[] } else { renewable.usages.as_slice() };
            for usage in asked {
                accepts(&answer, *usage).map_err(|why| RenewalError::NotAccepted {
                    path: next.certificate.clone(),
                    why,
                })?;
            }
            take(&next, certificate, key, &own)?;
            Ok(Done::Taken)
        }
        Stage::Prepared { at, .. } if now >= at || haste.takes() => {
            take(&next, certificate, key, &own)?;
            Ok(Done::Taken)
        }
        // Something is where the next certificate belongs, and is none for our key.
        Stage::Requested { .. } | Stage::None if next.certificate.exists() => {
            load_identity(&next.certificate, &next.key)?;
            Ok(Done::Nothing)
        }
        Stage::Prepared { .. } | Stage::Requested { .. } => Ok(Done::Nothing),
        Stage::None => {
            let info = own.chain().first().and_then(|der| CertificateInfo::of(der).ok());
            let due = info.is_some_and(|info| is_due(info.not_before, info.not_after, now));
            if !due && haste == Haste::InTime {
                return Ok(Done::Nothing);
            }
            begin(&next, renewable, &own, now)?;
            Ok(Done::Begun)
        }
    }
}

/// Makes a new key, and with it a certificate or a request. The key comes first: one without either
/// is what a crash left, and belongs to nothing.
fn begin(
    next: &Next,
    renewable: &Renewable<'_>,
    own: &Identity,
    now: Timestamp,
) -> Result<(), CertsError> {
    let secret =
        |pem: &str| files::write(&next.key, pem.as_bytes(), Access::Secret, Existing::Replace);
    let public = |path: &Path, pem: &str, existing| {
        files::write(path, pem.as_bytes(), Access::Public, existing)
    };
    let former = own.chain().first();
    if former.is_some_and(is_self_made) {
        let hosts = former.map(self_made::hosts_of).unwrap_or_default();
        let validity = Validity { not_before: now - LATE, not_after: now + SELF_MADE };
        let made = self_made::self_made_for(renewable.office, &renewable.usages, &hosts, validity)?;
        secret(made.key_pem())?;
        public(&next.certificate, &made.chain_pem(), Existing::Keep)
    } else {
        let made = request(renewable.office, None)?;
        secret(&made.key_pem)?;
        // One without its key, which a crash left, asks for nothing that anybody could use.
        public(&next.request, &made.request_pem, Existing::Replace)
    }
}

/// Puts the next pair into the place of the present one.
fn take(next: &Next, certificate: &Path, key: &Path, own: &Identity) -> Result<(), CertsError> {
    keep(certificate, own, Access::Public)?;
    keep(key, own, Access::Secret)?;
    rename(&next.key, key)?;
    let_in(next, certificate)
}

/// Puts the next certificate beside its key, which is there already; it was what had been asked for.
fn let_in(next: &Next, certificate: &Path) -> Result<(), CertsError> {
    rename(&next.certificate, certificate)?;
    let failed = |source| CertsError::Io { path: next.request.clone(), source };
    disk::remove_file(&next.request).map_err(failed)
}

/// Copies a file of the old pair beside itself. A copy that is there already stays; one of another
/// certificate that ends on the same day gets a number.
fn keep(path: &Path, own: &Identity, access: Access) -> Result<(), CertsError> {
    let ends = end_of(own).unwrap_or_default().to_zoned(TimeZone::UTC);
    let day = ends.strftime("%Y%m%d");
    let bytes = files::read(path, access, MAX_FILE)?;
    for number in 1..=MOST_OF_A_DAY {
        let mark = match number {
            1 => format!("until-{day}"),
            _ => format!("until-{day}-{number}"),
        };
        let Some(copy) = marked(path, &mark) else { return Ok(()) };
        match files::write(&copy, &bytes, access, Existing::Keep) {
            Err(CertsError::Exists { .. }) => {
                if *files::read(&copy, access, MAX_FILE)? == *bytes {
                    return Ok(());
                }
            }
            written => return written,
        }
    }
    Err(CertsError::Exists { path: path.to_owned() })
}

fn rename(from: &Path, to: &Path) -> Result<(), CertsError> {
    let failed = |source| CertsError::Io { path: to.to_owned(), source };
    disk::rename(from, to).map_err(failed)?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty());
    disk::sync_folder(folder.unwrap_or(Path::new("."))).map_err(failed)
}

/// Does what a crash left undone when a pair was taken into use; says whether there was any.
pub fn finish(files: &IdentityFiles) -> Result<bool, CertsError> {
    let Some((next, certificate, key)) = Next::of(files) else { return Ok(false) };
    let is_between = !next.key.exists()
        && next.certificate.exists()
        && load_identity(&next.certificate, key).is_ok();
    if is_between {
        let_in(&next, certificate)?;
    }
    Ok(is_between)
}

fn end_of(identity: &Identity) -> Option<Timestamp> {
    let info = identity.chain().first().map(CertificateInfo::of)?;
    info.ok().map(|info| info.not_after)
}

#[cfg(test)]
mod tests;
