//! A relay, offices with their certificates, and packages that they leave for each other.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use jiff::SignedDuration;
use renkei::certs::{TestCa, Validity, certificates_to_pem, load_certificates};
use renkei::package::sealed::{SUITE, SealedFormat, SealedHeader};
use renkei::package::{PackageRef, Receipt, ReceiptKind, Signer, Usage};
use renkei::types::{Clock, Digest, Hashed, MessageId, OfficeNumber};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};

use crate::harness::{free_port, until};
use crate::plain::noise;
use crate::process::Running;

/// The bytes of a package before it is sealed: less than a piece of the seal.
const PACKAGE: usize = 60_000;

/// The authority of all offices, and how long everything is valid.
pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
    authority: TestCa,
    validity: Validity,
}

impl World {
    pub(crate) fn new() -> Self {
        let now = Clock::system().now();
        let validity = Validity {
            not_before: now - SignedDuration::from_hours(1),
            not_after: now + SignedDuration::from_hours(24),
        };
        let authority = TestCa::new("renkei bench CA", validity).expect("an authority");
        Self { folder: tempfile::tempdir().expect("a folder"), authority, validity }
    }

    /// The office of this number, which trusts the relay's certificate.
    pub(crate) fn office(&self, number: usize, relay: &RelayFolder) -> Office {
        let number: OfficeNumber = format!("{number:010}").parse().expect("an office");
        let tls = self.authority.issue(number, Usage::Tls, &[], self.validity).expect("issued");
        let identity = tls.identity().expect("an identity");
        let mut roots = RootCertStore::empty();
        roots.add(relay.certificate.clone()).expect("a root");
        let tls = ClientConfig::builder_with_provider(Arc::clone(&relay.provider))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .expect("TLS 1.3")
            .with_root_certificates(roots)
            .with_client_auth_cert(identity.chain().to_vec(), identity.key())
            .expect("a certificate");
        Office { number, tls: Arc::new(tls) }
    }

    fn signer(&self, office: OfficeNumber) -> Signer {
        let issued = self.authority.issue(office, Usage::Signing, &[], self.validity);
        issued.expect("issued").identity().and_then(|own| own.signer()).expect("a signer")
    }
}

/// An office.
pub(crate) struct Office {
    pub(crate) number: OfficeNumber,
    pub(crate) tls: Arc<ClientConfig>,
}

/// A relay that does not run yet.
pub(crate) struct RelayFolder {
    folder: PathBuf,
    pub(crate) port: u16,
    status: u16,
    certificate: CertificateDer<'static>,
    provider: Arc<rustls::crypto::CryptoProvider>,
}

impl RelayFolder {
    /// `store` is the section `[store]`; offices are bounded by the disk alone.
    pub(crate) fn new(world: &World, name: &str, store: &str) -> Self {
        let folder = world.folder.path().join(name);
        let (port, status) = (free_port(), free_port());
        let made = Command::new(env!("CARGO_BIN_EXE_renkei"))
            .args(["relay", "init", "--host", "127.0.0.1", "--listen"])
            .arg(format!("127.0.0.1:{port}"))
            .arg("--dir")
            .arg(&folder)
            .output()
            .expect("it runs");
        assert!(made.status.success(), "{made:?}");
        let roots = certificates_to_pem(&[world.authority.certificate().clone()]);
        fs::write(folder.join("ca.pem"), roots).expect("written");
        let config = fs::read_to_string(folder.join("relay.toml")).expect("made");
        let config = config
            .replace("127.0.0.1:8481", &format!("127.0.0.1:{status}"))
            .replace("#roots =", "roots =")
            .replace("[node]\n", "[node]\nlog_file = \"relay.log\"\n");
        let limits = "[limits]\noffice_rate = 1000000\noffice_store = \"1000GiB\"\noffice_messages = 10000000\noffice_connections = 1000";
        let config = format!("{config}\n{store}\n{limits}\n");
        fs::write(folder.join("relay.toml"), config).expect("written");
        let certificates = load_certificates(&folder.join("tls.pem")).expect("a certificate");
        let certificate = certificates.first().expect("a certificate").clone();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        Self { folder, port, status, certificate, provider }
    }

    /// The file of its store.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.join("data/relay.db")
    }

    /// Runs it, and waits until it answers.
    pub(crate) fn run(&self) -> Running {
        let running = Running::start("relay", &self.folder.join("relay.toml"));
        until("the relay answers", || self.health().filter(|answer| answer.ends_with("ok\n")));
        running
    }

    fn health(&self) -> Option<String> {
        let mut tcp = TcpStream::connect(("127.0.0.1", self.status)).ok()?;
        tcp.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
        write!(tcp, "GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").ok()?;
        let mut answer = String::new();
        tcp.read_to_string(&mut answer).ok()?;
        Some(answer)
    }
}

/// A package that is ready to be left, and what its recipient will say about it.
pub(crate) struct Made {
    pub(crate) id: MessageId,
    pub(crate) sealed: Bytes,
    /// Fields of the head with which it is put.
    pub(crate) fields: String,
    /// Word and bytes of each receipt.
    pub(crate) receipts: [(&'static str, Vec<u8>); 2],
}

/// Makes packages from one office to another: a true header, and bytes of which nobody but the
/// recipient could say whether they are sealed.
pub(crate) struct Maker {
    sender: OfficeNumber,
    recipient: OfficeNumber,
    signer: Signer,
    noise: Vec<u8>,
}

impl Maker {
    pub(crate) fn new(world: &World, sender: OfficeNumber, recipient: OfficeNumber) -> Self {
        Self { sender, recipient, signer: world.signer(recipient), noise: noise(PACKAGE) }
    }

    pub(crate) fn make(&self) -> Made {
        let now = Clock::system().now();
        let message_id = MessageId::new(now);
        let package_sha256 = Digest::of(message_id.as_bytes());
        let header = SealedHeader {
            format: SealedFormat::V1,
            message_id,
            sender: self.sender,
            recipient: self.recipient,
            package_sha256,
            size: PACKAGE as u64,
            suite: SUITE.to_owned(),
            key_id: "0123456789abcdef".to_owned(),
            enc: vec![4; 65],
            created_at: now,
            expires_at: now + SignedDuration::from_hours(24),
        };
        let header = serde_json::to_vec(&header).expect("JSON");
        let mut sealed = b"RNKSEAL1".to_vec();
        sealed.extend_from_slice(&u32::try_from(header.len()).expect("short").to_be_bytes());
        sealed.extend_from_slice(&header);
        sealed.extend_from_slice(&self.noise);
        // The tag of the one piece, different for each.
        sealed.extend_from_slice(&message_id.as_bytes()[..16]);
        let sealed = Hashed::from(Bytes::from(sealed));
        let reference = PackageRef {
            message_id,
            package_sha256,
            manifest_sha256: package_sha256,
            sender: self.sender,
            recipient: self.recipient,
        };
        let receipt =
            |kind| Receipt::of(&reference, kind, now).sign(&self.signer, now).expect("signed");
        let digest = STANDARD.encode(sealed.sha256().as_raw());
        Made {
            id: message_id,
            sealed: sealed.bytes().clone(),
            fields: format!(
                "content-type: application/vnd.renkei.sealed\r\ncontent-digest: sha-256=:{digest}:\r\n"
            ),
            receipts: [
                ("consignment", receipt(ReceiptKind::ContentConsignment)),
                ("handover", receipt(ReceiptKind::ContentHandover)),
            ],
        }
    }
}

/// The section that names a database.
pub(crate) fn section_of_postgres(url: &str) -> String {
    format!("[store]\npostgres = \"{url}\"\nconnections = 16")
}
