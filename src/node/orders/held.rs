//! Releasing and dismissing what is held, and settling what settled itself.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::super::context::{Context, blocking};
use super::super::folders::{AllPlaces, Places};
use super::super::hold_copies::{self, is_report};
use super::super::placing::forget;
use super::super::placing::{failure_receipt, lost_code, signed_receipt};
use super::super::wake::wake;
use super::internal;
use crate::control::Answer;
use crate::folder::{
    Fault, FolderError, GivenBack, Lot, Place, correct_held, files_digest, give_back, read_held,
    remove_originals, remove_set,
};
use crate::package::{Manifest, Receipt, ReceiptFinding, ReceiptKind};
use crate::repair::{FixOptions, fix};
use crate::spec::Spec;
use crate::store::{HeldFilter, HeldItem, IncomingNote, Settled, StoreError};
use crate::transfer::IncomingEvent;
use crate::types::{CameBy, Digest, HeldId, Lang, MessageId, code};

/// Held sets whose folders are looked at.
const HELD: u32 = 1_000;

pub(super) async fn release(
    context: &Arc<Context>,
    places: &AllPlaces,
    id: HeldId,
    by: &str,
) -> Result<Answer, StoreError> {
    let items = context.store.held_as(id).await?;
    match id {
        HeldId::Set(number) => match items.first() {
            Some(item) => release_set(context, places, (number, Settled::Released), item, by).await,
            None => Ok(not_held()),
        },
        HeldId::Package(id) => {
            let mut answer = not_held();
            for item in &items {
                answer = release_package(context, id, item, by).await?;
            }
            Ok(answer)
        }
    }
}

/// Puts a set into the drop folder again, where it is checked as if it had just come.
async fn release_set(
    context: &Arc<Context>,
    places: &AllPlaces,
    (number, released): (u32, Settled),
    item: &HeldItem,
    by: &str,
) -> Result<Answer, StoreError> {
    let Some(set) = HeldSet::of(places, item) else { return Ok(no_such_office()) };
    let listed: BTreeSet<String> = item.unit.files.iter().map(|file| file.name.clone()).collect();
    // Before the files are seen again; it holds for these very files and no others.
    let word = code::ACTUALS_NEED_WORD;
    if item.reason == word {
        let (office, files) = (item.office, item.unit.files.clone());
        context.store.note_word(office, files, word, context.now()).await?;
    }
    let given_back =
        blocking(move || set.give_back(|name| is_report(name) && !listed.contains(name)));
    let how = match given_back.await {
        Some(Ok(GivenBack::Files(count))) => (released, count),
        Some(Ok(GivenBack::Nothing)) => (Settled::FolderRemoved, 0),
        Some(Err(error)) => return Ok(not_moved(&error)),
        None => return Ok(internal()),
    };
    context.store.settle(number, how.0, by.to_owned(), context.now()).await?;
    let expected = item.unit.files.len();
    let done = if how.0 == Settled::Corrected { code::CORRECTED } else { code::RELEASED };
    Ok(match how {
        (_, 0) => Answer::refused(
            code::FILES_GONE,
            "保留フォルダーにファイルが残っていません。対応済みとしました。",
            "no files are left in the hold folder; it counts as settled",
        ),
        (_, count) if count < expected => Answer::done(
            done,
            format!(
                "{count} 個のファイルを送信用フォルダーに戻しました（保留したときは {expected} 個でした）。もう一度検査します。"
            ),
            format!(
                "{count} files are in the drop folder again, to be checked; {expected} had been held"
            ),
        ),
        (_, count) => Answer::done(
            done,
            format!("{count} 個のファイルを送信用フォルダーに戻しました。もう一度検査します。"),
            format!("{count} files are in the drop folder again, to be checked"),
        ),
    })
}

/// Corrects the files of a held set of ours as far as nothing is lost, or as approved, and puts it into
/// the drop folder again. The files as they were stay in the hold folder.
pub(super) async fn correct(
    context: &Arc<Context>,
    places: &AllPlaces,
    (id, seen): (HeldId, Digest),
    by: &str,
) -> Result<Answer, StoreError> {
    let items = context.store.held_as(id).await?;
    let (HeldId::Set(number), Some(item)) = (id, items.first()) else { return Ok(not_held()) };
    let Some(set) = HeldSet::of(places, item) else { return Ok(no_such_office()) };
    let (spec, most) = (context.spec, context.config().limits.package_size);
    match blocking(move || set.correct(spec, most, seen)).await {
        Some(Ok(Corrected::Done)) => {}
        Some(Ok(Corrected::Changed)) => {
            return Ok(Answer::refused(
                code::FILES_CHANGED,
                "画面を開いてからファイルが変わったため、直していません。変更する内容を確かめて、もう一度操作してください。",
                "The files have changed since this page was opened, so nothing was corrected. See the changes and try again.",
            ));
        }
        Some(Ok(Corrected::Cannot)) => {
            return Ok(Answer::refused(
                code::NOT_CORRECTED,
                "自動では直せません。介護ソフトで直し、もう一度書き出してください。",
                "it cannot be corrected by itself; mend it in the care software and export again",
            ));
        }
        Some(Err(error)) => return Ok(not_moved(&error)),
        None => return Ok(internal()),
    }
    release_set(context, places, (number, Settled::Corrected), item, by).await
}

/// Lets a package be placed anew, as it lies in the store. The copies in the hold folder go: if it is
/// held again they come again.
async fn release_package(
    context: &Arc<Context>,
    id: MessageId,
    item: &HeldItem,
    by: &str,
) -> Result<Answer, StoreError> {
    let Some(sender) = item.partner else { return Ok(internal()) };
    match context.store.incoming_package(sender, id).await {
        Ok(_) => {}
        Err(StoreError::NoLongerKept) => {
            return Ok(Answer::refused(
                code::NO_LONGER_KEPT,
                "保存期間を過ぎたため、パッケージが残っていません。相手にもう一度書き出して送ってもらい、renkei hold dismiss で対応済みにしてください。",
                "the package is no longer kept; have the sender export it again, and dismiss this one",
            ));
        }
        Err(error) if error.is_about_one_package() => {
            if lost_code(error) != code::STORE_DAMAGED {
                return Ok(Answer::refused(
                    code::PACKAGE_UNREADABLE,
                    "保存したパッケージを、いまは読み取れません。ディスクを確かめて、もう一度実行してください。",
                    "the stored package cannot be read at the moment; check the disk and try again",
                ));
            }
            if !tell_loss(context, id, item, by).await? {
                return Ok(signing_failed());
            }
            return Ok(Answer::refused(
                code::PACKAGE_LOST,
                "保存したパッケージを読み取れません。相手に renkei retry での送り直しを頼むか、renkei hold dismiss で対応済みにしてください。",
                "the stored package cannot be read; ask the sender for renkei retry with its id, or dismiss it",
            ));
        }
        Err(error) => return Err(error),
    }
    hold_copies::remove(context, item).await;
    let note = IncomingNote { by: by.to_owned(), ..IncomingNote::code(code::RELEASED) };
    let event = IncomingEvent::Released;
    let released = context.store.incoming_event(sender, id, event, note, context.now()).await?;
    if !released.changes() {
        // The sender took it back meanwhile.
        return Ok(not_held());
    }
    wake(&context.wake.placing, &item.office);
    if item.reason == code::DOWNLOAD_DIFFERS {
        return Ok(Answer::done(
            code::RELEASED,
            "取込フォルダーに配置します。前のファイルがそこに残っていると、もう一度保留になります。そのときは、残っているファイルを別の場所に移して、もう一度実行してください。",
            "it is placed; where the former files still lie in the import folder it is held again: move them elsewhere, and release it once more",
        ));
    }
    Ok(Answer::done(
        code::RELEASED,
        "もう一度、取込フォルダーに配置します。結果は renkei history で確かめてください。",
        "it is placed again; renkei history says how it went",
    ))
}

/// Tells the sender that the bytes of a package are lost here, so that it can send them again. `false`
/// if that cannot be signed at the moment.
async fn tell_loss(
    context: &Arc<Context>,
    id: MessageId,
    item: &HeldItem,
    by: &str,
) -> Result<bool, StoreError> {
    let Some(sender) = item.partner.filter(|_| item.reason != code::STORE_DAMAGED) else {
        return Ok(true);
    };
    let (row, now) = (context.store.incoming(sender, id).await?, context.now());
    let Ok(receipt) = failure_receipt(context, &row, code::STORE_DAMAGED, None, now).await else {
        return Ok(false);
    };
    let by = by.to_owned();
    let note = IncomingNote { by, receipt, ..IncomingNote::code(code::STORE_DAMAGED) };
    context.store.incoming_event(sender, id, IncomingEvent::Withheld, note, now).await?;
    context.wake.issued.announce();
    Ok(true)
}

pub(super) async fn dismiss(
    context: &Arc<Context>,
    places: &AllPlaces,
    id: HeldId,
    (reason, delete): (Option<&str>, bool),
    by: &str,
) -> Result<Answer, StoreError> {
    let items = context.store.held_as(id).await?;
    if items.is_empty() {
        return Ok(not_held());
    }
    for item in &items {
        // Before it is settled: what cannot be deleted can be dismissed again.
        if let Some(set) = HeldSet::of(places, item).filter(|_| delete)
            && let Some(Err(error)) = blocking(move || set.remove()).await
        {
            return Ok(not_moved(&error));
        }
        match id {
            HeldId::Set(number) => {
                let now = context.now();
                let settled = Settled::Dismissed;
                if !context.store.settle(number, settled, by.to_owned(), now).await? {
                    return Ok(not_held());
                }
            }
            HeldId::Package(id) => {
                if let Some(refused) = reject(context, id, item, (reason, by)).await? {
                    return Ok(refused);
                }
                if let Some(Places { import, .. }) = places.get(&item.office) {
                    forget(import, vec![id]).await;
                }
            }
        }
    }
    Ok(match id {
        HeldId::Set(_) => Answer::done(
            code::DISMISSED,
            "対応済みにしました。送信はしません。",
            "settled; it is not sent",
        ),
        HeldId::Package(_) if items.iter().any(|item| item.came_by == Some(CameBy::Web)) => {
            Answer::done(
                code::DISMISSED,
                "取り込まないことにしました。ダウンロードしたファイルはそのまま残ります。",
                "it is not imported; the files that were downloaded stay where they are",
            )
        }
        HeldId::Package(_) => Answer::done(
            code::DISMISSED,
            "受け取らないことにしました。相手には「受取拒否」と伝わります。",
            "rejected; the sender is told",
        ),
    })
}

/// Signs that a package is not wanted; says what kept that from being done.
async fn reject(
    context: &Arc<Context>,
    id: MessageId,
    item: &HeldItem,
    (why, by): (Option<&str>, &str),
) -> Result<Option<Answer>, StoreError> {
    let Some(sender) = item.partner else { return Ok(Some(internal())) };
    let row = context.store.incoming(sender, id).await?;
    let now = context.now();
    let text = |code: &str| code::meaning(code, Lang::En).unwrap_or_else(|| code.to_owned());
    let findings = std::iter::once(code::DISMISSED_BY_RECIPIENT).chain(why);
    let findings = findings.map(|code| ReceiptFinding::of_fault(code, None, text(code)));
    let receipt = Receipt::of(&row.reference(), ReceiptKind::Rejection, now);
    let signed = signed_receipt(context, &row, receipt.with_findings(findings), now).await;
    let Ok(receipt) = signed else {
        return Ok(Some(signing_failed()));
    };
    let by = by.to_owned();
    let detail = if row.came_by.is_receipted() {
        code::DISMISSED_BY_RECIPIENT
    } else {
        code::DOWNLOAD_DISMISSED
    };
    let note = IncomingNote { by, receipt, ..IncomingNote::code(detail) };
    let event = IncomingEvent::Dismissed;
    if !context.store.incoming_event(sender, id, event, note, now).await?.changes() {
        // The sender took it back meanwhile.
        return Ok(Some(not_held()));
    }
    context.wake.issued.announce();
    // What came behind it may have waited for the word.
    wake(&context.wake.placing, &item.office);
    Ok(None)
}

/// Settles the held sets whose folders somebody removes.
#[derive(Default)]
pub(super) struct Removal {
    /// Sets whose folders have been there while the node runs, with their hold folders: only such a
    /// one can be seen to be removed. One that was never there may lie on a disk that is not mounted,
    /// or in the hold folder that the office had before.
    seen: BTreeSet<(u32, PathBuf)>,
}

impl Removal {
    pub(super) async fn settle(
        &mut self,
        context: &Arc<Context>,
        places: &AllPlaces,
    ) -> Result<(), StoreError> {
        let mut seen = BTreeSet::new();
        for item in context.store.held(HeldFilter::newest(HELD)).await? {
            let HeldId::Set(number) = item.id else { continue };
            let Some(set) = HeldSet::of(places, &item) else { continue };
            let known = (number, set.hold.path().to_owned());
            match blocking(move || set.hold.has(&set.name)).await {
                Some(Ok(false)) if self.seen.contains(&known) => {
                    let now = context.now();
                    let how = Settled::FolderRemoved;
                    context.store.settle(number, how, String::new(), now).await?;
                }
                Some(Ok(true)) => {
                    seen.insert(known);
                }
                // A hold folder that is away as a whole says nothing of the sets in it.
                Some(Err(_)) if self.seen.contains(&known) => {
                    seen.insert(known);
                }
                Some(Ok(false) | Err(_)) | None => {}
            }
        }
        self.seen = seen;
        Ok(())
    }
}

/// What became of files that were to be corrected.
enum Corrected {
    Done,
    /// They are not the ones that somebody saw.
    Changed,
    /// One of them cannot be corrected.
    Cannot,
}

/// Where the files of something held lie, and where they came from.
struct HeldSet {
    /// Its folder, below the hold folder.
    name: PathBuf,
    hold: Place,
    drop: Place,
    /// Where in the drop folder its files belong: attachments below it.
    below_drop: PathBuf,
}

impl HeldSet {
    fn of(places: &AllPlaces, item: &HeldItem) -> Option<Self> {
        let Places { drop, hold, .. } = places.get(&item.office)?;
        // The name comes from our own store, and still leads nowhere else.
        let is_plain = !item.folder.is_empty() && !item.folder.contains(['/', '\\']);
        let name = (is_plain && item.folder != "..").then(|| PathBuf::from(&item.folder))?;
        let lot = item.partner.filter(|_| item.unit.kind == Manifest::ATTACHMENTS).map(|partner| {
            // The kind of document is not stored with what is held: it may say who it is about.
            Lot { partner, month: item.unit.months.first().copied(), kind: None }
        });
        let below_drop = lot.map(|lot| lot.path()).unwrap_or_default();
        Some(Self { name, hold: hold.clone(), drop: drop.clone(), below_drop })
    }

    fn path(&self) -> PathBuf {
        self.hold.path().join(&self.name)
    }

    fn give_back(&self, is_report: impl Fn(&str) -> bool) -> Result<GivenBack, FolderError> {
        self.drop.check()?;
        self.hold.check()?;
        let to = self.drop.path().join(&self.below_drop);
        let given_back = give_back(&self.path(), &to, is_report)?;
        self.hold.check()?;
        Ok(given_back)
    }

    /// Corrects the files that somebody has `seen`. Where nothing is left to do, that was done before.
    fn correct(&self, spec: &Spec, most: u64, seen: Digest) -> Result<Corrected, FolderError> {
        self.hold.check()?;
        let files = read_held(&self.path(), most)?;
        if files_digest(&files) != seen {
            return Ok(Corrected::Changed);
        }
        let options = FixOptions { approve_shipped: true, ..FixOptions::default() };
        let mut corrected = Vec::new();
        for (name, bytes) in &files {
            match fix(spec, name, bytes, &options).bytes {
                Some(copy) if copy != *bytes => corrected.push((name.as_str(), copy)),
                Some(_) => {}
                None => return Ok(Corrected::Cannot),
            }
        }
        let corrected: Vec<_> =
            corrected.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
        correct_held(&self.path(), &corrected)?;
        Ok(Corrected::Done)
    }

    fn remove(&self) -> Result<(), FolderError> {
        self.hold.check()?;
        remove_originals(&self.path())?;
        remove_set(&self.path())
    }
}

fn signing_failed() -> Answer {
    Answer::refused(
        code::SIGNING_FAILED,
        "相手に伝える受領証に署名できませんでした。証明書の状態を renkei status で確かめてください。",
        "the receipt that tells the sender could not be signed; renkei status says how the certificates are",
    )
}

fn not_held() -> Answer {
    Answer::refused(
        code::NOT_HELD,
        "その ID で保留中のものはありません。renkei hold list で確かめてください。",
        "nothing of this id is held; see renkei hold list",
    )
}

fn no_such_office() -> Answer {
    Answer::refused(
        code::NO_FOLDER,
        "保留フォルダーの場所が分かりません。その事業所が設定ファイルにあるか確かめてください。",
        "its hold folder is not known; is the office in the configuration?",
    )
}

fn not_moved(error: &FolderError) -> Answer {
    if error.fault() == Fault::SameName {
        let file = error.file();
        let name = |lang| file.map(|file| file.text(lang)).unwrap_or_default();
        return Answer::refused(
            code::DROP_NAME_TAKEN,
            format!(
                "送信用フォルダーに、中身の違う同じ名前のファイルがあります（{}）。何も移していません。",
                name(Lang::Ja)
            ),
            format!(
                "other files of the same names are in the drop folder ({}); nothing was moved",
                name(Lang::En)
            ),
        );
    }
    Answer::refused(error.code(), error.text(Lang::Ja), error.text(Lang::En))
}

#[cfg(test)]
mod tests {
    use super::super::super::at_rest::AtRest;
    use super::*;
    use crate::transfer::Incoming;

    /// Whatever is said to a person is so.
    #[tokio::test]
    async fn what_the_sender_took_back_meanwhile_is_not_said_to_be_dismissed() {
        let node = AtRest::new().await;
        let (context, store) = (&node.context, &node.context.store);
        let id = node.held().await;
        let item = store.held_as(HeldId::Package(id)).await.expect("read").pop().expect("held");
        node.is_taken_back(id).await;
        let said = reject(context, id, &item, (None, "hanako")).await.expect("written");
        assert_eq!(said.expect("said to a person").code, code::NOT_HELD);
        let row = store.incoming(node.partner, id).await.expect("read");
        assert_eq!(row.state, Incoming::Recalled);

        let id = node.held().await;
        let item = store.held_as(HeldId::Package(id)).await.expect("read").pop().expect("held");
        assert!(reject(context, id, &item, (None, "hanako")).await.expect("written").is_none());
    }
}
