//! Every certificate that must not be taken, in handshakes with OpenSSL at the other end: once as a
//! client that comes to our server, once as a server that our client comes to. What our log says, and
//! what the other side is told, is held against one table.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyUsagePurpose,
    date_time_ymd,
};
use renkei::link::{Limits, SendError, TlsFault};
use renkei::types::Digest;
use rustls::crypto::{SupportedKxGroup, aws_lc_rs};
use rustls::pki_types::CertificateDer;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{NamedGroup, ServerConfig};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::harness::{
    Authority, Identity, Node, RECIPIENT, SENDER, TestTrust, client, endpoint, pair, settings,
    within,
};
use super::hostile::Raw;
use crate::proof::openssl_ok;

/// The serial number that the lists of the tests revoke.
const REVOKED: u64 = 77;

/// Alerts of TLS (RFC 8446, section 6).
mod alert {
    pub(super) const UNSUPPORTED_CERTIFICATE: u8 = 43;
    pub(super) const CERTIFICATE_REVOKED: u8 = 44;
    pub(super) const CERTIFICATE_EXPIRED: u8 = 45;
    pub(super) const CERTIFICATE_UNKNOWN: u8 = 46;
    pub(super) const UNKNOWN_CA: u8 = 48;
    pub(super) const PROTOCOL_VERSION: u8 = 70;
    pub(super) const CERTIFICATE_REQUIRED: u8 = 116;
}

/// One certificate, and what comes of it.
struct Case {
    name: &'static str,
    certificate: fn(&World, office: &str) -> Shown,
    trust: fn(&World) -> TestTrust,
    /// The code of our log, and the alert that a client is told, where a client shows it. Nothing
    /// where it is taken, because a handshake does not tell whom it is for.
    from_client: Option<(&'static str, u8)>,
    /// The code of our error where a server shows it. The server is always told that its certificate
    /// is not accepted, and not why: it may be anybody who answers at a mistyped address.
    from_server: Option<&'static str>,
}

const CASES: &[Case] = &[
    Case {
        name: "as it should be",
        certificate: |world, office| world.issue(office, 2, |_| {}),
        trust: |world| TestTrust::of(&world.authority),
        from_client: None,
        from_server: None,
    },
    Case {
        name: "expired",
        certificate: |world, office| {
            world.issue(office, 2, |params| params.not_after = date_time_ymd(2026, 3, 31))
        },
        trust: |world| TestTrust::of(&world.authority),
        from_client: Some(("certificate-expired", alert::CERTIFICATE_EXPIRED)),
        from_server: Some("certificate-expired"),
    },
    Case {
        name: "not yet valid",
        certificate: |world, office| {
            world.issue(office, 2, |params| params.not_before = date_time_ymd(2026, 4, 2))
        },
        trust: |world| TestTrust::of(&world.authority),
        from_client: Some(("certificate-not-yet-valid", alert::CERTIFICATE_EXPIRED)),
        from_server: Some("certificate-not-yet-valid"),
    },
    Case {
        name: "extended key usage of programs",
        certificate: |world, office| {
            world.issue(office, 2, |params| {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
            })
        },
        trust: |world| TestTrust::of(&world.authority),
        from_client: Some(("certificate-wrong-usage", alert::UNSUPPORTED_CERTIFICATE)),
        from_server: Some("certificate-wrong-usage"),
    },
    Case {
        name: "key usage of encryption",
        certificate: |world, office| {
            world.issue(office, 2, |params| {
                params.key_usages = vec![KeyUsagePurpose::KeyEncipherment];
            })
        },
        trust: |world| TestTrust::of(&world.authority),
        from_client: Some(("certificate-wrong-usage", alert::UNSUPPORTED_CERTIFICATE)),
        from_server: Some("certificate-wrong-usage"),
    },
    Case {
        name: "another authority of the same name",
        certificate: |_, office| {
            Shown::of(&Authority::new("test authority").issue_with(office, 2, |_| {}))
        },
        trust: |world| TestTrust::of(&world.authority),
        from_client: Some(("certificate-unknown", alert::UNKNOWN_CA)),
        from_server: Some("certificate-unknown"),
    },
    Case {
        name: "an authority itself",
        certificate: |world, office| {
            world.issue(office, 2, |params| {
                params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            })
        },
        trust: |world| TestTrust::of(&world.authority),
        from_client: Some(("certificate-wrong-usage", alert::UNSUPPORTED_CERTIFICATE)),
        from_server: Some("certificate-wrong-usage"),
    },
    Case {
        name: "another office",
        certificate: |world, _| world.issue("1370000042", 2, |_| {}),
        trust: |world| TestTrust::of(&world.authority),
        from_client: None,
        from_server: Some("certificate-wrong-office"),
    },
    Case {
        name: "revoked",
        certificate: |world, office| world.issue(office, REVOKED, |_| {}),
        trust: |world| world.with_list(date_time_ymd(2026, 5, 1), 0),
        from_client: Some(("certificate-revoked", alert::CERTIFICATE_REVOKED)),
        from_server: Some("certificate-revoked"),
    },
    Case {
        name: "a list that has ended, within its grace",
        certificate: |world, office| world.issue(office, 2, |_| {}),
        trust: |world| world.with_list(date_time_ymd(2026, 3, 31), 24),
        from_client: None,
        from_server: None,
    },
    Case {
        name: "a list whose grace is over",
        certificate: |world, office| world.issue(office, 2, |_| {}),
        trust: |world| world.with_list(date_time_ymd(2026, 3, 31), 23),
        from_client: Some(("revocation-unknown", alert::CERTIFICATE_UNKNOWN)),
        from_server: Some("revocation-unknown"),
    },
    Case {
        name: "RSA with 1024 bits",
        certificate: World::weak_key,
        trust: |world| TestTrust::of(&world.authority),
        from_client: Some(("certificate-weak-key", alert::CERTIFICATE_UNKNOWN)),
        from_server: Some("certificate-weak-key"),
    },
    Case {
        name: "signed with SHA-1",
        certificate: World::weak_signature,
        trust: |world| TestTrust::of(&world.authority),
        from_client: Some(("certificate-weak-signature", alert::CERTIFICATE_UNKNOWN)),
        from_server: Some("certificate-weak-signature"),
    },
];

/// A certificate and its key as PEM.
struct Shown {
    certificate: CertificateDer<'static>,
    key_pem: String,
}

impl Shown {
    fn of(identity: &Identity) -> Self {
        let Identity { certificate, key } = identity;
        let key_pem = pem::encode(&pem::Pem::new("PRIVATE KEY", key.secret_der()));
        Self { certificate: certificate.clone(), key_pem }
    }

    /// Writes both, and says how OpenSSL is told of them.
    fn write(&self, folder: &Path) -> [String; 4] {
        let certificate = pem::encode(&pem::Pem::new("CERTIFICATE", self.certificate.as_ref()));
        let put = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::write(&path, text).expect("written");
            path.to_str().expect("UTF-8").to_owned()
        };
        let (certificate, key) = (put("shown.pem", &certificate), put("shown.key", &self.key_pem));
        ["-cert".to_owned(), certificate, "-key".to_owned(), key]
    }
}

/// An authority, and a folder for OpenSSL.
struct World {
    authority: Authority,
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { authority: Authority::new("test authority"), folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn issue(
        &self,
        office: &str,
        serial: u64,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Shown {
        Shown::of(&self.authority.issue_with(office, serial, change))
    }

    /// Whoever trusts the authority and has its list, and how many hours of grace there are.
    fn with_list(&self, next_update: time::OffsetDateTime, grace: i64) -> TestTrust {
        let list = self.authority.revoke_until(REVOKED, next_update);
        TestTrust {
            revoked: vec![list],
            grace: jiff::SignedDuration::from_hours(grace),
            ..TestTrust::of(&self.authority)
        }
    }

    fn openssl(&self, command: &str) {
        let arguments: Vec<_> = command.split_whitespace().collect();
        openssl_ok(self.folder.path(), &arguments);
    }

    /// A key that no program of today makes without being told to.
    fn weak_key(&self, office: &str) -> Shown {
        self.openssl("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out weak.key");
        self.openssl("pkey -in weak.key -pubout -out weak.pub");
        let read = |name| std::fs::read_to_string(self.path(name)).expect("written");
        let certificate = self.authority.issue_for(office, &read("weak.pub"));
        Shown { certificate, key_pem: read("weak.key") }
    }

    /// What the library of our authority does not sign.
    fn weak_signature(&self, office: &str) -> Shown {
        let put = |name: &str, text: &str| std::fs::write(self.path(name), text).expect("written");
        let root = pem::encode(&pem::Pem::new("CERTIFICATE", self.authority.root().as_ref()));
        put("ca.pem", &root);
        put("ca.key", &self.authority.key_pem());
        put("index.txt", "");
        put(
            "ca.cnf",
            "[ca]\ndefault_ca=own\n[own]\ndatabase=index.txt\nnew_certs_dir=.\ncertificate=ca.pem\n\
             private_key=ca.key\nrand_serial=yes\npolicy=names\nx509_extensions=leaf\n\
             [names]\ncommonName=supplied\n[leaf]\nbasicConstraints=CA:FALSE\n",
        );
        self.openssl(&format!(
            "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout sha1.key \
             -out sha1.csr -subj /CN={office}"
        ));
        self.openssl(
            "ca -config ca.cnf -batch -notext -in sha1.csr -out sha1.pem -md sha1 \
             -startdate 20260101000000Z -enddate 20270101000000Z",
        );
        let read = |name| std::fs::read(self.path(name)).expect("written");
        let certificate = pem::parse(read("sha1.pem")).expect("PEM").into_contents().into();
        Shown { certificate, key_pem: String::from_utf8(read("sha1.key")).expect("PEM") }
    }
}

/// OpenSSL as it was before it had any standards.
fn openssl(arguments: &[&str]) -> Command {
    let mut command = Command::new("openssl");
    command.args(arguments).args(["-cipher", "DEFAULT@SECLEVEL=0"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Comes to `address` and asks for the status; what OpenSSL says of it.
async fn come(address: SocketAddr, arguments: Vec<String>) -> String {
    let asked = tokio::task::spawn_blocking(move || {
        let mut command = openssl(&["s_client", "-connect", &address.to_string(), "-ign_eof"]);
        let mut client = command.args(arguments).spawn().expect("openssl is installed");
        let request = b"GET /v1/status HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        let mut stdin = client.stdin.take().expect("piped");
        // It may have been refused and gone already.
        let _ = stdin.write_all(request).and_then(|()| stdin.flush());
        let output = client.wait_with_output().expect("it ends");
        drop(stdin);
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    });
    within(asked).await.expect("no panic")
}

/// OpenSSL as a server for one connection.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start(arguments: &[String]) -> Self {
        let mut command = openssl(&["s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-www"]);
        let mut child = command.args(arguments).spawn().expect("openssl is installed");
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let address = loop {
            let mut line = String::new();
            assert_ne!(stdout.read_line(&mut line).expect("read"), 0, "it did not start");
            if let Some(address) = line.strip_prefix("ACCEPT ") {
                break address.trim().parse().expect("an address");
            }
        };
        // It is not to meet a closed pipe.
        std::thread::spawn(move || io::copy(&mut stdout, &mut io::sink()));
        Self { child, address }
    }

    /// What it says of the connection, when that has ended.
    async fn said(mut self) -> String {
        let mut stderr = self.child.stderr.take().expect("piped");
        let said = tokio::task::spawn_blocking(move || {
            let mut said = String::new();
            stderr.read_to_string(&mut said).expect("text");
            self.child.wait().expect("it ends");
            said
        });
        within(said).await.expect("no panic")
    }
}

/// The log of this thread, on which all tasks of a test run.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn keep(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt().json().with_writer(move || log.clone()).finish();
        tracing::subscriber::set_default(subscriber)
    }

    /// The codes of the handshakes that failed, with the certificates.
    fn handshakes(&self) -> Vec<(String, Option<String>)> {
        let text = String::from_utf8(self.0.lock().expect("no panic").clone()).expect("text");
        let lines = text.lines().map(|line| -> serde_json::Value {
            serde_json::from_str(line).expect("a line of JSON")
        });
        let failed = lines.filter_map(|line| {
            let fields = &line["fields"];
            let is_one = fields["message"].as_str()?.starts_with("the TLS handshake failed");
            let sha256 = fields["sha256"].as_str().map(str::to_owned);
            is_one.then(|| fields["code"].as_str().map(|code| (code.to_owned(), sha256)))?
        });
        failed.collect()
    }
}

fn alerted(number: u8) -> String {
    format!("SSL alert number {number}\n")
}

#[tokio::test]
async fn clients_are_refused_told_and_logged() {
    for case in CASES {
        let (world, name) = (World::new(), case.name);
        let log = Log::default();
        let _kept = log.keep();
        let own = world.authority.issue(RECIPIENT);
        let node = Node::start(settings(&own, (case.trust)(&world)), Limits::default()).await;
        let shown = (case.certificate)(&world, SENDER);
        let sha256 = Digest::of(&shown.certificate).to_string();
        let said = come(node.address, shown.write(world.folder.path()).to_vec()).await;
        match case.from_client {
            None => {
                assert!(said.contains("HTTP/1.1 200"), "{name}: {said}");
                assert_eq!(log.handshakes(), [], "{name}");
            }
            Some((code, alert)) => {
                assert!(said.contains(&alerted(alert)), "{name}: {said}");
                assert!(!said.contains("HTTP/1.1"), "{name}: {said}");
                let expected = (code.to_owned(), Some(sha256));
                assert_eq!(log.handshakes(), [expected], "{name}");
            }
        }
        let told = node.service.refused.lock().expect("no panic");
        let told: Vec<_> = told.iter().map(|(_, _, code)| *code).collect();
        let expected = case.from_client.map(|(code, _)| code);
        assert_eq!(told, expected.as_slice(), "{name}: what the operator is told");
    }
}

#[tokio::test]
async fn servers_are_refused_told_and_logged() {
    for case in CASES {
        let (world, name) = (World::new(), case.name);
        let shown = (case.certificate)(&world, RECIPIENT);
        let server = Server::start(&shown.write(world.folder.path()));
        let client = client(&world.authority.issue(SENDER), (case.trust)(&world));
        let met = within(client.status(&endpoint(server.address))).await.expect_err("no renkei");
        let said = server.said().await;
        match (case.from_server, met) {
            // A page of OpenSSL is no status, but it came.
            (None, SendError::Protocol(_)) => {}
            (Some(code), SendError::Tls { fault, certificate, log }) => {
                assert_eq!(fault, TlsFault::PeerCertificate, "{name}");
                let sha256 = Digest::of(&shown.certificate);
                assert_eq!(certificate, Some((sha256, code)), "{name}: {log}");
                assert!(said.contains(&alerted(alert::CERTIFICATE_UNKNOWN)), "{name}: {said}");
            }
            (expected, met) => panic!("{name}: expected {expected:?}, met {met:?}, {said}"),
        }
    }
}

#[tokio::test]
async fn who_shows_nothing_or_speaks_an_old_version_is_refused_told_and_logged() {
    let world = World::new();
    let own = world.authority.issue(RECIPIENT);
    let shown = world.issue(SENDER, 2, |_| {}).write(world.folder.path());
    let old = [shown.as_slice(), &["-tls1_2".to_owned()]].concat();
    for (arguments, code, alert) in [
        (Vec::new(), "certificate-missing", alert::CERTIFICATE_REQUIRED),
        (old.clone(), "tls-incompatible", alert::PROTOCOL_VERSION),
    ] {
        let log = Log::default();
        let _kept = log.keep();
        let trust = TestTrust::of(&world.authority);
        let node = Node::start(settings(&own, trust), Limits::default()).await;
        let said = come(node.address, arguments).await;
        assert!(said.contains(&alerted(alert)), "{code}: {said}");
        assert_eq!(log.handshakes(), [(code.to_owned(), None)]);
    }
    let server = Server::start(&old);
    let client = client(&world.authority.issue(SENDER), TestTrust::of(&world.authority));
    let met = within(client.status(&endpoint(server.address))).await.expect_err("no TLS 1.2");
    assert_eq!(met.code(), "peer-tls-failed", "{met:?}");
    server.said().await;
}

/// A client that believes everybody with these groups.
async fn group_with(node: &Node, identity: &Identity, groups: &[&'static dyn SupportedKxGroup]) {
    let mut raw = Raw::connect_by(node.address, Some(identity), groups).await.expect("connected");
    let answer = raw.exchange(b"GET /v1/status HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(answer.expect("an answer").starts_with("HTTP/1.1 200"));
    assert_eq!(raw.group(), groups.first().map(|group| group.name()));
}

#[tokio::test]
async fn the_key_exchange_withstands_quantum_computers_where_both_can() {
    use aws_lc_rs::kx_group::{SECP256R1, X25519, X25519MLKEM768};
    let (authority, node, client) = pair(Limits::default()).await;
    let sender = authority.issue(SENDER);
    group_with(&node, &sender, &[X25519MLKEM768, X25519]).await;
    // Those who cannot are served all the same.
    group_with(&node, &sender, &[X25519]).await;
    group_with(&node, &sender, &[SECP256R1]).await;

    // What our own client offers first is what a server that knows everything takes.
    let Identity { certificate, key } = authority.issue(RECIPIENT);
    let provider = Arc::new(aws_lc_rs::default_provider());
    let key = provider.key_provider.load_private_key(key).expect("a key");
    let certified = SingleCertAndKey::from(CertifiedKey::new(vec![certificate], key));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(certified));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let serving = tokio::spawn(async move {
        let (tcp, _) = listener.accept().await.expect("a connection");
        let tls = TlsAcceptor::from(Arc::new(config)).accept(tcp).await.expect("TLS");
        tls.get_ref().1.negotiated_key_exchange_group().map(rustls::crypto::SupportedKxGroup::name)
    });
    let _no_answer = within(client.status(&endpoint(address))).await;
    assert_eq!(within(serving).await.expect("no panic"), Some(NamedGroup::X25519MLKEM768));
}
