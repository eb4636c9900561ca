//! What people call an attachment, and the kind of document that it is.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use unicode_normalization::UnicodeNormalization as _;

use super::file_type::FileType;
use super::refused::Refused;
use crate::types::text::{is_device_name, is_forbidden_in_names, is_invisible};

/// The longest title in bytes of UTF-8: file systems of Linux take names of 255, and a number has to
/// find room.
const LONGEST_TITLE: usize = 200;

/// The longest kind of document, in bytes of UTF-8.
const LONGEST_KIND: usize = 90;

/// Extensions behind which programs hide. They are no types of attachments; this list is for those
/// that stand before another extension.
const PROGRAMS: [&str; 27] = [
    "exe", "com", "scr", "pif", "bat", "cmd", "ps1", "vbs", "vbe", "js", "jse", "wsf", "wsh",
    "hta", "msi", "msp", "dll", "cpl", "jar", "lnk", "url", "reg", "chm", "iso", "docm", "xlsm",
    "pptm",
];

/// The name of an attachment as its sender calls it: one visible component of a path that no system
/// reads as something else, in Unicode normal form C, with an extension.
///
/// It may hold the name of a person, so `Debug` does not show it and there is no `Display`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Title(String);

impl Title {
    /// Takes a file name. Names of systems that take characters apart (NFD) are put together.
    pub fn new(name: &str) -> Result<Self, Refused> {
        let name = component(name, LONGEST_TITLE)?;
        let mut parts = name.split('.');
        let stem = parts.next().unwrap_or_default();
        let extension = parts.next_back().unwrap_or_default();
        if stem.is_empty() || extension.is_empty() {
            return Err(Refused::Name);
        }
        let hides = |part: &str| {
            let part = part.trim().to_ascii_lowercase();
            PROGRAMS.contains(&part.as_str()) || FileType::knows_extension(&part)
        };
        if parts.any(hides) {
            return Err(Refused::DoubleExtension);
        }
        Ok(Self(name))
    }

    /// The name itself, for the places whose purpose is to show or carry it.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What stands behind the last dot, in small letters.
    pub fn extension(&self) -> String {
        self.0.rsplit('.').next().unwrap_or_default().to_ascii_lowercase()
    }

    /// The same title with a number before its extension.
    pub fn numbered(&self, number: u32) -> String {
        match self.0.rsplit_once('.') {
            Some((stem, extension)) => format!("{stem} ({number}).{extension}"),
            None => format!("{} ({number})", self.0),
        }
    }
}

/// The kind of document that an attachment is, in the words of its sender, such as 主治医意見書. It is the
/// name of a folder at the recipient, so it is one component of a path.
///
/// Somebody may write a name into it, so `Debug` does not show it and there is no `Display`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DocumentKind(String);

impl DocumentKind {
    /// Takes the words.
    pub fn new(words: &str) -> Result<Self, Refused> {
        let words = component(words, LONGEST_KIND)?;
        // A folder of this name would be taken for a claim in the work folder.
        let is_id = uuid::Uuid::try_parse(&words).is_ok();
        // The Explorer of Windows shows a folder that ends with a class id as something else.
        let has_class = words.contains(['{', '}']);
        if is_id || has_class { Err(Refused::Name) } else { Ok(Self(words)) }
    }

    /// The words themselves.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// One component of a path, in normal form C, or why it is none.
fn component(text: &str, longest: usize) -> Result<String, Refused> {
    // Before it is put together: that takes time and room by its length.
    if text.len() > 4 * longest {
        return Err(Refused::NameTooLong);
    }
    let text: String = text.nfc().collect();
    if text.len() > longest {
        return Err(Refused::NameTooLong);
    }
    let is_bad = |c: char| c.is_control() || is_invisible(c) || is_forbidden_in_names(c);
    let is_good = !text.is_empty()
        && !text.chars().any(is_bad)
        && !text.starts_with(['.', ' ', '~'])
        && !text.ends_with(['.', ' '])
        && !is_device_name(&text);
    if is_good { Ok(text) } else { Err(Refused::Name) }
}

macro_rules! hidden_text {
    ($($type:ident)+) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("[personal]")
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::new(&text).map_err(de::Error::custom)
            }
        }
    )+};
}

hidden_text!(Title DocumentKind);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn takes_the_names_that_people_give() {
        for name in [
            "主治医意見書.pdf",
            "個別サービス計画書 2026.05.12.xlsx",
            "写真 (2).JPG",
            "データ_v1.2.csv",
            "COM.pdf",
        ] {
            let title = Title::new(name).expect("a title");
            assert_eq!(title.reveal(), name);
            assert_eq!(format!("{title:?}"), "[personal]");
        }
        assert_eq!(Title::new("写真.JPG").map(|title| title.extension()), Ok("jpg".to_owned()));
        let title = Title::new("a.b.pdf").expect("a title");
        assert_eq!(title.numbered(2), "a.b (2).pdf");
    }

    #[test]
    fn puts_together_what_macos_takes_apart() {
        let title = Title::new("か\u{3099}く.pdf").expect("a title");
        assert_eq!(title.reveal(), "がく.pdf");
    }

    #[test]
    fn refuses_names_that_mislead_or_mean_something_else() {
        for name in [
            "",
            "pdf",
            ".pdf",
            "a.",
            "a.pdf.",
            "a.pdf ",
            " a.pdf",
            "~$a.docx",
            "../a.pdf",
            "a/b.pdf",
            "a\\b.pdf",
            "C:a.pdf",
            "a\u{202E}fdp.exe",
            "a\u{200B}.pdf",
            "a\nb.pdf",
            "a\u{0}.pdf",
            "NUL.pdf",
            "com1.pdf",
            "a.pdf:stream.pdf",
            "a?.pdf",
        ] {
            assert_eq!(Title::new(name), Err(Refused::Name), "{name:?}");
        }
        for name in ["a.exe.pdf", "請求.js.pdf", "a.pdf.csv", "a.XLSM.xlsx", "a.scr .pdf"] {
            assert_eq!(Title::new(name), Err(Refused::DoubleExtension), "{name:?}");
        }
        let long = format!("{}.pdf", "あ".repeat(66));
        assert_eq!(Title::new(&long), Err(Refused::NameTooLong));
        assert_eq!(Title::new(&"\u{FDFA}".repeat(100_000)), Err(Refused::NameTooLong));
        assert!(Title::new(&format!("{}.pdf", "あ".repeat(65))).is_ok());
    }

    #[test]
    fn a_kind_is_the_name_of_a_folder() {
        assert_eq!(DocumentKind::new("主治医意見書").expect("a kind").reveal(), "主治医意見書");
        for bad in ["", "..", "a/b", "a.", "CON", "0190163d-8694-739b-aea5-966c26f8ad91", "a{b}"] {
            assert_eq!(DocumentKind::new(bad), Err(Refused::Name), "{bad}");
        }
    }

    proptest! {
        #![proptest_config(proptest::test_runner::Config {
            failure_persistence: None, ..Default::default()
        })]

        #[test]
        fn a_title_is_one_short_component_and_stays_itself(
            name in "(?s).{0,60}|[.A-Za-z0-9:/\\\\ \u{3099}か]{0,14}|[\u{1100}-\u{11FF}]{0,80}\\.pdf"
        ) {
            if let Ok(title) = Title::new(&name) {
                let mut parts = std::path::Path::new(title.reveal()).components();
                let first = parts.next();
                let is_plain = matches!(
                    first, Some(std::path::Component::Normal(part)) if part == title.reveal()
                );
                prop_assert!(is_plain && parts.next().is_none());
                prop_assert!(title.reveal().len() <= LONGEST_TITLE);
                prop_assert!(title.numbered(999).len() <= 255);
                prop_assert_eq!(Title::new(title.reveal()), Ok(title));
            }
        }
    }
}
