//! What all requests share.

use std::net::SocketAddr;
use std::time::Duration;

use crate::config;
use crate::node::Handle;
use crate::types::Lang;
use crate::work::watch;

use super::session::Sessions;

/// What all requests share.
pub(super) struct Shared {
    pub(super) node: Handle,
    pub(super) address: SocketAddr,
    pub(super) sessions: Sessions,
    pub(super) stopping: watch::Receiver<bool>,
}

impl Shared {
    pub(super) fn new(
        node: Handle,
        address: SocketAddr,
        settings: &config::Page,
        stopping: watch::Receiver<bool>,
    ) -> Self {
        let idle = settings.idle.try_into().unwrap_or_default();
        Self { node, address, sessions: Sessions::new(idle), stopping }
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
