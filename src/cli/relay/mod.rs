//! `renkei relay`: the relay, and what its operator does.

mod follow;
pub(super) mod init;
mod move_store;
mod noted;
mod offices;
pub(super) mod serve;
mod status;

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;

use super::UsageError;
use crate::config::{LARGEST_SOURCE, RelayConfig, RelayStoreSettings, problems_text};
use crate::disk;
use crate::relay::store::{
    PostgresSettings, PostgresStore, RelayStoreError, SqliteStore, moved_to,
};
use crate::types::{Lang, MessageId, OfficeNumber, Problems, io_text};

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Args {
    #[command(flatten)]
    config: RelayConfigArg,
    /// 保管先が失われたか替わったとき、今の保管先で始めます（なければ作ります。失われたものは戻りません）
    #[arg(long)]
    new_store: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Where the configuration is.
#[derive(Debug, clap::Args)]
struct RelayConfigArg {
    /// 中継サーバーの設定ファイル
    #[arg(long, value_name = "FILE", default_value = "relay.toml")]
    config: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// 中継サーバーの鍵・証明書・設定ファイルを作ります
    Init(init::Args),
    /// 事業所と、承認を待っている事業所カードを一覧します
    List {
        #[command(flatten)]
        config: RelayConfigArg,
    },
    /// 電話で 30 桁の数字を確かめた事業所を、事業所カードで登録します
    Approve {
        #[command(flatten)]
        config: RelayConfigArg,
        /// 相手が読み上げた 30 桁の数字
        #[arg(long, value_name = "DIGITS")]
        digits: Option<String>,
        /// 事業所番号
        office: OfficeNumber,
    },
    /// 事業所との取り次ぎをやめ、待っている事業所カードを捨てます
    Refuse {
        #[command(flatten)]
        config: RelayConfigArg,
        /// 事業所番号
        office: OfficeNumber,
    },
    /// 承認を待っている事業所カードを捨てます（登録済みの事業所はそのままです）
    #[command(
        override_usage = "renkei relay forget [OPTIONS] <OFFICE>\n       renkei relay forget [OPTIONS] --all"
    )]
    Forget {
        #[command(flatten)]
        config: RelayConfigArg,
        /// 待っているカードをすべて捨てます
        #[arg(long, conflicts_with = "office")]
        all: bool,
        /// 事業所番号
        #[arg(required_unless_present = "all")]
        office: Option<OfficeNumber>,
    },
    /// 預かっているものをすべて SQLite のファイルから PostgreSQL へ移します（中継サーバーは動かしたままで構いません）
    MoveStore {
        #[command(flatten)]
        config: RelayConfigArg,
    },
    /// 預かっているものの数を表示します
    Status {
        #[command(flatten)]
        config: RelayConfigArg,
    },
}

pub(super) fn run(args: Args, lang: Lang) -> anyhow::Result<ExitCode> {
    match args.command {
        None => serve::run(&args.config.config, args.new_store, lang),
        Some(Command::Init(args)) => init::run(&args, lang),
        Some(Command::List { config }) => offices::list(&read(&config.config, lang)?, lang),
        Some(Command::Approve { config, digits, office }) => {
            offices::approve(&read(&config.config, lang)?, office, digits.as_deref(), lang)
        }
        Some(Command::Refuse { config, office }) => {
            offices::refuse(&read(&config.config, lang)?, office, lang)
        }
        Some(Command::Forget { config, all: _, office }) => {
            offices::forget(&read(&config.config, lang)?, office, lang)
        }
        Some(Command::MoveStore { config }) => move_store::run(&read(&config.config, lang)?, lang),
        Some(Command::Status { config }) => status::run(&read(&config.config, lang)?, lang),
    }
}

/// Reads and checks the configuration.
pub(super) fn read(path: &Path, lang: Lang) -> Result<RelayConfig, UsageError> {
    let text = disk::read_text(path, LARGEST_SOURCE).map_err(|error| unread(path, &error, lang))?;
    let base = path.parent().unwrap_or_else(|| Path::new(""));
    RelayConfig::parse(&text, base)
        .map_err(|Problems(problems)| UsageError(problems_text(path, &Problems(problems), lang)))
}

/// Why the file of a configuration cannot be read, and what to do.
fn unread(path: &Path, error: &io::Error, lang: Lang) -> UsageError {
    let (path, why) = (path.display(), io_text(error, lang));
    UsageError(match (error.kind(), lang) {
        (io::ErrorKind::NotFound, Lang::Ja) => format!(
            "中継サーバーの設定ファイル {path} がありません。--config で場所を指定するか、renkei relay init で作ってください。"
        ),
        (io::ErrorKind::NotFound, Lang::En) => format!(
            "there is no configuration of a relay {path}: name it with --config, or make one with renkei relay init"
        ),
        (io::ErrorKind::InvalidData, Lang::Ja) => format!(
            "中継サーバーの設定ファイル {path} の文字コードが UTF-8 ではありません。UTF-8 で保存し直してください。"
        ),
        (io::ErrorKind::InvalidData, Lang::En) => {
            format!("the configuration of the relay {path} is not UTF-8; save it again as UTF-8")
        }
        (io::ErrorKind::PermissionDenied, Lang::Ja) => format!(
            "中継サーバーの設定ファイル {path} を読めません: {why}。中継サーバーのユーザー（例: sudo -u renkei）で実行してください。"
        ),
        (io::ErrorKind::PermissionDenied, Lang::En) => format!(
            "cannot read the configuration of the relay {path}: {why}; run it as the user of the relay, such as with sudo -u renkei"
        ),
        (_, Lang::Ja) => format!("中継サーバーの設定ファイル {path} を読めません: {why}。"),
        (_, Lang::En) => format!("cannot read the configuration of the relay {path}: {why}"),
    })
}

/// A fault of the store, for whoever called: what the configuration can mend is one of it.
fn store_fault(error: RelayStoreError, lang: Lang) -> anyhow::Error {
    match error {
        RelayStoreError::Settings { .. }
        | RelayStoreError::Missing(_)
        | RelayStoreError::Replaced(_) => UsageError(error.text(lang)).into(),
        error => error.into(),
    }
}

/// The store that a command works on.
#[expect(clippy::large_enum_variant, reason = "there is one, for as long as the command runs")]
enum OpenStore {
    Sqlite(SqliteStore),
    Postgres(PostgresStore),
}

impl OpenStore {
    /// Where it is.
    fn place(&self) -> String {
        match self {
            Self::Sqlite(store) => store.path().display().to_string(),
            Self::Postgres(store) => store.place(),
        }
    }

    /// By what it is told from another store.
    async fn identity(&self) -> Result<String, RelayStoreError> {
        match self {
            Self::Sqlite(store) => store.identity().await,
            Self::Postgres(store) => store.identity().await,
        }
    }
}

/// Opens the store for a command, beside the relay itself. None is made.
async fn open_beside(config: &RelayConfig, lang: Lang) -> anyhow::Result<OpenStore> {
    open_there(config).await.map_err(|error| store_fault(error, lang))
}

async fn open_there(config: &RelayConfig) -> Result<OpenStore, RelayStoreError> {
    let file = config.file();
    let Some(settings) = database(&config.store) else {
        return Ok(OpenStore::Sqlite(SqliteStore::open_beside(&file)?));
    };
    let moved = if file.exists() { moved_to(&file)? } else { None };
    // What lies in the file counts until all of it is moved.
    if moved.is_none() && file.exists() {
        return Ok(OpenStore::Sqlite(SqliteStore::open_beside(&file)?));
    }
    let store = match (PostgresStore::open_there(&settings).await, &moved) {
        // There is nothing of what was moved.
        (Err(RelayStoreError::Missing(_)), Some((_, to))) => {
            return Err(RelayStoreError::Moved(to.clone()));
        }
        (opened, _) => opened?,
    };
    has_what_was_moved(&store, moved).await?;
    Ok(OpenStore::Postgres(store))
}

/// Refuses a database that is not the one into which what was in the file went.
async fn has_what_was_moved(
    store: &PostgresStore,
    moved: Option<(MessageId, String)>,
) -> Result<(), RelayStoreError> {
    match moved {
        Some((id, to)) if !store.has_moved_in(id).await? => Err(RelayStoreError::Moved(to)),
        _ => Ok(()),
    }
}

/// How the database is reached, if one is named.
fn database(settings: &RelayStoreSettings) -> Option<PostgresSettings> {
    let RelayStoreSettings::Postgres { url, password_file, root, connections } = settings else {
        return None;
    };
    Some(PostgresSettings {
        url: url.clone(),
        password_file: password_file.clone(),
        root: root.clone(),
        connections: *connections,
    })
}
