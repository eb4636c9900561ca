//! What is drawn: files, the files of folders and archives, and sets that a node knows.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::archive::{self, Taker, is_zip};
use crate::cli::inputs::{OtherCsv, find};
use crate::cli::setup::{self, ConfigArg};
use crate::cli::{UsageError, copies};
use crate::config::Config;
use crate::desk;
use crate::disk;
use crate::node::Node;
use crate::package::open;
use crate::rules::SourceFile;
use crate::store::StoreError;
use crate::types::{FormChoices, HeldId, Lang, MessageId, OfficeNumber, io_text};

/// The most bytes of all files together.
const MOST: usize = 1 << 30;

/// Files in memory.
#[derive(Default)]
pub(super) struct Sources {
    /// By the names that findings and notes call them.
    pub(super) files: Vec<(String, Vec<u8>)>,
    /// What could not be read.
    pub(super) faults: Vec<String>,
    /// What the office chose of whose node the first set is, if one is of a node.
    pub(super) usual: FormChoices,
    bytes: usize,
    is_full: bool,
}

impl Taker for Sources {
    fn begin_file(&mut self, name: &str) {
        self.files.push((name.to_owned(), Vec::new()));
    }

    fn feed(&mut self, piece: &[u8]) {
        self.bytes = self.bytes.saturating_add(piece.len());
        if self.bytes > MOST {
            self.is_full = true;
        } else if let Some((_, bytes)) = self.files.last_mut() {
            bytes.extend_from_slice(piece);
        }
    }

    fn end_file(&mut self) {}

    fn abandon_file(&mut self) {
        self.files.pop();
    }
}

impl Sources {
    /// Reads everything that the arguments name.
    pub(super) fn read(sets: &[PathBuf], config: &ConfigArg, lang: Lang) -> anyhow::Result<Self> {
        let mut sources = Self::default();
        let mut paths = Vec::new();
        for set in sets {
            // A file of that name is meant rather than the set.
            let id = set.to_str().filter(|_| !set.exists()).map(str::parse::<HeldId>);
            match id {
                Some(Ok(id)) => sources.read_known(id, config, lang)?,
                _ => paths.push(set.clone()),
            }
        }
        if !paths.is_empty() {
            sources.read_paths(&paths, lang)?;
        }
        if sources.is_full {
            let most = MOST >> 20;
            return Err(UsageError(match lang {
                Lang::Ja => {
                    format!("ファイルの合計が {most} MiB を超えています。分けて実行してください。")
                }
                Lang::En => format!("the files together exceed {most} MiB; give them in parts"),
            })
            .into());
        }
        Ok(sources)
    }

    fn read_paths(&mut self, paths: &[PathBuf], lang: Lang) -> anyhow::Result<()> {
        let found = find(paths, OtherCsv::PassedOver, lang)?;
        for (label, path) in found.labelled() {
            if is_zip(path) && found.is_named(path) {
                let file = disk::open_followed(path).with_context(|| path.display().to_string())?;
                let inside = archive::read(file, &label, self, lang);
                let shown = path.display();
                self.faults.extend(inside.faults.iter().map(|fault| format!("{shown}: {fault}")));
            } else {
                self.read_file(&label, path, lang);
            }
        }
        Ok(())
    }

    fn read_file(&mut self, label: &str, path: &Path, lang: Lang) {
        match copies::read_file(path) {
            Ok(bytes) => {
                self.begin_file(label);
                self.feed(&bytes);
                self.end_file();
            }
            Err(error) => {
                self.faults.push(format!("{}: {}", path.display(), io_text(&error, lang)));
            }
        }
    }

    /// Takes over what the office chose, unless a set before was of one.
    fn is_of(&mut self, config: &Config, office: Option<OfficeNumber>) {
        if self.files.is_empty()
            && let Some(office) = office.and_then(|office| config.office(office))
        {
            self.usual = office.forms;
        }
    }

    /// A set that the node of a configuration sent, received or holds.
    fn read_known(&mut self, id: HeldId, config: &ConfigArg, lang: Lang) -> anyhow::Result<()> {
        let config = setup::config(&config.config, lang)?;
        let store = setup::store(&config, lang)?;
        let runtime = setup::runtime()?;
        match id {
            HeldId::Package(id) => {
                let found = runtime.block_on(store.evidence(id));
                let evidence = found.map_err(|error| unknown(error, id, lang))?;
                self.is_of(&config, Some(evidence.office));
                let package = open(evidence.package, &Node::package_limits(&config));
                for (listed, bytes) in package.context("package")?.files() {
                    self.begin_file(&listed.name);
                    self.feed(bytes);
                    self.end_file();
                }
                Ok(())
            }
            HeldId::Set(_) => {
                let items = runtime.block_on(store.held_as(id))?;
                self.is_of(&config, items.first().map(|item| item.office));
                let folders: Vec<PathBuf> =
                    items.iter().filter_map(|item| desk::held::folder(item, &config)).collect();
                if folders.is_empty() {
                    let text = lang
                        .pick("その ID で保留中のものはありません。", "nothing of this id is held");
                    return Err(UsageError(text.to_owned()).into());
                }
                self.read_paths(&folders, lang)
            }
        }
    }

    /// The files as the drawing takes them.
    pub(super) fn as_files(&self) -> Vec<SourceFile<'_>> {
        self.files.iter().map(|(name, bytes)| SourceFile { name, bytes }).collect()
    }
}

fn unknown(error: StoreError, id: MessageId, lang: Lang) -> anyhow::Error {
    match error {
        StoreError::NotFound | StoreError::NoLongerKept => {
            UsageError(format!("{id}: {}", error.text(lang))).into()
        }
        other => other.into(),
    }
}
