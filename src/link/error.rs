//! What can go wrong when we ask a partner.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use rustls::AlertDescription;

use super::problem::Problem;
use super::proxy::ProxyFault;
use super::verify::RefusedCertificate;
use crate::types::Digest;
use crate::types::code::{self, RefusalRetry, RefusalScope};

/// A request to a partner was not granted. `Display` is the text for the log: of what the partner
/// sent it tells the status and a code that we know, and no word more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The partner cannot be reached: name, address, network. Worth trying again soon.
    #[error("the partner cannot be reached: {0}")]
    Unreachable(String),
    /// The connection broke before the answer was complete. Worth trying again soon.
    #[error("the connection to the partner broke: {0}")]
    Broken(String),
    /// No complete answer in time. Worth trying again soon.
    #[error("the partner did not answer within {} s", .0.as_secs())]
    Timeout(Duration),
    /// The partner asks to come again: 408, 429 and every 5xx.
    #[error("the partner cannot take it now: {problem}")]
    Busy {
        /// What the partner says.
        problem: Problem,
        /// When to come again, at most [`ClientLimits::longest_retry_after`].
        ///
        /// [`ClientLimits::longest_retry_after`]: super::ClientLimits::longest_retry_after
        retry_after: Option<Duration>,
    },
    /// The partner refuses: every other 4xx. The same request will be refused again.
    #[error("the partner refuses: {problem}")]
    Refused {
        /// What the partner says.
        problem: Problem,
    },
    /// The partner answers what no node of this API answers.
    #[error("the partner does not keep to the protocol: {0}")]
    Protocol(String),
    /// The proxy that all connections go through is in the way. `log` never holds its login.
    #[error("{fault}: {log}")]
    Proxy {
        /// What it is.
        fault: ProxyFault,
        /// What the library says.
        log: String,
    },
    /// What was asked for finds no room here.
    #[error("no room for what is fetched: {log}")]
    NoRoom {
        /// A stable code.
        code: &'static str,
        /// What there is no room on.
        log: String,
    },
    /// TLS found a reason not to talk.
    #[error("{fault}: {log}")]
    Tls {
        /// Whose certificate it is about, if any.
        fault: TlsFault,
        /// The certificate of the partner that we refused, and why.
        certificate: Option<(Digest, &'static str)>,
        /// What TLS says.
        log: String,
    },
}

/// What never goes through as it is and may come right without anybody touching it: the package is
/// made anew with the certificate that is ours by then, or the clock that was wrong is set.
const COMES_RIGHT: [&str; 2] = [code::SIGNER_MISMATCH, code::PACKAGE_EXPIRED];

/// Why TLS does not let us talk to a partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TlsFault {
    /// The partner's certificate does not speak for the office, or is not valid.
    #[error("the partner's certificate is not accepted by us")]
    PeerCertificate,
    /// The partner does not accept our certificate.
    #[error("our certificate is not accepted by the partner")]
    OwnCertificate,
    /// No common version or suite, or the other side does not speak TLS.
    #[error("no TLS with the partner")]
    Handshake,
}

impl SendError {
    /// A stable code; for refusals the class, the partner's own code is in the problem.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => code::PEER_UNREACHABLE,
            Self::Broken(_) => code::PEER_CONNECTION_BROKEN,
            Self::Timeout(_) => code::PEER_TIMEOUT,
            Self::Busy { .. } => code::PEER_BUSY,
            Self::Refused { .. } => code::PEER_REFUSES,
            Self::Protocol(_) => code::PEER_PROTOCOL_FAULT,
            Self::Proxy { fault, .. } => fault.code(),
            Self::NoRoom { code, .. } => code,
            Self::Tls { fault: TlsFault::PeerCertificate, .. } => {
                code::PEER_CERTIFICATE_NOT_ACCEPTED
            }
            Self::Tls { fault: TlsFault::OwnCertificate, .. } => code::OWN_CERTIFICATE_NOT_ACCEPTED,
            Self::Tls { fault: TlsFault::Handshake, .. } => code::PEER_TLS_FAILED,
        }
    }

    /// Whether time alone may mend it. Otherwise an operator, here or there, has to act; trying
    /// again does no harm, but seldom is enough.
    pub const fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable(_)
            | Self::Broken(_)
            | Self::Timeout(_)
            | Self::Busy { .. }
            | Self::NoRoom { .. } => true,
            Self::Proxy { fault, .. } => !matches!(fault, ProxyFault::Login),
            Self::Refused { .. } | Self::Protocol(_) | Self::Tls { .. } => false,
        }
    }

    /// Whether whoever was to be reached was not, so that another way may help.
    pub const fn is_unreached(&self) -> bool {
        matches!(
            self,
            Self::Unreachable(_)
                | Self::Broken(_)
                | Self::Timeout(_)
                | Self::Proxy { fault: ProxyFault::NoConnection, .. }
        )
    }

    /// Whether the partner was reached and says no, to the package or to us.
    pub const fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Tls { fault: TlsFault::OwnCertificate, .. })
    }

    /// Whether the partner refuses this very package and says that it always will, as it is, and
    /// nothing but a person can help.
    pub fn is_for_good(&self) -> bool {
        match self {
            Self::Refused { problem } => {
                problem.retry == Some(RefusalRetry::Never)
                    && problem.scope == Some(RefusalScope::Package)
                    && !COMES_RIGHT.contains(&problem.code)
            }
            Self::Busy { .. }
            | Self::Unreachable(_)
            | Self::Broken(_)
            | Self::Timeout(_)
            | Self::Protocol(_)
            | Self::NoRoom { .. }
            | Self::Proxy { .. }
            | Self::Tls { .. } => false,
        }
    }

    /// Whether the refusal is about us, our certificates or the clocks rather than about the package,
    /// so that every other package would be refused too. A code of no node of this API is taken for
    /// that.
    pub fn is_about_us(&self) -> bool {
        match self {
            Self::Refused { problem } => problem.scope != Some(RefusalScope::Package),
            Self::Protocol(_) | Self::Proxy { .. } | Self::Tls { .. } => true,
            Self::Unreachable(_)
            | Self::Broken(_)
            | Self::Timeout(_)
            | Self::Busy { .. }
            | Self::NoRoom { .. } => false,
        }
    }

    /// Whether other packages for the partner have to wait too: it is not reached, or takes nothing at
    /// the moment, or refuses us.
    pub fn holds_up_others(&self) -> bool {
        match self {
            Self::Busy { problem, .. } => problem.scope != Some(RefusalScope::Package),
            Self::Unreachable(_) | Self::Broken(_) | Self::Timeout(_) | Self::Proxy { .. } => true,
            // Only what is fetched needs room.
            Self::NoRoom { .. } => false,
            Self::Refused { .. } | Self::Protocol(_) | Self::Tls { .. } => self.is_about_us(),
        }
    }

    /// What TLS met, by whose certificate it is about.
    pub(super) fn from_tls(error: &rustls::Error) -> Self {
        let fault = match error {
            rustls::Error::InvalidCertificate(_) => TlsFault::PeerCertificate,
            rustls::Error::AlertReceived(alert) if is_about_certificate(*alert) => {
                TlsFault::OwnCertificate
            }
            _ => TlsFault::Handshake,
        };
        let TlsReason { code, text, sha256 } = TlsReason::of(error);
        Self::Tls { fault, certificate: sha256.map(|sha256| (sha256, code)), log: text }
    }
}

/// Why TLS did not come about, in words of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TlsReason {
    /// A stable code.
    pub(super) code: &'static str,
    /// The text for the log.
    pub(super) text: String,
    /// The certificate that was refused, where it is known.
    pub(super) sha256: Option<Digest>,
}

impl TlsReason {
    pub(super) fn of(error: &rustls::Error) -> Self {
        use rustls::{CertificateError, Error};
        let code = match error {
            Error::InvalidCertificate(CertificateError::Other(other)) => {
                if let Some(refused) = other.0.downcast_ref::<RefusedCertificate>() {
                    let RefusedCertificate { sha256, why } = refused;
                    return Self { code: why.code(), text: why.to_string(), sha256: Some(*sha256) };
                }
                code::CERTIFICATE_REFUSED
            }
            Error::InvalidCertificate(CertificateError::Expired) => code::CERTIFICATE_EXPIRED,
            Error::InvalidCertificate(CertificateError::NotValidYet) => {
                code::CERTIFICATE_NOT_YET_VALID
            }
            Error::InvalidCertificate(CertificateError::Revoked) => code::CERTIFICATE_REVOKED,
            Error::InvalidCertificate(CertificateError::UnknownIssuer) => code::CERTIFICATE_UNKNOWN,
            Error::InvalidCertificate(_) => code::CERTIFICATE_REFUSED,
            Error::NoCertificatesPresented => code::CERTIFICATE_MISSING,
            Error::AlertReceived(_) => code::TLS_PEER_REFUSES,
            Error::PeerIncompatible(_) => code::TLS_INCOMPATIBLE,
            Error::InvalidMessage(_) | Error::InappropriateMessage { .. } => code::TLS_MALFORMED,
            _ => code::TLS_FAILED,
        };
        Self { code, text: error.to_string(), sha256: None }
    }
}

/// The alerts by which a server says that it does not accept our certificate (RFC 8446, section
/// 6.2).
fn is_about_certificate(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::CertificateUnknown
            | AlertDescription::UnknownCA
            | AlertDescription::AccessDenied
            | AlertDescription::CertificateRequired
    )
}

/// The first cause of type `T`, also behind the doors of [`io::Error`], which hides its content
/// from [`StdError::source`].
pub(super) fn find_cause<'a, T: StdError + 'static>(
    error: &'a (dyn StdError + 'static),
) -> Option<&'a T> {
    let mut next = Some(error);
    // Chains of causes are short; the bound only guards against one that bites its tail.
    for _ in 0..32 {
        let error = next?;
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        let inside = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        next = match inside {
            Some(inside) => Some(inside),
            None => error.source(),
        };
    }
    None
}

/// The last cause as text: what really happened.
pub(super) fn last_cause(error: &(dyn StdError + 'static)) -> String {
    let mut last = error;
    for _ in 0..32 {
        let Some(next) = last.source() else { break };
        last = next;
    }
    last.to_string()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn finds_causes_inside_io_errors() {
        let tls = rustls::Error::AlertReceived(AlertDescription::UnknownCA);
        let wrapped = io::Error::other(io::Error::other(tls.clone()));
        assert_eq!(find_cause::<rustls::Error>(&wrapped), Some(&tls));
        assert_eq!(find_cause::<rustls::Error>(&io::Error::other("text")), None);
    }

    #[test]
    fn says_why_a_certificate_is_refused_in_plain_words() {
        use crate::package::TrustError;
        let (sha256, why) = (Digest::of(b"a certificate"), TrustError::WrongUsage);
        let refused = Arc::new(RefusedCertificate { sha256, why });
        let error = rustls::CertificateError::Other(rustls::OtherError(refused));
        let reason = TlsReason::of(&rustls::Error::InvalidCertificate(error));
        assert_eq!((reason.code, reason.text), ("certificate-wrong-usage", why.to_string()));
        assert_eq!(reason.sha256, Some(sha256));
        let expired = rustls::Error::InvalidCertificate(rustls::CertificateError::Expired);
        assert_eq!(TlsReason::of(&expired).code, "certificate-expired");
    }

    #[test]
    fn knows_whose_certificate_it_is() {
        let fault = |error: rustls::Error| SendError::from_tls(&error).code();
        let alert = rustls::Error::AlertReceived;
        let refused = rustls::Error::InvalidCertificate(rustls::CertificateError::Expired);
        assert_eq!(fault(refused), "peer-certificate-not-accepted");
        assert_eq!(
            fault(alert(AlertDescription::CertificateRequired)),
            "own-certificate-not-accepted"
        );
        assert_eq!(fault(alert(AlertDescription::ProtocolVersion)), "peer-tls-failed");
    }
}
