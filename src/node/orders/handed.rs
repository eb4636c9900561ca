//! A person says that a set for a partner without a node was handed over.

use std::sync::Arc;

use super::super::clock::local_time;
use super::super::context::Context;
use crate::control::Answer;
use crate::store::StoreError;
use crate::transfer::{Outgoing, State};
use crate::types::{HandChannel, Lang, MessageId, code};

pub(super) async fn handed(
    context: &Arc<Context>,
    id: MessageId,
    by: &str,
) -> Result<Answer, StoreError> {
    let handed = match context.store.handed(id, by.to_owned(), context.now()).await {
        Ok(handed) => handed,
        Err(StoreError::NotFound) => return Ok(not_there()),
        Err(error) => return Err(error),
    };
    Ok(match handed.after {
        Outgoing::HandedByPerson(channel) if handed.changes() => match channel {
            HandChannel::Web => Answer::done(
                code::HANDED_BY_PERSON,
                "WEBサービスに登録済みと記録しました。",
                "noted as uploaded to the WEB service",
            ),
            HandChannel::Paper => Answer::done(
                code::HANDED_BY_PERSON,
                "紙で送付済みと記録しました。",
                "noted as sent on paper",
            ),
        },
        // Pressed twice, or by two people.
        Outgoing::HandedByPerson(_) => {
            let state = State::Out(handed.after.state());
            let at = noted_at(context, id).await?;
            Answer::done(
                code::HANDED_BEFORE,
                format!(
                    "{at} にすでに記録されています: {}。もう何もしなくてかまいません。",
                    state.text(Lang::Ja)
                ),
                format!(
                    "this was noted already, at {at}: {}; nothing is left to be done",
                    state.text(Lang::En)
                ),
            )
        }
        _ => not_there(),
    })
}

/// When a person noted it, as a person reads it.
async fn noted_at(context: &Context, id: MessageId) -> Result<String, StoreError> {
    let serial = context.store.outgoing(id).await?.serial;
    let noted = context.store.handed_before(serial).await?;
    let noted = noted.into_iter().find(|(row, _)| row.id == id);
    Ok(noted.map(|(_, at)| local_time(at)).unwrap_or_default())
}

/// The person, or another one, says that this was a mistake: the set lies in the outbox again.
pub(super) async fn not_handed(
    context: &Arc<Context>,
    id: MessageId,
    by: &str,
) -> Result<Answer, StoreError> {
    let kept = match context.store.outgoing_package(id).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_about_one_package() => Err(no_longer_kept()),
        Err(error) => return Err(error),
    };
    // Without its files nobody could hand it over again.
    if let Err(answer) = kept {
        return Ok(answer);
    }
    let undone = match context.store.not_handed(id, by.to_owned(), context.now()).await {
        Ok(undone) => undone,
        Err(StoreError::NotFound) => return Ok(no_longer_kept()),
        Err(error) => return Err(error),
    };
    Ok(match undone.after {
        // Pressed twice it is so already.
        Outgoing::ByHand(_) => Answer::done(
            code::NOT_HANDED,
            "元に戻しました。「アップロード待ち」に用意し直します。",
            "put back: it waits to be handed over again",
        ),
        _ => no_longer_kept(),
    })
}

fn no_longer_kept() -> Answer {
    Answer::refused(
        code::NOT_IN_OUTBOX,
        "元に戻せません。担当者が登録・送付したもので、ファイルが残っているものだけを戻せます。",
        "this cannot be put back: only what a person noted as handed over can, as long as its files are kept",
    )
}

fn not_there() -> Answer {
    Answer::refused(
        code::NOT_IN_OUTBOX,
        "その番号で、アップロードや紙での送付を待っているものはありません。",
        "nothing of this name waits to be uploaded or sent on paper",
    )
}
