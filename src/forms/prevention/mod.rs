//! 介護予防サービス・支援計画書.

mod issues;

use askama::Template;

use crate::spec::KnownItem;
use crate::types::FileKind;

use super::entry::{Entry, Pair, Person, Sets};
use super::form::Form;
use super::many::Texts;
use super::measure;
use super::pen::{Context, Offer, Pen};
use super::piece::{Choices, Piece};
use super::sheet::{DrawnForm, sheet};
use super::stack::Stack;
use crate::types::PreventionPaper;

/// The cells that hold a text as it is.
const TEXTS: [KnownItem; 27] = [
    KnownItem::PlanNumber,
    KnownItem::PreventionUser,
    KnownItem::CenterAuthor,
    KnownItem::CommissionedAuthor,
    KnownItem::AuthorOffice,
    KnownItem::AuthorAddress,
    KnownItem::AuthorPhone,
    KnownItem::Center,
    KnownItem::AimOfDay,
    KnownItem::AimOfYear,
    KnownItem::MovingNow,
    KnownItem::MovingWill,
    KnownItem::MovingReason,
    KnownItem::HomeNow,
    KnownItem::HomeWill,
    KnownItem::HomeReason,
    KnownItem::SocialNow,
    KnownItem::SocialWill,
    KnownItem::SocialReason,
    KnownItem::HealthNow,
    KnownItem::HealthWill,
    KnownItem::HealthReason,
    KnownItem::HealthAdvice,
    KnownItem::SupportPolicy,
    KnownItem::WholePolicy,
    KnownItem::CenterOpinion,
    KnownItem::ConsentedBy,
];

const OCCASIONS: [Offer; 3] = [
    ("初回", &["11", "51", "52", "54"]),
    ("紹介", &["12", "51", "53", "54"]),
    ("継続", &["21", "52", "53", "54"]),
];

const STATES: [Offer; 2] = [("認定済", &["2"]), ("申請中", &["1"])];

const LEVELS: [Offer; 3] = [("要支援１", &["1"]), ("要支援２", &["2"]), ("地域支援事業", &["3"])];

const ISSUES: [Offer; 2] = [("有", &["1"]), ("無", &["2"])];

/// アセスメント領域: the title of its row, what is the case, what is wanted, whether there is an
/// issue and why.
const AREAS: [(&str, [KnownItem; 4]); 4] = [
    (
        "運動・移動について",
        [
            KnownItem::MovingNow,
            KnownItem::MovingWill,
            KnownItem::MovingIssue,
            KnownItem::MovingReason,
        ],
    ),
    (
        "日常生活（家庭生活）について",
        [KnownItem::HomeNow, KnownItem::HomeWill, KnownItem::HomeIssue, KnownItem::HomeReason],
    ),
    (
        "社会参加、対人関係・コミュニケーションについて",
        [
            KnownItem::SocialNow,
            KnownItem::SocialWill,
            KnownItem::SocialIssue,
            KnownItem::SocialReason,
        ],
    ),
    (
        "健康管理について",
        [
            KnownItem::HealthNow,
            KnownItem::HealthWill,
            KnownItem::HealthIssue,
            KnownItem::HealthReason,
        ],
    ),
];

/// 必要な事業プログラム: its name, how many questions of 基本チェックリスト ask for it, how many apply,
/// and whether it is needed.
const PROGRAMS: [(&str, u8, KnownItem, KnownItem); 6] = [
    ("運動不足", 5, KnownItem::ChecklistMoving, KnownItem::ProgramMoving),
    ("栄養改善", 2, KnownItem::ChecklistFood, KnownItem::ProgramFood),
    ("口腔内ケア", 3, KnownItem::ChecklistMouth, KnownItem::ProgramMouth),
    ("閉じこもり予防", 2, KnownItem::ChecklistOuting, KnownItem::ProgramOuting),
    ("物忘れ予防", 3, KnownItem::ChecklistMemory, KnownItem::ProgramMemory),
    ("うつ予防", 5, KnownItem::ChecklistMood, KnownItem::ProgramMood),
];

/// About so many lines fit on a page below the head.
const PAGE: usize = 36;

/// About so many half-width characters fit on a line of a column.
const COLUMN: usize = 22;

/// A row of アセスメント領域.
struct Area {
    title: &'static str,
    now: Piece,
    will: Piece,
    issue: Choices,
    reason: Piece,
}

/// A column of 必要な事業プログラム.
struct Program {
    name: &'static str,
    questions: u8,
    hits: Piece,
    /// Whether it is needed, and whether it was: the figures are circled then.
    needed: bool,
    was_needed: bool,
    /// What a circle does not say.
    rest: Choices,
}

#[derive(Template)]
#[template(path = "forms/prevention/prevention.html", config = "src/askama.toml")]
struct Prevention {
    form: Form,
    honorific: &'static str,
    two_pages: bool,
    /// Whether the tables are about as high as a page or higher: then each ends where it ends, and
    /// else both at the same height.
    is_long: bool,
    texts: Texts,
    dates: Texts,
    occasion: Choices,
    state: Choices,
    level: Choices,
    areas: Vec<Area>,
    programs: Vec<Program>,
    issues: Vec<issues::Issue>,
}

/// One form for each record; rows of 別表 without one have a form of their own.
pub(super) fn draw(
    context: &Context<'_>,
    person: Person<'_, '_>,
    sets: Sets<'_, '_>,
    forms: &mut Stack<'_>,
) {
    for place in 0..sets.count(FileKind::Upyobo).max(1) {
        forms.add(|| one(context, person, sets, place));
    }
}

fn one(
    context: &Context<'_>,
    person: Person<'_, '_>,
    sets: Sets<'_, '_>,
    place: usize,
) -> DrawnForm {
    let mut pen = Pen::new(context, Form::Prevention);
    let row = sets.nth(FileKind::Upyobo, place);
    let row = Pair { compared: sets.compared, ..row };
    if row.any().is_none() {
        pen.sentence(
            "介護予防サービス・支援計画書のレコードがなく、別表だけがあります。".to_owned(),
        );
    }
    let two_pages = context.options.choices.prevention_paper == PreventionPaper::TwoA4;
    // The rows of 別表 follow the first record of their day.
    let (now, was) = if place == 0 { sets.rows(FileKind::UpyoboSub) } else { (&[][..], &[][..]) };
    let lines = issues::lines(now, was, sets.compared);
    let areas = areas(&mut pen, row);
    let issues = issues::issues(&mut pen, &lines);
    let cells = Prevention {
        form: Form::Prevention,
        honorific: pen.honorific(),
        two_pages,
        is_long: areas_height(&areas) > PAGE || issues::height(&issues) > PAGE,
        texts: pen.texts(row, &TEXTS),
        dates: pen.dates(
            row,
            &[
                KnownItem::PreventionPlanDate,
                KnownItem::PreventionCertifiedOn,
                KnownItem::CertifiedFrom,
                KnownItem::CertifiedUntil,
                KnownItem::FirstPreventionPlan,
                KnownItem::ConsentedOn,
            ],
        ),
        occasion: pen.choices(row, KnownItem::PlanOccasion, "・", &OCCASIONS),
        state: pen.choices(row, KnownItem::CertificationState, "・", &STATES),
        level: pen.choices(row, KnownItem::SupportLevel, "・", &LEVELS),
        areas,
        programs: programs(&mut pen, row),
        issues,
    };
    let mut told: Vec<Entry<'_, '_>> = lines.iter().map(|line| line.entry).collect();
    for part in told.iter().flat_map(|entry| [entry.now, entry.was]).flatten() {
        // What ties the rows to the record is its printed date.
        part.show(KnownItem::PreventionPlanDate);
    }
    told.push(row);
    pen.rest(&told);
    sheet(pen, person, None, &cells)
}

fn areas(pen: &mut Pen<'_, '_>, row: Entry<'_, '_>) -> Vec<Area> {
    let area = |(title, [now, will, issue, reason]): (_, [KnownItem; 4])| Area {
        title,
        now: pen.text(row, now),
        will: pen.text(row, will),
        issue: pen.choices(row, issue, "　", &ISSUES),
        reason: pen.text(row, reason),
    };
    AREAS.map(area).into()
}

/// About how many lines アセスメント領域 takes.
fn areas_height(areas: &[Area]) -> usize {
    let height = |area: &Area| {
        let cells = [&area.now, &area.will, &area.reason];
        2 + cells.map(|piece| measure::lines(&piece.now, COLUMN)).into_iter().max().unwrap_or(0)
    };
    areas.iter().map(height).sum()
}

fn programs(pen: &mut Pen<'_, '_>, row: Entry<'_, '_>) -> Vec<Program> {
    let program = |(name, questions, hits, needed)| {
        let mut rest = pen.choices(row, needed, "", &[("要", &["1"]), ("否", &["2"])]);
        let choice = rest.choices.first().map(|choice| (choice.now, choice.was));
        let (needed, was_needed) = choice.unwrap_or_default();
        rest.choices.clear();
        Program { name, questions, hits: pen.text(row, hits), needed, was_needed, rest }
    };
    PROGRAMS.map(program).into()
}
