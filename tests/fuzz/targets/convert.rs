//! Copies in the other edition: never a panic; a set without errors that goes over without loss has
//! none afterwards; what went over and back again says the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use renkei::repair::{Conversion, OfficeTypes, convert};
use renkei::rules::{Options, SourceFile, check};
use renkei::spec::Spec;
use renkei::types::{Edition, FileName};

mod common;

fuzz_target!(|input: &[u8]| {
    let spec = Spec::builtin().expect("consistent");
    let files = common::files(input);
    let sources: Vec<SourceFile<'_>> =
        files.iter().map(|(name, bytes)| SourceFile { name, bytes }).collect();
    // Whoever is named is known; as the standard has it, each office has one type.
    let mut types = OfficeTypes::new();
    for (name, _) in &files {
        let Ok(name) = FileName::parse(name.rsplit('/').next().unwrap_or_default()) else {
            continue;
        };
        let known = name.service_types.or_else(|| Some(("43".parse().ok()?, "11".parse().ok()?)));
        let Some((sender, recipient)) = known else { continue };
        types.entry(name.sender).or_insert_with(|| vec![sender]);
        types.entry(name.recipient).or_insert_with(|| vec![recipient]);
    }
    let sound = |files: &[SourceFile<'_>]| !check(spec, files, &Options::default()).has_errors();
    let before = sound(&sources);
    for to in [Edition::V3, Edition::V4_1] {
        let Ok(there) = convert(spec, &sources, to, &types) else { continue };
        assert!(there.files.len() <= sources.len());
        for file in &there.files {
            assert!(sources.iter().any(|source| source.name == file.from));
        }
        if !before || !there.is_clean() || there.files.len() < sources.len() {
            continue;
        }
        assert!(sound(&there.sources()), "errors that were not there before");
        let unchanged = |there: &Conversion| there.files.iter().all(|file| file.unchanged);
        let again = convert(spec, &there.sources(), to, &types).expect("it is of that edition");
        assert!(unchanged(&again));
        for (file, same) in there.files.iter().zip(&again.files) {
            assert_eq!((&file.name, &file.bytes), (&same.name, &same.bytes));
        }
    }
});
