//! The listening side: takes connections within the limits until it is told to stop.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{interval, sleep, timeout};
use tracing::{Instrument as _, debug, error, info_span, warn};

use super::api::Service;
use super::body::Budget;
use super::connection;
use super::limits::Limits;
use super::quiet::{self, Quiet};
use super::routes::{self, Shared};
use super::tls::Tls;

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
    /// A server on a listener that is bound already, to port 0 if one likes.
    pub fn new(
        listener: TcpListener,
        tls: Arc<Tls>,
        service: Arc<S>,
        limits: Limits,
    ) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (stop, stopping) = watch::channel(false);
        let shared = Arc::new(Shared {
            service,
            tls,
            limits,
            memory: Budget::new(limits.body_memory.max(limits.package_bytes)),
            deliveries: Arc::new(Semaphore::new(permits(&limits))),
            stopping,
            quiet: Quiet::default(),
        });
        Ok(Self { listener, address, shared, stop })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown` is ready, then stops listening, answers waiting polls, lets
    /// requests in flight finish, and cuts off what is left after [`Limits::shutdown_grace`].
    pub async fn run(self, shutdown: impl Future<Output = ()>) -> Stopped {
        let Self { listener, shared, stop, .. } = self;
        let limits = shared.limits;
        let router = routes::router(Arc::clone(&shared));
        let places = Arc::new(Semaphore::new(permits(&limits)));
        let addresses = Arc::new(Addresses::default());
        let mut connections = JoinSet::new();
        let mut number = 0_u64;
        tokio::pin!(shutdown);
        let mut summing_up = interval(quiet::PERIOD);
        loop {
            let (place, tcp, address) = tokio::select! {
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
                accepted = accept(&listener, &places) => match accepted {
                    Ok(accepted) => accepted,
                    Err(error) => {
                        if shared.quiet.tells("accept", IpAddr::V6(Ipv6Addr::UNSPECIFIED)) {
                            warn!(%error, "no connection could be taken");
                        }
                        continue;
                    }
                },
            };
            let Some(from) = addresses.enter(address.ip(), limits.connections_per_address) else {
                debug!(address = %address.ip(), "too many connections from this address");
                continue;
            };
            number += 1;
            let serving = connection::serve(Arc::clone(&shared), router.clone(), tcp, address);
            let span = info_span!("connection", number, address = %address.ip());
            connections.spawn(
                async move {
                    let _held = (place, from);
                    serving.await;
                }
                .instrument(span),
            );
        }
        drop(listener);
        stop.send_replace(true);
        let finish = async {
            while let Some(ended) = connections.join_next().await {
                note_panic(ended);
            }
            // Packages whose sender went away are still on their way into the store.
            let all = u32::try_from(permits(&limits)).unwrap_or(u32::MAX);
            drop(shared.deliveries.acquire_many(all).await);
        };
        let clean = timeout(limits.shutdown_grace, finish).await.is_ok();
        if !clean {
            warn!("requests in flight were cut off at the end of the time to stop");
            connections.shutdown().await;
        }
        Stopped { clean }
    }
}

/// The number of connections as permits of a semaphore, all of which can be acquired at once.
fn permits(limits: &Limits) -> usize {
    limits.connections.clamp(1, usize::from(u16::MAX))
}

/// Waits for a place first: connections that find none stay in the queue of the operating system.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(OwnedSemaphorePermit, TcpStream, SocketAddr)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    match listener.accept().await {
        Ok((tcp, address)) => Ok((place, tcp, address)),
        Err(error) => {
            sleep(ACCEPT_PAUSE).await;
            Err(error)
        }
    }
}

/// A panic text may quote data, so only the fact is told.
fn note_panic(ended: Result<(), tokio::task::JoinError>) {
    if ended.is_err_and(|fault| fault.is_panic()) {
        error!("a connection ended with a panic");
    }
}

/// How many connections each address holds.
#[derive(Debug, Default)]
struct Addresses(Mutex<HashMap<IpAddr, usize>>);

/// One connection of an address.
#[derive(Debug)]
struct FromAddress {
    addresses: Arc<Addresses>,
    address: IpAddr,
}

impl Addresses {
    fn enter(self: &Arc<Self>, address: IpAddr, most: usize) -> Option<FromAddress> {
        let address = one_site(address);
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(address).or_insert(0);
        if *count >= most.max(1) {
            return None;
        }
        *count += 1;
        Some(FromAddress { addresses: Arc::clone(self), address })
    }
}

impl Drop for FromAddress {
    fn drop(&mut self) {
        let mut counts = self.addresses.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.address);
            }
        }
    }
}

/// An IPv4 address, or the /64 of an IPv6 address, which is what one site has at the least.
pub(super) fn one_site(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_the_connections_of_a_site() {
        let addresses = Arc::new(Addresses::default());
        let enter = |text: &str| addresses.enter(text.parse().expect("an address"), 2);
        let first = enter("192.0.2.1").expect("a place");
        let _second = enter("::ffff:192.0.2.1").expect("a place");
        assert!(enter("192.0.2.1").is_none());
        let _other = enter("192.0.2.2").expect("a place");
        drop(first);
        let _third = enter("192.0.2.1").expect("a place again");
        let sites = (enter("2001:db8::1"), enter("2001:db8::ffff:0:0:1"));
        assert!(sites.0.is_some() && sites.1.is_some());
        assert!(enter("2001:db8::2").is_none());
        assert!(enter("2001:db8:0:1::1").is_some());
        drop(sites);
        assert_eq!(addresses.0.lock().expect("no panic").len(), 2, "empty sites are forgotten");
    }
}
