//! Connections of the client: TCP, then TLS with a node of one office.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection, HttpConnector};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::{InvalidDnsNameError, ServerName};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tower_service::Service;

use super::error::find_cause;

/// Makes connections to the nodes of one office.
#[derive(Debug, Clone)]
pub(super) struct Connector {
    http: HttpConnector,
    tls: Arc<ClientConfig>,
    timeout: Duration,
    latest: LatestFault,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    /// Not within this time.
    #[error("no connection within {} s", .0.as_secs())]
    Timeout(Duration),
    /// The name has no address, or nobody answers there.
    #[error("{0}")]
    Tcp(String),
    /// The TLS handshake failed.
    #[error(transparent)]
    Tls(rustls::Error),
    /// The connection broke during the handshake.
    #[error("the connection broke during the TLS handshake: {0}")]
    Broken(io::Error),
    /// The host is no name that TLS can carry.
    #[error(transparent)]
    Name(#[from] InvalidDnsNameError),
}

impl Connector {
    pub(super) fn new(tls: Arc<ClientConfig>, timeout: Duration) -> Self {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(timeout));
        Self { http, tls, timeout, latest: LatestFault::default() }
    }

    /// What TLS met on the newest connection, as soon as it is known.
    pub(super) fn latest_fault(&self) -> LatestFault {
        self.latest.clone()
    }

    async fn connect(mut self, uri: Uri) -> Result<NodeStream, ConnectError> {
        let host = uri.host().unwrap_or_default();
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let name = ServerName::try_from(bare.to_owned())?;
        let tcp = self
            .http
            .call(uri)
            .await
            .map_err(|error| ConnectError::Tcp(super::error::last_cause(&error)))?;
        let connector = TlsConnector::from(self.tls);
        match connector.connect(name, tcp.into_inner()).await {
            Ok(tls) => {
                Ok(NodeStream { io: TokioIo::new(tls), fault: self.latest.of_new_connection() })
            }
            Err(error) => Err(match find_cause::<rustls::Error>(&error) {
                Some(fault) => ConnectError::Tls(fault.clone()),
                None => ConnectError::Broken(error),
            }),
        }
    }
}

impl Service<Uri> for Connector {
    type Response = NodeStream;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<NodeStream, ConnectError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        self.http
            .poll_ready(context)
            .map_err(|error| ConnectError::Tcp(super::error::last_cause(&error)))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (connector, limit) = (self.clone(), self.timeout);
        Box::pin(async move {
            let connected = timeout(limit, connector.connect(uri)).await;
            connected.unwrap_or(Err(ConnectError::Timeout(limit)))
        })
    }
}

/// What TLS met on a connection after the handshake.
///
/// In TLS 1.3 the client is done before the server has looked at the client's certificate, so "I
/// do not accept your certificate" arrives while a request is under way, and the pool would report
/// no more than a broken connection.
#[derive(Debug, Clone, Default)]
pub(super) struct ConnectionFault(Arc<OnceLock<rustls::Error>>);

impl ConnectionFault {
    pub(super) fn get(&self) -> Option<&rustls::Error> {
        self.0.get()
    }

    fn note(&self, error: &io::Error) {
        if let Some(fault) = find_cause::<rustls::Error>(error) {
            // The first fault is the reason of all others.
            let _ = self.0.set(fault.clone());
        }
    }

    fn noted<T>(&self, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if let Poll::Ready(Err(error)) = &polled {
            self.note(error);
        }
        polled
    }
}

/// What TLS met on the newest connection of a pool.
///
/// A connection can be refused and gone before the pool has given it to the request for which it
/// was made; then nothing else tells the request why.
#[derive(Debug, Clone, Default)]
pub(super) struct LatestFault(Arc<Mutex<ConnectionFault>>);

impl LatestFault {
    pub(super) fn get(&self) -> Option<rustls::Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get().cloned()
    }

    fn of_new_connection(&self) -> ConnectionFault {
        let fault = ConnectionFault::default();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = fault.clone();
        fault
    }
}

/// A connection to a node.
pub(super) struct NodeStream {
    io: TokioIo<TlsStream<TcpStream>>,
    fault: ConnectionFault,
}

impl Connection for NodeStream {
    fn connected(&self) -> Connected {
        Connected::new().extra(self.fault.clone())
    }
}

impl Read for NodeStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.io).poll_read(context, buffer);
        self.fault.noted(polled)
    }
}

impl Write for NodeStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write(context, bytes);
        self.fault.noted(polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write_vectored(context, parts);
        self.fault.noted(polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.io).poll_flush(context);
        self.fault.noted(polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}
