//! Ids of what is held.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::MessageId;

/// How a person names something that is held: a set of ours that is not sent has no message id and
/// gets a short one (`h12`), a package that came in has its message id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum HeldId {
    /// A set of ours that was not sent, by its number in the store.
    Set(u32),
    /// A package that was received and not placed.
    Package(MessageId),
}

/// The text was neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an id of renkei hold list: h and a number, or a message id")]
pub struct ParseHeldIdError;

impl FromStr for HeldId {
    type Err = ParseHeldIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(number) = text.strip_prefix(['h', 'H']) {
            let digits = number.bytes().all(|byte| byte.is_ascii_digit());
            return number.parse().ok().filter(|_| digits).map(Self::Set).ok_or(ParseHeldIdError);
        }
        text.parse().map(Self::Package).map_err(|_| ParseHeldIdError)
    }
}

impl TryFrom<String> for HeldId {
    type Error = ParseHeldIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<HeldId> for String {
    fn from(id: HeldId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for HeldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Set(number) => write!(f, "h{number}"),
            Self::Package(id) => id.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_typed_in() {
        let package = HeldId::Package(MessageId::new(jiff::Timestamp::UNIX_EPOCH));
        for id in [HeldId::Set(0), HeldId::Set(u32::MAX), package] {
            assert_eq!(id.to_string().parse(), Ok(id));
        }
        for wrong in ["", "h", "12", "h-1", "h+1", "h99999999999", "../x", "hh1", "h1 "] {
            assert_eq!(wrong.parse::<HeldId>(), Err(ParseHeldIdError), "{wrong}");
        }
    }
}
