//! 利用者基本情報: the lines of choices.

use crate::forms::entry::Entry;
use crate::forms::pen::{Offer, Pen};
use crate::forms::piece::{Choices, Piece};
use crate::spec::KnownItem;

const YES: &[&str] = &["1"];

const BODY: [Offer; 9] = [
    ("自立", &["01"]),
    ("J1", &["11"]),
    ("J2", &["12"]),
    ("A1", &["21"]),
    ("A2", &["22"]),
    ("B1", &["31"]),
    ("B2", &["32"]),
    ("C1", &["41"]),
    ("C2", &["42"]),
];

const MIND: [Offer; 8] = [
    ("自立", &["01"]),
    ("Ⅰ", &["02"]),
    ("Ⅱａ", &["03"]),
    ("Ⅱｂ", &["04"]),
    ("Ⅲａ", &["05"]),
    ("Ⅲｂ", &["06"]),
    ("Ⅳ", &["07"]),
    ("Ｍ", &["08"]),
];

const LEVELS: [Offer; 8] = [
    ("非該当", &["01"]),
    ("要支１", &["12"]),
    ("要支２", &["13"]),
    ("要介１", &["21"]),
    ("要介２", &["22"]),
    ("要介３", &["23"]),
    ("要介４", &["24"]),
    ("要介５", &["25"]),
];

const CHECKLIST: [Offer; 2] = [("事業対象者の該当あり", YES), ("事業対象者の該当なし", &["2"])];

/// 居住形態: combinations have codes of their own.
const DWELLINGS: [Offer; 4] = [
    ("自宅", &["01", "05", "06"]),
    ("借家", &["02", "07", "08"]),
    ("一戸建て", &["03", "05", "07"]),
    ("集合住宅", &["04", "06", "08"]),
];

/// The choices of which the record has one.
pub(super) struct Situation {
    pub(super) how: Choices,
    pub(super) times: Choices,
    pub(super) place: Choices,
    pub(super) body: Choices,
    pub(super) mind: Choices,
    pub(super) level: Choices,
    pub(super) checklist: Choices,
    pub(super) dwelling: Choices,
    pub(super) rebuilding: Choices,
}

impl Situation {
    pub(super) fn new(pen: &mut Pen<'_, '_>, row: Entry<'_, '_>) -> Self {
        let mut one = |item, offers: &[Offer]| pen.choices(row, item, "・", offers);
        Self {
            how: one(
                KnownItem::ConsultedHow,
                &[("来所", &["01"]), ("電話", &["02"]), ("その他", &["03"])],
            ),
            times: one(KnownItem::Consultations, &[("初回", &["01"]), ("再来", &["02"])]),
            place: one(KnownItem::Situation, &[("在宅", &["01"]), ("入院又は入所中", &["02"])]),
            body: one(KnownItem::BodyIndependence, &BODY),
            mind: one(KnownItem::MindIndependence, &MIND),
            level: one(KnownItem::CareLevel, &LEVELS),
            checklist: one(KnownItem::ChecklistResult, &CHECKLIST),
            dwelling: one(KnownItem::Dwelling, &DWELLINGS),
            rebuilding: one(KnownItem::Rebuilding, &[("有", YES), ("無", &["2"])]),
        }
    }
}

/// What holds or does not, one by one.
pub(super) struct Ticks {
    /// ○ between the brackets.
    pub(super) disabilities: [Piece; 4],
    pub(super) pensions: [Choices; 4],
}

impl Ticks {
    pub(super) fn new(pen: &mut Pen<'_, '_>, row: Entry<'_, '_>) -> Self {
        // 0 says of each that it does not hold, which is what stands there without a circle.
        Self {
            disabilities: [
                KnownItem::BodyDisability,
                KnownItem::LearningDisability,
                KnownItem::MindDisability,
                KnownItem::RareDisease,
            ]
            .map(|item| ring(pen, row, item)),
            pensions: [
                (KnownItem::NationalPension, "国民年金"),
                (KnownItem::EmployeePension, "厚生年金"),
                (KnownItem::DisabilityPension, "障害年金"),
                (KnownItem::PublicAssistance, "生活保護"),
            ]
            .map(|(item, word)| {
                let mut choices = pen.choices(row, item, "", &[(word, YES), ("", &["0"])]);
                choices.choices.truncate(1);
                choices
            }),
        }
    }
}

fn ring(pen: &mut Pen<'_, '_>, row: Entry<'_, '_>, item: KnownItem) -> Piece {
    pen.shown(&[row], item, |_, code| match code {
        "1" => "○".to_owned(),
        "0" => String::new(),
        other => other.to_owned(),
    })
}
