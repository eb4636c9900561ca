//! `renkei recall`

use std::process::ExitCode;
use std::time::Duration;

use serde::Serialize;

use super::setup::{self, ConfigArg};
use super::{EXIT_FAILED, EXIT_NO, confirm, order, output};
use crate::config::Config;
use crate::control::{Answer, Request};
use crate::store::{OutgoingRow, StoreError};
use crate::transfer::{Outgoing, State};
use crate::types::{Lang, MessageId, code};

/// How often it is looked whether the partner has answered.
const LOOK: Duration = Duration::from_secs(1);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    config: ConfigArg,
    /// renkei history に表示されるメッセージ ID
    #[arg(value_name = "MESSAGE_ID")]
    message_id: MessageId,
    /// 確かめずに実行します
    #[arg(long)]
    yes: bool,
    /// 相手の返事があるまで待ちます
    #[arg(long)]
    wait: bool,
    /// JSON で出力します
    #[arg(long)]
    json: bool,
}

/// What became of it, for programs.
#[derive(Serialize)]
struct Json {
    schema: &'static str,
    message_id: MessageId,
    done: bool,
    code: String,
    state: Option<&'static str>,
}

pub(super) fn run(args: &Args, lang: Lang) -> anyhow::Result<ExitCode> {
    let config = setup::config(&args.config.config, lang)?;
    let id = args.message_id;
    let store = setup::store(&config, lang)?;
    let by_hand = setup::runtime()?.block_on(store.handed_or_waiting(id))?;
    let question = if by_hand.is_some_and(|row| row.waits) {
        lang.pick(
            "この送信を取りやめますか。用意したフォルダーも片付けます。すでに登録・送付したあとなら、相手には届きます。",
            "Take this back? Its folder is cleared away. If it was handed over already, the partner gets it.",
        )
    } else {
        lang.pick(
            "この送信を取り戻しますか。相手の取込フォルダーに入る前なら、取込フォルダーには入りません。",
            "Take this package back? As long as it is not in the partner's import folder, the partner will not get it.",
        )
    };
    if !confirm::is_meant(args.yes, question, lang)? {
        return Ok(ExitCode::from(EXIT_NO));
    }
    let Some(answer) = order::ask(&config, Request::Recall { id }, lang)? else {
        return Ok(ExitCode::from(EXIT_FAILED));
    };
    let answer = if args.wait && answer.code == code::RECALL_ASKED {
        waited(&config, id, lang)?
    } else {
        answer
    };
    if args.json {
        let state = stored(&config, id, lang)?.map(|row| State::Out(row.state.state()).as_str());
        let (done, code) = (answer.done, answer.code);
        let json = Json { schema: "renkei.recall-answer/1", message_id: id, done, code, state };
        output::line(&serde_json::to_string_pretty(&json)?)?;
        return Ok(if done { ExitCode::SUCCESS } else { ExitCode::from(EXIT_NO) });
    }
    output::line(answer.text(lang))?;
    Ok(if answer.done { ExitCode::SUCCESS } else { ExitCode::from(EXIT_NO) })
}

/// Waits until the partner has answered, or never will.
fn waited(config: &Config, id: MessageId, lang: Lang) -> anyhow::Result<Answer> {
    let runtime = setup::runtime()?;
    loop {
        if let Some(row) = stored(config, id, lang)?
            && row.state != Outgoing::RecallAsked
        {
            if matches!(row.state, Outgoing::Consigned | Outgoing::HeldByRecipient) {
                // To ask the node would be to ask the partner once more.
                return Ok(Answer::refused(
                    code::RECALL_UNANSWERED,
                    "取り戻せませんでした。理由は renkei history に表示されています。相手に電話で伝えてください。",
                    "it was not given back; renkei history says why. Ring up the partner",
                ));
            }
            // The node says in words what it is.
            let answer = order::ask(config, Request::Recall { id }, lang)?;
            return answer.ok_or_else(|| {
                anyhow::anyhow!(
                    "{}",
                    lang.pick("renkei から返事がありません。", "the node does not answer",)
                )
            });
        }
        runtime.block_on(tokio::time::sleep(LOOK));
    }
}

fn stored(config: &Config, id: MessageId, lang: Lang) -> anyhow::Result<Option<OutgoingRow>> {
    let store = setup::store(config, lang)?;
    let runtime = setup::runtime()?;
    let id = runtime.block_on(store.successor(id))?.unwrap_or(id);
    match runtime.block_on(store.outgoing(id)) {
        Ok(row) => Ok(Some(row)),
        Err(StoreError::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
