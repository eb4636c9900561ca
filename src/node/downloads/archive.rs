//! Files of the standard in a ZIP that was downloaded. Of one that holds none nothing is known, nor told.

use std::collections::BTreeMap;
use std::fs::File;

use crate::archive::{self, Taker, Terms};
use crate::config::Limits;
use crate::folder::Meant;
use crate::types::{Digest, DigestBuilder, FileName, Lang};

/// A ZIP may unpack to so many packages of the largest size.
const PACKAGES: u64 = 8;

/// Files of the standard that are read of one ZIP at the most.
const MOST_FILES: usize = 2_000;

/// A file of the standard in a ZIP.
pub(super) struct Entry {
    pub(super) name: FileName,
    /// Its name as it was written.
    pub(super) written: String,
    /// Its place in the ZIP.
    pub(super) label: String,
    pub(super) size: u64,
    pub(super) sha256: Digest,
}

/// What a ZIP holds of the standard.
pub(super) enum Held {
    Entries(Vec<Entry>),
    /// There are such files, and they cannot all be read.
    Odd,
}

/// Looks through a ZIP.
pub(super) fn list(file: File, limits: &Limits) -> Held {
    let mut listing = Listing { most: limits.file_size, ..Listing::default() };
    read(file, &mut listing, limits);
    if listing.is_odd { Held::Odd } else { Held::Entries(listing.entries) }
}

/// The bytes of the files at these places.
pub(super) fn bytes<'l>(
    file: File,
    labels: impl IntoIterator<Item = &'l str>,
    limits: &Limits,
) -> BTreeMap<String, Vec<u8>> {
    let wanted = labels.into_iter().map(|label| (label.to_owned(), Vec::new())).collect();
    let mut reading = Reading { wanted, most: limits.file_size, current: None };
    read(file, &mut reading, limits);
    reading.wanted
}

fn read(file: File, taker: &mut impl Taker, limits: &Limits) {
    let most_bytes = limits.package_size.saturating_mul(PACKAGES).min(archive::MOST_BYTES);
    let terms = Terms { lang: Lang::En, most_bytes, is_wanted };
    // What is wrong with files of the standard shows in what the taker gets; nothing else matters.
    let _ = archive::read_by(file, "", taker, terms);
}

fn is_wanted(name: &str) -> bool {
    matches!(Meant::of(name), Some(Meant::Standard(..)))
}

fn meant(label: &str) -> Option<(FileName, String)> {
    match Meant::of(label.rsplit('/').next().unwrap_or_default())? {
        Meant::Standard(name, written) => Some((name, written)),
        Meant::Zip => None,
    }
}

#[derive(Default)]
struct Listing {
    most: u64,
    entries: Vec<Entry>,
    current: Option<(FileName, String, String, u64, DigestBuilder)>,
    is_odd: bool,
}

impl Taker for Listing {
    fn begin_file(&mut self, label: &str) {
        let begun = meant(label);
        self.is_odd |= begun.is_some() && self.entries.len() >= MOST_FILES;
        self.current =
            begun.map(|(name, written)| (name, written, label.to_owned(), 0, DigestBuilder::new()));
    }

    fn feed(&mut self, piece: &[u8]) {
        if let Some((_, _, _, size, digest)) = &mut self.current {
            *size = size.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            digest.update(piece);
            self.is_odd |= *size > self.most;
        }
    }

    fn end_file(&mut self) {
        if let Some((name, written, label, size, digest)) = self.current.take()
            && !self.is_odd
        {
            let sha256 = digest.finish();
            self.entries.push(Entry { name, written, label, size, sha256 });
        }
    }

    fn abandon_file(&mut self) {
        self.is_odd |= self.current.take().is_some();
    }
}

struct Reading {
    wanted: BTreeMap<String, Vec<u8>>,
    most: u64,
    current: Option<String>,
}

impl Taker for Reading {
    fn begin_file(&mut self, label: &str) {
        self.current = self.wanted.contains_key(label).then(|| label.to_owned());
    }

    fn feed(&mut self, piece: &[u8]) {
        let wanted = self.current.as_ref().and_then(|label| self.wanted.get_mut(label));
        if let Some(bytes) = wanted
            && u64::try_from(bytes.len()).is_ok_and(|length| length <= self.most)
        {
            bytes.extend_from_slice(piece);
        }
    }

    fn end_file(&mut self) {
        self.current = None;
    }

    fn abandon_file(&mut self) {
        self.current = None;
    }
}
