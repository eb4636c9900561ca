//! Codes for whoever has lost the authenticator app. Each works once.

use std::fmt;

use data_encoding::BASE32_NOPAD;

use super::random;
use crate::types::Digest;

/// Bytes of a code: too many for anybody to try, so that a plain hash of it can be kept.
const CODE: usize = 10;

/// How many there are.
const CODES: usize = 10;

/// A code in the form in which it is written down: `ABCD-EFGH-…`.
pub struct RecoveryCode(String);

impl RecoveryCode {
    /// A new set.
    pub fn some() -> Vec<Self> {
        let new = || {
            let text = BASE32_NOPAD.encode(&random::bytes::<CODE>());
            let letters: Vec<char> = text.chars().collect();
            let groups = letters.chunks(4).map(|group| group.iter().collect::<String>());
            Self(groups.collect::<Vec<_>>().join("-"))
        };
        std::iter::repeat_with(new).take(CODES).collect()
    }

    /// The code, to be shown once.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub(super) fn digest(&self) -> Digest {
        digest(&self.0)
    }
}

/// The digest of a code as somebody types it.
pub(super) fn digest(typed: &str) -> Digest {
    let plain: String = typed
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_uppercase())
        .take(64)
        .collect();
    Digest::of(plain.as_bytes())
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[code]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_known_however_it_is_typed() {
        let codes = RecoveryCode::some();
        assert_eq!(codes.len(), 10);
        let code = codes.first().expect("a code");
        assert_eq!(code.as_str().len(), 19, "{}", code.as_str());
        let typed = format!(" {} ", code.as_str().to_lowercase().replace('-', " "));
        assert_eq!(digest(&typed), code.digest());
        let mut digests: Vec<_> = codes.iter().map(RecoveryCode::digest).collect();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), 10);
    }
}
