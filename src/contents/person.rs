//! People in the files.

use std::collections::{BTreeMap, BTreeSet};

use super::document::Mention;
use crate::types::{
    BirthPrint, OfficeNumber, PersonKey, Personal, ServiceMonth, ServiceType,
};

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
    /// A print of 生年月日 and 性別, where a file tells them.
    pub birth: Option<BirthPrint>,
    /// サービスコード of the 実績 about the person; none of those that are withdrawn.
    pub actuals: BTreeMap<ActualOf, BTreeSet<String>>,
}

/// What 実績 replace or withdraw as one (R-JSK-01).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ActualOf {
    /// サービス提供年月.
    pub month: ServiceMonth,
    /// サービス事業者コード.
    pub office: OfficeNumber,
    /// The first two characters of the service codes.
    pub service: ServiceType,
    /// Whether they are taken back.
    pub withdrawn: bool,
}
