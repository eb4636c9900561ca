//! Partners that answer nonsense: the client gives a bounded, clear error.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use renkei::link::{Client, ClientLimits, SendError, TlsFault};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::harness::{
    Authority, Identity, RECIPIENT, SENDER, TestTrust, client, client_limits, endpoint, new_id,
    office, settings, tls, within,
};

/// What a foreign server says after it has read something.
#[derive(Clone)]
enum Say {
    /// This, and then it closes.
    Once(String),
    /// The first text, then the second again and again.
    Forever(&'static str, &'static str),
    /// Nothing, with the connection open.
    Nothing,
}

/// A TLS server with a good certificate and bad manners.
async fn foreign(authority: &Authority, say: Say) -> SocketAddr {
    let Identity { certificate, key } = authority.issue(RECIPIENT);
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("TLS 1.3")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a certificate");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((tcp, _)) = listener.accept().await {
            let (acceptor, say) = (acceptor.clone(), say.clone());
            tokio::spawn(async move {
                let mut stream = acceptor.accept(tcp).await?;
                let _ = stream.read(&mut [0; 4096]).await?;
                match say {
                    Say::Once(text) => stream.write_all(text.as_bytes()).await?,
                    Say::Forever(first, again) => {
                        stream.write_all(first.as_bytes()).await?;
                        let again = again.repeat(1000);
                        loop {
                            stream.write_all(again.as_bytes()).await?;
                        }
                    }
                    Say::Nothing => std::future::pending().await,
                }
                stream.shutdown().await
            });
        }
    });
    address
}

async fn put(authority: &Authority, say: Say) -> SendError {
    let endpoint = endpoint(foreign(authority, say).await);
    let client = client(&authority.issue(SENDER), TestTrust::of(authority));
    let put = client.put_message(&endpoint, new_id(), Bytes::from("x"));
    within(put).await.expect_err("nonsense")
}

async fn page(authority: &Authority, say: Say) -> SendError {
    let endpoint = endpoint(foreign(authority, say).await);
    let client = client(&authority.issue(SENDER), TestTrust::of(authority));
    let receipts = client.receipts(&endpoint, office(SENDER), 4, Duration::ZERO);
    within(receipts).await.expect_err("nonsense")
}

fn answer(status: &str, media_type: &str, body: &str) -> Say {
    let length = body.len();
    Say::Once(format!(
        "HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {length}\r\n\r\n{body}"
    ))
}

#[tokio::test]
async fn nonsense_is_a_fault_of_the_protocol() {
    let authority = Authority::new("test authority");
    let receipt = "application/pkcs7-mime; smime-type=signed-data";
    let cases = [
        ("not HTTP", Say::Once("SSH-2.0-OpenSSH_9.9\r\n\r\n".to_owned())),
        ("endless status line", Say::Forever("HTTP/1.1 200 ", "x")),
        ("endless headers", Say::Forever("HTTP/1.1 201 Created\r\n", "x: y\r\n")),
        ("one endless header", Say::Forever("HTTP/1.1 201 Created\r\nx: ", "yyyyyyyyyy")),
        ("endless status lines", Say::Forever("", "HTTP/1.1 200 OK\r\n")),
        (
            "endless body",
            Say::Forever(
                "HTTP/1.1 201 Created\r\ncontent-type: application/pkcs7-mime\r\n\r\n",
                "0123456789",
            ),
        ),
        (
            "endless chunks",
            Say::Forever(
                "HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n",
                "a\r\n0123456789\r\n",
            ),
        ),
        (
            "a huge promise",
            Say::Once("HTTP/1.1 201 Created\r\ncontent-length: 99999999999\r\n\r\n".to_owned()),
        ),
        ("no receipt", answer("201 Created", receipt, "")),
        ("a web page", answer("200 OK", "text/html", "<html>")),
        ("nothing at all", answer("204 No Content", receipt, "")),
        ("elsewhere", answer("302 Found", receipt, "")),
    ];
    for (case, say) in cases {
        let error = put(&authority, say).await;
        assert_eq!(error.code(), "peer-protocol-fault", "{case}: {error}");
        assert!(!error.is_passing(), "{case}");
        assert!(error.to_string().len() < 300, "{case}");
    }
}

#[tokio::test]
async fn pages_that_lead_nowhere_are_refused() {
    let authority = Authority::new("test authority");
    let entry = |position: u64| {
        let id = new_id();
        format!("{{\"position\":{position},\"message_id\":\"{id}\",\"receipt\":\"AAAA\"}}")
    };
    let cases = [
        ("not JSON", "<html>".to_owned()),
        ("another shape", "{\"receipts\": 7}".to_owned()),
        ("more of nothing", "{\"receipts\":[],\"next\":4,\"more\":true}".to_owned()),
        ("backwards", "{\"receipts\":[],\"next\":3,\"more\":false}".to_owned()),
        ("again", format!("{{\"receipts\":[{}],\"next\":4,\"more\":false}}", entry(4))),
        ("endless depth", "[".repeat(100_000)),
        ("too long", " ".repeat(300_000)),
    ];
    for (case, body) in cases {
        let error = page(&authority, answer("200 OK", "application/json", &body)).await;
        assert_eq!(error.code(), "peer-protocol-fault", "{case}: {error}");
        assert!(error.to_string().len() < 300, "{case}");
    }
}

#[tokio::test]
async fn no_word_of_a_foreign_refusal_is_taken_over() {
    let authority = Authority::new("test authority");
    let problem = "application/problem+json";
    let forged = "{\"code\":\"x\",\"detail\":\"a\\nERROR b\\u202e\"}";
    let error = put(&authority, answer("403 Forbidden", problem, forged)).await;
    assert_eq!(error.to_string(), "the partner refuses: 403 unknown");
    assert!(!format!("{error:?}").contains("ERROR"), "{error:?}");
    let error = put(&authority, answer("403 Forbidden", "text/html", "<h1>Proxy</h1>")).await;
    assert_eq!(error.to_string(), "the partner refuses: 403 unknown");
    let long = "x".repeat(100_000);
    let error = put(&authority, answer("502 Bad Gateway", problem, &long)).await;
    assert_eq!(error.to_string(), "the partner cannot take it now: 502 unknown");
}

#[tokio::test]
async fn a_partner_that_breaks_off_or_falls_silent_may_be_asked_again() {
    let authority = Authority::new("test authority");
    let cut = "HTTP/1.1 201 Created\r\ncontent-length: 10\r\n\r\nabc".to_owned();
    for say in [Say::Once(String::new()), Say::Once(cut)] {
        let error = put(&authority, say).await;
        assert!(matches!(error, SendError::Broken(_)), "{error:?}");
        assert!(error.is_passing());
    }
    let address = foreign(&authority, Say::Nothing).await;
    let limits = ClientLimits { answer_timeout: Duration::from_millis(200), ..client_limits() };
    let settings = settings(&authority.issue(SENDER), TestTrust::of(&authority));
    let client = Client::new(tls(settings), limits);
    let error = within(client.status(&endpoint(address))).await.unwrap_err();
    assert!(matches!(error, SendError::Timeout(_)), "{error:?}");
}

#[tokio::test]
async fn a_partner_that_is_down_is_unreachable() {
    let authority = Authority::new("test authority");
    let client = client(&authority.issue(SENDER), TestTrust::of(&authority));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let error = within(client.status(&endpoint(address))).await.unwrap_err();
    assert_eq!(error.code(), "peer-unreachable", "{error}");
    let mut nowhere = endpoint(address);
    nowhere.url = "https://no-such-host.invalid".parse().expect("an address");
    let error = within(client.status(&nowhere)).await.unwrap_err();
    assert!(error.is_passing(), "{error}");
}

#[tokio::test]
async fn what_does_not_speak_tls_is_a_fault_of_tls() {
    let authority = Authority::new("test authority");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((mut tcp, _)) = listener.accept().await {
            let _ = tcp.read(&mut [0; 4096]).await;
            let _ = tcp.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let client = client(&authority.issue(SENDER), TestTrust::of(&authority));
    let error = within(client.status(&endpoint(address))).await.unwrap_err();
    assert!(matches!(error, SendError::Tls { fault: TlsFault::Handshake, .. }), "{error:?}");

    // One that accepts and never answers the handshake.
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let limits = ClientLimits { connect_timeout: Duration::from_millis(200), ..client_limits() };
    let settings = settings(&authority.issue(SENDER), TestTrust::of(&authority));
    let client = Client::new(tls(settings), limits);
    let error = within(client.status(&endpoint(address))).await.unwrap_err();
    assert!(matches!(error, SendError::Timeout(_)), "{error:?}");
    drop(listener);
}
