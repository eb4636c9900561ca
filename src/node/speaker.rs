//! For whom the other end of a connection may speak.

use jiff::Timestamp;

use super::context::Context;
use crate::link::{Caller, Refusal};
use crate::package::Usage;
use crate::types::OfficeNumber;
use crate::types::code::RefusalCode;

/// Refuses what is not said by `office`.
pub(super) fn speaks_for(
    context: &Context,
    peer: &Caller,
    office: OfficeNumber,
    now: Timestamp,
) -> Result<(), Refusal> {
    context
        .proof()
        .tls_trust
        .speaks_for(&peer.certificate, &peer.chain, office, Usage::Tls, now)
        .map_err(|error| {
            let log = format!("TLS certificate {}: {error}", peer.certificate_sha256.short());
            Refusal::new(RefusalCode::CERTIFICATE_NOT_ALLOWED, log).saying(error.refusal().text())
        })
}
