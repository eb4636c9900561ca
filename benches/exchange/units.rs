//! The sets that are exchanged.

use renkei::spec::Spec;
use renkei::synth::{Content, Request, files};
use renkei::types::Edition;

/// What a package weighs at least, before its manifest and signature.
const PACKAGE: usize = 60_000;

/// File names and contents.
pub(crate) type Unit = [(String, Vec<u8>)];

/// One 利用票 with its files, heavy enough.
pub(crate) fn unit() -> Vec<(String, Vec<u8>)> {
    let spec = Spec::builtin().expect("consistent");
    for people in 1.. {
        let content = Content::Unit { id: "K2".to_owned(), people };
        let request = Request::usual(spec, Edition::V4_1, content).expect("possible");
        let unit: Vec<_> = files(spec, &request)
            .expect("possible")
            .into_iter()
            .map(|file| {
                let name = file.name().to_string();
                (name, file.flat_map(|piece| piece.expect("in MS932")).collect::<Vec<u8>>())
            })
            .collect();
        if unit.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() >= PACKAGE {
            return unit;
        }
    }
    unreachable!("some number of people is enough")
}

/// The same set under another 連番: another second of a day.
pub(crate) fn renamed(unit: &Unit, number: usize) -> Vec<(String, Vec<u8>)> {
    let serial = serial(number);
    let rename = |name: &str| {
        let (head, _) = name.rsplit_once('_').expect("parts");
        format!("{head}_{serial}.CSV")
    };
    unit.iter().map(|(name, bytes)| (rename(name), bytes.clone())).collect()
}

/// A 連番 for each number.
pub(crate) fn serial(number: usize) -> String {
    format!("20260320{:02}{:02}{:02}", number / 3600, number / 60 % 60, number % 60)
}
