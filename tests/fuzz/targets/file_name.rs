//! File names: parsing never panics, and what is understood is written and understood the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use renkei::types::FileName;

fuzz_target!(|text: &str| {
    if let Ok((name, _)) = FileName::parse_with_quirks(text) {
        assert_eq!(FileName::parse(&name.to_string()), Ok(name));
    }
});
