//! Configurations: every text is understood or refused with its problems.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use renkei::config::Config;
use renkei::types::Lang;

fuzz_target!(|text: &str| {
    if let Err(problems) = Config::parse(text, Path::new("/nowhere")) {
        assert!(!problems.text(Lang::Ja).is_empty());
        assert!(!problems.text(Lang::En).is_empty());
    }
});
