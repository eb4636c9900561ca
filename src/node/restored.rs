//! Tells people for a while that the store was put back from a backup: what was exchanged between that
//! and the failure is not in it, and nobody but a person can see to it.

use std::sync::Arc;

use jiff::SignedDuration;

use super::clock::local_time;
use super::context::{Context, log_store_fault};
use crate::types::code;

/// How long it is told.
const TOLD: SignedDuration = SignedDuration::from_hours(24 * 14);

/// Tells it, or that it is told no more.
pub(super) async fn tell(context: &Arc<Context>) {
    const ABOUT: &str = "store";
    let now = context.now();
    let restoration = match context.store.restoration().await {
        Ok(restoration) => restoration,
        Err(error) => return log_store_fault(&error, "whether it was put back is not known"),
    };
    let Some(lately) = restoration.filter(|one| now.duration_since(one.at) < TOLD) else {
        return context.notices.clear(code::RESTORED, ABOUT);
    };
    let (from, until) = (local_time(lately.made_at), local_time(lately.at));
    let ja = format!(
        "{from} のバックアップに、{until} に戻しました。この間に送受信したものは記録にありません。受け取ったものが介護ソフトに取り込まれているか確かめ、足りないものは相手に「送り直し」を頼んでください。送ったものは、相手に届いているか確かめてください。この表示は 2 週間で消えます。"
    );
    let en = format!(
        "the store was put back at {until} from a backup of {from}: what was exchanged in between is not in it. See whether the care software has what was received, and ask partners to send again what is missing; ask them too whether they have what was sent. This goes in two weeks"
    );
    context.notices.raise(code::RESTORED, ABOUT, (ja, en), now);
}
