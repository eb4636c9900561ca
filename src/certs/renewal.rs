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
    /// Use what is prepared now.
    Take,
}

/// Why a renewal does not go on.
#[derive(Debug, thiserror::Error)]
pub enum RenewalError {
    /// A file.
    #[error(transparent)]
    Certs(#[from] CertsError),
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
            let asked = if haste == Haste::Take { &[] } else { renewable.usages.as_slice() };
            for usage in asked {
                accepts(&answer, *usage).map_err(|why| RenewalError::NotAccepted {
                    path: next.certificate.clone(),
                    why,
                })?;
            }
            take(&next, certificate, key, &own)?;
            Ok(Done::Taken)
        }
        Stage::Prepared { at, .. } if now >= at || haste == Haste::Take => {
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
    let public =
        |path: &Path, pem: &str| files::write(path, pem.as_bytes(), Access::Public, Existing::Keep);
    let former = own.chain().first();
    if former.is_some_and(is_self_made) {
        let hosts = former.map(self_made::hosts_of).unwrap_or_default();
        let validity = Validity { not_before: now - LATE, not_after: now + SELF_MADE };
        let made = self_made::self_made_for(renewable.office, &renewable.usages, &hosts, validity)?;
        secret(made.key_pem())?;
        public(&next.certificate, &made.chain_pem())
    } else {
        let made = request(renewable.office, None)?;
        secret(&made.key_pem)?;
        public(&next.request, &made.request_pem)
    }
}

/// Puts the next pair into the place of the present one.
fn take(next: &Next, certificate: &Path, key: &Path, own: &Identity) -> Result<(), CertsError> {
    keep(certificate, own, Access::Public)?;
    keep(key, own, Access::Secret)?;
    rename(&next.key, key)?;
    rename(&next.certificate, certificate)?;
    let failed = |source| CertsError::Io { path: next.request.clone(), source };
    disk::remove_file(&next.request).map_err(failed)
}

/// Copies a file of the old pair beside itself. A copy that is there already stays.
fn keep(path: &Path, own: &Identity, access: Access) -> Result<(), CertsError> {
    let ends = end_of(own).unwrap_or_default().to_zoned(TimeZone::UTC);
    let mark = format!("until-{}", ends.strftime("%Y%m%d"));
    let Some(copy) = marked(path, &mark) else { return Ok(()) };
    let bytes = files::read(path, access, MAX_FILE)?;
    match files::write(&copy, &bytes, access, Existing::Keep) {
        Err(CertsError::Exists { .. }) => Ok(()),
        written => written,
    }
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
        rename(&next.certificate, certificate)?;
    }
    Ok(is_between)
}

fn end_of(identity: &Identity) -> Option<Timestamp> {
    let info = identity.chain().first().map(CertificateInfo::of)?;
    info.ok().map(|info| info.not_after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(days: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * (20_000 + days))
    }

    struct Place {
        folder: tempfile::TempDir,
        files: IdentityFiles,
    }

    impl Place {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let path = |name| folder.path().join(name);
            let files = IdentityFiles::Pem { certificate: path("tls.pem"), key: path("tls.key") };
            Self { folder, files }
        }

        fn put(&self, certificate: &str, key: &str, issued: &super::super::Issued) {
            let write = |name: &str, text: &str, access| {
                let path = self.folder.path().join(name);
                files::write(&path, text.as_bytes(), access, Existing::Keep).expect("written");
            };
            write(certificate, &issued.chain_pem(), Access::Public);
            write(key, issued.key_pem(), Access::Secret);
        }

        fn names(&self) -> Vec<String> {
            let entries = std::fs::read_dir(self.folder.path()).expect("listed");
            let mut names: Vec<_> = entries
                .map(|entry| entry.expect("an entry").file_name().into_string().expect("ASCII"))
                .collect();
            names.sort();
            names
        }

        fn renewable(&self) -> Renewable<'_> {
            Renewable { files: &self.files, office: office(), usages: vec![Usage::Tls] }
        }

        fn advance(&self, haste: Haste, now: Timestamp) -> Done {
            let never = |_: &Identity, _| Err(TrustError::UnknownIssuer);
            advance(&self.renewable(), haste, now, never).expect("it goes on")
        }

        fn own(&self) -> CertificateDer<'static> {
            load(&self.files).expect("it fits").chain().first().expect("one").clone()
        }
    }

    fn office() -> OfficeNumber {
        "1370000018".parse().expect("an office")
    }

    fn of_two_years() -> super::super::Issued {
        let hosts = ["node.example".to_owned(), "192.0.2.7".to_owned()];
        let validity = Validity { not_before: at(0), not_after: at(730) };
        self_made(office(), Usage::Tls, &hosts, validity).expect("made")
    }

    #[test]
    fn a_self_made_certificate_is_followed_with_overlap() {
        let place = Place::new();
        place.put("tls.pem", "tls.key", &of_two_years());
        let old = place.own();
        assert_eq!(place.advance(Haste::InTime, at(639)), Done::Nothing);
        assert_eq!(place.names(), ["tls.key", "tls.pem"]);
        assert_eq!(place.advance(Haste::InTime, at(640)), Done::Begun);
        let next = next_certificate(&place.files).expect("announced");
        assert!(is_self_made(&next));
        assert_eq!(self_made::hosts_of(&next), ["node.example", "192.0.2.7"]);
        let Stage::Prepared { certificate, at: switch } = stage(&place.files) else {
            panic!("{:?}", stage(&place.files))
        };
        assert_eq!((certificate, switch), (next.clone(), at(729)));
        // It stays as it was announced, and the old one in use, until the last day.
        assert_eq!(place.advance(Haste::InTime, at(700)), Done::Nothing);
        assert_eq!(
            (place.own(), next_certificate(&place.files)),
            (old.clone(), Some(next.clone()))
        );
        assert_eq!(place.advance(Haste::InTime, at(729)), Done::Taken);
        assert_eq!(place.own(), next);
        let kept = "tls.until-20261004.pem";
        let names = ["tls.key", "tls.pem", "tls.until-20261004.key", kept];
        assert_eq!(place.names(), names);
        let kept = super::super::load_certificates(&place.folder.path().join(kept));
        assert_eq!(kept.expect("the old one"), [old]);
        assert_eq!(place.advance(Haste::InTime, at(729)), Done::Nothing);
    }

    #[test]
    fn a_person_may_begin_and_take_it_earlier() {
        let place = Place::new();
        place.put("tls.pem", "tls.key", &of_two_years());
        assert_eq!(place.advance(Haste::Begin, at(1)), Done::Begun);
        let next = next_certificate(&place.files).expect("announced");
        assert_eq!(place.advance(Haste::Begin, at(1)), Done::Nothing, "once");
        assert_eq!(place.advance(Haste::Take, at(1)), Done::Taken);
        assert_eq!(place.own(), next);
    }

    #[test]
    fn a_crash_at_any_rename_is_made_good() {
        for renamed_key in [false, true] {
            let place = Place::new();
            place.put("tls.pem", "tls.key", &of_two_years());
            place.advance(Haste::Begin, at(1));
            let next = next_certificate(&place.files).expect("announced");
            if renamed_key {
                let path = |name| place.folder.path().join(name);
                std::fs::rename(path("tls.next.key"), path("tls.key")).expect("renamed");
                assert!(load(&place.files).is_err(), "the key is another one's");
                assert!(finish(&place.files).expect("finished"));
                assert_eq!(place.own(), next);
                assert_eq!(stage(&place.files), Stage::None);
            }
            assert!(!finish(&place.files).expect("nothing to do"));
        }
        // A key alone, as a crash leaves it, is in nobody's way.
        let place = Place::new();
        place.put("tls.pem", "tls.key", &of_two_years());
        std::fs::write(place.folder.path().join("tls.next.key"), "").expect("written");
        assert_eq!(place.advance(Haste::Begin, at(1)), Done::Begun);
        assert!(next_certificate(&place.files).is_some());
    }

    #[test]
    fn what_an_authority_issued_is_asked_for_and_taken_when_it_comes() {
        let validity = Validity { not_before: at(0), not_after: at(365) };
        let ca = super::super::TestCa::new("CA", validity).expect("a CA");
        let issue = || ca.issue(office(), Usage::Tls, &[], validity).expect("issued");
        let place = Place::new();
        place.put("tls.pem", "tls.key", &issue());
        let old = place.own();
        assert_eq!(place.advance(Haste::InTime, at(300)), Done::Begun);
        assert_eq!(place.names(), ["tls.key", "tls.next.csr", "tls.next.key", "tls.pem"]);
        assert!(matches!(stage(&place.files), Stage::Requested { .. }));
        assert_eq!(place.advance(Haste::Take, at(364)), Done::Nothing, "nothing came");
        assert_eq!(place.own(), old);

        // Not for our key: it is told, and the old one stays.
        let path = place.folder.path().join("tls.next.pem");
        std::fs::write(&path, issue().chain_pem()).expect("written");
        let taken = advance(&place.renewable(), Haste::InTime, at(301), |_, _| Ok(()));
        assert!(matches!(taken, Err(RenewalError::Certs(CertsError::Signer { .. }))));
        // For our key.
        std::fs::remove_file(&path).expect("removed");
        std::fs::remove_file(place.folder.path().join("tls.next.key")).expect("removed");
        place.put("tls.next.pem", "tls.next.key", &issue());
        let next = next_certificate(&place.files).expect("there");
        let taken =
            advance(&place.renewable(), Haste::InTime, at(301), |_, _| Err(TrustError::Revoked));
        let Err(RenewalError::NotAccepted { why: TrustError::Revoked, .. }) = taken else {
            panic!("{taken:?}")
        };
        assert_eq!(place.own(), old);
        let taken = advance(&place.renewable(), Haste::InTime, at(301), |_, _| Ok(()));
        assert_eq!(taken.expect("taken"), Done::Taken);
        assert_eq!(place.own(), next);
        assert!(!place.names().contains(&"tls.next.csr".to_owned()), "it is answered");
    }

    #[test]
    fn short_lives_are_renewed_late() {
        assert!(!is_due(at(0), at(30), at(19)));
        assert!(is_due(at(0), at(30), at(20)));
        assert!(!is_due(at(0), at(3650), at(3559)));
        assert!(is_due(at(0), at(3650), at(3560)));
    }
}
