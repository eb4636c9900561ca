//! What can go wrong with the store of a relay: never the fault of an office.

use std::io;
use std::path::PathBuf;

use crate::store::StoreError;
use crate::types::{Lang, io_text};

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
    #[error("{en}")]
    Settings {
        /// What is wrong, and what to do.
        ja: String,
        /// The same.
        en: String,
    },
    /// There is none where one should be.
    #[error(
        "there is no store at {0}: see whether its disk is there, and whether [node] data and [store] are right; one that never was is made by renkei relay, and renkei relay --new-store begins anew where it is lost"
    )]
    Missing(String),
    /// There is another one where the relay had its own.
    #[error(
        "the store at {0} is not the one that this relay had: see whether its disk is there, and whether [node] data and [store] are right; renkei relay --new-store goes on with it"
    )]
    Replaced(String),
    /// The database cannot be used.
    #[error("the database {place} cannot be used: {}", fault.text(Lang::En))]
    Database {
        /// Host, port and name.
        place: String,
        /// Why.
        fault: DatabaseFault,
    },
}

/// Why a database cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseFault {
    /// Nobody listens there, or the network does not lead there.
    Unreachable(io::ErrorKind),
    /// It says nothing.
    NoAnswer,
    /// TLS does not come about.
    Tls(String),
    /// User or password.
    Login,
    /// There is no database of this name.
    NoDatabase,
    /// The user may not make or use tables there.
    NoRight,
    /// It takes no more connections.
    TooMany,
    /// It starts or stops.
    Starting,
    /// Anything else, by its code.
    Code(String),
}

impl DatabaseFault {
    /// Why, and what to look at.
    fn text(&self, lang: Lang) -> String {
        let (ja, en) = match self {
            Self::Unreachable(kind) => {
                let why = io_text(&io::Error::from(*kind), lang);
                return match lang {
                    Lang::Ja => format!(
                        "接続できません（{why}）。PostgreSQL が動いているか、[store] postgres のホストとポートが正しいか確かめてください"
                    ),
                    Lang::En => format!(
                        "no connection ({why}); see whether PostgreSQL runs, and whether host and port of [store] postgres are right"
                    ),
                };
            }
            Self::Tls(why) => {
                return match lang {
                    Lang::Ja => format!(
                        "TLS で接続できません（{why}）。サーバーの証明書にこのホスト名があり、[store] root がその認証局の証明書か確かめてください"
                    ),
                    Lang::En => format!(
                        "TLS does not come about ({why}); see whether the server's certificate has this host name, and whether [store] root is its authority"
                    ),
                };
            }
            Self::Code(code) => {
                return match lang {
                    Lang::Ja => format!("PostgreSQL がエラー {code} を返しました"),
                    Lang::En => format!("PostgreSQL answers with {code}"),
                };
            }
            Self::NoAnswer => (
                "応答がありません。PostgreSQL が動いているか、[store] postgres のホストとポートが正しいか、途中で通信が遮られていないか確かめてください",
                "no answer; see whether PostgreSQL runs, whether host and port of [store] postgres are right, and whether something between keeps packets back",
            ),
            Self::Login => (
                "ログインできません。[store] postgres のユーザー、password_file の中身、PostgreSQL の pg_hba.conf を確かめてください",
                "the login is refused; see the user in [store] postgres, the password in password_file, and pg_hba.conf of PostgreSQL",
            ),
            Self::NoDatabase => (
                "その名前のデータベースがありません。[store] postgres の名前を確かめるか、createdb などで作ってください",
                "there is no database of this name; see [store] postgres, or make it, for example with createdb",
            ),
            Self::NoRight => (
                "このユーザーには、そこに表を作り、使う権限がありません。データベースの所有者にするか、スキーマの権限（GRANT ALL ON SCHEMA public）を与えてください",
                "the user may not make and use tables there; make it the owner of the database, or GRANT ALL ON SCHEMA public to it",
            ),
            Self::TooMany => (
                "接続数が上限に達しています。[store] connections を減らすか、PostgreSQL の max_connections を増やしてください",
                "it takes no more connections; lower [store] connections, or raise max_connections of PostgreSQL",
            ),
            Self::Starting => (
                "起動中か停止中です。しばらくしてからもう一度試してください",
                "it is starting or stopping; try again in a moment",
            ),
        };
        lang.pick(ja, en).to_owned()
    }
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
            Self::Settings { ja, .. } => ja.clone(),
            Self::Missing(place) => format!(
                "保管先 {place} がありません。ディスクがつながっているか、設定の [node] data と [store] が正しいか確かめてください。まだ一度も起動していなければ、renkei relay で起動すると作られます。失われたときは、renkei relay --new-store で新しく始められます。"
            ),
            Self::Replaced(place) => format!(
                "保管先 {place} は、この中継サーバーがこれまで使っていたものではありません。ディスクがつながっているか、設定の [node] data と [store] が正しいか確かめてください。これを使い続けてよければ、一度だけ renkei relay --new-store で起動してください。"
            ),
            Self::Database { place, fault } => {
                format!("データベース {place} を使えません。{}。", fault.text(lang))
            }
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

impl RelayStoreError {
    /// Whether PostgreSQL has no room.
    pub(super) fn is_full(error: &tokio_postgres::Error) -> bool {
        error.code() == Some(&tokio_postgres::error::SqlState::DISK_FULL)
    }
}

impl From<tokio_postgres::Error> for RelayStoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        // The text of an error may quote a row; its code does not.
        match error.code() {
            Some(_) if Self::is_full(&error) => Self::Full,
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
