//! File names of the standard.

use std::borrow::Cow;
use std::fmt;

use super::{Edition, FileKind, FileSerial, OfficeNumber, ServiceMonth, ServiceType};

/// The month part of a file name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MonthPart {
    /// `000000`: 利用者補足情報 that goes with 第1〜3表 (R-FN-05).
    Zero,
    /// The 対象年月 or 提供年月.
    Month(ServiceMonth),
}

impl MonthPart {
    /// The month, where there is one.
    pub const fn month(self) -> Option<ServiceMonth> {
        match self {
            Self::Zero => None,
            Self::Month(month) => Some(month),
        }
    }
}

/// A way of writing a name that is accepted but that we would not write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NameQuirk {
    /// Letters in another case than the standard's, such as `.csv` (R-FN-01 is silent).
    LetterCase,
    /// `UPKIHON_000000_…` as in an example of 別添1 3.4 (README A-13), and with it the 別表 and
    /// pictures, whose names repeat its parts (R-FN-07).
    MonthInUpkihon,
}

/// A part of a file name, for saying which one is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NamePart {
    /// 対象年月 or 提供年月
    Month,
    /// 送信元事業所番号
    Sender,
    /// 送信元サービス種類コード
    SenderType,
    /// 送信先事業所番号
    Recipient,
    /// 送信先サービス種類コード
    RecipientType,
    /// ファイル連番
    Serial,
    /// 枝番 of a picture
    Branch,
}

impl NamePart {
    /// The official name of the part.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Month => "対象年月",
            Self::Sender => "送信元事業所番号",
            Self::SenderType => "送信元サービス種類コード",
            Self::Recipient => "送信先事業所番号",
            Self::RecipientType => "送信先サービス種類コード",
            Self::Serial => "ファイル連番",
            Self::Branch => "枝番",
        }
    }

    /// What the part looks like, for messages.
    pub const fn form(self) -> &'static str {
        match self {
            Self::Month => "YYYYMM",
            Self::Sender | Self::Recipient => "[0-9A-Z]{10}",
            Self::SenderType | Self::RecipientType => "[0-9A-Z]{2}",
            Self::Serial => "YYYYMMDDHHMMSS",
            Self::Branch => "[0-9]{4}",
        }
    }
}

/// Why a name is not one of the standard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FileNameError {
    /// The name starts with no known prefix: the file has nothing to do with the standard.
    #[error("the name starts with no prefix of the standard")]
    UnknownPrefix,
    /// The extension is not the one of the kind.
    #[error("a file of kind {kind} ends in {expected}")]
    Extension {
        /// The kind that the prefix names.
        kind: FileKind,
        /// `.CSV` or `.jpg`.
        expected: &'static str,
    },
    /// There are too few or too many parts between underscores.
    #[error(
        "{got} parts after the prefix {kind}, expected {expected_v41} (V4.1) or {expected_v3} (V3)"
    )]
    PartCount {
        /// The kind that the prefix names.
        kind: FileKind,
        /// Parts after the prefix in the V4.1 form.
        expected_v41: usize,
        /// Parts after the prefix in the V3 form.
        expected_v3: usize,
        /// Parts that were there.
        got: usize,
    },
    /// One part is malformed.
    #[error("{} is not {}", part.name(), part.form())]
    Part {
        /// The kind that the prefix names.
        kind: FileKind,
        /// The malformed part.
        part: NamePart,
    },
}

/// A file name of the standard, taken apart (`spec/filenames.csv`, R-FN-01 to R-FN-07).
///
/// Parsing accepts the variants in [`NameQuirk`]; `Display` writes the strictest form.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileName {
    /// What the file holds.
    pub kind: FileKind,
    /// 対象年月 or 提供年月; present exactly where [`FileKind::has_month`].
    pub month: Option<MonthPart>,
    /// 送信元事業所番号
    pub sender: OfficeNumber,
    /// 送信先事業所番号
    pub recipient: OfficeNumber,
    /// 送信元 and 送信先サービス種類コード; V4.1 has both, V3 none (R-FN-02).
    pub service_types: Option<(ServiceType, ServiceType)>,
    /// ファイル連番
    pub serial: FileSerial,
    /// 枝番 of a picture, 0 to 9999; present exactly for [`FileKind::UpkihonImage`].
    pub branch: Option<u16>,
}

impl FileName {
    /// Takes a name apart, without any folder before it.
    pub fn parse(name: &str) -> Result<Self, FileNameError> {
        Self::parse_with_quirks(name).map(|(name, _)| name)
    }

    /// Takes a name apart and lists what we would have written differently.
    pub fn parse_with_quirks(name: &str) -> Result<(Self, Vec<NameQuirk>), FileNameError> {
        let upper = if has_small_letters(name) {
            Cow::Owned(name.to_ascii_uppercase())
        } else {
            Cow::Borrowed(name)
        };
        let (kind, rest) = split_prefix(&upper).ok_or(FileNameError::UnknownPrefix)?;
        let rest = rest
            .strip_suffix(if kind.is_image() { ".JPG" } else { ".CSV" })
            .ok_or(FileNameError::Extension { kind, expected: extension(kind) })?;

        let mut parts: Vec<&str> = rest.split('_').collect();
        let mut quirks = Vec::new();
        if repeats_upkihon(kind) && parts.first() == Some(&"000000") {
            parts.remove(0);
            quirks.push(NameQuirk::MonthInUpkihon);
        }

        let fixed = 3 + usize::from(kind.has_month()) + usize::from(kind.is_image());
        let got = parts.len();
        let with_types = got == fixed + 2;
        if !with_types && got != fixed {
            return Err(FileNameError::PartCount {
                kind,
                expected_v41: fixed + 2,
                expected_v3: fixed,
                got,
            });
        }

        let mut parts = parts.into_iter();
        let mut next = || parts.next().unwrap_or_default();
        let bad = |part| FileNameError::Part { kind, part };

        let month = if kind.has_month() { Some(parse_month(kind, next())?) } else { None };
        let sender = next().parse().map_err(|_| bad(NamePart::Sender))?;
        let sender_type = if with_types {
            Some(next().parse().map_err(|_| bad(NamePart::SenderType))?)
        } else {
            None
        };
        let recipient = next().parse().map_err(|_| bad(NamePart::Recipient))?;
        let recipient_type = if with_types {
            Some(next().parse().map_err(|_| bad(NamePart::RecipientType))?)
        } else {
            None
        };
        let serial = next().parse().map_err(|_| bad(NamePart::Serial))?;
        let branch = if kind.is_image() {
            Some(parse_branch(next()).ok_or(bad(NamePart::Branch))?)
        } else {
            None
        };
        let service_types = sender_type.zip(recipient_type);

        let parsed = Self { kind, month, sender, recipient, service_types, serial, branch };
        if !has_our_letters(kind, name) {
            quirks.push(NameQuirk::LetterCase);
        }
        Ok((parsed, quirks))
    }

    /// The edition whose form the name has: with service types V4.1, without V3 (R-FN-02).
    pub const fn edition(&self) -> Edition {
        if self.service_types.is_some() { Edition::V4_1 } else { Edition::V3 }
    }

    /// The same name for a file of another kind in the same send unit (R-FN-07).
    ///
    /// `month` is used where the other kind carries one; `branch` where it is a picture.
    #[must_use]
    pub fn sibling(&self, kind: FileKind, month: MonthPart, branch: u16) -> Self {
        Self {
            kind,
            month: kind.has_month().then_some(month),
            branch: kind.is_image().then_some(branch),
            ..self.clone()
        }
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind.prefix())?;
        match self.month {
            Some(MonthPart::Zero) => write!(f, "_000000")?,
            Some(MonthPart::Month(month)) => write!(f, "_{month}")?,
            None => {}
        }
        match self.service_types {
            Some((sender, recipient)) => {
                write!(f, "_{}_{sender}_{}_{recipient}", self.sender, self.recipient)?;
            }
            None => write!(f, "_{}_{}", self.sender, self.recipient)?,
        }
        write!(f, "_{}", self.serial)?;
        if let Some(branch) = self.branch {
            write!(f, "_{branch:04}")?;
        }
        f.write_str(extension(self.kind))
    }
}

/// The extension as the rule text writes it (R-FN-01; README A-14 for the picture).
const fn extension(kind: FileKind) -> &'static str {
    if kind.is_image() { ".jpg" } else { ".CSV" }
}

/// 利用者基本情報 and the files whose names repeat the parts of its name.
const fn repeats_upkihon(kind: FileKind) -> bool {
    matches!(
        kind,
        FileKind::Upkihon | FileKind::UpkihonSub1 | FileKind::UpkihonSub2 | FileKind::UpkihonImage
    )
}

/// The kind with the longest prefix that fits, and what follows its underscore.
fn split_prefix(upper: &str) -> Option<(FileKind, &str)> {
    FileKind::ALL
        .iter()
        .filter_map(|kind| {
            let rest = upper.strip_prefix(kind.prefix())?.strip_prefix('_')?;
            Some((*kind, rest))
        })
        .min_by_key(|(_, rest)| rest.len())
}

fn parse_month(kind: FileKind, text: &str) -> Result<MonthPart, FileNameError> {
    if text == "000000" && kind == FileKind::Uphosoku {
        return Ok(MonthPart::Zero);
    }
    text.parse()
        .map(MonthPart::Month)
        .map_err(|_| FileNameError::Part { kind, part: NamePart::Month })
}

fn parse_branch(text: &str) -> Option<u16> {
    let digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// Whether a name that could be taken apart is in the letters in which we would write it. Both
/// spellings of the picture's extension are in the source (README A-14).
fn has_our_letters(kind: FileKind, name: &str) -> bool {
    let other = || name.strip_suffix(".JPG").filter(|_| kind.is_image());
    let stem = name.strip_suffix(extension(kind)).or_else(other);
    stem.is_some_and(|stem| !has_small_letters(stem))
}

fn has_small_letters(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    const V41: &str = "UPPLAN_202604_1370000018_43_1370000026_11_20260326111500.CSV";
    const V3: &str = "UPHOSOKU_000000_1370000018_1370000026_20250226101500.CSV";
    const IMAGE: &str = "UPKIHON_IMAGE_1300000013_46_1370000083_A6_20260327102500_0001.jpg";

    #[test]
    fn writes_what_it_read() {
        for name in [V41, V3, IMAGE] {
            let (parsed, quirks) = FileName::parse_with_quirks(name).expect(name);
            assert_eq!(parsed.to_string(), name);
            assert_eq!(quirks, []);
        }
        assert_eq!(FileName::parse(V41).map(|name| name.edition()), Ok(Edition::V4_1));
        assert_eq!(FileName::parse(V3).map(|name| name.edition()), Ok(Edition::V3));
        assert_eq!(FileName::parse(V3).map(|name| name.month), Ok(Some(MonthPart::Zero)));
    }

    #[test]
    fn prefers_the_longest_prefix() {
        let name = "UPKIHON_SUB1_1300000013_46_1370000083_A6_20260327102500.CSV";
        assert_eq!(FileName::parse(name).map(|name| name.kind), Ok(FileKind::UpkihonSub1));
    }

    #[test]
    fn accepts_the_known_variants() {
        let quirks = |name: &str| FileName::parse_with_quirks(name).map(|(_, quirks)| quirks);
        assert_eq!(quirks(&V41.to_lowercase()), Ok(vec![NameQuirk::LetterCase]));
        assert_eq!(quirks(&V41.replace(".CSV", ".csv")), Ok(vec![NameQuirk::LetterCase]));
        assert_eq!(quirks(&IMAGE.replace(".jpg", ".JPG")), Ok(vec![]));
        assert_eq!(quirks(&IMAGE.replace(".jpg", ".Jpg")), Ok(vec![NameQuirk::LetterCase]));
        let with_month = "UPKIHON_000000_1300000013_46_1370000083_A6_20260327102500.CSV";
        assert_eq!(quirks(with_month), Ok(vec![NameQuirk::MonthInUpkihon]));
        for prefix in ["UPKIHON_SUB1_", "UPKIHON_SUB2_"] {
            let name = with_month.replace("UPKIHON_", prefix);
            assert_eq!(quirks(&name), Ok(vec![NameQuirk::MonthInUpkihon]));
        }
        let picture = IMAGE.replace("IMAGE_", "IMAGE_000000_");
        assert_eq!(quirks(&picture), Ok(vec![NameQuirk::MonthInUpkihon]));
        let both = vec![NameQuirk::MonthInUpkihon, NameQuirk::LetterCase];
        assert_eq!(quirks(&picture.replace("UPKIHON", "Upkihon")), Ok(both));
    }

    #[test]
    fn says_which_part_is_wrong() {
        let part = |name: &str| match FileName::parse(name) {
            Err(FileNameError::Part { part, .. }) => Some(part),
            _ => None,
        };
        assert_eq!(part(&V41.replace("202604", "202613")), Some(NamePart::Month));
        assert_eq!(part(&V41.replace("202604", "000000")), Some(NamePart::Month));
        assert_eq!(part(&V41.replace("1370000018", "137000001")), Some(NamePart::Sender));
        assert_eq!(part(&V41.replace("_43_", "_4_")), Some(NamePart::SenderType));
        assert_eq!(part(&V41.replace("1370000026", "13700000260")), Some(NamePart::Recipient));
        assert_eq!(part(&V41.replace("20260326111500", "2026032611150")), Some(NamePart::Serial));
        assert_eq!(part(&IMAGE.replace("_0001", "_001")), Some(NamePart::Branch));
    }

    #[test]
    fn refuses_what_is_no_name_of_the_standard() {
        for name in ["", "README.txt", "UPPLAN", "UPPLANX_1.CSV", "../UPPLAN_202604.CSV"] {
            assert_eq!(FileName::parse(name), Err(FileNameError::UnknownPrefix), "{name}");
        }
        assert!(matches!(
            FileName::parse(&V41.replace(".CSV", ".TXT")),
            Err(FileNameError::Extension { kind: FileKind::Upplan, .. })
        ));
        assert!(matches!(
            FileName::parse(&V41.replace("_43", "")),
            Err(FileNameError::PartCount { got: 5, expected_v41: 6, expected_v3: 4, .. })
        ));
    }
}
