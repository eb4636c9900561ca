//! The ways that lead to an office.

use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

use crate::types::PeerUrl;

/// A way that leads to an office.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
    Other,
}

impl<'de> Deserialize<'de> for Channel {
    /// A relay without an address that we understand is a way of others, as every unknown kind is.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(from)?;
        let kind = value.get("kind").and_then(Value::as_str);
        let kind = kind.ok_or_else(|| de::Error::custom("expected a kind"))?;
        let url = || value.get("url").and_then(Value::as_str)?.parse::<PeerUrl>().ok();
        match kind {
            "direct" => {
                let url = url().ok_or_else(|| de::Error::custom("expected a url"))?;
                Ok(Self::Direct { url })
            }
            "relay" => Ok(url().map_or(Self::Other, |url| Self::Relay { url })),
            _ => Ok(Self::Other),
        }
    }
}
