//! 居宅サービス計画書: 第1表 to 第3表.

mod first;
mod grid;
mod issues;
mod second;
mod third;
mod week;

use crate::spec::KnownItem;
use crate::types::FileKind;

use super::entry::{Entry, Person, Sets};
use super::pen::Context;
use super::stack::Stack;

/// Draws what a plan has of the forms.
pub(super) fn draw(
    context: &Context<'_>,
    person: Person<'_, '_>,
    sets: Sets<'_, '_>,
    forms: &mut Stack<'_>,
) {
    let has = |kind| {
        let (now, was) = sets.rows(kind);
        !now.is_empty() || !was.is_empty()
    };
    // The first form that there is tells what no form has a cell for.
    let mut supplement = Some(sets.only(FileKind::Uphosoku));
    for place in 0..sets.count(FileKind::Up1kyo) {
        forms.add(|| first::draw(context, person, sets, place, supplement.take()));
    }
    if has(FileKind::Up2kyo) {
        forms.add(|| second::draw(context, person, sets, supplement.take()));
    }
    if has(FileKind::Up3kyo) {
        forms.add(|| third::draw(context, person, sets, supplement.take()));
    }
}

/// 計画作成（変更）日 ties the files together; where it is the date that is printed, it says nothing
/// more.
fn hide_printed_date(entries: &[Entry<'_, '_>], printed: KnownItem) {
    let now: Vec<_> = entries.iter().filter_map(|entry| entry.now).collect();
    let was: Vec<_> = entries.iter().filter_map(|entry| entry.was).collect();
    for rows in [now, was] {
        let date = rows.first().map_or("", |row| row.look(printed));
        for row in rows {
            for item in [printed, KnownItem::PlanDate] {
                if row.look(item) == date {
                    row.show(item);
                }
            }
        }
    }
}
