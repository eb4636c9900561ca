//! `renkei status`

use std::path::Path;
use std::process::ExitCode;

use jiff::Timestamp;
use serde::Serialize;

use super::setup::{self, ConfigArg};
use super::{EXIT_NO, dates, held, output};
use crate::config::{Config, Office};
use crate::desk::{self, words};
use crate::node::{Health, Notice, TaskHealth};
use crate::store::{HeldFilter, HeldItem, StateCount, Status, Store, StoreError, Waiting};
use crate::transfer::{OutgoingState, State};
use crate::types::code::{self, Actor};
use crate::types::{Clock, Lang};

/// Held sets that are listed.
const HELD: u32 = 20;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigArg,
    /// JSON で出力します
    #[arg(long)]
    json: bool,
    /// ノードが動いていないとき、または処理が止まっているとき、終了コードを 1 にします
    #[arg(long)]
    exit_code: bool,
}

/// The status as programs read it.
#[derive(Serialize)]
struct StatusJson<'a> {
    schema: &'static str,
    node: NodeJson<'a>,
    notices: &'a [Notice],
    counts: &'a [StateCount],
    waiting: &'a [Waiting],
    held: &'a [HeldItem],
    #[serde(flatten)]
    dates: desk::dates::Dates,
}

/// What is known of the node itself.
#[derive(Serialize)]
struct NodeJson<'a> {
    /// `running`, `stands-still` or `not-running`.
    state: &'static str,
    pid: Option<u32>,
    version: Option<&'a str>,
    started_at: Option<Timestamp>,
    /// When it last said how it does.
    last_seen_at: Option<Timestamp>,
    /// Tasks that stand still.
    standing_still: Vec<&'a TaskHealth>,
    dropped_log_lines: u64,
}

/// Whether the node of a data folder runs.
struct NodeStatus {
    state: NodeState,
    /// What it last said.
    health: Option<Health>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum NodeState {
    Running,
    StandsStill,
    NotRunning,
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let config = setup::config_of_running(&args.config.config, lang)?;
    let node = NodeStatus::of(&config.node.data);
    if !args.json {
        output::line(&node.text(lang))?;
    }
    let store = setup::store(&config, lang)?;
    let dates = desk::dates::read(&config, lang);
    let (status, held, downloads) = setup::runtime()?.block_on(async {
        let held = desk::held::open(&store, &config, HeldFilter::newest(HELD)).await?;
        let mut downloads = Vec::new();
        for office in config.offices.iter().filter(|office| office.downloads.is_some()) {
            downloads.push((office, store.last_download(office.number).await?));
        }
        Ok::<_, StoreError>((store.status().await?, held.items, downloads))
    })?;
    if args.json {
        let json = StatusJson {
            schema: "renkei.status/1",
            node: node.json(),
            notices: node.notices(),
            counts: &status.counts,
            waiting: &status.waiting,
            held: &held,
            dates,
        };
        output::line(&serde_json::to_string_pretty(&json)?)?;
    } else {
        output::line(&text(&status, &held, &config, lang))?;
        for (office, last) in downloads {
            output::line(&format!("\n{}", downloads_line(office, last, &node, lang)))?;
        }
        if config.backup.is_some() {
            let stand = desk::backups::stand(&config, Clock::system().now());
            output::line(&format!("\n{}", stand.text(lang)))?;
        }
        output::line(&format!("\n{}", dates::text(&dates, lang)))?;
    }
    let no = args.exit_code && node.state != NodeState::Running;
    Ok(if no { ExitCode::from(EXIT_NO) } else { ExitCode::SUCCESS })
}

impl NodeStatus {
    fn of(data: &Path) -> Self {
        let health = Health::read(data);
        let now = Clock::system().now();
        let goes_on = |health: &Health| {
            health.is_fresh(now)
                && health.state == "running"
                && health.standing_still().count() == 0
        };
        let state = match (Store::is_in_use(data), &health) {
            (false, _) => NodeState::NotRunning,
            (true, Some(health)) if goes_on(health) => NodeState::Running,
            // Its lock is held; it is starting, stopping, or does not get to writing.
            (true, _) => NodeState::StandsStill,
        };
        Self { state, health }
    }

    /// Conditions of a node that has ended are not known to stand any more.
    fn notices(&self) -> &[Notice] {
        match (self.state, &self.health) {
            (NodeState::Running | NodeState::StandsStill, Some(health)) => &health.notices,
            _ => &[],
        }
    }

    fn json(&self) -> NodeJson<'_> {
        let health = self.health.as_ref();
        NodeJson {
            state: match self.state {
                NodeState::Running => "running",
                NodeState::StandsStill => "stands-still",
                NodeState::NotRunning => "not-running",
            },
            pid: health.map(|health| health.pid),
            version: health.map(|health| health.version.as_str()),
            started_at: health.map(|health| health.started_at),
            last_seen_at: health.map(|health| health.written_at),
            standing_still: health.map(|h| h.standing_still().collect()).unwrap_or_default(),
            dropped_log_lines: health.map_or(0, |health| health.dropped_log_lines),
        }
    }

    fn text(&self, lang: Lang) -> String {
        let mut text = match (self.state, &self.health) {
            (NodeState::NotRunning, None) => {
                lang.pick("renkei が動いていません。", "the node is not running").to_owned()
            }
            (NodeState::NotRunning, Some(health)) => {
                let since = words::time(health.written_at);
                match lang {
                    Lang::Ja => format!("renkei が動いていません（最後の記録 {since}）。"),
                    Lang::En => format!("the node is not running (last seen {since})"),
                }
            }
            (NodeState::StandsStill, None) => lang
                .pick("ノードは起動中か、止まっています。", "the node is starting, or stands still")
                .to_owned(),
            (NodeState::StandsStill, Some(health)) => {
                let since = words::time(health.written_at);
                match lang {
                    Lang::Ja => format!(
                        "ノードの処理が止まっています（起動中、停止中の場合もあります。最後の記録 {since}）。"
                    ),
                    Lang::En => format!(
                        "the node stands still, or is starting or stopping (last seen {since})"
                    ),
                }
            }
            (NodeState::Running, health) => {
                let (version, since) = health.as_ref().map_or(("", String::new()), |health| {
                    (health.version.as_str(), words::time(health.started_at))
                });
                match lang {
                    Lang::Ja => format!("ノードは動いています（{since} から、renkei {version}）。"),
                    Lang::En => format!("the node is running (since {since}, renkei {version})"),
                }
            }
        };
        if self.state == NodeState::NotRunning {
            text.push_str(lang.pick(
                "送信も受信もできません。IT 担当の方に起動を頼んでください（renkei run）。",
                ": nothing is sent or received. Start it (renkei run).",
            ));
        }
        // What stood when a node ended may stand still, so it is told as what was.
        let notices = self.health.as_ref().map(|h| h.notices.as_slice()).unwrap_or_default();
        if !notices.is_empty() {
            text.push_str(match self.state {
                NodeState::NotRunning => lang.pick(
                    "\n\n止まる前に確認が必要だったこと:",
                    "\n\nneeded attention before it stopped:",
                ),
                _ => lang.pick("\n\n確認が必要なこと", "\n\nneeds attention"),
            });
        }
        for notice in notices {
            let (since, code, about) = (words::time(notice.since), &notice.code, &notice.about);
            text.extend(["\n* ", notice.text(lang), "\n  ", &since, " ", code, " (", about, ")"]);
        }
        if let Some(more) = self.health.as_ref().map(|health| health.more_notices)
            && more > 0
            && !notices.is_empty()
        {
            text.push_str(lang.pick("\n* ほかにもあります", "\n* and more"));
        }
        text.push('\n');
        text
    }
}

fn text(status: &Status, held: &[HeldItem], config: &Config, lang: Lang) -> String {
    if status.counts.is_empty() && held.is_empty() {
        return lang
            .pick("送受信はまだありません。", "nothing was sent or received yet")
            .to_owned();
    }
    let head = match lang {
        Lang::Ja => ["事業所", "", "相手", "状態", "件数", "最終更新"],
        Lang::En => ["office", "", "partner", "state", "count", "last change"],
    };
    let rows: Vec<Vec<String>> = status
        .counts
        .iter()
        .map(|row| {
            vec![
                words::office(row.office, config),
                row.direction.text(lang).to_owned(),
                words::office(row.partner, config),
                row.state.text(lang).to_owned(),
                row.count.to_string(),
                words::time(row.changed_at),
            ]
        })
        .collect();
    let mut parts = Vec::new();
    if !rows.is_empty() {
        parts.push(output::table(&head, &rows));
    }
    let held_there = State::Out(OutgoingState::HeldByRecipient);
    if status.counts.iter().any(|row| row.state == held_there) {
        let to_do = lang.pick(
            "相手で保留中のもの: 相手に電話し、取込フォルダーの同じ名前のファイルを確かめてもらってください。",
            "held at the partner: telephone the partner and have it look at the file of the same name in its import folder.",
        );
        parts.push(to_do.to_owned());
    }
    if !status.waiting.is_empty() {
        let mut text = lang.pick("送信を待っているもの", "what waits to be sent").to_owned();
        for pair in &status.waiting {
            text.push_str(&waiting(pair, config, lang));
        }
        parts.push(text);
    }
    if !held.is_empty() {
        parts.push(held::text(held, config, lang));
    }
    parts.join("\n\n")
}

/// Whether the folder of what is downloaded is looked into, and when the last set came out of it.
fn downloads_line(
    office: &Office,
    last: Option<Timestamp>,
    node: &NodeStatus,
    lang: Lang,
) -> String {
    let folder = office.downloads.as_deref().unwrap_or(Path::new("")).display();
    let number = office.number;
    let tells = |code: &str| node.notices().iter().any(|notice| notice.code == code);
    let runs = node.state == NodeState::Running;
    let now = if runs && tells(code::CONFIGURATION_NOT_APPLIED) {
        lang.pick("設定の変更がまだ反映されていません", "changes of the configuration wait")
    } else if runs && !tells(code::DOWNLOADS_NOT_READ) {
        lang.pick("見ています", "is looked into")
    } else {
        lang.pick("いまは見ていません", "is not looked into now")
    };
    let last = match (last.map(words::time), lang) {
        (Some(at), Lang::Ja) => format!("最後に取り込んだもの {at}"),
        (Some(at), Lang::En) => format!("the last set came {at}"),
        (None, Lang::Ja) => "取り込んだものはまだありません".to_owned(),
        (None, Lang::En) => "nothing came yet".to_owned(),
    };
    match lang {
        Lang::Ja => {
            format!("事業所 {number} のダウンロードのフォルダー {folder}: {now}（{last}）")
        }
        Lang::En => format!("downloads folder {folder} of the office {number}: {now} ({last})"),
    }
}

/// What waits for a partner: why, what to do, and when it is tried again.
fn waiting(pair: &Waiting, config: &Config, lang: Lang) -> String {
    let Waiting { office, partner, count, reason, next_at, expires_at } = pair;
    let count = match lang {
        Lang::Ja => format!("{count} 件"),
        Lang::En => count.to_string(),
    };
    let (from, to) = (words::office(*office, config), words::office(*partner, config));
    let mut text = format!("\n* {from} → {to}: {count}");
    let mut say = |name: &str, fact: &str| text.extend(["\n  ", name, ": ", fact]);
    if !reason.is_empty() {
        let why = code::meaning(reason, lang).unwrap_or_default();
        say(lang.pick("理由", "why"), &format!("{why} [{reason}]"));
        let known: Vec<_> = reason.split(':').map(code::find).collect();
        // Of the first code there is only to say that the second tells what to do.
        let first = usize::from(matches!(known.as_slice(), [Some(_), Some(_)]));
        for (place, info) in known.into_iter().enumerate().skip(first) {
            let Some(info) = info else { continue };
            // What stands behind the colon the partner says of itself.
            let actor = match info.actor {
                Actor::Here if place > 0 => Actor::Partner,
                actor => actor,
            };
            let actor = actor.text(lang);
            let name = match lang {
                Lang::Ja => format!("対応（{actor}）"),
                Lang::En => format!("what to do ({actor})"),
            };
            say(&name, info.to_do(lang));
        }
    }
    let next = if *next_at <= Clock::system().now() {
        lang.pick("まもなく", "soon").to_owned()
    } else {
        words::time(*next_at)
    };
    say(lang.pick("次の送信", "next attempt"), &next);
    say(lang.pick("すぐに送る", "to try at once"), &format!("renkei retry {partner}"));
    say(lang.pick("取りやめる日時", "given up at"), &words::time(*expires_at));
    text
}
