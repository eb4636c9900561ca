//! People in the files.

use std::collections::BTreeSet;

use super::document::Mention;
use crate::types::{PersonKey, Personal};

/// What a package says of one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Who it is.
    pub key: PersonKey,
    /// 利用者氏名, where a file tells it.
    pub name: Option<Personal<String>>,
    /// フリガナ, as it is written there.
    pub kana: Option<Personal<String>>,
    /// The documents about the person.
    pub mentions: BTreeSet<Mention>,
}
