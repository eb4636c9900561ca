//! What can go wrong with the store.

use std::path::PathBuf;

use super::loss::Loss;
use crate::types::{Lang, code, io_text};

/// What to do about a store that is not the one that it was.
const GO_ON: (&str, &str) = (
    "データフォルダーを元に戻す（ディスクの接続、控えからの復元）のが安全です。戻せない場合だけ、次のどちらかで起動してください。今ある台帳のまま続ける: renkei run --accept-store（失われた記録は戻りません）。新しい台帳で始める: renkei run --new-store（今あるファイルはデータフォルダーの aside-N に残します。送信待ち・控えは引き継がれません）。",
    "put the data folder back (connect its disk, restore a copy) if you can; if not, start with one of these: renkei run --accept-store goes on with what is there (what is lost stays lost), renkei run --new-store begins a new store (the files are kept in aside-N in the data folder; what waited and the receipts are not taken over)",
);

/// A fault of the store: ours or the disk's.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk, or the size that the configuration allows, is full. Nothing was written.
    #[error("the disk or the allowed size of the store is full")]
    Full,
    /// Another process has the store open for writing.
    #[error("another renkei uses the data folder {0}")]
    InUse(PathBuf),
    /// There is no store to read.
    #[error("no store in {0}")]
    Absent(PathBuf),
    /// The store is not the one that it was. Nothing was touched.
    #[error("{}; {}", .0.words().1, GO_ON.1)]
    Lost(Loss),
    /// The database is not where it was opened any more, or another is there.
    #[error(
        "the data folder, or the database in it, is gone while renkei runs; nothing is taken or confirmed until it is back (stop renkei before you restore a copy)"
    )]
    Gone,
    /// Other accounts can read or write the data folder.
    #[error("other accounts can get at the data folder {} (mode {mode:o}); packages in it are about people: chmod 700 \"{}\"", folder.display(), folder.display())]
    Exposed {
        /// The data folder.
        folder: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// A newer renkei made the store.
    #[error("the store has schema {found}; this renkei knows up to {known}")]
    TooNew {
        /// The version in the store.
        found: u32,
        /// The newest version that we know.
        known: u32,
    },
    /// An older renkei made the store, and it is open for reading only.
    #[error("the store has schema {found}, not {known}; renkei run brings it up to date")]
    TooOld {
        /// The version in the store.
        found: u32,
        /// The version that we read.
        known: u32,
    },
    /// The store holds something that we never write.
    #[error("the store is damaged: {0}")]
    Damaged(&'static str),
    /// The row is not there.
    #[error("no such package in the store")]
    NotFound,
    /// The package was removed when its time of keeping was over, or was rejected and never kept.
    #[error("the package is not kept: it was rejected, or its time of keeping is over")]
    NoLongerKept,
    /// Packages are encrypted, or are to be, and the key does not serve.
    #[error("{}", key_fault(.0).1)]
    Key(KeyFault),
    /// The store was opened for reading.
    #[error("the store is open for reading only")]
    ReadOnly,
    /// The thread that writes has ended.
    #[error("the store is closed")]
    Stopped,
    /// Our own code failed in the middle of a write, which was undone.
    #[error("a panic in the store")]
    Panic,
    /// The database refused.
    #[error("database: {0}")]
    Database(rusqlite::Error),
    /// The file system refused.
    #[error("file system: {}", io_text(.0, Lang::En))]
    Io(std::io::Error),
}

impl StoreError {
    /// A stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Full => code::STORE_FULL,
            Self::InUse(_) => code::STORE_IN_USE,
            Self::Absent(_) => code::STORE_ABSENT,
            Self::Lost(loss) => loss.code(),
            Self::Gone => code::STORE_GONE,
            Self::Exposed { .. } => code::STORE_EXPOSED,
            Self::TooNew { .. } => code::STORE_TOO_NEW,
            Self::TooOld { .. } => code::STORE_TOO_OLD,
            Self::Damaged(_) => code::STORE_DAMAGED,
            Self::NotFound => code::NOT_FOUND,
            Self::NoLongerKept => code::NO_LONGER_KEPT,
            Self::Key(_) => code::STORE_KEY,
            Self::ReadOnly | Self::Stopped => code::STORE_CLOSED,
            Self::Panic | Self::Database(_) | Self::Io(_) => code::STORE_FAILED,
        }
    }

    /// Whether only the package that was asked for is lost or damaged, and the store itself works.
    pub const fn is_about_one_package(&self) -> bool {
        match self {
            Self::Damaged(_) | Self::NotFound | Self::NoLongerKept | Self::Panic | Self::Io(_) => {
                true
            }
            Self::Full
            | Self::InUse(_)
            | Self::Absent(_)
            | Self::Lost(_)
            | Self::Gone
            | Self::Exposed { .. }
            | Self::TooNew { .. }
            | Self::TooOld { .. }
            | Self::Key(_)
            | Self::ReadOnly
            | Self::Stopped
            | Self::Database(_) => false,
        }
    }

    /// What is wrong and what to do.
    pub fn text(&self, lang: Lang) -> String {
        let ja = match self {
            Self::Full => {
                "ディスクの空きが足りないか、台帳が上限（limits.store_size）に達しました。空きを増やしてください。"
                    .to_owned()
            }
            Self::InUse(folder) => {
                format!("データフォルダー {} は、別の renkei が使用中です。", folder.display())
            }
            Self::Absent(folder) => format!(
                "{} に台帳がありません。renkei run を一度も動かしていないか、設定の data が違います。",
                folder.display()
            ),
            Self::Lost(loss) => format!("{}{}", loss.words().0, GO_ON.0),
            Self::Gone => "データフォルダー、または中の台帳が、動作中になくなりました。戻るまで、送受信も受領証の発行もしません（控えから戻す場合は、先に renkei を止めてください）。".to_owned(),
            Self::Exposed { folder, mode } => format!(
                "データフォルダー {0} を、ほかのアカウントが読み書きできます（権限 {mode:o}）。個人情報が入るため、使いません。次のコマンドで直してください: chmod 700 \"{0}\"",
                folder.display()
            ),
            Self::TooNew { .. } => {
                "台帳は、より新しい版の renkei で作られています。renkei を更新してください。".to_owned()
            }
            Self::TooOld { .. } => {
                "台帳は、古い版の renkei で作られています。renkei run を動かすと新しくなります。".to_owned()
            }
            Self::Damaged(_) => {
                "台帳が壊れています。控えから戻すか、サポートに連絡してください。".to_owned()
            }
            Self::NotFound => "そのメッセージは台帳にありません。".to_owned(),
            Self::NoLongerKept => {
                "そのパッケージは、受け取りを拒否したか、保存期間を過ぎたため、中身を残していません。受領証と記録は残っています。"
                    .to_owned()
            }
            Self::Key(fault) => key_fault(fault).0,
            Self::ReadOnly | Self::Stopped => "台帳は閉じられています。".to_owned(),
            Self::Database(error) => format!("台帳の読み書きに失敗しました（{error}）。"),
            Self::Panic => "台帳の処理が異常終了しました。ログを添えて開発元に連絡してください。".to_owned(),
            Self::Io(error) => format!("台帳の読み書きに失敗しました: {}。", io_text(error, lang)),
        };
        lang.pick(&ja, &self.to_string()).to_owned()
    }
}

/// What is wrong with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyFault {
    /// Packages are encrypted, and no key is configured.
    None,
    /// The file is not there, although packages are encrypted.
    Missing(PathBuf),
    /// It is not 64 hexadecimal digits.
    Malformed(PathBuf),
    /// Other accounts can read it.
    Exposed(PathBuf),
    /// It is not the one that packages are encrypted with.
    Other(PathBuf),
}

/// What is wrong with a key and what to do, in Japanese and in English.
fn key_fault(fault: &KeyFault) -> (String, String) {
    let (ja, en) = match fault {
        KeyFault::None => (
            "パッケージは暗号化されています。設定の store.key_file に鍵のファイルを書いてください。".to_owned(),
            "packages are encrypted: name the file of the key in store.key_file".to_owned(),
        ),
        KeyFault::Missing(file) => (
            format!("パッケージを暗号化した鍵のファイル {} がありません。控えから戻してください。", file.display()),
            format!("the key {} that packages are encrypted with is not there: put a copy back", file.display()),
        ),
        KeyFault::Malformed(file) => (
            format!("{} は鍵のファイルではありません（16 進 64 桁）。", file.display()),
            format!("{} is no key: 64 hexadecimal digits are expected", file.display()),
        ),
        KeyFault::Exposed(file) => (
            format!("鍵のファイル {0} を、ほかのアカウントが読めます。次のコマンドで直してください: chmod 600 \"{0}\"", file.display()),
            format!("other accounts can read the key {0}: chmod 600 \"{0}\"", file.display()),
        ),
        KeyFault::Other(file) => (
            format!("{} は、パッケージを暗号化した鍵ではありません。元の鍵を使ってください。", file.display()),
            format!("{} is not the key that packages are encrypted with", file.display()),
        ),
    };
    (ja, en)
}

/// The store holds a name that we never write.
#[derive(Debug, thiserror::Error)]
#[error("unknown name {0:?} in the store")]
pub(super) struct UnknownName(pub(super) String);

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::QueryReturnedNoRows => Self::NotFound,
            rusqlite::Error::FromSqlConversionFailure(_, _, cause) if cause.is::<UnknownName>() => {
                Self::Damaged("name of a state or kind")
            }
            error if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            error => Self::Database(error),
        }
    }
}

impl From<KeyFault> for StoreError {
    fn from(fault: KeyFault) -> Self {
        Self::Key(fault)
    }
}

impl From<std::io::Error> for StoreError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Io(error),
        }
    }
}
