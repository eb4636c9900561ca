//! What all requests share.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::config;
use crate::forms::Names;
use crate::node::Handle;
use crate::types::{Lang, code, io_text};
use crate::work::watch;

use super::session::Sessions;

/// What all requests share.
pub(super) struct Shared {
    pub(super) node: Handle,
    pub(super) address: SocketAddr,
    pub(super) sessions: Sessions,
    pub(super) names: Arc<CodeNames>,
    pub(super) stopping: watch::Receiver<bool>,
}

/// Names of codes, from the lists of the office.
#[derive(Default)]
pub(super) struct CodeNames {
    pub(super) services: Option<Names>,
    pub(super) insurers: Option<Names>,
}

impl CodeNames {
    /// Reads the lists. One that cannot be used is told, and codes are shown in its place.
    fn load(node: &Handle, settings: &config::Page) -> Self {
        let load = |path: Option<&Path>, key: &str| {
            let path = path?;
            let found = fs::read(path)
                .map_err(|error| (io_text(&error, Lang::Ja), io_text(&error, Lang::En)));
            let parsed = found.and_then(|bytes| {
                Names::parse(&bytes).map_err(|error| (error.to_string(), error.to_string()))
            });
            match parsed {
                Ok(names) => Some(names),
                Err((ja, en)) => {
                    node.raise(
                        code::NAMES_UNREADABLE,
                        key,
                        format!("[page] {key} の一覧を使えません: {ja}。直して起動し直すまで、コードのまま表示します。"),
                        format!("the list [page] {key} cannot be used: {en}; codes are shown until it is mended and the node is started again"),
                    );
                    None
                }
            }
        };
        Self {
            services: load(settings.service_codes.as_deref(), "service_codes"),
            insurers: load(settings.insurer_codes.as_deref(), "insurer_codes"),
        }
    }
}

impl Shared {
    pub(super) fn new(
        node: Handle,
        address: SocketAddr,
        settings: &config::Page,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let idle = settings.idle.try_into().unwrap_or_default();
        let names = Arc::new(CodeNames::load(&node, settings));
        Self { node, address, sessions: Sessions::new(idle), names, stopping }
    }

    /// The language of the page.
    pub(super) fn lang(&self) -> Lang {
        self.node.config().node.lang
    }

    /// An address by which the account `by` enters, once, before `good_for` is over.
    pub(super) fn invite(&self, by: &str, good_for: Duration) -> String {
        let token = self.sessions.invite(by, good_for);
        format!("http://{}/enter/{token}", self.address)
    }

    /// Whether a request that names this host means this page: another name that leads here is one
    /// that somebody else gave this computer.
    pub(super) fn is_own_host(&self, host: &str) -> bool {
        let port = self.address.port();
        let names = [self.address.ip().to_string(), "localhost".to_owned()];
        names.iter().any(|name| {
            let name = if name.contains(':') { format!("[{name}]") } else { name.clone() };
            host.eq_ignore_ascii_case(&format!("{name}:{port}"))
        })
    }
}
