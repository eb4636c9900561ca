//! ASN.1 types of CMS (RFC 5652) and ESS (RFC 5035) that borrow from the message.
//!
//! The types hold only what a conformant message of ours has: no revocation lists, no unsigned
//! attributes, signers named by issuer and serial number. Whatever else stands in a message makes
//! it unreadable.

use std::cmp::Ordering;

use der::asn1::{AnyRef, ObjectIdentifier, OctetStringRef};
use der::{
    Decode, DecodeValue, DerOrd, Encode, EncodeValue, ErrorKind, FixedTag, Header, Length, Reader,
    Sequence, Tag, Writer,
};

/// The most elements of any set in a message.
pub(super) const MAX_ELEMENTS: usize = 16;

pub(super) const ID_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
pub(super) const ID_SIGNED_DATA: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
pub(super) const ID_CONTENT_TYPE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
pub(super) const ID_MESSAGE_DIGEST: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
pub(super) const ID_SIGNING_TIME: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5");
pub(super) const ID_SIGNING_CERTIFICATE_V2: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

pub(super) const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
pub(super) const SHA_384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
pub(super) const SHA_512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
pub(super) const ECDSA_WITH_SHA_256: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
pub(super) const ECDSA_WITH_SHA_384: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
pub(super) const ECDSA_WITH_SHA_512: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4");
pub(super) const RSA_ENCRYPTION: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
pub(super) const SHA_256_WITH_RSA: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
pub(super) const SHA_384_WITH_RSA: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
pub(super) const SHA_512_WITH_RSA: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");

/// RFC 5652, section 3.
#[derive(Sequence)]
pub(super) struct ContentInfo<'a> {
    pub(super) content_type: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) content: SignedData<'a>,
}

/// RFC 5652, section 5.1.
#[derive(Sequence)]
pub(super) struct SignedData<'a> {
    pub(super) version: u8,
    pub(super) digest_algorithms: SetOf<'a>,
    pub(super) content: EncapsulatedContent<'a>,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", constructed = "true", optional = "true")]
    pub(super) certificates: Option<SetOf<'a>>,
    pub(super) signers: SetOf<'a>,
}

/// RFC 5652, section 5.2.
#[derive(Sequence)]
pub(super) struct EncapsulatedContent<'a> {
    pub(super) content_type: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    pub(super) content: Option<OctetStringRef<'a>>,
}

/// RFC 5652, section 5.3.
#[derive(Sequence)]
pub(super) struct SignerInfo<'a> {
    pub(super) version: u8,
    pub(super) signer: IssuerAndSerial<'a>,
    pub(super) digest_algorithm: Algorithm<'a>,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", constructed = "true", optional = "true")]
    pub(super) attributes: Option<SetOf<'a>>,
    pub(super) signature_algorithm: Algorithm<'a>,
    pub(super) signature: OctetStringRef<'a>,
}

/// RFC 5652, section 10.2.4.
#[derive(Sequence)]
pub(super) struct IssuerAndSerial<'a> {
    pub(super) issuer: AnyRef<'a>,
    pub(super) serial: AnyRef<'a>,
}

/// RFC 5280, section 4.1.1.2.
#[derive(Clone, Copy, PartialEq, Eq, Sequence)]
pub(super) struct Algorithm<'a> {
    pub(super) oid: ObjectIdentifier,
    pub(super) parameters: Option<AnyRef<'a>>,
}

/// RFC 5652, section 5.3.
#[derive(Sequence)]
pub(super) struct Attribute<'a> {
    pub(super) oid: ObjectIdentifier,
    pub(super) values: SetOf<'a>,
}

/// RFC 5035, section 3.
#[derive(Sequence)]
pub(super) struct SigningCertificateV2<'a> {
    pub(super) certificates: Vec<EssCertId<'a>>,
    pub(super) policies: Option<AnyRef<'a>>,
}

/// `ESSCertIDv2` of RFC 5035, section 4. An absent algorithm means SHA-256.
#[derive(Sequence)]
pub(super) struct EssCertId<'a> {
    pub(super) algorithm: Option<Algorithm<'a>>,
    pub(super) hash: OctetStringRef<'a>,
    pub(super) issuer_serial: Option<AnyRef<'a>>,
}

/// `SET OF` in the order of DER, without repetitions, its elements not decoded yet.
///
/// The sets of the crate `der` sort what they read; then the signed bytes would not be the ones
/// that arrived.
pub(super) struct SetOf<'a>(Vec<AnyRef<'a>>);

impl<'a> SetOf<'a> {
    /// A set of elements that are given as DER, in any order.
    pub(super) fn of(elements: impl IntoIterator<Item = &'a [u8]>) -> der::Result<Self> {
        let mut elements: Vec<&[u8]> = elements.into_iter().collect();
        // X.690, section 11.6: ascending as octet strings, shorter ones padded with zeros. No
        // encoding is the beginning of another one, so that the plain order is the same.
        elements.sort_unstable();
        elements.into_iter().map(AnyRef::from_der).collect::<der::Result<_>>().map(Self)
    }

    pub(super) fn elements(&self) -> &[AnyRef<'a>] {
        &self.0
    }

    /// The element of a set that has exactly one.
    pub(super) fn only(&self) -> Option<AnyRef<'a>> {
        match self.0.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }
}

impl FixedTag for SetOf<'_> {
    const TAG: Tag = Tag::Set;
}

impl<'a> DecodeValue<'a> for SetOf<'a> {
    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> der::Result<Self> {
        reader.read_nested(header.length, |reader| {
            let mut elements: Vec<AnyRef<'a>> = Vec::new();
            while !reader.is_finished() {
                let element = AnyRef::decode(reader)?;
                if let Some(last) = elements.last()
                    && last.der_cmp(&element)? != Ordering::Less
                {
                    return Err(ErrorKind::SetOrdering.into());
                }
                if elements.len() == MAX_ELEMENTS {
                    return Err(ErrorKind::Overlength.into());
                }
                elements.push(element);
            }
            Ok(Self(elements))
        })
    }
}

impl EncodeValue for SetOf<'_> {
    fn value_len(&self) -> der::Result<Length> {
        self.0.iter().try_fold(Length::ZERO, |length, element| length + element.encoded_len()?)
    }

    fn encode_value(&self, writer: &mut impl Writer) -> der::Result<()> {
        self.0.iter().try_for_each(|element| element.encode(writer))
    }
}
