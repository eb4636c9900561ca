//! What nobody guesses.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// Bytes of a token.
const TOKEN: usize = 32;

/// Random bytes. Without them nobody may get in, so the process ends where the system has none; once
/// it has started it always has.
pub(super) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if aws_lc_rs::rand::fill(&mut bytes).is_err() {
        tracing::error!("the system has no random numbers: the process ends");
        std::process::abort();
    }
    bytes
}

/// A text that nobody guesses, of letters and digits that a URL may hold.
pub fn token() -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes::<TOKEN>())
}
