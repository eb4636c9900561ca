//! What the two sides say to each other, and the trait through which the node answers.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use serde::{Deserialize, Serialize};

use super::problem::Refusal;
use super::verify::TrustRefusal;
use crate::types::{Digest, Hashed, MessageId, OfficeNumber};

/// What the node does with the requests of partners.
///
/// Whatever arrives here came over TLS from a certificate that [`PeerTrust::accepts`] let in, is
/// within the [`Limits`] and well-formed. Which office the certificate may speak for is for the
/// service to ask.
///
/// [`PeerTrust::accepts`]: super::PeerTrust::accepts
/// [`Limits`]: super::Limits
pub trait Service: Send + Sync + 'static {
    /// The partner that a certificate speaks for: the one that everything on its connections is
    /// counted for. Asked before the body of a request is read, and again when trust has changed;
    /// never waits.
    ///
    /// # Errors
    ///
    /// Whoever speaks for no partner gets nothing but the status.
    fn admits(&self, peer: &Peer) -> Result<OfficeNumber, Refusal>;

    /// Whether a package of a partner may come just now; asked before its body is read. Never waits.
    fn takes_from(&self, partner: OfficeNumber) -> Result<(), Refusal>;

    /// A certificate was refused in the handshake, although it may be one of `office`: its only
    /// common name says so. Anybody can make such a certificate. Never waits.
    fn refused_certificate(&self, office: OfficeNumber, sha256: Digest, why: &TrustRefusal);

    /// The same of a certificate that names no office; what it names may be a person. `site` is where
    /// it came from. Never waits.
    fn refused_stranger(&self, sha256: Digest, site: IpAddr, why: &TrustRefusal);

    /// A package of `partner`, as [`admits`](Self::admits) said, arrived completely and fits its
    /// `Content-Digest`.
    ///
    /// Answers only after the bytes are durable; a repeat is answered with the same receipt bytes.
    /// Once started it always runs to its end, also when the peer went away or was told to come
    /// again because it took longer than [`Limits::request_timeout`].
    ///
    /// [`Limits::request_timeout`]: super::Limits::request_timeout
    fn put_message(
        &self,
        peer: &Peer,
        partner: OfficeNumber,
        id: MessageId,
        body: Hashed,
    ) -> impl Future<Output = Result<PutAnswer, Refusal>> + Send;

    /// The receipts of packages that `query.office` sent to us, behind a position.
    ///
    /// With `query.wait` zero it answers at once. Otherwise it may wait until there is something to
    /// tell: when the wait is over, the peer goes away or the server stops, the future is dropped
    /// and the peer gets an empty page.
    fn receipts(
        &self,
        peer: &Peer,
        query: ReceiptQuery,
    ) -> impl Future<Output = Result<ReceiptPage, Refusal>> + Send;

    /// What we tell about ourselves; never waits.
    fn status(&self, peer: &Peer) -> StatusAnswer;
}

/// The other end of a connection.
#[derive(Clone)]
pub struct Peer {
    /// The certificate whose key the peer has proved to hold.
    pub certificate: CertificateDer<'static>,
    /// The other certificates that the peer sent, as it sent them.
    pub chain: Vec<CertificateDer<'static>>,
    /// SHA-256 of `certificate`.
    pub certificate_sha256: Digest,
    /// Where the connection came from.
    pub address: SocketAddr,
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer")
            .field("certificate_sha256", &self.certificate_sha256)
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

/// The answer to a package that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutAnswer {
    /// The signed receipt, DER.
    pub receipt: Bytes,
    /// Whether the package had been taken before.
    pub repeated: bool,
}

/// Which receipts are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiptQuery {
    /// The office that sent the packages.
    pub office: OfficeNumber,
    /// Only receipts at later positions than this; 0 for all.
    pub after: u64,
    /// How long the peer is willing to wait, at most [`Limits::longest_wait`].
    ///
    /// [`Limits::longest_wait`]: super::Limits::longest_wait
    pub wait: Duration,
    /// How many receipts to answer with at most.
    pub limit: usize,
}

/// A receipt and its place in the order in which the answering node issued its receipts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptEntry {
    /// Grows from receipt to receipt, with gaps; starts above 0.
    pub position: u64,
    /// The package that the receipt is about.
    pub message_id: MessageId,
    /// The signed receipt, DER; base64 in JSON.
    #[serde(with = "base64_bytes")]
    pub receipt: Bytes,
}

/// Receipts in the order of their positions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptPage {
    /// The receipts, rising by position.
    pub receipts: Vec<ReceiptEntry>,
    /// What to ask for next as `after`.
    pub next: u64,
    /// Whether more receipts are ready behind this page.
    pub more: bool,
}

impl ReceiptPage {
    /// A page that answers a question for receipts after `after`.
    pub fn new(after: u64, receipts: Vec<ReceiptEntry>, more: bool) -> Self {
        let next = receipts.last().map_or(after, |last| last.position);
        Self { receipts, next, more }
    }

    /// The page cut to so many bytes of receipts, but never to less than one receipt.
    pub(super) fn cut(mut self, bytes: usize) -> Self {
        let mut sum = 0_usize;
        let fits = |entry: &ReceiptEntry| {
            sum = sum.saturating_add(entry.receipt.len());
            sum <= bytes
        };
        let count = self.receipts.iter().map(fits).take_while(|fits| *fits).count().max(1);
        if count < self.receipts.len() {
            self.receipts.truncate(count);
            self.more = true;
            self.next = self.receipts.last().map_or(self.next, |last| last.position);
        }
        self
    }

    /// Whether the page can be an answer to `after`: positions rise, and asking on makes progress.
    pub(super) fn follows(&self, after: u64) -> bool {
        let mut last = after;
        let rising = self.receipts.iter().all(|entry| {
            let rises = entry.position > last;
            last = entry.position;
            rises
        });
        rising && self.next >= last && !(self.more && self.receipts.is_empty())
    }
}

/// What the node tells about itself; the server adds its limits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatusAnswer {
    /// The version of the program.
    pub version: String,
    /// Its clock.
    pub time: Timestamp,
    /// The formats of packages and receipts that it reads.
    pub formats: Vec<String>,
    /// How far the clock of a partner may run ahead of it.
    pub clock_skew: Duration,
    /// The most files of a package.
    pub files: usize,
    /// The largest manifest in bytes.
    pub manifest_bytes: usize,
}

/// The answer to `GET /v1/status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The version of the program, for people.
    pub version: String,
    /// The clock of the node.
    pub time: Timestamp,
    /// The formats of packages and receipts that it reads; nothing in those of older nodes, which
    /// read the first of each.
    #[serde(default)]
    pub formats: Vec<String>,
    /// What it can do beyond version 1 of the protocol, by names that are listed there.
    #[serde(default)]
    pub features: Vec<String>,
    /// How far the clock of a partner may run ahead of it, in seconds.
    #[serde(default)]
    pub clock_skew_seconds: u64,
    /// What it takes.
    pub limits: StatusLimits,
}

/// The limits that a partner should know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusLimits {
    /// The largest package in bytes.
    pub package_bytes: u64,
    /// The largest manifest in bytes.
    #[serde(default)]
    pub manifest_bytes: usize,
    /// The most files of a package.
    #[serde(default)]
    pub files: usize,
    /// After how many seconds without a request a connection is closed.
    #[serde(default)]
    pub idle_seconds: u64,
    /// The longest `wait` in seconds.
    pub wait_seconds: u64,
    /// The most receipts on one page.
    pub receipts_per_page: usize,
}

/// Bytes as base64 (RFC 4648, section 4) in JSON.
mod base64_bytes {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use bytes::Bytes;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(bytes: &Bytes, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Bytes, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD
            .decode(text)
            .map(Bytes::from)
            .map_err(|_| de::Error::custom("expected bytes as base64"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(position: u64, bytes: usize) -> ReceiptEntry {
        let now = Timestamp::new(1_700_000_000, 0).expect("in range");
        ReceiptEntry { position, message_id: MessageId::new(now), receipt: vec![7; bytes].into() }
    }

    #[test]
    fn cuts_a_page_but_never_to_nothing() {
        let page = ReceiptPage::new(3, vec![entry(4, 50), entry(6, 50), entry(9, 50)], false);
        let positions = |page: &ReceiptPage| {
            page.receipts.iter().map(|entry| entry.position).collect::<Vec<_>>()
        };
        assert_eq!(page.clone().cut(150), page);
        let cut = page.clone().cut(149);
        assert_eq!((positions(&cut), cut.next, cut.more), (vec![4, 6], 6, true));
        let cut = page.cut(10);
        assert_eq!((positions(&cut), cut.next, cut.more), (vec![4], 4, true));
        let empty = ReceiptPage::new(3, vec![], false);
        assert_eq!(empty.clone().cut(10), empty);
        assert_eq!(empty.next, 3);
    }

    #[test]
    fn knows_a_page_that_would_loop() {
        assert!(ReceiptPage::new(3, vec![entry(4, 1), entry(9, 1)], true).follows(3));
        assert!(ReceiptPage::new(3, vec![], false).follows(3));
        assert!(!ReceiptPage::new(3, vec![], true).follows(3));
        assert!(!ReceiptPage::new(3, vec![entry(3, 1)], false).follows(3));
        assert!(!ReceiptPage::new(3, vec![entry(5, 1), entry(5, 1)], false).follows(3));
        assert!(!ReceiptPage { receipts: vec![], next: 2, more: false }.follows(3));
    }

    #[test]
    fn carries_receipts_through_json() {
        let page = ReceiptPage::new(0, vec![entry(4, 50)], false);
        let json = serde_json::to_string(&page).expect("json");
        assert_eq!(serde_json::from_str::<ReceiptPage>(&json).expect("json"), page);
        assert!(serde_json::from_str::<ReceiptPage>(&json.replace("Bwc", "!!!")).is_err());
    }
}
