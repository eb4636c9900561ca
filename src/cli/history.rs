//! `renkei history`: 送受信履歴

use std::process::ExitCode;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::output;
use super::setup::{self, ConfigArg};
use crate::desk::words;
use crate::rules::render::Sheet;
use crate::store::{HistoryFilter, HistoryRow};
use crate::transfer::{IncomingState, OutgoingState, State, receipt_about};
use crate::types::{Lang, OfficeNumber};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigArg,
    /// 出力の形式
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
    /// この事業所番号（自事業所）だけを表示します
    #[arg(long, value_name = "OFFICE")]
    office: Option<OfficeNumber>,
    /// この事業所番号（相手）だけを表示します
    #[arg(long, value_name = "OFFICE")]
    partner: Option<OfficeNumber>,
    /// この日付（例 2026-04-01）以降だけを表示します
    #[arg(long, value_name = "DATE")]
    since: Option<Date>,
    /// 新しいものから、この件数まで表示します
    #[arg(long, value_name = "N", default_value_t = 100, allow_negative_numbers = true)]
    limit: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Csv,
    Json,
    Exchange,
}

/// The history as programs read it.
#[derive(Serialize)]
struct HistoryJson<'a> {
    schema: &'static str,
    history: &'a [HistoryRow],
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let config = setup::config(&args.config.config, lang)?;
    let store = setup::store(&config, lang)?;
    if args.format == Format::Exchange {
        let exchanged = setup::runtime()?.block_on(store.all_exchanged())?;
        output::line(&serde_json::to_string_pretty(&exchanged)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let since = match args.since {
        Some(date) => Some(date.to_zoned(TimeZone::system())?.timestamp()),
        None => None,
    };
    let filter =
        HistoryFilter { office: args.office, partner: args.partner, since, limit: args.limit };
    let history = setup::runtime()?.block_on(store.history(filter))?;
    let text = match args.format {
        Format::Text if history.is_empty() => {
            lang.pick("履歴はありません。", "no history").to_owned()
        }
        Format::Text => {
            let rows: Vec<_> = history.iter().map(|row| cells(row, lang).to_vec()).collect();
            output::table(&head(lang), &rows)
        }
        Format::Csv => String::from_utf8(csv(&history, lang))?,
        Format::Json | Format::Exchange => serde_json::to_string_pretty(&HistoryJson {
            schema: "renkei.history/1",
            history: &history,
        })?,
    };
    output::line(text.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

const fn head(lang: Lang) -> [&'static str; 9] {
    match lang {
        Lang::Ja => [
            "日時",
            "方向",
            "事業所",
            "相手",
            "送信単位",
            "ファイル",
            "状態",
            "受領証",
            "メッセージ ID",
        ],
        Lang::En => [
            "time",
            "direction",
            "office",
            "partner",
            "unit",
            "files",
            "state",
            "receipts",
            "message id",
        ],
    }
}

fn cells(row: &HistoryRow, lang: Lang) -> [String; 9] {
    let is_given_back = matches!(
        row.state,
        State::Out(OutgoingState::Recalled) | State::In(IncomingState::Recalled)
    );
    let receipts = row.receipts.iter().map(|kind| receipt_about(*kind, is_given_back, lang));
    let receipts: Vec<_> = receipts.collect();
    let serial = row.serial.map(|serial| serial.to_string()).unwrap_or_default();
    let converted = row.unit.converted_from.map_or_else(String::new, |from| match lang {
        Lang::Ja => format!("（{from} から変換）"),
        Lang::En => format!(" (converted from {from})"),
    });
    let quoted = row.unit.quoted.map_or_else(String::new, |style| match lang {
        Lang::Ja => format!("（引用符を {} の形に変更）", style.as_str()),
        Lang::En => format!(" (quotes written anew: {})", style.as_str()),
    });
    let came_by =
        row.came_by.and_then(|way| way.note(lang)).map_or_else(String::new, |note| match lang {
            Lang::Ja => format!("（{note}）"),
            Lang::En => format!(" ({note})"),
        });
    let state = words::state_and_why(row.state, &row.detail, lang);
    [
        words::time(row.at),
        row.direction.text(lang).to_owned(),
        row.office.to_string(),
        row.partner.map(|partner| partner.to_string()).unwrap_or_default(),
        format!("{} {serial}{converted}{quoted}{came_by}", words::unit(&row.unit.kind, lang)),
        match row.unit.files.len() {
            // The name of a file that is none of the standard is not kept.
            0 => "-".to_owned(),
            count => count.to_string(),
        },
        state,
        receipts.join("・"),
        row.message_id.map(|id| id.to_string()).unwrap_or_default(),
    ]
}

/// The names of the files stand in a column of their own.
fn csv(history: &[HistoryRow], lang: Lang) -> Vec<u8> {
    let more = [lang.pick("ファイル名", "file names"), lang.pick("最終更新", "last change")];
    let mut sheet = Sheet::new(head(lang).into_iter().chain(more));
    for row in history {
        let names: Vec<_> = row.unit.files.iter().map(|file| file.name.as_str()).collect();
        let more = [names.join(" "), words::time(row.changed_at)];
        sheet.row(cells(row, lang).into_iter().chain(more));
    }
    sheet.finish()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::store::UnitSummary;
    use crate::transfer::{Direction, HeldSet};

    /// Those of Hokkaido to Tochigi begin with 0, which a spreadsheet would take away.
    #[test]
    fn office_numbers_keep_their_zeros_in_a_spreadsheet() {
        let row = HistoryRow {
            at: Timestamp::UNIX_EPOCH,
            changed_at: Timestamp::UNIX_EPOCH,
            direction: Direction::Out,
            office: "0170000018".parse().expect("an office"),
            partner: Some("0170000026".parse().expect("an office")),
            message_id: None,
            serial: None,
            unit: UnitSummary {
                kind: "K2".to_owned(),
                edition: None,
                converted_from: None,
                quoted: None,
                months: Vec::new(),
                files: Vec::new(),
                records: 0,
                findings: 0,
            },
            state: State::Set(HeldSet::Held),
            detail: String::new(),
            receipts: Vec::new(),
            came_by: None,
        };
        let text = String::from_utf8(csv(&[row], Lang::Ja)).expect("UTF-8");
        assert!(text.contains(",'0170000018,'0170000026,"), "{text}");
    }
}
