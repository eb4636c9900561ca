//! Who gets in, and whom we talk to.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rcgen::{ExtendedKeyUsagePurpose, date_time_ymd};
use renkei::link::{Client, Limits, Party, SendError, Tls, TlsError, TlsFault, TlsVersions};
use rustls::version::{TLS12, TLS13};

use super::harness::{
    Authority, Identity, Node, RECIPIENT, SENDER, TestTrust, WAIT, client, client_limits, new_id,
    now, pair, reaches, self_signed, settings, tls, within,
};
use super::hostile::{Raw, status_of};

fn fault<T: std::fmt::Debug>(result: Result<T, SendError>) -> TlsFault {
    match result.expect_err("refused") {
        SendError::Tls { fault, .. } => fault,
        other => panic!("expected a fault of TLS, got {other:?}"),
    }
}

/// A node that knows one revoked certificate, with serial 77.
async fn strict_node(authority: &Authority) -> Node {
    let mut trust = TestTrust::of(authority);
    trust.revoked.push(authority.revoke(77));
    Node::start(settings(&authority.issue(RECIPIENT), trust), Limits::default()).await
}

/// With threads, as in a node: the alert arrives when the handshake of the client is over, before, while
/// or after a request is given to the connection.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn clients_that_are_not_acceptable_are_told_so() {
    let authority = Authority::new("test authority");
    let node = strict_node(&authority).await;
    let stranger = Authority::new("another authority");
    let expired = |p: &mut rcgen::CertificateParams| p.not_after = date_time_ymd(2026, 3, 1);
    let early = |p: &mut rcgen::CertificateParams| p.not_before = date_time_ymd(2026, 5, 1);
    let code_only = |p: &mut rcgen::CertificateParams| {
        p.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
    };
    let cases: [(&str, Identity); 6] = [
        ("wrong authority", stranger.issue(SENDER)),
        ("self-signed", self_signed(SENDER)),
        ("expired", authority.issue_with(SENDER, 3, expired)),
        ("not yet valid", authority.issue_with(SENDER, 4, early)),
        ("revoked", authority.issue_with(SENDER, 77, |_| {})),
        ("wrong purpose", authority.issue_with(SENDER, 5, code_only)),
    ];
    for (case, identity) in cases {
        let client = client(&identity, TestTrust::of(&authority));
        let status = within(client.status(&node.endpoint())).await;
        assert_eq!(fault(status), TlsFault::OwnCertificate, "{case}");
        let package = Bytes::from(vec![0; 500_000]);
        let put = within(client.put_message(&node.endpoint(), new_id(), package)).await;
        assert_eq!(fault(put), TlsFault::OwnCertificate, "{case}");
    }
    assert_eq!(*node.service.begun.borrow(), 0);
    let good = client(&authority.issue_with(SENDER, 6, |_| {}), TestTrust::of(&authority));
    good.status(&node.endpoint()).await.expect("the server lives");
}

#[tokio::test]
async fn a_client_without_a_certificate_hears_nothing() {
    let (_, node, _) = pair(Limits::default()).await;
    let mut raw = Raw::connect(node.address, None, &[&TLS13]).await.expect("half a handshake");
    let answer = raw.exchange(b"GET /v1/status HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let error = answer.expect_err("no answer");
    assert!(error.to_string().contains("CertificateRequired"), "{error}");
}

#[tokio::test]
async fn a_pinned_self_signed_certificate_is_accepted() {
    let authority = Authority::new("test authority");
    let (server, sender) = (self_signed("node"), self_signed("sender"));
    let trust = TestTrust::default().pin(&sender, SENDER);
    let node = Node::start(settings(&server, trust), Limits::default()).await;
    let knows = client(&sender, TestTrust::default().pin(&server, RECIPIENT));
    knows.status(&node.endpoint()).await.expect("both are pinned");
    // Pinned for another office: this is not whom we mean to reach.
    let mistaken = client(&sender, TestTrust::default().pin(&server, SENDER));
    assert_eq!(fault(mistaken.status(&node.endpoint()).await), TlsFault::PeerCertificate);
    let trusting = client(&sender, TestTrust::of(&authority));
    assert_eq!(fault(trusting.status(&node.endpoint()).await), TlsFault::PeerCertificate);
}

#[tokio::test]
async fn nobody_uses_a_pinned_certificate_without_its_key() {
    let pinned = self_signed("sender");
    let thief = Identity { key: self_signed("thief").key, ..pinned.copy() };
    let result = Tls::new(settings(&thief, TestTrust::default()), renkei::types::Clock::new(now));
    assert!(matches!(result, Err(TlsError::Key(_))), "our own settings are checked");
    // Somebody else's program does not check: the handshake does.
    let authority = Authority::new("test authority");
    let trust = TestTrust::default().pin(&pinned, SENDER);
    let node = Node::start(settings(&authority.issue(RECIPIENT), trust), Limits::default()).await;
    let mut raw = Raw::connect(node.address, Some(&thief), &[&TLS13]).await.expect("half");
    assert!(raw.exchange(b"GET /v1/status HTTP/1.1\r\nhost: x\r\n\r\n").await.is_err());
    let mut raw = Raw::connect(node.address, Some(&pinned), &[&TLS13]).await.expect("whole");
    let answer = raw.exchange(b"GET /v1/status HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(status_of(&answer.expect("an answer")), 200);
}

#[tokio::test]
async fn a_server_must_speak_for_the_office_that_we_mean() {
    let authority = Authority::new("test authority");
    let sender = authority.issue(SENDER);
    let expired = |p: &mut rcgen::CertificateParams| p.not_after = date_time_ymd(2026, 3, 1);
    let cases = [
        ("another office", authority.issue("1370000042")),
        ("another authority", Authority::new("another authority").issue(RECIPIENT)),
        ("expired", authority.issue_with(RECIPIENT, 3, expired)),
        ("revoked", authority.issue_with(RECIPIENT, 77, |_| {})),
    ];
    for (case, identity) in cases {
        let settings = settings(&identity, TestTrust::of(&authority));
        let node = Node::start(settings, Limits::default()).await;
        let mut trust = TestTrust::of(&authority);
        trust.revoked.push(authority.revoke(77));
        let client = client(&sender, trust);
        let put = client.put_message(&node.endpoint(), new_id(), Bytes::from("x")).await;
        assert_eq!(fault(put), TlsFault::PeerCertificate, "{case}");
        assert_eq!(*node.service.begun.borrow(), 0, "{case}");
    }
}

#[tokio::test]
async fn one_connection_is_proof_for_one_office_only() {
    let (authority, node, client) = pair(Limits::default()).await;
    client.status(&node.endpoint()).await.expect("a status");
    let mut other = node.endpoint();
    other.party = Party::Office("1370000042".parse().expect("an office"));
    assert_eq!(fault(client.status(&other).await), TlsFault::PeerCertificate);
    drop(authority);
}

#[tokio::test]
async fn tls_1_2_is_spoken_only_where_it_is_asked_for() {
    let (authority, node, client_13) = pair(Limits::default()).await;
    let sender = authority.issue(SENDER);
    let refused = Raw::connect(node.address, Some(&sender), &[&TLS12]).await.unwrap_err();
    assert!(refused.to_string().contains("ProtocolVersion"), "{refused}");

    let mut settings_12 = settings(&authority.issue(RECIPIENT), TestTrust::of(&authority));
    settings_12.versions = TlsVersions::Tls13AndHighSecurity12;
    let node = Node::start(settings_12, Limits::default()).await;
    client_13.status(&node.endpoint()).await.expect("TLS 1.3 still");
    let mut raw = Raw::connect(node.address, Some(&sender), &[&TLS12]).await.expect("TLS 1.2");
    let answer = raw.exchange(b"GET /v1/status HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert_eq!(status_of(&answer.expect("an answer")), 200);
    let versions = [&TLS12];
    let weaker = Raw::connect_with(node.address, Some(&sender), &versions, |suite| {
        format!("{suite:?}").contains("CHACHA20")
    });
    assert!(weaker.await.is_err(), "only AES-GCM with TLS 1.2");
    let mut raw = Raw::connect(node.address, None, &[&TLS12]).await;
    if let Ok(raw) = &mut raw {
        assert!(raw.exchange(b"GET /v1/status HTTP/1.1\r\nhost: x\r\n\r\n").await.is_err());
    }
}

#[tokio::test]
async fn a_change_of_trust_reaches_open_connections() {
    let (authority, node, client) = pair(Limits::default()).await;
    let sender = authority.issue_with(SENDER, 77, |_| {});
    let mut raw = Raw::connect(node.address, Some(&sender), &[&TLS13]).await.expect("connected");
    let request = b"GET /v1/status HTTP/1.1\r\nhost: x\r\n\r\n";
    assert_eq!(status_of(&raw.one_answer(request).await.expect("an answer")), 200);

    // In flight while the settings change: it finishes.
    let (endpoint, id) = (node.endpoint(), new_id());
    let client = Arc::new(client);
    let sending = {
        let (client, endpoint) = (Arc::clone(&client), endpoint.clone());
        let package = Bytes::from_static(WAIT);
        tokio::spawn(async move { client.put_message(&endpoint, id, package).await })
    };
    reaches(&node.service.begun, 1).await;
    let mut stricter = TestTrust::of(&authority);
    stricter.revoked.push(authority.revoke(77));
    node.tls.reload(settings(&authority.issue(RECIPIENT), stricter)).expect("usable");
    node.service.gate.add_permits(1);
    within(sending).await.expect("no panic").expect("taken");

    let answer = within(raw.exchange(request)).await.expect("an answer");
    assert_eq!(status_of(&answer), 403);
    assert!(answer.contains("certificate-refused"), "{answer}");
    client.status(&endpoint).await.expect("the others go on");
}

#[tokio::test]
async fn a_client_forgets_its_connections_when_its_trust_changes() {
    let authority = Authority::new("test authority");
    let settings_of = |trust| settings(&authority.issue(SENDER), trust);
    let node = strict_node(&authority).await;
    let own = tls(settings_of(TestTrust::of(&authority)));
    let client = Client::new(Arc::clone(&own), client_limits());
    client.status(&node.endpoint()).await.expect("a status");
    own.reload(settings_of(TestTrust::default())).expect("usable");
    assert_eq!(fault(client.status(&node.endpoint()).await), TlsFault::PeerCertificate);
    own.reload(settings_of(TestTrust::of(&authority))).expect("usable");
    client.status(&node.endpoint()).await.expect("a status again");
}

#[tokio::test]
async fn old_judgements_are_asked_for_again() {
    // Every request asks again, so that the certificate ends in the middle of a connection.
    let limits = Limits { recheck: Duration::ZERO, ..Limits::default() };
    let authority = Authority::new("test authority");
    let moving = Arc::new(std::sync::Mutex::new(now()));
    let clock = {
        let moving = Arc::clone(&moving);
        renkei::types::Clock::new(move || *moving.lock().expect("no panic"))
    };
    let trust = TestTrust::of(&authority);
    let tls = Tls::new(settings(&authority.issue(RECIPIENT), trust), clock).expect("usable");
    let node = Node::start_with("127.0.0.1:0".parse().expect("an address"), tls, limits).await;
    let sender = authority.issue(SENDER);
    let mut raw = Raw::connect(node.address, Some(&sender), &[&TLS13]).await.expect("connected");
    let request = b"GET /v1/status HTTP/1.1\r\nhost: x\r\n\r\n";
    assert_eq!(status_of(&raw.one_answer(request).await.expect("an answer")), 200);
    *moving.lock().expect("no panic") = "2027-02-01T00:00:00Z".parse().expect("a time");
    let answer = within(raw.exchange(request)).await.expect("an answer");
    assert_eq!(status_of(&answer), 403);
}
