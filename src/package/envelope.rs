//! Packing and opening packages.

use bytes::Bytes;
use jiff::Timestamp;

use crate::types::{Digest, Hashed, MessageId, OfficeNumber};

use super::cms::{self, Verified, VerifiedSigner};
use super::container::{self, MAX_FILES};
use super::{Limits, Manifest, ManifestFault, PackageFault, Signer, SignerError, Trust, Usage};

/// Why a package cannot be made: a fault of our own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackError {
    /// The manifest contradicts itself.
    #[error("manifest: {0}")]
    Manifest(#[from] ManifestFault),
    /// The manifest lists other files than were given.
    #[error("the manifest does not describe file {n}")]
    File {
        /// The place of the file, from 1.
        n: usize,
    },
    /// The manifest names another signing certificate than the signer has.
    #[error("the document names another signing certificate than the signer has")]
    OtherSigner,
    /// The package would have 4 GiB or more, or more than 9999 files.
    #[error("more than a container of 4 GiB and {MAX_FILES} files can hold")]
    TooLarge,
    /// Signing failed.
    #[error(transparent)]
    Signer(#[from] SignerError),
}

/// Makes the package: checks that `files` are the ones that the manifest describes, signs the
/// manifest, writes the container.
///
/// The same arguments give the same container except for the signature.
pub fn pack(
    manifest: &Manifest,
    files: &[&[u8]],
    signer: &Signer,
    now: Timestamp,
) -> Result<Vec<u8>, PackError> {
    for (n, (listed, file)) in (1..).zip(manifest.files.iter().zip(files)) {
        if Digest::of(file) != listed.sha256 {
            return Err(PackError::File { n });
        }
    }
    pack_described(manifest, files, signer, now)
}

/// As [`pack`] for who has just described these very files: their digests are not looked at again.
pub fn pack_described(
    manifest: &Manifest,
    files: &[&[u8]],
    signer: &Signer,
    now: Timestamp,
) -> Result<Vec<u8>, PackError> {
    if manifest.sender.certificate != Some(signer.certificate_sha256()) {
        return Err(PackError::OtherSigner);
    }
    if manifest.files.len() != files.len() {
        return Err(PackError::File { n: manifest.files.len().min(files.len()) + 1 });
    }
    for (n, (listed, file)) in (1..).zip(manifest.files.iter().zip(files)) {
        if u64::try_from(file.len()) != Ok(listed.size) {
            return Err(PackError::File { n });
        }
    }
    let manifest = manifest.to_bytes()?;
    let signature = cms::sign_detached(signer, &manifest, now)?;
    container::write(&manifest, &signature, files).ok_or(PackError::TooLarge)
}

/// Makes the package of a set that was downloaded: it has the form of every other one, and no
/// signature. It is for the store of the office alone: [`Package::verify`] refuses it.
pub fn pack_downloaded(manifest: &Manifest, files: &[&[u8]]) -> Result<Vec<u8>, PackError> {
    for (n, (listed, file)) in (1..).zip(manifest.files.iter().zip(files)) {
        if Digest::of(file) != listed.sha256 {
            return Err(PackError::File { n });
        }
    }
    if manifest.files.len() != files.len() {
        return Err(PackError::File { n: manifest.files.len().min(files.len()) + 1 });
    }
    container::write(&manifest.to_bytes()?, &[], files).ok_or(PackError::TooLarge)
}

/// Takes a package apart: the container is well-formed, the manifest consistent, every file the
/// one that the manifest describes. Who signed is not looked at yet: [`Package::verify`].
pub fn open(package: impl Into<Hashed>, limits: &Limits) -> Result<Package, PackageFault> {
    let package = open_again(package, limits)?;
    for (listed, file) in package.files() {
        if Digest::of(file) != listed.sha256 {
            return Err(PackageFault::FileDigest { n: listed.n });
        }
    }
    Ok(package)
}

/// As [`open()`] for a package that was opened before and has the same digest as then: whether its
/// files are those of the manifest is known.
pub fn open_again(package: impl Into<Hashed>, limits: &Limits) -> Result<Package, PackageFault> {
    let package = package.into();
    let (bytes, sha256) = (package.bytes().clone(), package.sha256());
    let entries = container::read(&bytes, limits)?;
    let manifest = Manifest::parse(&entries.manifest)?;
    let (listed, got) = (manifest.files.len(), entries.files.len());
    if listed != got {
        return Err(PackageFault::FileCount { listed, got });
    }
    for (listed, file) in manifest.files.iter().zip(&entries.files) {
        if u64::try_from(file.len()) != Ok(listed.size) {
            return Err(PackageFault::FileDigest { n: listed.n });
        }
    }
    let manifest_sha256 = Digest::of(&entries.manifest);
    Ok(Package {
        sha256,
        bytes,
        manifest,
        manifest_sha256,
        manifest_bytes: entries.manifest,
        signature: entries.signature,
        files: entries.files,
    })
}

/// A package that is consistent in itself. Its parts share the bytes that it was opened from.
#[derive(Debug, Clone)]
pub struct Package {
    bytes: Bytes,
    sha256: Digest,
    manifest: Manifest,
    manifest_sha256: Digest,
    manifest_bytes: Bytes,
    signature: Bytes,
    files: Vec<Bytes>,
}

/// What a receipt must name to be about one certain package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackageRef {
    /// The id that the sender chose.
    pub message_id: MessageId,
    /// Of the whole container.
    pub package_sha256: Digest,
    /// Of `manifest.json`.
    pub manifest_sha256: Digest,
    /// The office that sent it.
    pub sender: OfficeNumber,
    /// The office that it is for.
    pub recipient: OfficeNumber,
}

impl Package {
    /// What is sent, by whom, to whom.
    pub const fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The exact bytes that the signature covers.
    pub const fn manifest_bytes(&self) -> &Bytes {
        &self.manifest_bytes
    }

    /// The detached CMS signature over [`Self::manifest_bytes`].
    pub const fn signature(&self) -> &Bytes {
        &self.signature
    }

    /// The file at place `n`, from 1.
    pub fn file(&self, n: u32) -> Option<&Bytes> {
        self.files.get(usize::try_from(n).ok()?.checked_sub(1)?)
    }

    /// Every file with its description.
    pub fn files(&self) -> impl Iterator<Item = (&super::ManifestFile, &Bytes)> {
        self.manifest.files.iter().zip(&self.files)
    }

    /// The whole container.
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Of the whole container.
    pub const fn sha256(&self) -> Digest {
        self.sha256
    }

    /// What a receipt for this package must name.
    pub const fn reference(&self) -> PackageRef {
        PackageRef {
            message_id: self.manifest.message_id,
            package_sha256: self.sha256,
            manifest_sha256: self.manifest_sha256,
            sender: self.manifest.sender.office,
            recipient: self.manifest.recipient.office,
        }
    }

    /// Verifies the signature, that the signer is the one whom the manifest names, and that the
    /// certificate speaks for the sending office at `now`.
    ///
    /// Whether the package is for us and still in time is for [`Self::check_recipient`] and
    /// [`Self::check_time`].
    pub fn verify(&self, trust: &Trust, now: Timestamp) -> Result<VerifiedSigner, PackageFault> {
        let signed = self.read_signature()?;
        check_signer(signed, &self.manifest.sender, trust, now)
    }

    /// Verifies the signature; whom to believe is not decided yet.
    pub(super) fn read_signature(&self) -> Result<Verified, PackageFault> {
        Ok(cms::verify_detached(&self.signature, &self.manifest_bytes)?)
    }

    /// Refuses a package that is for none of `offices`.
    pub fn check_recipient(&self, offices: &[OfficeNumber]) -> Result<(), PackageFault> {
        let recipient = self.manifest.recipient.office;
        if offices.contains(&recipient) { Ok(()) } else { Err(PackageFault::NotOurs { recipient }) }
    }

    /// Refuses a package whose time is over. One that was taken before is not asked again.
    pub fn check_time(&self, now: Timestamp) -> Result<(), PackageFault> {
        if self.manifest.is_expired(now) { Err(PackageFault::Expired) } else { Ok(()) }
    }
}

/// The signer of a document in the name of `party`.
pub(super) fn check_signer(
    signed: Verified,
    party: &super::Party,
    trust: &Trust,
    now: Timestamp,
) -> Result<VerifiedSigner, PackageFault> {
    let certificate_sha256 = Digest::of(&signed.certificate);
    if party.certificate != Some(certificate_sha256) {
        return Err(PackageFault::OtherSigner);
    }
    trust.speaks_for(&signed.certificate, &signed.chain, party.office, Usage::Signing, now)?;
    Ok(VerifiedSigner {
        office: party.office,
        certificate_sha256,
        certificate: signed.certificate,
        chain: signed.chain,
        signed_at: signed.signed_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::{ManifestFile, ManifestFormat, Party};
    use crate::types::Edition;

    #[test]
    fn what_was_downloaded_has_the_form_of_a_package_and_no_signature() {
        let name = "UPPLAN_202604_1370000018_43_1370000026_11_20260326111500.CSV";
        let (now, file) = (Timestamp::UNIX_EPOCH, b"202407");
        let party = |office: &str| Party {
            office: office.parse().expect("an office"),
            service_types: Vec::new(),
            certificate: None,
        };
        let manifest = Manifest {
            format: ManifestFormat::Download,
            message_id: MessageId::of_contents(now, Digest::of(file)),
            sequence: 0,
            sender: party("1370000018"),
            recipient: party("1370000026"),
            created_at: now,
            expires_at: now + jiff::SignedDuration::from_hours(1),
            kind: "K1".to_owned(),
            edition: Some(Edition::V4_1),
            months: Vec::new(),
            serial: "20260326111500".parse().expect("a serial"),
            set: None,
            supersedes: None,
            files: vec![ManifestFile::describe(1, name, file).expect("described")],
        };
        assert_ne!(manifest.message_id, MessageId::of_contents(now, Digest::of(b"other")));
        let bytes = pack_downloaded(&manifest, &[file]).expect("packed");
        let limits = Limits::default();
        let package = open(Bytes::from(bytes), &limits).expect("opened");
        assert!(package.manifest().is_downloaded() && package.signature().is_empty());
        assert!(package.read_signature().is_err());
        assert!(matches!(pack_downloaded(&manifest, &[b"other"]), Err(PackError::File { n: 1 })));
        // A number or a certificate of a sender would make it look like one that was sent.
        let numbered = Manifest { sequence: 1, ..manifest };
        assert!(pack_downloaded(&numbered, &[file]).is_err());
    }
}
