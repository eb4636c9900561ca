//! `renkei relay`

use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use super::{OpenStore, open, read};
use crate::cli::setup;
use crate::cli::signals::{Asked, Signals};
use crate::config::RelayConfig;
use crate::log::Sink;
use crate::relay::Relay;
use crate::types::{Clock, Lang};

/// How long threads that wait for a disk may take after the relay has stopped.
const THREADS_GRACE: Duration = Duration::from_millis(500);

/// How long the last lines may take to be written.
const FLUSH_GRACE: Duration = Duration::from_millis(250);

pub(super) fn run(path: &Path, lang: Lang) -> anyhow::Result<ExitCode> {
    let config = read(path, lang)?;
    let log = setup::log(&config.node, lang)?;
    // Nobody may read what is printed here: the relay does not wait for it.
    let screen = Sink::start(io::stdout(), None)?;
    let runtime = setup::runtime()?;
    let ended = runtime.block_on(serve(&config, &screen, lang));
    for sink in [&screen, &log] {
        sink.flush(FLUSH_GRACE);
    }
    runtime.shutdown_timeout(THREADS_GRACE);
    ended
}

async fn serve(config: &RelayConfig, screen: &Sink, lang: Lang) -> anyhow::Result<ExitCode> {
    let mut signals = Signals::listen()?;
    let relay = start(config).await?;
    let say = |text: &str| screen.send(format!("{text}\n").as_bytes());
    let (version, address) = (env!("CARGO_PKG_VERSION"), relay.address());
    say(&match lang {
        Lang::Ja => format!("renkei {version} 中継サーバーを起動しました。待ち受け: {address}"),
        Lang::En => format!("renkei {version} relay is running, listening on {address}"),
    });
    if let Some(address) = relay.watched_at() {
        say(&format!("  http://{address}/healthz http://{address}/metrics"));
    }
    // Offices that are approved are taken up by themselves; other settings need a new start.
    while signals.next().await == Asked::Reload {}
    say(lang.pick("停止しています…", "stopping…"));
    relay.stop().await;
    say(lang.pick("停止しました。", "stopped"));
    Ok(ExitCode::SUCCESS)
}

/// Starts a relay on the store that its configuration names.
pub(in crate::cli) async fn start(config: &RelayConfig) -> anyhow::Result<Relay> {
    Ok(match open(&config.store, false).await? {
        OpenStore::Sqlite(store) => Relay::start(config, store, Clock::system()).await?,
        OpenStore::Postgres(store) => Relay::start(config, store, Clock::system()).await?,
    })
}
