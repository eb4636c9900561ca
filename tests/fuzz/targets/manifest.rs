//! Manifests: what is understood is written and understood the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use renkei::package::Manifest;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(manifest) = Manifest::parse(bytes) {
        let again = manifest.to_bytes().expect("it was understood");
        assert_eq!(Manifest::parse(&again), Ok(manifest));
    }
});
