use jiff::SignedDuration;
use serde_json::Value;

use super::*;
use crate::package::{CLOCK_TOLERANCE, open, open_again, testing};

fn now() -> Timestamp {
    "2026-11-27T00:00:00Z".parse().expect("a time")
}

fn secret() -> SealingSecret {
    let key = rcgen::KeyPair::generate().expect("a key");
    SealingSecret::of_pkcs8(&key.serialize_der(), now()).expect("a sealing key")
}

fn keys(secret: SealingSecret) -> SealingSecrets {
    std::iter::once(secret).collect()
}
