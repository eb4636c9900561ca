//! File names from outside: which are taken, and how they are shown.

use std::ffi::OsStr;
use std::fmt;

use crate::types::text::{is_device_name, is_forbidden_in_names, is_invisible};
use crate::types::{FileKind, FileName, FileNameError, Lang, OfficeNumber, code};

/// The longest name that NTFS and the usual file systems hold, in UTF-16 units.
const LONGEST: usize = 255;

/// Why an entry of a folder is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum OddReason {
    /// The name is not Unicode.
    NotUnicode,
    /// The name is empty, `.` or `..`.
    Empty,
    /// A control character in the name.
    ControlCharacter,
    /// A character that is invisible or changes the direction of writing, such as U+202E.
    Invisible,
    /// One of `< > : " / \ | ? *`.
    ForbiddenCharacter,
    /// The name ends in a dot or a space, which Windows drops.
    TrailingDotOrSpace,
    /// A device name of Windows, such as `CON` or `NUL.csv`.
    DeviceName,
    /// More than 255 UTF-16 units.
    TooLong,
    /// The name is none of the standard, where only those are written.
    NotOfTheStandard,
    /// A symbolic link.
    Link,
    /// A folder.
    Folder,
    /// A device, pipe or socket.
    Special,
}

impl OddReason {
    /// A stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotUnicode => code::DROP_NAME_NOT_UNICODE,
            Self::Empty => code::DROP_NAME_EMPTY,
            Self::ControlCharacter => code::DROP_NAME_CONTROL_CHARACTER,
            Self::Invisible => code::DROP_NAME_INVISIBLE,
            Self::ForbiddenCharacter => code::DROP_NAME_FORBIDDEN_CHARACTER,
            Self::TrailingDotOrSpace => code::DROP_NAME_TRAILING,
            Self::DeviceName => code::DROP_NAME_DEVICE,
            Self::TooLong => code::DROP_NAME_TOO_LONG,
            Self::NotOfTheStandard => code::DROP_NAME_NOT_OF_THE_STANDARD,
            Self::Link => code::DROP_LINK,
            Self::Folder => code::DROP_FOLDER_INSIDE,
            Self::Special => code::DROP_SPECIAL_FILE,
        }
    }

    /// What people read.
    pub const fn text(self, lang: Lang) -> &'static str {
        let (ja, en) = match self {
            Self::NotUnicode => {
                ("ファイル名の文字コードが正しくありません。", "the name is not Unicode")
            }
            Self::Empty => ("ファイル名がありません。", "the name is empty"),
            Self::ControlCharacter => {
                ("ファイル名に制御文字が含まれています。", "a control character in the name")
            }
            Self::Invisible => (
                "ファイル名に見えない文字（文字の向きを変える文字など）が含まれています。",
                "an invisible or direction-changing character in the name",
            ),
            Self::ForbiddenCharacter => (
                "ファイル名に使えない文字が含まれています。",
                "one of < > : \" / \\ | ? * in the name",
            ),
            Self::TrailingDotOrSpace => {
                ("ファイル名の最後がピリオドまたは空白です。", "the name ends in a dot or a space")
            }
            Self::DeviceName => (
                "Windows の予約語（CON、NUL など）のファイル名です。",
                "a device name of Windows, such as CON or NUL",
            ),
            Self::TooLong => ("ファイル名が長すぎます。", "the name is too long"),
            Self::NotOfTheStandard => {
                ("標準仕様のファイル名ではありません。", "the name is none of the standard")
            }
            Self::Link => (
                "リンクは扱いません。ファイルそのものを置いてください。",
                "a link; expected the file itself",
            ),
            Self::Folder => (
                "フォルダーの中は見ません。ファイルを直接置いてください。",
                "a folder; expected files",
            ),
            Self::Special => ("通常のファイルではありません。", "not a plain file"),
        };
        lang.pick(ja, en)
    }
}

/// Takes a name that can stand in every folder and on every system as what it is: one visible
/// component that no system reads as something else.
pub fn check_name(name: &OsStr) -> Result<&str, OddReason> {
    let name = name.to_str().ok_or(OddReason::NotUnicode)?;
    if name.is_empty() || name == "." || name == ".." {
        return Err(OddReason::Empty);
    }
    if name.encode_utf16().nth(LONGEST).is_some() {
        return Err(OddReason::TooLong);
    }
    for character in name.chars() {
        if character.is_control() {
            return Err(OddReason::ControlCharacter);
        }
        if is_invisible(character) {
            return Err(OddReason::Invisible);
        }
        if is_forbidden_in_names(character) {
            return Err(OddReason::ForbiddenCharacter);
        }
    }
    if name.ends_with(['.', ' ']) {
        return Err(OddReason::TrailingDotOrSpace);
    }
    if is_device_name(name) {
        return Err(OddReason::DeviceName);
    }
    Ok(name)
}

/// Whether a folder of this name in a drop folder holds attachments: for the office of that number.
pub(super) fn is_attachment_folder(name: &str) -> bool {
    name.parse::<OfficeNumber>().is_ok()
}

/// Whether the name is one of a file that some program is still writing, or of no interest to
/// anybody: hidden, temporary, partly downloaded, the clutter of Windows.
pub(super) fn is_passed_over(name: &str) -> bool {
    const CLUTTER: [&str; 2] = ["thumbs.db", "desktop.ini"];
    const PARTIAL: [&str; 6] = [".tmp", ".temp", ".part", ".partial", ".crdownload", ".download"];
    let lower = name.to_ascii_lowercase();
    lower.starts_with('.')
        || lower.starts_with("~$")
        || lower.ends_with('~')
        || CLUTTER.contains(&lower.as_str())
        || PARTIAL.iter().any(|ending| lower.ends_with(ending))
}

/// A file name for people and logs: itself where it is one of the standard (those hold no personal
/// data), otherwise only its kind, its length and a well-known extension.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ShownName {
    standard: Option<String>,
    kind: Option<FileKind>,
    extension: Option<&'static str>,
    length: usize,
}

impl ShownName {
    /// How `name` may be shown.
    pub fn of(name: &str) -> Self {
        let (standard, kind) = match FileName::parse(name) {
            Ok(parsed) => (Some(name.to_owned()), Some(parsed.kind)),
            Err(FileNameError::UnknownPrefix) => (None, None),
            Err(
                FileNameError::Extension { kind, .. }
                | FileNameError::PartCount { kind, .. }
                | FileNameError::Part { kind, .. },
            ) => (None, Some(kind)),
        };
        Self { standard, kind, extension: known_extension(name), length: name.chars().count() }
    }

    /// How a name that need not be Unicode may be shown.
    pub fn of_os(name: &OsStr) -> Self {
        Self::of(&name.to_string_lossy())
    }

    /// The text.
    pub fn text(&self, lang: Lang) -> String {
        if let Some(name) = &self.standard {
            return name.clone();
        }
        let kind = self.kind.map(|kind| format!("{kind}… ")).unwrap_or_default();
        let extension = self.extension.unwrap_or_default();
        let length = self.length;
        match lang {
            Lang::Ja => format!("[{kind}名前を伏せたファイル {length}文字 {extension}]"),
            Lang::En => format!("[{kind}masked name, {length} characters {extension}]"),
        }
    }
}

impl fmt::Display for ShownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text(Lang::En))
    }
}

impl fmt::Debug for ShownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Only extensions from a list, because `.yamada` would be one too.
fn known_extension(name: &str) -> Option<&'static str> {
    const KNOWN: [&str; 16] = [
        ".csv", ".jpg", ".jpeg", ".png", ".tif", ".pdf", ".txt", ".htm", ".html", ".xls", ".xlsx",
        ".doc", ".docx", ".zip", ".lnk", ".exe",
    ];
    let lower = name.to_ascii_lowercase();
    KNOWN.into_iter().find(|extension| lower.ends_with(extension))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reason(name: &str) -> Option<OddReason> {
        check_name(OsStr::new(name)).err()
    }

    #[test]
    fn takes_ordinary_names() {
        for name in ["UPPLAN_1.CSV", "予定 (2).csv", "COM.csv", "COM10.csv", "console.csv", "a.b.c"]
        {
            assert_eq!(reason(name), None, "{name}");
        }
        assert_eq!(reason(&"あ".repeat(255)), None);
    }

    #[test]
    fn refuses_names_that_mean_something_else_somewhere() {
        for (name, expected) in [
            ("", OddReason::Empty),
            ("..", OddReason::Empty),
            ("a\u{0}b", OddReason::ControlCharacter),
            ("a\nb", OddReason::ControlCharacter),
            ("UPPLAN\u{202E}VSC.exe", OddReason::Invisible),
            ("a\u{200B}.csv", OddReason::Invisible),
            ("../a.csv", OddReason::ForbiddenCharacter),
            ("a\\b.csv", OddReason::ForbiddenCharacter),
            ("a.csv:stream", OddReason::ForbiddenCharacter),
            ("a.csv.", OddReason::TrailingDotOrSpace),
            ("a.csv ", OddReason::TrailingDotOrSpace),
            ("con", OddReason::DeviceName),
            ("NUL.csv", OddReason::DeviceName),
            ("nul .csv", OddReason::DeviceName),
            ("Lpt9.txt", OddReason::DeviceName),
            ("COM².txt", OddReason::DeviceName),
            (&"a".repeat(256), OddReason::TooLong),
        ] {
            assert_eq!(reason(name), Some(expected), "{name:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn refuses_what_is_not_unicode() {
        use std::os::unix::ffi::OsStrExt as _;
        let name = OsStr::from_bytes(b"\x83\x65.CSV");
        assert_eq!(check_name(name), Err(OddReason::NotUnicode));
    }

    #[test]
    fn passes_over_what_is_unfinished_or_clutter() {
        for name in ["~$a.xlsx", "a.CSV.tmp", "a.PART", "a.crdownload", ".a", "Thumbs.db", "a~"] {
            assert!(is_passed_over(name), "{name}");
        }
        assert!(!is_passed_over("UPPLAN_tmp.CSV"));
    }

    #[test]
    fn shows_no_name_that_is_not_of_the_standard() {
        let shown = ShownName::of("UPPLAN_202604_山田太郎.CSV").to_string();
        assert_eq!(shown, "[UPPLAN… masked name, 22 characters .csv]");
        assert_eq!(ShownName::of("佐藤.yamada").text(Lang::Ja), "[名前を伏せたファイル 9文字 ]");
    }

    proptest! {
        #![proptest_config(super::super::law())]

        #[test]
        fn a_taken_name_is_one_component(name in "(?s).{0,40}|[.A-Za-z0-9:/\\\\ ]{0,12}") {
            if let Ok(taken) = check_name(OsStr::new(&name)) {
                let mut parts = std::path::Path::new(taken).components();
                let plain = matches!(parts.next(), Some(std::path::Component::Normal(part)) if part == taken);
                prop_assert!(plain && parts.next().is_none());
            }
        }
    }
}
