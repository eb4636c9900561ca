//! A person says that the care software has taken what lies in the import folder, so that the next set
//! is placed although the files are still there.

use std::sync::Arc;

use super::super::context::Context;
use super::super::wake::wake;
use crate::control::Answer;
use crate::store::StoreError;
use crate::types::{OfficeNumber, code};

/// Of one of our offices, or of every one.
pub(super) async fn taken(
    context: &Arc<Context>,
    office: Option<OfficeNumber>,
    by: &str,
) -> Result<Answer, StoreError> {
    let now = context.now();
    let config = context.config();
    let offices = config.offices.iter().map(|office| office.number);
    let mut sets = 0_usize;
    for number in offices.filter(|number| office.is_none_or(|office| office == *number)) {
        for set in context.store.awaited(number).await? {
            context.store.taken((number, set.sender, set.id), Some(by.to_owned()), now).await?;
            sets += 1;
        }
        wake(&context.wake.placing, &number);
    }
    Ok(if sets > 0 {
        Answer::done(
            code::TAKEN_BY_HAND,
            format!("{sets} 件を取り込み済みとしました。次のデータを取込フォルダーに置きます。"),
            format!("{sets} count as taken; the next set is placed"),
        )
    } else {
        Answer::refused(
            code::NOTHING_AWAITED,
            "取り込みを待っているデータはありません。",
            "nothing waits to be taken",
        )
    })
}
