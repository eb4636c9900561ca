//! Waiting for what is to become true, and for a free port.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// No condition is waited for longer than this.
pub(crate) const PATIENCE: Duration = Duration::from_mins(2);

const LOOK: Duration = Duration::from_millis(20);

/// Waits until `condition` gives something.
pub(crate) fn until<T>(what: &str, condition: impl FnMut() -> Option<T>) -> T {
    until_within(PATIENCE, what, condition)
}

/// The same, for what takes longer by design.
pub(crate) fn until_within<T>(
    patience: Duration,
    what: &str,
    mut condition: impl FnMut() -> Option<T>,
) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(started.elapsed() < patience, "waited in vain: {what}");
        thread::sleep(LOOK);
    }
}

/// A port that is free now, from below the range that systems take for outgoing connections.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let base = std::process::id() % 97 * 200;
    until("a free port", || {
        let place = (base + NEXT.fetch_add(1, Ordering::Relaxed)) % 20_000;
        let port = u16::try_from(10_000 + place).expect("below 30,000");
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok().map(|_| port)
    })
}
