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
    /// Every form.
    pub const ALL: [Self; 3] = [Self::First, Self::Second, Self::Third];

    /// The short name that stands boxed in the corner, where the form has one.
    pub const fn label(self) -> Option<&'static str> {
        match self {
            Self::First => Some("第１表"),
            Self::Second => Some("第２表"),
            Self::Third => Some("第３表"),
        }
    }

    /// The printed title.
    pub const fn title(self) -> &'static str {
        match self {
            Self::First => "居宅サービス計画書（１）",
            Self::Second => "居宅サービス計画書（２）",
            Self::Third => "週間サービス計画表",
        }
    }

    /// What it is printed on.
    pub const fn paper(self) -> Paper {
        match self {
            Self::First | Self::Second | Self::Third => Paper::A4Landscape,
        }
    }

    /// A word for addresses and classes.
    pub const fn word(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Second => "second",
            Self::Third => "third",
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
