//! Packages, receipts and certificates as others see them: `openssl` is the judge, and nothing
//! that was tampered with is taken.

mod evidence;
mod hostile;
mod interop;
pub(crate) mod naming;
mod trust;

use std::path::Path;
use std::process::{Command, Output};

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use renkei::certs::{self, Issued, Subject, TestCa, Validity};
use renkei::package::{
    KeyKind, Limits, Manifest, ManifestFile, ManifestFormat, Package, Party, Signer, Trust,
    TrustSources, Usage, open, pack,
};
use renkei::types::{Clock, Digest, Edition, MessageId, OfficeNumber};

pub(crate) const SENDER: &str = "1370000018";
pub(crate) const RECIPIENT: &str = "1370000026";

/// The moment of all tests that run no program; none of them reads a clock.
pub(crate) fn now() -> Timestamp {
    "2026-03-26T10:15:00Z".parse().expect("a time")
}

pub(crate) fn days(days: i64) -> Timestamp {
    now() + SignedDuration::from_hours(24 * days)
}

/// So long that `openssl`, which reads the clock, is content for many years.
pub(crate) fn long() -> Validity {
    let time = |text: &str| text.parse().expect("a time");
    Validity { not_before: time("2020-01-01T00:00:00Z"), not_after: time("2090-01-01T00:00:00Z") }
}

/// From and until so many seconds from now, for a program that reads the clock.
pub(crate) fn seconds(from: i64, until: i64) -> Validity {
    let at = |seconds| Clock::system().now() + SignedDuration::from_secs(seconds);
    Validity { not_before: at(from), not_after: at(until) }
}

pub(crate) fn office(text: &str) -> OfficeNumber {
    text.parse().expect("an office number")
}

/// An authority that everybody trusts, and the identities of two offices.
pub(crate) struct World {
    pub(crate) ca: TestCa,
    pub(crate) sender: Issued,
    pub(crate) recipient: Issued,
    pub(crate) trust: Trust,
}

impl World {
    pub(crate) fn new(key: KeyKind) -> Self {
        let ca = TestCa::new("Proof CA", long()).expect("a CA");
        let issue = |name| {
            let (usage, validity) = (Usage::Signing, long());
            let subject = Subject { common_name: name, usage, names: &[], validity, key };
            ca.issue_as(&subject).expect("a certificate")
        };
        let (sender, recipient) = (issue(SENDER), issue(RECIPIENT));
        let trust = trust_in(&[&ca]);
        Self { ca, sender, recipient, trust }
    }

    pub(crate) fn pack(&self, files: &[(&str, &[u8])]) -> Vec<u8> {
        let signer = signer(&self.sender);
        let contents: Vec<&[u8]> = files.iter().map(|(_, bytes)| *bytes).collect();
        pack(&manifest(&signer, files), &contents, &signer, now()).expect("a package")
    }

    pub(crate) fn package(&self) -> Package {
        open(Bytes::from(self.pack(FILES)), &Limits::default()).expect("our own package")
    }
}

/// Two files that belong together; their content is invented and in MS932.
pub(crate) const FILES: &[(&str, &[u8])] = &[
    ("UP1KYO_1370000018_43_1370000026_11_20260326101500.CSV", b"202407,\x8c\xa9\x96{\r\n"),
    ("UP2KYO_1370000018_43_1370000026_11_20260326101500.CSV", b"202407,1,2\r\n"),
];

pub(crate) fn trust_in(authorities: &[&TestCa]) -> Trust {
    let roots = authorities.iter().map(|ca| ca.certificate().clone()).collect();
    Trust::new(TrustSources { roots, ..TrustSources::default() }).expect("usable roots")
}

pub(crate) fn signer(issued: &Issued) -> Signer {
    issued.identity().and_then(|identity| identity.signer()).expect("key and certificate")
}

pub(crate) fn manifest(signer: &Signer, files: &[(&str, &[u8])]) -> Manifest {
    let party = |number, certificate| Party {
        office: office(number),
        service_types: vec!["43".parse().expect("a service type")],
        certificate,
    };
    let files = (1..).zip(files).map(|(n, (name, bytes))| {
        ManifestFile::describe(n, name, bytes).expect("a file of the standard")
    });
    Manifest {
        format: ManifestFormat::V1,
        message_id: MessageId::new(now()),
        sequence: 1,
        sender: party(SENDER, Some(signer.certificate_sha256())),
        recipient: party(RECIPIENT, None),
        created_at: now(),
        expires_at: days(7),
        kind: "K1".to_owned(),
        edition: Some(Edition::V4_1),
        months: vec!["202604".parse().expect("a month")],
        serial: "20260326101500".parse().expect("a serial"),
        set: None,
        supersedes: None,
        files: files.collect(),
    }
}

/// Runs `openssl` in `folder`.
pub(crate) fn openssl(folder: &Path, arguments: &[&str]) -> Output {
    Command::new("openssl")
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the tests need the command openssl, version 3: please install it")
}

/// Runs `openssl` and expects it to succeed.
pub(crate) fn openssl_ok(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = openssl(folder, arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {}: {said}", arguments.join(" "));
    output.stdout
}

pub(crate) fn put(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    std::fs::write(folder.join(name), bytes).expect("a writable temporary folder");
}

/// Puts the certificate and key of `issued` into `folder` for `openssl`.
pub(crate) fn put_identity(folder: &Path, name: &str, issued: &Issued) {
    put(folder, &format!("{name}.pem"), issued.chain_pem());
    put(folder, &format!("{name}.key"), issued.key_pem());
}

pub(crate) fn put_roots(folder: &Path, ca: &TestCa) {
    let pem = certs::certificates_to_pem(std::slice::from_ref(ca.certificate()));
    put(folder, "roots.pem", pem);
}

/// A container written by hand after the description of the format, for content that we would
/// never write ourselves.
pub(crate) fn container(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, data) in entries {
        let size = u32::try_from(data.len()).expect("small").to_le_bytes();
        let mut common = vec![10, 0, 0, 0, 0, 0, 0, 0, 0x21, 0];
        common.extend(crc32fast::hash(data).to_le_bytes());
        common.extend(size);
        common.extend(size);
        common.extend(u16::try_from(name.len()).expect("short").to_le_bytes());
        common.extend([0, 0]);
        directory.extend(b"PK\x01\x02\x0a\x03");
        directory.extend(&common);
        directory.extend([0, 0, 0, 0, 0, 0, 0, 0, 0xa4, 0x81]);
        directory.extend(u32::try_from(out.len()).expect("small").to_le_bytes());
        directory.extend(name.as_bytes());
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(name.as_bytes());
        out.extend(*data);
    }
    let offset = u32::try_from(out.len()).expect("small").to_le_bytes();
    let count = u16::try_from(entries.len()).expect("few").to_le_bytes();
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count);
    out.extend(count);
    out.extend(u32::try_from(directory.len()).expect("small").to_le_bytes());
    out.extend(offset);
    out.extend([0, 0]);
    out
}

/// The package with another manifest and signature around the same files.
pub(crate) fn repacked(package: &Package, manifest: &[u8], signature: &[u8]) -> Vec<u8> {
    let names: Vec<String> =
        (1..=package.manifest().files.len()).map(|n| format!("files/{n:04}")).collect();
    let mut entries = vec![("manifest.json", manifest), ("manifest.p7s", signature)];
    let files =
        names.iter().zip(package.files()).map(|(name, (_, bytes))| (name.as_str(), &bytes[..]));
    entries.extend(files);
    container(&entries)
}

pub(crate) fn sha256(bytes: &[u8]) -> Digest {
    Digest::of(bytes)
}
