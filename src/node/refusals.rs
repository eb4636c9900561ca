//! What keeps a package or a receipt from being given or taken, as the refusal that the partner gets.

use std::time::Duration;

use super::proof::OwnFault;
use super::reissue;
use crate::link::Refusal;
use crate::package::PackageFault;
use crate::store::StoreError;
use crate::types::code::{RefusalCode, RefusalRetry, RefusalStatus};

/// When a partner is told to come again after a fault of ours.
pub(super) const COME_AGAIN: Duration = Duration::from_secs(30);

/// Why a package was not taken.
pub(super) struct NotTaken {
    pub(super) refusal: Box<Refusal>,
    /// Whether its sender has signed it; else nobody knows who made it.
    pub(super) is_signed: bool,
}

impl NotTaken {
    pub(super) fn signed(refusal: Refusal) -> Self {
        Self { refusal: refusal.into(), is_signed: true }
    }

    /// Whether it will always be refused.
    pub(super) fn is_for_good(&self) -> bool {
        self.refusal.code.retry() == RefusalRetry::Never
    }

    /// Whether it was refused for what is in it.
    pub(super) fn is_for_what_is_in_it(&self) -> bool {
        self.refusal.code.status() == RefusalStatus::Unprocessable
    }
}

impl From<Refusal> for NotTaken {
    fn from(refusal: Refusal) -> Self {
        Self { refusal: refusal.into(), is_signed: false }
    }
}

/// Without a certificate that is valid nothing can be answered for; the partner keeps the package.
/// Nobody knows when there will be one, so no time is asked for: it comes by its own schedule, and as
/// soon as we greet it with a new one.
pub(super) fn cannot_sign(fault: OwnFault) -> Refusal {
    let log = format!("the receipt could not be signed: {fault}");
    match fault {
        OwnFault::NotYetValid(_) | OwnFault::Expired(_) => {
            Refusal::new(RefusalCode::OWN_CERTIFICATE_NOT_VALID, log)
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
        PackageFault::TooLarge { limit, .. } => {
            Some(format!("a container of at most {limit} bytes"))
        }
        PackageFault::TooManyFiles { limit, .. } => Some(format!("at most {limit} files")),
        PackageFault::FileCount { listed, .. } => {
            Some(format!("{listed} files, as the manifest lists"))
        }
        PackageFault::FileDigest { n } => {
            Some(format!("files/{n:04} with the size and the SHA-256 of the manifest"))
        }
        PackageFault::OtherSigner => {
            Some("a signature with the certificate that sender.certificate names".to_owned())
        }
        PackageFault::NotOurs { .. } => {
            Some("an office of this node in recipient.office".to_owned())
        }
        PackageFault::Recall { expected } => Some((*expected).to_owned()),
        PackageFault::Expired => Some("a time in expires_at that is to come".to_owned()),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::Manifest;

    fn expected(fault: &PackageFault) -> String {
        refuse(fault).expectation.expect("it says what had to be there").expected
    }

    /// Who writes software finds the place, whatever is wrong with a package.
    #[test]
    fn a_refusal_names_what_had_to_be_there() {
        let recipient = "2770000045".parse().expect("an office");
        for (fault, named) in [
            (PackageFault::TooLarge { limit: 7, got: 8 }, "7 bytes"),
            (PackageFault::TooManyFiles { limit: 7, got: 8 }, "7 files"),
            (PackageFault::FileCount { listed: 2, got: 3 }, "2 files"),
            (PackageFault::FileDigest { n: 12 }, "files/0012"),
            (PackageFault::OtherSigner, "sender.certificate"),
            (PackageFault::NotOurs { recipient }, "recipient.office"),
            (PackageFault::Expired, "expires_at"),
        ] {
            let expected = expected(&fault);
            assert!(expected.contains(named), "{fault}: {expected}");
        }
    }

    /// A member of a manifest is named, and no value, as there may be one of a person.
    #[test]
    fn a_refusal_names_the_member_that_is_wrong_or_missing() {
        const GOOD: &str = include_str!("../../spec/vectors/manifest/good.json");
        let good: serde_json::Value = serde_json::from_str(GOOD).expect("JSON");
        for (pointer, member) in [
            ("/sequence", "sequence"),
            ("/sender/office", "sender.office"),
            ("/recipient", "recipient"),
            ("/files/0/sha256", "files[0].sha256"),
            ("/created_at", "created_at"),
        ] {
            let mut wrong = good.clone();
            *wrong.pointer_mut(pointer).expect("a member") = "山田太郎".into();
            let mut missing = good.clone();
            let (parent, name) = pointer.rsplit_once('/').expect("a member");
            let parent = missing.pointer_mut(parent).and_then(|it| it.as_object_mut());
            parent.expect("an object").remove(name);
            for document in [wrong, missing] {
                let fault = Manifest::parse(document.to_string().as_bytes()).expect_err("wrong");
                let expected = expected(&fault.into());
                let named = format!("expected the member {member} of the manifest");
                assert!(expected.ends_with(&named), "{pointer}: {expected}");
                assert!(!expected.contains('山'), "{expected}");
            }
        }
    }
}
