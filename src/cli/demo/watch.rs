//! What becomes of the files that somebody puts into the drop folders of a demo.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::office::Office;
use super::outcome::DemoOutcome;
use crate::desk::{self, words};
use crate::store::{HeldFilter, HeldItem, HistoryFilter, HistoryRow, Store};
use crate::transfer::{Direction, State};
use crate::types::{HeldId, Lang, MessageId, OfficeNumber};

/// Rows that are looked at, the newest.
const MOST: u32 = 50;

/// What was told already.
pub(super) struct Watch {
    since: Option<Timestamp>,
    packages: BTreeMap<MessageId, State>,
    held: BTreeMap<(OfficeNumber, HeldId), Timestamp>,
}

impl Watch {
    /// The units of the demo itself were told in its table.
    pub(super) fn new(outcomes: &[DemoOutcome]) -> Self {
        let rows = outcomes.iter().filter_map(|outcome| outcome.row.as_ref());
        let since = rows.clone().map(|row| row.changed_at).max();
        let known = rows.filter_map(|row| Some((row.message_id?, row.state)));
        Self { since, packages: known.collect(), held: BTreeMap::new() }
    }

    /// One line for each step that is news.
    pub(super) async fn news(
        &mut self,
        store: &Store,
        office: &Office,
        lang: Lang,
    ) -> anyhow::Result<Vec<String>> {
        let filter = HistoryFilter {
            office: Some(office.number),
            since: self.since,
            limit: MOST,
            partner: None,
        };
        let mut lines = Vec::new();
        let history = store.history(filter).await?;
        for row in history.iter().rev().filter(|row| row.direction == Direction::Out) {
            let Some(id) = row.message_id else { continue };
            if self.packages.insert(id, row.state) != Some(row.state) {
                lines.push(package(row, lang));
            }
        }
        for item in store.held(HeldFilter::newest(MOST)).await?.iter().rev() {
            let is_news = self.since.is_none_or(|since| item.at > since);
            let key = (item.office, item.id);
            if is_news && self.held.insert(key, item.at) != Some(item.at) {
                lines.push(kept_back(item, office, lang));
            }
        }
        Ok(lines)
    }
}

fn package(row: &HistoryRow, lang: Lang) -> String {
    let partner = row.partner.map(|partner| partner.to_string()).unwrap_or_default();
    let (unit, office) = (words::unit(&row.unit.kind, lang), row.office);
    let state = words::state_and_why(row.state, &row.detail, lang);
    format!("{}  {office} → {partner}  {unit}: {state}", words::time(row.changed_at))
}

fn kept_back(item: &HeldItem, office: &Office, lang: Lang) -> String {
    let what = desk::held::what(item, lang);
    let why = words::reasons(&item.reason, lang).join(lang.pick("、", "; "));
    let report = office.hold.join(&item.folder).join("report.html");
    let (at, report) = (words::time(item.at), report.display());
    match lang {
        Lang::Ja => format!("{at}  {}  {what}: {why}\n    くわしくは {report}", item.office),
        Lang::En => format!("{at}  {}  {what}: {why}\n    see {report}", item.office),
    }
}
