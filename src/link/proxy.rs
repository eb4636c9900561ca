//! Connections through an HTTP proxy (CONNECT, RFC 9110, section 9.3.6).

use std::error::Error as StdError;
use std::fmt;
use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tower_service::Service as _;
use zeroize::Zeroizing;

use crate::types::{PeerUrl, ProxyUrl, code};

/// How the library begins what it says of a proxy; it has no type for it that others may name.
const TUNNEL: &str = "tunnel error: ";

/// A proxy, and how it knows us.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyAccess {
    /// Where it listens.
    pub url: ProxyUrl,
    /// Name and password, if it asks.
    pub login: Option<(String, Zeroizing<String>)>,
}

impl fmt::Debug for ProxyAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyAccess").field("url", &self.url).finish_non_exhaustive()
    }
}

impl ProxyAccess {
    /// For the client of HTTP.
    pub(super) fn of_client(&self) -> Result<reqwest::Proxy, reqwest::Error> {
        let proxy = reqwest::Proxy::all(self.url.to_string())?;
        Ok(match &self.login {
            Some((user, password)) => proxy.basic_auth(user, password),
            None => proxy,
        })
    }

    /// A connection through the proxy to where a node or a relay is reached.
    async fn connect(&self, to: &PeerUrl) -> io::Result<TcpStream> {
        let proxy = self.url.to_string().parse().map_err(io::Error::other)?;
        let mut tunnel = Tunnel::new(proxy, HttpConnector::new());
        if let Some((user, password)) = &self.login {
            let login = format!("Basic {}", STANDARD.encode(format!("{user}:{}", password.as_str())));
            tunnel = tunnel.with_auth(login.parse().map_err(io::Error::other)?);
        }
        let to = format!("https://{}", to.authority()).parse().map_err(io::Error::other)?;
        tunnel.call(to).await.map(TokioIo::into_inner).map_err(io::Error::other)
    }
}

/// A connection to where a node or a relay is reached: to look who answers there. The caller bounds the
/// time.
///
/// # Errors
///
/// There is none; [`ProxyFault::of`] says whether the proxy is at fault.
pub async fn connect(
    to: &PeerUrl,
    proxy: Option<&ProxyAccess>,
) -> io::Result<impl AsyncRead + AsyncWrite + Unpin + Send + use<>> {
    match proxy {
        Some(proxy) => proxy.connect(to).await,
        None => TcpStream::connect((to.host(), to.port())).await,
    }
}

/// Why there is no way through the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ProxyFault {
    /// It asks for a name and password, or does not take ours (407).
    #[error("the proxy does not let us in without another name or password")]
    Login,
    /// It does not open the connection: it may not, or finds nobody there.
    #[error("the proxy does not open the connection")]
    NoConnection,
    /// It cannot be reached itself, or is none.
    #[error("the proxy cannot be reached")]
    Unreachable,
}

impl ProxyFault {
    /// The fault of the proxy among the causes of an error, if it is one.
    pub fn of(error: &(dyn StdError + 'static)) -> Option<Self> {
        let mut next = Some(error);
        for _ in 0..32 {
            let error = next?;
            if let Some(what) = error.to_string().strip_prefix(TUNNEL) {
                return Some(match what {
                    "proxy authorization required" => Self::Login,
                    "unsuccessful" => Self::NoConnection,
                    _ => Self::Unreachable,
                });
            }
            let inside = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
            next = match inside {
                Some(inside) => Some(inside),
                None => error.source(),
            };
        }
        None
    }

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Login => code::PROXY_REFUSES,
            Self::NoConnection => code::PROXY_NO_CONNECTION,
            Self::Unreachable => code::PROXY_UNREACHABLE,
        }
    }
}
