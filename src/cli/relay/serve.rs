//! `renkei relay`

use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use tokio::time::sleep;

use super::follow::{Follower, LOOK};
use super::noted::Noted;
use super::{OpenStore, database, has_what_was_moved, read, store_fault};
use crate::cli::signals::{Asked, Signals};
use crate::cli::{UsageError, setup};
use crate::config::RelayConfig;
use crate::log::Sink;
use crate::relay::store::{
    MoveError, PostgresStore, RelayStoreError, SqliteStore, move_store, moved_to,
};
use crate::relay::{OwnCertificates, Relay, RelayError};
use crate::types::{Clock, Lang};
use crate::work::systemd;

/// How long threads that wait for a disk may take after the relay has stopped.
const THREADS_GRACE: Duration = Duration::from_millis(500);

/// How long the last lines may take to be written.
const FLUSH_GRACE: Duration = Duration::from_millis(250);

/// So often it is looked whether a move that was all but done is done.
const AGAIN: Duration = Duration::from_millis(200);

/// So many looks: after that the relay ends the move itself.
const LOOKS: u32 = 50;

/// Why a relay does not serve any more.
enum Ended {
    /// It was told to stop.
    Stopped,
    /// What its store had is elsewhere now.
    Moved,
}

/// Runs the relay. With `new_store` it goes on with the store that is there now, or makes one.
pub(super) fn run(path: &Path, new_store: bool, lang: Lang) -> anyhow::Result<ExitCode> {
    let config = read(path, lang)?;
    let log = setup::log(&config.node, lang)?;
    // Nobody may read what is printed here: the relay does not wait for it.
    let screen = Sink::start(io::stdout(), None)?;
    let runtime = setup::runtime()?;
    let ended = runtime.block_on(async {
        let mut signals = Signals::listen()?;
        let (mut config, mut new_store) = (config, new_store);
        while let Ended::Moved =
            serve(path, &config, new_store, &mut signals, &screen, lang).await?
        {
            new_store = false;
            // The configuration says by now where everything went, or it cannot be served.
            config = read(path, lang)?;
        }
        let stopped = format!("{}\n", lang.pick("停止しました。", "stopped"));
        screen.send(stopped.as_bytes());
        Ok(ExitCode::SUCCESS)
    });
    for sink in [&screen, &log] {
        sink.flush(FLUSH_GRACE);
    }
    runtime.shutdown_timeout(THREADS_GRACE);
    ended
}

async fn serve(
    path: &Path,
    config: &RelayConfig,
    new_store: bool,
    signals: &mut Signals,
    screen: &Sink,
    lang: Lang,
) -> anyhow::Result<Ended> {
    let mut follower = Follower::new(path, config);
    let relay = start(path, config, new_store, lang).await?;
    let say = |text: &str| screen.send(format!("{text}\n").as_bytes());
    let (version, address) = (env!("CARGO_PKG_VERSION"), relay.address());
    say(&match lang {
        Lang::Ja => format!("renkei {version} 中継サーバーを起動しました。待ち受け: {address}"),
        Lang::En => format!("renkei {version} relay is running, listening on {address}"),
    });
    if let Some(address) = relay.watched_at() {
        say(&format!("  http://{address}/healthz http://{address}/metrics"));
    }
    let own = OwnCertificates::of(config).map_err(|error| unstarted(error, lang))?;
    for told in own.told(Clock::system().now()) {
        say(told.text(lang));
    }
    let ended = loop {
        tokio::select! {
            asked = signals.next() => match asked {
                Asked::Reload => follower.take_up(&relay).await,
                Asked::Interrupt | Asked::Stop => break Ended::Stopped,
            },
            () = relay.moved() => break Ended::Moved,
            () = sleep(LOOK) => follower.look(&relay).await,
        }
    };
    match ended {
        Ended::Stopped => systemd::stopping(),
        Ended::Moved => systemd::reloading(),
    }
    say(match ended {
        Ended::Stopped => lang.pick("停止しています…", "stopping…"),
        Ended::Moved => lang.pick(
            "預かっているものが移されました。新しい保管先で続けます…",
            "the store was moved; going on with the new one…",
        ),
    });
    relay.stop().await;
    Ok(ended)
}

/// The store that the configuration names, if it is the one that the relay had before or there was none.
async fn store(
    path: &Path,
    config: &RelayConfig,
    new_store: bool,
) -> Result<OpenStore, RelayStoreError> {
    let noted = Noted::beside(path);
    let known = if new_store { None } else { noted.read()? };
    let (store, was_moved) = open(config, known.is_some()).await?;
    let identity = store.identity().await?;
    if known.as_ref() == Some(&identity) {
        return Ok(store);
    }
    if known.is_some() && !was_moved {
        return Err(RelayStoreError::Replaced(store.place()));
    }
    noted.write(&identity);
    Ok(store)
}

/// Opens the store, and makes it unless it must be there. While what lies in the file is moved into the
/// database that the configuration names, the file counts. Says whether the store is the one into which
/// the file was moved.
async fn open(
    config: &RelayConfig,
    must_be_there: bool,
) -> Result<(OpenStore, bool), RelayStoreError> {
    let file = config.file();
    let Some(settings) = database(&config.store) else {
        if must_be_there {
            SqliteStore::must_be_there(&file)?;
        }
        return Ok((OpenStore::Sqlite(SqliteStore::open(&file)?), false));
    };
    let mut looks = 0;
    loop {
        let opened = if must_be_there && !file.exists() {
            PostgresStore::open_there(&settings).await
        } else {
            PostgresStore::open(&settings).await
        };
        // Looked at behind the database: it is used only when the file is sealed.
        let there = file.exists();
        let moved = if there { moved_to(&file)? } else { None };
        match (opened, moved) {
            (Ok(_), None) if there => return Err(RelayStoreError::NotMoved(file)),
            (Ok(store), moved) => {
                let was_moved = moved.is_some();
                has_what_was_moved(&store, moved).await?;
                return Ok((OpenStore::Postgres(store), was_moved));
            }
            (Err(RelayStoreError::Unfinished), None) if there => {
                tracing::info!("the move is not finished: serving from {}", file.display());
                return Ok((OpenStore::Sqlite(SqliteStore::open(&file)?), false));
            }
            // It ends within a moment.
            (Err(RelayStoreError::Unfinished), Some(_)) if looks < LOOKS => {
                looks += 1;
                sleep(AGAIN).await;
            }
            // Whoever moved it ended before its last step.
            (Err(RelayStoreError::Unfinished), Some(_)) if looks == LOOKS => {
                looks += 1;
                if let Err(error) = move_store(&file, &settings, &|_, _| {}).await {
                    return Err(match error {
                        MoveError::Store(error) => error,
                        error => RelayStoreError::Away(error.to_string()),
                    });
                }
            }
            (Err(error), _) => return Err(error),
        }
    }
}

/// Starts the relay of a configuration that stands at `path`, on the store that it names.
pub(in crate::cli) async fn start(
    path: &Path,
    config: &RelayConfig,
    new_store: bool,
    lang: Lang,
) -> anyhow::Result<Relay> {
    let store = store(path, config, new_store).await;
    let started = match store.map_err(|error| store_fault(error, lang))? {
        OpenStore::Sqlite(store) => Relay::start(config, store, Clock::system()).await,
        OpenStore::Postgres(store) => Relay::start(config, store, Clock::system()).await,
    };
    started.map_err(|error| unstarted(error, lang))
}

/// Why the relay does not start: but for its store, the configuration can mend it.
fn unstarted(error: RelayError, lang: Lang) -> anyhow::Error {
    match error {
        RelayError::Store(error) => store_fault(error, lang),
        error => UsageError(error.text(lang)).into(),
    }
}
