//! The form of a history, `renkei.exchange/1`: JSON that a node writes and others can.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::types::{
    BirthPrint, Digest, FileSerial, OfficeNumber, PersonKey, ServiceMonth, ServiceType,
};

/// What was exchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct History {
    /// The form.
    pub format: HistoryFormat,
    /// The packages that were delivered or are on their way, in any order. Those that were refused,
    /// given up or replaced are none.
    pub packages: Vec<Exchanged>,
}

/// The form of a [`History`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum HistoryFormat {
    /// `renkei.exchange/1`
    #[default]
    #[serde(rename = "renkei.exchange/1")]
    V1,
}

/// A package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exchanged {
    /// ファイル連番.
    pub serial: FileSerial,
    /// 送信元事業所番号.
    pub sender: OfficeNumber,
    /// 送信先事業所番号.
    pub recipient: OfficeNumber,
    /// Its files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<ExchangedFile>,
    /// Whom it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<ExchangedPerson>,
}

/// A file of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExchangedFile {
    /// Its name.
    pub name: String,
    /// The digest of its bytes.
    pub sha256: Digest,
}

/// What a package says of somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExchangedPerson {
    /// Who: `insurer` and `insured`.
    #[serde(flatten)]
    pub key: PersonKey,
    /// A print of 生年月日 and 性別, where it tells them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_print: Option<BirthPrint>,
    /// What it brings or withdraws.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub documents: Vec<Brought>,
}

/// Something that a package brings or withdraws about somebody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Brought {
    /// What.
    #[serde(flatten)]
    pub what: What,
    /// Whether it is withdrawn (R-DEL).
    #[serde(default, skip_serializing_if = "is_false")]
    pub withdrawn: bool,
    /// サービスコード of 実績.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub codes: BTreeSet<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks in this way")]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// What a later package replaces or withdraws as one (R-REL, R-JSK-01).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "document", rename_all = "kebab-case")]
pub enum What {
    /// 居宅サービス計画書 by 作成（変更）日.
    CarePlan {
        /// 作成（変更）日.
        day: Date,
    },
    /// 介護予防サービス・支援計画書.
    SupportPlan {
        /// 作成（変更）日.
        day: Date,
    },
    /// 利用者基本情報.
    Basics {
        /// 相談日.
        day: Date,
    },
    /// 予定 of a month.
    Plan {
        /// サービス提供年月.
        month: ServiceMonth,
    },
    /// 実績 of an office and a service type in a month.
    Actual {
        /// サービス提供年月.
        month: ServiceMonth,
        /// サービス事業者コード.
        office: OfficeNumber,
        /// The first two characters of the service codes.
        service: ServiceType,
    },
}
