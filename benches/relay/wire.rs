//! The least of a client: HTTP/1.1 over mutual TLS, one request after the other on one connection. What
//! a library does beside that would be measured with the relay, on the same processors.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A connection.
pub(crate) struct Wire(BufReader<TlsStream<TcpStream>>);

impl Wire {
    pub(crate) async fn open(tls: &Arc<ClientConfig>, port: u16) -> Self {
        let tcp = TcpStream::connect(("127.0.0.1", port)).await.expect("the relay listens");
        tcp.set_nodelay(true).expect("a setting");
        let name = ServerName::try_from("127.0.0.1").expect("an address");
        let tls = TlsConnector::from(Arc::clone(tls)).connect(name, tcp).await;
        Self(BufReader::new(tls.expect("a handshake")))
    }

    /// Asks for something.
    pub(crate) async fn get(&mut self, path: &str) -> (u16, Vec<u8>) {
        let head = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
        self.0.write_all(head.as_bytes()).await.expect("sent");
        self.answer().await
    }

    /// Sends something; `fields` are further fields of the head with their line ends.
    pub(crate) async fn put(&mut self, path: &str, fields: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let length = body.len();
        let head = format!(
            "PUT {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {length}\r\n{fields}\r\n"
        );
        self.0.write_all(head.as_bytes()).await.expect("sent");
        self.0.write_all(body).await.expect("sent");
        self.answer().await
    }

    async fn answer(&mut self) -> (u16, Vec<u8>) {
        self.0.flush().await.expect("sent");
        let status = self.line().await;
        let status = status.split(' ').nth(1).expect("a status").parse().expect("a status");
        let (mut length, mut is_chunked) = (0, false);
        loop {
            let line = self.line().await;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').expect("a field");
            match (name, value.trim()) {
                ("content-length", value) => length = value.parse().expect("a length"),
                ("transfer-encoding", _) => is_chunked = true,
                _ => {}
            }
        }
        let mut body = Vec::new();
        if is_chunked {
            loop {
                let length = usize::from_str_radix(&self.line().await, 16).expect("a length");
                self.more(&mut body, length).await;
                assert_eq!(self.line().await, "");
                if length == 0 {
                    break;
                }
            }
        } else {
            self.more(&mut body, length).await;
        }
        (status, body)
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).await.expect("an answer");
        assert!(line.ends_with("\r\n"), "the answer broke off: {line:?}");
        line.truncate(line.len() - 2);
        line
    }

    async fn more(&mut self, body: &mut Vec<u8>, length: usize) {
        let start = body.len();
        body.resize(start + length, 0);
        self.0.read_exact(&mut body[start..]).await.expect("a body");
    }
}
