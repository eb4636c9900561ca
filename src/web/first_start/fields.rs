//! What a form holds.

use super::super::guard::Sealed;

/// The longest text of a field in characters.
const LONGEST: usize = 4096;

/// The fields of a form in their order; some stand there several times.
#[derive(Clone, Default, serde::Deserialize)]
#[serde(transparent)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Adds one.
    pub(super) fn add(&mut self, name: &str, text: &str) {
        self.0.push((name.to_owned(), text.to_owned()));
    }

    /// What stands in a field, without spaces around it; nothing where there is no such field, or
    /// where it is longer than anybody types.
    pub(super) fn text(&self, name: &str) -> &str {
        let found = self.all(name).next().unwrap_or_default();
        if found.chars().nth(LONGEST).is_some() { "" } else { found.trim() }
    }

    /// A secret as it was typed.
    pub(super) fn secret(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// Every value of a field that may stand there several times.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// What every form carries.
    pub(super) fn sealed(&self) -> Sealed {
        Sealed::new(self.text("csrf").to_owned(), self.text("form").to_owned())
    }

    /// Whether somebody goes back to the step before.
    pub(super) fn goes_back(&self) -> bool {
        self.text("to") == "back"
    }
}
