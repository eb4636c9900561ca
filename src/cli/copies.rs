//! What commands share: reading whole files and writing copies beside them, never over anything.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::inputs::{OtherCsv, find, label};
use crate::archive::is_zip;
use super::{UsageError, unfinished};
use crate::disk::{self, Readers};
use crate::types::Lang;

/// The largest file that is read into memory.
const LARGEST: u64 = 256 << 20;

/// The largest configuration and the like: far more than anybody writes.
const LARGEST_TEXT: u64 = 16 << 20;

/// The most bytes of all files together.
const MOST: usize = 1 << 30;

/// A file that was read.
pub(super) struct Input {
    /// Its name relative to the folder that was named, with `/`; the bare name of a file that was
    /// named itself.
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// A copy to write.
pub(super) struct Copy<'c> {
    /// Its name relative to the folder for copies, with `/`.
    pub(super) name: &'c str,
    pub(super) bytes: &'c [u8],
}

/// Reads the files that the arguments name.
pub(super) fn read(paths: &[PathBuf], lang: Lang) -> anyhow::Result<Vec<Input>> {
    let found = find(paths, OtherCsv::PassedOver, lang)?;
    let mut names = BTreeSet::new();
    let mut total = 0;
    let mut inputs = Vec::with_capacity(found.files.len());
    for path in &found.files {
        if is_zip(path) {
            let path = path.display();
            return Err(UsageError(match lang {
                Lang::Ja => format!("{path} は展開してから指定してください（ZIP のまま読めるのは renkei validate と renkei print です）。"),
                Lang::En => format!("unpack {path} first; only renkei validate and renkei print read ZIP files"),
            })
            .into());
        }
        let name = relative(path, paths);
        if !names.insert(name.clone()) {
            return Err(UsageError(match lang {
                Lang::Ja => {
                    format!("{name} という名前のファイルが複数あります。分けて実行してください。")
                }
                Lang::En => {
                    format!("several files are called {name}; give them one after the other")
                }
            })
            .into());
        }
        let shown = || path.display().to_string();
        if fs::metadata(path).with_context(shown)?.len() > LARGEST {
            let (shown, most) = (shown(), LARGEST >> 20);
            return Err(UsageError(match lang {
                Lang::Ja => format!("{shown} は {most} MiB を超えているため、扱えません。"),
                Lang::En => format!("{shown} is larger than the {most} MiB that can be handled"),
            })
            .into());
        }
        let bytes = read_file(path).with_context(shown)?;
        total += bytes.len();
        if total > MOST {
            let most = MOST >> 20;
            return Err(UsageError(match lang {
                Lang::Ja => {
                    format!("ファイルの合計が {most} MiB を超えています。分けて実行してください。")
                }
                Lang::En => format!("the files together exceed {most} MiB; give them in parts"),
            })
            .into());
        }
        inputs.push(Input { name, bytes });
    }
    Ok(inputs)
}

fn relative(path: &Path, named: &[PathBuf]) -> String {
    let inside = named.iter().filter_map(|folder| path.strip_prefix(folder).ok());
    let shortest = inside
        .filter(|inside| !inside.as_os_str().is_empty())
        .min_by_key(|inside| inside.components().count());
    label(shortest.or(path.file_name().map(Path::new)).unwrap_or(path))
}

/// A file that is not too large to be held in memory.
pub(super) fn read_file(path: &Path) -> io::Result<Vec<u8>> {
    disk::read_bytes(path, LARGEST)
}

/// A text in UTF-8 that somebody wrote by hand.
pub(super) fn read_text(path: &Path) -> io::Result<String> {
    disk::read_text(path, LARGEST_TEXT)
}

/// Writes the copies. What is there already with the same bytes is left; with other bytes it is a
/// mistake of the caller, and nothing is written at all.
pub(super) fn write(folder: &Path, copies: &[Copy<'_>], lang: Lang) -> anyhow::Result<()> {
    let mut missing = Vec::new();
    for copy in copies {
        let path = folder.join(copy.name);
        match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => missing.push((path, copy)),
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
            Ok(kind) => {
                let same = kind.is_file() && read_file(&path).is_ok_and(|old| old == copy.bytes);
                if !same {
                    let path = path.display();
                    return Err(UsageError(match lang {
                        Lang::Ja => format!("{path} がすでにあります。上書きはしません。別のフォルダーを指定してください。"),
                        Lang::En => format!("{path} is there already and is not overwritten; name another folder"),
                    })
                    .into());
                }
            }
        }
    }
    for (path, copy) in missing {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
        }
        let written = unfinished::whole(|| disk::create(&path, copy.bytes, Readers::Public));
        written.with_context(|| path.display().to_string())?;
    }
    Ok(())
}
