//! 第6表 and 第7表, for care managers (サービス利用票, 別表) and for offices that provide services
//! (サービス提供票, 別表).

mod grid;
mod head;
mod lines;
mod rows;
mod service;
mod slip;
mod sums;
mod totals;
mod usage;

use std::collections::{BTreeMap, HashSet};

use crate::spec::KnownItem;
use crate::types::FileKind;

use super::entry::{Entry, Pair, Person, Sets};
use super::group::Bundle;
use super::many::apart;
use super::pen::Context;
use super::row::Row;
use super::stack::Stack;

/// What was sent about one month: what is drawn, and what it is compared with.
#[derive(Default)]
struct Month<'r, 's> {
    /// Send units with a plan or a 別表, in the order of their ファイル連番.
    plans: [Vec<&'r Bundle<'s>>; 2],
    /// Send units with actuals alone.
    actuals: [Vec<&'r Bundle<'s>>; 2],
}

/// Draws what there is about the months of a person.
pub(super) fn draw<'r, 's: 'r>(
    context: &Context<'_>,
    person: Person<'r, 's>,
    sets: impl Iterator<Item = Sets<'r, 's>>,
    forms: &mut Stack<'_>,
) {
    let mut months: BTreeMap<&str, Month<'r, 's>> = BTreeMap::new();
    for pair in sets {
        for (side, bundle) in [pair.now, pair.was].into_iter().enumerate() {
            let Some(bundle) = bundle else { continue };
            let month = bundle.all().next().map_or("", |row| row.look(KnownItem::ServiceMonth));
            let Month { plans, actuals } = months.entry(month).or_default();
            let has = |kind| !bundle.rows(kind).is_empty();
            let place = if has(FileKind::Upplan) || has(FileKind::Upsikyu) {
                plans
            } else if has(FileKind::Upjsk) {
                actuals
            } else {
                // 利用者補足情報 alone is told among the notes of the drawing.
                continue;
            };
            if let Some(place) = place.get_mut(side) {
                place.push(bundle);
            }
        }
    }
    for month in months.values() {
        month.draw(context, person, forms);
    }
}

impl<'r, 's> Month<'r, 's> {
    fn draw(&self, context: &Context<'_>, person: Person<'r, 's>, forms: &mut Stack<'_>) {
        let compared = person.users.compared;
        let has_plan =
            self.plans.iter().flatten().any(|own| !own.rows(FileKind::Upplan).is_empty());
        let newest = self.actuals.each_ref().map(|own| newest(own));
        let [now, was] = newest.each_ref().map(|(newest, _)| newest.as_slice());
        for sets in pairs(&self.plans, compared) {
            draw_plan(context, person, sets, [now, was], forms);
        }
        // With a plan, only what a newer actual replaces; without one, each actual.
        let alone = if has_plan { newest.map(|(_, older)| older) } else { self.actuals.clone() };
        for sets in pairs(&alone, compared) {
            forms.add(|| usage::draw(context, person, sets, &[], has_plan));
        }
    }
}

/// 第6表 with the actuals beside the plan, and 第7表.
fn draw_plan<'r, 's>(
    context: &Context<'_>,
    person: Person<'r, 's>,
    sets: Sets<'r, 's>,
    actuals: [&[&'r Bundle<'s>]; 2],
    forms: &mut Stack<'_>,
) {
    let has = |kind| {
        let (now, was) = sets.rows(kind);
        !now.is_empty() || !was.is_empty()
    };
    let with_usage = has(FileKind::Upplan) || has(FileKind::Upjsk);
    // 第6表 tells what of 利用者補足情報 has no cell on either, so that 第7表 is filled in first.
    let slip = if has(FileKind::Upsikyu) {
        forms.draw(0, || slip::draw(context, person, sets, !with_usage))
    } else {
        None
    };
    if with_usage {
        let [now, was] = actuals.map(|bundles| bundles.iter().copied().flat_map(actual_rows));
        let repeated = now.clone().count() + was.clone().count();
        let usage = forms.draw(repeated, || {
            let actual = apart(now, was, person.users.compared);
            usage::draw(context, person, sets, &actual, false)
        });
        forms.forms.extend(usage);
    }
    forms.forms.extend(slip);
}

/// The send units of both versions that take each other's place. All plans of a month say the same
/// to different offices.
fn pairs<'r, 's>(
    [now, was]: &[Vec<&'r Bundle<'s>>; 2],
    compared: bool,
) -> impl Iterator<Item = Sets<'r, 's>> {
    let at = |side: &[&'r Bundle<'s>], place: usize| side.get(place).copied();
    (0..now.len().max(was.len()))
        .map(move |place| Pair::new(at(now, place), at(was, place), compared))
}

fn actual_rows<'r, 's>(bundle: &'r Bundle<'s>) -> &'r [Row<'s>] {
    bundle.rows(FileKind::Upjsk)
}

/// The actuals that hold, and those that a newer one of the same office and service replaces:
/// both on one line would count every service twice.
fn newest<'r, 's>(bundles: &[&'r Bundle<'s>]) -> (Vec<&'r Bundle<'s>>, Vec<&'r Bundle<'s>>) {
    let (mut newest, mut older) = (Vec::new(), Vec::new());
    let mut seen: HashSet<(&str, &str)> = HashSet::new();
    for bundle in bundles.iter().rev() {
        let services: HashSet<_> = actual_rows(bundle).iter().map(office_and_type).collect();
        if services.iter().any(|service| seen.contains(service)) {
            older.push(*bundle);
        } else {
            seen.extend(services);
            newest.push(*bundle);
        }
    }
    newest.reverse();
    older.reverse();
    (newest, older)
}

fn office_and_type<'r>(row: &'r Row<'_>) -> (&'r str, &'r str) {
    let code = row.look(KnownItem::ServiceCode);
    (row.look(KnownItem::ServiceOffice), code.get(..2).unwrap_or(code))
}

/// The month that ties 利用者補足情報 to the rows is printed, and its 計画作成（変更）日 is zeros.
fn hide_keys(supplement: &[Entry<'_, '_>]) {
    for row in supplement.iter().flat_map(|entry| [entry.now, entry.was]).flatten() {
        row.show(KnownItem::ServiceMonth);
        if row.look(KnownItem::PlanDate).bytes().all(|byte| byte == b'0') {
            row.show(KnownItem::PlanDate);
        }
    }
}
