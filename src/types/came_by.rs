//! The ways on which sets come to an office.

use super::Lang;

/// How a set came to the office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CameBy {
    /// From the node of its sender: signed by the sender, and answered with receipts.
    #[default]
    Renkei,
    /// Downloaded from the official WEB service by a person. Nobody signed it for us, and nobody is
    /// told what became of it.
    Web,
}

impl CameBy {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Renkei, Self::Web];

    /// How it is written: `renkei`, `web`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Renkei => "renkei",
            Self::Web => "web",
        }
    }

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == name)
    }

    /// Whether its sender is told what becomes of it, by receipts that we sign.
    pub const fn is_receipted(self) -> bool {
        matches!(self, Self::Renkei)
    }

    /// What people read beside a set that did not come by the node of its sender.
    pub const fn note(self, lang: Lang) -> Option<&'static str> {
        match self {
            Self::Renkei => None,
            Self::Web => Some(lang.pick("WEBサービスから", "from the WEB service")),
        }
    }

    /// The same as a sentence.
    pub const fn sentence(self, lang: Lang) -> Option<&'static str> {
        match self {
            Self::Renkei => None,
            Self::Web => Some(lang.pick(
                "WEBサービスからダウンロードしたものです。",
                "It was downloaded from the WEB service.",
            )),
        }
    }
}
