//! The send units that a demo exchanges.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::disk::{self, Readers};
use crate::types::{FileName, FileSerial, OfficeNumber};

/// A send unit to be dropped.
pub(super) struct Unit {
    pub(super) sender: OfficeNumber,
    pub(super) recipient: OfficeNumber,
    pub(super) serial: FileSerial,
    pub(super) files: Vec<(String, Source)>,
}

/// Where the bytes of a file come from.
pub(super) enum Source {
    BuiltIn(&'static [u8]),
    Path(PathBuf),
}

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    /// In the order of 連番.
    pub(super) units: Vec<Unit>,
    /// How many files are not exchanged: their names are not of the standard, or stand twice.
    pub(super) ignored: usize,
}

macro_rules! samples {
    ($($folder:literal: [$($name:literal),+ $(,)?]),+ $(,)?) => {
        /// The samples of `spec/samples`.
        const SAMPLES: &[(&str, &[u8])] = &[$($((
            $name,
            include_bytes!(concat!("../../../spec/samples/", $folder, "/", $name)),
        )),+),+];
    };
}

samples! {
    "care-plan": [
        "UP1KYO_2770000011_43_2770000029_11_20260520101500.CSV",
        "UP2KYO_2770000011_43_2770000029_11_20260520101500.CSV",
        "UP3KYO_2770000011_43_2770000029_11_20260520101500.CSV",
        "UPHOSOKU_000000_2770000011_43_2770000029_11_20260520101500.CSV",
    ],
    "usage-11": [
        "UPPLAN_202606_2770000011_43_2770000029_11_20260520111500.CSV",
        "UPSIKYU_202606_2770000011_43_2770000029_11_20260520111500.CSV",
        "UPHOSOKU_202606_2770000011_43_2770000029_11_20260520111500.CSV",
    ],
    "usage-15": [
        "UPPLAN_202606_2770000011_43_2770000037_15_20260520111501.CSV",
        "UPSIKYU_202606_2770000011_43_2770000037_15_20260520111501.CSV",
        "UPHOSOKU_202606_2770000011_43_2770000037_15_20260520111501.CSV",
    ],
    "usage-17": [
        "UPPLAN_202606_2770000011_43_2770000045_17_20260520111502.CSV",
        "UPSIKYU_202606_2770000011_43_2770000045_17_20260520111502.CSV",
        "UPHOSOKU_202606_2770000011_43_2770000045_17_20260520111502.CSV",
    ],
    "actual": ["UPJSK_202606_2770000029_11_2770000011_43_20260702090000.CSV"],
    "delete-usage": ["DLTPLAN_202606_2770000011_43_2770000045_17_20260703100000.CSV"],
    "delete-actual": ["DLTJSK_202606_2770000029_11_2770000011_43_20260703100001.CSV"],
    "basic-info": [
        "UPKIHON_2700000051_46_27A0000018_A6_20260518140000.CSV",
        "UPKIHON_SUB1_2700000051_46_27A0000018_A6_20260518140000.CSV",
        "UPKIHON_SUB2_2700000051_46_27A0000018_A6_20260518140000.CSV",
        "UPKIHON_IMAGE_2700000051_46_27A0000018_A6_20260518140000_0001.jpg",
    ],
    "prevention-plan": [
        "UPYOBO_2700000051_46_27A0000018_A6_20260518140100.CSV",
        "UPYOBO_SUB_2700000051_46_27A0000018_A6_20260518140100.CSV",
    ],
    "v3-usage": [
        "UPPLAN_202503_2770000011_2770000029_20250220103000.CSV",
        "UPSIKYU_202503_2770000011_2770000029_20250220103000.CSV",
        "UPHOSOKU_202503_2770000011_2770000029_20250220103000.CSV",
    ],
}

/// The samples that ship inside the program.
pub(super) fn built_in() -> Found {
    grouped(SAMPLES.iter().map(|(name, bytes)| ((*name).to_owned(), Source::BuiltIn(bytes))))
}

/// All send units below a folder. The same file name twice cannot lie in one drop folder: the
/// second one is ignored.
pub(super) fn from_folder(folder: &Path) -> io::Result<Found> {
    let mut paths = Vec::new();
    collect(folder, &mut paths)?;
    paths.sort();
    Ok(grouped(paths.into_iter().map(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        (name, Source::Path(path))
    })))
}

/// Puts the files of a unit where the care software would. Each appears whole.
pub(super) fn drop_into(folder: &Path, unit: &Unit) -> anyhow::Result<()> {
    for (name, source) in &unit.files {
        let path = folder.join(name);
        let written = match source {
            Source::BuiltIn(bytes) => disk::replace(&path, bytes, Readers::AsUsual),
            Source::Path(from) => disk::replace(&path, &fs::read(from)?, Readers::AsUsual),
        };
        written.with_context(|| path.display().to_string())?;
    }
    Ok(())
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            collect(&entry.path(), found)?;
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    Ok(())
}

fn grouped(files: impl Iterator<Item = (String, Source)>) -> Found {
    let mut units: BTreeMap<_, Vec<(String, Source)>> = BTreeMap::new();
    let mut names = HashSet::new();
    let mut ignored = 0;
    for (name, source) in files {
        let parsed = FileName::parse(&name);
        let twice = !names.insert(name.to_ascii_uppercase());
        match parsed {
            Ok(parsed) if !twice => {
                let key = (parsed.serial, parsed.sender, parsed.recipient);
                units.entry(key).or_default().push((name, source));
            }
            _ => ignored += 1,
        }
    }
    let units = units
        .into_iter()
        .map(|((serial, sender, recipient), files)| Unit { sender, recipient, serial, files })
        .collect();
    Found { units, ignored }
}
