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
}

impl DemoOutcome {
    pub(super) const fn dropped(unit: Unit, dropped_at: Timestamp) -> Self {
        Self { unit, dropped_at, row: None }
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
        if let Some(outcome) = outcomes.iter_mut().find(|outcome| outcome.is_about(&row)) {
            outcome.row = Some(row);
        }
    }
    Ok(())
}

/// One line per unit.
pub(super) fn table(outcomes: &[DemoOutcome], lang: Lang) -> String {
    let head = match lang {
        Lang::Ja => [
            "送信単位",
            "送信元 → 送信先",
            "ファイル",
            "レコード",
            "指摘",
            "ミリ秒",
            "結果",
            "受領証",
        ],
        Lang::En => ["unit", "from → to", "files", "records", "findings", "ms", "state", "receipt"],
    };
    let rows: Vec<Vec<String>> = outcomes.iter().map(|outcome| line(outcome, lang)).collect();
    output::table(&head, &rows)
}

fn line(outcome: &DemoOutcome, lang: Lang) -> Vec<String> {
    let unit = &outcome.unit;
    let way = format!("{} → {}", unit.sender, unit.recipient);
    let Some(row) = &outcome.row else {
        let unknown = lang.pick("届いていません", "not arrived").to_owned();
        let (serial, files) = (unit.serial.to_string(), unit.files.len().to_string());
        return vec![serial, way, files, String::new(), String::new(), String::new(), unknown];
    };
    let millis = row.changed_at.duration_since(outcome.dropped_at).as_millis();
    let mut state = row.state.text(lang).to_owned();
    if !row.detail.is_empty() {
        state = format!("{state} [{}]", row.detail);
    }
    vec![
        format!("{} {}", row.unit.kind, unit.serial),
        way,
        unit.files.len().to_string(),
        row.unit.records.to_string(),
        row.unit.findings.to_string(),
        millis.to_string(),
        state,
        row.receipts.last().map_or("", |kind| receipt_in_words(*kind, lang)).to_owned(),
    ]
}

/// How many arrived.
pub(super) fn summary(outcomes: &[DemoOutcome], lang: Lang) -> String {
    let arrived = outcomes.iter().filter(|outcome| outcome.has_arrived()).count();
    let all = outcomes.len();
    match lang {
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
    }
}
