//! The command `renkei`.

fn main() {}
