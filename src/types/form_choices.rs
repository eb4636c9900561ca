//! What offices choose about the forms: the names by which configuration, page and commands know it.

use std::str::FromStr;

/// A choice with the names of what can be chosen; the first is what holds when nobody chose.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name {
            $($(#[$of])* $variant),+
        }

        impl $name {
            /// Everything that can be chosen, in the order in which it is shown.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// By what it is known.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }
        }

        impl FromStr for $name {
            type Err = UnknownChoice;

            fn from_str(text: &str) -> Result<Self, UnknownChoice> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text).ok_or(UnknownChoice)
            }
        }
    };
}

/// There is no such choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no such choice")]
pub struct UnknownChoice;

choice! {
    /// The word after the name of a person.
    Honorific {
        /// 殿 on 第1表 to 第3表, 様 elsewhere.
        AsUsual "usual",
        /// 様 everywhere.
        Sama "sama",
        /// 殿 everywhere.
        Dono "dono",
    }
}

choice! {
    /// Where a day of 第3表 begins.
    DayStart {
        /// 0:00 to 24:00.
        Midnight "0",
        /// 4:00 to 4:00 of the next day.
        Four "4",
    }
}

choice! {
    /// What is printed of 付記; on a screen everything is shown.
    PrintedNotes {
        /// What says something to people; not codes and the like.
        Telling "telling",
        /// Everything.
        All "all",
    }
}

choice! {
    /// Which copy of 第6表 and 第7表 is drawn where there is a plan. An actual alone is always a
    /// サービス提供票: the office that provides the services returns it.
    Slip {
        /// サービス利用票 for the person.
        ForUser "user",
        /// サービス利用票 that the care manager keeps.
        ForFile "file",
        /// サービス提供票 for the offices that provide the services.
        ForProvider "provider",
    }
}

choice! {
    /// What 介護予防サービス・支援計画書 is printed on.
    PreventionPaper {
        /// One A3.
        A3 "a3",
        /// Two A4.
        TwoA4 "two-a4",
    }
}

/// How an office wants its forms drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormChoices {
    /// 様 or 殿.
    pub honorific: Honorific,
    /// The axis of 第3表.
    pub day_start: DayStart,
    /// What is printed of 付記.
    pub printed_notes: PrintedNotes,
    /// The copy of 第6表 and 第7表.
    pub slip: Slip,
    /// The paper of 介護予防サービス・支援計画書.
    pub prevention_paper: PreventionPaper,
}

impl FormChoices {
    /// What holds when nobody chose.
    pub const USUAL: Self = Self {
        honorific: Honorific::AsUsual,
        day_start: DayStart::Midnight,
        printed_notes: PrintedNotes::Telling,
        slip: Slip::ForUser,
        prevention_paper: PreventionPaper::A3,
    };
}

impl Default for FormChoices {
    fn default() -> Self {
        Self::USUAL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_is_known_by_its_name() {
        for one in Slip::ALL {
            assert_eq!(one.as_str().parse(), Ok(*one));
        }
        assert_eq!("".parse::<Honorific>(), Err(UnknownChoice));
        assert_eq!(Honorific::ALL[0], FormChoices::USUAL.honorific);
        assert_eq!(DayStart::ALL[0], FormChoices::USUAL.day_start);
        assert_eq!(PrintedNotes::ALL[0], FormChoices::USUAL.printed_notes);
        assert_eq!(PreventionPaper::ALL[0], FormChoices::USUAL.prevention_paper);
    }
}
