//! Fetches revocation lists from where their authorities publish them.
//!
//! What comes is bounded in size and time and believed in nothing: whoever asked for it checks the
//! signature. It goes through the proxy of the configuration, if there is one, and through no other,
//! and no redirection is followed, so that the configuration alone says who is asked. With `https` the
//! server has to have a certificate under a configured authority.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{ClientBuilder, StatusCode, redirect};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use tokio::time::timeout;

use super::error::last_cause;
use super::proxy::{ProxyAccess, ProxyFault};
use super::tls::{ONLY_SAFE, provider};
use crate::types::{Clock, Lang, ListUrl, code};

/// For the name, the connection and TLS.
const CONNECT: Duration = Duration::from_secs(10);
/// For everything, from the question to the last byte.
const WHOLE: Duration = Duration::from_mins(2);

/// Why a list did not come; told to operators.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// No connection, or it broke off.
    #[error("no answer: {0}")]
    Unreachable(String),
    /// There is no way through the proxy.
    #[error("{0}")]
    Proxy(ProxyFault),
    /// It took too long.
    #[error("not complete within {} s", WHOLE.as_secs())]
    Timeout,
    /// The server answered something else.
    #[error("the server answered with status {0}")]
    Status(u16),
    /// There is more than a list may have.
    #[error("more than {0} bytes")]
    TooLarge(u64),
}

impl FetchError {
    /// The text for people.
    pub fn text(&self, lang: Lang) -> String {
        match (lang, self) {
            (Lang::En, _) => self.to_string(),
            (Lang::Ja, Self::Unreachable(why)) => {
                format!("つながらないか、途中で切れました（{why}）。")
            }
            (Lang::Ja, Self::Proxy(fault)) => code::find(fault.code())
                .map(|info| format!("{}。{}", info.meaning(lang), info.to_do(lang)))
                .unwrap_or_default(),
            (Lang::Ja, Self::Timeout) => {
                format!("{} 秒以内に届きませんでした。", WHOLE.as_secs())
            }
            (Lang::Ja, Self::Status(status)) => {
                format!("配布元がリストではなく HTTP ステータス {status} を返しました。")
            }
            (Lang::Ja, Self::TooLarge(most)) => format!("大きすぎます（上限 {most} バイト）。"),
        }
    }
}

/// Asks for lists.
#[derive(Debug)]
pub struct ListClient {
    http: reqwest::Client,
    is_proxied: bool,
}

impl ListClient {
    /// Believes servers with certificates under `roots`, and goes through `proxy`.
    pub fn new<'a>(
        roots: impl Iterator<Item = &'a CertificateDer<'static>>,
        clock: &Clock,
        proxy: Option<&ProxyAccess>,
    ) -> Result<Self, FetchError> {
        let failed = |text: String| FetchError::Unreachable(text);
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(roots.cloned());
        let config =
            ClientConfig::builder_with_details(Arc::new(provider()), Arc::new(clock.clone()))
                .with_protocol_versions(ONLY_SAFE)
                .map_err(|error| failed(error.to_string()))?
                .with_root_certificates(store)
                .with_no_client_auth();
        let builder = ClientBuilder::new()
            .use_preconfigured_tls(config)
            .http1_only()
            .no_proxy()
            .redirect(redirect::Policy::none())
            .referer(false)
            .retry(reqwest::retry::never())
            .user_agent("renkei")
            .connect_timeout(CONNECT)
            .pool_max_idle_per_host(0);
        let builder = match proxy {
            Some(proxy) => {
                builder.proxy(proxy.of_client().map_err(|error| failed(last_cause(&error)))?)
            }
            None => builder,
        };
        let http = builder.build().map_err(|error| failed(last_cause(&error)))?;
        Ok(Self { http, is_proxied: proxy.is_some() })
    }

    /// Fetches at most `most` bytes.
    pub async fn fetch(&self, url: &ListUrl, most: u64) -> Result<Vec<u8>, FetchError> {
        match timeout(WHOLE, self.fetch_slowly(url, most)).await {
            Ok(fetched) => fetched,
            Err(_elapsed) => Err(FetchError::Timeout),
        }
    }

    async fn fetch_slowly(&self, url: &ListUrl, most: u64) -> Result<Vec<u8>, FetchError> {
        let failed = |error: reqwest::Error| FetchError::Unreachable(last_cause(&error));
        let sent = self.http.get(url.as_str()).send().await;
        let mut response = sent.map_err(|error| self.not_asked(&error))?;
        if self.is_proxied && response.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
            return Err(FetchError::Proxy(ProxyFault::Login));
        }
        if response.status() != StatusCode::OK {
            return Err(FetchError::Status(response.status().as_u16()));
        }
        let too_large = FetchError::TooLarge(most);
        // What the server says of the length only saves the time.
        if response.content_length().is_some_and(|length| length > most) {
            return Err(too_large);
        }
        let mut bytes = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(failed)? {
            let length = bytes.len().saturating_add(piece.len());
            let fits = u64::try_from(length).is_ok_and(|length| length <= most);
            if !fits {
                return Err(too_large);
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }

    /// Why a question was not answered. What is not encrypted is asked of the proxy itself.
    fn not_asked(&self, error: &reqwest::Error) -> FetchError {
        let of_proxy = ProxyFault::of(error);
        let is_plain = error.url().is_some_and(|url| url.scheme() == "http");
        let of_proxy = of_proxy.or_else(|| {
            let is_its_own = self.is_proxied && is_plain && error.is_connect();
            is_its_own.then_some(ProxyFault::Unreachable)
        });
        of_proxy.map_or_else(|| FetchError::Unreachable(last_cause(error)), FetchError::Proxy)
    }
}
