//! 第6表 サービス利用票（兼居宅サービス計画）, and サービス提供票.

use askama::Template;

use crate::forms::entry::{Entry, Person, Sets};
use crate::forms::form::Form;
use crate::forms::many::{Markup, apart};
use crate::forms::pen::{Context, Pen};
use crate::forms::sheet::{DrawnForm, sheet};
use crate::spec::KnownItem;
use crate::types::FileKind;
use crate::types::Slip;

use super::grid::{self, Day, days};
use super::head::UsageHead;
use super::lines::lines;

#[derive(Template)]
#[template(path = "forms/month/usage.html", config = "src/askama.toml")]
struct Usage {
    form: Form,
    addressee: &'static str,
    head: UsageHead,
    days: Vec<Day>,
    lines: Markup,
}

/// `actual` are the actuals that came apart from the plan. `is_old` says that a newer actual stands
/// on another form.
pub(super) fn draw<'r, 's>(
    context: &Context<'_>,
    person: Person<'_, '_>,
    sets: Sets<'r, 's>,
    actual: &[Entry<'r, 's>],
    is_old: bool,
) -> DrawnForm {
    let of = |kind| {
        let (now, was) = sets.rows(kind);
        apart(now, was, sets.compared)
    };
    let (plan, own_actual) = (of(FileKind::Upplan), of(FileKind::Upjsk));
    let actual = [&own_actual, actual].concat();
    let slip = context.options.choices.slip;
    let form = match slip {
        Slip::ForUser | Slip::ForFile if !plan.is_empty() => Form::Usage,
        _ => Form::Provision,
    };
    let mut pen = Pen::new(context, form);
    if is_old {
        pen.sentence("同じ事業所の新しい実績があるため、利用票とは別に描いています。".to_owned());
    }
    // What heads the form is said by the plan, where there is one.
    let heading = if plan.is_empty() { &actual } else { &plan };
    let month = heading.first().map_or("", |entry| entry.look(KnownItem::ServiceMonth)).to_owned();
    let supplement = sets.only(FileKind::Uphosoku);
    let head = UsageHead::new(&mut pen, person, &month, heading, supplement);
    let mut markup = Markup::default();
    let days = days(&month);
    for (key, line) in &lines(&plan, &actual) {
        grid::write(&mut pen, (&month, &days), key, line, &mut markup);
    }
    if !plan.is_empty() {
        hide_agreeing(&plan, &actual);
    }
    let supplements = of(FileKind::Uphosoku);
    super::hide_keys(&supplements);
    pen.rest(&[plan, actual, supplements].concat());
    let addressee = match (form, slip) {
        (Form::Usage, Slip::ForFile) => "居宅介護支援事業者（控）",
        (Form::Usage, _) => "居宅介護支援事業者→利用者",
        _ => "居宅介護支援事業者→サービス事業者",
    };
    sheet(pen, person, None, &Usage { form, addressee, head, days, lines: markup })
}

/// What heads an actual too and says the same as the head of the plan is told no second time.
fn hide_agreeing(plan: &[Entry<'_, '_>], actual: &[Entry<'_, '_>]) {
    const HEADING: [KnownItem; 4] = [
        KnownItem::ServiceMonth,
        KnownItem::PlanningOffice,
        KnownItem::Planner,
        KnownItem::StayDaysBefore,
    ];
    let Some(planned) = plan.first().and_then(Entry::any) else { return };
    for row in actual.iter().flat_map(|entry| [entry.now, entry.was]).flatten() {
        for item in HEADING {
            if row.look(item) == planned.look(item) {
                row.show(item);
            }
        }
    }
}
