//! Files of the standard in a ZIP that was downloaded. Of one that holds none nothing is known, nor told.
//!
//! What the list of a ZIP says is looked at before anything is unpacked: one that says too much is not
//! unpacked at all, and none unpacks to more than it says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;

use crate::archive::{self, Declared, Taker, Terms};
use crate::config::Limits;
use crate::folder::{Meant, is_nearly_of_the_standard};
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
    /// Nothing is known of it: it cannot be read as a whole.
    Unreadable,
}

/// What the list of a ZIP says of its files of the standard. None where it cannot be read.
pub(super) fn declared(file: File) -> Option<Declared> {
    archive::declared(file, is_wanted)
}

/// Whether a ZIP says too much of itself to be unpacked.
pub(super) fn is_too_much(declared: &Declared, limits: &Limits) -> bool {
    let Declared { files, all, largest } = *declared;
    files > MOST_FILES || largest > limits.file_size || all > most_bytes(limits)
}

/// Looks through a ZIP, as long as `goes_on` says so; nothing where it does not any more.
pub(super) fn list(file: File, limits: &Limits, goes_on: impl Fn() -> bool) -> Option<Held> {
    let mut listing = Listing {
        most: limits.file_size,
        goes_on,
        entries: Vec::new(),
        current: None,
        is_odd: false,
        is_unreadable: false,
    };
    let is_wanted = |name: &str| is_wanted(name) || is_nearly_of_the_standard(name);
    read(file, &mut listing, limits, &is_wanted);
    Some(match listing {
        Listing { is_odd: true, .. } => Held::Odd,
        Listing { is_unreadable: true, .. } => Held::Unreadable,
        listing if !(listing.goes_on)() => return None,
        listing => Held::Entries(listing.entries),
    })
}

/// The bytes of the files at these places.
pub(super) fn bytes<'l>(
    file: File,
    labels: impl IntoIterator<Item = &'l str>,
    limits: &Limits,
) -> BTreeMap<String, Vec<u8>> {
    let wanted: BTreeMap<_, _> =
        labels.into_iter().map(|label| (label.to_owned(), Vec::new())).collect();
    // The others are not unpacked once more.
    let names: BTreeSet<String> = wanted.keys().map(|label| last(label).to_owned()).collect();
    let mut reading = Reading { wanted, most: limits.file_size, current: None };
    read(file, &mut reading, limits, &|name| names.contains(name));
    reading.wanted
}

fn most_bytes(limits: &Limits) -> u64 {
    limits.package_size.saturating_mul(PACKAGES).min(archive::MOST_BYTES)
}

fn read(file: File, taker: &mut impl Taker, limits: &Limits, is_wanted: &dyn Fn(&str) -> bool) {
    let terms = Terms { lang: Lang::En, most_bytes: most_bytes(limits), is_wanted };
    // What is wrong with files of the standard shows in what the taker gets; nothing else matters.
    let _ = archive::read_by(file, "", taker, terms);
}

/// The name of a file at a place in a ZIP.
fn last(label: &str) -> &str {
    label.rsplit('/').next().unwrap_or_default()
}

fn is_wanted(name: &str) -> bool {
    matches!(Meant::of(name), Some(Meant::Standard(..)))
}

fn meant(label: &str) -> Option<(FileName, String)> {
    match Meant::of(last(label))? {
        Meant::Standard(name, written) => Some((name, written)),
        Meant::Zip => None,
    }
}

struct Listing<G> {
    most: u64,
    goes_on: G,
    entries: Vec<Entry>,
    current: Option<(FileName, String, String, u64, DigestBuilder)>,
    is_odd: bool,
    is_unreadable: bool,
}

impl<G: Fn() -> bool> Taker for Listing<G> {
    fn begin_file(&mut self, label: &str) {
        // The ZIP itself: nothing in it can be read.
        self.is_unreadable |= label.is_empty();
        let begun = meant(label);
        // Its name was meant to be one of the standard.
        self.is_odd |= begun.is_none() && !label.is_empty();
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
        self.is_odd |= self.current.take().is_some() && (self.goes_on)();
    }

    fn wants_more(&self) -> bool {
        !self.is_odd && (self.goes_on)()
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
