//! Whether the store is whole, and what in it waits.

use std::time::Duration;

use tokio::time::timeout;

use super::line::{Grade, Line, Topic};
use crate::config::Config;
use crate::desk::{held, words};
use crate::node::Node;
use crate::store::{ChainReport, HeldFilter, HeldItem, Status, Store, StoreError};
use crate::types::{Lang, code};
use crate::work;

/// How long the check of the database may take. A node goes on meanwhile.
const LONGEST: Duration = Duration::from_mins(1);

/// Held sets that are looked at.
const HELD: u32 = 1_000;

/// What the store says; nothing about one that is not there yet but that.
pub(super) async fn lines(config: &Config) -> Vec<Line> {
    let (data, key) = (config.node.data.clone(), config.store.key_file.clone());
    let opened = work::blocking(move || Store::open_for_reading(&data, key.as_deref())).await;
    let store = match opened.unwrap_or(Err(StoreError::Stopped)) {
        Ok(store) => store,
        Err(StoreError::Absent(_)) => {
            return vec![Line::fine(
                Topic::Store,
                "node.data",
                "台帳はまだありません。最初に起動したときに作ります。",
                "there is no store yet; the first start makes it",
            )];
        }
        Err(error @ StoreError::TooOld { .. }) => return vec![fault(&error, Grade::Look)],
        Err(error) => return vec![fault(&error, Grade::Broken)],
    };
    let mut lines = Vec::new();
    match timeout(LONGEST, store.check_chains(Node::package_limits(config))).await {
        Ok(Ok(report)) => lines.push(whole(&report)),
        Ok(Err(error)) => lines.push(fault(&error, Grade::Broken)),
        Err(_elapsed) => {
            let seconds = LONGEST.as_secs();
            lines.push(
                Line::fine(
                    Topic::Store,
                    "node.data",
                    format!("台帳が大きく、{seconds} 秒では確かめきれませんでした。夜間などに renkei verify --all で確かめてください。"),
                    format!("the store is too large to be checked within {seconds} s: run renkei verify --all when there is time"),
                )
                .grade(Grade::Look),
            );
        }
    }
    match held::open(&store, config, HeldFilter::newest(HELD)).await {
        Ok(held) => lines.extend(held_line(&held.items)),
        Err(error) => lines.push(fault(&error, Grade::Broken)),
    }
    match store.status().await {
        Ok(status) => lines.extend(waiting(&status, config)),
        Err(error) => lines.push(fault(&error, Grade::Broken)),
    }
    lines
}

fn fault(error: &StoreError, grade: Grade) -> Line {
    let line = Line::fine(Topic::Store, "node.data", error.text(Lang::Ja), error.text(Lang::En));
    line.grade(grade).code(Some(error.code()))
}

fn whole(report: &ChainReport) -> Line {
    let (rows, receipts) = (report.journal, report.receipts);
    let broken_heads = report.heads.iter().filter(|head| head.fault.is_some()).count();
    let faults = report.integrity.len() + report.faults.len() + report.lost.len() + broken_heads;
    if faults == 0 {
        return Line::fine(
            Topic::Store,
            "node.data",
            format!("壊れていません（履歴 {rows} 行、受領証 {receipts} 通）。"),
            format!("whole ({rows} rows of the journal, {receipts} receipts)"),
        );
    }
    Line::fine(
        Topic::Store,
        "node.data",
        format!(
            "台帳に正しくないところが {faults} か所あります。書き換えられたか、ディスクが壊れています。renkei verify --all で詳しく調べ、バックアップと比べてください。"
        ),
        format!(
            "{faults} faults: the store was changed, or the disk is damaged. renkei verify --all tells them; compare with a backup"
        ),
    )
    .grade(Grade::Broken)
    .code(Some(code::STORE_DAMAGED))
}

/// What waits for partners that it does not get to.
fn waiting(status: &Status, config: &Config) -> Vec<Line> {
    let mut lines = Vec::new();
    for pair in status.waiting.iter().filter(|pair| !pair.reason.is_empty()) {
        let (partner, count) = (words::office(pair.partner, config), pair.count);
        let first = pair.reason.split(':').next().unwrap_or_default();
        let why = |lang| code::meaning(&pair.reason, lang).unwrap_or_default();
        lines.push(
            Line::fine(
                Topic::Waiting,
                partner,
                format!("{count} 件が送られずに待っています: {}。", why(Lang::Ja)),
                format!("{count} packages wait to be sent: {}", why(Lang::En)),
            )
            .grade(Grade::Look)
            .code(code::find(first).map(|info| info.code)),
        );
    }
    lines
}

/// What is held, if anything is.
fn held_line(held: &[HeldItem]) -> Option<Line> {
    let count = held.len();
    let since = words::time(held.iter().map(|item| item.at).min()?);
    let line = Line::fine(
        Topic::Waiting,
        "hold",
        format!(
            "保留中のものが {count} 件あります（古いものは {since} から）。renkei hold list か画面の「保留」で確かめてください。"
        ),
        format!(
            "{count} sets are held, the oldest since {since}: see renkei hold list, or Held on the page"
        ),
    );
    Some(line.grade(Grade::Look))
}
