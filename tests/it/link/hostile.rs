//! Clients that do not keep to the rules, byte by byte.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use renkei::link::{Limits, SendError};
use renkei::types::Digest;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, SupportedKxGroup, aws_lc_rs};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    CipherSuite, ClientConfig, DigitallySignedStruct, NamedGroup, SignatureScheme,
    SupportedProtocolVersion,
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::harness::{Authority, Identity, Node, SENDER, STRANGER, new_id, pair, within};

/// A TLS client that believes every server and sends what it is told.
#[derive(Debug)]
pub(crate) struct Raw {
    stream: TlsStream<TcpStream>,
}

impl Raw {
    pub(crate) async fn connect(
        address: SocketAddr,
        identity: Option<&Identity>,
        versions: &[&'static SupportedProtocolVersion],
    ) -> io::Result<Self> {
        Self::connect_with(address, identity, versions, |_| true).await
    }

    pub(crate) async fn connect_with(
        address: SocketAddr,
        identity: Option<&Identity>,
        versions: &[&'static SupportedProtocolVersion],
        suites: impl Fn(CipherSuite) -> bool,
    ) -> io::Result<Self> {
        let mut provider = aws_lc_rs::default_provider();
        provider.cipher_suites.retain(|suite| suites(suite.suite()));
        Self::connect_as(address, identity, versions, provider).await
    }

    /// With TLS 1.3 and these groups for the key exchange.
    pub(crate) async fn connect_by(
        address: SocketAddr,
        identity: Option<&Identity>,
        groups: &[&'static dyn SupportedKxGroup],
    ) -> io::Result<Self> {
        let provider =
            CryptoProvider { kx_groups: groups.to_vec(), ..aws_lc_rs::default_provider() };
        Self::connect_as(address, identity, &[&rustls::version::TLS13], provider).await
    }

    /// The group of the key exchange that came about.
    pub(crate) fn group(&self) -> Option<NamedGroup> {
        self.stream
            .get_ref()
            .1
            .negotiated_key_exchange_group()
            .map(rustls::crypto::SupportedKxGroup::name)
    }

    async fn connect_as(
        address: SocketAddr,
        identity: Option<&Identity>,
        versions: &[&'static SupportedProtocolVersion],
        provider: CryptoProvider,
    ) -> io::Result<Self> {
        let provider = Arc::new(provider);
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)
            .expect("suites for the version")
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Believe(Arc::clone(&provider))));
        let config = match identity.map(Identity::copy) {
            Some(Identity { certificate, key }) => {
                let key = provider.key_provider.load_private_key(key).expect("a key");
                let certified = CertifiedKey::new(vec![certificate], key);
                config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(certified)))
            }
            None => config.with_no_client_auth(),
        };
        let tcp = TcpStream::connect(address).await?;
        let name = ServerName::try_from("node.example").expect("a name");
        let stream = TlsConnector::from(Arc::new(config)).connect(name, tcp);
        Ok(Self { stream: within(stream).await? })
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        within(self.stream.write_all(bytes)).await?;
        within(self.stream.flush()).await
    }

    /// What comes until the server closes.
    pub(crate) async fn rest(&mut self) -> io::Result<String> {
        let mut text = Vec::new();
        match within(self.stream.read_to_end(&mut text)).await {
            Ok(_) => {}
            // A server that cuts off does not say goodbye.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {}
            Err(error) => return Err(error),
        }
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// Sends a request and reads until the server closes; sends the goodbye of HTTP with it.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> io::Result<String> {
        let text = String::from_utf8_lossy(request).replacen(
            "\r\n\r\n",
            "\r\nconnection: close\r\n\r\n",
            1,
        );
        // A server that has refused us may have closed already; its reason is still to be read.
        let sent = self.send(text.as_bytes()).await;
        let answer = self.rest().await?;
        sent?;
        Ok(answer)
    }

    /// Sends a request and reads no more than the head of its answer.
    pub(crate) async fn one_head(&mut self, request: &[u8]) -> io::Result<String> {
        self.send(request).await?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(within(self.stream.read_u8()).await?);
        }
        Ok(String::from_utf8_lossy(&head).into_owned())
    }

    /// Sends a request and reads one answer with a `content-length`.
    pub(crate) async fn one_answer(&mut self, request: &[u8]) -> io::Result<String> {
        self.send(request).await?;
        let mut answer = Vec::new();
        loop {
            answer.push(within(self.stream.read_u8()).await?);
            let text = String::from_utf8_lossy(&answer);
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if length.expect("content-length").parse() == Ok(body.len()) {
                return Ok(text.into_owned());
            }
        }
    }
}

#[derive(Debug)]
struct Believe(Arc<CryptoProvider>);

impl ServerCertVerifier for Believe {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

pub(crate) fn status_of(answer: &str) -> u16 {
    let status = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
    status.and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no answer: {answer}"))
}

pub(super) fn code_of(answer: &str) -> String {
    let (head, body) = answer.split_once("\r\n\r\n").expect("a body");
    assert!(head.contains("content-type: application/problem+json"), "{head}");
    let problem: serde_json::Value = serde_json::from_str(body).expect("a problem document");
    let code = problem["code"].as_str().expect("a code").to_owned();
    assert_eq!(problem["type"], format!("urn:renkei:problem:{code}"));
    assert_eq!(problem["status"], status_of(answer));
    code
}

pub(super) async fn raw(authority: &Authority, node: &Node) -> Raw {
    let sender = authority.issue(SENDER);
    Raw::connect(node.address, Some(&sender), &[&rustls::version::TLS13]).await.expect("connected")
}

pub(super) fn digest_of(body: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(Digest::of(body).as_raw()))
}

/// The head of a PUT whose body is framed by `framing`.
pub(super) fn put(framing: &str, body: &[u8]) -> String {
    let digest = digest_of(body);
    format!(
        "PUT /v1/messages/{} HTTP/1.1\r\nhost: x\r\ncontent-type: application/zip\r\n\
         content-digest: {digest}\r\n{framing}\r\n\r\n",
        new_id()
    )
}

#[tokio::test]
async fn requests_that_are_not_described_are_refused_with_their_code() {
    let (authority, node, _) = pair(Limits::default()).await;
    let good = put("content-length: 1", b"x") + "x";
    let long = "x".repeat(2000);
    let cases = [
        (400, "bad-message-id", good.replace("/v1/messages/0", "/v1/messages/z")),
        (400, "bad-message-id", good.replace("/v1/messages/0", "/v1/messages/%ff")),
        (400, "digest-missing", good.replace("content-digest", "x-digest")),
        (400, "digest-missing", good.replace("sha-256=", "sha-512=")),
        (400, "digest-malformed", good.replace("sha-256=", "sha-256")),
        (400, "digest-malformed", good.replace("sha-256=", &format!("{long}=:AA==:, sha-256="))),
        (400, "digest-mismatch", good.replace("\r\n\r\nx", "\r\n\r\ny")),
        (415, "unsupported-media-type", good.replace("application/zip", "text/html")),
        (
            415,
            "unsupported-media-type",
            good.replace("host: x", "host: x\r\ncontent-encoding: gzip"),
        ),
        (400, "bad-query", good.replace(" HTTP", "?must-be=new HTTP")),
        (400, "bad-query", "GET /v1/status?x=1 HTTP/1.1\r\nhost: x\r\n\r\n".to_owned()),
        (404, "not-found", good.replace("/v1/messages", "/v2/messages")),
        (404, "not-found", "GET /../../etc/passwd HTTP/1.1\r\nhost: x\r\n\r\n".to_owned()),
        (405, "method-not-allowed", good.replace("PUT", "POST")),
        (405, "method-not-allowed", "DELETE /v1/status HTTP/1.1\r\nhost: x\r\n\r\n".to_owned()),
        (400, "bad-query", "GET /v1/receipts HTTP/1.1\r\nhost: x\r\n\r\n".to_owned()),
        (400, "bad-query", "GET /v1/receipts?office=1 HTTP/1.1\r\nhost: x\r\n\r\n".to_owned()),
        (
            400,
            "bad-query",
            format!("GET /v1/receipts?office={SENDER}&after=-1 HTTP/1.1\r\nhost: x\r\n\r\n"),
        ),
        (
            400,
            "bad-query",
            format!("GET /v1/receipts?office={SENDER}&after=%2B1 HTTP/1.1\r\nhost: x\r\n\r\n"),
        ),
        (
            400,
            "bad-query",
            format!(
                "GET /v1/receipts?office={SENDER}&after=9007199254740992 HTTP/1.1\r\nhost: x\r\n\r\n"
            ),
        ),
        (
            400,
            "bad-query",
            format!("GET /v1/receipts?office={SENDER}&wait=1&wait=2 HTTP/1.1\r\nhost: x\r\n\r\n"),
        ),
        (
            400,
            "bad-query",
            format!("GET /v1/receipts?office={SENDER}&limit=9 HTTP/1.1\r\nhost: x\r\n\r\n"),
        ),
    ];
    for (status, code, request) in cases {
        let answer = raw(&authority, &node).await.exchange(request.as_bytes()).await;
        let answer = answer.expect("an answer");
        assert_eq!((status_of(&answer), code_of(&answer).as_str()), (status, code), "{request}");
    }
    assert_eq!(*node.service.begun.borrow(), 0, "nothing reached the service");
    let answer =
        raw(&authority, &node).await.exchange(b"POST /v1/status HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(answer.expect("an answer").contains("\r\nallow: GET,HEAD\r\n"));
    let answer = raw(&authority, &node).await.exchange(good.as_bytes()).await;
    assert_eq!(status_of(&answer.expect("an answer")), 201, "and the good one is taken");
}

#[tokio::test]
async fn what_is_not_http_is_answered_shortly() {
    let limits = Limits { header_bytes: 2048, headers: 8, ..Limits::default() };
    let (authority, node, client) = pair(limits).await;
    let long = format!("GET /v1/status HTTP/1.1\r\nhost: x\r\nx: {}", "y".repeat(100_000));
    let many = format!("GET /v1/status HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(100));
    let garbage = "\u{1}\u{2}\u{3}SSH-2.0-nonsense\r\n\r\n".to_owned();
    for (request, expected) in [(long, 431), (many, 431), (garbage, 400)] {
        let mut raw = raw(&authority, &node).await;
        // The server may close before everything is written.
        let _ = raw.send(request.as_bytes()).await;
        assert_eq!(status_of(&raw.rest().await.expect("an answer")), expected);
    }
    client.status(&node.endpoint()).await.expect("the server lives");
}

#[tokio::test]
async fn an_oversized_body_is_refused_before_it_is_read() {
    let limits = Limits { package_bytes: 1 << 20, ..Limits::default() };
    let (authority, node, client) = pair(limits).await;
    // With a true length: no byte of the body is needed.
    let mut honest = raw(&authority, &node).await;
    honest.send(put("content-length: 1048577", b"").as_bytes()).await.expect("sent");
    let answer = honest.rest().await.expect("an answer");
    assert_eq!((status_of(&answer), code_of(&answer).as_str()), (413, "too-large"));
    assert!(answer.contains("connection: close"), "{answer}");
    // Our own client reads the refusal although it has far more to send than buffers hold.
    let package = Bytes::from(vec![7; 24 << 20]);
    let error = within(client.put_message(&node.endpoint(), new_id(), package)).await.unwrap_err();
    let SendError::Refused { problem } = &error else { panic!("{error}") };
    assert_eq!((problem.status, problem.code), (413, "too-large"));
    assert_eq!(*node.service.begun.borrow(), 0);
}

#[tokio::test]
async fn a_body_without_length_is_cut_off_at_the_limit() {
    let limits =
        Limits { package_bytes: 1 << 20, linger: Duration::from_millis(200), ..Limits::default() };
    let (authority, node, _) = pair(limits).await;
    let mut endless = raw(&authority, &node).await;
    endless.send(put("transfer-encoding: chunked", b"").as_bytes()).await.expect("sent");
    let chunk = format!("10000\r\n{}\r\n", "z".repeat(0x10000));
    let mut sent = 0;
    while sent < 1 << 30 && endless.send(chunk.as_bytes()).await.is_ok() {
        sent += chunk.len();
    }
    // The limit, what is thrown away for a while, and the buffers of the operating system.
    assert!(sent < 64 << 20, "{sent} bytes were taken");
    assert_eq!(*node.service.begun.borrow(), 0);

    // And one that ends after the limit gets to read why.
    let mut late = raw(&authority, &node).await;
    late.send(put("transfer-encoding: chunked", b"").as_bytes()).await.expect("sent");
    for _ in 0..17 {
        late.send(chunk.as_bytes()).await.expect("sent");
    }
    let answer = late.rest().await.expect("an answer");
    assert_eq!((status_of(&answer), code_of(&answer).as_str()), (413, "too-large"));
}

#[tokio::test]
async fn a_false_length_gains_nothing() {
    let (authority, node, _) = pair(Limits::default()).await;
    // More than promised: the rest is no request.
    let mut more = raw(&authority, &node).await;
    more.send((put("content-length: 3", b"abc") + "abcdefghijk\r\n\r\n").as_bytes())
        .await
        .expect("sent");
    let answers = more.rest().await.expect("answers");
    assert_eq!(status_of(&answers), 201);
    assert!(answers.contains("HTTP/1.1 400 Bad Request"), "{answers}");
    assert_eq!(*node.service.begun.borrow(), 1);
    // Less than promised, and gone.
    let mut less = raw(&authority, &node).await;
    less.send((put("content-length: 30", b"abc") + "abc").as_bytes()).await.expect("sent");
    within(less.stream.shutdown()).await.expect("closed");
    let _ = less.rest().await;
    // Two framings at a time are an attack (RFC 9112, section 6.3).
    let mut both = raw(&authority, &node).await;
    let framing = "content-length: 3\r\ntransfer-encoding: chunked";
    let smuggled = "3\r\nabc\r\n0\r\n\r\nGET /v1/status HTTP/1.1\r\nhost: x\r\n\r\n";
    both.send((put(framing, b"abc") + smuggled).as_bytes()).await.expect("sent");
    let answers = both.rest().await.expect("an answer");
    assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{answers}");
    let mut different = raw(&authority, &node).await;
    let framing = "content-length: 3\r\ncontent-length: 4";
    different.send((put(framing, b"abc") + "abcd").as_bytes()).await.expect("sent");
    assert_eq!(status_of(&different.rest().await.expect("an answer")), 400);
    assert!(*node.service.begun.borrow() <= 2);
}

#[tokio::test]
async fn slow_clients_are_cut_off() {
    let limits = Limits {
        handshake_timeout: Duration::from_millis(300),
        header_timeout: Duration::from_millis(300),
        body_grace: Duration::from_millis(300),
        ..Limits::default()
    };
    let (authority, node, client) = pair(limits).await;
    let mut silent = TcpStream::connect(node.address).await.expect("connected");
    let end = within(silent.read(&mut [0; 16])).await;
    assert!(matches!(end, Ok(0) | Err(_)), "no handshake: {end:?}");

    let mut head = raw(&authority, &node).await;
    head.send(b"GET /v1/status HTTP/1.1\r\nhost: ").await.expect("sent");
    let answer = head.rest().await.unwrap_or_default();
    assert!(answer.is_empty() || status_of(&answer) == 408, "half a head: {answer}");

    let mut body = raw(&authority, &node).await;
    body.send((put("content-length: 30", b"abc") + "abc").as_bytes()).await.expect("sent");
    let answer = body.rest().await.expect("an answer");
    assert_eq!((status_of(&answer), code_of(&answer).as_str()), (408, "too-slow"));
    client.status(&node.endpoint()).await.expect("the server lives");
}

#[tokio::test]
async fn silent_connections_keep_nobody_out() {
    let limits = Limits { guests: 6, ..Limits::default() };
    let (_, node, client) = pair(limits).await;
    let mut silent = Vec::new();
    for _ in 0..50 {
        silent.push(TcpStream::connect(node.address).await.expect("connected"));
    }
    client.status(&node.endpoint()).await.expect("a partner gets in");
    // The old ones made room for the new ones, without waiting for any time to be over.
    let first = within(silent[0].read(&mut [0; 16])).await;
    assert!(matches!(first, Ok(0) | Err(_)), "{first:?}");
}

#[tokio::test]
async fn a_certificate_of_no_partner_gets_nothing_but_the_status() {
    let (authority, node, _) = pair(Limits::default()).await;
    let stranger = authority.issue(STRANGER);
    let versions = [&rustls::version::TLS13];
    let connect = || Raw::connect(node.address, Some(&stranger), &versions);
    // Refused at the head: not a byte of the body is sent.
    let mut raw = connect().await.expect("connected");
    raw.send(put("content-length: 100000000", b"").as_bytes()).await.expect("sent");
    let answer = raw.rest().await.expect("an answer");
    assert_eq!((status_of(&answer), code_of(&answer).as_str()), (403, "not-a-partner"));
    // No poll is held open, and no connection after an answer.
    let poll = format!("GET /v1/receipts?office={STRANGER}&wait=40 HTTP/1.1\r\nhost: x\r\n\r\n");
    let mut raw = connect().await.expect("connected");
    raw.send(poll.as_bytes()).await.expect("sent");
    let answer = raw.rest().await.expect("an answer");
    assert_eq!((status_of(&answer), code_of(&answer).as_str()), (403, "not-a-partner"));
    // Nor does it learn what there is, or what is wrong with what it asks.
    for line in [
        "GET /v1/else",
        "GET /v1/messages/x",
        "POST /v1/status",
        "POST /v1/receipts",
        "GET /v1/receipts?x=1",
        "GET /v1/receipts",
        "PUT /v1/messages/x?x=1",
    ] {
        let mut raw = connect().await.expect("connected");
        raw.send(format!("{line} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await.expect("sent");
        let answer = raw.rest().await.expect("an answer");
        let told = (status_of(&answer), code_of(&answer));
        assert_eq!(told, (403, "not-a-partner".to_owned()), "{line}");
    }
    let mut raw = connect().await.expect("connected");
    raw.send(b"GET /v1/status HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
    let answer = raw.rest().await.expect("closed after the answer");
    assert_eq!(status_of(&answer), 200);
    assert!(answer.contains("connection: close"), "{answer}");
    assert_eq!(*node.service.polling.borrow(), 0);
    assert_eq!(*node.service.begun.borrow(), 0);
}

#[tokio::test]
async fn large_packages_arrive_in_files_and_no_one_waits_for_slow_ones() {
    let limits = Limits {
        // A sealed one of this size still fits into half of the memory.
        package_bytes: (8 << 20) - (64 << 10),
        body_memory: 16 << 20,
        body_grace: Duration::from_millis(500),
        ..Limits::default()
    };
    let (authority, node, client) = pair(limits).await;
    // As many promises as there are places, each of more memory than there is together.
    let other = authority.issue("1370000034");
    let versions = [&rustls::version::TLS13];
    let mut slow = Vec::new();
    for _ in 0..4 {
        let raw = Raw::connect(node.address, Some(&other), &versions).await;
        let mut raw = raw.expect("connected");
        raw.send((put("content-length: 8000000", b"") + "PK").as_bytes()).await.expect("sent");
        slow.push(raw);
    }
    let large = Bytes::from(vec![7; 6 << 20]);
    for package in [large.clone(), Bytes::from("x"), large] {
        let endpoint = node.endpoint();
        let put = client.put_message(&endpoint, new_id(), package.clone());
        let reply = within(put).await.expect("taken");
        assert_eq!(reply.receipt, format!("receipt for {}", Digest::of(&package)));
    }
    // And they are cut off soon, because they promise much.
    for mut raw in slow {
        let answer = raw.rest().await.expect("an answer");
        assert_eq!((status_of(&answer), code_of(&answer).as_str()), (408, "too-slow"));
    }
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_for_their_turn() {
    let limits = Limits { connections: 1, ..Limits::default() };
    let (authority, node, client) = pair(limits).await;
    let mut first = raw(&authority, &node).await;
    let answer = first.one_answer(b"GET /v1/status HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(status_of(&answer.expect("an answer")), 200);
    let endpoint = node.endpoint();
    let mut waiting = tokio::spawn(async move { client.status(&endpoint).await });
    // Nothing to wait for here: it must not come. A short look is enough to catch a server that
    // lets everybody in at once.
    let look = tokio::time::timeout(Duration::from_millis(200), &mut waiting).await;
    assert!(look.is_err(), "the second connection was served");
    drop(first);
    within(waiting).await.expect("no panic").expect("served after the first has gone");
}
