//! The page of an office: what people see and do in a browser on the machine of the node.
//!
//! Everything is rendered here and lies in the program, so a page works without a network and without
//! scripts; a small script of our own only keeps it up to date. One file per page, each with its
//! template beside it. What others know too is not said here again: words stand in `desk`,
//! `transfer` and `types::code`, orders go through the node, which notes them in its journal.
//!
//! # Who gets in
//!
//! The page listens on this computer alone. Whoever may write into the data folder of the node asks
//! for an address (`renkei open`), which works once and soon, and gets a session for it. Other
//! pages in the same browser cannot use that session: requests have to name the page as their host,
//! what changes anything has to come from it and carry the token of the session, and nothing may
//! frame it.

mod assets;
mod certificates;
mod diagnosis;
mod entrance;
mod events;
mod forms;
mod guard;
mod held;
mod layout;
mod list;
mod package;
mod partners;
mod routes;
mod server;
mod session;
mod state;
mod states;
mod today;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::config;
use crate::node::Handle;
use crate::work::{self, watch};

use state::Shared;

/// A page that is served.
pub struct Page {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl Page {
    /// Serves the page of a node.
    ///
    /// # Errors
    ///
    /// The address cannot be listened on.
    pub async fn start(node: Handle, settings: &config::Page) -> io::Result<Self> {
        let listener = TcpListener::bind(settings.listen).await?;
        let address = listener.local_addr()?;
        let (stop, stopping) = watch::channel(false);
        let shared = Arc::new(Shared::new(node, address, settings, stopping.clone()));
        let entrance = Arc::clone(&shared);
        shared.node.set_door(move |by| entrance.invite(by, session::INVITATION));
        let serving = work::spawn(server::run(listener, Arc::clone(&shared), stopping));
        Ok(Self { address, shared, stop, serving })
    }

    /// Where it is.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// An address by which the account `by` enters, once, before `good_for` is over.
    pub fn invite(&self, by: &str, good_for: Duration) -> String {
        self.shared.invite(by, good_for)
    }

    /// Waits until it is served no more, which it should not come to before [`Page::stop`].
    pub async fn ended(&mut self) {
        let _ = (&mut self.serving).await;
    }

    /// Ends it.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        let _ = self.serving.await;
    }
}
