//! Receipts: nothing makes the reader of CMS messages panic, and nobody is believed by chance.

#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::{SignedDuration, Timestamp};
use libfuzzer_sys::fuzz_target;
use renkei::package::{Limits, Receipt, Trust, TrustSources};

/// Nobody is trusted.
static NOBODY: LazyLock<Trust> = LazyLock::new(|| {
    Trust::new(TrustSources {
        roots: Vec::new(),
        revocation_lists: Vec::new(),
        revocation_grace: SignedDuration::ZERO,
        pins: BTreeMap::new(),
        ..TrustSources::default()
    })
    .expect("nothing to read")
});

fuzz_target!(|bytes: &[u8]| {
    let now = Timestamp::from_second(1_780_000_000).expect("in range");
    assert!(Receipt::open(bytes, &NOBODY, &Limits::default(), now).is_err());
});
