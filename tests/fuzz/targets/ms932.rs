//! MS932: classes, decoding and encoding agree with each other.

#![no_main]

use libfuzzer_sys::fuzz_target;
use renkei::record::ms932::{self, Defect};

fuzz_target!(|bytes: &[u8]| {
    let examined = ms932::examine(bytes);
    assert!(examined.chars <= bytes.len());
    if let Some(found) = examined.worst {
        assert!(found.offset + found.length <= bytes.len());
    }
    let control = |defect| matches!(defect, Defect::Nul | Defect::Control);
    let readable = examined.worst.is_none_or(|found| control(found.defect));
    let text = ms932::decode(bytes);
    assert_eq!(text.is_some(), readable);
    if let Some(text) = text {
        assert_eq!(text.chars().count(), examined.chars);
        // Some characters have two codes, so the bytes may differ; the text may not.
        let again = ms932::encode(&text).expect("it came from MS932");
        assert_eq!(ms932::decode(&again), Some(text));
    }
});
