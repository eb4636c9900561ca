//! SHA-256 digests.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A SHA-256 digest, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

/// The text was not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected the 64 hexadecimal digits of a SHA-256 digest")]
pub struct ParseDigestError;

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let mut builder = DigestBuilder::new();
        builder.update(bytes);
        builder.finish()
    }

    /// A digest that was computed elsewhere.
    pub const fn from_raw(raw: [u8; 32]) -> Self {
        Self(raw)
    }

    /// The 32 bytes.
    pub const fn as_raw(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first eight hexadecimal digits, for people to compare at a glance; never for deciding.
    pub fn short(&self) -> String {
        self.digits().chars().take(8).collect()
    }

    fn digits(&self) -> String {
        let halves = self.0.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
        let digits = halves.filter_map(|half| char::from_digit(u32::from(half), 16));
        let mut text = String::with_capacity(64);
        text.extend(digits);
        text
    }
}

/// A digest over bytes that arrive in pieces.
#[derive(Clone)]
pub struct DigestBuilder(digest::Context);

impl DigestBuilder {
    /// Starts with no bytes.
    #[expect(clippy::new_without_default, reason = "an empty digest is never wanted by default")]
    pub fn new() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }

    /// Adds the next piece.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all pieces.
    pub fn finish(self) -> Digest {
        let mut raw = [0; 32];
        for (place, byte) in raw.iter_mut().zip(self.0.finish().as_ref()) {
            *place = *byte;
        }
        Digest(raw)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.digits())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = ParseDigestError;

    /// Upper-case digits and the colons that `openssl x509 -fingerprint` prints are taken too.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut raw = [0; 32];
        let mut digits = text.chars().filter(|character| *character != ':');
        let mut digit = || digits.next().and_then(|character| character.to_digit(16));
        for place in &mut raw {
            let (high, low) = digit().zip(digit()).ok_or(ParseDigestError)?;
            *place = u8::try_from(high * 16 + low).map_err(|_| ParseDigestError)?;
        }
        if digits.next().is_some() {
            return Err(ParseDigestError);
        }
        Ok(Self(raw))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.digits())
    }
}

/// In documents there are the digits alone.
impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let digits = Some(text).filter(|text| !text.contains(':')).ok_or(ParseDigestError);
        digits.and_then(|digits| digits.parse()).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_fips_180_4() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Digest::of(b"abc").to_string(), expected);
        let colons = "BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD";
        assert_eq!(colons.parse::<Digest>(), Ok(Digest::of(b"abc")));
        for bad in [
            "",
            "ba78",
            expected.trim_start_matches("ba"),
            &format!("{expected}0"),
            &expected.replace('b', "g"),
        ] {
            assert!(bad.parse::<Digest>().is_err(), "{bad}");
        }
    }
}
