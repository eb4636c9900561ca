//! The types that are known.

use std::fmt;
use std::str::FromStr;

macro_rules! file_types {
    ($($(#[$doc:meta])* $variant:ident $id:literal [$($extension:literal)+] $media:literal;)+) => {
        /// A type of attachment.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum FileType {
            $($(#[$doc])* $variant,)+
        }

        impl FileType {
            /// Every type.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Its name in the configuration, and the extension of names that we make.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)+ }
            }

            /// The extensions that fit, in small letters without the dot.
            pub const fn extensions(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($extension),+],)+ }
            }

            /// Its media type.
            pub const fn media_type(self) -> &'static str {
                match self { $(Self::$variant => $media,)+ }
            }
        }
    };
}

file_types! {
    /// PDF (ISO 32000)
    Pdf "pdf" ["pdf"] "application/pdf";
    /// JPEG
    Jpeg "jpg" ["jpg" "jpeg"] "image/jpeg";
    /// PNG
    Png "png" ["png"] "image/png";
    /// A text of an office program (ISO/IEC 29500)
    Docx "docx" ["docx"] "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    /// A workbook (ISO/IEC 29500)
    Xlsx "xlsx" ["xlsx"] "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    /// Slides (ISO/IEC 29500)
    Pptx "pptx" ["pptx"] "application/vnd.openxmlformats-officedocument.presentationml.presentation";
    /// Text with commas: CSV files of sibling standards
    Csv "csv" ["csv"] "text/csv";
    /// A text of an old office program (MS-DOC)
    Doc "doc" ["doc"] "application/msword";
    /// A workbook of an old office program (MS-XLS)
    Xls "xls" ["xls"] "application/vnd.ms-excel";
    /// Slides of an old office program (MS-PPT)
    Ppt "ppt" ["ppt"] "application/vnd.ms-powerpoint";
}

impl FileType {
    /// The types that travel unless the configuration says otherwise. The old binary formats are not
    /// among them: what they carry cannot be told for certain.
    pub const USUAL: &'static [Self] =
        &[Self::Pdf, Self::Jpeg, Self::Png, Self::Docx, Self::Xlsx, Self::Pptx, Self::Csv];

    /// The type with this media type.
    pub fn of_media_type(media: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.media_type() == media)
    }

    /// Whether a file with this extension, in small letters, is one of some type.
    pub(super) fn knows_extension(extension: &str) -> bool {
        Self::ALL.iter().any(|known| known.extensions().contains(&extension))
    }
}

impl fmt::Display for FileType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

/// The text is the name of no type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a type of attachment, such as pdf")]
pub struct ParseFileTypeError;

impl FromStr for FileType {
    type Err = ParseFileTypeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|known| known.id() == text).ok_or(ParseFileTypeError)
    }
}
