//! 第1表 居宅サービス計画書（１）.

use askama::Template;

use crate::forms::entry::{Entry, Person, Sets};
use crate::forms::form::Form;
use crate::forms::pen::{Context, Offer, Pen};
use crate::forms::piece::{Choices, Piece};
use crate::forms::sheet::{DrawnForm, Head, sheet};
use crate::forms::wareki::Style;
use crate::spec::KnownItem;
use crate::types::FileKind;

/// 計画書区分: combinations have codes of their own.
pub(super) const OCCASIONS: [Offer; 3] = [
    ("初回", &["11", "51", "52", "54"]),
    ("紹介", &["12", "51", "53", "54"]),
    ("継続", &["21", "52", "53", "54"]),
];

/// 認定状況区分
pub(super) const STATES: [Offer; 2] = [("認定済", &["2"]), ("申請中", &["1"])];

const LEVELS: [Offer; 5] = [
    ("要介護１", &["21"]),
    ("要介護２", &["22"]),
    ("要介護３", &["23"]),
    ("要介護４", &["24"]),
    ("要介護５", &["25"]),
];

/// 生活援助中心型の算定理由; その他 has a bracket behind it.
const REASONS: [Offer; 3] =
    [("１．一人暮らし", &["1"]), ("２．家族等が障害、疾病等", &["2"]), ("３．その他", &["3"])];

const YEAR_MONTH_DAY: &str = "　　年　月　日";

#[derive(Template)]
#[template(path = "forms/plan/first.html", config = "src/askama.toml")]
struct First<'h> {
    head: &'h Head,
    occasion: Choices,
    state: Choices,
    born: Piece,
    address: [Piece; 3],
    author: Piece,
    manager: Piece,
    manager_address: [Piece; 3],
    planned: Piece,
    first_planned: Piece,
    certified: Piece,
    from: Piece,
    until: Piece,
    level: Choices,
    analysis: Piece,
    opinion: Piece,
    policy: Piece,
    reason: Choices,
    other_reason: Piece,
}

pub(super) fn draw(
    context: &Context<'_>,
    person: Person<'_, '_>,
    sets: Sets<'_, '_>,
    place: usize,
    told_here: Option<Entry<'_, '_>>,
) -> DrawnForm {
    let mut pen = Pen::new(context, Form::First);
    let row = sets.nth(FileKind::Up1kyo, place);
    let supplement = sets.only(FileKind::Uphosoku);
    let mut head = Head::new(&mut pen, person, supplement, row, KnownItem::WrittenOn);
    // The name shares its line with the date of birth and the address.
    head.with_name = false;
    let form = cells(&mut pen, &head, row, supplement);
    if !form.other_reason.now.is_empty() && row.look(KnownItem::HouseworkReason) != "3" {
        pen.sentence(
            "その他理由が書かれていますが、算定理由は「その他」ではありません。".to_owned(),
        );
    }
    let others = told_here.as_slice();
    for (other, row) in others.iter().flat_map(|other| [(other.now, row.now), (other.was, row.was)])
    {
        if let (Some(other), Some(row)) = (other, row) {
            other.agree(row);
        }
    }
    pen.rest(&[&[row], others].concat());
    sheet(pen, person, Some(&head), &form)
}

fn cells<'h>(
    pen: &mut Pen<'_, '_>,
    head: &'h Head,
    row: Entry<'_, '_>,
    supplement: Entry<'_, '_>,
) -> First<'h> {
    let mut day = |entry, item| pen.date(entry, item, Style::Full).or(YEAR_MONTH_DAY);
    let born = day(supplement, KnownItem::Born);
    let planned = day(row, KnownItem::PlanDate);
    let first_planned = day(row, KnownItem::FirstPlanDate);
    let certified = day(row, KnownItem::CertifiedOn);
    let [from, until] =
        [KnownItem::CertifiedFrom, KnownItem::CertifiedUntil].map(|item| day(row, item));
    First {
        head,
        occasion: pen.choices(row, KnownItem::PlanOccasion, "・", &OCCASIONS),
        state: pen.choices(row, KnownItem::CertificationState, "・", &STATES),
        born,
        address: address(pen, row, supplement),
        author: pen.text(row, KnownItem::PlanAuthor),
        manager: pen.text(row, KnownItem::ManagerName),
        manager_address: [
            KnownItem::ManagerPostalCode,
            KnownItem::ManagerAddress1,
            KnownItem::ManagerAddress2,
        ]
        .map(|item| pen.text(row, item)),
        planned,
        first_planned,
        certified,
        from,
        until,
        level: pen.choices(row, KnownItem::CareLevel, "・", &LEVELS),
        analysis: pen.text(row, KnownItem::IssueAnalysis),
        opinion: pen.text(row, KnownItem::BoardOpinion),
        policy: pen.text(row, KnownItem::OverallPolicy),
        reason: pen.choices(row, KnownItem::HouseworkReason, "　", &REASONS),
        other_reason: pen.text(row, KnownItem::OtherReason),
    }
}

/// 住所 of the plan; where it has none, that of 利用者補足情報.
fn address(pen: &mut Pen<'_, '_>, row: Entry<'_, '_>, supplement: Entry<'_, '_>) -> [Piece; 3] {
    const ADDRESS: [KnownItem; 3] =
        [KnownItem::UserPostalCode, KnownItem::UserAddress1, KnownItem::UserAddress2];
    let own = ADDRESS.iter().any(|item| !row.look(*item).is_empty());
    let source = if own { row } else { supplement };
    ADDRESS.map(|item| pen.text(source, item))
}
