//! What a store can have lost since it was last open.

use crate::types::code;

/// What is not as it was. The store was not touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// The data folder is not there.
    Folder,
    /// The database is not there.
    Database,
    /// The database is empty.
    Emptied,
    /// There is a log without its database.
    LoneLog,
    /// The database is that of another store.
    Another,
    /// The database ends before a row of the journal that was durable.
    Older,
}

impl Loss {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Folder | Self::Database => code::STORE_MISSING,
            Self::Emptied => code::STORE_EMPTIED,
            Self::LoneLog => code::STORE_LOG_ALONE,
            Self::Another => code::STORE_ANOTHER,
            Self::Older => code::STORE_OLDER,
        }
    }

    /// Japanese and English.
    pub(super) const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Folder => (
                "データフォルダーがありません。以前は台帳がありました。",
                "the data folder is not there, although there was a store in it",
            ),
            Self::Database => (
                "台帳のファイル renkei.db がありません。以前は台帳がありました。",
                "the database renkei.db is not there, although there was one",
            ),
            Self::Emptied => (
                "台帳のファイル renkei.db が空です。以前は内容がありました。",
                "the database renkei.db is empty, although there was something in it",
            ),
            Self::LoneLog => (
                "台帳の renkei.db-wal だけがあり、renkei.db がないか空です。renkei.db-wal には送受信の記録が残っている可能性があります。",
                "there is renkei.db-wal, but renkei.db is missing or empty; the log may hold what was sent and received",
            ),
            Self::Another => {
                ("台帳が、以前のものとは別のものです。", "the store is another one than before")
            }
            Self::Older => (
                "台帳が以前より古い状態です（renkei.db-wal が失われたか、古い控えから戻されています）。",
                "the store is older than it was: renkei.db-wal is lost or damaged, or it is an older copy",
            ),
        }
    }

    /// Whether there is something to go on with.
    pub(super) const fn leaves_a_store(self) -> bool {
        matches!(self, Self::Another | Self::Older)
    }
}
