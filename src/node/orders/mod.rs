//! Carries out what people order with commands.
//!
//! Once a second the control box is looked into. Every order is noted in the journal with the
//! account that gave it, and answered.

mod copies;
mod handed;
mod held;
mod recall;
mod taken;

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::context::{Context, blocking, stopped};
use super::live::{self, Follower};
use super::supervise::Beat;
use super::wake::wake;
use crate::control::{Answer, ControlBox, Request, Target, UserChange};
use crate::store::{Account, AuditEntry, StoreError};
use crate::transfer::{Outgoing, OutgoingEvent};
use crate::types::{Clock, Instant, Lang, MessageId, code, io_text};
use crate::work::{self, watch};

/// How often the box is looked into.
const INTERVAL: Duration = Duration::from_secs(1);

/// How often it is looked whether somebody removed the folders of held sets.
const LOOK_AT_FOLDERS: Duration = Duration::from_mins(1);

pub(super) async fn run(
    context: Arc<Context>,
    follower: Arc<Follower>,
    beat: Beat,
    mut stopping: watch::Receiver<bool>,
) {
    let mut looked_at: Option<Instant> = None;
    let mut removal = held::Removal::default();
    let data = context.config().node.data.clone();
    if let Some(Err(error)) = blocking(move || ControlBox::open(&data)?.clean_up()).await {
        told(&context, &error);
    }
    loop {
        beat.works("carrying out orders");
        look(&context, &follower).await;
        if looked_at.is_none_or(|at| at.elapsed() >= LOOK_AT_FOLDERS) {
            looked_at = Some(Clock::running());
            if let Err(error) = removal.settle(&context, &context.places()).await {
                tracing::error!(code = error.code(), %error, "held sets cannot be looked after");
            }
        }
        beat.sleeps(work::pause(INTERVAL));
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => break,
            () = tokio::time::sleep(work::pause(INTERVAL)) => {}
        }
    }
}

async fn look(context: &Arc<Context>, follower: &Follower) {
    let data = context.config().node.data.clone();
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
        let answer = match &taken.order {
            Ok(order) => carry_out(context, follower, &order.request, &order.by).await,
            Err(answer) => answer.clone(),
        };
        tracing::info!(code = answer.code, done = answer.done, "an order was carried out");
        let control = control.clone();
        let answered = blocking(move || control.answer(&taken, &answer)).await;
        if let Some(Err(error)) = answered {
            told(context, &error);
            return;
        }
    }
    context.notices.clear(code::CONTROL_UNREADABLE, "control");
}

fn told(context: &Context, error: &std::io::Error) {
    let ja = format!(
        "データフォルダーの control フォルダーを読み書きできないため、コマンドの指示を受け取れません: {}。アクセス権を確かめてください。",
        io_text(error, Lang::Ja)
    );
    let en = format!(
        "the folder control in the data folder cannot be used, so commands are not heard: {}",
        io_text(error, Lang::En)
    );
    context.notices.raise(code::CONTROL_UNREADABLE, "control", (ja, en), context.now());
}

/// Does what is asked, on behalf of `by`, when what was asked before is written down. Whoever asks on
/// the page does not wait until a partner has answered what another one asked for; what commands ask is
/// answered in its order.
pub(super) async fn carry_out(
    context: &Arc<Context>,
    follower: &Follower,
    request: &Request,
    by: &str,
) -> Answer {
    let alone = context.order.lock().await;
    let places = context.places();
    let carried_out = match request {
        Request::Retry { target } => retry(context, *target, by).await,
        Request::Reload => reload(context, follower, by).await,
        Request::Release { id } => held::release(context, &places, *id, by).await,
        Request::Correct { id, files } => held::correct(context, &places, (*id, *files), by).await,
        Request::Record { change, about, at } => record(context, (*change, about, *at), by).await,
        Request::Dismiss { id, reason, delete } => {
            held::dismiss(context, &places, *id, (reason.as_deref(), *delete), by).await
        }
        Request::Taken { office } => taken::taken(context, *office, by).await,
        Request::Copy { copies } => copies::copy(context, &places, copies, by).await,
        Request::Handed { id } => handed::handed(context, *id, by).await,
        Request::NotHanded { id } => handed::not_handed(context, *id, by).await,
        Request::Recall { id } => recall::recall(context, *id, by, alone).await,
        Request::Seen { id } => seen(context, *id, by).await,
        Request::Open => Ok(open_page(context, by)),
    };
    carried_out.unwrap_or_else(|error| {
        Answer::refused(error.code(), error.text(Lang::Ja), error.text(Lang::En))
    })
}

/// A fault of the program.
pub(super) fn internal() -> Answer {
    Answer::refused(code::INTERNAL, "内部エラーです。", "an internal fault")
}

fn open_page(context: &Context, by: &str) -> Answer {
    match context.door.get() {
        Some(door) => Answer::done(
            code::PAGE_OPENED,
            "ブラウザーで画面を開きます。",
            "the page opens in the browser",
        )
        .with_link(door(by)),
        None => Answer::refused(
            code::NO_PAGE,
            "この renkei は画面を表示していません。設定ファイルに [page] を書いて、起動し直してください。",
            "this node serves no page; write [page] into its configuration and start it again",
        ),
    }
}

async fn retry(context: &Arc<Context>, target: Target, by: &str) -> Result<Answer, StoreError> {
    let now = context.now();
    let (partner, id) = match target {
        Target::All => (None, None),
        Target::Partner(partner) => (Some(partner), None),
        Target::Message(id) => (None, Some(id)),
    };
    let id = match id {
        // What is meant is the one that waits.
        Some(id) => Some(context.store.successor(id).await?.unwrap_or(id)),
        None => None,
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
            code::RETRIED,
            format!("{count} 件を、すぐに送り直します。"),
            format!("{count} waiting to be sent: tried again now"),
        )
    } else {
        Answer::refused(
            code::NOTHING_TO_RETRY,
            "送信待ちのパッケージはありません。",
            "no such package waits to be sent",
        )
    })
}

/// Notes that somebody has looked at a received package.
async fn seen(context: &Context, id: MessageId, by: &str) -> Result<Answer, StoreError> {
    Ok(if context.store.unflag(id, by.to_owned(), context.now()).await? {
        Answer::done(
            code::LOOKED_AT,
            "確認済みにしました。",
            "it is noted that you have looked at it",
        )
    } else {
        Answer::refused(
            code::NOT_HELD,
            "確認を待っているものではありません。",
            "it does not wait for anybody to look at it",
        )
    })
}

/// Notes what a command changed of the users of the page.
async fn record(
    context: &Context,
    (change, about, at): (UserChange, &str, Timestamp),
    by: &str,
) -> Result<Answer, StoreError> {
    let entry = AuditEntry {
        at,
        who: by.to_owned(),
        account: Account::System,
        address: String::new(),
        what: change.as_str().to_owned(),
        about: about.to_owned(),
        people: Vec::new(),
    };
    context.store.audit(vec![entry]).await?;
    Ok(Answer::done(code::RECORDED, "記録しました。", "it is noted"))
}

/// Queues a package again whose bytes the recipient has lost.
async fn resend(context: &Arc<Context>, id: MessageId) -> Result<(), StoreError> {
    let row = match context.store.outgoing(id).await {
        Ok(row) => row,
        Err(StoreError::NotFound) => return Ok(()),
        Err(error) => return Err(error),
    };
    if row.state == Outgoing::HeldByRecipient && context.store.is_lost_there(id).await? {
        let (event, detail) = (OutgoingEvent::Resend, code::RESEND.to_owned());
        context.store.outgoing_event(id, event, detail, None, context.now()).await?;
    }
    Ok(())
}

async fn reload(
    context: &Arc<Context>,
    follower: &Follower,
    by: &str,
) -> Result<Answer, StoreError> {
    for office in &context.config().offices {
        context.store.note_reload(office.number, by.to_owned(), context.now()).await?;
    }
    let looked = follower.look(true).await;
    Ok(live::answer(&looked.found, &looked.after_restart))
}
