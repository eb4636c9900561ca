//! The digits that two people read to each other.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use aws_lc_rs::pbkdf2;

use crate::types::Digest;

/// The salt of two cards, which keeps these digits apart from every other use of the same function.
const CARDS: &[u8] = b"renkei.card/1 check digits";

/// The salt of one certificate.
const CERTIFICATE: &[u8] = b"renkei.certificate/1 check digits";

/// How often the function is repeated: about a second on an office PC. Somebody in the middle who makes
/// both cards that he hands on has to find two that give the same digits, with 2^50 tries for each
/// side, and each try costs this much.
const ITERATIONS: NonZeroU32 = match NonZeroU32::new(1_000_000) {
    Some(number) => number,
    None => NonZeroU32::MAX,
};

/// How many groups there are.
const GROUPS: usize = 6;

/// How many digits a group has.
const GROUP: usize = 5;

/// Thirty digits in six groups.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CheckDigits([u32; GROUPS]);

/// The text does not have thirty digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 30 digits in six groups")]
pub struct ParseCheckDigitsError;

/// The digits of two cards, by the SHA-256 of each; the same whichever is named first. Takes about a
/// second of the processor.
pub fn check_digits(one: Digest, other: Digest) -> CheckDigits {
    let (low, high) = if one <= other { (one, other) } else { (other, one) };
    stretched(CARDS, &[low.as_raw().as_slice(), high.as_raw()].concat())
}

/// The digits of one certificate, by its SHA-256, to be compared by whoever registers it by hand. Takes
/// about a second of the processor.
pub fn certificate_digits(certificate: Digest) -> CheckDigits {
    stretched(CERTIFICATE, certificate.as_raw().as_slice())
}

fn stretched(salt: &[u8], secret: &[u8]) -> CheckDigits {
    let mut out = [0; 8 * GROUPS];
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA512, ITERATIONS, salt, secret, &mut out);
    let mut groups = [0; GROUPS];
    for (group, bytes) in groups.iter_mut().zip(out.chunks_exact(8)) {
        let number = bytes.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        *group = u32::try_from(number % 100_000).unwrap_or_default();
    }
    CheckDigits(groups)
}

impl fmt::Display for CheckDigits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups: Vec<_> = self.0.iter().map(|group| format!("{group:0GROUP$}")).collect();
        f.pad(&groups.join(" "))
    }
}

impl fmt::Debug for CheckDigits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CheckDigits({self})")
    }
}

impl FromStr for CheckDigits {
    type Err = ParseCheckDigitsError;

    /// Blanks and hyphens between the digits do not matter, nor does their width.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut digits = Vec::with_capacity(GROUPS * GROUP);
        for character in text.chars() {
            let plain = match character {
                '０'..='９' => char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character),
                other => other,
            };
            match plain {
                ' ' | '\u{3000}' | '-' | '\t' => {}
                digit => digits.push(digit.to_digit(10).ok_or(ParseCheckDigitsError)?),
            }
            if digits.len() > GROUPS * GROUP {
                return Err(ParseCheckDigitsError);
            }
        }
        if digits.len() != GROUPS * GROUP {
            return Err(ParseCheckDigitsError);
        }
        let mut groups = [0; GROUPS];
        for (group, digits) in groups.iter_mut().zip(digits.chunks(GROUP)) {
            *group = digits.iter().fold(0, |number, digit| number * 10 + digit);
        }
        Ok(Self(groups))
    }
}
