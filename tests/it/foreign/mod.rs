//! A partner that shares nothing with us, `tests/foreign/`, and the real node: the proof that
//! `spec/` alone suffices.
//!
//! It needs python3 (3.10 or newer) and openssl, and fails where they are missing.

mod exchange;
mod partner;
mod relayed;
pub(crate) mod tools;
mod troubles;

use partner::{Keys, Partner, handed_over, prove};
