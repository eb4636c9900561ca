//! What a node tells about itself.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::types::OfficeNumber;

/// What the node tells about itself; the server adds its limits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatusAnswer {
    /// The version of the program.
    pub version: String,
    /// Its clock.
    pub time: Timestamp,
    /// The formats of packages and receipts that it reads.
    pub formats: Vec<String>,
    /// What it can do beyond version 1 of the protocol.
    pub features: Vec<String>,
    /// How far the clock of a partner may run ahead of it.
    pub clock_skew: Duration,
    /// The most files of a package.
    pub files: usize,
    /// The largest manifest in bytes.
    pub manifest_bytes: usize,
    /// The serials of the cards by which offices are registered that the caller's certificate speaks for.
    pub your_cards: BTreeMap<OfficeNumber, u64>,
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
    /// The serials of the cards by which offices are registered there that the caller's certificate speaks
    /// for; those that are registered without one, or not at all, are left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub your_cards: BTreeMap<OfficeNumber, u64>,
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
