//! The README and `docs/`: their commands are run by the real program, their links lead somewhere,
//! both languages say the same, and nothing that the program offers is missing.

mod facts;
#[cfg(unix)]
mod stage;
#[cfg(unix)]
mod stories;
#[cfg(unix)]
mod terminal;
mod text;
