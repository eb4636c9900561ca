//! The listening side: takes connections within the limits until it is told to stop.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{interval, sleep, timeout};
use tracing::{Instrument as _, debug, error, info_span, warn};

use super::api::Service;
use super::connection;
use super::grants::Grants;
use super::guests::Guests;
use super::limits::Limits;
use super::quiet::{self, Quiet};
use super::routes;
use super::shared::Shared;
use super::tls::Tls;
use crate::types::{Clock, code};
use crate::work::watch;

/// How long to wait after the operating system could not give us a connection; it is short of
/// something, and asking at once again would only burn the processor.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// The server of a node.
pub struct Server<S> {
    listener: TcpListener,
    address: SocketAddr,
    shared: Arc<Shared<S>>,
    stop: watch::Sender<bool>,
}

/// How a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped {
    /// Whether all requests in flight were answered within [`Limits::shutdown_grace`].
    pub clean: bool,
}

impl<S: Service> Server<S> {
    /// A server on a listener that is bound already, to port 0 if one likes. Large packages arrive
    /// in `folder`, in files without a name.
    pub fn new(
        listener: TcpListener,
        tls: Arc<Tls>,
        service: Arc<S>,
        limits: Limits,
        folder: &Path,
    ) -> io::Result<Self> {
        Self::granting(listener, tls, service, Grants::new(limits, folder))
    }

    /// One that grants what is shared with others.
    pub fn granting(
        listener: TcpListener,
        tls: Arc<Tls>,
        service: Arc<S>,
        grants: Arc<Grants>,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (stop, stopping) = watch::channel(false);
        let shared = shared(tls, service, grants, stopping);
        Ok(Self { listener, address, shared, stop })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it grants to partners, to be changed while it serves.
    pub fn grants(&self) -> Arc<Grants> {
        Arc::clone(&self.shared.grants)
    }

    /// Serves until `shutdown` is ready, then stops listening, answers waiting polls, lets
    /// requests in flight finish, and cuts off what is left after [`Limits::shutdown_grace`].
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Stopped {
        let Self { listener, shared, stop, .. } = self;
        let limits = shared.grants.limits();
        let router = routes::router(Arc::clone(&shared));
        let mut connections = JoinSet::new();
        let mut number = 0_u64;
        let mut short = false;
        tokio::pin!(shutdown);
        let mut summing_up = interval(quiet::PERIOD);
        loop {
            let (tcp, address) = tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(ended) = connections.join_next() => {
                    note_panic(ended);
                    continue;
                }
                _ = summing_up.tick() => {
                    shared.quiet.sum_up();
                    continue;
                }
                accepted = accept(&listener) => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        // It comes again with every attempt while it lasts.
                        if !std::mem::replace(&mut short, true) {
                            warn!(code = code::NO_CONNECTION, %error, "no connection could be taken");
                        }
                        continue;
                    }
                },
            };
            short = false;
            let (place, crowded) = shared.guests.enter(address.ip());
            if crowded {
                debug!("a connection that had not shown who it is made room for another");
            }
            number += 1;
            let guest = place.number();
            let serving =
                connection::serve(Arc::clone(&shared), router.clone(), tcp, address, place);
            let span = info_span!("connection", number, address = %address.ip());
            let task = connections.spawn(serving.instrument(span));
            shared.guests.serve(guest, task);
        }
        drop(listener);
        stop.send_replace(true);
        let finish = async {
            while let Some(ended) = connections.join_next().await {
                note_panic(ended);
            }
            // Packages whose sender went away are still on their way into the store.
            shared.grants.packages.is_idle().await;
        };
        let clean = timeout(limits.shutdown_grace, finish).await.is_ok();
        if !clean {
            warn!("requests in flight were cut off at the end of the time to stop");
            connections.shutdown().await;
        }
        Stopped { clean }
    }
}

/// What the requests of a server share.
pub(super) fn shared<S: Service>(
    tls: Arc<Tls>,
    service: Arc<S>,
    grants: Arc<Grants>,
    stopping: watch::Receiver<bool>,
) -> Arc<Shared<S>> {
    let limits = grants.limits();
    Arc::new(Shared {
        service,
        tls,
        grants,
        guests: Guests::new(limits.guests, limits.guests / 2),
        stopping,
        quiet: Quiet::default(),
        begun: Clock::running(),
    })
}

async fn accept(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    let accepted = listener.accept().await;
    if accepted.is_err() {
        sleep(ACCEPT_PAUSE).await;
    }
    accepted
}

/// A panic text may quote data, so only the fact is told.
fn note_panic(ended: Result<(), tokio::task::JoinError>) {
    if ended.is_err_and(|fault| fault.is_panic()) {
        error!("a connection ended with a panic");
    }
}
