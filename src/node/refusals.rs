//! What keeps a package or a receipt from being given or taken, as the refusal that the partner gets.

use std::time::Duration;

use super::proof::OwnFault;
use super::reissue;
use crate::link::Refusal;
use crate::package::PackageFault;
use crate::store::StoreError;
use crate::types::code::RefusalCode;

/// When a partner is told to come again after a fault of ours.
pub(super) const COME_AGAIN: Duration = Duration::from_secs(30);

/// When a partner is told to come again while a certificate of ours is not valid.
const CERTIFICATE_AGAIN: Duration = Duration::from_mins(5);

/// Without a certificate that is valid nothing can be answered for; the partner keeps the package.
pub(super) fn cannot_sign(fault: OwnFault) -> Refusal {
    let log = format!("the receipt could not be signed: {fault}");
    match fault {
        OwnFault::NotYetValid(_) | OwnFault::Expired(_) => {
            Refusal::new(RefusalCode::OWN_CERTIFICATE_NOT_VALID, log).retry_after(CERTIFICATE_AGAIN)
        }
        OwnFault::NoSigner | OwnFault::Signer(_) => Refusal::internal(log),
    }
}

/// The receipt of a package that is here already cannot be given out.
pub(super) fn cannot_reissue(fault: reissue::Fault) -> Refusal {
    match fault {
        reissue::Fault::Own(fault) => cannot_sign(fault),
        reissue::Fault::Store(error) => refuse_store(error),
        reissue::Fault::Unreadable => Refusal::internal(fault.to_string()),
    }
}

/// A package that cannot be taken.
pub(super) fn refuse(fault: &PackageFault) -> Refusal {
    let Some(code) = fault.refusal() else {
        return Refusal::internal(format!("a package was judged like a receipt: {fault}"));
    };
    let refusal = Refusal::new(code, fault.to_string());
    if let PackageFault::Container { offset, expected } = fault {
        return refusal.expecting(*expected, Some(*offset));
    }
    let expected = match fault {
        PackageFault::Manifest(fault) => Some(fault.to_string()),
        PackageFault::Signature(fault) => Some(fault.to_string()),
        _ => None,
    };
    match expected {
        Some(expected) => refusal.expecting(expected, None),
        None => refusal,
    }
}

/// A fault of our store: the partner keeps the package and comes again.
#[expect(clippy::needless_pass_by_value, reason = "for use with map_err")]
pub(super) fn refuse_store(error: StoreError) -> Refusal {
    let log = error.to_string();
    match error {
        StoreError::Full => Refusal::new(RefusalCode::STORAGE_FULL, log),
        StoreError::Gone => Refusal::new(RefusalCode::STORE_GONE, log),
        _ => Refusal::new(RefusalCode::BUSY, log),
    }
    .retry_after(COME_AGAIN)
}
