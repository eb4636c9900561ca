//! Has a program of the office look at attachments, such as a virus scanner.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::process::Command;

use super::context::{Context, blocking};
use crate::disk;
use crate::types::code;

/// Below the data folder, for this account alone.
const FOLDER: &str = "scanning";

/// What the program says of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scanned {
    /// Nothing was found, or there is no program.
    Clean,
    /// Something was found.
    Found,
    /// Nobody knows: the program did not work.
    Failed,
}

/// Looks at a file as `attachments.scanner` says. The program gets a copy of its own, whose name says
/// nothing, and has no way to say anything but by its exit code: what it prints may name what is in the
/// file. That it does not work is a notice until it does again.
pub(super) async fn scan(context: &Arc<Context>, bytes: Bytes) -> Scanned {
    let scanned = ask(context, bytes).await;
    if scanned == Scanned::Failed {
        let ja = "添付ファイルを検査するコマンド（attachments.scanner）が動かないため、添付ファイルの送信と取込が待っています。renkei のアカウントで実行して確かめてください。直ると自動で続きます。";
        let en = "the command of attachments.scanner does not work, so attachments wait to be sent and placed; run it as the account of renkei to see why, it goes on by itself";
        context.notices.raise(code::ATTACHMENT_SCANNER, "attachments", (ja, en), context.now());
    } else {
        context.notices.clear(code::ATTACHMENT_SCANNER, "attachments");
    }
    scanned
}

/// How long a scan may well take.
pub(super) fn longest(context: &Context) -> Duration {
    Duration::try_from(context.config().attachments.scanner_timeout).unwrap_or_default()
}

async fn ask(context: &Arc<Context>, bytes: Bytes) -> Scanned {
    let config = context.config();
    let settings = &config.attachments;
    let Some((program, arguments)) = settings.scanner.split_first() else { return Scanned::Clean };
    let _turn = context.scanning.acquire().await;
    let folder = config.node.data.join(FOLDER);
    let path = disk::temporary(&folder);
    let copy = path.clone();
    let written = blocking(move || {
        disk::create_private_folders(&folder)?;
        disk::write_new(&copy, &bytes)
    });
    let scanned = match written.await {
        Some(Ok(())) => {
            run(Command::new(program).args(arguments).arg(&path), longest(context)).await
        }
        Some(Err(error)) => {
            tracing::warn!(%error, "an attachment cannot be laid where it is scanned");
            Scanned::Failed
        }
        None => Scanned::Failed,
    };
    let removed = blocking(move || disk::remove_file(&path)).await;
    if let Some(Err(error)) = removed {
        tracing::warn!(%error, "a copy that was scanned stays until the next start");
    }
    scanned
}

/// Removes copies that a crash left.
pub(super) fn clean_up(data: &Path) {
    let folder = data.join(FOLDER);
    if folder.is_dir()
        && let Err(error) = disk::remove_leftovers(&folder)
    {
        tracing::warn!(%error, "copies of attachments that were scanned cannot be removed");
    }
}

async fn run(command: &mut Command, limit: Duration) -> Scanned {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            tracing::warn!(%error, "the command of attachments.scanner cannot be started");
            return Scanned::Failed;
        }
    };
    match tokio::time::timeout(limit, child.wait()).await {
        Ok(Ok(status)) => match status.code() {
            Some(0) => Scanned::Clean,
            Some(1) => Scanned::Found,
            code => {
                tracing::warn!(code, "the command of attachments.scanner failed");
                Scanned::Failed
            }
        },
        Ok(Err(error)) => {
            tracing::warn!(%error, "the command of attachments.scanner was lost");
            Scanned::Failed
        }
        Err(_elapsed) => {
            tracing::warn!("the command of attachments.scanner takes too long");
            if let Err(error) = child.kill().await {
                tracing::warn!(%error, "it cannot be ended");
            }
            Scanned::Failed
        }
    }
}
