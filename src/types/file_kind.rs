//! The interface files of the standard.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

macro_rules! file_kinds {
    ($($(#[$doc:meta])* $variant:ident = $prefix:literal, $name:literal;)+) => {
        /// A kind of interface file, named after the prefix of its file names
        /// (`spec/filenames.csv`).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum FileKind {
            $($(#[$doc])* $variant,)+
        }

        impl FileKind {
            /// Every kind. Parents stand before their dependants (R-REL), which is also the order
            /// in which the files of a unit are placed (R-ORD-02 is silent).
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The prefix of the file name.
            pub const fn prefix(self) -> &'static str {
                match self { $(Self::$variant => $prefix,)+ }
            }

            /// The official name of the file.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

file_kinds! {
    /// 居宅サービス計画1表
    Up1kyo = "UP1KYO", "居宅サービス計画1表";
    /// 居宅サービス計画2表
    Up2kyo = "UP2KYO", "居宅サービス計画2表";
    /// 居宅サービス計画3表 (V4.1 only)
    Up3kyo = "UP3KYO", "居宅サービス計画３表";
    /// 第6表（サービス利用票）予定
    Upplan = "UPPLAN", "第6表（サービス利用票）予定";
    /// 第7表（サービス利用票別表）
    Upsikyu = "UPSIKYU", "第7表（サービス利用票別表）";
    /// 第6表 実績情報
    Upjsk = "UPJSK", "第6表 実績情報";
    /// 利用者補足情報
    Uphosoku = "UPHOSOKU", "利用者補足情報";
    /// 利用者基本情報
    Upkihon = "UPKIHON", "利用者基本情報";
    /// 利用者基本情報（別表1）
    UpkihonSub1 = "UPKIHON_SUB1", "利用者基本情報（別表1）";
    /// 利用者基本情報（別表2）
    UpkihonSub2 = "UPKIHON_SUB2", "利用者基本情報（別表2）";
    /// 利用者基本情報 家族構成画像: JPEG, the one kind that is not CSV
    UpkihonImage = "UPKIHON_IMAGE", "利用者基本情報 家族構成画像";
    /// 介護予防サービス・支援計画書
    Upyobo = "UPYOBO", "介護予防サービス・支援計画書";
    /// 介護予防サービス・支援計画書（別表）
    UpyoboSub = "UPYOBO_SUB", "介護予防サービス・支援計画書（別表）";
    /// 居宅サービス計画1表_削除
    Dlt1kyo = "DLT1KYO", "居宅サービス計画1表_削除";
    /// 第6表（サービス利用票）予定_削除
    Dltplan = "DLTPLAN", "第6表（サービス利用票）予定_削除";
    /// 第6表 実績情報_削除
    Dltjsk = "DLTJSK", "第6表 実績情報_削除";
    /// 利用者基本情報_削除
    Dltkihon = "DLTKIHON", "利用者基本情報_削除";
    /// 介護予防サービス・支援計画書_削除
    Dltyobo = "DLTYOBO", "介護予防サービス・支援計画書_削除";
}

impl FileKind {
    /// The kind whose prefix is `prefix`, in upper case.
    pub fn from_prefix(prefix: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.prefix() == prefix)
    }

    /// Whether the file name carries a 対象年月 or 提供年月 (R-FN-05, R-FN-06).
    pub const fn has_month(self) -> bool {
        matches!(
            self,
            Self::Uphosoku
                | Self::Upplan
                | Self::Upjsk
                | Self::Upsikyu
                | Self::Dltplan
                | Self::Dltjsk
        )
    }

    /// Whether the file withdraws what another file brought (R-DEL-01).
    pub const fn is_deletion(self) -> bool {
        matches!(
            self,
            Self::Dlt1kyo | Self::Dltplan | Self::Dltjsk | Self::Dltkihon | Self::Dltyobo
        )
    }

    /// Whether the file carries actuals (実績): these travel from the service office to the care
    /// manager, all others the other way.
    pub const fn is_actual(self) -> bool {
        matches!(self, Self::Upjsk | Self::Dltjsk)
    }

    /// Whether the file is a picture and not CSV.
    pub const fn is_image(self) -> bool {
        matches!(self, Self::UpkihonImage)
    }

    /// The media type in manifests: `text/csv` or `image/jpeg`.
    pub const fn media_type(self) -> &'static str {
        if self.is_image() { "image/jpeg" } else { "text/csv" }
    }
}

impl fmt::Display for FileKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.prefix())
    }
}

impl Serialize for FileKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.prefix())
    }
}

impl<'de> Deserialize<'de> for FileKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_prefix(&text).ok_or_else(|| de::Error::custom("unknown kind of file"))
    }
}
