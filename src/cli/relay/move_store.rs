//! `renkei relay move-store`

use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use anyhow::anyhow;

use super::database;
use crate::cli::progress::Progress;
use crate::cli::{EXIT_NO, UsageError, output, setup};
use crate::config::RelayConfig;
use crate::relay::store::{MoveError, Moved, move_store};
use crate::types::Lang;

pub(super) fn run(config: &RelayConfig, lang: Lang) -> anyhow::Result<ExitCode> {
    let Some(settings) = database(&config.store) else {
        return Err(UsageError(
            lang.pick(
                "移し先を relay.toml の [store] postgres に書いてから実行してください。動いている中継サーバーは、移し終わるまで今のファイルを使い続けます。",
                "name the database to move to in [store] postgres of relay.toml first; a relay that runs goes on with its file until everything is moved",
            )
            .to_owned(),
        )
        .into());
    };
    let file = config.file();
    let shown = file.display();
    if !file.exists() {
        output::error(&match lang {
            Lang::Ja => format!("{shown} がありません。移すものはありません。"),
            Lang::En => format!("there is no {shown}; nothing is to be moved"),
        });
        return Ok(ExitCode::from(EXIT_NO));
    }
    let progress = Mutex::new(Progress::of_packages());
    let tell = |done, total| {
        progress.lock().unwrap_or_else(PoisonError::into_inner).set(done, total);
    };
    let moved = setup::runtime()?.block_on(move_store(&file, &settings, &tell));
    progress.lock().unwrap_or_else(PoisonError::into_inner).finish();
    let moved = moved.map_err(|error| anyhow!(obstacle(&error, lang)))?;
    let Moved { to, contents, closed } = &moved;
    let (offices, packages, waiting) = (contents.offices, contents.packages, contents.waiting);
    let (bytes, receipts) = (contents.bytes, contents.receipts);
    output::line(&match lang {
        Lang::Ja => format!(
            "{to} へ移しました。事業所: {offices}、パッケージ: {packages}（うち預かり中 {waiting}、{bytes} バイト）、受領証: {receipts}"
        ),
        Lang::En => format!(
            "moved to {to}: {offices} offices, {packages} packages ({waiting} wait, {bytes} bytes), {receipts} receipts"
        ),
    })?;
    output::line(&match (closed, lang) {
        (None, Lang::Ja) => format!("{shown} は前に移し終わっています。"),
        (None, Lang::En) => format!("{shown} had been moved before"),
        (Some(closed), Lang::Ja) => format!(
            "書き込みを止めた時間: {:.1} 秒。{shown} はもう使われません（控えとして残してあります）。動いている中継サーバーは数秒で新しい保管先に切り替わります。",
            closed.as_secs_f64()
        ),
        (Some(closed), Lang::En) => format!(
            "nothing could be written for {:.1} s; {shown} is not used any more (it is kept as a copy); a relay that runs goes on with the database within seconds",
            closed.as_secs_f64()
        ),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// What keeps the store from being moved. The file counts as before.
fn obstacle(error: &MoveError, lang: Lang) -> String {
    match (error, lang) {
        (MoveError::Store(error), _) => error.text(lang),
        (error, Lang::En) => error.to_string(),
        (MoveError::Occupied, Lang::Ja) => {
            "移し先のデータベースに、このファイルのものではない内容があります。空のデータベースを指定してください。".to_owned()
        }
        (MoveError::InUse, Lang::Ja) => {
            "移し先のデータベースを中継サーバーが使っています。止めてから、もう一度実行してください。".to_owned()
        }
        (MoveError::Running, Lang::Ja) => {
            "このデータベースへの別の移し替えが動いています。".to_owned()
        }
        (MoveError::Elsewhere(to), Lang::Ja) => {
            format!("このファイルの内容は、すでに {to} へ移してあります。")
        }
        (MoveError::Differs { .. }, Lang::Ja) => {
            format!("移した後の数が一致しません。もう一度実行してください（{error}）。")
        }
    }
}
