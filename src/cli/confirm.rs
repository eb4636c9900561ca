//! The question before something that a person should be sure of. Every command asks like this: `--yes`
//! answers it, and where nobody can answer and nobody said `--yes`, nothing is done.

use std::io::{self, IsTerminal as _, Write as _};

use super::UsageError;
use crate::types::Lang;

/// Whether it is meant: `yes` says so, or who sits there does.
pub(super) fn is_meant(yes: bool, question: &str, lang: Lang) -> anyhow::Result<bool> {
    if yes {
        return Ok(true);
    }
    somebody_answers(lang)?;
    let mut out = io::stderr();
    write!(out, "{question} [y/N] ")?;
    out.flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    let answer = answer.trim().to_lowercase();
    Ok(["y", "yes", "はい"].contains(&answer.as_str()))
}

/// That somebody sits at the terminal who can be asked.
pub(super) fn somebody_answers(lang: Lang) -> Result<(), UsageError> {
    if io::stdin().is_terminal() {
        return Ok(());
    }
    let text = lang.pick(
        "ここでは確認に答えられないため、何もしていません。確かめずに実行するときは --yes を付けてください。",
        "nobody can answer here, so nothing was done; add --yes to do it without a question",
    );
    Err(UsageError(text.to_owned()))
}
