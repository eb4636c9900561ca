//! How bad a finding is.

use std::fmt;

use serde::{Serialize, Serializer};

use super::Lang;

/// How bad a finding is; the worst comes last in the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; accepted everywhere.
    Info,
    /// The standard is silent or ambiguous, or the value is probably wrong.
    Warning,
    /// The standard says must, or the receiver cannot import.
    Error,
}

impl Severity {
    /// `error`, `warning`, `info`: how reports write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// How people call it.
    pub const fn label(self, lang: Lang) -> &'static str {
        match self {
            Self::Info => lang.pick("情報", "notice"),
            Self::Warning => lang.pick("警告", "warning"),
            Self::Error => lang.pick("エラー", "error"),
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl Serialize for Severity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
