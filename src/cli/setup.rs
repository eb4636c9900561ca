//! What several commands begin with: reading a configuration, opening its store, the log.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use tracing_subscriber::EnvFilter;

use super::{UsageError, copies};
use crate::config::{self, Config, Draft, Node, Problem, Problems, Sources};
use crate::log::{self, RotatingFile, Sink};
use crate::node::backup::UNFINISHED;
use crate::node::{Faults, Source};
use crate::spec::Spec;
use crate::store::Store;
use crate::types::{Clock, Lang, io_text};

/// Where the configuration is.
#[derive(Debug, clap::Args)]
pub(super) struct ConfigArg {
    /// 設定ファイル
    #[arg(long, value_name = "FILE", default_value = "renkei.toml")]
    pub(super) config: PathBuf,
}

/// The language that a configuration asks for, as far as it can be read: what is wrong with the rest
/// is told in it.
pub(super) fn language(path: &Path) -> Option<Lang> {
    let bytes = copies::read_file(path).ok()?;
    Config::lang(&String::from_utf8_lossy(&bytes))
}

/// Reads and checks a configuration.
pub(super) fn config(path: &Path, lang: Lang) -> Result<Config, UsageError> {
    let Draft { config, problems } = draft(path, lang)?;
    if problems.is_empty() {
        return Ok(config);
    }
    Err(UsageError(problems_text(path, problems, lang)))
}

/// The configuration of a node that runs, also where a change of it is wrong: as far as it can be read.
pub(super) fn config_of_running(path: &Path, lang: Lang) -> Result<Config, UsageError> {
    let Draft { config, problems } = draft(path, lang)?;
    if problems.is_empty() || Store::is_in_use(&config.node.data) {
        return Ok(config);
    }
    Err(UsageError(problems_text(path, problems, lang)))
}

/// Where a configuration stands that a node follows. It speaks the language with which it started, as
/// long as the one that is `written` there stays.
pub(super) fn source(path: &Path, (written, spoken): (Lang, Lang)) -> Source {
    let file = path.to_owned();
    Source::new(path, move || match config(&file, Lang::Ja) {
        Ok(mut config) => {
            if config.node.lang == written {
                config.node.lang = spoken;
            }
            Ok(config)
        }
        Err(UsageError(ja)) => {
            let en = config(&file, Lang::En).err().map(|UsageError(en)| en);
            Err(Faults { en: en.unwrap_or_else(|| ja.clone()), ja })
        }
    })
}

/// Everything that is wrong with the file of a configuration.
pub(super) fn problems_text(path: &Path, problems: Vec<Problem>, lang: Lang) -> String {
    config::problems_text(path, &Problems(problems), lang)
}

/// Reads a configuration as far as it can be read, with the files of its partners.
pub(super) fn draft(path: &Path, lang: Lang) -> Result<Draft, UsageError> {
    sources(path, lang).map(|sources| sources.draft())
}

/// Reads the files of a configuration.
pub(super) fn sources(path: &Path, lang: Lang) -> Result<Sources, UsageError> {
    Sources::read(path).map_err(|error| {
        let is_cut = error.error.kind() == io::ErrorKind::NotFound
            && error.path.parent().is_some_and(|folder| folder.join(UNFINISHED).is_dir());
        let path = error.path.display();
        UsageError(match lang {
            _ if !is_cut => error.text(lang),
            Lang::Ja => format!(
                "設定ファイル {path} がありません。このフォルダーへの復元が途中で止まっています。同じ renkei restore をもう一度実行してください。"
            ),
            Lang::En => format!(
                "there is no configuration {path}: putting a backup back into this folder was cut off. Run the same renkei restore again"
            ),
        })
    })
}

/// Opens the store of a configured node beside the running daemon.
pub(super) fn store(config: &Config, lang: Lang) -> Result<Store, UsageError> {
    Store::open_for_reading(&config.node.data, config.store_key())
        .map_err(|error| UsageError(error.text(lang)))
}

/// The data folder of a node that was started before.
pub(super) fn data(config: &ConfigArg, lang: Lang) -> Result<PathBuf, UsageError> {
    let data = self::config(&config.config, lang)?.node.data;
    if data.is_dir() {
        return Ok(data);
    }
    let data = data.display();
    Err(UsageError(match lang {
        Lang::Ja => format!(
            "データフォルダー {data} がまだありません。先に renkei run で一度起動してください。"
        ),
        Lang::En => {
            format!("the data folder {data} is not there yet; start the node once with renkei run")
        }
    }))
}

/// The tables of the standard that ship with the program.
pub(super) fn spec() -> anyhow::Result<&'static Spec> {
    Spec::builtin().map_err(|error| anyhow::anyhow!("{error}"))
}

/// Starts the log, on standard error or in a file, and gives it to be flushed at the end.
pub(super) fn log(node: &Node, lang: Lang) -> anyhow::Result<Sink> {
    let filter = filter(node, lang)?;
    let screen = Sink::start(io::stderr(), None)?;
    let sink = match &node.log_file {
        None => screen,
        Some(settings) => {
            let clock = Clock::system();
            let file = RotatingFile::open(settings.clone(), move || clock.now());
            let file = file.map_err(|error| {
                let (path, why) = (settings.path.display(), io_text(&error, lang));
                UsageError(match lang {
                    Lang::Ja => format!(
                        "設定の node.log_file（{path}）に書けません: {why}。フォルダーと権限を確かめてください。"
                    ),
                    Lang::En => format!("cannot write to node.log_file {path}: {why}"),
                })
            })?;
            Sink::start(file, Some(screen))?
        }
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // The console of Windows 10 shows the codes of colours as text, unless it is told not to.
        .with_ansi(node.log_file.is_none() && io::stderr().is_terminal() && !cfg!(windows))
        .log_internal_errors(false)
        .with_writer(sink.clone());
    // A second log in one process would be a fault of ours; the first one stays.
    let _ = if node.log_json { builder.json().try_init() } else { builder.try_init() };
    log::tell_panics();
    Ok(sink)
}

/// What is logged.
pub(super) fn filter(node: &Node, lang: Lang) -> Result<EnvFilter, UsageError> {
    // At the level trace the watcher of folders tells the names of files, which may be names of
    // persons: it is never heard. What goes wrong with PostgreSQL the relay says itself. The last word
    // about a target counts.
    let never = "notify=off,tokio_postgres=off,deadpool=off,deadpool_postgres=off";
    EnvFilter::try_new(format!("{},{never}", node.log)).map_err(|error| {
        let head = lang.pick(
            "設定の node.log が正しくありません（error、warn、info、debug のどれかを書いてください）",
            "node.log is not a filter; expected error, warn, info or debug",
        );
        UsageError(format!("{head}: {error}"))
    })
}

/// The runtime of the commands that wait for something.
pub(super) fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// What is said of a folder that should be empty.
pub(super) fn not_empty(folder: &Path, lang: Lang) -> String {
    let path = folder.display();
    match lang {
        Lang::Ja => {
            format!("フォルダー {path} は空ではありません。別のフォルダーを指定してください。")
        }
        Lang::En => format!("the folder {path} is not empty; name another one"),
    }
}
