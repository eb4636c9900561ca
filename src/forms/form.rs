//! The forms there are.

/// A paper form, in the order of printing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Form {
    /// 第１表
    First,
    /// 第２表
    Second,
    /// 第３表
    Third,
    /// 第６表 サービス利用票（兼居宅サービス計画）
    Usage,
    /// The same for offices that provide services: サービス提供票
    Provision,
    /// 第７表 サービス利用票別表
    UsageTable,
    /// The same for offices that provide services: サービス提供票別表
    ProvisionTable,
    /// 利用者基本情報
    Basics,
    /// 介護予防サービス・支援計画書
    Prevention,
    /// What is withdrawn; no paper form, but somebody has to read it.
    Deletion,
}

/// The paper of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper {
    /// A4, long side across.
    A4Landscape,
    /// A4 upright.
    A4Portrait,
    /// A3, long side across.
    A3Landscape,
}

impl Form {
    /// The short name that stands boxed in the corner, where the form has one.
    pub const fn label(self) -> Option<&'static str> {
        match self {
            Self::First => Some("第１表"),
            Self::Second => Some("第２表"),
            Self::Third => Some("第３表"),
            Self::Usage => Some("第６表"),
            Self::UsageTable => Some("第７表"),
            Self::Provision
            | Self::ProvisionTable
            | Self::Basics
            | Self::Prevention
            | Self::Deletion => None,
        }
    }

    /// The printed title.
    pub const fn title(self) -> &'static str {
        match self {
            Self::First => "居宅サービス計画書（１）",
            Self::Second => "居宅サービス計画書（２）",
            Self::Third => "週間サービス計画表",
            Self::Usage => "サービス利用票（兼居宅サービス計画）",
            Self::Provision => "サービス提供票",
            Self::UsageTable => "サービス利用票別表",
            Self::ProvisionTable => "サービス提供票別表",
            Self::Basics => "利用者基本情報",
            Self::Prevention => "介護予防サービス・支援計画書",
            Self::Deletion => "削除の一覧",
        }
    }

    /// What it is printed on, where the office has not chosen.
    pub const fn paper(self) -> Paper {
        match self {
            Self::First
            | Self::Second
            | Self::Third
            | Self::Usage
            | Self::Provision
            | Self::UsageTable
            | Self::ProvisionTable => Paper::A4Landscape,
            Self::Basics | Self::Deletion => Paper::A4Portrait,
            Self::Prevention => Paper::A3Landscape,
        }
    }

    /// A word for addresses and classes.
    pub const fn word(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Second => "second",
            Self::Third => "third",
            Self::Usage => "usage",
            Self::Provision => "provision",
            Self::UsageTable => "usage-table",
            Self::ProvisionTable => "provision-table",
            Self::Basics => "basics",
            Self::Prevention => "prevention",
            Self::Deletion => "deletion",
        }
    }

    /// Whether the name is followed by 殿 where the office has not chosen.
    pub(super) const fn is_formal(self) -> bool {
        matches!(self, Self::First | Self::Second | Self::Third)
    }
}

impl Paper {
    /// The class of `forms.css` that has its size.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::A4Landscape => "fm-land",
            Self::A4Portrait => "fm-port",
            Self::A3Landscape => "fm-a3",
        }
    }
}
