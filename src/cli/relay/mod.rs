//! `renkei relay`: the relay, and what its operator does.

mod follow;
pub(super) mod init;
mod move_store;
mod offices;
pub(super) mod serve;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;

use super::{UsageError, copies};
use crate::config::{RelayConfig, RelayStoreSettings, problems_text};
use crate::relay::store::{
    PostgresSettings, PostgresStore, RelayStoreError, SqliteStore, moved_to,
};
use crate::types::{Lang, MessageId, OfficeNumber, Problems};

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Args {
    #[command(flatten)]
    config: RelayConfigArg,
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
        None => serve::run(&args.config.config, lang),
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
        Some(Command::Status { config }) => offices::status(&read(&config.config, lang)?, lang),
    }
}

/// Reads and checks the configuration.
pub(super) fn read(path: &Path, lang: Lang) -> Result<RelayConfig, UsageError> {
    let shown = path.display();
    let text = copies::read_file(path).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let text = text.ok_or_else(|| {
        UsageError(match lang {
            Lang::Ja => format!(
                "中継サーバーの設定ファイル {shown} を読めません。--config で場所を指定するか、renkei relay init で作ってください。"
            ),
            Lang::En => format!(
                "cannot read the configuration of the relay {shown}: name it with --config, or make one with renkei relay init"
            ),
        })
    })?;
    let base = path.parent().unwrap_or_else(|| Path::new(""));
    RelayConfig::parse(&text, base)
        .map_err(|Problems(problems)| UsageError(problems_text(path, &Problems(problems), lang)))
}

/// The store that a command works on.
#[expect(clippy::large_enum_variant, reason = "there is one, for as long as the command runs")]
enum OpenStore {
    Sqlite(SqliteStore),
    Postgres(PostgresStore),
}

/// Opens the store for a command, beside the relay itself.
async fn open_beside(config: &RelayConfig) -> anyhow::Result<OpenStore> {
    let file = config.file();
    let Some(settings) = database(&config.store) else {
        return Ok(OpenStore::Sqlite(SqliteStore::open_beside(&file)?));
    };
    let moved = if file.exists() { moved_to(&file)? } else { None };
    // What lies in the file counts until all of it is moved.
    if moved.is_none() && file.exists() {
        return Ok(OpenStore::Sqlite(SqliteStore::open_beside(&file)?));
    }
    let store = PostgresStore::open(&settings).await?;
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
