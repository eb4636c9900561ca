//! Where the configuration of a node stands, to be read again while the node runs.

use std::path::{Path, PathBuf};

use crate::config::{Config, PARTNERS};

/// What is wrong with a configuration, or with a change of it, in Japanese and English.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults {
    /// In Japanese.
    pub ja: String,
    /// In English.
    pub en: String,
}

/// The configuration as it stands in its files now, or what is wrong with them.
pub type Reading = Result<Config, Faults>;

/// Where a configuration stands.
pub struct Source {
    file: PathBuf,
    read: Box<dyn Fn() -> Reading + Send + Sync>,
}

impl Source {
    /// `read` reads all of a configuration whose main file is `file`. It may block.
    pub fn new(
        file: impl Into<PathBuf>,
        read: impl Fn() -> Reading + Send + Sync + 'static,
    ) -> Self {
        Self { file: file.into(), read: Box::new(read) }
    }

    pub(super) fn read(&self) -> Reading {
        (self.read)()
    }

    /// The main file of the configuration.
    pub(super) fn file(&self) -> &Path {
        &self.file
    }

    /// The folders in which a change shows: that of the file, and those in it that hold parts of the
    /// configuration.
    pub(super) fn folders(&self) -> Vec<PathBuf> {
        let folder = self.file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or_else(|| Path::new("."));
        let partners = folder.join(PARTNERS);
        let is_there = partners.is_dir();
        std::iter::once(folder.to_owned()).chain(is_there.then_some(partners)).collect()
    }
}
