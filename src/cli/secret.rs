//! What is typed and not shown.

use std::io::{self, Write as _};

use console::Term;
use zeroize::Zeroizing;

/// Asks on the terminal for something that nobody sees.
pub(super) fn secret(prompt: &str) -> io::Result<Zeroizing<String>> {
    let mut screen = Term::stderr();
    write!(screen, "{prompt}")?;
    screen.flush()?;
    screen.read_secure_line().map(Zeroizing::new)
}
