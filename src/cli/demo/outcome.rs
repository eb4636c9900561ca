//! What became of each send unit of a demo.

use jiff::Timestamp;

use super::input::Unit;
use crate::cli::output;
use crate::store::{HistoryFilter, HistoryRow, Store};
use crate::transfer::{Direction, HeldSet, OutgoingState, State, receipt_in_words};
use crate::types::{Lang, OfficeNumber};

/// A unit that was dropped, and how far it is known to have come.
pub(super) struct DemoOutcome {
    pub(super) unit: Unit,
    dropped_at: Timestamp,
    pub(super) row: Option<HistoryRow>,
    /// When a relay took it over, if one did.
    kept_at: Option<Timestamp>,
}

impl DemoOutcome {
    pub(super) const fn dropped(unit: Unit, dropped_at: Timestamp) -> Self {
        Self { unit, dropped_at, row: None, kept_at: None }
    }

    /// Whether nothing more will happen to it by itself.
    pub(super) fn is_final(&self) -> bool {
        self.row.as_ref().is_some_and(|row| match row.state {
            State::Out(state) => match state {
                OutgoingState::HandedOver
                | OutgoingState::Refused
                | OutgoingState::Rejected
                | OutgoingState::Recalled
                | OutgoingState::Expired
                | OutgoingState::Uploaded
                | OutgoingState::SentOnPaper => true,
                OutgoingState::Queued
                | OutgoingState::Deposited
                | OutgoingState::Consigned
                | OutgoingState::HeldByRecipient
                | OutgoingState::RecallAsked
                | OutgoingState::Superseded
                | OutgoingState::ToUpload
                | OutgoingState::ToPrint => false,
            },
            State::Set(state) => state == HeldSet::Held,
            State::In(_) => false,
        })
    }

    /// Whether the partner signed that the files are in its import folder.
    pub(super) fn has_arrived(&self) -> bool {
        self.row.as_ref().is_some_and(|row| row.state == State::Out(OutgoingState::HandedOver))
    }

    fn is_about(&self, row: &HistoryRow) -> bool {
        row.direction == Direction::Out
            && row.office == self.unit.sender
            && row.partner == Some(self.unit.recipient)
            && row.serial == Some(self.unit.serial)
            && row.at >= self.dropped_at
    }
}

/// Asks the store of an office about its open units.
pub(super) async fn look(
    store: &Store,
    office: OfficeNumber,
    outcomes: &mut [DemoOutcome],
) -> anyhow::Result<()> {
    let since = outcomes.iter().map(|outcome| outcome.dropped_at).min();
    let filter = HistoryFilter { office: Some(office), since, limit: u32::MAX, partner: None };
    for row in store.history(filter).await? {
        let Some(outcome) = outcomes.iter_mut().find(|outcome| outcome.is_about(&row)) else {
            continue;
        };
        if let Some(id) = row.message_id.filter(|_| outcome.kept_at.is_none()) {
            outcome.kept_at = store.deposit(id).await?.map(|deposit| deposit.at);
        }
        outcome.row = Some(row);
    }
    Ok(())
}

/// One line per unit. Of units that a relay kept on their way, it says after how long it had them.
pub(super) fn table(outcomes: &[DemoOutcome], lang: Lang) -> String {
    let over_relay = is_over_relay(outcomes);
    let mut head = match lang {
        Lang::Ja => vec!["送信単位", "送信元 → 送信先", "ファイル", "レコード", "指摘"],
        Lang::En => vec!["unit", "from → to", "files", "records", "findings"],
    };
    if over_relay {
        head.push(lang.pick("預かり済み（ミリ秒）", "kept by the relay (ms)"));
        head.push(lang.pick("到着（ミリ秒）", "arrived (ms)"));
    } else {
        head.push(lang.pick("ミリ秒", "ms"));
    }
    head.extend([lang.pick("結果", "state"), lang.pick("受領証", "receipt")]);
    let rows: Vec<Vec<String>> =
        outcomes.iter().map(|outcome| line(outcome, over_relay, lang)).collect();
    output::table(&head, &rows)
}

fn is_over_relay(outcomes: &[DemoOutcome]) -> bool {
    outcomes.iter().any(|outcome| outcome.kept_at.is_some())
}

fn line(outcome: &DemoOutcome, over_relay: bool, lang: Lang) -> Vec<String> {
    let unit = &outcome.unit;
    let after = |at: Timestamp| at.duration_since(outcome.dropped_at).as_millis().to_string();
    let way = format!("{} → {}", unit.sender, unit.recipient);
    let files = unit.files.len().to_string();
    let mut cells = match &outcome.row {
        None => vec![unit.serial.to_string(), way, files, String::new(), String::new()],
        Some(row) => vec![
            format!("{} {}", row.unit.kind, unit.serial),
            way,
            files,
            row.unit.records.to_string(),
            row.unit.findings.to_string(),
        ],
    };
    if over_relay {
        cells.push(outcome.kept_at.map(after).unwrap_or_default());
    }
    let Some(row) = &outcome.row else {
        cells.extend([String::new(), lang.pick("届いていません", "not arrived").to_owned()]);
        return cells;
    };
    let mut state = row.state.text(lang).to_owned();
    if !row.detail.is_empty() {
        state = format!("{state} [{}]", row.detail);
    }
    // What the relay keeps has not arrived.
    let waits = row.state == State::Out(OutgoingState::Deposited);
    cells.push(if waits { String::new() } else { after(row.changed_at) });
    cells.push(state);
    cells.push(row.receipts.last().map_or("", |kind| receipt_in_words(*kind, lang)).to_owned());
    cells
}

/// How many arrived.
pub(super) fn summary(outcomes: &[DemoOutcome], lang: Lang) -> String {
    let arrived = outcomes.iter().filter(|outcome| outcome.has_arrived()).count();
    let all = outcomes.len();
    let kept = outcomes.iter().filter(|outcome| outcome.kept_at.is_some()).count();
    let kept = match lang {
        _ if kept == 0 => String::new(),
        Lang::Ja => {
            format!("中継サーバーが預かったもの: {kept} 件（預かり済みは到着ではありません）。\n")
        }
        Lang::En => format!("The relay kept {kept} units on their way; that is no arrival yet.\n"),
    };
    let told = match lang {
        Lang::Ja if arrived == all => format!("{all} 件すべてが相手の取込フォルダーに届きました。"),
        Lang::Ja => format!(
            "{all} 件のうち {arrived} 件が届きました。届かなかったものは、送信元の hold フォルダーの report.html をご覧ください。"
        ),
        Lang::En if arrived == all => {
            format!("All {all} units are in the partners' import folders.")
        }
        Lang::En => format!(
            "{arrived} of {all} units arrived. For the others see report.html in the sender's hold folder."
        ),
    };
    kept + &told
}
