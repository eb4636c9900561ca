//! What a certificate is used for, and which extended key usages allow it.

use webpki::{ExtendedKeyUsageValidator, KeyPurposeId, KeyPurposeIdIter};

/// What a certificate is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Usage {
    /// Signing packages and receipts.
    Signing,
    /// Either end of a TLS connection.
    Tls,
}

/// Extended key usages (RFC 5280, section 4.2.1.12) as the content of their OIDs.
const ANY_USAGE: &[u8] = &[0x55, 0x1d, 0x25, 0x00];
const SERVER_AUTH: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];
const CLIENT_AUTH: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x02];
const EMAIL_PROTECTION: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x04];
/// RFC 9336
const DOCUMENT_SIGNING: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x24];

impl ExtendedKeyUsageValidator for Usage {
    /// A certificate without the extension serves for everything. One certificate may serve an
    /// office for TLS and for signing, so clientAuth is enough to sign.
    fn validate(&self, purposes: KeyPurposeIdIter<'_, '_>) -> Result<(), webpki::Error> {
        let allowed: &[&[u8]] = match self {
            Self::Tls => &[ANY_USAGE, SERVER_AUTH, CLIENT_AUTH],
            Self::Signing => &[ANY_USAGE, EMAIL_PROTECTION, DOCUMENT_SIGNING, CLIENT_AUTH],
        };
        let mut none = true;
        for purpose in purposes {
            none = false;
            let purpose = purpose?;
            if allowed.iter().any(|allowed| KeyPurposeId::new(allowed) == purpose) {
                return Ok(());
            }
        }
        if none { Ok(()) } else { Err(webpki::Error::EmptyEkuExtension) }
    }
}
