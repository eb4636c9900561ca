//! Proof for third parties.
