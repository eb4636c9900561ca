//! The codes with which a node refuses a request: each with its HTTP status, and with what the peer
//! is told. Their rows stand in the one table.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The HTTP status of a refusal (RFC 9110, section 15; RFC 6585 for 429 and 431, RFC 4918 for 507).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RefusalStatus {
    /// 400: the request cannot be read.
    BadRequest,
    /// 401: no token, or one that is not good.
    Unauthorized,
    /// 403: the certificate, or the token, may not do this.
    Forbidden,
    /// 404: no such route.
    NotFound,
    /// 405: no such method on the route.
    MethodNotAllowed,
    /// 408: the body came too slowly.
    RequestTimeout,
    /// 409: the id is taken by other bytes.
    Conflict,
    /// 410: it was here and is no more.
    Gone,
    /// 413: there is more than is taken.
    TooLarge,
    /// 415: the body is no package by its type.
    UnsupportedMediaType,
    /// 416: there is no such part of it.
    RangeNotSatisfiable,
    /// 421: the request is for another host.
    Misdirected,
    /// 422: not for us, or the package is broken.
    Unprocessable,
    /// 429: this peer asks too much.
    TooManyRequests,
    /// 431: the head of the request is too large.
    HeadTooLarge,
    /// 500: our fault.
    Internal,
    /// 503: not now.
    Unavailable,
    /// 507: the disk is full.
    InsufficientStorage,
}

impl RefusalStatus {
    /// The number.
    pub const fn code(self) -> u16 {
        self.parts().0
    }

    /// The phrase of the standard.
    pub const fn title(self) -> &'static str {
        self.parts().1
    }

    const fn parts(self) -> (u16, &'static str) {
        match self {
            Self::BadRequest => (400, "Bad Request"),
            Self::Unauthorized => (401, "Unauthorized"),
            Self::Forbidden => (403, "Forbidden"),
            Self::NotFound => (404, "Not Found"),
            Self::MethodNotAllowed => (405, "Method Not Allowed"),
            Self::RequestTimeout => (408, "Request Timeout"),
            Self::Conflict => (409, "Conflict"),
            Self::Gone => (410, "Gone"),
            Self::TooLarge => (413, "Content Too Large"),
            Self::UnsupportedMediaType => (415, "Unsupported Media Type"),
            Self::RangeNotSatisfiable => (416, "Range Not Satisfiable"),
            Self::Misdirected => (421, "Misdirected Request"),
            Self::Unprocessable => (422, "Unprocessable Content"),
            Self::TooManyRequests => (429, "Too Many Requests"),
            Self::HeadTooLarge => (431, "Request Header Fields Too Large"),
            Self::Internal => (500, "Internal Server Error"),
            Self::Unavailable => (503, "Service Unavailable"),
            Self::InsufficientStorage => (507, "Insufficient Storage"),
        }
    }
}

/// What a refusal is about: what else would be refused at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RefusalScope {
    /// This package; others may be taken.
    Package,
    /// Whatever this partner asks.
    Partner,
    /// Whatever anybody asks.
    Node,
}

impl fmt::Display for RefusalScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Package => "package",
            Self::Partner => "partner",
            Self::Node => "node",
        })
    }
}

/// What becomes of the same request when it is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RefusalRetry {
    /// It is refused again as it is.
    Never,
    /// It may be granted at once: something went wrong on its way.
    Same,
    /// It may be granted later, by time or when somebody has acted.
    Later,
}

impl fmt::Display for RefusalRetry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Never => "never",
            Self::Same => "same",
            Self::Later => "later",
        })
    }
}

/// A code with which a node refuses a request. There are no others than the constants of this type.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RefusalCode {
    pub(super) code: &'static str,
    pub(super) status: RefusalStatus,
    pub(super) text: &'static str,
    pub(super) is_of_package: bool,
}

impl RefusalCode {
    /// The code as it stands in the table and in problem documents.
    pub const fn code(self) -> &'static str {
        self.code
    }

    /// The one HTTP status that goes with it.
    pub const fn status(self) -> RefusalStatus {
        self.status
    }

    /// What the refusal is about.
    pub fn scope(self) -> RefusalScope {
        use RefusalStatus::{Internal, Unavailable};
        if self.is_of_package {
            RefusalScope::Package
        } else if matches!(self.status, Internal | Unavailable) || self == Self::STORAGE_FULL {
            RefusalScope::Node
        } else {
            RefusalScope::Partner
        }
    }

    /// What becomes of the same request when it is repeated.
    pub fn retry(self) -> RefusalRetry {
        use RefusalStatus::{BadRequest, HeadTooLarge, MethodNotAllowed, NotFound};
        let is_damage = [Self::DIGEST_MISMATCH, Self::BODY_BROKEN].contains(&self);
        if is_damage {
            RefusalRetry::Same
        } else if self.is_of_package
            || [Self::SET_REFUSED, Self::NOT_ONE_SET, Self::KEY_REUSED].contains(&self)
            || matches!(self.status, BadRequest | HeadTooLarge | NotFound | MethodNotAllowed)
        {
            RefusalRetry::Never
        } else {
            RefusalRetry::Later
        }
    }

    /// What the peer is told; says nothing about our inside.
    pub const fn text(self) -> &'static str {
        self.text
    }

    /// The refusal of a code that somebody else wrote.
    pub fn find(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|refusal| refusal.code == code)
    }
}

impl fmt::Display for RefusalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

impl fmt::Debug for RefusalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}
