//! The numbers that bound what a peer can cost us.

use std::time::Duration;

/// What the server grants to all peers together and to each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The largest package in bytes. 128 MiB.
    pub package_bytes: u64,
    /// Memory for packages that are being received or handed over, in bytes: one half for small
    /// ones, one for large ones that are looked at. 256 MiB.
    pub body_memory: u64,
    /// What one partner may take of connections, packages at a time, memory and disk, in percent.
    /// 25.
    pub partner_share: u8,
    /// The largest head of a request in bytes. 16 KiB.
    pub header_bytes: usize,
    /// The most header fields of a request. 64.
    pub headers: usize,
    /// Open connections of partners; more wait for a place. As many packages are worked on at a
    /// time. 512.
    pub connections: usize,
    /// Connections that have not shown yet that they come from a partner; half of them from one IPv4
    /// address or one IPv6 /64. 128.
    pub guests: usize,
    /// From the connection to its first byte. 3 s.
    pub first_byte_timeout: Duration,
    /// From the first byte to the end of the TLS handshake. 5 s.
    pub handshake_timeout: Duration,
    /// For the head of a request, and how long a connection may be idle. Clients must give up
    /// idle connections sooner ([`ClientLimits::idle`]). 30 s.
    pub header_timeout: Duration,
    /// How far a body may fall behind `body_rate`. 10 s.
    pub body_grace: Duration,
    /// The slowest body, in bytes per second; what is above 1 MiB has to come eight times as fast.
    /// 8 KiB/s.
    pub body_rate: u64,
    /// The longest time for a body. 10 min.
    pub body_timeout: Duration,
    /// The longest time for the service to answer, waiting for receipts apart. 30 s.
    pub request_timeout: Duration,
    /// The longest `wait` for receipts; longer ones are cut to it. Below the minute after which
    /// many routers forget a silent connection. 50 s.
    pub longest_wait: Duration,
    /// The most receipts on one page. 100.
    pub receipts_per_page: usize,
    /// The most bytes of receipts on one page; one receipt is always let through. 1 MiB.
    pub page_bytes: usize,
    /// How old the judgement on a peer's certificate may be. 60 s.
    pub recheck: Duration,
    /// How long a connection lives; then it is closed after the request in flight. 15 min.
    pub connection_age: Duration,
    /// How long to keep reading, and throwing away, after a refusal that came before the end of
    /// the body, so that the peer gets to read it. 2 s.
    pub linger: Duration,
    /// For requests in flight when the server stops. 8 s.
    pub shutdown_grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            package_bytes: 128 << 20,
            body_memory: 256 << 20,
            partner_share: 25,
            header_bytes: 16 << 10,
            headers: 64,
            connections: 512,
            guests: 128,
            first_byte_timeout: Duration::from_secs(3),
            handshake_timeout: Duration::from_secs(5),
            header_timeout: Duration::from_secs(30),
            body_grace: Duration::from_secs(10),
            body_rate: 8 << 10,
            body_timeout: Duration::from_mins(10),
            request_timeout: Duration::from_secs(30),
            longest_wait: Duration::from_secs(50),
            receipts_per_page: 100,
            page_bytes: 1 << 20,
            recheck: Duration::from_mins(1),
            connection_age: Duration::from_mins(15),
            linger: Duration::from_secs(2),
            shutdown_grace: Duration::from_secs(8),
        }
    }
}

impl Limits {
    /// What one partner may have of `all`.
    pub(super) fn share_of(&self, all: u64) -> u64 {
        (all / 100).saturating_mul(u64::from(self.partner_share))
            + all % 100 * u64::from(self.partner_share) / 100
    }

    /// The connections that one partner may have. Enough for its packages and questions, also where
    /// there are few.
    pub(super) fn connections_of_partner(&self) -> u64 {
        let connections = u64::try_from(self.connections).unwrap_or(u64::MAX);
        self.share_of(connections).max(64)
    }

    /// No request takes longer, from its head to the end of its answer.
    pub(super) fn longest_request(&self) -> Duration {
        let answering = self.request_timeout.max(self.longest_wait);
        self.body_timeout.saturating_add(answering.saturating_mul(2))
    }
}

/// What the client takes from a partner before it gives up. The head of an answer is bounded by the
/// HTTP library: 100 fields, 408 KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientLimits {
    /// For the name, the connection and the TLS handshake. 10 s.
    pub connect_timeout: Duration,
    /// From the request to the end of the answer, on top of the time for the upload and the time
    /// that the partner was asked to wait. 45 s.
    pub answer_timeout: Duration,
    /// The slowest upload, in bytes per second. 8 KiB/s.
    pub upload_rate: u64,
    /// How long an unused connection is kept; less than [`Limits::header_timeout`]. 20 s.
    pub idle: Duration,
    /// Packages sent to one office at a time; more wait. 16.
    pub uploads_per_office: usize,
    /// The largest receipt in bytes. 1 MiB.
    pub receipt_bytes: usize,
    /// The largest page of receipts, or status, in bytes of JSON. 4 MiB.
    pub page_bytes: usize,
    /// The largest problem document in bytes; a larger one is not read. 16 KiB.
    pub problem_bytes: usize,
    /// The longest `Retry-After` that is believed; longer ones are cut to it. 1 h.
    pub longest_retry_after: Duration,
}

impl Default for ClientLimits {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            answer_timeout: Duration::from_secs(45),
            upload_rate: 8 << 10,
            idle: Duration::from_secs(20),
            uploads_per_office: 16,
            receipt_bytes: 1 << 20,
            page_bytes: 4 << 20,
            problem_bytes: 16 << 10,
            longest_retry_after: Duration::from_hours(1),
        }
    }
}
