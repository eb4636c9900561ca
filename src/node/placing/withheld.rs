//! Packages that cannot be placed until a person has done something: told to both sides, and out of
//! the way of those behind them.

use std::fmt::Write as _;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::super::context::{Context, blocking};
use super::super::folders::ImportFolders;
use super::super::judge;
use super::super::note::Note;
use super::Fault;
use super::files::{destination, named};
use crate::folder::{self, Action, FolderError, FolderRole, Kept};
use crate::package::{Receipt, ReceiptFinding, ReceiptKind, open};
use crate::store::{IncomingRow, NewReceipt, StoreError};
use crate::transfer::Incoming;
use crate::types::{Lang, code};

/// A fault that stays for so many attempts although the folder can be written to is one of this
/// package: the second attempt comes after a quarter of a minute, the third a minute later.
const ATTEMPTS: u32 = 3;

/// The sender is told of a package that could not be placed for so long, whatever is in the way.
const TELL_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// A package that a person has to decide about.
#[derive(Debug)]
pub(in super::super) struct Withheld {
    /// Why: a stable code.
    pub(super) code: &'static str,
    /// The first of the files in whose way something is, as the sender calls it.
    pub(super) sent_as: Option<String>,
    /// Where copies of its files lie, below the hold folder, if they could be put there.
    pub(in super::super) folder: Option<String>,
    /// None of its files was seen in the import folder.
    pub(super) unshown: bool,
}

impl Withheld {
    /// One whose files are nowhere but in the store, or not even there.
    pub(super) const fn without_files(code: &'static str) -> Self {
        Self { code, sent_as: None, folder: None, unshown: false }
    }
}

/// Puts copies of the files into the hold folder, with a note that says how to go on.
pub(in super::super) fn keep(
    folders: &ImportFolders,
    row: &IncomingRow,
    files: &[(&str, &[u8])],
    (code, in_the_way): (&'static str, Vec<String>),
    lang: Lang,
) -> Result<Withheld, FolderError> {
    let unit = judge::unit_name(row.serial, row.sender, row.office);
    let note = note(&unit, row, (code, &in_the_way), lang);
    let Kept { folder, .. } = folders.hold.keep(&unit, files, &note.files())?;
    let folder = folder.file_name().map(|name| name.to_string_lossy().into_owned());
    let sent_as = in_the_way.into_iter().next();
    Ok(Withheld { code, sent_as, folder, unshown: false })
}

/// What lies beside received files that could not be placed: why, which file is in the way, and how
/// a person settles it.
fn note(unit: &str, row: &IncomingRow, (code, in_the_way): (&str, &[String]), lang: Lang) -> Note {
    let id = row.id;
    let told = match (row.came_by.is_receipted(), lang) {
        (true, Lang::Ja) => "相手には「受取拒否」と表示されます。",
        (true, Lang::En) => "; the sender will see that it was refused",
        (false, _) => "",
    };
    let why = code::meaning(code, lang).unwrap_or_else(|| code.to_owned());
    let mut files = String::new();
    for name in in_the_way {
        let _ = write!(files, "  {name}\r\n");
    }
    let first = match (in_the_way.is_empty(), lang) {
        // The files of the former set have the same names.
        (true, Lang::Ja) if code == code::DOWNLOAD_DIFFERS => {
            "前のファイルが取込フォルダーに残っていれば別の場所に移し、次のコマンドを実行してください。"
        }
        (true, Lang::En) if code == code::DOWNLOAD_DIFFERS => {
            "move the former files elsewhere if they still lie in the import folder, and run"
        }
        (false, Lang::Ja) => {
            "取込フォルダーのファイルを確かめて別の場所に移し、次のコマンドを実行してください。"
        }
        (true, Lang::Ja) => "次のコマンドを実行してください。",
        (false, Lang::En) => "look at the file in the import folder, move it elsewhere, and run",
        (true, Lang::En) => "run",
    };
    let text = match lang {
        Lang::Ja => format!(
            "取り込んでいません。\r\n\
             受信した送信単位: {unit}\r\n\
             理由: {why} [{code}]\r\n{files}\r\n\
             取り込むには: {first}\r\n\
             \x20 renkei hold release {id}\r\n\
             取り込まないときは: 次のコマンドを実行してください。{told}\r\n\
             \x20 renkei hold dismiss {id}\r\n\
             このフォルダーのファイルは控えです。取込フォルダーに手で移す必要はありません。\r\n"
        ),
        Lang::En => format!(
            "Not imported.\r\n\
             The received send unit: {unit}\r\n\
             Why: {why} [{code}]\r\n{files}\r\n\
             To import it: {first}\r\n\
             \x20 renkei hold release {id}\r\n\
             Not to import it: run the following{told}.\r\n\
             \x20 renkei hold dismiss {id}\r\n\
             The files in this folder are copies; they need not be moved by hand.\r\n"
        ),
    };
    Note::new(&text, lang)
}

/// Whether a package is given up for now after `fault`, so that those behind it have their turn: it
/// failed often enough, and the folder works for others.
pub(super) async fn given_up(
    context: &Arc<Context>,
    folders: &Arc<ImportFolders>,
    row: &IncomingRow,
    fault: &Fault,
) -> Option<Withheld> {
    let Incoming::Committed { failures, .. } = row.state else { return None };
    if failures.saturating_add(1) < ATTEMPTS {
        return None;
    }
    let (code, in_the_way) = match fault {
        Fault::Unreadable(code) => return Some(Withheld::without_files(code)),
        Fault::Internal => return Some(Withheld::without_files(code::INTERNAL)),
        Fault::Store(_) | Fault::Package(_) => return None,
        Fault::Folder(error) => {
            let shared = Arc::clone(folders);
            let works = blocking(move || shared.check().is_ok()).await.unwrap_or(false);
            let full = (folder::Fault::DiskFull, FolderRole::Import);
            if (error.fault(), error.folder()) == full || !works {
                return None;
            }
            let unreadable = error.action() == Action::Read && error.file().is_some();
            let code = if unreadable { code::IMPORT_FILE_UNREADABLE } else { error.code() };
            (code, error.file().map(|file| file.text(context.lang())).into_iter().collect())
        }
    };
    let kept = keep_stored(context, folders, row, (code, in_the_way)).await;
    // Without copies in the hold folder they are in the store all the same.
    Some(kept.unwrap_or_else(|| Withheld::without_files(code)))
}

/// Puts copies of the files of a stored package into the hold folder; nothing where that is not
/// possible.
pub(super) async fn keep_stored(
    context: &Arc<Context>,
    folders: &Arc<ImportFolders>,
    row: &IncomingRow,
    why: (&'static str, Vec<String>),
) -> Option<Withheld> {
    let stored = context.store.incoming_package(row.sender, row.id).await.ok()?;
    let (limits, lang) = (context.package_limits(), context.lang());
    let (folders, row) = (Arc::clone(folders), row.clone());
    blocking(move || {
        let package = open(stored, &limits).ok()?;
        let (_, files) = destination(&folders, &package);
        match keep(&folders, &row, &named(&files), why, lang) {
            Ok(kept) => Some(kept),
            Err(error) => {
                tracing::warn!(id = %row.id, code = error.code(), %error,
                    "held without copies in the hold folder");
                None
            }
        }
    })
    .await
    .flatten()
}

/// The signed receipt that tells the sender why a package is not placed; none where no sender is told.
pub(in super::super) async fn receipt(
    context: &Arc<Context>,
    row: &IncomingRow,
    code: &'static str,
    file: Option<String>,
    now: Timestamp,
) -> Result<Option<NewReceipt>, Fault> {
    let message = code::meaning(code, Lang::En).unwrap_or_else(|| code.to_owned());
    let finding = ReceiptFinding::of_fault(code, file, message);
    let receipt = Receipt::of(&row.reference(), ReceiptKind::ContentHandoverFailure, now);
    signed(context, row, receipt.with_findings([finding]), now).await
}

/// The same, if the package has failed for so long that the sender should know, and was not told.
pub(super) async fn late_receipt(
    context: &Arc<Context>,
    row: &IncomingRow,
    code: &'static str,
    now: Timestamp,
) -> Option<NewReceipt> {
    if now.duration_since(row.created_at) < TELL_AFTER {
        return None;
    }
    let (last, _) = context.store.last_receipt(row.sender, row.id).await.ok()?;
    if last == Some(ReceiptKind::ContentHandoverFailure) {
        return None;
    }
    receipt(context, row, code, None, now).await.ok().flatten()
}

/// A receipt of ours about a package, signed, as the one after the last about it; none about one whose
/// sender is not told.
pub(in super::super) async fn signed(
    context: &Arc<Context>,
    row: &IncomingRow,
    receipt: Receipt,
    now: Timestamp,
) -> Result<Option<NewReceipt>, Fault> {
    if !row.came_by.is_receipted() {
        return Ok(None);
    }
    let previous = match context.store.last_receipt(row.sender, row.id).await {
        Ok((_, digest)) => Some(digest),
        Err(StoreError::NotFound) => None,
        Err(error) => return Err(Fault::Store(error)),
    };
    let (shared, office) = (Arc::clone(context), row.office);
    blocking(move || {
        let signed = shared.proof().sign(office, &receipt.after(previous), now);
        signed.map(Some).map_err(|_| Fault::Package(code::SIGNING_FAILED))
    })
    .await
    .unwrap_or(Err(Fault::Internal))
}
