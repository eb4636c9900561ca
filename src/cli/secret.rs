//! What is typed on a terminal, shown or not.

use std::io::{self, Write as _};

use console::Term;
use zeroize::Zeroizing;

use super::UsageError;
use crate::types::Lang;

/// Asks on the terminal for something that nobody sees.
pub(super) fn secret(prompt: &str) -> io::Result<Zeroizing<String>> {
    let mut screen = Term::stderr();
    write!(screen, "{prompt}")?;
    screen.flush()?;
    screen.read_secure_line().map(Zeroizing::new)
}

/// Has a new secret typed again, against slips that nobody sees.
pub(super) fn same_again(new: &str, lang: Lang) -> anyhow::Result<()> {
    if secret(lang.pick("もう一度: ", "again: "))?.as_str() == new {
        return Ok(());
    }
    let text = lang.pick(
        "2 回の入力が違います。もう一度実行してください。",
        "that was not the same twice; run the command again",
    );
    Err(UsageError(text.to_owned()).into())
}

/// A line that is typed as the answer to what was said before.
pub(super) fn answer() -> io::Result<String> {
    let mut screen = Term::stderr();
    write!(screen, "> ")?;
    screen.flush()?;
    screen.read_line()
}
