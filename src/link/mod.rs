//! The HTTP API v1 over mutual TLS: the server that partners put packages into, and the client
//! that puts packages into partners (`spec/openapi.yaml`).
//!
//! | file | holds |
//! |---|---|
//! | `api` | what is said: requests, answers, and the [`Service`] that the node implements |
//! | `routes`, `answers` | every route on one screen, how answers look |
//! | `messages`, `recall`, `receipts`, `card`, `mailbox`, `status` | what each route does, a file for each resource |
//! | `range`, `waiting`, `query` | parts of bodies, answers that are waited for, parameters |
//! | `shared` | what the requests of a server, and of one connection, share |
//! | `server`, `connection` | listening, limits, shutdown; one connection from handshake to end |
//! | `heads` | the heads of requests, judged before hyper reads them |
//! | `guests`, `pool` | places for those who are no partners yet, and shares of those who are |
//! | `body`, `spool`, `short_body` | request bodies with bounded size, speed, memory and disk |
//! | `tls`, `verify` | who may speak: certificates of both sides, reloadable |
//! | `client`, `connect` | what partners are asked, and the connections on which they are (reqwest) |
//! | `mailbox_client` | packages left with relays, and fetched from where they wait |
//! | `party`, `proxy` | who is asked: an office or a relay; the way through an HTTP proxy |
//! | `digest`, `problem`, `limits`, `error` | `Content-Digest`, refusals, numbers, what went wrong |
//!
//! # Decisions
//!
//! * HTTP/1.1 only. Packages are few and small, so many streams on one connection win nothing that
//!   kept-alive connections do not; and every limit here is a limit of one request on one
//!   connection, with no flow control, resets or priorities for a peer to play with.
//! * TLS sessions are never resumed. A resumed session skips the certificates, so it would outlive
//!   a revocation; connections are kept alive instead, and what they were let in with is judged
//!   again after every change of trust and every [`Limits::recheck`].
//! * Whether a certificate speaks for an office is decided by [`Trust`](crate::package::Trust) alone;
//!   DNS names and the authorities of the system play no part.
//!
//! # Errors
//!
//! A request that cannot be granted is a [`Refusal`]: a problem document for the peer (RFC 9457)
//! and another text for our log. What the client meets is a [`SendError`]. Neither the log nor a
//! problem carries bytes of a package.

mod answers;
mod api;
mod arrival;
mod body;
mod card;
mod client;
mod connect;
mod connection;
mod digest;
mod error;
mod glimpse;
mod grants;
mod guests;
mod heads;
mod limits;
mod lists;
mod mailbox;
mod mailbox_client;
mod messages;
mod party;
mod pool;
mod problem;
mod proxy;
mod query;
mod quiet;
mod range;
mod reading;
mod recall;
mod receipts;
mod routes;
mod server;
mod shared;
mod short_body;
mod spool;
#[cfg(test)]
mod station;
mod status;
mod tls;
mod verify;
mod waiting;

pub use api::{
    Caller, MailboxBody, MailboxItem, MailboxItemName, MailboxPage, MailboxQuery, PackageForm,
    Patience, PutAnswer, RecallReply, ReceiptEntry, ReceiptPage, ReceiptQuery, Service, Status,
    StatusAnswer, StatusLimits, receipt_word,
};
pub use client::{Client, PutReply, read_page};
pub use digest::{ContentDigestError, parse as parse_content_digest};
pub use error::{SendError, TlsFault};
pub use glimpse::{Glimpse, glimpse};
pub use grants::Grants;
pub use heads::refused_head;
pub use limits::{ClientLimits, Limits};
pub use lists::{FetchError, ListClient};
pub use mailbox_client::DepositReply;
pub use party::{Endpoint, Party};
pub use problem::{Expectation, Problem, Refusal};
pub use proxy::{ProxyAccess, ProxyFault, connect};
pub use server::{Server, Stopped};
#[cfg(test)]
pub(crate) use station::{Answered, Asked, Station};
pub use tls::{Tls, TlsError, TlsSettings, TlsVersions};
