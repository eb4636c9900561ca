//! File names: parsing never panics, what is understood is written and understood the same, and a
//! name that may be shown hides what is no name of the standard.

#![no_main]

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Component, Path};

use libfuzzer_sys::fuzz_target;
use renkei::folder::{ShownName, check_name};
use renkei::types::{FileName, Lang};

fuzz_target!(|bytes: &[u8]| {
    let name = OsStr::from_bytes(bytes);
    if let Ok(name) = check_name(name) {
        let parts: Vec<_> = Path::new(name).components().collect();
        assert_eq!(parts, [Component::Normal(OsStr::new(name))], "one component");
        assert!(!name.chars().any(char::is_control));
    }
    ShownName::of_os(name).text(Lang::En);
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok((name, _)) = FileName::parse_with_quirks(text) {
        let written = name.to_string();
        assert_eq!(FileName::parse(&written), Ok(name));
        assert_eq!(check_name(OsStr::new(&written)), Ok(written.as_str()), "any folder takes it");
    }
    let shown = ShownName::of(text).text(Lang::En);
    assert!(shown.chars().all(|c| c.is_ascii() || c == '…'), "{shown}");
});
