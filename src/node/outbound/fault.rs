//! What stops the work on the drop folder, or on one unit, for a moment.

use super::machine::Trouble;
use crate::folder::{Action, FolderError};
use crate::package::PackError;
use crate::store::StoreError;
use crate::types::{Lang, OfficeNumber, code};

/// A fault of ours, or of a disk.
#[derive(Debug, thiserror::Error)]
pub(super) enum OutboundFault {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("the package could not be signed: {0}")]
    Pack(#[from] PackError),
    #[error("the command that scans attachments does not work")]
    Scanner,
    #[error("work on a blocking thread did not end")]
    Internal,
}

impl OutboundFault {
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Folder(error) => error.code(),
            Self::Pack(_) => code::PACK_FAILED,
            Self::Scanner => code::ATTACHMENT_SCANNER,
            Self::Internal => code::INTERNAL,
        }
    }

    pub(super) fn text(&self, lang: Lang) -> String {
        match self {
            Self::Store(error) => error.text(lang),
            Self::Folder(error) => error.text(lang),
            Self::Scanner => code::meaning(self.code(), lang).unwrap_or_default(),
            Self::Pack(_) | Self::Internal => {
                lang.pick(&format!("内部エラーです（{self}）。"), &self.to_string()).to_owned()
            }
        }
    }

    /// What it means for the one unit that met it: that one is tried again, and no other is kept back.
    pub(super) fn trouble(&self, office: OfficeNumber) -> Trouble {
        tracing::debug!(%office, code = self.code(), fault = %self,
            "a set cannot be taken; it is tried again");
        let (ja, en) = match self {
            Self::Folder(error) => (error.fault().text(Lang::Ja), error.fault().text(Lang::En)),
            other => (other.to_string(), other.to_string()),
        };
        let is_of_the_unit = match self {
            Self::Folder(error) => error.action() == Action::Read,
            Self::Store(_) | Self::Pack(_) | Self::Scanner | Self::Internal => true,
        };
        Trouble { code: self.code(), ja, en, is_of_the_unit }
    }
}
