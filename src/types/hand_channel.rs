//! The ways to a partner that has no node of its own.

use std::fmt;
use std::str::FromStr;

use super::Lang;

/// How a set gets to a partner by the hands of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HandChannel {
    /// Uploaded to the official WEB service with a browser.
    Web,
    /// Printed and sent, by fax or otherwise.
    Paper,
}

/// The text named no such way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected web or paper")]
pub struct ParseHandChannelError;

impl HandChannel {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Web, Self::Paper];

    /// How it is written: `web`, `paper`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Web => "web",
            Self::Paper => "paper",
        }
    }

    /// In words: WEBサービス or 紙.
    pub const fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::Web => lang.pick("WEBサービス", "WEB service"),
            Self::Paper => lang.pick("紙", "paper"),
        }
    }
}

impl fmt::Display for HandChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for HandChannel {
    type Err = ParseHandChannelError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|one| one.as_str() == text).ok_or(ParseHandChannelError)
    }
}
