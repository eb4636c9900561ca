//! A ZIP in the drop folder is taken as if its files had been dropped.
//!
//! The ZIP is claimed as a file by itself, in the work folder. All its files are looked at before any is
//! laid into the drop folder; a file that is there with the same bytes is left. Only when all of them are
//! durable the ZIP goes. What a crash cuts off is gone on with before the drop folder is looked into
//! again ([`go_on`]): so no file of the ZIP can have been taken in between, and none is laid twice.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use super::super::judge::Judgement;
use crate::archive::{self, Taker, Terms, is_of_the_system, is_zip};
use crate::config::Limits;
use crate::folder::{Claim, DropFolder, Fault, FolderError, check_name, lay};
use crate::types::{Digest, DigestBuilder, Lang};

/// A ZIP may unpack to so many packages of the largest size.
const PACKAGES: u64 = 8;

/// How much a ZIP may hold, in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// One file.
    pub(super) file: u64,
    /// All of them.
    pub(super) all: u64,
}

impl Room {
    /// As the configuration allows: a ZIP may hold several sets.
    pub(super) fn of(limits: &Limits) -> Self {
        let all = limits.package_size.saturating_mul(PACKAGES).min(archive::MOST_BYTES);
        Self { file: limits.file_size, all }
    }
}

/// What became of a ZIP.
pub(super) enum Unzipped {
    /// Its files are in the drop folder, and it is gone.
    Laid,
    /// Nothing of it was laid: it has to be held for this.
    Odd(Judgement),
}

/// Whether a claim is one of a ZIP.
pub(super) fn is_of_zip(claim: &Claim) -> bool {
    matches!(claim.files(), [file] if is_zip(Path::new(file.name())))
}

/// Goes on with a claim that was cut off, if it is one of a ZIP: whether it is done with. Where it is not,
/// it ends like any other, and a ZIP that cannot be taken comes again, to be held.
pub(in super::super) fn go_on(
    drop: &DropFolder,
    claim: &Claim,
    limits: &Limits,
) -> Result<bool, FolderError> {
    if !is_of_zip(claim) {
        return Ok(false);
    }
    match unzip(drop, claim, Room::of(limits)) {
        Ok(Unzipped::Laid) => Ok(true),
        Ok(Unzipped::Odd(_)) => Ok(false),
        Err(error) if error.fault() == Fault::Changed => Ok(false),
        Err(error) => Err(error),
    }
}

/// Lays the files of a claimed ZIP into the drop folder and lets the ZIP go, or says why not.
pub(super) fn unzip(drop: &DropFolder, claim: &Claim, room: Room) -> Result<Unzipped, FolderError> {
    let [file] = claim.files() else { return Ok(Unzipped::Laid) };
    let name = file.name().to_owned();
    drop.root().check()?;
    let mut looked = Looked::new(room.file);
    let fault = |lang| {
        let opened = claim.open(&name)?;
        Ok::<_, FolderError>(read(opened, &mut Nothing, room, lang))
    };
    let first = read(claim.open(&name)?, &mut looked, room, Lang::Ja);
    if let Some(ja) = first.into_iter().next() {
        let en = fault(Lang::En)?.into_iter().next().unwrap_or_default();
        return Ok(Unzipped::Odd(Judgement::odd_zip(&ja, &en)));
    }
    if let Some((ja, en)) = looked.odd.take() {
        return Ok(Unzipped::Odd(Judgement::odd_zip(ja, en)));
    }
    if looked.files.is_empty() {
        return Ok(Unzipped::Odd(Judgement::odd_zip(
            "ファイルが入っていません",
            "it holds no files",
        )));
    }
    for (file, (_, sha256)) in &looked.files {
        if lay::has_other(drop.root().path(), file, *sha256)? {
            return Ok(Unzipped::Odd(Judgement::odd_zip(
                "送信用フォルダーに、中身の違う同じ名前のファイルがあります",
                "a file of the same name with other bytes is in the drop folder",
            )));
        }
    }
    let folder = drop.root().path();
    let mut laying = Laying { drop: folder, current: None, laid: Vec::new(), fault: None };
    let faults = read(claim.open(&name)?, &mut laying, room, Lang::Ja);
    // It was sound a moment ago: where it is not now, somebody wrote to it, which finishing finds.
    if laying.fault.is_some() || !faults.is_empty() {
        // Of a part of it nothing may be sent: all of it comes again.
        lay::take_back(folder, &laying.laid);
    }
    if let Some(error) = laying.fault {
        return Err(error);
    }
    if let Some(ja) = faults.into_iter().next() {
        let en = fault(Lang::En)?.into_iter().next().unwrap_or_default();
        return Ok(Unzipped::Odd(Judgement::odd_zip(&ja, &en)));
    }
    claim.finish()?;
    Ok(Unzipped::Laid)
}

/// Reads all files of a ZIP but those of the system, and says what is wrong with it.
fn read(file: std::fs::File, taker: &mut impl Taker, room: Room, lang: Lang) -> Vec<String> {
    let is_wanted = |name: &str| !is_of_the_system(name);
    archive::read_by(file, "", taker, Terms { lang, most_bytes: room.all, is_wanted: &is_wanted })
        .faults
}

/// The bare name of a file that was unpacked: `!/April/NAME.CSV`.
fn bare(label: &str) -> &str {
    label.rsplit('/').next().unwrap_or_default()
}

struct Nothing;

impl Taker for Nothing {
    fn begin_file(&mut self, _: &str) {}
    fn feed(&mut self, _: &[u8]) {}
    fn end_file(&mut self) {}
    fn abandon_file(&mut self) {}
}

/// Looks at all files before any is laid.
struct Looked {
    most: u64,
    /// By the name in small letters: the name and the digest.
    files: BTreeMap<String, (String, Digest)>,
    current: Option<(String, u64, DigestBuilder)>,
    odd: Option<(&'static str, &'static str)>,
}

impl Looked {
    const fn new(most: u64) -> Self {
        Self { most, files: BTreeMap::new(), current: None, odd: None }
    }

    fn is_odd(&mut self, ja: &'static str, en: &'static str) {
        self.odd.get_or_insert((ja, en));
    }
}

impl Taker for Looked {
    fn begin_file(&mut self, label: &str) {
        let name = bare(label);
        if check_name(OsStr::new(name)).is_err() {
            self.is_odd(
                "使えない名前のファイルがあります",
                "the name of a file in it cannot be used",
            );
        }
        self.current = Some((name.to_owned(), 0, DigestBuilder::new()));
    }

    fn feed(&mut self, piece: &[u8]) {
        let most = self.most;
        if let Some((_, size, digest)) = &mut self.current {
            *size = size.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            digest.update(piece);
            if *size > most {
                self.is_odd(
                    "上限（limits.file_size）を超えるファイルがあります",
                    "a file in it exceeds limits.file_size",
                );
            }
        }
    }

    fn end_file(&mut self) {
        let Some((name, _, digest)) = self.current.take() else { return };
        let key = name.to_lowercase();
        if self.files.insert(key, (name, digest.finish())).is_some() {
            self.is_odd(
                "フォルダー違いの同じ名前のファイルがあります",
                "two folders in it hold files of the same name",
            );
        }
    }

    fn abandon_file(&mut self) {
        self.current = None;
    }
}

/// Lays one file after the other; each is in memory by itself.
struct Laying<'d> {
    drop: &'d Path,
    current: Option<(String, Vec<u8>)>,
    /// What was not there before.
    laid: Vec<String>,
    fault: Option<FolderError>,
}

impl Taker for Laying<'_> {
    fn begin_file(&mut self, label: &str) {
        self.current = Some((bare(label).to_owned(), Vec::new()));
    }

    fn feed(&mut self, piece: &[u8]) {
        if let Some((_, bytes)) = &mut self.current {
            bytes.extend_from_slice(piece);
        }
    }

    fn end_file(&mut self) {
        let Some((name, bytes)) = self.current.take() else { return };
        if self.fault.is_some() {
            return;
        }
        match lay::once(self.drop, &name, &bytes) {
            Ok(true) => self.laid.push(name),
            Ok(false) => {}
            Err(error) => self.fault = Some(error),
        }
    }

    fn abandon_file(&mut self) {
        self.current = None;
    }
}
