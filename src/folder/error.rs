//! What can go wrong with a folder.

use std::io;

use super::name::{OddReason, ShownName};
use crate::types::{Lang, code, io_text};

/// Which of an office's folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FolderRole {
    /// Where the care software exports to.
    Drop,
    /// Where claimed files lie while the node works on them.
    Work,
    /// Where refused sets lie with their reports.
    Hold,
    /// Where copies of sent sets lie.
    Sent,
    /// Where the care software imports from.
    Import,
    /// Where sets lie that a person hands over.
    Outbox,
    /// Where the browser of the office puts what is downloaded.
    Downloads,
    /// A folder that is none of an office's, for files the program writes elsewhere.
    Other,
}

impl FolderRole {
    /// What people call it.
    pub const fn name(self, lang: Lang) -> &'static str {
        let (ja, en) = match self {
            Self::Drop => ("送信用フォルダー", "drop folder"),
            Self::Work => ("作業用フォルダー", "work folder"),
            Self::Hold => ("保留フォルダー", "hold folder"),
            Self::Sent => ("送信済みフォルダー", "sent folder"),
            Self::Import => ("取込フォルダー", "import folder"),
            Self::Outbox => ("アップロード待ちフォルダー", "outbox folder"),
            Self::Downloads => ("ダウンロードのフォルダー", "downloads folder"),
            Self::Other => ("出力先フォルダー", "output folder"),
        };
        lang.pick(ja, en)
    }
}

/// What was being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    /// Checking at opening that the folder can do what is needed.
    Check,
    /// Listing what is in it.
    List,
    /// Reading a file.
    Read,
    /// Writing a file.
    Write,
    /// Moving a file in or out.
    Move,
    /// Deleting a file.
    Delete,
    /// Asking the operating system to tell about changes.
    Watch,
}

impl Action {
    const fn words(self, lang: Lang) -> &'static str {
        let (ja, en) = match self {
            Self::Check => ("確認", "check"),
            Self::List => ("一覧の取得", "list"),
            Self::Read => ("読み取り", "read"),
            Self::Write => ("書き込み", "write"),
            Self::Move => ("移動", "move"),
            Self::Delete => ("削除", "delete"),
            Self::Watch => ("変更の監視", "watch"),
        };
        lang.pick(ja, en)
    }
}

/// Why it went wrong; [`Fault::code`] is stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fault {
    /// No space, or the quota is used up. Nothing was lost; the same call works once there is room.
    DiskFull,
    /// The account of the node may not do this here, or the volume is read-only.
    Denied,
    /// The file or folder is not there.
    Missing,
    /// It is not the folder that it was: a mount is missing, or somebody put another in its place.
    Replaced,
    /// Something that is no folder stands where a folder is needed.
    NotAFolder,
    /// Another program has the file open. Worth trying again.
    Locked,
    /// The file is not the one that was seen, or is still being written. Worth trying again.
    Changed,
    /// The folders are not on the same volume, so that files cannot be renamed between them.
    OtherVolume,
    /// The volume has no way to rename without overwriting.
    NoSafeRename,
    /// The name is none that the node takes.
    BadName(OddReason),
    /// Two files of one set have the same name, letter case aside.
    SameName,
    /// The files are larger than allowed.
    TooLarge {
        /// The limit, bytes.
        limit: u64,
    },
    /// Anything else that the operating system reports.
    Io,
}

impl Fault {
    /// A stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::DiskFull => code::FOLDER_DISK_FULL,
            Self::Denied => code::FOLDER_DENIED,
            Self::Missing => code::FOLDER_MISSING,
            Self::Replaced => code::FOLDER_REPLACED,
            Self::NotAFolder => code::FOLDER_NOT_A_FOLDER,
            Self::Locked => code::FOLDER_LOCKED,
            Self::Changed => code::FOLDER_CHANGED,
            Self::OtherVolume => code::FOLDER_OTHER_VOLUME,
            Self::NoSafeRename => code::FOLDER_NO_SAFE_RENAME,
            Self::BadName(_) => code::FOLDER_BAD_NAME,
            Self::SameName => code::FOLDER_SAME_NAME,
            Self::TooLarge { .. } => code::FOLDER_TOO_LARGE,
            Self::Io => code::FOLDER_IO,
        }
    }

    /// What it means.
    pub fn text(self, lang: Lang) -> String {
        let (ja, en) = match self {
            Self::DiskFull => (
                "ディスクの空き容量が足りません。容量を空けると自動で再開します。",
                "the disk is full or the quota is used up; it goes on once there is room",
            ),
            // Windows says the same of a folder in which somebody has a file open.
            Self::Denied if cfg!(windows) => (
                "アクセス権がないか、ほかのソフト（ウイルス対策ソフトなど）が使用中です。renkei を動かすアカウントに読み書きを許可してください。",
                "access denied; the account that runs renkei needs to read and write here, and no other program, such as a virus scanner, may have something in it open",
            ),
            Self::Denied => (
                "アクセス権がありません。renkei を動かすアカウントに読み書きを許可してください。",
                "access denied; the account that runs renkei needs to read and write here",
            ),
            Self::Missing => ("見つかりません。", "it is not there"),
            Self::Replaced => (
                "以前とは別のフォルダーです（共有フォルダーやディスクがつながっていない可能性があります）。元のフォルダーに戻ると自動で再開します。わざと入れ替えた場合は、renkei を止めて、一度だけ renkei run --accept-folders で起動してください。",
                "it is not the folder that it was; a share or disk may not be mounted. It goes on by itself when the folder is back; if you replaced it on purpose, stop renkei and start it once with renkei run --accept-folders",
            ),
            Self::NotAFolder => ("フォルダーではありません。", "it is not a folder"),
            Self::Locked => (
                "ほかのソフトが使用中です。後で自動的にやり直します。",
                "another program has it open; it is tried again later",
            ),
            Self::Changed => (
                "ファイルが書き換えられています。書き込みが終わってからやり直します。",
                "the file is being changed; it is tried again when it stands still",
            ),
            Self::OtherVolume => (
                "送信用フォルダーと同じドライブ（ボリューム）の上に置いてください。",
                "expected a folder on the same volume as the drop folder",
            ),
            Self::NoSafeRename => (
                "このドライブの形式では上書きしない名前の変更ができません（NTFS などを使ってください）。",
                "the volume cannot rename without overwriting; expected NTFS, ext4 or alike",
            ),
            Self::BadName(reason) => return reason.text(lang).to_owned(),
            Self::SameName => (
                "同じ名前（大文字・小文字の違いを除く）のファイルが重なっています。",
                "two files of the set have the same name, letter case aside",
            ),
            Self::TooLarge { limit } => {
                return match lang {
                    Lang::Ja => format!("大きすぎます（上限 {limit} バイト）。"),
                    Lang::En => format!("too large, expected at most {limit} bytes"),
                };
            }
            Self::Io => (
                "オペレーティングシステムがエラーを返しました。",
                "the operating system reports an error",
            ),
        };
        lang.pick(ja, en).to_owned()
    }
}

/// A folder that would not do what it should. Always a matter of this machine and its operator,
/// never of a peer; the text is for the operator and shows no path and no masked name.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.text(Lang::En))]
pub struct FolderError {
    fault: Fault,
    folder: FolderRole,
    action: Action,
    file: Option<ShownName>,
    source: Option<io::Error>,
}

impl FolderError {
    pub(super) fn new(fault: Fault, folder: FolderRole, action: Action) -> Self {
        Self { fault, folder, action, file: None, source: None }
    }

    pub(super) fn of_io(source: io::Error, folder: FolderRole, action: Action) -> Self {
        Self { source: Some(source), ..Self::new(Fault::Io, folder, action) }.classified()
    }

    /// For use with `map_err`.
    pub(super) fn at(folder: FolderRole, action: Action) -> impl Fn(io::Error) -> Self {
        move |source| Self::of_io(source, folder, action)
    }

    /// The same error about one file.
    pub(super) fn about(self, file: &str) -> Self {
        Self { file: Some(ShownName::of(file)), ..self }
    }

    /// Why.
    pub const fn fault(&self) -> Fault {
        self.fault
    }

    /// The stable code of [`FolderError::fault`].
    pub const fn code(&self) -> &'static str {
        self.fault.code()
    }

    /// In which folder.
    pub const fn folder(&self) -> FolderRole {
        self.folder
    }

    /// Doing what.
    pub const fn action(&self) -> Action {
        self.action
    }

    /// With which file, masked where its name is not one of the standard.
    pub const fn file(&self) -> Option<&ShownName> {
        self.file.as_ref()
    }

    /// The whole story in one sentence or two, without personal data.
    pub fn text(&self, lang: Lang) -> String {
        let folder = self.folder.name(lang);
        let action = self.action.words(lang);
        let source = self.source.as_ref().filter(|source| source.raw_os_error().is_some());
        let number = source.and_then(io::Error::raw_os_error);
        let number = number.map(|number| format!(" (OS {number})")).unwrap_or_default();
        let (fault, number) = match (self.fault, source) {
            // What has a number is words of the system, without any name.
            (Fault::Io, Some(source)) => {
                let end = lang.pick("。", "");
                (format!("{}{end}", io_text(source, lang)), String::new())
            }
            (fault, _) => (fault.text(lang), number),
        };
        let file = self.file.as_ref().map(|file| file.text(lang));
        match (lang, file) {
            (Lang::Ja, Some(file)) => {
                format!("{folder}の {file} の{action}ができません。{fault}{number}")
            }
            (Lang::Ja, None) => format!("{folder}の{action}ができません。{fault}{number}"),
            (Lang::En, Some(file)) => {
                format!("cannot {action} {file} in the {folder}: {fault}{number}")
            }
            (Lang::En, None) => format!("cannot {action} in the {folder}: {fault}{number}"),
        }
    }

    fn classified(mut self) -> Self {
        if let Some(source) = &self.source {
            self.fault = fault_of(source);
        }
        self
    }
}

fn fault_of(error: &io::Error) -> Fault {
    /// Windows: ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION.
    const IN_USE: [i32; 2] = [32, 33];
    if cfg!(windows) && error.raw_os_error().is_some_and(|number| IN_USE.contains(&number)) {
        return Fault::Locked;
    }
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Fault::DiskFull,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Fault::Denied,
        io::ErrorKind::NotFound => Fault::Missing,
        io::ErrorKind::NotADirectory => Fault::NotAFolder,
        io::ErrorKind::CrossesDevices => Fault::OtherVolume,
        io::ErrorKind::ResourceBusy | io::ErrorKind::WouldBlock => Fault::Locked,
        _ => Fault::Io,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_whose_fault_in_both_languages_without_names() {
        let error = FolderError::of_io(
            io::ErrorKind::StorageFull.into(),
            FolderRole::Import,
            Action::Write,
        )
        .about("山田太郎様のプラン.CSV");
        assert_eq!((error.fault(), error.code()), (Fault::DiskFull, "folder-disk-full"));
        let (ja, en) = (error.text(Lang::Ja), error.to_string());
        assert!(ja.contains("取込フォルダー") && ja.contains("空き容量"), "{ja}");
        assert!(en.contains("cannot write") && en.contains("import folder"), "{en}");
        for text in [ja, en, format!("{error:?}")] {
            assert!(!text.contains("山田"), "{text}");
        }
    }

    #[test]
    fn keeps_the_names_of_the_standard() {
        let name = "UPPLAN_202604_1370000018_43_1370000026_11_20260326111500.CSV";
        let error = FolderError::new(Fault::Changed, FolderRole::Drop, Action::Move).about(name);
        assert!(error.to_string().contains(name));
    }
}
