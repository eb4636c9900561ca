//! By what name somebody logs in.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::UsersError;

/// The most characters of a name.
const MOST: usize = 40;

/// A name of letters and digits of any script with `.`, `_`, `-`, `@` and single spaces between
/// them. It stands as it is in the journal, in tables and on the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserName(String);

impl UserName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether people would take one for the other.
    pub fn looks_like(&self, other: &Self) -> bool {
        self.0.to_lowercase() == other.0.to_lowercase()
    }
}

impl FromStr for UserName {
    type Err = UsersError;

    fn from_str(text: &str) -> Result<Self, UsersError> {
        let text = text.trim();
        let is_fit = |c: char| c.is_alphanumeric() || "._-@ ".contains(c);
        let fits = (1..=MOST).contains(&text.chars().count())
            && text.chars().all(is_fit)
            && text.starts_with(char::is_alphanumeric)
            && !text.contains("  ");
        if fits { Ok(Self(text.to_owned())) } else { Err(UsersError::Name) }
    }
}

impl TryFrom<String> for UserName {
    type Error = UsersError;

    fn try_from(text: String) -> Result<Self, UsersError> {
        text.parse()
    }
}

impl From<UserName> for String {
    fn from(name: UserName) -> Self {
        name.0
    }
}

impl fmt::Display for UserName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_tables_and_terminals_show_as_it_is() {
        for good in ["hanako", "佐藤 花子", "h.sato@example", "A1", " spaces around "] {
            assert!(good.parse::<UserName>().is_ok(), "{good}");
        }
        let long = "あ".repeat(41);
        for bad in ["", " ", "a\nb", "=1+1", "-a", "@a", "a\u{202e}b", "a  b", "a/b", "<b>", &long]
        {
            assert!(bad.parse::<UserName>().is_err(), "{bad}");
        }
    }
}
