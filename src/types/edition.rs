//! Editions of the standard.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An edition of the ケアプランデータ連携標準仕様 whose layouts are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Edition {
    /// 3.0 to 3.2: CSVバージョン `202208`, file names without service types.
    V3,
    /// 4.1: CSVバージョン `202407`, file names with service types.
    V4_1,
}

/// The text named no known edition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected the edition v3 or v4.1")]
pub struct ParseEditionError;

impl Edition {
    /// Every edition, oldest first.
    pub const ALL: [Self; 2] = [Self::V3, Self::V4_1];

    /// How the edition is written: `v3`, `v4.1`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V3 => "v3",
            Self::V4_1 => "v4.1",
        }
    }

    /// How people write the edition: `V3`, `V4.1`.
    pub const fn title(self) -> &'static str {
        match self {
            Self::V3 => "V3",
            Self::V4_1 => "V4.1",
        }
    }

    /// The CSVバージョン that conformant output of the edition carries (R-VER-01, R-VER-02).
    pub const fn csv_version(self) -> &'static str {
        match self {
            Self::V3 => "202208",
            Self::V4_1 => "202407",
        }
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Edition {
    type Err = ParseEditionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|edition| edition.as_str() == text).ok_or(ParseEditionError)
    }
}

impl Serialize for Edition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Edition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}
