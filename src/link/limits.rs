//! The numbers that bound what a peer can cost us.

use std::time::Duration;

/// Larger bodies arrive in a file, not in memory.
pub(super) const SMALL: u64 = 1 << 20;

/// So much faster large bodies have to come: they hold a file and its buffers.
pub(super) const LARGE_HASTE: u64 = 8;

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
    /// time. 1024.
    pub connections: usize,
    /// The most connections of one partner, and packages of it at a time, where that is not its share.
    pub partner_connections: Option<usize>,
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
    /// How long a peer may take nothing of its answer. 30 s.
    pub unread_timeout: Duration,
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
            connections: 1024,
            partner_connections: None,
            guests: 128,
            first_byte_timeout: Duration::from_secs(3),
            handshake_timeout: Duration::from_secs(5),
            header_timeout: Duration::from_secs(30),
            body_grace: Duration::from_secs(10),
            body_rate: 8 << 10,
            body_timeout: Duration::from_mins(10),
            unread_timeout: Duration::from_secs(30),
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
        let wide = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let share = || self.share_of(wide(self.connections)).max(64);
        self.partner_connections.map_or_else(share, wide)
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
    /// Packages sent to one office at a time; more wait. 32.
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

impl ClientLimits {
    /// How long a package of so many bytes may take to come: as fast as large ones have to come here.
    pub(super) fn fetching(&self, bytes: usize) -> Duration {
        let small = bytes.min(usize::try_from(SMALL).unwrap_or(usize::MAX));
        let haste = u32::try_from(LARGE_HASTE).unwrap_or(1);
        self.transfer(small).saturating_add(self.transfer(bytes - small) / haste)
    }

    /// How long so many bytes may take, either way.
    pub(super) fn transfer(&self, bytes: usize) -> Duration {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        Duration::from_millis(bytes.saturating_mul(1000) / self.upload_rate.max(1))
    }
}

impl Default for ClientLimits {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            answer_timeout: Duration::from_secs(45),
            upload_rate: 8 << 10,
            idle: Duration::from_secs(20),
            uploads_per_office: 32,
            receipt_bytes: 1 << 20,
            page_bytes: 4 << 20,
            problem_bytes: 16 << 10,
            longest_retry_after: Duration::from_hours(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config::Config;
    use crate::package;
    use crate::package::card::MAX_CARD;

    const PAPER: &str = include_str!("../../spec/PROTOCOL.md");
    const OPENAPI: &str = include_str!("../../spec/openapi.yaml");
    /// What the operator reads, in both languages.
    const OPERATORS: [&str; 2] =
        [include_str!("../../docs/it.md"), include_str!("../../docs/it.ja.md")];

    /// The defaults of the configuration.
    fn config() -> Config {
        let text = include_str!("../../config.example.toml");
        Config::parse(text, Path::new("")).expect("the example is valid")
    }

    fn size(bytes: u64) -> String {
        let (unit, shift) = [("GiB", 30), ("MiB", 20), ("KiB", 10)]
            .into_iter()
            .find(|(_, shift)| bytes >> shift > 0)
            .expect("large");
        assert_eq!(bytes >> shift << shift, bytes, "a round number");
        format!("{} {unit}", bytes >> shift)
    }

    fn sizes(bytes: &[usize]) -> Vec<String> {
        bytes.iter().map(|bytes| size(u64::try_from(*bytes).expect("small"))).collect()
    }

    fn seconds(time: Duration) -> String {
        format!("{} s", time.as_secs())
    }

    fn minutes(time: Duration) -> String {
        format!("{} min", time.as_secs() / 60)
    }

    #[test]
    fn the_defaults_of_the_link_are_those_of_the_configuration() {
        let configured = config().limits;
        let (server, client) = (Limits::default(), ClientLimits::default());
        assert_eq!(server.package_bytes, configured.package_size);
        assert_eq!(server.body_memory, configured.body_memory);
        assert_eq!(server.partner_share, configured.partner_share);
        assert_eq!(u64::try_from(server.connections).ok(), Some(configured.connections.into()));
        assert_eq!(
            u64::try_from(client.uploads_per_office).ok(),
            Some(configured.in_flight.into())
        );
        let package = package::Limits::default();
        assert_eq!(u64::try_from(package.package_bytes).ok(), Some(configured.package_size));
        assert_eq!(u64::try_from(package.files).ok(), Some(configured.unit_files.into()));
    }

    /// Every number of the table in the paper, in its order; those of signatures and of refused
    /// packages are told by `package` and `node`.
    #[test]
    fn the_paper_has_the_numbers_of_the_program() {
        let configured = config().limits;
        let package = package::Limits::default();
        let (server, client) = (Limits::default(), ClientLimits::default());
        let [manifest, signature, receipt, head, page] = &sizes(&[
            package.manifest_bytes,
            package.signature_bytes,
            package.receipt_bytes,
            server.header_bytes,
            server.page_bytes,
        ])[..] else {
            panic!("five")
        };
        let client_sizes = sizes(&[client.receipt_bytes, client.page_bytes, client.problem_bytes]);
        let guests = server.guests;
        assert_eq!(server.partner_share, 25, "a quarter");
        let expected = [
            format!(
                "{}; what it must be below at the recipient is `limits.package_bytes`",
                size(server.package_bytes)
            ),
            format!("{manifest}; {}; {signature}; {receipt}", package.files),
            format!("{}, within {}", sizes(&[MAX_CARD])[0], seconds(server.body_grace)),
            format!("{head}, {}", server.headers),
            [server.first_byte_timeout, server.handshake_timeout, server.header_timeout]
                .map(seconds)
                .join("; "),
            format!(
                "{} of grace, then {}/s, beyond {} {}/s; {} at most",
                seconds(server.body_grace),
                size(server.body_rate),
                size(SMALL),
                size(LARGE_HASTE * server.body_rate),
                minutes(server.body_timeout)
            ),
            [server.header_timeout, client.idle].map(seconds).join(", "),
            seconds(server.unread_timeout),
            minutes(server.connection_age),
            format!(
                "{}, a quarter (at least {})",
                server.connections,
                Limits { connections: 1, ..server }.connections_of_partner()
            ),
            format!("{guests}, {}", guests / 2),
            "a quarter of the connections".to_owned(),
            size(configured.partner_rate),
            size(configured.partner_store),
            format!("{}, {}, {page}", seconds(server.longest_wait), server.receipts_per_page),
            client_sizes.join("; "),
            seconds(client.answer_timeout),
            client.uploads_per_office.to_string(),
        ];
        let (_, table) = PAPER.split_once("**Limits** (").expect("the table");
        let (table, _) = table.split_once("\n## ").expect("another section");
        let rows = table.lines().filter_map(|row| row.strip_prefix("| ")?.strip_suffix(" |"));
        let rows = rows.filter(|row| !row.starts_with("certificates in a CMS message"));
        let written: Vec<_> = rows.filter_map(|row| Some(row.split_once(" | ")?.1)).collect();
        assert_eq!(written, expected);
        let text = format!("more than {head} or {} fields are 431", server.headers);
        assert!(PAPER.contains(&text), "{text}");
    }

    #[test]
    fn the_description_of_the_api_has_the_numbers_of_the_program() {
        let description = OPENAPI.split_whitespace().collect::<Vec<_>>().join(" ");
        let limits = Limits::default();
        for text in [
            format!(
                "package {}, first byte within {}, handshake within {}, head {} and {} fields, head within {}, {} of grace for a body and then {}/s or faster, beyond {} {}/s",
                size(limits.package_bytes),
                seconds(limits.first_byte_timeout),
                seconds(limits.handshake_timeout),
                sizes(&[limits.header_bytes]).concat(),
                limits.headers,
                seconds(limits.header_timeout),
                seconds(limits.body_grace),
                size(limits.body_rate),
                size(SMALL),
                size(LARGE_HASTE * limits.body_rate),
            ),
            format!("is closed after {} (", seconds(limits.header_timeout)),
            format!("every connection after {},", minutes(limits.connection_age)),
        ] {
            assert!(description.contains(&text), "{text}");
        }
    }

    #[test]
    fn operators_are_told_the_numbers_of_the_program() {
        let configured = config().limits;
        let thousands = |number: u32| format!("{},{:03}", number / 1000, number % 1000);
        for (number, key) in [
            (size(configured.file_size), "file_size"),
            (size(configured.package_size), "package_size"),
            (thousands(configured.unit_files), "unit_files"),
            (thousands(configured.connections), "connections"),
        ] {
            let row = format!("| {number} | `limits.{key}` |");
            assert!(OPERATORS.iter().all(|document| document.contains(&row)), "{row}");
        }
    }
}
