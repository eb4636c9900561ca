//! The files that a configuration consists of.

use std::io;
use std::path::{Path, PathBuf};

use super::partner_file::PartnerFile;
use super::{Draft, PARTNERS, check};
use crate::disk;
use crate::types::{Lang, Problems, io_text};

/// The largest file of a configuration: far more than anybody writes.
pub const LARGEST_SOURCE: u64 = 16 << 20;

/// The most files of partners.
const MOST: usize = 10_000;

/// The texts of a configuration, as they are on disk.
#[derive(Debug, Clone)]
pub struct Sources {
    /// The file that the person named.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
    /// The files of `partners/`, by their names.
    pub partners: Vec<PartnerFile>,
}

/// A file or folder that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {error}", path = .path.display())]
pub struct SourceError {
    /// Which one.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

impl SourceError {
    /// What is wrong and what to do.
    pub fn text(&self, lang: Lang) -> String {
        let path = self.path.display();
        match (lang, self.error.kind()) {
            (Lang::Ja, io::ErrorKind::NotFound) => format!(
                "設定ファイル {path} がありません。--config で場所を指定するか、renkei init（端末での質問）か renkei run --first-start（ブラウザーの画面）で作ってください。"
            ),
            // The editor of Windows long had other encodings as its first choice.
            (Lang::Ja, io::ErrorKind::InvalidData) => format!(
                "設定ファイル {path} の文字コードが UTF-8 ではありません。メモ帳の「名前を付けて保存」で、文字コードに UTF-8 を選んで保存し直してください。"
            ),
            (Lang::En, io::ErrorKind::InvalidData) => {
                format!("the configuration {path} is not UTF-8; save it again as UTF-8")
            }
            (Lang::Ja, _) => {
                format!("設定ファイル {path} を読めません: {}。", io_text(&self.error, lang))
            }
            (Lang::En, io::ErrorKind::NotFound) => format!(
                "there is no configuration {path}: name one with --config, or make one with renkei init (questions on a terminal) or renkei run --first-start (in the browser)"
            ),
            (Lang::En, _) => {
                format!("cannot read the configuration {path}: {}", io_text(&self.error, lang))
            }
        }
    }
}

/// Everything that is wrong with the file of a configuration.
pub fn problems_text(path: &Path, problems: &Problems, lang: Lang) -> String {
    let head = lang.pick("設定ファイルに誤りがあります", "the configuration has problems");
    format!("{head}: {}\n{}", path.display(), problems.text(lang))
}

impl Sources {
    /// Reads the file of a configuration and those of its partners. What lies beside these in the
    /// folder, such as cards and unfinished files, is passed over.
    ///
    /// # Errors
    ///
    /// The first file or folder that cannot be read.
    pub fn read(path: &Path) -> Result<Self, SourceError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            |error| SourceError { path, error }
        };
        let text = disk::read_text(path, LARGEST_SOURCE).map_err(at(path))?;
        let folder = home(path).join(PARTNERS);
        let mut names = disk::names(&folder).map_err(at(&folder))?;
        let is_toml = |name: &str| Path::new(name).extension().is_some_and(|end| end == "toml");
        names.retain(|name| is_toml(name) && !name.starts_with('.'));
        if names.len() > MOST {
            return Err(at(&folder)(io::Error::other(format!("more than {MOST} files"))));
        }
        let read = |name: String| {
            let path = folder.join(&name);
            let text = disk::read_text(&path, LARGEST_SOURCE).map_err(at(&path))?;
            Ok(PartnerFile { name, text })
        };
        let partners = names.into_iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self { path: path.to_owned(), text, partners })
    }

    /// Reads as much as can be read; only without problems is it whole.
    pub fn draft(&self) -> Draft {
        check::config(&self.text, home(&self.path), &self.partners)
    }

    /// Puts a file of a partner in the place of the one of the same name, or beside the others.
    pub fn put(&mut self, file: PartnerFile) {
        self.partners.retain(|other| other.name != file.name);
        self.partners.push(file);
        self.partners.sort_by(|one, other| one.name.cmp(&other.name));
    }
}

/// The folder of a file.
fn home(path: &Path) -> &Path {
    path.parent().unwrap_or_else(|| Path::new(""))
}
