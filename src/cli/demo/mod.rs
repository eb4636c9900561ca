//! `renkei demo`: everything with no preparation.
//!
//! Makes an office for every 事業所番号 in the input's file names, with fresh keys of a throw-away
//! authority, starts a real node for each on this machine, drops each send unit where its sender's
//! care software would, and waits for the handover receipts. With `--relay` no office can be reached:
//! they join by card, and exchange over a relay that runs here too.

mod input;
mod office;
mod offices;
mod outcome;
mod relayed;
mod watch;

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use indicatif::ProgressBar;

use super::signals::{Asked, Signals};
use super::{EXIT_NO, UsageError, output, setup};
use crate::node::{Consent, Node};
use crate::relay::Relay;
use crate::types::{Clock, Lang};
use crate::web::Page;
use input::Unit;
use office::Office;
use outcome::DemoOutcome;

/// How often the stores are asked how far things are.
const LOOK: Duration = Duration::from_millis(50);

/// How often it is looked what became of files that somebody dropped.
const WATCH: Duration = Duration::from_millis(500);

/// How long the demo waits without any progress before it calls a unit lost.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long the addresses of the pages work.
const LINKS: Duration = Duration::from_hours(12);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// すべて届いたら終了します（届かないものがあれば終了コード 1）
    #[arg(long)]
    once: bool,
    /// 事業所のフォルダーを作る場所（初期値は一時フォルダー）
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// 送る送信単位のあるフォルダー（初期値は内蔵の見本）
    #[arg(long, value_name = "DIR")]
    input: Option<PathBuf>,
    /// どの事業所もポートを開けず、中継サーバーを通してやり取りします
    #[arg(long)]
    relay: bool,
    /// ブラウザーで画面を開きません（アドレスは表示します）
    #[arg(long)]
    no_browser: bool,
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let found = match &args.input {
        Some(folder) => {
            input::from_folder(folder).with_context(|| format!("{}", folder.display()))?
        }
        None => input::built_in(),
    };
    if found.ignored > 0 {
        let count = found.ignored;
        output::error(&match lang {
            Lang::Ja => format!(
                "標準仕様のファイル名でないもの、同じ名前が重なるもの {count} 件は送りません。"
            ),
            Lang::En => format!(
                "{count} files are left out: no name of the standard, or a name that stands twice"
            ),
        });
    }
    if found.units.is_empty() {
        let text = lang.pick(
            "標準仕様のファイル名を持つファイルがありません。",
            "there is no file with a name of the standard",
        );
        return Err(UsageError(text.to_owned()).into());
    }
    let folder = match &args.dir {
        Some(folder) => folder.clone(),
        None => offices::temporary_folder(Clock::system().now())?,
    };
    setup::runtime()?.block_on(demo(args, &folder, found.units, lang))
}

async fn demo(
    args: &Args,
    folder: &std::path::Path,
    units: Vec<Unit>,
    lang: Lang,
) -> anyhow::Result<ExitCode> {
    let (offices, relay) =
        offices::prepare(folder, &units, (args.relay, lang), Clock::system().now())?;
    let relay = match &relay {
        Some(relay) => {
            relayed::join(&offices, lang)?;
            Some(relayed::start(relay, lang).await?)
        }
        None => None,
    };
    output::line(&introduction(folder, &offices, relay.as_ref(), lang))?;
    let nodes = start(&offices, lang).await?;
    let outcomes = exchange(&offices, &nodes, units).await?;
    output::line(&outcome::table(&outcomes, lang))?;
    let arrived = outcomes.iter().all(DemoOutcome::has_arrived);
    output::line(&outcome::summary(&outcomes, lang))?;
    let pages = if args.once { Vec::new() } else { serve_pages(&nodes).await };
    if !args.once {
        output::line(&links(&offices, &pages, args.no_browser, lang))?;
        output::line(lang.pick(
            "ノードは動き続けています。drop フォルダーにファイルを入れると送られます。Ctrl-C で終了します。",
            "The nodes keep running: files put into a drop folder are sent. Ctrl-C ends the demo.",
        ))?;
        let mut signals = Signals::listen()?;
        let mut watch = watch::Watch::new(&outcomes);
        loop {
            tokio::select! {
                asked = signals.next() => match asked {
                    Asked::Reload => nodes.iter().for_each(Node::reload),
                    Asked::Stop | Asked::Interrupt => break,
                },
                () = tokio::time::sleep(WATCH) => {
                    for (office, node) in offices.iter().zip(&nodes) {
                        for line in watch.news(node.store(), office, lang).await? {
                            output::line(&line)?;
                        }
                    }
                }
            }
        }
    }
    for page in pages.into_iter().flatten() {
        page.stop().await;
    }
    for node in nodes {
        node.stop().await;
    }
    if let Some(relay) = relay {
        relay.stop().await;
    }
    Ok(if arrived || !args.once { ExitCode::SUCCESS } else { ExitCode::from(EXIT_NO) })
}

fn introduction(
    folder: &std::path::Path,
    offices: &[Office],
    relay: Option<&Relay>,
    lang: Lang,
) -> String {
    let numbers: Vec<_> = offices.iter().map(|office| office.number.to_string()).collect();
    let (count, numbers, folder) = (offices.len(), numbers.join(" "), folder.display());
    let sep = std::path::MAIN_SEPARATOR;
    let how = match (relay.map(Relay::address), lang) {
        (None, Lang::Ja) => {
            format!("{count} 事業所（{numbers}）のノードを 127.0.0.1 で動かします。")
        }
        (None, Lang::En) => format!("Running nodes of {count} offices ({numbers}) on 127.0.0.1."),
        (Some(at), Lang::Ja) => format!(
            "{count} 事業所（{numbers}）のノードと、中継サーバー（{at}）を動かします。\n\
             どのノードも相手のためのポートを開けません。事業所カードで互いを登録し、封かんしたパッケージを中継サーバーに預けます。\n\
             中継サーバー: {folder}{sep}relay{sep}relay.toml（renkei relay status の --config に使えます）"
        ),
        (Some(at), Lang::En) => format!(
            "Running nodes of {count} offices ({numbers}) and a relay ({at}).\n\
             No node opens a port for partners: they joined by card, and leave sealed packages with the relay.\n\
             relay: {folder}{sep}relay{sep}relay.toml (for renkei relay status --config)"
        ),
    };
    let places = match lang {
        Lang::Ja => format!(
            "フォルダー: {folder}{sep}<事業所番号>{sep}drop・import・hold\n\
             設定: {folder}{sep}<事業所番号>{sep}renkei.toml（renkei status や history の --config に使えます）\n\
             証明書はこのデモ専用の使い捨てです。"
        ),
        Lang::En => format!(
            "folders: {folder}{sep}<office>{sep}drop, import, hold\n\
             configuration: {folder}{sep}<office>{sep}renkei.toml (for renkei status and history --config)\n\
             The certificates are thrown away with the demo."
        ),
    };
    format!("{how}\n{places}")
}

async fn start(offices: &[Office], lang: Lang) -> anyhow::Result<Vec<Node>> {
    let spec = setup::spec()?;
    let mut nodes = Vec::new();
    for office in offices {
        let mut config = setup::config(&office.config, lang)?;
        let written = std::mem::replace(&mut config.node.lang, lang);
        match Node::start(config, spec, Clock::system(), Consent::default()).await {
            Ok(node) => {
                // Whoever tries something out changes the configuration too.
                node.follow(setup::source(&office.config, (written, lang))).await;
                nodes.push(node);
            }
            Err(problems) => anyhow::bail!("{}", problems.text(lang)),
        }
    }
    Ok(nodes)
}

/// The pages of the offices; none where one cannot be served.
async fn serve_pages(nodes: &[Node]) -> Vec<Option<Page>> {
    let mut pages = Vec::new();
    for node in nodes {
        let handle = node.handle();
        let page = match handle.config().page.clone() {
            Some(settings) => Page::start(handle, &settings).await.ok(),
            None => None,
        };
        pages.push(page);
    }
    pages
}

/// Where the pages of the offices are. The first one is opened, where somebody sits at the terminal.
fn links(offices: &[Office], pages: &[Option<Page>], no_browser: bool, lang: Lang) -> String {
    let mut text = lang
        .pick(
            "画面（ブラウザーで開いてください。それぞれ一度だけ使えます）:",
            "pages, to be opened in a browser (each address works once):",
        )
        .to_owned();
    let pages =
        offices.iter().zip(pages).filter_map(|(office, page)| Some((office, page.as_ref()?)));
    let mut is_first = !no_browser && std::io::stdout().is_terminal();
    for (office, page) in pages {
        let link = page.invite("demo", LINKS);
        if std::mem::take(&mut is_first) && open::that_detached(page.invite("demo", LINKS)).is_err()
        {
            tracing::debug!("there is no browser to open the page in");
        }
        // Writing into a String cannot fail.
        let _ = write!(text, "\n  {}  {link}", office.number);
    }
    text
}

/// Drops every unit and waits until it is known what became of each.
async fn exchange(
    offices: &[Office],
    nodes: &[Node],
    units: Vec<Unit>,
) -> anyhow::Result<Vec<DemoOutcome>> {
    let progress = ProgressBar::new(u64::try_from(units.len())?);
    let mut outcomes: Vec<DemoOutcome> = Vec::new();
    let clock = Clock::system();
    for unit in units {
        let office = offices.iter().find(|office| office.number == unit.sender);
        let dropped_at = clock.now();
        let office = office.context("an office for every sender")?;
        input::drop_into(&office.drop, &unit)
            .with_context(|| format!("{}", office.drop.display()))?;
        outcomes.push(DemoOutcome::dropped(unit, dropped_at));
    }
    let mut waited = Duration::ZERO;
    let mut done = 0;
    while done < outcomes.len() && waited < PATIENCE {
        tokio::time::sleep(LOOK).await;
        waited += LOOK;
        for (office, node) in offices.iter().zip(nodes) {
            let open = outcomes.iter().any(|o| o.unit.sender == office.number && !o.is_final());
            if open {
                outcome::look(node.store(), office.number, &mut outcomes).await?;
            }
        }
        let now_done = outcomes.iter().filter(|outcome| outcome.is_final()).count();
        if now_done > done {
            waited = Duration::ZERO;
        }
        done = now_done;
        progress.set_position(u64::try_from(done)?);
    }
    progress.finish_and_clear();
    Ok(outcomes)
}
