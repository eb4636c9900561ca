//! Corrected copies: never a panic, and correcting a copy once more changes nothing.

#![no_main]

use libfuzzer_sys::fuzz_target;
use renkei::repair::{FixOptions, fix};
use renkei::spec::Spec;

const NAME: &str = "DLT1KYO_1370000018_43_1370000026_11_20260327090000.CSV";

fuzz_target!(|input: (bool, &[u8])| {
    let (approve_shipped, bytes) = input;
    let spec = Spec::builtin().expect("consistent");
    let options = FixOptions { approve_shipped, ..FixOptions::default() };
    if let Some(mended) = fix(spec, NAME, bytes, &options).bytes {
        let again = fix(spec, NAME, &mended, &options).bytes;
        assert_eq!(again.as_deref(), Some(mended.as_slice()));
    }
});
