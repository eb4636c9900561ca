//! Whether the computer slept, or came into another network: afterwards partners that could not be
//! reached may be, and do not know that we are back.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::types::Instant;

/// A pause that took so much longer than it should have was a sleep of the computer.
const NAP: Duration = Duration::from_secs(15);

/// Addresses of documentation (RFC 5737, RFC 3849): the way to them is the way to everywhere.
const ELSEWHERE: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
];

/// A moment on both clocks: the one of the wall goes on while the computer sleeps, the other one does
/// so on some systems.
#[derive(Clone, Copy)]
pub(super) struct Moment(pub(super) Timestamp, pub(super) Instant);

impl Moment {
    /// Whether the computer slept in a pause that began here, should have taken `pause` and ended at
    /// `end`.
    pub(super) fn slept_until(self, end: Self, pause: Duration) -> bool {
        let longest = pause + NAP;
        let wall = end.0.duration_since(self.0);
        SignedDuration::try_from(longest).is_ok_and(|longest| wall >= longest)
            || end.1.saturating_duration_since(self.1) >= longest
    }
}

/// The addresses that this computer would go out with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Network([Option<IpAddr>; 2]);

impl Network {
    /// Asks the system. Nothing is sent: a UDP socket that is connected only knows its way.
    pub(super) fn now() -> Self {
        #[cfg(test)]
        if crate::work::life::current().is_some() {
            return Self([None; 2]);
        }
        Self(ELSEWHERE.map(|elsewhere| {
            let any = match elsewhere {
                IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
                IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
            };
            let socket = UdpSocket::bind((any, 0)).ok()?;
            socket.connect((elsewhere, 9)).ok()?;
            Some(socket.local_addr().ok()?.ip())
        }))
    }

    /// Whether there is a way out that was not there before.
    pub(super) fn is_news_after(&self, former: &Self) -> bool {
        self.0.iter().zip(&former.0).any(|(new, former)| new.is_some() && new != former)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Clock;

    const PAUSE: Duration = Duration::from_secs(5);

    #[test]
    fn a_pause_that_is_much_too_long_on_either_clock_was_a_sleep() {
        let (wall, running) = (Timestamp::UNIX_EPOCH, Clock::running());
        let start = Moment(wall, running);
        let end = |by_wall: i64, by_running: u64| {
            let wall = wall + SignedDuration::from_secs(by_wall);
            Moment(wall, running + Duration::from_secs(by_running))
        };
        assert!(!start.slept_until(end(5, 5), PAUSE));
        assert!(!start.slept_until(end(12, 12), PAUSE), "a busy machine");
        assert!(start.slept_until(end(3600, 5), PAUSE), "Linux: the clock that runs stood still");
        assert!(start.slept_until(end(3600, 3600), PAUSE), "Windows: it went on");
        assert!(!start.slept_until(end(-3600, 5), PAUSE), "the clock was set back");
    }

    #[test]
    fn a_way_out_that_was_not_there_is_news() {
        let address = |last| Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, last)));
        let (none, home, office) =
            (Network([None, None]), Network([address(7), None]), Network([address(9), None]));
        assert!(home.is_news_after(&none));
        assert!(office.is_news_after(&home));
        assert!(!home.is_news_after(&home));
        assert!(!none.is_news_after(&home), "nobody can be reached");
        assert!(!Network::now().is_news_after(&Network::now()));
    }
}
