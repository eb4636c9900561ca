//! MS932 and CSV with exact positions.
//!
//! Judging needs more than a CSV parser gives: where each item begins, whether it was quoted, what
//! is wrong with the bytes. [`Reader`] takes bytes in pieces of any size and hands out records
//! without copying or allocating per record; [`ms932`] says what each byte is.
//!
//! The structure of the CSV is found on bytes: the second byte of an MS932 character is never a
//! double quote (22), comma (2C), CR (0D) or LF (0A), though it may be `\` (5C) or `|` (7C).
//!
//! # Limits
//!
//! A record is at most [`Reader::MOST_BYTES`] long and its first [`Reader::MOST_ITEMS`] items are
//! kept; a longer one is reported once and skipped. Memory is bounded by these, whatever comes.

mod line_end;
mod mark;
pub mod ms932;
mod quoting;
mod reader;
mod sink;
pub(crate) mod work;
mod writer;

pub use line_end::{LineEnd, LineEnds};
pub use mark::Unicode;
pub use quoting::Quoting;
pub use reader::Reader;
pub use sink::{Note, Record, Sink, Span};
pub use writer::{Field, WriteError, Writer};
