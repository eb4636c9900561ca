//! What offices choose about the forms.

use crate::rules::Finding;

use super::codes::Names;

/// The word after the name of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Honorific {
    /// 殿 on 第1表 to 第3表, 様 elsewhere.
    #[default]
    AsUsual,
    /// 様 everywhere.
    Sama,
    /// 殿 everywhere.
    Dono,
}

/// Where a day of 第3表 begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DayStart {
    /// 0:00 to 24:00.
    #[default]
    Midnight,
    /// 4:00 to 4:00 of the next day.
    Four,
}

/// What is printed of 付記; on a screen everything is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PrintedNotes {
    /// What says something to people; not codes and the like.
    #[default]
    Telling,
    /// Everything.
    All,
}

/// Which copy of 第6表 and 第7表 is drawn where there is a plan. An actual alone is always a
/// サービス提供票: the office that provides the services returns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Slip {
    /// サービス利用票 for the person.
    #[default]
    ForUser,
    /// サービス利用票 that the care manager keeps.
    ForFile,
    /// サービス提供票 for the offices that provide the services.
    ForProvider,
}

/// What 介護予防サービス・支援計画書 is printed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PreventionPaper {
    /// One A3.
    #[default]
    A3,
    /// Two A4.
    TwoA4,
}

/// How forms are drawn.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options<'o> {
    /// 様 or 殿.
    pub honorific: Honorific,
    /// The axis of 第3表.
    pub day_start: DayStart,
    /// What is printed of 付記.
    pub printed_notes: PrintedNotes,
    /// Names of services by サービスコード, for 第6表 and 第7表.
    pub services: Option<&'o Names>,
    /// Names of insurers by 保険者番号.
    pub insurers: Option<&'o Names>,
    /// The copy of 第6表 and 第7表.
    pub slip: Slip,
    /// The paper of 介護予防サービス・支援計画書.
    pub prevention_paper: PreventionPaper,
    /// What the checks found in these files, under the names that the files have here.
    pub findings: &'o [Finding],
}
