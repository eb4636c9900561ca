//! The first start: where there is no configuration yet, a page asks what `renkei init` asks on a
//! terminal, step by step, writes what it writes, and shows how the first exchange with oneself went.
//!
//! It is a server of its own, on this computer alone, before there is a node. Whoever starts the program
//! gets an address that works once; what is typed is kept in memory only, until it is written.

mod administrator;
mod answers;
mod check;
mod done;
mod entrance;
mod fields;
mod folders;
mod frame;
mod keys;
mod listing;
mod office;
mod reach;
mod routes;
mod shared;
mod write;

use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::session::{INVITED_AT_START, Invited};
use super::site::Site;
use super::{Page, PageError, server};
use crate::node::Node;
use crate::spec::Spec;
use crate::types::{Clock, Lang};
use crate::work::{self, watch};

use shared::{Runs, Shared, Stage};

pub use shared::Founding;

/// How far a first start came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// No configuration was written.
    Nothing,
    /// It was being written.
    Writing,
    /// It is written.
    Written,
}

/// The page of a first start, which is served.
pub struct FirstStart {
    shared: Arc<Shared>,
    founded: mpsc::Receiver<Founding>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

impl FirstStart {
    /// Serves it, for the configuration that is to be written to `config`.
    ///
    /// # Errors
    ///
    /// This computer gives no port.
    pub async fn start(
        config: &Path,
        spec: &'static Spec,
        clock: Clock,
        lang: Lang,
    ) -> Result<Self, PageError> {
        let config = std::path::absolute(config)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let site = Site::new(listener.local_addr()?, false, &[]);
        let (sender, founded) = mpsc::channel(1);
        let shared = Arc::new(Shared::new(site, config, (spec, clock), lang, sender));
        let (stop, stopping) = watch::channel(false);
        let called = (routes::router(Arc::clone(&shared)), lang);
        let serving = work::spawn(server::run(listener, called, None, stopping));
        Ok(Self { shared, founded, stop, serving })
    }

    /// An address by which the account `by` enters, once. Whoever enters first is the only one.
    pub fn invite(&self, by: &str) -> String {
        let invited = Invited::account(by);
        self.shared.site.entrance(&self.shared.sessions.invite(invited, INVITED_AT_START))
    }

    /// The language that was chosen.
    pub fn lang(&self) -> Lang {
        self.shared.lang()
    }

    /// Waits until everything is written. Nothing where the server has ended.
    pub async fn founded(&mut self) -> Option<Founding> {
        self.founded.recv().await
    }

    /// The node runs, with its page: tries the first exchange, and leads there.
    pub async fn runs(&self, node: &Node, page: Option<&Page>) {
        let runs = Runs {
            node: node.handle(),
            page: page.map(|page| Arc::clone(&page.shared)),
            unsaved: None,
        };
        done::runs(&self.shared, runs).await;
    }

    /// The node does not start, for this reason; waits until somebody has read it, or for a while.
    pub async fn failed(&self, why: &str) {
        self.shared.failed(why).await;
    }

    /// Waits until somebody has read how it ended, or for a while.
    pub async fn shown(&self) {
        self.shared.shown().await;
    }

    /// Ends it, and says how far it came.
    pub async fn stop(self) -> Reached {
        self.stop.send_replace(true);
        let _ = self.serving.await;
        match self.shared.stage() {
            Stage::Asking => Reached::Nothing,
            Stage::Writing => Reached::Writing,
            _ => Reached::Written,
        }
    }
}
