//! Revocation lists over HTTP: what a server says is bounded, and only the configuration says whom to
//! ask.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::SanType;
use renkei::link::{FetchError, ListClient, ProxyAccess, ProxyFault};
use renkei::types::{Clock, ListUrl};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use zeroize::Zeroizing;

use super::harness::{Authority, RECIPIENT, now, within};

const MOST: u64 = 1000;

fn client(authority: &Authority) -> ListClient {
    ListClient::new([authority.root()].iter(), &Clock::new(now), None).expect("a client")
}

fn url(scheme: &str, address: SocketAddr) -> ListUrl {
    format!("{scheme}://{address}/ca.crl").parse().expect("an address")
}

/// Reads a request and answers with `head`, then with `piece` for as long as anybody listens.
async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    head: String,
    piece: Vec<u8>,
    endless: bool,
) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(stream.read_u8().await.expect("a request"));
    }
    let mut written = stream.write_all(head.as_bytes()).await;
    while written.is_ok() {
        written = stream.write_all(&piece).await;
        if !endless {
            break;
        }
    }
    let _ = stream.shutdown().await;
}

async fn asked(head: &str, piece: &[u8], endless: bool) -> Result<Vec<u8>, FetchError> {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let (head, piece) = (format!("HTTP/1.1 {head}\r\n\r\n"), piece.to_vec());
    let serving = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a connection");
        answer(stream, head, piece, endless).await;
    });
    let client = client(&Authority::new("nobody asks"));
    let fetched = within(client.fetch(&url("http", address), MOST)).await;
    within(serving).await.expect("no panic");
    fetched
}

#[tokio::test]
async fn what_comes_is_taken_up_to_its_limit() {
    let most = vec![7; 1000];
    assert_eq!(asked("200 OK\r\ncontent-length: 1000", &most, false).await, Ok(most.clone()));
    assert_eq!(asked("200 OK\r\nconnection: close", &most, false).await, Ok(most));
    let too_large = Err(FetchError::TooLarge(MOST));
    assert_eq!(asked("200 OK\r\ncontent-length: 1001", b"x", false).await, too_large);
    // Without a length, and without an end.
    assert_eq!(asked("200 OK\r\nconnection: close", &[7; 600], true).await, too_large);
    // Less than was promised.
    let broken = asked("200 OK\r\ncontent-length: 1000", b"x", false).await;
    assert!(matches!(broken, Err(FetchError::Unreachable(_))), "{broken:?}");
}

#[tokio::test]
async fn nothing_but_a_list_from_the_named_server_is_an_answer() {
    for (head, status) in [
        ("404 Not Found\r\ncontent-length: 0", 404),
        ("204 No Content", 204),
        ("302 Found\r\nlocation: http://127.0.0.1:1/other\r\ncontent-length: 0", 302),
    ] {
        assert_eq!(asked(head, b"", false).await, Err(FetchError::Status(status)), "{head}");
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let client = client(&Authority::new("nobody asks"));
    let fetched = within(client.fetch(&url("http", address), MOST)).await;
    assert!(matches!(fetched, Err(FetchError::Unreachable(_))), "{fetched:?}");
}

#[tokio::test]
async fn over_https_the_server_is_one_of_a_configured_authority() {
    let (authority, other) = (Authority::new("ours"), Authority::new("another"));
    let at_home = SanType::IpAddress("127.0.0.1".parse().expect("an address"));
    for (issuer, is_good) in [(&authority, true), (&other, false)] {
        let own = issuer.issue_with(RECIPIENT, 3, |params| {
            params.subject_alt_names.push(at_home.clone());
        });
        let config = ServerConfig::builder_with_provider(Arc::new(
            rustls::crypto::aws_lc_rs::default_provider(),
        ))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![own.certificate], own.key)
        .expect("usable");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let serving = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.expect("a connection");
            if let Ok(stream) = TlsAcceptor::from(Arc::new(config)).accept(stream).await {
                let head = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n";
                answer(stream, head.to_owned(), b"list".to_vec(), false).await;
            }
        });
        let fetched = within(client(&authority).fetch(&url("https", address), MOST)).await;
        within(serving).await.expect("no panic");
        assert_eq!(fetched.is_ok(), is_good, "{fetched:?}");
    }
}

/// A proxy that answers a question with `answer`; gives the question.
async fn through_a_proxy(
    url: &str,
    login: Option<(String, Zeroizing<String>)>,
    answer: &'static str,
) -> (Result<Vec<u8>, FetchError>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await.expect("a request"));
        }
        stream.write_all(answer.as_bytes()).await.expect("answered");
        String::from_utf8(request).expect("UTF-8")
    });
    let proxy = ProxyAccess { url: format!("http://{address}").parse().expect("a proxy"), login };
    let authority = Authority::new("nobody asks");
    let client = ListClient::new([authority.root()].iter(), &Clock::new(now), Some(&proxy));
    let client = client.expect("a client");
    let fetched = within(client.fetch(&url.parse().expect("an address"), MOST)).await;
    (fetched, within(serving).await.expect("no panic"))
}

/// The names of these servers nobody knows but the proxy.
#[tokio::test]
async fn lists_come_through_the_proxy_of_the_configuration() {
    const LIST: &str = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nlist";
    const LOGIN: &str = "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
    let (plain, secret) = ("http://crl.invalid/ca.crl", "https://crl.invalid/ca.crl");
    let login = ("renkei".to_owned(), Zeroizing::new("himitsu".to_owned()));
    let (fetched, asked) = through_a_proxy(plain, Some(login), LIST).await;
    assert_eq!(fetched, Ok(b"list".to_vec()));
    assert!(asked.starts_with("GET http://crl.invalid/ca.crl HTTP/1.1\r\n"), "{asked}");
    // renkei:himitsu
    assert!(asked.to_lowercase().contains("proxy-authorization: basic "), "{asked}");
    for url in [plain, secret] {
        let (fetched, _) = through_a_proxy(url, None, LOGIN).await;
        assert_eq!(fetched, Err(FetchError::Proxy(ProxyFault::Login)), "{url}");
    }
    let (fetched, asked) =
        through_a_proxy(secret, None, "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await;
    assert!(asked.starts_with("CONNECT crl.invalid:443 HTTP/1.1\r\n"), "{asked}");
    assert_eq!(fetched, Err(FetchError::Proxy(ProxyFault::NoConnection)));

    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = closed.local_addr().expect("an address");
    drop(closed);
    let url = format!("http://{address}").parse().expect("a proxy");
    let proxy = ProxyAccess { url, login: None };
    let authority = Authority::new("nobody asks");
    for list in [plain, secret] {
        let client = ListClient::new([authority.root()].iter(), &Clock::new(now), Some(&proxy));
        let client = client.expect("a client");
        let fetched = within(client.fetch(&list.parse().expect("an address"), MOST)).await;
        assert_eq!(fetched, Err(FetchError::Proxy(ProxyFault::Unreachable)), "{list}");
    }
}
