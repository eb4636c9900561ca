//! Why a file is no attachment.

use std::fmt;

use crate::types::{Lang, code};

/// Why a file is no attachment. Nothing of the file or its name is in the texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The name could be read as something else somewhere.
    Name,
    /// The name is too long.
    NameTooLong,
    /// A known extension stands before the last one, as in `plan.exe.pdf`.
    DoubleExtension,
    /// The file is empty.
    Empty,
    /// The file has more bytes than this.
    TooLarge {
        /// The most that are taken.
        limit: u64,
    },
    /// The bytes are of no type that is known.
    UnknownType,
    /// The type is known and not among those that travel.
    TypeNotAllowed,
    /// The extension of the name is not one of the type.
    Extension,
    /// The file carries programs.
    Macros,
}

impl Refused {
    /// A stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Name | Self::NameTooLong | Self::DoubleExtension => code::ATTACHMENT_NAME,
            Self::Empty | Self::UnknownType | Self::TypeNotAllowed => code::ATTACHMENT_TYPE,
            Self::TooLarge { .. } => code::ATTACHMENT_TOO_LARGE,
            Self::Extension => code::ATTACHMENT_EXTENSION,
            Self::Macros => code::ATTACHMENT_MACROS,
        }
    }

    /// What people read.
    pub fn text(self, lang: Lang) -> String {
        let (ja, en) = match self {
            Self::Name => (
                "添付ファイルの名前に使えない文字があるか、拡張子がありません。",
                "the name of the attachment has a character that is not allowed, or no extension",
            ),
            Self::NameTooLong => (
                "添付ファイルの名前が長すぎます（拡張子を含めて 65 文字ほどまで）。",
                "the name of the attachment is too long (200 bytes of UTF-8)",
            ),
            Self::DoubleExtension => (
                "添付ファイルの名前に拡張子が二つあります。",
                "the name of the attachment has two extensions",
            ),
            Self::Empty => ("添付ファイルが空です。", "the attachment is empty"),
            Self::TooLarge { limit } => {
                return match lang {
                    Lang::Ja => format!(
                        "添付ファイルが大きさの上限（attachments.file_size、{limit} バイト）を超えています。"
                    ),
                    Lang::En => {
                        format!("the attachment exceeds attachments.file_size, {limit} bytes")
                    }
                };
            }
            Self::UnknownType => (
                "添付ファイルの中身が、扱える種類のどれでもありません。",
                "the contents of the attachment are of no type that is known",
            ),
            Self::TypeNotAllowed => (
                "この種類の添付ファイルは、設定（attachments.types）で許可されていません。",
                "attachments of this type are not among attachments.types of the configuration",
            ),
            Self::Extension => (
                "添付ファイルの拡張子が中身と合っていません。",
                "the extension of the attachment does not fit its contents",
            ),
            Self::Macros => (
                "添付ファイルにマクロなどのプログラムが含まれています。",
                "the attachment carries macros or other programs",
            ),
        };
        lang.pick(ja, en).to_owned()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl std::error::Error for Refused {}
