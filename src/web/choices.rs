//! How somebody wants to see and print the forms: as the office chose, unless the address says
//! otherwise.

use std::fmt::Write as _;
use std::str::FromStr;

use serde::Deserialize;

use crate::types::{DayStart, FormChoices, Honorific, Lang, PreventionPaper, PrintedNotes, Slip};

/// What an address says. What nobody could have chosen says nothing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    honorific: Option<String>,
    day_start: Option<String>,
    printed_notes: Option<String>,
    slip: Option<String>,
    prevention_paper: Option<String>,
}

/// Something to choose.
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) options: Vec<Choice>,
}

/// What can be chosen.
pub(super) struct Choice {
    pub(super) value: &'static str,
    pub(super) text: &'static str,
    pub(super) chosen: bool,
}

impl Asked {
    /// What holds, where `usual` is what the office chose.
    pub(super) fn over(&self, usual: FormChoices) -> FormChoices {
        fn one<T: FromStr>(asked: Option<&String>, usual: T) -> T {
            asked.and_then(|text| text.parse().ok()).unwrap_or(usual)
        }
        FormChoices {
            honorific: one(self.honorific.as_ref(), usual.honorific),
            day_start: one(self.day_start.as_ref(), usual.day_start),
            printed_notes: one(self.printed_notes.as_ref(), usual.printed_notes),
            slip: one(self.slip.as_ref(), usual.slip),
            prevention_paper: one(self.prevention_paper.as_ref(), usual.prevention_paper),
        }
    }
}

/// What of an address says the same, where it is not what the office chose.
pub(super) fn query(choices: FormChoices, usual: FormChoices) -> String {
    let mut query = String::new();
    let parts = [
        ("honorific", choices.honorific.as_str(), usual.honorific.as_str()),
        ("day_start", choices.day_start.as_str(), usual.day_start.as_str()),
        ("printed_notes", choices.printed_notes.as_str(), usual.printed_notes.as_str()),
        ("slip", choices.slip.as_str(), usual.slip.as_str()),
        ("prevention_paper", choices.prevention_paper.as_str(), usual.prevention_paper.as_str()),
    ];
    for (name, chosen, _) in parts.iter().filter(|(_, chosen, usual)| chosen != usual) {
        // A text takes everything.
        let _ = write!(query, "&{name}={chosen}");
    }
    query
}

/// Everything that can be chosen, with what is.
pub(super) fn fields(choices: FormChoices, lang: Lang) -> Vec<Field> {
    let honorific = |one| match one {
        Honorific::AsUsual => {
            lang.pick("第1〜3表は殿、ほかは様", "dono on tables 1 to 3, sama elsewhere")
        }
        Honorific::Sama => lang.pick("様", "sama"),
        Honorific::Dono => lang.pick("殿", "dono"),
    };
    let day_start = |one| match one {
        DayStart::Midnight => lang.pick("0時から24時", "0:00 to 24:00"),
        DayStart::Four => lang.pick("4時から翌4時", "4:00 to 4:00"),
    };
    let slip = |one| match one {
        Slip::ForUser => lang.pick("サービス利用票（利用者用）", "for the person"),
        Slip::ForFile => lang.pick("サービス利用票（事業者控え）", "for our file"),
        Slip::ForProvider => lang.pick("サービス提供票", "for the provider"),
    };
    let paper = |one| match one {
        PreventionPaper::A3 => lang.pick("A3 1枚", "one A3"),
        PreventionPaper::TwoA4 => lang.pick("A4 2枚", "two A4"),
    };
    let notes = |one| match one {
        PrintedNotes::Telling => lang.pick("主なものだけ", "what tells something"),
        PrintedNotes::All => lang.pick("コードも含めてすべて", "everything, codes too"),
    };
    macro_rules! field {
        ($name:literal, $of:ident, $chosen:expr, $ja:literal, $en:literal, $words:ident) => {
            Field {
                name: $name,
                label: lang.pick($ja, $en),
                options: $of::ALL
                    .iter()
                    .map(|one| Choice {
                        value: one.as_str(),
                        text: $words(*one),
                        chosen: *one == $chosen,
                    })
                    .collect(),
            }
        };
    }
    vec![
        field!("honorific", Honorific, choices.honorific, "敬称", "Word after names", honorific),
        field!("day_start", DayStart, choices.day_start, "第3表の1日", "Day of table 3", day_start),
        field!("slip", Slip, choices.slip, "第6表・第7表", "Tables 6 and 7", slip),
        field!(
            "prevention_paper",
            PreventionPaper,
            choices.prevention_paper,
            "介護予防の計画書の用紙",
            "Paper of the support plan",
            paper
        ),
        field!(
            "printed_notes",
            PrintedNotes,
            choices.printed_notes,
            "付記の印刷",
            "Notes in print",
            notes
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_holds_over_what_is_usual_and_nothing_else_does() {
        let asked = Asked {
            honorific: Some("sama".to_owned()),
            slip: Some("<script>".to_owned()),
            ..Asked::default()
        };
        let usual = FormChoices { slip: Slip::ForProvider, ..FormChoices::USUAL };
        let chosen = asked.over(usual);
        assert_eq!((chosen.honorific, chosen.slip), (Honorific::Sama, Slip::ForProvider));
        assert_eq!(query(chosen, usual), "&honorific=sama");
        assert_eq!(query(usual, usual), "");
        for field in fields(chosen, Lang::Ja) {
            assert_eq!(field.options.iter().filter(|one| one.chosen).count(), 1, "{}", field.name);
        }
    }
}
