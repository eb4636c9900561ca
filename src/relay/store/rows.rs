//! Rows as they lie in both stores, for a move from one to the other.

use crate::types::Digest;

/// A row of `packages`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PackageRow {
    pub(super) id: i64,
    pub(super) sender: String,
    pub(super) message_id: Vec<u8>,
    pub(super) recipient: String,
    pub(super) position: i64,
    pub(super) package_sha256: Vec<u8>,
    pub(super) sealed_sha256: Vec<u8>,
    pub(super) key_id: String,
    pub(super) size: i64,
    pub(super) stored_at: i64,
    pub(super) expires_at: i64,
    pub(super) state: i64,
    pub(super) acceptance: Vec<u8>,
}

/// What of a package may change as long as its bytes are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PackageState {
    pub(super) state: i64,
    /// A recall puts it at the end of the list.
    pub(super) position: i64,
}

/// A row of `recalls`.
#[derive(Debug)]
pub(super) struct RecallRow {
    pub(super) sender: String,
    pub(super) message_id: Vec<u8>,
    pub(super) recall: Vec<u8>,
}

/// What a row of `recalls` is known by: sender, id of the package, digest of the bytes.
pub(super) type RecallName = (String, Vec<u8>, Digest);

/// A package with its pieces, as long as it has some.
#[derive(Debug)]
pub(super) struct WholePackage {
    pub(super) row: PackageRow,
    pub(super) pieces: Vec<Piece>,
}

/// A piece of a body.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) number: i32,
    pub(super) sha256: Digest,
    pub(super) bytes: Vec<u8>,
}

/// A row of `receipts`.
#[derive(Debug)]
pub(super) struct ReceiptRow {
    pub(super) sender: String,
    pub(super) position: i64,
    pub(super) message_id: Vec<u8>,
    pub(super) recipient: String,
    pub(super) kind: String,
    pub(super) sha256: Vec<u8>,
    pub(super) receipt: Vec<u8>,
    pub(super) stored_at: i64,
}

/// A row of `offices`, with the digest of its card instead of the card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OfficeState {
    pub(super) number: String,
    pub(super) standing: i64,
    pub(super) card: Option<Digest>,
    /// `serial`, `mailbox`, `receipts`, `collected`, `bytes`, `messages`, `beside`
    pub(super) numbers: [i64; 7],
}

/// What tells whether the receipts of a sender are the same: their number and the sum of their
/// positions modulo [`ReceiptSum::MODULUS`]. A receipt never changes, and its position is never given
/// again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReceiptSum {
    pub(super) sender: String,
    pub(super) count: i64,
    pub(super) sum: i64,
}

impl ReceiptSum {
    /// Small enough that the sum of very many fits.
    pub(super) const MODULUS: i64 = 1_000_000_007;
}

/// How much of everything there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Contents {
    /// Offices.
    pub offices: u64,
    /// Cards of offices that nobody knows.
    pub candidates: u64,
    /// Packages, also those of which only the memory is left.
    pub packages: u64,
    /// Those that wait.
    pub waiting: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The pieces in which they lie.
    pub pieces: u64,
    /// Receipts.
    pub receipts: u64,
    /// Packages that are asked back.
    pub recalls: u64,
}

impl Contents {
    /// One row with all of it, in the order of the fields, in SQLite as in PostgreSQL.
    pub(super) const SQL: &'static str = "SELECT
        (SELECT count(*) FROM offices),
        (SELECT count(*) FROM candidates),
        (SELECT count(*) FROM packages),
        (SELECT count(*) FROM packages WHERE state < 2),
        (SELECT CAST(coalesce(sum(size), 0) AS BIGINT) FROM packages WHERE state < 2),
        (SELECT count(*) FROM pieces),
        (SELECT count(*) FROM receipts),
        (SELECT count(*) FROM recalls)";

    pub(super) fn of(numbers: [i64; 8]) -> Self {
        let [offices, candidates, packages, waiting, bytes, pieces, receipts, recalls] =
            numbers.map(super::unsigned);
        Self { offices, candidates, packages, waiting, bytes, pieces, receipts, recalls }
    }
}
