//! Packages: a container that is opened holds what its manifest says, and is not believed.

#![no_main]

use bytes::Bytes;
use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use renkei::package::{Limits, Manifest, Trust, TrustSources, open};
use renkei::types::Digest;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(package) = open(Bytes::copy_from_slice(bytes), &Limits::default()) {
        for (listed, bytes) in package.files() {
            assert_eq!(listed.sha256, Digest::of(bytes));
            assert_eq!(usize::try_from(listed.size), Ok(bytes.len()));
        }
        assert_eq!(package.files().count(), package.manifest().files.len());
        assert_eq!(Manifest::parse(package.manifest_bytes()).as_ref(), Ok(package.manifest()));
        let nobody = Trust::new(TrustSources::default()).expect("nothing to read");
        let now = Timestamp::from_second(1_780_000_000).expect("in range");
        assert!(package.verify(&nobody, now).is_err());
    }
});
