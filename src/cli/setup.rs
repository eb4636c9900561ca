//! What several commands begin with: reading a configuration, opening its store, the log.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use tracing_subscriber::EnvFilter;

use super::{UsageError, copies};
use crate::config::{Config, Node};
use crate::spec::Spec;
use crate::store::Store;
use crate::types::Lang;

/// Where the configuration is.
#[derive(Debug, clap::Args)]
pub(super) struct ConfigArg {
    /// 設定ファイル
    #[arg(long, value_name = "FILE", default_value = "renkei.toml")]
    pub(super) config: PathBuf,
}

/// Reads and checks a configuration.
pub(super) fn config(path: &Path, lang: Lang) -> Result<Config, UsageError> {
    let text = copies::read_text(path).map_err(|error| {
        let path = path.display();
        UsageError(match (lang, error.kind()) {
            (Lang::Ja, io::ErrorKind::NotFound) => format!(
                "設定ファイル {path} がありません。--config で場所を指定してください（見本は config.example.toml です）。"
            ),
            // The editor of Windows long had other encodings as its first choice.
            (Lang::Ja, io::ErrorKind::InvalidData) => format!(
                "設定ファイル {path} の文字コードが UTF-8 ではありません。メモ帳の「名前を付けて保存」で、文字コードに UTF-8 を選んで保存し直してください。"
            ),
            (Lang::En, io::ErrorKind::InvalidData) => {
                format!("the configuration {path} is not UTF-8; save it again as UTF-8")
            }
            (Lang::Ja, _) => format!("設定ファイル {path} を読めません（{error}）。"),
            (Lang::En, _) => format!("cannot read the configuration {path}: {error}"),
        })
    })?;
    let base = path.parent().unwrap_or_else(|| Path::new(""));
    Config::parse(&text, base).map_err(|problems| {
        let head = lang.pick("設定ファイルに誤りがあります", "the configuration has problems");
        UsageError(format!("{head}: {}\n{}", path.display(), problems.text(lang)))
    })
}

/// Opens the store of a configured node beside the running daemon.
pub(super) fn store(config: &Config, lang: Lang) -> Result<Store, UsageError> {
    Store::open_for_reading(&config.node.data).map_err(|error| UsageError(error.text(lang)))
}

/// The tables of the standard that ship with the program.
pub(super) fn spec() -> anyhow::Result<&'static Spec> {
    Spec::builtin().map_err(|error| anyhow::anyhow!("{error}"))
}

/// Starts the log on standard error.
pub(super) fn log(node: &Node, lang: Lang) -> Result<(), UsageError> {
    // At the level trace the watcher of folders tells the names of files, which may be names of
    // persons: it is never heard. The last word about a target counts.
    let filter = EnvFilter::try_new(format!("{},notify=off", node.log)).map_err(|error| {
        let head = lang.pick("設定の node.log が正しくありません", "node.log is not a filter");
        UsageError(format!("{head}: {error}"))
    })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // The console of Windows 10 shows the codes of colours as text, unless it is told not to.
        .with_ansi(io::stderr().is_terminal() && !cfg!(windows))
        .with_writer(io::stderr);
    // A second log in one process would be a fault of ours; the first one stays.
    let _ = if node.log_json { builder.json().try_init() } else { builder.try_init() };
    Ok(())
}

/// The runtime of the commands that wait for something.
pub(super) fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// Waits until the operating system or the person asks to stop.
pub(super) async fn stop_signal() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            pressed = tokio::signal::ctrl_c() => pressed,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(windows)]
    {
        use tokio::signal::windows;
        // Break is what programs send that keep others running as a service.
        let (mut pause, mut close) = (windows::ctrl_break()?, windows::ctrl_close()?);
        let mut shutdown = windows::ctrl_shutdown()?;
        tokio::select! {
            pressed = tokio::signal::ctrl_c() => pressed,
            _ = pause.recv() => Ok(()),
            _ = close.recv() => Ok(()),
            _ = shutdown.recv() => Ok(()),
        }
    }
}
