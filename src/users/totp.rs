//! Codes of authenticator apps: RFC 6238 with SHA-1, six digits and steps of 30 seconds, which is what
//! all of these apps take.
//!
//! Of the crates for this none says which step a code is of, without which a code could be used
//! twice; and they bring cryptography of their own beside aws-lc-rs. It is ten lines.

use std::fmt::{self, Write as _};

use aws_lc_rs::{constant_time, hmac};
use data_encoding::BASE32_NOPAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{UsersError, random};

/// Bytes of a secret, as many as its HMAC gives (RFC 4226, section 4, R6).
const SECRET: usize = 20;

/// Seconds of a step.
const STEP: u64 = 30;

/// Steps before and after that of the time that are taken too: clocks differ.
const TOLERANCE: u64 = 1;

/// A secret that an app shares with us.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Secret([u8; SECRET]);

impl Secret {
    /// A new one.
    pub fn random() -> Self {
        Self(random::bytes())
    }

    /// The form in which people type it into an app: groups of four characters.
    pub fn groups(&self) -> String {
        let text = BASE32_NOPAD.encode(&self.0);
        let letters: Vec<char> = text.chars().collect();
        let groups = letters.chunks(4).map(|group| group.iter().collect::<String>());
        groups.collect::<Vec<_>>().join(" ")
    }

    /// The address that an app reads from a square.
    pub fn uri(&self, account: &str) -> String {
        let secret = BASE32_NOPAD.encode(&self.0);
        let account = percent(account);
        format!("otpauth://totp/renkei:{account}?secret={secret}&issuer=renkei")
    }

    /// The step of the time `now` that a code is of, if it is of one, and of a later one than `used`.
    pub fn step_of(&self, code: &str, now: Timestamp, used: u64) -> Option<u64> {
        let code = digits(code)?;
        let step = u64::try_from(now.as_second()).ok()? / STEP;
        let steps = step.saturating_sub(TOLERANCE)..=step.saturating_add(TOLERANCE);
        // Every step is compared, so that the time says nothing.
        let fits = |step: &u64| {
            let right = format!("{:06}", self.code(*step));
            constant_time::verify_slices_are_equal(right.as_bytes(), code.as_bytes()).is_ok()
        };
        let found: Vec<u64> = steps.filter(fits).collect();
        found.into_iter().rfind(|step| *step > used)
    }

    /// HOTP (RFC 4226, section 5.3) of the step, six digits.
    fn code(&self, step: u64) -> u32 {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let bytes = tag.as_ref();
        let offset = usize::from(bytes.last().copied().unwrap_or_default() & 0x0f);
        let four = bytes.get(offset..).and_then(|rest| rest.first_chunk::<4>());
        let number = u32::from_be_bytes(four.copied().unwrap_or_default());
        (number & 0x7fff_ffff) % 1_000_000
    }

    #[cfg(test)]
    pub(super) fn code_at(&self, now: Timestamp) -> String {
        format!("{:06}", self.code(u64::try_from(now.as_second()).expect("after 1970") / STEP))
    }
}

/// Six digits, as people type them: with spaces, and with the wide digits of a Japanese keyboard.
fn digits(text: &str) -> Option<String> {
    let narrow = text.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| match c {
        '０'..='９' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    });
    let digits: String = narrow.take(7).collect();
    let fits = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then_some(digits)
}

fn percent(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

impl TryFrom<String> for Secret {
    type Error = UsersError;

    fn try_from(text: String) -> Result<Self, UsersError> {
        let bytes =
            BASE32_NOPAD.decode(text.as_bytes()).map_err(|_| UsersError::Damaged("users"))?;
        bytes.try_into().map(Self).map_err(|_| UsersError::Damaged("users"))
    }
}

impl From<Secret> for String {
    fn from(secret: Secret) -> Self {
        BASE32_NOPAD.encode(&secret.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, the last six of the eight digits there.
    #[test]
    fn the_vectors_of_the_rfc_hold() {
        let secret = Secret(*b"12345678901234567890");
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let now = Timestamp::from_second(second).expect("in range");
            assert_eq!(secret.code_at(now), code);
            let step = u64::try_from(second / 30).expect("positive");
            assert_eq!(secret.step_of(code, now, 0), Some(step), "{second}");
            assert_eq!(secret.step_of(code, now, step), None, "used already");
        }
    }

    #[test]
    fn a_code_is_taken_one_step_early_and_late() {
        let secret = Secret::random();
        let at = |second: i64| Timestamp::from_second(1_800_000_000 + second).expect("in range");
        let code = secret.code_at(at(0));
        for (second, fits) in [(-31, false), (-30, true), (0, true), (59, true), (60, false)] {
            assert_eq!(secret.step_of(&code, at(second), 0).is_some(), fits, "{second}");
        }
        let wide: String =
            code.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).expect("a digit")).collect();
        let (head, tail) = code.split_at(3);
        assert!(secret.step_of(&wide, at(0), 0).is_some());
        assert!(secret.step_of(&format!(" {head} {tail} "), at(0), 0).is_some());
        for wrong in ["", "12345", "1234567", "abcdef", &format!("{code}0")] {
            assert_eq!(secret.step_of(wrong, at(0), 0), None, "{wrong}");
        }
    }

    #[test]
    fn an_app_reads_the_address() {
        let secret = Secret(*b"12345678901234567890");
        assert_eq!(
            secret.uri("佐藤 a"),
            "otpauth://totp/renkei:%E4%BD%90%E8%97%A4%20a?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=renkei"
        );
        assert_eq!(secret.groups().split(' ').count(), 8);
        let text = String::from(secret.clone());
        assert_eq!(Secret::try_from(text).expect("read"), secret);
        assert!(Secret::try_from("GEZDG".to_owned()).is_err());
        assert_eq!(format!("{secret:?}"), "[secret]");
    }
}
