//! The documents about a person that the files of the standard carry.

use jiff::civil::Date;

use crate::types::{FileKind, ServiceMonth};

/// A document about a person. The files that belong together (R-REL) are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Document {
    /// 居宅サービス計画書: 第1表 to 第3表.
    CarePlan,
    /// 介護予防サービス・支援計画書.
    SupportPlan,
    /// サービス利用票, 予定: 第6表 and 第7表.
    Plan,
    /// サービス利用票, 実績.
    Actual,
    /// 利用者基本情報.
    Basics,
    /// An attachment, which is in no file of the standard.
    Attachment,
}

impl Document {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::CarePlan,
        Self::SupportPlan,
        Self::Plan,
        Self::Actual,
        Self::Basics,
        Self::Attachment,
    ];

    /// The name under which it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CarePlan => "care-plan",
            Self::SupportPlan => "support-plan",
            Self::Plan => "plan",
            Self::Actual => "actual",
            Self::Basics => "basics",
            Self::Attachment => "attachment",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }

    /// The document that a file is part of, or withdraws. UPHOSOKU goes with 第6表 where its name
    /// carries a month, and else with 第1表 (R-FN-05).
    pub const fn of(kind: FileKind, has_month: bool) -> Self {
        match kind {
            FileKind::Uphosoku if has_month => Self::Plan,
            FileKind::Uphosoku
            | FileKind::Up1kyo
            | FileKind::Up2kyo
            | FileKind::Up3kyo
            | FileKind::Dlt1kyo => Self::CarePlan,
            FileKind::Upplan | FileKind::Upsikyu | FileKind::Dltplan => Self::Plan,
            FileKind::Upjsk | FileKind::Dltjsk => Self::Actual,
            FileKind::Upkihon
            | FileKind::UpkihonSub1
            | FileKind::UpkihonSub2
            | FileKind::UpkihonImage
            | FileKind::Dltkihon => Self::Basics,
            FileKind::Upyobo | FileKind::UpyoboSub | FileKind::Dltyobo => Self::SupportPlan,
        }
    }
}

/// Of when a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum When {
    /// サービス提供年月, of a [`Document::Plan`] and a [`Document::Actual`]; the month that a
    /// [`Document::Attachment`] is about.
    Month(ServiceMonth),
    /// 作成（変更）日 of a plan, 相談日 of a [`Document::Basics`].
    Day(Date),
}

/// That a package brings or withdraws a document about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Mention {
    /// The document.
    pub document: Document,
    /// Whether the package takes it back (R-DEL).
    pub withdrawn: bool,
    /// Of when it is; none where the files do not say it in a way that can be read.
    pub when: Option<When>,
}
