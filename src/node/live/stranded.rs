//! What waits in the store for somebody whom the configuration does not name any more.

use std::collections::BTreeSet;

use super::super::context::{Context, log_store_fault};
use super::super::notices;
use super::super::wake::pairs;
use crate::transfer::{IncomingState, State};
use crate::types::code;

/// Tells of it, and takes back what does not stand any more; says whether anything does.
pub(super) async fn tell(context: &Context) -> bool {
    let status = match context.store.status().await {
        Ok(status) => status,
        Err(error) => {
            log_store_fault(&error, "what waits cannot be counted");
            return true;
        }
    };
    let (config, now) = (context.config(), context.now());
    let known = pairs(&config);
    let (mut queued, mut unplaced) = (BTreeSet::new(), BTreeSet::new());
    for waiting in &status.waiting {
        let (office, partner, count) = (waiting.office, waiting.partner, waiting.count);
        if known.contains(&(office, partner)) {
            continue;
        }
        let about = notices::of_pair(office, partner);
        let until = super::super::clock::local_time(waiting.expires_at);
        let ja = format!(
            "相手の事業所 {partner} が設定にないため、事業所 {office} からの {count} 件が送信待ちのままです。相手を設定に戻すと送ります。{until} から順に期限切れになり、保留フォルダーに移ります。"
        );
        let en = format!(
            "{count} packages of the office {office} wait for the partner {partner}, which is not in the configuration; they are sent when it is back there, and given up from {until} on"
        );
        context.notices.raise(code::QUEUED_WITHOUT_PARTNER, about.clone(), (ja, en), now);
        queued.insert(about);
    }
    for row in &status.counts {
        let (office, count) = (row.office, row.count);
        let waits = row.state == State::In(IncomingState::Committed) && count > 0;
        if !waits || config.office(office).is_some() {
            continue;
        }
        let about = notices::of_pair(office, row.partner);
        let ja = format!(
            "事業所 {office} が設定にないため、相手 {} から受信した {count} 件を配置できません。事業所を設定に戻すと配置します。",
            row.partner
        );
        let en = format!(
            "{count} packages from {} cannot be placed, because the office {office} is not in the configuration; they are when it is back there",
            row.partner
        );
        context.notices.raise(code::UNPLACED_WITHOUT_OFFICE, about.clone(), (ja, en), now);
        unplaced.insert(about);
    }
    context.notices.clear_others(code::QUEUED_WITHOUT_PARTNER, "", &queued);
    context.notices.clear_others(code::UNPLACED_WITHOUT_OFFICE, "", &unplaced);
    !queued.is_empty() || !unplaced.is_empty()
}
