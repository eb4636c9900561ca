//! How many files and connections the operating system lets us have open.
//!
//! The soft limit of a service is often 1,024, which is for programs that cannot handle more. When
//! connections used it up, the store and the folders could not be opened any more.

/// Kept back for the store, the folders, the log, and the connections to partners.
const RESERVE: u64 = 256;

/// Raises the limit as far as we may and says how many are left for connections from partners;
/// `None` where there is no such limit. `outgoing` is the number of our own connections.
#[cfg(unix)]
pub(super) fn left_for_connections(outgoing: u64) -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let found = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: found.maximum, maximum: found.maximum };
    if found.current != found.maximum && setrlimit(Resource::Nofile, raised).is_err() {
        tracing::debug!("the limit of open files could not be raised");
    }
    getrlimit(Resource::Nofile).current.map(|limit| without_reserve(limit, outgoing))
}

/// Sockets are no files here.
#[cfg(not(unix))]
pub(super) const fn left_for_connections(_outgoing: u64) -> Option<u64> {
    None
}

#[cfg(any(unix, test))]
fn without_reserve(limit: u64, outgoing: u64) -> u64 {
    let reserve = RESERVE.saturating_add(outgoing);
    limit.saturating_sub(reserve).max(limit / 4).max(8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_is_kept_back_and_something_is_left() {
        assert_eq!(without_reserve(20_000, 100), 19_644);
        assert_eq!(without_reserve(1024, 0), 768);
        assert_eq!(without_reserve(300, 10), 75);
        assert_eq!(without_reserve(0, 0), 8);
    }
}
