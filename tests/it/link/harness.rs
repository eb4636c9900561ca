//! A node's link with a service that keeps packages in memory, and a certificate authority.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType,
    IsCa, KeyIdMethod, KeyPair, RevokedCertParams, SerialNumber, date_time_ymd,
};
use renkei::link::{
    Caller, Client, ClientLimits, Endpoint, Limits, PackageForm, PutAnswer, ReceiptEntry,
    ReceiptPage, ReceiptQuery, Refusal, Server, Service, StatusAnswer, Stopped, Tls, TlsSettings,
    TlsVersions,
};
use renkei::package::{CertificateInfo, Trust, TrustError, TrustSources};
use renkei::types::code::RefusalCode;
use renkei::types::{Clock, Digest, Hashed, MessageId, OfficeNumber};
use rustls::pki_types::{
    CertificateDer, CertificateRevocationListDer, PrivateKeyDer, PrivatePkcs8KeyDer,
};
use tokio::net::TcpListener;
use tokio::sync::{Notify, Semaphore, oneshot, watch};
use tokio::task::JoinHandle;

/// No condition is waited for longer than this.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

pub(super) const SENDER: &str = "1370000018";
pub(super) const RECIPIENT: &str = "1370000026";
/// Has a certificate and is no partner.
pub(super) const STRANGER: &str = "1370000999";

pub(super) fn office(number: &str) -> OfficeNumber {
    number.parse().expect("an office number")
}

/// The time of every test, inside the validity of [`Authority::issue`].
pub(super) fn now() -> Timestamp {
    "2026-04-01T00:00:00Z".parse().expect("a time")
}

pub(super) fn new_id() -> MessageId {
    MessageId::new(now())
}

/// Fails a test that hangs.
pub(super) async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it hangs")
}

/// A certificate and its key.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) key: PrivateKeyDer<'static>,
}

impl Identity {
    pub(super) fn copy(&self) -> Self {
        Self { certificate: self.certificate.clone(), key: self.key.clone_key() }
    }
}

/// A certificate authority of one test.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

fn parameters(common_name: &str, serial: u64) -> CertificateParams {
    let mut parameters = CertificateParams::new(Vec::new()).expect("parameters");
    parameters.distinguished_name.push(DnType::CommonName, common_name);
    parameters.serial_number = Some(SerialNumber::from(serial));
    parameters.not_before = date_time_ymd(2026, 1, 1);
    parameters.not_after = date_time_ymd(2027, 1, 1);
    parameters
}

fn identity(certificate: &rcgen::Certificate, key: &KeyPair) -> Identity {
    Identity {
        certificate: certificate.der().clone(),
        key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
    }
}

impl Authority {
    pub(super) fn new(name: &str) -> Self {
        let mut parameters = parameters(name, 1);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(parameters, key).expect("a root"))
    }

    pub(super) fn root(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    pub(super) fn issue(&self, office: &str) -> Identity {
        self.issue_with(office, 2, |_| {})
    }

    pub(super) fn issue_with(
        &self,
        office: &str,
        serial: u64,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Identity {
        let mut parameters = parameters(office, serial);
        change(&mut parameters);
        let key = KeyPair::generate().expect("a key");
        let certificate = parameters.signed_by(&key, &self.0).expect("a certificate");
        identity(&certificate, &key)
    }

    /// Issues a certificate for a key that is elsewhere, such as one that we would never make.
    pub(super) fn issue_for(&self, office: &str, public_key_pem: &str) -> CertificateDer<'static> {
        let key = rcgen::SubjectPublicKeyInfo::from_pem(public_key_pem).expect("a public key");
        let certificate = parameters(office, 2).signed_by(&key, &self.0);
        certificate.expect("a certificate").der().clone()
    }

    /// The key of the authority, for other programs that issue in its name.
    pub(super) fn key_pem(&self) -> String {
        self.0.key().serialize_pem()
    }

    pub(super) fn revoke(&self, serial: u64) -> CertificateRevocationListDer<'static> {
        self.revoke_until(serial, date_time_ymd(2026, 5, 1))
    }

    /// A list that should be renewed at `next_update`.
    pub(super) fn revoke_until(
        &self,
        serial: u64,
        next_update: time::OffsetDateTime,
    ) -> CertificateRevocationListDer<'static> {
        let revoked = RevokedCertParams {
            serial_number: SerialNumber::from(serial),
            revocation_time: date_time_ymd(2026, 2, 1),
            reason_code: None,
            invalidity_date: None,
        };
        let parameters = CertificateRevocationListParams {
            this_update: date_time_ymd(2026, 3, 1),
            next_update,
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: vec![revoked],
            key_identifier_method: KeyIdMethod::Sha256,
        };
        parameters.signed_by(&self.0).expect("a revocation list").der().clone()
    }
}

pub(super) fn self_signed(office: &str) -> Identity {
    let key = KeyPair::generate().expect("a key");
    identity(&parameters(office, 9).self_signed(&key).expect("a certificate"), &key)
}

/// Whom a test trusts.
#[derive(Default)]
pub(super) struct TestTrust {
    pub(super) roots: Vec<CertificateDer<'static>>,
    pub(super) pins: BTreeMap<OfficeNumber, BTreeSet<Digest>>,
    pub(super) revoked: Vec<CertificateRevocationListDer<'static>>,
    pub(super) grace: jiff::SignedDuration,
}

impl TestTrust {
    pub(super) fn of(authority: &Authority) -> Self {
        Self { roots: vec![authority.root()], ..Self::default() }
    }

    pub(super) fn pin(mut self, identity: &Identity, number: &str) -> Self {
        let pins = self.pins.entry(office(number)).or_default();
        pins.insert(Digest::of(&identity.certificate));
        self
    }
}

pub(super) fn settings(identity: &Identity, trust: TestTrust) -> TlsSettings {
    let Identity { certificate, key } = identity.copy();
    let sources = TrustSources {
        roots: trust.roots,
        revocation_lists: trust.revoked,
        revocation_grace: trust.grace,
        pins: trust.pins,
        ..TrustSources::default()
    };
    TlsSettings {
        chain: vec![certificate],
        key,
        trust: Arc::new(Trust::new(sources).expect("usable sources")),
        versions: TlsVersions::Tls13,
        strangers: false,
    }
}

pub(super) fn tls(settings: TlsSettings) -> Arc<Tls> {
    Tls::new(settings, Clock::new(now)).expect("usable settings")
}

pub(super) fn client(identity: &Identity, trust: TestTrust) -> Client {
    Client::new(tls(settings(identity, trust)), client_limits())
}

/// Short enough for tests that run into them.
pub(super) fn client_limits() -> ClientLimits {
    ClientLimits {
        connect_timeout: Duration::from_secs(5),
        answer_timeout: Duration::from_secs(10),
        uploads_per_office: 16,
        receipt_bytes: 64 << 10,
        page_bytes: 256 << 10,
        ..ClientLimits::default()
    }
}

/// What the service does with a package is written at its beginning.
pub(super) const PANIC: &[u8] = b"panic";
pub(super) const BUSY: &[u8] = b"busy";
pub(super) const WAIT: &[u8] = b"wait";

/// Keeps packages in memory; receipts are texts that name the digest.
pub(super) struct TestService {
    taken: Mutex<BTreeMap<MessageId, Digest>>,
    receipts: Mutex<Vec<ReceiptEntry>>,
    news: Notify,
    /// Packages that begin with [`WAIT`] wait for a permit.
    pub(super) gate: Semaphore,
    /// How many packages have come to the service, polls have begun, and polls have ended.
    pub(super) begun: watch::Sender<usize>,
    pub(super) polling: watch::Sender<usize>,
    pub(super) polled: watch::Sender<usize>,
    /// Certificates that were refused in the handshake, with the code.
    pub(super) refused: Mutex<Vec<(OfficeNumber, Digest, &'static str)>>,
}

impl TestService {
    fn new() -> Self {
        Self {
            taken: Mutex::default(),
            receipts: Mutex::default(),
            news: Notify::new(),
            gate: Semaphore::new(0),
            begun: watch::Sender::new(0),
            polling: watch::Sender::new(0),
            polled: watch::Sender::new(0),
            refused: Mutex::default(),
        }
    }

    pub(super) fn taken(&self, id: MessageId) -> Option<Digest> {
        self.taken.lock().expect("no panic inside").get(&id).copied()
    }

    pub(super) fn announce(&self, position: u64, receipt: Bytes) {
        let entry = ReceiptEntry { position, message_id: new_id(), receipt };
        self.receipts.lock().expect("no panic inside").push(entry);
        self.news.notify_waiters();
    }
}

/// Waits until a counter of the service has reached `count`.
pub(super) async fn reaches(counter: &watch::Sender<usize>, count: usize) {
    let mut counter = counter.subscribe();
    within(counter.wait_for(|reached| *reached >= count)).await.expect("the service lives");
}

/// Adds one to a counter when it goes away, also when the future around it is dropped.
struct CountAtEnd<'a>(&'a watch::Sender<usize>);

impl Drop for CountAtEnd<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count += 1);
    }
}

impl Service for TestService {
    /// A certificate that names no office but [`STRANGER`] is a partner's.
    fn admits(&self, peer: &Caller) -> Result<OfficeNumber, Refusal> {
        let named = CertificateInfo::of(&peer.certificate).expect("a certificate").office;
        match named.filter(|named| *named != office(STRANGER)) {
            Some(partner) => Ok(partner),
            None => Err(Refusal::plain(RefusalCode::NOT_A_PARTNER)),
        }
    }

    fn takes_from(&self, _partner: OfficeNumber) -> Result<(), Refusal> {
        Ok(())
    }

    fn refused_certificate(&self, office: OfficeNumber, sha256: Digest, why: TrustError) {
        self.refused.lock().expect("no panic inside").push((office, sha256, why.code()));
    }

    fn refused_stranger(&self, _: Digest, _: std::net::IpAddr, _: TrustError) {}

    async fn put_message(
        &self,
        _peer: &Caller,
        _partner: OfficeNumber,
        id: MessageId,
        body: Hashed,
        _form: PackageForm,
    ) -> Result<PutAnswer, Refusal> {
        self.begun.send_modify(|count| *count += 1);
        let (body, digest) = (body.bytes(), body.sha256());
        assert!(!body.starts_with(PANIC), "as the package says");
        if body.starts_with(BUSY) {
            let refusal = Refusal::plain(RefusalCode::STORAGE_FULL);
            return Err(refusal.retry_after(Duration::from_secs(7)));
        }
        if body.starts_with(WAIT) {
            self.gate.acquire().await.expect("the gate is never closed").forget();
        }
        assert_eq!(digest, Digest::of(body));
        let before = self.taken.lock().expect("no panic inside").insert(id, digest);
        if before.is_some_and(|before| before != digest) {
            return Err(Refusal::new(RefusalCode::ID_TAKEN, "secret"));
        }
        let receipt = format!("receipt for {digest}").into();
        Ok(PutAnswer { receipt, repeated: before.is_some(), relayed: false })
    }

    async fn receipts(&self, peer: &Caller, query: ReceiptQuery) -> Result<ReceiptPage, Refusal> {
        let _end = CountAtEnd(&self.polled);
        if query.office != office(SENDER) {
            let log = format!("{peer:?} asked for {}", query.office);
            return Err(Refusal::new(RefusalCode::CERTIFICATE_NOT_ALLOWED, log));
        }
        loop {
            let news = self.news.notified();
            tokio::pin!(news);
            news.as_mut().enable();
            let ready: Vec<_> = {
                let receipts = self.receipts.lock().expect("no panic inside");
                receipts.iter().filter(|entry| entry.position > query.after).cloned().collect()
            };
            let waited = query.patience.wait_for(async {
                self.polling.send_modify(|count| *count += 1);
                news.await;
            });
            if !ready.is_empty() || waited.await.is_none() {
                return Ok(ReceiptPage::new(query.after, ready, false));
            }
        }
    }

    fn status(&self, _peer: &Caller) -> StatusAnswer {
        StatusAnswer { version: "test".to_owned(), time: now(), ..StatusAnswer::default() }
    }
}

/// A running server.
pub(super) struct Node {
    pub(super) address: SocketAddr,
    pub(super) service: Arc<TestService>,
    pub(super) tls: Arc<Tls>,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Stopped>,
}

impl Node {
    pub(super) async fn start(settings: TlsSettings, limits: Limits) -> Self {
        Self::start_at("127.0.0.1:0".parse().expect("an address"), settings, limits).await
    }

    pub(super) async fn start_at(
        address: SocketAddr,
        settings: TlsSettings,
        limits: Limits,
    ) -> Self {
        Self::start_with(address, tls(settings), limits).await
    }

    pub(super) async fn start_with(address: SocketAddr, tls: Arc<Tls>, limits: Limits) -> Self {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let service = Arc::new(TestService::new());
        let folder = std::env::temp_dir();
        let server = Server::new(listener, Arc::clone(&tls), Arc::clone(&service), limits, &folder);
        let server = server.expect("a server");
        let address = server.address();
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(server.run(async {
            // A dropped node stops too.
            let _ = stopped.await;
        }));
        Self { address, service, tls, stop, running }
    }

    pub(super) fn endpoint(&self) -> Endpoint {
        endpoint(self.address)
    }

    /// Tells the server to stop; the result comes when it has.
    pub(super) fn stop(self) -> impl Future<Output = Stopped> {
        self.stop.send(()).expect("it runs");
        async { within(self.running).await.expect("no panic") }
    }
}

pub(super) fn endpoint(address: SocketAddr) -> Endpoint {
    let url = format!("https://{address}").parse().expect("an address");
    Endpoint::of_office(url, office(RECIPIENT))
}

/// A recipient's node and a sender's client that trust one authority.
pub(super) async fn pair(limits: Limits) -> (Authority, Node, Client) {
    let authority = Authority::new("test authority");
    let node =
        Node::start(settings(&authority.issue(RECIPIENT), TestTrust::of(&authority)), limits).await;
    let client = client(&authority.issue(SENDER), TestTrust::of(&authority));
    (authority, node, client)
}
