//! What is asked on a terminal.

use std::io::{self, Write as _};

use console::Term;
use zeroize::Zeroizing;

/// Asks for a line that nobody sees.
pub(super) fn secret(prompt: &str) -> io::Result<Zeroizing<String>> {
    let mut screen = Term::stderr();
    write!(screen, "{prompt}")?;
    screen.flush()?;
    screen.read_secure_line().map(Zeroizing::new)
}
