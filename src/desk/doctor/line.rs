//! A line of the list.

use serde::{Serialize, Serializer};

use crate::types::Lang;

/// What a line is about, in the order in which the list is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// The node itself and what it tells.
    Node,
    /// The files of the configuration.
    Configuration,
    /// Folders: rights, volumes, network shares.
    Folders,
    /// Free space.
    Space,
    /// Our keys and certificates.
    Certificates,
    /// Revocation lists.
    Lists,
    /// The port that partners call.
    Port,
    /// The store.
    Store,
    /// Backups of the store and the rest.
    Backups,
    /// The clock of this computer.
    Clock,
    /// Each partner.
    Partners,
    /// What lies and waits.
    Waiting,
}

/// How it is with something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// Nothing is to be done.
    Fine,
    /// A person should look at it; the exchange goes on.
    Look,
    /// Something does not work.
    Broken,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// What it is about.
    pub topic: Topic,
    /// How it is.
    pub grade: Grade,
    /// Which one of these: a key of the configuration, a partner; may be empty.
    pub about: String,
    /// The stable code of what was found, where it has one.
    pub code: Option<&'static str>,
    /// What was found and what to do, in Japanese.
    pub ja: String,
    /// The same in English.
    pub en: String,
}

impl Topic {
    /// All of them, in the order of the list.
    pub const ALL: [Self; 12] = [
        Self::Node,
        Self::Configuration,
        Self::Folders,
        Self::Space,
        Self::Certificates,
        Self::Lists,
        Self::Port,
        Self::Store,
        Self::Backups,
        Self::Clock,
        Self::Partners,
        Self::Waiting,
    ];

    /// Its stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Node => "node",
            Self::Configuration => "configuration",
            Self::Folders => "folders",
            Self::Space => "space",
            Self::Certificates => "certificates",
            Self::Lists => "revocation-lists",
            Self::Port => "port",
            Self::Store => "store",
            Self::Backups => "backups",
            Self::Clock => "clock",
            Self::Partners => "partners",
            Self::Waiting => "waiting",
        }
    }

    /// What people call it.
    pub const fn title(self, lang: Lang) -> &'static str {
        let (ja, en) = match self {
            Self::Node => ("renkei の動作", "the node"),
            Self::Configuration => ("設定", "configuration"),
            Self::Folders => ("フォルダーと権限", "folders and rights"),
            Self::Space => ("ディスクの空き", "free space"),
            Self::Certificates => ("鍵と証明書", "keys and certificates"),
            Self::Lists => ("失効リスト", "revocation lists"),
            Self::Port => ("待ち受けポート", "port"),
            Self::Store => ("台帳", "store"),
            Self::Backups => ("バックアップ", "backups"),
            Self::Clock => ("時計", "clock"),
            Self::Partners => ("相手", "partners"),
            Self::Waiting => ("残っているもの", "what lies and waits"),
        };
        lang.pick(ja, en)
    }
}

impl Grade {
    /// Its stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Look => "look",
            Self::Broken => "broken",
        }
    }

    /// What people read.
    pub const fn text(self, lang: Lang) -> &'static str {
        let (ja, en) = match self {
            Self::Fine => ("良好", "fine"),
            Self::Look => ("要確認", "look at this"),
            Self::Broken => ("異常", "broken"),
        };
        lang.pick(ja, en)
    }
}

impl Line {
    pub(super) fn fine(
        topic: Topic,
        about: impl Into<String>,
        ja: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        let (about, ja, en) = (about.into(), ja.into(), en.into());
        Self { topic, grade: Grade::Fine, about, code: None, ja, en }
    }

    /// The same with another grade.
    pub(super) fn grade(self, grade: Grade) -> Self {
        Self { grade, ..self }
    }

    /// The same with a code.
    pub(super) fn code(self, code: Option<&'static str>) -> Self {
        Self { code, ..self }
    }

    /// What was found and what to do.
    pub fn text(&self, lang: Lang) -> &str {
        lang.pick(&self.ja, &self.en)
    }
}

impl Serialize for Topic {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Serialize for Grade {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
