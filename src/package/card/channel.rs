//! The ways that lead to an office.

use serde::{Deserialize, Serialize};

use crate::types::PeerUrl;

/// A way that leads to an office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Channel {
    /// Others open connections to it.
    Direct {
        /// Where it listens.
        url: PeerUrl,
    },
    /// It fetches from a relay what others leave there for it.
    Relay {
        /// Where the relay is reached.
        url: PeerUrl,
    },
    /// A way that only a newer program knows.
    #[serde(other)]
    Other,
}
