//! What a relay keeps: sealed packages, receipts, cards, and who is who.
//!
//! One trait, and two stores behind it: SQLite, in one file, for a relay that is one process; and
//! PostgreSQL for several instances that share it. Both answer a write when it is durable, and both
//! are put to the same battery of tests (`tests/it/relay/battery.rs`).
//!
//! Positions are counted for each office by the row of the office, which whoever writes holds until
//! the end of its transaction: so they become visible in their order, and nobody who asks on behind
//! the last one that he saw passes one over. They go on from the milliseconds of the clock, so that
//! they rise above those of a store that was lost.
//!
//! A file can be moved into a database while a relay runs on it ([`move_store`]).

mod collected;
mod error;
mod moving;
mod postgres;
mod rows;
mod sqlite;

use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::mpsc;

pub use error::{DatabaseFault, RelayStoreError};
pub use moving::{MoveError, Moved, move_store};
pub use postgres::{PostgresSettings, PostgresStore};
pub use rows::Contents;
pub use sqlite::{SqliteStore, moved_to};

use collected::Collected;

use crate::link::{MailboxItem, MailboxItemName, ReceiptEntry};
use crate::package::ReceiptKind;
use crate::types::{Digest, Hashed, MessageId, OfficeNumber};

/// Bodies are kept in pieces of so many bytes.
pub const PIECE: u64 = 1 << 20;

/// So many bytes of a body are read at a time: a usual package, and little for whoever fetches slowly.
pub const SLICE: u64 = 128 << 10;

/// Of one kind so many receipts about a package are kept: a sender keeps no more either.
const RECEIPTS_OF_KIND: i64 = 16;

/// So many rows a step of the clean-up looks at, so that it holds up nobody for long.
const CLEAN_UP: i64 = 500;

/// So many cards of offices that nobody knows wait, of all and of one office.
const CANDIDATES: i64 = 1000;
const CANDIDATES_OF_OFFICE: i64 = 8;

/// A package that a sender leaves.
#[derive(Debug, Clone)]
pub struct Deposit {
    /// Who sent it.
    pub sender: OfficeNumber,
    /// For whom it is.
    pub recipient: OfficeNumber,
    /// Its id, of its sender's.
    pub message_id: MessageId,
    /// Of the package inside.
    pub package_sha256: Digest,
    /// The sealed bytes.
    pub sealed: Hashed,
    /// To which key they are sealed.
    pub key_id: String,
    /// When it came.
    pub stored_at: Timestamp,
    /// Until when it is kept.
    pub expires_at: Timestamp,
    /// What its sender gets, now and whenever it comes again.
    pub acceptance: Bytes,
}

/// What became of a deposit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deposited {
    /// It is kept now.
    New,
    /// It was kept before; this is the acceptance.
    Repeated(Bytes),
    /// The id belongs to another package.
    Different,
    /// As much of the sender is kept as may be.
    Full,
}

/// How much is kept of one office.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Bytes that wait.
    pub bytes: u64,
    /// Packages that wait.
    pub messages: u64,
    /// Bytes beside them: acceptances of the packages that it sent and that are remembered, what it asks
    /// back, and the receipts that it put.
    pub beside: u64,
}

/// Whether a package waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It does.
    Waiting {
        /// What its pieces are known by.
        body: i64,
        /// So many bytes.
        size: u64,
        /// Of these bytes.
        sha256: Digest,
        /// The first of them: those of the first slice.
        first: Bytes,
    },
    /// It did, and was taken, or its time is over.
    Gone,
    /// It never did, or so long ago that nobody remembers.
    Never,
}

/// A receipt that a recipient puts.
#[derive(Debug, Clone)]
pub struct NewReceipt {
    /// About which package.
    pub of: MailboxItemName,
    /// Which kind.
    pub kind: ReceiptKind,
    /// The package that it names.
    pub package_sha256: Digest,
    /// The signed receipt.
    pub receipt: Bytes,
    /// When it came.
    pub at: Timestamp,
}

/// What became of a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutReceipt {
    /// It is kept now.
    New,
    /// These very bytes were kept before.
    Repeated,
    /// It is about another package of the same id.
    Mismatch,
    /// No such package is known for this office.
    Unknown,
    /// There are enough of this kind.
    TooMany,
    /// As much of the recipient is kept as may be.
    Full,
}

/// A request of a sender to have a package back.
#[derive(Debug, Clone)]
pub struct NewRecall {
    /// Which package.
    pub of: MailboxItemName,
    /// The package that it names.
    pub package_sha256: Digest,
    /// The signed request.
    pub recall: Bytes,
    /// When it came.
    pub at: Timestamp,
    /// What expired before this is over.
    pub over: Timestamp,
}

/// What became of such a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PutRecall {
    /// It is kept now.
    New,
    /// These very bytes were kept before, or the recipient has said what became of the package.
    Settled,
    /// It is about another package of the same id.
    Mismatch,
    /// No such package is known for the recipient.
    Unknown,
    /// The time of the package is over: nobody comes for it any more.
    Over,
    /// As much of the sender is kept as may be.
    Full,
}

/// How an office came to be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// By the configuration, or by an authority.
    Known,
    /// By a card that the operator approved.
    Approved,
    /// The operator wants it no more.
    Refused,
}

impl Standing {
    const fn number(self) -> i16 {
        match self {
            Self::Known => 0,
            Self::Approved => 1,
            Self::Refused => 2,
        }
    }

    const fn of(number: i64) -> Result<Self, RelayStoreError> {
        match number {
            0 => Ok(Self::Known),
            1 => Ok(Self::Approved),
            2 => Ok(Self::Refused),
            _ => Err(RelayStoreError::Damaged("standing")),
        }
    }
}

/// An office as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficeRow {
    /// Which one.
    pub number: OfficeNumber,
    /// How it came to be known.
    pub standing: Standing,
    /// Its newest card.
    pub card: Option<Bytes>,
    /// The bytes that wait and that it sent.
    pub bytes: u64,
    /// The packages that wait and that it sent.
    pub messages: u64,
    /// The bytes that are kept of it beside them.
    pub beside: u64,
}

/// The card of an office that nobody knows yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Whose card it says it is.
    pub office: OfficeNumber,
    /// Of the card.
    pub sha256: Digest,
    /// The card.
    pub card: Bytes,
    /// Of the certificate that signed it.
    pub signer: Digest,
    /// From where it came: an address, or the /64 of one.
    pub site: String,
    /// When it came, the last time.
    pub at: Timestamp,
}

/// How far the positions of an office have got, and what tells whether something else changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Positions {
    /// Which one.
    pub office: OfficeNumber,
    /// How it came to be known.
    pub standing: Standing,
    /// The serial of its card; 0 without one.
    pub serial: u64,
    /// Of packages for it.
    pub mailbox: u64,
    /// Of receipts about packages of it.
    pub receipts: u64,
}

/// What is kept, all in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Offices.
    pub offices: u64,
    /// Cards of offices that nobody knows.
    pub candidates: u64,
    /// Packages that wait.
    pub waiting: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The bytes that are kept beside them.
    pub beside: u64,
}

/// What a step of the clean-up did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CleanedUp {
    /// Packages whose time was over before anybody took them.
    pub expired: u64,
    /// Packages that nobody needs to remember any more.
    pub forgotten: u64,
    /// Receipts that were collected long ago.
    pub receipts: u64,
}

impl CleanedUp {
    /// Whether there was nothing to do.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// When something is kept no more.
#[derive(Debug, Clone, Copy)]
pub struct Retention {
    /// What expired before this is over.
    pub now: Timestamp,
    /// What was over, or was collected, before this is forgotten.
    pub forget: Timestamp,
    /// What nobody ever collected is forgotten when it came before this.
    pub abandon: Timestamp,
}

/// Something may have come for somebody; the truth is in the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hint {
    /// A package for this office, or a receipt about one of its packages.
    Something(OfficeNumber),
    /// Another office is known, or has another card.
    Offices,
}

/// The store of a relay.
pub trait RelayStore: Send + Sync + 'static {
    /// Keeps a package. A repeat that is sealed to another key takes the place of what waits, and its
    /// acceptance that of the former one, unless the recipient has said already that it has it.
    fn deposit(
        &self,
        new: Deposit,
        quota: Quota,
    ) -> impl Future<Output = Result<Deposited, RelayStoreError>> + Send;

    /// The packages that wait for an office behind a position, at most so many, rising.
    fn waiting(
        &self,
        office: OfficeNumber,
        after: u64,
        most: usize,
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<MailboxItem>, RelayStoreError>> + Send;

    /// Whether a package waits.
    fn find(
        &self,
        of: MailboxItemName,
        now: Timestamp,
    ) -> impl Future<Output = Result<Found, RelayStoreError>> + Send;

    /// The bytes of a body from `start` on, to the end of their slice of [`SLICE`] bytes; nothing where
    /// the body is gone.
    fn slice(
        &self,
        body: i64,
        start: u64,
    ) -> impl Future<Output = Result<Option<Bytes>, RelayStoreError>> + Send;

    /// Keeps a receipt. With a handover or a rejection the bytes of the package go.
    fn put_receipt(
        &self,
        new: NewReceipt,
        quota: Quota,
    ) -> impl Future<Output = Result<PutReceipt, RelayStoreError>> + Send;

    /// Keeps a request to give a package back; the package is listed anew, and its bytes are given to nobody
    /// any more.
    fn put_recall(
        &self,
        new: NewRecall,
        quota: Quota,
    ) -> impl Future<Output = Result<PutRecall, RelayStoreError>> + Send;

    /// The request to give a package back that waits, if there is one.
    fn recall(
        &self,
        of: MailboxItemName,
        now: Timestamp,
    ) -> impl Future<Output = Result<Option<Bytes>, RelayStoreError>> + Send;

    /// An office has the receipts about its packages up to this position, and the clean-up may take them.
    fn collected(&self, sender: OfficeNumber, up_to: u64);

    /// The receipts about packages of an office behind a position, at most so many, rising. Behind those
    /// that have `most_bytes` together or more no others are read.
    fn receipts(
        &self,
        sender: OfficeNumber,
        after: u64,
        most: usize,
        most_bytes: usize,
    ) -> impl Future<Output = Result<Vec<ReceiptEntry>, RelayStoreError>> + Send;

    /// All offices.
    fn offices(&self) -> impl Future<Output = Result<Vec<OfficeRow>, RelayStoreError>> + Send;

    /// From now on the office is known, if it was not.
    fn know(
        &self,
        office: OfficeNumber,
    ) -> impl Future<Output = Result<(), RelayStoreError>> + Send;

    /// The office has this standing, and this card if one is given.
    fn decide(
        &self,
        office: OfficeNumber,
        standing: Standing,
        card: Option<(u64, Bytes)>,
    ) -> impl Future<Output = Result<(), RelayStoreError>> + Send;

    /// The newest card of an office, if there is one.
    fn card(
        &self,
        office: OfficeNumber,
    ) -> impl Future<Output = Result<Option<Bytes>, RelayStoreError>> + Send;

    /// Keeps a newer card of an office that is known; says whether it was newer.
    fn put_card(
        &self,
        office: OfficeNumber,
        serial: u64,
        card: Bytes,
    ) -> impl Future<Output = Result<bool, RelayStoreError>> + Send;

    /// Keeps the card of an office that nobody knows, in the place of another one that the same
    /// certificate signed for it. Where there are more than may wait, of the office or of all, the oldest
    /// goes of the site from which most came: nobody keeps others out by his own.
    fn introduce(
        &self,
        candidate: Candidate,
    ) -> impl Future<Output = Result<(), RelayStoreError>> + Send;

    /// The cards of offices that nobody knows yet, those that came first before.
    fn candidates(&self) -> impl Future<Output = Result<Vec<Candidate>, RelayStoreError>> + Send;

    /// Forgets the cards of an office that was decided about.
    fn forget_candidates(
        &self,
        office: OfficeNumber,
    ) -> impl Future<Output = Result<(), RelayStoreError>> + Send;

    /// How far the positions of all offices have got. Fails with [`RelayStoreError::Moved`] once all is
    /// elsewhere.
    fn positions(&self) -> impl Future<Output = Result<Vec<Positions>, RelayStoreError>> + Send;

    /// A step of the clean-up.
    fn clean_up(
        &self,
        retention: Retention,
    ) -> impl Future<Output = Result<CleanedUp, RelayStoreError>> + Send;

    /// What is kept, all in all. Also tells whether the store answers.
    fn totals(&self) -> impl Future<Output = Result<Totals, RelayStoreError>> + Send;

    /// Tells other instances.
    fn tell(&self, hints: &[Hint]) -> impl Future<Output = Result<(), RelayStoreError>> + Send;

    /// Hands on what other instances tell, until the receiver is dropped.
    fn listen(&self, to: mpsc::Sender<Hint>) -> impl Future<Output = ()> + Send;
}

/// Times as they lie in both stores: milliseconds.
fn millis(at: Timestamp) -> i64 {
    at.as_millisecond()
}

fn time(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or_default()
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// More than are asked for are never looked up.
fn most_rows(most: usize) -> i64 {
    i64::try_from(most).unwrap_or(i64::MAX)
}

fn digest(bytes: &[u8]) -> Result<Digest, RelayStoreError> {
    let raw = <[u8; 32]>::try_from(bytes).map_err(|_| RelayStoreError::Damaged("digest"))?;
    Ok(Digest::from_raw(raw))
}

fn message_id(bytes: &[u8]) -> Result<MessageId, RelayStoreError> {
    let uuid = uuid::Uuid::from_slice(bytes).ok();
    let id = uuid.and_then(|uuid| MessageId::try_from(uuid).ok());
    id.ok_or(RelayStoreError::Damaged("message id"))
}

fn office(text: &str) -> Result<OfficeNumber, RelayStoreError> {
    text.parse().map_err(|_| RelayStoreError::Damaged("office number"))
}

/// The piece in which a byte of a body lies, and its place there, counted from one; with the bytes to
/// the end of its slice.
fn place_of(start: u64) -> (i64, i64, i64) {
    (signed(start / PIECE), signed(start % PIECE + 1), signed(SLICE - start % SLICE))
}

/// The pieces of a body, without a copy.
fn pieces(bytes: &Bytes) -> impl Iterator<Item = (i64, Bytes)> + '_ {
    let size = usize::try_from(PIECE).unwrap_or(usize::MAX);
    let starts = (0..bytes.len().max(1)).step_by(size);
    starts.zip(0_i64..).map(move |(start, number)| {
        let end = start.saturating_add(size).min(bytes.len());
        (number, bytes.slice(start..end))
    })
}
