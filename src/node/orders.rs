//! Carries out what people order with commands.
//!
//! Once a second the control box is looked into. Every order is noted in the journal with the
//! account that gave it, and answered.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::context::{Context, blocking, stopped, wake};
use super::placing::signed_receipt;
use crate::control::{Answer, ControlBox, Request, Taken, Target};
use crate::folder::{Fault, FolderError, GivenBack, give_back, remove_set};
use crate::package::{Receipt, ReceiptFinding, ReceiptKind};
use crate::store::{HeldItem, IncomingNote, Settled, StoreError};
use crate::transfer::{IncomingEvent, Outgoing, OutgoingEvent, reason};
use crate::types::{HeldId, Lang, MessageId};

/// How often the box is looked into.
const INTERVAL: Duration = Duration::from_secs(1);

/// How often it is looked whether somebody removed the folders of held sets.
const LOOK_AT_FOLDERS: Duration = Duration::from_mins(1);

/// Held sets whose folders are looked at.
const HELD: u32 = 1_000;

/// Why a person's dismissal is no fault of anybody, as the sender reads it.
const DISMISSED: &str = "dismissed-by-recipient";

/// The condition that orders cannot be read.
const UNREADABLE: &str = "control-unreadable";

/// The names under which reports lie beside the files of a held set.
pub(super) fn is_report(name: &str) -> bool {
    let stem = ["txt", "json", "html"]
        .iter()
        .find_map(|extension| name.strip_suffix(extension).and_then(|stem| stem.strip_suffix('.')));
    stem.and_then(|stem| stem.strip_prefix("report")).is_some_and(|number| {
        let digits = number.strip_prefix('-').unwrap_or(number);
        digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

pub(super) async fn run(context: Arc<Context>, mut stopping: watch::Receiver<bool>) {
    let mut looked_at: Option<Instant> = None;
    loop {
        look(&context).await;
        if looked_at.is_none_or(|at| at.elapsed() >= LOOK_AT_FOLDERS) {
            looked_at = Some(Instant::now());
            if let Err(error) = settle_removed(&context).await {
                tracing::error!(code = error.code(), %error, "held sets cannot be looked after");
            }
        }
        tokio::select! {
            () = stopped(&mut stopping) => break,
            () = tokio::time::sleep(INTERVAL) => {}
        }
    }
}

async fn look(context: &Arc<Context>) {
    let data = context.config.node.data.clone();
    let taken = blocking(move || {
        let control = ControlBox::open(&data)?;
        control.take().map(|taken| (control, taken))
    });
    let Some(taken) = taken.await else { return };
    let (control, taken) = match taken {
        Ok(taken) => taken,
        Err(error) => {
            told(context, &error);
            return;
        }
    };
    for taken in taken {
        let answer = carry_out(context, &taken).await;
        tracing::info!(code = answer.code, done = answer.done, "an order was carried out");
        let control = control.clone();
        let answered = blocking(move || control.answer(&taken, &answer)).await;
        if let Some(Err(error)) = answered {
            told(context, &error);
            return;
        }
    }
    context.notices.clear(UNREADABLE, "control");
}

fn told(context: &Context, error: &std::io::Error) {
    let ja = format!(
        "データフォルダーの control フォルダーを読み書きできないため、コマンドの指示を受け取れません（{error}）。アクセス権を確かめてください。"
    );
    let en = format!(
        "the folder control in the data folder cannot be used, so commands are not heard: {error}"
    );
    context.notices.raise(UNREADABLE, "control", (ja, en), context.now());
}

async fn carry_out(context: &Arc<Context>, taken: &Taken) -> Answer {
    let order = match &taken.order {
        Ok(order) => order,
        Err(answer) => return answer.clone(),
    };
    let by = order.by.as_str();
    let carried_out = match &order.request {
        Request::Retry { target } => retry(context, *target, by).await,
        Request::Reload => reload(context, by).await,
        Request::Release { id } => release(context, *id, by).await,
        Request::Dismiss { id, reason, delete } => {
            dismiss(context, *id, (reason.as_deref(), *delete), by).await
        }
    };
    carried_out.unwrap_or_else(|error| {
        Answer::refused(error.code(), error.text(Lang::Ja), error.text(Lang::En))
    })
}

async fn retry(context: &Arc<Context>, target: Target, by: &str) -> Result<Answer, StoreError> {
    let now = context.now();
    let (partner, id) = match target {
        Target::All => (None, None),
        Target::Partner(partner) => (Some(partner), None),
        Target::Message(id) => (None, Some(id)),
    };
    if let Some(id) = id {
        resend(context, id).await?;
    }
    let due = context.store.retry(partner, id, by.to_owned(), now).await?;
    for pair in due.keys() {
        wake(&context.wake.retry, pair);
    }
    let count: usize = due.values().sum();
    Ok(if count > 0 {
        Answer::done(
            "retried",
            format!("{count} 件を、すぐに送り直します。"),
            format!("{count} waiting to be sent: tried again now"),
        )
    } else {
        Answer::refused(
            "nothing-to-retry",
            "送信待ちのパッケージはありません。",
            "no such package waits to be sent",
        )
    })
}

/// Queues a package again whose bytes the recipient has lost.
async fn resend(context: &Arc<Context>, id: MessageId) -> Result<(), StoreError> {
    let row = match context.store.outgoing(id).await {
        Ok(row) => row,
        Err(StoreError::NotFound) => return Ok(()),
        Err(error) => return Err(error),
    };
    if row.state == Outgoing::HeldByRecipient && context.store.is_lost_there(id).await? {
        let (event, detail) = (OutgoingEvent::Resend, "resend".to_owned());
        context.store.outgoing_event(id, event, detail, None, context.now()).await?;
    }
    Ok(())
}

async fn reload(context: &Arc<Context>, by: &str) -> Result<Answer, StoreError> {
    for office in &context.config.offices {
        context.store.note_order(office.number, "RELOAD", by.to_owned(), context.now()).await?;
    }
    context.wake.reload.notify_one();
    Ok(Answer::done(
        "reloading",
        "証明書と失効リストを読み直します。結果はログと renkei status で確かめてください。",
        "certificates and revocation lists are read again; log and renkei status say how it went",
    ))
}

async fn release(context: &Arc<Context>, id: HeldId, by: &str) -> Result<Answer, StoreError> {
    let items = context.store.held_as(id).await?;
    match id {
        HeldId::Set(number) => match items.first() {
            Some(item) => release_set(context, number, item, by).await,
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
    number: u32,
    item: &HeldItem,
    by: &str,
) -> Result<Answer, StoreError> {
    let Some((set, drop)) = folders(context, item) else { return Ok(no_such_office()) };
    let listed: BTreeSet<String> = item.unit.files.iter().map(|file| file.name.clone()).collect();
    let given_back =
        blocking(move || give_back(&set, &drop, |name| is_report(name) && !listed.contains(name)));
    let how = match given_back.await {
        Some(Ok(GivenBack::Files(count))) => (Settled::Released, count),
        Some(Ok(GivenBack::Nothing)) => (Settled::FolderRemoved, 0),
        Some(Err(error)) => return Ok(not_moved(&error)),
        None => return Ok(internal()),
    };
    context.store.settle(number, how.0, by.to_owned(), context.now()).await?;
    let expected = item.unit.files.len();
    Ok(match how {
        (_, 0) => Answer::refused(
            "files-gone",
            "保留フォルダーにファイルが残っていません。対応済みとしました。",
            "no files are left in the hold folder; it counts as settled",
        ),
        (_, count) if count < expected => Answer::done(
            "released",
            format!(
                "{count} 個のファイルを送信用フォルダーに戻しました（保留したときは {expected} 個でした）。もう一度検査します。"
            ),
            format!(
                "{count} files are in the drop folder again, to be checked; {expected} had been held"
            ),
        ),
        (_, count) => Answer::done(
            "released",
            format!("{count} 個のファイルを送信用フォルダーに戻しました。もう一度検査します。"),
            format!("{count} files are in the drop folder again, to be checked"),
        ),
    })
}

/// Lets a package be placed anew, as it lies in the store.
async fn release_package(
    context: &Arc<Context>,
    id: MessageId,
    item: &HeldItem,
    by: &str,
) -> Result<Answer, StoreError> {
    let Some(sender) = item.partner else { return Ok(internal()) };
    match context.store.incoming_package(sender, id).await {
        Ok(_) => {}
        Err(error) if error.is_about_one_package() => {
            return Ok(Answer::refused(
                "package-lost",
                "保存したパッケージを読み取れません。相手に renkei retry での送り直しを頼むか、renkei hold dismiss で対応済みにしてください。",
                "the stored package cannot be read; ask the sender for renkei retry with its id, or dismiss it",
            ));
        }
        Err(error) => return Err(error),
    }
    let note = IncomingNote { by: by.to_owned(), ..IncomingNote::code("released") };
    let event = IncomingEvent::Released;
    context.store.incoming_event(sender, id, event, note, context.now()).await?;
    wake(&context.wake.placing, &item.office);
    Ok(Answer::done(
        "released",
        "もう一度、取込フォルダーに配置します。結果は renkei history で確かめてください。",
        "it is placed again; renkei history says how it went",
    ))
}

async fn dismiss(
    context: &Arc<Context>,
    id: HeldId,
    (reason, delete): (Option<&str>, bool),
    by: &str,
) -> Result<Answer, StoreError> {
    let items = context.store.held_as(id).await?;
    if items.is_empty() {
        return Ok(not_held());
    }
    for item in &items {
        match id {
            HeldId::Set(number) => {
                let now = context.now();
                context.store.settle(number, Settled::Dismissed, by.to_owned(), now).await?;
            }
            HeldId::Package(id) => {
                if let Some(refused) = reject(context, id, item, (reason, by)).await? {
                    return Ok(refused);
                }
            }
        }
        if let Some((set, _)) = folders(context, item).filter(|_| delete)
            && let Some(Err(error)) = blocking(move || remove_set(&set)).await
        {
            return Ok(not_moved(&error));
        }
    }
    Ok(match id {
        HeldId::Set(_) => Answer::done(
            "dismissed",
            "対応済みにしました。送信はしません。",
            "settled; it is not sent",
        ),
        HeldId::Package(_) => Answer::done(
            "dismissed",
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
    let text = |code| reason(code, Lang::En).unwrap_or(code);
    let findings = std::iter::once(DISMISSED).chain(why);
    let findings = findings.map(|code| ReceiptFinding::of_fault(code, None, text(code)));
    let receipt = Receipt::of(&row.reference(), ReceiptKind::Rejection, now);
    let signed = signed_receipt(context, &row, receipt.with_findings(findings), now).await;
    let Ok(receipt) = signed else {
        return Ok(Some(Answer::refused(
            "signing-failed",
            "受取拒否の受領証に署名できませんでした。証明書の状態を renkei status で確かめてください。",
            "the rejection could not be signed; renkei status says how the certificates are",
        )));
    };
    let (by, receipt) = (by.to_owned(), Some(receipt));
    let note = IncomingNote { by, receipt, ..IncomingNote::code(DISMISSED) };
    context.store.incoming_event(sender, id, IncomingEvent::Dismissed, note, now).await?;
    context.wake.issued.announce();
    Ok(None)
}

/// Settles the held sets whose folders somebody removed. A hold folder that is away as a whole says
/// nothing of the sets in it.
async fn settle_removed(context: &Arc<Context>) -> Result<(), StoreError> {
    for item in context.store.held(HELD).await? {
        let HeldId::Set(number) = item.id else { continue };
        let Some((set, _)) = folders(context, &item) else { continue };
        let removed =
            blocking(move || set.parent().is_some_and(std::path::Path::is_dir) && !set.exists());
        if removed.await == Some(true) {
            let now = context.now();
            context.store.settle(number, Settled::FolderRemoved, String::new(), now).await?;
        }
    }
    Ok(())
}

/// Where the files of something held lie, and the drop folder of its office.
fn folders(context: &Context, item: &HeldItem) -> Option<(PathBuf, PathBuf)> {
    let office = context.config.office(item.office)?;
    // The name comes from our own store, and still leads nowhere else.
    let is_plain = !item.folder.is_empty() && !item.folder.contains(['/', '\\']);
    let set = (is_plain && item.folder != "..").then(|| office.hold.join(&item.folder))?;
    Some((set, office.drop.clone()))
}

fn not_held() -> Answer {
    Answer::refused(
        "not-held",
        "その ID で保留中のものはありません。renkei hold list で確かめてください。",
        "nothing of this id is held; see renkei hold list",
    )
}

fn no_such_office() -> Answer {
    Answer::refused(
        "no-folder",
        "保留フォルダーの場所が分かりません。その事業所が設定ファイルにあるか確かめてください。",
        "its hold folder is not known; is the office in the configuration?",
    )
}

fn not_moved(error: &FolderError) -> Answer {
    if error.fault() == Fault::SameName {
        let file = error.file();
        let name = |lang| file.map(|file| file.text(lang)).unwrap_or_default();
        return Answer::refused(
            "drop-name-taken",
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

fn internal() -> Answer {
    Answer::refused("internal", "内部エラーです。", "an internal fault")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_told_from_files_of_a_set() {
        for report in ["report.txt", "report.json", "report.html", "report-2.txt"] {
            assert!(is_report(report), "{report}");
        }
        for file in ["UPPLAN.CSV", "report.csv", "report", "reports.txt", "report-x.txt", ".txt"] {
            assert!(!is_report(file), "{file}");
        }
    }
}
