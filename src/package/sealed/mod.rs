//! Sealed packages (封かん): a package that only its recipient can open, with a clear header for
//! those who carry it (`spec/PROTOCOL.md`, section 13).
//!
//! HPKE (RFC 9180) in its base mode: whoever has the recipient's card can seal. Who made the package
//! is said by the signature inside, as without a seal.
//!
//! Nothing of the package is given out before every piece was opened and the last one is known to be
//! the last.

mod fault;
mod header;
mod keys;

use std::ops::Range;

use bytes::Bytes;
use jiff::Timestamp;
use rustls::crypto::aws_lc_rs::hpke::DH_KEM_P256_HKDF_SHA256_AES_256;
use rustls::crypto::hpke::{EncapsulatedSecret, Hpke, HpkePublicKey};

use super::card::SealingKey;
use super::{Limits, Package};
use crate::types::{Digest, Hashed};

use header::{MAGIC, MAX_HEADER, PIECE, TAG};

pub use fault::{SealError, SealedFault};
pub use header::{SealedFormat, SealedHeader};
pub use keys::{NoSealingKey, SUITE, SealingSecret, SealingSecrets};

/// The media type of a sealed package.
pub const SEALED: &str = "application/vnd.renkei.sealed";

/// How a node or a relay says in its status that it takes sealed packages.
pub const SEALED_FEATURE: &str = "sealed/hpke-1";

/// What the keys of the pieces are bound to, beside what HPKE binds them to.
const INFO: &[u8] = b"renkei.sealed/1";

/// Magic and length of the header.
const BEFORE_HEADER: usize = 12;

fn hpke() -> &'static dyn Hpke {
    DH_KEM_P256_HKDF_SHA256_AES_256
}

/// The most bytes that a package of so many bytes has when it is sealed.
pub fn largest(package_bytes: u64) -> u64 {
    let wide = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
    let tags = package_bytes.div_ceil(wide(PIECE)).saturating_mul(wide(TAG));
    package_bytes.saturating_add(tags).saturating_add(wide(BEFORE_HEADER + MAX_HEADER))
}

/// A sealed package of which the clear header was read: all that one can see who has no key.
#[derive(Debug, Clone)]
pub struct Sealed {
    body: Hashed,
    header: SealedHeader,
    /// Where the pieces are.
    pieces: Range<usize>,
}

impl Sealed {
    /// Reads the clear header, and that the pieces are as long as it says.
    ///
    /// # Errors
    ///
    /// The first thing that is not as it should be.
    pub fn read(body: Hashed, limits: &Limits) -> Result<Self, SealedFault> {
        let bytes = body.bytes();
        let rest = bytes.strip_prefix(MAGIC.as_slice()).ok_or(SealedFault::NotSealed)?;
        let expected = "a header of 1 to 16384 bytes";
        let (length, rest) =
            rest.split_first_chunk::<4>().ok_or(SealedFault::Header { expected })?;
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let header = Some(length).filter(|length| (1..=MAX_HEADER).contains(length));
        let header = header.and_then(|length| rest.get(..length));
        let header = SealedHeader::parse(header.ok_or(SealedFault::Header { expected })?)?;
        let limit = limits.package_bytes;
        if usize::try_from(header.size).map_or(true, |size| size > limit) {
            return Err(SealedFault::TooLarge { limit, got: header.size });
        }
        let begin = BEFORE_HEADER + length;
        let got = bytes.len().saturating_sub(begin);
        let expected = header.length_of_pieces();
        if u64::try_from(got) != Ok(expected) {
            return Err(SealedFault::Length { expected, got });
        }
        let pieces = begin..bytes.len();
        Ok(Self { body, header, pieces })
    }

    /// The clear header.
    pub const fn header(&self) -> &SealedHeader {
        &self.header
    }

    /// Of all its bytes.
    pub const fn sha256(&self) -> Digest {
        self.body.sha256()
    }

    /// All its bytes.
    pub const fn bytes(&self) -> &Bytes {
        self.body.bytes()
    }
}

/// Seals a package to the key of its recipient's card.
///
/// # Errors
///
/// The key is of another suite, its time is over, or it is none.
pub fn seal(package: &Package, to: &SealingKey, now: Timestamp) -> Result<Hashed, SealError> {
    if to.suite != SUITE {
        return Err(SealError::OtherSuite);
    }
    if now > to.valid_until {
        return Err(SealError::Ended);
    }
    let public = HpkePublicKey(to.public_key.clone());
    let (enc, mut sealer) = hpke().setup_sealer(INFO, &public).map_err(|_| SealError::Key)?;
    let header = SealedHeader::of(package, SUITE, &to.key_id, enc.0);
    let clear = serde_json::to_vec(&header).map_err(|_| SealError::Library)?;
    let length = u32::try_from(clear.len()).map_err(|_| SealError::Library)?;
    let pieces = usize::try_from(header.length_of_pieces()).map_err(|_| SealError::Library)?;
    let mut sealed = Vec::with_capacity(BEFORE_HEADER + clear.len() + pieces);
    sealed.extend_from_slice(MAGIC);
    sealed.extend_from_slice(&length.to_be_bytes());
    sealed.extend_from_slice(&clear);
    let before = Digest::of(&sealed);
    let mut left = package.bytes().chunks(PIECE).enumerate().peekable();
    while let Some((place, piece)) = left.next() {
        let aad = Aad::of(&before, place, left.peek().is_none());
        let piece = sealer.seal(&aad.0, piece).map_err(|_| SealError::Library)?;
        sealed.extend_from_slice(&piece);
    }
    Ok(Bytes::from(sealed).into())
}

/// The package inside: its very bytes, as [`super::open()`] takes them. Afterwards the header has to
/// be held against its manifest ([`SealedHeader::check_is_of`]).
///
/// # Errors
///
/// None of `keys` is the one that it is sealed to; a piece is not the one that was sealed in its
/// place; what is inside has another size or digest than the header says.
pub fn open_sealed(sealed: &Sealed, keys: &SealingSecrets) -> Result<Hashed, SealedFault> {
    let Sealed { header, body, pieces } = sealed;
    let key = keys.find(&header.key_id).filter(|_| header.suite == SUITE);
    let key = key.ok_or(SealedFault::UnknownKey)?;
    let enc = EncapsulatedSecret(header.enc.clone());
    let opener = hpke().setup_opener(&enc, INFO, key.private());
    let mut opener = opener.map_err(|_| SealedFault::Broken)?;
    let (clear, rest) =
        body.bytes().split_at_checked(pieces.start).ok_or(SealedFault::Broken)?;
    let before = Digest::of(clear);
    let mut package = Vec::with_capacity(usize::try_from(header.size).unwrap_or_default());
    let mut left = rest.chunks(PIECE + TAG).enumerate().peekable();
    while let Some((place, piece)) = left.next() {
        let aad = Aad::of(&before, place, left.peek().is_none());
        let piece = opener.open(&aad.0, piece).map_err(|_| SealedFault::Broken)?;
        package.extend_from_slice(&piece);
    }
    let package = Hashed::from(Bytes::from(package));
    if package.sha256() != header.package_sha256 {
        return Err(SealedFault::Mismatch { what: "package_sha256" });
    }
    Ok(package)
}

/// What a piece is bound to: everything before the pieces, its place, whether it is the last.
struct Aad([u8; 41]);

impl Aad {
    fn of(before: &Digest, place: usize, last: bool) -> Self {
        let place = u64::try_from(place).unwrap_or(u64::MAX).to_be_bytes();
        let parts = before.as_raw().iter().chain(&place).copied().chain([u8::from(last)]);
        let mut aad = [0; 41];
        for (to, from) in aad.iter_mut().zip(parts) {
            *to = from;
        }
        Self(aad)
    }
}

#[cfg(test)]
mod tests;
