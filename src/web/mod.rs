//! The page of an office: what people see and do in a browser on the machine of the node.
//!
//! Everything is rendered here and lies in the program, so a page works without a network and without
//! scripts; a small script of our own only keeps it up to date. One file per page, each with its
//! template beside it. What others know too is not said here again: words stand in `desk`,
//! `transfer` and `types::code`, orders go through the node, which notes them in its journal.
//!
//! # Who gets in
//!
//! Whoever may write into the data folder of the node asks for an address (`renkei open`), which works
//! once and soon, and gets a session for it as an administrator: that is how the page is used where
//! nobody is set up, and the way back in when passwords are lost. Users ([`crate::users`]) log in with
//! name, password and, if they want, a code of an app. What each may do stands beside the routes.
//!
//! The page listens on this computer alone, or speaks TLS. Other pages in the same browser cannot use
//! a session: requests have to name the page as their host, what changes anything has to come from it
//! and carry the token of the session, and nothing may frame it.
//!
//! Views of personal data are written down (`audit`): whoever writes a page that shows some says so
//! there.

#![expect(
    clippy::result_large_err,
    reason = "an answer in the place of what was asked for is made once for a request"
)]

mod account;
mod actuals;
mod api;
mod assets;
mod attach;
mod audit;
mod audits;
mod backups;
mod by_hand;
mod card;
mod certificates;
mod choices;
mod correction;
mod diagnosis;
mod doctor;
mod entrance;
mod error;
mod events;
mod evidence;
mod first_start;
mod forms;
mod guard;
mod held;
mod invitation;
mod layout;
mod list;
mod metrics;
mod month;
mod outbox;
mod package;
mod partner;
mod partners;
mod patience;
mod renewal;
mod replaced;
mod routes;
mod savings;
mod server;
mod session;
mod settings;
mod site;
mod state;
mod states;
mod tls;
mod today;
mod tokens;
mod upload;
mod users;
mod versions;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::config;
use crate::node::Handle;
use crate::types::{Clock, Lang, code};
use crate::users::Attempts;
use crate::work::{self, watch};

pub use error::PageError;
pub use first_start::{FirstStart, Founding, Reached};

use state::{CodeNames, Shared};
use tls::PageTls;

/// How often it is looked whether the certificate was replaced.
const RENEWAL: Duration = Duration::from_secs(30);

/// How often locks are kept at the most.
const KEEPING: Duration = Duration::from_secs(1);

/// A page that is served.
pub struct Page {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
    keeping: Vec<JoinHandle<()>>,
}

impl Page {
    /// Whether the certificate of these settings can be used; without one there is nothing to use.
    pub fn check(settings: &config::Page, clock: &Clock) -> Result<(), PageError> {
        let files = settings.identity.clone();
        files.map_or(Ok(()), |files| PageTls::open(files, clock.clone()).map(drop))
    }

    /// Serves the page of a node.
    pub async fn start(node: Handle, settings: &config::Page) -> Result<Self, PageError> {
        let listener = TcpListener::bind(settings.listen).await?;
        Self::start_on(node, settings, listener).await
    }

    /// The same where a first start holds its address already.
    pub async fn start_on(
        node: Handle,
        settings: &config::Page,
        listener: TcpListener,
    ) -> Result<Self, PageError> {
        let (data, now) = (node.config().node.data.clone(), node.now());
        let (handle, of_names) = (node.clone(), settings.clone());
        let (files, clock) = (settings.identity.clone(), node.clock().clone());
        let opened = work::blocking(move || {
            let tls = files.map(|files| PageTls::open(files, clock)).transpose()?;
            let names = CodeNames::load(&handle, &of_names);
            Ok::<_, PageError>((tls, (Attempts::open(&data, now), names)))
        });
        let (tls, read) = opened.await.map_err(io::Error::other)??;
        let tls = tls.map(Arc::new);
        let address = listener.local_addr()?;
        let (stop, stopping) = watch::channel(false);
        let (audit, keeper) = audit::start(&node);
        let shared = Shared::new(node, address, settings, read, audit, stopping.clone());
        let shared = Arc::new(shared);
        let entrance = Arc::clone(&shared);
        shared.node.set_door(move |by| entrance.invite(by, session::INVITATION));
        let mut keeping = vec![
            work::spawn(keeper.run(stopping.clone())),
            work::spawn(keep_locks(Arc::clone(&shared), stopping.clone())),
        ];
        if let Some(tls) = &tls {
            let renewing = renew(Arc::clone(tls), shared.node.clone(), stopping.clone());
            keeping.push(work::spawn(renewing));
        }
        let called = (routes::router(Arc::clone(&shared)), shared.lang());
        let serving = work::spawn(server::run(listener, called, tls, stopping));
        Ok(Self { address, shared, stop, serving, keeping })
    }

    /// Where it is.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address for people.
    pub fn url(&self) -> String {
        self.shared.site.url()
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
        for keeping in self.keeping {
            let _ = keeping.await;
        }
    }
}

/// Keeps the locks of whoever tried too often, so that starting anew opens none.
async fn keep_locks(shared: Arc<Shared>, mut stopping: watch::Receiver<bool>) {
    loop {
        let ends = tokio::select! {
            biased;
            () = work::stopped(&mut stopping) => true,
            () = shared.attempts.changed() => false,
        };
        let attempts = Arc::clone(&shared.attempts);
        let kept = work::blocking(move || attempts.keep()).await;
        if let Ok(Err(error)) = kept {
            tracing::warn!(%error, "the locks of the page cannot be kept");
        }
        if ends {
            return;
        }
        sleep(KEEPING).await;
    }
}

/// Takes up a certificate that was replaced.
async fn renew(tls: Arc<PageTls>, node: Handle, mut stopping: watch::Receiver<bool>) {
    loop {
        tokio::select! {
            biased;
            () = work::stopped(&mut stopping) => return,
            () = sleep(RENEWAL) => {}
        }
        let tls = Arc::clone(&tls);
        match work::blocking(move || tls.renew()).await {
            Ok(Ok(true)) => {
                tracing::info!("the certificate of the page was read again");
                node.clear(code::PAGE_CERTIFICATE_UNUSABLE, "page");
            }
            Ok(Err(error)) => {
                let (ja, en) = (error.text(Lang::Ja), error.text(Lang::En));
                let ja =
                    format!("画面の新しい証明書を使えません: {ja}以前の証明書のまま動いています。");
                let en = format!(
                    "the new certificate of the page cannot be used: {en}; the former one still serves"
                );
                node.raise(code::PAGE_CERTIFICATE_UNUSABLE, "page", ja, en);
            }
            Ok(Ok(false)) | Err(_) => {}
        }
    }
}
