//! `renkei run`

use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::first_start::{self, FirstStartArg, Outcome};
use super::setup::{self, ConfigArg};
use super::signals::{Asked, Signals};
use super::{EXIT_FAILED, UsageError, output};
use crate::config::{self, Config, Draft};
use crate::desk::words;
use crate::log::Sink;
use crate::mail::Mailer;
use crate::node::{Consent, Handle, Node, StartProblems, backup};
use crate::store::Beginning;
use crate::types::{Clock, Lang, code};
use crate::web::{FirstStart, Page, PageError};

/// How long threads that wait for a disk may take after the node has stopped.
const THREADS_GRACE: Duration = Duration::from_millis(500);

/// How long the last lines may take to be written.
const FLUSH_GRACE: Duration = Duration::from_millis(250);

#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "switches of the command line")]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigArg,
    /// 設定と証明書とフォルダーを確かめるだけで、起動しません
    #[arg(long)]
    check: bool,
    /// 送信用・取込フォルダーが前回と別のものでも、今のものを使います（入れ替えた後に一度だけ）
    #[arg(long)]
    accept_folders: bool,
    /// 台帳が前回より古いか別のものでも、今の台帳のまま続けます（失われた記録は戻りません）
    #[arg(long, conflicts_with = "new_store")]
    accept_store: bool,
    /// 台帳が失われたとき、新しい台帳で始めます（残っているファイルはデータフォルダーの aside-N に移します。送信待ち・受領証は引き継がれません）
    #[arg(long)]
    new_store: bool,
    #[command(flatten)]
    first_start: FirstStartArg,
}

impl Args {
    const fn consent(&self) -> Consent {
        let store = match (self.new_store, self.accept_store) {
            (true, _) => Beginning::Anew,
            (false, true) => Beginning::Accepted,
            (false, false) => Beginning::AsItWas,
        };
        Consent { folders: self.accept_folders, store }
    }
}

/// The language is that of the reports in the hold folder too.
pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    if args.check {
        return check(args, lang);
    }
    let path = &args.config.config;
    if args.first_start.is_wanted(path) {
        return begin(path, io::stderr().is_terminal(), lang);
    }
    let runtime = setup::runtime()?;
    let ended = node(&runtime, path, args.consent(), None, lang);
    // A thread that hangs on a network share must not keep the process from ending.
    runtime.shutdown_timeout(THREADS_GRACE);
    ended
}

/// Sets up what there is no configuration for, and goes on as the node of it. With `opens`, the browser
/// is opened.
pub(super) fn begin(path: &Path, opens: bool, lang: Lang) -> anyhow::Result<ExitCode> {
    let runtime = setup::runtime()?;
    let ended = match runtime.block_on(first_start::through(path, opens, lang))? {
        Outcome::Over => Ok(ExitCode::SUCCESS),
        Outcome::Node(first, listener) => {
            let (lang, begun) = (first.lang(), Some((&first, listener)));
            let ended = node(&runtime, path, Consent::default(), begun, lang);
            if let Err(error) = &ended {
                runtime.block_on(first_start::tell(&first, error));
            }
            runtime.block_on(first.stop());
            ended
        }
    };
    runtime.shutdown_timeout(THREADS_GRACE);
    ended
}

/// Runs the node until it is asked to stop. After a first start the address of its page is held
/// already.
fn node(
    runtime: &Runtime,
    path: &Path,
    consent: Consent,
    begun: Option<(&FirstStart, TcpListener)>,
    lang: Lang,
) -> anyhow::Result<ExitCode> {
    let mut config = setup::config(path, lang)?;
    let written = std::mem::replace(&mut config.node.lang, lang);
    let log = setup::log(&config.node, lang)?;
    // Nobody may read what is printed here: the node does not wait for it.
    let screen = Sink::start(io::stdout(), None)?;
    let say = |text: &str| screen.send(format!("{text}\n").as_bytes());
    let spec = setup::spec()?;
    let ended = runtime.block_on(async {
        let mut signals = Signals::listen()?;
        let node = Node::start(config.clone(), spec, Clock::system(), consent)
            .await
            .map_err(|problems| refused(&problems, lang))?;
        node.follow(setup::source(path, (written, lang))).await;
        let (first, listener) = begun.unzip();
        let mut page = match &config.page {
            Some(settings) => serve_page(&node, settings, listener).await,
            None => None,
        };
        let mailer = config.mail.clone().map(|settings| Mailer::start(node.handle(), settings));
        say(&welcome(&config, &node, page.as_ref(), lang));
        if let Some(first) = first {
            first.runs(&node, page.as_ref()).await;
        }
        let code = loop {
            tokio::select! {
                asked = signals.next() => match asked {
                    Asked::Stop | Asked::Interrupt => break ExitCode::SUCCESS,
                    Asked::Reload => node.reload(),
                },
                fault = node.fault() => {
                    tracing::error!(task = fault.task, "the node cannot go on and ends");
                    break ExitCode::from(EXIT_FAILED);
                }
                () = ended(&mut page) => {
                    page = None;
                    page_ended(&node.handle());
                }
            }
        };
        say(lang.pick("停止しています…", "stopping…"));
        if let Some(page) = page {
            page.stop().await;
        }
        if let Some(mailer) = mailer {
            mailer.stop().await;
        }
        node.stop().await;
        say(lang.pick("停止しました。", "stopped"));
        Ok(code)
    });
    for sink in [&screen, &log] {
        sink.flush(FLUSH_GRACE);
    }
    ended
}

/// The page, if it can be served. The exchange is worth more than the page, so it goes on without.
async fn serve_page(
    node: &Node,
    settings: &config::Page,
    listener: Option<TcpListener>,
) -> Option<Page> {
    let handle = node.handle();
    let started = match listener {
        Some(listener) => Page::start_on(handle.clone(), settings, listener).await,
        None => Page::start(handle.clone(), settings).await,
    };
    let error = match started {
        Ok(page) => return Some(page),
        Err(error) => error,
    };
    let listen = settings.listen;
    let (ja, en) = (error.text(Lang::Ja), error.text(Lang::En));
    let (code, ja, en) = match error {
        PageError::Listen(_) => (
            code::PAGE_CANNOT_LISTEN,
            format!(
                "画面を表示できません（[page] listen = {listen}）: {ja}。空いているポートに変えて起動し直してください。送受信は続いています。"
            ),
            format!(
                "the page cannot be served ([page] listen = {listen}): {en}; choose a free port and start again. The exchange goes on."
            ),
        ),
        PageError::Certificate(_) | PageError::Tls(_) => (
            code::PAGE_CERTIFICATE_UNUSABLE,
            format!(
                "画面の証明書を使えないため、画面を表示できません: {ja}直してから起動し直してください。送受信は続いています。"
            ),
            format!(
                "the page cannot be served without its certificate: {en}; mend it and start again. The exchange goes on."
            ),
        ),
    };
    handle.raise(code, "page", ja, en);
    None
}

/// The page ended by itself, which is a fault of the program: the exchange goes on without.
fn page_ended(node: &Handle) {
    node.raise(
        code::PAGE_ENDED,
        "page",
        "画面が止まりました。renkei を起動し直すと、また開けます。送受信は続いています。"
            .to_owned(),
        "the page has ended; it is back when the node is started again. The exchange goes on."
            .to_owned(),
    );
}

/// Waits until the page has ended, if there is one.
async fn ended(page: &mut Option<Page>) {
    match page {
        Some(page) => page.ended().await,
        None => std::future::pending().await,
    }
}

fn refused(problems: &StartProblems, lang: Lang) -> UsageError {
    let head = lang.pick("起動できません。次の点を直してください。", "cannot start:");
    UsageError(format!("{head}\n{}", problems.text(lang)))
}

/// Says what is wrong and what should be known, all at once. Only what the operator consents to
/// changes anything.
fn check(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let path = &args.config.config;
    let Draft { config, problems } = setup::draft(path, lang)?;
    let spec = setup::spec()?;
    let runtime = setup::runtime()?;
    let consents = args.accept_folders || args.accept_store || args.new_store;
    if consents && problems.is_empty() {
        let accepted = Node::accept(config.clone(), spec, Clock::system(), args.consent());
        runtime.block_on(accepted).map_err(|problems| refused(&problems, lang))?;
    }
    let mut wrong = Vec::new();
    if let Err(UsageError(text)) = setup::filter(&config.node, lang) {
        wrong.push(text);
    }
    // Where a path could not be read, that is told already.
    if let Some(page) = config.page.as_ref().filter(|_| problems.is_empty())
        && let Err(error) = Page::check(page, &Clock::system())
    {
        let text = error.text(lang);
        wrong.push(match lang {
            Lang::Ja => format!("画面（[page]）の証明書を使えません: {text}"),
            Lang::En => format!("the certificate of the page ([page]) cannot be used: {text}"),
        });
    }
    if let Some(mail) = config.mail.as_ref().filter(|_| problems.is_empty())
        && let Err(error) = Mailer::check(mail, &Clock::system())
    {
        let text = error.text(lang);
        wrong.push(match lang {
            Lang::Ja => format!("メールの設定（[mail]）のファイルを使えません: {text}"),
            Lang::En => format!("the files of [mail] cannot be used: {text}"),
        });
    }
    if let Some(settings) = config.backup.as_ref().filter(|_| problems.is_empty())
        && let Err(error) = backup::look(settings)
    {
        let text = error.text(lang);
        wrong.push(match lang {
            Lang::Ja => format!("バックアップを作れません（[backup]）: {text}"),
            Lang::En => format!("no backups can be made by [backup]: {text}"),
        });
    }
    let draft = Draft { config, problems: Vec::new() };
    let checked = runtime.block_on(Node::check(draft, spec, Clock::system()));
    if !problems.is_empty() {
        wrong.push(setup::problems_text(path, problems, lang));
    }
    if !checked.problems.0.is_empty() {
        let head = lang.pick("次の点を直してください。", "this has to be mended:");
        wrong.push(format!("{head}\n{}", checked.problems.text(lang)));
    }
    if wrong.is_empty() {
        output::line(lang.pick("設定に問題はありません。", "the configuration is in order"))?;
    }
    if checked.runs {
        output::line(lang.pick(
            "この設定の renkei は動いています（待ち受けポートとデータフォルダーは確かめていません）。",
            "a node runs by this configuration (its port and data folder were not looked at)",
        ))?;
    }
    if !checked.notes.0.is_empty() {
        let head = lang.pick("次の点に注意してください。", "please note:");
        output::line(&format!("{head}\n{}", checked.notes.text(lang)))?;
    }
    if wrong.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    Err(UsageError(wrong.join("\n")).into())
}

/// Says what runs and where files go, so that a mistake in the configuration shows at once.
fn welcome(config: &Config, node: &Node, page: Option<&Page>, lang: Lang) -> String {
    let mut lines = vec![format!(
        "renkei {} {} {}",
        env!("CARGO_PKG_VERSION"),
        match node.address() {
            Some(_) => lang.pick("起動しました。待ち受け:", "is running, listening on"),
            None => lang.pick("起動しました。", "is running,"),
        },
        words::listens_on(node.address(), lang)
    )];
    for office in &config.offices {
        lines.push(format!("  {} {}", lang.pick("事業所", "office"), office.number));
        let folders = [
            (lang.pick("送信用", "drop"), &office.drop),
            (lang.pick("取込", "import"), &office.import),
            (lang.pick("保留", "hold"), &office.hold),
        ];
        lines.extend(folders.map(|(name, folder)| format!("    {name}: {}", folder.display())));
    }
    let peers = config.peers.iter();
    let peers =
        peers.map(|peer| format!("{} ({})", peer.office, words::way(&config.way(peer), lang)));
    let peers = peers.collect::<Vec<_>>().join(", ");
    lines.push(format!("  {}: {peers}", lang.pick("相手の事業所", "partners")));
    if let Some(page) = page {
        lines.push(match lang {
            Lang::Ja => format!("  画面: {}（renkei open で開きます）", page.url()),
            Lang::En => format!("  page: {} (renkei open opens it)", page.url()),
        });
    }
    lines.push(lang.pick("Ctrl-C で停止します。", "Ctrl-C stops it.").to_owned());
    lines.join("\n")
}
