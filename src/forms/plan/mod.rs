//! 居宅サービス計画書: 第1表 to 第3表.

mod first;

use crate::types::FileKind;

use super::entry::{Person, Sets};
use super::pen::Context;
use super::sheet::DrawnForm;

/// Draws what a plan has of the forms.
pub(super) fn draw(
    context: &Context<'_>,
    person: Person<'_, '_>,
    sets: Sets<'_, '_>,
    forms: &mut Vec<DrawnForm>,
) {
    for place in 0..sets.count(FileKind::Up1kyo) {
        forms.push(first::draw(context, person, sets, place));
    }
}
