//! ZIP files as input: read where they lie, nothing is unpacked to disk.
//!
//! An archive comes from anybody. Names are only ever shown; those that lead elsewhere are refused
//! with their file. The list of files, their number, what they unpack to and the bytes that are read
//! for it are bounded, so that a small archive cannot take the memory or the day.

mod feed;
mod headers;
mod name;
mod trace;

pub use feed::{Taker, feed};
pub use name::{is_of_the_standard, is_of_the_system, is_wanted_name, is_zip};
pub use trace::{MOST_SEARCHED, names_the_standard};

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write as _};
use std::path::PathBuf;
use std::rc::Rc;

use zip::ZipArchive;
use zip::result::ZipError;

use crate::disk::too_large;
use crate::record::ms932;
use crate::types::{Lang, OwnFault, io_text};

/// The most bytes that the list of files may take.
const LONGEST_LIST: u64 = 4 << 20;

/// The most files.
const MOST_FILES: usize = 10_000;

/// The most bytes that all files together may unpack to.
pub const MOST_BYTES: u64 = 1 << 30;

/// What came of an archive beside its files.
#[derive(Default)]
pub struct Inside {
    /// What is wrong with what could not be read.
    pub faults: Vec<String>,
    /// Files that have nothing to do with the standard.
    pub passed_over: Vec<PathBuf>,
}

/// An archive that cannot be read at all.
pub fn unreadable(label: &str, taker: &mut impl Taker, fault: String) -> Inside {
    taker.begin_file(label);
    taker.abandon_file();
    Inside { faults: vec![fault], passed_over: Vec::new() }
}

/// Takes standard input into a file without a name: the list of an archive stands at its end.
pub fn spooled(input: impl Read) -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    let copied = io::copy(&mut input.take(MOST_BYTES + 1), &mut file)?;
    if copied > MOST_BYTES {
        return Err(too_large(MOST_BYTES));
    }
    file.flush()?;
    Ok(file)
}

/// Hands out the files of an archive that have to do with the standard, as `a.zip!/NAME.CSV`.
pub fn read(file: File, label: &str, taker: &mut impl Taker, lang: Lang) -> Inside {
    let terms = Terms { lang, most_bytes: MOST_BYTES, is_wanted: &is_wanted_name };
    read_by(file, label, taker, terms)
}

/// What is taken out of an archive.
#[derive(Clone, Copy)]
pub struct Terms<'w> {
    /// The language of the faults.
    pub lang: Lang,
    /// The most bytes that all files together may unpack to; at most [`MOST_BYTES`] are read.
    pub most_bytes: u64,
    /// Which files, by the last part of their names.
    pub is_wanted: &'w dyn Fn(&str) -> bool,
}

/// What the list of an archive says of its wanted files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Declared {
    /// How many there are.
    pub files: usize,
    /// What all of them unpack to, in bytes.
    pub all: u64,
    /// The same of the largest.
    pub largest: u64,
}

/// Reads the list alone; nothing is unpacked. None where the archive cannot be read as a whole.
pub fn declared(file: File, is_wanted: fn(&str) -> bool) -> Option<Declared> {
    let archive = open(&Rc::new(RefCell::new(BufReader::new(file))), Lang::En).ok()?;
    let mut declared = Declared::default();
    for place in 0..archive.len() {
        let Ok(entry) = archive.by_index_data(place) else { continue };
        let name = name_of(entry.name_raw());
        if !entry.is_dir() && is_wanted(name.rsplit('/').next().unwrap_or_default()) {
            declared.files += 1;
            declared.all = declared.all.saturating_add(entry.size());
            declared.largest = declared.largest.max(entry.size());
        }
    }
    Some(declared)
}

/// The archive, unless its list of files is too long, a trap, or leaves open what is meant.
fn open<R: Read + Seek>(
    file: &Rc<RefCell<R>>,
    lang: Lang,
) -> Result<ZipArchive<Metered<R>>, String> {
    let left = Rc::new(Cell::new(LONGEST_LIST));
    let reader = Metered { inner: Rc::clone(file), left: Rc::clone(&left) };
    let opened = ZipArchive::new(reader).map_err(|error| not_readable(&error, lang));
    let archive = sound(opened?, lang)?;
    left.set(u64::MAX);
    Ok(archive)
}

/// The same on other terms.
pub fn read_by(file: File, label: &str, taker: &mut impl Taker, terms: Terms<'_>) -> Inside {
    let Terms { lang, most_bytes, is_wanted } = terms;
    let file = Rc::new(RefCell::new(BufReader::new(file)));
    let mut archive = match open(&file, lang) {
        Ok(archive) => archive,
        Err(fault) => return unreadable(label, taker, fault),
    };
    let agree = headers::agree(&archive, &mut *file.borrow_mut());
    match agree {
        Ok(true) if archive.offset() == 0 => {}
        // Another reader would find other files in it.
        Ok(_) => {
            let fault = lang.pick(
                "ZIP の一覧と中身が一致していません。ZIP を作り直してください",
                "its list of files is not what it holds; pack it anew",
            );
            return unreadable(label, taker, fault.to_owned());
        }
        Err(error) => return unreadable(label, taker, not_readable(&ZipError::Io(error), lang)),
    }
    let mut inside = Inside::default();
    let mut names = BTreeSet::new();
    let mut room = most_bytes.min(MOST_BYTES);
    for place in 0..archive.len() {
        if !taker.wants_more() {
            return inside;
        }
        let Ok(entry) = archive.by_index_data(place) else { continue };
        let name = name_of(entry.name_raw());
        let size = entry.size();
        let (folder, link, encrypted) = (entry.is_dir(), entry.is_symlink(), entry.encrypted());
        if folder {
            continue;
        }
        let shown = format!("{label}!/{name}");
        let last = name.rsplit('/').next().unwrap_or_default();
        if link || name.split('/').any(is_of_the_system) || !is_wanted(last) {
            inside.passed_over.push(PathBuf::from(shown));
            continue;
        }
        taker.begin_file(&shown);
        let judged = if !is_plain(&name) {
            Err(lang.pick("使えない名前です", "its name leads elsewhere").to_owned())
        } else if !names.insert(name.clone()) {
            Err(lang.pick("同じ名前のファイルが 2 つあります", "its name stands twice").to_owned())
        } else if encrypted {
            Err(not_readable(&ZipError::InvalidPassword, lang))
        } else {
            let file = archive.by_index(place).map_err(|error| not_readable(&error, lang));
            file.and_then(|file| {
                let mut file = Bounded { inner: file, own: size, left: &mut room };
                feed(taker, &mut file, |_| {}).map_err(|error| damaged(&error, most_bytes, lang))
            })
        };
        if let Err(fault) = judged {
            taker.abandon_file();
            inside.faults.push(format!("{name}: {fault}"));
        }
    }
    if names.is_empty() && inside.faults.is_empty() {
        inside.faults.push(
            lang.pick("標準仕様のファイルがありません", "it holds no file of the standard")
                .to_owned(),
        );
    }
    inside
}

/// The archive, unless its list of files is a trap or leaves open what is meant.
fn sound<R: Read + Seek>(mut archive: ZipArchive<R>, lang: Lang) -> Result<ZipArchive<R>, String> {
    if archive.len() > MOST_FILES {
        return Err(match lang {
            Lang::Ja => format!("ファイルが {MOST_FILES} 件を超えています"),
            Lang::En => format!("it holds more than {MOST_FILES} files"),
        });
    }
    // The reader gives the last of these; others may show the first.
    if archive.has_duplicate_names() {
        return Err(lang
            .pick("同じ名前のファイルが 2 つあります", "a name stands twice in it")
            .to_owned());
    }
    // Files that share their bytes are how a small archive becomes an endless one.
    match archive.has_overlapping_entries() {
        Ok(false) => Ok(archive),
        Ok(true) => Err(lang
            .pick("ファイルどうしが重なっているため読めません", "files in it overlap")
            .to_owned()),
        Err(error) => Err(not_readable(&error, lang)),
    }
}

/// A name as people see it, with `/` between its parts: in UTF-8, or in MS932 as Windows writes it.
fn name_of(raw: &[u8]) -> String {
    let text = match std::str::from_utf8(raw) {
        Ok(text) => text.to_owned(),
        Err(_) => ms932::decode(raw).unwrap_or_else(|| String::from_utf8_lossy(raw).into_owned()),
    };
    text.replace('\\', "/")
}

/// Whether a name is one below the archive, and no way out of it.
fn is_plain(name: &str) -> bool {
    let odd = |part: &str| matches!(part, "" | "." | "..") || part.contains(['\0', ':']);
    !name.split('/').any(odd)
}

fn not_readable(error: &ZipError, lang: Lang) -> String {
    let (ja, en) = match error {
        ZipError::Io(error) => {
            let text = io_text(error, lang);
            return match lang {
                Lang::Ja => format!("ZIP ファイルとして読めません: {text}"),
                Lang::En => format!("not readable as a ZIP file: {text}"),
            };
        }
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) | ZipError::InvalidPassword => (
            "パスワードが付いているため読めません。パスワードなしで圧縮し直してください",
            "it is encrypted; pack it anew without a password",
        ),
        ZipError::CompressionMethodNotSupported(number) => {
            return match lang {
                Lang::Ja => format!(
                    "この圧縮方式（{number}）には対応していません。普通の ZIP（Deflate）で圧縮し直してください"
                ),
                Lang::En => format!(
                    "its compression method {number} is not supported; pack it anew as an ordinary ZIP (Deflate)"
                ),
            };
        }
        ZipError::UnsupportedArchive(_) => (
            "この ZIP の形式には対応していません。普通の ZIP（Deflate）で圧縮し直してください",
            "this kind of ZIP is not supported; pack it anew as an ordinary ZIP (Deflate)",
        ),
        ZipError::InvalidArchive(why) if why.contains("Multi-disk") => (
            "分割された ZIP には対応していません。1 つの ZIP にしてください",
            "a ZIP in several parts is not supported; make it one",
        ),
        ZipError::InvalidArchive(why) if why.contains("EOCD") => {
            ("ZIP ファイルではないか、途中で切れています", "it is no ZIP file, or was cut off")
        }
        _ => ("ZIP ファイルが壊れています", "the ZIP file is damaged"),
    };
    lang.pick(ja, en).to_owned()
}

fn damaged(error: &io::Error, most_bytes: u64, lang: Lang) -> String {
    if error.kind() == io::ErrorKind::QuotaExceeded {
        let most = most_bytes.min(MOST_BYTES) >> 20;
        return match lang {
            Lang::Ja => format!("展開すると {most} MiB を超えます"),
            Lang::En => format!("the archive unpacks to more than {most} MiB"),
        };
    }
    // What the unpacker finds has no number; what the disk reports has one.
    match (error.raw_os_error(), lang) {
        (Some(_), Lang::Ja) => format!("読めません: {}", io_text(error, lang)),
        (Some(_), Lang::En) => format!("it cannot be read: {}", io_text(error, lang)),
        (None, _) => lang.pick("壊れています", "it is damaged").to_owned(),
    }
}

/// A reader of which only so many bytes may be read: the list of files is held in memory.
struct Metered<R> {
    inner: Rc<RefCell<R>>,
    left: Rc<Cell<u64>>,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.borrow_mut().read(buffer)?;
        let left = self.left.get();
        if left != u64::MAX {
            let spent = u64::try_from(length).unwrap_or(u64::MAX);
            let too_long =
                || OwnFault::error("ファイルの一覧が長すぎます", "its list of files is too long");
            self.left.set(left.checked_sub(spent).ok_or_else(too_long)?);
        }
        Ok(length)
    }
}

impl<R: Seek> Seek for Metered<R> {
    fn seek(&mut self, position: SeekFrom) -> io::Result<u64> {
        self.inner.borrow_mut().seek(position)
    }
}

/// A file that unpacks to no more than the list says of it, and than what is left for the whole archive.
struct Bounded<'l, R> {
    inner: R,
    own: u64,
    left: &'l mut u64,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        let spent = u64::try_from(length).unwrap_or(u64::MAX);
        *self.left = self.left.checked_sub(spent).ok_or(io::ErrorKind::QuotaExceeded)?;
        self.own = self.own.checked_sub(spent).ok_or(io::ErrorKind::InvalidData)?;
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_windows_and_others_write_them() {
        assert_eq!(name_of("4月/a.csv".as_bytes()), "4月/a.csv");
        assert_eq!(name_of(b"4\x8C\x8E\\a.csv"), "4月/a.csv");
        // 表: its second byte in MS932 is a backslash.
        assert_eq!(name_of(b"\x95\x5C.csv"), "表.csv");
    }

    #[test]
    fn no_name_leads_out() {
        for name in ["../a.csv", "/etc/a.csv", "a/../../b.csv", "C:/a.csv", "a//b.csv", "a\0.csv"] {
            assert!(!is_plain(name), "{name}");
        }
        assert!(is_plain("4月/a.csv"));
    }

    /// Counts what it gets, and wants no more after `most` bytes.
    struct Counting {
        most: usize,
        fed: usize,
        whole: usize,
    }

    impl Taker for Counting {
        fn begin_file(&mut self, _: &str) {}

        fn feed(&mut self, piece: &[u8]) {
            self.fed += piece.len();
        }

        fn end_file(&mut self) {
            self.whole += 1;
        }

        fn abandon_file(&mut self) {}

        fn wants_more(&self) -> bool {
            self.fed < self.most
        }
    }

    const LARGE: u32 = 64 << 20;

    /// An archive of a file that says to be of `said` bytes and unpacks to [`LARGE`].
    fn bomb(said: u32) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        zip.start_file("a.csv", zip::write::SimpleFileOptions::default()).expect("begun");
        zip.write_all(&vec![b'0'; LARGE as usize]).expect("written");
        let mut bytes = zip.finish().expect("an archive").into_inner();
        let real = LARGE.to_le_bytes();
        for place in 0..bytes.len() - 4 {
            if bytes[place..].starts_with(&real) {
                bytes[place..place + 4].copy_from_slice(&said.to_le_bytes());
            }
        }
        bytes
    }

    fn counted(bytes: &[u8], most: usize) -> (Counting, Inside) {
        let mut counting = Counting { most, fed: 0, whole: 0 };
        let inside = read(spooled(bytes).expect("written"), "a.zip", &mut counting, Lang::En);
        (counting, inside)
    }

    #[test]
    fn nothing_unpacks_to_more_than_it_says() {
        let (counting, inside) = counted(&bomb(9), usize::MAX);
        assert_eq!((counting.fed, counting.whole, inside.faults.len()), (0, 0, 1));
        let (counting, inside) = counted(&bomb(LARGE), usize::MAX);
        assert_eq!((counting.whole, inside.faults.len()), (1, 0));
    }

    #[test]
    fn what_is_wanted_no_more_is_not_unpacked() {
        let (counting, inside) = counted(&bomb(LARGE), 1);
        assert_eq!((counting.whole, inside.faults.len()), (0, 0));
        assert!(counting.fed <= 1 << 20, "{}", counting.fed);
    }

    #[test]
    fn what_a_list_says_is_known_before_anything_is_unpacked() {
        let said = |bytes: &[u8]| declared(spooled(bytes).expect("written"), is_wanted_name);
        let large = u64::from(LARGE);
        let expected = Declared { files: 1, all: large, largest: large };
        assert_eq!(said(&bomb(LARGE)), Some(expected));
        assert_eq!(said(b"no archive"), None);
    }
}
