//! Packages: a container that is opened holds what its manifest says.

#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use renkei::package::{Limits, open};
use renkei::types::Digest;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(package) = open(Bytes::copy_from_slice(bytes), &Limits::default()) {
        for (listed, bytes) in package.files() {
            assert_eq!(listed.sha256, Digest::of(bytes));
        }
    }
});
