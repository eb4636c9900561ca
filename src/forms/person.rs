//! What several forms print of a person.

use super::pen::Offer;
use super::piece::{Choice, Choices, Piece};

/// 性別
pub(super) const SEXES: [Offer; 2] = [("男", &["1"]), ("女", &["2"])];

/// The eras in which insured people were born.
const ERAS: [(&str, &str); 3] = [("明", "明治"), ("大", "大正"), ("昭", "昭和")];

/// The date of birth as forms have it that print the eras.
pub(super) fn by_era(born: Piece) -> Choices {
    let was = born.was.clone().unwrap_or_else(|| born.now.clone());
    let choices = ERAS.iter().map(|(label, era)| Choice {
        label,
        now: born.now.starts_with(era),
        was: was.starts_with(era),
    });
    let rest = |text: &str| {
        let known = ERAS.iter().find_map(|(_, era)| text.strip_prefix(era));
        known.unwrap_or(text).to_owned()
    };
    let other = Piece {
        now: rest(&born.now),
        was: born.was.as_deref().map(rest),
        blank: "　年　月　日",
        marks: Vec::new(),
    };
    Choices { choices: choices.collect(), between: "・", other, marks: born.marks }
}
