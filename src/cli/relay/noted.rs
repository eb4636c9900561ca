//! Which store a relay has, noted beside its configuration: one that is lost, because its disk is not
//! there for example, and one that took its place are noticed, and not begun anew in silence.

use std::io;
use std::path::{Path, PathBuf};

use crate::disk::{self, Readers};
use crate::relay::store::RelayStoreError;
use crate::types::{Lang, io_text};

/// The first word of the note.
const HEAD: &str = "renkei-relay-store";

/// No note is longer, bytes.
const LONGEST: u64 = 256;

/// The note beside a configuration.
pub(super) struct Noted {
    path: PathBuf,
}

impl Noted {
    /// That of `relay.toml` is `relay.toml.store`.
    pub(super) fn beside(config: &Path) -> Self {
        let mut name = config.file_name().unwrap_or_default().to_owned();
        name.push(".store");
        Self { path: config.with_file_name(name) }
    }

    /// By what the store was known at the last start; nothing before the first one.
    pub(super) fn read(&self) -> Result<Option<String>, RelayStoreError> {
        match disk::read_text(&self.path, LONGEST) {
            // What makes no sense is no store's.
            Ok(text) => {
                Ok(Some(text.trim().strip_prefix(HEAD).unwrap_or_default().trim().to_owned()))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => {
                let path = self.path.display();
                Err(RelayStoreError::Settings {
                    ja: format!("{path} を読めません: {}。", io_text(&error, Lang::Ja)),
                    en: format!("cannot read {path}: {}", io_text(&error, Lang::En)),
                })
            }
        }
    }

    /// Notes it. Where that cannot be, the relay serves all the same.
    pub(super) fn write(&self, identity: &str) {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".tmp");
        let (unfinished, line) = (self.path.with_file_name(name), format!("{HEAD} {identity}\n"));
        let written =
            disk::replace_by_way_of(&unfinished, &self.path, line.as_bytes(), Readers::Owner);
        if let Err(error) = written {
            let (path, why) = (self.path.display(), io_text(&error, Lang::En));
            tracing::warn!("a store that is lost will not be noticed: {path}: {why}");
        }
    }
}
