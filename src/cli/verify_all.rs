//! `renkei verify --all`: whether everything that the store has is as it was.

use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use super::progress::Progress;
use super::{EXIT_NO, UsageError, output, setup};
use crate::desk::whole::{self, CheckError, Damaged, WholeReport};
use crate::desk::words;
use crate::store::{Chain, ChainFault, ChainFaultKind, HeadFault, LostPackage};
use crate::types::{Lang, code};

pub(super) fn run(config: &Path, json: bool, lang: Lang) -> anyhow::Result<ExitCode> {
    let config = setup::config(config, lang)?;
    let store = setup::store(&config, lang)?;
    let progress = Progress::of_packages();
    let checked = whole::check(&store, &config, |done, all| progress.set(done, all));
    let report = setup::runtime()?.block_on(checked);
    progress.finish();
    let report = report.map_err(|error| match error {
        CheckError::Trust(problems) => UsageError(problems.text(lang)).into(),
        other => anyhow::Error::from(other),
    })?;
    let text = if json {
        serde_json::to_string_pretty(&Json::of(&report))?
    } else {
        text(&report, lang).join("\n")
    };
    output::line(&text)?;
    Ok(if report.passed() { ExitCode::SUCCESS } else { ExitCode::from(EXIT_NO) })
}

fn text(report: &WholeReport, lang: Lang) -> Vec<String> {
    let chains = &report.chains;
    let (journal, receipts, heads) = (chains.journal, chains.receipts, chains.heads.len());
    let (checked, gone) = (report.checked, report.gone);
    let mut lines = vec![
        match lang {
            Lang::Ja => format!("履歴 {journal} 行、受領証 {receipts} 通、署名した区切り {heads} 件"),
            Lang::En => format!("{journal} rows of the journal, {receipts} receipts, {heads} signed heads"),
        },
        match lang {
            Lang::Ja => format!("パッケージ {checked} 件を確かめました（保管期間が過ぎたもの {gone} 件）"),
            Lang::En => format!("{checked} packages checked ({gone} past their time of keeping)"),
        },
        match (report.signed_until, lang) {
            (Some(at), Lang::Ja) => {
                format!("{} までの履歴は、電子署名で確かめられます。", words::time(at))
            }
            (Some(at), Lang::En) => format!("the journal until {} is signed", words::time(at)),
            (None, Lang::Ja) => {
                "履歴の電子署名はまだありません。動いている renkei が 1 時間ごとと停止時に署名します。".to_owned()
            }
            (None, Lang::En) => {
                "the journal is not signed yet; a running node signs it every hour and when it stops".to_owned()
            }
        },
    ];
    let wrong = wrong(report, lang);
    lines.push(String::new());
    if wrong.is_empty() {
        lines.push(lang.pick("すべて正しいことを確かめました。", "everything verified").to_owned());
    } else {
        lines.extend(wrong);
        lines.push(String::new());
        lines.push(
            lang.pick(
                "正しくないものがあります。データフォルダーが書き換えられたか、ディスクが壊れています。バックアップと比べてください。",
                "something did not verify: the data folder was changed, or the disk is damaged; compare it with a backup",
            )
            .to_owned(),
        );
    }
    lines
}

/// A line for each thing that is wrong.
fn wrong(report: &WholeReport, lang: Lang) -> Vec<String> {
    let chains = &report.chains;
    let integrity = chains.integrity.iter().map(|line| match lang {
        Lang::Ja => format!("  NG  データベースの構造: {line}"),
        Lang::En => format!("  NG  structure of the database: {line}"),
    });
    let faults = chains.faults.iter().map(|fault| format!("  NG  {}", chain_fault(fault, lang)));
    let heads = chains.heads.iter().filter_map(|head| {
        let why = head_fault(head.fault?, lang);
        let at = words::time(head.at);
        Some(match lang {
            Lang::Ja => format!("  NG  {at} の署名した区切り: {why}"),
            Lang::En => format!("  NG  signed head of {at}: {why}"),
        })
    });
    let lost = chains.lost.iter().map(|LostPackage { direction, id }| match lang {
        Lang::Ja => format!(
            "  NG  {} {id}: 履歴にありますが、パッケージの記録が消えています。",
            direction.text(lang)
        ),
        Lang::En => format!(
            "  NG  {} {id}: the journal tells of it, but its record is gone",
            direction.text(lang)
        ),
    });
    let damaged = report.damaged.iter().map(|Damaged { direction, id, path, code: found }| {
        let why = code::meaning(found, lang).unwrap_or_default();
        format!("  NG  {} {id} {path}: [{found}] {why}", direction.text(lang))
    });
    integrity.chain(faults).chain(heads).chain(lost).chain(damaged).collect()
}

fn chain_fault(fault: &ChainFault, lang: Lang) -> String {
    let table = match fault.chain {
        Chain::Journal => lang.pick("履歴", "journal"),
        Chain::Receipts => lang.pick("受領証", "receipts"),
    };
    let why = match fault.kind {
        ChainFaultKind::Link => lang.pick(
            "この行が書き換えられたか、この前の行が消された・加えられた・並べ替えられた",
            "this row was changed, or rows before it were removed, added or moved",
        ),
        ChainFaultKind::Removed => lang.pick(
            "保管期間が過ぎたためではない削除",
            "removed, but not because its time of keeping was over",
        ),
        ChainFaultKind::Bytes => {
            lang.pick("中身が変わっている", "its bytes are not what they were")
        }
    };
    match lang {
        Lang::Ja => format!("{table}の {} 行目: {why}", fault.row),
        Lang::En => format!("{table}, row {}: {why}", fault.row),
    }
}

fn head_fault(fault: HeadFault, lang: Lang) -> &'static str {
    match fault {
        HeadFault::Signature => lang.pick("電子署名が正しくない", "its signature does not hold"),
        HeadFault::OtherStore => lang.pick("別のデータベースのもの", "it is of another store"),
        HeadFault::Differs => {
            lang.pick("署名したときの履歴と異なる", "the chains are not what was signed")
        }
    }
}

/// The report as programs read it.
#[derive(Serialize)]
struct Json<'a> {
    schema: &'static str,
    passed: bool,
    journal_rows: u64,
    receipt_rows: u64,
    signed_until: Option<jiff::Timestamp>,
    packages_checked: u64,
    packages_gone: u64,
    integrity: &'a [String],
    chain_faults: Vec<ChainFaultJson>,
    head_faults: Vec<HeadFaultJson>,
    lost: Vec<LostJson>,
    damaged: Vec<DamagedJson<'a>>,
}

#[derive(Serialize)]
struct ChainFaultJson {
    chain: &'static str,
    row: u64,
    fault: &'static str,
}

#[derive(Serialize)]
struct HeadFaultJson {
    at: jiff::Timestamp,
    fault: &'static str,
}

#[derive(Serialize)]
struct LostJson {
    direction: &'static str,
    message_id: String,
}

#[derive(Serialize)]
struct DamagedJson<'a> {
    direction: &'static str,
    message_id: String,
    path: &'a str,
    code: &'static str,
}

impl<'a> Json<'a> {
    fn of(report: &'a WholeReport) -> Self {
        let chains = &report.chains;
        let chain_faults = chains.faults.iter().map(|fault| ChainFaultJson {
            chain: fault.chain.as_str(),
            row: fault.row,
            fault: fault.kind.as_str(),
        });
        let head_faults = chains
            .heads
            .iter()
            .filter_map(|head| Some(HeadFaultJson { at: head.at, fault: head.fault?.as_str() }));
        let lost = chains.lost.iter().map(|lost| LostJson {
            direction: lost.direction.as_str(),
            message_id: lost.id.to_string(),
        });
        let damaged = report.damaged.iter().map(|damaged| DamagedJson {
            direction: damaged.direction.as_str(),
            message_id: damaged.id.to_string(),
            path: &damaged.path,
            code: damaged.code,
        });
        Self {
            schema: "renkei.verify/1",
            passed: report.passed(),
            journal_rows: chains.journal,
            receipt_rows: chains.receipts,
            signed_until: report.signed_until,
            packages_checked: report.checked,
            packages_gone: report.gone,
            integrity: &chains.integrity,
            chain_faults: chain_faults.collect(),
            head_faults: head_faults.collect(),
            lost: lost.collect(),
            damaged: damaged.collect(),
        }
    }
}
