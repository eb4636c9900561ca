//! The first start: where there is no configuration, a page in the browser asks what `renkei init`
//! asks on a terminal.
//!
//! Nobody is asked where nobody can answer: a service or a script gets the error that it always got.

use std::io::{self, IsTerminal as _};
use std::path::Path;

use super::signals::{Asked, Signals};
use super::{UsageError, order, output, setup};
use crate::desk::founding;
use crate::types::{Clock, Lang};
use crate::web::{FirstStart, Founding, Reached};

/// When somebody is asked.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct FirstStartArg {
    /// 設定ファイルがなければ、端末がなくても、はじめての設定の画面を始めます（端末では自動で始まります）
    #[arg(long)]
    first_start: bool,
}

/// How a first start ended.
pub(super) enum Outcome {
    /// A node can be started; its page is to be served by this listener.
    Node(FirstStart, tokio::net::TcpListener),
    /// Certificates have to come first; everything was said.
    Over,
}

impl FirstStartArg {
    /// Whether somebody is to be asked for what stands in no configuration yet.
    pub(super) fn is_wanted(self, config: &Path) -> bool {
        let is_missing = std::fs::symlink_metadata(config)
            .is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        let sees = io::stdin().is_terminal() && io::stderr().is_terminal();
        // A service manager waits for a node, and would take the end of the first exchange for its end.
        let is_service = std::env::var_os("NOTIFY_SOCKET").is_some();
        is_missing && (self.first_start || sees) && !is_service
    }
}

/// Asks in the browser until everything is written. With `opens`, the browser is opened where somebody
/// sits at this computer.
pub(super) async fn through(config: &Path, opens: bool, lang: Lang) -> anyhow::Result<Outcome> {
    let mut signals = Signals::listen()?;
    let started = FirstStart::start(config, setup::spec()?, Clock::system(), lang).await;
    let mut first = started.map_err(|error| {
        let head = lang.pick("はじめての設定の画面を表示できません", "no page for the first start");
        UsageError(format!("{head}: {}", error.text(lang)))
    })?;
    let account = order::account();
    let link = first.invite(&account);
    output::line(&match lang {
        Lang::Ja => format!(
            "設定ファイル {} がまだないため、はじめての設定をブラウザーで行います。\n次のアドレスを、このパソコンのブラウザーで開いてください（一度だけ、2 時間以内に使えます）。\n{link}\nCtrl-C で中止します（最後に書き込むまで、何も作りません）。",
            config.display()
        ),
        Lang::En => format!(
            "There is no configuration {} yet: it is set up in the browser.\nOpen this address in a browser on this computer (it works once, within two hours):\n{link}\nCtrl-C ends it (nothing is made before it is written in the end).",
            config.display()
        ),
    })?;
    // The address stands there all the same.
    if opens && open::that_detached(first.invite(&account)).is_err() {
        tracing::debug!("there is no browser to open the page in");
    }
    let founding = tokio::select! {
        founding = first.founded() => founding,
        () = stopped(&mut signals) => None,
    };
    let lang = first.lang();
    match founding {
        Some(Founding::Node(listener)) => Ok(Outcome::Node(first, listener)),
        Some(Founding::Requests(steps)) => {
            output::line(lang.pick("次にすること:", "next:"))?;
            for step in steps {
                output::line(&format!("  {step}"))?;
            }
            tokio::select! {
                () = first.shown() => {}
                () = stopped(&mut signals) => {}
            }
            first.stop().await;
            Ok(Outcome::Over)
        }
        None => Err(UsageError(broken_off(first.stop().await, config, lang)).into()),
    }
}

/// What is there where somebody ends it.
fn broken_off(reached: Reached, config: &Path, lang: Lang) -> String {
    let (file, in_command) = (config.display(), founding::in_command(config));
    match (reached, lang) {
        (Reached::Nothing, Lang::Ja) => "中止しました。設定は書き込んでいません。".to_owned(),
        (Reached::Nothing, Lang::En) => "ended; no configuration was written".to_owned(),
        (Reached::Writing, Lang::Ja) => format!(
            "書き込んでいる途中で中止しました。設定ファイル {file} と、その横の keys フォルダーがあるか確かめてください。設定ファイルがあれば、renkei run --config {in_command} で起動できます。"
        ),
        (Reached::Writing, Lang::En) => format!(
            "ended while it was being written: see whether there are {file} and the folder keys beside it. If the configuration is there, renkei run --config {in_command} starts it"
        ),
        (Reached::Written, Lang::Ja) => format!(
            "中止しましたが、設定は書き込み済みです。renkei run --config {in_command} で起動できます。"
        ),
        (Reached::Written, Lang::En) => format!(
            "ended, but the configuration is written: renkei run --config {in_command} starts it"
        ),
    }
}

/// Shows in the browser, too, why the node does not start.
pub(super) async fn tell(first: &FirstStart, error: &anyhow::Error) {
    let Ok(mut signals) = Signals::listen() else { return };
    let why = error.to_string();
    tokio::select! {
        () = first.failed(&why) => {}
        () = stopped(&mut signals) => {}
    }
}

async fn stopped(signals: &mut Signals) {
    while signals.next().await == Asked::Reload {}
}
