//! How to judge.

use super::collect::Findings;
use super::profile::Profile;
use super::selection::Selection;

/// How to judge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The most findings of one rule in one file that are reported in full; all are counted.
    pub findings_per_file: u64,
    /// The same for all files together.
    pub findings_per_set: u64,
    /// How strictly.
    pub profile: Profile,
    /// The files came from somebody else, and what can be imported is taken: what is an error only
    /// for who sends it is a warning.
    pub received: bool,
    /// Which rules count.
    pub selection: Selection,
    /// Whether findings that follow from others are told as well; only for the test that leaving
    /// them out makes no set look better.
    #[doc(hidden)]
    pub consequences: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            findings_per_file: 1_000,
            findings_per_set: 10_000,
            profile: Profile::default(),
            received: false,
            selection: Selection::default(),
            consequences: false,
        }
    }
}

impl Options {
    pub(super) const fn collector(&self) -> Findings {
        Findings::new(self.findings_per_file)
            .with_consequences(self.consequences)
            .of_received(self.received)
    }
}
