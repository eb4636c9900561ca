//! How forms are drawn.

use crate::rules::Finding;
use crate::types::FormChoices;

use super::codes::Names;

/// How forms are drawn.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'o> {
    /// What the office chose.
    pub choices: FormChoices,
    /// Names of services by サービスコード, for 第6表 and 第7表.
    pub services: Option<&'o Names>,
    /// Names of insurers by 保険者番号.
    pub insurers: Option<&'o Names>,
    /// What the checks found in these files, under the names that the files have here.
    pub findings: &'o [Finding],
}
