//! What can go wrong with the store of a relay: never the fault of an office.

use std::path::PathBuf;

use crate::store::StoreError;
use crate::types::Lang;

/// A fault of the store. Its text has no values of what is kept.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RelayStoreError {
    /// There is no room.
    #[error("the disk of the store is full")]
    Full,
    /// It does not answer at the moment.
    #[error("the store does not answer: {0}")]
    Away(String),
    /// It holds something that we never write.
    #[error("the store is damaged: {0}")]
    Damaged(&'static str),
    /// A newer renkei made it.
    #[error("the store has schema {found}; this renkei knows up to {known}")]
    TooNew {
        /// The version in the store.
        found: i64,
        /// The newest version that we know.
        known: i64,
    },
    /// Another process writes to the file.
    #[error("another relay uses the store")]
    InUse,
    /// It was moved to this database, and nobody writes here any more.
    #[error("the store was moved to {0}")]
    Moved(String),
    /// It is a database into which a file is just being moved, or that was broken off.
    #[error("the move into this database is not finished; renkei relay move-store goes on with it")]
    Unfinished,
    /// There is a file that was never moved.
    #[error("{} was never moved into the database; renkei relay move-store does it (remove the file if nothing in it is wanted)", .0.display())]
    NotMoved(PathBuf),
    /// How it is reached cannot be read or used.
    #[error("{0}")]
    Settings(String),
}

impl RelayStoreError {
    /// What an operator reads.
    pub fn text(&self, lang: Lang) -> String {
        if lang == Lang::En {
            return self.to_string();
        }
        match self {
            Self::Full => "保管先のディスクに空きがありません。".to_owned(),
            Self::Away(why) => format!("保管先が応答しません（{why}）。"),
            Self::Damaged(what) => format!("保管先の内容が壊れています（{what}）。"),
            Self::TooNew { found, known } => format!(
                "保管先は新しい renkei で作られています（スキーマ {found}。この renkei は {known} まで）。"
            ),
            Self::InUse => "別の中継サーバーがこの保管先を使っています。".to_owned(),
            Self::Moved(to) => format!(
                "預かっているものは {to} へ移してあります。relay.toml の [store] postgres に指定してください。"
            ),
            Self::Unfinished => "このデータベースへの移し替えが終わっていません。renkei relay move-store をもう一度実行すると、続きから進みます。".to_owned(),
            Self::NotMoved(file) => format!(
                "{} の内容がまだデータベースへ移されていません。renkei relay move-store で移してください（中身が要らなければ、ファイルを削除してください）。",
                file.display()
            ),
            Self::Settings(text) => text.clone(),
        }
    }
}

impl From<StoreError> for RelayStoreError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Full => Self::Full,
            StoreError::Damaged(what) => Self::Damaged(what),
            error => Self::Away(error.to_string()),
        }
    }
}

impl From<rusqlite::Error> for RelayStoreError {
    fn from(error: rusqlite::Error) -> Self {
        StoreError::from(error).into()
    }
}

impl From<std::io::Error> for RelayStoreError {
    fn from(error: std::io::Error) -> Self {
        StoreError::from(error).into()
    }
}

impl From<tokio_postgres::Error> for RelayStoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        use tokio_postgres::error::SqlState;
        // The text of an error may quote a row; its code does not.
        match error.code() {
            Some(code) if *code == SqlState::DISK_FULL => Self::Full,
            Some(code) => Self::Away(format!("PostgreSQL answers with {}", code.code())),
            None => Self::Away("the connection to PostgreSQL failed".to_owned()),
        }
    }
}

impl From<deadpool_postgres::PoolError> for RelayStoreError {
    fn from(error: deadpool_postgres::PoolError) -> Self {
        match error {
            deadpool_postgres::PoolError::Backend(error) => error.into(),
            deadpool_postgres::PoolError::Timeout(_) => {
                Self::Away("no connection to PostgreSQL became free in time".to_owned())
            }
            _ => Self::Away("there is no connection to PostgreSQL".to_owned()),
        }
    }
}
