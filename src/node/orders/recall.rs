//! A person wants a package of ours back.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::MutexGuard;
use tokio::time::timeout;

use super::super::context::{Context, blocking};
use super::super::wake::wake;
use super::super::words::handed_already;
use crate::control::Answer;
use crate::package::{PackageRef, Recall};
use crate::store::{NewRecall, OutgoingRow, StoreError};
use crate::transfer::{Outgoing, State};
use crate::types::{Clock, FileSerial, Lang, MessageId, code};

/// How long it is waited for the partner, so that the answer can say what became of it.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long a request is made at least.
const SHORTEST: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What came of the wish at first.
enum Begun {
    Answered(Answer),
    /// The partner is asked.
    Asked(MessageId),
}

/// Other orders wait until it is asked for, and not for the answer.
pub(super) async fn recall(
    context: &Arc<Context>,
    id: MessageId,
    by: &str,
    alone: MutexGuard<'_, ()>,
) -> Result<Answer, StoreError> {
    let begun = begin(context, id, by).await?;
    drop(alone);
    match begun {
        Begun::Answered(answer) => Ok(answer),
        Begun::Asked(id) => told(context, id).await,
    }
}

async fn begin(context: &Arc<Context>, id: MessageId, by: &str) -> Result<Begun, StoreError> {
    // What is meant is the one that took its place.
    let id = context.store.successor(id).await?.unwrap_or(id);
    let row = match context.store.outgoing(id).await {
        Ok(row) => row,
        Err(StoreError::NotFound) => return Ok(Begun::Answered(not_ours())),
        Err(error) => return Err(error),
    };
    match row.state {
        Outgoing::ByHand(_) => take_back(context, &row, None, by).await.map(Begun::Answered),
        Outgoing::Queued { .. } => {
            if context.unsent.claim(id) {
                let taken_back = match context.store.was_under_way(id).await {
                    Ok(false) => take_back_unsent(context, &row, by).await.map(Some),
                    Ok(true) => Ok(None),
                    Err(error) => Err(error),
                };
                // What is taken back stays claimed: it may have been read from the queue before that.
                if !matches!(&taken_back, Ok(Some(answer)) if answer.done) {
                    context.unsent.let_go(id);
                }
                if let Some(answer) = taken_back? {
                    return Ok(Begun::Answered(answer));
                }
            }
            ask(context, row, by).await
        }
        Outgoing::Deposited | Outgoing::Consigned | Outgoing::HeldByRecipient => {
            ask(context, row, by).await
        }
        Outgoing::RecallAsked => {
            let (pair, now) = ((row.office, row.partner), context.now());
            context.store.hurry_recalls(pair.0, pair.1, now).await?;
            wake(&context.wake.dispatch, &pair);
            Ok(Begun::Asked(id))
        }
        Outgoing::Refused
        | Outgoing::HandedOver
        | Outgoing::Rejected
        | Outgoing::Recalled
        | Outgoing::Expired
        | Outgoing::Superseded
        | Outgoing::HandedByPerson(_) => Ok(Begun::Answered(decided(row.state, row.serial))),
    }
}

/// Takes a package back of which nothing was sent; its partner is told that the number never comes, as
/// soon as it is there.
async fn take_back_unsent(
    context: &Arc<Context>,
    row: &OutgoingRow,
    by: &str,
) -> Result<Answer, StoreError> {
    // Whoever makes a package takes the number after the last one that is not taken back.
    let _alone = context.packing(row.office).await;
    // Where it cannot be signed the partner waits for the number as for one that is lost.
    let recall = signed(context, row).await;
    let answer = take_back(context, row, recall, by).await?;
    wake(&context.wake.dispatch, &(row.office, row.partner));
    Ok(answer)
}

async fn take_back(
    context: &Arc<Context>,
    row: &OutgoingRow,
    recall: Option<NewRecall>,
    by: &str,
) -> Result<Answer, StoreError> {
    let id = row.id;
    let transition = context.store.take_back(id, recall, by.to_owned(), context.now()).await?;
    if !transition.changes() {
        return Ok(decided(transition.after, row.serial));
    }
    if matches!(transition.before, Outgoing::ByHand(_)) {
        tracing::info!(%id, "a package was taken out of the outbox");
        return Ok(of_code(true, code::LEFT_OUTBOX));
    }
    tracing::info!(%id, "a package was taken back before it was sent");
    Ok(of_code(true, code::TAKEN_BACK))
}

/// A request for a package; nothing where it cannot be signed at the moment.
async fn signed(context: &Arc<Context>, row: &OutgoingRow) -> Option<NewRecall> {
    let now = context.now();
    let about = PackageRef {
        message_id: row.id,
        package_sha256: row.package_sha256,
        manifest_sha256: row.manifest_sha256,
        sender: row.office,
        recipient: row.partner,
    };
    let expires_at = row.expires_at.max(now.checked_add(SHORTEST).unwrap_or(row.expires_at));
    let (shared, sequence) = (Arc::clone(context), row.sequence);
    let signed = blocking(move || {
        let recall = Recall::of(&about, sequence, now, expires_at);
        shared.proof().sign_recall(about.sender, &recall, now)
    });
    let der = signed.await?.ok()?.into();
    Some(NewRecall { der, expires_at })
}

/// Signs a request and has it handed over.
async fn ask(context: &Arc<Context>, row: OutgoingRow, by: &str) -> Result<Begun, StoreError> {
    let Some(recall) = signed(context, &row).await else {
        return Ok(Begun::Answered(Answer::refused(
            code::SIGNING_FAILED,
            "取り戻しの依頼に署名できませんでした。証明書の状態を renkei status で確かめてください。",
            "the request could not be signed; renkei status says how the certificates are",
        )));
    };
    let now = context.now();
    let transition = context.store.ask_recall(row.id, recall, by.to_owned(), now).await?;
    if transition.after != Outgoing::RecallAsked {
        return Ok(Begun::Answered(decided(transition.after, row.serial)));
    }
    tracing::info!(id = %row.id, partner = %row.partner, "a package is asked back");
    wake(&context.wake.dispatch, &(row.office, row.partner));
    context.wake.queued.announce();
    Ok(Begun::Asked(row.id))
}

/// Waits a little for the answer of the partner.
async fn told(context: &Arc<Context>, id: MessageId) -> Result<Answer, StoreError> {
    let begun = Clock::running();
    let mut settling = context.store.settling();
    loop {
        settling.borrow_and_update();
        let OutgoingRow { state, serial, .. } = context.store.outgoing(id).await?;
        if state != Outgoing::RecallAsked {
            return Ok(match state {
                Outgoing::Consigned
                | Outgoing::HeldByRecipient
                | Outgoing::Refused
                | Outgoing::Expired => of_code(false, code::RECALL_UNSUPPORTED),
                state => decided(state, serial),
            });
        }
        let obstacle = context.store.recall(id).await?.map(|recall| recall.obstacle);
        let obstacle = obstacle.unwrap_or_default();
        let left = PATIENCE.saturating_sub(begun.elapsed());
        if !obstacle.is_empty() || left.is_zero() {
            return Ok(asked(&obstacle));
        }
        let _ = timeout(left, settling.changed()).await;
    }
}

/// It is asked for and not answered; a code may say why.
fn asked(obstacle: &str) -> Answer {
    let why = |lang| code::meaning(obstacle, lang).filter(|_| obstacle != code::RECALL_ASKED);
    let ja = "取り戻しを依頼しました。相手の返事を待っています。返事があるまで自動で依頼し続け、結果は画面の「送信」と renkei history で分かります。急ぐときは相手に電話してください。";
    let en = "asked to be given back; the partner has not answered yet. It is asked again by itself; the page and renkei history say how it went. If it is urgent, ring up the partner";
    match (why(Lang::Ja), why(Lang::En)) {
        (Some(why_ja), Some(why_en)) => Answer::done(
            code::RECALL_ASKED,
            format!("{ja}（{why_ja}）"),
            format!("{en} ({why_en})"),
        ),
        _ => Answer::done(code::RECALL_ASKED, ja, en),
    }
}

/// What became of a package of which it is decided.
fn decided(state: Outgoing, serial: FileSerial) -> Answer {
    match state {
        Outgoing::Recalled => Answer::done(
            code::RECALLED,
            "取り戻しました。相手の取込フォルダーには入りません。",
            "taken back: it does not get into the partner's import folder",
        ),
        Outgoing::HandedOver => of_code(false, code::RECALL_TOO_LATE),
        Outgoing::HandedByPerson(channel) => Answer::refused(
            code::NOT_RECALLABLE,
            format!("連番 {serial} は、{}", handed_already(channel, Lang::Ja)),
            format!("of the file serial {serial}: {}", handed_already(channel, Lang::En)),
        ),
        state => {
            let in_words = |lang| State::Out(state.state()).text(lang);
            Answer::refused(
                code::NOT_RECALLABLE,
                format!(
                    "取り戻せる状態のものではありません（{}）。画面の「送信」か renkei history で確かめてください。",
                    in_words(Lang::Ja)
                ),
                format!(
                    "it is in no state in which it could be taken back ({}); see the page or renkei history",
                    in_words(Lang::En)
                ),
            )
        }
    }
}

fn not_ours() -> Answer {
    Answer::refused(
        code::NOT_RECALLABLE,
        "その ID で送ったものはありません。取り戻せるのは、自分の事業所が送ったものだけです。画面の「送信」か renkei history で確かめてください。",
        "nothing was sent under this id; only what was sent from here can be taken back. See the page or renkei history",
    )
}

/// An answer that says what the table says of its code.
fn of_code(done: bool, code: &'static str) -> Answer {
    let text = |lang: Lang| {
        let info = code::find(code);
        let parts = info.map(|info| (info.meaning(lang), info.to_do(lang)));
        let (meaning, to_do) = parts.unwrap_or((code, ""));
        match lang {
            Lang::Ja => format!("{meaning}。{to_do}"),
            Lang::En => format!("{meaning}. {to_do}"),
        }
    };
    let (ja, en) = (text(Lang::Ja), text(Lang::En));
    if done { Answer::done(code, ja, en) } else { Answer::refused(code, ja, en) }
}

#[cfg(test)]
mod tests {
    use super::super::super::at_rest::AtRest;
    use super::*;
    use crate::work;

    #[tokio::test]
    async fn other_orders_do_not_wait_for_the_answer() {
        let node = AtRest::new().await;
        let context = Arc::clone(&node.context);
        let id = node.packed(1).await;
        assert!(context.unsent.begin(id), "it may have left");
        let shared = Arc::clone(&context);
        let mut settling = context.store.settling();
        let recall = work::spawn(async move {
            let alone = shared.order.lock().await;
            recall(&shared, id, "hanako", alone).await
        });
        while context.store.outgoing(id).await.expect("read").state != Outgoing::RecallAsked {
            settling.changed().await.expect("it is there");
        }
        drop(timeout(PATIENCE / 2, context.order.lock()).await.expect("nobody holds it"));
        assert!(!recall.is_finished());
        let kept = context.store.recall_waits(id, code::RECALL_ASKED.to_owned(), context.now());
        kept.await.expect("written");
        let answer = recall.await.expect("no panic").expect("answered");
        assert_eq!((answer.done, answer.code.as_str()), (true, code::RECALL_ASKED));
    }
}
