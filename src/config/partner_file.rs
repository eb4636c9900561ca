//! A file of `partners/` that was read.

use crate::types::OfficeNumber;

/// A file of `partners/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartnerFile {
    /// Its name, as `1370000018.toml`.
    pub name: String,
    /// What it says.
    pub text: String,
}

impl PartnerFile {
    /// The file of a partner.
    pub fn new(office: OfficeNumber, text: String) -> Self {
        Self { name: format!("{office}.toml"), text }
    }

    /// The office that it is named after.
    pub fn office(&self) -> Option<OfficeNumber> {
        self.name.strip_suffix(".toml")?.parse().ok()
    }
}
